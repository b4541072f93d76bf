"""A reader that stops reading holds a bounded amount of memory and no thread, and others go on."""

from collections.abc import Callable

import pytest

from harness.door import Door, OpenGet
from harness.program import SANITIZED
from harness.samples import trips, wide_rows
from harness.server_process import ServerProcess

ENDLESS = "SELECT i, repeat('x', 100) AS text FROM range(1000000000000) t(i)"
MIB = 1024 * 1024


def _stopped_reader(server: ServerProcess, door: Door) -> OpenGet:
    """A reader that took one batch, once the server has filled what it may and waits."""
    rows = door.open_get(ENDLESS)
    assert rows.next().num_rows > 0
    server.wait_until_still()
    return rows


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep freed memory")
def test_a_reader_that_stops_holds_no_more_memory(start_server: Callable[..., ServerProcess],
                                                  open_door: Callable[..., Door],
                                                  door_name: str) -> None:
    server = start_server({"memory_limit": "256MB", "result_bytes_max": "16MiB"})
    door = open_door(server, door_name)
    door.get("SELECT i, hash(i) FROM range(3000000) t(i)")  # What it needs anyway.
    before = server.resident_bytes()
    reader = _stopped_reader(server, door)
    assert server.gauges.result_bytes_held <= 24 * MIB
    assert server.resident_bytes() - before < 150 * MIB
    # Everybody else is served as before.
    other = open_door(server, door_name)
    assert other.put("trips", trips(100_000)).rows == 100_000
    assert other.rows("trips") == 100_000
    # What was ready is still there for the reader, and what comes next.
    assert [reader.next().num_rows > 0 for _ in range(50)] == [True] * 50
    reader.leave()


def test_readers_that_stop_hold_no_thread_of_the_database(start_server: Callable[..., ServerProcess],
                                                          open_door: Callable[..., Door],
                                                          door_name: str) -> None:
    server = start_server({"memory_limit": "512MB", "result_bytes_max": "1MiB"})
    readers = [_stopped_reader(server, open_door(server, door_name)) for _ in range(12)]
    assert server.gauges.running_queries == 12
    other = open_door(server, door_name)
    for _ in range(20):
        assert other.value("SELECT sum(i)::BIGINT FROM range(100000) t(i)") == 4999950000
    for reader in readers:
        reader.leave()


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep freed memory")
def test_a_put_into_a_busy_table_holds_its_client_back(start_server: Callable[..., ServerProcess],
                                                       open_door: Callable[..., Door],
                                                       door_name: str) -> None:
    server = start_server({"memory_limit": "256MB", "put_bytes_max": "8MiB"})
    door = open_door(server, door_name)
    batch = wide_rows(2000)
    assert door.put("warm", [batch] * 20).rows == 40_000
    before = server.resident_bytes()
    # A gigabyte, through a server that may have a fraction of that.
    put = door.open_put("wide", batch.schema)
    for _ in range(500):
        put.write(batch)
    assert put.finish().rows == 1_000_000
    assert server.resident_bytes_peak() - before < 600 * MIB
