"""Options of `arrowport serve`: by flag, environment and file, in this order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.door import Refused
from harness.program import run_arrowport
from harness.server_process import ServerDidNotStart, ServerProcess

StartServer = Callable[..., ServerProcess]
INVALID_INPUT, NOT_FOUND = 65, 66

FLAG = {"http.sql_bytes_max": "3000"}
ENVIRONMENT = {"ARROWPORT_HTTP_SQL_BYTES_MAX": "2000"}
FILE = "http:\n  sql_bytes_max: 1000\n"


def _config(folder: Path, text: str) -> Path:
    path = folder / "arrowport.yaml"
    path.write_text(text)
    return path


def _sql_bytes_max(door) -> int:
    """What the server says its limit is."""
    with pytest.raises(Refused) as refused:
        door.request("POST", "/query", b"SELECT 1".ljust(2**20 + 1))
    return int(refused.value.message.split(" bytes")[0].split()[-1])


@pytest.mark.parametrize(("file", "environment", "flag", "expected"), [
    (False, False, False, 2**20), (True, False, False, 1000), (False, True, False, 2000),
    (False, False, True, 3000), (True, True, False, 2000), (True, False, True, 3000),
    (False, True, True, 3000), (True, True, True, 3000)])
def test_the_flag_wins_over_the_environment_and_that_over_the_file(
        start_server: StartServer, open_door, tmp_path: Path, file: bool, environment: bool,
        flag: bool, expected: int) -> None:
    options = FLAG if flag else {}
    if file:
        options = options | {"config": _config(tmp_path, FILE)}
    server = start_server(options, environment=ENVIRONMENT if environment else {})
    assert _sql_bytes_max(open_door(server)) == expected


def test_the_environment_may_name_the_file(start_server: StartServer, open_door,
                                           tmp_path: Path) -> None:
    server = start_server(environment={"ARROWPORT_CONFIG": str(_config(tmp_path, FILE))})
    assert _sql_bytes_max(open_door(server)) == 1000


def test_dotted_keys_sizes_and_durations_are_read(start_server: StartServer, open_door,
                                                  tmp_path: Path) -> None:
    text = "http.sql_bytes_max: 2KiB\nhttp:\n  idle_timeout: 1.5s\nmemory_limit: 300MB\nthreads: 1\n"
    door = open_door(start_server({"config": _config(tmp_path, text)}))
    assert _sql_bytes_max(door) == 2048
    assert door.value("SELECT current_setting('threads')") == 1
    assert door.value("SELECT current_setting('memory_limit')") == "286.1 MiB"


@pytest.mark.parametrize(("text", "line", "words"), [
    ("htp_port: 1\n", 1, ["htp_port", "http_port"]),
    ("http:\n  sql_bytes_max: 1000\n  sql_byte_max: 1000\n", 3, ["http.sql_byte_max", "sql_bytes_max"]),
    ("threads: many\n", 1, ["threads", "many"]),
    ("\nmemory_limit: 5XB\n", 2, ["memory_limit", "5XB"]),
    ("http:\n  idle_timeout: soon\n", 2, ["http.idle_timeout", "soon"]),
    ("threads: 1\nthreads: 2\n", 2, ["threads"]),
    ("threads: [1]\n", 1, ["threads"]),
    ("config: other.yaml\n", 1, ["config"]),
    ("threads: 1\n  http_port: 2\n", 2, ["YAML"]),
    ("- threads\n", 1, ["key: value"]),
    ("streams:\n  trips:\n    mode: apend\n", 3, ["streams.trips.mode", "append, upsert, replace"]),
], ids=["unknown", "unknown below", "word", "size", "duration", "twice", "list", "config",
        "no YAML", "no map", "streams"])
def test_a_file_that_is_wrong_is_refused_with_its_line(start_server: StartServer, tmp_path: Path,
                                                       text: str, line: int,
                                                       words: list[str]) -> None:
    path = _config(tmp_path, text)
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({"config": path})
    assert failed.value.exit_code == INVALID_INPUT
    assert f"{path}:{line}: " in failed.value.log
    for word in words:
        assert word in failed.value.log
    assert len(failed.value.log.splitlines()) == 1


def test_a_file_that_is_not_there_is_not_found(start_server: StartServer, tmp_path: Path) -> None:
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({"config": tmp_path / "nothing.yaml"})
    assert failed.value.exit_code == NOT_FOUND
    assert "nothing.yaml" in failed.value.log


@pytest.mark.parametrize(("name", "value", "words"), [
    ("ARROWPORT_THREADS", "many", ["ARROWPORT_THREADS", "many"]),
    ("ARROWPORT_HTTP_IDLE_TIMEOUT", "-1s", ["ARROWPORT_HTTP_IDLE_TIMEOUT", "-1s"]),
])
def test_an_environment_that_is_wrong_is_refused_by_name(start_server: StartServer, name: str,
                                                         value: str, words: list[str]) -> None:
    with pytest.raises(ServerDidNotStart) as failed:
        start_server(environment={name: value})
    assert failed.value.exit_code == INVALID_INPUT
    for word in words:
        assert word in failed.value.log


def test_an_environment_name_that_is_not_known_is_told(start_server: StartServer, open_door) -> None:
    # Not refused: whoever sets it may have meant another program.
    server = start_server(environment={"ARROWPORT_HTP_PORT": "1"})
    assert "ARROWPORT_HTP_PORT: no option has this name; did you mean ARROWPORT_HTTP_PORT?" in \
        server.log()
    assert open_door(server).value("SELECT 42") == 42


@pytest.mark.parametrize(("flags", "words"), [
    (["--htp-port", "1"], ["--htp-port", "--http-port"]),
    (["--http-port", "many"], ["--http-port", "many"]),
    (["--http-port", "65536"], ["--http-port", "65536"]),
    (["--log-level", "loud"], ["--log-level", "loud", "debug"]),
    (["--memory-limit", "-5"], ["--memory-limit", "-5"]),
    (["--http-port"], ["--http-port"]),
    (["extra"], ["extra"]),
])
def test_a_flag_that_is_wrong_is_refused_by_name(tmp_path: Path, flags: list[str],
                                                 words: list[str]) -> None:
    done = run_arrowport("serve", *flags, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (INVALID_INPUT, b"")
    message = done.stderr.decode()
    assert message.startswith("arrowport: ")
    for word in words:
        assert word in message
    assert not list(tmp_path.iterdir()), "nothing is made before the options are right"


@pytest.mark.parametrize("variable", ["ARROWPORT_DB", "ARROWPORT_DB_PATH"])
def test_other_names_mean_the_same(tmp_path: Path, variable: str) -> None:
    # A folder is no database; the message shows which file was meant.
    done = run_arrowport("serve", "--http-port", 0, "--flight-port", 0, cwd=tmp_path,
                         environment={variable: str(tmp_path)})
    assert done.returncode not in (0, 70)
    assert str(tmp_path) in done.stderr.decode()


def test_settings_of_other_programs_are_taken_with_a_word(start_server: StartServer, open_door,
                                                          tmp_path: Path) -> None:
    text = "api:\n  enable_metrics: true\ncompression: zstd\n"
    server = start_server({"config": _config(tmp_path, text)})
    assert open_door(server).value("SELECT 42") == 42
    for word in ["api.enable_metrics", "compression"]:
        assert word in server.log()
