"""Redacting free text: what is found in it is labelled, masked, or replaced by tokens or markers of surrogates.

Tokens and markers are those of the zone (`pseudonymize.surrogates.markers`); `pseudonymize.transform.rekey` makes a
project's tokens and surrogates of them at release.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.findings import Findings, score_band
from pseudonymize.spans import resolve
from pseudonymize.surrogates.keyed import canonical, token
from pseudonymize.surrogates.labels import LABELS, Labeller, label_word
from pseudonymize.surrogates.markers import SHAPE, Markers
from pseudonymize.surrogates.particles import following_particle
from pseudonymize.surrogates.persons import People
from pseudonymize.transform.spec import Action, Redact
from pseudonymize.transform.written import Shortened, beyond, shortened

if TYPE_CHECKING:
    from pseudonymize.ports import SupportsDetect
    from pseudonymize.spans import Candidate, Span

__all__ = ["LABELS", "MAX_PASSES", "redact", "rewrite"]

MAX_PASSES = 3
"""What is replaced can change the reading of what stands beside it, so the result is searched again."""
_NEAR = 10
"""Characters after a marker in which its particle is looked for."""


def redact(
    values: pa.Array,
    spec: Redact,
    detector: SupportsDetect,
    column: str,
    *,
    key: bytes | None = None,
    labels: Mapping[str, tuple[str, str]] = LABELS,
) -> tuple[pa.Array, Findings]:
    """Redact a column of text, each different text once.

    Args:
        values: texts; null stays null.
        spec: what becomes of each entity.
        detector: finds the spans; one with `search` also says which recognizer found each.
        column: the column's name, for the findings.
        key: 32-byte key of the controller for surrogates and tokens; needed when `spec` asks for them.
        labels: entity to its label in Korean and English.

    Returns:
        The redacted texts, and what was found counted over all rows, what is kept included.

    Raises:
        ValueError: a key is needed and there is none, or the detector answers for other texts.
    """
    if spec.keyed and key is None:
        raise ValueError("surrogates and tokens need a key")
    encoded = values.dictionary_encode()
    texts: list[str] = (_without_forged(encoded.dictionary) if spec.keyed else encoded.dictionary).to_pylist()
    weights = _weights(encoded)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    hand = _Hand(spec, cache(spec.action), cache(canonical), Markers(key) if key else None, key or b"", labels)
    pages: dict[int, _Page] = {}  # of the texts that change, which are few
    waiting = list(range(len(texts)))
    for number in range(MAX_PASSES):
        if not waiting:
            break
        changed = []
        # Nothing is ours in the first pass; afterwards tokens and markers are longer than all the rest to be read.
        shown = [shortened(texts[index]) if number and spec.keyed else Shortened(texts[index]) for index in waiting]
        found = _search(detector, [short.text for short in shown])
        for index, short, spans in zip(waiting, shown, found, strict=True):
            if not spans:
                continue
            page = pages.get(index)
            seen = _wanted([short.back(span) for span in spans], hand, texts[index], page)
            wanted = [span for span in seen if hand.action(span.entity) != "keep"]
            for span in wanted if number else seen:  # what is kept is there in every pass
                counts[column, span.entity, _recognizer(span), score_band(span.score)] += weights[index]
            if not wanted:
                continue
            if page is None:
                page = pages[index] = _Page(texts[index], hand)
            texts[index] = page.rewrite(texts[index], wanted)
            changed.append(index)
        waiting = changed
    return pa.array(texts, pa.string()).take(encoded.indices), Findings(dict(counts))


def _without_forged(texts: pa.Array) -> pa.Array:
    """The texts with ``＜`` where something in them, from whoever wrote it, begins like a token or marker of ours."""
    if not pc.any(pc.match_substring_regex(texts, SHAPE), min_count=0).as_py():
        return texts
    forged = f"<({SHAPE.removeprefix('<')})"
    return pc.replace_substring_regex(texts, forged, r"＜\1")


def _search(detector: SupportsDetect, texts: list[str]) -> Sequence[Sequence[Span | Candidate]]:
    search = getattr(detector, "search", None)
    found: Sequence[Sequence[Span | Candidate]] = detector.detect(texts) if search is None else search(texts)
    return found


def _recognizer(span: Span | Candidate) -> str:
    return str(getattr(span, "recognizer", ""))


def _weights(encoded: pa.DictionaryArray) -> list[int]:
    """How many rows hold each text."""
    codes = encoded.indices.drop_null().to_numpy(zero_copy_only=False)
    weights: list[int] = np.bincount(codes, minlength=len(encoded.dictionary)).tolist()
    return weights


def _wanted(
    spans: Sequence[Span | Candidate], hand: _Hand, text: str, page: _Page | None
) -> list[Span | Candidate]:
    """The spans that are looked at, sorted and disjoint, without what was written before."""
    wanted = [span for span in spans if hand.action(span.entity) is not None]
    if page is not None:
        wanted = [piece for span in wanted for piece in page.outside(text, span)]
    # A detector that names a stretch twice, or in another order, must not bring it back into the text.
    if all(first.end <= second.start for first, second in pairwise(wanted)):
        return [span for span in wanted if span.start < span.end]
    return resolve(wanted)


def rewrite(text: str, spans: Sequence[Span | Candidate], replace: Callable[[str, str], str]) -> str:
    """Replace sorted, disjoint spans; every character outside them stays as it is."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], replace(text[span.start : span.end], span.entity)]
        at = span.end
    return "".join([*pieces, text[at:]])


