"""`arrowport query`: each output format, to standard output and to files, through both doors."""

import csv
import io
import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from harness.door import Door
from harness.program import BINARY, clean_environment, patient, run_arrowport
from harness.samples import same_table, trips
from harness.server_process import ServerProcess


@pytest.fixture(params=["http_url", "flight_url"], ids=["http", "flight"])
def url(request: pytest.FixtureRequest, server: ServerProcess) -> str:
    return getattr(server, request.param)


SQL = "SELECT i AS id, 'row ' || i AS word, i / 4 AS part FROM range(3) t(i)"


def test_rows_are_shown_as_a_table(url: str) -> None:
    done = run_arrowport("query", SQL, "--url", url)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    for word in ["id", "word", "part", "row 0", "row 2", "0.25", "3 rows"]:
        assert word in text
    assert "\033" not in text


def test_a_table_fits_its_terminal(url: str) -> None:
    sql = "SELECT i, repeat('wide ', 100) AS a, repeat('x', 500) AS b FROM range(1000000) t(i)"
    done = run_arrowport("query", sql, "--url", url, environment={"COLUMNS": "80"})
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert max(map(len, lines)) <= 80
    assert len(lines) < 100
    assert "1,000,000" in done.stdout.decode()


def test_no_rows_are_shown_with_their_columns(url: str) -> None:
    done = run_arrowport("query", "SELECT 1 AS lonely WHERE false", "--url", url)
    assert done.returncode == 0
    assert b"lonely" in done.stdout
    assert b"0 rows" in done.stdout


def test_control_characters_do_not_reach_the_terminal(url: str) -> None:
    done = run_arrowport("query", "SELECT chr(27) || '[31m' || chr(7) || chr(10) AS evil", "--url", url)
    assert done.returncode == 0
    assert not {0x1B, 0x07} & set(done.stdout)


