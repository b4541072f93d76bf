"""Every Arrow type goes in and comes out unchanged, or as the type that is written down for it.

The cases lie in tests/contract/types, one file a type.
"""

import pyarrow as pa
import pytest

from harness.door import Door, Refused
from harness.type_case import (RefusedCase, TypeCase, in_lists, in_structs, load_cases, same_values)

ALL = load_cases()
CASES = [case for case in ALL if isinstance(case, TypeCase)]
REFUSED = [case for case in ALL if isinstance(case, RefusedCase)]


def _put(door: Door, stream: str, values: pa.Array, compression: str | None = None) -> None:
    """In one batch, in slices of it, and with an empty one between them."""
    rows = pa.array(range(len(values)), pa.int32())
    batch = pa.record_batch({"row": rows, "v": values})
    later = pa.record_batch({"row": pa.array([i + len(rows) for i in range(len(rows))], pa.int32()),
                             "v": values})
    door.put(stream, [batch, later.slice(0, 1), later.slice(1, 0), later.slice(1)],
             compression=compression)


def _check(door: Door, stream: str, expected: pa.Array) -> None:
    answer = door.get(f'SELECT v FROM "{stream}" ORDER BY row')
    twice = pa.concat_arrays([expected, expected]) if len(expected) else expected
    same_values(answer["v"].combine_chunks(), twice)
    whole = door.table(stream)
    assert whole.schema.field("v").type == expected.type
    same_values(whole["v"].combine_chunks(), twice)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_come_back(door: Door, stream: str, case: TypeCase) -> None:
    _put(door, stream, case.sent)
    _check(door, stream, case.expected)
    assert door.describe(stream)[0]["v"] == str(case.expected.type)


@pytest.mark.parametrize("case", [case for case in CASES if case.nested], ids=str)
def test_values_within_lists_come_back(door: Door, stream: str, case: TypeCase) -> None:
    _put(door, stream, in_lists(case.sent))
    _check(door, stream, in_lists(case.expected))


@pytest.mark.parametrize("case", [case for case in CASES if case.nested], ids=str)
def test_values_within_structs_come_back(door: Door, stream: str, case: TypeCase) -> None:
    _put(door, stream, in_structs(case.sent))
    _check(door, stream, in_structs(case.expected))


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_compressed_values_come_back(http: Door, stream: str, case: TypeCase,
                                     compression: str) -> None:
    _put(http, stream, case.sent, compression)
    _check(http, stream, case.expected)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_column_without_rows_has_its_type(door: Door, stream: str, case: TypeCase) -> None:
    door.put(stream, [pa.record_batch({"v": case.sent.slice(0, 0)})])
    answer = door.table(stream)
    assert answer.num_rows == 0
    assert answer.schema.field("v").type == case.expected.type


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_type_without_a_mapping_is_refused_by_name(door: Door, stream: str,
                                                     case: RefusedCase) -> None:
    with pytest.raises(Refused) as refused:
        door.put(stream, [pa.record_batch({"strange": case.sent})])
    assert refused.value.kind == "unsupported-media"
    for word in ["strange", *case.words]:
        assert word in refused.value.message
    assert not door.has_table(stream)
