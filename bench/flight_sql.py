"""What Flight SQL costs over plain Flight: reads, an ingest, point queries and single rows, by ADBC and by pyarrow.

    .deps/venv/bin/python bench/flight_sql.py [--db FILE] [--only WORKLOAD] [--rounds 5] [--queries 500] [--rows N]

FILE has a table `lineitem`; the default is what `arrowport bench` has made of TPC-H at scale factor 1. It is opened by a
server of its own. All contenders of a workload take turns in each round, and the order turns with the round. Prints a table:
medians with the least and the most, and each beside the first of its workload.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow as pa
import pyarrow.flight as flight

from flight_sql_messages import flight_sql_command, pack, protobuf_bytes, protobuf_field
from server import Server

LINEITEM = Path.home() / ".cache/arrowport/lineitem-sf1-duckdb-v1.5.5.duckdb"
READ = "SELECT * FROM lineitem"
POINT = "SELECT * FROM keyed WHERE id = ?"
ROWS_PER_BATCH = 61_440  # ADBC's driver sends no message over 16 MiB


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Bench:
    def __init__(self, port: int, arguments: argparse.Namespace):
        self.arguments = arguments
        url = f"grpc://127.0.0.1:{port}"
        self.plain = flight.connect(url)
        self.alone = flight_sql.connect(url, autocommit=True)
        self.inside = flight_sql.connect(url)
        # A plain scan keeps the order of the table, so its result has one endpoint unless nobody asks for that order.
        cookies = {"adbc.flight.sql.rpc.with_cookie_middleware": "true"}
        self.unordered = flight_sql.connect(url, autocommit=True, db_kwargs=cookies)
        with self.unordered.cursor() as cursor:
            cursor.execute("SET SESSION preserve_insertion_order = false")
            partitions, _ = cursor.adbc_execute_partitions(READ)
            assert len(partitions) > 1, "the result has one endpoint"
        self.statement = self.alone.cursor()
        self.statement.execute("CREATE TABLE keyed AS SELECT range AS id, 'row ' || range AS name FROM range(1000000)")
        self.rows = self.plain.do_get(flight.Ticket(READ.encode())).read_all()
        if arguments.rows:
            self.rows = self.rows.slice(0, arguments.rows)
        self.keys = 0

    # Reads of all of lineitem.

    def read_do_get(self) -> None:
        self._drain(self.plain.do_get(flight.Ticket(READ.encode())).to_reader())

    def read(self, connection: flight_sql.Connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute(READ)
            self._drain(cursor.fetch_record_batch())

    @staticmethod
    def _drain(reader: pa.RecordBatchReader) -> None:
        for _ in reader:
            pass

    # The same rows into a table that is new each time.

    def write_do_put(self) -> None:
        writer, _ = self.plain.do_put(flight.FlightDescriptor.for_path("landed_plain"), self.rows.schema)
        writer.write_table(self.rows, max_chunksize=ROWS_PER_BATCH)
        writer.close()

    def write_adbc(self) -> None:
        reader = self.rows.to_reader(max_chunksize=ROWS_PER_BATCH)
        self.statement.adbc_ingest("landed_adbc", reader, mode="create")

    def drop(self) -> None:
        for table in ("landed_plain", "landed_adbc"):
            self.statement.execute(f"DROP TABLE IF EXISTS {table}")
        self.statement.execute("CHECKPOINT")

    # Point queries and single rows: seconds of one, p50.

    def points_plain(self) -> float:
        def one(key: int) -> None:
            command = json.dumps({"sql": POINT, "params": [key]}).encode()
            info = self.plain.get_flight_info(flight.FlightDescriptor.for_command(command))
            for endpoint in info.endpoints:
                self.plain.do_get(endpoint.ticket).read_all()
        return self._p50(one)

    def points_prepared_plainly(self) -> float:
        """The calls of points_prepared, made by the client of points_plain."""
        body = pack("ActionCreatePreparedStatementRequest", protobuf_field(1, POINT.encode()))
        created = next(iter(self.plain.do_action(flight.Action("CreatePreparedStatement", body)))).body.to_pybytes()
        handle = protobuf_field(1, protobuf_bytes(protobuf_bytes(created)[2])[1])
        command = flight_sql_command("CommandPreparedStatementQuery", handle)

        def one(key: int) -> None:
            parameters = pa.record_batch({"1": pa.array([key])})
            writer, answers = self.plain.do_put(command, parameters.schema)
            writer.write_batch(parameters)
            writer.done_writing()
            answers.read()
            writer.close()
            for endpoint in self.plain.get_flight_info(command).endpoints:
                assert self.plain.do_get(endpoint.ticket).read_all().num_rows == 1
        took = self._p50(one)
        body = pack("ActionClosePreparedStatementRequest", handle)
        list(self.plain.do_action(flight.Action("ClosePreparedStatement", body)))
        return took

    def points_prepared(self, connection: flight_sql.Connection) -> float:
        with connection.cursor() as cursor:
            cursor.adbc_prepare(POINT)

            def one(key: int) -> None:
                cursor.execute(POINT, (key,))
                cursor.fetchall()
            return self._p50(one)

    def inserts_alone(self) -> float:
        self.statement.execute("CREATE OR REPLACE TABLE single (id BIGINT, name VARCHAR)")
        return self._p50(lambda key: self.statement.execute("INSERT INTO single VALUES (?, 'a name')", (key,)))

    def inserts_inside(self) -> float:
        self.statement.execute("CREATE OR REPLACE TABLE single (id BIGINT, name VARCHAR)")
        with self.inside.cursor() as cursor:
            took = self._p50(lambda key: cursor.execute("INSERT INTO single VALUES (?, 'a name')", (key,)))
            self.inside.commit()
        return took

    def _p50(self, one: Callable[[int], object]) -> float:
        taken = []
        for _ in range(self.arguments.queries):
            self.keys = (self.keys + 7919) % 1_000_000
            taken.append(seconds_of(lambda: one(self.keys)))
        return statistics.median(taken)


def measure(bench: Bench, rounds: int) -> list[tuple[str, str, list[float]]]:
    alone, inside = bench.alone, bench.inside
    workloads: dict[str, dict[str, Callable[[], float]]] = {
        "read all": {
            "Flight DoGet": lambda: seconds_of(bench.read_do_get),
            "ADBC, one endpoint": lambda: seconds_of(lambda: bench.read(alone)),
            "ADBC, an endpoint a core": lambda: seconds_of(lambda: bench.read(bench.unordered)),
            "ADBC in a transaction": lambda: seconds_of(lambda: bench.read(inside))},
        "write all": {
            "Flight DoPut": lambda: seconds_of(bench.write_do_put),
            "adbc_ingest": lambda: seconds_of(bench.write_adbc)},
        "point query": {
            "Flight, two round trips": bench.points_plain,
            "Flight SQL by the same client, prepared": bench.points_prepared_plainly,
            "ADBC, prepared": lambda: bench.points_prepared(alone),
            "ADBC, prepared, in a transaction": lambda: bench.points_prepared(inside)},
        "insert of one row": {
            "ADBC, each committed": bench.inserts_alone,
            "ADBC in a transaction": bench.inserts_inside},
    }
    results = []
    for workload, contenders in workloads.items():
        if bench.arguments.only not in ("", workload):
            continue
        taken: dict[str, list[float]] = {name: [] for name in contenders}
        for number in range(rounds + 1):
            names = list(contenders)
            names = names[number % len(names):] + names[:number % len(names)]
            for name in names:
                took = contenders[name]()
                if number > 0:  # the first is to get warm
                    taken[name].append(took)
            bench.drop()
            inside.rollback()
        results += [(workload, name, times) for name, times in taken.items()]
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--db", type=Path, default=LINEITEM)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--queries", type=int, default=500, help="point queries and inserts of a round")
    parser.add_argument("--only", default="", metavar="WORKLOAD")
    parser.add_argument("--rows", type=int, default=0, help="of the write; 0: all")
    arguments = parser.parse_args()
    if not arguments.db.exists():
        sys.exit(f"there is no {arguments.db}; `./dev bench --only 'read all' --no-peers` makes it")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "bench.duckdb"
        shutil.copy(arguments.db, copy)
        server = Server([], str(copy))
        try:
            results = measure(Bench(server.ports["flight_port"], arguments), arguments.rounds)
        finally:
            server.stop()
    print("| workload | client | median | least to most | beside the first |\n|---|---|---|---|---|")
    first: dict[str, float] = {}
    for workload, name, times in results:
        median = statistics.median(times)
        ratio = median / first.setdefault(workload, median)
        spread = f"{min(times) * 1000:.3g} to {max(times) * 1000:.3g} ms"
        print(f"| {workload} | {name} | {median * 1000:.3g} ms | {spread} | {ratio:.2f} × |")


if __name__ == "__main__":
    main()
