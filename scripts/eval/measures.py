"""The figures that have a target, each as the target states it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pseudonymize.spans import Span
from scripts.eval.metrics import Counts, Figure, figure, harmonic, ratio, resample, share

_NAME = re.compile("[가-힣]{3,5}")
Spans = Sequence[Sequence[Span]]


class Quality(NamedTuple):
    """Precision, recall and F1."""

    precision: Figure
    recall: Figure
    f1: Figure


def _quality(rows: list[tuple[int, int, int, int]]) -> Quality:
    """From documents' counts of right reports, reports, found values, values."""
    counts: Counts = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
    total, drawn = counts.sum(axis=0).astype(np.float64)[None], resample(counts)
    values = []
    for sums in (total, drawn):
        precision, recall = share(sums[:, 0], sums[:, 1]), share(sums[:, 2], sums[:, 3])
        values.append((precision, recall, harmonic(precision, recall)))
    return Quality(*(figure(one[0], many) for one, many in zip(*values, strict=True)))


def _touch(span: Span, others: Sequence[Span]) -> bool:
    return any(other.start < span.end and span.start < other.end for other in others)


def _covered(span: Span, others: Sequence[Span]) -> bool:
    """Whether ``others``, sorted, cover every character of ``span``."""
    at = span.start
    for other in others:
        if other.start > at:
            break
        at = max(at, other.end)
    return at >= span.end


def exact(entity: str, gold: Spans, found: Spans) -> Quality:
    """Exact spans of one entity."""
    rows = []
    for marked, reported in zip(gold, found, strict=True):
        known = {span[:2] for span in marked if span.entity == entity}
        said = {span[:2] for span in reported if span.entity == entity}
        rows.append((len(known & said), len(said), len(known & said), len(known)))
    return _quality(rows)


def names_of_three_to_five(texts: Sequence[str], gold: Spans, found: Spans) -> Quality:
    """Exact spans of names written with three to five syllables of Hangul and nothing else.

    Reports of another shape, and those that touch something else that is marked, count neither way.
    """
    rows = []
    for text, marked, reported in zip(texts, gold, found, strict=True):
        known = {s[:2] for s in marked if s.entity == "PERSON" and _NAME.fullmatch(text, s.start, s.end)}
        others = [span for span in marked if span[:2] not in known]
        said = {
            span[:2]
            for span in reported
            if span.entity == "PERSON"
            and _NAME.fullmatch(text, span.start, span.end)
            and not (span[:2] not in known and _touch(span, others))
        }
        rows.append((len(known & said), len(said), len(known & said), len(known)))
    return _quality(rows)


def every_occurrence(texts: Sequence[str], gold: Spans, found: Spans) -> Quality:
    """People all of whose occurrences in a document are masked; reports that touch a marked name are right."""
    rows = []
    for text, marked, reported in zip(texts, gold, found, strict=True):
        people = [span for span in marked if span.entity == "PERSON"]
        said = [span for span in reported if span.entity == "PERSON"]
        masked: dict[str, bool] = {}
        for span in people:
            name = text[span.start : span.end]
            masked[name] = masked.get(name, True) and _covered(span, reported)
        rows.append((sum(_touch(span, people) for span in said), len(said), sum(masked.values()), len(masked)))
    return _quality(rows)


def touched(entity: str, gold: Spans, found: Spans) -> Quality:
    """Values of one entity covered whole by reports of it; reports that touch such a value are right."""
    rows = []
    for marked, reported in zip(gold, found, strict=True):
        known = [span for span in marked if span.entity == entity]
        said = [span for span in reported if span.entity == entity]
        right = sum(_touch(span, known) for span in said)
        rows.append((right, len(said), sum(_covered(span, said) for span in known), len(known)))
    return _quality(rows)


def per_ten_thousand(entity: str, texts: Sequence[str], found: Spans) -> Figure:
    """Reports of one entity per 10,000 characters."""
    reports = np.array([sum(span.entity == entity for span in spans) for spans in found], dtype=np.int64)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    return ratio(reports, lengths, 10_000)


def share_found(values: Sequence[Span], found: Spans, *, any_entity: bool = False) -> Figure:
    """Share of values, one a text, covered whole by reports of their entity, or of any."""
    hits = [
        _covered(value, spans if any_entity else [span for span in spans if span.entity == value.entity])
        for value, spans in zip(values, found, strict=True)
    ]
    return ratio(np.array(hits, dtype=np.int64), np.ones(len(hits), dtype=np.int64))


def share_reported(entity: str | None, found: Spans) -> Figure:
    """Share of texts in which the entity (or any) is reported."""
    hits = [any(entity in (None, span.entity) for span in spans) for spans in found]
    return ratio(np.array(hits, dtype=np.int64), np.ones(len(hits), dtype=np.int64))
