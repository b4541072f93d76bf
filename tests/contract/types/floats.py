"""Floating point numbers with all that is not a number; half floats have no column type."""

import numpy as np
import pyarrow as pa

from harness.type_case import RefusedCase, of

NAN, INF = float("nan"), float("inf")

CASES = [
    of(pa.float32(), [0.0, -0.0, 1.5, NAN, INF, -INF, float(np.finfo(np.float32).max),
                      float(np.finfo(np.float32).smallest_subnormal), None]),
    of(pa.float64(), [0.0, -0.0, 0.1, NAN, INF, -INF, float(np.finfo(np.float64).max),
                      5e-324, None]),
    RefusedCase("halffloat", pa.array([np.float16(1.5)], pa.float16()), ["halffloat"]),
]
