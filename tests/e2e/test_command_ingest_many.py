"""`arrowport ingest` of many files, in parts, again, over failures of the server, and of files that grow."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
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

ROWS = 10_000


def _write(path: Path, rows: int = ROWS, begin: int = 0) -> Path:
    """Rows whose ids tell which are missing or there twice."""
    table = pa.table({"id": pa.array(range(begin, begin + rows), pa.int64())})
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path, row_group_size=3000)
    elif path.suffix == ".arrows":
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=700)
    else:
        path.write_text("id\n" + "".join(f"{number}\n" for number in range(begin, begin + rows)))
    return path


def _landed_once(door: Door, stream: str, rows: int) -> None:
    found = door.get(f'SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) + 1 AS next '
                     f'FROM "{stream}"').to_pylist()
    assert found == [{"n": rows, "ids": rows, "next": rows}]


@pytest.fixture(params=["http_url", "flight_url"], ids=["http", "flight"])
def url(request: pytest.FixtureRequest, server: ServerProcess) -> str:
    return getattr(server, request.param)


@pytest.fixture
def begin_ingest() -> Iterator[Callable[..., subprocess.Popen]]:
    """Begins `arrowport ingest WORD…`."""
    begun: list[subprocess.Popen] = []

    def begin(*words: object) -> subprocess.Popen:
        begun.append(subprocess.Popen(
            [BINARY, "ingest", *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=clean_environment()))
        return begun[-1]

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.wait()


def _end(process: subprocess.Popen, seconds: float = 60) -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=patient(seconds))
    return process.returncode, out.decode(), errors.decode()


def _restart(server: ServerProcess) -> None:
    """On the ports that it had."""
    server.options |= {"http_port": server.http_port, "flight_port": server.flight_port}
    server.kill()
    server.start()


def test_a_pattern_that_no_shell_expanded_names_its_files(http: Door, url: str, stream: str,
                                                          tmp_path: Path) -> None:
    for number in range(5):
        _write(tmp_path / f"part-{number}.parquet", begin=number * ROWS)
    _write(tmp_path / "other.parquet")
    done = run_arrowport("ingest", tmp_path / "part-[0-4].parquet", "--stream", stream, "--url", url,
                         "--parallel", 3)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 6
    assert lines[-1].startswith("5 files: 50,000 rows, ")
    _landed_once(http, stream, 5 * ROWS)


def test_a_pattern_without_files_is_refused(server: ServerProcess, tmp_path: Path) -> None:
    done = run_arrowport("ingest", tmp_path / "*.parquet", "--url", server.http_url)
    assert done.returncode == 66
    assert "*.parquet" in done.stderr.decode()


@pytest.mark.parametrize("name", ["trips.parquet", "trips.csv", "trips.arrows"])
@pytest.mark.parametrize("rows", [ROWS, ROWS - 1, 1, 0])
def test_run_again_it_lands_nothing_twice(http: Door, url: str, stream: str, tmp_path: Path,
                                          name: str, rows: int) -> None:
    if rows == 0 and name.endswith(".csv"):
        pytest.skip("a CSV file without rows has no types")
    path = _write(tmp_path / name, rows)
    words = ("ingest", path, "--stream", stream, "--url", url, "--producer", "nightly",
             "--part-rows", 1000)
    first = run_arrowport(*words)
    assert (first.returncode, first.stderr) == (0, b"")
    again = run_arrowport(*words)
    assert (again.returncode, again.stderr) == (0, b"")
    assert again.stdout.decode() == f"{path}: all of it had landed before\n"
    if rows > 0:
        _landed_once(http, stream, rows)
    else:
        assert http.rows(stream) == 0
    # In parts of any other size, too.
    assert run_arrowport(*words[:-1], 77).returncode == 0
    assert http.rows(stream) == rows


def test_a_file_that_has_changed_is_another_one(http: Door, url: str, stream: str,
                                                tmp_path: Path) -> None:
    path = _write(tmp_path / "trips.csv", 100)
    words = ("ingest", path, "--stream", stream, "--url", url, "--producer", "p")
    assert run_arrowport(*words).returncode == 0
    path.touch()
    assert run_arrowport(*words).returncode == 0
    assert http.rows(stream) == 100
    _write(path, 100, begin=100)
    assert run_arrowport(*words).returncode == 0
    _landed_once(http, stream, 200)


@pytest.mark.parametrize("name", ["trips.parquet", "trips.csv"])
@pytest.mark.parametrize("door_url", ["http_url", "flight_url"])
def test_what_a_killed_server_missed_lands_when_it_is_run_again(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door],
        begin_ingest: Callable[..., subprocess.Popen], tmp_path: Path, name: str,
        door_url: str) -> None:
    server = start_server({})
    paths = [_write(tmp_path / f"{number}-{name}", 3 * ROWS, begin=number * 3 * ROWS)
             for number in range(3)]

    def words() -> list[object]:
        return [*paths, "--stream", "t", "--url", getattr(server, door_url), "--producer", "p",
                "--part-rows", 500, "--parallel", 2, "--retry-for", "0s"]

    process = begin_ingest(*words())
    door = open_door(server)
    wait_until(lambda: door.has_table("t") and door.rows("t") >= 5000, "some parts have landed")
    server.signal(signal.SIGKILL)
    code, _, errors = _end(process)
    assert code == 69, errors
    assert "have landed; run again, the same command sends the rest" in errors
    _restart(server)
    before = open_door(server).rows("t")
    assert 5000 <= before < 9 * ROWS
    code, out, errors = _end(begin_ingest(*words()))
    assert (code, errors) == (0, "")
    assert "had landed before" in out
    _landed_once(open_door(server), "t", 9 * ROWS)


@pytest.mark.parametrize("door_url", ["http_url", "flight_url"])
@pytest.mark.parametrize("parts", [["--part-rows", 500], []], ids=["in parts", "whole"])
def test_a_server_that_restarts_is_waited_for(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door],
        begin_ingest: Callable[..., subprocess.Popen], tmp_path: Path, door_url: str,
        parts: list[object]) -> None:
    server = start_server({})
    paths = [_write(tmp_path / f"{number}.parquet", 3 * ROWS, begin=number * 3 * ROWS)
             for number in range(40 if not parts else 3)]
    process = begin_ingest(*paths, "--stream", "t", "--url", getattr(server, door_url), *parts)
    door = open_door(server)
    wait_until(lambda: door.has_table("t") and door.rows("t") > 0, "something has landed")
    _restart(server)
    code, _, errors = _end(process)
    assert code == 0, errors
    _landed_once(open_door(server), "t", len(paths) * 3 * ROWS)


def test_a_server_that_was_never_there_is_not_waited_for(tmp_path: Path) -> None:
    path = _write(tmp_path / "trips.parquet")
    done = run_arrowport("ingest", path, "--url", "http://127.0.0.1:1", seconds=20)
    assert done.returncode == 69
    assert "connection refused" in done.stderr.decode()


def test_senders_pause_when_nothing_succeeds_and_say_so(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door],
        begin_ingest: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    server = start_server({})
    path = _write(tmp_path / "trips.parquet", 30 * ROWS)
    process = begin_ingest(path, "--stream", "t", "--url", server.http_url, "--part-rows", 500)
    door = open_door(server)
    wait_until(lambda: door.has_table("t") and door.rows("t") > 0, "something has landed")
    server.signal(signal.SIGKILL)
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    assert re.match(r"arrowport: sending pauses for 5\.00 s, since 5 calls in a row have failed; "
                    r"the last: .*\n", line), line
    process.send_signal(signal.SIGINT)
    code, _, errors = _end(process, 10)
    assert code == 130, errors
    assert re.search(r"interrupted: 0 of 1 files are complete, [\d,]+ rows have landed", errors)
    _restart(server)


def test_ctrl_c_ends_it_between_parts_and_tells_what_landed(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door],
        begin_ingest: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    server = start_server({})
    path = _write(tmp_path / "trips.parquet", 30 * ROWS)
    process = begin_ingest(path, "--stream", "t", "--url", server.http_url, "--producer", "p",
                           "--part-rows", 500)
    door = open_door(server)
    wait_until(lambda: door.has_table("t") and door.rows("t") > 0, "something has landed")
    process.send_signal(signal.SIGINT)
    code, _, errors = _end(process)
    assert code == 130, errors
    told = int(re.search(r"([\d,]+) rows have landed", errors)[1].replace(",", ""))
    assert told == door.rows("t")
    done = run_arrowport("ingest", path, "--stream", "t", "--url", server.http_url, "--producer", "p")
    assert done.returncode == 0, done.stderr
    _landed_once(door, "t", 30 * ROWS)


def test_lines_that_come_later_land_too(http: Door, url: str, stream: str, tmp_path: Path,
                                        begin_ingest: Callable[..., subprocess.Popen]) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text('{"id": 0}\n{"id": 1}\n{"i')
    process = begin_ingest(path, "--follow", "--stream", stream, "--url", url, "--commit-every", "50ms")
    wait_until(lambda: http.has_table(stream) and http.rows(stream) == 2, "whole lines have landed")
    with path.open("a") as file:
        file.write('d": 2}\n')
    wait_until(lambda: http.rows(stream) == 3, "the line has landed whose end came later")
    for number in range(3, 200):
        with path.open("a") as file:
            file.write(json.dumps({"id": number}) + "\n")
    process.send_signal(signal.SIGINT)
    code, out, errors = _end(process)
    assert (code, errors) == (0, "")
    assert out.startswith(f"{path}: ")
    landed = http.rows(stream)
    assert 3 <= landed <= 200
    _landed_once(http, stream, landed)


def test_a_file_is_followed_on_from_where_it_was_left(http: Door, url: str, stream: str, tmp_path: Path,
                                                      begin_ingest: Callable[..., subprocess.Popen]) -> None:
    path = tmp_path / "log.ndjson"
    words = (path, "--follow", "--stream", stream, "--url", url, "--producer", "web",
             "--commit-every", "50ms")
    path.touch()
    for run in range(3):
        process = begin_ingest(*words)
        with path.open("a") as file:
            file.write("".join(json.dumps({"id": run * 100 + number}) + "\n" for number in range(100)))
        wait_until(lambda rows=100 * (run + 1): http.has_table(stream) and http.rows(stream) == rows,
                   "the lines have landed")
        process.send_signal(signal.SIGINT if run else signal.SIGKILL)
        process.wait()
    _landed_once(http, stream, 300)


def test_an_arrow_stream_is_followed_to_its_end(http: Door, url: str, stream: str, tmp_path: Path,
                                                begin_ingest: Callable[..., subprocess.Popen]) -> None:
    table = trips(3000)
    path = tmp_path / "trips.arrows"
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        file.flush()
        process = begin_ingest(path, "--follow", "--stream", stream, "--url", url,
                               "--commit-every", "50ms")
        for batch in table.to_batches(max_chunksize=1000):
            writer.write_batch(batch)
            file.flush()
        wait_until(lambda: http.has_table(stream) and http.rows(stream) == 3000, "the rows have landed")
        assert process.poll() is None
    code, out, errors = _end(process)
    assert (code, errors) == (0, "")
    assert "3,000 rows" in out
    same_table(http.table(stream), table)


def test_a_follower_waits_for_a_server_that_restarts(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door],
        begin_ingest: Callable[..., subprocess.Popen], tmp_path: Path) -> None:
    server = start_server({})
    path = tmp_path / "log.ndjson"
    path.write_text('{"id": 0}\n')
    process = begin_ingest(path, "--follow", "--stream", "t", "--url", server.http_url,
                           "--commit-every", "20ms")
    door = open_door(server)
    wait_until(lambda: door.has_table("t"), "the first line has landed")
    _restart(server)
    with path.open("a") as file:
        file.write('{"id": 1}\n')
    door = open_door(server)
    wait_until(lambda: door.rows("t") == 2, "the second line has landed", 30)
    path.unlink()
    assert _end(process)[0] == 0
    _landed_once(door, "t", 2)


def test_a_terminal_shows_the_whole_and_each_file(http: Door, url: str, stream: str,
                                                  tmp_path: Path) -> None:
    for number in range(3):
        _write(tmp_path / f"part-{number}.parquet", 30 * ROWS, begin=number * 30 * ROWS)
    with Terminal("ingest", tmp_path / "*.parquet", "--stream", stream, "--url", url, "--part-rows", 500,
                  "--parallel", 2, cwd=tmp_path) as terminal:
        terminal.wait_for(" of 3 files  ")
        # The path is cut to what fits beside its figures.
        terminal.wait_for("…")
        terminal.wait_for("rows/s")
        code, shown = terminal.wait_for_end(60)
    assert code == 0, shown
    assert "3 files: 900,000 rows" in shown
    _landed_once(http, stream, 90 * ROWS)


@pytest.mark.parametrize(("words", "named"), [
    (["-", "--producer", "p", "--stream", "t"], "standard input"),
    (["a.csv", "--producer", "two words"], "visible ASCII"),
    (["a.ndjson", "b.ndjson", "--follow"], "--follow takes one file"),
    (["a.parquet", "--follow"], "while they grow"), (["a.csv", "--parallel", "0"], "--parallel"),
    (["a.csv", "--part-rows", "0"], "--part-rows"), (["a.csv", "--retry-for", "long"], "long")])
def test_what_makes_no_sense_is_refused(server: ServerProcess, tmp_path: Path, words: list[str],
                                        named: str) -> None:
    for name in ("a.csv", "a.parquet", "a.ndjson", "b.ndjson"):
        (tmp_path / name).touch()
    done = run_arrowport("ingest", *words, "--url", server.http_url, stdin=b"", cwd=tmp_path)
    assert done.returncode in (64, 65), done
    assert named in done.stderr.decode()
