"""Names of people in Korean text, as a Presidio recognizer.

A model trained on labelled sentences (`pseudonymize.names.tagger`) finds names by their shape and their context;
form fields and registration numbers beside a name need no model. What is introduced once as a name is then found
at every place of the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.names import doubt, rules
from pseudonymize.names.lexicon import FOREIGN_PLACES, NOT_NAMES, PARTICLES
from pseudonymize.names.morphology import dictionary_version
from pseudonymize.names.surnames import COMPOUND, SINGLE
from pseudonymize.names.tagger import Tagged, default_tagger, weights_digest
from pseudonymize.recognizers.base import THRESHOLD, DocumentRecognizer
from pseudonymize.spans import Candidate

_INTRODUCED = 0.85
"""Score from which a name counts as introduced, so that its other occurrences are names too."""
_FULL = 3
_LEAST = {1: 0.95, 2: 0.85}
_SENTENCE = re.compile(r"\S[^\n]{0,299}?(?:[.!?][\"'”’)\]]{0,2}(?=\s)|(?=\n)|\Z)|\S[^\n]{0,250}(?=\s)|\S{1,300}")
# What masks a part of a name already: 김**, 홍○○, 이OO.
_MASKED = re.compile(r"[*○●◯□■△▲×]|[OoXx]{2}")


_WORD_END = re.compile(rf"(?:{PARTICLES})?(?![가-힣])")
_CALLED = re.compile(rf"(?:이(?:가|는|를|의|도|랑|한테|에게)?|아| ?씨| ?님| ?[군양](?:{PARTICLES})?)(?![가-힣])")


class KoreanName(DocumentRecognizer):
    """Names of people in Korean text; particles and titles stay outside the span."""

    ENTITY = "PERSON"
    VERSION = "2.0.0"
    CONTEXT: ClassVar[list[str]] = ["성명", "이름", "민원인", "씨", "님"]
    # Presidio wants a pattern; the model and the rules are what decides.
    PATTERNS: ClassVar[list[Pattern]] = [Pattern("field", rules.FIELD.pattern, rules.SURE)]

    def applies(self, document: Document) -> bool:
        """A Korean name is written in Hangul."""
        return document.has_hangul

    def find(self, document: Document) -> Iterator[Candidate]:
        """Candidates in offsets of ``document.text``."""
        yield from self.found([document])[0]

    def found(self, documents: Sequence[Document]) -> list[list[Candidate]]:
        """Candidates of each document; equal sentences are read once."""
        places = [[match.span() for match in _SENTENCE.finditer(document.text)] for document in documents]
        numbers: dict[str, int] = {}
        for document, spans in zip(documents, places, strict=True):
            for start, end in spans:
                numbers.setdefault(document.text[start:end], len(numbers))
        tagged = default_tagger().tag(list(numbers))
        return [
            self._candidates(
                document.text, [(start, tagged[numbers[document.text[start:end]]]) for start, end in spans]
            )
            for document, spans in zip(documents, places, strict=True)
        ]

    def _candidates(self, text: str, tagged: Sequence[tuple[int, list[Tagged]]]) -> list[Candidate]:
        found = [
            self._candidate(start, end, score, "model")
            for start, end, score in doubt.undoubted(
                text,
                [
                    Tagged(offset + start, offset + end, score)
                    for offset, names in tagged
                    for start, end, score in names
                    if score >= _least(end - start) and _nameable(text, offset + start, offset + end)
                ],
                default_tagger().words,
            )
        ]
        found += [self._candidate(start, end, score, rule) for start, end, score, rule in rules.names(text)]
        introduced = {
            text[candidate.start : candidate.end]
            for candidate in found
            if candidate.score >= _INTRODUCED and candidate.end - candidate.start > 1
        }
        if introduced:
            found += self._repeated(text, introduced)
            found += self._given(text, introduced)
        return found

    def _candidate(self, start: int, end: int, score: float, reason: str) -> Candidate:
        return Candidate(start, end, self.ENTITY, score, self.name, reason)

    def _repeated(self, text: str, names: set[str]) -> Iterator[Candidate]:
        """Other occurrences of names the document has introduced."""
        for name in sorted(names):
            for start in _places(text, name, whole=len(name) <= _FULL):
                # Two syllables are part of many words: only a whole word (with a particle) counts.
                if len(name) >= _FULL or _WORD_END.match(text, start + len(name)):
                    yield self._candidate(start, start + len(name), 0.88, "introduced elsewhere")

    def _given(self, text: str, names: set[str]) -> Iterator[Candidate]:
        """Given names of introduced persons where they are called by them: 서윤이가, 서윤 씨, 서윤아."""
        for given in sorted({name[1:] for name in names if len(name) == _FULL and name[0] in SINGLE}):
            for start in _places(text, given, whole=True):
                if _CALLED.match(text, start + len(given)):
                    yield self._candidate(start, start + len(given), 0.7, "given name of somebody introduced")

    def identity(self) -> dict[str, Any]:
        """Adds model, rules and dictionary to the patterns."""
        return {
            **super().identity(),
            "weights": weights_digest(),
            "rules": rules.identity(),
            "places": sorted(FOREIGN_PLACES),
            "least": [_LEAST, _INTRODUCED],
            "doubt": doubt.identity(),
            "surnames": ["".join(sorted(SINGLE)), *COMPOUND],
            "dictionary": dictionary_version(),
        }


def _places(text: str, name: str, *, whole: bool) -> Iterator[int]:
    """Where a name begins in a document; when `whole`, only where no syllable stands before it."""
    start = text.find(name)
    while start >= 0:
        if not (whole and start and "가" <= text[start - 1] <= "힣"):
            yield start
        start = text.find(name, start + len(name))


def _least(length: int) -> float:
    """The score a name of so many syllables needs: short ones are also words, and words are many."""
    return _LEAST.get(length, THRESHOLD)


def _nameable(text: str, start: int, end: int) -> bool:
    """Whether a stretch could name anybody: no word of the lists, and no name that is masked already.

    Names in Latin letters are the English recognizer's; a lone letter (A씨) names nobody.
    """
    name = text[start:end]
    if name in NOT_NAMES or name in FOREIGN_PLACES or _MASKED.search(text, start, min(len(text), end + 2)):
        return False
    return any("가" <= letter <= "힣" or "一" <= letter <= "鿿" for letter in name)