class _Hand(NamedTuple):
    """What all documents of a column are written with."""

    spec: Redact
    action: Callable[[str], Action | None]
    canonical: Callable[[str, str], str]
    markers: Markers | None
    key: bytes
    labels: Mapping[str, tuple[str, str]]


class _Page:
    """One document while it is rewritten: who is in it, and where something was written.

    Args:
        text: the document as it came.
        hand: what it is written with.
    """

    def __init__(self, text: str, hand: _Hand) -> None:
        self._hand = hand
        self._labeller = Labeller(text, hand.spec.language, hand.labels)
        self._people = People()
        self._written: list[tuple[int, int]] = []

    def outside(self, text: str, span: Span | Candidate) -> Iterator[Span | Candidate]:
        """The parts of a span beside what was written, which a detector may well find again."""
        return beyond(text, span, self._written)

    def rewrite(self, text: str, spans: Sequence[Span | Candidate]) -> str:
        """Replace spans, sorted and disjoint and none of them written here."""
        self._meet(text, spans)
        pieces: list[str] = []
        written: list[tuple[int, int]] = []
        moved: list[
            tuple[int, int]
        ] = []  # where a replacement ends in the old text, and by how much it moves the rest
        at, shift = 0, 0
        for span, limit in zip(spans, self._limits(text, spans), strict=True):
            surface = text[span.start : span.end]
            (replacement, fits), end = self._replacement(surface, span.entity), span.end
            if fits:
                eaten, particle = following_particle(surface, fits, text[end : min(limit, end + _NEAR)])
                replacement, end = replacement + particle, end + eaten
            written.append((span.start + shift, span.start + shift + len(replacement)))
            pieces += [text[at : span.start], replacement]
            shift += len(replacement) - (end - span.start)
            moved.append((end, shift))
            at = end
        self._written = sorted([*written, *self._moved(moved)]) if self._written else written
        return "".join([*pieces, text[at:]])

    def _limits(self, text: str, spans: Sequence[Span | Candidate]) -> list[int]:
        """Up to where a particle may reach behind each span: the next span, or what was written before."""
        limits = [*(span.start for span in spans[1:]), len(text)]
        if not self._written:
            return limits
        starts = [start for start, _ in self._written]
        return [
            min([limit, *(start for start in starts if start >= span.end)])
            for span, limit in zip(spans, limits, strict=True)
        ]

    def _moved(self, moved: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """What was written before, where it stands now."""
        ends = [end for end, _ in moved]
        for start, end in self._written:
            before = bisect_right(ends, start)
            shift = moved[before - 1][1] if before else 0
            yield start + shift, end + shift

    def _meet(self, text: str, spans: Sequence[Span | Candidate]) -> None:
        """Take note of the people named."""
        people: dict[str, str] = {}
        for span in spans:
            if span.entity == "PERSON":
                surface = text[span.start : span.end]
                people.setdefault(self._hand.canonical("PERSON", surface), surface)
        if people:
            self._people.meet(people)

    def _replacement(self, surface: str, entity: str) -> tuple[str, str]:
        """What is written, and the word that a particle behind it must fit; empty when it may stay."""
        action = self._hand.action(entity)
        if action == "mask":
            return "".join(character if character.isspace() else "*" for character in surface), ""
        value = self._hand.canonical(entity, surface)
        who = self._people.who(value) if entity == "PERSON" else value
        word = label_word(entity, self._hand.spec.language, self._hand.labels)
        if action == "token":
            return f"<{word}:{token(self._hand.key, entity, who)}>", ""
        if action == "surrogate" and self._hand.markers is not None:
            marker = self._hand.markers.within(entity, surface, self._people, word)
            if marker is not None:
                return marker
        return self._labeller.label(entity, who), ""
