"""Broken input: refused as the client's fault, or taken whole where it is no longer broken."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import flight as pa_flight

from harness.door import HTTP_STATUS, Refused
from harness.flight_door import FlightDoor
from harness.forms import MEDIA_TYPES
from harness.http_door import HttpDoor
from harness.mutator import bodies, break_values, change, streams
from harness.server_process import ServerProcess

pytestmark = pytest.mark.malformed

OPTIONS = {"memory_limit": "1GB", "http.ipc_message_bytes_max": "16MiB",
           "flight.message_bytes_max": "16MiB", "log_level": "info"}


@pytest.fixture(name="seed")
def seed_(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--seed")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--malformed-rounds")


@pytest.fixture
def broken_server(start_server) -> ServerProcess:
    server = start_server(OPTIONS)
    yield server
    assert server.runs(), f"the server has died\n{server.log_tail()}"
    for words in ["Sanitizer", "runtime error:", "AddressSanitizer"]:
        assert words not in server.log(), server.log_tail()


class _AtRound:
    """A block whose failures name the seed and the round, and keep the bytes that did it."""

    def __init__(self, seed: int, number: int, sent: bytes, folder: Path):
        self._words = f"--seed {seed}, round {number}: {folder / 'sent'}"
        self._sent = sent
        self._folder = folder

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception):
            (self._folder / "sent").write_bytes(self._sent)
            raise AssertionError(f"{self._words}: {error!r}") from error


def _is_the_clients_fault(refused: Refused) -> bool:
    # A client that sends too slowly or leaves is another matter.
    return 400 <= HTTP_STATUS[refused.kind] < 500 and refused.kind not in (
        "request-timeout", "cancelled", "overloaded")


def _check_landed(door: HttpDoor, table: str, rows: int) -> None:
    """That just this many rows landed, and can all be read; then they are dropped."""
    landed = door.table(table)
    assert landed.num_rows == rows
    landed.validate(full=True)
    door.get(f'DROP TABLE "{table}"')


def test_changed_streams_over_http(broken_server: ServerProcess, open_door, seed: int, rounds: int,
                                   tmp_path: Path) -> None:
    door = open_door(broken_server)
    corpus = list(streams().values())
    taken = 0
    for number in range(rounds):
        chance = random.Random(f"http {seed} {number}")
        sent = change(chance.choice(corpus), chance)
        chunked = chance.random() < 0.3
        with _AtRound(seed, number, sent, tmp_path):
            try:
                body = iter([sent[:len(sent) // 2], sent[len(sent) // 2:]]) if chunked else sent
                answer = door.put_bytes("broken", body)
            except Refused as refused:
                assert _is_the_clients_fault(refused), refused
            else:
                _check_landed(door, "broken", answer.rows)
                taken += 1
            assert door.list_tables() == {}
    # Changes of values and of padding go unnoticed; if none did, something refuses everything.
    assert rounds < 100 or rounds / 50 < taken < rounds / 2


def test_changed_bodies_of_other_forms(broken_server: ServerProcess, open_door, seed: int,
                                       rounds: int, tmp_path: Path) -> None:
    door = open_door(broken_server)
    corpus = bodies()
    taken = 0
    for number in range(rounds):
        chance = random.Random(f"form {seed} {number}")
        form, coding, body = chance.choice(corpus)
        sent = change(body, chance)
        fields = {"Content-Type": MEDIA_TYPES[form], "Content-Encoding": coding}
        with _AtRound(seed, number, sent, tmp_path):
            try:
                _, answer = door.request("POST", "/ingest/broken", sent, fields)
            except Refused as refused:
                assert _is_the_clients_fault(refused), refused
            else:
                _check_landed(door, "broken", json.loads(answer)["rows_processed"])
                taken += 1
            assert door.list_tables() == {}
    assert rounds < 100 or rounds / 50 < taken < rounds


def test_whole_bodies_of_other_forms_land(broken_server: ServerProcess, open_door) -> None:
    door = open_door(broken_server)
    for number, (form, coding, sent) in enumerate(bodies()):
        fields = {"Content-Type": MEDIA_TYPES[form], "Content-Encoding": coding}
        _, answer = door.request("POST", f"/ingest/whole{number}", sent, fields)
        assert json.loads(answer)["rows_processed"] == door.rows(f"whole{number}") > 0


def test_whole_streams_land(broken_server: ServerProcess, open_door) -> None:
    door = open_door(broken_server)
    for name, sent in streams().items():
        try:
            answer = door.put_bytes(name, sent)
        except Refused as refused:
            assert refused.kind == "unsupported-media", name
        else:
            assert answer.rows == door.rows(name) > 0


def test_batches_of_broken_values_over_flight(broken_server: ServerProcess, open_door, seed: int,
                                              rounds: int, tmp_path: Path) -> None:
    door, flight = open_door(broken_server), open_door(broken_server, "flight")
    refusals = 0
    for number in range(rounds // 10):
        batch = pa.record_batch({"v": break_values(random.Random(f"values {seed} {number}"))})
        with _AtRound(seed, number, str(batch.schema).encode(), tmp_path):
            try:
                answer = flight.put("broken", [batch, batch])
            except Refused as refused:
                assert refused.kind == "invalid-input", refused
                refusals += 1
            else:
                assert answer.rows == 2 * len(batch)
                _check_landed(door, "broken", answer.rows)
            assert door.list_tables() == {}
    assert rounds < 100 or refusals > rounds // 100


COMMANDS = [b"broken", b'{"stream_name": "broken"}', b'{"stream_name": "a.b", "x": [1, {}]}',
            b'{"stream_name": "\\u00fc\\ud83d\\udeeb"}', '"quoted.name"'.encode()]
TICKETS = [b"SELECT 42 AS a", b'{"sql": "SELECT ? + $1 AS a", "params": [1]}', b'{"table": "there"}',
           b'{"sql": "SELECT i FROM range(10) t(i)", "ordered": false, "timeout_ms": 5000}',
           b'{"sql": "SELECT ? AS a", "params": [null, true, 1.5e300, -1, "\\u00fc"]}',
           'SELECT \'ü 🛫\' AS "ä", [1, 2], {\'a\': 1}'.encode()]


def test_changed_descriptors_of_puts(broken_server: ServerProcess, open_door, seed: int, rounds: int,
                                     tmp_path: Path) -> None:
    door, flight = open_door(broken_server), open_door(broken_server, "flight")
    for number in range(rounds // 10):
        chance = random.Random(f"put {seed} {number}")
        command = change(chance.choice(COMMANDS), chance)
        with _AtRound(seed, number, command, tmp_path):
            _put_to(flight, door, pa_flight.FlightDescriptor.for_command(command))


def _put_to(flight: FlightDoor, door: HttpDoor, descriptor: pa_flight.FlightDescriptor) -> None:
    batch = pa.record_batch({"v": [1, 2, 3]})
    try:
        with flight.refusing():
            writer, answers = flight.client.do_put(descriptor, batch.schema)
            writer.write_batch(batch)
            writer.done_writing()
            answer = answers.read()
            writer.close()
    except Refused as refused:
        assert _is_the_clients_fault(refused), refused
        assert door.list_tables() == {}
    else:
        table = json.loads(answer.to_pybytes())["table"]
        assert door.list_tables() == {table: 3}
        # A name is quoted where it holds a dot or a quote.
        quoted = table if table.startswith('"') else f'"{table}"'
        door.get(f"DROP TABLE {quoted}")


@pytest.mark.parametrize("method", ["do_get", "get_flight_info", "get_schema"])
def test_changed_tickets(broken_server: ServerProcess, open_door, seed: int, rounds: int,
                         tmp_path: Path, method: str) -> None:
    door, flight = open_door(broken_server), open_door(broken_server, "flight")
    door.get("CREATE TABLE there AS SELECT 1 AS a")
    for number in range(rounds // 10):
        chance = random.Random(f"{method} {seed} {number}")
        ticket = change(chance.choice(TICKETS), chance)
        with _AtRound(seed, number, ticket, tmp_path):
            try:
                if method == "do_get":
                    list(flight.open_ticket(pa_flight.Ticket(ticket)))
                else:
                    with flight.refusing():
                        getattr(flight.client, method)(
                            pa_flight.FlightDescriptor.for_command(ticket))
            except Refused as refused:
                # SQL may ask for what DuckDB knows of and does not do.
                assert _is_the_clients_fault(refused) or refused.kind == "not-implemented", refused
            assert door.list_tables() == {"there": 1}


def test_changed_queries_over_http(broken_server: ServerProcess, open_door, seed: int, rounds: int,
                                   tmp_path: Path) -> None:
    door = open_door(broken_server)
    bodies = [ticket for ticket in TICKETS if ticket.startswith(b'{"sql"')]
    for number in range(rounds // 10):
        chance = random.Random(f"query {seed} {number}")
        body = change(chance.choice(bodies), chance)
        with _AtRound(seed, number, body, tmp_path):
            try:
                door.request("POST", "/query", body, {"Content-Type": "application/json"})
            except Refused as refused:
                assert _is_the_clients_fault(refused) or refused.kind == "not-implemented", refused
    assert door.list_tables() == {}
