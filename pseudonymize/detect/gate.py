"""Decides for whole batches which patterns are searched in which texts, and changes nothing of what is found.

One automaton (RE2's sets of patterns) reads each text once and says which of all patterns' necessary conditions
(:mod:`pseudonymize.detect.necessary`) hold; for most texts none does and nothing more is asked. What the answer
allows is then searched by the patterns themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pseudonymize.detect.finders import Find, Finder, label_finder
from pseudonymize.detect.necessary import relaxed, relaxed_groups
from pseudonymize.document import labels
from pseudonymize.document.document import Document
from pseudonymize.document.labels import Label
from pseudonymize.document.normalise import Normalised, changeable
from pseudonymize.recognizers.base import DocumentRecognizer, Need, placed
from pseudonymize.spans import Candidate

_MEMORY = 64 << 20
"""Bytes the states of one automaton may take before it starts anew."""
_REMEMBERED = 20_000
_NOTHING = (0,)
"""What an automaton answers when only the empty condition holds."""


class _Search(NamedTuple):
    """One pattern of one recognizer."""

    recognizer: int
    place: int
    name: str
    score: float
    find: Find
    need: Need | None
    shape: int | None
    """Number of the condition that does instead of a label."""


_Plan = tuple[tuple[int, tuple[_Search, ...]], ...]
"""For recognizers, in order, the patterns to search."""


class Gate:
    """The searches of a list of recognizers, each run only where it can find something.

    Recognizers whose ``gate`` is None, or that find by other means than their patterns, are asked about every text.
    """

    def __init__(self, recognizers: Sequence[DocumentRecognizer]) -> None:
        self.recognizers = tuple(recognizers)
        self.gated = tuple(map(by_patterns, self.recognizers))
        kinds = label_conditions()
        self._kinds = list(kinds)
        self._conditions: dict[str, int] = {}
        self._always: list[_Search] = []
        self._given: dict[int, list[_Search]] = {}
        for index, recognizer in enumerate(self.recognizers):
            if self.gated[index]:
                self._add(index, recognizer)
        self._unusual = self._condition(changeable())
        self._which = _matcher(list(self._conditions))
        self._which_labels = _matcher(list(kinds.values()))
        self._labels = label_finder()
        self._every_kind = set(kinds) == set(labels.PATTERN.groupindex)
        self._plans: dict[Any, tuple[_Plan, bool]] = {}

    def _add(self, index: int, recognizer: DocumentRecognizer) -> None:
        needs = recognizer.needs()
        for place, (name, pattern, score) in enumerate(recognizer.compiled):
            source = relaxed(pattern.pattern, pattern.flags & ~re.UNICODE, coarse=True)
            need = needs.get(name)
            shape = relaxed(need.shape, coarse=True, part=True) if need and need.shape else None
            known = (
                need and set(need.labels) <= set(self._kinds) and (not need.shape or (shape and compiles(shape)))
            )
            if not known:
                need = shape = None
            held = None if shape is None else self._condition(shape)
            search = _Search(index, place, name, score, Finder(pattern), need, held)
            if source is None or not compiles(source):
                self._always.append(search)
            else:
                self._given.setdefault(self._condition(source), []).append(search)

    def _condition(self, source: str) -> int:
        return self._conditions.setdefault(source, len(self._conditions) + 1)

    def candidates(self, texts: Sequence[str]) -> list[list[Candidate]]:
        """What the recognizers report for each text, in offsets of the text as given."""
        answers: list[list[Candidate]] = [[] for _ in texts]
        documents: list[Document | None] = [None] * len(texts)
        waiting: list[list[tuple[int, tuple[_Search, ...]]]] = [[] for _ in self.recognizers]
        for at, text in enumerate(texts):
            documents[at] = self._planned(text, at, waiting)
        for index, recognizer in enumerate(self.recognizers):
            if not self.gated[index]:
                every = [
                    known or Document(text, self._labels) for known, text in zip(documents, texts, strict=True)
                ]
                documents[:] = every
                for answer, found in zip(answers, recognizer.candidates(every), strict=True):
                    answer.extend(found)
                continue
            for at, searches in waiting[index]:
                document = documents[at]
                if document is not None and recognizer.applies(document):
                    answers[at].extend(_found(recognizer, document, searches))
        return answers

    def _planned(self, text: str, at: int, waiting: list[list[tuple[int, tuple[_Search, ...]]]]) -> Document | None:
        """Enter what is to be searched in a text; the document when one is needed."""
        holding = self._which(text)
        document = None
        if self._unusual in holding:
            document = Document(text, self._labels)
            if document.text is not text:
                holding = self._which(document.text)
        plan, needy = self._plans.get(holding) or self._plan(holding, None)
        find_labels = self._labels
        if needy:
            kinds = self._which_labels(text if document is None else document.text)
            plan, _ = self._plans.get((holding, kinds)) or self._plan(holding, kinds)
            if kinds == _NOTHING and self._every_kind:
                find_labels = _no_labels
        if plan:
            for index, searches in plan:
                waiting[index].append((at, searches))
            if document is None:
                document = Document(text, find_labels, None if self._unusual in holding else Normalised(text))
        return document

    def _plan(self, holding: tuple[int, ...], kinds: tuple[int, ...] | None) -> tuple[_Plan, bool]:
        """The searches where these conditions hold and, when they are known, labels of these kinds occur."""
        searches = [*self._always, *(search for number in holding for search in self._given.get(number, ()))]
        # Without a word on labels all of them may be there.
        words = set(self._kinds) if kinds is None else {self._kinds[number - 1] for number in kinds if number}
        searches = [
            search
            for search in searches
            if search.need is None or search.shape in holding or not words.isdisjoint(search.need.labels)
        ]
        needy = kinds is None and any(search.need and search.shape not in holding for search in searches)
        searches.sort(key=lambda search: search[:2])
        plan = tuple((index, tuple(chosen)) for index, chosen in groupby(searches, key=lambda search: search[0]))
        if len(self._plans) >= _REMEMBERED:
            self._plans.clear()
        self._plans[holding if kinds is None else (holding, kinds)] = plan, needy
        return plan, needy


def _no_labels(_: str) -> list[Label]:
    return []


def by_patterns(recognizer: DocumentRecognizer) -> bool:
    """Whether a recognizer finds by its patterns alone."""
    kind, base = type(recognizer), DocumentRecognizer
    same = all(getattr(kind, name) is getattr(base, name) for name in ("find", "found", "candidates"))
    return same and recognizer.gate is not None


def label_conditions() -> dict[str, str]:
    """By kind of label what a text must hold for a label of that kind."""
    pattern = labels.PATTERN
    found = relaxed_groups(pattern.pattern, pattern.flags & ~re.UNICODE)
    return {kind: source for kind, source in found.items() if source is not None and compiles(source)}


def compiles(source: str) -> bool:
    """Whether RE2 takes the pattern."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(source, options)
    except re2.error:
        return False
    return True


def _matcher(sources: list[str]) -> Callable[[str], tuple[int, ...]]:
    """What tells the numbers, from 1, of the patterns found in a text."""
    import re2

    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    conditions = re2.Set.SearchSet(options)
    # The empty pattern is found in every text: an answer without it means that RE2 gave up.
    for source in ("", *sources):
        conditions.Add(source)
    conditions.Compile()
    match = conditions.Match
    every = tuple(range(len(sources) + 1))

    def which(text: str) -> tuple[int, ...]:
        try:
            return tuple(match(text) or every)
        except UnicodeEncodeError:
            return every

    return which


def _found(recognizer: DocumentRecognizer, document: Document, searches: tuple[_Search, ...]) -> list[Candidate]:
    found: list[Candidate] = []
    for search in searches:
        found.extend(recognizer.judged(document, search.name, search.score, search.find(document.text)))
    return placed(document, found) if found else found
