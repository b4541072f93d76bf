"""Decimals of every width that DuckDB has a column for: up to 38 digits, none left of the units."""

from decimal import Decimal

import pyarrow as pa

from harness.type_case import RefusedCase, of


def _values(precision: int, scale: int) -> list[Decimal | None]:
    def of_digits(sign: int, digits: tuple[int, ...]) -> Decimal:
        return Decimal((sign, digits, -scale))

    nines = (9,) * precision
    return [of_digits(0, (0,)), of_digits(0, nines), of_digits(1, nines), of_digits(0, (1,)), None]


CASES = [
    *[of(pa.decimal128(precision, scale), _values(precision, scale))
      for precision, scale in ((1, 0), (4, 2), (9, 9), (18, 3), (19, 0), (38, 0), (38, 10), (38, 38))],
    *[of(pa.decimal32(precision, scale), _values(precision, scale),
         back=pa.decimal128(precision, scale)) for precision, scale in ((4, 1), (9, 2))],
    *[of(pa.decimal64(precision, scale), _values(precision, scale),
         back=pa.decimal128(precision, scale)) for precision, scale in ((10, 0), (18, 18))],
    RefusedCase("decimal256(39, 0)", pa.array([Decimal(1)], pa.decimal256(39, 0)), ["decimal256(39, 0)"]),
    RefusedCase("decimal256(5, 1)", pa.array([Decimal("1.5")], pa.decimal256(5, 1)), ["decimal256(5, 1)"]),
    RefusedCase("decimal128(5, -2)", pa.array([Decimal(1500)], pa.decimal128(5, -2)), ["decimal128(5, -2)"]),
]
