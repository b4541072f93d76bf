"""The Python clients of `arrowport bench`: one class for each kind of server, all with the same verbs.

    read(sql)          takes every batch of a result, keeping none -> (rows, bytes)
    point(sql, key)    a result of few rows, with `key` for its one `?` -> rows
    sibling()          another connection of the same kind, for another thread
    run(sql)           a statement for what it does
    prepare, put       a table made of rows, empty; and rows into it, in one durable transaction
    putter(table, rows)    a function that does the same put each time it is called, with all done before that can be
    put_together(table, rows, clients, seconds)
                       where a peer has a load client of its own: the seconds of each put, and puts a second; None
                       for the usual way

What a reader would keep is dropped batch by batch, so that all measure the same thing. Where a peer has no way to take
parameters with a single call, the key stands in the SQL.
"""

import datetime
import functools
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.flight as flight

from flight_sql_messages import flight_sql_command, protobuf_field

sys.path.append(str(Path(__file__).resolve().parent / "peers"))

ROWS_PER_BATCH = 122_880  # DuckDB's row group; larger batches were not faster
ARROW_STREAM = "application/vnd.apache.arrow.stream"


def drain(batches):
    rows = size = 0
    for batch in batches:
        rows += batch.num_rows
        size += batch.nbytes
    return rows, size