@pytest.mark.parametrize("path", [None, "-"])
def test_csv_goes_to_standard_output(url: str, path: str | None) -> None:
    words = ["--output-path", path] if path else []
    done = run_arrowport("query", SQL, "--url", url, "--output-format", "csv", *words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"id,word,part\n0,row 0,0.0\n1,row 1,0.25\n2,row 2,0.5\n"


def test_json_goes_to_standard_output(url: str) -> None:
    done = run_arrowport("query", SQL, "--url", url, "--output-format", "json")
    assert done.returncode == 0
    rows = [{"id": i, "word": f"row {i}", "part": i / 4} for i in range(3)]
    text = done.stdout.decode()
    assert (json.loads(text) if text.startswith("[") else
            [json.loads(line) for line in text.splitlines()]) == rows


def test_arrow_goes_to_standard_output_as_a_stream(url: str) -> None:
    done = run_arrowport("query", SQL, "--url", url, "--output-format", "arrow")
    assert done.returncode == 0
    assert pa.ipc.open_stream(done.stdout).read_all()["id"].to_pylist() == [0, 1, 2]


READERS = {
    "rows.parquet": pa.parquet.read_table,
    "rows.arrow": lambda path: pa.ipc.open_file(path).read_all(),
    "rows.feather": lambda path: pa.ipc.open_file(path).read_all(),
    "rows.arrows": lambda path: pa.ipc.open_stream(path).read_all(),
}


@pytest.mark.parametrize(("name", "read"), READERS.items(), ids=READERS)
def test_a_file_is_written_in_the_format_of_its_name(http: Door, url: str, stream: str,
                                                     tmp_path: Path, name: str, read) -> None:
    http.put(stream, trips(200_000))
    path = tmp_path / name
    done = run_arrowport("query", f'FROM "{stream}"', "--url", url, "--output-path", path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().startswith(f"wrote 200,000 rows to {path} in ")
    same_table(read(path), trips(200_000))


@pytest.mark.parametrize("name", ["rows.csv", "rows.json"])
def test_text_files_are_written(http: Door, url: str, stream: str, tmp_path: Path,
                                name: str) -> None:
    http.put(stream, trips(10_000))
    path = tmp_path / name
    sql = f'SELECT id, carrier FROM "{stream}"'
    assert run_arrowport("query", sql, "--url", url, "--output-path", path).returncode == 0
    if name.endswith("csv"):
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
    else:
        text = path.read_text()
        rows = json.loads(text) if text.startswith("[") else list(map(json.loads, text.splitlines()))
    assert len(rows) == 10_000
    assert int(rows[9999]["id"]) == 9999
    assert rows[4]["carrier"] == "UA"


def test_the_format_wins_over_the_name(url: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    words = ["query", SQL, "--url", url, "--output-path", path]
    refused = run_arrowport(*words)
    assert refused.returncode == 65
    assert b"--output-format" in refused.stderr
    assert run_arrowport(*words, "--output-format", "csv").returncode == 0
    assert path.read_text().startswith("id,word,part\n")


LATE = "SELECT CASE WHEN i < 3000000 THEN i ELSE error('late') END AS v FROM range(3000010) t(i)"


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "rows.csv"])
def test_a_late_error_leaves_no_file_and_is_told(url: str, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    done = run_arrowport("query", LATE, "--url", url, "--output-path", path)
    assert done.returncode != 0
    assert done.stderr.startswith(b"arrowport: ")
    assert not path.exists(), "half a file looks like a whole one"


def test_a_late_error_shows_in_the_exit_code(url: str) -> None:
    done = run_arrowport("query", LATE, "--url", url, "--output-format", "csv")
    assert done.returncode != 0
    assert done.stdout.startswith(b"v\n0\n1\n")


def test_a_file_that_was_there_is_not_lost_to_an_error(url: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("precious\n")
    assert run_arrowport("query", "SELEC", "--url", url, "--output-path", path).returncode == 65
    assert path.read_text() == "precious\n"


def test_sql_comes_from_standard_input(url: str) -> None:
    done = run_arrowport("query", "-", "--url", url, "--output-format", "csv", stdin=SQL.encode())
    assert done.stdout.startswith(b"id,word,part\n0,")


def test_parameters_are_bound_with_their_types(url: str) -> None:
    params = ["1", "2.5", "true", "null", "UA", "'; DROP TABLE x", "18446744073709551615", "[1]"]
    words = [word for value in params for word in ("--param", value)]
    columns = ", ".join(f"typeof(${i + 1}) AS t{i}, ${i + 1} AS v{i}" for i in range(len(params)))
    done = run_arrowport("query", f"SELECT {columns}", "--url", url, "--output-format", "json", *words)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode().strip()
    row = json.loads(text)[0] if text.startswith("[") else json.loads(text)
    assert [row[f"t{i}"] for i in range(8)] == [
        "BIGINT", "DOUBLE", "BOOLEAN", '"NULL"', "VARCHAR", "VARCHAR", "UBIGINT", "VARCHAR"]
    assert [row[f"v{i}"] for i in range(8)] == [
        1, 2.5, True, None, "UA", "'; DROP TABLE x", 2**64 - 1, "[1]"]


def test_flags_of_another_client_work(server: ServerProcess, tmp_path: Path) -> None:
    words = ["query", "--query", SQL, "--host", "127.0.0.1", "--port", server.flight_port]
    assert b"row 2" in run_arrowport(*words).stdout
    assert run_arrowport(*words, "--output-format", "csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "query_results.csv").read_text().startswith("id,word,part\n")


def test_a_consumer_that_leaves_ends_the_query(server: ServerProcess, url: str) -> None:
    process = subprocess.Popen(
        [BINARY, "query", "SELECT i FROM range(1000000000000) t(i)", "--url", url,
         "--output-format", "csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=clean_environment())
    assert process.stdout.readline() == b"i\n"
    process.stdout.close()
    assert process.wait(patient(30)) != 0
    process.stderr.close()
    server.gauges.wait_until_idle()
