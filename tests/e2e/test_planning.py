"""Statements that would take more to plan than to run are refused, and cost the server little."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.flight_door import FlightDoor
from harness.http_door import HttpDoor
from harness.server_process import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenDoor = Callable[..., HttpDoor]

MIB = 1024 * 1024
DOUBLED = 24


def unions(branches: int) -> str:
    return "SELECT 1" + " UNION ALL SELECT 1" * branches


def doubling_ctes(count: int) -> str:
    return "WITH c0 AS NOT MATERIALIZED (SELECT 1 AS i)" + "".join(
        f", c{k} AS NOT MATERIALIZED (SELECT x.i FROM c{k - 1} x, c{k - 1} y)" for k in range(1, count)
    ) + f" SELECT count(*) FROM c{count - 1}"


STATEMENTS = {
    "20,000 unions": unions(20_000),
    "CTEs that double": doubling_ctes(DOUBLED),
    "macros that double": f"SELECT m{DOUBLED - 1}(i) FROM range(3) t(i)",
    "views that double": f"SELECT count(*) FROM v{DOUBLED - 1}",
    "20,000 windows": "SELECT " + ", ".join(f"sum(i + {k}) OVER (ORDER BY i)" for k in range(20_000))
                      + " FROM range(3) t(i)",
    "a list of a thousand million": "SELECT length(range(1000000000))",
    "a text of a thousand million letters": "SELECT length(repeat('x', 1000000000))",
}


@pytest.fixture
def bounded(start_server: StartServer) -> ServerProcess:
    return start_server({"memory_limit": "512MB", "planning_time_max": "2s"})


def make_doubles(door: HttpDoor) -> None:
    """Each view while those that it reads are small."""
    door.get("CREATE MACRO m0(x) AS x + x")
    for k in range(1, DOUBLED):
        door.get(f"CREATE MACRO m{k}(x) AS m{k - 1}(x) + m{k - 1}(x)")
    for k in range(DOUBLED):
        door.get(f"CREATE VIEW v{k} AS SELECT 1 AS i")
    for k in reversed(range(1, DOUBLED)):
        door.get(f"CREATE OR REPLACE VIEW v{k} AS SELECT x.i FROM v{k - 1} x, v{k - 1} y")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_is_too_large_to_plan_is_refused_by_the_option(
        name: str, bounded: ServerProcess, open_door: OpenDoor) -> None:
    door = open_door(bounded)
    make_doubles(door)
    before = bounded.resident_bytes()
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        door.get(STATEMENTS[name])
    taken = time.monotonic() - began
    grown = bounded.resident_bytes_peak() - before
    print(f"{name}: {taken:.1f} s, {grown / MIB:.0f} MiB, {refused.value.message}")
    assert refused.value.kind == "too-large"
    assert "planning_bytes_max" in refused.value.message or "planning_time_max" in refused.value.message
    assert grown < 400 * MIB
    assert door.value("SELECT 42") == 42


def test_flight_refuses_it_as_well(bounded: ServerProcess) -> None:
    with closing(FlightDoor(bounded.flight_port)) as door:
        for statement in (STATEMENTS["20,000 unions"], STATEMENTS["CTEs that double"]):
            with pytest.raises(Refused) as refused:
                door.get(statement)
            assert "planning_" in refused.value.message
        assert door.value("SELECT 42") == 42


def test_the_deadline_of_a_call_ends_its_planning(start_server: StartServer, open_door: OpenDoor) -> None:
    server = start_server({"planning_bytes_max": "8GiB", "planning_time_max": "5m"})
    door = open_door(server)
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        door.get(doubling_ctes(DOUBLED), timeout_ms=200)
    assert refused.value.kind == "deadline-exceeded"
    assert time.monotonic() - began < 20


def test_many_values_and_terms_are_planned(bounded: ServerProcess, open_door: OpenDoor) -> None:
    door = open_door(bounded)
    door.get("CREATE TABLE t(a INT, b INT)")
    door.get("INSERT INTO t VALUES " + ", ".join("(1, 2)" for _ in range(100_000)))
    assert door.rows("t") == 100_000
    assert door.value("SELECT count(*) FROM t WHERE a IN (" + ", ".join(map(str, range(50_000))) + ")") == 100_000
    assert door.value("SELECT count(*) FROM t WHERE " + " OR ".join(f"a = {i}" for i in range(1000))) == 100_000


def test_small_statements_run_beside_large_ones(bounded: ServerProcess, open_door: OpenDoor) -> None:
    refusals: list[str] = []

    def ask() -> None:
        with closing(HttpDoor(bounded.http_port)) as door, pytest.raises(Refused) as refused:
            door.get(doubling_ctes(DOUBLED))
        refusals.append(refused.value.kind)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    door = open_door(bounded)
    answers = 0
    while any(asker.is_alive() for asker in askers):
        assert door.value("SELECT 42") == 42
        answers += 1
    for asker in askers:
        asker.join()
    assert answers > 0
    assert set(refusals) <= {"too-large", "overloaded"} and len(refusals) == 4
    assert bounded.resident_bytes_peak() < 900 * MIB


def test_a_view_that_takes_too_long_keeps_no_list_from_being_made(
        bounded: ServerProcess, open_door: OpenDoor) -> None:
    door = open_door(bounded)
    make_doubles(door)
    door.put("t", pa.table({"a": [1]}))
    tables = door.list_tables()
    assert "t" in tables and "v0" in tables and f"v{DOUBLED - 1}" not in tables
