"""GET /query, and GET /tables/{name}/data: reads that a link can name."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import HttpDoor
from harness.raw_http import curl
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from test_http_formats import read_table
from test_http_query import read_rows

BINARY_FORMATS = ("arrow", "arrow-file", "parquet")
TEXT_FORMATS = ("json", "ndjson", "csv")


def _query(**parameters: object) -> str:
    return "/query?" + urlencode(parameters)


def _data(table: str, **parameters: object) -> str:
    return f"/tables/{table}/data?" + urlencode(parameters)


def _refused(http: HttpDoor, path: str, method: str = "GET") -> Refused:
    with pytest.raises(Refused) as refused:
        http.request(method, path)
    return refused.value


def _rows(http: HttpDoor, path: str) -> list[dict]:
    """Of a path whose query asks for no format."""
    return json.loads(http.request("GET", path + "&format=json")[1])


@pytest.mark.parametrize("format_", [*BINARY_FORMATS, *TEXT_FORMATS])
def test_a_query_by_its_address_is_answered_in_every_format(http: HttpDoor, format_: str) -> None:
    sql = "SELECT i AS id, 'row & ' || i AS word FROM range(3) t(i) -- +%\n"
    _, body = http.request("GET", _query(sql=sql, format=format_))
    if format_ in BINARY_FORMATS:
        rows = read_table(format_, body).to_pylist()
    else:
        rows = read_rows(format_, body)
    assert [(int(row["id"]), row["word"]) for row in rows] == [(i, f"row & {i}") for i in range(3)]


def test_a_query_by_its_address_takes_what_post_takes(http: HttpDoor) -> None:
    answer, _ = http.request("GET", _query(sql="SELECT 1 AS a"), headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv"
    answer, _ = http.request("GET", _query(sql="SELECT 1 AS a", compression="zstd", ordered="false"))
    assert answer.headers["Content-Type"].endswith(";codecs=zstd")
    endless = _query(sql="SELECT max(hash(i)) FROM range(1000000000000) t(i)", timeout_ms=100)
    assert _refused(http, endless).kind == "deadline-exceeded"


@pytest.mark.parametrize("sql", [
    "INSERT INTO {t} VALUES (1)", "DELETE FROM {t}", "DROP TABLE {t}", "CREATE TABLE x (i INT)",
    "SELECT 1; DROP TABLE {t}", "SELECT nextval('{t}_s')", "SET threads = 1", "CHECKPOINT",
    "COPY {t} TO '/dev/null'", "ATTACH ':memory:' AS a", "CREATE TEMP TABLE x (i INT)", "BEGIN", "EXPLAIN ANALYZE DELETE FROM {t}"])
def test_a_query_by_its_address_changes_nothing(http: HttpDoor, stream: str, sql: str) -> None:
    table = f'"{stream}"'
    http.get(f'CREATE TABLE {table} AS SELECT 1 AS i; CREATE SEQUENCE "{stream}_s"')
    sql = sql.replace("{t}_s", f'"{stream}_s"').replace("{t}", table)
    refused = _refused(http, _query(sql=sql))
    assert refused.kind == "forbidden"
    assert "POST /query" in refused.message
    assert http.get(f"FROM {table}").to_pylist() == [{"i": 1}]
    assert http.value(f"SELECT nextval('\"{stream}_s\"')") == 1


@pytest.mark.parametrize(("query", "words"), [
    ("", ["'sql'"]), ("sql=", ["SQL"]), ("sql=SELECT+1&fromat=csv", ["'fromat'", "format"]),
    ("sql=SELECT+1&sql=SELECT+2", ["'sql'", "twice"]), ("sql=SELECT+1&ordered=1", ["'ordered'"]),
    ("sql=SELECT+1&timeout_ms=x", ["'timeout_ms'"]), ("sql=SELEC+1", ["SELEC"]),
    ("sql=SELECT+1&format=xml", ["xml"]), ("sql=SELECT+%3F", ["parameter"])])
def test_a_wrong_address_is_told_what_is_wrong(http: HttpDoor, query: str, words: list[str]) -> None:
    refused = _refused(http, "/query?" + query)
    assert refused.kind == "invalid-input"
    for word in words:
        assert word in refused.message


def test_head_of_a_query_runs_no_further_than_its_first_rows(http: HttpDoor,
                                                            server: ServerProcess) -> None:
    for format_ in (*BINARY_FORMATS, *TEXT_FORMATS):
        path = _query(sql="SELECT i FROM range(1000000000000) t(i)", format=format_)
        answer, body = http.request("HEAD", path)
        assert (answer.status, body) == (200, b"")
    server.gauges.wait_until_idle()
    assert http.send("HEAD", _query(sql="SELECT error('early')")).status == 400


@pytest.mark.parametrize("format_", [*BINARY_FORMATS, *TEXT_FORMATS])
@pytest.mark.parametrize("how", ["Accept", "?format="])
def test_a_table_is_answered_in_every_format(http: HttpDoor, stream: str, format_: str,
                                             how: str) -> None:
    http.put(stream, trips(1000))
    media_types = {"arrow": "application/vnd.apache.arrow.stream", "csv": "text/csv",
                   "arrow-file": "application/vnd.apache.arrow.file", "json": "application/json",
                   "parquet": "application/vnd.apache.parquet", "ndjson": "application/x-ndjson"}
    if how == "Accept":
        answer, body = http.request("GET", f"/tables/{stream}/data",
                                    headers={"Accept": media_types[format_]})
    else:
        answer, body = http.request("GET", _data(stream, format=format_))
    assert answer.headers["Content-Type"] == media_types[format_]
    if format_ in BINARY_FORMATS:
        same_table(read_table(format_, body), trips(1000))
    else:
        assert [int(row["id"]) for row in read_rows(format_, body)] == list(range(1000))


def test_columns_rows_order_and_window_are_chosen(http: HttpDoor, stream: str) -> None:
    http.put(stream, trips(100))
    rows = _rows(http, _data(stream, columns='Fare,"id"', where="carrier = 'UA' AND id % 8 = 0",
                             order_by="fare DESC NULLS LAST, id", limit=3, offset=1))
    assert rows == [{"fare": id_ / 4, "id": id_} for id_ in (88, 80, 72)]
    assert len(_rows(http, _data(stream, limit=0))) == 0
    assert len(_rows(http, _data(stream, offset=90))) == 10
    assert len(_rows(http, _data(stream, where="carrier IS NULL", ordered="false"))) == 25


def test_names_of_any_kind_are_taken(http: HttpDoor) -> None:
    http.get('CREATE SCHEMA "odd"" one"; CREATE TABLE "odd"" one"."a.b/c" AS '
             'SELECT 1 AS "x,y", 2 AS "select", 3 AS "ü ""z"""')
    path = "/tables/%22odd%22%22%20one%22.%22a.b%2Fc%22/data?format=json&"
    assert json.loads(http.request("GET", path)[1]) == [{"x,y": 1, "select": 2, 'ü "z"': 3}]
    query = urlencode({"columns": 'select,"x,y","ü ""z"""', "where": '"x,y" = 1',
                       "order_by": '"select"'})
    assert json.loads(http.request("GET", path + query)[1]) == [{"select": 2, "x,y": 1, 'ü "z"': 3}]
    http.get('DROP SCHEMA "odd"" one" CASCADE')


