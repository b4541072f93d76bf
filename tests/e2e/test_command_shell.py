"""`arrowport query` without SQL: the shell, on a terminal, through both doors."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.door import Door
from harness.program import run_arrowport
from harness.samples import trips
from harness.server_process import ServerProcess
from harness.terminal import Terminal
from harness.waiting import wait_until

PROMPT = "arrowport> "
MORE = "...> "
CTRL_C, CTRL_D, CTRL_P, TAB = "\x03", "\x04", "\x10", "\t"


@pytest.fixture(params=["http_url", "flight_url"], ids=["http", "flight"])
def url(request: pytest.FixtureRequest, server: ServerProcess) -> str:
    return getattr(server, request.param)


@pytest.fixture
def open_shell(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts a shell of a user whose home is the test's own folder, and waits for its prompt."""
    opened = []

    def open_(url: str, environment: dict[str, str] | None = None, **how) -> Terminal:
        home = {"HOME": str(tmp_path), "XDG_STATE_HOME": ""}
        terminal = Terminal("query", "--url", url, environment=home | (environment or {}), **how)
        opened.append(terminal)
        terminal.wait_for(PROMPT)
        return terminal

    yield open_
    for terminal in opened:
        terminal.__exit__()


@pytest.fixture
def shell(url: str, open_shell: Callable[..., Terminal]) -> Terminal:
    return open_shell(url)


def _answer(shell: Terminal, text: str) -> str:
    """What the shell shows for an entry."""
    shell.type(text + "\n")
    return shell.wait_for("\n" + PROMPT)


def test_statements_are_answered_with_rows_and_time(shell: Terminal) -> None:
    shown = _answer(shell, "SELECT i AS id, 'row ' || i AS word FROM range(2) t(i);")
    assert "│ row 1  │" in shown
    assert "int64" in shown
    assert "\n2 rows, " in shown
    assert "ms" in shown


def test_a_statement_goes_on_until_its_semicolon(shell: Terminal) -> None:
    shell.type("SELECT 'a;\n")
    shell.wait_for(MORE)
    shell.type("b' AS text -- ;\n")
    shell.wait_for(MORE)
    assert "│ a;\\nb  │" in _answer(shell, ";")


def test_each_statement_of_a_line_is_answered(shell: Terminal) -> None:
    shown = _answer(shell, "SELECT 'one' AS a; SELECT 'two' AS b;")
    assert "│ one" in shown
    assert "│ two" in shown


def test_statements_that_need_a_session_share_one(shell: Terminal) -> None:
    shown = _answer(shell, "CREATE TEMP TABLE mine AS SELECT 42 AS a; FROM mine;")
    assert " 42 │" in shown
    assert "this lasted until here" in _answer(shell, "SET preserve_insertion_order = true;")


def test_an_error_is_told_with_its_place_and_the_shell_goes_on(shell: Terminal) -> None:
    shown = _answer(shell, "SELECT nothing_such\nFROM range(1);")
    assert "error: Binder Error" in shown
    assert "LINE 1: SELECT nothing_such\n               ^" in shown
    assert " 42 │" in _answer(shell, "SELECT 42 AS answer;")


def test_after_an_error_the_rest_of_a_line_is_left(shell: Terminal) -> None:
    shown = _answer(shell, "SELEC 1; SELECT 'not reached' AS a;")
    assert "│ not reached" not in shown


def test_tables_and_columns_are_described(shell: Terminal, http: Door, stream: str) -> None:
    http.put(stream, trips(1234))
    listed = _answer(shell, "\\d")
    [line] = [line for line in listed.splitlines() if f" {stream} " in line and "│" in line]
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [stream, "table", "1,234"]
    assert f"\n{stream}\n" in _answer(shell, "\\t")
    columns = _answer(shell, f"\\d {stream};")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]]
             for line in columns.splitlines() if "│" in line]
    assert cells[0] == ["column", "type", "null"]
    assert ["id", "BIGINT", ""] in cells
    assert ["at", "TIMESTAMP", ""] in cells
    assert "there is no table or view 'nothing'" in _answer(shell, "\\d nothing")


def test_not_null_is_told(shell: Terminal, stream: str) -> None:
    _answer(shell, f'CREATE TABLE "{stream}" (a INT NOT NULL, b VARCHAR);')
    columns = _answer(shell, f'\\d "{stream}"')
    assert "not null" in columns
    _answer(shell, f'DROP TABLE "{stream}";')


def test_ctrl_c_cancels_a_query_that_computes(server: ServerProcess, shell: Terminal) -> None:
    shell.type("SELECT max(hash(i)) FROM range(10000000000000) t(i);\n")
    wait_until(lambda: server.gauges.running_queries > 0, "the query runs")
    shell.type(CTRL_C)
    assert "cancelled" in shell.wait_for("\n" + PROMPT)
    server.gauges.wait_until_idle()
    assert " 42 │" in _answer(shell, "SELECT 42 AS answer;")


def test_ctrl_c_cancels_a_query_whose_rows_arrive(server: ServerProcess, shell: Terminal) -> None:
    shell.type("FROM range(10000000000000);\n")
    shell.wait_for("rows/s")
    shell.type(CTRL_C)
    assert "cancelled" in shell.wait_for("\n" + PROMPT)
    server.gauges.wait_until_idle()
    assert " 42 │" in _answer(shell, "SELECT 42 AS answer;")


def test_ctrl_c_at_the_prompt_drops_the_entry(shell: Terminal) -> None:
    shell.type("SELECT 'dropped'")
    shell.wait_for("'dropped'")
    shell.type(CTRL_C)
    shell.wait_for("\n" + PROMPT)
    shell.type("SELECT 'dropped',\n")
    shell.wait_for(MORE)
    shell.type(CTRL_C)
    shell.wait_for("\n" + PROMPT)
    shown = _answer(shell, "SELECT 'kept' AS a;")
    assert "│ kept" in shown
    assert "│ dropped" not in shown


