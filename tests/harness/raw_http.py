"""HTTP by hand: a connection on which any bytes can be sent, and what curl makes of an answer."""

import http.client
import io
import json
import socket
import subprocess

from harness.door import Refused
from harness.http_door import refusal_of
from harness.program import patient


class _Received(io.BufferedReader):
    """What came on a connection. One answer's end does not close it."""

    def close(self) -> None: ...

    def makefile(self, _mode: str) -> "_Received":
        return self


class RawHttp:
    """One connection. Used with `with`."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), patient(30))
        # Answers that come at once are in one buffer.
        self._received = _Received(socket.SocketIO(self.socket, "r"))

    def __enter__(self) -> "RawHttp":
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        """The next answer on the connection, with its body."""
        answer = http.client.HTTPResponse(self._received, method=method)
        answer.begin()
        return answer, answer.read()

    def refusal(self) -> Refused:
        """The next answer, which must be a problem document."""
        answer, body = self.answer()
        return refusal_of(answer.status, answer.headers["Content-Type"], body)

    def line(self) -> bytes:
        line = self._received.readline()
        assert line.endswith(b"\r\n"), f"the server hung up after {line!r}"
        return line[:-2]

    def is_at_end(self) -> bool:
        """Waits for the next byte, or for the server to hang up: that is the end."""
        try:
            return self._received.read(1) == b""
        except ConnectionResetError:
            return True


def request_head(method: str, path: str, fields: dict[str, object] | None = None,
                 version: str = "1.1") -> bytes:
    """A request line and header fields, with the empty line behind them."""
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{name}: {value}" for name, value in ({"Host": "test"} | (fields or {})).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def curl(*words: object, stdin: bytes | None = None) -> subprocess.CompletedProcess:
    """Runs curl to its end; stdout and stderr are bytes."""
    return subprocess.run(["curl", "--silent", "--show-error", *map(str, words)], input=stdin,
                          capture_output=True, timeout=patient(60), check=False)


def curl_json(*words: object, stdin: bytes | None = None) -> dict:
    done = curl("--fail-with-body", *words, stdin=stdin)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return json.loads(done.stdout)