def literal(value):
    """A value as SQL writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime.datetime):
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def insert_of(table, rows):
    """The few `rows` as one statement."""
    tuples = ("(" + ", ".join(map(literal, row.values())) + ")" for row in rows.to_pylist())
    return f"INSERT INTO {table} VALUES " + ", ".join(tuples)


class InProcess:
    """DuckDB in this process; its siblings are cursors of one database."""

    def __init__(self, database):
        self.connection = duckdb.connect(database) if isinstance(database, str) else database.cursor()

    def sibling(self):
        return InProcess(self.connection)

    def run(self, sql):
        self.connection.execute(sql).fetchall()

    def read(self, sql):
        return drain(self.connection.execute(sql).to_arrow_reader(ROWS_PER_BATCH))

    def point(self, sql, key):
        return self.connection.execute(sql, [key]).to_arrow_table().num_rows

    def prepare(self, table, rows):
        empty = rows.slice(0, 0)  # noqa: F841 (DuckDB finds it by its name)
        self.connection.execute(f"CREATE TABLE {table} AS FROM empty")

    def put(self, table, rows):
        arrow_reader = rows.to_reader()  # noqa: F841 (DuckDB finds it by its name)
        self.connection.execute(f"INSERT INTO {table} SELECT * FROM arrow_reader")


class BodySource:
    """The body of an HTTP response as pyarrow likes to read it: into its own memory, without a copy in between."""

    closed = False

    def __init__(self, response):
        self.response = response
        self.bytes = 0

    def readable(self):
        return True

    def read(self, size):
        return self.read_buffer(size)

    def read_buffer(self, size):
        buffer = pa.allocate_buffer(size)
        view, filled = memoryview(buffer), 0
        while filled < size:
            count = self.response.readinto(view[filled:])
            if count == 0:
                break
            filled += count
        self.bytes += filled
        return buffer if filled == size else buffer.slice(0, filled)


class OverHttp:
    """arrowport over HTTP, with http.client and one kept connection."""

    IDLE_SECONDS = 5  # a connection that waited longer is opened again, for servers close them

    def __init__(self, url, codec=None):
        self.url, self.codec = url, codec
        place = urlsplit(url)
        self.connection = http.client.HTTPConnection(place.hostname, place.port)
        self.accept = f"{ARROW_STREAM};codecs={codec}" if codec else ARROW_STREAM
        self.used = time.monotonic()
        self.wire_bytes = 0  # of the last result, as it was sent

    def sibling(self):
        return OverHttp(self.url, self.codec)

    def _answer(self, path, body, headers):
        if time.monotonic() - self.used > self.IDLE_SECONDS:
            self.connection.close()
        self.used = time.monotonic()
        self.connection.request("POST", path, body=body, headers=headers)
        response = self.connection.getresponse()
        if response.status != 200:
            said = response.read(2000).decode(errors="replace")
            self.connection.close()
            raise RuntimeError(f"HTTP {response.status}: {said}")
        return response

    def _rows(self, body, headers):
        response = self._answer("/query", body, {"Accept": self.accept, **headers})
        source = BodySource(response)
        with pa.ipc.open_stream(source) as batches:
            counts = drain(batches)
        self.wire_bytes = source.bytes
        # The stream's own end mark was read; what follows is the end of the body, without which it may be broken.
        if response.read():
            raise RuntimeError("there is more after the Arrow stream")
        return counts

    def run(self, sql):
        self._answer("/query", sql.encode(), {"Accept": "application/json"}).read()

    def read(self, sql):
        return self._rows(sql.encode(), {})

    def point(self, sql, key):
        return self._rows(json.dumps({"sql": sql, "params": [key]}).encode(), {"Content-Type": "application/json"})[0]

    def prepare(self, table, rows):
        self.put(table, rows.slice(0, 0))

    def put(self, table, rows):
        self._answer(f"/ingest/{table}", pieces_of(rows), {"Content-Type": ARROW_STREAM}).read()


def pieces_of(rows):
    """An Arrow stream of `rows`, piece by piece, so that none is ever whole in memory."""
    class Pieces:
        closed = False

        def __init__(self):
            self.pieces = []

        def writable(self):
            return True

        def write(self, piece):
            self.pieces.append(piece)
            return len(piece)

        def flush(self):
            pass

        def take(self):
            taken, self.pieces = self.pieces, []
            return b"".join(taken)

    sink = Pieces()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        for batch in rows.to_batches(max_chunksize=ROWS_PER_BATCH):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


class OverFlight:
    """arrowport over Flight, with pyarrow."""

    def __init__(self, url, codec=None):
        self.url, self.codec = url, codec
        self.client = flight.connect(url)
        headers = [(b"x-arrowport-compression", codec.encode())] if codec else []
        self.options = flight.FlightCallOptions(headers=headers)

    def sibling(self):
        return OverFlight(self.url, self.codec)

    def _rows(self, ticket):
        return drain(chunk.data for chunk in self.client.do_get(flight.Ticket(ticket), self.options))

    def run(self, sql):
        self.read(sql)

    def read(self, sql):
        return self._rows(sql)

    def point(self, sql, key):
        return self._rows(json.dumps({"sql": sql, "params": [key]}))[0]

    def prepare(self, table, rows):
        self.put(table, rows.slice(0, 0))

    def put(self, table, rows):
        writer, _ = self.client.do_put(flight.FlightDescriptor.for_path(table), rows.schema)
        with writer:
            writer.write_table(rows, max_chunksize=ROWS_PER_BATCH)


class OverQuack:
    """DuckDB as the client of another DuckDB; SQL runs whole on the server, which is faster than its attached tables."""

    def __init__(self, port):
        from peer import TOKEN
        from quack_extension import load_quack

        self.port = port
        self.connection = duckdb.connect()
        load_quack(self.connection)
        self.connection.execute(f"CREATE SECRET (TYPE quack, TOKEN '{TOKEN}')")
        self.connection.execute(f"ATTACH 'quack:localhost:{port}' AS far")

    def sibling(self):
        return OverQuack(self.port)

    def _ask(self, sql):
        quoted = sql.replace("'", "''")
        return self.connection.execute(f"FROM quack_query_by_name('far', '{quoted}')")

    def run(self, sql):
        self._ask(sql).fetchall()

    def read(self, sql):
        return drain(self._ask(sql).to_arrow_reader(ROWS_PER_BATCH))

    def prepare(self, table, rows):
        # What the connection remembers may be a table of that name which is gone.
        self.connection.execute("CALL quack_clear_cache()")
        empty = rows.slice(0, 0)  # noqa: F841 (DuckDB finds it by its name)
        self.connection.execute(f"CREATE TABLE far.{table} AS FROM empty")

    def put(self, table, rows):
        self.connection.execute(f"INSERT INTO far.{table} FROM rows")

    def putter(self, table, rows):
        if rows.num_rows == 1:
            sql = insert_of(table, rows)
            return lambda: self.run(sql)
        self.connection.register("rows_of_puts", rows)
        return lambda: self.connection.execute(f"INSERT INTO far.{table} FROM rows_of_puts")

    def point(self, sql, key):
        return self._ask(sql.replace("?", str(key))).to_arrow_table().num_rows


class OverPostgres:
    """Whole results and bulk rows over ADBC, which copies in binary; single rows over psycopg, prepared."""

    PGBENCH = Path("/usr/lib/postgresql/15/bin/pgbench")
    PGBENCH_THREADS = 2

    def __init__(self, port, encoded=None):
        import psycopg

        self.port = port
        self.address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self.rows = psycopg.connect(self.address, autocommit=True, prepare_threshold=0)
        self.encoded = {"rows": None, "body": None} if encoded is None else encoded

    @functools.cached_property
    def bulk(self):
        import adbc_driver_postgresql.dbapi

        return adbc_driver_postgresql.dbapi.connect(self.address, autocommit=True)

    def sibling(self):
        return OverPostgres(self.port, self.encoded)

    def run(self, sql):
        self.rows.execute(sql)

    def read(self, sql):
        with self.bulk.cursor() as cursor:
            cursor.execute(sql)
            return drain(cursor.fetch_record_batch())

    def _ingest(self, table, rows, mode):
        with self.bulk.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode=mode)

    def prepare(self, table, rows):
        self._ingest(table, rows.slice(0, 1), "create")
        self.run(f"TRUNCATE {table}")

    def put(self, table, rows):
        self._ingest(table, rows, "append")

    def putter(self, table, rows):
        if rows.num_rows == 1:
            (values,) = rows.to_pylist()
            sql = f"INSERT INTO {table} VALUES ({', '.join(['%s'] * rows.num_columns)})"
            return lambda: self.rows.execute(sql, list(values.values()))
        body = self._encoded(rows)
        copy_in = f"COPY {table} FROM STDIN (FORMAT binary)"

        def put():
            with self.rows.cursor() as cursor, cursor.copy(copy_in) as copy:
                copy.write(body)
        return put

    def _encoded(self, rows):
        """The bytes that COPY wants, as PostgreSQL itself writes them."""
        if self.encoded["rows"] is not rows:
            table = f"encoded_{os.getpid()}"
            self._ingest(table, rows, "create")
            with self.rows.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
                self.encoded.update(rows=rows, body=b"".join(copy))
            self.run(f"DROP TABLE {table}")
        return self.encoded["body"]

    def put_together(self, table, rows, clients, for_seconds):
        """Single rows by PostgreSQL's own load client: Python would be the limit."""
        if rows.num_rows != 1 or not self.PGBENCH.exists():
            return None
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "insert.sql")
            script.write_text(insert_of(table, rows) + ";\n")
            common = [self.PGBENCH, "-n", "-M", "prepared", "-f", script, "-c", clients, "-h", "127.0.0.1", "-p",
                      self.port, "-U", "postgres", "-j", min(clients, self.PGBENCH_THREADS)]
            # Once each, and then for whole seconds.
            whole_seconds = max(1, round(for_seconds))
            for more in (["-t", 1], ["-T", whole_seconds, "-l", f"--log-prefix={folder}/times"]):
                subprocess.run([str(word) for word in [*common, *more, "postgres"]], check=True, capture_output=True)
            lines = [line for log in Path(folder).glob("times.*") for line in log.read_text().splitlines()]
            return [int(line.split()[2]) / 1e6 for line in lines], len(lines) / whole_seconds

    def point(self, sql, key):
        return len(self.rows.execute(sql.replace("?", "%s"), [key], binary=True).fetchall())


