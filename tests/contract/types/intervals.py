"""Intervals count months, days and nanoseconds apart.

pyarrow has no arrays for the two older kinds: e2e/test_http_intervals.py sends them as bytes.
"""

import pyarrow as pa

from harness.type_case import of

MDN = pa.month_day_nano_interval()

CASES = [
    # Intervals of a table count in microseconds.
    of(MDN, [pa.MonthDayNano(parts) for parts in
             ((0, 0, 0), (1, 2, 3000), (-1, -2, -3000), (12, 0, 0))] + [None]),
    # What is finer is rounded down.
    of(MDN, [pa.MonthDayNano((1, 2, nanoseconds)) for nanoseconds in (1, 999, -1, -999, -1001)] + [None],
       back_values=[pa.MonthDayNano((1, 2, nanoseconds)) for nanoseconds in (0, 0, -1000, -1000, -2000)] + [None],
       name="month_day_nano_interval, finer"),
]
