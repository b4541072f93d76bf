"""Structs, also within each other."""

import pyarrow as pa

from harness.type_case import of

POINT = pa.struct([("x", pa.float64()), ("y", pa.float64())])
PERSON = pa.struct([("name", pa.string()), ("home", POINT), ("tags", pa.list_(pa.string()))])

CASES = [
    of(POINT, [{"x": 1.0, "y": 2.0}, {"x": None, "y": 0.0}, None], name="struct"),
    of(PERSON, [{"name": "Zoë", "home": {"x": 1.0, "y": 2.0}, "tags": ["a", None]},
                {"name": None, "home": None, "tags": None}, {"name": "", "home": None, "tags": []},
                None], name="struct of structs"),
    of(pa.struct([("only", pa.int8())]), [{"only": 1}, {"only": None}, None], name="struct of one"),
]
