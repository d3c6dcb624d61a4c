"""What our recognizers add to Presidio's: one normalisation, labels as context, ASCII-aware boundaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from presidio_analyzer import AnalysisExplanation, Pattern, PatternRecognizer, RecognizerResult

from pseudonymize.document.document import Document, document_of
from pseudonymize.spans import Candidate

THRESHOLD = 0.5
"""Candidates below this score are not reported."""

# A number ends where no digit follows, nor a dash and a digit: half of a longer number is another number.
LEFT = r"(?<![0-9])(?<![0-9]-)"
RIGHT = r"(?![0-9])(?!-[0-9])"


class Need(NamedTuple):
    """What a text must hold for :meth:`DocumentRecognizer.judge` to keep any match of a pattern.

    Attributes:
        labels: Kinds of labels, one of which must occur somewhere in the text.
        shape: A pattern of :mod:`re` that will do instead of a label; empty when only labels do. With no labels
            it must be found.
    """

    labels: tuple[str, ...]
    shape: str = ""


class DocumentRecognizer(PatternRecognizer):  # type: ignore[misc]
    """A Presidio recognizer that searches a normalised :class:`Document`.

    In a Presidio ``AnalyzerEngine`` it works as any other recognizer: ``analyze`` normalises, searches and
    answers in offsets of the original text. The detector calls ``find`` on a document it has prepared
    once for all recognizers. Matching uses ``re`` on patterns with bounded repetition, so its time is
    linear in the length of the text.

    Class attributes:
        ENTITY: Presidio entity name.
        VERSION: Raised with every change of what is found; part of the model digest.
        PATTERNS: Patterns with their score; a group named ``v`` is the value, else the whole match.
        FLAGS: Flags of :mod:`re`.
        NEEDS: By name of pattern what else a text must hold; it saves time and never decides anything.
        gate: ``"patterns"`` when nothing can be found where no pattern matches; None when only :meth:`applies`
            knows, as for recognizers that find by other means.
    """

    ENTITY: ClassVar[str]
    VERSION: ClassVar[str] = "1.0.0"
    PATTERNS: ClassVar[list[Pattern]]
    CONTEXT: ClassVar[list[str]] = []
    FLAGS: ClassVar[re.RegexFlag] = re.NOFLAG
    NEEDS: ClassVar[Mapping[str, Need]] = {}
    gate: ClassVar[str | None] = "patterns"

    def __init__(self, supported_language: str = "ko", **settings: Any) -> None:
        settings.setdefault("supported_entity", self.ENTITY)
        settings.setdefault("patterns", self.PATTERNS)
        settings.setdefault("context", self.CONTEXT)
        super().__init__(supported_language=supported_language, **settings)
        self.version = self.VERSION
        self._compiled = [
            (pattern.name, re.compile(pattern.regex, self.FLAGS), float(pattern.score)) for pattern in self.patterns
        ]

    def needs(self) -> Mapping[str, Need]:
        """By name of pattern what else a text must hold: ``NEEDS``, or what takes longer to tell."""
        return self.NEEDS

    def applies(self, document: Document) -> bool:
        """A cheap necessary condition for any match: most numbers need a digit."""
        return document.has_digit

    def judge(self, match: re.Match[str], name: str, score: float, document: Document) -> float:
        """Score one match from its value and surroundings; below ``THRESHOLD`` it is dropped."""
        return score

    def find(self, document: Document) -> Iterator[Candidate]:
        """Candidates in offsets of ``document.text``."""
        for name, pattern, base in self._compiled:
            yield from self.judged(document, name, base, pattern.finditer(document.text))

    def judged(
        self, document: Document, name: str, base: float, matches: Iterable[re.Match[str]]
    ) -> Iterator[Candidate]:
        """Candidates among the matches of one pattern, in offsets of ``document.text``."""
        group: str | int | None = None
        for match in matches:
            score = self.judge(match, name, base, document)
            if score >= THRESHOLD:
                if group is None:
                    group = "v" if "v" in match.re.groupindex else 0
                start, end = match.span(group)
                yield Candidate(start, end, self.entity, score, self.name, name)

    @property
    def compiled(self) -> list[tuple[str, re.Pattern[str], float]]:
        """Name, compiled pattern and score of every pattern."""
        return self._compiled

    @property
    def entity(self) -> str:
        """The entity this recognizer reports."""
        return str(self.supported_entities[0])

    def candidates(self, documents: Sequence[Document]) -> list[list[Candidate]]:
        """Candidates of each document, in offsets of the original texts, duplicates removed.

        A recognizer that works faster on many texts at once overrides :meth:`found`.
        """
        asked = [index for index, document in enumerate(documents) if self.applies(document)]
        answers: list[list[Candidate]] = [[] for _ in documents]
        for index, found in zip(asked, self.found([documents[index] for index in asked]), strict=True):
            answers[index] = placed(documents[index], found)
        return answers

    def found(self, documents: Sequence[Document]) -> list[list[Candidate]]:
        """Candidates of each document, in offsets of the normalised texts."""
        return [list(self.find(document)) for document in documents]

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """Presidio's interface to :meth:`candidates`."""
        (found,) = self.candidates([document_of(text)])
        return [self._result(candidate) for candidate in found if not entities or candidate.entity in entities]

    def _result(self, candidate: Candidate) -> RecognizerResult:
        return RecognizerResult(
            entity_type=candidate.entity,
            start=candidate.start,
            end=candidate.end,
            score=candidate.score,
            analysis_explanation=AnalysisExplanation(
                recognizer=self.name, original_score=candidate.score, pattern_name=candidate.reason
            ),
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )

    def identity(self) -> dict[str, Any]:
        """All that decides what this recognizer finds, for the model digest."""
        return {
            "name": self.name,
            "version": self.version,
            "entities": sorted(self.supported_entities),
            "patterns": [[pattern.name, pattern.regex, float(pattern.score)] for pattern in self.patterns],
            "flags": int(self.FLAGS),
        }


def digits(text: str) -> str:
    """The ASCII digits of ``text``."""
    return re.sub(r"[^0-9]", "", text)


def placed(document: Document, found: Iterable[Candidate]) -> list[Candidate]:
    """The candidates in offsets of the original text, the best of each stretch and entity."""
    best: dict[tuple[int, int, str], Candidate] = {}
    for candidate in found:
        start, end = document.to_original(candidate.start, candidate.end)
        known = best.get((start, end, candidate.entity))
        if known is None or known.score < candidate.score:
            best[start, end, candidate.entity] = candidate._replace(start=start, end=end)
    return list(best.values())
