"""What many producers cost that send more than the server lets in: memory, refusals, goodput, and others' time.

    .deps/venv/bin/python bench/many_producers.py [--producers 200] [--budget 32MiB] [--rows 5000] [--seconds 10]

Producers put over HTTP, each over a connection of its own, as fast as answers come; one that is refused sends again
after --back-off. First few of them (--few), whose puts all find room: their goodput is the best one. Then
all. Prints a line of JSON for each phase: acknowledged bytes a second, refusals and how long they took from the last
byte that was sent, the server's memory, and how long GET /healthz took meanwhile. The last line sets them beside each
other, and the memory beside its limit: what the server has at rest, DuckDB's memory limit and the ingest budget.
"""

import argparse
import http.client
import json
import multiprocessing
import selectors
import socket
import statistics
import time
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from server import Server


def mebibytes(size: str) -> int:
    return int(size.removesuffix("GiB")) * 1024 if size.endswith("GiB") else int(size.removesuffix("MiB"))


def body_of(rows: int) -> bytes:
    values = np.random.default_rng(1).integers(0, 1 << 40, (rows, 8))
    batch = pa.record_batch({f"c{i}": values[:, i] for i in range(8)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


@dataclass
class Producer:
    socket: socket.socket
    sent: int = 0
    sent_at: float = 0
    answer: bytes = b""
    resumes_at: float = 0


@dataclass
class Tally:
    acknowledged: int = 0
    refusals: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    others: dict[str, int] = field(default_factory=dict)


class Load:
    """Producers of one phase, all in this thread."""

    def __init__(self, port: int, producers: int, body: bytes, back_off: float):
        head = f"POST /ingest/events HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        self._request = memoryview(head.encode() + body)
        self._back_off = back_off
        self._selector = selectors.DefaultSelector()
        self._waiting: list[Producer] = []
        self.tally = Tally()
        self._port = port
        for _ in range(producers):
            connection = self._connect()
            self._selector.register(connection, selectors.EVENT_WRITE, Producer(connection))

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port))
        connection.setblocking(False)
        return connection

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self._resume(now)
            for key, _ in self._selector.select(0.01):
                producer = key.data
                if producer.sent < len(self._request):
                    self._send(producer)
                else:
                    self._receive(producer)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        for producer in self._waiting:
            producer.socket.close()

    def _resume(self, now: float) -> None:
        for producer in [one for one in self._waiting if one.resumes_at <= now]:
            self._waiting.remove(producer)
            self._selector.register(producer.socket, selectors.EVENT_WRITE, producer)

    def _send(self, producer: Producer) -> None:
        try:
            producer.sent += producer.socket.send(self._request[producer.sent:producer.sent + 262_144])
        except ConnectionError:
            # Refused before all was sent: the answer is there.
            producer.sent = len(self._request)
        producer.sent_at = time.monotonic()
        if producer.sent == len(self._request):
            self._selector.modify(producer.socket, selectors.EVENT_READ, producer)

    def _receive(self, producer: Producer) -> None:
        try:
            received = producer.socket.recv(65_536)
        except ConnectionError:
            received = b""
        producer.answer += received
        head, end, body = producer.answer.partition(b"\r\n\r\n")
        if received and (not end or len(body) < int(_field(head, b"content-length") or 0)):
            return
        status = int(head.split()[1]) if head else 0
        if status == 200:
            self.tally.acknowledged += 1
        elif status in (429, 503):
            self.tally.refusals.append(time.monotonic() - producer.sent_at)
            self.tally.without_retry_after += _field(head, b"retry-after") is None
        else:
            self.tally.others[str(status)] = self.tally.others.get(str(status), 0) + 1
        self._selector.unregister(producer.socket)
        if not received or _field(head, b"connection") == b"close":
            producer.socket.close()
            producer.socket = self._connect()
        producer.sent, producer.answer = 0, b""
        producer.resumes_at = time.monotonic() + (0 if status == 200 else self._back_off)
        self._waiting.append(producer)


def _field(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return None


def probe(port: int, stop: object, times: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while not stop.is_set():
        began = time.monotonic()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        times.put(time.monotonic() - began)
        time.sleep(0.005)
    times.put(None)


@dataclass
class Phase:
    goodput: float
    peak_rss_mib: int


def run_phase(server: Server, producers: int, body: bytes, options: argparse.Namespace) -> Phase:
    stop, times = multiprocessing.Event(), multiprocessing.Queue()
    prober = multiprocessing.Process(target=probe, args=(server.ports["http_port"], stop, times))
    server.forget_peak()
    load = Load(server.ports["http_port"], producers, body, options.back_off)
    prober.start()
    load.run(options.seconds)
    stop.set()
    health = list(iter(times.get, None))
    prober.join()
    tally = load.tally
    phase = Phase(tally.acknowledged * len(body) / options.seconds, server.status("VmHWM") // 1024)
    refusals = sorted(tally.refusals) or [0.0]
    print(json.dumps({
        "producers": producers, "goodput_mb_s": round(phase.goodput / 1e6, 1), "acknowledged": tally.acknowledged,
        "refused": len(tally.refusals), "refused_p50_ms": round(1000 * statistics.median(refusals), 1),
        "refused_max_ms": round(1000 * refusals[-1], 1), "without_retry_after": tally.without_retry_after,
        "other_statuses": tally.others, "peak_rss_mib": phase.peak_rss_mib,
        "healthz_p99_ms": round(1000 * statistics.quantiles(health, n=100)[-1], 1)}), flush=True)
    return phase


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--producers", type=int, default=200)
    arguments.add_argument("--few", type=int, default=16)
    arguments.add_argument("--rows", type=int, default=5000, help="of a put, 64 bytes each")
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--budget", default="32MiB", help="ingest.bytes_max")
    arguments.add_argument("--memory-limit", default="512MiB", help="DuckDB's")
    arguments.add_argument("--back-off", type=float, default=0.2, metavar="SECONDS")
    options = arguments.parse_args()
    server = Server(["--ingest-bytes-max", options.budget, "--memory-limit", options.memory_limit])
    body = body_of(options.rows)
    limit = server.status("VmRSS") // 1024 + mebibytes(options.memory_limit) + mebibytes(options.budget)
    try:
        run_phase(server, 1, body, options)
        best = max(run_phase(server, options.few, body, options).goodput for _ in range(2))
        many = run_phase(server, options.producers, body, options)
        print(json.dumps({"put_bytes": len(body), "goodput_ratio": round(many.goodput / best, 2),
                          "rss_limit_mib": limit, "rss_of_limit": round(many.peak_rss_mib / limit, 2)}))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
