"""Flight SQL as ADBC's driver for Python speaks it."""

from collections.abc import Iterator
from decimal import Decimal

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from harness.server_process import ServerProcess


@pytest.fixture
def connection(server: ServerProcess) -> Iterator[flight_sql.Connection]:
    with flight_sql.connect(server.flight_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def cursor(connection: flight_sql.Connection) -> Iterator[flight_sql.Cursor]:
    with connection.cursor() as cursor:
        yield cursor


def _rows(cursor: flight_sql.Cursor, sql: str, parameters: object = None) -> list[tuple]:
    cursor.execute(sql, parameters)
    return cursor.fetchall()


def test_a_query(cursor: flight_sql.Cursor) -> None:
    assert _rows(cursor, "SELECT 42 AS x, 'a' AS y, 1.50::DECIMAL(5,2) AS z") == [
        (42, "a", Decimal("1.50"))]
    assert [column[0] for column in cursor.description] == ["x", "y", "z"]
    cursor.execute("SELECT range AS i FROM range(300000)")
    assert cursor.fetch_arrow_table()["i"].combine_chunks().sort().to_pylist() == list(range(300000))


def test_statements_that_change_run_once(cursor: flight_sql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (id BIGINT PRIMARY KEY, name VARCHAR)")
    cursor.execute(f"INSERT INTO {stream} VALUES (1, 'a'), (2, 'b')")
    assert _rows(cursor, f"INSERT INTO {stream} VALUES (3, 'c') RETURNING id, name") == [(3, "c")]
    cursor.execute(f"UPDATE {stream} SET name = name || '!' WHERE id > ?", (1,))
    assert _rows(cursor, f"SELECT * FROM {stream} ORDER BY id") == [(1, "a"), (2, "b!"), (3, "c!")]


def test_parameters_of_every_type(cursor: flight_sql.Cursor) -> None:
    values = pa.table({
        "1": pa.array([True]), "2": pa.array([-5], pa.int8()), "3": pa.array([2**63], pa.uint64()),
        "4": pa.array([1.5], pa.float32()), "5": pa.array([Decimal("1.25")], pa.decimal128(9, 2)),
        "6": pa.array(["a'b"]), "7": pa.array([b"\x00\xff"]), "8": pa.array([1], pa.date32()),
        "9": pa.array([3], pa.timestamp("us", "UTC")), "10": pa.array([4], pa.time64("us")),
        "11": pa.array([[1, None]], pa.list_(pa.int32())), "12": pa.array([{"x": 1}]),
        "13": pa.array([None], pa.int32())})
    marks = ", ".join(f"? AS c{i}" for i in range(1, 14))
    cursor.execute(f"SELECT {marks}", values)
    answer = cursor.fetch_arrow_table()
    assert [row[0].as_py() for row in answer.columns] == [row[0].as_py() for row in values.columns]


def test_many_rows_of_parameters(cursor: flight_sql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (id BIGINT PRIMARY KEY, name VARCHAR)")
    cursor.executemany(f"INSERT INTO {stream} VALUES (?, ?)", [(i, f"n{i}") for i in range(100)])
    assert cursor.rowcount == 100
    with pytest.raises(adbc_driver_manager.Error, match="row 1 of the parameters.*Duplicate key"):
        cursor.executemany(f"INSERT INTO {stream} VALUES (?, ?)", [(100, "x"), (5, "y")])
    assert _rows(cursor, f"SELECT count(*), max(id) FROM {stream}") == [(100, 99)]
    bound = pa.table({"1": pa.array([5, 3], pa.int64())})
    assert _rows(cursor, f"SELECT name FROM {stream} WHERE id = ?", bound) == [("n5",), ("n3",)]


def test_ingest(connection: flight_sql.Connection, cursor: flight_sql.Cursor, stream: str) -> None:
    rows = pa.table({"id": pa.array(range(1000), pa.int64()), "name": ["n"] * 1000})
    assert cursor.adbc_ingest(stream, rows, mode="create") == 1000
    with pytest.raises(adbc_driver_manager.Error, match="is there already"):
        cursor.adbc_ingest(stream, rows, mode="create")
    assert cursor.adbc_ingest(stream, rows, mode="append") == 1000
    assert cursor.adbc_ingest(stream, rows, mode="create_append") == 1000
    assert cursor.adbc_ingest(f"{stream}_other", rows, mode="create_append") == 1000
    with pytest.raises(adbc_driver_manager.Error, match="does not exist"):
        cursor.adbc_ingest(f"{stream}_none", rows, mode="append")


def test_ingest_into_a_schema_and_from_a_data_frame(connection: flight_sql.Connection,
                                                    cursor: flight_sql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE SCHEMA s_{stream}")
    rows = pa.table({"id": [1, 2]})
    assert cursor.adbc_ingest("my table", rows, mode="create", db_schema_name=f"s_{stream}") == 2
    assert _rows(cursor, f'SELECT count(*) FROM s_{stream}."my table"') == [(2,)]
    frame = pl.DataFrame({"id": [1, 2, 3]})
    assert frame.write_database(stream, connection, engine="adbc") == 3
    assert pl.read_database(f"FROM {stream}", connection)["id"].to_list() == [1, 2, 3]


def test_what_the_catalog_holds(connection: flight_sql.Connection, cursor: flight_sql.Cursor,
                                stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (id BIGINT PRIMARY KEY, fare DECIMAL(9, 2))")
    objects = connection.adbc_get_objects(depth="all", table_name_filter=stream).read_all()
    tables = [table for catalog in objects.to_pylist()
              for schema in catalog["catalog_db_schemas"] for table in schema["db_schema_tables"]]
    assert [(table["table_name"], table["table_type"]) for table in tables] == [(stream, "TABLE")]
    assert [(column["column_name"], column["xdbc_type_name"])
            for column in tables[0]["table_columns"]] == [("id", "BIGINT"), ("fare", "DECIMAL(9,2)")]
    assert connection.adbc_get_table_types() == ["LOCAL TEMPORARY", "TABLE", "VIEW"]
    assert connection.adbc_get_table_schema(stream).names == ["id", "fare"]


def test_what_the_server_is(connection: flight_sql.Connection) -> None:
    info = connection.adbc_get_info()
    assert info["vendor_name"] == "arrowport"
    assert info["vendor_version"].startswith("duckdb v1.")
    assert info["vendor_arrow_version"] == pa.__version__


def test_partitions_are_read_one_by_one(connection: flight_sql.Connection,
                                        cursor: flight_sql.Cursor) -> None:
    partitions, schema = cursor.adbc_execute_partitions("SELECT range AS i FROM range(100000)")
    assert schema.names == ["i"]
    rows = []
    for partition in partitions:
        with connection.cursor() as reader:
            reader.adbc_read_partition(partition)
            rows += reader.fetch_arrow_table()["i"].to_pylist()
    assert sorted(rows) == list(range(100000))


def test_partitions_of_a_statement_that_is_polled(connection: flight_sql.Connection,
                                                  cursor: flight_sql.Cursor) -> None:
    sql = "SELECT sum(length(repeat(md5(i::VARCHAR), 40))) AS bytes FROM range(1000000) t(i)"
    cursor.adbc_statement.set_options(**{"adbc.statement.exec.incremental": "true"})
    partitions, schema = cursor.adbc_execute_partitions(sql)
    assert schema.names == ["bytes"]
    with connection.cursor() as other:
        other.adbc_read_partition(partitions[0])
        assert other.fetchall() == [(1_280_000_000,)]
    # None means that it is over.
    assert cursor.adbc_execute_partitions(sql)[0] == []


def test_data_frames(connection: flight_sql.Connection) -> None:
    sql = "SELECT range AS i, 'n' || range AS n FROM range(3)"
    assert pd.read_sql(sql, connection)["n"].tolist() == ["n0", "n1", "n2"]
    assert pl.read_database(sql, connection)["i"].to_list() == [0, 1, 2]


@pytest.mark.parametrize(("sql", "error", "words"), [
    ("SELECT nope", "ProgrammingError", 'column "nope" was not found'),
    ("SELECT * FROM no_such_table", "ProgrammingError", "no_such_table does not exist"),
    ("-- nothing", "ProgrammingError", "holds no statement")])
def test_errors_are_the_servers_words(cursor: flight_sql.Cursor, sql: str, error: str,
                                      words: str) -> None:
    with pytest.raises(adbc_driver_manager.Error, match=words) as raised:
        cursor.execute(sql)
    assert type(raised.value).__name__ == error


@pytest.fixture
def inside(server: ServerProcess) -> Iterator[flight_sql.Connection]:
    """A connection in a transaction, as Python's standard has it, that keeps cookies."""
    cookies = {"adbc.flight.sql.rpc.with_cookie_middleware": "true"}
    with flight_sql.connect(server.flight_url, db_kwargs=cookies) as connection:
        yield connection


def test_a_transaction(inside: flight_sql.Connection, cursor: flight_sql.Cursor, stream: str) -> None:
    with inside.cursor() as writing:
        writing.execute(f"CREATE TABLE {stream} (id BIGINT)")
        writing.executemany(f"INSERT INTO {stream} VALUES (?)", [(1,), (2,)])
        assert _rows(writing, f"SELECT count(*) FROM {stream}") == [(2,)]
        with pytest.raises(adbc_driver_manager.Error, match="does not exist"):
            cursor.execute(f"SELECT * FROM {stream}")
        inside.commit()
        assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(2,)]
        writing.execute(f"DELETE FROM {stream}")
        inside.rollback()
        assert _rows(writing, f"SELECT count(*) FROM {stream}") == [(2,)]


def test_two_results_are_open_in_a_transaction(inside: flight_sql.Connection, stream: str) -> None:
    sql = "SELECT i, hash(i) AS h FROM range(3000000) t(i)"
    with inside.cursor() as first, inside.cursor() as second:
        first.execute(sql)
        ahead = first.fetch_record_batch()
        rows = ahead.read_next_batch().num_rows
        second.execute(f"CREATE TABLE {stream} AS SELECT 1 AS x")
        second.execute(sql)
        assert second.fetch_arrow_table().num_rows == 3_000_000
        inside.commit()
        assert rows + sum(batch.num_rows for batch in ahead) == 3_000_000


def test_what_fails_half_way_is_rolled_back(inside: flight_sql.Connection, stream: str) -> None:
    with inside.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {stream} (id BIGINT PRIMARY KEY)")
        inside.commit()
        with pytest.raises(adbc_driver_manager.Error, match="row 1 of the parameters"):
            cursor.executemany(f"INSERT INTO {stream} VALUES (?)", [(1,), (1,)])
        with pytest.raises(adbc_driver_manager.Error, match="rolled back"):
            cursor.execute("SELECT 1")
        inside.rollback()
        assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(0,)]


@pytest.fixture
def texts(server: ServerProcess) -> Iterator[flight_sql.Connection]:
    """A connection that keeps cookies, and begins and ends its transactions by text."""
    cookies = {"adbc.flight.sql.rpc.with_cookie_middleware": "true"}
    with flight_sql.connect(server.flight_url, db_kwargs=cookies, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("rollback", ["ROLLBACK", "abort", "/* all */ Rollback Transaction;  -- of it\n",
                                      "ROLLBACK; SELECT 1"])
@pytest.mark.parametrize("way", ["execute", "execute_partitions", "execute_schema", "prepare", "update"])
def test_an_aborted_transaction_is_left_by_text(texts: flight_sql.Connection, stream: str, rollback: str,
                                                way: str) -> None:
    with texts.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {stream} (id BIGINT PRIMARY KEY)")
        cursor.execute("SELECT 1")
        cursor.execute("BEGIN")
        cursor.execute(f"INSERT INTO {stream} VALUES (1)")
        with pytest.raises(adbc_driver_manager.Error, match="uplicate key"):
            cursor.execute(f"INSERT INTO {stream} VALUES (2), (2)")
        with pytest.raises(adbc_driver_manager.Error, match="rolled back"):
            _rows(cursor, "SELECT 1")
        _leave(cursor, rollback, way)
        assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(0,)]
        cursor.execute("BEGIN")
        cursor.execute("COMMIT")


def _leave(cursor: flight_sql.Cursor, rollback: str, way: str) -> None:
    if way == "execute":
        cursor.execute(rollback)
    elif way == "execute_partitions":
        partitions, _ = cursor.adbc_execute_partitions(rollback)
        cursor.adbc_read_partition(partitions[0])
    elif way == "update":
        cursor.executescript(rollback)
    elif ";  " in rollback or "; S" in rollback:
        cursor.execute(rollback)
    else:
        # What describes leaves it to what runs.
        (cursor.adbc_execute_schema if way == "execute_schema" else cursor.adbc_prepare)(rollback)
        with pytest.raises(adbc_driver_manager.Error, match="rolled back"):
            _rows(cursor, "SELECT 1")
        cursor.execute(rollback)


@pytest.mark.parametrize("rows", [1, 300_000])
def test_ingest_that_replaces(cursor: flight_sql.Cursor, stream: str, rows: int) -> None:
    cursor.adbc_ingest(stream, pa.table({"a": [1, 2]}), mode="create")
    assert cursor.adbc_ingest(stream, pa.table({"b": range(rows)}), mode="replace") == rows
    assert _rows(cursor, f"SELECT count(b) FROM {stream}") == [(rows,)]


def test_a_temporary_table(inside: flight_sql.Connection, cursor: flight_sql.Cursor, stream: str) -> None:
    with inside.cursor() as mine:
        assert mine.adbc_ingest(stream, pa.table({"a": [1, 2]}), mode="create", temporary=True) == 2
        inside.commit()
        assert _rows(mine, f"SELECT sum(a) FROM {stream}")[0][0] == 3
    with pytest.raises(adbc_driver_manager.Error, match="needs a session"):
        cursor.adbc_ingest(stream, pa.table({"a": [1]}), mode="create", temporary=True)


def test_nulls_have_types(cursor: flight_sql.Cursor) -> None:
    rows = pa.table({"1": pa.array([42, None, 1]), "2": pa.array(["", "bar", None]),
                     "3": pa.array([[None, 1], None, []], pa.list_(pa.int64()))})
    cursor.execute("SELECT ? AS a, ? AS b, ? AS c", rows)
    answer = cursor.fetch_arrow_table()
    assert [column.to_pylist() for column in answer.columns] == [column.to_pylist() for column in rows.columns]
    assert answer.schema.types == rows.schema.types


def test_several_statements(cursor: flight_sql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (a VARCHAR, b INT); INSERT INTO {stream} VALUES ('x', 1), ('y', 2)")
    assert _rows(cursor, f"PIVOT {stream} ON a USING sum(b)") == [(1, 2)]
    assert _rows(cursor, f"DELETE FROM {stream} WHERE b = 1; SELECT a FROM {stream}") == [("y",)]


def test_an_enum_is_text(cursor: flight_sql.Cursor) -> None:
    cursor.execute("SELECT 'b'::ENUM('a', 'b') AS e, ['a'::ENUM('a', 'b')] AS l")
    assert cursor.fetch_arrow_table().to_pylist() == [{"e": "b", "l": ["a"]}]
