"""Registration numbers of people and companies: RRN, FRN, BRN, corporate registration."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import LEFT, RIGHT, DocumentRecognizer, digits

_HIDDEN = r"[0-9*xX●○•■□#?_◯]"
_RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BRN_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3)
_LAST_BIRTH_YEAR = 2050
_NEAR = 4


def person_number_date(number: str) -> bool:
    """Whether the first seven digits hold a possible birth date and century digit.

    Args:
        number: At least seven digits, YYMMDD and the digit of century and sex (1, 2, 5, 6: 1900s;
            3, 4, 7, 8: 2000s; 9, 0: 1800s; as Presidio's KrRrnRecognizer and KrFrnRecognizer document).
    """
    century = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}.get(number[6], 2000)
    year, month, day = century + int(number[:2]), int(number[2:4]), int(number[4:6])
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] and year <= _LAST_BIRTH_YEAR


def person_number_check(number: str) -> bool:
    """Whether 13 digits carry the check digit of an RRN (11 - s mod 11) or, from digit 5 to 8, an FRN (13 - s mod 11).

    Numbers issued since October 2020 are random and carry none.
    """
    total = sum(int(digit) * weight for digit, weight in zip(number, _RRN_WEIGHTS, strict=False))
    base = 13 if number[6] in "5678" else 11
    return (base - total % 11) % 10 == int(number[12])


def business_number_check(number: str) -> bool:
    """Whether ten digits carry the check digit of a business registration number (National Tax Service)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _BRN_WEIGHTS, strict=False))
    last = int(number[8]) * 5
    return (10 - (total + last // 10 + last) % 10) % 10 == int(number[9])


def corporate_number_check(number: str) -> bool:
    """Whether 13 digits carry the check digit of a corporate registration number (weights 1, 2, 1, 2, ...)."""
    total = sum(int(digit) * (1 + index % 2) for index, digit in enumerate(number[:12]))
    return (10 - total % 10) % 10 == int(number[12])


def _ean13(number: str) -> bool:
    total = sum(int(digit) * (1 + 2 * (index % 2)) for index, digit in enumerate(number[:12]))
    return (10 - total % 10) % 10 == int(number[12])


class _PersonNumber(DocumentRecognizer):
    """RRN and FRN: one shape, told apart by the century digit."""

    LABEL: ClassVar[str]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        value = match.group("v")
        start = match.start("v")
        label = document.label_before(start)
        if name == "labelled":
            return score if label == self.LABEL else 0.0
        if name.startswith("masked"):
            return score if document.label_before(start, _NEAR) != "other" else 0.0
        number = digits(value)
        if not person_number_date(number):
            return 0.0
        if label in ("rrn", "frn"):
            return 1.0
        if person_number_check(number) and label != "corp":
            return 1.0
        if label in ("corp", "account", "other") and document.label_before(start, _NEAR) == label:
            # Shaped alike by accident: 110111-1... is how the corporate numbers of Seoul begin.
            return 0.0
        return self._bare(number) if value.isdigit() else score

    @staticmethod
    def _bare(number: str) -> float:
        # 13 digits in a row without a check digit may be a time stamp in milliseconds (2014 to 2033
        # begin with 14 to 19) or a bar code.
        if "14" <= number[:2] <= "19" or _ean13(number):
            return 0.0
        return 0.6


_DATE = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_DOTTED = r"[0-9]{2}[. /](?:0[1-9]|1[0-2])[. /](?:0[1-9]|[12][0-9]|3[01])"
_SEPARATOR = r" {0,2}[-./~·:_]? {0,2}"


def _person_patterns(century: str) -> list[Pattern]:
    spaced = r"(?:[0-9] ){5}[0-9] {0,2}-? {0,2}" + century + r"(?: [0-9]){6}"
    return [
        Pattern("full", LEFT + f"(?P<v>{_DATE}{_SEPARATOR}{century}[0-9]{{6}})" + RIGHT, 0.95),
        Pattern("dotted", LEFT + f"(?P<v>{_DOTTED}{_SEPARATOR}{century}[0-9]{{6}})" + RIGHT, 0.95),
        Pattern("spaced", LEFT + f"(?P<v>{spaced})" + RIGHT, 0.85),
        Pattern(
            "masked",
            LEFT + f"(?P<v>{_DATE} ?[-.~]? ?{century}(?=[0-9]{{0,5}}[^0-9 ]){_HIDDEN}{{6}})(?![0-9*])",
            0.95,
        ),
        Pattern("masked unevenly", LEFT + f"(?P<v>{_DATE}-{century}[*xX●○]{{3,8}})(?![0-9*xX●○])", 0.9),
    ]


class ResidentNumber(_PersonNumber):
    """Resident registration numbers (주민등록번호), also spaced, dotted, half masked, and without check digit."""

    ENTITY = "KR_RRN"
    COUNTRY_CODE = "kr"
    LABEL = "rrn"
    CONTEXT: ClassVar[list[str]] = ["주민등록번호", "주민번호", "RRN"]
    PATTERNS: ClassVar[list[Pattern]] = [
        *_person_patterns("[1-4]"),
        Pattern("masked sex", LEFT + f"(?P<v>{_DATE} ?[-~] ?(?=[^0-9 ]){_HIDDEN}{{7}})(?![0-9*])", 0.9),
        Pattern("masked date", LEFT + r"(?<![*●○])(?P<v>[*xX●○]{6}-[1-4][0-9]{6})(?![0-9*])", 0.85),
        Pattern("labelled", LEFT + f"(?P<v>[0-9]{{6}}[- ]{{0,3}}{_HIDDEN}{{7}})" + RIGHT, 0.85),
        Pattern("labelled", LEFT + f"(?P<v>{_DATE}[- ]{{1,3}}[1-4])" + RIGHT, 0.8),
    ]


class ForeignerNumber(_PersonNumber):
    """Foreigner registration numbers (외국인등록번호)."""

    ENTITY = "KR_FRN"
    COUNTRY_CODE = "kr"
    LABEL = "frn"
    CONTEXT: ClassVar[list[str]] = ["외국인등록번호", "외국인번호", "거소신고번호", "FRN"]
    PATTERNS: ClassVar[list[Pattern]] = [
        *_person_patterns("[5-8]"),
        Pattern("labelled", LEFT + f"(?P<v>[0-9]{{6}}[- ]{{0,3}}{_HIDDEN}{{7}})" + RIGHT, 0.96),
    ]


class BusinessNumber(DocumentRecognizer):
    """Business registration numbers (사업자등록번호): the check digit *and* the format, or a label."""

    ENTITY = "KR_BRN"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["사업자등록번호", "사업자번호", "BRN"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("dashed", LEFT + r"(?P<v>[0-9]{3} ?- ?[0-9]{2} ?- ?[0-9]{5})" + RIGHT, 0.75),
        Pattern("labelled", LEFT + r"(?P<v>[0-9]{3}[ .]?[0-9]{2}[ .]?[0-9]{5})" + RIGHT, 0.85),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start, end = match.span("v")
        checked = business_number_check(digits(match.group("v")))
        if document.labelled("brn", start, end):
            return 1.0 if checked else 0.85
        if name == "labelled" or not checked:
            return 0.0
        return score if document.label_before(start) not in ("other", "account") else 0.0


class CorporateNumber(DocumentRecognizer):
    """Corporate registration numbers (법인등록번호)."""

    ENTITY = "KR_CORP_REG"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["법인등록번호", "법인번호"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("number", LEFT + r"(?P<v>[0-9]{6} ?-? ?[0-9]{7}(?:-[0-9])?)" + RIGHT, 0.6),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        value = match.group("v")
        label = document.label_before(match.start("v"))
        if label == "corp":
            return 0.97
        # Registry of Seoul and kin: 4 digits of the office, 2 of the legal form (11: stock company, ...).
        plausible = "-" in value and 11 <= int(value[4:6]) <= 71 and corporate_number_check(digits(value))
        return score if plausible and label is None else 0.0
