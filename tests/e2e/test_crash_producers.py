"""kill -9 under producers who send again what was not acknowledged: everything lands once."""

import random
import signal
import threading
from collections.abc import Callable

import pyarrow as pa
import pytest

from harness.door import Door, Refused, Stamp
from harness.server_process import ServerProcess

PRODUCERS = ["http"] * 4 + ["flight"] * 4
# The largest streams in a transaction of its own, the others are committed in groups.
PUT_ROWS = [1, 10, 1000, 60_000]
PUT_WEIGHTS = [6, 6, 3, 1]
# Puts that are acknowledged in a round at most.
MOMENT_MAX = 120


def _rows_of(seed: str, name: str, sequence: int) -> int:
    """The same for every time that a put is sent."""
    return random.Random(f"{seed} {name} {sequence}").choices(PUT_ROWS, PUT_WEIGHTS)[0]


def _batch(name: str, sequence: int, rows: int) -> pa.Table:
    return pa.table({"producer": pa.array([name] * rows), "sequence": [sequence] * rows,
                     "row": pa.array(range(rows))})


class _Producers:
    """Each sends 1, 2, 3 …, the next one when the last was acknowledged."""

    def __init__(self, seed: str):
        self.seed = seed
        self.acknowledged = dict.fromkeys(self.names(), 0)

    @staticmethod
    def names() -> list[str]:
        return [f"{door}-{number}" for number, door in enumerate(PRODUCERS)]

    def run_until_killed(self, server: ServerProcess, doors: list[Door], moment: int) -> None:
        left = [moment]
        lock = threading.Lock()
        killed = threading.Event()
        failures: list[BaseException] = []

        def kill() -> None:
            killed.set()
            server.signal(signal.SIGKILL)

        def produce(name: str, door: Door) -> None:
            try:
                while not killed.is_set():
                    self._send_next(name, door)
                    with lock:
                        left[0] -= 1
                        if left[0] == 0:
                            kill()
            except BaseException as error:
                # Whatever a client says once its server is dead.
                if not killed.is_set():
                    failures.append(error)
                    kill()

        threads = [threading.Thread(target=produce, args=pair)
                   for pair in zip(self.names(), doors, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures

    def _send_next(self, name: str, door: Door) -> None:
        sequence = self.acknowledged[name] + 1
        rows = _rows_of(self.seed, name, sequence)
        answer = door.put("events", _batch(name, sequence, rows), stamp=Stamp(name, sequence))
        assert (answer.rows, answer.sequence) == (rows, sequence)
        self.acknowledged[name] = sequence

    def check(self, door: Door) -> None:
        if not door.has_table("events"):
            assert not any(self.acknowledged.values())
            return
        landed = door.get('SELECT producer, sequence, count(*) AS rows, max("row") AS last, '
                          'sum("row")::BIGINT AS sum FROM events GROUP BY ALL ORDER BY ALL').to_pylist()
        for name, acknowledged in self.acknowledged.items():
            mine = [row for row in landed if row["producer"] == name]
            assert [row["sequence"] for row in mine] == list(range(1, len(mine) + 1)), name
            assert acknowledged <= len(mine) <= acknowledged + 1, (name, acknowledged, len(mine))
            for row in mine:
                rows = _rows_of(self.seed, name, row["sequence"])
                whole = (rows, rows - 1, rows * (rows - 1) // 2)
                assert (row["rows"], row["last"], row["sum"]) == whole, row


def test_what_producers_send_again_after_a_kill_lands_once(
        request: pytest.FixtureRequest, start_server: Callable[..., ServerProcess],
        open_door: Callable[..., Door]) -> None:
    seed = str(request.config.getoption("--seed"))
    # A log that is small makes checkpoints part of it.
    server = start_server({"log_level": "info", "checkpoint.wal_bytes_max": "1MiB"})
    producers = _Producers(seed)
    for number in range(request.config.getoption("--crash-rounds")):
        doors = [open_door(server, name) for name in PRODUCERS]
        moment = random.Random(f"{seed} {number}").randint(1, MOMENT_MAX)
        producers.run_until_killed(server, doors, moment)
        server.kill()
        server.start()
        try:
            producers.check(open_door(server))
        except AssertionError as failure:
            raise AssertionError(f"--seed {seed}, round {number}") from failure
    assert all(producers.acknowledged.values()), "a producer never came to an acknowledged put"


def test_a_put_without_its_number_is_refused(open_door: Callable[..., Door],
                                             server: ServerProcess) -> None:
    door = open_door(server, "http")
    for fields in ({"Arrowport-Producer": "p"}, {"Arrowport-Sequence": "1"},
                   {"Arrowport-Producer": "p", "Arrowport-Sequence": "one"},
                   {"Arrowport-Producer": "p", "Arrowport-Sequence": "1", "Arrowport-Epoch": "-"}):
        with pytest.raises(Refused) as refused:
            door.request("POST", "/ingest/t", b"", fields)
        assert refused.value.kind == "invalid-input"
        assert "Arrowport-" in refused.value.message
