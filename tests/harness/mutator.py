"""Streams of every type, and changes to their bytes that depend on nothing but a seed."""

import random

import pyarrow as pa

from harness.forms import CODINGS, FORMATS, put_into, write_form
from harness.http_door import ipc_stream
from harness.samples import trips
from harness.type_case import load_cases

_INT32 = [0, 1, -1, 8, 127, 255, 2**31 - 1, -(2**31), 1 << 20]
_INT64 = [0, 1, -1, 64, 2**63 - 1, -(2**63), 1 << 40]


def streams() -> dict[str, bytes]:
    """Streams to begin with, by name: small ones, so that a change hits something."""
    corpus = {}
    for case in load_cases():
        batch = pa.record_batch({"v": case.sent})
        corpus[case.name] = ipc_stream(batch.schema, [batch, batch.slice(1)]).to_pybytes()
    rows = trips(200).to_batches()[0]
    # Compressed buffers are only compressed when that makes them smaller.
    wide = pa.record_batch({**{name: rows[name] for name in rows.schema.names},
                            "list": pa.array([["a", "b"] * 5, None] * 100),
                            "view": pa.array(["a text that is not inlined"] * 200, pa.string_view()),
                            "code": pa.array(["x", "y", None, "z"] * 50).dictionary_encode()})
    for compression in (None, "lz4", "zstd"):
        corpus[f"wide, {compression}"] = ipc_stream(wide.schema, [wide, wide.slice(7, 100)],
                                                    compression).to_pybytes()
    corpus["growing dictionaries"] = _growing_dictionaries()
    return corpus


def _growing_dictionaries() -> bytes:
    type_ = pa.dictionary(pa.int8(), pa.string())
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    with pa.ipc.new_stream(sink, pa.schema([("v", type_)]), options=options) as writer:
        for words in (["a"], ["a", "b"], ["a", "b", "c"], ["z"]):
            values = pa.DictionaryArray.from_arrays(pa.array(range(len(words)), pa.int8()), words)
            writer.write_batch(pa.record_batch({"v": values}))
    return sink.getvalue().to_pybytes()


def bodies() -> list[tuple[str, str, bytes]]:
    """Bodies of puts in other forms than a stream: the form, the coding, and the bytes."""
    rows = trips(100)
    nested = pa.table({"list": pa.array([[1, 2], None, []] * 20),
                       "struct": pa.array([{"x": 1, "y": "a"}, None, {"x": None}] * 20),
                       "text": pa.array(["", "ü", None] * 20)})
    written = []
    for table in (rows, nested):
        for form in FORMATS[1:]:
            if form != "csv" or table is rows:
                written.append((form, "identity", write_form(table, form)))
        for compression in ("none", "gzip", "zstd"):
            written.append(("parquet", "identity",
                            write_form(table, "parquet", compression=compression, row_group_size=30)))
        written.append(("parquet", "identity", write_form(table, "parquet", use_dictionary=False,
                                                          data_page_version="2.0")))
        written.append(("arrow-file", "identity", write_form(table, "arrow-file", compression="zstd")))
    coded = [(form, coding, put_into(write_form(rows, form), coding))
             for form in ("arrow", "csv", "ndjson", "parquet") for coding in CODINGS]
    return written + coded


def change(data: bytes, chance: random.Random) -> bytes:
    """The data cut short, or with a few of its bytes changed."""
    if data and chance.random() < 0.3:
        return data[:chance.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        chance.choice(_CHANGES)(changed, chance)
    return bytes(changed)


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random) -> None:
    numbers, size = chance.choice([(_INT32, 4), (_INT64, 8)])
    # Numbers in a stream stand at multiples of four.
    place = chance.randrange(len(data) // 4 + 1) * 4
    data[place:place + size] = chance.choice(numbers).to_bytes(size, "little", signed=True)


def _remove(data: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(data) + 1)
    del data[place:place + chance.choice([1, 4, 8, 64])]


def _repeat(data: bytearray, chance: random.Random) -> None:
    begin, size = chance.randrange(len(data) + 1), chance.choice([1, 8, 64, 256])
    data[begin:begin] = data[begin:begin + size]


_CHANGES = [_flip, _flip, _flip, _flip, _overwrite, _overwrite, _remove, _repeat]


def break_values(chance: random.Random) -> pa.Array:
    """An array with changes in what a client's library does not look at when it sends it."""
    array = chance.choice(_BREAKABLE)
    buffers = array.buffers()
    place = chance.choice([i for i, buffer in enumerate(buffers) if buffer is not None])
    # The offsets of texts and lists are read by the sender, too.
    if array.type == pa.string():
        place = 2
    changed = bytearray(buffers[place].to_pybytes())
    for _ in range(chance.choice([1, 2, 8])):
        _flip(changed, chance)
    buffers[place] = pa.py_buffer(changed)
    if isinstance(array, pa.DictionaryArray):
        indices = pa.Array.from_buffers(array.type.index_type, len(array), buffers[:2])
        return pa.DictionaryArray.from_arrays(indices, array.dictionary, safe=False)
    return pa.Array.from_buffers(array.type, len(array), buffers)


_BREAKABLE = [
    pa.array(["Ünïcödé", "words", None, "", "🛫"] * 5),
    pa.array(["short", "a text that is not inlined: ü", None, ""] * 5, pa.string_view()),
    pa.array([b"short", b"bytes that are not inlined", None] * 5, pa.binary_view()),
    pa.array(["a", "b", None, "c"] * 5).dictionary_encode(),
    pa.array([1, -1, None, 10**9 - 1], pa.decimal128(9, 0)),
    pa.array([0, 86_399_999_999, None], pa.time64("us")),
    pa.array([0, 20_000, None], pa.date32()),
    pa.array([True, False, None] * 5),
]
