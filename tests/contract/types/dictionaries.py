"""Dictionaries come back as their values, whatever the type of their indices."""

import pyarrow as pa

from harness.type_case import TypeCase

WORDS = ["a", "b", None, "a", "a longer word than fits inline"]
INDICES = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(),
           pa.uint64()]


def _dictionary(indices: list[int | None], values: pa.Array, index: pa.DataType) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, index), values)


CASES = [
    *[TypeCase(f"dictionary<string, {index}>",
               _dictionary([0, 1, None, 0, 2], pa.array(["a", "b", WORDS[-1]]), index),
               pa.array(WORDS)) for index in INDICES],
    TypeCase("dictionary<int64>", _dictionary([1, 0, None], pa.array([2**62, -1]), pa.int8()),
             pa.array([-1, 2**62, None])),
    TypeCase("dictionary<double>", _dictionary([1, 0], pa.array([0.5, 1.5]), pa.int8()),
             pa.array([1.5, 0.5])),
    TypeCase("dictionary with a null value",
             _dictionary([0, 1, None, 0], pa.array(["a", None]), pa.int8()),
             pa.array(["a", None, None, "a"])),
    TypeCase("dictionary without values", _dictionary([None, None], pa.array([], pa.string()), pa.int8()),
             pa.array([None, None], pa.string())),
    TypeCase("dictionary<large_string>",
             _dictionary([0, 1, None], pa.array(["a", "b"], pa.large_string()), pa.int32()),
             pa.array(["a", "b", None])),
]
