"""Ingests in parts: what many connections stage lands in one transaction, once."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from harness.door import Door, Refused, Word, needs
from harness.parts import Ingest, begin_ingest, go_on
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.waiting import wait_until

pytestmark = needs(Word.PARTS)

# All parts together are a small put, or one that streams.
SMALL, LARGE = 10, 100_000


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def rows(request: pytest.FixtureRequest) -> int:
    return request.param


def part_of(rows: int, number: int) -> pa.Table:
    return trips(rows, first_id=rows * number)


def refused_by(function: Callable, *arguments: object) -> Refused:
    with pytest.raises(Refused) as refused:
        function(*arguments)
    return refused.value


def test_parts_land_together_in_the_order_of_their_names(door: Door, stream: str, rows: int) -> None:
    ingest = begin_ingest(door, stream)
    # Numbers by their value, before all other names.
    for name, number in (("10", 2), ("b", 3), ("9", 1), ("007", 0)):
        staged = ingest.put(name, part_of(rows, number))
        assert (staged.stream, staged.ingest, staged.part, staged.rows) == (stream, ingest.id, name, rows)
        assert not door.has_table(stream)
    answer = ingest.commit()
    assert (answer.stream, answer.table, answer.rows, answer.duplicate) == (stream, stream, 4 * rows, False)
    same_table(door.table(stream), trips(4 * rows))


def test_a_part_sent_again_takes_its_own_place(door: Door, stream: str, rows: int) -> None:
    ingest = begin_ingest(door, stream)
    ingest.put("a", part_of(rows + 5, 7))
    ingest.put("b", part_of(rows, 1))
    ingest.put("a", part_of(rows, 0))
    assert ingest.commit(parts=2).rows == 2 * rows
    same_table(door.table(stream), trips(2 * rows))


def test_a_commit_asked_for_again_tells_what_landed(door: Door, stream: str, rows: int) -> None:
    ingest = begin_ingest(door, stream)
    ingest.put("1", trips(rows))
    first = ingest.commit()
    again = ingest.commit()
    assert again.duplicate
    assert (again.rows, again.table, again.bytes) == (first.rows, first.table, first.bytes)
    assert door.rows(stream) == rows
    for late in (lambda: ingest.put("2", trips(rows)), ingest.abort):
        assert refused_by(late).kind == "not-found"
    assert door.rows(stream) == rows


def test_what_is_aborted_leaves_nothing(door: Door, server: ServerProcess, stream: str) -> None:
    ingest = begin_ingest(door, stream)
    ingest.put("1", trips(SMALL))
    assert folder_of(server, ingest).exists()
    ingest.abort()
    assert not folder_of(server, ingest).exists()
    assert not door.has_table(stream)
    for late in (ingest.commit, ingest.abort, lambda: ingest.put("1", trips(SMALL))):
        refused = refused_by(late)
        assert refused.kind == "not-found"
        assert ingest.id in refused.message


def folder_of(server: ServerProcess, ingest: Ingest) -> Path:
    return Path(server.database + ".parts") / ingest.id


def test_a_commit_leaves_nothing_on_disk(door: Door, server: ServerProcess, stream: str) -> None:
    ingest = begin_ingest(door, stream)
    ingest.put("1", trips(SMALL))
    ingest.put("1", trips(SMALL))
    assert len(list(folder_of(server, ingest).glob("*.arrows"))) == 1
    ingest.commit()
    assert not folder_of(server, ingest).exists()


def test_a_commit_wants_the_parts_that_are_expected(door: Door, stream: str) -> None:
    ingest = begin_ingest(door, stream)
    refused = refused_by(ingest.commit)
    assert (refused.kind, "has 0 parts" in refused.message) == ("conflict", True)
    ingest.put("1", trips(SMALL))
    refused = refused_by(ingest.commit, 2)
    assert (refused.kind, "has 1 parts, expected are 2" in refused.message) == ("conflict", True)
    assert not door.has_table(stream)
    assert ingest.commit(1).rows == SMALL


def test_all_parts_have_the_same_columns(door: Door, stream: str) -> None:
    ingest = begin_ingest(door, stream)
    ingest.put("1", pa.table({"a": [1], "b": ["x"]}))
    # Alone it may change them.
    ingest.put("1", pa.table({"a": [1], "c": ["x"]}))
    refused = refused_by(ingest.put, "2", pa.table({"a": [1], "b": ["x"]}))
    assert refused.kind == "conflict"
    assert "part '2'" in refused.message and "b: string" in refused.message
    ingest.put("2", pa.table({"a": [2], "c": ["y"]}))
    refused = refused_by(ingest.put, "2", pa.table({"a": [1.5], "c": ["x"]}))
    assert refused.kind == "conflict"
    assert ingest.commit().rows == 2
    assert door.get(f'SELECT a, c FROM "{stream}" ORDER BY a').to_pydict() == {"a": [1, 2], "c": ["x", "y"]}


def test_a_part_that_does_not_fit_its_table_is_refused_at_once(door: Door, stream: str) -> None:
    door.put(stream, trips(3))
    ingest = begin_ingest(door, stream)
    refused = refused_by(ingest.put, "1", pa.table({"nothing": [1]}))
    assert refused.kind == "conflict"
    assert "nothing" in refused.message
    ingest.put("1", trips(SMALL))
    ingest.commit()
    assert door.rows(stream) == 3 + SMALL


def test_a_part_that_breaks_leaves_what_was_there(door: Door, stream: str) -> None:
    words = pa.array([b"fine", b"\xff\xfe"], pa.binary())
    broken = pa.record_batch({"word": pa.Array.from_buffers(pa.string(), 2, words.buffers())})
    fine = pa.table({"word": ["fine"] * 3})
    ingest = begin_ingest(door, stream)
    ingest.put("1", fine)
    for part in ("1", "2"):
        refused = refused_by(ingest.put, part, [fine.to_batches()[0], broken])
        assert refused.kind == "invalid-input"
    assert ingest.commit(parts=1).rows == 3


def test_an_ingest_that_nobody_goes_on_with_is_forgotten(door: Door, server: ServerProcess,
                                                         stream: str) -> None:
    ingest = begin_ingest(door, stream, lifetime_ms=200)
    wait_until(lambda: not folder_of(server, ingest).exists(), "the ingest has expired")
    assert refused_by(ingest.commit).kind == "not-found"
    # One with another lifetime is as it was.
    other = begin_ingest(door, stream)
    other.put("1", trips(SMALL))
    assert other.commit().rows == SMALL


def test_a_part_goes_through_any_door(server: ServerProcess, open_door: Callable[..., Door],
                                      stream: str, rows: int) -> None:
    doors = [open_door(server, name) for name in ("http", "flight")]
    for first, second in (doors, doors[::-1]):
        ingest = begin_ingest(first, stream)
        go_on(second, ingest).put("1", part_of(rows, 0))
        ingest.put("2", part_of(rows, 1))
        assert go_on(second, ingest).commit(2).rows == 2 * rows
    assert doors[0].rows(stream) == 4 * rows


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "ä", "x" * 129, "a b", ".."])
def test_names_that_no_part_can_have_are_refused(door: Door, stream: str, name: str) -> None:
    ingest = begin_ingest(door, stream)
    refused = refused_by(ingest.put, name, trips(SMALL))
    # Without a name HTTP has no such route.
    assert refused.kind == "invalid-input" or (name == "" and refused.kind == "not-found")


def test_nobody_finds_an_ingest_that_is_not_there(door: Door, stream: str) -> None:
    ingest = begin_ingest(door, stream)
    ingest.put("1", trips(SMALL))
    for other in (("no-such-stream", ingest.id), (stream, "0" * 32), (stream, "..")):
        stranger = type(ingest)(door, *other)
        for ask in (stranger.commit, stranger.abort, lambda stranger=stranger: stranger.put("1", trips(1))):
            assert refused_by(ask).kind == "not-found"
    assert ingest.commit().rows == SMALL


RULES = """\
streams:
  whole: {mode: replace}
  latest: {mode: upsert, key: id}
  aside: {on_bad_rows: quarantine}
  skip: {on_schema_change: skip}
  queued: {durability: queued, max_delay_ms: 300}
  labelled: {add_columns: [_stream, _producer]}
