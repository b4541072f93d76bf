"""`arrowport get`: tables and queries into files, through both doors, whole or not at all."""

import csv
import gzip
import json
import signal
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from harness.door import Door
from harness.program import BINARY, clean_environment, patient, run_arrowport
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.terminal import Terminal
from harness.waiting import wait_until


@pytest.fixture(params=["http_url", "flight_url"], ids=["http", "flight"])
def url(request: pytest.FixtureRequest, server: ServerProcess) -> str:
    return getattr(server, request.param)


READERS = {
    "rows.parquet": pa.parquet.read_table,
    "rows.arrow": lambda path: pa.ipc.open_file(path).read_all(),
    "rows.arrows": lambda path: pa.ipc.open_stream(path).read_all(),
}


@pytest.mark.parametrize(("name", "read"), READERS.items(), ids=READERS)
def test_a_table_goes_into_a_file_of_its_ending(http: Door, url: str, stream: str, tmp_path: Path,
                                                name: str, read) -> None:
    http.put(stream, trips(200_000))
    path = tmp_path / name
    done = run_arrowport("get", stream, "-o", path, "--url", url)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().startswith(f"wrote 200,000 rows to {path} in ")
    same_table(read(path), trips(200_000))
    assert list(tmp_path.iterdir()) == [path]


def test_text_files_are_written_as_their_names_say(http: Door, url: str, stream: str,
                                                   tmp_path: Path) -> None:
    http.put(stream, trips(1000))
    for name in ["rows.csv", "rows.csv.gz", "rows.json", "rows.ndjson"]:
        assert run_arrowport("get", stream, "-o", tmp_path / name, "--url", url).returncode == 0
    plain = (tmp_path / "rows.csv").read_text()
    assert len(list(csv.DictReader(plain.splitlines()))) == 1000
    assert gzip.decompress((tmp_path / "rows.csv.gz").read_bytes()).decode() == plain
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["id"] for row in rows] == list(range(1000))
    lines = (tmp_path / "rows.ndjson").read_text().splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_names_may_be_qualified_and_quoted(http: Door, url: str, stream: str) -> None:
    name = f"{stream} of today"
    http.put(name, trips(3))
    for words in [f'"{name}"', f'main."{name}"']:
        done = run_arrowport("get", words, "-o", "-", "--format", "ndjson", "--url", url)
        assert done.returncode == 0, done.stderr
        assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [0, 1, 2]


def test_everything_else_is_sql(url: str) -> None:
    done = run_arrowport("get", "SELECT i FROM range(3) t(i)", "-o", "-", "--format", "csv",
                         "--url", url)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"i\n0\n1\n2\n", b"")


def test_the_format_wins_over_the_name(url: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    words = ["get", "SELECT 1 AS a", "-o", path, "--url", url]
    refused = run_arrowport(*words)
    assert refused.returncode == 65
    assert b"--format" in refused.stderr
    assert run_arrowport(*words, "--format", "csv").returncode == 0
    assert path.read_text() == "a\n1\n"


def test_progress_is_shown_with_the_size_of_the_table(http: Door, url: str, stream: str,
                                                      tmp_path: Path) -> None:
    http.put(stream, trips(1_000_000))
    with Terminal("get", stream, "-o", tmp_path / "rows.csv", "--url", url) as terminal:
        terminal.wait_for("of 1.00 M rows")
        code, shown = terminal.wait_for_end(60)
    assert code == 0
    assert "wrote 1,000,000 rows" in shown


LATE = "SELECT CASE WHEN i < 3000000 THEN i ELSE error('late') END AS v FROM range(3000010) t(i)"
ENDLESS = "FROM range(10000000000000)"
NAMES = ["rows.parquet", "rows.arrow", "rows.csv.gz"]


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_in_the_middle_leaves_the_file_that_was_there(url: str, tmp_path: Path,
                                                               name: str) -> None:
    path = tmp_path / name
    path.write_text("precious")
    done = run_arrowport("get", LATE, "-o", path, "--url", url)
    assert done.returncode != 0
    assert done.stderr.startswith(b"arrowport: ")
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path], "half a file is left beside it"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_in_the_middle_leaves_no_file(server: ServerProcess, url: str, tmp_path: Path,
                                              name: str, number: signal.Signals) -> None:
    process = subprocess.Popen([BINARY, "get", ENDLESS, "-o", tmp_path / name, "--url", url],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=clean_environment())
    wait_until(lambda: any(path.stat().st_size > 0 for path in tmp_path.iterdir()), "rows arrive", 60)
    process.send_signal(number)
    out, err = process.communicate(timeout=patient(30))
    assert (process.returncode, out) == (130, b"")
    assert b"cancelled" in err
    assert list(tmp_path.iterdir()) == []
    server.gauges.wait_until_idle()


def test_ctrl_c_ends_a_query_that_has_no_rows_yet(server: ServerProcess, url: str,
                                                  tmp_path: Path) -> None:
    sql = "SELECT max(hash(i)) FROM range(10000000000000) t(i)"
    with Terminal("get", sql, "-o", tmp_path / "rows.csv", "--url", url) as terminal:
        wait_until(lambda: server.gauges.running_queries > 0, "the query runs")
        terminal.type("\x03")
        code, shown = terminal.wait_for_end()
    assert code == 130
    assert "cancelled" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_not_there(url: str, tmp_path: Path) -> None:
    done = run_arrowport("get", "nothing", "-o", tmp_path / "rows.csv", "--url", url)
    assert done.returncode == 66
    assert b"nothing" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("nowhere", ["http://127.0.0.1:1", "grpc://127.0.0.1:1"])
def test_no_server_is_one_clear_error(nowhere: str, tmp_path: Path) -> None:
    done = run_arrowport("get", "t", "-o", tmp_path / "rows.csv", "--url", nowhere)
    assert done.returncode == 69
    assert b"127.0.0.1:1" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(url: str, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "rows.csv"
    done = run_arrowport("get", "SELECT 1", "-o", path, "--url", url)
    assert done.returncode != 0
    assert b"No such file or directory" in done.stderr


def test_a_full_disk_is_told(url: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [BINARY, "get", "FROM range(100000)", "-o", "-", "--format", "csv", "--url", url],
            stdout=full, stderr=subprocess.PIPE, env=clean_environment(), timeout=patient(30),
            check=False)
    assert done.returncode != 0
    assert b"No space left on device" in done.stderr


def test_nothing_binary_goes_to_a_terminal(url: str) -> None:
    with Terminal("get", "SELECT 1", "-o", "-", "--format", "parquet", "--url", url) as terminal:
        code, shown = terminal.wait_for_end()
    assert code == 65
    assert "is not for a terminal" in shown
