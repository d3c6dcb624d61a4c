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
FILTERS = ("people", "nouns", "proper_nouns")
TABLES = ("chars", "tags", "meanings", "words", "left", "right")
ROWS = 2048
"""Characters taken through the network at a time: its arrays stay in the processor's cache."""
WEIGHTS = "weights.npz"
_NEVER = np.float32(-1e4)
LONGEST = 20
"""Characters of the longest name that is surely found."""
_WAITING = 1 << 20
"""Characters of sentences in doubt that are kept before they are decoded."""


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
        self.words = Gazetteer([np.asarray(weights[name], np.uint8) for name in FILTERS])
        self._tables = [_real(weights[f"table_{name}"]) for name in TABLES]
        self._flags = _real(weights["flags"])
        count = sum(name.startswith("conv_weight_") for name in weights)
        self._layers = [
            (int(dilation), _real(weights[f"conv_weight_{at}"]), _real(weights[f"conv_bias_{at}"]))
            for at, dilation in zip(range(count), np.asarray(weights["dilations"]).tolist(), strict=True)
        ]
        self._out, self._bias = _real(weights["out_weight"]), _real(weights["out_bias"])
        self.transitions = _real(weights["transitions"])
        self._first, self._last = _real(weights["first"]), _real(weights["last"])

    def tag(self, sentences: Sequence[str]) -> list[list[Tagged]]:
        """Find the names of each sentence.

        Args:
            sentences: Normalised text without line breaks.

        Returns:
            For each sentence its names, sorted and not overlapping.
        """
        answers: list[list[Tagged]] = [[] for _ in sentences]
        waiting: list[tuple[int, Array]] = []
        size = 0
        for numbers in _batches(sentences):
            read = features([sentences[number] for number in numbers], self.words)
            for number, rows in self._undecided(numbers, sentences, read.starts, self.emissions(read)):
                waiting.append((number, rows))
                size += len(rows)
            if size > _WAITING:
                self._decode(waiting, answers)
                waiting, size = [], 0
        self._decode(waiting, answers)
        return answers

    def emissions(self, read: Features) -> Array:
        """Score of each label for each character, one row a character."""
        columns = (read.chars, read.tags, read.meanings, read.words, read.left, read.right)
        hidden: Array = read.flags @ self._flags
        made, part = np.empty_like(hidden), np.empty_like(hidden)
        for table, column in zip(self._tables, columns, strict=True):
            np.take(table, column, axis=0, out=made, mode="clip")
            hidden += made
        outside = np.flatnonzero((read.left == 0) & (read.chars != ord(" ")))
        hidden[outside] = 0
        for dilation, (before, here, after), bias in self._layers:
            np.matmul(hidden, here, out=made)
            made += bias
            made[dilation:] += np.matmul(hidden, before, out=part)[:-dilation]
            made[:-dilation] += np.matmul(hidden, after, out=part)[dilation:]
            np.maximum(made, 0, out=made)
            hidden += made
            hidden[outside] = 0
        result: Array = hidden @ self._out + self._bias
        return result

    def _undecided(
        self, numbers: Sequence[int], sentences: Sequence[str], starts: NDArray[np.intp], scores: Array
    ) -> Iterator[tuple[int, Array]]:
        """The sentences that may hold a name, with a copy of their scores."""
        above = self._best_name(scores) > 0
        reached = np.concatenate([[0], np.cumsum(above)])
        lengths = np.fromiter((len(sentences[number]) for number in numbers), np.intp, len(numbers))
        for place in np.flatnonzero(reached[starts + lengths] > reached[starts]).tolist():
            yield numbers[place], scores[starts[place] : starts[place] + lengths[place]].copy()

    def _best_name(self, scores: Array) -> Array:
        """At most how much better than no name the best name beginning at each character is.

        Where it is worse than nothing, the best path has no name, so most sentences need no decoding. Exact for
        names of at most ``LONGEST`` characters.
        """
        step = self.transitions - self.transitions[OUTSIDE, OUTSIDE]
        over = scores - scores[:, OUTSIDE : OUTSIDE + 1]
        before, after = self._first - self._first[OUTSIDE], self._last - self._last[OUTSIDE]
        closes = max(float(step[END, [OUTSIDE, BEGIN, SINGLE]].max()), float(after[END]))
        alone = over[:, SINGLE] + max(float(step[SINGLE].max()), float(after[SINGLE]))
        alone += max(float(step[[OUTSIDE, END, SINGLE], SINGLE].max()), float(before[SINGLE]))
        opens = over[:, BEGIN] + max(float(step[[OUTSIDE, END, SINGLE], BEGIN].max()), float(before[BEGIN]))
        inside = np.concatenate(
            [[np.float32(0)], np.cumsum(over[:, INSIDE] + step[INSIDE, INSIDE], dtype=np.float64)]
        )
        ends = over[:, END] + closes
        best = np.full(len(scores), _NEVER)
        best[:-1] = opens[:-1] + step[BEGIN, END] + ends[1:]
        for length in range(3, min(LONGEST, len(scores)) + 1):
            count = len(scores) - length + 1
            longer = opens[:count] + inside[length - 1 : length - 1 + count] - inside[1 : 1 + count]
            longer += ends[length - 1 :] + step[BEGIN, INSIDE] + step[INSIDE, END] - step[INSIDE, INSIDE]
            np.maximum(best[:count], longer, out=best[:count])
        result: Array = np.maximum(best, alone)
        return result

    def _decode(self, waiting: Sequence[tuple[int, Array]], answers: list[list[Tagged]]) -> None:
        for group in _alike([len(rows) for _, rows in waiting]):
            lengths = [len(waiting[place][1]) for place in group]
            rows = np.zeros((len(group), max(lengths), 5), np.float32)
            rows[:, :, 1:] = _NEVER
            for row, place in zip(rows, group, strict=True):
                row[: len(waiting[place][1])] = waiting[place][1]
            best = self._viterbi(rows, np.array(lengths))
            holding = np.flatnonzero((best != OUTSIDE).any(axis=1))
            if not len(holding):
                continue
            sums, total = self.marginals(rows[holding], np.array(lengths)[holding])
            for place, labels in enumerate(best[holding].tolist()):
                answers[waiting[group[holding[place]]][0]] = [
                    Tagged(start, end, self._probability(sums, total, place, start, end, rows[holding[place]]))
                    for start, end in _spans(labels[: lengths[holding[place]]])
                ]

    def _viterbi(self, rows: Array, lengths: NDArray[np.intp]) -> NDArray[np.int8]:
        """The best labels of sentences of (almost) one length; a row of `rows` for each sentence."""
        count, length, _ = rows.shape
        back = np.empty((length, count, 5), np.int8)
        best = rows[:, 0] + self._first
        for at in range(1, length):
            paths = best[:, :, None] + self.transitions
            over = (at >= lengths)[:, None]  # behind the end of a sentence nothing is added
            back[at] = np.where(over, np.arange(5), paths.argmax(axis=1))
            best = np.where(over, best, paths.max(axis=1) + rows[:, at])
        labels = np.empty((count, length), np.int8)
        labels[:, -1] = (best + self._last).argmax(axis=1)
        every = np.arange(count)
        for at in range(length - 1, 0, -1):
            labels[:, at - 1] = back[at, every, labels[:, at]]
        return labels

    def marginals(self, rows: Array, lengths: NDArray[np.intp]) -> tuple[tuple[Array, Array], Array]:
        """Forward and backward sums of padded sentences, and the logarithm of the sum over all their labellings."""
        count, length, labels = rows.shape
        forward = np.empty((length, count, labels), np.float32)
        backward = np.empty_like(forward)
        forward[0] = rows[:, 0] + self._first
        for at in range(1, length):
            step = _log_sum(forward[at - 1][:, :, None] + self.transitions, 1) + rows[:, at]
            forward[at] = np.where((at >= lengths)[:, None], forward[at - 1], step)
        backward[-1] = self._last
        for at in range(length - 2, -1, -1):
            step = _log_sum((backward[at + 1] + rows[:, at + 1])[:, None, :] + self.transitions, 2)
            backward[at] = np.where((at + 1 >= lengths)[:, None], backward[at + 1], step)
        return (forward, backward), _log_sum(forward[-1] + self._last, 1)

    def _probability(
        self, sums: tuple[Array, Array], total: Array, place: int, start: int, end: int, row: Array
    ) -> float:
        forward, backward = sums
        labels = [SINGLE] if end - start == 1 else [BEGIN, *[INSIDE] * (end - start - 2), END]
        path = forward[start, place, labels[0]] + backward[end - 1, place, labels[-1]]
        for step, (one, two) in enumerate(pairwise(labels), start + 1):
            path += self.transitions[one, two] + row[step, two]
        # Rounded: what other sentences are read beside this one must not show.
        return round(float(min(1.0, np.exp(path - total[place]))), 2)


def _real(array: NDArray[np.generic]) -> Array:
    return np.ascontiguousarray(array, np.float32)


def _log_sum(values: Array, axis: int) -> Array:
    top = values.max(axis=axis, keepdims=True)
    result: Array = np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis)
    return result


def _batches(sentences: Sequence[str]) -> Iterator[list[int]]:
    """Places of the sentences that go through the network together; empty ones go nowhere."""
    batch: list[int] = []
    size = 0
    for number, sentence in enumerate(sentences):
        if batch and size + len(sentence) > ROWS:
            yield batch
            batch, size = [], 0
        if sentence:
            batch.append(number)
            size += len(sentence) + GAP
    if batch:
        yield batch


def _alike(lengths: Sequence[int]) -> Iterator[NDArray[np.intp]]:
    """Groups of sentences of similar lengths, so that little is computed for nothing."""
    sizes = np.array(lengths, np.intp)
    order = np.argsort(sizes, kind="stable")
    at = 0
    while at < len(order):
        end = int(np.searchsorted(sizes[order], sizes[order[at]] * 1.25 + 8, side="right"))
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
