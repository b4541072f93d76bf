"""Puts at the same time: each of them lands once, whatever the others do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyarrow as pa

from harness.door import Door, Refused
from harness.samples import same_table, trips
from harness.server_process import ServerProcess

PRODUCERS = 16


def _together(work: Callable[[int], object], count: int = PRODUCERS) -> list:
    """Runs work(0) … work(count - 1) at once, as near as threads can."""
    barrier = Barrier(count)

    def run(index: int) -> object:
        barrier.wait()
        return work(index)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_first_puts_of_many_producers_into_a_new_table_all_land(
        server: ServerProcess, open_door: Callable[..., Door], door_name: str, stream: str) -> None:
    doors = [open_door(server, door_name) for _ in range(PRODUCERS)]
    answers = _together(lambda i: doors[i].put(stream, trips(1000, first_id=1000 * i)))
    assert [answer.rows for answer in answers] == [1000] * PRODUCERS
    same_table(doors[0].get(f'SELECT * FROM "{stream}" ORDER BY id'), trips(1000 * PRODUCERS))


def test_many_small_puts_of_many_producers_all_land(
        server: ServerProcess, open_door: Callable[..., Door], door_name: str, stream: str) -> None:
    doors = [open_door(server, door_name) for _ in range(PRODUCERS)]

    def produce(index: int) -> None:
        for turn in range(10):
            doors[index].put(stream, trips(5, first_id=5 * (index * 10 + turn)))

    _together(produce)
    same_table(doors[0].get(f'SELECT * FROM "{stream}" ORDER BY id'), trips(50 * PRODUCERS))


def test_a_first_put_that_fails_makes_way_for_the_others(
        server: ServerProcess, open_door: Callable[..., Door], door_name: str, stream: str) -> None:
    doors = [open_door(server, door_name) for _ in range(4)]
    schema = trips(0).schema
    slow = doors[0].open_put(stream, schema)
    slow.write(trips(10).to_batches()[0])

    def produce(index: int) -> int | str:
        if index == 0:
            slow.break_off()
            return "left"
        return doors[index].put(stream, trips(10, first_id=10 * index)).rows

    assert _together(produce, 4) == ["left", 10, 10, 10]
    same_table(doors[0].get(f'SELECT * FROM "{stream}" ORDER BY id'), trips(30, first_id=10))


def test_a_put_that_is_slow_holds_up_no_other_table(
        server: ServerProcess, open_door: Callable[..., Door], door_name: str, stream: str) -> None:
    slow_door, door = open_door(server, door_name), open_door(server, door_name)
    slow = slow_door.open_put(stream, trips(0).schema)
    slow.write(trips(10).to_batches()[0])
    door.put(stream + "_other", trips(10))
    assert door.value("SELECT 42") == 42
    slow.write(trips(10, first_id=10).to_batches()[0])
    assert slow.finish().rows == 20


def test_one_guilty_put_is_refused_and_the_innocent_ones_land(
        server: ServerProcess, open_door: Callable[..., Door], door_name: str, stream: str) -> None:
    doors = [open_door(server, door_name) for _ in range(PRODUCERS)]
    doors[0].get(f'CREATE TABLE "{stream}" (id BIGINT CHECK (id <> 13))')

    def produce(index: int) -> str:
        try:
            doors[index].put(stream, pa.table({"id": [index]}))
        except Refused as refused:
            return refused.kind
        return "landed"

    outcomes = _together(produce)
    assert outcomes == ["conflict" if i == 13 else "landed" for i in range(PRODUCERS)]
    ids = doors[0].get(f'SELECT id FROM "{stream}" ORDER BY id')["id"].to_pylist()
    assert ids == [i for i in range(PRODUCERS) if i != 13]
