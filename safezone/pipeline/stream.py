"""Streams of record batches, cut into parts without ever holding more than a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa


def part_name(number: int) -> str:
    """Name of the n-th part of a version, counted from 0."""
    return f"part-{number:05}"


class RowStream:
    """Batches that can be taken a given number of rows at a time.

    Batches are sliced where a part ends, so parts hold exactly the rows asked for whatever the source's batches
    were: the same input always gives the same parts.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._source = iter(batches)
        self._rest: pa.RecordBatch | None = None

    def more(self) -> bool:
        """Whether any row is left."""
        while self._rest is None or self._rest.num_rows == 0:
            try:
                self._rest = next(self._source)
            except StopIteration:
                return False
        return True

    def take(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield batches that hold the next `rows` rows, fewer at the end."""
        left = rows
        while left and self.more():
            batch = self._rest
            if batch is None:
                return
            self._rest = batch.slice(left) if batch.num_rows > left else None
            taken = batch.slice(0, left)
            left -= taken.num_rows
            yield taken
