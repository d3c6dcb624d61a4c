"""Dates in declared forms, column by column.

A form is turned into a regular expression for Arrow, whose parts are checked against the calendar here. strptime is
not used: the C library takes ``2019620`` for ``%Y%m%d`` and the thirtieth of February for a date.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ISO_DATE = ("%Y-%m-%d",)
ISO_DATETIME = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d",
)
_WIDTH = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2}
_FIRST = {"m": 1, "d": 1}
_TOKEN = re.compile(r"%(.)|([^%]+)", re.DOTALL)
_AFTERNOON = ("PM", "pm", "오후")
_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_BEFORE_MONTH = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int64)
_MONTH_LENGTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_EPOCH = 719_162  # days from 0001-01-01 to 1970-01-01


@lru_cache(maxsize=256)
def pattern(form: str) -> str:
    """The regular expression (RE2) of a date form, with one named group for each part.

    A number may be one digit where text stands on both sides of it, or the end; numbers that touch have full width.
    """
    tokens = [(found[1], found[2]) for found in _TOKEN.finditer(form)]
    out = []
    for i, (part, literal) in enumerate(tokens):
        if not part or part == "%":
            out.append(re.escape(literal or "%").replace(r"\ ", " "))
        elif part == "p":
            out.append("(?P<p>AM|PM|am|pm|오전|오후)")
        elif part == "f":
            out.append(r"(?P<f>\d{1,6})")
        else:
            near = (tokens[i - 1][0] if i else "", tokens[i + 1][0] if i + 1 < len(tokens) else "")
            fixed = part in "Yy" or any(other in _WIDTH for other in near if other)
            out.append(rf"(?P<{part}>\d{{{_WIDTH[part]}}})" if fixed else rf"(?P<{part}>\d{{1,2}})")
    return f"^{''.join(out)}$"


def parse_dates(text: pa.Array, forms: tuple[str, ...], *, hour_24: bool = False) -> pa.Array:
    """Microseconds since 1970-01-01 (int64) of each text, by the first form that fits; null where none does.

    Args:
        text: values without surrounding white space.
        forms: declared forms (`safezone.policy.source.ParseRules.dates`).
        hour_24: ``24`` as hour is midnight of the next day.
    """
    result = pa.nulls(len(text), pa.int64())
    for form in forms:
        todo = pc.and_(pc.is_valid(text), pc.is_null(result))
        if not pc.any(todo).as_py():
            break
        where = pc.indices_nonzero(todo)
        found = _by_form(text.take(where), form, hour_24)
        result = pc.replace_with_mask(result, todo, found)
    return result


def _by_form(text: pa.Array, form: str, hour_24: bool) -> pa.Array:
    found = pc.extract_regex(text, pattern(form))
    fits = np.asarray(pc.is_valid(found).to_numpy(zero_copy_only=False))
    names = [field.name for field in found.type]
    if "p" in names:
        afternoon = pc.is_in(pc.struct_field(found, "p"), value_set=pa.array(_AFTERNOON))
        late = np.asarray(afternoon.to_numpy(zero_copy_only=False), dtype=bool)
    else:
        late = np.zeros(len(text), dtype=bool)

    def part(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        if name not in names:
            return np.full(len(text), _FIRST.get(name, 0), dtype=np.int64)
        digits = pc.struct_field(found, name)
        if name == "f":
            digits = pc.utf8_rpad(digits, 6, "0")
        numbers = pc.fill_null(digits.cast(pa.int64()), 0)
        return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)

    year = part("Y")
    if "y" in names:
        short = part("y")
        year = np.where(short < 69, 2000 + short, 1900 + short)
    month, day, minute, second = part("m"), part("d"), part("M"), part("S")
    hour = part("H")
    if "I" in names:
        twelve = part("I")
        fits &= (twelve >= 1) & (twelve <= 12)
        hour = twelve % 12 + 12 * late
    midnight = (hour == 24) & (minute == 0) & (second == 0) & (part("f") == 0) & hour_24
    fits &= (year >= 1) & (month >= 1) & (month <= 12) & (minute < 60) & (second < 60) & ((hour < 24) | midnight)
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    safe = np.clip(month, 1, 12)
    fits &= (day >= 1) & (day <= _MONTH_LENGTH[safe] + (leap & (safe == 2)))
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 + _BEFORE_MONTH[safe] + (leap & (safe > 2))
    days += day - 1 - _EPOCH
    moment = days * _DAY + hour * _HOUR + minute * _MINUTE + second * 1_000_000 + part("f")
    return pa.array(moment, mask=~fits)
