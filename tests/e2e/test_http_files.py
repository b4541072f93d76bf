"""GET /tables/{name}.parquet and .arrow: tables as files that any reader of files over HTTP reads."""

import io
import os
import random
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.door import Door, Refused
from harness.http_door import HttpDoor
from harness.program import REPOSITORY
from harness.raw_http import RawHttp, curl, request_head
from harness.samples import same_table, trips
from harness.server_process import ServerProcess
from harness.waiting import wait_until

FORMATS = {"parquet": "application/vnd.apache.parquet", "arrow": "application/vnd.apache.arrow.file"}
HTTPFS = REPOSITORY / ".deps/lib/duckdb-extensions/v1.5.5/linux_amd64/httpfs.duckdb_extension"


def _get(http: HttpDoor, path: str, **fields: str) -> tuple[int, dict[str, str], bytes]:
    answer = http.send("GET", path, headers={name.replace("_", "-"): value
                                             for name, value in fields.items()})
    return answer.status, answer.headers, answer.read()


def _files_made(server: ServerProcess) -> int:
    return int(server.gauges.value("arrowport_table_files_made_total"))


def _bytes_kept(server: ServerProcess) -> int:
    return int(server.gauges.value("arrowport_file_cache_bytes"))


@pytest.fixture
def client() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB as a client, with its extension for files over HTTP."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(f"LOAD '{HTTPFS}'")
    yield connection
    connection.close()


@pytest.mark.parametrize("ending", FORMATS)
def test_a_table_is_a_file(http: HttpDoor, stream: str, ending: str) -> None:
    http.put(stream, trips(1000))
    status, fields, body = _get(http, f"/tables/{stream}.{ending}")
    assert status == 200
    assert fields["Content-Type"] == FORMATS[ending]
    assert int(fields["Content-Length"]) == len(body)
    assert fields["Accept-Ranges"] == "bytes"
    assert fields["Cache-Control"] == "no-cache"
    assert fields["Content-Disposition"] == f'attachment; filename="{stream}.{ending}"'
    assert re.fullmatch(r'"[0-9a-z-]+"', fields["ETag"])
    table = pa.ipc.open_file(body).read_all() if ending == "arrow" else pq.read_table(io.BytesIO(body))
    same_table(table, trips(1000))


@pytest.mark.parametrize("ending", FORMATS)
def test_head_tells_all_but_the_bytes(http: HttpDoor, stream: str, ending: str) -> None:
    http.put(stream, trips(1000))
    answer = http.send("HEAD", f"/tables/{stream}.{ending}")
    assert (answer.status, answer.read()) == (200, b"")
    _, fields, body = _get(http, f"/tables/{stream}.{ending}")
    assert int(answer.headers["Content-Length"]) == len(body)
    assert answer.headers["ETag"] == fields["ETag"]


def test_a_file_is_another_one_when_its_table_changes(http: HttpDoor, stream: str) -> None:
    def tag() -> str:
        return http.request("HEAD", f"/tables/{stream}.parquet")[0].headers["ETag"]

    def after(change: Callable[[], object]) -> bool:
        before = tag()
        change()
        return tag() != before

    http.put(stream, trips(10))
    assert after(lambda: http.put(stream, trips(10)))
    assert after(lambda: http.get(f'UPDATE "{stream}" SET fare = 0 WHERE id = 1'))
    assert after(lambda: http.get(f'DELETE FROM "{stream}" WHERE id = 2'))
    assert after(lambda: http.get(f'INSERT INTO "{stream}" SELECT * FROM "{stream}" LIMIT 1'))
    assert after(lambda: http.get(f'ALTER TABLE "{stream}" ADD COLUMN more INT'))
    assert after(lambda: http.get(f'BEGIN; DELETE FROM "{stream}" WHERE id = 3; COMMIT'))
    assert not after(lambda: http.get(f'SELECT count(*) FROM "{stream}"'))
    assert not after(lambda: http.put(stream + "_other", trips(10)))
    assert not after(lambda: http.put(stream + "_other", trips(10)))
    assert not after(lambda: http.get(f'DELETE FROM "{stream}_other"'))
    assert not after(lambda: http.request("GET", f"/tables/{stream}/data"))


