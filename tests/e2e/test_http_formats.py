"""POST /query in every form: files of Arrow and Parquet, compressed buffers, and bodies in zstd."""

import io
from collections.abc import Callable
from http.client import HTTPResponse, IncompleteRead

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.door import Door, Refused
from harness.http_door import ARROW_STREAM, HttpDoor
from harness.program import SANITIZED
from harness.raw_http import curl
from harness.server_process import ServerProcess

ARROW_FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"
MEDIA_TYPES = {"arrow": ARROW_STREAM, "arrow-file": ARROW_FILE, "parquet": PARQUET}
TEXTS = ("json", "ndjson", "csv")
MIB = 1024 * 1024

ROWS = 300_000
SQL = f"""SELECT i AS id, 'row ' || i % 1000 AS word, i / 8 AS fraction,
    CASE WHEN i % 3 > 0 THEN i % 100 END AS gap, [i, NULL] AS pair, {{'a': i % 7}} AS inner
    FROM range({ROWS}) t(i)""".encode()

# One of each of DuckDB's types that Parquet has a form for.
TYPES = """SELECT 1::TINYINT AS i8, 2::SMALLINT AS i16, 3::INTEGER AS i32, 4::BIGINT AS i64,
    5::UTINYINT AS u8, 6::USMALLINT AS u16, 7::UINTEGER AS u32, 18446744073709551615::UBIGINT AS u64,
    8::HUGEINT AS i128, 1.5::FLOAT AS f32, 2.5::DOUBLE AS f64, 1.20::DECIMAL(9, 2) AS price,
    true AS yes, 'ä' AS word, '\\xAA\\x00'::BLOB AS bytes, DATE '2013-01-31' AS day,
    TIME '23:59:59.5' AS clock, TIMESTAMP '2013-01-31 23:59:59' AS at_us,
    '2013-01-31 23:59:59'::TIMESTAMP_S AS at_s, '2013-01-31 23:59:59'::TIMESTAMP_MS AS at_ms,
    '2013-01-31 23:59:59'::TIMESTAMP_NS AS at_ns, TIMESTAMPTZ '2013-01-31 23:59:59+00' AS at_zone,
    uuid() AS u, 'a'::ENUM ('a', 'b') AS letter, [1, NULL] AS list, [1, 2]::INTEGER[2] AS two,
    {'x': [1], 'y': NULL} AS inner, MAP {'k': 2} AS map, MAP {1: [2]} AS lists, NULL AS nothing,
    '{"a": 1}'::JSON AS document, '101'::BIT AS bits""".encode()
# Parquet has no seconds.
OTHER_IN_PARQUET = {"at_s": pa.timestamp("ms")}


def read_table(form: str, body: bytes) -> pa.Table:
    if form == "parquet":
        return pq.read_table(io.BytesIO(body))
    if form == "arrow-file":
        return pa.ipc.open_file(body).read_all()
    return pa.ipc.open_stream(body).read_all()


def unzip(body: bytes) -> bytes:
    """What a sequence of zstd frames holds."""
    return pa.CompressedInputStream(pa.BufferReader(body), "zstd").read()


