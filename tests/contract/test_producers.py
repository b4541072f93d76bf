"""A put of a producer lands once, however often it is sent, and in its turn."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.door import Door, PutAnswer, Refused, Stamp
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.waiting import wait_until

SMALL = 10
# More than a put that waits for company may have.
LARGE = 100_000


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def rows(request: pytest.FixtureRequest) -> int:
    return request.param


def test_a_put_that_is_sent_again_lands_once_and_answers_the_same(door: Door, stream: str,
                                                                  rows: int) -> None:
    first = door.put(stream, trips(rows), stamp=Stamp("p", 1))
    assert first.says(rows=rows, sequence=1, duplicate=False)
    again = door.put(stream, trips(rows), stamp=Stamp("p", 1))
    assert again.says(rows=rows, batches=first.batches, bytes=first.bytes, duplicate=True)
    same_table(door.table(stream), trips(rows))


def test_a_gap_is_refused_with_the_number_that_is_expected(door: Door, stream: str,
                                                           rows: int) -> None:
    door.put(stream, trips(rows), stamp=Stamp("p", 1))
    with pytest.raises(Refused) as refused:
        door.put(stream, trips(rows), stamp=Stamp("p", 3))
    assert refused.value.kind == "conflict"
    assert "expected is 2" in refused.value.message
    assert door.put(stream, trips(rows), stamp=Stamp("p", 2)).says(duplicate=False)
    assert door.put(stream, trips(rows), stamp=Stamp("p", 3)).says(duplicate=False)
    assert door.rows(stream) == 3 * rows


def test_a_first_put_begins_with_one(door: Door, stream: str) -> None:
    for sequence, kind in [(0, "invalid-input"), (-1, "invalid-input"), (2, "conflict")]:
        with pytest.raises(Refused) as refused:
            door.put(stream, trips(1), stamp=Stamp("p", sequence))
        assert refused.value.kind == kind
    assert not door.has_table(stream)


def test_a_later_epoch_fences_out_the_earlier_one(door: Door, stream: str, rows: int) -> None:
    door.put(stream, trips(rows), stamp=Stamp("p", 1, epoch=1))
    door.put(stream, trips(rows), stamp=Stamp("p", 2, epoch=5))
    for sequence in (1, 2, 3):
        with pytest.raises(Refused) as refused:
            door.put(stream, trips(rows), stamp=Stamp("p", sequence, epoch=4))
        assert refused.value.kind == "conflict"
        assert "epoch 5" in refused.value.message
    # The new one may send again what the old one was not sure of.
    assert door.put(stream, trips(rows), stamp=Stamp("p", 1, epoch=6)).says(duplicate=True)
    assert door.put(stream, trips(rows), stamp=Stamp("p", 3, epoch=6)).says(duplicate=False)
    assert door.rows(stream) == 3 * rows


def test_a_refused_put_may_be_sent_again(door: Door, stream: str, rows: int) -> None:
    door.put(stream, trips(rows), stamp=Stamp("p", 1))
    other = trips(rows).rename_columns([f"{name}_2" for name in trips(0).column_names])
    with pytest.raises(Refused) as refused:
        door.put(stream, other, stamp=Stamp("p", 2))
    assert refused.value.kind == "conflict"
    assert door.put(stream, trips(rows), stamp=Stamp("p", 2)).says(duplicate=False)
    assert door.rows(stream) == 2 * rows


def test_producers_and_streams_do_not_share_their_sequences(door: Door, stream: str) -> None:
    for name in (stream, stream + "_b"):
        for producer in ("p", "q"):
            assert door.put(name, trips(SMALL), stamp=Stamp(producer, 1)).says(duplicate=False)
    assert door.rows(stream) == door.rows(stream + "_b") == 2 * SMALL


def test_a_producer_that_leaves_may_send_its_put_again(door: Door, server: ServerProcess,
                                                       stream: str) -> None:
    put = door.open_put(stream, trips(0).schema, stamp=Stamp("p", 1))
    put.write(trips(SMALL).to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    put.break_off()
    server.gauges.wait_until_idle()
    assert door.put(stream, trips(SMALL), stamp=Stamp("p", 1)).says(duplicate=False)
    assert door.rows(stream) == SMALL


def test_the_same_put_sent_at_once_lands_once(server: ServerProcess,
                                              open_door: Callable[..., Door], door_name: str,
                                              stream: str, rows: int) -> None:
    doors = [open_door(server, door_name) for _ in range(8)]
    for sequence in (1, 2):
        def put(sender: Door, number: int = sequence) -> PutAnswer:
            return sender.put(stream, trips(rows), stamp=Stamp("p", number))
        with ThreadPoolExecutor(len(doors)) as threads:
            answers = list(threads.map(put, doors))
        assert [answer.rows for answer in answers] == [rows] * 8
        assert sum(answer.says(duplicate=False) for answer in answers) in (1, 8)
    assert doors[0].rows(stream) == 2 * rows


def test_sequences_survive_the_server(start_server: Callable[..., ServerProcess],
                                      open_door: Callable[..., Door], door_name: str) -> None:
    server = start_server({})
    for sequence, rows in [(1, SMALL), (2, LARGE), (3, SMALL)]:
        door = open_door(server, door_name)
        assert door.put("t", trips(rows), stamp=Stamp("p", sequence)).says(duplicate=False)
        server.kill()
        server.start()
        door = open_door(server, door_name)
        again = door.put("t", trips(rows), stamp=Stamp("p", sequence))
        assert again.says(rows=rows, duplicate=True)
        assert door.get("SELECT count(*) AS n FROM t").column(0)[0].as_py() == sum(
            landed for number, landed in [(1, SMALL), (2, LARGE), (3, SMALL)] if number <= sequence)


@pytest.mark.parametrize("name", ["_arrowport.ledger", "_ARROWPORT.Ledger", '"_Arrowport".x'])
def test_nobody_puts_into_the_ledger(door: Door, name: str) -> None:
    with pytest.raises(Refused) as refused:
        door.put(name, trips(1))
    assert refused.value.kind == "forbidden"
