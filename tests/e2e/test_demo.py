"""`arrowport demo`, with few generated rows."""

import os
from pathlib import Path

import duckdb
import pytest

from harness.program import run_arrowport

FLIGHTS_ROWS = 336_776


def _clean_temporary_folder(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return {"TMPDIR": str(folder)}


def test_the_demo_lands_real_flights_asks_three_questions_and_cleans_up(tmp_path: Path) -> None:
    environment = _clean_temporary_folder(tmp_path)
    done = run_arrowport("demo", "--rows", 100_000, environment=environment)
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert "336,776" in text
    assert "100,000" in text
    for door in ["HTTP", "Flight", "DuckDB"]:
        assert door in text
    # One for each question, whose answers over both doors are compared.
    assert text.count("the same answer") == 3
    for word in ["arrowport serve", "arrowport ingest", "arrowport query", "curl http"]:
        assert word in text.split("To go on:")[1]
    assert "\033" not in text
    assert os.listdir(environment["TMPDIR"]) == []


def test_the_demo_keeps_its_database_where_it_is_told_to(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    done = run_arrowport("demo", "--rows", 1000, "--dir", folder,
                         environment=_clean_temporary_folder(tmp_path))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(folder / "demo.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM flights").fetchone() == (FLIGHTS_ROWS,)


@pytest.mark.parametrize("rows", ["-1", "many"])
def test_the_demo_refuses_a_number_of_rows_that_is_none(rows: str) -> None:
    done = run_arrowport("demo", "--rows", rows)
    assert done.returncode == 65
    assert rows in done.stderr.decode()
