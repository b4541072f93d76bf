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
    {"verb": "puts", "by": BY, "table": NAME, "rows": NAME, "clients": COUNT, "for_seconds": SECONDS}
                                  -> the same of puts; each client puts once more, before

BY is a name that "open" gave. Every answer is an object; one with "error" tells why not. Clients that put together are
shared out to a few more processes like this one, so that one interpreter is not what is measured.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

import duckdb
import pyarrow as pa

from clients import KINDS


class Caller(threading.Thread):
    """One client that calls again and again; its first call comes before all that count."""

    def __init__(self, call, start_line):
        super().__init__()
        self.call, self.start_line = call, start_line
        self.began, self.until = 0, float("inf")
        self.times, self.rate, self.failure = [], 0, None

    def run(self):
        try:
            self.call()
        except Exception as error:  # told when all have ended
            self.failure = error
        self.start_line.wait()
        while self.failure is None and (began := time.perf_counter()) < self.until:
            try:
                self.call()
                ended = time.perf_counter()
                self.times.append(ended - began)
                self.rate = len(self.times) / (ended - self.began)
            except Exception as error:
                self.failure = error


class Load:
    """Clients that have called once, and wait for the start."""

    def __init__(self, calls):
        self.start_line = threading.Barrier(len(calls) + 1)
        self.callers = [Caller(call, self.start_line) for call in calls]
        for caller in self.callers:
            caller.start()
        while self.start_line.n_waiting < len(self.callers):
            time.sleep(0.001)

    def run(self, for_seconds):
        """-> the seconds of each call, and how many there were a second, for each client up to its last one"""
        began = time.perf_counter()
        for caller in self.callers:
            caller.began, caller.until = began, began + for_seconds
        self.start_line.wait()
        for caller in self.callers:
            caller.join()
        for caller in self.callers:
            if caller.failure is not None:
                raise caller.failure
        return [time for caller in self.callers for time in caller.times], sum(caller.rate for caller in self.callers)


def figures_of(times, per_second):
    times = sorted(times)
    if not times:
        raise RuntimeError("no answer")
    return {"seconds": times[len(times) // 2], "p99_seconds": times[len(times) * 99 // 100],
            "per_second": per_second, "rows": len(times)}


def asker(client, sql, keys, seed):
    numbers = random.Random(seed)

    def ask():
        if client.point(sql, numbers.randrange(keys)) != 1:
            raise RuntimeError("not one row")
    return ask


class Helper:
    """Another process like this one, for some of many clients."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def send(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "a helper has ended"}
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


def ask_all(helpers, requests):
    for helper, request in zip(helpers, requests):
        helper.send(**request)
    answers, failure = [], None
    for helper, _ in zip(helpers, requests):
        try:
            answers.append(helper.receive())
        except RuntimeError as error:  # the others have to be heard, too
            failure = error
    if failure is not None:
        raise failure
    return answers


class Worker:
    HELPERS = 4

    def __init__(self):
        self.ways = {}
        self.facts = {}
        self.rows = {}
        self.helpers = []
        self.load_of_puts = None

    def versions(self):
        return {"python": sys.version.split()[0], "pyarrow": pa.__version__, "duckdb": duckdb.__version__}

    def open(self, by, kind, **what):
        self.ways[by] = KINDS[kind](**what)
        self.facts[by] = {"by": by, "kind": kind, **what}
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
        calls = [asker(self.ways[by].sibling(), sql, keys, seed) for seed in range(clients)]
        return figures_of(*Load(calls).run(for_seconds))

    def puts(self, by, table, rows, clients, for_seconds):
        way = self.ways[by]
        # A peer may have a load client of its own.
        times = way.put_together(table, self.rows[rows], clients, for_seconds) if hasattr(way, "put_together") else None
        if times is not None:
            return figures_of(*times)
        count = min(self.HELPERS, clients)
        shares = [clients // count + (i < clients % count) for i in range(count)]
        helpers = self.helpers_for(by, rows, count)
        ask_all(helpers, [{"verb": "begin_puts", "by": by, "table": table, "rows": rows, "clients": share}
                          for share in shares])
        parts = ask_all(helpers, [{"verb": "go_on_with_puts", "for_seconds": for_seconds}] * count)
        return figures_of([time for part in parts for time in part["times"]],
                          sum(part["per_second"] for part in parts))

    def helpers_for(self, by, rows, count):
        """Helpers that have the way and the rows."""
        while len(self.helpers) < count:
            self.helpers.append(Helper())
        helpers = self.helpers[:count]
        ask_all(helpers, [{"verb": "open_once", **self.facts[by]}] * count)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.arrows")
            with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, self.rows[rows].schema) as writer:
                writer.write_table(self.rows[rows])
            ask_all(helpers, [{"verb": "load_once", "name": rows, "path": path}] * count)
        return helpers

    # What a helper does.

    def open_once(self, by, **what):
        return {} if by in self.ways else self.open(by, **what)

    def load_once(self, name, path):
        if name not in self.rows:
            self.rows = {}
            self.load(name, path)
        return {}

    def begin_puts(self, by, table, rows, clients):
        self.load_of_puts = Load([self.ways[by].sibling().putter(table, self.rows[rows]) for _ in range(clients)])
        return {}

    def go_on_with_puts(self, for_seconds):
        load, self.load_of_puts = self.load_of_puts, None
        times, per_second = load.run(for_seconds)
        return {"times": times, "per_second": per_second}


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
