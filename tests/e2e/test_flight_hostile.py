"""Calls of Flight with something of their messages changed: refused as the client's fault, or taken whole."""

import contextlib
import random
import subprocess
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import flight as pa_flight

from harness.door import Refused
from harness.flight_calls import Call, framed, in_table, whole_calls, written
from harness.flight_door import FlightDoor
from harness.flight_mutator import broken
from harness.http_door import HttpDoor
from harness.program import patient
from harness.protobuf import field, packed_sql, read_fields
from harness.raw_grpc import RawAnswer, RawGrpc
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.type_case import RefusedCase, load_cases

pytestmark = pytest.mark.malformed

# What clients leave behind is to be gone soon.
OPTIONS = {"memory_limit": "1GB", "flight.message_bytes_max": "16MiB", "log_level": "info",
           **{f"flight.{name}_timeout": "5s" for name in ("session", "transaction", "statement", "ticket")}}
CALLS_A_ROUND = 100
ANSWER_SECONDS = 10
# Of gRPC. What is broken is the client's fault, and never something that the server does not understand of itself.
OK, UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS = 0, 2, 13, 14, 15
THE_SERVERS_FAULT = (UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS)


@pytest.fixture
def hostile_server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    server = start_server(OPTIONS)
    yield server
    assert server.runs(), f"the server has died\n{server.log_tail()}"
    for words in ["Sanitizer", "runtime error:"]:
        assert words not in server.log(), server.log_tail()


def _prepare(flight: FlightDoor) -> bytes:
    """The handle of a statement with one parameter."""
    body = packed_sql("ActionCreatePreparedStatementRequest", field(1, "SELECT ? + 1 AS a"))
    with flight.refusing():
        (answer,) = flight.client.do_action(pa_flight.Action("CreatePreparedStatement", body))
    return read_fields(read_fields(answer.body.to_pybytes())[2])[1]


class _Rounds:
    """Sends changed calls, and sees after each round of them whether all is well."""

    def __init__(self, server: ServerProcess, http: HttpDoor, flight: FlightDoor, seed: int, folder: Path):
        self._server, self._http, self._flight = server, http, flight
        self._seed = seed
        self._folder = folder
        # What kills the server may do so after its answer.
        self._last: deque[tuple[str, bytes]] = deque(maxlen=4)
        self.statuses: Counter[int] = Counter()
        self.landed = 0

    def run(self, calls_wanted: int) -> None:
        with RawGrpc(self._server.flight_port) as client:
            for first in range(0, calls_wanted, CALLS_A_ROUND):
                groups = whole_calls(_prepare(self._flight))
                every = [call for group in groups for call in group]
                for number in range(first, min(first + CALLS_A_ROUND, calls_wanted)):
                    chance = random.Random(f"flight {self._seed} {number}")
                    self._send(client, chance.choice(chance.choice(groups)), number, every, chance)
                self._check(first)

    def _send(self, client: RawGrpc, call: Call, number: int, every: list[Call], chance: random.Random) -> None:
        body = broken(call, number, every, chance)
        self._last.append((f"{number}.{call.method}", body))
        if chance.random() < 0.03:
            client.abandon(call.method, body)
            return
        answer = client.call(call.method, body, patient(ANSWER_SECONDS))
        self.statuses[answer.status] += 1
        if answer.status is None or answer.status in THE_SERVERS_FAULT:
            pytest.fail(f"--seed {self._seed}, call {number} ({call.name}): {answer}; {self._how_it_came()}")

    def _how_it_came(self) -> str:
        for name, body in self._last:
            (self._folder / name).write_bytes(body)
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._server.process.wait(patient(5))
            return f"the server has ended with {code}; the last bodies are in {self._folder}"
        return f"the server runs; the last bodies are in {self._folder}"

    def _check(self, first: int) -> None:
        """Others are served as ever, and what landed can be read."""
        try:
            for name in self._http.list_tables():
                quoted = name if name.startswith('"') else ".".join(f'"{part}"' for part in name.split("."))
                self._read(quoted)
                self._http.get(f"DROP TABLE {quoted}")
                self.landed += 1
            self._flight.put("healthy", trips(100))
            same_table(self._flight.table("healthy"), trips(100))
            self._http.get("DROP TABLE healthy")
        except Exception as error:
            raise AssertionError(f"--seed {self._seed}, after calls {first} to {first + CALLS_A_ROUND - 1}: "
                                 f"{error!r}; {self._how_it_came()}") from error

    def _read(self, table: str) -> None:
        try:
            self._http.get(f"SELECT * FROM {table}").validate(full=True)
        except Refused as refused:
            # Durations of centuries land, and no interval of Arrow's has room for them.
            assert "over 292 years" in refused.message, refused


def test_whole_calls_are_answered(hostile_server: ServerProcess, open_door) -> None:
    flight = open_door(hostile_server, "flight")
    flight.get("CREATE TABLE there AS SELECT 1 AS a")
    failed: dict[str, RawAnswer] = {}
    with RawGrpc(hostile_server.flight_port) as client:
        for place in range(len(whole_calls(b""))):
            for number, call in enumerate(whole_calls(_prepare(flight))[place]):
                body = b"".join(framed(written(message)) for message in in_table(call, 1000 * place + number))
                answer = client.call(call.method, body, patient(ANSWER_SECONDS))
                if answer.status != OK:
                    failed[call.name] = answer
        assert failed.keys() == {f"put {case}" for case in load_cases() if isinstance(case, RefusedCase)}, failed
        assert client.connections == 1


def test_changed_calls_harm_nobody(hostile_server: ServerProcess, open_door, request: pytest.FixtureRequest,
                                   tmp_path: Path) -> None:
    calls, seed = (request.config.getoption(name) for name in ("--flight-rounds", "--seed"))
    rounds = _Rounds(hostile_server, open_door(hostile_server), open_door(hostile_server, "flight"), seed, tmp_path)
    rounds.run(calls)
    # Changes of values and padding go unnoticed; if none did, something refuses everything.
    assert calls < 1000 or 0.1 < rounds.statuses[OK] / calls < 0.9, rounds.statuses
    assert calls < 1000 or rounds.landed > calls / 100
    hostile_server.gauges.wait_until_nothing_is_kept()
