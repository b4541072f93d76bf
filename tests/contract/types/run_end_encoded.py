"""Runs come back as their values."""

import pyarrow as pa

from harness.type_case import TypeCase


def _runs(ends: list[int], values: pa.Array, type_: pa.DataType) -> pa.Array:
    return pa.RunEndEncodedArray.from_arrays(pa.array(ends, type_), values)


CASES = [
    *[TypeCase(f"run_end_encoded<{type_}, string>", _runs([2, 3, 6], pa.array(["a", None, "b"]), type_),
               pa.array(["a", "a", None, "b", "b", "b"]))
      for type_ in (pa.int16(), pa.int32(), pa.int64())],
    TypeCase("run_end_encoded<int32, double>", _runs([1, 4], pa.array([1.5, None]), pa.int32()),
             pa.array([1.5, None, None, None])),
]
