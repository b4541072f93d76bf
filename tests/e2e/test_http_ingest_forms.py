"""POST /ingest/{stream} in every form and coding, as plain HTTP clients send them."""

import functools
import gzip
import json
from collections.abc import Callable
from urllib.parse import quote

import pyarrow as pa
import pytest

from harness.door import PutAnswer, Refused, Stamp
from harness.forms import CODINGS, FORMATS, MEDIA_TYPES, put_into, write_form
from harness.http_door import HttpDoor, stamp_fields
from harness.raw_http import curl_json
from harness.samples import same_table, trips
from harness.server_process import ServerProcess

TRIPS = trips(1000)
TEXTS = ["csv", "ndjson", "json"]


def put(http: HttpDoor, stream: str, body: object, form: str, *, coding: str | None = None,
        query: str = "", fields: dict[str, str] | None = None) -> PutAnswer:
    fields = {"Content-Type": MEDIA_TYPES.get(form, form)} | (fields or {})
    if coding:
        fields["Content-Encoding"] = coding
    _, answer = http.request("POST", f"/ingest/{quote(stream, safe='')}{query}", body, fields)
    return PutAnswer.of_json(json.loads(answer))


@pytest.mark.parametrize("coding", [None, *CODINGS])
@pytest.mark.parametrize("form", FORMATS)
def test_every_form_lands_in_every_coding(http: HttpDoor, stream: str, form: str,
                                          coding: str | None) -> None:
    body = write_form(TRIPS, form)
    sent = put_into(body, coding) if coding else body
    assert put(http, stream, sent, form, coding=coding).rows == 1000
    same_table(http.table(stream), TRIPS)
    # In chunks too, and into the table that is there.
    assert put(http, stream, iter([sent[:7], sent[7:3000], sent[3000:]]), form, coding=coding).rows == 1000
    same_table(http.table(stream), pa.concat_tables([TRIPS, TRIPS]))


@pytest.mark.parametrize("form", FORMATS)
def test_a_body_of_many_parts_lands_whole(http: HttpDoor, stream: str, form: str) -> None:
    rows = trips(150_000)
    options = {"parquet": {"row_group_size": 40_000, "compression": "none"},
               "arrow-file": {"compression": "lz4"}}.get(form, {})
    body = write_form(rows, form, **options)
    assert len(body) > 1 << 20
    answer = put(http, stream, body, form)
    assert (answer.rows, http.rows(stream)) == (150_000, 150_000)
    landed = http.get(f'SELECT * FROM "{stream}" ORDER BY id')
    same_table(pa.table(landed), rows)


@pytest.mark.parametrize("form", FORMATS)
def test_the_format_may_stand_in_the_query(http: HttpDoor, server: ServerProcess, stream: str,
                                           form: str) -> None:
    answer = curl_json("--data-binary", "@-", f"{server.http_url}/ingest/{stream}?format={form}",
                       stdin=write_form(TRIPS, form))
    assert answer["rows_processed"] == 1000
    same_table(http.table(stream), TRIPS)


@pytest.mark.parametrize("media_type", [
    "application/csv", "Text/CSV; charset=UTF-8", 'text/csv; charset="utf-8"; header=present'])
def test_other_names_of_csv_are_taken(http: HttpDoor, stream: str, media_type: str) -> None:
    assert put(http, stream, b"a,b\n1,x\n", media_type).rows == 1
    assert http.describe(stream)[0] == {"a": "int64", "b": "string"}


@pytest.mark.parametrize("media_type", ["application/jsonl", "application/ndjson",
                                        "application/x-jsonlines", "application/jsonlines"])
def test_other_names_of_ndjson_are_taken(http: HttpDoor, stream: str, media_type: str) -> None:
    assert put(http, stream, b'{"a": 1}\n{"a": 2}\n', media_type).rows == 2


