"""A real `arrowport serve`, from its start to its end."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from harness.gauges import Gauges
from harness.program import BINARY, clean_environment, patient
from harness.waiting import wait_until


def preload(*libraries: Path) -> dict[str, str]:
    """The environment that puts `libraries` before all others of a server, with glibc's malloc: that of the program
    asks for the time and maps memory when it starts, which is too early for who stands in between."""
    return {"LD_PRELOAD": " ".join([*map(str, libraries), "libstdc++.so.6", "libc.so.6"])}


class ServerDidNotStart(Exception):
    """With the exit code and what the server said."""

    def __init__(self, exit_code: int, log: str):
        super().__init__(f"arrowport serve ended with {exit_code}:\n{log}")
        self.exit_code = exit_code
        self.log = log


@dataclass
class ServerProcess:
    """Runs from `start` to `stop` or `kill`, and can be started again on the same database.

    Options are named as in the option table: {"http.idle_timeout": "1s"}. Of a list, each is given.
    """

    folder: Path
    options: dict[str, object] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    binary: Path = BINARY
    http_port: int = 0
    flight_port: int = 0
    _process: subprocess.Popen | None = None

    @property
    def database(self) -> str:
        return str(self.options.get("db", self.folder / "test.duckdb"))

    @property
    def log_path(self) -> Path:
        return self.folder / "server.log"

    @property
    def port_file(self) -> Path:
        return self.folder / "ports.json"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def flight_url(self) -> str:
        return f"grpc://127.0.0.1:{self.flight_port}"

    @property
    def gauges(self) -> Gauges:
        return Gauges(self.http_url)

    @property
    def process(self) -> subprocess.Popen:
        assert self._process is not None, "the server was not started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def command(self) -> list[str]:
        options = {"db": self.database, "http_port": 0, "flight_port": 0, "log_level": "debug",
                   "port_file": self.port_file} | self.options
        flags = []
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                flags += ["--" + name.replace(".", "-").replace("_", "-"), str(one)]
        return [str(self.binary), "serve", *flags]

    def start(self) -> "ServerProcess":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port_file.unlink(missing_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=clean_environment(self.environment), cwd=self.folder)
        try:
            wait_until(lambda: self.port_file.exists() or self.process.poll() is not None,
                       "the server has written its port file", 30)
        except AssertionError:
            self.kill()
            raise
        if (code := self.process.poll()) is not None:
            self._process = None
            raise ServerDidNotStart(code, self.log())
        ports = json.loads(self.port_file.read_text())
        self.http_port, self.flight_port = ports["http_port"], ports["flight_port"]
        return self

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        """The exit code, once the server has ended by itself."""
        try:
            return self.process.wait(patient(seconds))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {patient(seconds)} s\n"
                                 + self.log_tail()) from None

    def stop(self) -> None:
        """SIGTERM, which must end a healthy server with 0."""
        if self._process is None:
            return
        if self.runs():
            self.signal(signal.SIGTERM)
        code = self.wait()
        self._process = None
        assert code == 0, f"the server ended with {code}\n{self.log_tail()}"

    def kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def log(self, begin: int = 0) -> str:
        """What it said since `begin` bytes of its log."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")

    def log_tail(self, begin: int = 0, lines: int = 200) -> str:
        return "\n".join(self.log(begin).splitlines()[-lines:])

    def log_bytes(self) -> int:
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def resident_bytes(self) -> int:
        return self._status("VmRSS")

    def resident_bytes_peak(self) -> int:
        return self._status("VmHWM")

    def wait_until_still(self) -> None:
        """Until its processor time stands still: it waits for its clients."""
        seen: list[int] = []

        def still() -> bool:
            seen.append(self._cpu_ticks())
            return len(seen) > 60 and seen[-1] - seen[-60] <= 2

        wait_until(still, "the server waits for its clients", 60)

    def cpu_seconds(self) -> float:
        """Of processor time, all threads together."""
        return self._cpu_ticks() / os.sysconf("SC_CLK_TCK")

    def _cpu_ticks(self) -> int:
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        return sum(map(int, stat.rsplit(")", 1)[1].split()[11:13]))

    def thread_count(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise KeyError(name)
