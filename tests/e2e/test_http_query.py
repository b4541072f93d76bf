"""POST /query: how SQL and parameters come in, and in which formats rows go out."""

import csv
import http.client as http_client
import io
import json
import time

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import ARROW_STREAM, HttpDoor
from harness.raw_http import RawHttp, curl, request_head
from harness.server_process import ServerProcess

FORMATS = {"arrow": ARROW_STREAM, "json": "application/json", "ndjson": "application/x-ndjson",
           "csv": "text/csv"}

ROWS = [{"id": 1, "word": "plain", "half": 0.5, "yes": True},
        {"id": 2, "word": 'with "quotes", commas\nand lines', "half": None, "yes": False},
        {"id": None, "word": "", "half": -1.25, "yes": None},
        {"id": 4, "word": None, "half": 1e300, "yes": True},
        {"id": 5, "word": "Ünïcödé 🛫", "half": 0.1, "yes": False}]
SQL = """SELECT * FROM (VALUES (1, 'plain', 0.5::DOUBLE, true),
    (2, E'with "quotes", commas\\nand lines', NULL, false), (NULL, '', -1.25, NULL),
    (4, NULL, 1e300, true), (5, 'Ünïcödé 🛫', 0.1, false)) t(id, word, half, yes)"""


def read_rows(format_: str, body: bytes) -> list[dict]:
    """The rows of an answer; of CSV as texts, where NULL is the empty one without quotes."""
    if format_ == "arrow":
        return pa.ipc.open_stream(body).read_all().to_pylist()
    if format_ == "json":
        return json.loads(body)
    if format_ == "ndjson":
        return [json.loads(line) for line in body.decode().split("\n")[:-1]]
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("how", ["Accept", "?format="])
def test_rows_come_in_the_format_that_was_asked_for(http: HttpDoor, format_: str, how: str) -> None:
    path = "/query" if how == "Accept" else f"/query?format={format_}"
    fields = {"Accept": FORMATS[format_]} if how == "Accept" else {}
    answer, body = http.request("POST", path, SQL.encode(), fields)
    assert answer.headers["Content-Type"].split(";")[0] == FORMATS[format_]
    expected = ROWS
    if format_ == "csv":
        expected = [{"id": "1", "word": "plain", "half": "0.5", "yes": "true"},
                    {"id": "2", "word": ROWS[1]["word"], "half": "", "yes": "false"},
                    {"id": "", "word": "", "half": "-1.25", "yes": ""},
                    {"id": "4", "word": "", "half": "1e+300", "yes": "true"},
                    {"id": "5", "word": "Ünïcödé 🛫", "half": "0.1", "yes": "false"}]
        assert '\n,"",-1.25,\n4,,1e+300' in body.decode(), "NULL and '' must differ"
    assert read_rows(format_, body) == expected


@pytest.mark.parametrize(("format_", "body"), [
    ("json", b"[]\n"), ("ndjson", b""), ("csv", b"a,b\n"), ("arrow", None)])
def test_no_rows_in_each_format(http: HttpDoor, format_: str, body: bytes | None) -> None:
    sql = b"SELECT 1::INT AS a, 'x' AS b WHERE false"
    _, content = http.request("POST", f"/query?format={format_}", sql)
    if body is not None:
        assert content.rstrip() == body.rstrip()
        return
    answer = pa.ipc.open_stream(content).read_all()
    assert (answer.num_rows, answer.column_names) == (0, ["a", "b"])


@pytest.mark.parametrize("format_", FORMATS)
def test_many_rows_in_each_format(http: HttpDoor, format_: str) -> None:
    sql = b"SELECT i AS id, 'row ' || i AS word FROM range(300000) t(i)"
    answer, body = http.request("POST", f"/query?format={format_}", sql)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    rows = read_rows(format_, body)
    assert len(rows) == 300_000
    assert [int(row["id"]) for row in rows] == list(range(300_000))
    assert rows[-1]["word"] == "row 299999"


@pytest.mark.parametrize(("accept", "expected"), [
    (None, "arrow"), ("*/*", "arrow"), ("application/*", "arrow"), ("text/*", "csv"),
    ("text/html, application/json", "json"),
    ("text/csv;q=0.5, application/json;q=0.9, */*;q=0.1", "json"),
    ("application/json;q=0, */*", "arrow"), ("TEXT/CSV; header=present", "csv"),
    ("application/vnd.apache.arrow.stream;q=0, application/x-ndjson", "ndjson"),
    (", ,text/csv,,", "csv"),
])
def test_accept_chooses_as_rfc_9110_says(http: HttpDoor, accept: str | None, expected: str) -> None:
    answer, _ = http.request("POST", "/query", b"SELECT 1 AS a", {"Accept": accept} if accept else {})
    assert answer.headers["Content-Type"].split(";")[0] == FORMATS[expected]


