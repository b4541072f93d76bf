"""Lists of all layouts come back as plain lists, those of a fixed size as such."""

import pyarrow as pa

from harness.type_case import TypeCase, of

LISTS = [[1, 2, 3], [], None, [None], [4, None, 5]]
PLAIN = pa.list_(pa.int32())

CASES = [
    of(PLAIN, LISTS),
    of(pa.large_list(pa.int32()), LISTS, back=PLAIN),
    of(pa.list_view(pa.int32()), LISTS, back=PLAIN),
    of(pa.large_list_view(pa.int32()), LISTS, back=PLAIN),
    TypeCase("list_view, out of order and overlapping", pa.ListViewArray.from_arrays(
        pa.array([2, 0, 1, 0], pa.int32()), pa.array([2, 2, 0, 4], pa.int32()),
        pa.array([1, 2, 3, 4], pa.int32())),
        pa.array([[3, 4], [1, 2], [], [1, 2, 3, 4]], PLAIN)),
    of(pa.list_(pa.int32(), 3), [[1, 2, 3], None, [4, None, 6]]),
    of(pa.list_(pa.string(), 1), [["a"], [None], None]),
    of(pa.list_(pa.list_(pa.string())), [[["a", None], []], [], None, [None, ["b"]]]),
    of(pa.list_(pa.list_(pa.float64(), 2)), [[[1.0, 2.0], [3.0, 4.0]], [], None]),
]
