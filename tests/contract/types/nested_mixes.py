"""Types within types within types."""

import datetime
from decimal import Decimal

import pyarrow as pa

from harness.type_case import of

ORDERS = pa.list_(pa.struct([
    ("id", pa.uint64()), ("price", pa.decimal128(12, 2)), ("at", pa.timestamp("ms")),
    ("tags", pa.map_(pa.string(), pa.list_(pa.bool_()))), ("day", pa.date32())]))

CASES = [
    of(ORDERS, [
        [{"id": 2**64 - 1, "price": Decimal("9.99"), "at": datetime.datetime(2024, 2, 29, 1, 2, 3),
          "tags": [("a", [True, None, False]), ("b", None)], "day": datetime.date(1969, 12, 31)},
         None],
        [], None,
        [{"id": None, "price": None, "at": None, "tags": [], "day": None}]], name="list of orders"),
    of(pa.struct([("a", pa.struct([("b", pa.struct([("c", pa.list_(pa.list_(pa.int8())))]))]))]),
       [{"a": {"b": {"c": [[1], [], None]}}}, {"a": {"b": None}}, {"a": None}, None],
       name="struct, four levels"),
    of(pa.map_(pa.string(), pa.map_(pa.string(), pa.struct([("x", pa.float32())]))),
       [[("a", [("b", {"x": 1.5}), ("c", None)])], [("d", [])], None], name="map of maps"),
]
