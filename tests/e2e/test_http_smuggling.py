"""A request behind another one is what the client sent as one, never a part of the other's body.

Between a client and a server there may be a proxy that understands the end of a body in another way. Whoever can make
both disagree has a request of theirs taken for somebody else's. So a body whose end is not sure ends the connection.
"""

import pytest

from harness.http_door import HttpDoor
from harness.raw_http import LAST_CHUNK, RawHttp, chunk, request_head
from harness.server_process import ServerProcess

POST = b"POST /query HTTP/1.1\r\nHost: test\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SELECT = b"SELECT 42"


def _post(*fields: bytes, version: bytes = b"1.1") -> bytes:
    head = b"POST /query HTTP/" + version + b"\r\nHost: test\r\nConnection: keep-alive\r\n"
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


# What a request has before the bytes of another one. Its body has no end that all agree on.
UNSURE = {
    "identity": _post(b"Transfer-Encoding: identity"),
    "xchunked": _post(b"Transfer-Encoding: xchunked"),
    "gzip": _post(b"Transfer-Encoding: gzip"),
    "gzip, chunked": _post(b"Transfer-Encoding: gzip, chunked"),
    "chunked, chunked": _post(b"Transfer-Encoding: chunked, chunked"),
    "chunked, identity": _post(b"Transfer-Encoding: chunked, identity"),
    "identity, chunked": _post(b"Transfer-Encoding: identity, chunked"),
    "chunked with a parameter": _post(b"Transfer-Encoding: chunked;q=1"),
    "chunked in quotes": _post(b'Transfer-Encoding: "chunked"'),
    "chunked and a comma": _post(b"Transfer-Encoding: chunked,"),
    "chunked behind a tab of old": _post(b"Transfer-Encoding: \x0bchunked"),
    "no coding": _post(b"Transfer-Encoding:"),
    "two codings": _post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "two codings, one unknown": _post(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"),
    "chunked in HTTP/1.0": _post(b"Transfer-Encoding: chunked", version=b"1.0"),
    "identity in HTTP/1.0": _post(b"Transfer-Encoding: identity", version=b"1.0"),
    "length and coding": _post(b"Content-Length: 0", b"Transfer-Encoding: chunked"),
    "coding and length": _post(b"Transfer-Encoding: chunked", b"Content-Length: 0"),
    "length and identity": _post(b"Content-Length: 0", b"Transfer-Encoding: identity"),
    "identity and length": _post(b"Transfer-Encoding: identity", b"Content-Length: 0"),
    "two lengths": _post(b"Content-Length: 0", b"Content-Length: 9"),
    "two lengths that agree": _post(b"Content-Length: 0", b"Content-Length: 0"),
    "list of lengths": _post(b"Content-Length: 0, 0"),
    "list of other lengths": _post(b"Content-Length: 0, 9"),
    "no length": _post(b"Content-Length:"),
    "length with a sign": _post(b"Content-Length: +0"),
    "length below nothing": _post(b"Content-Length: -0"),
    "length in hexadecimal": _post(b"Content-Length: 0x0"),
    "length with a space in it": _post(b"Content-Length: 0 0"),
    "length that is a fraction": _post(b"Content-Length: 0.0"),
    "length over all numbers": _post(b"Content-Length: 18446744073709551616"),
    "space before the colon of a length": _post(b"Content-Length : 0"),
    "space before the colon of a coding": _post(b"Transfer-Encoding : chunked"),
    "tab before the colon of a coding": _post(b"Transfer-Encoding\t: chunked"),
    "field that begins with a space": _post(b" Transfer-Encoding: chunked"),
    "folded coding": _post(b"Transfer-Encoding:\r\n chunked"),
    "folded length": _post(b"Content-Length:\r\n\t0"),
    "field that hides a length": _post(b"X-Other: a\r\n Content-Length: 0"),
    "line feed alone": _post(b"X-Other: a\nContent-Length: 0"),
    "carriage return alone": _post(b"X-Other: a\rContent-Length: 0"),
    "NUL in a length": _post(b"Content-Length: 0\0"),
    "chunk of words": CHUNKED + b"many\r\n",
    "chunk without a size": CHUNKED + b"\r\n",
    "chunk below nothing": CHUNKED + b"-1\r\n",
    "chunk with a sign": CHUNKED + b"+0\r\n\r\n",
    "chunk behind a space": CHUNKED + b" 0\r\n\r\n",
    "chunk before a space": CHUNKED + b"0 \r\n\r\n",
    "chunk with a prefix": CHUNKED + b"0x0\r\n\r\n",
    "chunk over all numbers": CHUNKED + b"10000000000000000\r\n",
    "chunk over all numbers by much": CHUNKED + b"F" * 64 + b"\r\n",
    "chunk longer than it says": CHUNKED + b"1\r\nSELECT\r\n0\r\n\r\n",
    "chunk and no line end": CHUNKED + b"9\r\nSELECT 420\r\n\r\n",
    "chunk and a line feed": CHUNKED + b"9\nSELECT 42\r\n0\r\n\r\n",
    "data and a line feed": CHUNKED + b"9\r\nSELECT 42\n0\r\n\r\n",
    "last chunk and a line feed": CHUNKED + chunk(SELECT) + b"0\n\r\n",
    "extension with a line feed": CHUNKED + b"9;a\nb\r\nSELECT 42\r\n0\r\n\r\n",
    "extension with a carriage return": CHUNKED + b"9;a\rb\r\nSELECT 42\r\n0\r\n\r\n",
    "extension with a line end in quotes": CHUNKED + b'9;a="\r\n"\r\nSELECT 42\r\n0\r\n\r\n',
    "trailer that is a coding": CHUNKED + chunk(SELECT) + b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "trailer that is a length": CHUNKED + chunk(SELECT) + b"0\r\nContent-Length: 3\r\n\r\n",
    "trailer with a line feed": CHUNKED + chunk(SELECT) + b"0\r\nX-Other: a\nb\r\n\r\n",
    "trailer of words": CHUNKED + chunk(SELECT) + b"0\r\nno field\r\n\r\n",
}

# The head of a request that has another one as its body: refused, or of a method whose bodies nobody wants.
WITH_BODY = {
    "no such path": ("POST", "/nothing", {}),
    "no such method": ("PATCH", "/query", {}),
    "no such parameter": ("POST", "/query?nothing=1", {}),
    "no such type": ("POST", "/ingest/x", {"Content-Type": "text/html"}),
    "no such coding": ("POST", "/ingest/x", {"Content-Encoding": "br"}),
    "no such stream": ("POST", "/ingest/%ff", {}),
    "too late": ("POST", "/query", {"X-Arrowport-Timeout-Ms": "never"}),
    "foreign page": ("POST", "/query", {"Origin": "http://elsewhere.example"}),
    "waits to be told": ("POST", "/nothing", {"Expect": "100-continue"}),
    "waits to be told something else": ("POST", "/nothing", {"Expect": "a miracle"}),
    "upgrade": ("GET", "/version", {"Connection": "Upgrade", "Upgrade": "h2c"}),
    "websocket": ("GET", "/version", {"Connection": "keep-alive, Upgrade", "Upgrade": "websocket"}),
    "GET": ("GET", "/version", {}),
    "GET that is refused": ("GET", "/nothing", {}),
    "HEAD": ("HEAD", "/version", {}),
    "HEAD that is refused": ("HEAD", "/nothing", {}),
    "OPTIONS": ("OPTIONS", "/query", {}),
    "DELETE": ("DELETE", "/schemas/nothing", {}),
    "TRACE": ("TRACE", "/version", {}),
    "CONNECT": ("CONNECT", "test:80", {}),
}


def _creates(table: str) -> bytes:
    """A whole request that creates `table`."""
    sql = f"CREATE TABLE {table} AS SELECT 1 AS a".encode()
    return request_head("POST", "/query", {"Content-Length": len(sql)}) + sql


def _answers_until_the_end(raw: RawHttp) -> list[int]:
    """The statuses of all answers that come before the server hangs up."""
    received = b""
    try:
        while data := raw.socket.recv(1 << 16):
            received += data
    except ConnectionResetError:
        pass
    lines = [line for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    return [int(line.split()[1]) for line in lines]


@pytest.mark.parametrize("request_head_of", UNSURE.values(), ids=UNSURE)
def test_a_body_whose_end_is_not_sure_is_invalid_and_ends_the_connection(
        http: HttpDoor, server: ServerProcess, stream: str, request_head_of: bytes) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head_of + _creates(stream))
        assert _answers_until_the_end(raw) == [400]
    assert not http.has_table(stream)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(("method", "path", "fields"), WITH_BODY.values(), ids=WITH_BODY)
def test_what_a_body_holds_is_no_request(http: HttpDoor, server: ServerProcess, stream: str, method: str, path: str,
                                         fields: dict[str, str], chunked: bool) -> None:
    smuggled = _creates(stream)
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": len(smuggled)}
    with RawHttp(server.http_port) as raw:
        raw.send(request_head(method, path, fields | framing))
        raw.answer(method)
        try:
            # A client may send the body whatever the answer is.
            raw.send(chunk(smuggled) + LAST_CHUNK if chunked else smuggled)
            raw.send(request_head("GET", "/version", {"Connection": "close", "X-Request-Id": "the-next"}))
            answer, _ = raw.answer()
            assert answer.headers["X-Request-Id"] == "the-next"
        except (ConnectionError, OSError):
            pass  # It has hung up.
    assert not http.has_table(stream)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(("method", "path", "fields"), WITH_BODY.values(), ids=WITH_BODY)
def test_a_body_that_comes_with_its_head_is_no_request(http: HttpDoor, server: ServerProcess, stream: str, method: str,
                                                       path: str, fields: dict[str, str], chunked: bool) -> None:
    smuggled = _creates(stream)
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": len(smuggled)}
    body = chunk(smuggled) + LAST_CHUNK if chunked else smuggled
    with RawHttp(server.http_port) as raw:
        raw.send(request_head(method, path, fields | framing) + body
                 + request_head("GET", "/version", {"Connection": "close"}))
        statuses = _answers_until_the_end(raw)
    assert len(statuses) <= 2, statuses
    assert not http.has_table(stream)


def test_what_is_sure_is_taken_and_the_connection_goes_on(http: HttpDoor, server: ServerProcess) -> None:
    taken = [_post(b"Content-Length: 9") + SELECT,
             _post(b"Content-Length:\t009 ") + SELECT,
             _post(b"Transfer-Encoding: chunked") + chunk(SELECT) + LAST_CHUNK,
             _post(b"transfer-encoding:\tChunked ") + chunk(SELECT) + LAST_CHUNK,
             CHUNKED + b'0009;name=value;other="a \\" b"\r\nSELECT 42\r\n000;last\r\nX-Other: a\r\n\r\n']
    with RawHttp(server.http_port) as raw:
        for request in taken:
            raw.send(request)
            answer, _ = raw.answer()
            assert answer.status == 200, request
        raw.send(request_head("GET", "/version"))
        assert raw.answer()[0].status == 200
