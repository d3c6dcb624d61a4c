"""The type of a column and how its text becomes values, from counts alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pseudonymize.columns import moments
from pseudonymize.columns.headers import HeaderHint
from pseudonymize.columns.model import ColumnProfile, Kind, Reason

ColumnType = Literal["text", "integer", "decimal", "date", "datetime", "boolean"]
MOST, NUMERIC = 0.9, 0.85
"""Share of values that must fit a form of date, or be numbers, before a column is read as such."""
COMPACT_MOST = 0.97
_TIME_KINDS = frozenset({Kind.DATE, Kind.DATETIME, Kind.BIRTH, Kind.TIME, Kind.YEAR, Kind.MONTH})
_NUMBER_WORDS = frozenset({"X", "x", "O", "o"})
_NOTHING = frozenset({"n/a", "na", "null", "none", "nan", "nil"})


@dataclass(slots=True)
class Reading:
    """How the text of a column is read.

    Attributes:
        type: its type.
        parse: fields of the policy's ``parse`` that differ from their default.
        reasons: what was counted.
        warnings: what does not fit.
    """

    type: ColumnType = "text"
    parse: dict[str, Any] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)


def percent(share: float) -> str:
    """A share for people: no share that is not whole is rounded to 0 or 100 %."""
    text = f"{share:.1%}"
    if text == "100.0%":
        return "100%" if share >= 1 else "99.9%"
    return ("0%" if share <= 0 else "<0.1%") if text == "0.0%" else text


def read_type(profile: ColumnProfile, hint: HeaderHint) -> Reading:
    """The type the values of a column have, whatever they mean."""
    reading = Reading()
    if profile.filled == 0:
        return reading
    if profile.closed == "boolean" and _is_boolean(profile, hint):
        return _boolean(profile)
    base = _base(profile)
    if base <= 0:
        return reading
    if _dates(profile, hint, reading, base) or _numbers(profile, reading, base):
        _missing_words(profile, reading)
    else:
        _missing_words(profile, reading, text=True)
    if damaged := profile.counts["excel_damaged"]:
        _damaged(profile, reading, damaged)
    return reading


def _base(profile: ColumnProfile, *, text: bool = False) -> int:
    """Values that are no word for "missing"."""
    words = sum(n for word, n in profile.missing_words.items() if not (text and word in _NUMBER_WORDS))
    return profile.filled - words


def _is_boolean(profile: ColumnProfile, hint: HeaderHint) -> bool:
    if set(profile.closed_words) != {"1", "0"}:
        return True
    return hint.kind in (Kind.BOOLEAN, None) and (hint.kind is Kind.BOOLEAN or profile.distinct == 2)


def _boolean(profile: ColumnProfile) -> Reading:
    true, false = profile.closed_words
    reading = Reading("boolean")
    known_true = ("true", "True", "TRUE", "1", "Y", "y", "예")
    known_false = ("false", "False", "FALSE", "0", "N", "n", "아니오")
    if true not in known_true or false not in known_false:
        reading.parse = {"true_values": [true], "false_values": [false]}
    reading.reasons.append(Reason("값이 모두 참·거짓을 뜻하는 말", "all values are a word for true or for false"))
    missing = [w for w in profile.missing_words if w not in (true, false)]
    if missing:
        reading.parse["null_values"] = sorted(missing)
    return reading


def _dates(profile: ColumnProfile, hint: HeaderHint, reading: Reading, base: int) -> bool:
    """Read the column as dates, if nearly all values are."""
    chosen: dict[str, int] = {}
    for group, rows in profile.form_groups.items():
        form = max(group, key=lambda f: (profile.forms[f], -group.index(f)))
        if profile.forms[form] and rows:
            chosen[form] = chosen.get(form, 0) + min(rows, profile.forms[form])
    chosen = {form: rows for form, rows in chosen.items() if rows}
    if not chosen:
        return False
    compact = sum(rows for form, rows in chosen.items() if form in moments.COMPACT)
    total = sum(chosen.values())
    expected = hint.kind in _TIME_KINDS or hint.kind is None
    if compact > total / 2:
        if total < COMPACT_MOST * base or not _compact_date(chosen, profile, hint):
            return False
    elif total < MOST * base and not (hint.kind in _TIME_KINDS and total >= 0.6 * base):
        return False
    if not expected and hint.kind in (Kind.PHONE, Kind.ACCOUNT) and compact:
        return False
    forms = sorted(chosen, key=lambda form: (-chosen[form], form))
    forms = _distinct_forms(forms)
    timed = any(moments.has_time(form) for form in forms)
    reading.type = "datetime" if timed else "date"
    if forms != ["%Y-%m-%d"] or timed:
        reading.parse["dates"] = forms
    if timed and profile.counts["hour_24"]:
        reading.parse["hour_24"] = True
    share = percent(total / base)
    listed = ", ".join(forms)
    reading.reasons.append(
        Reason(f"날짜 형식 {listed}: 값의 {share}", f"forms of date {listed}: {share} of values")
    )
    if total < base:
        reading.warnings.append(_unfit(base - total, "날짜가 아닌 값", "values that are no date of these forms"))
    widths = {shape for shape in profile.shapes if shape in ("0000.0", "0000.00")}
    if "%Y.%m" in forms and "0000.0" in widths:
        reading.warnings.append(
            Reason(
                "월이 한 자리인 값이 있음: 엑셀이 10월(.10)을 .1로 줄였을 수 있음",
                "months of one digit: Excel may have cut October (.10) to .1",
            )
        )
    if any(form.startswith("%y") for form in forms):
        reading.warnings.append(
            Reason("연도가 두 자리임(69 미만은 20xx)", "years of two digits (below 69 is 20xx)")
        )
    return True


def _distinct_forms(forms: list[str]) -> list[str]:
    """The forms, without one that another reads as well."""
    return list(dict.fromkeys(forms))


def _compact_date(chosen: dict[str, int], profile: ColumnProfile, hint: HeaderHint) -> bool:
    """Whether plain numbers are dates: by their header, or because chance would not fill a form so well."""
    form = max(chosen, key=lambda f: chosen[f])
    rows = sum(chosen.values())
    if hint.kind in (Kind.DATE, Kind.DATETIME, Kind.BIRTH, Kind.YEAR, Kind.MONTH):
        return True
    if form == "%y%m%d":
        return False
    if hint.kind in (Kind.AMOUNT, Kind.COUNT, Kind.MEASURE, Kind.RATIO, Kind.COORDINATE, Kind.CODE, Kind.POSTAL):
        return form == "%Y%m%d" and rows >= 50 and hint.kind is not Kind.AMOUNT
    if hint.kind in (Kind.RECORD, Kind.SERIAL) and profile.uniqueness > 0.98:
        return False
    return rows >= (5 if form not in ("%Y%m", "%Y.%m") else 12)


def _numbers(profile: ColumnProfile, reading: Reading, base: int) -> bool:
    counts = profile.counts
    whole = counts["integer"]
    grouped = counts["grouped"]
    decimal = counts["decimal"]
    numeric = whole + grouped + decimal + counts["science"] - 0
    if numeric < NUMERIC * base:
        return False
    rest = base - numeric
    mixed = counts["letters_and_digits"] + counts["unit"]
    if rest and mixed > rest / 2 and counts["excel_damaged"] == 0:
        return False
    if counts["leading_zero"] > max(1, 0.001 * base) and whole > decimal:
        share = percent(counts["leading_zero"] / base)
        reading.reasons.append(
            Reason(f"0으로 시작하는 번호가 {share}: 글자로 둠", f"{share} begin with 0: kept as text")
        )
        return False
    if (profile.numbers.rows and profile.numbers.high >= 1e15) or (profile.longest > 18 and not decimal):
        reading.reasons.append(
            Reason("15자리가 넘는 번호: 글자로 둠", "numbers of more than 15 digits: kept as text")
        )
        return False
    if counts["excel_damaged"] >= 0.2 * base:
        return False
    real = decimal - counts["whole"]
    if real > 0 or counts["science"] > 0:
        reading.type = "decimal"
    else:
        reading.type = "integer"
        if counts["whole"]:
            reading.parse["whole_decimals"] = True
            reading.reasons.append(Reason("정수가 35.0처럼 적혀 있음", "whole numbers are written like 35.0"))
    if grouped:
        reading.parse["thousands"] = True
        share = percent(grouped / base)
        reading.reasons.append(Reason(f"천 단위 쉼표가 {share}", f"{share} have thousands separators"))
    kind = Reason(f"숫자가 값의 {percent(numeric / base)}", f"{percent(numeric / base)} of values are numbers")
    reading.reasons.append(kind)
    if rest > 0:
        reading.warnings.append(_unfit(rest, "숫자가 아닌 값", "values that are no number"))
    return True


def _unfit(rows: int, ko: str, en: str) -> Reason:
    return Reason(
        f"{ko} {rows:,}개: null_values에 적거나, 그대로 두면 그 행은 격리됨",
        f"{rows:,} {en}: name them in null_values, or these rows are set aside",
    )


def _missing_words(profile: ColumnProfile, reading: Reading, *, text: bool = False) -> None:
    """Declare the words for "missing" that occur."""
    found = [w for w, rows in profile.missing_words.items() if rows and not (text and not _is_mark(w))]
    if not found or (text and sum(profile.missing_words[w] for w in found) > 0.98 * profile.filled):
        return
    rows = sum(profile.missing_words[word] for word in found)
    reading.parse["null_values"] = sorted(found)
    share = percent(rows / profile.filled)
    reading.reasons.append(Reason(f"'없음'을 뜻하는 말이 {share}", f"{share} are words for missing"))


def _is_mark(word: str) -> bool:
    """Whether a word says "missing" in any column; 없음 or 불명 may be a category like others."""
    return word not in _NUMBER_WORDS and (not word[0].isalpha() or word.lower() in _NOTHING)


def _damaged(profile: ColumnProfile, reading: Reading, damaged: int) -> None:
    share = percent(damaged / profile.filled)
    if reading.type == "decimal" and damaged < 0.2 * profile.filled:
        return
    most = damaged >= 0.2 * profile.filled
    if reading.type != "integer" or most:
        reading.type = "text"
        reading.parse = {k: v for k, v in reading.parse.items() if k == "null_values"}
    if most:
        reading.parse["excel_damaged"] = "null"
    reading.warnings.append(
        Reason(
            f"엑셀이 4.73E+17 꼴로 망가뜨린 번호 {share}: 자릿수를 되살릴 수 없으니 글자로 다시 받으십시오",
            f"{share} damaged by Excel (4.73E+17): digits are lost, ask for the file with this column as text",
        )
    )
