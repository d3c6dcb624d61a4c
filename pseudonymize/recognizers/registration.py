"""Registration numbers of people and companies: RRN, FRN, BRN, corporate registration."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import RIGHT, DocumentRecognizer, Need, digits
from pseudonymize.recognizers.shapes import DASH, FIRST, HIDDEN, HIDDEN_SIGNS, beside, within_code

_HIDDEN = f"[0-9{HIDDEN_SIGNS}?_]"
_RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BRN_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3)
_LAST_BIRTH_YEAR = 2035  # a constant: answers must not depend on the day they are given
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


# First digits of bar codes on goods in Korea: its own, books, Japan, China (GS1).
_GOODS = ("880", "978", "979", "45", "49", "69")


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
        if name.startswith("labelled"):
            return score if label == self.LABEL else 0.0
        if name.startswith("masked"):
            return score if document.label_before(start, _NEAR) != "other" else 0.0
        if name.startswith("first half"):
            return score if label != "other" else 0.0
        number = digits(value)
        if not person_number_date(number):
            return 0.0
        if label in ("rrn", "frn"):
            return 1.0
        said = beside(document, start) if label in ("corp", "account", "other", "health") else None
        if said is not None and value.isdigit():
            return 0.0
        if person_number_check(number) and label != "corp":
            return 1.0
        if said in ("other", "health"):
            # 접수번호 240131-1234567 begins with a day of these years, and so do few people's numbers.
            return 0.0 if "10" <= number[:2] <= "35" else 0.8
        if said is not None:
            # Shaped alike by accident: 110111-1... is how the corporate numbers of Seoul begin.
            return 0.0
        if not value.isdigit():
            return score
        return 0.0 if within_code(document.text, start, match.end("v")) else self._bare(number)

    @staticmethod
    def _bare(number: str) -> float:
        # 13 digits in a row without a check digit may be a time stamp in milliseconds (2001 to 2033
        # begin with 10 to 19) or a bar code.
        if "10" <= number[:2] <= "19" or (number.startswith(_GOODS) and _ean13(number)):
            return 0.0
        return 0.6


_DATE = FIRST + r"[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_DOTTED = FIRST + r"[0-9][. /](?:0[1-9]|1[0-2])[. /](?:0[1-9]|[12][0-9]|3[01])"
_SEPARATOR = r"(?: {0,2}[-./~·:_|]? {0,2}| ?- ?\r?\n ?|\t-?\t?)"
_END = f"(?![0-9{HIDDEN_SIGNS}])"


def _person_patterns(century: str) -> list[Pattern]:
    spaced = FIRST + r" (?:[0-9] ){4}[0-9] {0,2}-? {0,2}" + century + r"(?: [0-9]){6}"
    return [
        Pattern("full", f"(?P<v>{_DATE}{_SEPARATOR}{century}[0-9]{{6}})" + RIGHT, 0.95),
        Pattern("dotted", f"(?P<v>{_DOTTED}{_SEPARATOR}{century}[0-9]{{6}})" + RIGHT, 0.95),
        Pattern("spaced", f"(?P<v>{spaced})" + RIGHT, 0.85),
        Pattern(
            "masked",
            f"(?P<v>{_DATE}{_SEPARATOR}{century}(?=[0-9]{{0,5}}[^0-9 ]){_HIDDEN}{{6}}){_END}",
            0.95,
        ),
        Pattern("masked unevenly", f"(?P<v>{_DATE} ?- ?{century}{HIDDEN}{{3,8}}){_END}", 0.9),
        Pattern(
            "masked within the date",
            f"(?P<v>{FIRST}(?=[0-9]{{0,4}}{HIDDEN})[0-9{HIDDEN_SIGNS}]{{5}} ?- ?{century}{_HIDDEN}{{6}}){_END}",
            0.85,
        ),
    ]


class ResidentNumber(_PersonNumber):
    """Resident registration numbers (주민등록번호), also spaced, dotted, half masked, and without check digit.

    Numbers issued since October 2020 end in six random digits (주민등록법 시행규칙 제2조, as amended in 2020).
    """

    ENTITY = "KR_RRN"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    LABEL = "rrn"
    CONTEXT: ClassVar[list[str]] = ["주민등록번호", "주민번호", "RRN"]
    NEEDS: ClassVar[Mapping[str, Need]] = {
        name: Need(("rrn",))
        for name in ("labelled", "labelled first half", "labelled date half", "labelled second half")
    }
    PATTERNS: ClassVar[list[Pattern]] = [
        *_person_patterns("[1-4]"),
        Pattern("masked sex", f"(?P<v>{_DATE}(?: {{0,2}}[-~] {{0,2}})(?=[^0-9 ]){_HIDDEN}{{7}}){_END}", 0.9),
        Pattern(
            "masked date",
            f"(?P<v>{HIDDEN}(?<![0-9{HIDDEN_SIGNS}A-Za-z].){HIDDEN}{{5}} {{0,2}}- {{0,2}}[1-4][0-9]{{6}}){_END}",
            0.85,
        ),
        Pattern("labelled", f"(?P<v>{FIRST}[0-9]{{5}}[- ]{{0,3}}{_HIDDEN}{{7}})" + RIGHT, 0.85),
        Pattern("first half and sex", rf"(?P<v>{_DATE} ?- ?[1-4])(?= ?[,/(·]? ?[남여](?![가-힣]))", 0.7),
        Pattern("first half in brackets", rf"(?P<v>{_DATE}(?<=[가-힣]\([0-9]{{6}}) ?- ?[1-4])(?=\))", 0.7),
        Pattern("labelled first half", f"(?P<v>{_DATE}[- ]{{1,3}}[1-4])" + RIGHT, 0.8),
        Pattern("labelled date half", f"앞 ?(?:자리|번호)[:은는가 ]{{0,3}}(?P<v>{_DATE})" + RIGHT, 0.8),
        Pattern("labelled second half", r"뒷 ?(?:자리|번호)[:은는 ]{1,3}(?P<v>[1-4][0-9]{6})" + RIGHT, 0.85),
    ]


class ForeignerNumber(_PersonNumber):
    """Foreigner registration numbers (외국인등록번호)."""

    ENTITY = "KR_FRN"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    LABEL = "frn"
    CONTEXT: ClassVar[list[str]] = ["외국인등록번호", "외국인번호", "거소신고번호", "FRN"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("frn",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        *_person_patterns("[5-8]"),
        Pattern("labelled", f"(?P<v>{FIRST}[0-9]{{5}}[- ]{{0,3}}{_HIDDEN}{{7}})" + RIGHT, 0.96),
    ]


class BusinessNumber(DocumentRecognizer):
    """Business registration numbers (사업자등록번호): the check digit *and* the format, or a label."""

    ENTITY = "KR_BRN"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["사업자등록번호", "사업자번호", "BRN"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("brn",)), "masked": Need(("brn",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("dashed", rf"(?P<v>{FIRST}[0-9]{{2}}{DASH}[0-9]{{2}}{DASH}[0-9]{{5}})" + RIGHT, 0.75),
        Pattern("labelled", f"(?P<v>{FIRST}" + r"[0-9]{2}[ .]?[0-9]{2}[ .]?[0-9]{5})" + RIGHT, 0.85),
        Pattern(
            "masked", rf"(?P<v>{FIRST}[0-9]{{2}}{DASH}[0-9]{{2}}{DASH}[0-9]{{0,4}}{HIDDEN}{{1,5}}){_END}", 0.85
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start, end = match.span("v")
        if name == "masked":
            return score if document.labelled("brn", start, end) else 0.0
        checked = business_number_check(digits(match.group("v")))
        if document.labelled("brn", start, end):
            return 1.0 if checked else 0.85
        if name == "labelled" or not checked:
            return 0.0
        return score if document.label_before(start) not in ("other", "account") else 0.0


class CorporateNumber(DocumentRecognizer):
    """Corporate registration numbers (법인등록번호): office and legal form with a check digit, or a label."""

    ENTITY = "KR_CORP_REG"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["법인등록번호", "법인번호"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("number", f"(?P<v>{FIRST}" + r"[0-9]{5} {0,2}[-.]? {0,2}[0-9]{7}(?:-[0-9])?)" + RIGHT, 0.6),
    ]
    _FORMS = frozenset(["11", "12", "13", "14", "15", "21", "22", "31", "32", "41", "42", "71"])

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        value = match.group("v")
        label = document.label_before(match.start("v"))
        if label == "corp":
            return 0.97
        if (label is not None and label not in ("brn", "address", "phone")) or "-" not in value:
            return 0.0
        number = digits(value)
        if not corporate_number_check(number):
            return 0.0
        # Registry of Seoul and kin: 4 digits of the office, 2 of the legal form (11: stock company, ...).
        known = "11" <= number[:2] <= "22" and number[4:6] in self._FORMS
        born = person_number_date(number) and number[6] not in "90"
        if known and not (born and person_number_check(number)):
            return 0.96
        return score if 11 <= int(number[4:6]) <= 71 else 0.0
