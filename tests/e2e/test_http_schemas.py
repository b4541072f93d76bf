"""Schemas and bulk reads over HTTP, with clients nobody here wrote."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import HttpDoor
from harness.server_process import ServerProcess

RIDES = {
    "description": "Rides",
    "table": "rides_table",
    "fields": [
        {"name": "kind", "type": "string", "constraints": {"enum": ["day", "night"]}},
        {"name": "id", "type": "int32", "nullable": False, "description": "Counts up"},
        {"name": "fare", "type": "decimal128(8, 2)", "constraints": {"minimum": 0, "maximum": 1000}},
    ],
}
READ = "/api/v1/arrow/bulk-read/rides"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture
def rides(http: HttpDoor) -> HttpDoor:
    http.get("CREATE OR REPLACE TABLE rides_table AS SELECT i AS id, (i / 10)::DECIMAL(8, 2) AS fare, "
             "CASE WHEN i % 2 = 0 THEN 'day' ELSE 'night' END AS kind, i AS extra FROM range(1000) t(i)")
    _put(http, RIDES)
    return http


def _put(http: HttpDoor, schema: dict, name: str = "rides") -> dict:
    _, body = http.request("PUT", f"/api/v1/schemas/{name}", json.dumps(schema).encode(),
                           {"Content-Type": "application/json"})
    return json.loads(body)


def _read(http: HttpDoor, query: str = "", **headers: str) -> tuple[dict[str, str], bytes]:
    answer, body = http.request("GET", READ + query, headers=headers)
    return dict(answer.headers), body


def test_rows_come_in_the_types_and_order_of_the_schema(rides: HttpDoor) -> None:
    with urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{rides.port}{READ}", headers={"Accept": ARROW})) as answer:
        assert answer.headers["Content-Type"] == ARROW
        table = pa.ipc.open_stream(answer).read_all()
    assert table.schema.names == ["kind", "id", "fare"]
    assert table.schema.types == [pa.string(), pa.int32(), pa.decimal128(8, 2)]
    assert [field.nullable for field in table.schema] == [True, False, True]
    assert table.schema.field("id").metadata == {b"description": b"Counts up"}
    assert table["id"].to_pylist() == list(range(1000))
    table.validate(full=True)


def test_the_old_address_is_the_same(rides: HttpDoor) -> None:
    _, body = rides.request("GET", "/arrow/bulk-read/rides?limit=3")
    assert pa.ipc.open_stream(body).read_all().num_rows == 3


def test_a_part_can_be_asked_for(rides: HttpDoor) -> None:
    _, body = _read(rides, "?columns=fare,id&filter=id%3E%3D990%20AND%20kind%3D'day'&limit=4")
    table = pa.ipc.open_stream(body).read_all()
    assert table.schema.names == ["fare", "id"]
    assert table["id"].to_pylist() == [990, 992, 994, 996]


def test_json_is_for_who_takes_no_arrow(rides: HttpDoor) -> None:
    for accept in ("application/json", "text/html", "image/png;q=0.5"):
        headers, body = _read(rides, "?limit=1", Accept=accept)
        assert headers["Content-Type"] == "application/json"
        assert json.loads(body) == [{"kind": "day", "id": 0, "fare": 0.0}], accept


def test_bodies_are_compressed_when_the_client_asks(rides: HttpDoor) -> None:
    headers, body = _read(rides, "?compression=zstd", Accept=ARROW)
    assert headers["Content-Type"] == f"{ARROW};codecs=zstd"
    assert pa.ipc.open_stream(body).read_all().num_rows == 1000
    assert _read(rides, "", **{"Accept-Encoding": "zstd"})[0]["Content-Encoding"] == "zstd"


def test_what_has_not_changed_is_not_sent_again(rides: HttpDoor) -> None:
    headers, _ = _read(rides)
    tag = headers["ETag"]
    assert headers["Cache-Control"] == "no-cache"

    def ask(query: str = "", **more: str) -> int:
        connection = rides.connect()
        connection.request("GET", READ + query, headers={"If-None-Match": tag, **more})
        answer = connection.getresponse()
        body = answer.read()
        assert (answer.status == 304) == (body == b"")
        return answer.status

    assert ask() == 304
    assert ask("?limit=1") == 200
    assert ask(Accept="text/csv") == 200
    rides.get("INSERT INTO rides_table VALUES (1000, 1, 'day', 0)")
    assert ask() == 200
    tag = _read(rides)[0]["ETag"]
    assert ask() == 304
    _put(rides, RIDES | {"description": "Other rides"})
    assert ask() == 200


def test_views_and_queries_are_not_kept_by_caches(rides: HttpDoor) -> None:
    assert _put(rides, {"query": "SELECT count(*) AS n FROM rides_table",
                        "fields": [{"name": "n", "type": "int64"}]}, "count")["version"] >= 1
    answer, body = rides.request("GET", "/api/v1/arrow/bulk-read/count?format=json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["ETag"] is None
    assert json.loads(body) == [{"n": 1000}]


def test_a_table_that_no_longer_fits_is_told_with_the_difference(rides: HttpDoor) -> None:
    rides.get("ALTER TABLE rides_table DROP COLUMN kind")
    rides.get("ALTER TABLE rides_table ALTER fare TYPE VARCHAR")
    with pytest.raises(Refused) as refused:
        _read(rides)
    assert refused.value.kind == "conflict"
    assert "there is no column 'kind'" in str(refused.value)
    assert "column 'fare' is VARCHAR, not DECIMAL(8,2)" in str(refused.value)


def test_values_against_the_constraints_are_told_before_the_first_row(rides: HttpDoor) -> None:
    rides.get("INSERT INTO rides_table VALUES (NULL, 2000, 'dusk', 0)")
    with pytest.raises(Refused) as refused:
        _read(rides)
    assert refused.value.kind == "conflict"
    for words in ("none of the enum day, night in 1 row", "NULL where nullable is false in 1 row",
                  "above the maximum 1000 in 1 row"):
        assert words in str(refused.value)


@pytest.mark.parametrize(("query", "words"), [
    ("?columns=extra", "extra"), ("?filter=extra%3E1", "extra"), ("?filter=id%3E", "filter: 'id>'"),
    ("?filter=1%3B%20DROP%20TABLE%20rides_table", "filter"), ("?limit=x", "limit"), ("?where=1", "'where'"),
    ("?format=xml", "xml"), ("?timeout_ms=0", "timeout_ms")])
def test_a_bad_parameter_is_named(rides: HttpDoor, query: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        _read(rides, query)
    assert refused.value.kind == "invalid-input"
    assert words in str(refused.value)


def test_what_is_not_there_is_404(http: HttpDoor) -> None:
    for method, path in (("GET", "/api/v1/schemas/nope"), ("DELETE", "/api/v1/schemas/nope"),
                         ("GET", "/api/v1/arrow/bulk-read/nope"), ("GET", "/arrow/bulk-read/nope")):
        with pytest.raises(Refused) as refused:
            http.request(method, path)
        assert refused.value.kind == "not-found", path


def test_schemas_are_listed_changed_and_deleted(rides: HttpDoor) -> None:
    before = rides.json("/api/v1/schemas/rides")
    assert before["fields"] == RIDES["fields"]
    assert _put(rides, RIDES)["version"] == before["version"]
    assert _put(rides, RIDES | {"description": "New"})["version"] == before["version"] + 1
    assert "rides" in [schema["name"] for schema in rides.json("/api/v1/schemas")["schemas"]]
    answer, body = rides.request("DELETE", "/api/v1/schemas/rides")
    assert (answer.status, body) == (204, b"")
    assert "_arrowport" not in str(rides.json("/tables"))


def test_schemas_outlive_the_server(start_server: Callable[..., ServerProcess], tmp_path: Path,
                                    open_door: Callable[..., HttpDoor]) -> None:
    options = {"db": str(tmp_path / "kept.duckdb")}
    first = start_server(options)
    door = open_door(first)
    door.get("CREATE TABLE rides_table AS SELECT 1 AS id, 2.5 AS fare, 'day' AS kind")
    _put(door, RIDES)
    first.stop()
    door = open_door(start_server(options))
    assert door.json("/api/v1/schemas/rides")["version"] == 1
    assert pa.ipc.open_stream(_read(door)[1]).read_all().num_rows == 1


def test_caches_may_be_told_to_keep_rows_for_a_while(start_server: Callable[..., ServerProcess],
                                                     open_door: Callable[..., HttpDoor]) -> None:
    door = open_door(start_server({"http.bulk_read_max_age": "2m"}))
    door.get("CREATE TABLE rides_table AS SELECT 1 AS id, 2.5 AS fare, 'day' AS kind")
    _put(door, RIDES)
    assert _read(door)[0]["Cache-Control"] == "max-age=120"
