"""Writes what the targets of this folder begin with, besides their corpora: seeds.py FOLDER.

What tests of malformed input begin with, too, in the form that each target reads. The same files each time.
"""

import hashlib
import itertools
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.flight_calls import Call, in_table, whole_calls, written
from harness.mutator import bodies, streams
from harness.protobuf import field, packed_sql

# The order in which sql_command.cc has the places for a command.
_PLACES = ["GetFlightInfo", "GetSchema", "PollFlightInfo", "DoGet", "DoPut", "DoExchange", "CreatePreparedStatement",
           "CreatePreparedSubstraitPlan", "ClosePreparedStatement", "BeginTransaction", "EndTransaction",
           "BeginSavepoint", "EndSavepoint", "CancelQuery", "CancelFlightInfo", "RenewFlightEndpoint",
           "SetSessionOptions", "GetSessionOptions", "CloseSession"]
_SMALL = 20_000


def _ipc_stream() -> Iterator[bytes]:
    for stream in streams().values():
        yield b"\0" + stream


def _ipc_file() -> Iterator[bytes]:
    for form, coding, body in bodies():
        if form in ("arrow-file", "parquet") and coding == "identity":
            yield body


def _text_body() -> Iterator[bytes]:
    """Form, table, header, delimiter, size of parts: see text_body.cc."""
    csv = b"id,name,at,day,x,price,yes\n1,a,2024-01-01T00:00:00Z,2024-01-01,1.5,2.125,true\n,\"q\"\"q\n\",,NA,nan,,f\n"
    rows = (b'{"id": 1, "name": "a", "tags": ["x", null], "place": {"lat": 1.5, "lon": 2}, "raw": "AA=="}\n'
            b'{"id": null, "at": "2024-01-01 00:00:00.123456", "price": 1e3, "yes": false, "new": {"a": [[1]]}}\n')
    for table, header, parts in itertools.product(range(2), range(2), range(3)):
        yield bytes([0, table, header, 0, parts]) + csv
        yield bytes([1, table, header, 0, parts]) + rows
        yield bytes([2, table, header, 0, parts]) + b"[" + rows.replace(b"}\n{", b"},{") + b"]"
    for form, coding, body in bodies():
        if form in ("csv", "ndjson", "json") and coding == "identity":
            yield bytes([("csv", "ndjson", "json").index(form), 0, 0, 0, 0]) + body


def _request(method: str, target: str, body: bytes = b"", *fields: str) -> bytes:
    head = [f"{method} {target} HTTP/1.1", "Host: test", *fields]
    if body and not any(name.startswith("Transfer-Encoding") for name in fields):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def _chunked(body: bytes, size: int) -> bytes:
    parts = [body[place:place + size] for place in range(0, len(body), size)]
    return b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\nTrailer: x\r\n\r\n"


def _http_request() -> Iterator[bytes]:
    rows = streams()["wide, None"]
    types = {"arrow": "application/vnd.apache.arrow.stream", "csv": "text/csv", "ndjson": "application/x-ndjson",
             "json": "application/json", "parquet": "application/vnd.apache.parquet",
             "arrow-file": "application/vnd.apache.arrow.file"}
    for form, coding, body in bodies():
        if len(body) < _SMALL:
            yield _request("POST", "/ingest/t", body, f"Content-Type: {types[form]}",
                           *([] if coding == "identity" else [f"Content-Encoding: {coding}"]))
    for size in (1, 100, 4096):
        yield _request("POST", "/ingest/t", _chunked(rows[:2000], size), "Transfer-Encoding: chunked",
                       f"Content-Type: {types['arrow']}", "Expect: 100-continue")
    for target in ("/", "/tables", "/tables/there", "/tables/there/data?columns=id,name&where=id%3E5&order_by=id&limit=3",
                   "/healthz", "/metrics", "/streams", "/version", "/openapi.json", "/nowhere?x=%00",
                   "http://test/tables/main.there/data", "/query?sql=SELECT%2042"):
        yield _request("GET", target, b"", "Accept: application/json, text/csv;q=0.5", "Range: bytes=0-10",
                       'If-None-Match: "a", W/"b"')
        yield _request("HEAD", target) + _request("GET", target, b"", "Connection: close")
    for sql in (b"SELECT 42 AS a", b"SELECT * FROM there", b"INSERT INTO there VALUES (1, 'a')", b"SELECT 1; SELECT 2"):
        yield _request("POST", "/query", sql, "Accept: application/vnd.apache.arrow.stream")
        yield _request("POST", "/query?ordered=false&timeout_ms=1000", b'{"sql": "%b", "params": []}' % sql,
                       "Content-Type: application/json")
    yield _request("POST", "/stream/t", b'{"batch": {"data": "AAAAAA=="}}', "Content-Type: application/json")
    yield _request("POST", "/ingest/t?producer=p&sequence=1&epoch=1", rows, f"Content-Type: {types['arrow']}",
                   "Content-Digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")


