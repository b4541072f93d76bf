"""Extension types that DuckDB has a column type for; those that it does not know are what they store."""

import uuid

import pyarrow as pa

from harness.type_case import TypeCase

IDS = [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e"), None]


class Celsius(pa.ExtensionType):
    """A type that only this file knows."""

    def __init__(self) -> None:
        super().__init__(pa.float64(), "arrowport.test.celsius")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, _storage: pa.DataType, _data: bytes) -> "Celsius":
        return cls()


def _view(values: pa.Array, large: bool = False) -> pa.Array:
    """Two overlapping lists of three values, and none between them."""
    kind, number = (pa.LargeListViewArray, pa.int64()) if large else (pa.ListViewArray, pa.int32())
    return kind.from_arrays(pa.array([0, 0, 1], number), pa.array([2, 0, 2], number), values,
                            mask=pa.array([False, True, False]))


CASES = [
    TypeCase("uuid", pa.array([i and i.bytes for i in IDS], pa.uuid()),
             pa.array([i and str(i) for i in IDS])),
    TypeCase("json", pa.array(['{"a": [1, null]}', "3", None], pa.json_(pa.string())),
             pa.array(['{"a": [1, null]}', "3", None])),
    TypeCase("bool8", pa.array([1, 0, None], pa.bool8()), pa.array([True, False, None])),
    TypeCase("list_view<uuid>", _view(pa.array([IDS[2].bytes, None, IDS[0].bytes], pa.uuid())),
             pa.array([[str(IDS[2]), None], None, [None, str(IDS[0])]])),
    TypeCase("list_view of structs of json", _view(pa.StructArray.from_arrays(
        [pa.array(['[1]', None, '"a"'], pa.json_(pa.string()))], ["j"])),
             pa.array([[{"j": "[1]"}, {"j": None}], None, [{"j": None}, {"j": '"a"'}]])),
    TypeCase("large_list_view<bool8>", _view(pa.array([1, None, 0], pa.bool8()), large=True),
             pa.array([[True, None], None, [None, False]])),
    TypeCase("list_view of an unknown extension",
             _view(pa.ExtensionArray.from_storage(Celsius(), pa.array([21.5, None, 0.5]))),
             pa.array([[21.5, None], None, [None, 0.5]])),
    TypeCase("an unknown extension",
             pa.ExtensionArray.from_storage(Celsius(), pa.array([21.5, None])), pa.array([21.5, None])),
]
