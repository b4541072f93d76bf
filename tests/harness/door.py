"""What the tests ask of every door, in the words of the service.

A promise is tested once, as a function that takes a `door`. What is special to one door is tested
beside it, in tests/e2e. A promise that not every door has words for names what it needs, with
`needs`; each door says what it lacks, and why.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa
import pytest

# HTTP status and Flight exception of each kind of error, as src/base/error.cc has them.
HTTP_STATUS = {
    "invalid-input": 400, "unauthenticated": 401, "forbidden": 403, "not-found": 404,
    "method-not-allowed": 405, "not-acceptable": 406, "conflict": 409,
    "precondition-failed": 412, "too-large": 413, "range-not-satisfiable": 416,
    "unsupported-media": 415, "unprocessable": 422, "request-timeout": 408, "overloaded": 429, "unavailable": 503,
    "deadline-exceeded": 504, "cancelled": 499, "not-implemented": 501, "out-of-memory": 507,
    "storage-full": 507,
    "internal": 500,
}


class Refused(Exception):
    """The server's one clear error: its kind, and the sentence that goes with it."""

    def __init__(self, kind: str, message: str):
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class BrokenOff(Exception):
    """The answer began and did not come to its end."""


class Word(Enum):
    """What a door may have no words for."""

    DEADLINE = "a deadline that is part of the request"
    DETAILS = "an answer to a put that tells more than its rows"
    NAME = "a table's name as one text"
    PARTS = "ingests in parts"
    ROUTE = "a stream whose rows land in a table of another name"
    TEMPORARY = "a temporary table of one request"
    UNORDERED = "a get that needs no order"
    UNTYPED = "parameters whose types the server chooses"


def needs(*words: Word) -> pytest.MarkDecorator:
    """Marks a promise that only the doors with these words give."""
    return pytest.mark.needs(*words)


class _Untold:
    def __repr__(self) -> str:
        return "untold"


UNTOLD = _Untold()


@dataclass(frozen=True)
class Stamp:
    """Where a put stands in what one producer sends."""

    producer: str
    sequence: int
    epoch: int = 0


@dataclass(frozen=True)
class PutAnswer:
    """Of a door without Word.DETAILS all but the rows is UNTOLD."""

    stream: str
    table: str
    rows: int
    batches: int
    bytes: int
    seconds: float
    sequence: int | None = None
    duplicate: bool | None = None
    rows_quarantined: int | None = None
    skipped: bool = False
    durable: bool = True

    @staticmethod
    def of_json(document: dict) -> "PutAnswer":
        assert document["status"] in ("success", "skipped")
        return PutAnswer(document["stream"], document["table"], document["rows_processed"],
                         document["batches"], document["bytes"], document["seconds"],
                         document.get("sequence"), document.get("duplicate"),
                         document.get("rows_quarantined"), document["status"] == "skipped",
                         document.get("durable", True))

    @staticmethod
    def of_rows(rows: int) -> "PutAnswer":
        return PutAnswer(*[UNTOLD] * 2, rows, *[UNTOLD] * 8)

    def says(self, **expected: object) -> bool:
        """Whether each of these fields has this value, or is untold."""
        told = {name: getattr(self, name) for name in expected}
        return all(value is UNTOLD or value == expected[name] for name, value in told.items())


class OpenPut(ABC):
    """A put under way."""

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None: ...

    @abstractmethod
    def finish(self) -> PutAnswer: ...

    @abstractmethod
    def break_off(self) -> None:
        """Leaves without the end of the stream."""


class OpenGet(ABC):
    """Rows on their way."""

    schema: pa.Schema

    @abstractmethod
    def next(self) -> pa.RecordBatch | None:
        """The next batch, or none at the end. Raises Refused or BrokenOff when it fails late."""

    @abstractmethod
    def leave(self) -> None:
        """Goes away without reading the rest."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self.next()) is not None:
            yield batch


class Door(ABC):
    name: str
    # What it has no words for, and the reason.
    lacks: Mapping[Word, str] = {}

    @abstractmethod
    def put(self, stream: str, data: pa.Table | Iterable[pa.RecordBatch], *,
            schema: pa.Schema | None = None, compression: str | None = None,
            stamp: Stamp | None = None) -> PutAnswer:
        """One put. `schema` is only needed where `data` has no batch."""

    @abstractmethod
    def open_put(self, stream: str, schema: pa.Schema, *,
                 stamp: Stamp | None = None) -> OpenPut: ...

    @abstractmethod
    def open_get(self, sql: str, params: list | None = None, *, timeout_ms: int | None = None,
                 ordered: bool | None = None) -> OpenGet: ...

    @abstractmethod
    def table(self, name: str) -> pa.Table:
        """All of a table."""

    @abstractmethod
    def describe(self, name: str) -> tuple[dict[str, str], int]:
        """Of a table: type by column, as Arrow writes it, and rows."""

    @abstractmethod
    def list_tables(self) -> dict[str, int]:
        """Rows by name."""

    @abstractmethod
    def close(self) -> None: ...

    def get(self, sql: str, params: list | None = None, *, timeout_ms: int | None = None,
            ordered: bool | None = None) -> pa.Table:
        rows = self.open_get(sql, params, timeout_ms=timeout_ms, ordered=ordered)
        return pa.Table.from_batches(list(rows), schema=rows.schema)

    def value(self, sql: str, params: list | None = None) -> object:
        """Of a query with one row and one column."""
        answer = self.get(sql, params)
        assert answer.shape == (1, 1), answer
        return answer.column(0)[0].as_py()

    def rows(self, table: str) -> int:
        return self.value(f'SELECT count(*) FROM "{table}"')

    def has_table(self, table: str) -> bool:
        return self.value("SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = ?", [table])


def batches_of(data: pa.Table | Iterable[pa.RecordBatch],
               schema: pa.Schema | None) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    if isinstance(data, pa.Table):
        return data.schema, data.to_batches()
    data = list(data)
    return data[0].schema if schema is None else schema, data


def query_document(sql: str, params: list | None, timeout_ms: int | None,
                   ordered: bool | None) -> dict:
    document: dict = {"sql": sql}
    if params is not None:
        document["params"] = params
    if timeout_ms is not None:
        document["timeout_ms"] = timeout_ms
    if ordered is not None:
        document["ordered"] = ordered
    return document
