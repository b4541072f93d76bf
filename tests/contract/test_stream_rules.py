"""What rules say of streams: where rows land, how tables change, what becomes of bad rows."""

import json
import time
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from harness.door import Door, Refused, Stamp, Word, needs
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.waiting import wait_until

RULES = """\
streams:
  routed-*:
    target_table: raw.{stream}
  closed: {create: false}
  strict: {on_schema_change: strict}
  skip: {on_schema_change: skip}
  add: {on_schema_change: add_columns}
  widen: {on_schema_change: widen}
  evolve: {on_schema_change: evolve}
  aside: {on_bad_rows: quarantine}
  put-aside: {target_table: aside, on_bad_rows: quarantine}
  refuse: {on_bad_rows: refuse}
  latest: {mode: upsert, key: id, order_by: at}
  last: {mode: upsert, key: [id, part]}
  marked: {mode: upsert, key: [id], delete_column: gone}
  whole: {mode: replace}
  labelled: {add_columns: [_ingested_at, _stream, _producer, _sequence]}
  queued: {durability: queued, max_delay_ms: 300}
  patient: {max_delay_ms: 300}
  priced: {schema: prices, target_table: priced}
  priced_aside: {schema: prices, on_bad_rows: quarantine}
"""

# Rows that a put which waits for company may have, and that one which streams has.
SMALL, LARGE = 10, 200_000


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def rows(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def rules_server(start_server: Callable[..., ServerProcess], tmp_path: Path) -> ServerProcess:
    (tmp_path / "streams.yaml").write_text(RULES)
    return start_server({"streams": tmp_path / "streams.yaml"})


@pytest.fixture
def ruled(rules_server: ServerProcess, open_door: Callable[..., Door], door_name: str) -> Door:
    return open_door(rules_server, door_name)


def table_of(rows: int, **columns: object) -> pa.Table:
    """`rows` rows: what is given for a column is repeated, `id` counts."""
    values = {"id": pa.array(range(rows), pa.int64())} if "id" not in columns else {}
    for name, value in columns.items():
        values[name] = value if isinstance(value, pa.Array) else pa.array([value] * rows)
    return pa.table(values)


@needs(Word.ROUTE)
def test_a_pattern_names_the_table(ruled: Door, rows: int) -> None:
    ruled.get("CREATE SCHEMA raw")
    answer = ruled.put("routed-a.b", trips(rows))
    assert answer.says(stream="routed-a.b", table='raw."routed-a.b"')
    same_table(ruled.get('SELECT * FROM raw."routed-a.b"'), trips(rows))
    # Without a rule the stream's name is the table's.
    assert ruled.put("other", trips(rows)).says(table="other")


def test_no_table_is_made_where_the_rule_says_so(ruled: Door, rows: int) -> None:
    with pytest.raises(Refused) as refused:
        ruled.put("closed", trips(rows))
    assert refused.value.kind == "not-found"
    ruled.get("CREATE TABLE closed AS SELECT 1::BIGINT AS id LIMIT 0")
    assert ruled.put("closed", table_of(rows)).rows == rows


def test_strict_refuses_with_the_difference(ruled: Door, rows: int) -> None:
    ruled.put("strict", table_of(1, a=1, b="x"))
    with pytest.raises(Refused) as refused:
        ruled.put("strict", table_of(rows, a="text", c=1.5))
    assert refused.value.kind == "conflict"
    assert "column 'a' is BIGINT, and what is sent is VARCHAR" in refused.value.message
    assert "there is no column 'c'" in refused.value.message
    # Columns that are missing are NULL, and the order is of no account.
    assert ruled.put("strict", table_of(rows, b="y")).rows == rows
    assert ruled.value("SELECT count(*) FROM strict WHERE a IS NULL") == rows


def test_skip_drops_what_does_not_fit(ruled: Door, rows: int) -> None:
    ruled.put("skip", table_of(2, a=1))
    answer = ruled.put("skip", table_of(rows, b=1))
    assert answer.says(skipped=True, rows=0)
    assert ruled.put("skip", table_of(3, a=2)).says(skipped=False)
    assert ruled.rows("skip") == 5


def test_a_skipped_put_of_a_producer_is_remembered(ruled: Door, rows: int) -> None:
    ruled.put("skip", table_of(2, a=1), stamp=Stamp("p", 1))
    assert ruled.put("skip", table_of(rows, b=1), stamp=Stamp("p", 2)).says(skipped=True)
    assert ruled.put("skip", table_of(rows, b=1), stamp=Stamp("p", 2)).says(duplicate=True)
    assert ruled.put("skip", table_of(3, a=2), stamp=Stamp("p", 3)).says(skipped=False)
    assert ruled.rows("skip") == 5


def test_add_columns_adds_them_with_the_rows(ruled: Door, rows: int) -> None:
    ruled.put("add", table_of(2, a=1))
    assert ruled.put("add", table_of(rows, b="x", c=1.5)).rows == rows
    assert ruled.describe("add")[0] == {"id": "int64", "a": "int64", "b": "string", "c": "double"}
    assert ruled.value("SELECT count(*) FROM add WHERE b = 'x' AND a IS NULL") == rows
    assert ruled.value("SELECT count(*) FROM add WHERE a = 1 AND b IS NULL") == 2
    with pytest.raises(Refused) as refused:
        ruled.put("add", table_of(rows, a="text", d=1))
    assert refused.value.kind == "conflict"
    assert "d" not in ruled.describe("add")[0]


WIDER = [
    (pa.int32(), pa.int64(), "int64"), (pa.int8(), pa.int16(), "int16"),
    (pa.uint8(), pa.int16(), "int16"), (pa.float32(), pa.float64(), "double"),
    (pa.int16(), pa.float64(), "double"), (pa.decimal128(6, 2), pa.decimal128(12, 4), "decimal128(12, 4)"),
    (pa.decimal128(10, 1), pa.decimal128(6, 4), "decimal128(13, 4)"),
    (pa.timestamp("s"), pa.timestamp("us"), "timestamp[us]"),
    (pa.timestamp("ms"), pa.timestamp("ns"), "timestamp[ns]"), (pa.null(), pa.string(), "string"),
    (pa.dictionary(pa.int8(), pa.string()), pa.string(), "string"),
]


def values_of(type_: pa.DataType, value: int, rows: int) -> pa.Array:
    if type_ == pa.null():
        return pa.nulls(rows)
    if pa.types.is_dictionary(type_):
        return pa.array([str(value)] * rows).dictionary_encode()
    if type_ == pa.string():
        return pa.array([str(value)] * rows)
    return pa.array([Decimal(value) if pa.types.is_decimal(type_) else value] * rows, type_)


@pytest.mark.parametrize(("before", "after", "widened"), WIDER, ids=lambda case: str(case))
def test_widen_gives_columns_room(ruled: Door, rows: int, before: pa.DataType, after: pa.DataType,
                                  widened: str) -> None:
    ruled.put("widen", table_of(1, v=values_of(before, 1, 1)))
    assert ruled.put("widen", table_of(rows, v=values_of(after, 7, rows))).rows == rows
    assert ruled.describe("widen")[0]["v"] == widened
    counts = ruled.get("SELECT count(*) AS n FROM widen GROUP BY v ORDER BY n").to_pylist()
    assert counts == [{"n": 1}, {"n": rows}]


def test_widen_does_not_change_what_a_value_means(ruled: Door, rows: int) -> None:
    ruled.put("widen", table_of(1, v="text", n=pa.array([1], pa.int64())))
    for column in ({"v": 1.5}, {"n": "text"}, {"other": 1}):
        with pytest.raises(Refused) as refused:
            ruled.put("widen", table_of(rows, **column) if "v" not in column
                      else table_of(rows, v=pa.array([b"\x00"] * rows)))
        assert refused.value.kind == "conflict"
    assert ruled.describe("widen")[0] == {"id": "int64", "v": "string", "n": "int64"}


def test_evolve_does_both_or_nothing(ruled: Door, rows: int) -> None:
    ruled.put("evolve", table_of(1, v=pa.array([1], pa.int32())))
    assert ruled.put("evolve", table_of(rows, v=2**40, w="x")).rows == rows
    assert ruled.describe("evolve")[0] == {"id": "int64", "v": "int64", "w": "string"}
    before = ruled.describe("evolve")
    with pytest.raises(Refused):
        ruled.put("evolve", table_of(rows, v="text", brand_new=1))
    assert ruled.describe("evolve") == before


def test_bad_rows_are_put_aside(ruled: Door, rows: int) -> None:
    ruled.get("CREATE TABLE aside(id BIGINT NOT NULL, v INTEGER, small TINYINT)")
    sent = pa.table({
        "id": pa.array([None if i == 3 else i for i in range(rows)], pa.int64()),
        "v": pa.array(["x" if i == 5 else str(i) for i in range(rows)]),
        "small": pa.array([1000 if i == 7 else 1 for i in range(rows)], pa.int64()),
    })
    answer = ruled.put("aside", sent, stamp=Stamp("p", 1))
    assert answer.says(rows=rows - 3, rows_quarantined=3)
    assert ruled.rows("aside") == rows - 3
    aside = ruled.get('SELECT stream, producer, "table", "column", reason, "row"->>\'v\' AS v, '
                      "quarantined_at <= now() AS dated FROM arrowport.quarantine "
                      'ORDER BY ("row"->>\'small\')::INT, "column"').to_pylist()
    assert [(row["column"], row["v"]) for row in aside] == [("id", "3"), ("v", "x"), ("small", "7")]
    assert {(row["stream"], row["producer"], row["table"], row["dated"]) for row in aside} == {
        ("aside", "p", "aside", True)}
    assert "INTEGER" in aside[1]["reason"]
    # With nothing bad nothing is put aside.
    assert ruled.put("aside", sent.slice(8)).says(rows_quarantined=0)


@needs(Word.ROUTE)
def test_what_is_put_aside_tells_its_stream_and_its_table(ruled: Door, rows: int) -> None:
    ruled.get("CREATE TABLE aside(id BIGINT NOT NULL)")
    answer = ruled.put("put-aside", pa.table({"id": pa.array([None] * rows, pa.int64())}))
    assert (answer.table, answer.rows, answer.rows_quarantined) == ("aside", 0, rows)
    assert ruled.get('SELECT DISTINCT stream, "table" FROM arrowport.quarantine').to_pylist() == [
        {"stream": "put-aside", "table": "aside"}]


def test_a_bad_row_fails_the_put_otherwise(ruled: Door, rows: int) -> None:
    ruled.get("CREATE TABLE refuse(id BIGINT NOT NULL)")
    with pytest.raises(Refused):
        ruled.put("refuse", pa.table({"id": pa.array([None] * rows, pa.int64())}))
    assert ruled.rows("refuse") == 0


def test_upsert_keeps_the_newest_of_each_key(ruled: Door, rows: int) -> None:
    ruled.put("latest", table_of(rows, at=5, v="old"))
    ids = pa.array([0, 0, 1, 2, rows], pa.int64())
    sent = pa.table({"id": ids, "at": pa.array([9, 6, 4, 5, 1]),
                     "v": pa.array(["newest", "newer", "older", "same", "first"])})
    assert ruled.put("latest", sent).rows == 5
    assert ruled.rows("latest") == rows + 1
    kept = ruled.get("SELECT id, v FROM latest WHERE v <> 'old' ORDER BY id").to_pylist()
    assert kept == [{"id": 0, "v": "newest"}, {"id": 2, "v": "same"}, {"id": rows, "v": "first"}]


def test_upsert_without_an_order_keeps_the_last(ruled: Door, rows: int) -> None:
    ids = pa.array([i // 2 for i in range(rows)], pa.int64())
    sent = pa.table({"id": ids, "part": pa.array(["a"] * rows), "n": pa.array(range(rows))})
    ruled.put("last", sent)
    assert ruled.rows("last") == rows // 2
    assert ruled.value("SELECT bool_and(n = 2 * id + 1) FROM last")
    # A column that is not sent stays as it is; NULL is a key like others.
    ruled.put("last", pa.table({"id": pa.array([0, None], pa.int64()), "part": ["a", "a"]}))
    ruled.put("last", pa.table({"id": pa.array([None], pa.int64()), "part": ["a"], "n": [7]}))
    assert ruled.rows("last") == rows // 2 + 1
    assert ruled.value("SELECT n FROM last WHERE id = 0") == 1
    assert ruled.value("SELECT n FROM last WHERE id IS NULL") == 7


def test_upsert_with_a_primary_key(ruled: Door, rows: int) -> None:
    ruled.get('CREATE TABLE latest(id BIGINT PRIMARY KEY, "at" BIGINT, v VARCHAR)')
    for at, value in ((1, "a"), (2, "b")):
        ruled.put("latest", table_of(rows, at=at, v=value))
    assert ruled.get("SELECT v, count(*) AS n FROM latest GROUP BY v").to_pylist() == [
        {"v": "b", "n": rows}]


def test_marked_rows_are_deleted(ruled: Door, rows: int) -> None:
    ruled.put("marked", table_of(rows, v="x", gone=False))
    assert "gone" not in ruled.describe("marked")[0]
    ids = pa.array([0, 1, rows + 5], pa.int64())
    ruled.put("marked", pa.table({"id": ids, "v": ["y"] * 3, "gone": [True, None, True]}))
    assert ruled.rows("marked") == rows - 1
    assert ruled.value("SELECT v FROM marked WHERE id = 1") == "y"
    # What is sent without the marker only changes rows.
    ruled.put("marked", table_of(1, v="z"))
    assert ruled.rows("marked") == rows


def test_an_upsert_needs_its_key(ruled: Door, rows: int) -> None:
    with pytest.raises(Refused) as refused:
        ruled.put("latest", table_of(rows, v="x"))
    assert refused.value.kind == "conflict"
    assert "'at'" in refused.value.message
    assert not ruled.has_table("latest")


def test_replace_leaves_nothing_of_what_was(ruled: Door, rows: int) -> None:
    ruled.put("whole", table_of(rows, v="first"))
    ruled.put("whole", table_of(3, v="second"))
    assert ruled.get("SELECT v, count(*) AS n FROM whole GROUP BY v").to_pylist() == [
        {"v": "second", "n": 3}]
    with pytest.raises(Refused):
        ruled.put("whole", table_of(rows, other=1))
    assert ruled.rows("whole") == 3


def test_added_columns_tell_where_rows_come_from(ruled: Door, rows: int) -> None:
    ruled.put("labelled", table_of(rows), stamp=Stamp("p", 1))
    ruled.put("labelled", table_of(1))
    assert ruled.get("SELECT _stream, _producer, _sequence, count(*) AS n, "
                     "bool_and(_ingested_at BETWEEN now() - INTERVAL 1 HOUR AND now()) AS dated "
                     "FROM labelled GROUP BY ALL ORDER BY n").to_pylist() == [
        {"_stream": "labelled", "_producer": None, "_sequence": None, "n": 1, "dated": True},
        {"_stream": "labelled", "_producer": "p", "_sequence": 1, "n": rows, "dated": True}]
    with pytest.raises(Refused) as refused:
        ruled.put("labelled", table_of(rows, _stream="mine"))
    assert refused.value.kind == "invalid-input"


def test_queued_is_told_and_lands(ruled: Door) -> None:
    answer = ruled.put("queued", table_of(SMALL))
    assert answer.says(durable=False)
    wait_until(lambda: ruled.has_table("queued") and ruled.rows("queued") == SMALL,
               "what was queued is there")


def test_a_delay_is_no_loss(ruled: Door) -> None:
    began = time.monotonic()
    assert ruled.put("patient", table_of(SMALL)).says(durable=True)
    assert time.monotonic() - began >= 0.29
    assert ruled.rows("patient") == SMALL


def register_prices(server: ServerProcess) -> None:
    definition = {"table": "priced", "fields": [
        {"name": "id", "type": "int64"},
        {"name": "price", "type": "double", "nullable": False,
         "constraints": {"minimum": 0, "maximum": 100}},
        {"name": "code", "type": "string", "constraints": {"pattern": "^[A-Z]{2}$"}}]}
    request = urllib.request.Request(f"{server.http_url}/api/v1/schemas/prices", method="PUT",
                                     data=json.dumps(definition).encode(),
                                     headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def test_rows_must_keep_the_registered_schema(ruled: Door, rules_server: ServerProcess,
                                              rows: int) -> None:
    ruled.get("CREATE TABLE priced(id BIGINT, price DOUBLE, code VARCHAR)")
    with pytest.raises(Refused) as refused:
        ruled.put("priced", table_of(rows, price=1.0, code="AB"))
    assert refused.value.kind == "conflict"
    assert "prices" in refused.value.message
    register_prices(rules_server)
    assert ruled.put("priced", table_of(rows, price=1.0, code="AB")).rows == rows
    bad = table_of(rows, price=pa.array([101.0] + [None] + [1.0] * (rows - 2)), code="AB")
    with pytest.raises(Refused) as refused:
        ruled.put("priced", bad)
    assert refused.value.kind == "invalid-input"
    assert "column 'price': it breaks the schema's maximum (1 row)" in refused.value.message
    assert "column 'price': it breaks the schema's nullable (1 row)" in refused.value.message
    with pytest.raises(Refused) as refused:
        ruled.put("priced", table_of(rows, code="AB"))
    assert "no column 'price' in what is sent" in refused.value.message
    assert ruled.rows("priced") == rows


def test_rows_that_break_the_schema_are_put_aside(ruled: Door, rules_server: ServerProcess,
                                                  rows: int) -> None:
    ruled.get("CREATE TABLE priced(id BIGINT, price DOUBLE, code VARCHAR)")
    ruled.get("CREATE TABLE priced_aside AS FROM priced")
    register_prices(rules_server)
    codes = pa.array(["abc"] + ["AB"] * (rows - 1))
    answer = ruled.put("priced_aside", table_of(rows, price=5.0, code=codes))
    assert answer.says(rows=rows - 1, rows_quarantined=1)
    assert ruled.get('SELECT "column", reason FROM arrowport.quarantine').to_pylist() == [
        {"column": "code", "reason": "it breaks the schema's pattern"}]


def test_what_rules_did_survives_a_kill(
        rules_server: ServerProcess, open_door: Callable[..., Door],
        door_name: str) -> None:
    door = open_door(rules_server, door_name)
    door.put("latest", table_of(5, at=1, v="a"))
    door.put("latest", table_of(5, at=2, v="b"))
    door.put("evolve", table_of(2, v=pa.array([1, 2], pa.int32())))
    door.put("evolve", table_of(2, v=2**40, w="x"))
    rules_server.kill()
    rules_server.start()
    door = open_door(rules_server, door_name)
    assert door.value("SELECT count(*) FROM latest WHERE v = 'b'") == 5
    assert door.rows("evolve") == 4
