"""POST /ingest/{stream}, as plain HTTP clients speak it."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from harness.door import Refused
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.program import REPOSITORY
from harness.raw_http import LAST_CHUNK, RawHttp, chunk, curl, curl_json, request_head
from harness.samples import same_table, trips
from harness.server_process import ServerProcess

FLIGHTS = REPOSITORY / ".deps/share/arrowport/nycflights13/flights.csv.gz"
TRIPS = trips(1000)
BODY = ipc_stream(TRIPS.schema, TRIPS.to_batches()).to_pybytes()


def test_curl_lands_a_file_of_real_flights(http: HttpDoor, server: ServerProcess, stream: str,
                                           tmp_path: Path) -> None:
    flights = pyarrow.csv.read_csv(FLIGHTS)
    path = tmp_path / "flights.arrows"
    with pa.ipc.new_stream(path, flights.schema) as writer:
        writer.write_table(flights)
    answer = curl_json("--data-binary", f"@{path}", f"{server.http_url}/ingest/{stream}")
    assert list(answer) == ["status", "stream", "table", "rows_processed", "batches", "bytes",
                            "seconds"]
    assert (answer["status"], answer["stream"], answer["table"]) == ("success", stream, stream)
    assert (answer["rows_processed"], answer["batches"]) == (336_776, len(flights.to_batches()))
    assert answer["bytes"] > 10_000_000
    assert 0 < answer["seconds"] < 60
    landed = http.table(stream)
    # Times with a zone come back in microseconds.
    same_table(landed, flights.cast(landed.schema))


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length", "piped"])
def test_curl_sends_with_length_or_in_chunks(http: HttpDoor, server: ServerProcess, stream: str,
                                             framing: str, compression: str | None) -> None:
    body = ipc_stream(TRIPS.schema, TRIPS.to_batches(), compression).to_pybytes()
    words = {"Content-Length": ["--data-binary", "@-"],
             "Transfer-Encoding: chunked": ["--data-binary", "@-", "--header", framing],
             "piped": ["--upload-file", "-", "--request", "POST"]}[framing]
    answer = curl_json(*words, f"{server.http_url}/ingest/{stream}", stdin=body)
    assert answer["rows_processed"] == 1000
    # Of the batches in memory, whatever was on the wire.
    assert answer["bytes"] == http.put(stream + "_plain", TRIPS).bytes
    same_table(http.table(stream), TRIPS)


def test_a_stream_may_come_byte_by_byte(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    body = ipc_stream(TRIPS.schema, TRIPS.slice(0, 3).to_batches()).to_pybytes()
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}", {"Transfer-Encoding": "chunked"}))
        for i in range(len(body)):
            raw.send(chunk(body[i:i + 1]))
        raw.send(LAST_CHUNK)
        answer, content = raw.answer()
    assert (answer.status, json.loads(content)["rows_processed"]) == (200, 3)
    same_table(http.table(stream), TRIPS.slice(0, 3))


def test_one_connection_takes_many_puts(http: HttpDoor, stream: str) -> None:
    connection = http.connect()
    for turn in range(50):
        connection.request("POST", f"/ingest/{stream}", BODY)
        if turn == 0:
            first = connection.sock
        assert json.loads(connection.getresponse().read())["rows_processed"] == 1000
        assert connection.sock is first
    connection.close()
    assert http.rows(stream) == 50_000


def test_requests_sent_at_once_are_answered_in_order(http: HttpDoor, server: ServerProcess,
                                                     stream: str) -> None:
    put = request_head("POST", f"/ingest/{stream}", {"Content-Length": len(BODY)}) + BODY
    sql = f'SELECT count(*) FROM "{stream}"'.encode()
    ask = request_head("POST", "/query?format=csv", {"Content-Length": len(sql)}) + sql
    with RawHttp(server.http_port) as raw:
        raw.send(put + ask + put + ask)
        bodies = [raw.answer()[1] for _ in range(4)]
    assert [bodies[1], bodies[3]] == [b"count_star()\n1000\n", b"count_star()\n2000\n"]
    assert json.loads(bodies[0])["status"] == json.loads(bodies[2])["status"] == "success"


def test_a_client_that_waits_for_100_continue_is_told_so(server: ServerProcess, stream: str) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}",
                              {"Content-Length": len(BODY), "Expect": "100-continue"}))
        assert raw.line() == b"HTTP/1.1 100 Continue"
        assert raw.line() == b""
        raw.send(BODY)
        assert raw.answer()[0].status == 200


def test_a_client_that_waits_for_100_continue_is_refused_without_a_body(server: ServerProcess,
                                                                        stream: str) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}",
                              {"Content-Length": len(BODY), "Expect": "100-continue",
                               "Content-Type": "text/html"}))
        assert raw.refusal().kind == "unsupported-media"
        assert raw.is_at_end()


def test_http_1_0_is_served(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}", {"Content-Length": len(BODY)}, "1.0"))
        raw.send(BODY)
        assert raw.answer()[0].status == 200
        assert raw.is_at_end()
    assert http.rows(stream) == 1000


@pytest.mark.parametrize("content_type", [
    ARROW_STREAM, "application/octet-stream", "APPLICATION/Vnd.Apache.Arrow.Stream; x=y", None])
def test_content_types_of_an_arrow_stream_are_taken(http: HttpDoor, stream: str,
                                                    content_type: str | None) -> None:
    fields = {"Content-Type": content_type} if content_type else {}
    http.request("POST", f"/ingest/{stream}", BODY, fields)
    assert http.rows(stream) == 1000


@pytest.mark.parametrize(("path", "table"), [
    ("a%20b", "a b"), ("%C3%BC", "ü"), ("a%2Fb", "a/b"), ("a%2520b", "a%20b"), ("a+b", "a+b"),
    ("%22a.b%22", '"a.b"')])
def test_the_stream_in_the_path_is_percent_encoded(http: HttpDoor, path: str, table: str) -> None:
    _, content = http.request("POST", f"/ingest/{path}", BODY)
    assert json.loads(content)["table"] == table
    assert table in http.list_tables()


def test_a_long_name_is_refused(http: HttpDoor) -> None:
    with pytest.raises(Refused) as refused:
        http.put_bytes("a" * 513, BODY)
    assert refused.value.kind == "too-large"
    assert "512" in refused.value.message


@pytest.mark.parametrize(("body", "kind", "words"), [
    (b"", "invalid-input", ["no bytes"]),
    (BODY[:-8], "invalid-input", ["end-of-stream marker"]),
    (BODY[:200], "invalid-input", ["byte 200"]),
    (BODY + BODY, "invalid-input", ["one stream a request"]),
    (BODY + b"\0", "invalid-input", ["behind"]),
    (b"id,fare\n1,2.5\n", "unsupported-media", ["not an Arrow IPC stream"]),
    (b"ARROW1\0\0" + BODY, "unsupported-media", ["Arrow"]),
    (b"PAR1" + BODY, "unsupported-media", ["Parquet file"]),
], ids=["nothing", "without end", "cut", "twice", "one byte more", "csv", "arrow file", "parquet"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_that_is_no_whole_stream_is_refused(http: HttpDoor, stream: str, chunked: bool,
                                                   body: bytes, kind: str,
                                                   words: list[str]) -> None:
    sent = iter([body[:100], body[100:]]) if chunked else body
    with pytest.raises(Refused) as refused:
        http.put_bytes(stream, sent)
    assert refused.value.kind == kind
    for word in words:
        assert word in refused.value.message
    assert not http.has_table(stream)


def test_an_error_is_answered_while_the_client_is_still_sending(http: HttpDoor, server: ServerProcess,
                                                                stream: str) -> None:
    http.get(f'CREATE TABLE "{stream}" (other INTEGER)')
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", f"/ingest/{stream}", {"Transfer-Encoding": "chunked"}))
        raw.send(chunk(BODY[:-8]))
        # The end of the body never comes.
        assert raw.refusal().kind == "conflict"
        assert raw.is_at_end()
    assert http.rows(stream) == 0


def test_curl_hears_why_a_large_body_is_refused(http: HttpDoor, server: ServerProcess, stream: str,
                                                tmp_path: Path) -> None:
    http.get(f'CREATE TABLE "{stream}" (other INTEGER)')
    path = tmp_path / "large.arrows"
    path.write_bytes(ipc_stream(TRIPS.schema, TRIPS.to_batches() * 200).to_pybytes())
    done = curl("--data-binary", f"@{path}", f"{server.http_url}/ingest/{stream}")
    assert json.loads(done.stdout)["type"] == "urn:arrowport:problem:conflict", done.stderr
