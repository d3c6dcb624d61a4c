"""The name model: a convolutional network over characters with a conditional random field on top.

Residual convolutions (van den Oord et al., WaveNet, 2016: dilated) read `pseudonymize.names.features`; a linear-chain
CRF (Lafferty, McCallum and Pereira, 2001) over the labels O, B, I, E, S decides. The network runs in NumPy on all
sentences of a batch at once. Training: `pseudonymize.names.training`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pseudonymize.names.features import GAP, Features, Gazetteer, features

Array = NDArray[np.float32]
OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)
TABLES = ("chars", "tags", "meanings", "words", "left", "right")
ROWS = 16384
"""Characters taken through the network at a time: its arrays stay in the processor's cache."""
WEIGHTS = "weights.npz"
_NEVER = np.float32(-1e4)


class Tagged(NamedTuple):
    """A name found in a sentence.

    Attributes:
        start: First character.
        end: One past the last.
        score: Probability of exactly this span, from the CRF's marginals.
    """

    start: int
    end: int
    score: float


class Tagger:
    """Finds names of people in sentences.

    Args:
        weights: Arrays as the training program writes them.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.generic]]) -> None:
        self._names = Gazetteer(np.asarray(weights["people"], np.uint8), np.asarray(weights["nouns"], np.uint8))
        self._tables = [_real(weights[f"table_{name}"]) for name in TABLES]
        self._flags = _real(weights["flags"])
        count = sum(name.startswith("conv_weight_") for name in weights)
        self._layers = [
            (int(dilation), _real(weights[f"conv_weight_{at}"]), _real(weights[f"conv_bias_{at}"]))
            for at, dilation in zip(range(count), np.asarray(weights["dilations"]).tolist(), strict=True)
        ]
        self._out, self._bias = _real(weights["out_weight"]), _real(weights["out_bias"])
        self._transitions = _real(weights["transitions"])
        self._first, self._last = _real(weights["first"]), _real(weights["last"])

    def tag(self, sentences: Sequence[str]) -> list[list[Tagged]]:
        """Find the names of each sentence.

        Args:
            sentences: Normalised text without line breaks.

        Returns:
            For each sentence its names, sorted and not overlapping.
        """
        answers: list[list[Tagged]] = []
        for batch in _batches(sentences):
            read = features(batch, self._names)
            answers.extend(self._decoded(batch, read.starts, self.emissions(read)))
        return answers

    def emissions(self, read: Features) -> Array:
        """Score of each label for each character, one row a character."""
        columns = (read.chars, read.tags, read.meanings, read.words, read.left, read.right)
        hidden: Array = read.flags @ self._flags
        for table, column in zip(self._tables, columns, strict=True):
            hidden += table[column]
        present = (read.left > 0) | (read.chars == ord(" "))
        outside = np.flatnonzero(~present)
        hidden[outside] = 0
        for dilation, (before, here, after), bias in self._layers:
            made = hidden @ here
            made += bias
            made[dilation:] += hidden[:-dilation] @ before
            made[:-dilation] += hidden[dilation:] @ after
            np.maximum(made, 0, out=made)
            hidden += made
            hidden[outside] = 0
        result: Array = hidden @ self._out + self._bias
        return result

    def _decoded(self, batch: Sequence[str], starts: NDArray[np.intp], scores: Array) -> list[list[Tagged]]:
        answers: list[list[Tagged]] = [[] for _ in batch]
        for group in _alike(batch):
            lengths = np.fromiter((len(batch[index]) for index in group), np.intp, len(group))
            longest = int(lengths.max())
            at = np.minimum(starts[group][:, None] + np.arange(longest), len(scores) - 1)
            rows = scores[at]
            rows[np.arange(longest) >= lengths[:, None]] = (0, _NEVER, _NEVER, _NEVER, _NEVER)
            best = self._viterbi(rows)
            holding = np.flatnonzero((best != OUTSIDE).any(axis=1))
            if not len(holding):
                continue
            inside, total = self._marginals(rows[holding])
            for place, labels in enumerate(best[holding].tolist()):
                answers[group[holding[place]]] = [
                    Tagged(start, end, self._probability(inside, total, place, start, end, rows[holding[place]]))
                    for start, end in _spans(labels)
                ]
        return answers

    def _viterbi(self, rows: Array) -> NDArray[np.int8]:
        """The best labels of sentences of (almost) one length; a row of `rows` for each sentence."""
        count, length, _ = rows.shape
        back = np.empty((length, count, 5), np.int8)
        best = rows[:, 0] + self._first
        for at in range(1, length):
            paths = best[:, :, None] + self._transitions
            back[at] = paths.argmax(axis=1)
            best = paths.max(axis=1) + rows[:, at]
        labels = np.empty((count, length), np.int8)
        labels[:, -1] = (best + self._last).argmax(axis=1)
        every = np.arange(count)
        for at in range(length - 1, 0, -1):
            labels[:, at - 1] = back[at, every, labels[:, at]]
        return labels

    def _marginals(self, rows: Array) -> tuple[tuple[Array, Array], Array]:
        """Forward and backward sums, and the logarithm of the sum over all labellings."""
        count, length, labels = rows.shape
        forward = np.empty((length, count, labels), np.float32)
        backward = np.empty_like(forward)
        forward[0] = rows[:, 0] + self._first
        for at in range(1, length):
            forward[at] = _log_sum(forward[at - 1][:, :, None] + self._transitions, 1) + rows[:, at]
        backward[-1] = self._last
        for at in range(length - 2, -1, -1):
            backward[at] = _log_sum((backward[at + 1] + rows[:, at + 1])[:, None, :] + self._transitions, 2)
        return (forward, backward), _log_sum(forward[-1] + self._last, 1)

    def _probability(
        self, sums: tuple[Array, Array], total: Array, place: int, start: int, end: int, row: Array
    ) -> float:
        forward, backward = sums
        labels = [SINGLE] if end - start == 1 else [BEGIN, *[INSIDE] * (end - start - 2), END]
        path = forward[start, place, labels[0]] + backward[end - 1, place, labels[-1]]
        for step, (one, two) in enumerate(pairwise(labels), start + 1):
            path += self._transitions[one, two] + row[step, two]
        return float(min(1.0, np.exp(path - total[place])))


def _real(array: NDArray[np.generic]) -> Array:
    return np.ascontiguousarray(array, np.float32)


def _log_sum(values: Array, axis: int) -> Array:
    top = values.max(axis=axis, keepdims=True)
    result: Array = np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis)
    return result


def _batches(sentences: Sequence[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    size = 0
    for sentence in sentences:
        if batch and size + len(sentence) > ROWS:
            yield batch
            batch, size = [], 0
        batch.append(sentence)
        size += len(sentence) + GAP
    if batch:
        yield batch


def _alike(batch: Sequence[str]) -> Iterator[NDArray[np.intp]]:
    """Groups of sentences of similar lengths, so that little is computed for nothing."""
    lengths = np.fromiter(map(len, batch), np.intp, len(batch))
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    at = 0
    while at < len(order):
        longest = lengths[order[at]] * 1.25 + 8
        end = int(np.searchsorted(lengths[order], longest, side="right"))
        yield order[at:end]
        at = end


def _spans(labels: Sequence[int]) -> list[tuple[int, int]]:
    found = []
    start = 0
    for at, label in enumerate(labels):
        if label in (BEGIN, SINGLE):
            start = at
        if label in (END, SINGLE):
            found.append((start, at + 1))
    return found


@lru_cache(maxsize=1)
def _stored() -> bytes:
    return resources.files("pseudonymize.names").joinpath(WEIGHTS).read_bytes()


@lru_cache(maxsize=1)
def default_tagger() -> Tagger:
    """The model that comes with the program."""
    import io

    with np.load(io.BytesIO(_stored())) as weights:
        return Tagger(dict(weights))


@lru_cache(maxsize=1)
def weights_digest() -> str:
    """SHA-256 of the weights, for the model digest."""
    return hashlib.sha256(_stored()).hexdigest()
