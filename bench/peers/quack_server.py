"""DuckDB serving over its own protocol, the extension `quack`."""

import peer

try:
    import duckdb
    from importlib.metadata import version

    from quack_extension import load_quack
except ImportError as error:
    peer.missing(f"{error}; {peer.HOW_TO_GET_PACKAGES}")


def main() -> None:
    options = peer.arguments()
    connection = duckdb.connect(options.database)
    try:
        load_quack(connection)
    except FileNotFoundError as error:
        peer.missing(f"{error}; {peer.HOW_TO_GET_PACKAGES}")
    port = peer.free_port()
    connection.execute(f"CALL quack_serve('quack:localhost:{port}', token = '{peer.TOKEN}')")
    peer.announce(port=port, version=f"quack {version('duckdb-extension-quack')}")
    peer.wait_for_the_end()


if __name__ == "__main__":
    main()
