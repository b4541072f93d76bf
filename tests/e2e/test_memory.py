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
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.program import SANITIZED
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

# Of each body its path, its fields and what makes it. Most are refused, and some are taken; either is fine.
BODIES: dict[str, tuple[str, Fields, Callable[[], bytes]]] = {
    "zstd buffers, one column": ("/ingest/t", ARROW, lambda: _packed(1, 900, "zstd")),
    "zstd buffers, many columns": ("/ingest/t", ARROW, lambda: _packed(100, 900, "zstd")),
    "zstd buffers, more than a message may have": ("/ingest/t", ARROW, lambda: _packed(8, 2000, "zstd")),
    "zstd buffers, many batches": ("/ingest/t", ARROW, lambda: _packed(4, 60, "zstd", batches=20)),
    "lz4 buffers": ("/ingest/t", ARROW, lambda: _packed(1, 200, "lz4")),
    "zstd body": ("/ingest/t", ARROW | {"Content-Encoding": "zstd"}, lambda: _noisy(140, "zstd")),
    "gzip body": ("/ingest/t", ARROW | {"Content-Encoding": "gzip"}, lambda: _noisy(140, "gzip")),
    "lz4 body": ("/ingest/t", ARROW | {"Content-Encoding": "lz4"}, lambda: _coded(_packed(1, 190, None), "lz4")),
    "zstd buffers in a zstd body": ("/ingest/t", ARROW | {"Content-Encoding": "zstd"},
                                    lambda: _coded(_packed(1, 900, "zstd"), "zstd")),
    "growing dictionary": ("/ingest/t", ARROW, _growing_dictionary),
    "one long value": ("/ingest/t", ARROW, _one_long_value_of_many_rows),
    "run ends": ("/ingest/t", ARROW, _run_ends),
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

