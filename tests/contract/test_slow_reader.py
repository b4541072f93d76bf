"""A reader that stops reading holds a bounded amount of memory and no thread, and others go on."""

from collections.abc import Callable

import duckdb
import pytest

from harness.door import BrokenOff, Door, OpenGet, Refused
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


def test_readers_that_stop_are_ended_and_nothing_is_left_of_them(start_server: Callable[..., ServerProcess],
                                                                 open_door: Callable[..., Door],
                                                                 door_name: str) -> None:
    server = start_server({"read_idle_timeout": "2s"})
    readers = [open_door(server, door_name).open_get(ENDLESS) for _ in range(20)]
    for reader in readers:
        assert reader.next().num_rows > 0
    assert server.gauges.running_queries == 20
    server.gauges.wait_until_idle(seconds=60)
    for reader in readers:
        with pytest.raises((Refused, BrokenOff)):
            while reader.next() is not None:
                pass


@pytest.fixture(scope="module")
def wide_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with a table `wide` of 200 rows of 4 MB."""
    path = str(tmp_path_factory.mktemp("wide") / "wide.duckdb")
    with duckdb.connect(path) as made:
        made.execute("CREATE TABLE wide AS SELECT i, repeat(chr(97 + (i % 26)::INT), 4000000) AS text "
                     "FROM range(200) t(i)")
    return path


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep freed memory")
def test_rows_of_megabytes_stream_in_bounded_memory(start_server: Callable[..., ServerProcess],
                                                    open_door: Callable[..., Door], door_name: str,
                                                    wide_database: str) -> None:
    # DuckDB itself unpacks all 200 values at once, and its allocator keeps some 300 MB more than the limit counts.
    server = start_server({"db": wide_database, "memory_limit": "2GB"})
    rows = open_door(server, door_name).open_get("FROM wide")
    batch = rows.next()
    assert batch.num_rows < 10
    assert server.gauges.result_bytes_held <= 64 * MIB
    count = 0
    while batch is not None:
        count += batch.num_rows
        batch = rows.next()
    assert count == 200
    assert server.resident_bytes_peak() < (2000 + 300) * 1_000_000
