"""From the cells of a file to rows of data: what every adapter does alike, after it has read its own format.

A batch is ``__line__`` (int64), the columns (text) and ``__fault__`` (text): a row the format itself cannot hold
has its rule code there and no values, so that no row is ever lost on the way to the person who must see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from safezone.sources.fault import Fault

if TYPE_CHECKING:
    from safezone.policy.source import Header, SourceSpec

LINE, FAULT = "__line__", "__fault__"
RAGGED, NOT_JSON, NEW_KEY = "row.ragged", "row.json", "row.unknown_column"
DROPPED = ("blank", "footer", "total")
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"


def clean_name(text: str) -> str:
    """A header cell as a name: white space and line breaks become one space, invisible characters go."""
    return " ".join(text.translate({ord(char): None for char in _INVISIBLE}).split())


def column_names(rows: Sequence[Sequence[str]], header: Header | None = None) -> list[str]:
    """Join header rows into column names.

    An empty cell of an upper row continues the cell to its left (a merged cell); a part that repeats the one
    above it (a cell merged downwards) is not said twice. A column without any name is called by its position,
    ``#3``.

    Raises:
        Fault: the header is missing, or two columns have one name, or a name is reserved.
    """
    join = header.join if header else " "
    if header and header.names:
        names = list(header.names)
    else:
        width = max((len(row) for row in rows), default=0)
        cells = [[clean_name(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
        for row in cells[:-1]:
            for i in range(1, width):
                row[i] = row[i] or row[i - 1]
        names = []
        for i, parts in enumerate(zip(*cells, strict=True), start=1):
            kept = [part for part, above in zip(parts, ("", *parts), strict=False) if part and part != above]
            names.append(join.join(kept) or f"#{i}")
    if not names or all(name.startswith("#") for name in names):
        raise Fault("header.missing")
    if len(set(names)) < len(names):  # told by place: what was taken for a header may be a row of data
        raise Fault("header.duplicate", next(i for i, name in enumerate(names, 1) if name in names[: i - 1]))
    if {LINE, FAULT} & set(names):
        raise Fault("header.reserved")
    return names


class Shaper:
    """Applies the rules of a `SourceSpec` that hold for every format; keeps state from batch to batch.

    Attributes:
        dropped: rows that were not data, by reason (`DROPPED`).
    """

    def __init__(self, spec: SourceSpec, names: Sequence[str]) -> None:
        self.spec, self.names = spec, list(names)
        self.dropped = dict.fromkeys(DROPPED, 0)
        self._last: dict[str, pa.Scalar] = {}
        self._nulls = pa.array(spec.null_values, pa.string())
        if absent := sorted({*spec.totals, *spec.fill_down} - set(self.names)):
            raise Fault("source.column", names=absent)
        self.schema = pa.schema(
            [(LINE, pa.int64()), *((name, pa.string()) for name in self.names), (FAULT, pa.string())]
        )

    def is_note(self, text: str) -> bool:
        """Whether a row the format could not hold is a blank line or a footer, and is counted as such."""
        text = text.strip(" \t\r\n\"',;|")
        reason = "blank" if not text else "footer" if text.startswith(tuple(self.spec.footer)) else ""
        if reason:
            self.dropped[reason] += 1
        return bool(reason)

    def shape(
        self, lines: pa.Array, columns: Sequence[pa.Array], faults: Sequence[tuple[int, str]] = ()
    ) -> pa.RecordBatch:
        """One batch from the columns of good rows, and (line, rule) of the rows that have none."""
        batch = pa.RecordBatch.from_arrays(
            [lines, *(self._missing(column) for column in columns), pa.nulls(len(lines), pa.string())],
            schema=self.schema,
        )
        batch = self._without_notes(batch)
        for name in self.spec.fill_down:
            batch = self._filled(batch, name)
        for name, words in self.spec.totals.items():
            total = pc.is_in(batch.column(name), value_set=pa.array(words, pa.string()))
            batch = self._drop(batch, total, "total")
        return self._with_faults(batch, faults) if faults else batch

    def _missing(self, column: pa.Array) -> pa.Array:
        if self.spec.trim:
            column = pc.utf8_trim_whitespace(column)
        return pc.if_else(pc.is_in(column, value_set=self._nulls), pa.scalar(None, pa.string()), column)

    def _drop(self, batch: pa.RecordBatch, mask: pa.Array, reason: str) -> pa.RecordBatch:
        count = pc.sum(mask).as_py() or 0
        if not count:
            return batch
        self.dropped[reason] += count
        return batch.filter(pc.invert(mask))

    def _without_notes(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        first = pc.coalesce(*batch.columns[1:-1])
        blank = pc.is_null(first)
        if first.null_count:
            batch, first = self._drop(batch, blank, "blank"), first.drop_null()
        for prefix in self.spec.footer:
            note = pc.starts_with(first, pattern=prefix)
            batch, first = self._drop(batch, note, "footer"), first.filter(pc.invert(note))
        return batch

    def _filled(self, batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
        if not batch.num_rows:
            return batch
        column = pc.fill_null_forward(batch.column(name))
        if name in self._last:
            column = pc.fill_null(column, self._last[name])
        if (last := column[-1]).is_valid:
            self._last[name] = last
        return batch.set_column(batch.schema.get_field_index(name), name, column)

    def _with_faults(self, batch: pa.RecordBatch, faults: Sequence[tuple[int, str]]) -> pa.RecordBatch:
        empty = pa.nulls(len(faults), pa.string())
        lines, rules = zip(*faults, strict=True)
        bad = pa.RecordBatch.from_arrays(
            [pa.array(lines, pa.int64()), *([empty] * len(self.names)), pa.array(rules, pa.string())],
            schema=self.schema,
        )
        return pa.concat_batches([batch, bad])
