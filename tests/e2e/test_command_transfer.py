"""`arrowport transfer` and the action behind `--direct`: rows from one server into another one."""

import json
import signal
import subprocess

import pyarrow as pa
import pytest
from pyarrow import flight as pa_flight

from harness.door import Door, Refused
from harness.program import BINARY, clean_environment, patient, run_arrowport
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.waiting import wait_until

TRIPS = trips(200_000)


@pytest.fixture
def target(start_server) -> ServerProcess:
    return start_server()


@pytest.fixture
def landed(target: ServerProcess, open_door) -> Door:
    return open_door(target, "http")


def _transfer(source: ServerProcess, target: ServerProcess, *words: object, door: str = "flight_url",
              **options: object) -> subprocess.CompletedProcess:
    return run_arrowport("transfer", "--from", getattr(source, door), "--to", getattr(target, door),
                         *words, **options)


def _tables(door: Door) -> list[str]:
    names = door.value("SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM duckdb_tables()")
    return (names or "").split()


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by("id")


@pytest.mark.parametrize("door", ["http_url", "flight_url"], ids=["http", "flight"])
def test_a_table_is_copied(server: ServerProcess, http: Door, target: ServerProcess, landed: Door,
                           stream: str, door: str) -> None:
    http.put(stream, TRIPS)
    done = _transfer(server, target, "--table", stream, door=door)
    assert done.returncode == 0, done.stderr
    words = done.stdout.decode()
    assert words.startswith("200,000 rows, ")
    assert f"from {getattr(server, door)} into table {stream} of {getattr(target, door)} in" in words
    same_table(_sorted(landed.table(stream)), TRIPS)


def test_an_ordered_table_keeps_its_order(server: ServerProcess, http: Door, target: ServerProcess,
                                          landed: Door, stream: str) -> None:
    http.put(stream, TRIPS)
    assert _transfer(server, target, "--table", stream, "--ordered").returncode == 0
    same_table(landed.table(stream), TRIPS)


@pytest.mark.parametrize("direct", [[], ["--direct"]], ids=["here", "direct"])
def test_the_rows_of_a_query_land_under_a_name(server: ServerProcess, http: Door,
                                               target: ServerProcess, landed: Door, stream: str,
                                               direct: list[str]) -> None:
    http.put(stream, TRIPS)
    done = _transfer(server, target, "--query", f"SELECT id FROM {stream} WHERE id < 10", "--as",
                     "few", *direct)
    assert done.returncode == 0, done.stderr
    assert landed.table("few")["id"].to_pylist() == list(range(10))


def test_the_target_fetches_the_rows_itself(server: ServerProcess, http: Door,
                                            target: ServerProcess, landed: Door,
                                            stream: str) -> None:
    http.put(stream, TRIPS)
    done = _transfer(server, target, "--table", stream, "--direct")
    assert done.returncode == 0, done.stderr
    same_table(_sorted(landed.table(stream)), TRIPS)


def test_an_empty_table_is_a_table_too(server: ServerProcess, http: Door, target: ServerProcess,
                                       landed: Door, stream: str) -> None:
    http.put(stream, TRIPS.slice(0, 0))
    assert _transfer(server, target, "--table", stream).returncode == 0
    same_table(landed.table(stream), TRIPS.slice(0, 0))


@pytest.mark.parametrize(("words", "code", "said"), [
    ([], 65, "--table or --query"), (["--table", "a", "--query", "b"], 65, "--table or --query"),
    (["--query", "SELECT 1"], 65, "--as"),
    (["--query", "SELEC 1", "--as", "x"], 65, "FROM"),
    (["--table", "no_such_table_anywhere"], 66, "FROM"),
    (["--table", "no_such_table_anywhere", "--direct"], 66, "FROM"),
    (["--query", "SELECT error('seven') AS x", "--as", "x"], 65, "seven"),
])
def test_a_refusal_names_the_server(server: ServerProcess, target: ServerProcess, landed: Door,
                                    words: list[str], code: int, said: str) -> None:
    done = _transfer(server, target, *words)
    assert done.returncode == code, done.stderr
    assert said.replace("FROM", server.flight_url) in done.stderr.decode()
    assert _tables(landed) == []


def test_a_target_whose_table_does_not_fit_is_named(server: ServerProcess, http: Door,
                                                    target: ServerProcess, landed: Door,
                                                    stream: str) -> None:
    http.put(stream, TRIPS)
    landed.put(stream, pa.table({"other": [1]}))
    done = _transfer(server, target, "--table", stream)
    assert done.returncode != 0
    assert done.stderr.decode().startswith(f"arrowport: {target.flight_url}: ")
    assert landed.value(f"SELECT count(*) FROM {stream}") == 1


