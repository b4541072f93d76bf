"""What readers that stop reading cost: memory and threads of the server, and the others' time for a query.

    .deps/venv/bin/python bench/stalled_readers.py --db FILE [--readers 100] [--seconds 60] [--door http]

FILE is a DuckDB file with a table lineitem; `arrowport bench` keeps one in its cache. Each reader asks for all of
it, takes the beginning of the answer, and stops. Prints a line of JSON for each moment: before, when all have
stopped and the server is still, `--seconds` later, and when they have left.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.flight

BINARY = Path(__file__).resolve().parents[1] / "build/release/arrowport"
QUERY = "SELECT l_returnflag, sum(l_quantity) FROM lineitem WHERE l_orderkey < 600000 GROUP BY ALL"
ALL = "FROM lineitem"


class Server:
    def __init__(self, database: str):
        folder = Path(tempfile.mkdtemp())
        ports = folder / "ports.json"
        self.process = subprocess.Popen(
            [BINARY, "serve", "--db", database, "--http-port", "0", "--flight-port", "0", "--port-file", ports,
             "--log-level", "warning"])
        while not ports.exists():
            if self.process.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.01)
        self.ports = json.loads(ports.read_text())

    def status(self, name: str) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) / 100

    def wait_until_still(self) -> None:
        used = -1.0
        while (now := self.processor_seconds()) - used > 0.02:
            used = now
            time.sleep(1)


def stop_over_http(ports: dict) -> object:
    connection = http.client.HTTPConnection("127.0.0.1", ports["http_port"])
    connection.request("POST", "/query", ALL)
    response = connection.getresponse()
    response.read(1000)
    return connection, response


def stop_over_flight(ports: dict) -> object:
    client = pyarrow.flight.connect(f"grpc://127.0.0.1:{ports['flight_port']}")
    reader = client.do_get(pyarrow.flight.Ticket(ALL))
    reader.read_chunk()
    return client, reader


def ask(ports: dict) -> float:
    """Seconds of one new query over a new connection."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", ports["http_port"])
    connection.request("POST", "/query", QUERY)
    response = connection.getresponse()
    assert response.status == 200, response.read()
    response.read()
    connection.close()
    return time.perf_counter() - began


def report(moment: str, server: Server, queries: int) -> float:
    times = [ask(server.ports) for _ in range(queries)]
    median = statistics.median(times)
    print(json.dumps({"moment": moment, "query_p50_ms": round(1000 * median, 2),
                      "query_p90_ms": round(1000 * statistics.quantiles(times, n=10)[-1], 2),
                      "rss_mb": server.status("VmRSS") // 1024, "threads": server.status("Threads")}), flush=True)
    return median


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--db", required=True)
    arguments.add_argument("--readers", type=int, default=100)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--door", choices=["http", "flight"], default="http")
    options = arguments.parse_args()
    server = Server(options.db)
    try:
        report("warming up", server, options.queries)
        before = report("before", server, options.queries)
        stop = stop_over_http if options.door == "http" else stop_over_flight
        readers = [stop(server.ports) for _ in range(options.readers)]
        server.wait_until_still()
        report("stopped", server, options.queries)
        time.sleep(options.seconds)
        later = report(f"{options.seconds:g} s later", server, options.queries)
        for reader in readers:
            if options.door == "flight":
                reader[1].cancel()
            else:
                reader[1].close()
                reader[0].close()
        readers.clear()
        server.wait_until_still()
        report("left", server, options.queries)
        print(json.dumps({"readers": options.readers, "door": options.door, "query_p50_ratio": round(later / before, 3)}))
    finally:
        server.process.terminate()
        server.process.wait()


if __name__ == "__main__":
    main()
