"""A server for all tests that need nothing special of it, and a watch over every server.

After each test, each server that it used must still be well, and nothing of the test may run in it.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import doors
from harness.door import Door
from harness.flight_door import FlightDoor
from harness.http_door import HttpDoor
from harness.program import BINARY
from harness.server_process import ServerProcess


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--crash-rounds", type=int, default=20, help="how often the server is killed")
    parser.addoption("--malformed-rounds", type=int, default=2500,
                     help="how many broken streams are sent over HTTP, as many broken bodies of other "
                          "forms, and a tenth over Flight")
    parser.addoption("--flight-rounds", type=int, default=10_000,
                     help="how many changed calls of Flight are sent")
    parser.addoption("--dropped-connections", type=int, default=100,
                     help="how many clients of Flight SQL go without a word, twice")
    parser.addoption("--mixed-clients", type=int, default=12, help="of Flight SQL, at once")
    parser.addoption("--mixed-seconds", type=float, default=5, help="how long they go on")
    parser.addoption("--nested-rounds", type=int, default=60, help="how many types of columns are tried, three ways")
    parser.addoption("--nested-round", type=int, help="the only one of them that is tried")
    parser.addoption("--seed", type=int, default=20240607, help="of the streams that are broken")


class _Watch:
    """The servers that are up, and where their logs were when the test began."""

    def __init__(self) -> None:
        self.servers: list[ServerProcess] = []
        self._log_begins: dict[int, int] = {}
        self._folders = itertools.count(1)

    def add(self, server: ServerProcess) -> ServerProcess:
        self.servers.append(server)
        return server

    def remove(self, server: ServerProcess) -> None:
        self.servers.remove(server)

    def next_number(self) -> int:
        return next(self._folders)

    def test_begins(self) -> None:
        self._log_begins = {id(server): server.log_bytes() for server in self.servers}

    def logs(self) -> Iterator[tuple[str, str]]:
        for server in self.servers:
            yield f"log of {server.folder.name}", server.log_tail(self._log_begins.get(id(server), 0))


_watch_key = pytest.StashKey[_Watch]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_watch_key] = _Watch()


def pytest_report_header() -> list[str]:
    return doors.what_doors_lack()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for a door is run through each one that has the words for it."""
    if "door_name" in metafunc.fixturenames:
        needed = [word for mark in metafunc.definition.iter_markers("needs") for word in mark.args]
        metafunc.parametrize("door_name", doors.names_of_doors(*needed))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    if report.failed:
        report.sections.extend(item.config.stash[_watch_key].logs())
    return report


@pytest.fixture(scope="session")
def watch(request: pytest.FixtureRequest) -> _Watch:
    assert BINARY.exists(), f"{BINARY} is not there; ./dev build makes it"
    return request.config.stash[_watch_key]


@pytest.fixture(scope="session")
def server(watch: _Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server with default options, for all tests of the run."""
    process = watch.add(ServerProcess(tmp_path_factory.mktemp("server")))
    process.start()
    yield process
    watch.remove(process)
    process.stop()


@pytest.fixture
def start_server(watch: _Watch, tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts a server of the test's own: start_server({"http.header_timeout": "200ms"})."""
    started: list[ServerProcess] = []

    def start(options: dict[str, object] | None = None, *, environment: dict[str, str] | None = None,
              folder: Path | None = None) -> ServerProcess:
        folder = folder or tmp_path / f"server{watch.next_number()}"
        process = watch.add(ServerProcess(folder, options or {}, environment or {}))
        started.append(process)
        return process.start()

    yield start
    failures = []
    for process in started:
        try:
            _check_left_clean(process)
            process.stop()
        except AssertionError as failure:
            failures.append(failure)
            process.kill()
        watch.remove(process)
    assert not failures, failures


@pytest.fixture(autouse=True)
def left_clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """The watch over the shared server."""
    watch = request.config.stash[_watch_key]
    watch.test_begins()
    yield
    if "server" not in request.fixturenames:
        return
    process = request.getfixturevalue("server")
    try:
        assert process.runs(), f"the server has died: {process.process.poll()}"
        _check_left_clean(process)
    except Exception:
        # The next test has done nothing wrong.
        process.kill()
        process.start()
        raise


def _check_left_clean(process: ServerProcess) -> None:
    """Whether a server that should be running is well and idle, and holds nothing temporary."""
    if not process.runs():
        return  # Its test has ended it; stop() looks at the exit code.
    door = HttpDoor(process.http_port)
    try:
        assert door.json("/healthz") == {"status": "ok"}
        process.gauges.wait_until_idle()
        assert door.value("SELECT count(*) FROM duckdb_tables() WHERE temporary") == 0
    finally:
        door.close()


@pytest.fixture
def open_door() -> Iterator[Callable[[ServerProcess, str], Door]]:
    """Opens a door to any server: open_door(server, "flight")."""
    opened: list[Door] = []

    def open_(process: ServerProcess, name: str = "http") -> Door:
        opened.append(doors.open_door(name, process.http_port, process.flight_port))
        return opened[-1]

    yield open_
    for door in opened:
        door.close()


@pytest.fixture
def door(server: ServerProcess, door_name: str, open_door: Callable[..., Door]) -> Door:
    """Each door to the shared server in turn."""
    return open_door(server, door_name)


@pytest.fixture
def http(server: ServerProcess, open_door: Callable[..., Door]) -> HttpDoor:
    """The HTTP door to the shared server."""
    return open_door(server, "http")


@pytest.fixture
def flight(server: ServerProcess, open_door: Callable[..., Door]) -> FlightDoor:
    """The Flight door to the shared server."""
    return open_door(server, "flight")


@pytest.fixture
def stream(request: pytest.FixtureRequest, watch: _Watch) -> str:
    """A name that no other test puts to."""
    words = re.sub(r"\W+", "_", request.node.name).strip("_")
    return f"{words[:60]}_{watch.next_number()}"
