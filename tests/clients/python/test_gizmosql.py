"""GizmoSQL's own ADBC driver: it sends what changes as updates, and its session is the token that it signs in for."""

from collections.abc import Iterator

import adbc_driver_manager
import pyarrow as pa
import pytest
from adbc_driver_gizmosql import dbapi as gizmosql

from harness.server_process import ServerProcess


def _connect(server: ServerProcess, **options: object) -> gizmosql.Connection:
    return gizmosql.connect(f"gizmosql://127.0.0.1:{server.flight_port}?transport=tcp", username="ada", password="any",
                            **options)


@pytest.fixture
def connection(server: ServerProcess) -> Iterator[gizmosql.Connection]:
    with _connect(server) as connection:
        yield connection


@pytest.fixture
def cursor(connection: gizmosql.Connection) -> Iterator[gizmosql.Cursor]:
    with connection.cursor() as cursor:
        yield cursor


def _rows(cursor: gizmosql.Cursor, sql: str, parameters: object = None) -> list[tuple]:
    cursor.execute(sql, parameters)
    return cursor.fetchall()


@pytest.mark.parametrize("address", ["gizmosql://127.0.0.1:{}?transport=tcp", "grpc+tcp://127.0.0.1:{}",
                                     "grpc://127.0.0.1:{}"])
@pytest.mark.parametrize("signs_in", [True, False])
def test_addresses_with_and_without_a_name(server: ServerProcess, address: str, signs_in: bool) -> None:
    options = {"username": "ada", "password": "secret"} if signs_in else {}
    with gizmosql.connect(address.format(server.flight_port), **options) as connection:
        with connection.cursor() as cursor:
            assert _rows(cursor, "SELECT 42 AS x") == [(42,)]


def test_without_a_name_there_is_no_session(server: ServerProcess) -> None:
    with gizmosql.connect(server.flight_url) as connection, connection.cursor() as cursor:
        with pytest.raises(adbc_driver_manager.Error, match="a variable needs a session"):
            cursor.execute("SET VARIABLE answer = 42")
        assert connection.adbc_current_catalog == "test"


def test_statements_that_change(cursor: gizmosql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (id BIGINT PRIMARY KEY, name VARCHAR)")
    assert cursor.description is None
    cursor.execute(f"INSERT INTO {stream} VALUES (1, 'a'), (2, 'b')")
    assert cursor.rowcount == 2
    cursor.execute(f"INSERT INTO {stream} VALUES (?, ?)", (3, "c"))
    assert cursor.rowcount == 1
    assert _rows(cursor, f"INSERT INTO {stream} VALUES (4, 'd') RETURNING id, name") == [(4, "d")]
    assert cursor.execute_update(f"DELETE FROM {stream} WHERE id = 1") == 1
    cursor.executemany(f"INSERT INTO {stream} VALUES (?, ?)", [(i, "x") for i in range(10, 15)])
    assert cursor.rowcount == 5
    assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(8,)]


def test_several_statements_in_one_text(cursor: gizmosql.Cursor, stream: str) -> None:
    cursor.execute_update(f"CREATE TABLE {stream} (i INTEGER); INSERT INTO {stream} VALUES (1), (2);")
    assert _rows(cursor, f"SELECT sum(i) FROM {stream}") == [(3,)]
    with pytest.raises(adbc_driver_manager.Error):
        cursor.execute_update(f"DELETE FROM {stream}; INSERT INTO {stream} VALUES ('not a number')")
    # Another text than before the failure, which the driver would take for the one that it has sent last.
    assert _rows(cursor, f"SELECT sum(i) AS i FROM {stream}") == [(3,)]


def test_text_of_transactions(cursor: gizmosql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (i INTEGER)")
    cursor.execute("BEGIN")
    cursor.execute(f"INSERT INTO {stream} VALUES (1)")
    cursor.execute("ROLLBACK")
    assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(0,)]
    cursor.execute("BEGIN TRANSACTION")
    cursor.execute(f"INSERT INTO {stream} VALUES (2)")
    cursor.execute("COMMIT")
    assert _rows(cursor, f"SELECT i FROM {stream}") == [(2,)]


def test_transactions_of_adbc(server: ServerProcess, cursor: gizmosql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} (i INTEGER)")
    with _connect(server, autocommit=False) as other, other.cursor() as inside:
        inside.execute(f"INSERT INTO {stream} VALUES (1)")
        assert _rows(inside, f"SELECT count(*) FROM {stream}") == [(1,)]
        assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(0,)]
        other.rollback()
        inside.execute(f"INSERT INTO {stream} VALUES (2)")
        other.commit()
        assert _rows(cursor, f"SELECT i FROM {stream}") == [(2,)]


def test_a_session_keeps_what_it_sets(server: ServerProcess, cursor: gizmosql.Cursor) -> None:
    cursor.execute("SET VARIABLE answer = 42")
    assert _rows(cursor, "SELECT getvariable('answer')") == [(42,)]
    cursor.execute("CREATE TEMP TABLE mine AS SELECT 1 AS i")
    assert _rows(cursor, "SELECT i FROM mine") == [(1,)]
    with _connect(server) as other, other.cursor() as outside:
        with pytest.raises(adbc_driver_manager.Error, match="mine"):
            outside.execute("SELECT i FROM mine")


def test_the_current_catalog_and_schema(server: ServerProcess, connection: gizmosql.Connection,
                                        cursor: gizmosql.Cursor, stream: str) -> None:
    assert (connection.adbc_current_catalog, connection.adbc_current_db_schema) == ("test", "main")
    cursor.execute(f"CREATE SCHEMA {stream}")
    connection.adbc_current_db_schema = stream
    assert _rows(cursor, "SELECT current_schema()") == [(stream,)]
    with _connect(server, catalog="test", db_schema=stream) as other:
        assert other.adbc_current_db_schema == stream


@pytest.mark.parametrize(("mode", "rows"), [("create", 2), ("append", 4), ("create_append", 4), ("replace", 2)])
def test_ingest(cursor: gizmosql.Cursor, stream: str, mode: str, rows: int) -> None:
    data = pa.table({"i": [1, 2]})
    if mode != "create":
        assert cursor.adbc_ingest(stream, data, mode="create") == 2
    assert cursor.adbc_ingest(stream, data, mode=mode) == 2
    assert _rows(cursor, f"SELECT count(*) FROM {stream}") == [(rows,)]


def test_ingest_into_a_temporary_table(cursor: gizmosql.Cursor, stream: str) -> None:
    assert cursor.adbc_ingest(stream, pa.table({"i": [1, 2]}), mode="create", temporary=True) == 2
    assert _rows(cursor, f"SELECT sum(i) FROM {stream}") == [(3,)]
    assert _rows(cursor, f"SELECT temporary FROM duckdb_tables() WHERE table_name = '{stream}'") == [(True,)]


def test_a_pivot_over_what_is_found(cursor: gizmosql.Cursor, stream: str) -> None:
    cursor.execute(f"CREATE TABLE {stream} AS SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t(a, b)")
    assert _rows(cursor, f"PIVOT {stream} ON b USING sum(a)") == [(1, 2)]


def test_what_the_server_is(connection: gizmosql.Connection) -> None:
    info = connection.adbc_get_info()
    assert info["vendor_version"].startswith("duckdb v1.")


def test_tls_is_missing_and_the_error_says_so(server: ServerProcess) -> None:
    with pytest.raises(adbc_driver_manager.OperationalError, match="does not look like a TLS handshake"):
        with gizmosql.connect(f"gizmosql://127.0.0.1:{server.flight_port}") as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