@pytest.mark.parametrize("farewell", [CTRL_D, "\\q\n", "exit\n"], ids=["ctrl-d", "q", "exit"])
def test_leaving_is_no_failure(shell: Terminal, farewell: str) -> None:
    shell.type(farewell)
    assert shell.wait_for_end()[0] == 0


def test_entries_are_remembered_whole_and_for_their_owner_only(
        url: str, open_shell: Callable[..., Terminal], tmp_path: Path) -> None:
    first = open_shell(url)
    first.type("SELECT 'remembered'\n")
    first.wait_for(MORE)
    _answer(first, "AS word;")
    first.type(CTRL_D)
    first.wait_for_end()
    path = tmp_path / ".local/state/arrowport/history"
    assert path.read_text() == "SELECT 'remembered'\\nAS word;\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = open_shell(url)
    second.type(CTRL_P + "\n")
    assert "│ remembered │" in second.wait_for("\n" + PROMPT)


def test_tab_completes_names(shell: Terminal, http: Door, stream: str) -> None:
    http.put(stream, trips(3))
    shell.type(f"SELECT count(*) AS n FROM {stream[:-2]}{TAB}")
    shell.wait_for(stream)
    assert "│     3 │" in _answer(shell, ";")


PAGED = "SELECT i AS id FROM range(1000) t(i);"


def test_what_does_not_fit_the_screen_goes_through_the_pager(
        url: str, open_shell: Callable[..., Terminal]) -> None:
    shell = open_shell(url, {"PAGER": "sed 's/^/paged: /'"})
    shown = _answer(shell, PAGED)
    assert "paged: │   999 │" in shown
    assert "paged: │   500 │" in shown
    assert "\n1,000 rows, " in shown
    assert "paged" not in _answer(shell, "SELECT 1;")
    _answer(shell, "\\pager off")
    shown = _answer(shell, PAGED)
    assert "paged" not in shown
    assert "│   999 │" in shown
    assert "│   500 │" not in shown


def test_the_usual_pager_can_be_left(url: str, open_shell: Callable[..., Terminal]) -> None:
    shell = open_shell(url, {"PAGER": "less -FRSX"})
    shell.type(PAGED + "\n")
    shell.wait_for("│     9 │")
    shell.type("q")
    assert "1,000 rows" in shell.wait_for("\n" + PROMPT)


def test_without_the_pager_rows_are_shown_all_the_same(
        url: str, open_shell: Callable[..., Terminal]) -> None:
    shell = open_shell(url, {"PAGER": "no-such-pager"})
    assert "│   999 │" in _answer(shell, PAGED)


def test_the_next_result_goes_into_a_file(url: str, open_shell: Callable[..., Terminal],
                                          tmp_path: Path) -> None:
    shell = open_shell(url, cwd=tmp_path)
    _answer(shell, "\\o rows.csv")
    assert "error" in _answer(shell, "SELEC 1;")
    assert "wrote 3 rows to rows.csv" in _answer(shell, "SELECT i FROM range(3) t(i);")
    assert (tmp_path / "rows.csv").read_text() == "i\n0\n1\n2\n"
    assert " 42 │" in _answer(shell, "SELECT 42 AS answer;")
    assert "does not tell its format" in _answer(shell, "\\o rows.txt")


def test_timing_is_a_switch(shell: Terminal) -> None:
    assert "timing is off" in _answer(shell, "\\timing")
    shown = _answer(shell, "SELECT 1 AS a;")
    assert "\n1 row, 4 B\n" in shown
    assert "timing is on" in _answer(shell, "\\timing on")


def test_help_and_commands_that_there_are_not(shell: Terminal) -> None:
    shown = _answer(shell, "\\?")
    for command in ["\\d", "\\t", "\\o", "\\timing", "\\pager", "\\q"]:
        assert f"  {command} " in shown
    assert "there is no command '\\x'" in _answer(shell, "\\x")


@pytest.mark.parametrize("door", ["http_url", "flight_url"])
def test_a_server_that_was_gone_is_found_again(start_server: Callable[..., ServerProcess], door: str,
                                               open_shell: Callable[..., Terminal]) -> None:
    server = start_server()
    shell = open_shell(getattr(server, door))
    _answer(shell, "CREATE TABLE t AS SELECT 42 AS a;")
    server.options |= {"http_port": server.http_port, "flight_port": server.flight_port}
    server.stop()
    shown = _answer(shell, "FROM t;")
    assert shown.count("error: ") == 1
    server.start()
    # The first one may still find the connection that was lost.
    assert " 42 │" in _answer(shell, "FROM t;")


def test_without_a_server_there_is_no_shell() -> None:
    with Terminal("query", "--url", "http://127.0.0.1:1") as terminal:
        code, shown = terminal.wait_for_end()
    assert code == 69
    assert "is a server running there?" in shown


def test_what_is_for_one_query_needs_its_sql(url: str) -> None:
    with Terminal("query", "--url", url, "--param", "1") as terminal:
        code, shown = terminal.wait_for_end()
    assert code == 65
    assert "SQL" in shown


def test_without_a_terminal_sql_is_read_from_standard_input(url: str) -> None:
    done = run_arrowport("query", "--url", url, "--output-format", "csv", stdin=b"SELECT 42 AS a")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"a\n42\n", b"")
    empty = run_arrowport("query", "--url", url, stdin=b"")
    assert (empty.returncode, empty.stdout) == (65, b"")
    assert b"there is no SQL" in empty.stderr