def test_a_put_over_flight_makes_another_file(http: HttpDoor, flight: Door, stream: str) -> None:
    http.put(stream, trips(10))
    before = _get(http, f"/tables/{stream}.arrow")[1]["ETag"]
    flight.put(stream, trips(10, 10))
    _, fields, body = _get(http, f"/tables/{stream}.arrow", If_None_Match=before)
    assert fields["ETag"] != before
    same_table(pa.ipc.open_file(body).read_all(), trips(20))


def test_a_file_has_what_was_told_as_done(http: HttpDoor, stream: str) -> None:
    """Puts, and after each of them a read that may find an older file in the cache."""
    http.put(stream, pa.table({"i": [0]}))
    done = threading.Event()

    def read() -> None:
        door = HttpDoor(http.port)
        while not done.is_set():
            door.request("GET", f"/tables/{stream}.arrow")
        door.close()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    tag = ""
    try:
        for i in range(1, 60):
            http.put(stream, pa.table({"i": [i]}))
            status, fields, body = _get(http, f"/tables/{stream}.arrow", If_None_Match=tag or '"x"')
            assert status == 200
            assert pa.ipc.open_file(body).read_all()["i"].to_pylist() == list(range(i + 1))
            tag = fields["ETag"]
    finally:
        done.set()
        for reader in readers:
            reader.join()


def test_who_has_the_file_is_told_so(http: HttpDoor, stream: str, server: ServerProcess) -> None:
    http.put(stream, trips(1000))
    path = f"/tables/{stream}.parquet"
    tag = _get(http, path)[1]["ETag"]
    made = _files_made(server)
    for list_ in (tag, f"W/{tag}", f'"other", {tag}'):
        status, fields, body = _get(http, path, If_None_Match=list_)
        assert (status, body, fields["ETag"]) == (304, b"", tag)
        assert fields["Content-Length"] is None
    assert _get(http, path, If_None_Match='"other"')[0] == 200
    http.put(stream, trips(1))
    status, fields, _ = _get(http, path, If_None_Match=tag)
    assert status == 200
    assert fields["ETag"] != tag
    assert _files_made(server) == made + 1
    assert curl("--etag-compare", "/dev/null", "-o", "/dev/null", server.http_url + path).returncode == 0


def test_a_file_is_sent_on_condition(http: HttpDoor, stream: str) -> None:
    http.put(stream, trips(1000))
    path = f"/tables/{stream}.arrow"
    _, fields, whole = _get(http, path)
    tag = fields["ETag"]
    assert _get(http, path, If_Match=tag)[0] == 200
    assert _get(http, path, If_Match='"other", *')[0] == 412
    assert _get(http, path, Range="bytes=0-5", If_Range=tag)[::2] == (206, b"ARROW1")
    assert _get(http, path, Range="bytes=0-5", If_Range='"other"')[2] == whole
    assert _get(http, path, Range="bytes=0-5", If_Range=f"W/{tag}")[2] == whole
    assert _get(http, path, Range="bytes=0-5", If_Range="Sun, 06 Nov 1994 08:49:37 GMT")[2] == whole
    http.put(stream, trips(1))
    with pytest.raises(Refused) as refused:
        http.request("GET", path, headers={"If-Match": tag})
    assert refused.value.kind == "precondition-failed"


