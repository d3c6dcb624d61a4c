"""Precision, recall and F1 by entity, by span and by character, with bootstrap intervals over documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pseudonymize.spans import Span

Counts = NDArray[np.int64]
COLUMNS = ("hit", "known", "reported", "covered", "known characters", "right characters", "reported characters")
"""What :func:`tally` counts for each document and entity, in this order."""
_BLOCK = 50
"""Resamples drawn at a time, which bounds memory."""


class Figure(NamedTuple):
    """A share with its 95 % interval; ``nan`` where nothing was there to measure."""

    value: float
    low: float
    high: float


class Score(NamedTuple):
    """Figures of one entity.

    Attributes:
        entity: Entity name.
        known: Spans marked in the corpus.
        reported: Spans the detector reported.
        precision: Share of reported spans that are exactly a marked one.
        recall: Share of marked spans that are reported exactly.
        f1: Harmonic mean of both.
        covered_precision: Share of reported characters that lie in any marked span.
        covered_recall: Share of marked characters covered by a reported span of any entity.
    """

    entity: str
    known: int
    reported: int
    precision: Figure
    recall: Figure
    f1: Figure
    covered_precision: Figure
    covered_recall: Figure


def tally(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]], entities: Sequence[str]) -> Counts:
    """Count by document and entity.

    Args:
        gold: Marked spans of each document.
        found: Reported spans of each document.
        entities: Entities to count, in the order of the second axis.

    Returns:
        Array of documents x entities x :data:`COLUMNS`.
    """
    places = {entity: at for at, entity in enumerate(entities)}
    counts = np.zeros((len(gold), len(entities), len(COLUMNS)), dtype=np.int64)
    for row, marked, reported in zip(counts, gold, found, strict=True):
        exact = {(span.start, span.end, span.entity) for span in marked}
        length = max((span.end for span in (*marked, *reported)), default=0)
        in_gold, in_found = np.zeros(length, dtype=bool), np.zeros(length, dtype=bool)
        for span in marked:
            in_gold[span.start : span.end] = True
        for span in reported:
            in_found[span.start : span.end] = True
        for span in marked:
            if (at := places.get(span.entity)) is not None:
                row[at, 1] += 1
                row[at, 3] += in_found[span.start : span.end].sum()
                row[at, 4] += span.end - span.start
        for span in reported:
            if (at := places.get(span.entity)) is not None:
                row[at, 0] += (span.start, span.end, span.entity) in exact
                row[at, 2] += 1
                row[at, 5] += in_gold[span.start : span.end].sum()
                row[at, 6] += span.end - span.start
    return counts


def resample(counts: Counts, draws: int = 1000, seed: int = 0) -> NDArray[np.float64]:
    """Totals of bootstrap resamples of documents.

    Args:
        counts: First axis documents, then anything.
        draws: How many resamples.
        seed: The same seed gives the same resamples.

    Returns:
        Array of draws x the other axes of ``counts``.
    """
    documents = len(counts)
    flat = counts.reshape(documents, -1).astype(np.float64)
    if not documents:
        return np.zeros((draws, *counts.shape[1:]))
    rng = np.random.default_rng(seed)
    blocks = []
    for at in range(0, draws, _BLOCK):
        size = min(_BLOCK, draws - at)
        picked = rng.integers(0, documents, size=(size, documents))
        offsets = np.arange(size)[:, None] * documents
        weights = np.bincount((picked + offsets).ravel(), minlength=size * documents).reshape(size, documents)
        blocks.append(weights @ flat)
    return np.concatenate(blocks).reshape(draws, *counts.shape[1:])


def share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """``part / whole``, ``nan`` where the whole is nothing."""
    answer = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=answer, where=whole > 0)
    return answer


def harmonic(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of precision and recall; 0 where both are."""
    total = precision + recall
    return np.where(total == 0, 0.0, share(2 * precision * recall, total))


def figure(value: float, drawn: NDArray[np.float64]) -> Figure:
    """A value with the 2.5th and 97.5th percentile of its resamples."""
    usable = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(usable):
        return Figure(float(value), float("nan"), float("nan"))
    low, high = np.percentile(usable, (2.5, 97.5))
    return Figure(float(value), float(low), float(high))


def ratio(parts: Counts, wholes: Counts, scale: float = 1.0, seed: int = 0) -> Figure:
    """Sum of ``parts`` by sum of ``wholes`` over documents, times ``scale``."""
    both = np.stack([parts, wholes], axis=1).astype(np.int64)
    drawn = resample(both, seed=seed)
    value = scale * parts.sum() / wholes.sum() if wholes.sum() else float("nan")
    return figure(value, scale * share(drawn[:, 0], drawn[:, 1]))


def scores(counts: Counts, entities: Sequence[str], draws: int = 1000, seed: int = 0) -> list[Score]:
    """Figures by entity from what :func:`tally` counted; entities neither marked nor reported are left out."""
    total = counts.sum(axis=0).astype(np.float64)[None]
    drawn = resample(counts, draws, seed)
    answers = []
    values, resampled = _figures(total), _figures(drawn)
    for at, entity in enumerate(entities):
        known, reported = int(total[0, at, 1]), int(total[0, at, 2])
        if known or reported:
            five = [figure(value[0, at], many[:, at]) for value, many in zip(values, resampled, strict=True)]
            answers.append(Score(entity, known, reported, *five))
    return answers


def _figures(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    hit, known, reported, covered, known_chars, right_chars, reported_chars = np.moveaxis(sums, -1, 0)
    precision, recall = share(hit, reported), share(hit, known)
    f1 = share(2 * hit, known + reported)
    return precision, recall, f1, share(right_chars, reported_chars), share(covered, known_chars)
