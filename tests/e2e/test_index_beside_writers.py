"""An index is made while others put rows, delete them and change them, and nothing is lost."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import HttpDoor
from harness.server_process import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenDoor = Callable[..., HttpDoor]

SECONDS = 5


def rows(begin: int, count: int) -> pa.Table:
    ids = list(range(begin, begin + count))
    return pa.table({"id": pa.array(ids, pa.int64()), "g": pa.array([i % 10 for i in ids], pa.int64()),
                     "v": [f"x{i}" for i in ids]})


class Race:
    """Clients that each do one thing again and again; what they were refused, by kind."""

    def __init__(self, server: ServerProcess, seed: int):
        self.server = server
        self.seed = seed
        self.done: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self._until = time.monotonic() + SECONDS

    def run(self, *acts: Callable[[HttpDoor, random.Random, int], None]) -> None:
        clients = [threading.Thread(target=self._client, args=(act, number))
                   for number, act in enumerate(acts)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    def _client(self, act: Callable[[HttpDoor, random.Random, int], None], number: int) -> None:
        chance = random.Random(self.seed * 1000 + number)
        name = act.__name__
        with closing(HttpDoor(self.server.http_port)) as door:
            turn = 0
            while time.monotonic() < self._until:
                turn += 1
                try:
                    act(door, chance, number * 1_000_000 + turn)
                    self.done[name] += 1
                except Refused as refused:
                    self.refused[refused.kind, refused.message[:200]] += 1


def make_and_drop_index(door: HttpDoor, _chance: random.Random, turn: int) -> None:
    door.get(f"CREATE INDEX i{turn} ON t(id)")
    door.get(f"DROP INDEX i{turn}")


def put(door: HttpDoor, chance: random.Random, turn: int) -> None:
    door.put("t", rows(turn, chance.choice([1, 100, 3000])))


def delete(door: HttpDoor, chance: random.Random, _turn: int) -> None:
    door.get(f"DELETE FROM t WHERE id % {chance.randint(2, 100)} = 0")


def change_ids(door: HttpDoor, chance: random.Random, _turn: int) -> None:
    door.get(f"UPDATE t SET id = id + 1 WHERE id % {chance.randint(2, 50)} = 0")


def delete_and_insert(door: HttpDoor, chance: random.Random, turn: int) -> None:
    door.get(f"BEGIN; DELETE FROM t WHERE id % {chance.randint(2, 100)} = 1; "
             f"INSERT INTO t SELECT range + {turn}, 1, 'z' FROM range(100); COMMIT")


def read(door: HttpDoor, _chance: random.Random, _turn: int) -> None:
    door.value("SELECT count(*) FROM t WHERE g < 5")


def truncate(door: HttpDoor, chance: random.Random, turn: int) -> None:
    door.get("TRUNCATE t" if chance.random() < 0.1 else f"SELECT {turn}")


@pytest.mark.parametrize("writers", [(delete, put, put, read), (change_ids, put, put),
                                     (delete_and_insert, delete_and_insert, put),
                                     (delete, change_ids, truncate, put, read, make_and_drop_index)],
                         ids=lambda acts: " and ".join(act.__name__ for act in acts))
def test_an_index_is_made_while_others_write(
        writers: tuple, start_server: StartServer, open_door: OpenDoor, pytestconfig: pytest.Config) -> None:
    seed = pytestconfig.getoption("--seed")
    server = start_server({"threads": 2})
    door = open_door(server)
    door.put("t", rows(0, 5000))
    race = Race(server, seed)
    race.run(make_and_drop_index, *writers)
    told = f"seed {seed}: {dict(race.done)}, {dict(race.refused)}"
    print(told)
    # Transactions that change the same rows are a conflict of their own.
    assert {kind for kind, _ in race.refused} <= {"conflict"}, told
    assert race.done["make_and_drop_index"] > 0, told
    assert server.gauges.value("arrowport_database_times_reopened") == 0, told
    door.get("CREATE INDEX last ON t(id)")
    everything = door.value("SELECT count(*) FROM t")
    door.get("DELETE FROM t")
    assert door.value("SELECT count(*) FROM t") == 0, (told, everything)
    door.get("CHECKPOINT")
