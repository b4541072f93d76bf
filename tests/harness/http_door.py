"""The HTTP door, through Python's own http.client."""

import http.client
import json
import socket
import struct
import threading
from collections.abc import Iterable
from urllib.parse import quote

import pyarrow as pa

from harness.door import (HTTP_STATUS, BrokenOff, Door, OpenGet, OpenPut, PutAnswer, Refused, Stamp,
                          batches_of, query_document)
from harness.program import patient

ARROW_STREAM = "application/vnd.apache.arrow.stream"


def refusal_of(status: int, content_type: str | None, body: bytes) -> Refused:
    """The problem document of an answer, held to what every problem document promises."""
    assert content_type == "application/problem+json", (status, content_type, body)
    problem = json.loads(body)
    kind = problem["type"].removeprefix("urn:arrowport:problem:")
    assert HTTP_STATUS[kind] == status == problem["status"], problem
    assert problem["title"] and problem["detail"] and problem["request_id"], problem
    return Refused(kind, problem["detail"])


def stamp_fields(stamp: Stamp | None) -> dict[str, str]:
    """The header fields of a producer's put."""
    if stamp is None:
        return {}
    return {"Arrowport-Producer": stamp.producer, "Arrowport-Sequence": str(stamp.sequence),
            "Arrowport-Epoch": str(stamp.epoch)}


class HttpDoor(Door):
    name = "http"

    def __init__(self, port: int):
        self.port = port
        # http.client's connections belong to one thread at a time.
        self._local = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=patient(60))

    def request(self, method: str, path: str, body: object = None,
                headers: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
        """One exchange on this thread's connection. Raises Refused for anything but success."""
        answer = self.send(method, path, body, headers)
        content = answer.read()
        if answer.status // 100 != 2:
            raise refusal_of(answer.status, answer.headers["Content-Type"], content)
        return answer, content

    def send(self, method: str, path: str, body: object = None,
             headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        connection = self._kept()
        try:
            try:
                connection.request(method, path, body, headers or {})
            except (BrokenPipeError, ConnectionResetError):
                pass  # Refused before its end: the answer tells why.
            return connection.getresponse()
        except Exception:
            connection.close()
            raise

    def json(self, path: str) -> dict:
        return json.loads(self.request("GET", path)[1])

    def put(self, stream: str, data: pa.Table | Iterable[pa.RecordBatch], *,
            schema: pa.Schema | None = None, compression: str | None = None,
            stamp: Stamp | None = None) -> PutAnswer:
        body = ipc_stream(*batches_of(data, schema), compression)
        return self.put_bytes(stream, body, stamp)

    def put_bytes(self, stream: str, body: object, stamp: Stamp | None = None) -> PutAnswer:
        _, answer = self.request("POST", "/ingest/" + quote(stream, safe=""), body,
                                 {"Content-Type": ARROW_STREAM} | stamp_fields(stamp))
        return PutAnswer.of_json(json.loads(answer))

    def open_put(self, stream: str, schema: pa.Schema, *,
                 stamp: Stamp | None = None) -> "OpenHttpPut":
        return OpenHttpPut(self.connect(), stream, schema, stamp)

    def open_get(self, sql: str, params: list | None = None, *, timeout_ms: int | None = None,
                 ordered: bool | None = None) -> "OpenHttpGet":
        body = json.dumps(query_document(sql, params, timeout_ms, ordered))
        connection = self.connect()
        try:
            connection.request("POST", "/query", body,
                               {"Content-Type": "application/json", "Accept": ARROW_STREAM})
            answer = connection.getresponse()
            if answer.status != 200:
                raise refusal_of(answer.status, answer.headers["Content-Type"], answer.read())
            return OpenHttpGet(connection, answer)
        except BaseException:
            connection.close()
            raise

    def table(self, name: str) -> pa.Table:
        return self.get(f'SELECT * FROM "{name}"')

    def describe(self, name: str) -> tuple[dict[str, str], int]:
        document = self.json("/tables/" + quote(name, safe=""))
        return {c["name"]: c["type"] for c in document["columns"]}, document["rows"]

    def list_tables(self) -> dict[str, int]:
        return {table["table"]: table["rows"] for table in self.json("/tables")["tables"]}

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    def _kept(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "connection"):
            self._local.connection = self.connect()
            self._all.append(self._local.connection)
        return self._local.connection


def ipc_stream(schema: pa.Schema, batches: Iterable[pa.RecordBatch],
               compression: str | None = None) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema,
                           options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


class _Chunks:
    """A file that sends what is written to it as one chunk each."""

    closed = False

    def __init__(self, connection: http.client.HTTPConnection):
        self._connection = connection

    def write(self, data: object) -> int:
        data = bytes(data)
        if data:
            self._connection.send(b"%x\r\n%b\r\n" % (len(data), data))
        return len(data)

    def flush(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class OpenHttpPut(OpenPut):
    def __init__(self, connection: http.client.HTTPConnection, stream: str, schema: pa.Schema,
                 stamp: Stamp | None):
        self._connection = connection
        connection.putrequest("POST", "/ingest/" + quote(stream, safe=""))
        connection.putheader("Content-Type", ARROW_STREAM)
        connection.putheader("Transfer-Encoding", "chunked")
        for name, value in stamp_fields(stamp).items():
            connection.putheader(name, value)
        connection.endheaders()
        self._writer = pa.ipc.new_stream(pa.PythonFile(_Chunks(connection), "w"), schema)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def send(self, data: bytes) -> None:
        """Bytes of the body that are no batch."""
        _Chunks(self._connection).write(data)

    def finish(self) -> PutAnswer:
        self._writer.close()
        return self.answer()

    def answer(self) -> PutAnswer:
        """Ends the body, whatever was sent, and reads the answer."""
        try:
            self._connection.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = self._connection.getresponse()
        body = answer.read()
        self._connection.close()
        if answer.status != 200:
            raise refusal_of(answer.status, answer.headers["Content-Type"], body)
        return PutAnswer.of_json(json.loads(body))

    def break_off(self) -> None:
        self._connection.close()


class OpenHttpGet(OpenGet):
    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse):
        self._connection = connection
        self._answer = answer
        with _late_errors():
            self._reader = pa.ipc.open_stream(answer)
        self.schema = self._reader.schema

    def next(self) -> pa.RecordBatch | None:
        try:
            with _late_errors():
                batch = self._reader.read_next_batch()
            return batch
        except StopIteration:
            # An Arrow stream knows its end; a body that is whole ends there as well.
            with _late_errors():
                rest = self._answer.read()
            assert rest == b"", f"{len(rest)} bytes behind the end of the stream"
            self._connection.close()
            return None

    def leave(self) -> None:
        # With a reset rather than a polite end, as the kernel does for a killed process that has
        # unread data.
        self._answer.close()
        if self._connection.sock is not None:
            self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                             struct.pack("ii", 1, 0))
        self._connection.close()


class _late_errors:
    """Turns what http.client and pyarrow say of a body that breaks off into BrokenOff."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (http.client.HTTPException, OSError, pa.ArrowInvalid)):
            raise BrokenOff(repr(error)) from error
