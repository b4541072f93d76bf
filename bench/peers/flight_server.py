"""A Flight server as one writes it in Python over DuckDB. --mode stream hands DuckDB's reader of a result to Flight,
--mode table makes a pyarrow.Table of the result first. A ticket is SQL, or JSON with "sql" and "params".
"""

import json

import peer

try:
    import duckdb
    import pyarrow as pa
    import pyarrow.flight as flight
except ImportError as error:
    peer.missing(f"{error}; {peer.HOW_TO_GET_PACKAGES}")

ROWS_PER_BATCH = 122_880


class Server(flight.FlightServerBase):
    def __init__(self, database: str, whole: bool):
        super().__init__("grpc://127.0.0.1:0")
        self._connection = duckdb.connect(database)
        self._whole = whole

    def list_actions(self, context):
        return []

    def do_get(self, context, ticket):
        text = ticket.ticket.decode()
        request = json.loads(text) if text.startswith("{") else {"sql": text}
        result = self._connection.cursor().execute(request["sql"], request.get("params", []))
        if self._whole:
            return flight.RecordBatchStream(result.to_arrow_table(ROWS_PER_BATCH))
        return flight.RecordBatchStream(result.to_arrow_reader(ROWS_PER_BATCH))


def main() -> None:
    options = peer.arguments()
    server = Server(options.database, whole=options.mode == "table")
    peer.announce(port=server.port, version=f"pyarrow {pa.__version__}, duckdb {duckdb.__version__}")
    peer.wait_for_the_end()


if __name__ == "__main__":
    main()
