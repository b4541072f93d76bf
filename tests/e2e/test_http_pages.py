"""What GET and HEAD tell: streams, tables, health, numbers, versions, routes."""

import time
from collections.abc import Callable

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import HttpDoor
from harness.program import run_arrowport
from harness.samples import trips
from harness.server_process import ServerProcess

PAGES = ["/streams", "/tables", "/healthz", "/readyz", "/metrics", "/version", "/"]


def _stream(http: HttpDoor, name: str) -> dict:
    [found] = [entry for entry in http.json("/streams")["streams"] if entry["stream"] == name]
    return found


def test_streams_are_counted_by_what_landed(http: HttpDoor, stream: str) -> None:
    began = time.time() * 1000
    sizes = [http.put(stream, trips(10)).bytes, http.put(stream, trips(20)).bytes]
    found = _stream(http, stream)
    last = found.pop("last_put_unix_ms")
    assert began - 1000 <= last <= time.time() * 1000 + 1000
    assert found == {"stream": stream, "table": stream, "rule": None, "rule_place": None, "puts": 2,
                     "rows": 30, "bytes": sum(sizes), "puts_failed": 0, "puts_skipped": 0,
                     "rows_quarantined": 0, "puts_pending": 0, "rows_pending": 0,
                     "bytes_pending": 0, "lag_ms": 0, "last_error": None}


def test_a_refused_put_is_counted_with_its_error(http: HttpDoor, stream: str) -> None:
    http.put(stream, trips(10))
    with pytest.raises(Refused) as refused:
        http.put(stream, pa.table({"unknown": [1]}))
    found = _stream(http, stream)
    assert (found["puts"], found["rows"], found["puts_failed"]) == (1, 10, 1)
    assert found["last_error"] == refused.value.message


def test_a_stream_in_which_nothing_landed_is_not_listed(http: HttpDoor, stream: str) -> None:
    with pytest.raises(Refused):
        http.put_bytes(stream, b"nothing like it")
    assert stream not in [entry["stream"] for entry in http.json("/streams")["streams"]]


def test_tables_show_kind_rows_and_columns(http: HttpDoor, stream: str) -> None:
    http.get(f'CREATE TABLE "{stream}" (id BIGINT, words VARCHAR[]);'
             f'CREATE VIEW "{stream}_v" AS SELECT id FROM "{stream}"')
    table = {"table": stream, "kind": "table", "rows": 0, "columns": [
        {"name": "id", "type": "int64", "nullable": True},
        {"name": "words", "type": "list<element: string>", "nullable": True}]}
    listed = {entry["table"]: entry for entry in http.json("/tables")["tables"]}
    described = http.json(f"/tables/{stream}")
    # The name of a list's element is Arrow's business.
    for entry in (listed[stream], described):
        assert entry["columns"][1]["type"].startswith("list<")
        entry["columns"][1]["type"] = table["columns"][1]["type"]
        assert entry == table
    view = listed[stream + "_v"]
    assert (view["kind"], view["rows"], view["columns"][0]["name"]) == ("view", None, "id")


@pytest.fixture
def fresh(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server of its own: only the first thousand streams have labels of theirs."""
    return start_server()


def test_numbers_rise_with_what_is_done(fresh: ServerProcess, open_door: Callable[..., HttpDoor],
                                        stream: str) -> None:
    server, http = fresh, open_door(fresh, "http")

    def value(name: str) -> float:
        return server.gauges.all().get(name, 0)

    names = ['arrowport_requests_total{outcome="ok",protocol="rest",verb="query"}',
             'arrowport_requests_total{outcome="not-found",protocol="rest",verb="query"}',
             "arrowport_result_rows_total"]
    before = [value(name) for name in names]
    size = http.put(stream, trips(10)).bytes
    with pytest.raises(Refused):
        http.put(stream, pa.table({"unknown": [1]}))
    assert http.get(f'SELECT * FROM "{stream}"').num_rows == 10
    with pytest.raises(Refused):
        http.get("FROM not_there")
    assert [value(name) - was for name, was in zip(names, before, strict=True)] == [1, 1, 10]
    assert value(f'arrowport_rows_processed_total{{stream="{stream}"}}') == 10
    assert value(f'arrowport_bytes_processed_total{{stream="{stream}"}}') == size
    assert value(f'arrowport_puts_total{{outcome="ok",stream="{stream}"}}') == 1
    assert value(f'arrowport_puts_total{{outcome="refused",stream="{stream}"}}') == 1
    assert value(f'arrowport_ingest_latency_seconds_count{{stream="{stream}"}}') == 1
    assert value('arrowport_active_connections{protocol="rest"}') >= 1
    assert value("arrowport_wal_bytes") > 0


def test_metrics_are_in_the_text_format_of_prometheus(http: HttpDoor) -> None:
    answer, body = http.request("GET", "/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = body.decode().splitlines()
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    for line in lines:
        if not line.startswith("#"):
            name = line.split("{")[0].split(" ")[0]
            assert {name, name.rsplit("_", 1)[0]} & typed, line
            float(line.rsplit(" ", 1)[1])


def test_odd_stream_names_do_not_break_the_metrics(fresh: ServerProcess,
                                                   open_door: Callable[..., HttpDoor],
                                                   stream: str) -> None:
    server, http = fresh, open_door(fresh, "http")
    name = f'a "b" \\ c {stream}'
    http.put(name.replace('"', "'"), trips(1))
    labels = [key for key in server.gauges.all() if stream in key and "rows_processed" in key]
    assert len(labels) == 1


def test_the_version_is_the_one_of_the_program(http: HttpDoor) -> None:
    versions = http.json("/version")
    said = run_arrowport("--version").stdout.decode()
    assert said == (f"arrowport {versions['arrowport']} (DuckDB {versions['duckdb']}, "
                    f"Arrow {versions['arrow']})\n")


def test_the_root_lists_the_routes(http: HttpDoor) -> None:
    text = http.request("GET", "/")[1].decode()
    for route in ["POST   /ingest/{stream}", "POST   /query", *(f"GET    {page}" for page in PAGES)]:
        assert route in text


@pytest.mark.parametrize("page", [*PAGES, "/tables/head_table", "/tables/not_there"])
def test_head_tells_what_get_would_without_a_body(http: HttpDoor, server: ServerProcess,
                                                  page: str) -> None:
    http.get("CREATE TABLE IF NOT EXISTS head_table (id INT)")
    get, head = http.connect(), http.connect()
    get.request("GET", page)
    head.request("HEAD", page)
    got, headed = get.getresponse(), head.getresponse()
    body, nothing = got.read(), headed.read()
    assert (headed.status, nothing) == (got.status, b"")
    assert headed.headers["Content-Type"] == got.headers["Content-Type"]
    assert int(got.headers["Content-Length"]) == len(body)
    assert int(headed.headers["Content-Length"]) > 0
    # And the connection goes on.
    head.request("GET", "/version")
    assert head.getresponse().read() == http.request("GET", "/version")[1]
    get.close()
    head.close()
