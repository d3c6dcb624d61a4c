"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import LEFT, RIGHT, DocumentRecognizer, digits


def luhn_check(number: str) -> bool:
    """Whether a string of digits carries a valid check digit (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


class PaymentCard(DocumentRecognizer):
    """Payment card numbers: Luhn's check digit, or the four groups of four that only cards have, or a label."""

    ENTITY = "CREDIT_CARD"
    CONTEXT: ClassVar[list[str]] = ["카드", "카드번호", "credit card", "card"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("grouped", LEFT + r"(?P<v>[2-69][0-9]{3}([- .])[0-9]{4}\2[0-9]{4}\2[0-9]{4})" + RIGHT, 0.7),
        Pattern("labelled", LEFT + r"(?P<v>[0-9]{4}([- .]{1,3})[0-9]{4}\2[0-9]{4}\2[0-9]{3,4})" + RIGHT, 0.9),
        Pattern("amex", LEFT + r"(?P<v>3[47][0-9]{2}[- .]?[0-9]{6}[- .]?[0-9]{5})" + RIGHT, 0.5),
        Pattern("bare", LEFT + r"(?P<v>[2-69][0-9]{12,18})" + RIGHT, 0.5),
        Pattern(
            "masked",
            LEFT
            + r"(?P<v>[0-9]{4}[- .]?[0-9*xX●○#]{4}[- .]?(?=[*xX●○#]{2})[*xX●○#]{3,4}[- .]?[0-9*xX●○#]{4})(?![0-9*])",
            0.85,
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start, end = match.span("v")
        if name == "masked":
            return score
        label = document.label_before(start)
        if name == "labelled":
            return score if label == "card" or document.label_after(end) == "card" else 0.0
        number = digits(match.group("v"))
        valid = luhn_check(number) and len(set(number)) > 1
        if name == "grouped":
            return 0.98 if valid else score
        if not valid or (label in ("other", "account") and name == "bare"):
            return 0.0
        # Fifteen or sixteen digits in a row pass Luhn in one of ten cases: networks have known lengths.
        if name == "bare" and label != "card" and not _known_network(number):
            return 0.0
        return 0.95 if label == "card" else 0.8


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


class BankAccount(DocumentRecognizer):
    """Bank account numbers: beside a bank's name or 계좌, or in the groups of a known scheme."""

    ENTITY = "KR_BANK_ACCOUNT"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["계좌", "계좌번호", "은행", "예금주", "입금", "송금"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("grouped", LEFT + r"(?P<v>[0-9]{2,6}(?:[- ][0-9*]{1,8}){1,4})(?![0-9])(?!-[0-9])", 0.55),
        Pattern("bare", LEFT + r"(?P<v>[0-9]{10,16})" + RIGHT, 0.9),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start, end = match.span("v")
        value = match.group("v")
        length = len(value) - value.count("-") - value.count(" ")
        if not 9 <= length <= 16:
            return 0.0
        labelled = document.labelled("account", start, end)
        if name == "bare":
            return score if labelled and not value.startswith(("010", "20")) else 0.0
        groups = tuple(len(group) for group in re.split("[- ]", value))
        if labelled:
            if value.startswith("01") and groups in ((3, 4, 4), (3, 3, 4)):
                return 0.0
            return 0.92 if "-" in value or length >= 10 else 0.0
        known = (
            groups in _SCHEMES and " " not in value and document.label_before(start) in (None, "phone", "address")
        )
        return score if known else 0.0
