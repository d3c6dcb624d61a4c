"""PERSON and LOCATION in English text, and in the English stretches of Korean text.

Operating point: every run of capitalised words is weighed. The model's opinion, lists of names, titles,
introductions, verbs and neighbours speak for or against it (:mod:`pseudonymize.names.english_evidence`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from presidio_analyzer import Pattern

from pseudonymize.document.document import Document
from pseudonymize.names import english_lexicon as lexicon
from pseudonymize.names import english_model as model
from pseudonymize.names import english_places as places
from pseudonymize.names import english_weights as weights
from pseudonymize.names.english_evidence import PATTERN_SOURCES, listings, observations
from pseudonymize.names.english_runs import WORD, Run, english, runs, tokens, with_capitals, with_every_capital
from pseudonymize.names.english_words import CALENDAR, NATIONS, fold
from pseudonymize.recognizers.base import DocumentRecognizer
from pseudonymize.spans import Candidate

_WORD = r"[A-Z][a-z]+(?:[-'][A-Z]?[a-z]+)?"
_FULL = rf"{_WORD}(?: [A-Z]\.)?(?: {_WORD}){{0,2}}"
_OPENING = r"(?:[Mm]y name is|[Nn]ame ?[:=]|[Cc]ontact(?: person)? ?[:=]|[Pp]atient ?[:=]|[Aa]pplicant ?[:=]|[Ss]igned(?: by)? ?[:=]?|Sincerely,|Regards,)"
_FOREIGN = re.compile(r"[^가-힣ㄱ-ㅣ\n]{12,}")
_FEWEST_WORDS = 4
"""Fewer Latin words in a row are a product or a company within Korean text, not English."""
_LONGEST_PIECE = 6000
_PLACE_LABELS = frozenset({"GPE", "LOC", "FAC"})
_REPEATED = 2.0
_CERTAIN = 1.0
_MORE = 2.0
_WEB = re.compile(r"\S*(?:://|www\.|@)\S*")
_ZIP_SCORE = 0.96
_CONCEIVABLE = -2.5


class Stretch(NamedTuple):
    """A part of a document that is searched as English.

    Attributes:
        document: Index of the document.
        start: Where it begins in the document's text.
        text: Its text, spelt with capitals.
        shown: The same for street addresses, see :func:`with_every_capital`.
        prose: Whether it is English for certain; else names need more evidence.
    """

    document: int
    start: int
    text: str
    shown: str
    prose: bool


class EnglishName(DocumentRecognizer):
    """Names of people and places in English, and street addresses.

    Where few Latin words stand among Korean ones only titles, phrases, fields and brackets behind a Korean
    name count, and the model is not asked.
    """

    ENTITY = "PERSON"
    VERSION = "2.0.0"
    PATTERNS: ClassVar[list[Pattern]] = [
        Pattern("title", rf"(?<![A-Za-z])(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? (?P<v>{_FULL})(?![A-Za-z])", 0.85),
        Pattern("phrase", rf"(?<![A-Za-z]){_OPENING}\s{{0,2}}(?P<v>{_FULL})(?![A-Za-z])", 0.85),
        Pattern("field", r"(?:성명|이름|성함|영문명|영문 ?성명|신청인|예금주)(?: ?\(영문\))? ?[:：] ?(?P<v>[A-Z][A-Za-z'-]+(?:[ ,]{1,2}[A-Z][A-Za-z'-]+){0,3})", 0.9),
        Pattern("transliteration", rf"[가-힣]{{2,}} ?\((?P<v>{_WORD} {_WORD}(?: {_WORD})?)(?=[,)])", 0.6),
    ]  # fmt: skip

    def __init__(self, supported_language: str = "en", **settings: Any) -> None:
        super().__init__(supported_language=supported_language, **settings)
        self.supported_entities = ["PERSON", "LOCATION"]

    def applies(self, document: Document) -> bool:
        """A name in Latin letters has one."""
        return document.has_latin

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Two capitalised words are a name when neither is an ordinary word (Congestion Charge)."""
        if name == "field":
            return score
        return 0.0 if any(lexicon.ordinary(fold(word)) for word in WORD.findall(match.group("v"))) else score

    def find(self, document: Document) -> Iterator[Candidate]:
        """Candidates in offsets of ``document.text``."""
        (found,) = self.found([document])
        yield from found

    def found(self, documents: Sequence[Document]) -> list[list[Candidate]]:
        """Candidates of each document; the model reads the stretches of all documents in one go."""
        stretches = [
            stretch for index, document in enumerate(documents) for stretch in self._stretches(index, document)
        ]
        answers: list[list[Candidate]] = [[] for _ in documents]
        seen = model.entities(stretch.text for stretch in stretches) if stretches else ()
        for stretch, entities in zip(stretches, seen, strict=True):
            answers[stretch.document].extend(
                Candidate(
                    start + stretch.start, end + stretch.start, entity, self._sure(score, reason), self.name, reason
                )
                for start, end, entity, score, reason in _search(stretch, entities)
            )
        places_of: list[list[tuple[int, int]]] = [[] for _ in documents]
        for stretch in stretches:
            places_of[stretch.document].append((stretch.start, stretch.start + len(stretch.text)))
        for index, document in enumerate(documents):
            searched = places_of[index]
            for candidate in super().find(document):
                inside = any(start <= candidate.start < end for start, end in searched)
                if not inside or candidate.reason in ("field", "transliteration"):
                    answers[index].append(candidate)
        return answers

    def _sure(self, score: float, reason: str) -> float:
        """In English text a ZIP code is no Korean postal code, which has the same five digits."""
        return _ZIP_SCORE if reason == "zip" and self.supported_language == "en" else score

    def _stretches(self, index: int, document: Document) -> Iterator[Stretch]:
        text = document.text
        if self.supported_language == "en" or not document.has_hangul:
            fewest = 1 if self.supported_language == "en" else _FEWEST_WORDS
            if len(WORD.findall(text)) >= fewest:
                for start, end in _pieces(text):
                    sure = self.supported_language == "en" or english(text)
                    yield _stretch(index, start, text[start:end], sure)
            return
        for match in _FOREIGN.finditer(text):
            if len(WORD.findall(_WEB.sub(" ", match.group()))) >= _FEWEST_WORDS:
                yield _stretch(index, match.start(), match.group(), english(match.group()))

    def identity(self) -> dict[str, Any]:
        """Adds model, weights, word lists and address patterns to the patterns."""
        return {
            **super().identity(),
            **model.identity(),
            **lexicon.identity(),
            "observations": PATTERN_SOURCES,
            "weights": [weights.BIAS, sorted(weights.WEIGHTS.items())],
            "addresses": places.PATTERNS,
        }


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of bounded length, cut at ends of lines or between words."""
    start = 0
    while len(text) - start > _LONGEST_PIECE:
        limit = start + _LONGEST_PIECE
        cut = max(
            text.rfind("\n", start + _LONGEST_PIECE // 2, limit),
            text.rfind(". ", start + _LONGEST_PIECE // 2, limit),
        )
        cut = (text.rfind(" ", start, limit) if cut < 0 else cut) + 1
        yield start, (limit if cut <= start else cut)
        start = limit if cut <= start else cut
    yield start, len(text)


Found = tuple[int, int, str, float, str]
Address = tuple[int, int, float, str]


def _stretch(document: int, start: int, text: str, prose: bool) -> Stretch:
    spelt = with_capitals(text, sure=prose)
    return Stretch(document, start, spelt, text if spelt == text else with_every_capital(text, spelt), prose)


def _search(stretch: Stretch, entities: Sequence[model.Entity]) -> list[Found]:
    """Persons and places of one stretch."""
    text, needed = stretch.text, 0.0 if stretch.prose else _MORE
    persons = [(entity.start, entity.end) for entity in entities if entity.label == "PERSON"]
    candidates = list(runs(text, tokens(text), persons))
    addresses = _joined(found for found in places.addresses(stretch.shown) if not _dated(text[found[0] : found[1]]))
    odds = _weighed(text, candidates, entities)
    answer: list[Found] = []
    for run, log_odds in zip(candidates, odds, strict=True):
        if log_odds > needed and not any(start < run.end and run.start < end for start, end, _, _ in addresses):
            answer.append(
                (
                    run.start,
                    run.end,
                    "PERSON",
                    round(0.5 + 0.45 * (2 * weights.probability(log_odds) - 1), 3),
                    "weighed",
                )
            )
    taken = [(start, end) for start, end, *_ in answer]
    answer += [(start, end, "LOCATION", score, name) for start, end, score, name in addresses]
    taken += [(start, end) for start, end, *_ in addresses]
    for start, end in _places(text, candidates, entities):
        if not any(other < end and start < stop for other, stop in taken):
            answer.append((start, end, "LOCATION", 0.6, "place"))
    return answer


def _joined(found: Iterable[Address]) -> list[Address]:
    """Overlapping parts of one address as one, with the best score among them."""
    joined: list[Address] = []
    for start, end, score, name in sorted(found):
        if joined and start < joined[-1][1]:
            first, last, best, known = joined[-1]
            joined[-1] = (first, max(last, end), max(best, score), name if score > best else known)
        else:
            joined.append((start, end, score, name))
    return joined


def _weighed(text: str, candidates: Sequence[Run], entities: Sequence[model.Entity]) -> list[float]:
    """Log odds of each run; other mentions of a name help."""
    lists = listings(text, candidates)
    odds = [
        weights.odds(observations(text, run, entities, listing))
        for run, listing in zip(candidates, lists, strict=True)
    ]
    known: set[str] = set()
    for run, log_odds in zip(candidates, odds, strict=True):
        if log_odds > _CERTAIN:
            known.update(token.word for token in run.tokens if len(token.word) > 2)
    helped = list(odds)
    for index, run in enumerate(candidates):
        if not _CONCEIVABLE < odds[index] < _CERTAIN:
            continue
        if all(token.word in known or token.initial for token in run.tokens):
            helped[index] += _REPEATED
    return helped


def _places(text: str, candidates: Sequence[Run], entities: Sequence[model.Entity]) -> Iterator[tuple[int, int]]:
    """What the model or the lists take for places."""
    for entity in entities:
        if entity.label in _PLACE_LABELS:
            start = entity.start + 4 * (text[entity.start : entity.start + 4].lower() == "the ")
            line = text[start : entity.end].split("\n")[0].rstrip(" .,;:")
            if line[:1].isupper() and fold(line) not in NATIONS and not lexicon.ordinary(fold(line)):
                yield start, start + len(line)
    for run in candidates:
        if all(token.word in lexicon.places() for token in run.tokens):
            yield run.start, run.end


def _dated(value: str) -> bool:
    """Whether a would-be address holds a month or a day: 12 March."""
    return any(fold(word) in CALENDAR - {"may", "march"} for word in WORD.findall(value)[:2])
