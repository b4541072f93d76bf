"""GizmoSQL, given as a binary. This process becomes it, so that time and memory are its own."""

import os
import subprocess

import peer


def main() -> None:
    options = peer.arguments()
    if not options.binary:
        peer.missing("--gizmosql names its server's binary (github.com/gizmodata/gizmosql)")
    if not os.access(options.binary, os.X_OK):
        peer.missing(f"{options.binary} cannot be run")
    said = subprocess.run([options.binary, "--version"], capture_output=True, text=True, check=False, timeout=60)
    lines = (said.stdout or said.stderr).splitlines()
    port = peer.free_port()
    # Clients try until it listens.
    peer.announce(port=port, version=lines[0].replace(" Server CLI:", "").strip() if lines else "GizmoSQL")
    log = os.open(os.path.join(options.folder, "gizmosql.log"), os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.execv(options.binary, [options.binary, "--hostname", "127.0.0.1", "--port", str(port), "--health-port", "0",
                              "--database-filename", options.database, "--username", "bench", "--password", peer.TOKEN,
                              "--log-level", "warn"])


if __name__ == "__main__":
    main()
