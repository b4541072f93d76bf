"""Connections that are cut in the middle of a message, and clocks that jump."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from harness.cutting_proxy import CuttingProxy
from harness.door import Door, Stamp
from harness.flight_door import FlightDoor
from harness.http_door import HttpDoor
from harness.producers import Producers
from harness.server_process import ServerProcess, preload

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


def test_what_is_cut_off_and_sent_again_lands_once(request: pytest.FixtureRequest,
                                                   start_server: Callable[..., ServerProcess],
                                                   open_door: Callable[..., Door]) -> None:
    seed = str(request.config.getoption("--seed"))
    server = start_server()
    with (CuttingProxy(server.http_port, f"{seed} http", 3_000_000) as http,
          CuttingProxy(server.flight_port, f"{seed} flight", 3_000_000) as flight):
        doors: dict[str, Callable[[], Door]] = {}
        for number in range(3):
            doors[f"http-{number}"] = lambda: HttpDoor(http.port)
            doors[f"flight-{number}"] = lambda: FlightDoor(flight.port)
        with Producers(doors) as producers:
            producers.wait_until(lambda: http.cuts >= 20 and flight.cuts >= 20, "each proxy has cut 20 times", 60)
            http.cutting = flight.cutting = False
            producers.wait_for_more()
    producers.check(open_door(server))


def test_a_clock_that_jumps_ends_nothing(start_server: Callable[..., ServerProcess], tmp_path: Path,
                                         open_door: Callable[..., Door]) -> None:
    if not FAKETIME.exists():
        pytest.skip("needs Debian's libfaketime")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    server = start_server({"drain_timeout": "20s"}, environment={
        **preload(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    door = open_door(server)
    rows = pa.table({"i": range(100)})
    sequence = 0
    for jump in ("+0", "+40d", "-4000d", "+0"):
        put = door.open_put("t", rows.schema, stamp=Stamp("p", sequence + 1))
        reading = door.open_get("SELECT i FROM range(3000000) t(i)")
        clock.write_text(jump)
        put.write(rows.to_batches()[0])
        assert put.finish().sequence == sequence + 1
        assert sum(batch.num_rows for batch in reading) == 3_000_000
        assert door.put("t", rows, stamp=Stamp("p", sequence + 1)).duplicate
        # A deadline of the call's own is not over because a clock says so.
        assert door.get("SELECT 1", timeout_ms=20_000).num_rows == 1
        sequence += 1
    assert door.rows("t") == 100 * sequence
