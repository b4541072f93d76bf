"""Ingests in parts, in the same words through every door."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

import pyarrow as pa
from pyarrow import flight

from harness.door import Door, PutAnswer, batches_of
from harness.flight_door import FlightDoor
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream


@dataclass(frozen=True)
class Staged:
    """What is told of a part that is on disk."""

    stream: str
    ingest: str
    part: str
    rows: int

    @staticmethod
    def of_json(document: dict) -> "Staged":
        assert document["status"] == "staged"
        assert document["batches"] >= 0 and document["bytes"] >= 0 and document["seconds"] >= 0
        return Staged(document["stream"], document["ingest"], document["part"], document["rows_processed"])


class Ingest(ABC):
    """One that was begun through a door, or goes on through it."""

    id: str

    def __init__(self, stream: str, ingest: str):
        self.stream = stream
        self.id = ingest

    @abstractmethod
    def put(self, part: str, data: pa.Table | Iterable[pa.RecordBatch]) -> Staged: ...

    @abstractmethod
    def commit(self, parts: int | None = None) -> PutAnswer: ...

    @abstractmethod
    def abort(self) -> None: ...


class HttpIngest(Ingest):
    def __init__(self, door: HttpDoor, stream: str, ingest: str):
        super().__init__(stream, ingest)
        self.door = door

    @staticmethod
    def begin(door: HttpDoor, stream: str, lifetime_ms: int | None = None) -> "HttpIngest":
        query = "" if lifetime_ms is None else f"?lifetime_ms={lifetime_ms}"
        answer, body = door.request("POST", f"/ingest/{quote(stream, safe='')}/parts{query}")
        assert answer.status == 201
        begun = json.loads(body)
        assert (begun["stream"], begun["parts"]) == (stream, [])
        return HttpIngest(door, stream, begun["ingest"])

    @property
    def path(self) -> str:
        return f"/ingest/{quote(self.stream, safe='')}/parts/{quote(self.id, safe='')}"

    def put(self, part: str, data: pa.Table | Iterable[pa.RecordBatch]) -> Staged:
        return self.put_bytes(part, ipc_stream(*batches_of(data, None)), ARROW_STREAM)

    def put_bytes(self, part: str, body: object, content_type: str, query: str = "") -> Staged:
        _, answer = self.door.request("PUT", f"{self.path}/{quote(part, safe='')}{query}", body,
                                      {"Content-Type": content_type})
        return Staged.of_json(json.loads(answer))

    def commit(self, parts: int | None = None) -> PutAnswer:
        query = "" if parts is None else f"?parts={parts}"
        return PutAnswer.of_json(json.loads(self.door.request("POST", self.path + query)[1]))

    def abort(self) -> None:
        assert self.door.request("DELETE", self.path)[0].status == 204

    def describe(self) -> dict:
        return self.door.json(self.path)


class FlightIngest(Ingest):
    def __init__(self, door: FlightDoor, stream: str, ingest: str):
        super().__init__(stream, ingest)
        self.door = door

    @staticmethod
    def begin(door: FlightDoor, stream: str, lifetime_ms: int | None = None) -> "FlightIngest":
        body: dict = {"stream_name": stream}
        if lifetime_ms is not None:
            body["lifetime_ms"] = lifetime_ms
        return FlightIngest(door, stream, FlightIngest._act(door, "BeginIngest", body)["ingest"])

    def put(self, part: str, data: pa.Table | Iterable[pa.RecordBatch]) -> Staged:
        schema, batches = batches_of(data, None)
        command = {"stream_name": self.stream, "ingest": self.id, "part": part}
        with self.door.refusing():
            writer, metadata = self.door.client.do_put(
                flight.FlightDescriptor.for_command(json.dumps(command)), schema)
            try:
                for batch in batches:
                    writer.write_batch(batch)
                writer.done_writing()
                answer = metadata.read()
            finally:
                # Its reason is the one that counts.
                writer.close()
        return Staged.of_json(json.loads(answer.to_pybytes()))

    def commit(self, parts: int | None = None) -> PutAnswer:
        body = self._body() if parts is None else self._body() | {"parts": parts}
        return PutAnswer.of_json(self._act(self.door, "CommitIngest", body))

    def abort(self) -> None:
        assert self._act(self.door, "AbortIngest", self._body()) == {"aborted": self.id}

    def _body(self) -> dict:
        return {"stream_name": self.stream, "ingest": self.id}

    @staticmethod
    def _act(door: FlightDoor, action: str, body: dict) -> dict:
        with door.refusing():
            (answer,) = door.client.do_action(flight.Action(action, json.dumps(body).encode()))
            return json.loads(answer.body.to_pybytes())


def begin_ingest(door: Door, stream: str, lifetime_ms: int | None = None) -> Ingest:
    if isinstance(door, HttpDoor):
        return HttpIngest.begin(door, stream, lifetime_ms)
    return FlightIngest.begin(door, stream, lifetime_ms)


def go_on(door: Door, ingest: Ingest) -> Ingest:
    """The same one through another door, or another run of the server."""
    kind = HttpIngest if isinstance(door, HttpDoor) else FlightIngest
    return kind(door, ingest.stream, ingest.id)


