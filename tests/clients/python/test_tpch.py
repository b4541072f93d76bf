"""TPC-H at scale 0.1: landed by ADBC, asked by ADBC, answered as DuckDB's own list of answers says."""

import csv
import math
from collections.abc import Iterator
from decimal import Decimal

import adbc_driver_flightsql.dbapi as flight_sql
import duckdb
import pytest

from harness.program import REPOSITORY
from harness.server_process import ServerProcess
from harness.snippets import EXTENSIONS

SCALE = 0.1
ROWS = {"customer": 15000, "lineitem": 600572, "nation": 25, "orders": 150000, "part": 20000, "partsupp": 80000,
        "region": 5, "supplier": 1000}


@pytest.fixture(scope="module")
def tpch() -> Iterator[duckdb.DuckDBPyConnection]:
    extension = EXTENSIONS / f"v{duckdb.__version__}/linux_amd64/tpch.duckdb_extension"
    assert extension.exists(), f"{extension.relative_to(REPOSITORY)} is not there; tools/bootstrap fetches it"
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"CALL dbgen(sf = {SCALE})")
        yield connection


@pytest.fixture(scope="module")
def connection(tpch: duckdb.DuckDBPyConnection, server: ServerProcess) -> Iterator[flight_sql.Connection]:
    """To a server that has the eight tables."""
    with flight_sql.connect(server.flight_url, autocommit=True) as connection, connection.cursor() as cursor:
        for name, rows in ROWS.items():
            reader = tpch.sql(f"FROM {name}").to_arrow_reader(20000)  # the driver sends up to 16 MiB at once
            assert cursor.adbc_ingest(name, reader, mode="create") == rows
        yield connection
        for name in ROWS:
            cursor.execute(f"DROP TABLE {name}")


@pytest.mark.parametrize("number", range(1, 23))
def test_a_query_of_tpch(tpch: duckdb.DuckDBPyConnection, connection: flight_sql.Connection, number: int) -> None:
    (query,) = tpch.execute("SELECT query FROM tpch_queries() WHERE query_nr = ?", [number]).fetchone()
    (answer,) = tpch.execute("SELECT answer FROM tpch_answers() WHERE query_nr = ? AND scale_factor = ?",
                             [number, SCALE]).fetchone()
    expected = list(csv.reader(answer.splitlines(), delimiter="|"))[1:]
    with connection.cursor() as cursor:
        cursor.execute(query)
        table = cursor.fetch_arrow_table()
    assert table.column_names == tpch.sql(query).columns
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert len(rows) == len(expected)
    for row, texts in zip(rows, expected):
        assert all(_same(value, text) for value, text in zip(row, texts, strict=True)), f"{row} is not {texts}"


def _same(value: object, text: str) -> bool:
    if isinstance(value, float):
        return math.isclose(value, float(text), rel_tol=1e-9)
    if isinstance(value, (int, Decimal)):
        return Decimal(value) == Decimal(text)
    return str(value) == text
