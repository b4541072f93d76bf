"""`arrowport bench` over few rows: who takes part, and what it writes. What it measures is not judged."""

import json
import sys
from pathlib import Path

import pytest

from harness.program import run_arrowport

QUICK = ("--scale", 0.001, "--rounds", 1, "--point-seconds", 0.02, "--put-seconds", 0.05)


def test_point_queries_are_measured_on_all_ways_and_reported(tmp_path: Path) -> None:
    report, samples = tmp_path / "report.md", tmp_path / "samples.json"
    done = run_arrowport("bench", *QUICK, "--only", "point", "--only", "read compressed", "--cache", tmp_path / "cache",
                         "--python", sys.executable, "--no-peers", "--report", report, "--json", samples)
    assert done.returncode == 0, done.stderr
    works = {work["name"]: work for work in json.loads(samples.read_text())["works"]}
    assert list(works) == ["read compressed", "point, 1 client", "point, 8 clients", "point, 64 clients"]
    by = {name: [result["contender"] for result in work["results"]] for name, work in works.items()}
    assert by["point, 64 clients"] == ["DuckDB C++", "DuckDB C++, kept plan", "HTTP C++", "Flight C++"]
    assert by["point, 8 clients"] == by["point, 64 clients"] + ["DuckDB Py", "HTTP Py", "Flight Py"]
    assert "HTTP Py, zstd" in by["read compressed"]
    for result in works["point, 8 clients"]["results"]:
        assert result["median_per_second"] > 0, result
    page = report.read_text()
    for text in ["Machine: ", "Versions: ", "Command: ", "## What arrowport promises itself", "## point, 8 clients",
                 "quack Py does not take part: --no-peers"]:
        assert text in page
    # Nothing but lineitem is kept for the next run.
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".duckdb"]


def test_puts_by_many_clients_are_measured_on_all_ways_and_reported(tmp_path: Path) -> None:
    report, samples = tmp_path / "report.md", tmp_path / "samples.json"
    done = run_arrowport("bench", *QUICK, "--only", "puts of 1 row, 16", "--only", "puts of 1,000 rows, 64",
                         "--only", "puts of 100,000 rows, 4", "--cache", tmp_path / "cache", "--python", sys.executable,
                         "--report", report, "--json", samples)
    assert done.returncode == 0, done.stderr
    works = {work["name"]: work for work in json.loads(samples.read_text())["works"]}
    assert [(name, work["rows"]) for name, work in works.items()] == [
        ("puts of 1 row, 16 clients", 1), ("puts of 1,000 rows, 64 clients", 1000),
        ("puts of 100,000 rows, 4 clients", 100_000)]
    for work in works.values():
        by = {result["contender"]: result for result in work["results"]}
        for name in ["DuckDB C++", "HTTP C++", "Flight C++", "Flight C++, kept put", "py-stream C++", "py-table C++"]:
            assert "failure" not in by[name], by[name]
            assert by[name]["median_per_second"] > 0, by[name]
            assert by[name]["samples"][0]["p99_seconds"] > 0
    page = report.read_text()
    assert "| by | p50 | p99 | p99/p50 | per s |" in page
    # Somebody may hold it or not, but the promise is told.
    assert "| puts of 1,000 rows, 64 clients, answers a second: HTTP C++ beside DuckDB C++ | at least 2.00 × |" in page
    assert "| puts of 1 row, 16 clients, p99 beside the median: HTTP C++ | at most 5.00 × |" in page


def test_flight_servers_in_python_take_part_and_a_missing_one_is_named(tmp_path: Path) -> None:
    done = run_arrowport("bench", *QUICK, "--only", "read 3 columns", "--cache", tmp_path / "cache",
                         "--python", sys.executable, "--gizmosql", tmp_path / "nothing")
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    for name in ["py-stream C++", "py-table C++", "HTTP Py"]:
        assert f"│ {name} " in text
    assert "GizmoSQL Py does not take part" in text


@pytest.mark.parametrize(("words", "said"), [(("--only", "nothing at all"), "--only leaves nothing to measure"),
                                             (("--python", "/nowhere/python"), "/nowhere/python")])
def test_what_cannot_be_measured_is_refused(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    done = run_arrowport("bench", *QUICK, "--cache", tmp_path / "cache", *words)
    assert done.returncode != 0
    assert said in done.stderr.decode()
