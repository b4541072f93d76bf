"""A Flight server as one writes it in Python over DuckDB. --mode stream hands DuckDB's reader of a result to Flight, and
Flight's reader of a put to DuckDB; --mode table makes a pyarrow.Table of either first. A ticket is SQL, or JSON with
"sql" and "params". A put names its table, makes it when it is missing, and is one transaction.
"""

import json
import os

import peer

os.environ["ACERO_ALIGNMENT_HANDLING"] = "ignore"  # rows from a socket lie as they lie, and need no warning

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

    def do_put(self, context, descriptor, reader, writer):
        table = descriptor.path[0].decode()
        connection = self._connection.cursor()
        incoming = reader.read_all() if self._whole else reader.to_reader()
        insert = f"INSERT INTO {table} FROM incoming"
        try:
            (rows,) = connection.execute(insert).fetchone()
        except duckdb.CatalogException:
            empty = incoming.schema.empty_table()  # noqa: F841 (DuckDB finds it by its name)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS FROM empty")
            (rows,) = connection.execute(insert).fetchone()
        writer.write(json.dumps({"status": "success", "table": table, "rows_processed": rows}).encode())


def main() -> None:
    options = peer.arguments()
    server = Server(options.database, whole=options.mode == "table")
    peer.announce(port=server.port, version=f"pyarrow {pa.__version__}, duckdb {duckdb.__version__}")
    peer.wait_for_the_end()


if __name__ == "__main__":
    main()