def test_a_view_is_read_like_a_table(http: HttpDoor, stream: str) -> None:
    http.put(stream, trips(10))
    http.get(f'CREATE VIEW "{stream}_v" AS SELECT id, fare * 2 AS twice FROM "{stream}"')
    assert _rows(http, _data(stream + "_v", where="id > 8")) == [{"id": 9, "twice": 4.5}]


INJECTIONS = {
    "where": ["1=1) UNION SELECT * FROM {s} --", "true UNION ALL SELECT secret, 1 FROM {s}",
              "true; DROP TABLE {s}", "; DROP TABLE {s}", "true) OR (true", "true FROM {s}",
              "true LIMIT 1", "true ORDER BY 1", "true GROUP BY ALL", "true, true", "true AS x", "",
              "(true", "true)", "/*", "'", '"', "\\", "true WHERE true", "INSERT INTO {s} VALUES (1)"],
    "order_by": ["id; DROP TABLE {s}", "id LIMIT 1", "id) UNION SELECT 1 --", "", "id, ", "id DESC x",
                 "id UNION SELECT secret FROM {s}", "(SELECT 1", "id OFFSET 1", "1; SELECT 1"],
    "columns": ["id FROM {s} --", "*", "id; DROP TABLE {s}", "id, (SELECT 1)", "1", "", "id,",
                "count(*)", "id AS x", '"id', '"id" x', "secret", '{s}."secret"'],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in INJECTIONS.items()
                                            for text in texts])
def test_no_text_gets_out_of_its_place(http: HttpDoor, stream: str, name: str, text: str) -> None:
    http.put(stream, trips(3))
    http.get(f'CREATE TABLE "{stream}_s" AS SELECT 42 AS secret')
    refused = _refused(http, _data(stream, **{name: text.replace("{s}", f'"{stream}_s"')}))
    assert refused.kind == "invalid-input"
    assert refused.message.startswith(name + ": ")
    assert http.get(f'FROM "{stream}_s"').to_pylist() == [{"secret": 42}]


