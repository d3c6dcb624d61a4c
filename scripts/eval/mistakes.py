"""Kinds of mistakes, with examples from made-up text only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pseudonymize.names.training.words import TITLES
from pseudonymize.spans import Span

_TITLE_BEHIND = re.compile(
    rf" ?(?:{'|'.join(sorted(map(re.escape, TITLES), key=len, reverse=True))})(?![가-힣]{{3}})"
)
_FIELD_BEFORE = re.compile(r"[가-힣)\]] ?[:：|\t] ?$")
_SURNAMES = "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민나진지"


class Mistake(NamedTuple):
    """A kind of mistake.

    Attributes:
        kind: What went wrong, in words.
        times: How often.
        example: One of them, the value in double brackets.
    """

    kind: str
    times: int
    example: str


def worst(
    texts: Sequence[str], gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]], n: int = 20
) -> list[Mistake]:
    """The ``n`` most frequent kinds of mistakes. Only for text that nobody wrote: examples quote it."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for text, marked, reported in zip(texts, gold, found, strict=True):
        for kind, span in _mistakes(text, marked, reported):
            counts[kind] += 1
            # The shortest example is the easiest to read.
            shown = _shown(text, span)
            if kind not in examples or len(shown) < len(examples[kind]):
                examples[kind] = shown
    return [Mistake(kind, count, examples[kind]) for kind, count in counts.most_common(n)]


def _mistakes(text: str, marked: Sequence[Span], reported: Sequence[Span]) -> Iterator[tuple[str, Span]]:
    exact = {span[:3] for span in reported}
    for span in marked:
        if span[:3] in exact:
            continue
        over = [other for other in reported if other.start < span.end and span.start < other.end]
        if not over:
            yield f"missed {span.entity}: {_surroundings(text, span)}", span
        elif all(other.entity != span.entity for other in over):
            yield f"confused: {span.entity} reported as {over[0].entity}", span
        elif min(o.start for o in over) <= span.start and max(o.end for o in over) >= span.end:
            yield f"too long: {span.entity}", span
        else:
            yield f"cut short: {span.entity}", span
    for span in reported:
        if not any(other.start < span.end and span.start < other.end for other in marked):
            yield f"false {span.entity}: {_look(text, span)}", span


def _surroundings(text: str, span: Span) -> str:
    if span.entity != "PERSON":
        return (
            "label before"
            if _FIELD_BEFORE.search(text[max(0, span.start - 6) : span.start])
            else "within a sentence"
        )
    value = text[span.start : span.end]
    if len(value) < 3:
        return "one or two syllables"
    if " " in value and len(value.replace(" ", "")) < 5 and value[0] in _SURNAMES:
        return "written with spaces"
    if not "가" <= value[0] <= "힣":
        return "Latin letters"
    if value[0] not in _SURNAMES or len(value) > 4:
        return "foreign or rare surname, or a long name"
    if _FIELD_BEFORE.search(text[max(0, span.start - 6) : span.start]):
        return "behind a label"
    if _TITLE_BEHIND.match(text, span.end):
        return "before a title"
    if "가" <= text[span.start - 1 : span.start] <= "힣":
        return "glued to the word before"
    return "bare in a sentence" if "가" <= text[span.end : span.end + 1] <= "힣" else "bare, no particle"


def _look(text: str, span: Span) -> str:
    value = text[span.start : span.end]
    if span.entity != "PERSON":
        return "number" if any(char.isdigit() for char in value) else "words"
    if _TITLE_BEHIND.match(text, span.end):
        return "word before a title"
    if _FIELD_BEFORE.search(text[max(0, span.start - 6) : span.start]):
        return "word behind a label"
    return "common word that begins like a surname" if value[0] in _SURNAMES else "other word"


def _shown(text: str, span: Span) -> str:
    start, end = max(0, span.start - 14), span.end + 14
    shown = f"{text[start : span.start]}[[{text[span.start : span.end]}]]{text[span.end : end]}"
    return re.sub(r"\s+", " ", shown).replace("|", "/")
