"""`arrowport serve`: how it starts, what it says, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from harness.door import Door, Refused
from harness.program import SANITIZED, patient
from harness.raw_http import RawHttp, request_head
from harness.samples import same_table, trips
from harness.server_process import ServerDidNotStart, ServerProcess
from harness.waiting import wait_until

StartServer = Callable[..., ServerProcess]

# Of each kind of error, as src/base/error.cc has them.
INVALID_INPUT, NOT_FOUND, UNAVAILABLE = 65, 66, 69


def test_the_port_file_tells_both_ports_and_the_process(start_server: StartServer) -> None:
    server = start_server()
    ports = json.loads(server.port_file.read_text())
    assert ports == {"http_port": server.http_port, "flight_port": server.flight_port,
                     "pid": server.pid}
    assert len({server.http_port, server.flight_port, 0}) == 3
    server.stop()
    assert not server.port_file.exists()


def test_a_port_file_of_a_dead_server_is_replaced(start_server: StartServer) -> None:
    server = start_server()
    server.kill()
    assert server.port_file.exists()
    server.start()
    assert json.loads(server.port_file.read_text())["pid"] == server.pid


def test_it_says_where_it_listens_and_a_line_to_try(start_server: StartServer) -> None:
    server = start_server()
    wait_until(lambda: "  try  " in server.log(), "the server has said what to try")
    log = server.log()
    assert log.startswith("arrowport 0.")
    for words in [server.http_url, server.flight_url, server.database]:
        assert words in log
    assert "\033" not in log, "there are no colours in a file"
    line = re.search(r"^  try +(curl .*)$", log, re.MULTILINE)[1]
    done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=patient(30), check=True)
    assert done.stdout.splitlines()[-1] == b"42"


def test_a_database_in_memory_is_gone_afterwards(start_server: StartServer, open_door) -> None:
    server = start_server({"db": ":memory:"})
    open_door(server).put("trips", trips(10))
    server.stop()
    server.start()
    assert not open_door(server).has_table("trips")
    assert not list(server.folder.glob("*.duckdb*"))


def test_what_it_wrote_duckdb_reads(start_server: StartServer, open_door) -> None:
    server = start_server()
    open_door(server).put("trips", trips(1000))
    server.stop()
    with duckdb.connect(server.database, read_only=True) as connection:
        same_table(connection.sql("FROM trips").to_arrow_table(), trips(1000))


def test_a_second_server_on_a_database_is_told_who_has_it(start_server: StartServer, tmp_path: Path,
                                                          open_door) -> None:
    first = start_server()
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({"db": first.database})
    assert failed.value.exit_code == UNAVAILABLE
    for words in [first.database, f"arrowport (pid {first.pid})"]:
        assert words in failed.value.log
    assert len(failed.value.log.splitlines()) == 1
    assert open_door(first).value("SELECT 42") == 42


def test_another_program_that_holds_the_database_is_named(start_server: StartServer,
                                                          tmp_path: Path) -> None:
    database = tmp_path / "held.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
         "print('open', flush=True); sys.stdin.read()", database],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(ServerDidNotStart) as failed:
            start_server({"db": database})
        holder.stdin.close()
    assert failed.value.exit_code == UNAVAILABLE
    assert f"(pid {holder.pid})" in failed.value.log
    assert str(database) in failed.value.log


@pytest.mark.parametrize(("make", "words"), [
    (lambda path: path.write_text("this is no database, " * 1000), "not a valid DuckDB"),
    (lambda path: path.mkdir(), "test.duckdb"),
], ids=["text", "folder"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(start_server: StartServer, tmp_path: Path,
                                                              make, words: str) -> None:
    path = tmp_path / "test.duckdb"
    make(path)
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({"db": path})
    assert failed.value.exit_code not in (0, 70), failed.value.log
    assert words in failed.value.log
    assert path.is_dir() or path.read_text().startswith("this is no database")


@pytest.mark.parametrize("door", ["http_port", "flight_port"])
def test_a_port_that_is_taken_is_refused_by_its_number(start_server: StartServer, door: str) -> None:
    first = start_server()
    port = getattr(first, door)
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({door: port})
    assert failed.value.exit_code == UNAVAILABLE
    assert str(port) in failed.value.log


def test_a_port_file_that_cannot_be_written_is_refused(start_server: StartServer,
                                                       tmp_path: Path) -> None:
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({"port_file": tmp_path / "nothing" / "ports.json"})
    assert failed.value.exit_code in (INVALID_INPUT, NOT_FOUND)
    assert "ports.json" in failed.value.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_lets_what_runs_end_and_leaves_no_log(start_server: StartServer, open_door,
                                                       number: signal.Signals) -> None:
    server = start_server()
    door, flight = open_door(server), open_door(server, "flight")
    door.put("trips", trips(10))
    puts = [each.open_put("trips", trips(0).schema) for each in (door, flight)]
    for first, put in enumerate(puts):
        put.write(trips(5, first_id=10 + 10 * first).to_batches()[0])
    rows = door.open_get("SELECT i, repeat('x', 100) AS text FROM range(500000) t(i)")
    read = rows.next().num_rows
    wait_until(lambda: server.gauges.running_puts == 2, "both puts have begun")
    assert os.path.getsize(server.database + ".wal") > 0

    server.signal(number)
    wait_until(lambda: "stopping" in server.log(), "the server has begun to stop")
    for first, put in enumerate(puts):
        put.write(trips(5, first_id=15 + 10 * first).to_batches()[0])
        assert put.finish().rows == 10
    assert read + sum(batch.num_rows for batch in rows) == 500_000
    assert server.wait() == 0
    assert not os.path.exists(server.database + ".wal")
    with duckdb.connect(server.database, read_only=True) as connection:
        same_table(connection.sql("FROM trips ORDER BY id").to_arrow_table(), trips(30))


def test_while_it_stops_new_work_is_refused_everywhere(start_server: StartServer, open_door) -> None:
    server = start_server()
    door, flight = open_door(server), open_door(server, "flight")
    flight.value("SELECT 42")
    put = door.open_put("trips", trips(0).schema)
    put.write(trips(10).to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    # Within a request, so that its connection is not an idle one.
    sql = b"SELECT 42"
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/query", {"Content-Length": len(sql), "Expect": "100-continue"}))
        assert [raw.line(), raw.line()] == [b"HTTP/1.1 100 Continue", b""]
        server.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in server.log(), "the server has begun to stop")
        with pytest.raises(Refused) as refused:
            flight.value("SELECT 42")
        assert refused.value.kind == "unavailable"
        with pytest.raises(ConnectionError):
            RawHttp(server.http_port)
        raw.send(sql)
        assert raw.refusal().kind == "unavailable"
    assert put.finish().rows == 10
    assert server.wait() == 0


def _endless_get(server: ServerProcess, door: Door) -> Callable[[], None]:
    """Begins a query; what it returns reads on, to an error."""
    rows = door.open_get("SELECT i, repeat('x', 100) AS text FROM range(1000000000000) t(i)")
    rows.next()

    def go_on() -> None:
        # Over Flight that may be gRPC's own error of a connection that was cut.
        with pytest.raises(Exception):
            for _ in rows:
                pass

    return go_on


def _endless_put(server: ServerProcess, door: Door) -> Callable[[], object]:
    """Begins a put; what it returns sends nothing more."""
    put = door.open_put("trips", trips(0).schema)
    put.write(trips(10).to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    return lambda: put


ENDLESS = [
    pytest.param(_endless_get, id="get"),
    pytest.param(_endless_put, id="put")]


@pytest.mark.parametrize("begin", ENDLESS)
def test_what_does_not_end_in_time_is_cancelled(start_server: StartServer, open_door, door_name: str,
                                                begin) -> None:
    server = start_server({"drain_timeout": "300ms"})
    go_on = begin(server, open_door(server, door_name))
    server.signal(signal.SIGTERM)
    go_on()
    assert server.wait(5) == 0
    assert not os.path.exists(server.database + ".wal")
    server.start()
    assert not open_door(server).has_table("trips")


@pytest.mark.parametrize("begin", ENDLESS)
def test_a_second_signal_hurries(start_server: StartServer, open_door, door_name: str, begin) -> None:
    server = start_server({"drain_timeout": "10m"})
    go_on = begin(server, open_door(server, door_name))
    server.signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in server.log(), "the server has begun to stop")
    server.signal(signal.SIGTERM)
    go_on()
    assert server.wait(5) == 0
    assert not os.path.exists(server.database + ".wal")
    server.start()
    assert not open_door(server).has_table("trips")


def test_a_third_signal_ends_the_process_whatever_its_threads_do(start_server: StartServer, open_door) -> None:
    server = start_server({"drain_timeout": "10m"})
    door = open_door(server)
    door.put("trips", trips(10))
    # One call of a function, which nothing interrupts: in the planner, where it is a constant, and of a row.
    long = "SELECT levenshtein(repeat('a', {0}), repeat('b', {0}))"
    statements = [long.format(500_000), long.format("500000 + fare::INTEGER") + " FROM trips LIMIT 1"]
    clients = [RawHttp(server.http_port) for _ in statements]
    before = server.cpu_seconds()
    for client, statement in zip(clients, statements, strict=True):
        client.send(request_head("POST", "/query", {"Content-Length": len(statement)}) + statement.encode())
    wait_until(lambda: server.cpu_seconds() > before + 1, "the statements keep the processors busy")
    for number, said in [(signal.SIGTERM, "stopping"), (signal.SIGINT, "hurrying")]:
        server.signal(number)
        wait_until(lambda said=said: said in server.log(), f"the server is {said}")
    assert server.runs(), "nothing was to end by itself, or nothing is shown here"
    server.signal(signal.SIGTERM)
    assert server.wait(5) == 130
    for client in clients:
        client.socket.close()
    server.start()
    assert open_door(server).rows("trips") == 10


def test_idle_connections_do_not_hold_up_the_end(start_server: StartServer, open_door) -> None:
    server = start_server({"drain_timeout": "10m"})
    doors = [open_door(server, name) for name in ["http", "flight"] * 3]
    for door in doors:
        door.value("SELECT 42")
    with RawHttp(server.http_port) as raw:  # It has not said a word.
        server.signal(signal.SIGTERM)
        assert server.wait(10) == 0
        assert raw.is_at_end()


def test_log_lines_are_json_if_asked_for(start_server: StartServer, open_door) -> None:
    server = start_server({"log_format": "json", "log_level": "debug"})
    open_door(server).request("GET", "/version", headers={"X-Request-Id": "the-one"})
    server.stop()
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert [line for line in lines if line.get("request_id") == "the-one"]


def test_a_fault_free_run_logs_nothing_but_its_end(start_server: StartServer, open_door) -> None:
    server = start_server({"log_level": "warning"})
    open_door(server).put("trips", trips(1000))
    assert open_door(server, "flight").rows("trips") == 1000
    server.stop()
    assert [line for line in server.log().splitlines() if "Z " in line] == []
