"""A `DoPut` that is committed in parts: each is acknowledged when it is durable."""

import json
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import flight

from harness.door import Door
from harness.flight_door import FlightDoor
from harness.server_process import ServerProcess

# More than a put that waits for company may have.
LARGE = 100_000
ROUNDS = 3


def _batch(sequence: int, rows: int = 10) -> pa.RecordBatch:
    return pa.record_batch({"sequence": pa.array([sequence] * rows, pa.int64()),
                            "row": pa.array(range(rows), pa.int64())})


class _Session:
    """One DoPut."""

    def __init__(self, door: FlightDoor, stream: str, **command: object):
        descriptor = flight.FlightDescriptor.for_command(
            json.dumps({"stream_name": stream} | command))
        self._door = door
        self._writer, self._reader = door.client.do_put(descriptor, _batch(0).schema)

    def write(self, batch: pa.RecordBatch, sequence: int | None = None) -> None:
        if sequence is None:
            self._writer.write_batch(batch)
        else:
            self._writer.write_with_metadata(batch, json.dumps({"sequence": sequence}).encode())

    def say(self, **note: object) -> None:
        self._writer.write_metadata(json.dumps(note).encode())

    def read(self) -> dict:
        message = self._reader.read()
        assert message is not None, "the server has ended the call"
        return json.loads(message.to_pybytes())

    def wait_for_end(self) -> None:
        """Of the call, which the server ends."""
        try:
            assert self._reader.read() is None
        except pa.ArrowException:
            pass

    def finish(self) -> dict:
        """All that is still to be read; the last answer."""
        self._writer.done_writing()
        answers = []
        while (message := self._reader.read()) is not None:
            answers.append(json.loads(message.to_pybytes()))
        self.close()
        return answers[-1]

    def close(self) -> None:
        with self._door.refusing():
            self._writer.close()


@pytest.fixture
def door(server: ServerProcess, open_door: Callable[..., Door]) -> FlightDoor:
    return open_door(server, "flight")


def test_metadata_is_read_between_writes(door: FlightDoor, http: Door, stream: str) -> None:
    session = _Session(door, stream, commit="batch")
    for number in range(1, 6):
        session.write(_batch(number))
        acknowledged = session.read()
        assert acknowledged == {"committed_rows": 10 * number, "committed_batches": number,
                                "sequence": number, "rows": 10, "duplicate": False}
        # Of another connection, through the other door.
        assert http.rows(stream) == 10 * number
    answer = session.finish()
    assert (answer["status"], answer["rows_processed"], answer["commits"]) == ("success", 50, 5)


@pytest.mark.parametrize("rows", [10, LARGE], ids=["small", "large"])
def test_batches_say_their_sequence_themselves(door: FlightDoor, http: Door, stream: str,
                                               rows: int) -> None:
    session = _Session(door, stream, producer="p")
    for sequence in (1, 2, 3):
        session.write(_batch(sequence, rows), sequence)
    assert [session.read()["sequence"] for _ in range(3)] == [1, 2, 3]
    assert session.finish()["sequence"] == 3
    again = _Session(door, stream, producer="p")
    again.write(_batch(3, rows), 3)
    assert again.read()["duplicate"]
    again.write(_batch(4, rows), 4)
    assert not again.read()["duplicate"]
    again.finish()
    assert http.rows(stream) == 4 * rows


def test_a_client_commits_when_it_likes(door: FlightDoor, http: Door, stream: str) -> None:
    session = _Session(door, stream, commit=1_000_000)
    for _ in range(2):
        for number in range(3):
            session.write(_batch(number))
        session.say(commit=True)
        assert session.read()["rows"] == 30
    session.finish()
    assert http.rows(stream) == 60


def test_what_landed_before_a_failure_is_acknowledged(door: FlightDoor, http: Door,
                                                      stream: str) -> None:
    session = _Session(door, stream, producer="p")
    session.write(_batch(1), 1)
    session.write(_batch(9), 9)
    assert session.read()["sequence"] == 1
    failed = session.read()
    assert (failed["status"], failed["error"]) == ("failed", "conflict")
    assert "expected is 2" in failed["message"]
    with pytest.raises(Exception, match="expected is 2"):
        session.close()
    assert http.rows(stream) == 10