def test_the_parameter_wins_over_accept(http: HttpDoor) -> None:
    _, body = http.request("POST", "/query?format=csv", b"SELECT 1 AS a", {"Accept": "image/png"})
    assert body == b"a\n1\n"


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/html, image/*"])
def test_what_cannot_be_made_is_not_acceptable(http: HttpDoor, accept: str) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", "/query", b"SELECT 1", {"Accept": accept})
    assert refused.value.kind == "not-acceptable"
    for media_type in FORMATS.values():
        assert media_type in refused.value.message


@pytest.mark.parametrize("content_type", [
    "application/sql", "text/plain", "text/plain; charset=utf-8", "Application/SQL", None])
def test_sql_text_is_taken(http: HttpDoor, content_type: str | None) -> None:
    fields = {"Content-Type": content_type} if content_type else {}
    _, body = http.request("POST", "/query?format=csv", "SELECT 'ä' AS a".encode(), fields)
    assert body == "a\nä\n".encode()


def test_curl_sends_sql_when_it_is_told_nothing(server: ServerProcess) -> None:
    done = curl(server.http_url + "/query", "-H", "Accept: text/csv", "-d", "SELECT 40 + 2 AS answer")
    assert (done.returncode, done.stdout) == (0, b"answer\n42\n")


@pytest.mark.parametrize(("value", "sql_type", "arrow_type"), [
    (None, '"NULL"', None), (True, "BOOLEAN", pa.bool_()), (False, "BOOLEAN", pa.bool_()),
    (0, "BIGINT", pa.int64()), (-(2**63), "BIGINT", pa.int64()), (2**63 - 1, "BIGINT", pa.int64()),
    (2**63, "UBIGINT", pa.uint64()), (2**64 - 1, "UBIGINT", pa.uint64()),
    (0.5, "DOUBLE", pa.float64()), (-1e300, "DOUBLE", pa.float64()),
    ("", "VARCHAR", pa.string()), ("it's; ü \0 \" \\ $1 ?", "VARCHAR", pa.string()),
], ids=repr)
def test_each_kind_of_parameter_arrives(http: HttpDoor, value: object, sql_type: str,
                                        arrow_type: pa.DataType | None) -> None:
    answer = http.get("SELECT ? AS v, typeof($1) AS t", [value])
    assert answer.to_pylist() == [{"v": value, "t": sql_type}]
    if arrow_type is not None:
        assert answer.schema.field("v").type == arrow_type


def test_numbered_parameters_may_come_in_any_order_and_twice(http: HttpDoor) -> None:
    answer = http.get("SELECT $2 AS a, $1 AS b, $2 AS c", ["one", 2])
    assert answer.to_pylist() == [{"a": 2, "b": "one", "c": 2}]


LATE = "SELECT CASE WHEN i < 3000000 THEN i ELSE error('late') END AS v FROM range(3000010) t(i)"


@pytest.mark.parametrize("format_", FORMATS)
def test_an_error_after_the_first_byte_breaks_the_body(http: HttpDoor, format_: str) -> None:
    connection = http.connect()
    connection.request("POST", f"/query?format={format_}", LATE)
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises((http_client.IncompleteRead, ConnectionResetError)):
        answer.read()
    connection.close()


def test_curl_says_that_a_broken_body_is_an_error(server: ServerProcess) -> None:
    done = curl(server.http_url + "/query?format=csv", "-d", LATE)
    assert done.returncode == 56, done.stderr
    assert done.stdout.startswith(b"v\n0\n1\n")


def test_over_http_1_0_a_broken_body_is_reset(server: ServerProcess) -> None:
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/query?format=csv", {"Content-Length": len(LATE)}, "1.0"))
        raw.send(LATE.encode())
        with pytest.raises(ConnectionResetError):
            while raw.socket.recv(1 << 20):
                pass


def test_over_http_1_0_a_whole_body_ends_with_the_connection(server: ServerProcess) -> None:
    sql = b"SELECT i FROM range(300000) t(i)"
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("POST", "/query?format=csv", {"Content-Length": len(sql)}, "1.0") + sql)
        answer, body = raw.answer()
        assert "Transfer-Encoding" not in answer.headers
        assert body.count(b"\n") == 300_001


def test_an_error_before_the_first_byte_has_its_own_status(http: HttpDoor) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", "/query", b"SELECT error('early')")
    assert refused.value.kind == "invalid-input"
    assert "early" in refused.value.message


def test_the_answer_starts_while_the_query_runs(http: HttpDoor, server: ServerProcess) -> None:
    connection = http.connect()
    connection.request("POST", "/query?format=ndjson", "SELECT i FROM range(1000000000000) t(i)")
    answer = connection.getresponse()
    assert [json.loads(answer.readline()) for _ in range(3)] == [{"i": 0}, {"i": 1}, {"i": 2}]
    assert server.gauges.running_queries == 1
    connection.close()
    answer.close()
    server.gauges.wait_until_idle()


def test_a_timeout_of_the_request_ends_its_query(http: HttpDoor) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", "/query", b"SELECT max(hash(i)) FROM range(1000000000000) t(i)",
                     {"X-Arrowport-Timeout-Ms": "100"})
    assert refused.value.kind == "deadline-exceeded"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_coded_body_is_refused_by_name(http: HttpDoor, coding: str) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", "/query", b"SELECT 1", {"Content-Encoding": coding})
    assert refused.value.kind == "unsupported-media"
    assert coding in refused.value.message


def test_several_values_in_one_column_name_are_told_apart_in_json(http: HttpDoor) -> None:
    _, body = http.request("POST", "/query?format=json", b"SELECT 1 AS a, 2 AS a, 3 AS a")
    assert json.loads(body) == [{"a": 1, "a_1": 2, "a_2": 3}]


def test_values_look_as_documented(http: HttpDoor) -> None:
    sql = """SELECT 12345678901234567890::UBIGINT AS big, 1.20::DECIMAL(9, 2) AS price,
        'NaN'::DOUBLE AS nan, '-Infinity'::FLOAT AS low, 2.0::DOUBLE AS two, '\\xAA\\x00'::BLOB AS b,
        DATE '2013-01-31' AS day, TIME '23:59:59.5' AS t, TIMESTAMP '2013-01-31 23:59:59' AS at,
        TIMESTAMPTZ '2013-01-31 23:59:59+00' AS atz, INTERVAL '1 year 2 months 3 days' AS pause,
        '123e4567-e89b-12d3-a456-426614174000'::UUID AS u, [1, NULL] AS l, {'x': 1} AS s,
        MAP {'k': 2} AS m, MAP {1: 2} AS n, NULL AS nothing"""
    _, body = http.request("POST", "/query?format=ndjson", sql.encode())
    assert body.decode().strip() == (
        '{"big":12345678901234567890,"price":1.20,"nan":"NaN","low":"-Infinity","two":2.0,'
        '"b":"qgA=","day":"2013-01-31","t":"23:59:59.500000","at":"2013-01-31T23:59:59",'
        '"atz":"2013-01-31T23:59:59Z","pause":"P1Y2M3D","u":"123e4567-e89b-12d3-a456-426614174000",'
        '"l":[1,null],"s":{"x":1},"m":{"k":2},"n":[[1,2]],"nothing":null}')
    _, body = http.request("POST", "/query?format=csv", sql.encode())
    assert body.decode().splitlines()[1] == (
        '12345678901234567890,1.20,NaN,-Infinity,2.0,qgA=,2013-01-31,23:59:59.500000,'
        '2013-01-31T23:59:59,2013-01-31T23:59:59Z,P1Y2M3D,123e4567-e89b-12d3-a456-426614174000,'
        '"[1,null]","{""x"":1}","{""k"":2}","[[1,2]]",')


def test_a_deadline_holds_while_the_statement_is_planned(http: HttpDoor) -> None:
    # A constant, which DuckDB computes when it plans: seconds of work that nothing interrupts.
    sql = "SELECT list_sum(list_sort(range(%d), 'DESC'))"
    began = time.monotonic()
    http.get(sql % 2_000_000)
    planned = time.monotonic() - began
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        http.open_get(sql % 2_000_000, timeout_ms=50).next()
    assert refused.value.kind == "deadline-exceeded"
    assert time.monotonic() - began < planned / 2, "the answer waited for the planner"
