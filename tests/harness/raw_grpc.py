"""Calls of gRPC whose bodies are any bytes, one at a time on one connection."""

import ctypes
import socket
import struct
import time
from dataclasses import dataclass

from harness.program import patient

_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_CANCEL = 8
_FRAME_BYTES_MAX = 16384
_WINDOW_BYTES = 2**31 - 1


@dataclass(frozen=True)
class RawAnswer:
    """How a call ended. Without an answer `status` is None, and `message` says what came instead."""

    status: int | None
    message: str


class _Field(ctypes.Structure):
    _fields_ = [("name", ctypes.POINTER(ctypes.c_char)), ("value", ctypes.POINTER(ctypes.c_char)),
                ("name_bytes", ctypes.c_size_t), ("value_bytes", ctypes.c_size_t), ("flags", ctypes.c_uint8)]


class _Inflater:
    """The fields of a block of headers, read by nghttp2: what a connection sends depends on what it has sent."""

    _FINAL, _FIELD = 1, 2

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libnghttp2.so.14")
        self._library.nghttp2_hd_inflate_hd2.restype = ctypes.c_ssize_t
        self._state = ctypes.c_void_p()
        assert self._library.nghttp2_hd_inflate_new(ctypes.byref(self._state)) == 0

    def fields(self, block: bytes) -> dict[str, str]:
        fields, place = {}, 0
        while True:
            found, flags = _Field(), ctypes.c_int()
            rest = block[place:]
            taken = self._library.nghttp2_hd_inflate_hd2(
                self._state, ctypes.byref(found), ctypes.byref(flags), rest, ctypes.c_size_t(len(rest)), 1)
            assert taken >= 0, f"headers that are none: {block!r}"
            place += taken
            if flags.value & self._FIELD:
                fields[found.name[:found.name_bytes].decode()] = found.value[:found.value_bytes].decode()
            if flags.value & self._FINAL:
                self._library.nghttp2_hd_inflate_end_headers(self._state)
                return fields

    def close(self) -> None:
        self._library.nghttp2_hd_inflate_del(self._state)


class _Gone(Exception):
    """The connection is no more, with the reason."""


class _Connection:
    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), patient(30))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.inflater = _Inflater()
        self.next_stream = 1
        self.window, self.first_window = 65535, 65535
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                  + frame(_SETTINGS, 0, 0, struct.pack(">HI", 4, _WINDOW_BYTES))
                  + frame(_WINDOW, 0, 0, struct.pack(">I", _WINDOW_BYTES - 65535)))

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise _Gone(repr(error)) from error

    def receive(self, deadline: float) -> tuple[int, int, int, bytes]:
        """The next frame: its kind, flags, stream and content."""
        head = self._take(9, deadline)
        content = self._take(int.from_bytes(head[:3], "big"), deadline)
        return head[3], head[4], int.from_bytes(head[5:], "big"), content

    def _take(self, size: int, deadline: float) -> bytes:
        while len(self._received) < size:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                more = self.socket.recv(1 << 16)
            except TimeoutError:
                raise
            except OSError as error:
                raise _Gone(repr(error)) from error
            if not more:
                raise _Gone("the server hung up")
            self._received += more
        taken, self._received = self._received[:size], self._received[size:]
        return taken

    def close(self) -> None:
        self.inflater.close()
        self.socket.close()


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def _literal(name: str, value: str) -> bytes:
    return b"".join([b"\0", bytes([len(name)]), name.encode(), bytes([len(value)]), value.encode()])


