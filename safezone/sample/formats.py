"""Values as the agencies' programs print them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safezone.sample.chance import Bools, Chance, Dates, Ints
from safezone.sample.identifiers import digits, joined, ymd

YEAR = 2025
"""The year the sample deliveries are about."""


def date_text(dates: Dates, separator: str = "-") -> pa.Array:
    """Dates with two-digit months and days: ``2025-03-01``, ``20250301``."""
    year, month, day = ymd(dates)
    return joined(digits(year, 4), separator, digits(month, 2), separator, digits(day, 2))


def loose_date_text(dates: Dates) -> pa.Array:
    """Dates as people type them: ``2025.3.1``."""
    year, month, day = ymd(dates)
    return joined(number_text(year), ".", number_text(month), ".", number_text(day))


def time_text(minutes: Ints, separator: str = ":") -> pa.Array:
    """Minutes after midnight as hours and minutes."""
    return joined(digits(minutes // 60, 2), separator, digits(minutes % 60, 2))


def number_text(values: Ints) -> pa.Array:
    """Whole numbers in plain digits."""
    return pc.cast(pa.array(values), pa.string())


def money_text(values: Ints) -> pa.Array:
    """Whole numbers with thousands separators: ``1,234,000``."""
    unique, back = np.unique(values, return_inverse=True)
    return pa.array([f"{value:,}" for value in unique.tolist()], pa.string()).take(pa.array(back))


def decimal_text(thousandths: Ints, places: int) -> pa.Array:
    """Fixed-point numbers given in units of ``10**-places``."""
    scale = 10**places
    return joined(number_text(thousandths // scale), ".", digits(thousandths % scale, places))


def blank(values: pa.Array, where: Bools, empty: str | None = "") -> pa.Array:
    """The values, empty where the mask says so."""
    return pc.if_else(pa.array(where), pa.scalar(empty, pa.string()), values)


def days_of_year(chance: Chance, purpose: str) -> Dates:
    """Dates of `YEAR`, a little more of them in spring and autumn."""
    draw = chance.unit(purpose)
    day = 365 * (draw + 0.03 * np.sin(4 * np.pi * draw))
    return np.datetime64(f"{YEAR}-01-01") + np.clip(day, 0, 364).astype(np.int64)


def minutes_of_day(chance: Chance, purpose: str) -> Ints:
    """Minutes after midnight, most of them in the afternoon and evening."""
    hour = (chance.normal(purpose) * 5.2 + 15) % 24
    return np.minimum((hour * 60).astype(np.int64), 1439)


def receipt_number(prefix: str, chance: Chance) -> pa.Array:
    """Numbers of earlier cases, ``SPP-2507-0012345``: they look like personal data and are none."""
    month = YEAR % 100 * 100 + chance.integers("receipt/month", 1, 12)
    return joined(f"{prefix}-", digits(month, 4), "-", digits(chance.integers("receipt/number", 0, 9_999_999), 7))
