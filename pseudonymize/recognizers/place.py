"""Addresses by road name and by lot number, and postal codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers import place_details, place_words
from pseudonymize.recognizers.base import THRESHOLD, DocumentRecognizer, Need
from pseudonymize.recognizers.place_words import DISTRICT, TOWN, Words
from pseudonymize.spans import Candidate

PROVINCE = (
    r"서울(?:특별시|시)?|(?:부산|대구|인천|광주|대전|울산)(?:광역시|시)?|세종(?:특별자치시|시)?|경기도?|강원(?:특별자치도|도)?|"
    r"충청[남북]도|충[남북]|전라[남북]도|전북(?:특별자치도)?|전남|경상[남북]도|경[남북]|제주(?:특별자치도|도)?"
)
_DISTRICT = r"[가-힣]{1,4}[시군구]"
_STANDS_THERE = re.compile(r"에? ?(?:위치|소재|거주|인근|근처|부근|일대)|에서? 있는")
_LINE_START = re.compile(r"(?:^|[\n|\t])[ ]*$")


class _Tail(NamedTuple):
    """What follows the words: the end of the number, and what it says of the address."""

    end: int
    number: str
    branch: bool
    lot: bool
    dash: bool


class Address(DocumentRecognizer):
    """Street addresses (도로명주소법: road and building number; 지번: town and lot), from region to flat.

    A road or town with a number is where the search begins; the words before it are read back to the province, the
    details after it forward to the flat. With a region (checked against the table of regions) that is an address;
    without one it needs a label, a flat, 번지, or the line for itself.
    """

    ENTITY = "KR_ADDRESS"
    VERSION = "2.0.0"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["주소", "거주지", "소재지", "address"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "number",
            rf"(?<=[가-힣0-9A-Za-z{place_words.HIDDEN}])[로길동리가읍면](?=[ \r\n]{{0,3}}(?:지하 ?|산 ?|비|B)?[0-9*○●◯X]|[ ][가-하]길 )",
            0.97,
        ),
        Pattern("flat", place_details.FLAT.pattern, 0.75),
        Pattern("romanised", place_details.ROMANISED, 0.8),
    ]

    def applies(self, document: Document) -> bool:
        """Addresses hold a digit, or a sign that hides one."""
        return document.has_digit or (document.has_hangul and re.search("[*○●◯]", document.text) is not None)

    def judged(
        self, document: Document, name: str, base: float, matches: Iterable[re.Match[str]]
    ) -> Iterator[Candidate]:
        """The addresses around the matches of one pattern, in offsets of ``document.text``."""
        done = 0
        for match in matches:
            if name != "number":
                yield Candidate(*match.span(), self.entity, base, self.name, name)
            elif match.end() > done and (found := self._address(document, match.end())) is not None:
                done = found.end
                yield found

    def identity(self) -> dict[str, Any]:
        """Patterns, grammar and table, for the model digest."""
        return super().identity() | place_words.identity() | place_details.identity()

    def _address(self, document: Document, end: int) -> Candidate | None:
        """The address whose road or town ends at ``end``."""
        text = document.text
        words = place_words.read_back(text, end)
        if words is None:
            return None
        tail = _tail(text, end, words)
        if tail is None:
            return None
        stop = place_details.details_end(text, tail.end)
        reason, score = _evidence(document, words, tail, stop)
        if score < THRESHOLD:
            return None
        if _in_its_place(document, words.start) and (last := place_details.LAST_NAME.match(text, stop)):
            stop = last.end()
        return Candidate(words.start, stop, self.entity, score, self.name, reason)


def _in_its_place(document: Document, start: int) -> bool:
    """Whether an address stands under its label or begins a line or cell, so that all up to the end is of it."""
    return (
        document.label_before(start, 14) == "address"
        or _LINE_START.search(document.text, max(0, start - 40), start) is not None
    )


def _tail(text: str, end: int, words: Words) -> _Tail | None:
    """The number after the words, or None when there is none and no branch of the road either."""
    if words.bottom == TOWN:
        match = place_details.AFTER_TOWN.match(text, end)
        if match is None:
            return None
        number = match["n"] or match["ward"]
        return _Tail(match.end(), number, False, match["lot"] is not None, match["dash"] is not None)
    match = place_details.AFTER_ROAD.match(text, end)
    if match is None or match.end() == end:
        return None
    if match["number"] is None:
        return _Tail(match.end(), "", True, False, False)
    return _Tail(
        match.end(), match["n"], match["branch"] is not None, match["lot"] is not None, match["dash"] is not None
    )


def _evidence(document: Document, words: Words, tail: _Tail, stop: int) -> tuple[str, float]:
    """Why this is an address, and how surely."""
    text = document.text
    kind = "lot" if words.bottom == TOWN else "road"
    details = text[tail.end : stop]
    if words.top >= DISTRICT:
        return (kind, 0.97 if tail.number and kind == "road" else 0.95)
    labelled = document.label_before(words.start, 14) == "address"
    if not tail.number:
        return ("branch", 0.7 if labelled else 0.0)
    if labelled:
        return ("labelled", 0.85)
    if tail.lot or re.search("[0-9*]호", details):
        return ("local", 0.7)
    if words.top == TOWN and (words.towns == 2 or kind == "road") and len(words.head) > 1:
        return ("town", 0.7)
    if kind == "road" and tail.branch:
        return ("branch", 0.7)
    alone = _in_its_place(document, words.start) and text[stop : stop + 1] in (
        "", "\n", ",", "(", "|", "\t",
    )  # fmt: skip
    if kind == "road" and (alone or re.search(r"[0-9*]층|[동가리읍면]\)", details)):
        return ("line", 0.6)
    if kind == "road" and _STANDS_THERE.match(text, stop):
        return ("stands there", 0.6)
    lot = tail.dash and len(words.head) > 2 and re.search("(?:동|[0-9]가|길)$", words.head)
    return ("short", 0.6 if lot else 0.0)


class PostalCode(DocumentRecognizer):
    """Postal codes (five digits, before 2015 three and three): beside their label or an address."""

    ENTITY = "KR_POSTAL_CODE"
    VERSION = "1.1.0"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["우편번호", "우)"]
    NEEDS: ClassVar[Mapping[str, Need]] = {"labelled": Need(("postal",))}
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern(
            "labelled",
            r"(?<![0-9])(?<![0-9]-)(?P<v>[0-6][0-9]{4}|[1-7][0-9]{2}-[0-9]{3})(?!,?[0-9])(?!-[0-9])",
            0.95,
        ),
        Pattern("before region", rf"(?<![0-9,.-])(?P<v>[0-6][0-9]{{4}})\)? {{1,2}}(?=(?:{PROVINCE})[ 가-힣])", 0.8),
        Pattern(
            "after comma",
            r"(?<=[0-9호동층가)번지]), ?(?P<v>[0-6][0-9]{4})(?![0-9.:/-])(?!,[0-9])(?! ?[가-힣]?원)",
            0.8,
        ),
        Pattern("after address", r"(?<=[0-9호동층가)번지])[ ,]{0,2}\((?:우 ?)?(?P<v>[0-6][0-9]{4})\)", 0.8),
    ]
    _PLACE = re.compile(rf"(?:{PROVINCE}|{_DISTRICT}) |(?:로|길) ?[0-9]")

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Weigh value and label; see the class."""
        start = match.start("v")
        if name == "labelled":
            return score if document.label_before(start, 10) == "postal" else 0.0
        if name.startswith("after"):
            return score if self._PLACE.search(document.text, max(0, start - 70), start) else 0.0
        return score
