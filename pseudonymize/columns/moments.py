"""Forms of dates and times that columns are written in, told from shapes and then from values."""

from __future__ import annotations

import re
from functools import lru_cache

_RANGE = {
    "Y": r"(?:1[89][0-9]{2}|20[0-9]{2}|21[0-9]{2}|9999)",
    "y": r"[0-9]{2}",
    "m": r"(?:0?[1-9]|1[0-2])",
    "d": r"(?:0?[1-9]|[12][0-9]|3[01])",
    "H": r"(?:[01]?[0-9]|2[0-4])",
    "I": r"(?:0?[0-9]|1[0-2])",
    "M": r"[0-5]?[0-9]",
    "S": r"[0-5]?[0-9]",
    "f": r"[0-9]{1,6}",
    "p": r"(?:AM|PM|am|pm|오전|오후)",
}
_WIDE = {"m": r"(?:0[1-9]|1[0-2])", "d": r"(?:0[1-9]|[12][0-9]|3[01])", "H": r"(?:[01][0-9]|2[0-4])"}
_WIDE |= {"M": r"[0-5][0-9]", "S": r"[0-5][0-9]"}
_DAYS = (
    ("%Y-%m-%d", r"0000-00?-00?"),
    ("%Y.%m.%d", r"0000\.00?\.00?"),
    ("%Y.%m.%d.", r"0000\.00?\.00?\."),
    ("%Y. %m. %d.", r"0000\. 00?\. 00?\."),
    ("%Y. %m. %d", r"0000\. 00?\. 00?"),
    ("%Y/%m/%d", r"0000/00?/00?"),
    ("%Y년 %m월 %d일", r"0000H 00?H 00?H"),
    ("%Y년%m월%d일", r"0000H00?H00?H"),
    ("%Y%m%d", r"00000000"),
    ("%m/%d/%Y", r"00?/00?/0000"),
    ("%d/%m/%Y", r"00?/00?/0000"),
    ("%d-%m-%Y", r"00?-00?-0000"),
    ("%d.%m.%Y", r"00?\.00?\.0000"),
    ("%y-%m-%d", r"00-00?-00?"),
    ("%y.%m.%d", r"00\.00?\.00?"),
    ("%y.%m.%d.", r"00\.00?\.00?\."),
    ("%y/%m/%d", r"00/00?/00?"),
    ("%y%m%d", r"000000"),
)
_MONTHS = (
    ("%Y-%m", r"0000-00?"),
    ("%Y.%m", r"0000\.00?"),
    ("%Y.%m.", r"0000\.00?\."),
    ("%Y. %m.", r"0000\. 00?\."),
    ("%Y/%m", r"0000/00?"),
    ("%Y년 %m월", r"0000H 00?H"),
    ("%Y년%m월", r"0000H00?H"),
    ("%Y%m", r"000000"),
    ("%Y년", r"0000H"),
)
_TIMES = (
    ("%H:%M", r"00?:00"),
    ("%H:%M:%S", r"00?:00:00"),
    ("%H:%M:%S.%f", r"00?:00:00\.0{1,6}"),
    ("%H", r"00?"),
    ("%p %I:%M", r"(?:HH|aa) 00?:00"),
    ("%p %I:%M:%S", r"(?:HH|aa) 00?:00:00"),
    ("%I:%M %p", r"00?:00 (?:HH|aa)"),
    ("%I:%M:%S %p", r"00?:00:00 (?:HH|aa)"),
    ("%H시 %M분", r"00?H 00?H"),
    ("%H시%M분", r"00?H00?H"),
    ("%H시", r"00?H"),
)
_COMPACT = (
    ("%Y%m%d%H%M%S", r"0{14}"),
    ("%Y%m%d%H%M", r"0{12}"),
    ("%Y%m%d%H", r"0{10}"),
    ("%Y%m%d %H%M", r"0{8} 0{4}"),
    ("%Y%m%d %H%M%S", r"0{8} 0{6}"),
    ("%Y%m%d %H:%M", r"0{8} 00:00"),
    ("%Y%m%d %H:%M:%S", r"0{8} 00:00:00"),
    ("%Y%m%d%H%M%S%f", r"0{17}"),
)
_ZONES = (("Z", "a"), ("+09:00", r"\+00:00"), ("+00:00", r"\+00:00"))
"""Zones as they are written: a form takes one as it stands, and the time is read as it is."""
COMPACT = frozenset({"%Y%m%d", "%y%m%d", "%Y%m", "%Y.%m", *(form for form, _ in _COMPACT[:3])})
"""Forms that are also plain numbers: a column must hold little else to be read so."""


def _all() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = [*_DAYS, *_MONTHS, *_COMPACT]
    for day, shape in _DAYS:
        if day in ("%Y%m%d", "%y%m%d"):
            continue
        for time, form in _TIMES:
            found.append((f"{day} {time}", f"{shape} {form}"))
        found.append((f"{day}T%H:%M:%S", f"{shape}a00:00:00"))
        found.append((f"{day}T%H:%M:%S.%f", f"{shape}a00:00:00\\.0{{1,6}}"))
        found.append((f"{day}T%H:%M", f"{shape}a00:00"))
        for zone, end in _ZONES:
            found.append((f"{day}T%H:%M:%S{zone}", f"{shape}a00:00:00{end}"))
            found.append((f"{day}T%H:%M:%S.%f{zone}", f"{shape}a00:00:00\\.0{{1,6}}{end}"))
    return tuple((form, re.compile(shape)) for form, shape in found)


_FORMS = _all()
_MAY = re.compile(r"[0H][0H.\-/ :a+]{3,35}")


@lru_cache(maxsize=1 << 14)
def forms_of(shape: str) -> tuple[str, ...]:
    """The forms (strptime) a value of this shape may be a date in; empty when it is none."""
    if _MAY.fullmatch(shape) is None or shape.count("0") < 4:
        return ()
    return tuple(form for form, regex in _FORMS if regex.fullmatch(shape))


@lru_cache(maxsize=512)
def value_regex(form: str) -> str:
    """RE2 pattern of the values of a form, with months, days and hours that exist and years from 1800 on."""
    out, parts = [], re.findall(r"%(.)|([^%]+)", form)
    for number, (part, literal) in enumerate(parts):
        if not part:
            out.append(re.escape(literal).replace(r"\ ", " "))
            continue
        near = [parts[i][0] for i in (number - 1, number + 1) if 0 <= i < len(parts)]
        out.append(_WIDE.get(part, _RANGE[part]) if any(near) else _RANGE[part])
    return f"^{''.join(out)}$"


def has_time(form: str) -> bool:
    """Whether a form names an hour."""
    return "%H" in form or "%I" in form


def needs_hour_24(form: str) -> str:
    """RE2 pattern of values of the form that name hour 24."""
    return value_regex(form).replace(_RANGE["H"], "24").replace(_WIDE["H"], "24")
