"""What readers that stop reading cost: memory and threads of the server, and the others' time for a query.

    .deps/venv/bin/python bench/stalled_readers.py --db FILE [--readers 100] [--seconds 60] [--door http]
    .deps/venv/bin/python bench/stalled_readers.py --db FILE --readers 50 --rate 1000 --idle 10s --rounds 5

FILE is a DuckDB file with a table lineitem; `arrowport bench` keeps one in its cache. Each reader asks for all of
it, takes the beginning of the answer, and stops. Prints a line of JSON for each moment: before, when all have
stopped and the server is still, `--seconds` later, and when they have left.

With `--rate` the readers, over HTTP, take so many bytes a second until the server ends them (--idle is its
read_idle_timeout); what they saw at their ends is counted.

The readers come and go `--rounds` times. Each round's ratio sets the others' time with readers against the mean of
their times right before and right after, since a shared machine is not equally fast for a minute; the last line has
the median of the ratios, and all of them.
"""

import argparse
import http.client
import json
import socket
import statistics
import threading
import time

import pyarrow.flight

from server import Server

QUERY = "SELECT l_returnflag, sum(l_quantity) FROM lineitem WHERE l_orderkey < 600000 GROUP BY ALL"
ALL = "FROM lineitem"


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


class Trickle:
    """Readers that take `rate` bytes a second each, until they are ended."""

    def __init__(self, ports: dict, readers: int, rate: int):
        self._rate = rate
        self._sockets = [socket.create_connection(("127.0.0.1", ports["http_port"])) for _ in range(readers)]
        request = f"POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: {len(ALL)}\r\n\r\n{ALL}".encode()
        for one in self._sockets:
            one.sendall(request)
        self.ends: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while self._sockets:
            time.sleep(1)
            for one in list(self._sockets):
                end = self._take(one)
                if end is not None:
                    self.ends[end] = self.ends.get(end, 0) + 1
                    self._sockets.remove(one)

    def _take(self, one: socket.socket) -> str | None:
        try:
            return None if one.recv(self._rate) else "a clean end of the connection"
        except OSError as error:
            return type(error).__name__

    def wait(self) -> None:
        self._thread.join()


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
                      "rss_mb": server.status("VmRSS") // 1024, "peak_rss_mb": server.status("VmHWM") // 1024, "threads": server.status("Threads")}), flush=True)
    return median


def stop_reading(server: Server, options: argparse.Namespace) -> float:
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
    return later


def read_slowly(server: Server, options: argparse.Namespace) -> float:
    began = time.monotonic()
    trickle = Trickle(server.ports, options.readers, options.rate)
    server.wait_until_still()
    meanwhile = report("reading slowly", server, options.queries)
    trickle.wait()
    print(json.dumps({"all_ended_after_s": round(time.monotonic() - began, 1), "their_ends": trickle.ends}), flush=True)
    return meanwhile


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--db", required=True)
    arguments.add_argument("--readers", type=int, default=100)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--door", choices=["http", "flight"], default="http")
    arguments.add_argument("--rate", type=int, metavar="BYTES")
    arguments.add_argument("--idle", default="5m", metavar="DURATION")
    arguments.add_argument("--memory-limit", default="0", metavar="SIZE")
    options = arguments.parse_args()
    server = Server(["--read-idle-timeout", options.idle, "--memory-limit", options.memory_limit], options.db)
    work = read_slowly if options.rate else stop_reading
    ratios = []
    try:
        report("warming up", server, options.queries)
        before = report("before", server, options.queries)
        for _ in range(options.rounds):
            meanwhile = work(server, options)
            server.wait_until_still()
            left = report("left", server, options.queries)
            ratios.append(round(2 * meanwhile / (before + left), 3))
            before = left
        print(json.dumps({"readers": options.readers, "door": options.door,
                          "query_p50_ratio": statistics.median(ratios), "of_each_round": ratios}))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