def test_acknowledgements_may_lag_behind_or_never_be_read(door: FlightDoor, http: Door,
                                                          stream: str) -> None:
    session = _Session(door, stream, commit="batch")
    for number in range(5000):
        session.write(_batch(number, 1))
    session.close()
    assert http.rows(stream) == 5000


def test_a_producer_goes_on_behind_its_last_acknowledgement(
        request: pytest.FixtureRequest, start_server: Callable[..., ServerProcess],
        open_door: Callable[..., Door]) -> None:
    """kill -9 while several commits are on their way."""
    seed = str(request.config.getoption("--seed"))
    server = start_server({"log_level": "info"})
    acknowledged = 0
    for number in range(ROUNDS):
        chance = random.Random(f"{seed} {number}")
        session = _Session(open_door(server, "flight"), "events", producer="p")
        moment = acknowledged + chance.randint(1, 40)
        sent = acknowledged
        while acknowledged < moment:
            while sent < acknowledged + 8:
                sent += 1
                session.write(_batch(sent), sent)
            acknowledged = session.read()["sequence"]
        server.signal(signal.SIGKILL)
        server.kill()
        server.start()
        landed = open_door(server, "http").get(
            "SELECT sequence, count(*) AS rows FROM events GROUP BY ALL ORDER BY ALL").to_pylist()
        assert [row["sequence"] for row in landed] == list(range(1, len(landed) + 1)), seed
        assert all(row["rows"] == 10 for row in landed), seed
        assert acknowledged <= len(landed) <= sent, seed
    # What was sent and not acknowledged may have landed: that is a duplicate then.
    session = _Session(open_door(server, "flight"), "events", producer="p")
    for sequence in range(acknowledged + 1, acknowledged + 20):
        session.write(_batch(sequence), sequence)
    session.finish()
    assert open_door(server, "http").rows("events") == (acknowledged + 19) * 10


def test_a_client_may_be_silent_while_all_is_committed(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door]) -> None:
    server = start_server({"flight.put_idle_timeout": "300ms"})
    session = _Session(open_door(server, "flight"), "events", commit="batch")
    session.write(_batch(1))
    assert session.read()["sequence"] == 1
    # A put of one transaction that is silent as long loses its connection.
    other = _Session(open_door(server, "flight"), "others")
    other.write(_batch(1))
    other.wait_for_end()
    session.write(_batch(2))
    assert session.read()["sequence"] == 2
    session.finish()


def test_acknowledgements_tell_what_a_rule_made_of_a_commit(start_server: Callable[..., ServerProcess],
                                                            open_door: Callable[..., FlightDoor],
                                                            tmp_path: Path) -> None:
    (tmp_path / "streams.yaml").write_text(
        "aside: {on_bad_rows: quarantine}\nskip: {on_schema_change: skip}\n"
        "queued: {durability: queued, max_delay_ms: 300}\n")
    server = start_server({"streams": tmp_path / "streams.yaml"})
    door = open_door(server, "flight")
    for table in ("aside", "queued"):
        door.get(f"CREATE TABLE {table}(sequence BIGINT NOT NULL, row BIGINT)")
    door.get("CREATE TABLE skip(other BIGINT)")
    session = _Session(door, "aside", commit="batch")
    session.write(_batch(1, rows=10))
    first = session.read()
    assert (first["rows"], first["rows_quarantined"]) == (10, 0)
    session.write(_batch(0, rows=3).set_column(0, "sequence", pa.nulls(3, pa.int64())))
    second = session.read()
    assert (second["rows"], second["rows_quarantined"]) == (0, 3)
    assert (session.finish()["rows_processed"], door.rows("aside")) == (10, 10)
    session = _Session(door, "skip", commit="batch")
    session.write(_batch(1))
    assert session.read()["skipped"] is True
    session.finish()
    session = _Session(door, "queued", commit="batch")
    session.write(_batch(1))
    assert session.read()["durable"] is False
    assert session.finish()["durable"] is False
