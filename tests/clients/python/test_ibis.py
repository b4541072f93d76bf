"""ibis through ibis-gizmosql: expressions become SQL, frames become tables."""

from collections.abc import Iterator

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from ibis.backends.sql import SQLBackend

from harness.server_process import ServerProcess

pytestmark = pytest.mark.filterwarnings("ignore:`Schema.to_sqlglot` is deprecated:FutureWarning")

RIDES = pa.table({"rider": ["ada", "bob", "ada", None], "fare": [7.5, 12.0, 30.25, 1.0]})


def _connect(server: ServerProcess) -> SQLBackend:
    """With a name, since the token that it gets is its session."""
    return ibis.gizmosql.connect(host="127.0.0.1", port=server.flight_port, user="ada", password="any")


@pytest.fixture
def backend(server: ServerProcess) -> Iterator[SQLBackend]:
    backend = _connect(server)
    yield backend
    backend.con.close()


def test_an_address(server: ServerProcess) -> None:
    backend = ibis.connect(f"gizmosql://ada:any@127.0.0.1:{server.flight_port}")
    assert backend.version.startswith("v1.")
    assert (backend.current_catalog, backend.current_database) == ("test", "main")
    backend.con.close()


def test_a_table_of_a_frame(backend: SQLBackend, stream: str) -> None:
    rides = backend.create_table(stream, RIDES)
    assert stream in backend.list_tables()
    assert rides.count().execute() == 4
    assert rides.schema() == ibis.schema({"rider": "string", "fare": "float64"})


def test_filter_aggregate_and_join(backend: SQLBackend, stream: str) -> None:
    rides = backend.create_table(stream, RIDES)
    fares = rides.filter(rides.fare > 2).group_by("rider").agg(fares=ibis._.fare.sum(), n=ibis._.count())
    assert fares.order_by("rider").to_pandas().values.tolist() == [["ada", 37.75, 2], ["bob", 12.0, 1]]
    names = ibis.memtable({"rider": ["ada", "bob"], "name": ["Ada", "Bob"]})
    joined = rides.join(names, "rider").order_by("fare").select("name", "fare")
    assert joined.to_pyarrow().to_pylist() == [{"name": "Ada", "fare": 7.5}, {"name": "Bob", "fare": 12.0},
                                               {"name": "Ada", "fare": 30.25}]


def test_results_as_arrow(backend: SQLBackend) -> None:
    numbers = backend.sql("SELECT range AS i FROM range(100000)")
    assert sum(batch.num_rows for batch in numbers.to_pyarrow_batches()) == 100000
    assert isinstance(numbers.i.max().to_pyarrow(), pa.Scalar)
    assert numbers.i.max().execute() == 99999


def test_insert_overwrite_truncate_and_drop(backend: SQLBackend, stream: str) -> None:
    table = backend.create_table(stream, schema={"id": "int64", "name": "string"})
    backend.insert(stream, pd.DataFrame({"id": [1, 2], "name": ["a", "b"]}))
    backend.insert(stream, table.mutate(id=table.id + 10))
    assert sorted(table.id.execute()) == [1, 2, 11, 12]
    assert backend.create_table(stream, RIDES, overwrite=True).columns == ("rider", "fare")
    backend.truncate_table(stream)
    assert backend.table(stream).count().execute() == 0
    backend.drop_table(stream)
    assert stream not in backend.list_tables()


def test_a_temporary_table_is_of_its_session(server: ServerProcess, backend: SQLBackend, stream: str) -> None:
    table = backend.create_table(stream, schema={"id": "int64"}, temp=True)
    assert table.count().execute() == 0
    other = _connect(server)
    assert stream not in other.list_tables()
    other.con.close()


def test_views_and_schemas(backend: SQLBackend, stream: str) -> None:
    rides = backend.create_table(stream, RIDES)
    view = backend.create_view(f"{stream}_view", rides.filter(rides.fare > 10))
    assert view.count().execute() == 2
    backend.create_database(f"{stream}_schema")
    backend.create_table("t", schema={"id": "int64"}, database=f"{stream}_schema")
    assert backend.list_tables(database=f"{stream}_schema") == ["t"]
