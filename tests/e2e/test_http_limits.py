"""Each limit of the HTTP door: what is over it is refused by its name, and then all goes on."""

import json
from collections.abc import Callable

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import HttpDoor, ipc_stream
from harness.raw_http import LAST_CHUNK, RawHttp, chunk, request_head
from harness.samples import trips, wide_rows
from harness.server_process import ServerProcess
from harness.waiting import wait_until

TRIPS = trips(1000)
BODY = ipc_stream(TRIPS.schema, TRIPS.to_batches()).to_pybytes()

StartServer = Callable[..., ServerProcess]
OpenDoor = Callable[..., HttpDoor]


def test_a_header_over_the_limit_is_too_large(start_server: StartServer, open_door: OpenDoor) -> None:
    server = start_server({"http.header_bytes_max": 4096})
    for field in ["a" * 4096, "a" * 100_000]:
        with RawHttp(server.http_port) as raw:
            raw.send(request_head("GET", "/version", {"X-Long": field}))
            refused = raw.refusal()
            assert refused.kind == "too-large"
            assert "header_bytes_max" in refused.message
            assert raw.is_at_end()
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("GET", "/version", {"X-Long": "a" * 3900}))
        assert raw.answer()[0].status == 200
    assert open_door(server).value("SELECT 42") == 42


def test_a_header_that_does_not_come_is_a_timeout(start_server: StartServer) -> None:
    server = start_server({"http.header_timeout": "200ms"})
    with RawHttp(server.http_port) as raw:
        raw.send(b"GET /version HTTP/1.1\r\nHost: te")
        assert raw.refusal().kind == "request-timeout"
        assert raw.is_at_end()


def test_a_header_that_comes_in_drops_is_a_timeout_too(start_server: StartServer) -> None:
    server = start_server({"http.header_timeout": "300ms"})
    with RawHttp(server.http_port) as raw:
        raw.send(b"GET /version HTTP/1.1\r\n")
        raw.socket.setblocking(False)

        def hung_up_after_one_more_drop() -> bool:
            try:
                raw.send(b"X: y\r\n")
                return raw.socket.recv(12) == b"HTTP/1.1 408"
            except BlockingIOError:
                return False

        wait_until(hung_up_after_one_more_drop, "the header is late")


def test_a_client_that_says_nothing_is_hung_up_on(start_server: StartServer) -> None:
    server = start_server({"http.header_timeout": "200ms", "http.idle_timeout": "60s"})
    with RawHttp(server.http_port) as raw:
        assert raw.is_at_end()


def test_a_connection_idle_between_requests_is_closed(start_server: StartServer) -> None:
    server = start_server({"http.idle_timeout": "200ms"})
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("GET", "/version"))
        assert raw.answer()[0].status == 200
        assert raw.is_at_end()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_an_ingest_over_the_limit_is_too_large_and_lands_nothing(
        start_server: StartServer, open_door: OpenDoor, chunked: bool) -> None:
    server = start_server({"http.body_bytes_max": len(BODY) - 1})
    door = open_door(server)
    with pytest.raises(Refused) as refused:
        door.put_bytes("trips", iter([BODY[:100], BODY[100:]]) if chunked else BODY)
    assert refused.value.kind == "too-large"
    assert "body_bytes_max" in refused.value.message
    assert not door.has_table("trips")
    assert door.put("trips", TRIPS.slice(0, 900)).rows == 900


def test_a_body_of_just_the_limit_is_taken(start_server: StartServer, open_door: OpenDoor) -> None:
    server = start_server({"http.body_bytes_max": len(BODY)})
    assert open_door(server).put_bytes("trips", BODY).rows == 1000
    assert open_door(server).put_bytes("trips", iter([BODY])).rows == 1000


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_statement_over_the_limit_is_too_large(start_server: StartServer, open_door: OpenDoor,
                                                 chunked: bool) -> None:
    door = open_door(start_server({"http.sql_bytes_max": 1000}))
    sql = b"SELECT 1".ljust(1001)
    with pytest.raises(Refused) as refused:
        door.request("POST", "/query", iter([sql]) if chunked else sql)
    assert refused.value.kind == "too-large"
    assert "sql_bytes_max" in refused.value.message
    sql = sql[:1000]
    assert door.request("POST", "/query", iter([sql]) if chunked else sql)[0].status == 200


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_a_message_over_the_limit_is_too_large_even_when_it_is_small_packed(
        start_server: StartServer, open_door: OpenDoor, compression: str | None) -> None:
    door = open_door(start_server({"http.ipc_message_bytes_max": 1_000_000}))
    with pytest.raises(Refused) as refused:
        door.put("wide", [wide_rows(10), wide_rows(2000)], compression=compression)
    assert refused.value.kind == "too-large"
    assert "after 1 batches" in refused.value.message
    assert not door.has_table("wide")
    assert door.put("wide", [wide_rows(500)] * 4, compression=compression).rows == 2000


