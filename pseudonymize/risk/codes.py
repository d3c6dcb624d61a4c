"""Small whole numbers in the place of text, so that a class of many words costs DuckDB a few bytes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are worth numbering: text and bytes of any length."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


class Codes:
    """Numbers the distinct values of each text column in the order they are met; null stays null."""

    def __init__(self) -> None:
        self._known: dict[str, pa.Array] = {}

    def encode(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Replace the text columns of a batch by their numbers (int32), which stay the same in later batches."""
        arrays = [
            self._numbered(name, column) if is_text(column.type) else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema(batch.schema))

    @staticmethod
    def schema(schema: pa.Schema) -> pa.Schema:
        """What `encode` makes of a schema."""
        return pa.schema([f.with_type(pa.int32()) if is_text(f.type) else f for f in schema])

    def ranked(self, table: pa.Table) -> pa.Table:
        """Renumber an encoded table, and this, so that numbers sort as their values do."""
        for name in table.column_names:
            known = self._known.get(name)
            if known is None:
                continue
            order = pc.array_sort_indices(known)
            ranks = pc.array_sort_indices(order).cast(pa.int32())
            self._known[name] = known.take(order)
            column = pa.chunked_array([ranks.take(table.column(name).combine_chunks())], pa.int32())
            table = table.set_column(table.column_names.index(name), name, column)
        return table

    def decode(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Put the values of a column back in the place of their numbers."""
        known = self._known.get(name)
        return column if known is None else pa.chunked_array([known.take(column.combine_chunks())], known.type)

    def _numbered(self, name: str, column: pa.Array) -> pa.Array:
        words = column.dictionary_encode()
        known = self._known.get(name)
        if known is None:
            self._known[name] = words.dictionary
            return words.indices
        places = pc.index_in(words.dictionary, value_set=known)
        if places.null_count:
            known = pa.concat_arrays([known, words.dictionary.filter(pc.is_null(places))])
            self._known[name] = known
            places = pc.index_in(words.dictionary, value_set=known)
        return places.take(words.indices)
