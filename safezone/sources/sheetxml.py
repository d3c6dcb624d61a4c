"""A second reader of xlsx, for workbooks the first one will not open.

It reads the worksheet alone (ECMA-376 part 1, clause 18) and passes over what only matters to a spreadsheet
program: a broken theme, a listed sheet that is not there, error values newer than the library. It is slower, so it
comes second.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree  # in the isolated child, with bounded memory and time

Sheets = Sequence[tuple[str, bool]]
"""Name of each worksheet, and whether it is visible."""

_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Built-in number formats that show dates or times (ECMA-376 part 1, 18.8.30, with the Korean ones)."""
_NOT_A_PART = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_REF = re.compile(r"([A-Za-z]{1,3})(\d+)")
MAX_COLUMNS = 16_384
MAX_ROWS = 1_048_576
MAX_CELLS = 50_000_000


class Unreadable(Exception):
    """This reader cannot open the workbook either."""


def read_rows(data: bytes, choose: Callable[[Sheets], str]) -> list[list[Any]]:
    """Rows of one worksheet from its first row and column on; an empty cell is ``""``.

    Args:
        data: the workbook.
        choose: given the worksheets, names the one to read.

    Raises:
        Unreadable: it is no workbook this reader understands.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return _read(book, choose)
    except (zipfile.BadZipFile, ElementTree.ParseError, LookupError, ValueError, OSError, EOFError):
        raise Unreadable from None
    except (ArithmeticError, NotImplementedError, RecursionError):
        raise Unreadable from None


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribute(element: ElementTree.Element, name: str) -> str:
    """An attribute whatever its namespace (transitional and strict workbooks differ in it)."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _parse(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))  # noqa: S314


def _read(book: zipfile.ZipFile, choose: Callable[[Sheets], str]) -> list[list[Any]]:
    workbook = _parse(book, "xl/workbook.xml")
    relations = {
        _attribute(node, "Id"): posixpath.normpath(posixpath.join("/xl", _attribute(node, "Target"))).lstrip("/")
        for node in _parse(book, "xl/_rels/workbook.xml.rels")
    }
    present = set(book.namelist())
    paths: dict[str, str] = {}
    sheets: list[tuple[str, bool]] = []
    for node in workbook.iter():
        path = relations.get(_attribute(node, "id"), "") if _local(node) == "sheet" else ""
        if path in present and "worksheets/" in path:
            name = node.get("name", "")
            paths[name] = path
            sheets.append((name, node.get("state", "visible") == "visible"))
    since_1904 = any(_local(node) == "workbookPr" and node.get("date1904") in {"1", "true"} for node in workbook)
    epoch = dt.datetime(1904, 1, 1) if since_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001  (no zone)
    cells = _cells(book, paths[choose(sheets)], _shared(book), _date_styles(book), epoch)
    return _grid(cells)


def _text(node: ElementTree.Element) -> str:
    """The text of a string item, without the phonetic guide (rPh) some carry."""
    parts = [node, *(child for child in node if _local(child) == "r")]
    return "".join(leaf.text or "" for part in parts for leaf in part if _local(leaf) == "t")


def _shared(book: zipfile.ZipFile) -> list[str]:
    name = next((name for name in book.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
    return [] if name is None else [_text(node) for node in _parse(book, name) if _local(node) == "si"]


def _date_styles(book: zipfile.ZipFile) -> set[int]:
    """Positions of cell styles that show dates; none when the styles cannot be read, and dates stay numbers."""
    try:
        styles = _parse(book, "xl/styles.xml")
    except (KeyError, ElementTree.ParseError):
        return set()
    dates = set(_DATES)
    for node in styles.iter():
        if _local(node) == "numFmt" and re.search(
            "[ymdhs]", _NOT_A_PART.sub("", node.get("formatCode", "")).lower()
        ):
            dates.add(int(node.get("numFmtId", "-1")))
    formats = [node for group in styles if _local(group) == "cellXfs" for node in group]
    return {i for i, node in enumerate(formats) if int(node.get("numFmtId", "0")) in dates}


def _cells(
    book: zipfile.ZipFile, path: str, shared: list[str], dates: set[int], epoch: dt.datetime
) -> Iterator[tuple[int, int, Any]]:
    """(row, column, value) of each filled cell, from 0."""
    row, column = -1, -1
    with book.open(path) as sheet:
        for event, node in ElementTree.iterparse(sheet, events=("start", "end")):  # noqa: S314
            kind = _local(node)
            if kind == "row" and event == "start":
                row, column = int(node.get("r", row + 2)) - 1, -1
            elif kind == "c" and event == "end":
                column = _column(node.get("r", "")) if node.get("r") else column + 1
                value = _value(node, shared, dates, epoch)
                if value != "":
                    yield row, column, value
            if kind == "row" and event == "end":
                node.clear()


def _column(ref: str) -> int:
    found = _REF.fullmatch(ref)
    if found is None:
        raise ValueError("no cell reference")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


def _value(cell: ElementTree.Element, shared: list[str], dates: set[int], epoch: dt.datetime) -> Any:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_text(child) for child in cell if _local(child) == "is")
    text = next((child.text or "" for child in cell if _local(child) == "v"), "")
    if text == "" or kind == "e":
        return ""
    if kind == "s":
        if int(text) < 0 or int(text) >= len(shared):
            raise ValueError("no such shared string")
        return shared[int(text)]
    if kind == "b":
        return text == "1"
    if kind != "n":
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    if int(cell.get("s", "0")) in dates:
        moment = epoch + dt.timedelta(days=number)
        return moment + dt.timedelta(microseconds=500_000 - (moment.microsecond + 500_000) % 1_000_000)
    return number


def _grid(cells: Iterator[tuple[int, int, Any]]) -> list[list[Any]]:
    rows: list[dict[int, Any]] = []
    width = 0
    for row, column, value in cells:
        if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
            raise ValueError("a cell outside the sheet")
        while len(rows) <= row:
            rows.append({})
        rows[row][column] = value
        width = max(width, column + 1)
    if len(rows) * width > MAX_CELLS:
        raise ValueError("more cells than allowed")
    return [[found.get(i, "") for i in range(width)] for found in rows]
