"""Disks that are full or fail, and checkpoints that fail: nothing acknowledged is lost, and the server
is back by itself."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from harness.door import BrokenOff, Door, Refused, Stamp
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.producers import TABLE, Producers
from harness.server_process import ServerProcess, preload
from harness.small_disk import MIB, CannotMount, SmallDisk
from harness.waiting import wait_until

PRODUCERS = {"http-1": "http", "http-2": "http", "flight-1": "flight", "flight-2": "flight"}
FIU = Path("/usr/lib/fiu")
EIO = 5
WRITE_OF_DUCKDB = "_ZN6duckdb15LocalFileSystem5WriteERNS_10FileHandleEPvl"
WRITE_AT_OF_DUCKDB = "_ZN6duckdb15LocalFileSystem5WriteERNS_10FileHandleEPvlm"

OpenDoor = Callable[..., Door]
StartServer = Callable[..., ServerProcess]


def _producers(server: ServerProcess, open_door: OpenDoor) -> Producers:
    return Producers({name: lambda door=door: open_door(server, door) for name, door in PRODUCERS.items()})


def _times_reopened(server: ServerProcess) -> int:
    return int(server.gauges.value("arrowport_database_times_reopened"))


def _is_ready(door: HttpDoor) -> bool:
    try:
        return door.json("/readyz") == {"status": "ok"}
    except Refused as refused:
        assert refused.kind == "unavailable"
        return False


def _checkpoint_fails(door: Door) -> bool:
    try:
        door.get("CHECKPOINT")
    except Refused as refused:
        # Conflict: somebody writes.
        assert refused.kind in ("unavailable", "conflict"), refused
        return refused.kind == "unavailable"
    return False


def _is_served_on_a_full_disk(door: HttpDoor) -> bool:
    """Not when commits went beside the checkpoint: DuckDB needs room to join the two logs."""
    def state() -> str:
        try:
            return door.json("/readyz")["status"]
        except Refused as refused:
            return "no room" if "cannot be opened again yet" in refused.message else ""

    return wait_until(state, "the database is open again, or finds no room for that", 30) == "ok"


def _wait_until_reopened(server: ServerProcess, door: HttpDoor, times: int = 1) -> None:
    wait_until(lambda: _times_reopened(server) >= times and _is_ready(door),
               "the database is open again", 30)


def _let_checkpoints_fail(door: HttpDoor, point: str) -> None:
    try:
        door.get(f"SET GLOBAL debug_checkpoint_abort = '{point}'")
    except Refused as refused:
        # A checkpoint that is on its way meets the setting before the statement is over.
        assert refused.kind == "unavailable", refused


@pytest.mark.parametrize("point", ["before_truncate", "before_header", "after_free_list_write"])
def test_goes_on_after_a_checkpoint_that_failed(point: str, start_server: StartServer,
                                                open_door: OpenDoor) -> None:
    # DuckDB's own checkpoints, at four times as much, come within commits.
    server = start_server({"log_level": "info", "checkpoint.wal_bytes_max": "128KiB"})
    door = open_door(server)
    with _producers(server, open_door) as producers:
        for times in range(1, 4):
            producers.wait_for_more()
            _let_checkpoints_fail(door, point)
            _wait_until_reopened(server, door, times)
        producers.wait_for_more()
    producers.check(door)
    assert "the database is open again" in server.log()
    server.kill()
    server.start()
    producers.check(open_door(server))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        disk = SmallDisk(tmp_path / "disk", 400 * MIB)
    except CannotMount as reason:
        pytest.skip(f"needs a small tmpfs, and may not mount one: {reason}")
    with disk:
        yield disk


def test_keeps_a_reserve_free_and_reads_go_on(small_disk: SmallDisk, start_server: StartServer,
                                              open_door: OpenDoor) -> None:
    server = start_server({"db": small_disk.folder / "x.duckdb", "disk_reserve_bytes": "64MiB"})
    http = open_door(server, "http")
    rows = pa.table({"i": range(1000)})
    http.put("t", rows)
    small_disk.fill(leave=32 * MIB)
    for name in ("http", "flight"):
        door = open_door(server, name)

        def refusal(door: Door = door) -> Refused | None:
            try:
                door.put("t", rows)
            except Refused as refused:
                return refused
            return None

        refused = wait_until(refusal, "a put is refused")
        assert refused.kind == "storage-full"
        assert "disk_reserve_bytes" in refused.message
        assert door.rows("t") % 1000 == 0
    answer = http.send("POST", "/ingest/t", ipc_stream(rows.schema, rows.to_batches()),
                       {"Content-Type": ARROW_STREAM})
    answer.read()
    assert answer.status == 507 and answer.headers["Retry-After"]
    ready = http.json("/readyz")
    assert ready["status"] == "reads only" and "disk_reserve_bytes" in ready["reason"]
    assert http.json("/healthz") == {"status": "ok"}
    assert server.gauges.value("arrowport_disk_free_bytes") < 64 * MIB
    before = http.rows("t")
    small_disk.empty()
    wait_until(lambda: http.json("/readyz") == {"status": "ok"}, "puts are taken again")
    for name in ("http", "flight"):
        open_door(server, name).put("t", rows)
    assert http.rows("t") == before + 2000
    assert _times_reopened(server) == 0


def test_what_was_dropped_on_a_full_disk_is_room_for_new_rows(small_disk: SmallDisk, start_server: StartServer,
                                                              open_door: OpenDoor) -> None:
    server = start_server({"db": small_disk.folder / "x.duckdb", "disk_reserve_bytes": 0})
    door = open_door(server)
    rows = "SELECT i, hash(i) AS h, md5(i::VARCHAR) AS s FROM range(1000000) t(i)"
    door.get(f"CREATE TABLE old AS {rows}")
    door.get("CHECKPOINT")
    small_disk.fill()
    # There is no room in the log to say so.
    with pytest.raises(Refused) as refused:
        door.get("DROP TABLE old")
    assert refused.value.kind == "storage-full"
    assert door.rows("old") == 1_000_000
    small_disk.empty()
    small_disk.fill(leave=4 * MIB)
    door.get("DROP TABLE old")
    door.get("CHECKPOINT")
    # Many times what is free on the disk.
    door.get(f"CREATE TABLE new AS {rows}")
    assert door.rows("new") == 1_000_000
    assert small_disk.free < 4 * MIB
    # To give it back to the disk, what is left is copied.
    door.get(f"ATTACH '{small_disk.folder.parent / 'other.duckdb'}' AS other; "
             "DROP TABLE new; CREATE TABLE left_over AS SELECT 42 AS a; COPY FROM DATABASE x TO other; DETACH other")
    assert (small_disk.folder.parent / "other.duckdb").stat().st_size < 2 * MIB
    assert _times_reopened(server) == 0


def test_comes_back_by_itself_when_there_is_room_again(small_disk: SmallDisk, start_server: StartServer,
                                                       open_door: OpenDoor) -> None:
    # To join its logs DuckDB needs as much room again as they have.
    server = start_server({"db": small_disk.folder / "x.duckdb", "disk_reserve_bytes": 0,
                           "checkpoint.wal_bytes_max": "32MiB", "log_level": "info"})
    door = open_door(server)
    with _producers(server, open_door) as producers:
        producers.wait_for_more(10)
        small_disk.fill()
        wait_until(lambda: _checkpoint_fails(door), "a checkpoint finds no room")
        if _is_served_on_a_full_disk(door):
            acknowledged = sum(producers.acknowledged.values())
            puts = f"SELECT count(*) FROM (SELECT DISTINCT producer, sequence FROM {TABLE})"
            assert door.value(puts) >= acknowledged
        small_disk.empty()
        _wait_until_reopened(server, door)
        producers.wait_for_more()
    producers.check(door)
    assert producers.refused.get("storage-full", 0) > 0


@pytest.fixture
def start_on_failing_disk(start_server: StartServer, tmp_path: Path) -> StartServer:
    """Starts a server whose system calls fail when `fiu-ctrl` says so."""
    if not (FIU / "fiu_posix_preload.so").exists() or shutil.which("fiu-ctrl") is None:
        pytest.skip("needs Debian's fiu-utils")

    def start(options: dict[str, object]) -> ServerProcess:
        # As fiu-run does, which would be the parent of the server.
        libraries = preload(FIU / "fiu_run_preload.so", FIU / "fiu_posix_preload.so")
        return start_server(options, environment={**libraries, "FIU_CTRL_FIFO": str(tmp_path / "fiu")})

    return start


def _fail_once(server: ServerProcess, tmp_path: Path, what: str) -> None:
    """What a disk does that fails: the next such call ends with EIO."""
    subprocess.run(["fiu-ctrl", "-c", f"{what},failinfo={EIO},onetime", f"{tmp_path}/fiu-{server.pid}"],
                   check=True, timeout=30)


@pytest.mark.parametrize("what", [
    "enable name=posix/io/sync/fsync",
    f"enable_stack_by_name name=posix/io/rw/write,func_name={WRITE_OF_DUCKDB}",
    f"enable_stack_by_name name=posix/io/rw/pwrite,func_name={WRITE_AT_OF_DUCKDB}",
], ids=["fsync", "write-to-the-log", "write-to-the-file"])
def test_trusts_no_handle_that_has_failed(what: str, start_on_failing_disk: StartServer, tmp_path: Path,
                                          open_door: OpenDoor) -> None:
    server = start_on_failing_disk({"log_level": "info", "checkpoint.wal_bytes_max": "128KiB"})
    door = open_door(server)
    with _producers(server, open_door) as producers:
        for times in range(1, 4):
            producers.wait_for_more()
            _fail_once(server, tmp_path, what)
            _wait_until_reopened(server, door, times)
        producers.wait_for_more()
    producers.check(door)
    assert producers.refused.get("unavailable", 0) > 0
    server.kill()
    server.start()
    producers.check(open_door(server))
    # A thread of libfiu takes the signal by which a server is stopped.
    server.kill()


def test_ends_what_runs_when_the_disk_fails(start_on_failing_disk: StartServer, tmp_path: Path,
                                            open_door: OpenDoor) -> None:
    server = start_on_failing_disk({"log_level": "info"})
    doors = [open_door(server, name) for name in ("http", "flight")]
    rows = pa.table({"i": range(10)})
    doors[0].put("t", rows)
    readings = [door.open_get("SELECT i, i::VARCHAR AS s FROM range(2000000000) t(i)") for door in doors]
    for reading in readings:
        assert reading.next().num_rows > 0
    _fail_once(server, tmp_path, "enable name=posix/io/sync/fsync")
    with pytest.raises(Refused) as refused:
        open_door(server).put("t", rows, stamp=Stamp("p", 1))
    assert refused.value.kind == "unavailable"
    _wait_until_reopened(server, doors[0])
    for reading in readings:
        with pytest.raises((Refused, BrokenOff)):
            for _batch in reading:
                pass
    # Whether it made it or not, it is there once when it is sent again.
    open_door(server).put("t", rows, stamp=Stamp("p", 1))
    assert open_door(server).rows("t") == 20
    # A thread of libfiu takes the signal by which a server is stopped.
    server.kill()
