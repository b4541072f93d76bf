"""SQLAlchemy 2.0 through two dialects, and flightsql-dbapi as it is."""

from collections.abc import Iterator

import pandas as pd
import pytest
import sqlalchemy as sa
from flightsql import FlightSQLClient, connect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from harness.server_process import ServerProcess

URLS = {"gizmosql": "gizmosql://127.0.0.1:{}", "adbc": "adbc+flightsql://127.0.0.1:{}?tls=false"}


@pytest.fixture(params=URLS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def engine(server: ServerProcess, dialect: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(URLS[dialect].format(server.flight_port))
    yield engine
    engine.dispose()


@pytest.fixture
def table(engine: sa.Engine, stream: str) -> sa.Table:
    table = sa.Table(stream, sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
                     sa.Column("name", sa.String, nullable=False), sa.Column("fare", sa.Numeric(9, 2)))
    table.metadata.create_all(engine)
    return table


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_query_with_parameters(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT CAST(:x AS INTEGER) + 1 AS x, :y AS y"), {"x": 41, "y": "a"}).all()
    assert rows == [(42, "a")]


def test_insert_select_update_delete(engine: sa.Engine, table: sa.Table) -> None:
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": 1, "name": "a", "fare": 1.5}, {"id": 2, "name": "b", "fare": None}])
        connection.execute(table.insert(), {"id": 3, "name": "c", "fare": 2})
        connection.execute(table.update().where(table.c.id == 3).values(name="z"))
        connection.execute(table.delete().where(table.c.id == 1))
    with engine.connect() as connection:
        assert connection.execute(sa.select(table.c.id, table.c.name).order_by(table.c.id)).all() == [
            (2, "b"), (3, "z")]


def test_what_is_rolled_back_is_not_there(engine: sa.Engine, table: sa.Table) -> None:
    with engine.connect() as connection:
        connection.execute(table.insert(), {"id": 1, "name": "a"})
        assert _count(connection, table) == 1
        connection.rollback()
        assert _count(connection, table) == 0
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        connection.execute(table.insert(), {"id": 2, "name": "b"})
        raise ZeroDivisionError
    with engine.connect() as connection:
        assert _count(connection, table) == 0


def test_two_connections_of_a_pool_have_a_transaction_each(engine: sa.Engine, table: sa.Table) -> None:
    with engine.connect() as one, engine.connect() as other:
        one.execute(table.insert(), {"id": 1, "name": "a"})
        assert (_count(one, table), _count(other, table)) == (1, 0)
        other.rollback()
        one.commit()
        assert _count(other, table) == 1


def test_objects(engine: sa.Engine, stream: str) -> None:
    class Base(DeclarativeBase):
        pass

    class Rider(Base):
        __tablename__ = stream
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str]

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Rider(id=1, name="Ada"), Rider(id=2, name="Grace")])
        session.commit()
        session.get_one(Rider, 2).name = "Hopper"
        session.commit()
        assert session.scalars(sa.select(Rider.name).order_by(Rider.id)).all() == ["Ada", "Hopper"]


def test_what_an_inspector_sees(engine: sa.Engine, table: sa.Table, dialect: str) -> None:
    inspector = sa.inspect(engine)
    assert "main" in inspector.get_schema_names()
    assert inspector.has_table(table.name)
    assert [(column["name"], column["nullable"]) for column in inspector.get_columns(table.name)][1:] == [
        ("name", dialect == "adbc"), ("fare", True)]  # ADBC's objects do not tell
    if dialect == "gizmosql":  # the other one compares types of tables in lower case, and finds none
        assert table.name in inspector.get_table_names()
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == ["id"]


def test_pandas(engine: sa.Engine, stream: str) -> None:
    frame = pd.DataFrame({"id": [1, 2], "name": ["a", None]})
    frame.to_sql(stream, engine, index=False)
    frame.to_sql(stream, engine, index=False, if_exists="append")
    assert pd.read_sql(sa.text(f"SELECT count(*) AS n, count(name) AS named FROM {stream}"),
                       engine).values.tolist() == [[4, 2]]


def test_flightsql_dbapi(server: ServerProcess, stream: str) -> None:
    client = FlightSQLClient(host="127.0.0.1", port=server.flight_port, insecure=True)
    with connect(client) as connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT range FROM range(300000)").rowcount == 300000
        assert client.execute_update(f"CREATE TABLE {stream} (id INTEGER PRIMARY KEY, name VARCHAR)") == 0
        cursor.execute(f"INSERT INTO {stream} VALUES (?, ?)", (1, "a"))
        assert cursor.execute(f"SELECT name FROM {stream} WHERE id = ?", (1,)).fetchall() == [["a"]]
        assert connection.flightsql_get_primary_keys(stream)[0]["column_name"] == "id"
        assert [column["name"] for column in connection.flightsql_get_columns(stream)] == ["id", "name"]
    client.close()