@pytest.mark.parametrize(("name", "text", "word"), [
    ("where", "nothing = 1", "nothing"), ("where", "nothing(id)", "nothing"),
    ("where", "sum(id) > 1", "aggregate"), ("where", "id IN (FROM nothing)", "nothing"),
    ("where", "id = ?", "parameter"), ("order_by", "nothing", "nothing"),
    ("columns", "id,nothing", "id, carrier, fare, paid, at")])
def test_what_the_table_does_not_have_is_named(http: HttpDoor, stream: str, name: str, text: str,
                                               word: str) -> None:
    http.put(stream, trips(3))
    refused = _refused(http, _data(stream, **{name: text}))
    assert refused.kind == "invalid-input"
    assert refused.message.startswith(name + ": ")
    assert word in refused.message


def test_a_condition_may_read_other_tables_and_change_none(http: HttpDoor, stream: str) -> None:
    http.put(stream, trips(10))
    http.put(stream + "_wanted", pa.table({"id": [3, 5]}))
    rows = _rows(http, _data(stream, columns="id", where=f'id IN (SELECT id FROM "{stream}_wanted")'))
    assert rows == [{"id": 3}, {"id": 5}]
    http.get(f'CREATE SEQUENCE "{stream}_s"')
    refused = _refused(http, _data(stream, where=f"nextval('\"{stream}_s\"') > 0"))
    assert refused.kind == "forbidden"


@pytest.mark.parametrize(("query", "kind", "word"), [
    ("limit=-1", "invalid-input", "'limit'"), ("limit=1e3", "invalid-input", "'limit'"),
    ("offset=", "invalid-input", "'offset'"), ("ordered=maybe", "invalid-input", "'ordered'"),
    ("sql=SELECT+1", "invalid-input", "'sql'"), ("format=xml", "invalid-input", "xml"),
    ("where=a&where=b", "invalid-input", "'where'")])
def test_a_wrong_parameter_is_named(http: HttpDoor, stream: str, query: str, kind: str,
                                    word: str) -> None:
    http.put(stream, trips(3))
    refused = _refused(http, f"/tables/{stream}/data?{query}")
    assert refused.kind == kind
    assert word in refused.message


def test_a_table_that_is_not_there_is_not_found(http: HttpDoor) -> None:
    refused = _refused(http, "/tables/nothing/data?where=1=1")
    assert (refused.kind, "nothing" in refused.message) == ("not-found", True)
    assert _refused(http, "/tables/a..b/data").kind == "invalid-input"
    assert _refused(http, "/tables/nothing/data", "POST").kind == "method-not-allowed"


def test_a_client_that_leaves_ends_the_read_of_a_table(http: HttpDoor, stream: str,
                                                       server: ServerProcess) -> None:
    http.get(f'CREATE VIEW "{stream}" AS SELECT i FROM range(1000000000000) t(i)')
    connection = http.connect()
    connection.request("GET", _data(stream, format="csv"))
    answer = connection.getresponse()
    assert answer.readline() == b"i\n"
    assert server.gauges.running_queries == 1
    answer.close()
    connection.close()
    server.gauges.wait_until_idle()


def test_pandas_reads_by_address(http: HttpDoor, stream: str,
                                           server: ServerProcess) -> None:
    http.put(stream, trips(1000))
    sql = server.http_url + _query(sql=f'SELECT id, fare FROM "{stream}" ORDER BY id', format="csv")
    data = server.http_url + _data(stream, columns="id,fare", order_by="id", format="csv")
    for url in (sql, data):
        assert pd.read_csv(url)["fare"].sum() == sum(i / 4 for i in range(1000))


def test_a_page_of_another_origin_cannot_make_a_browser_ask(http: HttpDoor,
                                                            server: ServerProcess) -> None:
    path = _query(sql="SELECT 1 AS a", format="csv")
    with pytest.raises(Refused) as refused:
        http.request("GET", path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors",
                                           "Sec-Fetch-Dest": "image"})
    assert refused.value.kind == "forbidden"
    done = curl(server.http_url + path, "-H", "Sec-Fetch-Site: none")
    assert done.stdout == b"a\n1\n"


def test_the_address_may_not_be_longer_than_a_head(start_server: Callable[..., ServerProcess],
                                                   open_door: Callable[..., HttpDoor]) -> None:
    http = open_door(start_server({"http.header_bytes_max": "8KiB"}), "http")
    path = _query(sql="SELECT 1 AS a -- " + "x" * 10_000)
    answer = http.send("GET", path)
    assert answer.status == 413
    assert b"header_bytes_max" in answer.read()
