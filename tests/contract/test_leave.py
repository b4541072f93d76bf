"""A client that goes away, cancels or is late ends its query, and what that held is free again."""

import time
from collections.abc import Callable

import pytest

from harness.door import BrokenOff, Door, Refused, Word, needs
from harness.program import patient
from harness.samples import trips
from harness.server_process import ServerProcess
from harness.waiting import wait_until

ENDLESS = "SELECT i, repeat('x', 100) AS text FROM range(1000000000000) t(i)"
SILENT = "SELECT max(hash(i)) FROM range(1000000000000) t(i)"


def _seconds_until_idle(server: ServerProcess) -> float:
    began = time.monotonic()
    server.gauges.wait_until_idle()
    return time.monotonic() - began


def test_leaving_in_the_middle_of_a_get_ends_the_query_within_a_second(door: Door,
                                                                       server: ServerProcess) -> None:
    waits = []
    for _ in range(3):
        rows = door.open_get(ENDLESS)
        assert rows.next().num_rows > 0
        assert server.gauges.running_queries == 1
        rows.leave()
        waits.append(_seconds_until_idle(server))
    # The machine may be busy with something else once.
    assert min(waits) < patient(1), waits


def test_leaving_frees_what_the_query_held(start_server: Callable[..., ServerProcess],
                                           open_door: Callable[..., Door], door_name: str) -> None:
    server = start_server({"memory_limit": "512MB"})
    door = open_door(server, door_name)
    before = server.gauges.value("arrowport_duckdb_memory_bytes")
    sorting = "SELECT i, hash(i) AS h FROM range(10000000) t(i) ORDER BY h"
    rows = door.open_get(sorting)
    assert rows.next().num_rows > 0
    assert server.gauges.value("arrowport_duckdb_memory_bytes") > before
    rows.leave()
    server.gauges.wait_until_idle()
    wait_until(lambda: server.gauges.value("arrowport_duckdb_memory_bytes") <= before + 2**20,
               "DuckDB's memory is free")


def test_a_deadline_ends_a_query_that_says_nothing(door: Door, server: ServerProcess) -> None:
    with pytest.raises(Refused) as refused:
        door.get(SILENT, timeout_ms=200)
    assert refused.value.kind == "deadline-exceeded"
    server.gauges.wait_until_idle()


def test_a_deadline_ends_a_query_that_is_being_read(door: Door, server: ServerProcess) -> None:
    with pytest.raises((Refused, BrokenOff)) as failure:
        for _ in door.open_get(ENDLESS, timeout_ms=500):
            pass
    if isinstance(failure.value, Refused):
        assert failure.value.kind == "deadline-exceeded"
    server.gauges.wait_until_idle()


def test_a_deadline_ends_a_query_that_nobody_reads(door: Door, server: ServerProcess) -> None:
    rows = door.open_get(ENDLESS, timeout_ms=500)
    server.gauges.wait_until_idle()
    with pytest.raises((Refused, BrokenOff)):
        for _ in rows:
            pass


def test_a_deadline_that_is_not_reached_changes_nothing(door: Door) -> None:
    assert door.get("SELECT 42 AS a", timeout_ms=60_000).to_pydict() == {"a": [42]}


@needs(Word.DEADLINE)
@pytest.mark.parametrize("timeout_ms", [0, -1, 2**40])
def test_a_deadline_that_makes_no_sense_is_refused(door: Door, timeout_ms: int) -> None:
    with pytest.raises(Refused) as refused:
        door.get("SELECT 1", timeout_ms=timeout_ms)
    assert refused.value.kind == "invalid-input"
    assert "timeout_ms" in refused.value.message


def test_leaving_a_put_and_a_get_costs_others_nothing(
        server: ServerProcess, open_door: Callable[..., Door], door_name: str, stream: str) -> None:
    door, other = open_door(server, door_name), open_door(server, door_name)
    other.put(stream, trips(1000))
    for _ in range(10):
        rows = door.open_get(ENDLESS)
        rows.next()
        put = door.open_put(stream + "_gone", trips(0).schema)
        put.write(trips(100).to_batches()[0])
        rows.leave()
        put.break_off()
        assert other.rows(stream) == 1000
    server.gauges.wait_until_idle()
    assert not other.has_table(stream + "_gone")
