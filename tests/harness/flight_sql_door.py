"""The door of Flight SQL, through ADBC's driver for Go, and through pyarrow what that has no words for."""

import contextlib
import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pyarrow as pa
from pyarrow import flight

from harness.door import (BrokenOff, Door, OpenGet, OpenPut, PutAnswer, Refused, Stamp, Word,
                          batches_of)
from harness.flight_door import FlightDoor, OpenFlightPut
from harness.protobuf import field, packed_sql, read_fields

_CREATE, _APPEND = 1, 2  # What an ingest does without its table, and with it.
_MESSAGE_BYTES_MAX = 256 * 1024 * 1024
_OPTION = "adbc.flight.sql."


def refusal_of(error: adbc_driver_manager.Error) -> Refused | BrokenOff:
    """What the driver says of a call that failed."""
    kind = dict(error.details).get(b"arrowport-error-kind")
    if kind is not None:
        return Refused(kind.decode(), str(error))
    status = adbc_driver_manager.AdbcStatusCode
    if error.status_code == status.TIMEOUT:
        # By the client's clock, which need not wait for the server's word.
        return Refused("deadline-exceeded", str(error))
    assert error.status_code in (status.IO, status.CANCELLED), f"without its kind: {error!r}"
    return BrokenOff(str(error))