def test_a_server_that_is_not_there_is_named(server: ServerProcess, target: ServerProcess) -> None:
    target.stop()
    done = _transfer(server, target, "--table", "t")
    assert done.returncode == 69
    assert target.flight_url in done.stderr.decode()


def test_ctrl_c_leaves_nothing_at_the_target(server: ServerProcess, target: ServerProcess,
                                             landed: Door) -> None:
    process = subprocess.Popen(
        [BINARY, "transfer", "--from", server.flight_url, "--to", target.flight_url, "--query",
         "SELECT i AS id FROM range(100000000000) r(i)", "--as", "endless"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    wait_until(lambda: target.gauges.running_puts == 1, "the put runs")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=patient(30))
    assert process.returncode == 130, errors
    target.gauges.wait_until_idle()
    server.gauges.wait_until_idle()
    assert _tables(landed) == []


def _act(server: ServerProcess, open_door, body: object) -> dict:
    flight = open_door(server, "flight")
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    with flight.refusing():
        results = list(flight.client.do_action(pa_flight.Action("transfer", body)))
    return json.loads(results[0].body.to_pybytes())


def test_the_action_pulls_and_pushes(server: ServerProcess, http: Door, target: ServerProcess,
                                     landed: Door, open_door, stream: str) -> None:
    http.put(stream, TRIPS)
    pulled = _act(target, open_door, {"from": server.flight_url, "table": stream, "as": "pulled"})
    pushed = _act(server, open_door, {"to": target.http_url, "table": stream, "as": "pushed"})
    for name, answer in [("pulled", pulled), ("pushed", pushed)]:
        assert (answer["status"], answer["table"], answer["rows"]) == ("success", name, 200_000)
        same_table(_sorted(landed.table(name)), TRIPS)


@pytest.mark.parametrize(("body", "kind"), [
    (b"", "invalid-input"), ({}, "invalid-input"), ({"from": "grpc://localhost:1"}, "invalid-input"),
    ({"from": "grpc://localhost:1", "to": "grpc://localhost:1", "table": "t"}, "invalid-input"),
    ({"from": "ftp://localhost:1", "table": "t"}, "invalid-input"),
    ({"from": "grpc://localhost:1", "table": "t", "query": "FROM t"}, "invalid-input"),
    ({"from": "grpc://localhost:1", "query": "FROM t"}, "invalid-input"),
    ({"from": "grpc://localhost:1", "table": 5}, "invalid-input"),
    ({"from": "grpc://localhost:1", "table": "t", "timeout_ms": 0}, "invalid-input"),
    ({"from": "grpc://localhost:1", "table": "t", "more": 1}, "invalid-input"),
    ({"to": "grpc://localhost:1", "table": "no_such_table"}, "unavailable"),
    ({"from": "grpc://localhost:1", "table": "t"}, "unavailable"),
    ({"from": "grpc://10.9.8.7:8889", "table": "t"}, "forbidden"),
    ({"to": "http://example.org", "table": "t"}, "forbidden"),
])
def test_the_action_refuses(server: ServerProcess, open_door, body: object, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        _act(server, open_door, body)
    assert refused.value.kind == kind, refused.value
    if kind == "forbidden":
        assert "transfer_hosts" in str(refused.value)


def test_the_operator_says_which_servers_are_reached(server: ServerProcess, http: Door, start_server,
                                                     open_door, stream: str) -> None:
    http.put(stream, TRIPS)
    body = {"from": server.flight_url, "table": stream}
    for hosts, reached in [("", False), ("example.org", False), ("127.0.0.1:1", False),
                           (f"a, 127.0.0.1:{server.flight_port}", True), ("*", True)]:
        own = start_server({"transfer_hosts": hosts})
        if reached:
            assert _act(own, open_door, body)["rows"] == 200_000
        else:
            with pytest.raises(Refused) as refused:
                _act(own, open_door, body)
            assert refused.value.kind == "forbidden"


def test_a_transfer_ends_at_its_deadline(server: ServerProcess, target: ServerProcess, landed: Door,
                                         open_door) -> None:
    with pytest.raises(Refused) as refused:
        _act(target, open_door, {"from": server.flight_url, "as": "endless", "timeout_ms": 500,
                                 "query": "SELECT i AS id FROM range(100000000000) r(i)"})
    assert refused.value.kind == "deadline-exceeded"
    target.gauges.wait_until_idle()
    server.gauges.wait_until_idle()
    assert _tables(landed) == []
