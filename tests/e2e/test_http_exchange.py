"""POST /exchange: SQL over a body whose answer is on its way meanwhile."""

import io
import json
import threading

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from harness.door import Refused
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.program import SANITIZED
from harness.raw_http import LAST_CHUNK, RawHttp, chunk, curl, request_head
from harness.samples import same_table, trips

TRIPS = trips(1000)
FIELDS = {"Content-Type": ARROW_STREAM}
END = b"\xff\xff\xff\xff\0\0\0\0"
MB = 1_000_000


def _body(table: pa.Table = TRIPS, compression: str | None = None) -> bytes:
    return ipc_stream(table.schema, table.to_batches(), compression).to_pybytes()


def _rows(answer: bytes) -> pa.Table:
    return pa.ipc.open_stream(answer).read_all()


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_the_answer_is_what_the_statement_makes_of_the_body(http: HttpDoor,
                                                            compression: str | None) -> None:
    _, answer = http.request("POST", "/exchange?name=my_streaming_exchanger",
                             _body(compression=compression), FIELDS)
    same_table(_rows(answer), TRIPS.append_column("processed", pa.array([True] * 1000)))


def test_rows_come_in_any_form(http: HttpDoor) -> None:
    path = "/exchange?sql=SELECT+sum(id)::BIGINT+AS+s+FROM+mine&as=mine"
    assert http.request("POST", path, _body(), FIELDS | {"Accept": "text/csv"})[1] == b"s\n499500\n"
    answer = http.request("POST", path + "&format=json", _body(), FIELDS)[1]
    assert json.loads(answer) == [{"s": 499500}]
    parquet = http.request("POST", path + "&format=parquet", _body(), FIELDS)[1]
    assert pa.parquet.read_table(io.BytesIO(parquet)).to_pylist() == [{"s": 499500}]


def test_a_batch_is_answered_before_the_next_one_is_sent(server, http: HttpDoor) -> None:
    head = request_head("POST", "/exchange?name=my_streaming_exchanger&format=ndjson",
                        FIELDS | {"Transfer-Encoding": "chunked"})
    stream = _body(trips(2).slice(0, 1))
    with RawHttp(server.http_port) as raw:
        raw.send(head + chunk(stream.removesuffix(END)))
        assert raw.line() == b"HTTP/1.1 200 OK"
        while raw.line():
            pass
        raw.line()  # The chunk's size.
        assert json.loads(raw._received.readline())["processed"] is True
        raw.send(chunk(END) + LAST_CHUNK)
        while raw.line() != b"0":
            pass


def test_a_broken_body_never_ends_an_answer_well(server) -> None:
    head = request_head("POST", "/exchange?name=my_streaming_exchanger&format=ndjson",
                        FIELDS | {"Transfer-Encoding": "chunked"})
    with RawHttp(server.http_port) as raw:
        raw.send(head + chunk(_body().removesuffix(END)))
        assert raw.line() == b"HTTP/1.1 200 OK"
        raw.send(chunk(b"no Arrow at all, long enough to be looked at"))
        with pytest.raises((ConnectionResetError, AssertionError)):
            while raw.line() != b"0":
                pass


