"""Many clients of Flight SQL: some that go without a word, and some that do everything at once."""

import contextlib
import functools
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager
import pyarrow as pa
import pytest

from harness.program import SANITIZED, patient
from harness.server_process import ServerProcess

COOKIES = {"adbc.flight.sql.rpc.with_cookie_middleware": "true"}

# Opens connections, uses them, and is gone: nothing is closed.
LEAVER = f"""
import os, sys
import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow as pa
kept = []
for number in range(int(sys.argv[2])):
    connection = flight_sql.connect(sys.argv[1], db_kwargs={COOKIES!r})
    cursor, other = connection.cursor(), connection.cursor()
    cursor.execute("CREATE TEMP TABLE mine AS SELECT range AS i FROM range(1000)")
    cursor.execute("INSERT INTO shared VALUES (?)", (number,))
    other.adbc_prepare("SELECT * FROM mine WHERE i > ?")
    cursor.execute("SELECT * FROM mine")
    kept.append((connection, cursor, other))
print(len(kept), flush=True)
os._exit(0)
"""


def _rss(server: ServerProcess) -> int:
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def test_who_goes_without_a_word_leaves_nothing(start_server: Callable[..., ServerProcess],
                                                 request: pytest.FixtureRequest) -> None:
    connections = request.config.getoption("--dropped-connections")
    timeouts = {f"flight.{name}_timeout": "1s" for name in ("session", "transaction", "statement", "ticket")}
    server = start_server(timeouts)
    with flight_sql.connect(server.flight_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE shared (number BIGINT)")

        def leave(number: int) -> None:
            left = subprocess.run([sys.executable, "-c", LEAVER, server.flight_url, str(number)], capture_output=True,
                                  text=True, timeout=patient(300), check=False)
            assert left.stdout.split() == [str(number)], left.stderr
            server.gauges.wait_until_nothing_is_kept()

        leave(connections)  # what DuckDB and the allocators keep for themselves is there by then
        before = _rss(server)
        leave(connections)
        grown = _rss(server) - before
        cursor.execute("SELECT count(*) FROM shared")
        assert cursor.fetchall() == [(0,)]
    assert SANITIZED or grown < 8 * connections + 32 * 1024, f"{grown} KiB more for {connections} connections"


class Client(threading.Thread):
    """Does what it is told by its seed, until the time is over. Knows which failures there may be."""

    EXPECTED = ("rolled back", "conflict", "CANCELLED", "cancelled", "given up", "does not exist", "was cancelled",
                "already exists", "no such transaction")

    def __init__(self, server: ServerProcess, seed: int, until: float):
        super().__init__()
        self.random, self.until, self.table = random.Random(seed), until, f"own_{seed}"
        self.done: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self.autocommit = self.random.random() < 0.5
        db_kwargs = COOKIES if self.random.random() < 0.5 else {}
        self.connect = functools.partial(flight_sql.connect, server.flight_url, autocommit=self.autocommit,
                                         db_kwargs=db_kwargs)
        self.connection = self.connect()

    def run(self) -> None:
        actions = [self.define, self.insert, self.update, self.read, self.read_some, self.cancel, self.ingest,
                   self.prepare, self.end]
        while time.monotonic() < self.until:
            action = self.random.choice(actions)
            try:
                action()
                self.done[action.__name__] += 1
            except adbc_driver_manager.Error as failed:
                if not any(word in str(failed) for word in self.EXPECTED):
                    self.unexpected.append(f"{action.__name__}: {failed}")
                self.done["failed"] += 1
                self.end(commit=False)
        self.end(commit=False)
        self.connection.close()

    def execute(self, sql: str, parameters: tuple | None = None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            cursor.fetchall()

    def define(self) -> None:
        self.execute(f"CREATE OR REPLACE TABLE {self.table} AS SELECT range AS i, 'x' AS s FROM range(5000)")

    def insert(self) -> None:
        self.execute("INSERT INTO shared VALUES (?, ?)", (self.random.randrange(10**6), self.table))

    def update(self) -> None:
        self.execute("UPDATE shared SET i = i + 1 WHERE s = ?", (self.table,))

    def read(self) -> None:
        self.execute("SELECT count(*), max(s) FROM shared")

    def read_some(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT range, hash(range) FROM range(2000000)")
            cursor.fetchmany(10)

    def cancel(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT a.range, b.range FROM range(1000000) a, range(1000) b")
            cursor.fetchone()
            cursor.adbc_cancel()

    def ingest(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.adbc_ingest("landed", pa.table({"i": range(1000), "s": ["x"] * 1000}), mode="create_append")

    def prepare(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany("INSERT INTO shared VALUES (?, ?)", [(i, self.table) for i in range(20)])

    def end(self, commit: bool | None = None) -> None:
        if self.autocommit:
            return
        wanted = self.random.random() < 0.7 if commit is None else commit
        try:
            self.connection.commit() if wanted else self.connection.rollback()
        except adbc_driver_manager.Error as failed:
            if not any(word in str(failed) for word in self.EXPECTED):
                self.unexpected.append(f"end: {failed}")
            # The driver begins no other transaction after an end that failed.
            self.done["failed end"] += 1
            with contextlib.suppress(adbc_driver_manager.Error):
                self.connection.close()
            self.connection = self.connect()


def test_clients_that_do_everything_at_once(start_server: Callable[..., ServerProcess],
                                            request: pytest.FixtureRequest) -> None:
    clients_wanted, seconds = request.config.getoption("--mixed-clients"), request.config.getoption("--mixed-seconds")
    seed = request.config.getoption("--seed")
    # Clients without cookies leave the transaction that their driver has begun last.
    server = start_server({"flight.transaction_timeout": "10s"})
    with flight_sql.connect(server.flight_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE shared (i BIGINT, s VARCHAR)")
        cursor.execute("CREATE TABLE landed (i BIGINT, s VARCHAR)")
    until = time.monotonic() + seconds
    clients = [Client(server, seed + number, until) for number in range(clients_wanted)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    done = sum((client.done for client in clients), Counter())
    print(dict(done), file=sys.stderr)
    unexpected = [failure for client in clients for failure in client.unexpected]
    assert not unexpected, f"seed {seed}: {len(unexpected)} failures nobody expects:\n" + "\n".join(unexpected[:10])
    assert done["failed"] < sum(done.values()) / 2, done
    server.gauges.wait_until_idle(90)
    server.gauges.wait_until_nothing_is_kept()
