"""Counts of what a column's values are, taken batch by batch in bounded memory; no value is kept in a profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.columns import evidence
from pseudonymize.columns.model import ColumnProfile
from pseudonymize.columns.shapes import LONGEST, byte_lengths, encode, tags_of
from pseudonymize.columns.words import MISSING

DISTINCT_ROWS = 200_000
"""Rows of a column in which different values are counted; all rows are looked through for identifiers."""
DISTINCT_BYTES = 48 << 20
LONG = 96
"""Bytes of a value from which on it counts as long."""
SAMPLE = 4_000
"""Different values of each batch that are compared with lists of words (names, regions, organisations)."""
FEW = 64
"""Columns with no more different values than this are compared with closed lists (sex, yes and no)."""


class _Column:
    """Takes one column's batches."""

    def __init__(self, name: str) -> None:
        self.profile = ColumnProfile(name)
        self._seen: list[pa.Array] = []
        self._bytes = 0
        self._trimmed = False
        self._few: set[str] | None = set()

    def add(self, column: pa.Array) -> None:
        profile = self.profile
        profile.rows += len(column)
        encoded = _as_text(column).dictionary_encode()
        values = pc.utf8_trim_whitespace(encoded.dictionary)
        self._trimmed |= values.nbytes != encoded.dictionary.nbytes
        indices = encoded.indices
        filled = len(indices) - indices.null_count
        profile.missing += indices.null_count
        if not filled:
            return
        places = np.asarray(indices.drop_null())
        weights = np.bincount(places, minlength=len(values)).astype(np.int64)
        full = np.asarray(pc.not_equal(values, ""))
        if not full.all():
            profile.missing += int(weights[~full].sum())
            values, weights = values.filter(pa.array(full)), weights[full]
            if not len(values):
                return
        self._count_distinct(values, int(weights.sum()))
        self._values(values, weights)

    def _values(self, values: pa.Array, weights: np.ndarray) -> None:
        """Count everything of the different values of a batch, each with the rows it has."""
        profile = self.profile
        sizes = byte_lengths(values)
        lengths = np.asarray(pc.utf8_length(values))
        profile.characters += int(lengths @ weights)
        profile.longest = max(profile.longest, int(lengths.max()))
        self._note_few(values)
        _note_words(profile, values, weights, lengths)
        evidence.note_words(profile.hints, *_sample(values, weights))
        profile.counts["long"] += int(weights[sizes > LONG].sum())
        short = sizes <= LONGEST
        if not short.all():
            evidence.note_long(profile, evidence.plain(values.filter(pa.array(~short))), weights[~short])
            values, weights = values.filter(pa.array(short)), weights[short]
        if len(values):
            self._shaped(evidence.plain(values), weights)

    def _shaped(self, values: pa.Array, weights: np.ndarray) -> None:
        profile = self.profile
        shapes, index = encode(values)
        rows = np.bincount(index, weights=weights, minlength=len(shapes)).astype(np.int64)
        tags = [tags_of(shape) for shape in shapes]
        for shape, named, count in zip(shapes, tags, rows.tolist(), strict=True):
            for tag in named:
                profile.counts[tag] += count
            if len(profile.shapes) < FEW or shape in profile.shapes:
                profile.shapes[shape] += count
            else:
                profile.shapes[""] += count
        evidence.note_checked(profile, values, weights, shapes, index, tags)

    def _count_distinct(self, values: pa.Array, rows: int) -> None:
        profile = self.profile
        if profile.looked >= DISTINCT_ROWS or self._bytes >= DISTINCT_BYTES:
            return
        profile.looked += rows
        self._bytes += values.nbytes
        self._seen.append(values)
        if len(self._seen) > 16:
            self._seen = [pc.unique(pa.concat_arrays(self._seen))]

    def _note_few(self, values: pa.Array) -> None:
        if self._few is None:
            return
        if len(values) <= 4 * FEW:
            self._few.update(values.to_pylist())
        if len(values) > 4 * FEW or len(self._few) > FEW:
            self._few = None

    def finish(self) -> ColumnProfile:
        """The profile; what was held of values is let go."""
        profile = self.profile
        if len(self._seen) == 1 and not self._trimmed:  # the values of one batch: each is there once
            profile.distinct = len(self._seen[0])
        elif self._seen:
            profile.distinct = len(pc.unique(pa.concat_arrays(self._seen)))
        if self._few:
            profile.closed, profile.closed_words = evidence.closed_list(self._few)
        self._seen, self._few = [], None
        return profile


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return pa.nulls(len(column), pa.string())
    return column.cast(pa.string())


def _sample(values: pa.Array, weights: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """Values spread evenly over the batch, at most `SAMPLE`."""
    if len(values) <= SAMPLE:
        return values, weights
    where = np.linspace(0, len(values) - 1, SAMPLE).astype(np.int64)
    return values.take(pa.array(where)), weights[where]


_MISSING = pa.array(MISSING)


def _note_words(profile: ColumnProfile, values: pa.Array, weights: np.ndarray, lengths: np.ndarray) -> None:
    """Count words for "missing" and for totals, of our lists only."""
    short = np.flatnonzero(lengths <= 10)
    if not len(short):
        return
    some = values.take(pa.array(short)) if len(short) < len(values) else values
    for words, counter in ((_MISSING, profile.missing_words), (evidence.TOTAL_WORDS, profile.total_words)):
        for place in np.flatnonzero(np.asarray(pc.is_in(some, value_set=words))):
            counter[some[int(place)].as_py()] += int(weights[short[place]])


class Profiler:
    """Profiles the columns of a table that comes in batches.

    Args:
        names: columns to profile; None takes those of the first batch.
        leave_out: columns that are not data, such as line numbers.
    """

    def __init__(self, names: Sequence[str] | None = None, leave_out: Iterable[str] = ()) -> None:
        self._columns = {name: _Column(name) for name in names} if names is not None else {}
        self._open, self._left_out = names is None, frozenset(leave_out)
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Take a batch; small ones are put together first."""
        if self._open and not self._columns:
            self._columns = {name: _Column(name) for name in batch.schema.names if name not in self._left_out}
        parts = batch.to_batches() if isinstance(batch, pa.Table) else [batch]
        for part in _cut(parts):
            self._waiting.append(part)
            self._rows += part.num_rows
            if self._rows >= evidence.BATCH:
                self._flush()

    def _flush(self) -> None:
        waiting, self._waiting, self._rows = self._waiting, [], 0
        if not waiting:
            return
        whole = waiting[0] if len(waiting) == 1 else pa.concat_batches(waiting)
        for name, column in self._columns.items():
            column.add(whole.column(name))

    def finish(self) -> list[ColumnProfile]:
        """The profiles, in the order of the columns."""
        self._flush()
        return [column.finish() for column in self._columns.values()]


def _cut(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        for start in range(0, max(part.num_rows, 1), evidence.BATCH):
            yield part.slice(start, evidence.BATCH)


def profile_table(table: pa.Table | pa.RecordBatch | Iterable[Any]) -> list[ColumnProfile]:
    """Profile a table, or an iterable of record batches.

    Args:
        table: the rows; columns of other types than text are read as their text.
    """
    profiler = Profiler()
    if isinstance(table, (pa.Table, pa.RecordBatch)):
        profiler.add(table)
    else:
        for batch in table:
            profiler.add(batch)
    return profiler.finish()
