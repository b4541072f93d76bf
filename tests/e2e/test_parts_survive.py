"""Ingests in parts through restarts, kills and full disks; and what only one door has of them."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import flight

from harness.door import Door, PutAnswer, Refused
from harness.flight_door import FlightDoor
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.parts import HttpIngest, begin_ingest, go_on
from harness.samples import same_table, trips
from harness.server_process import ServerDidNotStart, ServerProcess
from harness.waiting import wait_until

ROWS = 50_000


def ingests_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir()]


def test_parts_survive_a_kill(start_server: Callable[..., ServerProcess],
                              open_door: Callable[..., Door]) -> None:
    server = start_server({})
    ingest = begin_ingest(open_door(server), "s")
    ingest.put("1", trips(ROWS))
    server.kill()
    server.start()
    ingest = go_on(open_door(server, "flight"), ingest)
    with pytest.raises(Refused) as refused:
        ingest.put("2", pa.table({"other": [1]}))
    assert refused.value.kind == "conflict"
    ingest.put("2", trips(ROWS, first_id=ROWS))
    server.kill()
    server.start()
    door = open_door(server)
    assert go_on(door, ingest).describe()["rows"] == 2 * ROWS
    assert go_on(door, ingest).commit(2).rows == 2 * ROWS
    same_table(door.table("s"), trips(2 * ROWS))


def test_a_commit_that_is_killed_lands_once(request: pytest.FixtureRequest,
                                            start_server: Callable[..., ServerProcess],
                                            open_door: Callable[..., Door]) -> None:
    seed = str(request.config.getoption("--seed"))
    server = start_server({"checkpoint.wal_bytes_max": "1MiB"})
    outcomes = {True: 0, False: 0}
    # How long a commit takes here, so that kills fall into it.
    whole = 0.1
    for number in range(request.config.getoption("--crash-rounds")):
        stream = f"s{number}"
        rows = random.Random(f"{seed} {number} rows").choice([10, 1_000, ROWS])
        door = open_door(server, "http")
        ingest = begin_ingest(door, stream)
        for part in range(3):
            ingest.put(str(part), trips(rows, first_id=part * rows))
        moment = random.Random(f"{seed} {number}").uniform(0, 1.5 * whole)
        answers: list[PutAnswer] = []

        def commit(ingest: HttpIngest = ingest, answers: list[PutAnswer] = answers) -> None:
            try:
                answers.append(ingest.commit(3))
            except Exception as error:
                # Whatever a client says once its server is dead.
                assert not isinstance(error, Refused), error

        began = time.monotonic()
        thread = threading.Thread(target=commit)
        thread.start()
        thread.join(moment)
        server.kill()
        thread.join()
        if answers:
            whole = time.monotonic() - began
        server.start()
        door = open_door(server)
        again = go_on(door, ingest).commit()
        outcomes[again.duplicate] += 1
        try:
            assert again.rows == 3 * rows
            assert again.duplicate or not answers
            same_table(door.table(stream), trips(3 * rows))
            assert not ingests_in(Path(server.database + ".parts"))
        except AssertionError as failure:
            raise AssertionError(f"--seed {seed}, round {number}") from failure
    print(f"landed before the kill: {outcomes[True]}, after it: {outcomes[False]}")


def test_what_was_left_unfinished_is_removed(start_server: Callable[..., ServerProcess],
                                             open_door: Callable[..., Door]) -> None:
    server = start_server({})
    door = open_door(server, "http")
    ingest = begin_ingest(door, "s")
    ingest.put("1", trips(10))
    parts = Path(server.database + ".parts")
    server.kill()
    (parts / ingest.id / "2.cut.arrows.partial").write_bytes(b"half")
    (parts / ("0" * 32)).mkdir()
    # What is not arrowport's stays where it is.
    (parts / "notes.txt").write_text("mine")
    (parts / "folder").mkdir()
    server.start()
    assert {path.name for path in parts.iterdir()} == {ingest.id, "notes.txt", "folder", ".lock"}
    assert len(list((parts / ingest.id).iterdir())) == 2
    assert go_on(open_door(server), ingest).commit().rows == 10


def test_a_manifest_that_makes_no_sense_is_left_for_people(start_server: Callable[..., ServerProcess],
                                                           open_door: Callable[..., Door]) -> None:
    server = start_server({})
    ingest = begin_ingest(open_door(server), "s")
    server.kill()
    manifest = Path(server.database + ".parts") / ingest.id / "ingest.json"
    manifest.write_text("{")
    server.start()
    with pytest.raises(Refused) as refused:
        go_on(open_door(server), ingest).commit()
    assert refused.value.kind == "not-found"
    assert manifest.read_text() == "{"
    assert "ingest.json" in server.log_path.read_text()


def test_a_folder_of_parts_is_of_one_server(start_server: Callable[..., ServerProcess],
                                            open_door: Callable[..., Door], tmp_path: Path) -> None:
    first = start_server({"ingest.parts_directory": tmp_path / "parts"})
    begin_ingest(open_door(first), "s")
    with pytest.raises(ServerDidNotStart) as failed:
        start_server({"ingest.parts_directory": tmp_path / "parts"})
    assert "is used by another server" in failed.value.log


def test_a_commit_goes_on_when_its_client_has_left(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    ingest = begin_ingest(http, stream)
    for part in range(4):
        ingest.put(str(part), trips(ROWS * 4, first_id=part * ROWS * 4))
    impatient = http.connect()
    impatient.request("POST", ingest.path)
    impatient.close()
    wait_until(lambda: http.has_table(stream) and http.rows(stream) == 16 * ROWS, "it has landed")

    def is_over() -> bool:
        try:
            return ingest.commit().duplicate
        except Refused as refused:
            assert refused.kind == "conflict", refused
            return False

    wait_until(is_over, "the commit is over")
    assert http.rows(stream) == 16 * ROWS


def test_an_ingest_expires_while_the_server_is_away(start_server: Callable[..., ServerProcess],
                                                    open_door: Callable[..., Door]) -> None:
    server = start_server({})
    ingest = begin_ingest(open_door(server), "s", lifetime_ms=1_500)
    ingest.put("1", trips(10))
    server.kill()
    server.start()
    wait_until(lambda: not ingests_in(Path(server.database + ".parts")), "it has expired")
    with pytest.raises(Refused) as refused:
        go_on(open_door(server), ingest).commit()
    assert refused.value.kind == "not-found"


def test_a_full_disk_does_not_hide_what_has_landed(start_server: Callable[..., ServerProcess],
                                                   open_door: Callable[..., Door]) -> None:
    server = start_server({})
    door = open_door(server)
    ingest, other = begin_ingest(door, "s"), begin_ingest(door, "s")
    for one in (ingest, other):
        one.put("1", trips(10))
    assert ingest.commit().rows == 10
    server.kill()
    # More than any disk has.
    server.options["disk_reserve_bytes"] = "1000000GiB"
    server.start()
    door = open_door(server)
    assert go_on(door, ingest).commit().duplicate
    for refused_now in (go_on(door, other).commit, lambda: begin_ingest(door, "s")):
        with pytest.raises(Refused) as refused:
            refused_now()
        assert refused.value.kind == "storage-full"
    assert door.rows("s") == 10


def test_parts_have_a_bound_on_disk(start_server: Callable[..., ServerProcess],
                                    open_door: Callable[..., Door]) -> None:
    server = start_server({"ingest.parts_bytes_max": "4MiB"})
    door = open_door(server, "http")
    ingest = begin_ingest(door, "s")
    ingest.put("1", trips(1_000))
    with pytest.raises(Refused) as refused:
        ingest.put("2", trips(500_000))
    assert refused.value.kind == "storage-full"
    assert "parts_bytes_max" in refused.value.message
    # What was refused counts no more.
    ingest.put("2", trips(1_000, first_id=1_000))
    assert ingest.commit(2).rows == 2_000
    wait_until(lambda: server.gauges.value("arrowport_staged_bytes") == 0, "nothing is staged")


def open_part(door: HttpDoor, ingest: HttpIngest, part: str, body: bytes) -> http.client.HTTPConnection:
    """Sends the head of a part whose body is still to come, and waits until it has begun."""
    connection = door.connect()
    connection.putrequest("PUT", f"{ingest.path}/{part}")
    connection.putheader("Content-Type", ARROW_STREAM)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:-200])
    wait_until(lambda: ingest.describe()["parts_arriving"] == 1, "the part is being sent")
    return connection


def test_a_part_that_is_cut_off_is_not_there(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    ingest = begin_ingest(http, stream)
    ingest.put("1", trips(10))
    body = ipc_stream(trips(0).schema, trips(100).to_batches()).to_pybytes()
    open_part(http, ingest, "2", body).close()
    wait_until(lambda: ingest.describe()["parts_arriving"] == 0, "the part was given up")
    assert [part["part"] for part in ingest.describe()["parts"]] == ["1"]
    assert len(list((Path(server.database + ".parts") / ingest.id).iterdir())) == 2
    assert ingest.commit(1).rows == 10


def test_a_commit_does_not_wait_for_parts_that_are_being_sent(http: HttpDoor, stream: str) -> None:
    ingest = begin_ingest(http, stream)
    ingest.put("1", trips(10))
    body = ipc_stream(trips(0).schema, trips(100).to_batches()).to_pybytes()
    slow = open_part(http, ingest, "2", body)
    assert ingest.commit().rows == 10
    slow.send(body[-200:])
    answer = slow.getresponse()
    assert answer.status == 404, answer.read()
    slow.close()
    assert http.rows(stream) == 10


def test_ingests_are_listed_by_stream(http: HttpDoor, stream: str) -> None:
    first, second = begin_ingest(http, stream), begin_ingest(http, stream)
    begin_ingest(http, stream + "_other")
    first.put("1", trips(10))
    listed = http.json(f"/ingest/{stream}/parts")["ingests"]
    assert {one["ingest"]: one["rows"] for one in listed} == {first.id: 10, second.id: 0}
    first.commit()
    second.abort()
    assert http.json(f"/ingest/{stream}/parts")["ingests"] == []


def test_text_parts_take_the_types_of_the_first(http: HttpDoor, stream: str) -> None:
    ingest = begin_ingest(http, stream)
    ingest.put_bytes("1", b"id,price\n1,1.5\n", "text/csv")
    ingest.put_bytes("2", b"id,price\n2,3\n", "text/csv")
    ingest.put_bytes("3", json.dumps({"id": 3, "price": 4}).encode(), "application/x-ndjson")
    assert ingest.commit(3).rows == 3
    assert http.describe(stream)[0] == {"id": "int64", "price": "double"}


@pytest.mark.parametrize("fields", [{"Arrowport-Producer": "p", "Arrowport-Sequence": "1"},
                                    {"Idempotency-Key": "k"}], ids=["producer", "key"])
def test_a_part_has_no_stamp(http: HttpDoor, stream: str, fields: dict[str, str]) -> None:
    ingest = begin_ingest(http, stream)
    with pytest.raises(Refused) as refused:
        http.request("PUT", f"{ingest.path}/1?format=csv", b"id\n1\n", fields)
    assert refused.value.kind == "invalid-input"
    assert "under its name" in refused.value.message


@pytest.mark.parametrize(("action", "body", "words"), [
    ("BeginIngest", b"", "no JSON object"),
    ("BeginIngest", b"{}", '"stream_name" is missing'),
    ("BeginIngest", b'{"stream_name": 7}', "must be a string"),
    ("BeginIngest", b'{"stream_name": "s", "ingest": "x"}', 'unknown key "ingest"'),
    ("BeginIngest", b'{"stream_name": "s", "lifetime_ms": -1}', '"lifetime_ms"'),
    ("BeginIngest", b'{"stream_name": "_arrowport.ledger"}', "arrowport's own"),
    ("CommitIngest", b'{"stream_name": "s"}', '"ingest" is missing'),
    ("CommitIngest", b'{"stream_name": "s", "ingest": "x", "parts": "all"}', '"parts"'),
    ("AbortIngest", b'{"stream_name": "s", "ingest": "x", "parts": 1}', 'unknown key "parts"')])
def test_actions_that_make_no_sense_are_refused(server: ServerProcess, open_door: Callable[..., FlightDoor],
                                                action: str, body: bytes, words: str) -> None:
    door = open_door(server, "flight")
    with pytest.raises(Refused) as refused, door.refusing():
        list(door.client.do_action(flight.Action(action, body)))
    assert refused.value.kind in ("invalid-input", "forbidden")
    assert words in refused.value.message


@pytest.mark.parametrize(("command", "words"), [
    ({"ingest": "x"}, "belong together"), ({"part": "1"}, "belong together"),
    ({"ingest": "x", "part": ""}, "part"), ({"ingest": "x", "part": "1", "commit": "batch"}, "commit")])
def test_commands_of_parts_that_make_no_sense_are_refused(
        server: ServerProcess, open_door: Callable[..., FlightDoor], command: dict, words: str) -> None:
    door = open_door(server, "flight")
    with pytest.raises(Refused) as refused, door.refusing():
        writer, _ = door.client.do_put(
            flight.FlightDescriptor.for_command(json.dumps({"stream_name": "s"} | command)), trips(1).schema)
        writer.close()
    assert refused.value.kind == "invalid-input"
    assert words in refused.value.message
