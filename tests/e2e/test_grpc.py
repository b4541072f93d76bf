"""gRPC on the port of Flight as curl speaks it, which has never heard of gRPC: what no Flight client would send."""

import contextlib
import gzip
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pytest
from pyarrow import flight as pa_flight

from harness.door import Refused
from harness.flight_door import FlightDoor
from harness.raw_http import curl
from harness.samples import trips
from harness.server_process import ServerProcess

DO_GET = "arrow.flight.protocol.FlightService/DoGet"
HEALTH = "grpc.health.v1.Health/Check"


@dataclass
class Answer:
    fields: dict[str, str]  # headers and trailers
    body: bytes


def framed(message: bytes, compressed: int = 0) -> bytes:
    return bytes([compressed]) + len(message).to_bytes(4, "big") + message


def text_field(number: int, text: str) -> bytes:
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def call(server: ServerProcess, method: str, body: bytes, *more: str,
         content_type: str = "application/grpc") -> Answer:
    done = curl("--http2-prior-knowledge", "-X", "POST", "--include", "-H", f"Content-Type: {content_type}",
                "-H", "TE: trailers", "--data-binary", "@-", *more,
                f"http://127.0.0.1:{server.flight_port}/{method}", stdin=body)
    return read_answer(done)


def read_answer(done: subprocess.CompletedProcess) -> Answer:
    assert done.returncode == 0, done.stderr
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    body, mark, trailers = rest.partition(b"grpc-status:")
    lines = (head + b"\r\n" + mark + trailers).decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return Answer({"status": lines[0].split()[1], **fields}, body)


def test_the_health_service_says_whether_statements_are_answered(server: ServerProcess) -> None:
    for request in [b"", text_field(1, "arrow.flight.protocol.FlightService")]:
        answer = call(server, HEALTH, framed(request))
        assert answer.body == framed(b"\x08\x01")  # status: SERVING
        assert answer.fields["grpc-status"] == "0"
    unknown = call(server, HEALTH, framed(text_field(1, "other.Service")))
    assert (unknown.fields["grpc-status"], unknown.fields["grpc-message"]) == \
        ("5", "there is no service other.Service")


def test_rows_come_between_headers_and_trailers(server: ServerProcess) -> None:
    answer = call(server, DO_GET, framed(text_field(1, "SELECT 42 AS answer")))
    assert answer.fields["status"] == "200"
    assert len(answer.fields["x-request-id"]) == 32
    assert answer.fields["grpc-status"] == "0"
    assert b"answer" in answer.body


@pytest.mark.parametrize(("method", "body", "status", "words"), [
    ("arrow.flight.protocol.FlightService/DoNothing", framed(b""), "12", "there is no method"),
    ("DoGet", framed(b""), "12", "there is no method"),
    (DO_GET, b"", "3", "before it had a message"),
    (DO_GET, b"\0\0", "3", "in the middle of a message"),
    (DO_GET, framed(text_field(1, "SELECT 1"))[:-3], "3", "in the middle of a message"),
    (DO_GET, framed(b"\xff\xff\xff"), "3", ""),
    (DO_GET, framed(gzip.compress(b""), compressed=1), "12", "compressed by gRPC"),
    (DO_GET, b"\0\xff\xff\xff\xff", "3", "a message has 4294967295 bytes, the limit is"),
    (HEALTH, framed(b"\x0a\x7f"), "3", "HealthCheckRequest"),
], ids=["unknown method", "no service", "no message", "half a prefix", "cut off", "broken", "compressed", "too large",
        "broken health"])
def test_a_bad_call_gets_one_clear_error(server: ServerProcess, method: str, body: bytes, status: str,
                                         words: str) -> None:
    answer = call(server, method, body)
    assert (answer.fields["status"], answer.fields["grpc-status"]) == ("200", status)
    assert words in answer.fields["grpc-message"].replace("%25", "%")
    assert answer.body == b""


def test_what_is_not_grpc_is_told_so(server: ServerProcess) -> None:
    answer = call(server, DO_GET, b"{}", content_type="application/json")
    assert answer.fields["status"] == "415"
    got = read_answer(curl("--http2-prior-knowledge", "--include", "-H", "Content-Type: application/grpc",
                           f"http://127.0.0.1:{server.flight_port}/{DO_GET}"))
    assert got.fields["status"] == "405"


def test_a_connection_that_is_no_http2_ends_and_costs_nobody_anything(server: ServerProcess,
                                                                     flight: FlightDoor) -> None:
    for words in [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100, b"\0" * 1000]:
        with socket.create_connection(("127.0.0.1", server.flight_port), timeout=20) as client:
            client.sendall(words)
            with contextlib.suppress(ConnectionResetError):
                while client.recv(65536):
                    pass
    assert flight.value("SELECT 42") == 42


def test_one_call_that_fails_leaves_the_others_of_its_connection(flight: FlightDoor, stream: str) -> None:
    reader = flight.client.do_get(pa_flight.Ticket("SELECT range FROM range(5000000)"))
    first = reader.read_chunk().data
    with pytest.raises(pa.ArrowInvalid):
        flight.client.do_get(pa_flight.Ticket("SELEC")).read_all()
    with pytest.raises(pa.ArrowException):
        options = pa_flight.FlightCallOptions(timeout=0.05)
        flight.client.do_get(pa_flight.Ticket("SELECT sum(a.range) FROM range(10000000) a, range(1000000) b"),
                             options=options).read_all()
    assert first.num_rows + reader.read_all().num_rows == 5_000_000


def test_an_empty_message_is_not_the_end_of_a_put(flight: FlightDoor, stream: str) -> None:
    table = trips(1000)
    writer, _ = flight.client.do_put(pa_flight.FlightDescriptor.for_path(stream), table.schema)
    writer.write_table(table)
    writer.write_metadata(b"")
    writer.write_table(table)
    writer.close()
    assert flight.value(f'SELECT count(*) FROM "{stream}"') == 2000


def test_an_error_that_is_longer_than_clients_have_room_for_is_cut(flight: FlightDoor) -> None:
    with pytest.raises(pa.ArrowInvalid, match="Conversion Error.*…"):
        flight.client.do_get(pa_flight.Ticket(f"SELECT '{'é' * 100_000}'::INTEGER")).read_all()


def test_messages_that_grpc_has_compressed_are_refused(server: ServerProcess, stream: str) -> None:
    gzip_all = [("grpc.default_compression_algorithm", 2)]
    client = pa_flight.connect(f"grpc://127.0.0.1:{server.flight_port}", generic_options=gzip_all)
    table = pa.table({"text": ["x" * 1000] * 1000})
    with pytest.raises(pa.ArrowNotImplementedError, match="compressed by gRPC"):
        writer, _ = client.do_put(pa_flight.FlightDescriptor.for_path(stream), table.schema)
        with contextlib.suppress(pa.ArrowException):
            writer.write_table(table)
        writer.close()


def test_a_reader_that_takes_nothing_is_told_why_and_its_connection_goes_on(
        start_server: Callable[..., ServerProcess]) -> None:
    server = start_server({"read_idle_timeout": "1s"})
    door = FlightDoor(server.flight_port)
    reader = door.open_get("SELECT range, repeat('x', 1000) AS text FROM range(100000000000)")
    assert reader.next().num_rows > 0
    server.gauges.wait_until_idle(seconds=60)
    assert door.value("SELECT 42") == 42
    with pytest.raises(Refused) as refused:
        while reader.next() is not None:
            pass
    assert refused.value.kind == "request-timeout"
    assert "took nothing of it for 1000 ms" in refused.value.message
