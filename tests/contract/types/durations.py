"""Durations become intervals, which count months, days and nanoseconds apart."""

import pyarrow as pa

from harness.type_case import TypeCase

PER_UNIT = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def _case(unit: str, values: list[int | None], nanoseconds: list[int | None] | None = None,
          name: str | None = None) -> TypeCase:
    if nanoseconds is None:
        nanoseconds = [v and v * PER_UNIT[unit] for v in values]
    back = [None if n is None else pa.MonthDayNano([0, 0, n]) for n in nanoseconds]
    return TypeCase(name or f"duration[{unit}]", pa.array(values, pa.int64()).view(pa.duration(unit)),
                    pa.array(back, pa.month_day_nano_interval()))


CASES = [
    _case("s", [0, 1, -1, 86_400 * 365, None]),
    _case("ms", [0, 1, -1, 86_400_000 * 365, None]),
    _case("us", [0, 1, -1, 86_400_000_000 * 365, None]),
    # Intervals count in microseconds; what is finer is rounded down.
    _case("ns", [0, 1000, -1000, None], [0, 1000, -1000, None]),
    _case("ns", [1, 999, -1, -999, -1001, None], [0, 0, -1000, -1000, -2000, None], "duration[ns], finer"),
]
