"""Bytes of all sizes; views, large and fixed-size ones come back as plain ones."""

import pyarrow as pa

from harness.type_case import of

BYTES = [b"", b"\0", b"\xff\xfe", b"twelve bytes", bytes(range(256)) * 50, None]

CASES = [
    of(pa.binary(), BYTES),
    of(pa.large_binary(), BYTES, back=pa.binary()),
    of(pa.binary_view(), BYTES, back=pa.binary()),
    of(pa.binary(1), [b"\0", b"\xff", None], back=pa.binary()),
    of(pa.binary(16), [b"0123456789abcdef", bytes(16), None], back=pa.binary()),
]
