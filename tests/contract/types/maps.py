"""Maps from keys to values; a key may not be there twice."""

import pyarrow as pa

from harness.type_case import of

CASES = [
    of(pa.map_(pa.string(), pa.int64()), [[("a", 1), ("b", None)], [], None, [("", 3)]]),
    of(pa.map_(pa.int32(), pa.list_(pa.string())), [[(1, ["x", None]), (2, [])], None, [(3, None)]]),
]
