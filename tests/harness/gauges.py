"""The server's numbers about itself, as `GET /metrics` shows them."""

import re
import urllib.request

from harness.waiting import wait_until

# What is counted while somebody has it, and is gone when all clients are.
KEPT = ("arrowport_sessions", "arrowport_transactions", "arrowport_prepared_statements", "arrowport_running_queries",
        "arrowport_result_bytes_held", "arrowport_running_puts")

_LINE = re.compile(r"^(?P<name>[a-zA-Z_:]\w*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")


class Gauges:
    def __init__(self, http_url: str):
        self._url = http_url + "/metrics"

    def page(self) -> str:
        with urllib.request.urlopen(self._url, timeout=30) as answer:
            return answer.read().decode()

    def all(self) -> dict[str, float]:
        """By name, with its labels where it has any: 'arrowport_puts_total{outcome="ok"}'."""
        values = {}
        for line in self.page().splitlines():
            found = _LINE.match(line)
            if found:
                labels = f"{{{found['labels']}}}" if found["labels"] else ""
                values[found["name"] + labels] = float(found["value"])
        return values

    def value(self, name: str) -> float:
        return self.all()[name]

    @property
    def running_queries(self) -> int:
        return int(self.value("arrowport_running_queries"))

    @property
    def running_puts(self) -> int:
        return int(self.value("arrowport_running_puts"))

    @property
    def result_bytes_held(self) -> int:
        return int(self.value("arrowport_result_bytes_held"))

    def wait_until_idle(self, seconds: float = 10) -> None:
        """Until no query or put runs and no result is held."""
        names = ("arrowport_running_queries", "arrowport_running_puts", "arrowport_result_bytes_held")

        def idle() -> bool:
            values = self.all()
            return all(values[name] == 0 for name in names)

        try:
            wait_until(idle, "the server is idle", seconds)
        except AssertionError as late:
            values = self.all()
            seen = ", ".join(f"{name} {values[name]:.0f}" for name in names)
            raise AssertionError(f"{late}: {seen}") from None

    def wait_until_nothing_is_kept(self, seconds: float = 60) -> None:
        """Until what clients left without a word is gone as well."""
        def kept() -> dict[str, float]:
            return {name: value for name, value in self.all().items() if name in KEPT and value}

        try:
            wait_until(lambda: not kept(), "nothing is kept", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}: {kept()}") from None
