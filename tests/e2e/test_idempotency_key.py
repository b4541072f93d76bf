"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a put lands once for each key."""

import json
import threading
from collections.abc import Callable

import pytest

from harness.door import PutAnswer, Refused, batches_of
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.samples import trips
from harness.server_process import ServerProcess

SMALL, LARGE = 10, 100_000


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def rows(request: pytest.FixtureRequest) -> int:
    return request.param


def put(http: HttpDoor, stream: str, rows: int, key: str, first_id: int = 0,
        **fields: str) -> PutAnswer:
    body = ipc_stream(*batches_of(trips(rows, first_id), None), None)
    _, answer = http.request("POST", f"/ingest/{stream}", body,
                             {"Content-Type": ARROW_STREAM, "Idempotency-Key": key, **fields})
    return PutAnswer.of_json(json.loads(answer))


def test_a_put_lands_once_for_each_key(http: HttpDoor, stream: str, rows: int) -> None:
    first = put(http, stream, rows, '"8e03978e-40d5-43e8-bc93-6894a57f9324"')
    assert (first.rows, first.duplicate, first.sequence) == (rows, False, None)
    again = put(http, stream, rows, "8e03978e-40d5-43e8-bc93-6894a57f9324")
    assert again.duplicate
    assert (again.rows, again.batches, again.bytes) == (first.rows, first.batches, first.bytes)
    assert put(http, stream, rows, "another").duplicate is False
    assert http.rows(stream) == 2 * rows


def test_a_key_with_other_rows_is_refused(http: HttpDoor, stream: str, rows: int) -> None:
    put(http, stream, rows, "k")
    for changed in (lambda: put(http, stream, rows, "k", first_id=1),
                    lambda: put(http, stream, rows + 1, "k")):
        with pytest.raises(Refused) as refused:
            changed()
        assert refused.value.kind == "unprocessable"
        assert "new key" in refused.value.message
    assert http.rows(stream) == rows
    # Of another stream it is another key.
    assert put(http, stream + "_b", rows + 1, "k").duplicate is False


def test_a_refused_put_may_be_sent_again(http: HttpDoor, stream: str) -> None:
    http.get(f'CREATE TABLE "{stream}"(id BIGINT)')
    with pytest.raises(Refused) as refused:
        put(http, stream, SMALL, "k")
    assert refused.value.kind == "conflict"
    http.get(f'DROP TABLE "{stream}"')
    assert put(http, stream, SMALL, "k").duplicate is False
    assert http.rows(stream) == SMALL


@pytest.mark.parametrize(("key", "fields"), [
    ('""', {}), ("x" * 600, {}), ("k", {"Arrowport-Producer": "p", "Arrowport-Sequence": "1"})],
    ids=["empty", "long", "with a producer"])
def test_a_key_that_makes_no_sense_is_refused(http: HttpDoor, stream: str, key: str,
                                              fields: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        put(http, stream, SMALL, key, **fields)
    assert refused.value.kind == "invalid-input"
    assert not http.has_table(stream)


def test_many_at_once_land_one(server: ServerProcess, open_door: Callable[..., HttpDoor],
                               stream: str, rows: int) -> None:
    outcomes: list[str] = []
    lock = threading.Lock()

    def send(door: HttpDoor) -> None:
        try:
            outcome = "duplicate" if put(door, stream, rows, "k").duplicate else "landed"
        except Refused as refused:
            outcome = refused.kind
        with lock:
            outcomes.append(outcome)

    threads = [threading.Thread(target=send, args=(open_door(server, "http"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("landed") == 1, outcomes
    assert set(outcomes) <= {"landed", "duplicate", "conflict"}
    assert open_door(server, "http").rows(stream) == rows


def test_keys_survive_a_kill(start_server: Callable[..., ServerProcess],
                             open_door: Callable[..., HttpDoor], rows: int) -> None:
    server = start_server({})
    put(open_door(server, "http"), "s", rows, "k")
    server.kill()
    server.start()
    http = open_door(server, "http")
    assert put(http, "s", rows, "k").duplicate
    with pytest.raises(Refused) as refused:
        put(http, "s", rows + 1, "k")
    assert refused.value.kind == "unprocessable"
    assert http.rows("s") == rows
