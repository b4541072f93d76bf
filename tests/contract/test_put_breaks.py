"""A put is one transaction: what breaks in its middle leaves no rows, and no table that was new."""

import os
import signal
import subprocess
import sys

import pyarrow as pa
import pytest

from harness.door import Door, Refused
from harness.program import REPOSITORY
from harness.samples import same_table, trips, wide_rows
from harness.server_process import ServerProcess
from harness.waiting import wait_until


def _invalid_text(rows: int) -> pa.RecordBatch:
    """A batch whose last string is no UTF-8."""
    words = [b"fine"] * (rows - 1) + [b"\xff\xfe"]
    binary = pa.array(words, pa.binary())
    return pa.record_batch({"word": pa.Array.from_buffers(pa.string(), rows, binary.buffers())})


def _fine_text(rows: int) -> pa.RecordBatch:
    return pa.record_batch({"word": pa.array(["fine"] * rows)})


@pytest.mark.parametrize("exists", [True, False], ids=["table", "new"])
def test_a_batch_that_is_not_valid_takes_the_whole_put_with_it(door: Door, stream: str,
                                                               exists: bool) -> None:
    if exists:
        door.put(stream, [_fine_text(7)])
    with pytest.raises(Refused) as refused:
        # More than a row group, so that rows were inserted before the bad ones came.
        door.put(stream, [_fine_text(150_000), _fine_text(150_000), _invalid_text(10)])
    assert refused.value.kind == "invalid-input"
    assert "UTF" in refused.value.message
    assert "word" in refused.value.message
    assert door.has_table(stream) == exists
    if exists:
        assert door.rows(stream) == 7


@pytest.mark.parametrize("exists", [True, False], ids=["table", "new"])
def test_a_client_that_leaves_in_the_middle_leaves_no_rows(door: Door, server: ServerProcess,
                                                           stream: str, exists: bool) -> None:
    if exists:
        door.put(stream, trips(3))
    put = door.open_put(stream, trips(0).schema)
    for first in range(0, 500_000, 50_000):
        put.write(trips(50_000, first_id=first).combine_chunks().to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    put.break_off()
    server.gauges.wait_until_idle()
    assert door.has_table(stream) == exists
    if exists:
        same_table(door.table(stream), trips(3))


_KILLED_CLIENT = """
import sys
import pyarrow as pa
from harness.doors import open_door
from harness.samples import wide_rows
name, http_port, flight_port, stream = sys.argv[1:]
door = open_door(name, int(http_port), int(flight_port))
batch = wide_rows(1000)
put = door.open_put(stream, batch.schema)
while True:
    put.write(batch)
    print("sent", flush=True)
"""


def test_a_client_killed_in_the_middle_of_a_put_leaves_no_rows(
        door: Door, door_name: str, server: ServerProcess, stream: str) -> None:
    door.put(stream, [wide_rows(3)])
    ports = [str(server.http_port), str(server.flight_port)]
    client = subprocess.Popen(
        [sys.executable, "-c", _KILLED_CLIENT, door_name, *ports, stream],
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(REPOSITORY / "tests")})
    for _ in range(50):
        assert client.stdout.readline() == b"sent\n"
    assert server.gauges.running_puts == 1
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    server.gauges.wait_until_idle()
    assert door.rows(stream) == 3


def test_readers_never_see_half_of_a_put(door: Door, server: ServerProcess, stream: str) -> None:
    door.put(stream, trips(3))
    put = door.open_put(stream, trips(0).schema)
    for first in range(0, 500_000, 50_000):
        put.write(trips(50_000, first_id=first).combine_chunks().to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    assert door.rows(stream) == 3
    assert put.finish().rows == 500_000
    assert door.rows(stream) == 500_003


def test_a_refused_put_costs_the_next_one_nothing(door: Door, stream: str) -> None:
    door.put(stream, trips(1))
    for _ in range(20):
        with pytest.raises(Refused):
            door.put(stream, pa.table({"unknown": [1]}))
        with pytest.raises(Refused):
            door.put(stream, [_invalid_text(3)])
    door.put(stream, trips(1, first_id=1))
    same_table(door.table(stream), trips(2))


def test_a_put_that_meets_a_dropped_table_fails_as_one(door: Door, server: ServerProcess,
                                                       stream: str) -> None:
    door.put(stream, trips(3))
    put = door.open_put(stream, trips(0).schema)
    put.write(trips(10).to_batches()[0])
    wait_until(lambda: server.gauges.running_puts == 1, "the put has begun")
    door.get(f'DROP TABLE "{stream}"')
    try:
        answer = put.finish()
    except Refused as refused:
        assert refused.kind == "conflict"
        assert not door.has_table(stream)
    else:
        # It never came to the table before it was gone, and made it anew.
        assert answer.rows == 10
        assert door.rows(stream) == 10
