"""Whole calls of Flight as the messages that clients send, to be sent as they are or changed first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from harness.mutator import streams
from harness.protobuf import field, packed_sql

# The numbers of FlightData's fields.
DESCRIPTOR, HEADER, METADATA, BODY = 1, 2, 3, 1000

Message = list[tuple[int, int | bytes]]

# Stands for the name of a table of each call's own, which is as long.
TABLE = b"t00000000"
_TABLE = TABLE.decode()


@dataclass(frozen=True)
class Call:
    """What a client sends: messages of fields."""

    name: str
    method: str
    messages: list[Message]

    @property
    def carries_rows(self) -> bool:
        return self.method in ("DoPut", "DoExchange")


def in_table(call: Call, number: int) -> list[Message]:
    """The messages of the call, with the name of this table."""
    name = b"t%08d" % number
    return [[(key, value.replace(TABLE, name) if isinstance(value, bytes) else value)
             for key, value in message] for message in call.messages]


def written(message: Message) -> bytes:
    return b"".join(field(number, value) for number, value in message)


def framed(message: bytes) -> bytes:
    """As gRPC sends it."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def of_command(command: bytes) -> Message:
    """The descriptor of a command."""
    return [(1, 2), (2, command)]


def of_rows(descriptor: Message, stream: bytes) -> list[Message]:
    """The messages of a stream of Arrow's IPC; the first one has the descriptor."""
    first, *others = _messages_of(stream)
    return [[(DESCRIPTOR, written(descriptor)), *first], *others]


def ingest(table: bytes, *options: bytes) -> bytes:
    """The command of Flight SQL that appends to a table, and makes it where there is none."""
    return packed_sql("CommandStatementIngest", field(1, field(1, 1) + field(2, 2)), field(2, table), *options)


def whole_calls(statement: bytes) -> list[list[Call]]:
    """Calls by their kind; `statement` is the handle of a prepared one with one parameter."""
    rows = [Call(f"put {name}", "DoPut", of_rows(of_command(b'"%b"' % TABLE), stream))
            for name, stream in _streams().items()]
    some = {name: _streams()[name] for name in _VARIED}
    return [
        rows,
        [Call(f"put varied {name}", "DoPut", of_rows(of_command(TABLE), stream))
         for name, stream in some.items()],
        [Call(f"put {name}", "DoPut", of_rows(command, _streams()["wide, None"]))
         for name, command in _PUTS.items()],
        [Call(f"ingest {name}", "DoPut", of_rows(of_command(_INGEST), stream))
         for name, stream in some.items()],
        list(_statements(statement)),
        [Call(f"exchange {name}", "DoExchange", of_rows(of_command(sql), stream))
         for name, stream in some.items() for sql in _EXCHANGES],
        [Call(f"get {ticket[:40]!r}", "DoGet", [[(1, ticket)]])
         for ticket in [*_QUERIES, b'{"table": "there"}', *_CATALOGS]],
        [Call(f"{method} {descriptor[0][1]!r}", method, [descriptor])
         for method in ("GetFlightInfo", "GetSchema")
         for descriptor in [*_DESCRIPTORS, of_command(packed_sql(
             "CommandPreparedStatementQuery", field(1, statement)))]],
        # A statement that is polled runs, and this one has no value for its parameter.
        [Call(f"PollFlightInfo {descriptor[0][1]!r}", "PollFlightInfo", [descriptor]) for descriptor in _DESCRIPTORS],
        [Call(f"action {name}", "DoAction", [[(1, name.encode()), (2, body)]])
         for name, body in _ACTIONS],
        [Call("handshake", "Handshake", [[(1, 1), (2, payload)]]) for payload in _SIGNING_IN],
        [Call("list", "ListFlights", [[(1, b"")]]), Call("actions", "ListActions", [[]])],
    ]


@cache
def _streams() -> dict[str, bytes]:
    return streams() | {"nested": _nested()}


_VARIED = ["wide, None", "wide, lz4", "wide, zstd", "growing dictionaries", "nested"]


