"""Unions: which member a value is of is kept."""

import pyarrow as pa

from harness.type_case import RefusedCase, TypeCase

SPARSE = pa.UnionArray.from_sparse(
    pa.array([0, 1, 0], pa.int8()),
    [pa.array([1, None, 3], pa.int32()), pa.array([None, "two", None])], ["number", "word"])
CODED = pa.UnionArray.from_sparse(pa.array([1, 0, 1], pa.int8()), [SPARSE.field(0), SPARSE.field(1)],
                                  ["number", "word"], [1, 0])
DENSE = pa.UnionArray.from_dense(
    pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()),
    [pa.array([1, 3], pa.int32()), pa.array(["two"])], ["number", "word"])

CASES = [
    TypeCase("sparse_union", SPARSE),
    TypeCase("sparse_union with codes of its own", CODED, SPARSE),
    RefusedCase("dense_union", DENSE, ["dense_union<number: int32=0, word: string=1>"]),
]
