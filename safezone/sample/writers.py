"""The formats agencies deliver in, written chunk by chunk in constant memory, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter

from safezone.sample.chance import Bools
from safezone.sample.identifiers import joined
from safezone.sample.recipe import Columns

MOMENT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When the sample files say they were made."""


class Writer(Protocol):
    """Writes one file.

    Attributes:
        first_line: number of the first row of data, as the zone's sources count it.
    """

    first_line: int

    def write(self, columns: Columns, broken: Bools) -> None:
        """Add rows; those marked `broken` are written so that the format itself cannot hold them."""

    def close(self) -> None:
        """Finish the file."""


def _quoted(column: pa.Array) -> pa.Array:
    special = pc.match_substring_regex(column, '[,"\r\n]')
    if not pc.any(special).as_py():
        return column
    return pc.if_else(special, joined('"', pc.replace_substring(column, '"', '""'), '"'), column)


class DelimitedWriter:
    """Comma-separated text with CRLF; a broken row has one cell too many or lacks its last one."""

    def __init__(self, path: Path, names: Sequence[str], encoding: str) -> None:
        self.first_line = 2
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._file = path.open("wb")
        self._file.write("".encode(encoding) + (",".join(names) + "\r\n").encode(self._encoding))

    def write(self, columns: Columns, broken: Bools) -> None:
        """See `Writer`."""
        cells = [_quoted(pc.fill_null(column, "")) for column in columns.values()]
        lines = pc.binary_join_element_wise(*cells, ",")
        if broken.any():
            short = pc.binary_join_element_wise(*cells[:-1], ",")
            odd = pa.array(broken & (broken.cumsum() % 2 == 1))
            lines = pc.if_else(pa.array(broken), pc.if_else(odd, short, joined(lines, ",밀린 값")), lines)
        self._file.write(("\r\n".join(lines.to_pylist()) + "\r\n").encode(self._encoding))

    def close(self) -> None:
        """See `Writer`."""
        self._file.close()


class JsonLinesWriter:
    """One JSON object a line; a broken row is cut off in the middle.

    Args:
        path: of the file.
        numbers: columns whose values are JSON numbers where they are numbers.
    """

    def __init__(self, path: Path, numbers: Sequence[str]) -> None:
        self.first_line = 1
        self._numbers = frozenset(numbers)
        self._file = path.open("wb")

    def write(self, columns: Columns, broken: Bools) -> None:
        """See `Writer`."""
        parts: list[pa.Array | str] = []
        for name, column in columns.items():
            parts += ['{"' if not parts else ',"', name, '":', self._value(name, column)]
        lines = joined(*parts, "}")
        if broken.any():
            lines = pc.if_else(pa.array(broken), pc.utf8_slice_codeunits(lines, 0, 40), lines)
        self._file.write(("\n".join(lines.to_pylist()) + "\n").encode())

    def _value(self, name: str, column: pa.Array) -> pa.Array:
        text = pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), '"', '\\"')
        text = joined('"', text, '"')
        if name in self._numbers:
            text = pc.if_else(pc.match_substring_regex(column, r"^[0-9]+(\.[0-9]+)?$"), column, text)
        return pc.fill_null(text, "null")

    def close(self) -> None:
        """See `Writer`."""
        self._file.close()


class ParquetFileWriter:
    """Parquet with text columns, as a database's export tool writes it; no row of it can be broken."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.first_line = 1
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, columns: Columns, broken: Bools) -> None:
        """See `Writer`."""
        self._writer.write_batch(pa.RecordBatch.from_arrays(list(columns.values()), schema=self._schema))

    def close(self) -> None:
        """See `Writer`."""
        self._writer.close()


class WorkbookWriter:
    """A worksheet with a title row and a two-row header with merged cells; no row of it can be broken.

    Args:
        path: of the file.
        names: column names; the word before the first space stands in the upper row.
        title: of the first row.
        numbers: columns whose values are numbers where they are numbers.
    """

    def __init__(self, path: Path, names: Sequence[str], title: str, numbers: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
        self._book.set_properties({"title": title, "created": MOMENT.replace(tzinfo=None)})
        self._sheet = self._book.add_worksheet("신고현황")
        self._number = [name in numbers for name in names]
        self._header(names, title)
        self._row = 3
        self.first_line = self._row + 1

    def _header(self, names: Sequence[str], title: str) -> None:
        bold = self._book.add_format({"bold": True, "align": "center"})
        self._sheet.merge_range(0, 0, 0, len(names) - 1, title, bold)
        groups: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            groups.setdefault(name.split(" ")[0], []).append(place)
        tall = [place for place, name in enumerate(names) if " " not in name]
        for group, places in groups.items():
            if len(places) > 1:
                self._sheet.merge_range(1, places[0], 1, places[-1], group, bold)
            else:
                self._sheet.write_string(1, places[0], group, bold)
        # In constant memory a row is gone once the next begins, so cells merged downwards come last.
        for place, name in enumerate(names):
            if place in tall:
                self._sheet.merge_range(1, place, 2, place, name, bold)
            else:
                self._sheet.write_string(2, place, name.split(" ", 1)[1], bold)

    def write(self, columns: Columns, broken: Bools) -> None:
        """See `Writer`."""
        sheet = self._sheet
        for row in zip(*(column.to_pylist() for column in columns.values()), strict=True):
            for place, value in enumerate(row):
                if value:
                    if self._number[place] and value.isdecimal():
                        sheet.write_number(self._row, place, int(value))
                    else:
                        sheet.write_string(self._row, place, value)
            self._row += 1

    def close(self) -> None:
        """See `Writer`."""
        self._book.close()


def open_writer(dataset: str, path: Path, names: Sequence[str]) -> Writer:
    """The writer of a sample dataset's format.

    Raises:
        KeyError: no such sample dataset.
    """
    openers: dict[str, Callable[[], Writer]] = {
        "veterans-benefits": lambda: DelimitedWriter(path, names, "cp949"),
        "air-quality-complaints": lambda: JsonLinesWriter(path, ("PM10", "PM25")),
        "traffic-accidents": lambda: DelimitedWriter(path, names, "cp949"),
        "disaster-safety-reports": lambda: WorkbookWriter(path, names, "재난안전 신고 현황", ("위험등급",)),
        "job-seekers": lambda: DelimitedWriter(path, names, "utf-8-sig"),
        "civil-complaints": lambda: ParquetFileWriter(path, names),
    }
    return openers[dataset]()
