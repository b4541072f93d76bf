"""An arrowport server of its own for a measurement, and what the system knows of it."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BINARY = Path(__file__).resolve().parents[1] / "build/release/arrowport"


class Server:
    """Without a `database` it has a new one, which goes with it."""

    def __init__(self, options: list[str], database: str | None = None):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        ports = folder / "ports.json"
        self.process = subprocess.Popen(
            [BINARY, "serve", "--db", database or folder / "t.duckdb", "--http-port", "0", "--flight-port", "0",
             "--port-file", ports, "--log-level", "off", *options], stdout=subprocess.DEVNULL)
        while not ports.exists():
            if self.process.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.01)
        self.ports = json.loads(ports.read_text())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._folder.cleanup()

    def status(self, name: str) -> int:
        """A number of /proc/PID/status: "VmRSS" in KiB, "Threads"."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))

    def forget_peak(self) -> None:
        """Begins VmHWM anew."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) / 100

    def wait_until_still(self) -> None:
        used = -1.0
        while (now := self.processor_seconds()) - used > 0.02:
            used = now
            time.sleep(1)
