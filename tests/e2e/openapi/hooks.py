"""Teaches schemathesis what an Arrow stream is: schemathesis runs this file, not pytest."""

import pyarrow
import schemathesis
from hypothesis import strategies


def _stream(numbers: list[int], name: str) -> bytes:
    batch = pyarrow.record_batch({name: numbers}, schema=pyarrow.schema([(name, pyarrow.int32())]))
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


_NUMBERS = strategies.lists(strategies.integers(-2**31, 2**31 - 1), max_size=20)
schemathesis.openapi.media_type(
    "application/vnd.apache.arrow.stream",
    strategies.builds(_stream, _NUMBERS, strategies.sampled_from(["id", "fare", "né \" '"])))
