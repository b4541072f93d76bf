"""PostgreSQL 15 with a cluster of its own, into which it copies the tables first. Debian's binaries, Debian's defaults
but for the memory and the write-ahead log that a machine of this kind would give it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import peer

try:
    import adbc_driver_postgresql.dbapi as adbc
    import duckdb
    import psycopg
except ImportError as error:
    peer.missing(f"{error}; {peer.HOW_TO_GET_PACKAGES}")

BINARIES = Path("/usr/lib/postgresql/15/bin")
ROWS_PER_BATCH = 65_536
PLACE = Path("/var/tmp")  # where PostgreSQL's own user can reach it
NAME = "arrowport-bench-"
SETTINGS = {"listen_addresses": "127.0.0.1", "shared_buffers": "1GB", "max_wal_size": "4GB", "max_connections": "100"}


def _as_server(*command: object) -> list[str]:
    """PostgreSQL refuses to run as root. It ends when this process does, however that comes about."""
    words = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        words += ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    return words + [str(word) for word in command]


def _remove_what_killed_runs_left() -> None:
    for folder in PLACE.glob(f"{NAME}*"):
        if not Path("/proc", folder.name.removeprefix(NAME).split("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _start(folder: str, port: int) -> subprocess.Popen:
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = f"{folder}/cluster"
    subprocess.run(_as_server(BINARIES / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                              "--locale=C"), check=True, stdout=subprocess.DEVNULL, cwd="/")
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with open(f"{folder}/log", "wb") as log:
        return subprocess.Popen(_as_server(BINARIES / "postgres", "-D", cluster, "-p", port, "-k", folder, *settings),
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")


def _wait_until_ready(address: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _load(address: str, database: str) -> None:
    with duckdb.connect(database, read_only=True) as source, adbc.connect(address) as target, target.cursor() as cursor:
        for (table,) in source.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            cursor.adbc_ingest(table, source.execute(f"FROM {table}").to_arrow_reader(ROWS_PER_BATCH), mode="create")
        target.commit()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER TABLE IF EXISTS points ADD PRIMARY KEY (id)")
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def main() -> None:
    options = peer.arguments()
    if not (BINARIES / "postgres").exists():
        peer.missing("PostgreSQL 15 is not installed; bench/setup --postgresql installs Debian's")
    _remove_what_killed_runs_left()
    with tempfile.TemporaryDirectory(prefix=f"{NAME}{os.getpid()}-", dir=PLACE, ignore_cleanup_errors=True) as folder:
        port = peer.free_port()
        server = _start(folder, port)
        try:
            address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait_until_ready(address, server)
            _load(address, options.database)
            with psycopg.connect(address) as connection:
                version = connection.execute("SHOW server_version").fetchone()[0]
            peer.announce(port=port, version=f"PostgreSQL {version}")
            peer.wait_for_the_end()
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of the cluster is kept
            server.wait(60)


if __name__ == "__main__":
    main()
