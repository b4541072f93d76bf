"""What every command has in common: help, versions, errors and exit codes."""

import os
import pty
import re
import subprocess

import pytest

from harness.program import BINARY, clean_environment, patient, run_arrowport
from harness.samples import trips
from harness.server_process import ServerProcess

COMMANDS = ["serve", "ingest", "query", "get", "streams", "generate", "demo", "bench"]
NOWHERE = "http://127.0.0.1:1"


def _refusal(*words: object, **how) -> tuple[int, str]:
    """Exit code and message of a command that must fail with one line, and nothing on stdout."""
    done = run_arrowport(*words, **how)
    message = done.stderr.decode()
    assert done.returncode != 0
    assert done.stdout == b""
    assert message.startswith("arrowport: ")
    assert message.count("\n") == 1, message
    return done.returncode, message


def test_version_names_the_program_and_what_it_is_made_of() -> None:
    done = run_arrowport("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(r"arrowport \d+\.\d+\.\d+\S* \(DuckDB v\d+\.\d+\.\d+, Arrow \d+\.\d+\.\d+\)\n",
                        done.stdout.decode())


def test_help_lists_the_commands_and_so_does_no_word_at_all() -> None:
    helped = run_arrowport("--help")
    assert (helped.returncode, helped.stderr) == (0, b"")
    for command in COMMANDS:
        assert f"\n  {command} " in helped.stdout.decode()
    assert run_arrowport().stdout == helped.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples(command: str) -> None:
    done = run_arrowport(command, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    examples = text.split("\nExamples:\n")[1]
    assert f"arrowport {command}" in examples
    assert "\033" not in text
    assert max(map(len, text.splitlines())) <= 110
    assert run_arrowport(command, "-h").stdout == done.stdout


@pytest.mark.parametrize(("words", "meant"), [
    (["qery"], "query"), (["serve", "--databse", "x"], None), (["query", "--ouput-path", "x"],
                                                               "--output-path"),
    (["ingest", "a.csv", "--steam", "x"], "--stream")])
def test_a_misspelt_word_is_refused_with_what_was_meant(words: list[str], meant: str | None) -> None:
    code, message = _refusal(*words)
    assert code == 65
    assert "--help" in message
    if meant is not None:
        assert f"did you mean {meant}?" in message


@pytest.mark.parametrize(("sql", "code", "word"), [
    ("SELEC 1", 65, "SELEC"), ("SELECT * FROM nothing", 66, "nothing"),
    ("SELECT error('my fault')", 65, "my fault"),
    ("CREATE TABLE IF NOT EXISTS exit_codes (a INT CHECK (a > 0)); INSERT INTO exit_codes VALUES (0)",
     65, "CHECK"),
    ("", 65, "SQL"), (" ", 65, "")])
@pytest.mark.parametrize("door", ["http_url", "flight_url"])
def test_the_exit_code_is_that_of_the_kind_of_error(server: ServerProcess, door: str, sql: str,
                                                    code: int, word: str) -> None:
    url = getattr(server, door)
    answer = _refusal("query", sql, "--url", url)
    assert answer[0] == code
    assert word in answer[1]


@pytest.mark.parametrize("words", [["query", "SELECT 1"], ["streams"]], ids=lambda words: words[0])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "grpc://127.0.0.1:1"])
def test_no_server_is_one_clear_error(words: list[str], url: str) -> None:
    code, message = _refusal(*words, "--url", url)
    assert code == 69
    assert "127.0.0.1:1" in message


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "127.0.0.1:8888", "http://", "http://a:b",
                                 "http://127.0.0.1:99999", ""])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    code, _ = _refusal("query", "SELECT 1", "--url", url)
    assert code == 65


def test_the_environment_names_the_server(server: ServerProcess) -> None:
    done = run_arrowport("query", "SELECT 42 AS a", "--output-format", "csv",
                         environment={"ARROWPORT_URL": server.http_url})
    assert (done.returncode, done.stdout) == (0, b"a\n42\n"), done.stderr
    code, _ = _refusal("query", "SELECT 42", "--url", NOWHERE,
                       environment={"ARROWPORT_URL": server.http_url})
    assert code == 69, "the flag wins"


def test_streams_shows_what_was_put(server: ServerProcess, http, stream: str) -> None:
    http.put(stream, trips(1234))
    done = run_arrowport("streams", "--url", server.http_url, environment={"COLUMNS": "200"})
    assert (done.returncode, done.stderr) == (0, b"")
    lines = [line.split("│")[1:-1] for line in done.stdout.decode().splitlines() if "│" in line]
    lines = [[cell.strip() for cell in line] for line in lines]
    assert lines[0] == ["stream", "table", "rule", "puts", "rows", "bytes", "pending", "lag",
                        "failed", "last error"]
    [line] = [line for line in lines if line[0] == stream]
    assert line[1:5] == [stream, "", "1", "1,234"]


def test_streams_of_a_server_without_any(start_server) -> None:
    done = run_arrowport("streams", "--url", start_server().http_url)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"no stream" in done.stdout


def _on_a_terminal(*words: str, environment: dict[str, str] | None = None) -> str:
    """What a command shows where its output is a terminal."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen([BINARY, *words], stdin=secondary, stdout=secondary, stderr=secondary,
                               env=clean_environment({"TERM": "xterm"} | (environment or {})))
    os.close(secondary)
    shown = b""
    try:
        while piece := os.read(primary, 65536):
            shown += piece
    except OSError:
        pass  # That is how Linux says that the other side is closed.
    os.close(primary)
    process.wait(patient(60))
    return shown.decode()


def test_colours_are_for_terminals_only(server: ServerProcess) -> None:
    words = ["query", "FROM nothing", "--url", server.http_url]
    assert "\033[" in _on_a_terminal(*words)
    assert b"\033" not in run_arrowport(*words).stderr
    assert "\033[3" not in _on_a_terminal(*words, environment={"NO_COLOR": "1"})


def test_nothing_binary_goes_to_a_terminal(server: ServerProcess) -> None:
    shown = _on_a_terminal("query", "SELECT 1", "--url", server.http_url, "--output-format", "arrow")
    assert "is not for a terminal" in shown
