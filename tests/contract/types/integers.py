"""Signed and unsigned integers of every width."""

import pyarrow as pa

from harness.type_case import of

CASES = [
    *[of(type_, [0, 1, -1, 2**(bits - 1) - 1, -(2**(bits - 1)), None])
      for type_, bits in ((pa.int8(), 8), (pa.int16(), 16), (pa.int32(), 32), (pa.int64(), 64))],
    *[of(type_, [0, 1, None, 2**bits - 1, 2**(bits - 1)])
      for type_, bits in ((pa.uint8(), 8), (pa.uint16(), 16), (pa.uint32(), 32), (pa.uint64(), 64))],
]