def test_parts_of_a_file_are_sent(http: HttpDoor, stream: str) -> None:
    http.put(stream, trips(100_000))
    path = f"/tables/{stream}.arrow"
    _, _, whole = _get(http, path)
    assert len(whole) > 2_000_000
    randomly = random.Random(7)
    for _ in range(50):
        first, last = sorted(randomly.randrange(len(whole)) for _ in range(2))
        status, fields, part = _get(http, path, Range=f"bytes={first}-{last}")
        assert (status, part) == (206, whole[first:last + 1])
        assert fields["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert _get(http, path, Range=f"bytes={len(whole) - 3}-")[2] == whole[-3:]
    assert _get(http, path, Range="bytes=-3")[2] == whole[-3:]
    assert _get(http, path, Range="bytes=5-99999999999999999999")[2] == whole[5:]
    for field in ("bytes=1-2,4-5", "bytes=2-1", "pages=1-2", "bytes=x"):
        assert _get(http, path, Range=field)[::2] == (200, whole)


def test_a_part_behind_the_end_is_refused(http: HttpDoor, stream: str, server: ServerProcess) -> None:
    http.put(stream, trips(10))
    path = f"/tables/{stream}.arrow"
    size = len(_get(http, path)[2])
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("GET", path, {"Range": f"bytes={size}-"})
                 + request_head("GET", path, {"Range": "bytes=-6"}))
        answer, body = raw.answer()
        assert answer.status == 416
        assert answer.headers["Content-Range"] == f"bytes */{size}"
        assert b"range-not-satisfiable" in body
        assert raw.answer()[1] == b"ARROW1"


def test_files_go_to_clients_of_http_1_0(http: HttpDoor, stream: str, server: ServerProcess) -> None:
    http.put(stream, trips(1000))
    with RawHttp(server.http_port) as raw:
        raw.send(request_head("GET", f"/tables/{stream}.arrow", version="1.0"))
        answer, body = raw.answer()
        assert int(answer.headers["Content-Length"]) == len(body)
        assert raw.is_at_end()


def test_duckdb_reads_a_table_by_its_address(http: HttpDoor, stream: str, server: ServerProcess,
                                             client: duckdb.DuckDBPyConnection) -> None:
    http.put(stream, trips(300_000))
    url = f"{server.http_url}/tables/{stream}.parquet"
    made = _files_made(server)
    assert client.execute(f"SELECT count(*), sum(fare) FROM read_parquet('{url}')").fetchone() == (
        300_000, sum(i / 4 for i in range(300_000)))
    one = client.execute(f"SELECT carrier FROM '{url}' WHERE id = 250001").fetchone()
    assert one == ("DL",)
    assert _files_made(server) == made + 1
    http.put(stream, trips(1, 300_000))
    assert client.execute(f"SELECT max(id) FROM read_parquet('{url}')").fetchone() == (300_000,)


def test_pandas_and_polars_read_a_table_by_its_address(http: HttpDoor, stream: str,
                                                       server: ServerProcess) -> None:
    http.put(stream, trips(10_000))
    url = f"{server.http_url}/tables/{stream}"
    pd.testing.assert_frame_equal(pd.read_parquet(url + ".parquet"), trips(10_000).to_pandas())
    assert pl.read_parquet(url + ".parquet").equals(pl.from_arrow(trips(10_000)))
    assert pl.scan_parquet(url + ".parquet").select(pl.col("id").max()).collect().item() == 9999
    assert pl.read_ipc(url + ".arrow").equals(pl.from_arrow(trips(10_000)))


def test_curl_resumes_a_file_where_it_broke_off(http: HttpDoor, stream: str, server: ServerProcess,
                                                tmp_path: Path) -> None:
    http.put(stream, trips(100_000))
    url = f"{server.http_url}/tables/{stream}.arrow"
    whole = _get(http, f"/tables/{stream}.arrow")[2]
    target = tmp_path / "table.arrow"
    target.write_bytes(whole[:1_000_000])
    assert curl("-C", "-", "-o", target, url).returncode == 0
    assert target.read_bytes() == whole


def test_many_who_ask_at_once_get_one_file(start_server: Callable[..., ServerProcess],
                                           open_door: Callable[..., Door]) -> None:
    server = start_server({"http.worker_threads_max": 4})
    http = open_door(server, "http")
    http.get("CREATE TABLE t AS SELECT i, hash(i) AS h FROM range(1000000) r(i)")

    def fetch(_: int) -> tuple[str, int]:
        door = HttpDoor(server.http_port)
        try:
            answer, body = door.request("GET", "/tables/t.parquet")
            return answer.headers["ETag"], len(body)
        finally:
            door.close()

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(fetch, range(50)))
    assert len(answers) == 1
    assert _files_made(server) == 1
    assert _bytes_kept(server) == answers.pop()[1]


