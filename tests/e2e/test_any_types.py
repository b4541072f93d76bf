"""Columns of any type and nesting: what is put comes back, or is refused by the name of its column.

One round is one type, which goes each way that rows have into the database: kept and joined with others, streamed by an
insert, and through a statement of an exchange. `--nested-rounds` says how many there are, and a failure tells the seed
and the round; `--nested-round` runs that one alone.
"""

import random
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pytest

from harness.door import Refused
from harness.http_door import ARROW_STREAM, HttpDoor, ipc_stream
from harness.random_arrays import is_strange, random_array, random_field, values_of
from harness.server_process import ServerProcess

WAYS = {"kept": {"threads": 3, "ingest.small_put_bytes_max": "64MiB"},
        "streamed": {"threads": 3, "ingest.small_put_bytes_max": "0"},
        "exchanged": {"threads": 3}}
DEPTH = 3


@pytest.fixture(scope="module")
def seed(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--seed")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> range:
    only = request.config.getoption("--nested-round")
    return range(request.config.getoption("--nested-rounds")) if only is None else range(only, only + 1)


@pytest.mark.parametrize("way", WAYS)
def test_columns_of_any_type_come_back(start_server, open_door, seed: int, rounds: range, way: str,
                                       tmp_path: Path) -> None:
    server = start_server(WAYS[way])
    door = open_door(server)
    for number in rounds:
        field, batches = random_batches(seed, number)
        try:
            send(door, way, field, batches)
            check_sound(server)
        except Exception as error:
            sent = tmp_path / "sent.arrows"
            sent.write_bytes(ipc_stream(batches[0].schema, batches))
            raise AssertionError(
                f"--seed {seed} --nested-round {number}, {way}, {sent}\n{field}: {error!r}") from error


def random_batches(seed: int, number: int) -> tuple[pa.Field, list[pa.RecordBatch]]:
    """The batches of one round, whose column `v` is of the field."""
    chance = random.Random(f"nested {seed} {number}")
    field = random_field(chance, DEPTH, "v")
    schema = pa.schema([pa.field("row", pa.int64()), field])
    batches, rows = [], 0
    for _ in range(chance.choice([1, 1, 2, 3])):
        count = chance.choice([0, 1, 3, 20, 20, 100, 100, 3000, 9000])
        values = random_array(chance, field, count)
        batches.append(pa.record_batch([pa.array(range(rows, rows + count), pa.int64()), values], schema))
        rows += count
    return field, batches


def send(door: HttpDoor, way: str, field: pa.Field, batches: list[pa.RecordBatch]) -> None:
    """Sends the rows, and looks at what becomes of them."""
    body = ipc_stream(batches[0].schema, batches).to_pybytes()
    try:
        if way == "exchanged":
            _, answer = door.request("POST", "/exchange?sql=" + quote("SELECT * FROM input ORDER BY row"), body,
                                     {"Content-Type": ARROW_STREAM})
            back = pa.ipc.open_stream(answer).read_all()
        else:
            assert door.put_bytes("any", body).rows == sum(map(len, batches))
            back = door.get('SELECT * FROM "any" ORDER BY row')
            assert door.describe("any")[1] == len(back)
            door.get('DROP TABLE "any"')
    except Refused as refused:
        assert is_strange(field), refused
        assert refused.kind == "unsupported-media" and "column 'v'" in refused.message, refused
        return
    assert not is_strange(field) or way == "exchanged"
    sent = [value for batch in batches for value in values_of(batch["v"], field)]
    back.validate(full=True)
    got = [value for chunk in back["v"].chunks for value in values_of(chunk, back.schema.field("v"))]
    assert len(got) == len(sent)
    for row, (one, other) in enumerate(zip(got, sent)):
        assert one == other, f"row {row}: {one} instead of {other}"


def check_sound(server: ServerProcess) -> None:
    """That the database did not fail, nor the server."""
    assert server.runs(), "the server has died"
    assert "the database has failed" not in server.log()
