"""Tables to send, and how to tell whether they came back."""

import numpy as np
import pyarrow as pa


def trips(rows: int, first_id: int = 0) -> pa.Table:
    """Rows with the usual types, the same for the same ids."""
    ids = np.arange(first_id, first_id + rows, dtype=np.int64)
    return pa.table({
        "id": pa.array(ids),
        "carrier": pa.array([("UA", "DL", "AA", None)[i % 4] for i in ids.tolist()], pa.string()),
        "fare": pa.array(ids * 0.25, pa.float64()),
        "paid": pa.array(ids % 3 == 0),
        "at": pa.array(ids * 1_000_000, pa.timestamp("us")),
    })


def wide_rows(rows: int) -> pa.RecordBatch:
    """Rows of about a kilobyte each."""
    text = pa.array([f"{i:08d}" * 128 for i in range(min(rows, 64))])
    return pa.record_batch({"id": pa.array(np.arange(rows)),
                            "text": text.take(pa.array(np.arange(rows) % len(text)))})


def same_table(actual: pa.Table, expected: pa.Table) -> None:
    """The same columns by name and type, and the same rows in the same order."""
    assert types_of(actual.schema) == types_of(expected.schema)
    assert actual.num_rows == expected.num_rows
    for name in expected.column_names:
        assert actual.column(name).combine_chunks().equals(expected.column(name).combine_chunks()), name


def types_of(schema: pa.Schema) -> dict[str, str]:
    return {field.name: str(field.type) for field in schema}
