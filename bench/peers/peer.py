"""What the scripts that run a peer of the benchmark share.

Each is started as `python SCRIPT --database FILE --folder FOLDER [--binary FILE]`. It serves a copy of the tables on a
port of 127.0.0.1 and then says so in one line of JSON, {"port": PORT, "version": TEXT}, or says {"missing": WHY} and
ends. It is stopped by a SIGTERM.
"""

import argparse
import json
import signal
import socket
import sys

TOKEN = "only-on-loopback"  # quack and GizmoSQL want one
HOW_TO_GET_PACKAGES = "bench/setup installs it"


def arguments() -> argparse.Namespace:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--binary", default="")
    parser.add_argument("--mode", default="")
    return parser.parse_args()


def announce(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def missing(why: str) -> None:
    announce(missing=why)
    sys.exit(0)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def wait_for_the_end() -> None:
    while True:
        signal.pause()
