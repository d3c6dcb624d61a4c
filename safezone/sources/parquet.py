"""Parquet: typed values become their text, so that one set of rules types every format."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from safezone.sources.fault import Fault
from safezone.sources.shape import Shaper, column_names

if TYPE_CHECKING:
    from safezone.policy.source import SourceSpec

ROWS = 65_536
_THRIFT = 64 << 20


def is_plain(kind: pa.DataType) -> bool:
    """Whether values of the Arrow type `kind` have one text each."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_null(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
    )


def as_text(column: pa.Array) -> pa.Array:
    """The values of `column` as text: whole floats without ``.0``, dates and times in ISO 8601 (zones in UTC).

    Raises:
        Fault: the type has no plain text (nested, binary).
    """
    kind = column.type
    if not is_plain(kind):
        raise Fault("columns.nested")
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us"), safe=False)  # instants with a zone are told in UTC
    text = column.cast(pa.string())
    if pa.types.is_floating(kind):
        text = pc.replace_substring_regex(text, r"\.0$", "")
    elif pa.types.is_timestamp(kind):
        text = pc.replace_substring_regex(text, r"\.0+$", "")
    return text


class Parquet:
    """Source adapter of Parquet; the file is held in memory, since its footer comes last."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        self.shaper: Shaper | None = None

    def batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        """See `safezone.ports.Source`; a line is a row, from 1.

        Raises:
            Fault: the file is damaged or has nested columns.
        """
        data = stream.read()
        if not data.startswith(b"PAR1"):
            raise Fault("file.kind")
        try:
            file = pq.ParquetFile(
                io.BytesIO(data), thrift_string_size_limit=_THRIFT, thrift_container_size_limit=_THRIFT
            )
            names = column_names([file.schema_arrow.names], self.spec.header)
            nested = [f"#{at}" for at, f in enumerate(file.schema_arrow, start=1) if not is_plain(f.type)]
        except pa.ArrowMemoryError:
            raise
        except (pa.ArrowException, OSError, ValueError):
            raise Fault("file.malformed") from None
        if nested:
            raise Fault("columns.nested", names=nested)
        self.shaper = shaper = Shaper(self.spec, names)
        seen = 0
        for batch in self._read(file):
            lines = pa.array(range(seen + 1, seen + batch.num_rows + 1), pa.int64())
            seen += batch.num_rows
            yield shaper.shape(lines, [as_text(column) for column in batch.columns])
        if not seen:
            yield shaper.shape(pa.array([], pa.int64()), [pa.array([], pa.string())] * len(names))

    @staticmethod
    def _read(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
        try:
            yield from file.iter_batches(batch_size=ROWS, use_threads=False)
        except pa.ArrowMemoryError:
            raise
        except (pa.ArrowException, OSError):
            raise Fault("file.malformed") from None
