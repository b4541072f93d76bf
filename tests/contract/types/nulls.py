"""A column of nothing but nulls has no type of its own in a table: it becomes an integer column."""

import pyarrow as pa

from harness.type_case import TypeCase

CASES = [
    TypeCase("null", pa.nulls(5), pa.nulls(5, pa.int32())),
]
