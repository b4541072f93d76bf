"""The Python side of `arrowport bench`: one process, obeyed over pipes, a line of JSON each way.

    {"verb": "open", "database": FILE, "http": "http://HOST:PORT", "flight": "grpc://HOST:PORT"}
    {"verb": "load", "name": NAME, "path": FILE}            an Arrow stream, kept in memory
    {"verb": "forget", "name": NAME}
    {"verb": "prepare", "by": BY, "table": NAME, "rows": NAME}  untimed: makes the table of these rows, empty
    {"verb": "run", "by": BY, "sql": SQL}                   untimed
    {"verb": "read", "by": BY, "sql": SQL}                  -> {"seconds", "rows", "bytes"}
    {"verb": "put", "by": BY, "table": NAME, "rows": NAME}  -> the same; the table is there already

BY is "duckdb" (in this process, on a database file of its own), "http" or "flight". Every answer is an object; one
with "error" tells why not. What a reader would keep is dropped batch by batch, so that all measure the same thing.
"""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.flight

ROWS_PER_BATCH = 122_880  # DuckDB's row group; larger batches were not faster


class BodySource:
    """The body of an HTTP response as pyarrow likes to read it: into its own memory, without a copy in between."""

    closed = False

    def __init__(self, response):
        self.response = response

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
        return buffer if filled == size else buffer.slice(0, filled)


def drain(batches):
    rows = size = 0
    for batch in batches:
        rows += batch.num_rows
        size += batch.nbytes
    return rows, size


class InProcess:
    def __init__(self, database):
        self.connection = duckdb.connect(database)

    def run(self, sql):
        self.connection.execute(sql).fetchall()

    def read(self, sql):
        return drain(self.connection.execute(sql).to_arrow_reader(ROWS_PER_BATCH))

    def prepare(self, table, rows):
        empty = rows.slice(0, 0)  # noqa: F841 (DuckDB finds it by its name)
        self.connection.execute(f"CREATE TABLE {table} AS FROM empty")

    def put(self, table, rows):
        arrow_reader = rows.to_reader()  # noqa: F841 (DuckDB finds it by its name)
        self.connection.execute(f"INSERT INTO {table} SELECT * FROM arrow_reader")


class OverHttp:
    def __init__(self, url):
        place = urlsplit(url)
        self.connection = http.client.HTTPConnection(place.hostname, place.port)

    def _answer(self, path, body, headers):
        self.connection.request("POST", path, body=body, headers=headers)
        response = self.connection.getresponse()
        if response.status != 200:
            said = response.read(2000).decode(errors="replace")
            self.connection.close()
            raise RuntimeError(f"HTTP {response.status}: {said}")
        return response

    def run(self, sql):
        self._answer("/query", sql.encode(), {"Accept": "application/json"}).read()

    def read(self, sql):
        response = self._answer("/query", sql.encode(), {"Accept": "application/vnd.apache.arrow.stream"})
        with pa.ipc.open_stream(BodySource(response)) as batches:
            counts = drain(batches)
        # The stream's own end mark was read; what follows is the end of the body, without which it may be broken.
        if response.read():
            raise RuntimeError("there is more after the Arrow stream")
        return counts

    def prepare(self, table, rows):
        self.put(table, rows.slice(0, 0))

    def put(self, table, rows):
        self._answer(f"/ingest/{table}", pieces_of(rows), {"Content-Type": "application/vnd.apache.arrow.stream"}).read()


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
    def __init__(self, url):
        self.client = pa.flight.connect(url)

    def run(self, sql):
        self.read(sql)

    def read(self, sql):
        stream = self.client.do_get(pa.flight.Ticket(sql))
        return drain(chunk.data for chunk in stream)

    def prepare(self, table, rows):
        self.put(table, rows.slice(0, 0))

    def put(self, table, rows):
        writer, _ = self.client.do_put(pa.flight.FlightDescriptor.for_path(table), rows.schema)
        with writer:
            writer.write_table(rows, max_chunksize=ROWS_PER_BATCH)


class Worker:
    def __init__(self):
        self.ways = {}
        self.rows = {}

    def open(self, database, http, flight):
        self.ways = {"duckdb": InProcess(database), "http": OverHttp(http), "flight": OverFlight(flight)}
        return {"python": sys.version.split()[0], "pyarrow": pa.__version__, "duckdb": duckdb.__version__}

    def load(self, name, path):
        with pa.OSFile(path) as file:
            self.rows[name] = pa.ipc.open_stream(file).read_all()
        return {"rows": self.rows[name].num_rows}

    def forget(self, name):
        self.rows.pop(name, None)
        return {}

    def prepare(self, by, table, rows):
        self.ways[by].prepare(table, self.rows[rows])
        return {}

    def run(self, by, sql):
        self.ways[by].run(sql)
        return {}

    def read(self, by, sql):
        way, began = self.ways[by], time.perf_counter()
        rows, size = way.read(sql)
        return {"seconds": time.perf_counter() - began, "rows": rows, "bytes": size}

    def put(self, by, table, rows):
        way, data, began = self.ways[by], self.rows[rows], time.perf_counter()
        way.put(table, data)
        return {"seconds": time.perf_counter() - began, "rows": data.num_rows, "bytes": data.nbytes}


def main():
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("verb"))(**request)
        except Exception as error:  # told to the driver, which says what it was doing
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