def test_a_client_that_leaves_early_leaves_nothing(start_server: Callable[..., ServerProcess],
                                                   open_door: Callable[..., Door]) -> None:
    server = start_server({"threads": 1})
    http = open_door(server, "http")
    http.get("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) AS h FROM range(20000000) r(i)")
    connection = http.connect()
    connection.request("GET", "/tables/t.parquet")
    wait_until(lambda: server.gauges.running_queries == 1, "the file is being made")
    connection.close()
    server.gauges.wait_until_idle()
    wait_until(lambda: _bytes_kept(server) == 0, "nothing of the file is left")
    assert _files_made(server) == 0
    assert _cached_files(server) == []


def test_a_client_that_leaves_in_the_middle_leaves_others_alone(
        start_server: Callable[..., ServerProcess], open_door: Callable[..., Door]) -> None:
    server = start_server()
    http = open_door(server, "http")
    http.get("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) AS h FROM range(1000000) r(i)")
    connection = http.connect()
    connection.request("GET", "/tables/t.arrow")
    answer = connection.getresponse()
    assert len(answer.read(100_000)) == 100_000
    answer.close()
    connection.close()
    assert pa.ipc.open_file(_get(http, "/tables/t.arrow")[2]).read_all().num_rows == 1_000_000
    assert _files_made(server) == 1


def _cached_files(server: ServerProcess) -> list[str]:
    folder = Path(server.database + ".files")
    return os.listdir(folder) if folder.exists() else []


def test_files_are_kept_within_their_bound(start_server: Callable[..., ServerProcess],
                                           open_door: Callable[..., Door]) -> None:
    server = start_server({"file_cache_bytes_max": "2MiB"})
    http = open_door(server, "http")
    for name in "abc":
        http.get(f"CREATE TABLE {name} AS SELECT i FROM range(100000) r(i)")

    def makes_file(name: str) -> bool:
        made = _files_made(server)
        assert pa.ipc.open_file(_get(http, f"/tables/{name}.arrow")[2]).read_all().num_rows == 100_000
        assert _bytes_kept(server) <= 2 * 1024 * 1024
        return _files_made(server) > made

    assert [makes_file(name) for name in "aababcab"] == [
        True, False, True, False, False, True, True, True]


def test_a_file_that_is_being_sent_is_sent_whole(start_server: Callable[..., ServerProcess],
                                                 open_door: Callable[..., Door]) -> None:
    server = start_server({"file_cache_bytes_max": "20MiB"})
    http = open_door(server, "http")
    for name in "ab":
        http.get(f"CREATE TABLE {name} AS SELECT i FROM range(2000000) r(i)")
    connection = http.connect()
    connection.request("GET", "/tables/a.arrow")
    answer = connection.getresponse()
    begun = answer.read(1000)
    with pytest.raises(Refused) as refused:
        http.request("GET", "/tables/b.arrow")
    assert refused.value.kind == "overloaded"
    assert "file_cache_bytes_max" in refused.value.message
    http.get("DELETE FROM a")
    assert pa.ipc.open_file(begun + answer.read()).read_all().num_rows == 2_000_000
    connection.close()
    wait_until(lambda: http.send("HEAD", "/tables/b.arrow").status == 200, "there is room again")


def test_a_table_over_the_bound_is_refused_by_the_option(start_server: Callable[..., ServerProcess],
                                                         open_door: Callable[..., Door]) -> None:
    server = start_server({"file_cache_bytes_max": "1MiB"})
    http = open_door(server, "http")
    http.get("CREATE TABLE big AS SELECT i FROM range(5000000) r(i)")
    with pytest.raises(Refused) as refused:
        http.request("GET", "/tables/big.arrow")
    assert refused.value.kind == "too-large"
    assert "big'" in refused.value.message
    assert "file_cache_bytes_max" in refused.value.message
    assert _bytes_kept(server) == 0
    assert len(http.request("GET", "/tables/big/data")[1]) > 5_000_000 * 8


