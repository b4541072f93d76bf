"""Timestamps keep their unit; with a zone they are instants, in microseconds and in UTC."""

import pyarrow as pa

from harness.type_case import TypeCase, of_words

# 2024-02-29T12:34:56, the start of the epoch, a second before it, year 1 and year 9999.
SECONDS = [1_709_210_096, 0, -1, -62_135_596_800, 253_402_300_799, None]
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Nanoseconds reach from 1677 to 2262.
NANOSECONDS = [1_709_210_096_123_456_789, 0, -1, 2**63 - 2, -(2**63) + 2, None]
UTC = pa.timestamp("us", tz="UTC")


def _in(unit: str) -> list[int | None]:
    return [None if second is None else second * PER_SECOND[unit] for second in SECONDS]


CASES = [
    *[of_words(pa.timestamp(unit), _in(unit)) for unit in ("s", "ms", "us")],
    of_words(pa.timestamp("us"), [1_709_210_096_123_456, -1, None], name="timestamp[us], odd"),
    of_words(pa.timestamp("ns"), NANOSECONDS),
    *[of_words(pa.timestamp(unit, tz="UTC"), _in(unit), back=UTC, back_words=_in("us"))
      for unit in ("s", "ms", "us")],
    # An instant is the same in every zone; which one it was sent in is not kept.
    of_words(pa.timestamp("us", tz="America/New_York"), _in("us"), back=UTC),
    of_words(pa.timestamp("s", tz="+05:45"), _in("s"), back=UTC, back_words=_in("us")),
    TypeCase("timestamp[ns, tz=UTC], whole microseconds",
             pa.array([1_709_210_096_123_456_000, 0, -1000, None]).view(pa.timestamp("ns", tz="UTC")),
             pa.array([1_709_210_096_123_456, 0, -1, None]).view(UTC)),
    # What is finer is rounded towards the past.
    of_words(pa.timestamp("ns", tz="UTC"), [1_709_210_096_123_456_789, -1, -999, -1000, -1001, -(2**63) + 1, None],
             back=UTC, back_words=[1_709_210_096_123_456, -1, -1, -1, -2, -9_223_372_036_854_776, None]),
]
