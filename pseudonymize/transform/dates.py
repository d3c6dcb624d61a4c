"""Generalising and shifting dates."""

from __future__ import annotations

import hmac

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.transform.spec import ShiftDate, TruncateDate
from pseudonymize.transform.tokens import normalise


def truncate(values: pa.Array, spec: TruncateDate) -> pa.Array:
    """Keep only the larger parts of dates, as text; null stays null."""
    encoded = values.dictionary_encode()
    dates = encoded.dictionary
    year = pc.year(dates)
    if spec.to == "year" and spec.every > 1:
        first = pc.subtract(year, _modulo(year, spec.every))
        last = pc.add(first, spec.every - 1)
        labels = pc.binary_join_element_wise(_digits(first, 4), _digits(last, 4), "-")
    elif spec.to == "year":
        labels = _digits(year, 4)
    elif spec.to == "half":
        half = pc.if_else(pc.less_equal(pc.month(dates), 6), "H1", "H2")
        labels = pc.binary_join_element_wise(_digits(year, 4), half, "-")
    elif spec.to == "quarter":
        quarter = pc.binary_join_element_wise("Q", _digits(pc.quarter(dates), 1), "")
        labels = pc.binary_join_element_wise(_digits(year, 4), quarter, "-")
    else:
        labels = pc.binary_join_element_wise(_digits(year, 4), _digits(pc.month(dates), 2), "-")
    return labels.take(encoded.indices)


def _modulo(values: pa.Array, by: int) -> pa.Array:
    return pc.subtract(values, pc.multiply(pc.divide(values, by), by))


def _digits(values: pa.Array, width: int) -> pa.Array:
    return pc.utf8_lpad(pc.cast(values, pa.string()), width=width, padding="0")


def shift(values: pa.Array, subjects: pa.Array, spec: ShiftDate, key: bytes) -> pa.Array:
    """Shift each date by its subject's own number of days, 1 to ``days`` either way.

    Args:
        values: dates or timestamps.
        subjects: whose row it is, as text; a row without a subject loses its date, since a shift of zero would
            show it and a random one would not be the same next time.
        spec: how far at most.
        key: 32-byte key.
    """
    encoded = pc.cast(subjects, pa.string()).dictionary_encode()
    # Alike as tokens are: one subject spelled in two ways still has one shift.
    names = normalise(encoded.dictionary, "text").to_pylist()
    choices = [_days(name.encode(), spec.days, key) for name in names]
    days = pa.array(choices, pa.int64()).take(encoded.indices)
    if pa.types.is_date32(values.type):
        moved = pc.add(pc.cast(pc.cast(values, pa.int32()), pa.int64()), days)
        return pc.cast(pc.cast(moved, pa.int32()), pa.date32())
    units = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
    step = 86_400 * units[values.type.unit]
    return pc.cast(pc.add_checked(pc.cast(values, pa.int64()), pc.multiply(days, step)), values.type)


def _days(subject: bytes, most: int, key: bytes) -> int:
    # Uniform over 2*most choices; 64 bits make the bias of the remainder immaterial.
    number = int.from_bytes(hmac.digest(key, b"shift\x00" + subject, "sha256")[:8], "big") % (2 * most)
    return number - most if number < most else number - most + 1