class _refusing:
    """A block in which the driver's errors become Refused."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, adbc_driver_manager.Error):
            raise refusal_of(error) from error


class TableId:
    """The parts of a name like "a b".c, as commands have them."""

    def __init__(self, text: str):
        parts = re.findall(r'"(?:[^"]|"")*"|[^.]+', text)
        parts = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts]
        self.name = parts[-1]
        self.schema = parts[-2] if len(parts) > 1 else None
        self.catalog = parts[-3] if len(parts) > 2 else None


class FlightSqlDoor(Door):
    name = "flight-sql"
    lacks = {
        Word.DEADLINE: "a statement's deadline is that of its call, and gRPC's own",
        Word.DETAILS: "DoPutUpdateResult is a number of rows",
        Word.NAME: "its messages name catalog, schema and table apart, and each may hold anything",
        Word.PARTS: "the standard has no ingest of several streams",
        Word.ROUTE: "an ingest names the table that its rows land in",
        Word.TEMPORARY: "what is temporary lasts as long as a session, and is refused without one",
        Word.UNORDERED: "a statement's order is what its SQL says",
        Word.UNTYPED: "parameters are Arrow's, and have types",
    }

    def __init__(self, port: int):
        self._connection = flight_sql.connect(f"grpc://127.0.0.1:{port}", autocommit=True, db_kwargs={
            _OPTION + "client_option.with_max_msg_size": str(_MESSAGE_BYTES_MAX)})
        # For ingests with options or compression, for which the driver has no words.
        self._packing = FlightDoor(port)
        self._ingests: list[OpenIngest] = []
        self._cursors: list[flight_sql.Cursor] = []

    def put(self, stream: str, data: pa.Table | Iterable[pa.RecordBatch], *,
            schema: pa.Schema | None = None, compression: str | None = None,
            stamp: Stamp | None = None) -> PutAnswer:
        schema, batches = batches_of(data, schema)
        # Of no batches the driver sends nothing, not even their schema.
        sends = batches and all(_is_sliced_well(column.type) for column in schema)
        if sends and compression is None and stamp is None:
            return self._ingest(self._connection.cursor(), stream,
                                pa.RecordBatchReader.from_batches(schema, batches))
        put = OpenPackedPut(self._packing, _ingest_of(stream, stamp), schema, compression)
        try:
            for batch in batches:
                put.write(batch)
        except Refused:
            put.close()
            raise
        return put.finish()

    def open_put(self, stream: str, schema: pa.Schema, *, stamp: Stamp | None = None) -> OpenPut:
        if stamp is not None:
            return OpenPackedPut(self._packing, _ingest_of(stream, stamp), schema)
        cursor = self._connection.cursor()
        ingest = OpenIngest(cursor, schema, lambda rows: self._ingest(cursor, stream, rows))
        self._ingests.append(ingest)
        return ingest

    def open_get(self, sql: str, params: list | None = None, *, timeout_ms: int | None = None,
                 ordered: bool | None = None) -> "OpenStatement":
        assert ordered is None
        if not sql:
            # The driver sends no statement without words.
            command = packed_sql("CommandStatementQuery")
            with self._packing.refusing():
                self._packing.client.get_flight_info(flight.FlightDescriptor.for_command(command))
        options = {} if timeout_ms is None else {
            f"{_OPTION}rpc.timeout_seconds.{what}": str(timeout_ms / 1000)
            for what in ("query", "fetch", "update")}
        cursor = self._connection.cursor(adbc_stmt_kwargs=options)
        self._cursors.append(cursor)
        try:
            with _refusing():
                return OpenStatement(cursor.execute(sql, params and _bound(params)))
        except BaseException:
            cursor.close()
            raise

    def table(self, name: str) -> pa.Table:
        return self.get(f'SELECT * FROM "{name}"')

    def describe(self, name: str) -> tuple[dict[str, str], int | None]:
        table = TableId(name)
        try:
            schema = self._connection.adbc_get_table_schema(
                table.name, catalog_filter=table.catalog, db_schema_filter=table.schema)
        except adbc_driver_manager.ProgrammingError as error:
            # The driver's own word for a list that is empty, without the name.
            assert error.status_code == adbc_driver_manager.AdbcStatusCode.NOT_FOUND, error
            raise Refused("not-found", f"{name}: {error}") from error
        columns = {column.name: str(column.type) for column in schema}
        return columns, self._list(table.name)[name]

    def list_tables(self) -> Mapping[str, int | None]:
        return self._list(None)

    def _list(self, pattern: str | None) -> Mapping[str, int | None]:
        with _refusing():
            objects = self._connection.adbc_get_objects(
                depth="tables", table_name_filter=pattern).read_all().to_pylist()
        found = {}
        for catalog, schema in ((catalog["catalog_name"], schema) for catalog in objects
                                for schema in catalog["catalog_db_schemas"]):
            for table in schema["db_schema_tables"]:
                names = [catalog, schema["db_schema_name"], table["table_name"]]
                sql = ".".join('"' + name.replace('"', '""') + '"' for name in names)
                found[self._name_of(names)] = sql if table["table_type"] == "TABLE" else None
        return _Counted(self, found)

    def _name_of(self, names: list[str]) -> str:
        """As the other doors say it: without what is so by itself."""
        catalog, schema, _ = names
        if catalog != self._connection.adbc_current_catalog:
            return ".".join(names)
        return ".".join(names[2 if schema == "main" else 1:])

    def close(self) -> None:
        for ingest in self._ingests:
            ingest.give_up()
        for cursor in self._cursors:
            # The server may be gone.
            with contextlib.suppress(adbc_driver_manager.Error):
                cursor.close()
        self._connection.close()
        self._packing.close()

    def _ingest(self, cursor: flight_sql.Cursor, stream: str, rows: pa.RecordBatchReader) -> PutAnswer:
        table = TableId(stream)
        with _refusing(), cursor:
            return PutAnswer.of_rows(cursor.adbc_ingest(
                table.name, rows, mode="create_append", catalog_name=table.catalog,
                db_schema_name=table.schema))


class _Counted(Mapping):
    """Tables by name. The standard's list has no rows, so they are counted when they are asked for;
    those of a view are not."""

    def __init__(self, door: Door, sql_by_name: dict[str, str | None]):
        self._door = door
        self._sql = sql_by_name

    def __getitem__(self, name: str) -> int | None:
        sql = self._sql[name]
        return None if sql is None else self._door.value(f"SELECT count(*) FROM {sql}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._sql)

    def __len__(self) -> int:
        return len(self._sql)


def _is_sliced_well(type_: pa.DataType) -> bool:
    """Whether the driver writes slices of this type. At those of others it fails by itself."""
    if pa.types.is_list_view(type_) or pa.types.is_large_list_view(type_) or pa.types.is_union(type_):
        return False
    return all(_is_sliced_well(type_.field(place).type) for place in range(type_.num_fields))


def _bound(params: list) -> pa.RecordBatch:
    """One set of values, by position, as the driver itself makes it of what Python has words for."""
    arrays = [pa.array([value], pa.uint64()) if isinstance(value, int) and value >= 2**63
              else pa.array([value]) for value in params]
    return pa.RecordBatch.from_arrays(arrays, names=[str(place) for place in range(len(arrays))])


def _ingest_of(stream: str, stamp: Stamp | None) -> flight.FlightDescriptor:
    """The command that the driver sends, with options, for which it has no words."""
    table = TableId(stream)
    fields = [field(1, field(1, _CREATE) + field(2, _APPEND)), field(2, table.name)]
    fields += [field(number, name) for number, name in ((3, table.schema), (4, table.catalog))
               if name is not None]
    if stamp is not None:
        fields += [field(1000, field(1, key) + field(2, str(value)))
                   for key, value in (("producer", stamp.producer), ("sequence", stamp.sequence),
                                      ("epoch", stamp.epoch))]
    return flight.FlightDescriptor.for_command(packed_sql("CommandStatementIngest", *fields))


class OpenPackedPut(OpenFlightPut):
    def _read(self, answer: bytes) -> PutAnswer:
        return PutAnswer.of_rows(read_fields(answer).get(1, 0))


class OpenIngest(OpenPut):
    """An ingest whose rows the driver takes, on a thread of its own, as they are written."""

    def __init__(self, cursor: flight_sql.Cursor, schema: pa.Schema,
                 ingest: Callable[[pa.RecordBatchReader], PutAnswer]):
        self._cursor = cursor
        # One that is taken and not sent is enough; more would hide that the server holds us back.
        self._batches: queue.Queue[pa.RecordBatch | None] = queue.Queue(1)
        self._answer: PutAnswer | None = None
        self._failure: Exception | None = None
        self._over = threading.Event()
        rows = pa.RecordBatchReader.from_batches(schema, iter(self._batches.get, None))
        self._thread = threading.Thread(target=self._run, args=(ingest, rows), daemon=True)
        self._thread.start()

    def _run(self, ingest: Callable[[pa.RecordBatchReader], PutAnswer],
             rows: pa.RecordBatchReader) -> None:
        try:
            self._answer = ingest(rows)
        except Exception as failure:
            self._failure = failure
        self._over.set()

    def write(self, batch: pa.RecordBatch) -> None:
        self._hand_on(batch)
        if self._failure is not None:
            raise self._failure

    def finish(self) -> PutAnswer:
        self._hand_on(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._answer

    def give_up(self) -> None:
        if not self._over.is_set():
            # The call is cancelled first: the driver takes an end of its rows for the end of the stream.
            self._cursor.adbc_cancel()
            self._hand_on(None)
        self._thread.join()

    def break_off(self) -> None:
        self.give_up()
        assert self._failure is not None, "an ingest that was cancelled was answered all the same"

    def _hand_on(self, batch: pa.RecordBatch | None) -> None:
        while not self._over.is_set():
            try:
                return self._batches.put(batch, timeout=0.02)
            except queue.Full:
                pass


class OpenStatement(OpenGet):
    def __init__(self, cursor: flight_sql.Cursor):
        self._cursor = cursor
        # Not fetch_record_batch(), whose errors tell neither their kind nor that they are the driver's.
        self._rows = cursor._results.reader
        if not self._rows.schema.names:
            # The driver runs as an update what returns no rows, and keeps what that answers.
            self._rows = pa.table({"Count": [cursor.rowcount]}).to_reader()
        self.schema = self._rows.schema

    def next(self) -> pa.RecordBatch | None:
        with _refusing():
            try:
                return self._rows.read_next_batch()
            except StopIteration:
                self._cursor.close()
                return None

    def leave(self) -> None:
        self._cursor.close()
