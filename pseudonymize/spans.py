"""Spans of text that identify a person, and the one rule that resolves their overlaps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar


class Span(NamedTuple):
    """A stretch of text that identifies somebody.

    Attributes:
        start: First code point, counted in the original text.
        end: One past the last code point.
        entity: Presidio's entity name where it has one (``PERSON``, ``KR_RRN``, ...).
        score: Confidence between 0 and 1.
    """

    start: int
    end: int
    entity: str
    score: float


class Candidate(NamedTuple):
    """A span with its evidence: who found it and why.

    Attributes:
        start: First code point.
        end: One past the last code point.
        entity: Entity name, as in :class:`Span`.
        score: Confidence between 0 and 1.
        recognizer: Name of the recognizer.
        reason: The pattern or rule that matched; a word of the program, never of the text.
    """

    start: int
    end: int
    entity: str
    score: float
    recognizer: str
    reason: str

    @property
    def span(self) -> Span:
        """The span alone."""
        return Span(*self[:4])


S = TypeVar("S", bound=Span | Candidate)


def _rank(span: Span | Candidate) -> tuple[float, int, int, str]:
    return (-span.score, span.start - span.end, span.start, span.entity)


def resolve(spans: Iterable[S]) -> list[S]:
    """Make candidate spans sorted and free of overlaps without uncovering a single character.

    1. The higher score wins; among equals the longer span, then the one further left, then the
       entity name in alphabetical order (so the outcome never depends on the order of recognizers).
    2. What a loser covers *beyond* the winner stays covered: the rest keeps the loser's entity and
       score. A loser wholly inside a winner disappears.
    3. Touching spans stay apart.

    Args:
        spans: Spans or candidates in any order; empty ones are ignored.

    Returns:
        Spans sorted by position, pairwise disjoint, covering exactly what the candidates cover.
    """
    kept: list[S] = []  # disjoint and sorted, so two bisections find all overlaps
    for span in sorted((span for span in spans if span.end > span.start), key=_rank):
        first = bisect_right(kept, span.start, key=lambda winner: winner.end)
        last = bisect_left(kept, span.end, key=lambda winner: winner.start)
        edges = [span.start, *(edge for winner in kept[first:last] for edge in winner[:2]), span.end]
        rests: list[Any] = [  # `_replace` keeps the kind of span, which mypy cannot see
            span._replace(start=start, end=end)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
            if start < end
        ]
        kept[first:last] = sorted([*kept[first:last], *rests])
    return kept
