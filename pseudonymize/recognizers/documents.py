"""Driving licences, passports, vehicles, birth dates."""

from __future__ import annotations

import re
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import LEFT, RIGHT, DocumentRecognizer, digits

_REGIONS = r"서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"


class DriverLicence(DocumentRecognizer):
    """Driving licence numbers (운전면허번호): region 11 to 26 or 28 with dashes, or a label.

    A bare run of twelve digits is a time stamp far more often than a licence and needs the label.
    """

    ENTITY = "KR_DRIVER_LICENSE"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["운전면허", "운전면허번호", "면허번호"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("dashed", LEFT + r"(?P<v>(?:1[1-9]|2[0-68]) ?- ?[0-9]{2} ?- ?[0-9]{6} ?- ?[0-9]{2})" + RIGHT, 0.9),
        Pattern("named region", rf"(?P<v>(?:{_REGIONS}) ?[0-9]{{2}} ?-? ?[0-9]{{6}} ?-? ?[0-9]{{2}})" + RIGHT, 0.7),
        Pattern("labelled", LEFT + r"(?P<v>[0-9]{2,6}(?:[- ][0-9]{1,8}){1,6}|[0-9]{12})" + RIGHT, 0.9),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        label = document.label_before(match.start("v"))
        if name == "labelled":
            return score if label == "licence" and 10 <= len(digits(match.group("v"))) <= 15 else 0.0
        if label == "licence":
            return 1.0
        return score if label not in ("other", "account") else 0.0


class Passport(DocumentRecognizer):
    """Korean passport numbers: M12345678 and, since 2021, M123A4567."""

    ENTITY = "KR_PASSPORT"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["여권", "여권번호", "passport"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("current", r"(?<![A-Za-z0-9-])(?P<v>[MSRODG][0-9]{3}[A-Z][0-9]{4})(?![A-Za-z0-9-])", 0.65),
        Pattern("previous", r"(?<![A-Za-z0-9-])(?P<v>[MSROD][0-9]{8})(?![A-Za-z0-9-])", 0.6),
        Pattern(
            "labelled", r"(?<![A-Za-z0-9])(?P<v>[A-Za-z]{1,2}[0-9]{3}[A-Za-z0-9][0-9]{3,4})(?![A-Za-z0-9])", 0.95
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        label = document.label_before(match.start("v"))
        if label == "passport":
            return 0.95
        return score if name != "labelled" and label != "other" else 0.0


_USES = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호육해공국합"
# Syllables that also end ordinary words or count things (12호 3456, 30도 2000) need the compact form.
_ORDINARY = frozenset("호도주구조사자로소다가고서나부수하어모공국해보")


class Vehicle(DocumentRecognizer):
    """Vehicle registration plates: 서울12가3456, 12가 3456, 123가4567."""

    ENTITY = "KR_VEHICLE"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["차량번호", "번호판", "자동차등록번호"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "plate",
            rf"(?P<v>(?P<region>(?<![가-힣])(?:{_REGIONS}) ?|(?<![0-9A-Za-z.,-]))[0-9]{{2,3}}(?P<gap1> ?)"
            rf"(?P<use>[{_USES}])(?P<gap2> ?-?)[0-9]{{4}})(?![0-9~-]|[.,][0-9])(?! ?[억만천원년월명개건회시점])",
            0.85,
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        if document.labelled("vehicle", *match.span("v"), window=20):
            return 0.95
        if match.group("region"):
            return score
        if match.group("gap1"):
            return 0.0
        if match.group("gap2") and match.group("use") in _ORDINARY:
            # "12가 3456" is how plates are written; "12호 3456" is not.
            return 0.6 if match.group("use") in "가나다자" else 0.0
        return score


_YEAR = r"(?:19|20)[0-9]{2}"
_DAY = (
    rf"(?:{_YEAR}|'?[0-9]{{2}}) ?(?:년|[-./]) ?(?:0?[1-9]|1[0-2]) ?(?:월|[-./]) ?(?:0?[1-9]|[12][0-9]|3[01])(?:일|\.)?"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
)
_MONTH_NAME = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"


class BirthDate(DocumentRecognizer):
    """Dates of birth, told by a label (생년월일) or by what follows (1990년 1월 1일생); other dates stay."""

    ENTITY = "DATE_TIME"
    CONTEXT: ClassVar[list[str]] = ["생년월일", "생일", "date of birth"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("labelled", rf"(?<![0-9-])(?P<v>{_DAY})(?![0-9])(?!-[0-9])", 0.9),
        Pattern("labelled", rf"(?<![0-9-])(?P<v>{_YEAR}년(?: ?[0-9]{{1,2}}월)?)(?! ?[0-9])", 0.7),
        Pattern(
            "labelled",
            rf"\b(?P<v>{_MONTH_NAME} [0-9]{{1,2}},? {_YEAR}|[0-9]{{1,2}} {_MONTH_NAME},? {_YEAR})\b",
            0.9,
        ),
        Pattern("labelled", r"(?<![0-9/])(?P<v>[0-9]{1,2}/[0-9]{1,2}/(?:19|20)[0-9]{2})(?![0-9/])", 0.9),
        Pattern("born", rf"(?<![0-9-])(?P<v>{_DAY}) ?생(?:인|이[고며다]|으로|은|의)?(?![가-힣])", 0.85),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        if name == "born":
            return score
        return score if document.labelled("birth", *match.span("v"), window=12) else 0.0
