"""`arrowport demo`, with few generated rows."""

import os
import socket
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_the_tour_through_two_servers_times_get_transfer_and_exchange(tmp_path: Path) -> None:
    environment = _clean_temporary_folder(tmp_path)
    locations = [f"grpc://127.0.0.1:{_free_port()}" for _ in range(2)]
    done = run_arrowport("demo", "--two-servers", "--rows", 300_000, "--server1-location",
                         locations[0], "--server2-location", locations[1], "--server2-db",
                         tmp_path / "second.duckdb", "--auth", "ann:secret", environment=environment)
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    for location in locations:
        assert location in text
    assert "small: 5 rows on both servers" in text
    assert "flights: 336,776 rows loaded, 336,776 rows moved" in text
    timed = [line.split()[1] for line in text.splitlines() if " 300,000 " in line and "server" in line]
    assert timed == ["get", "transfer", "transfer", "exchange"]
    assert "\nDone in " in text
    assert os.listdir(environment["TMPDIR"]) == []
    with duckdb.connect(str(tmp_path / "second.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT count(*), sum(id) FROM trips").fetchone() == \
            (300_000, 300_000 * 299_999 // 2)


@pytest.mark.parametrize("words", [
    ["--server1-location", "http://localhost:1"], ["--server2-location", "localhost"],
    ["--auth", "nobody"], ["--rows", "0"],
])
def test_the_tour_refuses_what_makes_no_sense(tmp_path: Path, words: list[str]) -> None:
    places = ["--server1-location", f"grpc://127.0.0.1:{_free_port()}"] if "1" not in words[0] else []
    done = run_arrowport("demo", "--two-servers", *places, *words,
                         environment=_clean_temporary_folder(tmp_path))
    assert done.returncode == 65, done.stderr
    assert os.listdir(tmp_path / "temporary") == []


def test_the_tour_says_that_a_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        location = f"grpc://127.0.0.1:{taken.getsockname()[1]}"
        done = run_arrowport("demo", "--two-servers", "--server1-location", location,
                             environment=_clean_temporary_folder(tmp_path))
    assert done.returncode == 69, done.stderr
    assert location in done.stderr.decode()
