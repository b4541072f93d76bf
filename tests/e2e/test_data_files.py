"""Files beside the database, as views: --parquet-path and --data."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.flight import FlightDescriptor as Descriptor

from harness.door import Door, Refused, Word, needs
from harness.flight_door import FlightDoor
from harness.http_door import HttpDoor
from harness.object_store import ObjectStore
from harness.program import run_arrowport
from harness.server_process import ServerDidNotStart, ServerProcess
from harness.waiting import wait_until

StartServer = Callable[..., ServerProcess]
INVALID_INPUT, NOT_FOUND = 65, 66


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder


def _write(path: Path, **columns: list) -> Path:
    """Whole from its first moment in the folder, as writers of shared folders should."""
    hidden = path.with_name("." + path.name + ".part")
    pq.write_table(pa.table(columns), hidden)
    return hidden.rename(path)


def _numbers(begin: int, end: int) -> list[int]:
    return list(range(begin, end))


@pytest.fixture
def serving(start_server: StartServer, open_door, door_name: str) -> Callable[..., Door]:
    """A door to a server with these options; each door in turn."""
    def serve(**options: object) -> Door:
        return open_door(start_server(options), door_name)
    return serve


@needs(Word.NAME)
def test_one_file(serving, lake: Path) -> None:
    door = serving(parquet_path=_write(lake / "trips.parquet", id=_numbers(0, 1000)))
    for view in ("dataset", "file_0", "trips"):
        assert door.value(f"SELECT sum(id)::BIGINT FROM {view}") == 499500
    assert set(door.list_tables()) == {"dataset", "file_0", "trips"}
    assert door.table("trips").column("id").to_pylist() == _numbers(0, 1000)


@needs(Word.NAME)
def test_a_folder(serving, lake: Path) -> None:
    for name in ("b", "a", "c"):
        _write(lake / f"{name}.parquet", name=[name])
    (lake / "notes.txt").write_text("no data")
    door = serving(parquet_path=lake)
    assert door.get("FROM dataset ORDER BY name").column("name").to_pylist() == ["a", "b", "c"]
    assert [door.value(f"SELECT name FROM file_{i}") for i in range(3)] == ["a", "b", "c"]
    assert set(door.list_tables()) == {"a", "b", "c", "dataset", "file_0", "file_1", "file_2"}


def test_a_glob(serving, lake: Path) -> None:
    _write(lake / "trips-1.parquet", id=[1])
    _write(lake / "trips-2.parquet", id=[2])
    _write(lake / "zones.parquet", id=[3])
    door = serving(parquet_path=lake / "trips-*.parquet")
    assert door.value("SELECT sum(id)::BIGINT FROM dataset") == 3
    assert door.value('SELECT id FROM "trips-2"') == 2
    with pytest.raises(Refused) as refused:
        door.get("FROM zones")
    assert refused.value.kind == "not-found"


def test_new_files_are_seen_without_a_restart(serving, lake: Path) -> None:
    _write(lake / "m.parquet", id=[0])
    door = serving(parquet_path=lake)
    for number in range(1, 20):
        # Earlier in the alphabet: numbers stay with the files that have them.
        _write(lake / f"a{number}.parquet", id=[number])
        assert door.value("SELECT count(*) FROM dataset") == number + 1
        assert door.value(f"SELECT id FROM file_{number}") == number
        assert door.value(f"SELECT id FROM a{number}") == number
    assert door.value("SELECT id FROM file_0") == 0


@needs(Word.NAME)
def test_schemas_may_differ(serving, lake: Path) -> None:
    _write(lake / "old.parquet", id=[1], fare=[7.5])
    _write(lake / "new.parquet", tip=[1.25], id=[2])
    door = serving(parquet_path=lake)
    rows = door.get("SELECT id, fare, tip FROM dataset ORDER BY id").to_pylist()
    assert rows == [{"id": 1, "fare": 7.5, "tip": None}, {"id": 2, "fare": None, "tip": 1.25}]
    _write(lake / "newest.parquet", id=[3], note=["x"])
    assert door.value("SELECT note FROM dataset WHERE id = 3") == "x"
    assert set(door.describe("dataset")[0]) == {"id", "fare", "tip", "note"}


def test_csv_and_json(serving, lake: Path) -> None:
    _write(lake / "a.parquet", id=[1])
    (lake / "b.csv").write_text("id,word\n2,two\n")
    (lake / "c.csv.gz").write_bytes(gzip.compress(b"id,word\n3,three\n"))
    (lake / "d.json").write_text('[{"id": 4, "word": "four"}]')
    (lake / "e.ndjson").write_text('{"id": 5}\n{"id": 6}\n')
    (lake / "f.jsonl").write_text('{"id": 7}\n')
    door = serving(parquet_path=lake)
    assert door.value("SELECT sum(id)::BIGINT FROM dataset") == 28
    words = door.get("SELECT word FROM dataset WHERE word IS NOT NULL ORDER BY id")
    assert words.column("word").to_pylist() == ["two", "three", "four"]
    assert [door.value(f"SELECT sum(id)::BIGINT FROM {name}") for name in "abcdef"] == \
        [1, 2, 3, 4, 11, 7]


def test_zstd_texts(serving, lake: Path) -> None:
    for name, text in (("a.csv.zst", b"id\n1\n"), ("b.ndjson.zst", b'{"id": 2}\n')):
        (lake / name).write_bytes(pa.compress(text, "zstd", asbytes=True))
    assert serving(parquet_path=lake).value("SELECT sum(id)::BIGINT FROM dataset") == 3


@needs(Word.NAME)
def test_views_of_their_own_names(serving, lake: Path) -> None:
    _write(lake / "trips-1.parquet", id=[1])
    (lake / "zones.csv").write_text("zone\nnorth\n")
    door = serving(parquet_path=lake / "trips-1.parquet",
                   data=[f"trips={lake}/trips-*.parquet", f"my zones={lake}/zones.csv"])
    assert door.value('SELECT zone FROM "my zones"') == "north"
    _write(lake / "trips-2.parquet", id=[2])
    assert door.value("SELECT sum(id)::BIGINT FROM trips") == 3
    assert door.value("SELECT sum(id)::BIGINT FROM dataset") == 1
    assert set(door.list_tables()) == {"dataset", "file_0", "trips-1", "trips", "my zones"}


def test_a_configuration_file_lists_views(start_server: StartServer, open_door, lake: Path,
                                          tmp_path: Path) -> None:
    _write(lake / "a.parquet", id=[1])
    (tmp_path / "arrowport.yaml").write_text(
        f"data:\n  - trips={lake}/a.parquet\n  - rides={lake}/a.parquet\n")
    door = open_door(start_server({"config": tmp_path / "arrowport.yaml"}))
    assert door.value("SELECT count(*) FROM trips, rides") == 1


def test_views_are_read_like_tables(start_server: StartServer, open_door, lake: Path) -> None:
    _write(lake / "trips.parquet", id=_numbers(0, 10), word=["x"] * 10)
    server = start_server({"parquet_path": lake})
    http: HttpDoor = open_door(server)
    _, body = http.request("GET", "/tables/dataset/data?columns=id&where=id%3E7&order_by=id&format=csv")
    assert body.split() == [b"id", b"8", b"9"]
    http.get("CREATE TABLE kept AS FROM dataset; INSERT INTO kept FROM file_0")
    assert http.value("SELECT count(*) FROM kept JOIN trips USING (id)") == 20
    with pytest.raises(Refused) as refused:
        http.request("GET", "/tables/dataset.parquet")
    assert refused.value.kind == "not-found"
    flight: FlightDoor = open_door(server, "flight")
    writer, reader = flight.client.do_exchange(Descriptor.for_command(
        "SELECT input.id, word FROM input JOIN dataset USING (id)"))
    given = pa.table({"id": [1, 30]})
    writer.begin(given.schema)
    writer.write_table(given)
    writer.done_writing()
    assert reader.read_all().to_pylist() == [{"id": 1, "word": "x"}]
    writer.close()


def test_readers_go_on_while_files_come(start_server: StartServer, open_door, lake: Path) -> None:
    _write(lake / "m.parquet", id=[0])
    server = start_server({"parquet_path": lake})
    done = threading.Event()

    def read() -> list[int]:
        door, counts = open_door(server), []
        while not done.is_set():
            counts.append(door.value("SELECT count(*) FROM dataset"))
        return counts

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for number in range(40):
            _write(lake / f"a{number}.parquet", id=[number])
        done.set()
        for reader in readers:
            counts = reader.result()
            assert counts == sorted(counts), "no file is forgotten"
    assert open_door(server).value("SELECT count(*) FROM dataset") == 41


def test_filters_and_columns_are_pushed_into_the_files(start_server: StartServer, open_door,
                                                       lake: Path) -> None:
    _write(lake / "a.parquet", id=_numbers(0, 100), fare=[1.5] * 100, note=["x"] * 100)
    _write(lake / "b.parquet", id=_numbers(100, 200), fare=[2.5] * 100)
    http = open_door(start_server({"parquet_path": lake}))
    plan = http.get("EXPLAIN SELECT fare FROM dataset WHERE id > 150").column(1)[0].as_py()
    scan = plan[plan.index("READ_PARQUET"):]
    assert "id>150" in scan.replace(" ", "")
    assert "fare" in scan and "note" not in scan
    assert "FILTER" not in plan


def test_tables_of_the_database_go_first(serving, lake: Path) -> None:
    _write(lake / "trips.parquet", id=[1])
    door = serving(parquet_path=lake)
    with pytest.raises(Refused) as refused:
        door.put("trips", pa.table({"id": [7]}))
    assert refused.value.kind == "conflict" and "is a view" in refused.value.message
    door.get("CREATE TABLE trips AS SELECT 7::BIGINT AS id")
    door.put("trips", pa.table({"id": [8]}))
    assert door.get("FROM trips").column("id").to_pylist() == [7, 8]
    assert door.value("SELECT id FROM data_files.trips") == 1
    assert {"trips", "data_files.main.trips"} <= set(door.list_tables())


def test_nothing_is_left_in_the_database(start_server: StartServer, open_door, lake: Path) -> None:
    _write(lake / "trips.parquet", id=[1])
    server = start_server({"parquet_path": lake})
    open_door(server).get("CREATE TABLE kept AS FROM dataset")
    server.stop()
    server.options.clear()
    server.start()
    assert set(open_door(server).list_tables()) == {"kept"}


BROKEN = {
    "no Parquet": lambda good: b"this is no Parquet file, whatever its name may say",
    "too short": lambda good: b"PAR1",
    "truncated": lambda good: good[:len(good) // 2],
    "empty": lambda good: b"",
    "bits flipped in the footer": lambda good: good[:-60] + bytes(b ^ 0x5A for b in good[-60:-8]) + good[-8:],
}


@pytest.mark.parametrize("break_", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_one_error_for_who_reads_it(serving, lake: Path, break_) -> None:
    good = _write(lake / "good.parquet", id=_numbers(0, 1000)).read_bytes()
    bad = lake / "bad.parquet"
    bad.write_bytes(break_(good))
    door = serving(parquet_path=lake)
    for view in ("dataset", "bad"):
        with pytest.raises(Refused) as refused:
            door.get(f"FROM {view}")
        assert "bad.parquet" in refused.value.message
        assert refused.value.kind in ("invalid-input", "not-found")
    assert door.value("SELECT count(*) FROM good") == 1000
    assert "bad" not in door.list_tables()
    bad.unlink()
    assert door.value("SELECT count(*) FROM dataset") == 1000


def test_a_file_that_is_removed_is_named(serving, lake: Path) -> None:
    _write(lake / "a.parquet", id=[1])
    _write(lake / "b.parquet", id=[2])
    door = serving(parquet_path=lake)
    assert door.value("SELECT count(*) FROM dataset") == 2
    (lake / "a.parquet").unlink()
    assert door.value("SELECT id FROM dataset") == 2
    for view in ("a", "file_0"):
        with pytest.raises(Refused) as refused:
            door.get(f"FROM {view}")
        assert (refused.value.kind, str(lake / "a.parquet") in refused.value.message) == \
            ("not-found", True)
    _write(lake / "a.parquet", id=[3])
    assert door.value("SELECT id FROM file_0") == 3


def test_two_files_of_one_name_are_told(start_server: StartServer, open_door, lake: Path) -> None:
    _write(lake / "trips.parquet", id=[1])
    (lake / "trips.csv").write_text("id\n2\n")
    server = start_server({"parquet_path": lake})
    http = open_door(server)
    assert http.value("SELECT id FROM trips") == http.value("SELECT id FROM file_0") == 2
    assert http.value("SELECT id FROM file_1") == 1
    assert "trips.parquet' is the view file_1 alone" in server.log()


def test_files_may_come_later(serving, lake: Path) -> None:
    door = serving(parquet_path=lake, data=[f"texts={lake}/*.csv"])
    for view, pattern in (("dataset", f"{lake}/*"), ("texts", f"{lake}/*.csv")):
        with pytest.raises(Refused) as refused:
            door.get(f"FROM {view}")
        assert (refused.value.kind, pattern in refused.value.message) == ("not-found", True)
    (lake / "a.csv").write_text("id\n1\n")
    assert door.value("SELECT id FROM dataset") == door.value("SELECT id FROM texts") == 1


@pytest.mark.parametrize(("options", "code", "words"), [
    (["--parquet-path", "missing.parquet"], NOT_FOUND, ["--parquet-path", "missing.parquet"]),
    (["--parquet-path", "missing/*.parquet"], NOT_FOUND, ["--parquet-path", "missing/*.parquet"]),
    (["--data", "t=missing.csv"], NOT_FOUND, ["--data t", "missing.csv"]),
    (["--data", "missing.csv"], INVALID_INPUT, ["--data", "NAME=GLOB"]),
    (["--data", "t=s3://lake/t"], INVALID_INPUT, ["--data t", "s3://lake/t", "format"]),
    (["--data", "t=.", "--data", "T=."], INVALID_INPUT, ["--data T", "name"]),
])
def test_what_cannot_be_served_is_refused(tmp_path: Path, options: list[str], code: int,
                                          words: list[str]) -> None:
    done = run_arrowport("serve", "--db", ":memory:", "--http-port", 0, "--flight-port", 0, *options,
                         cwd=tmp_path)
    assert done.returncode == code
    for word in words:
        assert word in done.stderr.decode()


def test_rows_are_known_from_the_footers(start_server: StartServer, open_door, lake: Path) -> None:
    _write(lake / "a.parquet", id=_numbers(0, 1000), note=["x"] * 1000)
    _write(lake / "b.parquet", id=_numbers(0, 500))
    server = start_server({"parquet_path": lake, "data": f"texts={lake}/*.csv"})
    flight: FlightDoor = open_door(server, "flight")
    assert flight.describe("dataset")[1] == 1500
    assert flight.describe("a") == ({"id": "int64", "note": "string"}, 1000)
    http: HttpDoor = open_door(server)
    assert http.json("/tables/file_1")["rows"] == 500
    (lake / "c.csv").write_text("id\n1\n")
    assert flight.describe("texts")[1] == -1
    assert flight.describe("dataset")[1] == -1


def test_the_shell_of_sql_sees_the_views(start_server: StartServer, open_door, lake: Path) -> None:
    _write(lake / "a.parquet", id=[1])
    http = open_door(start_server({"parquet_path": lake}))
    assert http.get("SHOW TABLES").column("name").to_pylist() == ["a", "dataset", "file_0"]
    assert http.get("DESCRIBE dataset").column("column_name").to_pylist() == ["id"]
    comment = "SELECT comment FROM duckdb_views() WHERE view_name = 'file_0'"
    assert http.value(comment) == str(lake / "a.parquet")
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'dataset'"
    assert http.value(columns) == 1


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    opened = ObjectStore()
    yield opened
    opened.close()


def _parquet_bytes(**columns: list) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def _with_secret(start_server: StartServer, open_door, store: ObjectStore, home: Path,
                 options: dict) -> ServerProcess:
    """A server with a secret that an earlier one has kept."""
    environment = {"HOME": str(home)}
    server = start_server({}, environment=environment)
    open_door(server).get(
        "CREATE PERSISTENT SECRET (TYPE s3, KEY_ID 'ada', SECRET 'secret', REGION 'eu-west-1', "
        f"ENDPOINT '{store.endpoint}', URL_STYLE 'path', USE_SSL false)")
    server.stop()
    server.options = options
    return server.start()


def test_objects_of_s3(start_server: StartServer, open_door, store: ObjectStore,
                       tmp_path: Path) -> None:
    store.objects["lake/trips/a.parquet"] = _parquet_bytes(id=_numbers(0, 1000), fare=[1.5] * 1000)
    store.objects["lake/trips/b.parquet"] = _parquet_bytes(id=[1000], tip=[2.5])
    store.objects["lake/zones.csv"] = b"zone\nnorth\n"
    server = _with_secret(start_server, open_door, store, tmp_path,
                          {"parquet_path": "s3://lake/trips/*.parquet",
                           "data": "zones=s3://lake/zones.csv"})
    http = open_door(server)
    assert http.value("SELECT sum(id)::BIGINT FROM dataset") == 500500
    assert http.value("SELECT tip FROM file_1") == 2.5
    assert http.value("SELECT count(*) FROM a") == 1000
    assert http.value("SELECT zone FROM zones") == "north"
    assert any("ada" in authorization for authorization in store.authorizations)
    # The view of all lists its objects whenever it is read; a new object has its own view later.
    store.objects["lake/trips/c.parquet"] = _parquet_bytes(id=[5])
    assert http.value("SELECT count(*) FROM dataset") == 1002
    wait_until(lambda: "c" in http.list_tables(), "the new object has a view", 40)
    assert http.value("SELECT id FROM file_2") == 5


def test_objects_that_cannot_be_listed_do_not_stop_the_server(start_server: StartServer, open_door,
                                                              store: ObjectStore,
                                                              tmp_path: Path) -> None:
    server = _with_secret(start_server, open_door, store, tmp_path,
                          {"parquet_path": "s3://lake/trips/*.parquet"})
    http = open_door(server)
    with pytest.raises(Refused) as refused:
        http.get("FROM dataset")
    assert (refused.value.kind, "s3://lake/trips/*.parquet" in refused.value.message) == \
        ("not-found", True)
    assert http.value("SELECT 42") == 42
    store.objects["lake/trips/a.parquet"] = _parquet_bytes(id=[7])
    assert http.value("SELECT id FROM dataset") == 7


def test_a_store_that_hangs_holds_up_only_who_reads_it(start_server: StartServer, open_door,
                                                       store: ObjectStore, tmp_path: Path,
                                                       lake: Path) -> None:
    store.objects["lake/trips/a.parquet"] = _parquet_bytes(id=[7])
    _write(lake / "b.parquet", id=[1])
    server = _with_secret(start_server, open_door, store, tmp_path,
                          {"parquet_path": "s3://lake/trips/*.parquet", "data": f"near={lake}"})
    http = open_door(server)
    assert http.value("SELECT id FROM dataset") == 7
    store.lists.clear()
    # Long enough for the server to begin a list of its own.
    asked = store.lists_asked
    wait_until(lambda: http.value("SELECT id FROM near") == 1 and store.lists_asked > asked,
               "the server looks for new objects", 40)
    assert http.value("SELECT id FROM near") == 1
    server.stop()


def test_a_file_by_its_http_address(start_server: StartServer, open_door, store: ObjectStore) -> None:
    store.objects["lake/a.parquet"] = _parquet_bytes(id=[7])
    address = f"http://{store.endpoint}/lake/a.parquet"
    http = open_door(start_server({"parquet_path": address}))
    assert http.value("SELECT id FROM dataset") == http.value("SELECT id FROM a") == 7
    assert json.loads(http.request("GET", "/tables")[1])