def _http2_frames() -> Iterator[bytes]:
    """A client's beginning, then a call: its headers as they stand without compression, and a message."""
    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def text(value: bytes) -> bytes:
        return bytes([len(value)]) + value

    fields = {b":method": b"POST", b":scheme": b"http", b":path": b"/a.B/C", b":authority": b"x",
              b"content-type": b"application/grpc", b"te": b"trailers", b"grpc-timeout": b"1S", b"t-bin": b"AAEC"}
    block = b"".join(b"\0" + text(name) + text(value) for name, value in fields.items())
    message = b"\0" + (5).to_bytes(4, "big") + b"hello"
    begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, struct.pack(">HI", 4, 65535))
    call = frame(1, 4, 1, block) + frame(0, 1, 1, message)
    for parts in range(3):
        yield bytes([parts]) + begin + call
        yield bytes([parts]) + begin + frame(1, 0, 1, block[:30]) + frame(9, 4, 1, block[30:]) + frame(0, 0, 1, message)
        yield (bytes([parts]) + begin + call + frame(8, 0, 0, (1000).to_bytes(4, "big")) + frame(6, 0, 0, bytes(8))
               + frame(3, 0, 1, (8).to_bytes(4, "big")) + frame(7, 0, 0, bytes(8)))


def _part(part: bytes) -> bytes:
    return struct.pack("<I", len(part)) + part


def _flight_call() -> Iterator[bytes]:
    def whole(call: Call, number: int) -> bytes:
        return _part(call.method.encode()) + b"".join(_part(written(message)) for message in in_table(call, number))

    for number, call in enumerate(call for group in whole_calls(b"none") for call in group):
        yield whole(call, number)


def _sql_command() -> Iterator[bytes]:
    for call in (call for group in whole_calls(b"none") for call in group):
        if call.method in ("GetFlightInfo", "GetSchema") and dict(call.messages[0]).get(1) == 2:
            yield bytes([_PLACES.index(call.method)]) + dict(call.messages[0])[2]
        elif call.method == "DoAction" and dict(call.messages[0])[1].decode() in _PLACES:
            yield bytes([_PLACES.index(dict(call.messages[0])[1].decode())]) + dict(call.messages[0])[2]
    commands = [packed_sql("CommandStatementUpdate", field(1, "SELECT 1")),
                packed_sql("CommandGetImportedKeys", field(3, "there")), packed_sql("CommandGetTableTypes"),
                packed_sql("CommandGetExportedKeys", field(3, "there")),
                packed_sql("CommandGetCrossReference", field(3, "there"), field(6, "there")),
                packed_sql("CommandStatementSubstraitPlan", field(1, field(1, b"x") + field(2, "1"))),
                packed_sql("ActionBeginSavepointRequest", field(1, b"t"), field(2, "s")),
                packed_sql("ActionEndTransactionRequest", field(1, b"t"), field(2, 1))]
    for place, command in itertools.product(range(len(_PLACES)), commands):
        yield bytes([place]) + command


def _sql_word() -> Iterator[bytes]:
    """What is read, as sql_word.cc has it, then the text."""
    words = [["/tables/a%20b/data?x=1&y=%C3%BC", "http://h/p?q", "/"], ["a", 'a."b.c".d', '"""x"', "a.b.c.d"],
             ['{"stream_name": "t", "producer": "p", "sequence": 1, "commit": "batch"}', "SELECT 1", '{"table": "t"}',
              '{"sql": "SELECT ?", "params": [1, "x", null, true, 1.5], "endpoints": 4, "timeout_ms": 10}',
              '{"sequence": 7, "commit": true}', '{"exchanger": "twice", "ordered": false}'],
             ["a", '"b c", a', '"d""e"'], ["a = 1 AND \"b c\" LIKE 'x%'", "a IN (1, 2) OR a IS NULL", "(SELECT 1) = a"],
             ["a", "a DESC NULLS FIRST, 2", '"b c" COLLATE nocase'],
             ["BEGIN; SELECT 1; COMMIT", "CREATE TEMP TABLE t AS SELECT 1", "WITH a AS (SELECT 1) FROM a", "SET x = 1"]]
    for place, texts in enumerate(words):
        for text in texts:
            yield bytes([place]) + text.encode()


def _stream_rules() -> Iterator[bytes]:
    rules = """streams:
  sensor-*:
    target_table: raw.{stream}
    mode: upsert
    key: [id, "b c"]
    order_by: measured_at
    on_schema_change: evolve
    on_bad_rows: quarantine
  '*': {mode: append}
"""
    for text in (rules, rules.split("\n", 1)[1].replace("\n  ", "\n")[2:], "streams: &a {x: *a}", "- 1\n- [2, {3: 4}]"):
        for is_config in range(2):
            yield bytes([is_config]) + text.encode()


_TARGETS: dict[str, Callable[[], Iterator[bytes]]] = {
    "ipc_stream": _ipc_stream, "ipc_file": _ipc_file, "text_body": _text_body, "http_request": _http_request,
    "http2_frames": _http2_frames, "flight_call": _flight_call, "sql_command": _sql_command, "sql_word": _sql_word,
    "stream_rules": _stream_rules}


def main(folder: Path) -> None:
    for target, seeds in _TARGETS.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for seed in seeds():
            (folder / target / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
