"""Workbooks, xlsx and xls: the cells of one worksheet as text."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from safezone.sources.fault import Fault
from safezone.sources.shape import RAGGED, Shaper, column_names
from safezone.sources.sheetxml import Sheets, Unreadable, read_rows

if TYPE_CHECKING:
    from safezone.policy.source import SourceSpec

ROWS = 20_000
MAX_ENTRIES = 10_000
MAX_RATIO = 200
MAX_UNPACKED = 1 << 30
EXACT_DIGITS = 1e15
"""Excel keeps 15 significant digits: a longer number has lost its last ones."""
METADATA_SHEETS = ("메타정보", "메타데이터", "설명", "안내", "주석", "metadata", "meta", "readme", "notes")


def check_archive(data: bytes) -> None:
    """Look at an xlsx before it is unpacked.

    Raises:
        Fault: it is no ZIP archive, or it is encrypted, or its directory promises more than a workbook would hold.
    """
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Fault("file.malformed") from None
    if any(entry.flag_bits & 1 for entry in entries):
        raise Fault("file.protected")
    names = [entry.filename for entry in entries]
    unpacked = sum(entry.file_size for entry in entries)
    small = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > MAX_ENTRIES or len(set(names)) != len(names):
        raise Fault("file.archive")
    if unpacked > MAX_UNPACKED or (unpacked > 64 << 20 and unpacked / small > MAX_RATIO):
        raise Fault("file.archive")
    if "[Content_Types].xml" not in names:
        raise Fault("file.compressed")


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates in ISO 8601, damaged long numbers as ``4.73E+17``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        if abs(value) >= EXACT_DIGITS:
            return format(value, ".15G")
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def choose_sheet(sheets: Sheets, wanted: str | int | None) -> str:
    """The declared worksheet; by default the first visible one that is not metadata.

    Raises:
        Fault: ``file.sheet``, there is none.
    """
    names = [name for name, _ in sheets]
    if isinstance(wanted, str):
        chosen = [name for name in names if name == wanted]
    elif isinstance(wanted, int):
        chosen = names[wanted : wanted + 1] if wanted >= 0 else []
    else:
        chosen = [name for name, seen in sheets if seen and name.strip().lower() not in METADATA_SHEETS]
    if not chosen:
        raise Fault("file.sheet")
    return chosen[0]


def _open(data: bytes, wanted: str | int | None) -> tuple[CalamineWorkbook, str]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = [
        (sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]
    return book, choose_sheet(sheets, wanted)


@contextmanager
def _quiet() -> Iterator[None]:
    """Turn whatever the library says, panics of its Rust code too, into a fault without its text."""
    try:
        yield
    except Fault:
        raise
    except PasswordError:
        raise Fault("file.protected") from None
    except (KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit):
        raise
    except BaseException:  # noqa: BLE001  (a panic is no Exception)
        raise Fault("file.malformed") from None


def _rows(data: bytes, wanted: str | int | None, form: str) -> Iterator[list[Any]]:
    """Rows of the worksheet from its first row and column on, so that their numbers are those people see."""
    rows: list[list[Any]]
    try:
        with _quiet():
            book, chosen = _open(data, wanted)
            rows = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except Fault as fault:
        if fault.code != "file.malformed" or form != "xlsx":
            raise
        try:
            rows = read_rows(data, lambda sheets: choose_sheet(sheets, wanted))
        except Unreadable:
            raise fault from None
    yield from rows


def preview(data: bytes, count: int) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Names of the worksheets, and the first `count` rows of the one read by default."""
    with _quiet():
        book, chosen = _open(data, None)
        sheet = book.get_sheet_by_name(chosen)
        return tuple(book.sheet_names), sheet.to_python(skip_empty_area=False, nrows=count)


class Workbook:
    """Source adapter of xlsx and xls; the file is held in memory."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        self.shaper: Shaper | None = None

    def batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        """See `safezone.ports.Source`; a line is the row number the spreadsheet shows.

        Raises:
            Fault: the file is damaged, protected, a bomb, of another kind, or has no such sheet or header.
        """
        data = stream.read()
        if self.spec.format == "xlsx":
            check_archive(data)
        rows = _rows(data, self.spec.sheet, self.spec.format)
        header = self.spec.header
        top = list(islice(rows, header.skip + header.rows))
        if len(top) < header.skip + header.rows:
            raise Fault("header.missing" if top else "file.empty")
        titles = [[cell_text(cell) for cell in row] for row in top[header.skip :]]
        width = max((i + 1 for row in titles for i, cell in enumerate(row) if cell.strip()), default=0)
        names = column_names([row[:width] for row in titles], header)
        if header.names and titles and len(names) < width:
            raise Fault("header.width")
        self.shaper = shaper = Shaper(self.spec, names)
        number = header.skip + header.rows + len(list(islice(rows, header.units)))
        yielded = False
        while block := list(islice(rows, ROWS)):
            yield _batch(block, number + 1, shaper)
            number, yielded = number + len(block), True
        if not yielded:
            yield _batch([], number + 1, shaper)


def _batch(block: Sequence[list[Any]], first: int, shaper: Shaper) -> pa.RecordBatch:
    width = len(shaper.names)
    have = len(block[0]) if block else 0
    numbers = list(range(first, first + len(block)))
    faults: list[tuple[int, str]] = []
    if have > width:
        beyond = {i for i, row in enumerate(block) if any(cell not in ("", None) for cell in row[width:])}
        faults = [(numbers[i], RAGGED) for i in sorted(beyond)]
        block = [row for i, row in enumerate(block) if i not in beyond]
        numbers = [number for i, number in enumerate(numbers) if i not in beyond]
    columns = [
        pa.array([cell_text(row[i]) for row in block] if i < have else [""] * len(block), pa.string())
        for i in range(width)
    ]
    return shaper.shape(pa.array(numbers, pa.int64()), columns, faults)
