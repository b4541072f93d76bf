"""Rules of streams that change while the server runs, and what is told of them."""

import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.door import Door, Refused
from harness.http_door import HttpDoor
from harness.program import run_arrowport
from harness.samples import trips
from harness.server_process import ServerDidNotStart, ServerProcess
from harness.waiting import wait_until

StartServer = Callable[..., ServerProcess]
OpenDoor = Callable[..., Door]

DOORS = ["http", "http", "flight", "flight"]
RELOADS = 30


def write(path: Path, text: str) -> None:
    """At once, as editors do."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


def rules_of(http: HttpDoor) -> dict:
    return http.json("/streams")["rules"]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "streams.yaml"
    path.write_text("streams:\n  in: {target_table: first}\n")
    return path


def test_a_change_is_taken_without_a_restart(start_server: StartServer, open_door: OpenDoor,
                                             rules: Path) -> None:
    http = open_door(start_server({"streams": rules}), "http")
    assert rules_of(http) == {"file": str(rules), "rules": 1, "loads": 1, "refusals": 0,
                              "refusal": None}
    assert http.put("in", trips(1)).table == "first"
    for number, write_text in enumerate([write, Path.write_text], start=2):
        write_text(rules, f"in: {{target_table: table_{number}}}\nother*:\n")
        wait_until(lambda: rules_of(http)["loads"] >= number, "the rules are taken", 1)
        assert http.put("in", trips(1)).table == f"table_{number}"
    assert rules_of(http)["rules"] == 2


def test_a_wrong_file_changes_nothing_and_is_told(start_server: StartServer, open_door: OpenDoor,
                                                  rules: Path) -> None:
    server = start_server({"streams": rules})
    http = open_door(server, "http")
    write(rules, "streams:\n  in:\n    target_table: second\n    mode: apend\n")
    wait_until(lambda: rules_of(http)["refusals"] == 1, "the rules are refused", 1)
    told = f"{rules}:4: streams.in.mode: must be one of append, upsert, replace, not apend"
    assert rules_of(http)["refusal"] == told
    assert told in server.log()
    assert server.gauges.value("arrowport_stream_rules_refusals") == 1
    assert http.put("in", trips(1)).table == "first"
    rules.unlink()
    wait_until(lambda: rules_of(http)["refusals"] == 2, "the missing file is noticed", 1)
    assert "cannot be read" in rules_of(http)["refusal"]
    write(rules, "in: {target_table: third}\n")
    wait_until(lambda: rules_of(http)["loads"] == 2, "the rules are taken", 1)
    assert rules_of(http)["refusal"] is None
    assert http.put("in", trips(1)).table == "third"


def test_a_hangup_has_them_read_again(start_server: StartServer, open_door: OpenDoor,
                                      rules: Path) -> None:
    server = start_server({"streams": rules})
    http = open_door(server, "http")
    server.signal(signal.SIGHUP)
    wait_until(lambda: rules_of(http)["loads"] == 2, "the rules are taken", 1)
    assert http.put("in", trips(1)).table == "first"


def test_a_link_that_is_turned_is_noticed(start_server: StartServer, open_door: OpenDoor,
                                          tmp_path: Path) -> None:
    """As Kubernetes changes what it mounts: streams.yaml -> ..data/streams.yaml, ..data -> one/."""
    mounted = tmp_path / "mounted"
    for number in ("one", "two"):
        (mounted / number).mkdir(parents=True)
        (mounted / number / "streams.yaml").write_text(f"in: {{target_table: {number}}}\n")
    (mounted / "..data").symlink_to("one")
    (mounted / "streams.yaml").symlink_to("..data/streams.yaml")
    http = open_door(start_server({"streams": mounted / "streams.yaml"}), "http")
    assert http.put("in", trips(1)).table == "one"
    (mounted / "..new").symlink_to("two")
    os.replace(mounted / "..new", mounted / "..data")
    wait_until(lambda: rules_of(http)["loads"] == 2, "the rules are taken", 1)
    assert http.put("in", trips(1)).table == "two"


def test_a_folder_that_goes_and_comes_is_noticed(start_server: StartServer, open_door: OpenDoor,
                                                 tmp_path: Path) -> None:
    rules = tmp_path / "made" / "later" / "streams.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text("in: {target_table: first}\n")
    http = open_door(start_server({"streams": rules}), "http")
    for number in range(2, 4):
        shutil.rmtree(tmp_path / "made")
        wait_until(lambda: rules_of(http)["refusals"] == number - 1, "the missing folder is noticed", 1)
        rules.parent.mkdir(parents=True)
        rules.write_text(f"in: {{target_table: table_{number}}}\n")
        wait_until(lambda: rules_of(http)["loads"] == number, "the rules are taken", 1)
        assert http.put("in", trips(1)).table == f"table_{number}"
    (tmp_path / "made").rename(tmp_path / "moved")
    wait_until(lambda: rules_of(http)["refusals"] == 3, "the folder that was moved is noticed", 1)


def test_rules_stand_in_the_configuration(start_server: StartServer, open_door: OpenDoor,
                                          tmp_path: Path) -> None:
    config = tmp_path / "arrowport.yaml"
    config.write_text("log_format: json\nstreams:\n  in: {target_table: first}\n")
    http = open_door(start_server({"config": config}), "http")
    assert http.put("in", trips(1)).table == "first"
    write(config, "log_format: json\n")
    wait_until(lambda: rules_of(http)["loads"] == 2, "the rules are taken", 1)
    assert http.put("in", trips(1)).table == "in"


def test_a_server_does_not_start_with_wrong_rules(start_server: StartServer, rules: Path) -> None:
    for text, told in [("in: {taget_table: x}\n", "did you mean target_table?"),
                       ("in: {mode: upsert}\n", "mode upsert needs `key`"),
                       ("in: [\n", "this is not YAML")]:
        rules.write_text(text)
        with pytest.raises(ServerDidNotStart) as failed:
            start_server({"streams": rules})
        assert f"{rules}:" in failed.value.log
        assert told in failed.value.log


def test_no_put_is_lost_while_rules_change(start_server: StartServer, open_door: OpenDoor,
                                           rules: Path) -> None:
    server = start_server({"streams": rules})
    watcher = open_door(server, "http")
    landed: dict[str, int] = {}
    lock = threading.Lock()
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(door: Door, size: int) -> None:
        try:
            while not stop.is_set():
                answer = door.put("in", trips(size))
                with lock:
                    landed[answer.table] = landed.get(answer.table, 0) + answer.rows
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(open_door(server, name), size))
               for name in DOORS for size in (10, 30_000)]
    for thread in threads:
        thread.start()
    for number in range(RELOADS):
        text = f"in: {{target_table: table_{number}}}\n" if number % 3 else "in: {mode: wrong}\n"
        known = rules_of(watcher)
        write(rules, text)
        wait_until(lambda: rules_of(watcher)["loads"] + rules_of(watcher)["refusals"]
                   > known["loads"] + known["refusals"], "the change is noticed")
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert len(landed) > 1
    assert watcher.list_tables() == landed


def test_streams_are_described(start_server: StartServer, open_door: OpenDoor, rules: Path) -> None:
    rules.write_text("in: {target_table: first}\nfuture-*: {target_table: 'later.{stream}'}\n")
    server = start_server({"streams": rules})
    http = open_door(server, "http")
    http.put("in", trips(10))
    http.put("plain", trips(3))
    described = http.json("/streams/in")
    assert {key: described[key] for key in ("table", "rule", "rule_place", "puts", "rows", "lag_ms")} == {
        "table": "first", "rule": "in", "rule_place": f"{rules}:1", "puts": 1, "rows": 10, "lag_ms": 0}
    assert http.json("/streams/plain")["rule"] is None
    assert http.json("/streams/future-x")["table"] == "later.future-x"
    with pytest.raises(Refused) as refused:
        http.json("/streams/unknown")
    assert refused.value.kind == "not-found"
    shown = run_arrowport("streams", "--url", server.http_url, environment={"COLUMNS": "200"})
    cells = [line.split("│") for line in shown.stdout.decode().splitlines() if "first" in line]
    assert [cell.strip() for cell in cells[0][1:6]] == ["in", "first", "in", "1", "10"]