"""


@pytest.fixture
def ruled_server(start_server: Callable[..., ServerProcess], tmp_path: Path) -> ServerProcess:
    (tmp_path / "streams.yaml").write_text(RULES)
    return start_server({"streams": tmp_path / "streams.yaml"})


@pytest.fixture
def ruled(ruled_server: ServerProcess, open_door: Callable[..., Door], door_name: str) -> Door:
    return open_door(ruled_server, door_name)


def test_parts_land_as_the_rule_of_their_stream_says(ruled: Door, rows: int) -> None:
    ruled.put("whole", trips(3))
    ingest = begin_ingest(ruled, "whole")
    ingest.put("1", part_of(rows, 0))
    ingest.put("2", part_of(rows, 1))
    assert ruled.rows("whole") == 3
    ingest.commit()
    assert ruled.rows("whole") == 2 * rows

    ids = list(range(rows))
    ruled.put("latest", pa.table({"id": ids, "value": ["old"] * rows}))
    ingest = begin_ingest(ruled, "latest")
    ingest.put("2", pa.table({"id": ids, "value": ["newest"] * rows}))
    ingest.put("1", pa.table({"id": ids, "value": ["new"] * rows}))
    ingest.commit()
    assert ruled.value("SELECT count(*) FROM latest WHERE value = 'newest'") == rows
    assert ruled.rows("latest") == rows

    ingest = begin_ingest(ruled, "labelled")
    ingest.put("1", trips(rows))
    ingest.commit()
    assert ruled.value("SELECT count(*) FROM labelled WHERE _stream = 'labelled' AND _producer IS NULL") == rows


def test_bad_rows_of_parts_are_put_aside(ruled: Door, rows: int) -> None:
    ruled.get("CREATE TABLE aside(id BIGINT NOT NULL)")
    ingest = begin_ingest(ruled, "aside")
    ingest.put("1", pa.table({"id": pa.array(range(rows), pa.int64())}))
    ingest.put("2", pa.table({"id": pa.array([None, 1, None], pa.int64())}))
    answer = ingest.commit()
    assert (answer.rows, answer.rows_quarantined) == (rows + 1, 2)
    assert ruled.rows("aside") == rows + 1


def test_parts_that_do_not_fit_may_be_dropped(ruled: Door) -> None:
    ruled.put("skip", pa.table({"a": [1, 2]}))
    ingest = begin_ingest(ruled, "skip")
    ingest.put("1", pa.table({"b": [1]}))
    answer = ingest.commit()
    assert (answer.skipped, answer.rows) == (True, 0)
    assert ruled.rows("skip") == 2


def test_a_commit_is_durable_even_where_puts_are_queued(ruled: Door, ruled_server: ServerProcess,
                                                        open_door: Callable[..., Door]) -> None:
    ingest = begin_ingest(ruled, "queued")
    ingest.put("1", trips(SMALL))
    assert ingest.commit().durable
    ruled_server.kill()
    ruled_server.start()
    assert open_door(ruled_server).rows("queued") == SMALL
