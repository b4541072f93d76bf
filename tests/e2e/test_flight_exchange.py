"""DoExchange and the exchangers of Arrow Flight, through pyarrow's client."""

import json
import pickle
import threading

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import flight as pa_flight

from harness.door import Refused
from harness.flight_door import FlightDoor
from harness.program import SANITIZED
from harness.samples import same_table, trips
from harness.server_process import ServerDidNotStart

Descriptor = pa_flight.FlightDescriptor
TRIPS = trips(1000)
MB = 1_000_000


def _exchange(flight: FlightDoor, command: str | bytes, table: pa.Table = TRIPS) -> pa.Table:
    """Everything is sent before anything is read, as most clients do."""
    with flight.refusing():
        writer, reader = flight.client.do_exchange(Descriptor.for_command(command))
        try:
            writer.begin(table.schema)
            writer.write_table(table)
            writer.done_writing()
            return reader.read_all()
        finally:
            writer.close()


def _act(flight: FlightDoor, action: str, body: object = b"") -> list[dict]:
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    with flight.refusing():
        return [json.loads(result.body.to_pybytes())
                for result in flight.client.do_action(pa_flight.Action(action, body))]


def _refusal(flight: FlightDoor, *call: object) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        _act(flight, *call)
    return refused.value.kind, str(refused.value)


def test_the_built_in_exchanger_adds_a_column(flight: FlightDoor) -> None:
    expected = TRIPS.append_column("processed", pa.array([True] * 1000))
    same_table(_exchange(flight, "my_streaming_exchanger"), expected)


def test_an_exchanger_is_stored_run_and_dropped(flight: FlightDoor, stream: str) -> None:
    name = stream[-60:]
    added = _act(flight, "add_exchange",
                 {"command": name, "sql": "SELECT id FROM input WHERE carrier = 'UA'"})
    assert added == [{"command": name, "sql": "SELECT id FROM input WHERE carrier = 'UA'",
                      "origin": "stored", "version": 1}]
    assert name in [exchanger["command"] for exchanger in _act(flight, "list_exchanges")]
    for command in [name, json.dumps({"exchanger": name})]:
        assert _exchange(flight, command).num_rows == 250
    assert _act(flight, "drop_exchange", {"command": name}) == [{"dropped": name}]
    assert _refusal(flight, "drop_exchange", {"command": name})[0] == "not-found"


def test_pickled_code_is_never_run(flight: FlightDoor) -> None:
    kind, words = _refusal(flight, "add_exchange", pickle.dumps({"command": "x", "f": len}))
    assert kind == "invalid-input"
    assert "never runs code" in words
    assert '"sql"' in words


@pytest.mark.parametrize("body", [
    b"", b"{", {"command": "x"}, {"sql": "FROM input"}, {"command": "x", "sql": 5},
    {"command": "no name", "sql": "FROM input"}, {"command": "x", "sql": "SELECT 1"},
    {"command": "x", "sql": "DELETE FROM input"}, {"command": "x", "sql": "FROM input; FROM input"},
    {"command": "x", "sql": "FROM input", "more": 1},
])
def test_what_is_no_exchanger_is_refused(flight: FlightDoor, body: object) -> None:
    assert _refusal(flight, "add_exchange", body)[0] == "invalid-input"


def test_the_built_in_exchanger_stays(flight: FlightDoor) -> None:
    name = "my_streaming_exchanger"
    assert _refusal(flight, "drop_exchange", {"command": name})[0] == "conflict"
    assert _refusal(flight, "add_exchange", {"command": name, "sql": "FROM input"})[0] == "conflict"


def test_exchangers_outlive_the_server(start_server, open_door) -> None:
    server = start_server()
    _act(open_door(server, "flight"), "add_exchange", {"command": "ids", "sql": "SELECT id FROM input"})
    server.stop()
    server.start()
    assert _exchange(open_door(server, "flight"), "ids").column_names == ["id"]


def test_the_configuration_has_exchangers(start_server, open_door, tmp_path) -> None:
    config = tmp_path / "arrowport.yaml"
    config.write_text("exchangers:\n  united: SELECT * FROM input WHERE carrier = 'UA'\n")
    door = open_door(start_server({"config": config}), "flight")
    assert _exchange(door, "united").num_rows == 250
    assert _refusal(door, "drop_exchange", b"united")[0] == "conflict"


def test_an_exchanger_of_the_configuration_is_checked_at_the_start(start_server, tmp_path) -> None:
    config = tmp_path / "arrowport.yaml"
    config.write_text("exchangers:\n  broken: SELEC 1\n")
    with pytest.raises(ServerDidNotStart, match="'broken'"):
        start_server({"config": config})


def _batch(rows: int = 120_000) -> pa.RecordBatch:
    numbers = np.arange(rows)
    return pa.record_batch({"id": numbers, "fare": numbers * 0.5, "route": numbers % 7})


@pytest.mark.parametrize("reads_meanwhile", [False, True], ids=["sends all first", "both at once"])
def test_a_stream_of_any_size_goes_through_in_bounded_memory(start_server, open_door,
                                                             reads_meanwhile: bool) -> None:
    """24 M rows in a release build: 670 MB in, and a little more out."""
    memory_limit = 300 * MB
    server = start_server({"memory_limit": memory_limit})
    flight = open_door(server, "flight")
    batch, batches = _batch(), 20 if SANITIZED else 200
    writer, reader = flight.client.do_exchange(Descriptor.for_command("my_streaming_exchanger"))

    def send() -> None:
        writer.begin(batch.schema)
        for _ in range(batches):
            writer.write_batch(batch)
        writer.done_writing()

    sender = threading.Thread(target=send)
    sender.start()
    if not reads_meanwhile:
        sender.join()
    rows = sum(chunk.data.num_rows for chunk in reader)
    sender.join()
    writer.close()
    assert rows == batches * batch.num_rows
    if not SANITIZED:
        assert server.resident_bytes_peak() <= memory_limit + 300 * MB


def test_what_is_too_far_ahead_is_refused_with_the_option(start_server, open_door) -> None:
    # The server waits half a minute for such a client to read.
    server = start_server({"exchange_spill_bytes_max": "16MB"})
    flight = open_door(server, "flight")
    batch = _batch()
    with pytest.raises(pa.ArrowInvalid, match="exchange_spill_bytes_max"):
        writer, reader = flight.client.do_exchange(Descriptor.for_command("my_streaming_exchanger"))
        writer.begin(batch.schema)
        for _ in range(400):  # 1.2 GB: more than the server, and what lies between, ever holds
            writer.write_batch(batch)
        writer.done_writing()
        reader.read_all()
    with pytest.raises(pa.ArrowInvalid):
        writer.close()
