"""Rows in the forms and codings that a put over HTTP may have, written by pyarrow."""

import gzip
import io
import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from harness.http_door import ARROW_STREAM, ipc_stream

MEDIA_TYPES = {
    "arrow": ARROW_STREAM,
    "arrow-file": "application/vnd.apache.arrow.file",
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "json": "application/json",
}
FORMATS = list(MEDIA_TYPES)
CODINGS = ["gzip", "zstd", "lz4"]


def write_form(table: pa.Table, form: str, **options: object) -> bytes:
    """The rows of the table as a body; options are of pyarrow's writer."""
    if form == "arrow":
        return ipc_stream(table.schema, table.to_batches()).to_pybytes()
    sink = io.BytesIO()
    if form == "arrow-file":
        with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table)
    elif form == "parquet":
        pa.parquet.write_table(table, sink, **options)
    elif form == "csv":
        pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(**options))
    else:
        return _json(table, form)
    return sink.getvalue()


def _json(table: pa.Table, form: str) -> bytes:
    # A null is written as a key that is missing.
    rows = [{key: value for key, value in row.items() if value is not None}
            for row in table.to_pylist()]
    texts = [json.dumps(row, default=str) for row in rows]
    text = "[" + ", ".join(texts) + "]" if form == "json" else "".join(text + "\n" for text in texts)
    return text.encode()


def put_into(body: bytes, coding: str) -> bytes:
    """The body in a content coding."""
    if coding == "gzip":
        return gzip.compress(body, mtime=0)
    return pa.Codec(coding if coding == "zstd" else "lz4").compress(body, asbytes=True)
