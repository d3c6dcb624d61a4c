"""Addresses by road name and by lot number, and postal codes."""

from __future__ import annotations

import re
from typing import ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import DocumentRecognizer

PROVINCE = (
    r"서울(?:특별시|시)?|(?:부산|대구|인천|광주|대전|울산)(?:광역시|시)?|세종(?:특별자치시|시)?|경기도?|강원(?:특별자치도|도)?|"
    r"충청[남북]도|충[남북]|전라[남북]도|전북(?:특별자치도)?|전남|경상[남북]도|경[남북]|제주(?:특별자치도|도)?"
)
_DISTRICT = r"[가-힣]{1,4}[시군구]"
_TOWN = r"[가-힣]{1,5}[0-9]{0,2}(?:[·.][0-9])?(?:읍|면|동|가|리)"
_ROAD = r"[가-힣A-Za-z0-9·]{0,14}[가-힣0-9](?:대로|로|길)(?: ?[가-힣]?[0-9]{1,4}(?:번|번지)?[가-힣]?길)?"
_NUMBER = r"(?:지하 ?|산 ?)?[0-9]{1,4}(?:-[0-9]{1,4})?(?:번지|번)?(?: [0-9]{1,3}호(?= ))?"
_UNIT = r"(?:[0-9A-Z가-라]{1,4}동(?![가-힣])|(?:지하 ?)?[0-9]{1,3}층|[B지하]{0,2}[0-9]{1,4}(?:-[0-9]{1,3})?호(?![가-힣]{2}선)|[0-9]{1,3}통|[0-9]{1,2}반)"
_BUILDING = (
    r"[가-힣A-Za-z0-9]{1,12}(?: ?[0-9]{1,2}(?:차|단지))? ?"
    r"(?:아파트|마을|빌라|빌딩|타워|오피스텔|맨션|연립|주택|하이츠|자이|힐스테이트|푸르지오|래미안|센터|청사|하우스|단지|상가|플라자|캐슬|팰리스|원룸|고시원|기숙사|APT)"
)
_PARENTHESIS = (
    r" ?\([가-힣0-9·, ]{1,24}(?:동|가|리|읍|면|아파트|빌딩|빌라|타워|마을|단지)[가-힣0-9A-Za-z, ]{0,20}\)"
)
_DETAIL = rf"(?:{_PARENTHESIS}|(?:,? ?|, )(?:{_UNIT}|{_BUILDING}(?=[ ,)]|$|[0-9])(?: {_UNIT})?))"
_AFTER_NUMBER = (
    r"(?![0-9%,.][0-9%]|[0-9]|-[0-9]| ?(?:명|개|원|만|억|건|회|년|월|일|시간|분|위|등|차례|km|m\b|퍼센트|%|여))"
)
_REGION = rf"(?:(?:{PROVINCE}) {{0,2}}(?:{_DISTRICT} {{0,2}}){{0,2}}|(?:{_DISTRICT} {{1,2}}){{1,2}})"
_LEFT = r"(?<![가-힣A-Za-z0-9])"


class Address(DocumentRecognizer):
    """Street addresses (도로명주소법: road and building number; 지번: town and lot), from region to flat.

    A region alone (서울시 강남구) is no address; a road without region needs a label or a flat beside it.
    """

    ENTITY = "KR_ADDRESS"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["주소", "거주지", "소재지", "address"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "road",
            rf"(?P<v>{_LEFT}{_REGION}(?:{_TOWN} {{1,2}}){{0,2}}{_ROAD} ?{_NUMBER}{_AFTER_NUMBER}{_DETAIL}{{0,6}})",
            0.97,
        ),
        Pattern(
            "lot",
            rf"(?P<v>{_LEFT}{_REGION}(?:{_TOWN} {{0,2}}){{1,3}}{_NUMBER}{_AFTER_NUMBER}{_DETAIL}{{0,6}})",
            0.95,
        ),
        Pattern(
            "local",
            rf"(?P<v>{_LEFT}(?:{_TOWN} {{1,2}}){{0,2}}(?:{_ROAD}|{_TOWN}) (?P<number>{_NUMBER}){_AFTER_NUMBER}(?P<detail>{_DETAIL}{{0,6}}))",
            0.7,
        ),
        Pattern("region and building", rf"(?P<v>{_LEFT}{_REGION}(?:{_TOWN} {{1,2}}){{0,2}}{_DETAIL}{{1,6}})", 0.8),
        Pattern(
            "flat", rf"(?P<v>{_LEFT}(?:{_BUILDING},? ?)?[0-9]{{1,4}}동 ?[0-9]{{1,4}}호)(?![가-힣]{{2}}선)", 0.75
        ),
    ]

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        if name == "region and building":
            return score if re.search("[0-9](?:동|호|층)", match.group("v")) else 0.0
        if name != "local":
            return score
        if match.group("number").endswith("번지") or re.search("[0-9]호", match.group("detail")):
            return score
        if document.label_before(match.start("v"), 14) == "address":
            return 0.85
        start, end = match.span("v")
        # A cell or line that begins like this is an address without its region.
        alone = not document.text[:start].rpartition("\n")[2].strip() and document.text[end : end + 1] in (
            "",
            "\n",
            ",",
            "(",
            " ",
        )
        if alone and re.search("(?:로|길) [0-9]", match.group("v")):
            return 0.6
        lot = re.search(r"[가-힣]{2}(?:동|[0-9]가|길) [0-9]{1,4}-[0-9]{1,4}$", match.group("v"))
        return 0.6 if lot else 0.0


class PostalCode(DocumentRecognizer):
    """Postal codes (five digits, before 2015 three and three): beside their label or an address."""

    ENTITY = "KR_POSTAL_CODE"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["우편번호", "우)"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "labelled",
            r"(?<![0-9])(?<![0-9]-)(?P<v>[0-6][0-9]{4}|[1-7][0-9]{2}-[0-9]{3})(?![0-9,])(?!-[0-9])",
            0.95,
        ),
        Pattern("before region", rf"(?<![0-9,.-])(?P<v>[0-6][0-9]{{4}})\)? {{1,2}}(?=(?:{PROVINCE})[ 가-힣])", 0.8),
        Pattern("after address", r"(?<=[0-9호동층가)번지])[ ,]{0,2}\((?:우 ?)?(?P<v>[0-6][0-9]{4})\)", 0.8),
    ]
    _PLACE = re.compile(rf"(?:{PROVINCE}|{_DISTRICT}) |(?:로|길) ?[0-9]")

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start = match.start("v")
        if name == "labelled":
            return score if document.label_before(start, 10) == "postal" else 0.0
        if name == "after address":
            return score if self._PLACE.search(document.text, max(0, start - 70), start) else 0.0
        return score
