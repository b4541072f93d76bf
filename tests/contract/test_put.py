"""What a put promises: all of its rows land, as they were sent, in the table of its stream."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from harness.door import Door, Refused, Word, needs
from harness.doors import names_of_doors
from harness.samples import same_table, trips, types_of
from harness.server_process import ServerProcess


def test_what_is_put_comes_back_unchanged(door: Door, stream: str) -> None:
    assert door.put(stream, trips(10_000)).rows == 10_000
    same_table(door.table(stream), trips(10_000))


@needs(Word.DETAILS)
def test_a_put_tells_what_it_did(door: Door, stream: str) -> None:
    sent = trips(10_000)
    answer = door.put(stream, sent)
    assert (answer.stream, answer.table, answer.rows) == (stream, stream, 10_000)
    assert answer.batches == len(sent.to_batches())
    assert answer.bytes > 0
    assert answer.seconds >= 0


def test_what_is_put_through_one_door_is_seen_through_the_others(
        server: ServerProcess, open_door: Callable[..., Door], stream: str) -> None:
    doors = [open_door(server, name) for name in names_of_doors()]
    for number, door in enumerate(doors):
        door.put(stream, trips(100, first_id=100 * number))
    for door in doors:
        same_table(door.table(stream), trips(100 * len(doors)))


def test_a_put_creates_its_table_with_the_columns_of_its_schema(door: Door, stream: str) -> None:
    assert not door.has_table(stream)
    door.put(stream, trips(3))
    assert door.describe(stream) == (types_of(trips(0).schema), 3)
    assert door.list_tables()[stream] == 3


def test_a_later_put_adds_to_the_table(door: Door, stream: str) -> None:
    door.put(stream, trips(10))
    door.put(stream, trips(10, first_id=10))
    same_table(door.table(stream), trips(20))


def test_columns_are_matched_by_name_not_by_place(door: Door, stream: str) -> None:
    door.put(stream, trips(5))
    later = trips(5, first_id=5).select(["at", "paid", "id", "fare", "carrier"])
    door.put(stream, later)
    same_table(door.table(stream), trips(10))


def test_case_does_not_tell_columns_apart(door: Door, stream: str) -> None:
    door.put(stream, pa.table({"Fare": [1.5]}))
    door.put(stream, pa.table({"fARE": [2.5]}))
    assert door.get(f'SELECT * FROM "{stream}"').to_pydict() == {"Fare": [1.5, 2.5]}


def _with_tip(table: pa.Table) -> pa.Table:
    return table.append_column("tip", pa.array([1.0] * table.num_rows))


def _with_fare_as_words(table: pa.Table) -> pa.Table:
    return table.set_column(2, "fare", pa.array(["1.5"] * table.num_rows))


def _with_id_as_fraction(table: pa.Table) -> pa.Table:
    return table.set_column(0, "id", pa.array([1.5] * table.num_rows))


@pytest.mark.parametrize(("change", "words"), [
    (_with_tip, ["tip"]),
    (_with_fare_as_words, ["fare", "VARCHAR"]),
    (_with_id_as_fraction, ["id", "DOUBLE"]),
], ids=["extra", "mistyped", "narrowed"])
def test_a_put_that_does_not_fit_its_table_is_refused_and_writes_nothing(
        door: Door, stream: str, change, words: list[str]) -> None:
    door.put(stream, trips(3))
    with pytest.raises(Refused) as refused:
        door.put(stream, change(trips(3, first_id=3)))
    assert refused.value.kind == "conflict"
    for word in [stream, *words]:
        assert word in refused.value.message
    same_table(door.table(stream), trips(3))


def test_a_column_that_is_not_sent_is_missing_or_its_default(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" (id BIGINT, fare DOUBLE, carrier VARCHAR DEFAULT \'none\')')
    door.put(stream, pa.table({"id": [1]}))
    assert door.table(stream).to_pylist() == [{"id": 1, "fare": None, "carrier": "none"}]


@pytest.mark.parametrize("other", [
    pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())], ids=str)
def test_another_form_of_the_same_type_fits(door: Door, stream: str, other: pa.DataType) -> None:
    door.put(stream, pa.table({"carrier": pa.array(["UA", None])}))
    batch = pa.record_batch({"carrier": pa.array(["DL", "AA"]).cast(other)})
    door.put(stream, [batch])
    assert door.table(stream).to_pydict() == {"carrier": ["UA", None, "DL", "AA"]}


def test_a_put_without_rows_makes_the_table(door: Door, stream: str) -> None:
    answer = door.put(stream, [], schema=trips(0).schema)
    assert answer.says(rows=0, batches=0)
    same_table(door.table(stream), trips(0))


def test_batches_without_rows_are_no_end(door: Door, stream: str) -> None:
    empty = trips(1).slice(0, 0).combine_chunks().to_batches() or [
        pa.RecordBatch.from_pylist([], schema=trips(0).schema)]
    batches = [*empty, *trips(2).to_batches(), *empty, *trips(2, first_id=2).to_batches(), *empty]
    answer = door.put(stream, batches)
    assert answer.says(rows=4, batches=5)
    same_table(door.table(stream), trips(4))


def test_a_million_rows_in_one_batch(door: Door, stream: str) -> None:
    ids = np.arange(1_000_000)
    batch = pa.record_batch({"id": ids, "half": ids / 2, "word": pa.array(
        np.char.mod("w%d", ids % 1000)).cast(pa.string())})
    assert door.put(stream, [batch]).rows == 1_000_000
    same_table(door.table(stream), pa.table(batch))


def test_a_thousand_batches_of_one_row(door: Door, stream: str) -> None:
    answer = door.put(stream, trips(1000).to_batches(max_chunksize=1))
    assert answer.says(rows=1000, batches=1000)
    same_table(door.table(stream), trips(1000))


def test_sliced_batches_land_without_the_rows_around_them(door: Door, stream: str) -> None:
    whole = trips(1000).to_batches()[0]
    door.put(stream, [whole.slice(3, 17), whole.slice(999), whole.slice(500, 0), whole.slice(8, 8)])
    expected = pa.Table.from_batches([whole.slice(3, 17), whole.slice(999), whole.slice(8, 8)])
    same_table(door.table(stream), expected)


def test_dictionaries_may_change_between_batches(door: Door, stream: str) -> None:
    def batch(words: list[str | None]) -> pa.RecordBatch:
        return pa.record_batch({"word": pa.array(words).dictionary_encode()})

    words = [["a", "b", None], ["c", "a"], ["c", "d", "e", "d"], ["b"]]
    door.put(stream, [batch(some) for some in words])
    assert door.table(stream)["word"].to_pylist() == sum(words, [])


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_batches_land(door: Door, stream: str, compression: str) -> None:
    door.put(stream, trips(50_000), compression=compression)
    same_table(door.table(stream), trips(50_000))


@pytest.mark.parametrize("name", [
    "with space", "Ünïcödé 🛫", 'quo"te'.replace('"', "'"), "select", "semi;colon", "a%2Fb/c", "1st"])
def test_any_name_is_a_table_name(door: Door, watch, name: str) -> None:
    name = f"{name} {watch.next_number()}"
    assert door.put(name, trips(2)).says(table=name)
    same_table(door.table(name), trips(2))


def test_a_name_with_a_dot_says_the_schema(door: Door, stream: str) -> None:
    door.get(f'CREATE SCHEMA "s_{stream}"')
    assert door.put(f"s_{stream}.trips", trips(2)).says(table=f"s_{stream}.trips")
    same_table(door.get(f'SELECT * FROM "s_{stream}"."trips"'), trips(2))


@needs(Word.NAME)
@pytest.mark.parametrize("name", ["a.b.c.d", "a..b", '"open', ".a"])
def test_a_name_that_is_no_table_name_is_refused(door: Door, name: str) -> None:
    with pytest.raises(Refused) as refused:
        door.put(name, trips(1))
    assert refused.value.kind == "invalid-input"
    assert name in refused.value.message


def test_a_missing_schema_is_not_made(door: Door, stream: str) -> None:
    with pytest.raises(Refused) as refused:
        door.put(f"no_{stream}.trips", trips(1))
    assert f"no_{stream}" in refused.value.message


def test_a_put_into_a_view_is_refused(door: Door, stream: str) -> None:
    door.get(f'CREATE VIEW "{stream}" AS SELECT 1 AS id')
    with pytest.raises(Refused) as refused:
        door.put(stream, pa.table({"id": [2]}))
    assert refused.value.kind == "conflict"
    assert stream in refused.value.message


def test_a_broken_constraint_refuses_the_whole_put(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" (id BIGINT NOT NULL, fare DOUBLE CHECK (fare >= 0))')
    good = pa.table({"id": [1, 2], "fare": [1.0, 2.0]})
    bad = pa.table({"id": [3, 4], "fare": [3.0, -4.0]})
    with pytest.raises(Refused) as refused:
        door.put(stream, pa.concat_tables([good, bad]))
    assert refused.value.kind == "conflict"
    assert door.rows(stream) == 0
    door.put(stream, good)
    same_table(door.table(stream), good)


@pytest.mark.parametrize(("schema", "words"), [
    (pa.schema([("a", pa.int32()), ("A", pa.int32())]), ["A", "twice"]),
    (pa.schema([]), ["no columns"]),
], ids=["twice", "none"])
def test_a_schema_that_no_table_can_have_is_refused(door: Door, stream: str, schema: pa.Schema,
                                                    words: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        door.put(stream, [], schema=schema)
    assert refused.value.kind == "invalid-input"
    for word in words:
        assert word in refused.value.message
    assert not door.has_table(stream)
