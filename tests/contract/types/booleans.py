"""Booleans: a bit each, so that slices begin in the middle of a byte."""

import pyarrow as pa

from harness.type_case import of

CASES = [
    of(pa.bool_(), [True, False, None, *[i % 3 == 0 for i in range(30)]]),
]
