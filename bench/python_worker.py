"""The Python side of `arrowport bench`: one process, obeyed over pipes, a line of JSON each way.

    {"verb": "versions"}                                    -> {"python", "pyarrow", "duckdb"}
    {"verb": "open", "by": BY, "kind": KIND, …}             a client of `clients.KINDS`, and what it wants to know
    {"verb": "load", "name": NAME, "path": FILE}            an Arrow stream, kept in memory
    {"verb": "forget", "name": NAME}
    {"verb": "prepare", "by": BY, "table": NAME, "rows": NAME}  untimed: makes the table of these rows, empty
    {"verb": "run", "by": BY, "sql": SQL}                   untimed
    {"verb": "read", "by": BY, "sql": SQL}                  -> {"seconds", "rows", "bytes", "wire_bytes"}
    {"verb": "put", "by": BY, "table": NAME, "rows": NAME}  -> {"seconds", "rows", "bytes"}; the table is there already
    {"verb": "points", "by": BY, "sql": SQL, "keys": COUNT, "clients": COUNT, "for_seconds": SECONDS}
                                  -> {"seconds" (median of one), "p99_seconds", "per_second", "rows" (queries)}

BY is a name that "open" gave. Every answer is an object; one with "error" tells why not.
"""

import json
import random
import sys
import threading
import time

import duckdb
import pyarrow as pa

from clients import KINDS


class Asker(threading.Thread):
    """One client that asks for one row after the other; the first of its questions comes before all that count."""

    def __init__(self, client, sql, keys, seed, start):
        super().__init__()
        self.client, self.sql, self.keys, self.start_line = client, sql, keys, start
        self.random = random.Random(seed)
        self.until = float("inf")
        self.times, self.in_time, self.failure = [], 0, None

    def ask(self):
        if self.client.point(self.sql, self.random.randrange(self.keys)) != 1:
            raise RuntimeError("not one row")

    def run(self):
        try:
            self.ask()
        except Exception as error:  # told when all have ended
            self.failure = error
        self.start_line.wait()
        while self.failure is None and (began := time.perf_counter()) < self.until:
            try:
                self.ask()
                ended = time.perf_counter()
                self.times.append(ended - began)
                self.in_time += ended < self.until
            except Exception as error:
                self.failure = error


def ask_together(clients, sql, keys, for_seconds):
    start = threading.Barrier(len(clients) + 1)
    askers = [Asker(client, sql, keys, seed, start) for seed, client in enumerate(clients)]
    for asker in askers:
        asker.start()
    while start.n_waiting < len(askers):
        time.sleep(0.001)
    began = time.perf_counter()
    for asker in askers:
        asker.until = began + for_seconds
    start.wait()
    for asker in askers:
        asker.join()
    for asker in askers:
        if asker.failure is not None:
            raise asker.failure
    times = sorted(time for asker in askers for time in asker.times)
    if not times:
        raise RuntimeError("no answer in time")
    return {"seconds": times[len(times) // 2], "p99_seconds": times[len(times) * 99 // 100],
            "per_second": sum(asker.in_time for asker in askers) / for_seconds, "rows": len(times)}


class Worker:
    def __init__(self):
        self.ways = {}
        self.rows = {}

    def versions(self):
        return {"python": sys.version.split()[0], "pyarrow": pa.__version__, "duckdb": duckdb.__version__}

    def open(self, by, kind, **what):
        self.ways[by] = KINDS[kind](**what)
        return {}

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
        return {"seconds": time.perf_counter() - began, "rows": rows, "bytes": size,
                "wire_bytes": getattr(way, "wire_bytes", 0)}

    def put(self, by, table, rows):
        way, data, began = self.ways[by], self.rows[rows], time.perf_counter()
        way.put(table, data)
        return {"seconds": time.perf_counter() - began, "rows": data.num_rows, "bytes": data.nbytes}

    def points(self, by, sql, keys, clients, for_seconds):
        return ask_together([self.ways[by].sibling() for _ in range(clients)], sql, keys, for_seconds)


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
