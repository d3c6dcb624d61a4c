"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import RIGHT, DocumentRecognizer, Need, digits
from pseudonymize.recognizers.shapes import (
    FIRST,
    HIDDEN,
    NUMBER_LEFT,
    SHOWN_OR_HIDDEN,
    beside,
    is_date,
    is_moment,
    label_beside,
    within_code,
)


def luhn_check(number: str) -> bool:
    """Whether a string of digits carries a valid check digit (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


class PaymentCard(DocumentRecognizer):
    """Payment card numbers: Luhn's check digit, or the four groups of four that only cards have, or a label."""

    ENTITY = "CREDIT_CARD"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["카드", "카드번호", "credit card", "card"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("card",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "grouped",
            rf"(?P<v>[2-69]{NUMBER_LEFT}"
            r"[0-9]{3}(?P<s> {0,2}- {0,2}| |\.)[0-9]{4}(?P=s)[0-9]{4}(?P=s)[0-9]{4})" + RIGHT,
            0.7,
        ),
        Pattern("labelled", f"(?P<v>{FIRST}" + r"[0-9]{3}([- .]{1,3})[0-9]{4}\2[0-9]{4}\2[0-9]{3,4})" + RIGHT, 0.9),
        Pattern("amex", rf"(?P<v>3{NUMBER_LEFT}" + r"[47][0-9]{2}([- .]{0,3})[0-9]{6}\2[0-9]{5})" + RIGHT, 0.5),
        Pattern("bare", rf"(?P<v>[2-69]{NUMBER_LEFT}" + r"[0-9]{12,18})" + RIGHT, 0.5),
        Pattern(
            "masked",
            rf"(?P<v>{FIRST}[0-9]{{3}}(?P<s>[- .]{{0,3}})(?=[0-9\- .]{{0,14}}{HIDDEN}{{2}}){SHOWN_OR_HIDDEN}{{4}}(?P=s)"
            rf"{SHOWN_OR_HIDDEN}{{4}}(?P=s){SHOWN_OR_HIDDEN}{{3,4}})(?!{SHOWN_OR_HIDDEN})",
            0.96,
        ),
        Pattern(
            "masked but the end",
            rf"(?P<v>{HIDDEN}(?<!{SHOWN_OR_HIDDEN}.){HIDDEN}{{3}}(?P<s>[- .]{{1,3}}){HIDDEN}{{4}}(?P=s){HIDDEN}{{4}}(?P=s)[0-9]{{4}})(?![0-9])",
            0.8,
        ),
        Pattern(
            "masked amex",
            rf"(?P<v>3{NUMBER_LEFT}[47][0-9]{{2}}([- .]{{1,3}}){HIDDEN}{{6}}\2{SHOWN_OR_HIDDEN}{{5}})(?!{SHOWN_OR_HIDDEN})",
            0.85,
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start, end = match.span("v")
        if name.startswith("masked"):
            return score
        label = document.label_before(start)
        labelled = label == "card" or document.label_after(end) == "card"
        if name == "labelled":
            return score if labelled else 0.0
        if not labelled and _among_numbers(document.text, start, end, match):
            return 0.0
        number = digits(match.group("v"))
        valid = luhn_check(number) and len(set(number)) > 1
        if name == "grouped":
            if valid and _known_network(number):
                return 0.98
            # Four numbers of four digits in a row are also what tables of statistics hold.
            return score if labelled or (match.group("s") != " " and label != "other") else 0.0
        if not valid or (label in ("other", "account") and name == "bare"):
            return 0.0
        # Fifteen or sixteen digits in a row pass Luhn in one of ten cases: networks have known lengths.
        if name == "bare" and not labelled and not (_known_network(number) and len(number) == 16):
            return 0.0
        return 0.95 if labelled else 0.8


def _among_numbers(text: str, start: int, end: int, match: re.Match[str]) -> bool:
    """Whether the digits are part of a code, or groups apart by spaces in a longer row of numbers."""
    if within_code(text, start, end):
        return True
    row = re.compile("[0-9] ").match(text, max(0, start - 2)) or re.compile("[ ,.][0-9]").match(text, end)
    return row is not None and " " in match.group("v") and "-" not in match.group("v")


def _known_network(number: str) -> bool:
    two, four = int(number[:2]), int(number[:4])
    if number[0] == "4":
        return len(number) in (13, 16, 19)
    sixteen = len(number) == 16
    return sixteen and (
        51 <= two <= 55 or 2221 <= four <= 2720 or number[:4] == "6011" or two in (35, 62, 64, 65, 94)
    )


# Groups of digits as Korean banks print account numbers, compiled by hand from usage, not from a published table;
# telephone and registration numbers have none of them.
_SCHEMES = frozenset(
    [
        (3, 3, 6), (3, 2, 6), (3, 6, 5), (6, 2, 6), (4, 2, 7), (3, 4, 4, 2), (4, 3, 6), (3, 6, 2, 3), (3, 2, 6, 1),
        (3, 2, 7), (3, 2, 6, 3), (3, 4, 6, 2), (3, 8, 2), (3, 2, 4, 3), (4, 4, 4, 1), (3, 4, 4, 1), (6, 2, 5, 1),
    ]
)  # fmt: skip
# With a bank's name beside them also these, some of which phones, waybills and parts of other numbers share.
_LABELLED_SCHEMES = _SCHEMES | {
    (4, 4, 4), (4, 2, 6, 1), (2, 2, 6), (3, 6, 3), (5, 2, 6), (3, 4, 4, 3), (3, 2, 2, 7), (4, 3, 7), (3, 3, 7), (4, 2, 6), (3, 2, 5, 1),
    (3, 3, 4, 3), (3, 3, 6, 1), (3, 4, 6), (6, 2, 7), (3, 3, 5), (3, 6, 2), (2, 6, 5), (4, 4, 4, 2), (3, 5, 5),
}  # fmt: skip
_SPACED = "|".join(
    " ".join(f"[0-9]{{{size}}}" for size in (scheme[0] - 1, *scheme[1:]))
    for scheme in sorted(_LABELLED_SCHEMES, key=lambda s: (-sum(s), s))
)
# What "grouped" finds without a label: one of the schemes, digits perhaps hidden.
_SHAPES = "|".join("[- ]+".join(f"{SHOWN_OR_HIDDEN}{{{size}}}" for size in scheme) for scheme in sorted(_SCHEMES))
_NO_AMOUNT = r"(?! ?(?:[억만천백]{1,2} ?)?원)(?![,.][0-9])"


class BankAccount(DocumentRecognizer):
    """Bank account numbers: beside a bank's name or 계좌, or in the groups of a known scheme."""

    ENTITY = "KR_BANK_ACCOUNT"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["계좌", "계좌번호", "은행", "예금주", "입금", "송금"]
    NEEDS: ClassVar[Mapping[str, Need]] = {
        "grouped": Need(("account",), _SHAPES),
        "spaced": Need(("account",)),
        "dotted": Need(("account",)),
        "bare": Need(("account",)),
    }
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "grouped",
            rf"(?P<v>{FIRST}(?<![A-Za-z]-.)[0-9]{{1,11}}(?: ?- ?{SHOWN_OR_HIDDEN}{{1,9}}){{1,4}})(?!{SHOWN_OR_HIDDEN})(?!-[0-9])",
            0.55,
        ),
        Pattern(
            "spaced",
            rf"(?P<v>{FIRST}(?<![0-9] .)(?=[0-9]{{1,5}} [0-9]{{2}})(?:{_SPACED}))(?! ?[-,.]?[0-9]{{4}} )"
            + RIGHT
            + _NO_AMOUNT,
            0.9,
        ),
        Pattern(
            "dotted",
            rf"(?P<v>{FIRST}(?<![0-9]\..)[0-9]{{1,5}}(?:\.{SHOWN_OR_HIDDEN}{{1,9}}){{1,4}})(?!{SHOWN_OR_HIDDEN})(?!\.[0-9])"
            + _NO_AMOUNT,
            0.9,
        ),
        Pattern("bare", f"(?P<v>{FIRST}" + r"[0-9]{9,15})" + RIGHT + _NO_AMOUNT, 0.9),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start, end = match.span("v")
        value = match.group("v")
        groups = tuple(len(group.strip()) for group in re.split("[- .]+", value))
        if not 9 <= sum(groups) <= 16 or _like_phone_or_date(value, groups):
            return 0.0
        labelled = document.label_before(start) == "account" or (
            document.label_after(end) == "account" and beside(document, start) in (None, "account")
        )
        if name == "bare":
            return score if self._named(document, start, end) and not (is_date(value) and is_moment(value)) else 0.0
        if name == "dotted" and (len(groups) == 4 and max(groups) < 4):
            return 0.0  # an IP address
        if name in ("spaced", "dotted"):
            return score if labelled else 0.0
        if labelled:
            return 0.92
        known = (
            groups in _SCHEMES
            and not within_code(document.text, start, end)
            and document.label_before(start) in (None, "phone", "address")
        )
        return score if known else 0.0

    @staticmethod
    def _named(document: Document, start: int, end: int) -> bool:
        """Whether a bare number stands beside a bank or 계좌, not beside 입금 or 송금, behind which amounts stand."""
        if document.label_after(end) == "account":
            return beside(document, start) in (None, "account")
        label = label_beside(document, start)
        if label is None:
            return document.label_before(start, 14) == "account" and "원" not in document.text[end : end + 2]
        word = document.text[label.start : label.end]
        return label.kind == "account" and not word.startswith(("입금", "송금", "이체", "환불"))


def _like_phone_or_date(value: str, groups: tuple[int, ...]) -> bool:
    if value.startswith("0") and groups in (
        (2, 3, 4),
        (2, 4, 4),
        (3, 3, 4),
        (3, 4, 4),
        (4, 3, 4),
        (4, 4, 4),
        (10,),
        (11,),
    ):
        return True
    if groups == (4, 4, 4, 4):
        return True  # a card
    return groups[:3] == (4, 2, 2) and value.startswith(("19", "20"))
