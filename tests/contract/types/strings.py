"""Text of all sizes; views and large strings come back as plain ones."""

import pyarrow as pa

from harness.type_case import TypeCase, of

WORDS = ["", "a", "twelve bytes", "thirteen byte", "Zoë 🛫", "nul\0inside", "line\nend", None, "x" * 100_000,
         "'; DROP TABLE t; --"]

CASES = [
    of(pa.string(), WORDS),
    of(pa.large_string(), WORDS, back=pa.string()),
    of(pa.string_view(), WORDS, back=pa.string()),
    TypeCase("string, all null", pa.nulls(7, pa.string())),
    TypeCase("string, all empty", pa.array([""] * 7)),
]
