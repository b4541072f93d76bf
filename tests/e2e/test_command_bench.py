"""`arrowport bench` over few rows: who takes part, and what it writes. What it measures is not judged."""

import json
import sys
from pathlib import Path

import pytest

from harness.program import run_arrowport

QUICK = ("--scale", 0.001, "--rounds", 1, "--point-seconds", 0.02)


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