def query(http: HttpDoor, sql: bytes, parameters: str = "",
          **fields: str) -> tuple[HTTPResponse, bytes]:
    """`fields` by their names with low lines: accept_encoding="zstd"."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return http.request("POST", "/query?" + parameters, sql, named)


@pytest.fixture(scope="module")
def expected(server: ServerProcess) -> pa.Table:
    door = HttpDoor(server.http_port)
    table = read_table("arrow", query(door, SQL)[1])
    door.close()
    assert table.num_rows == ROWS
    return table


@pytest.mark.parametrize("compression", [None, "none", "zstd", "lz4"])
@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_each_form_and_compression_has_the_same_rows(http: HttpDoor, expected: pa.Table, form: str,
                                                     compression: str | None) -> None:
    parameters = f"format={form}" + (f"&compression={compression}" if compression else "")
    answer, body = query(http, SQL, parameters)
    codec = f";codecs={compression}" if compression in ("zstd", "lz4") and form != "parquet" else ""
    assert answer.headers["Content-Type"] == MEDIA_TYPES[form] + codec
    assert answer.headers["Content-Encoding"] is None
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert read_table(form, body).equals(expected)
    if form == "parquet":
        column = pq.ParquetFile(io.BytesIO(body)).metadata.row_group(0).column(0)
        assert column.compression == {None: "ZSTD", "none": "UNCOMPRESSED"}.get(
            compression, str(compression).upper())
    elif codec:
        assert len(body) < 0.7 * expected.nbytes
    else:
        assert len(body) > 0.9 * expected.nbytes


@pytest.mark.parametrize(("codecs", "chosen"), [
    ("zstd", "zstd"), ("lz4", "lz4"), ('"zstd, lz4"', "zstd"), ('"lz4,zstd"', "lz4"),
    ('"brotli, lz4"', "lz4"), ("brotli", None), ('""', None)])
@pytest.mark.parametrize("media_type", [ARROW_STREAM, ARROW_FILE])
def test_codecs_of_accept_are_an_allowance(http: HttpDoor, media_type: str, codecs: str,
                                           chosen: str | None) -> None:
    answer, body = query(http, b"SELECT 7 AS a FROM range(100000)",
                         accept=f"{media_type};codecs={codecs}")
    assert answer.headers["Content-Type"] == media_type + (f";codecs={chosen}" if chosen else "")
    assert (len(body) < 100_000) == bool(chosen)
    form = "arrow-file" if media_type == ARROW_FILE else "arrow"
    assert read_table(form, body)["a"].to_pylist() == [7] * 100_000


@pytest.mark.parametrize(("accept", "media_type"), [
    (PARQUET, PARQUET), (ARROW_FILE, ARROW_FILE), (f"{PARQUET}, {ARROW_STREAM};q=0.9", PARQUET),
    (f"{PARQUET};q=0.5, {ARROW_FILE};q=0.7, {ARROW_STREAM};q=0.6", ARROW_FILE),
    ("application/*", ARROW_STREAM), (f"{PARQUET};q=0, text/csv;q=0.1", "text/csv")])
def test_accept_chooses_among_all_forms(http: HttpDoor, accept: str, media_type: str) -> None:
    answer, _ = query(http, b"SELECT 1 AS a", accept=accept)
    assert answer.headers["Content-Type"] == media_type


def test_every_form_is_listed_when_none_is_accepted(http: HttpDoor) -> None:
    with pytest.raises(Refused) as refused:
        query(http, b"SELECT 1", accept="image/png")
    assert refused.value.kind == "not-acceptable"
    for media_type in MEDIA_TYPES.values():
        assert media_type in refused.value.message


def test_parquet_and_arrow_files_keep_every_type(http: HttpDoor) -> None:
    stream = read_table("arrow", query(http, TYPES)[1])
    file = read_table("arrow-file", query(http, TYPES, "format=arrow-file")[1])
    parquet = read_table("parquet", query(http, TYPES, "format=parquet")[1])
    assert file.schema == stream.schema
    for field in stream.schema:
        kept = OTHER_IN_PARQUET.get(field.name, field.type)
        assert parquet.schema.field(field.name).type == kept, field.name
        if field.name != "u":  # Another one each time.
            assert parquet[field.name].to_pylist() == stream[field.name].to_pylist(), field.name
            assert file[field.name].equals(stream[field.name]), field.name


@pytest.mark.parametrize("column", ["INTERVAL 1 DAY", "[INTERVAL 1 DAY]",
                                    "union_value(n := 1)::UNION(n INTEGER, s VARCHAR)"])
def test_what_parquet_has_no_form_for_is_refused_by_name(http: HttpDoor, column: str) -> None:
    with pytest.raises(Refused) as refused:
        query(http, f"SELECT 1 AS a, {column} AS strange".encode(), "format=parquet")
    assert refused.value.kind == "not-acceptable"
    assert "column 'strange'" in refused.value.message
    assert "cast it" in refused.value.message


def test_data_frames_read_parquet(http: HttpDoor, expected: pa.Table) -> None:
    _, body = query(http, SQL, "format=parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(body)), expected.to_pandas())
    assert pl.read_parquet(io.BytesIO(body)).equals(pl.from_arrow(expected))


def test_row_groups_are_of_one_size(http: HttpDoor) -> None:
    _, body = query(http, SQL, "format=parquet")
    metadata = pq.ParquetFile(io.BytesIO(body)).metadata
    assert [metadata.row_group(i).num_rows for i in range(3)] == [122_880, 122_880, ROWS - 245_760]


def test_row_groups_of_wide_rows_are_cut_by_bytes(http: HttpDoor) -> None:
    sql = b"SELECT repeat(chr(97 + (i % 26)::INT), 1000000) AS text FROM range(100) t(i)"
    _, body = query(http, sql, "format=parquet")
    file = pq.ParquetFile(io.BytesIO(body))
    assert file.metadata.num_rows == 100
    assert file.metadata.num_row_groups >= 3


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_no_rows_in_each_form(http: HttpDoor, form: str) -> None:
    for compression in ("none", "zstd", "lz4"):
        _, body = query(http, b"SELECT 1::INT AS a, 'x' AS b WHERE false",
                        f"format={form}&compression={compression}")
        table = read_table(form, body)
        assert (table.num_rows, table.column_names) == (0, ["a", "b"])


@pytest.mark.parametrize("form", [*MEDIA_TYPES, *TEXTS])
def test_a_statement_without_rows_is_answered_in_each_form(http: HttpDoor, form: str) -> None:
    plain = query(http, b"CREATE SCHEMA IF NOT EXISTS s", f"format={form}")[1]
    if form in MEDIA_TYPES:
        assert read_table(form, plain).num_rows == 0
    else:
        answer, body = query(http, b"CREATE SCHEMA IF NOT EXISTS s", f"format={form}",
                             accept_encoding="zstd")
        assert answer.headers["Content-Encoding"] == "zstd"
        assert unzip(body) == plain


@pytest.mark.parametrize("compression", ["gzip", "ZSTD", ""])
def test_a_compression_that_is_not_known_is_refused_with_a_list(http: HttpDoor,
                                                                compression: str) -> None:
    with pytest.raises(Refused) as refused:
        query(http, b"SELECT 1", f"compression={compression}")
    assert refused.value.kind == "invalid-input"
    assert "none, zstd, lz4" in refused.value.message


@pytest.mark.parametrize("form", TEXTS)
def test_texts_have_no_compression_of_their_own(http: HttpDoor, form: str) -> None:
    with pytest.raises(Refused) as refused:
        query(http, b"SELECT 1", f"format={form}&compression=zstd")
    assert refused.value.kind == "invalid-input"
    assert form in refused.value.message
    assert "Accept-Encoding: zstd" in refused.value.message


@pytest.mark.parametrize("form", ["arrow", *TEXTS])
def test_a_body_is_coded_for_who_takes_zstd(http: HttpDoor, form: str) -> None:
    _, plain = query(http, SQL, f"format={form}")
    answer, body = query(http, SQL, f"format={form}", accept_encoding="gzip, br, zstd;q=0.5")
    assert answer.headers["Content-Encoding"] == "zstd"
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert len(body) < len(plain) / 2
    if form == "arrow":
        assert read_table(form, unzip(body)).equals(read_table(form, plain))
    else:
        assert unzip(body) == plain


@pytest.mark.parametrize(("form", "fields"), [
    ("csv", {"accept_encoding": "gzip"}), ("csv", {"accept_encoding": "*"}),
    ("csv", {"accept_encoding": "zstd;q=0"}), ("csv", {"accept_encoding": "identity, zstd;q=0.2"}),
    ("arrow&compression=zstd", {"accept_encoding": "zstd"}),
    ("arrow&compression=none", {"accept_encoding": "zstd"}),
    ("arrow-file", {"accept_encoding": "zstd"}), ("parquet", {"accept_encoding": "zstd"}),
    ("parquet&compression=none", {"accept_encoding": "zstd"})])
def test_a_body_is_not_coded_otherwise(http: HttpDoor, form: str, fields: dict[str, str]) -> None:
    answer, _ = query(http, b"SELECT 1 AS a", f"format={form}", **fields)
    assert answer.headers["Content-Encoding"] is None


def test_codecs_go_before_the_coding(http: HttpDoor) -> None:
    answer, body = query(http, b"SELECT 7 AS a FROM range(100000)", accept_encoding="zstd",
                         accept=f"{ARROW_STREAM};codecs=lz4")
    assert answer.headers["Content-Type"] == ARROW_STREAM + ";codecs=lz4"
    assert answer.headers["Content-Encoding"] is None
    assert read_table("arrow", body).num_rows == 100_000


@pytest.mark.parametrize("version", ["--http1.1", "--http1.0"])
def test_curl_unpacks_what_it_asks_for(http: HttpDoor, server: ServerProcess, version: str) -> None:
    sql = "SELECT i, 'row ' || i AS word FROM range(300000) t(i)"
    _, plain = query(http, sql.encode(), "format=csv")
    done = curl("--compressed", version, "--dump-header", "/dev/stderr", server.http_url + "/query",
                "-H", "Accept: text/csv", "-d", sql)
    assert done.returncode == 0, done.stderr
    assert b"Content-Encoding: zstd" in done.stderr
    assert done.stdout == plain


LATE = b"SELECT CASE WHEN i < 3000000 THEN i ELSE error('late') END AS v FROM range(3000010) t(i)"
FORMS = [f"{form}&compression={compression}" for form in MEDIA_TYPES
         for compression in ("none", "zstd", "lz4")]


@pytest.mark.parametrize(("form", "coding"), [*((form, "identity") for form in FORMS),
                                              *((form, "zstd") for form in ("arrow", *TEXTS))])
def test_an_error_after_the_first_byte_breaks_the_body(http: HttpDoor, form: str,
                                                       coding: str) -> None:
    connection = http.connect()
    connection.request("POST", f"/query?format={form}", LATE, {"Accept-Encoding": coding})
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises((IncompleteRead, ConnectionResetError)):
        answer.read()
    connection.close()


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow-file"])
def test_curl_says_that_a_broken_body_is_an_error(server: ServerProcess, form: str) -> None:
    done = curl("--compressed", f"{server.http_url}/query?format={form}", "-d", LATE.decode())
    assert done.returncode == 56, done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_an_error_before_the_first_byte_has_its_own_status(http: HttpDoor, form: str) -> None:
    with pytest.raises(Refused) as refused:
        query(http, b"SELECT error('early')", f"format={form}")
    assert refused.value.kind == "invalid-input"
    assert "early" in refused.value.message


ENDLESS = b"SELECT i, hash(i) AS h, repeat('x', 100) AS text FROM range(1000000000000) t(i)"


@pytest.mark.parametrize(("form", "coding"), [
    ("parquet", "identity"), ("parquet&compression=none", "identity"), ("arrow-file", "identity"),
    ("arrow&compression=zstd", "identity"), ("ndjson", "zstd")])
def test_a_client_that_leaves_ends_its_query(http: HttpDoor, server: ServerProcess, form: str,
                                             coding: str) -> None:
    connection = http.connect()
    connection.request("POST", f"/query?format={form}", ENDLESS, {"Accept-Encoding": coding})
    answer = connection.getresponse()
    assert len(answer.read(MIB)) == MIB
    assert server.gauges.running_queries == 1
    answer.close()
    connection.close()
    server.gauges.wait_until_idle()


@pytest.mark.skipif(SANITIZED, reason="sanitizers keep freed memory")
@pytest.mark.parametrize(("form", "coding"), [
    ("parquet", "identity"), ("parquet&compression=none", "identity"), ("arrow-file", "identity"),
    ("arrow&compression=zstd", "identity"), ("ndjson", "zstd")])
def test_a_reader_that_stops_holds_a_bounded_amount(start_server: Callable[..., ServerProcess],
                                                    open_door: Callable[..., Door], form: str,
                                                    coding: str) -> None:
    server = start_server({"memory_limit": "256MB", "result_bytes_max": "16MiB"})
    http = open_door(server, "http")
    query(http, b"SELECT i, hash(i) AS h FROM range(3000000) t(i)", f"format={form}",
          accept_encoding=coding)  # What it needs anyway.
    before = server.resident_bytes()
    connection = http.connect()
    connection.request("POST", f"/query?format={form}", ENDLESS, {"Accept-Encoding": coding})
    answer = connection.getresponse()
    assert len(answer.read(MIB)) == MIB
    server.wait_until_still()
    assert server.resident_bytes() - before < 150 * MIB
    answer.close()
    connection.close()