def test_a_message_that_says_it_is_huge_is_refused_before_it_comes(http: HttpDoor,
                                                                   server: ServerProcess) -> None:
    before = server.resident_bytes()
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/ingest/huge", {"Transfer-Encoding": "chunked"}))
        raw.send(chunk(b"\xff\xff\xff\xff\xf0\xff\xff\x7f"))
        assert raw.refusal().kind == "too-large"
    assert server.resident_bytes() - before < 100_000_000
    assert not http.has_table("huge")


def test_a_body_that_stops_coming_is_a_timeout_and_lands_nothing(start_server: StartServer,
                                                                 open_door: OpenDoor) -> None:
    server = start_server({"http.body_idle_timeout": "200ms"})
    door = open_door(server)
    door.put("trips", TRIPS)
    for table in ["trips", "new"]:
        with RawHttp(server.http_port) as raw:
            raw.send(request_head("POST", f"/ingest/{table}", {"Transfer-Encoding": "chunked"}))
            raw.send(chunk(BODY[:-8]))
            assert raw.refusal().kind == "request-timeout"
            assert raw.is_at_end()
    server.gauges.wait_until_idle()
    assert door.rows("trips") == 1000
    assert not door.has_table("new")


def test_a_put_whose_time_is_over_lands_nothing(http: HttpDoor, server: ServerProcess,
                                                stream: str) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}", {"Transfer-Encoding": "chunked",
                                                            "X-Arrowport-Timeout-Ms": 200}))
        raw.send(chunk(BODY[:-8]))
        assert raw.refusal().kind == "deadline-exceeded"
    server.gauges.wait_until_idle()
    assert not http.has_table(stream)


def test_a_reader_that_takes_nothing_ends_its_query(start_server: StartServer) -> None:
    server = start_server({"read_idle_timeout": "300ms"})
    sql = b"SELECT i, repeat('x', 100) AS text FROM range(1000000000000) t(i)"
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/query", {"Content-Length": len(sql)}) + sql)
        assert raw.line() == b"HTTP/1.1 200 OK"
        assert server.gauges.running_queries == 1
        server.gauges.wait_until_idle()
        with pytest.raises(ConnectionResetError):
            while raw.socket.recv(1 << 20):
                pass


def test_a_connection_too_many_is_turned_away_until_another_ends(start_server: StartServer) -> None:
    server = start_server({"http.connections_max": 3})
    held = [RawHttp(server.http_port) for _ in range(3)]
    for raw in held:
        raw.send(request_head("GET", "/version"))
        assert raw.answer()[0].status == 200
    with RawHttp(server.http_port) as raw:
        answer, body = raw.answer()
        problem = json.loads(body)
        assert (answer.status, problem["type"]) == (503, "urn:arrowport:problem:unavailable")
        assert "connections_max" in problem["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        assert raw.is_at_end()
    for raw in held:
        raw.socket.close()

    def is_served() -> bool:
        with RawHttp(server.http_port) as raw:
            raw.send(request_head("GET", "/version"))
            return raw.answer()[0].status == 200

    wait_until(is_served, "a closed connection makes room")


def test_every_connection_too_many_is_told_so_however_many_come_at_once(start_server: StartServer) -> None:
    server = start_server({"http.connections_max": 2})
    held = [RawHttp(server.http_port) for _ in range(2)]
    for raw in held:
        raw.send(request_head("GET", "/version"))
        assert raw.answer()[0].status == 200
    many = [RawHttp(server.http_port) for _ in range(600)]
    # A whole request with a body: what is not read of it must not reset the answer.
    request = request_head("POST", "/ingest/trips", {"Content-Length": len(BODY)}) + BODY
    for raw in many:
        raw.send(request)
    statuses = []
    for raw in many:
        with raw:
            statuses.append(raw.answer()[0].status)
            assert raw.is_at_end()
    assert statuses == [503] * len(many)
    for raw in held:
        raw.send(request_head("GET", "/version"))
        assert raw.answer()[0].status == 200
        raw.socket.close()


def test_a_schema_of_too_many_fields_is_refused(http: HttpDoor, stream: str) -> None:
    def schema(fields: int) -> pa.Schema:
        return pa.schema([(f"c{i}", pa.int8()) for i in range(fields)])

    with pytest.raises(Refused) as refused:
        http.put(stream, [], schema=schema(10_001))
    assert refused.value.kind == "too-large"
    assert "10000" in refused.value.message
    assert not http.has_table(stream)


def test_a_schema_of_too_many_levels_is_refused(http: HttpDoor, stream: str) -> None:
    type_ = pa.int8()
    for _ in range(64):
        type_ = pa.list_(type_)
    with pytest.raises(Refused) as refused:
        http.put(stream, [], schema=pa.schema([("deep", type_)]))
    assert refused.value.kind == "too-large"
    assert "64" in refused.value.message
    assert not http.has_table(stream)


def test_the_end_of_the_last_chunk_is_waited_for(http: HttpDoor, server: ServerProcess,
                                                 stream: str) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}", {"Transfer-Encoding": "chunked"}))
        raw.send(chunk(BODY))
        wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
        # The Arrow stream is whole, the body is not.
        assert not http.has_table(stream)
        raw.send(LAST_CHUNK)
        assert raw.answer()[0].status == 200
    assert http.rows(stream) == 1000
