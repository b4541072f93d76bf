"""kill -9 in the middle of puts: what was acknowledged is there, and nothing is half there."""

import random
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from harness.door import Door, Refused
from harness.server_process import ServerProcess

CLIENTS = ["http", "http", "flight", "flight"]
BATCH_ROWS = 5000
# The largest has more than a row group, which DuckDB writes into the file before the commit.
PUT_ROWS = [1, 7, 1000, 12_345, 150_000]
PUT_WEIGHTS = [5, 5, 5, 3, 1]
# Things that happen in a round at most: batches that were sent, puts that were acknowledged.
MOMENT_MAX = 150


def _batch(key: int, first: int, rows: int) -> pa.RecordBatch:
    ids = np.arange(first, first + rows)
    return pa.record_batch({"key": np.full(rows, key), "row": ids,
                            "text": pa.array(np.char.mod("row %d", ids)).cast(pa.string())})


@dataclass
class _Books:
    """What was tried in all rounds, and what of it was acknowledged: rows by key."""

    shared: dict[int, int] = field(default_factory=dict)  # Puts into the one table of all clients.
    own: dict[int, int] = field(default_factory=dict)  # Puts that each make a table of their own.
    acknowledged: set[int] = field(default_factory=set)

    def check(self, door: Door) -> None:
        landed = door.get('SELECT key, count(*) AS rows, count(DISTINCT "row") AS different, '
                          'max("row") AS last, bool_and(text = \'row \' || "row") AS intact '
                          'FROM shared GROUP BY key') if door.has_table("shared") else pa.table({})
        found = {row.pop("key"): row for row in landed.to_pylist()}
        for key, row in found.items():
            rows = self.shared[key]
            assert row == {"rows": rows, "different": rows, "last": rows - 1, "intact": True}, key
        tables = door.list_tables()
        tables.pop("shared", None)
        assert tables == {f"own_{key}": self.own[key] for key in self._keys(tables)}
        present = found.keys() | self._keys(tables)
        assert not self.acknowledged - present, "acknowledged puts are lost"

    @staticmethod
    def _keys(tables: dict[str, int]) -> set[int]:
        return {int(name.removeprefix("own_")) for name in tables}


class _Round:
    """Clients put until the server is killed, which is after so many things have happened."""

    def __init__(self, server: ServerProcess, doors: list[Door], books: _Books,
                 chance: random.Random, first_key: int):
        self._server = server
        self._books = books
        self._left = chance.randint(1, MOMENT_MAX)
        self._next_key = first_key
        self._lock = threading.Lock()
        self._killed = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=(door, random.Random(chance.random())))
                         for door in doors]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        assert not self._failures, self._failures

    def _work(self, door: Door, chance: random.Random) -> None:
        try:
            while not self._killed.is_set():
                self._act(door, chance)
        except BaseException as error:
            # Whatever a client says once its server is dead.
            if not self._killed.is_set():
                self._failures.append(error)
                self._kill()

    def _act(self, door: Door, chance: random.Random) -> None:
        if chance.random() < 0.05:
            try:
                door.get("CHECKPOINT")
            except Refused as refused:
                assert "CHECKPOINT" in refused.message
            return
        rows = chance.choices(PUT_ROWS, PUT_WEIGHTS)[0]
        is_own = chance.random() < 0.2
        with self._lock:
            key = self._next_key
            self._next_key += 1
            (self._books.own if is_own else self._books.shared)[key] = rows
        put = door.open_put(f"own_{key}" if is_own else "shared", _batch(0, 0, 0).schema)
        for first in range(0, rows, BATCH_ROWS):
            put.write(_batch(key, first, min(BATCH_ROWS, rows - first)))
            self._happened()
        assert put.finish().rows == rows
        with self._lock:
            self._books.acknowledged.add(key)
        self._happened()

    def _happened(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._kill()

    def _kill(self) -> None:
        self._killed.set()
        self._server.signal(signal.SIGKILL)


def test_a_killed_server_keeps_what_it_acknowledged_and_nothing_by_halves(
        request: pytest.FixtureRequest, start_server: Callable[..., ServerProcess], open_door) -> None:
    seed = request.config.getoption("--seed")
    server = start_server({"log_level": "info"})
    books = _Books()
    for number in range(request.config.getoption("--crash-rounds")):
        doors = [open_door(server, name) for name in CLIENTS]
        chance = random.Random(f"{seed} {number}")
        _Round(server, doors, books, chance, first_key=1_000_000 * number).run()
        server.kill()
        server.start()
        try:
            books.check(open_door(server))
        except AssertionError as failure:
            raise AssertionError(f"--seed {seed}, round {number}") from failure
    assert books.acknowledged, "no round came to an acknowledged put"
