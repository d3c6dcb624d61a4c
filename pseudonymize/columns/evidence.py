"""What is asked of values: check digits, dates, numbers, words; each answer is a count of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.columns import checks, moments, words
from pseudonymize.columns.model import ColumnProfile, Numbers
from pseudonymize.columns.search import find_inside
from pseudonymize.columns.shapes import digit_matrix, has_byte

BATCH = 1 << 16
"""Rows worked on at a time."""
TOTAL_WORDS = pa.array(words.TOTALS)
Weights = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


_INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff]"


def plain(values: pa.Array) -> pa.Array:
    """The values with full-width forms as ordinary ones, and without invisible characters."""
    if has_byte(values, 0xEF):
        values = pc.utf8_normalize(values, form="NFKC")
    return pc.replace_substring_regex(values, _INVISIBLE, "") if has_byte(values, 0xE2, 0xEF) else values


_PLATE = r"[0-9]{2} ?[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배바사아자] ?[0-9]{4}"
_MAY_HOLD = rf"@|[0-9](?:[-.~ ()*_/]{{0,3}}[0-9]){{6}}|{_PLATE}"


def note_inside(inside: Counter[str], values: pa.Array, weights: Weights) -> None:
    """Count identifiers inside longer text."""
    may = np.asarray(pc.match_substring_regex(values, _MAY_HOLD))
    if not may.any():
        return
    for name, mask in find_inside(values.filter(pa.array(may))).items():
        inside[name] += int(weights[may][mask].sum())


def note_long(profile: ColumnProfile, values: pa.Array, weights: Weights) -> None:
    """Look at values too long for a shape: web addresses, and identifiers inside text."""
    _count(profile, "url_valid", pc.match_substring_regex(values, _URL), weights)
    note_inside(profile.inside, values, weights)


def _digits(values: pa.Array, width: int) -> checks.Digits:
    return digit_matrix(values, width)


def _count(profile: ColumnProfile, name: str, mask: Any, weights: Weights) -> None:
    profile.counts[name] += int(weights[np.asarray(mask, dtype=bool)].sum())


def _person(profile: ColumnProfile, values: pa.Array, weights: Weights) -> None:
    digits = _digits(values, 13)
    birth, century = checks.possible_birth(digits), digits[:, 6]
    checked, corporate = checks.resident_check(digits), checks.corporate_check(digits)
    resident, foreign = np.isin(century, (1, 2, 3, 4)), np.isin(century, (5, 6, 7, 8))
    dashed = np.asarray(pc.match_substring_regex(values, r"[^0-9]"))
    _count(profile, "rrn_birth", birth & resident, weights)
    _count(profile, "frn_birth", birth & foreign, weights)
    _count(profile, "rrn_checked", birth & resident & checked, weights)
    _count(profile, "frn_checked", birth & foreign & checked, weights)
    _count(profile, "corp_checked", corporate, weights)
    sure = birth & ((resident | foreign) & (checked | (dashed & ~corporate)))
    _count(profile, "rrn_any", sure, weights)


def _business(profile: ColumnProfile, values: pa.Array, weights: Weights) -> None:
    _count(profile, "brn_checked", checks.business_check(_digits(values, 10)), weights)


def _card(profile: ColumnProfile, values: pa.Array, weights: Weights) -> None:
    counts = np.asarray(pc.utf8_length(pc.replace_substring_regex(values, "[^0-9]", "")))
    for width in (14, 15, 16):
        of = counts == width
        if of.any():
            digits = _digits(values.filter(pa.array(of)), width)
            good = checks.luhn(digits) & np.isin(digits[:, 0], (3, 4, 5, 6, 9))
            _count(profile, "card_checked", good, weights[of])


def _pattern(name: str, regex: str) -> Callable[[ColumnProfile, pa.Array, Weights], None]:
    def note(profile: ColumnProfile, values: pa.Array, weights: Weights) -> None:
        _count(profile, name, pc.match_substring_regex(values, regex), weights)

    return note


_MOBILE = r"^(?:\+?82[- .]?\(?0?\)?|\(?0)1[016789]\)?[-. )]?[0-9]{3,4}[-. ]?[0-9]{4}$"
_URL = r"^(?:https?://|www\.|ftp://)"
_LOST_ZERO = r"^10-?[0-9]{4}-?[0-9]{4}$"
_LANDLINE = r"^\(?(?:\+?82[- .]?)?0(?:2|[3-6][1-5]|70|80|50[0-9]?|1[2-5])\)?[-. )/]{0,2}[0-9]{3,4}[-. ]?[0-9]{4}(?:[~,/][0-9]+)?$"
_SERVICE = r"^(?:1[568][0-9]{2}[-. ]?[0-9]{4}|1[0-9]{2,3}|0?2[-. )]+[0-9]{3,4}-[0-9]{4})$"
_LOCAL = r"^[2-9][0-9]{2,3}-[0-9]{4}$"
_NOTERS: tuple[tuple[str, Callable[[ColumnProfile, pa.Array, Weights], None]], ...] = (
    ("person", _person),
    ("brn", _business),
    ("card", _card),
    ("phone", _pattern("mobile", _MOBILE)),
    ("phone", _pattern("landline", _LANDLINE)),
    ("phone", _pattern("service", _SERVICE)),
    ("phone", _pattern("local", _LOCAL)),
    ("phone", _pattern("lost_zero", _LOST_ZERO)),
    ("integer", _pattern("leading_zero", r"^[+-]?0[0-9]")),
    ("postal", _pattern("postal_range", r"^(?:0[1-9]|[1-5][0-9]|6[0-3])[0-9]{3}$|^[1-7][0-9]{2}-[0-9]{3}$")),
    (
        "ip",
        _pattern(
            "ip_valid",
            r"^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:[/:].*)?$",
        ),
    ),
    ("url", _pattern("url_valid", _URL)),
    (
        "licence",
        _pattern("licence_valid", r"^(?:1[1-9]|2[0-8]|[가-힣]{2,4})[- ]?[0-9]{2}[- ]?[0-9]{6}[- ]?[0-9]{2}$"),
    ),
    (
        "passport",
        _pattern(
            "passport_valid",
            r"^(?:[MSRODGmsrodg][0-9]{8}|[MSRODG][0-9]{3}[A-Z][0-9]{4}|(?:PM|PS|PO|PD|PR)[0-9]{7})$",
        ),
    ),
    (
        "vehicle",
        _pattern(
            "vehicle_valid",
            r"[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배바사아자] ?[0-9]{4}$",
        ),
    ),
    ("decimal", _pattern("whole", r"^[+-]?[0-9]+\.0*$")),
    (
        "english_name",
        _pattern("capitalised", r"^[A-Z][a-z'.-]+(?:,? [A-Z][a-z'.]*){1,3}$|^[A-Z]{2,}(?: [A-Z]{2,}){1,2}$"),
    ),
    ("name", _pattern("korean_name", words.name_regex())),
    ("name", _pattern("three", r"^[가-힣]{3}$")),
    ("code", _pattern("letters_and_digits", r"[A-Za-z].*[0-9]|[0-9].*[A-Za-z]")),
    ("damaged", _pattern("excel_damaged", r"^-?[1-9](?:\.[0-9]+)?[eE]\+[0-9]{2,3}$")),
)


def note_checked(
    profile: ColumnProfile,
    values: pa.Array,
    weights: Weights,
    shapes: Sequence[str],
    index: Any,
    tags: Sequence[frozenset[str]],
) -> None:
    """Look at the values whose shape allows something, to see whether they are it.

    Args:
        profile: what is counted goes there.
        values: different values.
        weights: rows of each.
        shapes: different shapes.
        index: the shape of each value.
        tags: what each shape allows.
    """
    for tag, note in _NOTERS:
        mask = np.array([tag in named for named in tags])
        if mask.any():
            some, rows = _of(values, weights, mask[index] if not mask.all() else None)
            note(profile, some, rows)
    _dates(profile, values, weights, shapes, index)
    _numbers(profile, values, weights, index, tags)
    _mixed(profile, values, weights, shapes, index, tags)


def _of(values: pa.Array, weights: Weights, mask: Mask | None) -> tuple[pa.Array, Weights]:
    return (values, weights) if mask is None else (values.filter(pa.array(mask)), weights[mask])


def _dates(profile: ColumnProfile, values: pa.Array, weights: Weights, shapes: Sequence[str], index: Any) -> None:
    forms = [moments.forms_of(shape) for shape in shapes]
    for group in {group for group in forms if group}:
        mask = np.array([found == group for found in forms])
        some, rows = _of(values, weights, mask[index])
        profile.form_groups[group] += int(rows.sum())
        for form in group:
            fits = np.asarray(pc.match_substring_regex(some, moments.value_regex(form)))
            profile.forms[form] += int(rows[fits].sum())
            if not fits.any():
                continue
            if "%H" in form and pc.any(pc.match_substring_regex(some, moments.needs_hour_24(form))).as_py():
                profile.counts["hour_24"] += 1
            if "%Y" in form:
                _years(profile.numbers, some.filter(pa.array(fits)), rows[fits], form)


def _years(numbers: Numbers, values: pa.Array, rows: Weights, form: str) -> None:
    if not form.startswith("%Y"):
        return
    years = np.asarray(pc.utf8_slice_codeunits(values, 0, 4).cast(pa.int64()))
    _note_years(numbers, years, rows)


def _note_years(numbers: Numbers, years: Any, rows: Weights) -> None:
    born = (years >= 1900) & (years <= 2030)
    if born.any():
        numbers.born += int(rows[born].sum())
        numbers.early += int(rows[born & (years < 2000)].sum())
        numbers.first_year = min(numbers.first_year, int(years[born].min()))
        numbers.last_year = max(numbers.last_year, int(years[born].max()))


_NUMBER = ("integer", "decimal", "grouped")


def _numbers(
    profile: ColumnProfile, values: pa.Array, weights: Weights, index: Any, tags: Sequence[frozenset[str]]
) -> None:
    named = np.array([any(kind in tag for kind in _NUMBER) for tag in tags])
    if not named.any():
        return
    some, rows = _of(values, weights, None if named.all() else named[index])
    if "grouped" in profile.counts:
        some = pc.replace_substring(some, ",", "")
    found = np.asarray(pc.utf8_ltrim(some, "+").cast(pa.float64()))
    numbers, whole = profile.numbers, found == np.floor(found)
    numbers.rows += int(rows.sum())
    numbers.low, numbers.high = min(numbers.low, float(found.min())), max(numbers.high, float(found.max()))
    years = whole & (found >= 1880) & (found <= 2100)
    numbers.years += int(rows[years].sum())
    numbers.ages += int(rows[whole & (found >= 0) & (found <= 125)].sum())
    numbers.unit += int(rows[(found >= 0) & (found <= 1)].sum())
    numbers.latitude += int(rows[(found >= 32) & (found <= 39.5) & ~whole].sum())
    numbers.longitude += int(rows[(found >= 123) & (found <= 132.5) & ~whole].sum())
    if years.any():
        _note_years(numbers, found[years], rows[years])
    steps = np.diff(found, prepend=numbers.last if numbers.last is not None else found[0] - 1)
    numbers.rising = numbers.rising and bool((steps == 1).all())
    numbers.last = float(found[-1])


_PLAIN = frozenset(
    {
        "integer",
        "decimal",
        "grouped",
        "percent",
        "person",
        "brn",
        "card",
        "phone",
        "email",
        "ip",
        "licence",
        "vehicle",
        "time",
        "account",
    }
)


def _mixed(
    profile: ColumnProfile,
    values: pa.Array,
    weights: Weights,
    shapes: Sequence[str],
    index: Any,
    tags: Sequence[frozenset[str]],
) -> None:
    """Look for identifiers inside values that are not one as a whole."""
    may = [
        ("may_hold" in tag or "may_plate" in tag) and not (tag & _PLAIN) and not moments.forms_of(shape)
        for shape, tag in zip(shapes, tags, strict=True)
    ]
    mask = np.array(may)
    if mask.any():
        note_inside(profile.inside, *_of(values, weights, mask[index]))


@cache
def _word_sets() -> tuple[tuple[str, pa.Array], ...]:
    provinces, inside = words.region_names()
    return (
        ("sido", pa.array(sorted(provinces))),
        ("sigungu", pa.array(sorted(inside))),
        ("sex", pa.array(words.SEX)),
        ("weekday", pa.array(words.WEEKDAYS)),
    )


_HINTS = (
    ("region", r"^(?:[가-힣]+(?:특별시|광역시|특별자치시|특별자치도|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)(?: [가-힣]{1,5}[시군구]){0,2}(?: [가-힣0-9.·]+[읍면동리가])?$"),
    ("dong", r"^[가-힣]{1,6}[0-9.·]*(?:읍|면|동|리|가)$"),
    ("address", words.ADDRESS),
    ("address_head", r"^(?:[가-힣]+(?:특별시|광역시|특별자치시|특별자치도|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)[가-힣]* +[가-힣]+[시군구] "),
    ("organisation", words.STRONG_ORGANISATION),
    ("organisation_weak", words.ORGANISATION),
    ("age_band", r"^(?:[0-9]{1,3} ?대|[0-9]{1,3}(?:세|살)? ?(?:이상|미만|이하)?(?: ?[~\-∼～] ?[0-9]{1,3} ?(?:세|살)? ?(?:이상|미만|이하)?)?|[0-9]{1,3}세.*)$"),
    ("sentence", r"(?:니다|세요|까요|어요|아요|는데|습니까|바랍|[가-힣]다|함|음|요청|[^.]\.)(?:[.!? \n]|$)"),
)  # fmt: skip


def note_words(hints: Counter[str], values: pa.Array, weights: Weights) -> None:
    """Compare sampled values with lists and forms of words."""
    hints["sampled"] += int(weights.sum())
    letters = np.asarray(pc.match_substring_regex(values, "[가-힣A-Za-z]"))
    if not letters.any():
        return
    values, weights = _of(values, weights, letters)
    for name, known in _word_sets():
        hints[name] += int(weights[np.asarray(pc.is_in(values, value_set=known))].sum())
    for name, regex in _HINTS:
        hints[name] += int(weights[np.asarray(pc.match_substring_regex(values, regex))].sum())
    blanks = np.asarray(pc.count_substring(values, " "))
    hints["blanks"] += int(np.minimum(blanks, 1) @ weights)
    hints["three_blanks"] += int((blanks >= 3) @ weights)


def closed_list(found: set[str]) -> tuple[str, tuple[str, ...]]:
    """The closed list all of a column's few values belong to (``sex``, ``weekday``, ``boolean``), and its words."""
    known = {word for word in found if word not in words.MISSING} or found
    if len(found) >= 2 and any(found == set(pair) for pair in words.BOOLEANS):
        known = found
    for name, listed in (("sex", words.SEX), ("weekday", words.WEEKDAYS)):
        if len(known) >= 2 and known <= set(listed):
            return name, tuple(word for word in listed if word in known)
    for pair in words.BOOLEANS:
        if known and known <= set(pair):
            return "boolean", pair
    return "", ()
