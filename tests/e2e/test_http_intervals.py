"""The two older kinds of intervals, which pyarrow reads but has no arrays for."""

import struct

import pyarrow as pa
import pytest

from harness.http_door import HttpDoor, ipc_stream
from harness.type_case import same_values

MDN = pa.month_day_nano_interval()
YEAR_MONTH, DAY_TIME = 0, 1


def _follow(data: bytes, place: int) -> int:
    return place + struct.unpack_from("<I", data, place)[0]


def _field(data: bytes, table: int, slot: int) -> int:
    """Where a field of a flatbuffers table is."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    return table + struct.unpack_from("<H", data, vtable + 4 + 2 * slot)[0]


def _with_unit(schema_message: bytes, unit: int) -> bytes:
    """The message with the unit of its first column, an interval, set to `unit`."""
    begin = 8  # Behind the continuation mark and the length.
    message = _follow(schema_message, begin)
    schema = _follow(schema_message, _field(schema_message, message, 2))
    fields = _follow(schema_message, _field(schema_message, schema, 1))
    column = _follow(schema_message, fields + 4)
    interval = _follow(schema_message, _field(schema_message, column, 3))
    patched = bytearray(schema_message)
    struct.pack_into("<h", patched, _field(schema_message, interval, 0), unit)
    return bytes(patched)


def _stream(unit: int, values: pa.Array) -> bytes:
    """Batches say nothing of types: those of numbers of the same width go with any schema."""
    as_intervals = pa.schema([("v", MDN)])
    schema = _with_unit(as_intervals.serialize().to_pybytes(), unit)
    batch = pa.record_batch({"v": values})
    numbers = ipc_stream(batch.schema, [batch]).to_pybytes()
    return schema + numbers[batch.schema.serialize().size:]


@pytest.mark.parametrize(("unit", "values", "expected"), [
    (YEAR_MONTH, pa.array([0, 1, -25, None], pa.int32()),
     [(0, 0, 0), (1, 0, 0), (-25, 0, 0), None]),
    (DAY_TIME, pa.array([0, 1 + (2 << 32), -(4 << 32) + (2**32 - 3), None], pa.int64()),
     [(0, 0, 0), (0, 1, 2_000_000), (0, -3, -4_000_000), None]),
], ids=["year_month", "day_time"])
def test_older_intervals_come_back_as_months_days_and_nanoseconds(
        http: HttpDoor, stream: str, unit: int, values: pa.Array, expected: list) -> None:
    http.put_bytes(stream, _stream(unit, values))
    answer = http.table(stream)["v"].combine_chunks()
    same_values(answer, pa.array([e and pa.MonthDayNano(e) for e in expected], MDN))
