"""Requests that are refused: each with one problem document (RFC 9457), and nobody pays for them."""

import json

import pytest

from harness.door import HTTP_STATUS, Refused
from harness.http_door import HttpDoor
from harness.raw_http import LAST_CHUNK, RawHttp, chunk, request_head
from harness.server_process import ServerProcess

JSON = {"Content-Type": "application/json"}

# Method, path, fields, body, kind, words of the detail.
REQUESTS = {
    "no route": ("GET", "/nothing", {}, None, "not-found", ["/nothing"]),
    "no route below": ("GET", "/healthz/x", {}, None, "not-found", ["/healthz/x"]),
    "no stream": ("POST", "/ingest/", {}, b"", "not-found", ["/ingest/"]),
    "no table": ("GET", "/tables/nothing", {}, None, "not-found", ["nothing"]),
    "bad table name": ("GET", "/tables/a..b", {}, None, "invalid-input", ["a..b"]),
    "bad escape": ("GET", "/tables/%zz", {}, None, "invalid-input", ["%"]),
    "escaped control": ("GET", "/tables/%00", {}, None, "invalid-input", ["control"]),
    "escaped non-UTF-8": ("GET", "/tables/%ff", {}, None, "invalid-input", ["UTF-8"]),
    "GET of a POST": ("GET", "/ingest/x", {}, None, "method-not-allowed", ["POST"]),
    "HEAD of a POST": ("PUT", "/ingest/x", {}, b"", "method-not-allowed", ["POST"]),
    "POST of a GET": ("POST", "/tables", {}, b"", "method-not-allowed", ["GET, HEAD"]),
    "DELETE": ("DELETE", "/tables/x", {}, None, "method-not-allowed", ["GET, HEAD"]),
    "own method": ("BREW", "/query", {}, b"", "method-not-allowed", ["POST"]),
    "another origin": ("POST", "/query", {"Origin": "http://example.com"}, b"SELECT 1",
                       "forbidden", ["http://example.com"]),
    "unknown format": ("POST", "/query?format=xml", {}, b"SELECT 1", "invalid-input", ["xml"]),
    "bad timeout": ("POST", "/query", {"X-Arrowport-Timeout-Ms": "soon"}, b"SELECT 1",
                    "invalid-input", ["soon"]),
    "type of a query": ("POST", "/query", {"Content-Type": "text/html"}, b"SELECT 1",
                        "unsupported-media", ["text/html"]),
    "no statement": ("POST", "/query", {}, b" ;\n", "invalid-input", ["SQL"]),
    "not UTF-8": ("POST", "/query", {}, b"SELECT '\xff'", "invalid-input", ["UTF-8"]),
    "no JSON": ("POST", "/query", JSON, b"{sql: 1}", "invalid-input", ["JSON"]),
    "JSON array": ("POST", "/query", JSON, b"[]", "invalid-input", ["object"]),
    "JSON without sql": ("POST", "/query", JSON, b"{}", "invalid-input", ["SQL"]),
    "sql of a number": ("POST", "/query", JSON, b'{"sql": 1}', "invalid-input", ["'sql'"]),
    "unknown key": ("POST", "/query", JSON, b'{"sql": "SELECT 1", "limit": 1}', "invalid-input",
                    ["limit", "params"]),
    "params of an object": ("POST", "/query", JSON, b'{"sql": "SELECT ?", "params": {"a": 1}}',
                            "invalid-input", ['"params"']),
    "nested param": ("POST", "/query", JSON, b'{"sql": "SELECT ?", "params": [1, [2]]}',
                     "invalid-input", ["params[1]"]),
    "params for two": ("POST", "/query", JSON, b'{"sql": "SELECT ?; SELECT 1", "params": [1]}',
                       "invalid-input", ["single statement"]),
    "ordered of a word": ("POST", "/query", JSON, b'{"sql": "SELECT 1", "ordered": "no"}',
                          "invalid-input", ["'ordered'"]),
    "timeout of a fraction": ("POST", "/query", JSON, b'{"sql": "SELECT 1", "timeout_ms": 1.5}',
                              "invalid-input", ["timeout_ms"]),
    "syntax": ("POST", "/query", {}, b"SELEC 1", "invalid-input", ["SELEC"]),
    "missing table": ("POST", "/query", {}, b"FROM nothing", "not-found", ["nothing"]),
    "missing file": ("POST", "/query", {}, b"FROM '/nothing.parquet'", "not-found", ["nothing"]),
}


@pytest.mark.parametrize(("method", "path", "fields", "body", "kind", "words"), REQUESTS.values(),
                         ids=REQUESTS)
