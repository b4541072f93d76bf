"""pandas and polars read what POST /query answers, and write what POST /ingest takes."""

import io
import urllib.request
from http.client import HTTPException

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from harness.http_door import HttpDoor
from harness.samples import trips
from harness.server_process import ServerProcess


def _query(server: ServerProcess, sql: str, format_: str = "arrow"):
    return urllib.request.urlopen(f"{server.http_url}/query?format={format_}", sql.encode(), timeout=60)


def _land(server: ServerProcess, stream: str, body: bytes) -> None:
    urllib.request.urlopen(f"{server.http_url}/ingest/{stream}", body, timeout=60).close()


def test_pandas_reads_a_query(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    http.put(stream, trips(200_000))
    with _query(server, f'SELECT * FROM "{stream}"') as answer:
        frame = pa.ipc.open_stream(answer).read_pandas()
    pd.testing.assert_frame_equal(frame, trips(200_000).to_pandas())


def test_polars_reads_a_query(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    http.put(stream, trips(200_000))
    with _query(server, f'SELECT * FROM "{stream}"') as answer:
        frame = pl.read_ipc_stream(answer)
    assert frame.equals(pl.from_arrow(trips(200_000)))


@pytest.mark.parametrize("format_", ["csv", "ndjson", "json"])
def test_pandas_and_polars_read_text(http: HttpDoor, server: ServerProcess, stream: str,
                                     format_: str) -> None:
    http.put(stream, trips(1000).select(["id", "carrier", "fare", "paid"]))
    with _query(server, f'SELECT * FROM "{stream}"', format_) as answer:
        body = answer.read()
    readers = {"csv": (pd.read_csv, pl.read_csv), "json": (pd.read_json, pl.read_json),
               "ndjson": (lambda text: pd.read_json(text, lines=True), pl.read_ndjson)}[format_]
    for read in readers:
        frame = read(io.BytesIO(body))
        assert frame.shape == (1000, 4)
        assert list(frame["id"]) == list(range(1000))
        assert sum(frame["fare"]) == sum(i * 0.25 for i in range(1000))
        assert sum(frame["paid"]) == 334


def test_pandas_writes_a_stream(http: HttpDoor, server: ServerProcess, stream: str) -> None:
    frame = pd.DataFrame({"id": np.arange(1000), "word": ["a", None] * 500,
                          "at": pd.date_range("2024-01-01", periods=1000, freq="min"),
                          "kind": pd.Categorical(["x", "y"] * 500)})
    table = pa.Table.from_pandas(frame)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    _land(server, stream, sink.getvalue())
    landed = http.table(stream).to_pandas()
    assert landed["id"].tolist() == frame["id"].tolist()
    assert landed["at"].tolist() == frame["at"].tolist()
    assert landed["kind"].tolist() == frame["kind"].tolist()
    assert landed["word"].isna().sum() == 500


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_polars_writes_a_stream(http: HttpDoor, server: ServerProcess, stream: str,
                                compression: str) -> None:
    # Polars writes string views, and categories as dictionaries.
    frame = pl.DataFrame({"id": range(1000), "word": ["a long word that is not inlined", None] * 500,
                          "kind": pl.Series(["x", "y"] * 500, dtype=pl.Categorical),
                          "l": [[1, 2], None] * 500})
    sink = io.BytesIO()
    frame.write_ipc_stream(sink, compression=compression)
    _land(server, stream, sink.getvalue())
    assert http.table(stream).to_pylist() == frame.to_dicts()


def test_a_frame_of_a_broken_answer_is_an_error(server: ServerProcess) -> None:
    sql = "SELECT CASE WHEN i < 3000000 THEN i ELSE error('late') END AS v FROM range(3000010) t(i)"
    with pytest.raises((OSError, pa.ArrowInvalid, HTTPException)), _query(server, sql) as answer:
        pa.ipc.open_stream(answer).read_pandas()
