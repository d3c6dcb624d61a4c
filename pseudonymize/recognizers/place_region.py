"""Names of regions in running text, and the addresses that have no number of a road or lot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.recognizers import place_details, place_words
from pseudonymize.recognizers.base import DocumentRecognizer, Need
from pseudonymize.recognizers.place_words import DISTRICT, ROAD, TOWN, district_names, part_of
from pseudonymize.spans import Candidate

_NEXT = re.compile(r"(?: {1,2}|(?: ?\r?\n) ?)?([가-힣0-9*○●]{2,10})")
_MASK = re.compile(r" [*○●]{2,}+(?![가-힣])")
# The authority of a region is another name: 강남구청, 수원시장, 수원시 의회.
_AUTHORITY = re.compile(
    r" ?(?:[구시군]?청|의회|의원|보건소|경찰서|소방서|교육청|법원|지방법원|검찰청|지검|세무서|선거관리|체육회|상공회의소|시설관리|도시공사|"
    r"교육지원청|복지재단|문화재단|장애인복지관|농업기술센터)"
)
_NAME_ENDS = re.compile(
    r"(?![가-힣A-Za-z0-9])|(?:에서|에는|에도|에|은|는|이|가|을|를|의|로|으로|와|과|도|만|까지|부터|내|인|이며|이고|입니다|이다|권|산)(?![가-힣])|"
    r"(?:에서|에|으로|로|까지|부터)(?:는|도|의|만|서)(?![가-힣])|(?:소재|거주|지역|일대|관내|일원|출신)"
)
_WORD = r"(?:(?!소재|인근|근처|일대|거주|위치|주민|방면|에서|및|또는)[가-힣A-Za-z0-9]{1,12}(?<![의에은는인고된할한및를])(?<!(?<!마)을) ?){0,3}?"
_UNNUMBERED = re.compile(
    rf",? {{1,2}}{_WORD}(?:[0-9]{{1,4}}|[A-Z]|[가-하]|\*{{1,4}}|○{{1,4}})동 ?(?:[0-9]{{1,5}}|[*○]{{2,4}})호(?!선|기|차)"
)
_LONGEST = 6


class RegionName(DocumentRecognizer):
    """Regions by name: 서울시 강남구, 수원시, 경기도 성남시 분당구 정자동.

    Names are checked against the table of 시군구 (지방자치법 art. 2 and 3). A region, alone or with a town or road, is
    a ``LOCATION`` of middling score; with a block and flat, or as a labelled address down to the town, it is a
    ``KR_ADDRESS``. Districts of two syllables (중구, 동구) count only after a province or city.
    """

    ENTITY = "LOCATION"
    COUNTRY_CODE = "kr"
    CONTEXT: ClassVar[list[str]] = ["지역", "관할", "소재", "거주"]
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("region", r"(?<![가-힣A-Za-z0-9*○])[가-힣]{1,12}[시군구]", 0.6),
    ]

    def __init__(self, supported_language: str = "ko", **settings: Any) -> None:
        super().__init__(supported_language=supported_language, **settings)
        self.supported_entities = ["LOCATION", "KR_ADDRESS"]

    def needs(self) -> Mapping[str, Need]:
        """A word that ends like a region is one only with a name of the table in it."""
        return {"region": Need((), "|".join(sorted(district_names())))}

    def applies(self, document: Document) -> bool:
        """Names of regions are Hangul."""
        return document.has_hangul

    def judged(
        self, document: Document, name: str, base: float, matches: Iterable[re.Match[str]]
    ) -> Iterator[Candidate]:
        """The regions around the matches, in offsets of ``document.text``."""
        done = 0
        for match in matches:
            end = _district_end(match)
            if end is None or end <= done:
                continue
            words = place_words.read_back(document.text, end)
            if words is None:
                continue
            found = self._region(document, words.start, end, base)
            if found is not None and found.start >= done:
                done = found.end
                yield found

    def identity(self) -> dict[str, Any]:
        """Patterns, grammar and table, for the model digest."""
        return super().identity() | place_words.identity() | place_details.identity()

    def _region(self, document: Document, start: int, end: int, base: float) -> Candidate | None:
        text = document.text
        end, level = _descend(text, end)
        unnumbered = _UNNUMBERED.match(text, end)
        if unnumbered is not None:
            stop = place_details.details_end(text, unnumbered.end())
            return Candidate(start, stop, "KR_ADDRESS", 0.85, self.name, "region and flat")
        mask = _MASK.match(text, end)
        if mask is not None:
            return Candidate(start, mask.end(), "KR_ADDRESS", 0.7, self.name, "region and mask")
        if level >= DISTRICT and (_AUTHORITY.match(text, end) or end - start < 3):
            return None
        if not _NAME_ENDS.match(text, end):
            return None
        if level == TOWN and document.label_before(start, 14) == "address":
            return Candidate(start, end, "KR_ADDRESS", 0.7, self.name, "labelled region")
        return Candidate(start, end, "LOCATION", base, self.name, "region")


def _district_end(match: re.Match[str]) -> int | None:
    """Where the name of a 시군구 ends that the match holds, or None: 강남구 in 강남구시민, none in 다시."""
    word = match[0]
    known = district_names()
    if word in known:
        return match.end()
    for size in range(min(len(word) - 1, _LONGEST), 1, -1):
        if word[:size] in known:
            return match.start() + size
    part = part_of(word)
    return match.end() if part is not None and part.bottom == DISTRICT else None


def _descend(text: str, end: int) -> tuple[int, int]:
    """The end and the level of the districts, towns and road that follow a district."""
    level = DISTRICT
    for _ in range(4):
        following = _NEXT.match(text, end)
        if following is None:
            break
        word = following[1]
        size = _longest_place(word, level)
        if not size:
            break
        part = part_of(word[:size])
        if part is None:
            break
        end, level = following.start(1) + size, part.bottom
        if level == ROAD:
            break
    return end, level


def _longest_place(word: str, level: int) -> int:
    """How much of the next word is a lower place: all of it, or all but a particle."""
    for size in range(len(word), 1, -1):
        part = part_of(word[:size])
        if (
            part is not None
            and part.top <= level
            and not place_words.is_everyday(word[:size])
            and (size == len(word) or _NAME_ENDS.fullmatch(word[size:]) or part.bottom == DISTRICT)
        ):
            return size
    return 0
