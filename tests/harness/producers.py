"""Clients that put, and send again what was not acknowledged, whatever happens to the server."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from harness.door import BrokenOff, Door, Refused, Stamp
from harness.program import patient
from harness.waiting import wait_until

# What a server in trouble answers; anything else is a failure.
PASSING = {"unavailable", "storage-full", "overloaded"}
# Between two tries of a put, as clients do.
_BACK_OFF_SECONDS = 0.02
# The largest streams in a transaction of its own, the others are committed in groups.
_PUT_ROWS = [1, 10, 1000, 60_000]
_PUT_WEIGHTS = [6, 6, 3, 1]
TABLE = "events"


def _rows_of(name: str, sequence: int) -> int:
    """The same for every time that a put is sent."""
    return random.Random(f"{name} {sequence}").choices(_PUT_ROWS, _PUT_WEIGHTS)[0]


def _batch(name: str, sequence: int) -> pa.Table:
    rows = _rows_of(name, sequence)
    return pa.table({"producer": pa.array([name] * rows), "sequence": [sequence] * rows,
                     "row": pa.array(range(rows))})


@dataclass
class Producers:
    """Each of `doors` has one, which sends 1, 2, 3 …: the next one when the last was acknowledged.

    Used with `with`, which starts them, and stops them when their put under way has landed.
    """

    doors: dict[str, Callable[[], Door]]
    acknowledged: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)  # By kind, and "broken off".

    def __post_init__(self) -> None:
        self.acknowledged = dict.fromkeys(self.doors, 0)
        self._stop = threading.Event()
        self._stopped_at = 0.0
        self._failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._produce, args=pair)
                         for pair in self.doors.items()]

    def __enter__(self) -> "Producers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped_at = time.monotonic()
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self._failures, self._failures

    def wait_for_more(self, puts: int = 3, seconds: float = 30) -> None:
        """Until each had so many more puts acknowledged."""
        goal = {name: acknowledged + puts for name, acknowledged in self.acknowledged.items()}
        self.wait_until(lambda: all(self.acknowledged[name] >= goal[name] for name in goal),
                        f"each producer had {puts} more puts acknowledged", seconds)

    def wait_until(self, look: Callable[[], object], what: str, seconds: float = 30) -> None:
        """As the function of this name, but ends when a producer has failed."""
        wait_until(lambda: self._failures or look(), what, seconds)
        assert not self._failures, self._failures

    def check(self, door: Door) -> None:
        """All that was acknowledged is there once, whole and in order, and nothing else is."""
        landed = door.get('SELECT producer, sequence, count(*) AS rows, max("row") AS last, '
                          f'sum("row")::BIGINT AS sum FROM {TABLE} GROUP BY ALL ORDER BY ALL').to_pylist()
        for name, acknowledged in self.acknowledged.items():
            mine = [row for row in landed if row["producer"] == name]
            assert [row["sequence"] for row in mine] == list(range(1, acknowledged + 1)), name
            for row in mine:
                rows = _rows_of(name, row["sequence"])
                whole = (rows, rows - 1, rows * (rows - 1) // 2)
                assert (row["rows"], row["last"], row["sum"]) == whole, row

    def _gives_up(self) -> bool:
        """Nobody waits for ever for a server that does not come back."""
        return self._stop.is_set() and time.monotonic() > self._stopped_at + patient(30)

    def _produce(self, name: str, open_door: Callable[[], Door]) -> None:
        try:
            door = open_door()
            while not self._stop.is_set():
                door = self._send_next(name, door, open_door)
            door.close()
        except BaseException as failure:
            self._failures.append(failure)

    def _send_next(self, name: str, door: Door, open_door: Callable[[], Door]) -> Door:
        sequence = self.acknowledged[name] + 1
        batch = _batch(name, sequence)
        while True:
            try:
                answer = door.put(TABLE, batch, stamp=Stamp(name, sequence))
            except Refused as refused:
                if refused.kind not in PASSING:
                    raise
                self._count(refused.kind)
            except (BrokenOff, OSError, http.client.HTTPException, json.JSONDecodeError, pa.ArrowException):
                # http.client takes a head without its end for a whole one, with no body.
                self._count("broken off")
                door.close()
                door = open_door()
            else:
                assert (answer.rows, answer.sequence) == (batch.num_rows, sequence)
                self.acknowledged[name] = sequence
                return door
            assert not self._gives_up(), f"{name}: nothing was acknowledged any more; {self.refused}"
            time.sleep(_BACK_OFF_SECONDS)

    def _count(self, what: str) -> None:
        with self._lock:
            self.refused[what] = self.refused.get(what, 0) + 1