@pytest.mark.parametrize(("fields", "query", "kind", "words"), [
    ({"Content-Type": "application/xml"}, "", "unsupported-media",
     ["application/xml", *MEDIA_TYPES.values()]),
    ({"Content-Encoding": "br"}, "", "unsupported-media", ["'br'", "gzip, zstd, lz4"]),
    ({"Content-Encoding": "gzip, zstd"}, "", "unsupported-media", ["gzip, zstd, lz4"]),
    ({"Content-Type": "text/csv; charset=latin1"}, "", "unsupported-media", ["latin1", "UTF-8"]),
    ({}, "?format=xml", "invalid-input", ["xml", "format=csv"]),
    ({"Content-Type": "text/csv"}, "?delimiter=ab", "invalid-input", ["delimiter"]),
    ({"Content-Type": "text/csv"}, "?header=maybe", "invalid-input", ["header"]),
    ({"Content-Type": "application/x-ndjson"}, "?header=true", "invalid-input", ["CSV only"]),
], ids=str)
def test_what_is_not_taken_is_refused_with_what_is(http: HttpDoor, stream: str, fields: dict,
                                                   query: str, kind: str, words: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        http.request("POST", f"/ingest/{stream}{query}", b"a\n1\n", fields)
    assert refused.value.kind == kind
    for word in words:
        assert word in refused.value.message
    assert not http.has_table(stream)


def test_types_of_a_new_table_are_inferred_from_csv(http: HttpDoor, stream: str) -> None:
    put(http, stream, b"i,u,b,d,t,ts,z,f,s,n\n"
        b"1,18446744073709551615,true,2024-01-31,10:30:00.5,2024-01-31 10:30:00.123,"
        b"2024-01-31T10:30:00Z,1.5,00x,\n"
        b",,,,,,,,\"\",NA\n", "csv")
    assert http.describe(stream)[0] == {
        "i": "int64", "u": "uint64", "b": "bool", "d": "date32[day]", "t": "time64[us]",
        "ts": "timestamp[us]", "z": "timestamp[us, tz=UTC]", "f": "double", "s": "string",
        "n": "string"}
    last = http.table(stream).to_pylist()[1]
    assert last.pop("s") == ""
    assert set(last.values()) == {None}


def test_types_of_a_new_table_are_inferred_from_ndjson(http: HttpDoor, stream: str) -> None:
    put(http, stream, b'{"i": 1, "f": 1.5, "b": true, "s": "x", "ts": "2024-01-31T10:30:00", '
        b'"l": [1, 2], "r": {"x": 1, "y": null}}\n'
        b'{"i": 2, "n": null}\n', "ndjson")
    assert http.describe(stream)[0] == {
        "i": "int64", "f": "double", "b": "bool", "s": "string", "ts": "timestamp[us]",
        "l": "list<item: int64>", "r": "struct<x: int64, y: string>", "n": "string"}


@pytest.mark.parametrize("form", TEXTS)
def test_columns_of_a_table_are_read_as_its_types(http: HttpDoor, stream: str, form: str) -> None:
    http.get(f"""CREATE TABLE "{stream}" (code VARCHAR, n TINYINT, amount DECIMAL(12, 2), d DATE,
                 t TIME, ts TIMESTAMP, z TIMESTAMPTZ, b BLOB, u UUID, e ENUM ('on', 'off'),
                 later INTEGER DEFAULT 7)""")
    values = {"CODE": "00123", "n": 5, "amount": "12.50", "d": "2024-01-31", "t": "10:30:00",
              "ts": "2024-01-31T10:30:00.25", "z": "2024-01-31T10:30:00Z", "b": "AQID",
              "u": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "e": "off"}
    if form == "csv":
        body = ",".join(values) + "\n" + ",".join(str(value) for value in values.values()) + "\n"
    else:
        body = json.dumps([values] if form == "json" else values)
    assert put(http, stream, body.encode(), form).rows == 1
    [row] = http.get(f"""SELECT code, n, amount::VARCHAR AS amount, d::VARCHAR AS d, t::VARCHAR AS t,
                         ts::VARCHAR AS ts, epoch(z)::BIGINT AS z, hex(b) AS b, u::VARCHAR AS u,
                         e::VARCHAR AS e, later FROM "{stream}" """).to_pylist()
    assert row == {"code": "00123", "n": 5, "amount": "12.50", "d": "2024-01-31", "t": "10:30:00",
                   "ts": "2024-01-31 10:30:00.25", "z": 1706697000, "b": "010203",
                   "u": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "e": "off", "later": 7}


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_table_answers_can_be_put_back(http: HttpDoor, stream: str, form: str) -> None:
    http.get(f"""CREATE TABLE "{stream}" AS SELECT i::INTEGER AS i, 'te"xt,\n' || i AS s, i / 7 AS f,
                 i % 2 = 0 AS b, DATE '2024-01-01' + i::INTEGER AS d, '\\xFF\\x00'::BLOB AS bytes,
                 TIMESTAMPTZ '2024-01-01 00:00:00Z' + i * INTERVAL 1 HOUR AS z, (i * 1.01)::DECIMAL(18, 3) AS m,
                 CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS n FROM range(1000) t(i)""")
    body = http.request("GET", f"/tables/{stream}/data?format={form}")[1]
    http.get(f'CREATE TABLE "{stream}_copy" AS FROM "{stream}" LIMIT 0')
    assert put(http, f"{stream}_copy", body, form).rows == 1000
    assert http.value(f'SELECT count(*) FROM (FROM "{stream}" EXCEPT FROM "{stream}_copy")') == 0


def test_csv_without_a_header(http: HttpDoor, stream: str) -> None:
    assert put(http, stream, b"1,x\n2,y\n", "csv", query="?header=false").rows == 2
    assert http.describe(stream)[0] == {"column0": "int64", "column1": "string"}
    # The columns of a table that is there, in their order.
    assert put(http, stream, b"3,z\n", "text/csv; header=absent").rows == 1
    assert http.value(f'SELECT column1 FROM "{stream}" WHERE column0 = 3') == "z"
    with pytest.raises(Refused) as refused:
        put(http, stream, b"3\n", "csv", query="?header=false")
    assert refused.value.kind == "invalid-input"


def test_csv_with_another_delimiter_and_line_end(http: HttpDoor, stream: str) -> None:
    body = '\ufeffa;b\r\n1;"x;\r\n""y"""\r\n2;z'.encode()
    assert put(http, stream, body, "csv", query="?delimiter=%3B").rows == 2
    assert http.table(stream).to_pylist() == [{"a": 1, "b": 'x;\r\n"y"'}, {"a": 2, "b": "z"}]


@pytest.mark.parametrize(("form", "body", "words"), [
    ("csv", b"", ["no rows"]),
    ("csv", b"a,b\n1,2\n3\n", ["Row #3", "Expected 2 columns"]),
    ("csv", b"a,a\n1,2\n", ["'a'"]),
    ("csv", b"a,b\n1,\xff\n", ["column 'b'", "Row #2", "UTF8"]),
    ("csv", b'a,b\n1,"x\n', ["CSV"]),
    ("ndjson", b"", ["no rows"]),
    ("ndjson", b'{"a": 1}\n{"a": "x"}\n', ["row 2"]),
    ("ndjson", b'{"a": 1}\n{"a": ', ["cut short"]),
    ("ndjson", b'{"a": 1}\n{"a" 1}\n', ["row 2"]),
    ("ndjson", b'{"a": 1}\n[1]\n', ["an object is wanted"]),
    ("ndjson", b'{"a": 1, "a": 2}\n', ["/a", "row 1"]),
    ("json", b'[{"a": 1}, {"a": 2}', ["closing bracket"]),
    ("json", b'[{"a": 1} {"a": 2}]', ["where the array has none"]),
    ("json", b'[{"a": 1}] 5', ["another value"]),
    ("parquet", b"", ["too short"]),
    ("parquet", write_form(TRIPS, "parquet")[:-1], ["cut short"]),
    ("parquet", b"PAR1" + b"\xff" * 20 + b"\x14\0\0\0PAR1", ["Parquet"]),
    ("arrow-file", b"", ["ARROW1"]),
    ("arrow-file", write_form(TRIPS, "arrow"), ["ARROW1"]),
    ("arrow-file", write_form(TRIPS, "arrow-file")[:-1], ["cut short"]),
    ("arrow-file", write_form(TRIPS, "arrow-file")[:-30] + write_form(TRIPS, "arrow-file")[-10:],
     ["footer"]),
], ids=str)
def test_a_body_that_is_broken_is_refused_with_its_place(http: HttpDoor, stream: str, form: str,
                                                         body: bytes, words: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        put(http, stream, body, form)
    assert refused.value.kind == "invalid-input"
    for word in words:
        assert word in refused.value.message, refused.value.message
    assert not http.has_table(stream)


@pytest.mark.parametrize("form", TEXTS)
def test_a_value_of_another_type_later_names_its_row(http: HttpDoor, stream: str, form: str) -> None:
    rows = pa.table({"id": range(400_000)})
    body = write_form(rows, form)
    at = body.index(b"300000")
    wrong = body[:at] + (b"x00000" if form == "csv" else b'"0000"') + body[at + 6:]
    with pytest.raises(Refused) as refused:
        put(http, stream, wrong, form)
    assert refused.value.kind == "invalid-input"
    # A CSV's header is its first row.
    assert str(300_002 if form == "csv" else 300_001) in refused.value.message
    assert not http.has_table(stream)


@pytest.mark.parametrize("form", ["ndjson", "json"])
def test_a_key_that_comes_late_is_refused_by_row(http: HttpDoor, stream: str, form: str) -> None:
    rows = pa.table({"id": range(200_000), "late": [None] * 199_999 + [1]})
    with pytest.raises(Refused) as refused:
        put(http, stream, write_form(rows, form), form)
    assert "behind row 1" in refused.value.message
    assert "first MiB" in refused.value.message


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("form", ["arrow", "csv", "parquet"])
def test_a_coded_body_that_is_cut_short_is_refused(http: HttpDoor, stream: str, form: str,
                                                   coding: str) -> None:
    sent = put_into(write_form(TRIPS, form), coding)
    for body in [sent[:-1], sent[:-5], sent[:len(sent) // 2], b"no such coding", sent + b"more"]:
        with pytest.raises(Refused) as refused:
            put(http, stream, body, form, coding=coding)
        assert refused.value.kind == "invalid-input", body
    assert not http.has_table(stream)


def test_gzip_may_have_several_members(http: HttpDoor, stream: str) -> None:
    body = gzip.compress(b"a\n1\n") + gzip.compress(b"2\n") + gzip.compress(b"") + gzip.compress(b"3\n")
    assert put(http, stream, body, "csv", coding="gzip").rows == 3


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_of_very_many_empty_frames_is_refused_and_costs_little(http: HttpDoor, server: ServerProcess, stream: str,
                                                                      coding: str) -> None:
    body = put_into(b"a\n1\n", coding) + put_into(b"", coding) * 100_000
    before = server.cpu_seconds()
    with pytest.raises(Refused) as refused:
        put(http, stream, body, "csv", coding=coding)
    assert refused.value.kind == "too-large"
    assert "frames" in refused.value.message
    assert server.cpu_seconds() - before < 0.5
    assert not http.has_table(stream)


@functools.cache
def _zeros(coding: str) -> bytes:
    """A quarter of a gibibyte, a thousandth of it or less when it is sent."""
    if coding == "gzip":
        return gzip.compress(bytes(256 << 20), 6)
    return put_into(bytes(1 << 20), coding) * 256


@pytest.mark.parametrize("form", ["arrow", "arrow-file", "parquet", "csv", "ndjson"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_is_refused(http: HttpDoor, server: ServerProcess, stream: str, form: str,
                           coding: str) -> None:
    starts = {"arrow": write_form(TRIPS, "arrow")[:-8], "arrow-file": write_form(TRIPS, "arrow-file"),
              "parquet": b"PAR1", "csv": b"a,b\n", "ndjson": b'{"a": "'}
    start = starts[form]
    with pytest.raises(Refused) as refused:
        put(http, stream, put_into(start, coding) + _zeros(coding), form, coding=coding)
    assert refused.value.kind in ("too-large", "invalid-input")
    assert not http.has_table(stream)


@pytest.mark.parametrize("coding", CODINGS)
def test_what_a_body_unpacks_to_is_bounded(start_server: Callable[..., ServerProcess],
                                           open_door: Callable[..., HttpDoor], coding: str) -> None:
    server = start_server({"http.body_bytes_max": "1MiB"})
    http = open_door(server)
    lines = b"text\n" + b"the same line\n" * 100_000
    sent = put_into(lines, coding)
    assert len(sent) < 100_000 < 1 << 20 < len(lines)
    with pytest.raises(Refused) as refused:
        put(http, "t", sent, "csv", coding=coding)
    assert refused.value.kind == "too-large"
    assert "body_bytes_max" in refused.value.message
    assert put(http, "t", put_into(lines[:1_000_000], coding), "csv", coding=coding).rows > 70_000


def test_a_ratio_over_the_limit_is_refused(start_server: Callable[..., ServerProcess],
                                           open_door: Callable[..., HttpDoor]) -> None:
    lines = b"a,b\n" + b"1," + b"x" * 60 + b"\n"
    lines += lines[4:] * 1_200_000
    sent = gzip.compress(lines)
    http = open_door(start_server())
    with pytest.raises(Refused) as refused:
        put(http, "t", sent, "csv", coding="gzip")
    assert refused.value.kind == "too-large"
    assert "unpacked_ratio_max" in refused.value.message
    http = open_door(start_server({"http.unpacked_ratio_max": 0}))
    assert put(http, "t", sent, "csv", coding="gzip").rows == 1_200_001


@pytest.mark.parametrize(("form", "body"), [
    ("csv", b'a,b\n1,"' + b"x" * (17 << 20)), ("ndjson", b'{"a": "' + b"x" * (17 << 20)),
    ("csv", b",".join([b"c"] * 20_000) + b"\n"),
    ("ndjson", b'{"a": ' + b"[" * 100_000), ("json", b'[{"a": ' * 100_000),
    ("ndjson", b"".join(b'{"k%d": 1}\n' % i for i in range(20_000))),
], ids=["a quote", "a string", "columns", "lists", "objects", "keys"])
def test_a_row_without_end_is_refused(http: HttpDoor, stream: str, form: str, body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        put(http, stream, body, form)
    assert refused.value.kind == "too-large", refused.value.message
    assert not http.has_table(stream)


def test_parquet_on_disk_is_bounded(start_server: Callable[..., ServerProcess],
                                    open_door: Callable[..., HttpDoor]) -> None:
    http = open_door(start_server({"http.spool_bytes_max": "2MiB"}))
    body = write_form(trips(300_000), "parquet", compression="none", use_dictionary=False)
    assert len(body) > 3 << 20
    with pytest.raises(Refused) as refused:
        put(http, "t", body, "parquet")
    assert refused.value.kind == "too-large"
    assert "spool_bytes_max" in refused.value.message
    # What was refused is not counted any more.
    small = write_form(trips(60_000), "parquet", compression="none", use_dictionary=False)
    assert 1 << 20 < len(small) < 2 << 20
    for _ in range(3):
        assert put(http, "t", small, "parquet").rows == 60_000


@pytest.mark.parametrize("form", FORMATS)
def test_a_put_of_a_producer_lands_once_in_every_form(http: HttpDoor, stream: str, form: str) -> None:
    body = write_form(TRIPS, form)
    fields = stamp_fields(Stamp(producer=stream, sequence=1))
    assert put(http, stream, body, form, fields=fields).duplicate is False
    assert put(http, stream, body, form, fields=fields).duplicate is True
    assert http.rows(stream) == 1000


def test_a_rule_that_takes_other_values_reads_only_texts_as_the_table_has_them(
        start_server, open_door, tmp_path) -> None:
    rules = tmp_path / "streams.yaml"
    rules.write_text("wide: {on_schema_change: widen}\naside: {on_bad_rows: quarantine}\n")
    http = open_door(start_server({"streams": rules}), "http")
    http.get("CREATE TABLE wide(v INTEGER, code VARCHAR)")
    assert put(http, "wide", b"v,code\n5000000000,007\n", "csv").rows == 1
    assert put(http, "wide", b'{"v": 7, "code": "008"}\n', "ndjson").rows == 1
    assert http.get("FROM wide").to_pylist() == [{"v": 5_000_000_000, "code": "007"},
                                                 {"v": 7, "code": "008"}]
    http.get("CREATE TABLE aside(v INTEGER, code VARCHAR)")
    done = put(http, "aside", b"v,code\n1,007\nx,008\n", "csv")
    assert (done.rows, done.rows_quarantined) == (1, 1)
    assert http.get("FROM aside").to_pylist() == [{"v": 1, "code": "007"}]
