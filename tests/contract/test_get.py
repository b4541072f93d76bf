"""What a get promises: the rows of the statement, in its order, whole or with an error."""

import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.door import BrokenOff, Door, Refused, Word, needs
from harness.samples import same_table, trips

# Larger than what a door has on its way at once.
MANY = 3_000_000


def test_order_by_is_kept(door: Door) -> None:
    answer = door.get(f"SELECT (i * 7919) % {MANY} AS v FROM range({MANY}) t(i) ORDER BY v DESC")
    assert answer["v"].combine_chunks().equals(pa.array(range(MANY - 1, -1, -1)))


def test_the_order_of_insertion_is_kept(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" AS SELECT i FROM range({MANY}) t(i)')
    whole = pa.array(range(MANY))
    assert door.get(f'SELECT i FROM "{stream}"')["i"].combine_chunks().equals(whole)
    assert door.table(stream)["i"].combine_chunks().equals(whole)
    some = door.get(f'SELECT i FROM "{stream}" WHERE i % 3 = 0')["i"].combine_chunks()
    assert some.equals(pa.array(range(0, MANY, 3)))


@needs(Word.UNORDERED)
def test_a_caller_who_needs_no_order_gets_every_row_once(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" AS SELECT i FROM range({MANY}) t(i)')
    answer = door.get(f'SELECT i FROM "{stream}"', ordered=False)
    assert answer.num_rows == MANY
    assert answer.sort_by("i")["i"].combine_chunks().equals(pa.array(range(MANY)))


def test_limit_and_offset_are_kept(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" AS SELECT i FROM range({MANY}) t(i)')
    answer = door.get(f'SELECT i FROM "{stream}" LIMIT 5 OFFSET {MANY - 7}')
    assert answer["i"].to_pylist() == list(range(MANY - 7, MANY - 2))


def test_a_result_without_rows_has_its_schema(door: Door) -> None:
    answer = door.get("SELECT 1::TINYINT AS a, 'x' AS b WHERE false")
    assert answer.num_rows == 0
    assert answer.schema.types == [pa.int8(), pa.string()]
    assert answer.column_names == ["a", "b"]


def test_columns_keep_their_names_even_when_they_are_odd(door: Door) -> None:
    answer = door.get('SELECT 1 AS "a b", 2 AS """", 3 AS "ü", 4 AS x, 5 AS x, count(*)')
    assert answer.column_names == ["a b", '"', "ü", "x", "x", "count_star()"]


@pytest.mark.parametrize(("sql", "kind", "words"), [
    ("SELEC 1", "invalid-input", ["SELEC"]),
    ("SELECT nothing_here", "invalid-input", ["nothing_here"]),
    ("SELECT no_such_function(1)", "not-found", ["no_such_function"]),
    ("SELECT * FROM no_such_table", "not-found", ["no_such_table"]),
    ("SELECT 'abc'::INTEGER", "invalid-input", ["abc"]),
    ("", "invalid-input", ["sql"]),
    ("-- only words", "invalid-input", []),
], ids=["syntax", "column", "function", "table", "value", "empty", "comment"])
def test_an_error_in_the_statement_is_one_clear_error(door: Door, sql: str, kind: str,
                                                      words: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        door.get(sql)
    assert refused.value.kind == kind
    for word in words:
        assert word.lower() in refused.value.message.lower()


def test_an_unknown_table_is_not_found(door: Door) -> None:
    with pytest.raises(Refused) as refused:
        door.table("no_such_table")
    assert refused.value.kind == "not-found"
    assert "no_such_table" in refused.value.message
    with pytest.raises(Refused) as refused:
        door.describe("no_such_table")
    assert refused.value.kind == "not-found"
    assert "no_such_table" in refused.value.message


@pytest.mark.parametrize("order", ["", " ORDER BY i"], ids=["scan", "sorted"])
def test_a_late_error_is_never_a_clean_end(door: Door, order: str) -> None:
    sql = (f"SELECT CASE WHEN i < {2 * MANY} THEN i ELSE error('late: ' || i) END AS v "
           f"FROM range({2 * MANY + 10}) t(i){order}")
    with pytest.raises((Refused, BrokenOff)) as failure:
        door.get(sql)
    if isinstance(failure.value, Refused):
        assert failure.value.kind == "invalid-input"
        assert "late" in failure.value.message


def test_parameters_are_bound_with_their_types(door: Door) -> None:
    params = [1, -(2**62), 2.5, "o'clock; DROP TABLE x", True, None]
    answer = door.get("SELECT ? AS i, ? AS l, ? AS f, ? AS s, ? AS b, ? AS n", params)
    assert [column[0].as_py() for column in answer.columns] == params
    assert answer.schema.types[:5] == [pa.int64(), pa.int64(), pa.float64(), pa.string(), pa.bool_()]


def test_parameters_decide_rows(door: Door, stream: str) -> None:
    door.put(stream, trips(100))
    sql = f'SELECT id FROM "{stream}" WHERE fare > ? AND carrier = ? ORDER BY id'
    assert door.get(sql, [20, "DL"])["id"].to_pylist() == [81, 85, 89, 93, 97]
    assert door.get(sql, [20, "' OR true --"]).num_rows == 0


def test_an_unsigned_parameter_above_int64_keeps_its_value(door: Door) -> None:
    assert door.value("SELECT ?", [2**64 - 1]) == 2**64 - 1


@pytest.mark.parametrize(("sql", "params"), [
    ("SELECT ?", []), ("SELECT ?", None), ("SELECT 1", [1]), ("SELECT ? + ?", [1])])
def test_a_wrong_number_of_parameters_is_refused(door: Door, sql: str, params: list) -> None:
    with pytest.raises(Refused) as refused:
        door.get(sql, params)
    assert refused.value.kind == "invalid-input"


@needs(Word.UNTYPED)
def test_a_parameter_of_a_type_that_has_no_meaning_is_refused(door: Door) -> None:
    with pytest.raises(Refused) as refused:
        door.get("SELECT ?", [{"a": 1}])
    assert refused.value.kind == "invalid-input"
    assert "params[0]" in refused.value.message


def test_several_statements_answer_with_the_last_result(door: Door, stream: str) -> None:
    answer = door.get(f'CREATE TABLE "{stream}" (a INT); INSERT INTO "{stream}" VALUES (1), (2); '
                      f'SELECT sum(a)::BIGINT AS s FROM "{stream}"')
    assert answer.to_pydict() == {"s": [3]}


def test_statements_that_change_rows_answer_their_number(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" (a INT)')
    assert door.get(f'INSERT INTO "{stream}" SELECT * FROM range(7)').to_pydict() == {"Count": [7]}
    assert door.get(f'UPDATE "{stream}" SET a = a WHERE a < 3').to_pydict() == {"Count": [3]}
    assert door.get(f'DELETE FROM "{stream}"').to_pydict() == {"Count": [7]}


def test_a_statement_that_fails_in_the_middle_changes_nothing(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" (a INT CHECK (a < 100000))')
    with pytest.raises(Refused) as refused:
        door.get(f'INSERT INTO "{stream}" SELECT * FROM range(200000)')
    assert refused.value.kind == "conflict"
    assert door.rows(stream) == 0


def test_a_transaction_left_open_does_not_outlive_its_request(door: Door, stream: str) -> None:
    door.get(f'CREATE TABLE "{stream}" (a INT)')
    with pytest.raises(Refused, match="needs a session.*as one text, or use Flight SQL") as refused:
        door.get(f'BEGIN; INSERT INTO "{stream}" VALUES (1)')
    assert refused.value.kind == "invalid-input"
    assert door.rows(stream) == 0
    door.get(f'INSERT INTO "{stream}" VALUES (2)')
    assert door.rows(stream) == 1


def test_settings_of_one_request_do_not_reach_the_next(door: Door) -> None:
    door.get("SET SESSION TimeZone = 'Asia/Kathmandu'; SELECT 1")
    assert door.value("SELECT current_setting('TimeZone')") == "UTC"


@needs(Word.TEMPORARY)
@pytest.mark.parametrize("sql", [
    "create temp table mine (a int)", "BEGIN", "COMMIT", "PREPARE mine AS SELECT 1", "USE main",
    "SET TimeZone = 'Asia/Tokyo'", "SET VARIABLE mine = 1",
    "SELECT 1; CREATE OR REPLACE TEMPORARY VIEW mine AS SELECT 1"])
def test_what_would_be_lost_with_its_request_is_refused(door: Door, sql: str) -> None:
    with pytest.raises(Refused, match="needs a session.*as one text, or use Flight SQL") as refused:
        door.get(sql)
    assert refused.value.kind == "invalid-input"


@pytest.mark.parametrize("sql", ["PRAGMA enable_verification; SELECT 42", "PRAGMA enable_verification"])
def test_an_error_has_nothing_of_the_program_within(door: Door, sql: str) -> None:
    with pytest.raises(Refused) as refused:
        door.get(sql)
    assert refused.value.kind == "not-implemented"
    assert "Stack" not in refused.value.message and ".so" not in refused.value.message


def test_a_broken_parquet_file_is_not_the_servers_fault(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    pq.write_table(pa.table({"i": range(1000), "s": ["abc"] * 1000}), path)
    whole = path.read_bytes()
    kinds = set()
    footer_bytes = int.from_bytes(whole[-8:-4], "little")
    for at in range(len(whole) - 8 - footer_bytes, len(whole) - 8 - footer_bytes + 120, 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1:])
        try:
            door.get(f"FROM parquet_scan('{path}')")
        except Refused as refused:
            kinds.add(refused.kind)
    assert kinds and "internal" not in kinds


@needs(Word.TEMPORARY)
@pytest.mark.parametrize("sql", [
    "CREATE TEMP TABLE mine AS SELECT 7 AS a; FROM mine", "SET VARIABLE mine = 7; SELECT getvariable('mine')",
    "PREPARE mine AS SELECT 7; EXECUTE mine", "BEGIN; CREATE TEMP TABLE mine AS SELECT 7 AS a; COMMIT; FROM mine",
    "USE main; SELECT 7", "SET TimeZone = 'Asia/Tokyo'; SELECT 7"])
def test_what_a_text_makes_for_itself_it_has(door: Door, sql: str) -> None:
    assert door.value(sql) == 7


@needs(Word.TEMPORARY)
def test_a_temporary_table_does_not_outlive_its_request(door: Door) -> None:
    assert door.get("CREATE TEMP TABLE passing AS SELECT 1; FROM passing").num_rows == 1
    with pytest.raises(Refused) as refused:
        door.get("FROM passing")
    assert refused.value.kind == "not-found"


def test_a_value_of_each_sql_type_arrives_as_arrow(door: Door) -> None:
    answer = door.get("""
        SELECT 1::UTINYINT AS u1, 170141183460469231731687303715884105727::HUGEINT AS big,
               1.25::DECIMAL(9, 2) AS d, DATE '2024-02-29' AS day, INTERVAL 3 MONTH AS pause,
               [1, NULL]::INTEGER[] AS l, {'a': 1, 'b': 'x'} AS s, MAP {'k': 1.5} AS m,
               'a'::ENUM ('a', 'b') AS e, '\\xAA'::BLOB AS b, uuid() IS NOT NULL AS has_uuid
    """)
    row = answer.to_pylist()[0]
    assert row["u1"] == 1
    assert row["big"] == decimal.Decimal("170141183460469231731687303715884105727")
    assert row["d"] == decimal.Decimal("1.25")
    assert row["l"] == [1, None]
    assert row["s"] == {"a": 1, "b": "x"}
    assert row["e"] == "a"
    assert row["b"] == b"\xaa"
    assert row["has_uuid"] is True


def test_wide_rows_come_in_pieces_that_are_not_huge(door: Door) -> None:
    sizes = []
    for batch in door.open_get("SELECT i, repeat('x', 10000) AS text FROM range(10000) t(i)"):
        sizes.append(batch.nbytes)
        assert batch["text"][0].as_py() == "x" * 10000
    assert sum(sizes) > 100_000_000
    assert max(sizes) < 24 * 1024 * 1024


def test_what_is_read_twice_is_the_same(door: Door, stream: str) -> None:
    door.put(stream, trips(100_000))
    same_table(door.table(stream), door.get(f'SELECT * FROM "{stream}"'))
