"""What a Flight client may wish of a result: compressed batches, and tickets that can be used again."""

import contextlib
import json
import os
import threading
from collections.abc import Callable

import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness.server_process import ServerProcess
from harness.waiting import wait_until

SQL = "SELECT i, 'row ' || (i % 100) AS name FROM range(300000) t(i)"


@pytest.fixture
def client(server: ServerProcess):
    with flight.connect(f"grpc://127.0.0.1:{server.flight_port}") as connected:
        yield connected


def _asking_for(compression: str) -> flight.FlightCallOptions:
    return flight.FlightCallOptions(headers=[(b"x-arrowport-compression", compression.encode())])


def _info(client: flight.FlightClient, **command: object) -> flight.FlightInfo:
    return client.get_flight_info(flight.FlightDescriptor.for_command(json.dumps(command).encode()))


@pytest.mark.parametrize("compression", ["zstd", "lz4", "none"])
def test_compressed_batches_are_the_same_rows(client: flight.FlightClient, compression: str) -> None:
    ticket = flight.Ticket(SQL.encode())
    plain = client.do_get(ticket).read_all()
    assert client.do_get(ticket, _asking_for(compression)).read_all().equals(plain)


def test_the_rows_of_an_exchange_may_be_compressed_too(client: flight.FlightClient) -> None:
    batch = pa.record_batch({"i": list(range(10_000))})
    writer, reader = client.do_exchange(flight.FlightDescriptor.for_command(b"SELECT i * 2 AS i FROM input"),
                                        _asking_for("zstd"))
    writer.begin(batch.schema)
    writer.write_batch(batch)
    writer.done_writing()
    assert reader.read_all()["i"].to_pylist() == list(range(0, 20_000, 2))
    writer.close()


def test_an_unknown_compression_is_refused(client: flight.FlightClient) -> None:
    with pytest.raises(pa.ArrowInvalid, match="'brotli' of the header x-arrowport-compression.*zstd"):
        client.do_get(flight.Ticket(b"SELECT 1"), _asking_for("brotli"))


def test_a_retained_result_can_be_read_again_and_at_once(client: flight.FlightClient) -> None:
    info = _info(client, sql=SQL, retain=True)
    assert info.total_records == 300_000
    (endpoint,) = info.endpoints
    first = client.do_get(endpoint.ticket).read_all()
    assert first.schema.equals(info.schema)
    assert first["i"].to_pylist() == list(range(300_000))
    tables: list[pa.Table] = []
    readers = [threading.Thread(target=lambda: tables.append(client.do_get(endpoint.ticket).read_all()))
               for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [table.equals(first) for table in tables] == [True] * 4


def test_the_endpoints_of_a_retained_result_share_its_rows(client: flight.FlightClient) -> None:
    info = _info(client, sql=SQL, retain=True, ordered=False, endpoints=3)
    assert len(info.endpoints) == 3
    for _ in range(2):
        parts = [client.do_get(endpoint.ticket).read_all() for endpoint in info.endpoints]
        assert sorted(pa.concat_tables(parts)["i"].to_pylist()) == list(range(300_000))


def test_a_retained_result_ends_with_its_cancellation(client: flight.FlightClient) -> None:
    info = _info(client, sql=SQL, retain=True)
    request = flight.Action("CancelFlightInfo", _cancel_request(info))
    list(client.do_action(request))
    with pytest.raises(KeyError, match="ticket is unknown"):
        client.do_get(info.endpoints[0].ticket).read_all()


def _files_of(server: ServerProcess) -> int:
    """Without names, as the server has them open."""
    return sum(".nameless" in path for path in _open_files(server))


def _open_files(server: ServerProcess) -> list[str]:
    paths = []
    for descriptor in os.listdir(f"/proc/{server.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            paths.append(os.readlink(f"/proc/{server.pid}/fd/{descriptor}"))
    return paths


def test_retained_results_go_from_the_disk_with_their_tickets(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server({"flight.ticket_timeout": "2s"})
    with flight.connect(server.flight_url) as client:
        for _ in range(60):
            _info(client, sql=SQL, retain=True)
        assert _files_of(server) > 0
        wait_until(lambda: _files_of(server) == 0, "the files are closed")
        assert server.gauges.value("arrowport_file_cache_bytes") == 0


def test_there_are_only_so_many_retained_results(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server({"flight.ticket_timeout": "10m"})
    with flight.connect(server.flight_url) as client:
        kept = [_info(client, sql="FROM range(20000)", retain=True) for _ in range(100)]
        with pytest.raises(flight.FlightUnavailableError, match="100 files.*in use"):
            _info(client, sql="FROM range(20000)", retain=True)
        assert _files_of(server) == 100
        # What is little takes no file.
        assert _info(client, sql="SELECT 1", retain=True).total_records == 1
        list(client.do_action(flight.Action("CancelFlightInfo", _cancel_request(kept[0]))))
        _info(client, sql="FROM range(20000)", retain=True)
        assert _files_of(server) == 100


def test_a_ticket_cannot_ask_to_be_retained(client: flight.FlightClient) -> None:
    with pytest.raises(pa.ArrowInvalid, match="GetFlightInfo"):
        client.do_get(flight.Ticket(json.dumps({"sql": "SELECT 1", "retain": True}).encode()))


def _cancel_request(info: flight.FlightInfo) -> bytes:
    """CancelFlightInfoRequest of Flight.proto: field 1 is the FlightInfo."""
    body = info.serialize()
    length, size = b"", len(body)
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return b"\x0a" + length + bytes([size]) + body
