"""An error in the middle of a result is an error for every client, never a short result."""

import subprocess
import urllib.request
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness.program import patient
from harness.server_process import ServerProcess

GOOD_ROWS = 5_000_000
SQL = (f"SELECT i, CASE WHEN i < {GOOD_ROWS} THEN i ELSE error('broken at row ' || i) END AS v "
       f"FROM range({GOOD_ROWS + 1000}) t(i)")


@pytest.mark.parametrize("format_", ["arrow", "json", "ndjson", "csv", "parquet", "arrow-file"])
def test_curl_fails(server: ServerProcess, tmp_path: Path, format_: str) -> None:
    ran = subprocess.run(["curl", "-sS", "-o", tmp_path / "rows", "-d", SQL, f"{server.http_url}/query?format={format_}"],
                         capture_output=True, text=True, timeout=patient(120))
    assert ran.returncode in (18, 56), (ran.returncode, ran.stderr)  # Partial file, or connection reset.
    assert ran.stderr


def test_pyarrow_over_http_raises(server: ServerProcess) -> None:
    request = urllib.request.Request(f"{server.http_url}/query", SQL.encode())
    rows = 0
    with pytest.raises((OSError, pa.ArrowInvalid, ValueError)), urllib.request.urlopen(request) as answer:
        for batch in pa.ipc.open_stream(answer):
            rows += batch.num_rows
    assert 0 < rows < GOOD_ROWS + 1000


def test_pyarrow_flight_raises_with_the_reason(server: ServerProcess) -> None:
    rows = 0
    with flight.connect(server.flight_url) as client:
        with pytest.raises(pa.ArrowInvalid, match=f"broken at row {GOOD_ROWS}"):
            for chunk in client.do_get(flight.Ticket(SQL.encode())):
                rows += chunk.data.num_rows
    assert 0 < rows <= GOOD_ROWS
