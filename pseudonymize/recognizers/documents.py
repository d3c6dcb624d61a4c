"""Driving licences, passports, health insurance cards, vehicles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import RIGHT, DocumentRecognizer, Need, digits
from pseudonymize.recognizers.shapes import (
    DASH,
    FIRST,
    HIDDEN,
    HIDDEN_SIGNS,
    NUMBER_LEFT,
    REGIONS,
    SHOWN_OR_HIDDEN,
    beside,
    is_moment,
    label_beside,
)

_END = f"(?!{SHOWN_OR_HIDDEN})(?!-[0-9])"


_DASHED_DATE = re.compile(r"(?:19|20)[0-9]{2} ?- ?(?:0[1-9]|1[0-2]) ?- ?[0-3][0-9]")


class DriverLicence(DocumentRecognizer):
    """Driving licence numbers (운전면허번호): region 11 to 26 or 28 with dashes, or a label.

    Regions as the Road Traffic Authority (한국도로교통공단) numbers its offices. A bare run of twelve digits is a time
    stamp far more often than a licence: it needs the label right beside it, and must not read as a time.
    """

    ENTITY = "KR_DRIVER_LICENSE"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["운전면허", "운전면허번호", "면허번호"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("licence",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "dashed",
            rf"(?P<v>[12]{NUMBER_LEFT}(?:(?<=1)[1-9]|(?<=2)[0-68]){DASH}[0-9]{{2}}{DASH}{SHOWN_OR_HIDDEN}{{6}}{DASH}{SHOWN_OR_HIDDEN}{{2}})"
            + _END,
            0.9,
        ),
        Pattern(
            "named region",
            rf"(?P<v>(?:{REGIONS})(?: ?[-(]? ?(?:1[1-9]|2[0-68])\)?)?[ -]{{0,3}}[0-9]{{2}} ?-? ?"
            rf"[0-9]{{2}}{SHOWN_OR_HIDDEN}{{4}} ?-? ?{SHOWN_OR_HIDDEN}{{2}})" + _END,
            0.94,
        ),
        Pattern(
            "labelled", rf"(?P<v>{FIRST}[0-9]{{1,5}}(?:(?: ?- ?|\.){SHOWN_OR_HIDDEN}{{1,8}}){{1,6}})" + _END, 0.9
        ),
        Pattern("labelled", f"(?P<v>{FIRST}" + r"(?:[0-9] [0-9]{2} [0-9]{6} [0-9]{2}|[0-9]{11}))" + RIGHT, 0.9),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        value, start = match.group("v"), match.start("v")
        if name == "labelled":
            label = label_beside(document, start)
            if label is None or label.kind != "licence":
                return 0.0
            numbered = "번호" in document.text[label.start : start]
            if not 10 <= len(re.sub("[- ]", "", value)) <= 15 or (is_moment(value) and not numbered):
                return 0.0
            return 0.0 if _DASHED_DATE.match(value) else score
        label_kind = document.label_before(start)
        if label_kind == "licence":
            return 1.0
        if "-" not in value and name == "named region":
            return 0.0
        return score if label_kind not in ("other", "account") else 0.0


class Passport(DocumentRecognizer):
    """Korean passport numbers: M12345678 and, since December 2021, M123A4567; others and half masked ones by label."""

    ENTITY = "KR_PASSPORT"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["여권", "여권번호", "passport"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("passport",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("current", r"(?P<v>[MSRODG](?<![A-Za-z0-9-].)[0-9]{3}[A-Z][0-9]{4})(?![A-Za-z0-9-])", 0.65),
        Pattern("previous", r"(?P<v>[MSRODG](?<![A-Za-z0-9-].)[0-9]{8})(?![A-Za-z0-9-])", 0.6),
        Pattern(
            "labelled",
            rf"(?P<v>[A-Za-z](?<![A-Za-z0-9].)[A-Za-z]?[- ]?[0-9]{{3}} ?(?:[A-Za-z0-9] ?[0-9]{{3,5}}"
            rf"|{SHOWN_OR_HIDDEN}{{0,2}}{HIDDEN}{{3,6}}))(?![A-Za-z0-9{HIDDEN_SIGNS}])",
            0.95,
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        label = document.label_before(match.start("v"))
        if label == "passport":
            return 0.95
        return score if name != "labelled" and label != "other" else 0.0


class HealthInsurance(DocumentRecognizer):
    """Numbers of health insurance cards (건강보험증 번호, 국민건강보험법 제12조): eleven digits, by their label only.

    People write 1-1234567890, 11234567890, half masked, or in groups of their own.
    """

    ENTITY = "KR_HEALTH_INSURANCE"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["건강보험증", "보험증번호", "의료보험"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"card": Need(("health",)), "lettered": Need(("health",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "card",
            rf"(?P<v>{FIRST}(?:{DASH}[0-9]{SHOWN_OR_HIDDEN}{{9}}|{SHOWN_OR_HIDDEN}{{9,12}}"
            rf"|[0-9]{{1,3}}(?: ?- ?{SHOWN_OR_HIDDEN}{{1,10}}){{1,4}}))" + _END,
            0.97,
        ),
        Pattern(
            "lettered",
            r"(?P<v>[A-Z](?<![A-Za-z0-9].)[A-Z]{1,3}-?[0-9]{4,8}(?:-[0-9]{2,5}){0,2})(?![A-Za-z0-9-])",
            0.7,
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        value, start = match.group("v"), match.start("v")
        if beside(document, start) != "health":
            return 0.0
        if name == "lettered":
            return score
        groups = tuple(len(group.strip()) for group in value.split("-"))
        bare = digits(value)
        if not 10 <= sum(groups) <= 16 or is_moment(bare) or groups[:3] == (4, 2, 2) or groups == (6, 7):
            return 0.0
        phone = value.startswith("0") and groups in ((2, 3, 4), (2, 4, 4), (3, 3, 4), (3, 4, 4))
        return 0.0 if phone or (value.startswith("01") and len(groups) == 1) else score


_USES = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호육해공국합"
# Syllables that also end ordinary words or count things (12호 3456, 30도 2000) need the compact form.
_ORDINARY = frozenset("호도주구조사자로소다가고서나부수하어모공국해보")
_CITIES = (
    r"수원|성남|용인|고양|부천|안산|안양|남양주|화성|평택|의정부|시흥|파주|김포|광명|군포|이천|춘천|원주|강릉|청주|충주|천안|아산|"
    r"전주|익산|군산|목포|여수|순천|포항|구미|경주|경산|창원|진주|김해|양산|거제|중|동|서|남|북|강남|강동|강북|강서|관악|광진|구로|"
    r"금천|노원|도봉|동대문|동작|마포|서대문|서초|성동|성북|송파|양천|영등포|용산|은평|종로|중랑|해운대|수영|연제|사하|사상|부산진|"
    r"기장|수성|달서|달성|남동|부평|계양|연수|광산|유성|대덕|울주"
)


_SERIAL = (
    rf"(?:[0-9]{{4}}|[0-9]{{2}}{HIDDEN}{{2}}|{HIDDEN}{{2}}[0-9]{{2}}|{HIDDEN}{{4}})"
    rf"(?![0-9~{HIDDEN_SIGNS}-]|[.,][0-9])(?![억천원년월점])"
)
_COUNTED = re.compile(" ?[억만천]? ?[원명개회점]|만 ?[0-9]|억|만 ?[원명개건]")


class Vehicle(DocumentRecognizer):
    """Vehicle plates (자동차 등록번호판 등의 기준에 관한 고시): 서울12가3456, 12가 3456, 123가4567, 외교 123-456, 임시 1234."""

    ENTITY = "KR_VEHICLE"
    COUNTRY_CODE = "kr"
    VERSION = "1.1.0"
    CONTEXT: ClassVar[list[str]] = ["차량번호", "번호판", "자동차등록번호"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"temporary": Need(("vehicle",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "plate",
            rf"(?P<v>[0-9](?<![0-9A-Za-z.,-].)[0-9]{{1,2}}(?P<gap1> ?)(?P<use>[{_USES}])(?P<gap2> ?-?){_SERIAL})",
            0.85,
        ),
        Pattern("plate with region", rf"(?P<v>(?:{REGIONS}) ?[0-9]{{1,3}} ?[{_USES}] ?-?{_SERIAL})", 0.85),
        Pattern(
            "motorcycle", rf"(?P<v>(?:{REGIONS}) (?:{_CITIES}) [{_USES}] ?[0-9]{{4}})(?![0-9~-]|[.,][0-9])", 0.75
        ),
        Pattern(
            "diplomatic",
            r"(?P<v>(?:외교|영사|준외|준영|국기|협정|대표) ?[0-9]{3} {0,2}- {0,2}[0-9]{3})(?![0-9-])",
            0.75,
        ),
        Pattern("temporary", r"(?P<v>임시? ?(?:[0-9]{4,6}|[0-9]{2}-[0-9]{4}))(?![0-9~-]|[.,][0-9])", 0.75),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        labelled = document.labelled("vehicle", *match.span("v"), window=20)
        if name == "temporary":
            return score if labelled else 0.0
        if labelled:
            return 0.95
        if name != "plate":
            return score
        if match.group("gap1"):
            return 0.0
        ordinary = match.group("use") in _ORDINARY
        if ordinary and _COUNTED.match(document.text, match.end("v")):
            return 0.0
        if match.group("gap2") and ordinary:
            # "12가 3456" is how plates are written; "12호 3456" is not.
            return 0.6 if match.group("use") in "가나다자" else 0.0
        return score
