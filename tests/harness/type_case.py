"""One Arrow type, values of it, and what becomes of them on their way in and out.

The case files lie in tests/contract/types, one a type; each has a list CASES.
"""

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

FOLDER = Path(__file__).resolve().parents[1] / "contract" / "types"


@dataclass(frozen=True)
class TypeCase:
    """`back` is what comes back where that is not what was sent."""

    name: str
    sent: pa.Array
    back: pa.Array | None = None
    nested: bool = True  # Whether the same holds within lists and structs.
    keys: bool = False  # Whether values can be looked for with =.

    @property
    def expected(self) -> pa.Array:
        return self.sent if self.back is None else self.back

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class RefusedCase:
    """A type that has no mapping. The refusal names the column and the type."""

    name: str
    sent: pa.Array
    words: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


def of(type_: pa.DataType, values: list, *, back: pa.DataType | None = None,
       back_values: list | None = None, name: str | None = None, nested: bool = True) -> TypeCase:
    """A case of values that Python has a word for."""
    sent = pa.array(values, type_)
    expected = None
    if back is not None or back_values is not None:
        expected = pa.array(values if back_values is None else back_values, back or type_)
    return TypeCase(name or str(type_), sent, expected, nested)


def of_words(type_: pa.DataType, words: list[int | None], *, back: pa.DataType | None = None,
             back_words: list[int | None] | None = None, name: str | None = None,
             nested: bool = True) -> TypeCase:
    """A case of values that are integers underneath, beyond what Python's own types reach."""
    def array(type_: pa.DataType, words: list[int | None]) -> pa.Array:
        return pa.array(words, pa.int32() if type_.bit_width == 32 else pa.int64()).view(type_)

    expected = None
    if back is not None or back_words is not None:
        expected = array(back or type_, words if back_words is None else back_words)
    return TypeCase(name or str(type_), array(type_, words), expected, nested)


def load_cases() -> list[TypeCase | RefusedCase]:
    cases = []
    for path in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"type_cases_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases.extend(module.CASES)
    names = [case.name for case in cases]
    assert len(names) == len(set(names)), "two type cases have the same name"
    return cases


def in_lists(values: pa.Array) -> pa.Array:
    """The values in lists: some in one, none in another, one list missing."""
    rows = len(values)
    cuts = sorted({0, rows // 3, rows})
    offsets = [cuts[0], cuts[1], cuts[1], cuts[1], *cuts[2:]]
    missing = [False, True, *[False] * (len(offsets) - 3)]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values,
                                    mask=pa.array(missing))


def in_structs(values: pa.Array) -> pa.Array:
    """The values in structs beside numbers; the last struct is missing where there are several."""
    rows = len(values)
    missing = pa.array([row == rows - 1 and rows > 1 for row in range(rows)])
    return pa.StructArray.from_arrays([values, pa.array(range(rows), pa.int32())],
                                      names=["v", "n"], mask=missing)


def same_values(actual: pa.Array, expected: pa.Array) -> None:
    """The same type and values; NaN is NaN, and -0.0 is not 0.0."""
    assert actual.type == expected.type, f"{actual.type} instead of {expected.type}"
    assert len(actual) == len(expected)
    try:
        words, expected_words = _words(actual), _words(expected)
    except (OverflowError, ValueError):
        # Python's calendar ends before Arrow's; numbers that are odd are not in the same column.
        assert actual.equals(expected), actual.diff(expected)
        return
    for row, (word, expected_word) in enumerate(zip(words, expected_words, strict=True)):
        assert word == expected_word, f"row {row}: {word} instead of {expected_word}"


def _words(values: pa.Array) -> list[str]:
    """A text for each value that tells it from every other one."""
    return [repr(value) for value in values.to_pylist()]
