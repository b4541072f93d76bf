"""`arrowport ingest` and `generate`: files in every format, through both doors."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from harness.door import Door
from harness.http_door import ipc_stream
from harness.program import run_arrowport
from harness.samples import same_table, trips
from harness.server_process import ServerProcess

TRIPS = trips(10_000)


def _write_ipc(open_writer: Callable, path: Path, compression: str | None = None) -> None:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with open_writer(path, TRIPS.schema, options=options) as writer:
        writer.write_table(TRIPS, max_chunksize=1000)


def _write_csv(path: Path) -> None:
    # CSV does not tell an empty text from no text.
    with pa.CompressedOutputStream(path, "gzip") if path.suffix == ".gz" else path.open("wb") as file:
        pa.csv.write_csv(TRIPS, file)


FILES = {
    "trips.parquet": lambda path: pa.parquet.write_table(TRIPS, path, row_group_size=3000),
    "trips.arrow": lambda path: _write_ipc(pa.ipc.new_file, path),
    "zstd.arrow": lambda path: _write_ipc(pa.ipc.new_file, path, "zstd"),
    "trips.feather": lambda path: _write_ipc(pa.ipc.new_file, path, "lz4"),
    "trips.arrows": lambda path: _write_ipc(pa.ipc.new_stream, path),
    "zstd.arrows": lambda path: _write_ipc(pa.ipc.new_stream, path, "zstd"),
    "trips.csv": _write_csv,
    "trips.csv.gz": _write_csv,
}


@pytest.fixture(params=["http_url", "flight_url"], ids=["http", "flight"])
def url(request: pytest.FixtureRequest, server: ServerProcess) -> str:
    return getattr(server, request.param)


@pytest.mark.parametrize(("name", "write"), FILES.items(), ids=FILES)
def test_a_file_lands_as_it_is(http: Door, url: str, stream: str, tmp_path: Path, name: str,
                               write: Callable) -> None:
    path = tmp_path / name
    write(path)
    done = run_arrowport("ingest", path, "--stream", stream, "--url", url)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith(f"{path}: 10,000 rows, ")
    assert f"into table {stream} in " in done.stdout.decode()
    landed = http.table(stream)
    if "csv" in name:
        landed = landed.cast(TRIPS.schema)
    same_table(landed, TRIPS)


def test_an_arrow_stream_lands_from_standard_input(http: Door, url: str, stream: str) -> None:
    body = ipc_stream(TRIPS.schema, TRIPS.to_batches(max_chunksize=1000)).to_pybytes()
    done = run_arrowport("ingest", "-", "--stream", stream, "--url", url, stdin=body)
    assert done.returncode == 0, done.stderr
    same_table(http.table(stream), TRIPS)


def test_the_stream_is_named_like_the_file(http: Door, url: str, stream: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{stream}.{ending}" for ending in ("v1.parquet", "arrows")]
    FILES["trips.parquet"](paths[0])
    FILES["trips.arrows"](paths[1])
    done = run_arrowport("ingest", *paths, "--url", url)
    assert done.returncode == 0, done.stderr
    # Each of them, and all together.
    assert len(done.stdout.splitlines()) == 3
    assert http.rows(stream) == 20_000


def test_each_file_is_one_transaction_and_the_first_bad_one_ends_it(http: Door, url: str, stream: str,
                                                                    tmp_path: Path) -> None:
    good, bad, other = (tmp_path / f"{name}.arrows" for name in ("good", "bad", "other"))
    FILES["trips.arrows"](good)
    FILES["trips.arrows"](other)
    bad.write_bytes(good.read_bytes()[:-1000])
    done = run_arrowport("ingest", good, bad, other, "--stream", stream, "--url", url)
    assert done.returncode == 65
    assert str(bad) in done.stderr.decode()
    assert done.stdout.decode().count("\n") == 1
    assert http.rows(stream) == 10_000


def test_a_broken_standard_input_lands_nothing(http: Door, url: str, stream: str) -> None:
    body = ipc_stream(TRIPS.schema, TRIPS.to_batches(max_chunksize=1000)).to_pybytes()
    for broken in [b"", body[:-8], body[:5000], b"not a stream at all"]:
        done = run_arrowport("ingest", "-", "--stream", stream, "--url", url, stdin=broken)
        assert done.returncode == 65, (broken[:20], done)
        assert done.stderr.count(b"\n") == 1
    assert not http.has_table(stream)


def test_rows_that_do_not_fit_are_refused_with_the_file(http: Door, url: str, stream: str,
                                                        tmp_path: Path) -> None:
    http.get(f'CREATE TABLE "{stream}" (other INT)')
    path = tmp_path / "trips.parquet"
    FILES["trips.parquet"](path)
    done = run_arrowport("ingest", path, "--stream", stream, "--url", url)
    assert done.returncode == 65
    for word in [str(path), stream]:
        assert word in done.stderr.decode()
    assert http.rows(stream) == 0


@pytest.mark.parametrize(("name", "content", "code"), [
    ("nothing.parquet", None, 66), ("nothing", None, 66), ("words.parquet", b"no Parquet", 65),
    ("words.arrow", b"no Arrow file", 65), ("words.xyz", b"\x00\x01\x02", 65), ("folder", b"/", 65)])
def test_a_file_that_cannot_be_read_is_refused_by_its_name(server: ServerProcess, stream: str,
                                                           tmp_path: Path, name: str,
                                                           content: bytes | None, code: int) -> None:
    path = tmp_path / name
    if content == b"/":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    done = run_arrowport("ingest", path, "--stream", stream, "--url", server.http_url)
    assert done.returncode == code, done.stderr
    assert str(path) in done.stderr.decode()
    assert done.stdout == b""


def test_standard_input_needs_a_name(server: ServerProcess) -> None:
    done = run_arrowport("ingest", "-", "--url", server.http_url, stdin=b"")
    assert done.returncode == 65
    assert b"--stream" in done.stderr


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


KINDS = {
    "events": ["id", "date", "ts", "category", "value1", "value2", "active", "description"],
    "sensors": ["id", "ts", "sensor", "temperature", "humidity", "pressure", "battery", "ok"],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows"])
def test_generated_rows_are_the_same_for_the_same_seed(tmp_path: Path, ending: str, kind: str) -> None:
    def generate(name: str, seed: int) -> Path:
        path = tmp_path / f"{name}.{ending}"
        done = run_arrowport("generate", "--num-records", 5000, "--kind", kind, "--seed", seed,
                             "--output-path", path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode().startswith(f"{path}: 5,000 rows, ")
        return path

    first, again, other = generate("first", 7), generate("again", 7), generate("other", 8)
    assert _digest(first) == _digest(again) != _digest(other)
    read = {"parquet": pa.parquet.read_table, "arrow": lambda path: pa.ipc.open_file(path).read_all(),
            "arrows": lambda path: pa.ipc.open_stream(path).read_all()}[ending]
    table = read(first)
    assert table.column_names == KINDS[kind]
    assert table.num_rows == 5000
    assert table["id"].to_pylist() == list(range(5000))
    table.validate(full=True)


def test_generated_rows_go_through_a_pipe_into_a_server(http: Door, server: ServerProcess, url: str,
                                                        stream: str) -> None:
    made = run_arrowport("generate", "--num-records", 2500, "--output-path", "-", "--format", "arrow")
    assert (made.returncode, made.stderr) == (0, b"")
    done = run_arrowport("ingest", "-", "--stream", stream, "--url", url, stdin=made.stdout)
    assert done.returncode == 0, done.stderr
    assert http.rows(stream) == 2500
    assert http.value(f'SELECT count(DISTINCT category) FROM "{stream}"') == 5


def test_no_rows_are_generated_as_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    assert run_arrowport("generate", "--num-records", 0, "--output-path", path).returncode == 0
    assert pa.parquet.read_table(path).num_rows == 0


@pytest.mark.parametrize(("words", "named"), [
    (["--kind", "weather"], "weather"), (["--num-records", "-1"], "-1"),
    (["--num-records", "many"], "many"), (["--output-path", "rows.xyz"], "rows.xyz"),
    (["--output-path", "nothing/rows.parquet"], "nothing/rows.parquet")])
def test_what_cannot_be_generated_is_refused(tmp_path: Path, words: list[str], named: str) -> None:
    done = run_arrowport("generate", *words, cwd=tmp_path)
    assert done.returncode in (65, 66)
    assert named in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert not list(tmp_path.iterdir())