class RawGrpc:
    """Connects when it has to, and again after the server has hung up. Used with `with`."""

    def __init__(self, port: int, service: str = "arrow.flight.protocol.FlightService"):
        self._port = port
        self._service = service
        self._connection: _Connection | None = None
        self.connections = 0

    def __enter__(self) -> "RawGrpc":
        return self

    def __exit__(self, *_error: object) -> None:
        self._hang_up()

    def call(self, method: str, body: bytes, seconds: float) -> RawAnswer:
        """Sends all of the body, and waits for the end of the answer."""
        try:
            connection, stream = self._begin(method)
            return _Call(connection, stream, time.monotonic() + seconds).run(body)
        except _Gone as gone:
            self._hang_up()
            return RawAnswer(None, str(gone))
        except TimeoutError:
            self._hang_up()
            return RawAnswer(None, f"no answer within {seconds} s")

    def abandon(self, method: str, body: bytes) -> None:
        """Sends the body without its end, and cancels the call."""
        try:
            connection, stream = self._begin(method)
            room = min(_FRAME_BYTES_MAX, connection.window, connection.first_window)
            connection.window -= len(body[:room])
            connection.send(frame(_DATA, 0, stream, body[:room])
                            + frame(_RESET, 0, stream, struct.pack(">I", _CANCEL)))
        except _Gone:
            self._hang_up()

    def _begin(self, method: str) -> tuple[_Connection, int]:
        if self._connection is None:
            try:
                self._connection = _Connection(self._port)
            except OSError as error:
                raise _Gone(repr(error)) from error
            self.connections += 1
        stream = self._connection.next_stream
        self._connection.next_stream += 2
        fields = {":method": "POST", ":scheme": "http", ":path": f"/{self._service}/{method}",
                  ":authority": f"127.0.0.1:{self._port}", "content-type": "application/grpc", "te": "trailers"}
        block = b"".join(_literal(name, value) for name, value in fields.items())
        self._connection.send(frame(_HEADERS, _END_HEADERS, stream, block))
        return self._connection, stream

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Call:
    def __init__(self, connection: _Connection, stream: int, deadline: float):
        self._connection = connection
        self._stream = stream
        self._deadline = deadline
        self._window = connection.first_window
        self._fields: dict[str, str] = {}
        self._answer: RawAnswer | None = None

    def run(self, body: bytes) -> RawAnswer:
        sent = 0
        while self._answer is None:
            room = min(_FRAME_BYTES_MAX, self._window, self._connection.window, len(body) - sent)
            if sent < len(body) and room > 0 or sent == len(body) == 0:
                end = _END_STREAM if sent + room == len(body) else 0
                self._connection.send(frame(_DATA, end, self._stream, body[sent:sent + room]))
                self._window -= room
                self._connection.window -= room
                sent += room or 1
            else:
                self._take_frame()
        return self._answer

    def _take_frame(self) -> None:
        connection = self._connection
        kind, flags, stream, content = connection.receive(self._deadline)
        if kind == _HEADERS:
            self._take_fields(stream, flags, connection.inflater.fields(content))
        elif kind == _DATA:
            if content:
                connection.send(frame(_WINDOW, 0, 0, struct.pack(">I", len(content))))
            if stream == self._stream and flags & _END_STREAM:
                self._answer = RawAnswer(None, "an end without trailers")
        elif kind == _RESET and stream == self._stream:
            self._answer = RawAnswer(None, f"the stream was reset with {int.from_bytes(content, 'big')}")
        elif kind == _SETTINGS and not flags & _ACK:
            self._take_settings(content)
        elif kind == _PING and not flags & _ACK:
            connection.send(frame(_PING, _ACK, 0, content))
        elif kind == _WINDOW:
            self._take_window(stream, int.from_bytes(content, "big"))
        elif kind == _GOAWAY:
            raise _Gone(f"the server goes away: {content!r}")

    def _take_fields(self, stream: int, flags: int, fields: dict[str, str]) -> None:
        if stream != self._stream:
            return
        self._fields |= fields
        if flags & _END_STREAM:
            status = self._fields.get("grpc-status")
            message = self._fields.get("grpc-message", "") if status else repr(self._fields)
            self._answer = RawAnswer(int(status) if status else None, message)

    def _take_settings(self, content: bytes) -> None:
        for number, value in struct.iter_unpack(">HI", content):
            if number == 4:
                self._window += value - self._connection.first_window
                self._connection.first_window = value
        self._connection.send(frame(_SETTINGS, _ACK, 0, b""))

    def _take_window(self, stream: int, size: int) -> None:
        if stream == 0:
            self._connection.window += size
        elif stream == self._stream:
            self._window += size
