"""Days; milliseconds that are whole days come back as days."""

import pyarrow as pa

from harness.type_case import TypeCase, of_words

# The first and the last day of Python's calendar are among them, and some beyond.
DAYS = [0, 1, -1, 19_782, -719_162, 2_932_896, 5_000_000, -5_000_000, None]


def _milliseconds(days: list[int | None]) -> list[int | None]:
    return [None if day is None else day * 86_400_000 for day in days]


CASES = [
    of_words(pa.date32(), DAYS),
    TypeCase("date64[day]", pa.array(_milliseconds(DAYS)).view(pa.date64()),
             pa.array(DAYS, pa.int32()).view(pa.date32())),
]
