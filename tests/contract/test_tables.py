"""What is there: tables and views, their columns and their rows."""

from harness.door import Door
from harness.samples import trips, types_of


def test_a_view_is_described_by_its_columns(door: Door, stream: str) -> None:
    door.put(stream, trips(5))
    door.get(f'CREATE VIEW "{stream}_v" AS SELECT id, fare FROM "{stream}"')
    columns, rows = door.describe(stream + "_v")
    assert columns == {"id": "int64", "fare": "double"}
    assert rows in (-1, None)
    assert stream + "_v" in door.list_tables()


def test_a_dropped_table_is_no_longer_listed(door: Door, stream: str) -> None:
    door.put(stream, trips(5))
    assert stream in door.list_tables()
    door.get(f'DROP TABLE "{stream}"')
    assert stream not in door.list_tables()


def test_tables_of_other_schemas_are_listed_with_their_schema(door: Door, stream: str) -> None:
    door.get(f'CREATE SCHEMA "s_{stream}"; CREATE TABLE "s_{stream}".t AS SELECT 1 AS a')
    assert door.list_tables()[f"s_{stream}.t"] == 1
    assert door.describe(f"s_{stream}.t") == ({"a": "int32"}, 1)


def test_rows_of_a_description_are_counted_not_estimated(door: Door, stream: str) -> None:
    door.put(stream, trips(1000))
    door.get(f'DELETE FROM "{stream}" WHERE id >= 10')
    assert door.describe(stream) == (types_of(trips(0).schema), 10)


def test_system_tables_are_not_listed(door: Door) -> None:
    assert not [name for name in door.list_tables() if "duckdb_" in name or "pg_" in name]
