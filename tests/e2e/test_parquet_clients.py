"""What clients of a Parquet query service do: the generator, the server's flags, sign-in, a query."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import flight

from harness.flight_door import FlightDoor
from harness.program import run_arrowport
from harness.server_process import ServerProcess

StartServer = Callable[..., ServerProcess]
SQL = "SELECT category, count(*) AS n, avg(value1) AS mean FROM dataset GROUP BY category ORDER BY category"


class SignIn(flight.ClientAuthHandler):
    """Sends a name and password as JSON, and the token with each call."""

    def __init__(self, payload: bytes | None = None):
        super().__init__()
        self.payload = payload or json.dumps({"username": "ada", "password": "secret"}).encode()
        self.token = b""

    def authenticate(self, outgoing: object, incoming: object) -> None:
        outgoing.write(self.payload)
        self.token = incoming.read()

    def get_token(self) -> bytes:
        return self.token


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample_data.parquet"
    assert run_arrowport("generate", "--num-records", 5000, "--output-path", path).returncode == 0
    return path


@pytest.fixture
def service(start_server: StartServer, sample: Path) -> ServerProcess:
    return start_server({"parquet_path": sample, "host": "localhost"})


def test_the_generator_writes_the_columns_that_clients_know(sample: Path) -> None:
    table = pq.read_table(sample)
    assert table.num_rows == 5000
    assert {"id", "date", "category", "value1", "value2", "active", "description"} <= set(table.column_names)
    assert set(table.column("category").to_pylist()) == set("ABCDE")


def test_the_flow_of_a_client(service: ServerProcess) -> None:
    client = flight.connect(f"grpc://localhost:{service.flight_port}")
    handler = SignIn()
    client.authenticate(handler)
    assert handler.token
    info = client.get_flight_info(flight.FlightDescriptor.for_command(SQL.encode()))
    assert info.schema.names == ["category", "n", "mean"]
    assert (info.total_records, info.total_bytes) == (-1, -1)
    table = client.do_get(info.endpoints[0].ticket).read_all()
    assert table.column("category").to_pylist() == list("ABCDE")
    assert sum(table.column("n").to_pylist()) == 5000
    everything = client.get_flight_info(flight.FlightDescriptor.for_command(b"SELECT * FROM dataset"))
    assert (everything.total_records, everything.total_bytes) == (5000, -1)
    numbers = client.get_flight_info(
        flight.FlightDescriptor.for_command(b"SELECT value1, value2 FROM dataset"))
    assert (numbers.total_records, numbers.total_bytes) == (5000, 5000 * (8 + 8))
    rows = sum(client.do_get(endpoint.ticket).read_all().num_rows for endpoint in everything.endpoints)
    assert rows == 5000
    client.close()


def test_calls_need_no_sign_in(service: ServerProcess, open_door) -> None:
    assert open_door(service, "flight").value("SELECT count(*) FROM dataset") == 5000


def test_a_name_and_password_in_a_header(service: ServerProcess) -> None:
    client = flight.connect(f"grpc://localhost:{service.flight_port}")
    name, token = client.authenticate_basic_token("ada", "secret")
    assert (name, token.startswith(b"Bearer ")) == (b"authorization", True)
    options = flight.FlightCallOptions(headers=[(name, token)])
    table = client.do_get(flight.Ticket(b"SELECT count(*) AS n FROM dataset"), options).read_all()
    assert table.column("n").to_pylist() == [5000]
    client.close()


def test_a_name_and_password_as_flight_has_them(service: ServerProcess) -> None:
    client = flight.connect(f"grpc://localhost:{service.flight_port}")
    client.authenticate(SignIn(flight.BasicAuth("ada", "secret").serialize()))
    assert client.do_get(flight.Ticket(b"SELECT 42 AS n")).read_all().column("n").to_pylist() == [42]
    client.close()


@pytest.mark.parametrize("payload", [b"ada", b"{}", b'{"username": "ada"}', b'{"username": 1, "password": 2}'])
def test_a_sign_in_that_is_none_is_refused(service: ServerProcess, open_door, payload: bytes) -> None:
    door: FlightDoor = open_door(service, "flight")
    with pytest.raises(pa.ArrowInvalid, match="the handshake has neither"):
        door.client.authenticate(SignIn(payload))
    assert door.headers["arrowport-error-kind"] == "invalid-input"


@pytest.mark.parametrize("format_", ["csv", "parquet"])
@pytest.mark.parametrize("path", [None, "here"])
def test_the_client_writes_what_is_asked_for(service: ServerProcess, tmp_path: Path, format_: str,
                                             path: str | None) -> None:
    words = ["query", "--host", "localhost", "--port", service.flight_port, "--query", SQL,
             "--output-format", format_]
    if path is not None:
        words += ["--output-path", f"{path}.{format_}"]
    done = run_arrowport(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = tmp_path / f"{path or 'query_results'}.{format_}"
    if format_ == "parquet":
        assert pq.read_table(written).column("category").to_pylist() == list("ABCDE")
    else:
        with written.open(newline="") as lines:
            assert [row["category"] for row in csv.DictReader(lines)] == list("ABCDE")


def test_the_client_shows_rows(service: ServerProcess, tmp_path: Path) -> None:
    done = run_arrowport("query", "--host", "localhost", "--port", service.flight_port, "--query", SQL,
                         "--output-format", "display", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "category" in done.stdout.decode()
    assert not (tmp_path / "query_results.csv").exists()


def test_the_port_flag_is_the_port_of_flight(start_server: StartServer, sample: Path) -> None:
    class OldFlags(ServerProcess):
        def command(self) -> list[str]:
            return [word.replace("--flight-port", "--port") for word in super().command()]

    server = OldFlags(sample.parent / "old", {"parquet_path": sample, "host": "localhost"})
    assert "--port" in server.command()
    server.start()
    client = flight.connect(f"grpc://localhost:{server.flight_port}")
    table = client.do_get(flight.Ticket(b"SELECT count(*) AS n FROM dataset")).read_all()
    assert table.column("n").to_pylist() == [5000]
    client.close()
    server.stop()
