"""Generalising and shifting dates."""

from __future__ import annotations

import hmac

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.transform.spec import ShiftDate, TruncateDate
from pseudonymize.transform.tokens import normalise

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
# Days from 1970-01-01 to -9999-01-01 and 10000-01-01. Arrow counts years in 16 bits and wraps beyond.
_FIRST_DAY, _LAST_DAY = -4_371_587, 2_932_897


def truncate(values: pa.Array, spec: TruncateDate) -> pa.Array:
    """Keep only the larger parts of dates, as text; null stays null.

    Years before 1 are written as ISO 8601 does: ``-0001`` is the year before ``0000``.

    Raises:
        ValueError: a date lies beyond the years -9999 to 9999.
    """
    encoded = values.dictionary_encode()
    dates = encoded.dictionary
    _require_four_digits(dates)
    year = pc.year(dates)
    if spec.to == "year":
        labels = _years(year, spec.every)
    elif spec.to == "half":
        half = pc.if_else(pc.less_equal(pc.month(dates), 6), "H1", "H2")
        labels = pc.binary_join_element_wise(_year(year), half, "-")
    elif spec.to == "quarter":
        quarter = pc.binary_join_element_wise("Q", pc.cast(pc.quarter(dates), pa.string()), "")
        labels = pc.binary_join_element_wise(_year(year), quarter, "-")
    else:
        month = pc.utf8_lpad(pc.cast(pc.month(dates), pa.string()), width=2, padding="0")
        labels = pc.binary_join_element_wise(_year(year), month, "-")
    return labels.take(encoded.indices)


def _require_four_digits(dates: pa.Array) -> None:
    per_day = _per_day(dates.type)
    ends = pc.min_max(_count(dates)).as_py()
    first, last = ends["min"], ends["max"]
    if first is not None and not (_FIRST_DAY * per_day <= first and last < _LAST_DAY * per_day):
        raise ValueError("a date lies beyond the years -9999 to 9999")


def _years(year: pa.Array, every: int) -> pa.Array:
    if every == 1:
        return _year(year)
    # Division rounds towards zero; groups of years before 0 begin below it.
    below = pc.if_else(pc.less(year, 0), every - 1, 0)
    first = pc.multiply(pc.divide(pc.subtract(year, below), every), every)
    return pc.binary_join_element_wise(_year(first), _year(pc.add(first, every - 1)), "-")


def _year(values: pa.Array) -> pa.Array:
    digits = pc.utf8_lpad(pc.cast(pc.abs(values), pa.string()), width=4, padding="0")
    return pc.binary_join_element_wise(pc.if_else(pc.less(values, 0), "-", ""), digits, "")


def shift(values: pa.Array, subjects: pa.Array, spec: ShiftDate, key: bytes) -> pa.Array:
    """Shift each date by its subject's own number of days, 1 to ``days`` either way.

    Args:
        values: dates or timestamps.
        subjects: whose row it is, as text; a row without a subject (null, or nothing but white space) loses its
            date, since a shift of zero would show it and a random one would not be the same next time.
        spec: how far at most.
        key: 32-byte key.

    Raises:
        ValueError: a shifted date does not fit the type.
    """
    encoded = subjects.dictionary_encode()
    # Alike as tokens are: one subject spelled in two ways still has one shift.
    names = normalise(encoded.dictionary, "text").to_pylist()
    choices = [_days(name.encode(), spec.days, key) if name else None for name in names]
    days = pa.array(choices, pa.int64()).take(encoded.indices)
    moved = pc.add_checked(_count(values), pc.multiply(days, _per_day(values.type)))
    if pa.types.is_date32(values.type):
        moved = pc.cast(moved, pa.int32())
    return pc.cast(moved, values.type)


def _count(dates: pa.Array) -> pa.Array:
    """Days or parts of a second since 1970, as 64-bit numbers."""
    return pc.cast(pc.cast(dates, pa.int32()) if pa.types.is_date32(dates.type) else dates, pa.int64())


def _per_day(kind: pa.DataType) -> int:
    if pa.types.is_date32(kind):
        return 1
    return 86_400 * _PER_SECOND["ms" if pa.types.is_date64(kind) else kind.unit]


def _days(subject: bytes, most: int, key: bytes) -> int:
    # Uniform over 2*most choices; 64 bits make the bias of the remainder immaterial.
    number = int.from_bytes(hmac.digest(key, b"shift\x00" + subject, "sha256")[:8], "big") % (2 * most)
    return number - most if number < most else number - most + 1
