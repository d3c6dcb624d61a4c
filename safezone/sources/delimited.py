"""Delimited text: the header is read here, the rows by Arrow's streaming reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from safezone.sources.fault import Fault
from safezone.sources.shape import RAGGED, Shaper, column_names
from safezone.sources.text import CHUNK, Transcoder

if TYPE_CHECKING:
    from safezone.policy.source import SourceSpec

BLOCK = 1 << 20
"""Bytes Arrow reads at a time; also the longest row, since a row must lie within two blocks."""
DELIMITERS = (",", "\t", ";", "|")


class Top(NamedTuple):
    """What lies above the data: the delimiter, the names, and how many records and bytes they take."""

    delimiter: str
    names: list[str]
    records: int
    size: int


def _records(text: str, count: int, delimiter: str, quote: str) -> tuple[list[list[str]], int]:
    """The first `count` records of `text` and the bytes of UTF-8 they take."""
    used = 0

    def lines() -> Iterator[str]:
        nonlocal used
        for line in io.StringIO(text, newline=""):
            used += len(line.encode())
            yield line

    if quote:
        reader = csv.reader(lines(), delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(lines(), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    rows = []
    for _ in range(count):
        try:
            rows.append(next(reader))
        except (StopIteration, csv.Error):
            raise Fault("header.missing", reader.line_num) from None
    return rows, used


def read_top(text: str, spec: SourceSpec) -> Top:
    """Read what is above the data.

    Args:
        text: the beginning of the file.
        spec: its declared shape.

    Raises:
        Fault: there is no such header.
    """
    if not text.strip():
        raise Fault("file.empty")
    header = spec.header
    count = header.skip + header.rows
    choices = DELIMITERS if spec.delimiter == "auto" else (spec.delimiter,)
    best: tuple[int, str] = (0, choices[0])
    for choice in choices:
        rows, _ = _records(text, max(count, 1), choice, spec.quote)
        if len(rows[-1]) > best[0]:
            best = (len(rows[-1]), choice)
    delimiter = best[1]
    rows, used = _records(text, count + header.units, delimiter, spec.quote)
    names = column_names(rows[header.skip : count], header)
    return Top(delimiter, names, count + header.units, used)


class Delimited:
    """Source adapter of comma-, tab-, semicolon- or bar-separated text."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        self.shaper: Shaper | None = None

    def batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        """See `safezone.ports.Source`; a line is a record: a quoted line break does not start a new one.

        Raises:
            Fault: wrong encoding, no header, or a row too long to hold.
        """
        text = Transcoder(stream, self.spec.encoding)
        top = read_top(text.peek(CHUNK).decode(errors="ignore"), self.spec)
        text.read(top.size)
        self.shaper = shaper = Shaper(self.spec, top.names)
        if not text.peek(1):
            yield shaper.shape(pa.array([], pa.int64()), [pa.array([], pa.string())] * len(top.names))
            return
        yield from self._rows(text, top, shaper)

    def _rows(self, text: Transcoder, top: Top, shaper: Shaper) -> Iterator[pa.RecordBatch]:
        numbering, yielded = _Numbering(shaper, top.records), False
        try:
            reader = _reader(text, top, self.spec.quote, numbering.invalid)
            for batch in reader:
                lines = numbering.take(batch.num_rows)
                yield shaper.shape(lines, batch.columns, numbering.faults())
                yielded = True
        except pa.ArrowInvalid as error:
            too_long = "straddl" in str(error) or "block" in str(error)
            raise Fault("file.line_too_long" if too_long else "file.malformed", numbering.next) from None
        rest = numbering.faults()
        if rest or not yielded:
            yield shaper.shape(pa.array([], pa.int64()), [pa.array([], pa.string())] * len(top.names), rest)


def _reader(text: Transcoder, top: Top, quote: str, invalid: Any) -> pa_csv.CSVStreamingReader:
    names = [f"c{i}" for i in range(len(top.names))]
    return pa_csv.open_csv(
        text,
        # one thread, since only then are invalid rows given their number
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        parse_options=pa_csv.ParseOptions(
            delimiter=top.delimiter,
            quote_char=quote or False,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=invalid,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False
        ),
    )


class _Numbering:
    """Gives rows their number in the file, around the rows Arrow left out for having too few or too many cells."""

    def __init__(self, shaper: Shaper, before: int) -> None:
        self.shaper, self.before, self.next = shaper, before, before + 1
        self._gaps: list[int] = []
        self._faults: list[tuple[int, str]] = []

    def invalid(self, row: Any) -> str:
        number = int(row.number) + self.before
        self._gaps.append(number)
        if not self.shaper.is_note(row.text):
            self._faults.append((number, RAGGED))
        return "skip"

    def take(self, count: int) -> pa.Array:
        """Numbers of the next `count` good rows."""
        numbers = np.arange(self.next, self.next + count + len(self._gaps), dtype=np.int64)
        lines = numbers[~np.isin(numbers, np.array(self._gaps, dtype=np.int64))][:count]
        if count:
            self.next = int(lines[-1]) + 1
            self._gaps = [gap for gap in self._gaps if gap >= self.next]
        return pa.array(lines)

    def faults(self) -> list[tuple[int, str]]:
        """The bad rows met since the last call."""
        found, self._faults = self._faults, []
        return found
