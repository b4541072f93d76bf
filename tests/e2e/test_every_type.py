"""Tables with columns of each type that DuckDB has: listed, described, and read in each format, or refused by name."""

import itertools

import pytest

from harness.door import Refused
from harness.http_door import HttpDoor

VALUES = {
    "BOOLEAN": "true", "TINYINT": "1", "SMALLINT": "1", "INTEGER": "1", "BIGINT": "1", "HUGEINT": "1", "UTINYINT": "1",
    "USMALLINT": "1", "UINTEGER": "1", "UBIGINT": "1", "UHUGEINT": "1", "FLOAT": "1.5", "DOUBLE": "1.5",
    "DECIMAL(4,1)": "1.5", "DECIMAL(38,10)": "1.5", "VARCHAR": "'a'", "BLOB": "'a'", "BIT": "'101'",
    "BIGNUM": "'123456789012345678901234567890123456789012'", "UUID": "'0f8fad5b-d9cb-469f-a165-70867728950e'",
    "DATE": "'2024-02-29'", "TIME": "'12:34:56'", "TIME_NS": "'12:34:56.123456789'",
    "TIME WITH TIME ZONE": "'12:34:56+02'", "TIMESTAMP_S": "'2024-02-29 12:34:56'",
    "TIMESTAMP_MS": "'2024-02-29 12:34:56'", "TIMESTAMP": "'2024-02-29 12:34:56'",
    "TIMESTAMP_NS": "'2024-02-29 12:34:56'", "TIMESTAMP WITH TIME ZONE": "'2024-02-29 12:34:56+00'",
    "INTERVAL": "'1 day'", "JSON": "'[1]'", "ENUM('a', 'b')": "'a'", "GEOMETRY": "'POINT(1 2)'",
    "GEOMETRY('OGC:CRS84')": "'POINT(1 2)'", "VARIANT": "42",
    "UNION(n INTEGER, t VARCHAR)": "1", "INTEGER[]": "[1]", "INTEGER[2]": "[1, 2]", "STRUCT(a INTEGER)": "{'a': 1}",
    "MAP(VARCHAR, INTEGER)": "MAP {'a': 1}",
}
WITHIN = {"{}": "{}", "{}[]": "[{}]", "{}[1]": "[{}]", "STRUCT(s {})": "{{'s': {}}}", "MAP(INTEGER, {})": "MAP {{1: {}}}",
          "UNION(u {})": "union_value(u := {})"}
FORMATS = ["arrow", "json", "ndjson", "csv", "arrow-file", "parquet"]


@pytest.mark.parametrize("type_", VALUES)
def test_a_table_of_the_type_is_told_of_and_read(http: HttpDoor, stream: str, type_: str) -> None:
    for place, (name, value) in enumerate(WITHIN.items()):
        table = f"{stream[:50]}_{place}"
        http.get(f'CREATE TABLE "{table}" AS SELECT CAST({value.format(f"CAST({VALUES[type_]} AS {type_})")} '
                 f'AS {name.format(type_)}) AS v UNION ALL SELECT NULL')
        assert http.list_tables()[table] == 2, name
        columns, rows = http.describe(table)
        assert list(columns) == ["v"] and rows == 2, name
        for form, path in itertools.product(FORMATS, [f"/tables/{table}/data?format=", "/query?sql=FROM+"
                                                      f"{table}&format="]):
            try:
                http.request("GET", path + form)
            except Refused as refused:
                assert may_be_refused(type_, name, form), (name, form, refused)
                assert "column 'v'" in refused.message, (name, form, refused)
                assert refused.kind in ("not-implemented", "not-acceptable"), (name, form, refused)
        http.get(f'DROP TABLE "{table}"')


def may_be_refused(type_: str, name: str, form: str) -> bool:
    """What Arrow has no type for, and what Parquet has no form for."""
    unfit = ("INTERVAL", "UNION")
    return type_ == "VARIANT" or (form == "parquet" and (type_.startswith(unfit) or name.startswith(unfit)))