def test_a_bad_request_is_one_problem_document(http: HttpDoor, method: str, path: str, fields: dict,
                                               body: bytes | None, kind: str,
                                               words: list[str]) -> None:
    answer = http.send(method, path, body, fields)
    problem = json.loads(answer.read())
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert list(problem) == ["type", "title", "status", "detail", "instance", "request_id"]
    assert problem["type"] == "urn:arrowport:problem:" + kind
    assert problem["status"] == answer.status == HTTP_STATUS[kind]
    assert problem["instance"] == path.split("?")[0]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    for word in words:
        assert word in problem["detail"]
    if kind == "method-not-allowed":
        assert answer.headers["Allow"] in problem["detail"]
    # The thread's connection goes on, or is opened anew.
    assert http.value("SELECT 42") == 42


def test_a_refused_request_without_a_body_keeps_its_connection(http: HttpDoor) -> None:
    connection = http.connect()
    for _ in range(3):
        connection.request("GET", "/nothing")
        assert connection.getresponse().read()
        assert connection.sock is not None
        first = connection.sock
    connection.request("GET", "/version")
    assert connection.getresponse().status == 200
    assert connection.sock is first
    connection.close()


def test_the_client_may_name_its_request(http: HttpDoor) -> None:
    name = "me-1_2.3:/+=@"
    for path, status in [("/nothing", 404), ("/version", 200)]:
        answer = http.send("GET", path, headers={"X-Request-Id": name})
        body = json.loads(answer.read())
        assert (answer.status, answer.headers["X-Request-Id"]) == (status, name)
        assert body.get("request_id", name) == name


@pytest.mark.parametrize("name", ["", "with space", "ü".encode(), "a" * 129, "<script>"], ids=repr)
def test_a_name_that_is_not_sane_is_replaced(http: HttpDoor, name: str | bytes) -> None:
    answer = http.send("GET", "/version", headers={"X-Request-Id": name})
    answer.read()
    assert answer.headers["X-Request-Id"].isalnum()
    assert len(answer.headers["X-Request-Id"]) == 32


HEAD = b"POST /query HTTP/1.1\r\nHost: test\r\n"

# Bytes, kind, words of the detail.
BYTES = {
    "words": (b"hello there\r\n\r\n", "invalid-input", ["not an HTTP request"]),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "invalid-input", ["not an HTTP"]),
    "gRPC": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "invalid-input", ["not an HTTP request"]),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", "invalid-input", ["Host"]),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "invalid-input", ["Host"]),
    "no slash": (b"GET nothing HTTP/1.1\r\nHost: a\r\n\r\n", "invalid-input", ["'/'"]),
    "NUL in a field": (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", "invalid-input", ["bad"]),
    "field with space": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "invalid-input", ["bad"]),
    "length of words": (HEAD + b"Content-Length: many\r\n\r\n", "invalid-input", ["Length"]),
    "negative length": (HEAD + b"Content-Length: -1\r\n\r\n", "invalid-input", ["Length"]),
    "endless length": (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", "invalid-input",
                       ["Length"]),
    "two lengths": (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "invalid-input",
                    ["Length"]),
    "length and chunks": (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                          "invalid-input", ["Transfer-Encoding"]),
    "gzip": (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", "invalid-input", ["gzip"]),
    "gzip, chunked": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "invalid-input", ["gzip"]),
    "chunk of words": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nmany\r\n", "invalid-input",
                       ["chunk"]),
    "endless chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 17 + b"\r\n",
                      "invalid-input", ["chunk"]),
    "chunk without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
                          "invalid-input", ["chunk"]),
}


@pytest.mark.parametrize(("data", "kind", "words"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_request_are_refused_and_the_connection_ends(
        http: HttpDoor, server: ServerProcess, data: bytes, kind: str, words: list[str]) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(data)
        refused = raw.refusal()
        if kind == "invalid-input" and "Host" not in words and "'/'" not in words:
            assert raw.is_at_end(), "what follows such bytes is not to be trusted"
    assert refused.kind == kind
    for word in words:
        assert word in refused.message
    assert http.value("SELECT 42") == 42


def test_what_follows_a_refused_body_is_not_taken_for_a_request(server: ServerProcess) -> None:
    inner = request_head("POST", "/query", {"Content-Length": 8}) + b"SELECT 1"
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/ingest/x", {"Content-Type": "text/html",
                                                    "Transfer-Encoding": "chunked"}))
        assert raw.refusal().kind == "unsupported-media"
        try:
            raw.send(chunk(inner) + LAST_CHUNK)
            answer, _ = raw.answer()
        except (ConnectionError, OSError):
            return  # It has hung up.
        raise AssertionError(f"a body was answered like a request: {answer.status}")


def test_many_bad_requests_cost_the_good_ones_nothing(http: HttpDoor, server: ServerProcess) -> None:
    for _ in range(100):
        with RawHttp(server.http_port) as raw:
            raw.send(b"\r\n\0\xff nonsense\r\n\r\n")
        with pytest.raises(Refused):
            http.request("POST", "/query", b"SELEC")
        assert http.value("SELECT 42") == 42