def wait_until_it_listens(port, seconds=60):
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


class OverFlightSql:
    """GizmoSQL, spoken to by pyarrow: GetFlightInfo with a CommandStatementQuery, then DoGet; DoPut with a
    CommandStatementUpdate, or with a CommandStatementIngest for many rows."""

    CREATE, FAIL_IF_MISSING = 1, 2  # of a table that is missing
    FAIL_IF_EXISTS, APPEND = 1, 2  # to one that is there

    def __init__(self, port):
        from peer import TOKEN

        self.port = port
        wait_until_it_listens(port)
        self.client = flight.connect(f"grpc://127.0.0.1:{port}")
        self.options = flight.FlightCallOptions(headers=[self.client.authenticate_basic_token("bench", TOKEN)])

    def sibling(self):
        return OverFlightSql(self.port)

    def read(self, sql):
        command = flight_sql_command("CommandStatementQuery", protobuf_field(1, sql.encode()))
        info = self.client.get_flight_info(command, self.options)
        rows = size = 0
        for endpoint in info.endpoints:
            more = drain(chunk.data for chunk in self.client.do_get(endpoint.ticket, self.options))
            rows, size = rows + more[0], size + more[1]
        return rows, size

    def point(self, sql, key):
        return self.read(sql.replace("?", str(key)))[0]

    def _update(self, descriptor, schema, rows=None):
        writer, reader = self.client.do_put(descriptor, schema, self.options)
        if rows is not None:
            writer.write_table(rows, ROWS_PER_BATCH)
        writer.done_writing()
        reader.read()  # the server has finished
        writer.close()

    def run(self, sql):
        self._update(flight_sql_command("CommandStatementUpdate", protobuf_field(1, sql.encode())), pa.schema([]))

    def _ingest(self, table, rows, if_missing, if_exists):
        modes = protobuf_field(1, if_missing) + protobuf_field(2, if_exists)
        command = flight_sql_command(
            "CommandStatementIngest", protobuf_field(1, modes), protobuf_field(2, table.encode()))
        self._update(command, rows.schema, rows)

    def prepare(self, table, rows):
        self._ingest(table, rows.slice(0, 1), self.CREATE, self.FAIL_IF_EXISTS)
        self.run(f"DELETE FROM {table}")

    def put(self, table, rows):
        self._ingest(table, rows, self.FAIL_IF_MISSING, self.APPEND)

    def putter(self, table, rows):
        if rows.num_rows == 1:
            sql = insert_of(table, rows)
            return lambda: self.run(sql)
        return lambda: self.put(table, rows)


KINDS = {"duckdb": InProcess, "http": OverHttp, "flight": OverFlight, "quack": OverQuack, "postgresql": OverPostgres,
         "gizmosql": OverFlightSql}
