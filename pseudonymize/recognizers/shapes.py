"""What number recognizers share: hidden characters, dashes, time stamps, and labels that stand right beside a value."""

from __future__ import annotations

import re
from bisect import bisect_right

from pseudonymize.document.document import Document
from pseudonymize.document.labels import Label

HIDDEN_SIGNS = r"*xX●○•■□#◯∗"
HIDDEN = f"[{HIDDEN_SIGNS}]"
SHOWN_OR_HIDDEN = f"[0-9{HIDDEN_SIGNS}]"
DASH = r" {0,2}-[ \n]{0,2}"
"""A dash with the spaces people type around it, or at the end of a line."""

REGIONS = r"서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"

# `re` skips fast to the first character of a pattern only when the pattern begins with a class, so what must
# not stand before a number is looked at from behind its first character.
NUMBER_LEFT = r"(?<![0-9].)(?<![0-9]-.)"
FIRST = "[0-9]" + NUMBER_LEFT
"""The first digit of a number: no digit stands before it, nor a digit and a dash."""

_DATE8 = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DATE6 = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){0,2}[0-9]{0,6}")
# Between a label and its value stand signs, tags of a table, particles and words such as 번호, and nothing else.
_SIGNS = r"[^0-9A-Za-z가-힣*●○]{0,12}(?:[12](?=[종급]))?"
_BESIDE = re.compile(
    rf"{_SIGNS}(?:(?:</?[a-z]{{1,5}}>|\([가-힣A-Za-z ]{{1,8}}\)|번호|증서|증|no|id|보통|대형|소형|종|급|number|is|was|은|는|이|가|인|을|를|로|란|만)"
    rf"{_SIGNS}){{0,4}}",
    re.IGNORECASE,
)
_REACH = 30


def is_moment(number: str) -> bool:
    """Whether a run of digits reads as a date with a time of day (20240131123456, 202401311234, 240131123456)."""
    if _DATE8.match(number) and _CLOCK.fullmatch(number, 8):
        return True
    return len(number) == 12 and _DATE6.match(number) is not None and _CLOCK.fullmatch(number, 6) is not None


def is_date(number: str) -> bool:
    """Whether a run of digits begins with a date of eight digits (20240131...)."""
    return _DATE8.match(number) is not None


def within_code(text: str, start: int, end: int) -> bool:
    """Whether digits stand inside a hash, a UUID or another code of digits and letters (7c0109799386d4)."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return _mixed(before[::-1]) or _mixed(after)


def _mixed(pair: str) -> bool:
    return len(pair) == 2 and pair.isascii() and pair[0].isalpha() and pair[1].isdigit()


def label_beside(document: Document, start: int, reach: int = _REACH) -> Label | None:
    """The label before ``start`` if only signs, particles and 번호 stand between.

    A bare number that looks like many things is what its label says; a label with other words between
    speaks of something else (운전면허 갱신 안내 202401311234).
    """
    at = bisect_right(document.labels, start, key=lambda label: label.end) - 1
    if at < 0:
        return None
    label = document.labels[at]
    near = start - label.end <= reach and _BESIDE.fullmatch(document.text, label.end, start) is not None
    return label if near else None


def beside(document: Document, start: int) -> str | None:
    """Kind of the label right beside a value, see :func:`label_beside`."""
    label = label_beside(document, start)
    return label.kind if label is not None else None