def _nested() -> bytes:
    """Types within types, and dictionaries among them."""
    texts = pa.array(["a", "b", None, "a"])
    word = texts.dictionary_encode()
    batch = pa.record_batch({
        "structs": pa.StructArray.from_arrays([word, pa.array([1, None, 3, 4], pa.int32())], ["w", "n"]),
        "lists": pa.ListArray.from_arrays(pa.array([0, 2, 2, 3, 4], pa.int32()), word),
        "maps": pa.array([[("k", [1, 2])], None, [], [("l", None), ("m", [])]],
                         pa.map_(pa.string(), pa.list_(pa.int64()))),
        "fixed": pa.array([[1.5, 2.5], None, [3.5, None], [0, 0]], pa.list_(pa.float32(), 2)),
        "views": texts.cast(pa.string_view()),
        "decimal": pa.array([1, None, -3, 4], pa.decimal128(20, 3)),
    })
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch.slice(1, 2))
    return sink.getvalue().to_pybytes()


def _messages_of(stream: bytes) -> Iterator[Message]:
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(stream))
    for message in reader:
        yield [(HEADER, message.metadata.to_pybytes()), (BODY, message.body.to_pybytes())]


def _json(**document: object) -> bytes:
    return json.dumps(document).encode()


_PUTS = {
    "path": [(1, 1), (3, TABLE)],
    "command": of_command(_json(stream_name=_TABLE)),
    "producer": of_command(_json(stream_name=_TABLE, producer="p", sequence=1, epoch=1)),
    "commit": of_command(_json(stream_name=_TABLE, commit="batch")),
    "commit rows": of_command(_json(stream_name=_TABLE, commit=10)),
}
_INGEST = ingest(TABLE, field(1000, field(1, "producer") + field(2, "p")),
                 field(1000, field(1, "sequence") + field(2, "1")))
_EXCHANGES = [b"FROM input", b"SELECT count(*) FROM input",
              _json(sql="SELECT *, ? AS p FROM arriving", **{"as": "arriving"}, params=[1])]
_QUERIES = [b"SELECT 42 AS a", b"SELECT range AS i, 'text' AS t FROM range(1000)",
            _json(sql="SELECT ? + $1 AS a", params=[1]),
            _json(sql="SELECT i FROM range(10) t(i)", ordered=False, timeout_ms=5000)]
_CATALOGS = [packed_sql("CommandGetTables", field(1, "test"), field(2, "m%"), field(3, "the_e"),
                        field(4, "TABLE"), field(5, 1)),
             packed_sql("CommandGetCatalogs"), packed_sql("CommandGetDbSchemas", field(2, "%")),
             packed_sql("CommandGetSqlInfo", field(1, 1), field(1, 2)),
             packed_sql("CommandGetPrimaryKeys", field(3, "there")),
             packed_sql("CommandGetXdbcTypeInfo", field(1, 4))]
_DESCRIPTORS = [[(1, 1), (3, b"there")],
                *(of_command(command) for command in [
                    *_QUERIES, *_CATALOGS, packed_sql("CommandStatementQuery", field(1, "SELECT 42 AS a"))])]
_SIGNING_IN = [_json(username="u", password="p"), field(2, "u") + field(3, "p")]
_ACTIONS = [
    ("healthcheck", b""), ("list_exchanges", b""),
    ("add_exchange", _json(command="twice", sql="SELECT * FROM input")),
    ("BeginIngest", _json(stream_name=_TABLE, lifetime_ms=1000)),
    ("CreatePreparedStatement",
     packed_sql("ActionCreatePreparedStatementRequest", field(1, "SELECT ? + 1 AS a"))),
    ("ClosePreparedStatement", packed_sql("ActionClosePreparedStatementRequest", field(1, "none"))),
    ("BeginTransaction", packed_sql("ActionBeginTransactionRequest")),
    ("GetSessionOptions", b""),
    ("CloseSession", b""),
]


def _statements(statement: bytes) -> Iterator[Call]:
    values = pa.record_batch({"1": pa.array([1, 2, 3])})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, values.schema) as writer:
        writer.write_batch(values)
    stream = sink.getvalue().to_pybytes()
    query = packed_sql("CommandPreparedStatementQuery", field(1, statement))
    yield Call("bind", "DoPut", of_rows(of_command(query), stream))
    update = packed_sql("CommandPreparedStatementUpdate", field(1, statement))
    yield Call("update many", "DoPut", of_rows(of_command(update), stream))
    sql = f"CREATE TABLE {_TABLE} AS SELECT 1 AS a"
    update = packed_sql("CommandStatementUpdate", field(1, sql))
    yield Call("update", "DoPut", [[(DESCRIPTOR, written(of_command(update)))]])
