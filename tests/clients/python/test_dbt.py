"""dbt with dbt-gizmosql: the project of tests/clients/python/shop, from its seed to its docs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_flightsql.dbapi as flight_sql
import pytest

from harness.program import clean_environment, patient
from harness.server_process import ServerProcess

MORE_ORDERS = "3,ada,2.5,2024-01-03\n4,cyd,9.0,2024-01-04\n"
# In every state of the shop.
QUERIES = {"totals": "FROM shop.totals ORDER BY customer", "large": "SELECT count(*) FROM shop.large",
           "merged": "SELECT id, amount FROM shop.merged ORDER BY id",
           "replaced": "SELECT id, amount FROM shop.replaced ORDER BY id",
           "appended": "SELECT count(*) FROM shop.appended",
           "history": "SELECT id, amount, dbt_valid_to IS NULL FROM shop.history ORDER BY ALL"}


class Shop:
    """A copy of the project, and the schema of the server's database that it works in."""

    def __init__(self, folder: Path, server: ServerProcess, schema: str):
        self.folder = Path(shutil.copytree(Path(__file__).parent / "shop", folder / schema))
        self._server = server
        self._schema = schema

    def dbt(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([Path(sys.executable).parent / "dbt", "--no-use-colors", *words], cwd=self.folder,
                              capture_output=True, text=True, check=False, timeout=patient(120),
                              env=clean_environment({"DBT_PROFILES_DIR": ".", "HOME": str(self.folder),
                                                     "FLIGHT_PORT": str(self._server.flight_port),
                                                     "SHOP_SCHEMA": self._schema, "PATH": os.environ["PATH"]}))

    def succeeds(self, *words: str) -> str:
        """What it says. Every model, test and seed has to succeed."""
        ran = self.dbt(*words)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def rows(self, sql: str) -> list[tuple]:
        with flight_sql.connect(self._server.flight_url, autocommit=True) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()

    def tables(self) -> dict[str, list[tuple]]:
        return {name: self.rows(sql) for name, sql in QUERIES.items()}


@pytest.fixture(scope="module")
def shop(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("dbt"), server, "shop")


@pytest.fixture(scope="module")
def built(shop: Shop) -> dict[str, list[tuple]]:
    """The tables after the first build."""
    shop.succeeds("build")
    return shop.tables()


@pytest.fixture(scope="module")
def built_again(shop: Shop, built: dict[str, list[tuple]]) -> dict[str, list[tuple]]:
    """The tables after a second build, when an order has changed and one has come."""
    seed = shop.folder / "seeds/orders.csv"
    kept = [line for line in seed.read_text().splitlines() if not line.startswith("3,")]
    seed.write_text("\n".join(kept) + "\n" + MORE_ORDERS)
    shop.succeeds("build")
    return shop.tables()


def test_debug_connects(shop: Shop) -> None:
    assert "All checks passed!" in shop.succeeds("debug")


def test_tables_and_views(built: dict[str, list[tuple]]) -> None:
    assert built["totals"] == [("ada", 12.0, 2), ("bob", 4.0, 1)]
    assert built["large"] == [(2,)]


def test_a_contract_makes_columns_not_null(shop: Shop, built: dict[str, list[tuple]]) -> None:
    assert shop.rows("SELECT column_name, is_nullable FROM information_schema.columns "
                     "WHERE table_schema = 'shop' AND table_name = 'agreed' ORDER BY ALL") == [
        ("customer", "YES"), ("id", "NO")]


@pytest.mark.parametrize("strategy", ["merged", "replaced"])
def test_a_second_run_changes_what_has_changed(built: dict[str, list[tuple]], built_again: dict[str, list[tuple]],
                                               strategy: str) -> None:
    assert built[strategy] == [(1, 10.5), (2, 4.0), (3, 1.5)]
    assert built_again[strategy] == [(1, 10.5), (2, 4.0), (3, 2.5), (4, 9.0)]


def test_a_second_run_appends(built: dict[str, list[tuple]], built_again: dict[str, list[tuple]]) -> None:
    assert (built["appended"], built_again["appended"]) == ([(3,)], [(7,)])


def test_a_snapshot_keeps_what_was(built_again: dict[str, list[tuple]]) -> None:
    assert built_again["history"] == [(1, 10.5, True), (2, 4.0, True), (3, 1.5, False), (3, 2.5, True), (4, 9.0, True)]


def test_docs_know_columns_and_types(shop: Shop, built: dict[str, list[tuple]]) -> None:
    shop.succeeds("docs", "generate")
    catalog = json.loads((shop.folder / "target/catalog.json").read_text())
    assert not catalog["errors"]
    columns = catalog["nodes"]["model.shop.totals"]["columns"]
    assert {name: column["type"] for name, column in columns.items()} == {
        "customer": "VARCHAR", "total": "DOUBLE", "orders": "BIGINT"}


def test_show_prints_rows(shop: Shop, built: dict[str, list[tuple]]) -> None:
    assert "10.5" in shop.succeeds("show", "--inline", "select * from {{ ref('orders') }}")


@pytest.fixture
def wrong_shop(server: ServerProcess, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, server, "wrong_shop")
    with (shop.folder / "seeds/orders.csv").open("a") as seed:
        seed.write("5,nobody,1.0,2024-01-05\n")
    yield shop
    shop.rows("DROP SCHEMA IF EXISTS wrong_shop CASCADE")


def test_a_test_that_fails_says_so(wrong_shop: Shop) -> None:
    ran = wrong_shop.dbt("build", "--select", "orders", "merged")
    assert ran.returncode == 1
    assert "FAIL 1 accepted_values_merged_customer__ada__bob__cyd" in ran.stdout