@pytest.mark.parametrize(("path", "kind"), [
    ("/exchange", "invalid-input"), ("/exchange?sql=SELECT+1", "invalid-input"),
    ("/exchange?sql=SELEC+1+FROM+input", "invalid-input"), ("/exchange?name=no_such", "not-found"),
    ("/exchange?sql=FROM+input&name=my_streaming_exchanger", "invalid-input"),
    ("/exchange?name=my_streaming_exchanger&as=x", "invalid-input"),
    ("/exchange?sql=FROM+input&fromat=csv", "invalid-input"),
    ("/exchange?sql=FROM+input&format=xml", "invalid-input"),
    ("/exchange?sql=SELECT+nothing_such+FROM+input", "invalid-input"),
    ("/exchange?sql=SELECT+error('seven')+FROM+input", "invalid-input"),
])
def test_what_cannot_be_run_is_refused(http: HttpDoor, path: str, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", path, _body(), FIELDS)
    assert refused.value.kind == kind


def test_a_body_that_is_no_arrow_is_refused(http: HttpDoor) -> None:
    path = "/exchange?sql=SELECT+count(*)+FROM+input"
    for body, kind in [(b"", "invalid-input"), (b"a,b\n1,2\n" * 9, "unsupported-media"),
                       (_body().removesuffix(END), "invalid-input"), (_body() + b"x", "invalid-input")]:
        with pytest.raises(Refused) as refused:
            http.request("POST", path, body, FIELDS)
        assert refused.value.kind == kind, body[:20]


def test_exchangers_are_kept_by_name(http: HttpDoor, stream: str) -> None:
    path = "/exchangers/" + stream[-60:]
    put = json.loads(http.request("PUT", path, b"SELECT 2 * id AS id FROM input",
                                  {"Content-Type": "application/sql"})[1])
    assert (put["origin"], put["version"]) == ("stored", 1)
    assert put in http.json("/exchangers")["exchangers"]
    answer = http.request("POST", "/exchange?name=" + stream[-60:], _body(), FIELDS)[1]
    assert _rows(answer)["id"].to_pylist() == list(range(0, 2000, 2))
    gone = http.send("DELETE", path)
    assert (gone.status, gone.read()) == (204, b"")
    with pytest.raises(Refused) as refused:
        http.json(path)
    assert refused.value.kind == "not-found"


def _long_body() -> tuple[bytes, bytes, bytes]:
    """What comes first, what comes again and again, and what comes last."""
    numbers = np.arange(120_000)
    batch = pa.record_batch({"id": numbers, "fare": numbers * 0.5, "route": numbers % 7})
    schema = ipc_stream(batch.schema, []).to_pybytes().removesuffix(END)
    whole = ipc_stream(batch.schema, [batch]).to_pybytes()
    return schema, whole.removeprefix(schema).removesuffix(END), END


@pytest.mark.parametrize("reads_meanwhile", [False, True], ids=["sends all first", "both at once"])
def test_a_body_of_any_size_goes_through_in_bounded_memory(start_server,
                                                           reads_meanwhile: bool) -> None:
    memory_limit = 300 * MB
    server = start_server({"memory_limit": memory_limit})
    batches = 20 if SANITIZED else 200
    first, again, last = _long_body()

    def send(raw: RawHttp) -> None:
        raw.send(request_head("POST", "/exchange?name=my_streaming_exchanger",
                              FIELDS | {"Transfer-Encoding": "chunked"}) + chunk(first))
        for _ in range(batches):
            raw.send(chunk(again))
        raw.send(chunk(last) + LAST_CHUNK)

    with RawHttp(server.http_port) as raw:
        sender = threading.Thread(target=send, args=(raw,))
        sender.start()
        if not reads_meanwhile:
            sender.join()
        _, answer = raw.answer("POST")
        sender.join()
    reader = pa.ipc.open_stream(answer)
    assert sum(batch.num_rows for batch in reader) == batches * 120_000
    if not SANITIZED:
        assert server.resident_bytes_peak() <= memory_limit + 300 * MB


def test_curl_sends_a_file_and_gets_all_rows(server, tmp_path) -> None:
    rows = 200_000 if SANITIZED else 3_000_000
    path = tmp_path / "rows.arrows"
    table = pa.table({"id": np.arange(rows), "fare": np.arange(rows) * 0.5})
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=100_000)
    url = server.http_url + "/exchange?name=my_streaming_exchanger"
    for way in ["--data-binary", "--upload-file"]:
        words = [way, path if way == "--upload-file" else f"@{path}"]
        done = curl("-X", "POST", "-H", "Content-Type: " + ARROW_STREAM, *words, "-o",
                    tmp_path / "out.arrows", url)
        assert done.returncode == 0, done.stderr
        assert pa.ipc.open_stream(tmp_path / "out.arrows").read_all().num_rows == rows


def test_a_client_that_leaves_ends_the_statement(server, http: HttpDoor) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/exchange?name=my_streaming_exchanger&format=ndjson",
                              FIELDS | {"Transfer-Encoding": "chunked"}))
        raw.send(chunk(_body().removesuffix(END)))
        assert raw.line() == b"HTTP/1.1 200 OK"
        assert server.gauges.running_queries == 1
    server.gauges.wait_until_idle()
