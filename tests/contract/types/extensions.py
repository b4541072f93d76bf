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


CASES = [
    TypeCase("uuid", pa.array([i and i.bytes for i in IDS], pa.uuid()),
             pa.array([i and str(i) for i in IDS])),
    TypeCase("json", pa.array(['{"a": [1, null]}', "3", None], pa.json_(pa.string())),
             pa.array(['{"a": [1, null]}', "3", None])),
    TypeCase("bool8", pa.array([1, 0, None], pa.bool8()), pa.array([True, False, None])),
    TypeCase("an unknown extension",
             pa.ExtensionArray.from_storage(Celsius(), pa.array([21.5, None])), pa.array([21.5, None])),
]
