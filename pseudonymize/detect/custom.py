"""Recognizers and allow lists of stewards at work: `detector_for` gives the detector a dataset's rules ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from presidio_analyzer import Pattern

from pseudonymize.detect.detector import Detector
from pseudonymize.detect.matching import PARTICLES, TITLES, Words, compile_regex, squashed, stretches
from pseudonymize.detect.rules import DENIED, AllowRule, DetectionRules, RecognizerRule, Searcher
from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import THRESHOLD, DocumentRecognizer
from pseudonymize.spans import Candidate

_RULES_VERSION = 1
"""Raised when the same rules find something else: it is part of the model digest."""


class CustomRecognizer(DocumentRecognizer):
    """A steward's recognizer, for the detector and for Presidio.

    Its expressions are searched by RE2, never by :mod:`re`, so that none can hang.
    """

    ENTITY: ClassVar[str] = "CUSTOM"
    # Presidio wants a pattern, and the base compiles it with `re`: a steward's own must never come there. This one
    # says what is known beforehand of a text in which the rules may find something: it is not empty.
    PATTERNS: ClassVar[list[Pattern]] = [Pattern("rules", r"[\s\S]", 0.5)]

    def __init__(self, rule: RecognizerRule, supported_language: str = "ko") -> None:
        super().__init__(
            supported_language=supported_language,
            supported_entity=rule.supported_entity,
            name=rule.name,
            context=list(rule.context),
        )
        self.rule = rule
        self._searcher: Searcher | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_searcher": None}

    def applies(self, document: Document) -> bool:
        """Nothing is known of a steward's rules beforehand."""
        return bool(document.text)

    def find(self, document: Document) -> Iterator[Candidate]:
        """Candidates in offsets of ``document.text``."""
        if self._searcher is None:
            self._searcher = Searcher(self.rule)
        for start, end, score, reason in self._searcher.hits(document.text):
            if score >= THRESHOLD:
                yield Candidate(start, end, self.entity, score, self.name, reason)

    def identity(self) -> dict[str, Any]:
        """The rule, without the examples, which decide nothing."""
        rule = self.rule
        return {
            "name": rule.name,
            "version": _RULES_VERSION,
            "entities": [rule.supported_entity],
            "patterns": [[item.name, item.regex, float(item.score)] for item in rule.patterns],
            "context": [list(rule.context), rule.context_window],
            "deny_list": [sorted(rule.deny_list), float(rule.deny_list_score)],
            "label": [rule.label.ko, rule.label.en] if rule.label else [],
            "tail": [*TITLES, *PARTICLES],
        }


class Allowed(NamedTuple):
    """A candidate that an allow list let through, and the name of that list."""

    candidate: Candidate
    by: str


class AllowList:
    """An allow list at work: tells which candidates lie wholly within what it names."""

    def __init__(self, rule: AllowRule) -> None:
        self.rule = rule
        self._exact = frozenset(map(squashed, rule.values)) if rule.match == "exact" else frozenset()
        self._words = Words(rule.values) if rule.match == "word" else None
        self._regexes = [compile_regex(regex) for regex in rule.values] if rule.match == "regex" else []

    def lets_through(self, text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those of the candidates of a text (offsets of the original) that it allows."""
        asked = [candidate for candidate in candidates if candidate.entity in self.rule.about]
        if not asked:
            return []
        if self.rule.match == "exact":
            return [item for item in asked if squashed(text[item.start : item.end]) in self._exact]
        document = Document(text)
        places = [document.to_original(start, end) for start, end in self._places(document.text)]
        return [item for item in asked if any(start <= item.start and item.end <= end for start, end in places)]

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        if self._words is not None:
            yield from self._words.spans(text)
        for compiled in self._regexes:
            yield from stretches(compiled, text)


class RuledDetector(Detector):
    """A detector with a dataset's own recognizers and allow lists."""

    def __init__(self, recognizers: Sequence[DocumentRecognizer], language: str, rules: DetectionRules) -> None:
        """Use ``recognizers`` and ``rules``; :func:`detector_for` is the usual way to get one."""
        own = [
            CustomRecognizer(rule, language) for rule in rules.recognizers if language in rule.supported_languages
        ]
        super().__init__([*recognizers, *own], language)
        self.rules = rules
        self._given = tuple(recognizers)
        self._denying = frozenset(rule.name for rule in rules.recognizers)

    def __reduce__(self) -> tuple[Any, ...]:
        return (RuledDetector, (self._given, self.language, self.rules))

    @property
    def labels(self) -> dict[str, tuple[str, str]]:
        """Labels of the entities that the rules bring, Korean and English."""
        return self.rules.labels

    @cached_property
    def allow_lists(self) -> list[AllowList]:
        """The allow lists, ready to be asked."""
        return [AllowList(rule) for rule in self.rules.allow_lists]

    @cached_property
    def digest(self) -> str:
        """The model digest, over the rules too."""
        lists = sorted([rule.match, sorted(rule.about), sorted(rule.values)] for rule in self.rules.allow_lists)
        canonical = json.dumps([super().digest, _RULES_VERSION, lists, sorted(TITLES + PARTICLES)])
        return hashlib.sha256(canonical.encode()).hexdigest()

    def candidates(self, texts: Sequence[str]) -> list[list[Candidate]]:
        """What the recognizers report and no allow list lets through."""
        found = super().candidates(texts)
        if not self.allow_lists:
            return found
        return [
            self._without_allowed(text, given) if given else given for text, given in zip(texts, found, strict=True)
        ]

    def _without_allowed(self, text: str, given: list[Candidate]) -> list[Candidate]:
        gone = {allowed.candidate for allowed in self._allowed(text, given)}
        return [candidate for candidate in given if candidate not in gone]

    def _allowed(self, text: str, given: Sequence[Candidate]) -> list[Allowed]:
        # What a deny list names is found whatever an allow list says.
        asked = [item for item in given if not (item.reason == DENIED and item.recognizer in self._denying)]
        return [
            Allowed(item, each.rule.name) for each in self.allow_lists for item in each.lets_through(text, asked)
        ]

    def allowed(self, text: str) -> list[Allowed]:
        """What the recognizers report in a text and an allow list lets through, with the list's name."""
        (given,) = super().candidates([text])
        return self._allowed(text, given)


def detector_for(rules: DetectionRules, language: str = "ko") -> Detector:
    """The detector for a dataset: the usual one, with the rules of stewards where there are any.

    Args:
        rules: recognizers and allow lists that apply.
        language: ``"ko"`` or ``"en"``.

    Raises:
        UnknownLanguageError: For any other language.
    """
    usual = Detector.default(language)
    return RuledDetector(usual.recognizers, language, rules) if rules else usual
