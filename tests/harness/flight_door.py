"""The Flight door, through pyarrow."""

import json
from collections.abc import Iterable
from dataclasses import asdict

import pyarrow as pa
from pyarrow import flight

from harness.door import (BrokenOff, Door, OpenGet, OpenPut, PutAnswer, Refused, Stamp, batches_of,
                          query_document)

# Of each kind of error, as src/base/error.cc has them.
EXCEPTION = {
    "invalid-input": pa.ArrowInvalid, "unauthenticated": flight.FlightUnauthenticatedError,
    "forbidden": flight.FlightUnauthorizedError, "not-found": pa.ArrowKeyError,
    "method-not-allowed": pa.ArrowNotImplementedError, "not-acceptable": pa.ArrowInvalid,
    "conflict": pa.ArrowException, "precondition-failed": pa.ArrowInvalid,
    "unprocessable": pa.ArrowInvalid,
    "too-large": pa.ArrowInvalid, "range-not-satisfiable": pa.ArrowInvalid,
    "unsupported-media": pa.ArrowInvalid, "request-timeout": flight.FlightTimedOutError,
    "overloaded": flight.FlightUnavailableError, "unavailable": flight.FlightUnavailableError,
    "deadline-exceeded": flight.FlightTimedOutError, "cancelled": flight.FlightCancelledError,
    "not-implemented": pa.ArrowNotImplementedError,
    "out-of-memory": flight.FlightUnavailableError,
    "storage-full": flight.FlightUnavailableError, "internal": flight.FlightInternalError,
}


class _Call(flight.ClientMiddleware):
    def __init__(self, client: "FlightDoor"):
        super().__init__()
        self._client = client

    def received_headers(self, headers: dict) -> None:
        # Called for the headers, and again for the trailers.
        self._client.headers.update({name.lower(): values[0] for name, values in headers.items()})


class _Calls(flight.ClientMiddlewareFactory):
    def __init__(self, client: "FlightDoor"):
        super().__init__()
        self._client = client

    def start_call(self, _info: object) -> _Call:
        self._client.headers.clear()
        return _Call(self._client)


class FlightDoor(Door):
    """One call at a time: the headers of the last one are kept."""

    name = "flight"

    def __init__(self, port: int):
        self.headers: dict[str, str] = {}
        self.client = flight.connect(f"grpc://127.0.0.1:{port}", middleware=[_Calls(self)])

    def refusal_of(self, error: Exception) -> Refused | BrokenOff:
        """What `error` says, held to what every Flight error promises; of a connection that was cut
        there is nothing to hold."""
        kind = self.headers.get("arrowport-error-kind")
        if kind is None and isinstance(error, flight.FlightUnavailableError):
            return BrokenOff(str(error))
        assert kind is not None, f"a failed call without its kind: {error!r}"
        assert isinstance(error, EXCEPTION[kind]), f"{kind} came as {error!r}"
        return Refused(kind, str(error))

    def refusing(self) -> "_Refusing":
        """A block in which pyarrow's errors become Refused."""
        return _Refusing(self)

    def put(self, stream: str, data: pa.Table | Iterable[pa.RecordBatch], *,
            schema: pa.Schema | None = None, compression: str | None = None,
            stamp: Stamp | None = None) -> PutAnswer:
        schema, batches = batches_of(data, schema)
        put = self.open_put(stream, schema, compression=compression, stamp=stamp)
        try:
            for batch in batches:
                put.write(batch)
        except Refused:
            put.close()
            raise
        return put.finish()

    def open_put(self, stream: str, schema: pa.Schema, *, compression: str | None = None,
                 stamp: Stamp | None = None) -> "OpenFlightPut":
        command: dict = {"stream_name": stream}
        if stamp is not None:
            command |= asdict(stamp)
        return OpenFlightPut(self, flight.FlightDescriptor.for_command(json.dumps(command)), schema,
                             compression)

    def open_get(self, sql: str, params: list | None = None, *, timeout_ms: int | None = None,
                 ordered: bool | None = None) -> "OpenFlightGet":
        ticket = json.dumps(query_document(sql, params, timeout_ms, ordered))
        return self.open_ticket(flight.Ticket(ticket))

    def open_ticket(self, ticket: flight.Ticket) -> "OpenFlightGet":
        with self.refusing():
            reader = self.client.do_get(ticket)
            return OpenFlightGet(self, reader, reader.schema)

    def table(self, name: str) -> pa.Table:
        rows = self.open_ticket(flight.Ticket(json.dumps({"table": name})))
        return pa.Table.from_batches(list(rows), schema=rows.schema)

    def describe(self, name: str) -> tuple[dict[str, str], int]:
        with self.refusing():
            info = self.client.get_flight_info(flight.FlightDescriptor.for_path(name))
        return {field.name: str(field.type) for field in info.schema}, info.total_records

    def list_tables(self) -> dict[str, int]:
        with self.refusing():
            return {info.descriptor.path[0].decode(): info.total_records
                    for info in self.client.list_flights()}

    def close(self) -> None:
        self.client.close()


class _Refusing:
    def __init__(self, door: FlightDoor):
        self._door = door

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, pa.ArrowException):
            raise self._door.refusal_of(error) from error


class OpenFlightPut(OpenPut):
    def __init__(self, door: FlightDoor, descriptor: flight.FlightDescriptor, schema: pa.Schema,
                 compression: str | None = None):
        self._door = door
        options = flight.FlightCallOptions(
            write_options=pa.ipc.IpcWriteOptions(compression=compression))
        with door.refusing():
            self._writer, self._metadata = door.client.do_put(descriptor, schema, options)

    def write(self, batch: pa.RecordBatch) -> None:
        try:
            self._writer.write_batch(batch)
        except pa.ArrowException:
            # The server has hung up; its reason comes with the end of the call.
            self._raise_end()
            raise

    def finish(self) -> PutAnswer:
        with self._door.refusing():
            try:
                self._writer.done_writing()
                answer = self._metadata.read()
            except pa.ArrowException:
                self._writer.close()
                raise
            self._writer.close()
        assert answer is not None, "the put was answered without what it did"
        return self._read(answer.to_pybytes())

    def _read(self, answer: bytes) -> PutAnswer:
        return PutAnswer.of_json(json.loads(answer))

    def close(self) -> None:
        try:
            self._writer.close()
        except pa.ArrowException:
            pass

    def break_off(self) -> None:
        # Flight's client has no word for it in Python: what is closed or dropped ends as if it
        # were whole.
        self._writer.write_metadata(b'{"abort": "broken off"}')
        self.close()

    def _raise_end(self) -> None:
        with self._door.refusing():
            self._writer.close()


class OpenFlightGet(OpenGet):
    def __init__(self, door: FlightDoor, reader: flight.FlightStreamReader, schema: pa.Schema):
        self._door = door
        self._reader = reader
        self.schema = schema

    def next(self) -> pa.RecordBatch | None:
        with self._door.refusing():
            try:
                return self._reader.read_chunk().data
            except StopIteration:
                return None

    def leave(self) -> None:
        self._reader.cancel()
        self._reader = None
