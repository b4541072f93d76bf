"""Times of day: microseconds, or nanoseconds where they were sent."""

import pyarrow as pa

from harness.type_case import TypeCase, of_words

DAY_SECONDS = 86_400


def _widened(unit: str, values: list[int | None], micros: int) -> TypeCase:
    sent = pa.array(values, pa.int32()).view(pa.time32(unit))
    back = pa.array([None if v is None else v * micros for v in values]).view(pa.time64("us"))
    return TypeCase(str(sent.type), sent, back)


CASES = [
    _widened("s", [0, 1, 45_296, DAY_SECONDS - 1, None], 10**6),
    _widened("ms", [0, 1, 45_296_789, DAY_SECONDS * 1000 - 1, None], 1000),
    of_words(pa.time64("us"), [0, 1, DAY_SECONDS * 10**6 - 1, None]),
    of_words(pa.time64("ns"), [0, 1, DAY_SECONDS * 10**9 - 1, None]),
]