@pytest.mark.parametrize("db", ["beside", ":memory:"])
def test_a_server_leaves_no_files(start_server: Callable[..., ServerProcess],
                                  open_door: Callable[..., Door], tmp_path: Path, db: str) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    options = {} if db == "beside" else {"db": db}
    server = start_server(options, environment={"TMPDIR": str(temporary)})
    http = open_door(server, "http")
    http.put("t", trips(1000))
    assert len(_get(http, "/tables/t.parquet")[2]) > 0
    assert _cached_files(server) == []
    server.stop()
    assert list(temporary.iterdir()) == []
    assert not Path(server.database + ".files").exists()


def test_files_may_lie_elsewhere(start_server: Callable[..., ServerProcess],
                                 open_door: Callable[..., Door], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "arrowport-1234.nameless").write_bytes(b"of a server that was killed")
    (folder / "mine").write_bytes(b"x")
    server = start_server({"file_cache_directory": folder})
    assert os.listdir(folder) == ["mine"]
    http = open_door(server, "http")
    http.put("t", trips(1000))
    assert _get(http, "/tables/t.parquet")[0] == 200
    server.stop()
    assert os.listdir(folder) == ["mine"]


def test_a_file_is_another_one_after_a_restart(start_server: Callable[..., ServerProcess],
                                               open_door: Callable[..., Door]) -> None:
    server = start_server()
    http = open_door(server, "http")
    http.put("t", trips(10))
    tag = _get(http, "/tables/t.arrow")[1]["ETag"]
    server.stop()
    server.start()
    http = open_door(server, "http")
    status, fields, _ = _get(http, "/tables/t.arrow", If_None_Match=tag)
    assert status == 200
    assert fields["ETag"] != tag


def test_a_view_has_no_file(http: HttpDoor, stream: str) -> None:
    http.get(f'CREATE VIEW "{stream}" AS SELECT 1 AS i')
    for ending in FORMATS:
        with pytest.raises(Refused) as refused:
            http.request("GET", f"/tables/{stream}.{ending}")
        assert refused.value.kind == "not-found"
        assert stream in refused.value.message


@pytest.mark.parametrize(("path", "kind", "word"), [
    ("/tables/nothing.parquet", "not-found", "nothing"),
    ("/tables/.parquet", "invalid-input", ".parquet"),
    ("/tables/a..b.arrow", "invalid-input", "a..b"),
    ("/tables/nothing.parquet?columns=id", "invalid-input", "columns")])
def test_what_is_no_table_is_refused(http: HttpDoor, path: str, kind: str, word: str) -> None:
    with pytest.raises(Refused) as refused:
        http.request("GET", path)
    assert refused.value.kind == kind
    assert word in refused.value.message


def test_types_that_parquet_has_no_form_for_are_named(http: HttpDoor, stream: str) -> None:
    http.get(f'CREATE TABLE "{stream}" AS SELECT INTERVAL 1 DAY AS pause')
    with pytest.raises(Refused) as refused:
        http.request("GET", f"/tables/{stream}.parquet")
    assert refused.value.kind == "not-acceptable"
    assert "pause" in refused.value.message
    assert _get(http, f"/tables/{stream}.arrow")[0] == 200


def test_a_name_with_an_ending_is_quoted_to_be_described(http: HttpDoor) -> None:
    http.get('CREATE TABLE "a.parquet" AS SELECT 1 AS i')
    assert http.json("/tables/%22a.parquet%22")["rows"] == 1
    status, fields, body = _get(http, "/tables/%22a.parquet%22.parquet")
    assert status == 200
    assert fields["Content-Disposition"] == 'attachment; filename="a.parquet.parquet"'
    assert pq.read_table(io.BytesIO(body)).to_pylist() == [{"i": 1}]
    http.get('DROP TABLE "a.parquet"')
