"""Teaches schemathesis what bodies of rows are: schemathesis runs this file, not pytest."""

import io
import json

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import schemathesis
from hypothesis import strategies


def _write(write: object, numbers: list[int], name: str) -> bytes:
    table = pyarrow.table({name: numbers}, schema=pyarrow.schema([(name, pyarrow.int32())]))
    sink = io.BytesIO()
    write(table, sink)
    return sink.getvalue()


def _arrow(open_writer: object) -> object:
    def write(table: pyarrow.Table, sink: io.BytesIO) -> None:
        with open_writer(sink, table.schema) as writer:
            writer.write_table(table)
    return write


def _ndjson(table: pyarrow.Table, sink: io.BytesIO) -> None:
    sink.write("".join(json.dumps(row) + "\n" for row in table.to_pylist()).encode())


_NUMBERS = strategies.lists(strategies.integers(-2**31, 2**31 - 1), max_size=20)
_NAMES = strategies.sampled_from(["id", "fare", "né \" '"])
for media_type, writer in {
        "application/vnd.apache.arrow.stream": _arrow(pyarrow.ipc.new_stream),
        "application/vnd.apache.arrow.file": _arrow(pyarrow.ipc.new_file),
        "application/vnd.apache.parquet": pyarrow.parquet.write_table,
        "application/x-ndjson": _ndjson,
        "text/csv": pyarrow.csv.write_csv}.items():
    schemathesis.openapi.media_type(
        media_type, strategies.builds(_write, strategies.just(writer), _NUMBERS, _NAMES))
