"""What a small body becomes is bounded by the server's memory, before that is taken."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.door import Refused
from harness.flight_calls import framed, ingest, of_command, of_rows, written
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.program import SANITIZED
from harness.raw_grpc import RawGrpc
from harness.server_process import ServerProcess
from harness.waiting import wait_until

MB = 1_000_000
MEMORY_LIMIT = 512 * MB
# Beside DuckDB's own memory: the program, rows on their way, and what allocators keep.
BESIDES = 300 * MB

pytestmark = pytest.mark.skipif(SANITIZED, reason="sanitizers take memory of their own")

StartServer = Callable[..., ServerProcess]
OpenDoor = Callable[..., HttpDoor]
Fields = dict[str, str]


def _coded(data: bytes | pa.Buffer, coding: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, coding) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def _zeros(columns: int, megabytes: int) -> pa.RecordBatch:
    """Of `megabytes` in all, which are hardly anything when compressed."""
    rows = megabytes * MB // 8 // columns
    return pa.record_batch([pa.array(np.zeros(rows, np.int64))] * columns, [f"c{i}" for i in range(columns)])


def _packed(columns: int, megabytes: int, compression: str | None, batches: int = 1) -> bytes:
    batch = _zeros(columns, megabytes)
    return ipc_stream(batch.schema, [batch] * batches, compression).to_pybytes()


def _noisy(megabytes: int, coding: str) -> bytes:
    """A stream of `megabytes` without compression of its own, in a body of nearly one: the ratio of both is allowed."""
    noise = np.random.default_rng(1).integers(0, 1 << 62, 90_000)
    rows = megabytes * MB // 16
    batch = pa.record_batch([pa.array(np.zeros(rows, np.int64)),
                             pa.array(np.concatenate([noise, np.zeros(rows - len(noise), np.int64)]))], ["a", "b"])
    return _coded(ipc_stream(batch.schema, [batch]), coding)


def _growing_dictionary() -> bytes:
    """Deltas of a megabyte each, again and again."""
    values = [pa.array([f"{i}".ljust(MB, "x") for i in range(upto)]) for upto in range(1, 40)]
    batches = [pa.record_batch([pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), one)], ["a"]) for one in values]
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd", emit_dictionary_deltas=True)
    with pa.ipc.new_stream(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _one_long_value_of_many_rows() -> bytes:
    """A dictionary of one value of half a megabyte, which millions of rows have."""
    column = pa.DictionaryArray.from_arrays(np.zeros(2 * MB, np.int8), pa.array(["x" * (MB // 2)]))
    batch = pa.record_batch([column], ["a"])
    return ipc_stream(batch.schema, [batch], "zstd").to_pybytes()


def _run_ends() -> bytes:
    ends = pa.RunEndEncodedArray.from_arrays(pa.array([100 * MB], pa.int32()), pa.array(["x" * 1000]))
    batch = pa.record_batch([ends], ["a"])
    return ipc_stream(batch.schema, [batch]).to_pybytes()


def _batch_of(columns: int, column: pa.Array, batches: int = 1) -> bytes:
    batch = pa.record_batch([column] * columns, [f"c{i}" for i in range(columns)])
    return ipc_stream(batch.schema, [batch] * batches).to_pybytes()


def _nulls_in_lists(batches: int, values: int) -> bytes:
    """Lists with many nulls each, which take no bytes."""
    offsets = pa.array([0, values], pa.int32())
    return _batch_of(1, pa.ListArray.from_arrays(offsets, pa.nulls(values)), batches)


def _views(rows: int, values: pa.Array) -> pa.Array:
    """List views, which may all refer to the same values."""
    return pa.ListViewArray.from_arrays(pa.array(np.zeros(rows, np.int32)),
                                        pa.array(np.full(rows, len(values), np.int32)), values)


def _same_values_in_each_list(columns: int, rows: int, batches: int = 1) -> bytes:
    return _batch_of(columns, _views(rows, pa.array(np.arange(1000), pa.int64())), batches)


def _same_lists_in_each_list() -> bytes:
    """Of list views in list views: each row is ten million values."""
    return _batch_of(1, _views(1000, _views(1000, pa.array(np.arange(10_000), pa.int64()))))


def _long_values_in_lists(columns: int, rows: int) -> bytes:
    """Dictionaries below lists, whose one value is long."""
    words = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int8), pa.array(["x" * 20_000]))
    return _batch_of(columns, pa.ListArray.from_arrays(pa.array(np.arange(rows + 1), pa.int32()), words))


def _wide_rows(width: int, in_lists: bool) -> bytes:
    """A gigabyte of rows, of `width` bytes each."""
    rows = 50 * MB // width
    column = pa.array(["x" * width] * rows)
    if in_lists:
        offsets = pa.array(np.arange(rows + 1) * (width // 8), pa.int32())
        column = pa.ListArray.from_arrays(offsets, pa.array(np.zeros(rows * (width // 8), np.int64)))
    batch = pa.record_batch([column], ["a"])
    return ipc_stream(batch.schema, [batch] * 20, "zstd").to_pybytes()


def _parquet(column: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": column}), sink, compression="zstd", row_group_size=len(column))
    return sink.getvalue().to_pybytes()


WIDE = [f"c{i}" for i in range(500)]


def _rows_of_nothing(rows: int) -> bytes:
    """As NDJSON: all columns once, and then rows of nulls in three bytes each."""
    return json.dumps(dict.fromkeys(WIDE, 1)).encode() + b"\n" + b"{}\n" * rows


def _rows_of_commas(rows: int) -> bytes:
    return ",".join(WIDE).encode() + b"\n" + (b"," * (len(WIDE) - 1) + b"\n") * rows


ARROW = {"Content-Type": ARROW_STREAM}
PARQUET = {"Content-Type": "application/vnd.apache.parquet"}
JSON = {"Content-Type": "application/json"}

# Each a whole stream of Arrow's IPC: a body of HTTP, and for Flight a message for each of its own.
STREAMS: dict[str, Callable[[], bytes]] = {
    "zstd buffers, one column": lambda: _packed(1, 900, "zstd"),
    "zstd buffers, many columns": lambda: _packed(100, 900, "zstd"),
    "zstd buffers, more than a message may have": lambda: _packed(8, 2000, "zstd"),
    "zstd buffers, many batches": lambda: _packed(4, 60, "zstd", batches=20),
    "lz4 buffers": lambda: _packed(1, 200, "lz4"),
    "growing dictionary": _growing_dictionary,
    "one long value": _one_long_value_of_many_rows,
    "run ends": _run_ends,
    "list views": lambda: _same_values_in_each_list(1, 30_000),
    "list views, many columns": lambda: _same_values_in_each_list(20, 5000),
    "list views, many batches": lambda: _same_values_in_each_list(3, 5000, 7),
    "nulls in lists": lambda: _nulls_in_lists(1, 500 * MB),
    "nulls in lists, many batches": lambda: _nulls_in_lists(20, 30 * MB),
    "list views in list views": _same_lists_in_each_list,
    "texts of 10 kB": lambda: _wide_rows(10_000, in_lists=False),
    "texts of 100 kB": lambda: _wide_rows(100_000, in_lists=False),
    "texts of 1 MB": lambda: _wide_rows(1_000_000, in_lists=False),
    "lists of 10 kB": lambda: _wide_rows(10_000, in_lists=True),
    "lists of 100 kB": lambda: _wide_rows(100_000, in_lists=True),
    "dictionaries in lists": lambda: _long_values_in_lists(1, 10_000),
    "dictionaries in lists, many columns": lambda: _long_values_in_lists(20, 5000),
}

# Of each body its path, its fields and what makes it. Most are refused, and some are taken; either is fine.
BODIES: dict[str, tuple[str, Fields, Callable[[], bytes]]] = {
    **{name: ("/ingest/t", ARROW, make) for name, make in STREAMS.items()},
    "zstd body": ("/ingest/t", ARROW | {"Content-Encoding": "zstd"}, lambda: _noisy(140, "zstd")),
    "gzip body": ("/ingest/t", ARROW | {"Content-Encoding": "gzip"}, lambda: _noisy(140, "gzip")),
    "lz4 body": ("/ingest/t", ARROW | {"Content-Encoding": "lz4"}, lambda: _coded(_packed(1, 190, None), "lz4")),
    "zstd buffers in a zstd body": ("/ingest/t", ARROW | {"Content-Encoding": "zstd"},
                                    lambda: _coded(_packed(1, 900, "zstd"), "zstd")),
    "zeros in Parquet": ("/ingest/t", PARQUET, lambda: _parquet(pa.array(np.zeros(100 * MB, np.int64)))),
    "long values in Parquet": ("/ingest/t", PARQUET,
                               lambda: _parquet(pa.array(["x" * 10_000] * 100_000).dictionary_encode())),
    "rows of nothing": ("/ingest/wide", {"Content-Type": "application/x-ndjson"}, lambda: _rows_of_nothing(300_000)),
    "rows of nothing in gzip": ("/ingest/wide", {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
                                lambda: _coded(_rows_of_nothing(50 * MB), "gzip")),
    "rows of commas": ("/ingest/t", {"Content-Type": "text/csv"}, lambda: _rows_of_commas(1000)),
    "zstd buffers in JSON": ("/stream/t", JSON, lambda: json.dumps(
        {"batch": {"data": b64encode(_packed(1, 900, "zstd")).decode()}}).encode()),
}


@pytest.fixture
def small_server(start_server: StartServer) -> Iterator[ServerProcess]:
    yield start_server({"memory_limit": f"{MEMORY_LIMIT // MB}MB", "log_level": "info"})


def _send(door: HttpDoor, path: str, fields: Fields, body: bytes) -> str:
    """What became of it: "taken", or the kind of its refusal."""
    try:
        door.request("POST", path, body, fields)
    except Refused as refused:
        assert refused.kind in ("too-large", "overloaded", "out-of-memory"), refused
        return refused.kind
    return "taken"


def _wait_until_given_back(server: ServerProcess) -> None:
    wait_until(lambda: server.gauges.value("arrowport_incoming_bytes_held") == 0, "all memory is given back")


def _check_peak(server: ServerProcess) -> None:
    assert server.resident_bytes_peak() <= MEMORY_LIMIT + BESIDES, f"{server.resident_bytes_peak() / MB:.0f} MB"


@pytest.mark.parametrize("name", BODIES)
def test_a_body_of_a_megabyte_keeps_the_process_within_bounds(small_server: ServerProcess, open_door: OpenDoor,
                                                              name: str) -> None:
    path, fields, make = BODIES[name]
    body = make()
    assert len(body) <= 1.1 * MB
    door = open_door(small_server)
    if path.endswith("wide"):
        door.value("CREATE TABLE wide AS SELECT " + ", ".join(f"1::BIGINT AS {name}" for name in WIDE))
    outcome = _send(door, path, fields, body)
    print(f"{name}: {len(body)} bytes are {outcome}, at most {small_server.resident_bytes_peak() / MB:.0f} MB")
    _check_peak(small_server)
    _wait_until_given_back(small_server)


# What one of them becomes would be taken alone.
TOGETHER = {
    "zstd buffers": (ARROW, lambda: _packed(4, 100, "zstd")),
    "gzip bodies": (ARROW | {"Content-Encoding": "gzip"}, lambda: _coded(_packed(4, 60, None), "gzip")),
    "list views": (ARROW, lambda: _same_values_in_each_list(3, 5000)),
    "texts of 10 kB": (ARROW, lambda: _wide_rows(10_000, in_lists=False)),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_many_bodies_at_once_are_bounded_together(small_server: ServerProcess, open_door: OpenDoor, name: str) -> None:
    fields, make = TOGETHER[name]
    body = make()
    outcomes: list[str] = []

    def send(number: int) -> None:
        outcomes.append(_send(open_door(small_server), f"/ingest/t{number}", fields, body))

    clients = [threading.Thread(target=send, args=[number]) for number in range(12)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    print(f"{sorted(outcomes)}, at most {small_server.resident_bytes_peak() / MB:.0f} MB")
    assert len(outcomes) == len(clients)
    assert outcomes.count("taken") >= 1
    _check_peak(small_server)
    _wait_until_given_back(small_server)


# The codes of gRPC: OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED and UNAVAILABLE.
TAKEN_OR_REFUSED = (0, 3, 8, 14)

COMMANDS = {
    "put": ("DoPut", b'{"stream_name": "t"}'),
    "ingest": ("DoPut", ingest(b"t")),
    "exchange": ("DoExchange", b"SELECT count(*) FROM input"),
}


# Messages are decoded alike, whatever becomes of their rows.
CALLS = [("put", name) for name in STREAMS] + [
    (call, name) for call in ("ingest", "exchange")
    for name in ("zstd buffers, many batches", "growing dictionary", "list views, many batches", "texts of 10 kB",
                 "nulls in lists, many batches")]


@pytest.mark.parametrize(("call", "name"), CALLS)
def test_a_call_of_a_megabyte_keeps_the_process_within_bounds(small_server: ServerProcess, call: str, name: str) -> None:
    method, command = COMMANDS[call]
    body = b"".join(framed(written(message)) for message in of_rows(of_command(command), STREAMS[name]()))
    assert len(body) <= 1.1 * MB
    with RawGrpc(small_server.flight_port) as client:
        answer = client.call(method, body, 60)
    print(f"{len(body)} bytes: {answer}, at most {small_server.resident_bytes_peak() / MB:.0f} MB")
    assert answer.status in TAKEN_OR_REFUSED, answer
    _check_peak(small_server)
    _wait_until_given_back(small_server)
