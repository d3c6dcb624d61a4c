"""PERSON: names in Korean text by introduction, title and dictionary; names in English text by introduction.

Operating point: a name introduced as one (성명: ..., 민원인 ..., ... 씨, ...(010-...)) is always reported, a
dictionary name when nothing speaks against it, a bare word that merely could be a name never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.names import evidence, lexicon, surnames
from pseudonymize.names.morphology import dictionary_version
from pseudonymize.recognizers.base import THRESHOLD, DocumentRecognizer
from pseudonymize.spans import Candidate

_STRONG = 0.9
_SHORTEST_REPEATED = 2
_KOREAN_LENGTH = 3


class KoreanName(DocumentRecognizer):
    """Names of people in Korean text.

    Rules of :mod:`pseudonymize.names.evidence` give candidates; a name found with strong evidence is then
    found at every place of the document. Particles and titles stay outside the span.
    """

    ENTITY = "PERSON"
    CONTEXT: ClassVar[list[str]] = ["성명", "이름", "민원인", "씨", "님"]
    # Presidio wants a pattern; the evidence rules below are what decides.
    PATTERNS: ClassVar[list[Pattern]] = [Pattern("field", evidence.FIELD.pattern, 0.95)]

    def applies(self, document: Document) -> bool:
        """A Korean name is written in Hangul."""
        return document.has_hangul

    def find(self, document: Document) -> Iterator[Candidate]:
        """Candidates in offsets of ``document.text``."""
        found = [span for span in evidence.candidates(document.text) if span[2] >= THRESHOLD]
        best: dict[str, float] = {}
        for start, end, score in found:
            yield Candidate(start, end, self.ENTITY, score, self.name, "rules")
            name = document.text[start:end]
            if score >= _STRONG and len(name) >= _SHORTEST_REPEATED:
                best[name] = max(best.get(name, 0.0), score)
        yield from self._repeated(document.text, best)
        yield from self._given(document.text, best)

    def _repeated(self, text: str, names: dict[str, float]) -> Iterator[Candidate]:
        """Other occurrences of names the document has introduced."""
        for name in names:
            if text.count(name) == 1:
                continue
            # Two syllables are part of many words: only a whole word (with a particle) counts.
            tail = rf"(?=(?:{lexicon.PARTICLES})?(?![가-힣]))" if len(name) == _SHORTEST_REPEATED else ""
            for match in re.finditer(r"(?<![가-힣])" * (len(name) < 4) + re.escape(name) + tail, text):
                yield Candidate(match.start(), match.end(), self.ENTITY, 0.88, self.name, "introduced before")

    def _given(self, text: str, names: dict[str, float]) -> Iterator[Candidate]:
        """Given names of introduced persons where they are called by them: 서윤이가, 서윤 씨, 서윤아."""
        for given in sorted(
            {name[1:] for name in names if len(name) == _KOREAN_LENGTH and name[0] in surnames.SINGLE}
        ):
            tail = rf"(?=(?:이(?:가|는|를|의|도|랑|한테|에게)?|아| ?씨| ?님| ?[군양](?:{lexicon.PARTICLES})?)(?![가-힣]))"
            for match in re.finditer(rf"(?<![가-힣]){given}{tail}", text):
                yield Candidate(
                    match.start(), match.end(), self.ENTITY, 0.7, self.name, "given name of one introduced"
                )

    def identity(self) -> dict[str, Any]:
        """Adds word lists and dictionary to the patterns."""
        return {
            **super().identity(),
            "rules": [rule.pattern for rule in evidence.RULES],
            "surnames": ["".join(sorted(surnames.SINGLE)), *surnames.COMPOUND],
            "not_names": sorted(lexicon.NOT_NAMES),
            "words": [
                sorted(words)
                for words in (
                    lexicon.FOREIGN_PLACES,
                    lexicon.NATIVE,
                    lexicon.WEAK_TITLES,
                    lexicon.ADMINISTRATIVE_ENDINGS,
                    lexicon.CLOSING_PARTICLES,
                    lexicon.SAMPLE_NAMES,
                )
            ],
            "given": "".join(sorted(lexicon.GIVEN)),
            "endings": "".join(sorted(lexicon.NOUN_ENDINGS)),
            "tail": lexicon.TAIL.pattern,
            "dictionary": dictionary_version(),
        }


_WORD = r"[A-Z][a-z]+(?:[-'][A-Z]?[a-z]+)?"
_FULL = rf"{_WORD}(?: [A-Z]\.)?(?: {_WORD}){{0,2}}"
_OPENING = r"(?:[Mm]y name is|[Nn]ame ?[:=]|[Cc]ontact(?: person)? ?[:=]|[Pp]atient ?[:=]|[Aa]pplicant ?[:=]|[Ss]igned(?: by)? ?[:=]?|Sincerely,|Regards,)"


class EnglishName(DocumentRecognizer):
    """Names in Latin letters where a title or a phrase introduces them, or in brackets behind a Korean name."""

    ENTITY = "PERSON"
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("title", rf"(?<![A-Za-z])(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? (?P<v>{_FULL})(?![A-Za-z])", 0.85),
        Pattern("phrase", rf"(?<![A-Za-z]){_OPENING}\s{{0,2}}(?P<v>{_FULL})(?![A-Za-z])", 0.85),
        Pattern("field", r"(?:성명|이름|성함|영문명|영문 ?성명|신청인|예금주)(?: ?\(영문\))? ?[:：] ?(?P<v>[A-Z][A-Za-z'-]+(?:[ ,]{1,2}[A-Z][A-Za-z'-]+){0,3})", 0.9),
        Pattern("transliteration", rf"[가-힣]{{2,}} ?\((?P<v>{_WORD} {_WORD}(?: {_WORD})?)(?=[,)])", 0.6),
    ]  # fmt: skip

    def applies(self, document: Document) -> bool:
        """A name in Latin letters has one."""
        return document.has_latin
