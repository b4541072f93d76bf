"""Clients of the first Arrowport bridge: POST /stream/{stream}, an Arrow IPC stream in JSON."""

import base64
import json

import pyarrow as pa
import pytest
import requests

from harness.door import Refused
from harness.http_door import HttpDoor, ipc_stream
from harness.samples import same_table, trips
from harness.server_process import ServerProcess

TRIPS = trips(1000)
STREAM = ipc_stream(TRIPS.schema, TRIPS.to_batches()).to_pybytes()
END_MARKER = b"\xff\xff\xff\xff\0\0\0\0"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _document(data: bytes = STREAM, **config: object) -> dict:
    return {"config": config, "batch": {"arrow_schema": _text(TRIPS.schema.serialize().to_pybytes()),
                                        "data": _text(data)}}


def _put(http: HttpDoor, stream: str, document: object) -> dict:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return json.loads(http.request("POST", f"/stream/{stream}", body,
                                   {"Content-Type": "application/json"})[1])


def test_its_documented_client_works_unchanged(server: ServerProcess, http: HttpDoor, stream: str) -> None:
    table = pa.table({"id": [1, 2, 3], "value": ["a", "b", "c"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    response = requests.post(f"{server.http_url}/stream/{stream}", timeout=60, json={
        "config": {"target_table": f"{stream}_table", "chunk_size": 10000,
                   "compression": {"algorithm": "zstd", "level": 3}},
        "batch": {"arrow_schema": base64.b64encode(table.schema.serialize().to_pybytes()).decode("utf-8"),
                  "data": base64.b64encode(sink.getvalue().to_pybytes()).decode("utf-8")}})
    assert response.status_code == 200
    assert response.json() == {"status": "success", "stream": stream, "rows_processed": 3,
                               "message": "Data processed successfully"}
    same_table(http.table(f"{stream}_table"), table)


def test_only_the_data_is_needed(http: HttpDoor, stream: str) -> None:
    assert _put(http, stream, {"batch": {"data": _text(STREAM)}})["rows_processed"] == 1000
    null = {"config": None, "batch": {"arrow_schema": None, "data": _text(STREAM)}}
    assert _put(http, stream, null)["rows_processed"] == 1000
    same_table(http.table(stream), pa.concat_tables([TRIPS, TRIPS]))


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_data_may_be_compressed_and_without_a_marker_at_its_end(http: HttpDoor, stream: str,
                                                                compression: str) -> None:
    data = ipc_stream(TRIPS.schema, TRIPS.to_batches(), compression).to_pybytes()
    assert data.endswith(END_MARKER)
    assert _put(http, stream, _document(data[:-len(END_MARKER)]))["rows_processed"] == 1000
    same_table(http.table(stream), TRIPS)


def test_the_stream_is_listed_with_its_table(http: HttpDoor, stream: str) -> None:
    _put(http, stream, _document(target_table=f"{stream}_rows"))
    listed = [known for known in http.json("/streams")["streams"] if known["stream"] == stream]
    assert [(known["table"], known["rows"]) for known in listed] == [(f"{stream}_rows", 1000)]


REFUSED = {
    "no JSON": (b"{", "not valid JSON"),
    "no object": ([1], "'batch'"),
    "no batch": ({"config": {}}, "'batch'"),
    "no data": ({"batch": {}}, "'batch.data' is missing"),
    "data of another type": ({"batch": {"data": 1}}, "'batch.data' must be a string of base64"),
    "no base64": ({"batch": {"data": "é!"}}, "'batch.data' is not valid base64"),
    "no bytes": ({"batch": {"data": ""}}, "'batch.data'"),
    "cut": (_document(STREAM[:-300]), "'batch.data'"),
    "bytes behind it": (_document(STREAM + b"more"), "ends 4 bytes before it"),
    "another schema": ({"batch": _document()["batch"] | {
        "arrow_schema": _text(pa.schema({"a": pa.int8()}).serialize().to_pybytes())}}, "'batch.arrow_schema'"),
    "half a schema": ({"batch": _document()["batch"] | {"arrow_schema": _text(b"\xff\xff\xff\xff")}},
                      "'batch.arrow_schema'"),
    "a table of another type": (_document(target_table=5), "'config.target_table'"),
    "a table without a name": (_document(target_table=""), "'config.target_table'"),
    "a table of brackets": (_document(target_table=[[["x"]]]), "'config.target_table'"),
    "brackets alone": (b"[" * 5_000_000, "not valid JSON"),
    "chunks of nothing": (_document(chunk_size=0), "'config.chunk_size'"),
    "another compression": (_document(compression={"algorithm": "gzip"}), "'config.compression.algorithm'"),
    "another level": (_document(compression={"level": "high"}), "'config.compression.level'")}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_named_and_nothing_is_written(http: HttpDoor, stream: str, name: str) -> None:
    document, said = REFUSED[name]
    with pytest.raises(Refused) as refused:
        _put(http, stream, document)
    assert refused.value.kind == "invalid-input"
    assert said in refused.value.message
    assert not http.has_table(stream)


def test_data_that_is_no_arrow_is_refused(http: HttpDoor, stream: str) -> None:
    with pytest.raises(Refused) as refused:
        _put(http, stream, {"batch": {"data": _text(b"no Arrow at all")}})
    assert refused.value.kind == "unsupported-media"
    assert "'batch.data'" in refused.value.message


# Streams that end before their schema, in the forms of today and of before Arrow 0.15.
SCHEMALESS = {"end of old": bytes(4), "end": END_MARKER, "zeros": bytes(1_000_000), "end and more": END_MARKER + STREAM}


@pytest.mark.parametrize("data", SCHEMALESS.values(), ids=SCHEMALESS)
@pytest.mark.parametrize("key", ["data", "arrow_schema"])
def test_a_stream_that_ends_before_its_schema_is_refused_and_nothing_goes_on(
        server: ServerProcess, http: HttpDoor, stream: str, key: str, data: bytes) -> None:
    document = _document()
    document["batch"][key] = _text(data)
    with pytest.raises(Refused) as refused:
        _put(http, stream, document)
    assert refused.value.kind == "invalid-input"
    assert f"batch.{key}" in refused.value.message
    assert "ends before its schema" in refused.value.message
    assert not http.has_table(stream)
    server.wait_until_still()


def test_other_types_are_not_taken(http: HttpDoor, stream: str) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", f"/stream/{stream}", STREAM,
                     {"Content-Type": "application/vnd.apache.arrow.stream"})
    assert refused.value.kind == "unsupported-media"
    assert "application/json" in refused.value.message


def test_a_document_is_bounded(start_server, open_door) -> None:
    door = open_door(start_server({"http.json_put_bytes_max": "10KiB"}))
    with pytest.raises(Refused) as refused:
        _put(door, "trips", _document())
    assert refused.value.kind == "too-large"
    assert "json_put_bytes_max" in refused.value.message
