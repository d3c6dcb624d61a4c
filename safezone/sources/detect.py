"""What a file seems to be, for the steward who writes its policy: a proposal, never used to read data."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, BinaryIO

from safezone.sources.adapters import kind_of
from safezone.sources.fault import Fault
from safezone.sources.text import CHUNK, Transcoder, sniff_encoding

PREVIEW = 60
_NUMBER = re.compile(r"[+-]?[\d,.:/ -]*\d[\d,.:/% -]*")
_UNIT = re.compile(r"\(.{1,12}\)|%|명|건|개|원|천원|백만원|천명|㎍/㎥|ppm")


@dataclass(frozen=True, slots=True)
class Detected:
    """What the first rows of a file suggest.

    Attributes:
        format: as `safezone.policy.source.SourceSpec` names it.
        encoding: of text, None for other formats.
        delimiter: of delimited text, else None.
        sheets: worksheets of a workbook, in order.
        skip: rows above the header.
        header_rows: rows of the header.
        units: rows of units below it.
        names: the column names these give.
        renamed: the header gives no names that can be used (there is none, or two columns share one), and `names`
            were made up.
    """

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheets: tuple[str, ...] = ()
    skip: int = 0
    header_rows: int = 1
    units: int = 0
    names: tuple[str, ...] = ()
    renamed: bool = False

    def to_json(self) -> str:
        """As JSON text, to cross a process boundary."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: bytes) -> Detected:
        """From what `to_json` gave; ValueError, TypeError or KeyError when it is something else."""
        found = json.loads(text)
        return cls(
            format=str(found["format"]),
            encoding=None if found["encoding"] is None else str(found["encoding"]),
            delimiter=None if found["delimiter"] is None else str(found["delimiter"]),
            sheets=tuple(str(name) for name in found["sheets"]),
            skip=int(found["skip"]),
            header_rows=int(found["header_rows"]),
            units=int(found["units"]),
            names=tuple(str(name) for name in found["names"]),
            renamed=bool(found["renamed"]),
        )

    def to_source(self) -> dict[str, Any]:
        """As the `source` part of a policy."""
        source: dict[str, Any] = {"format": self.format}
        if self.encoding:
            source["encoding"] = self.encoding
        if self.delimiter:
            source["delimiter"] = self.delimiter
        header: dict[str, Any] = {"skip": self.skip, "rows": self.header_rows, "units": self.units}
        if self.renamed:
            header = {
                "skip": self.skip + self.header_rows,
                "rows": 0,
                "units": self.units,
                "names": list(self.names),
            }
        if header != {"skip": 0, "rows": 1, "units": 0}:
            source["header"] = header
        return source


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, int, int]:
    """Rows to skip, header rows and unit rows, from the first rows of a table.

    The header starts at the first row that fills much of the usual width with words; a second header row follows
    one that has gaps or repeats (merged cells) and holds words too.
    """
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    counts = Counter(len(cells) for cells in filled if cells)
    if not counts:
        return 0, 1, 0
    usual = max(counts, key=lambda width: (counts[width], width))
    enough = max(usual / 3, min(2, usual))
    start = next((i for i, cells in enumerate(filled) if len(cells) >= enough and _wordy(cells)), 0)
    if (
        start
        and len(filled[start - 1]) > 1
        and _wordy(filled[start - 1])
        and _names_more(rows[start - 1], rows[start])
    ):
        start -= 1
    top = [cell.strip() for cell in rows[start]]
    merged = len(filled[start]) < usual or len(set(filled[start])) < len(filled[start])
    below = filled[start + 1] if start + 1 < len(rows) else []
    header = 2 if merged and len(top) > 1 and below and _wordy(below) and not _units(below) else 1
    after = filled[start + header] if start + header < len(rows) else []
    return start, header, int(_units(after))


def _names_more(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether a row names a column that the row below leaves empty: it heads groups of columns, and is no title."""
    return any(cell.strip() and (i >= len(lower) or not lower[i].strip()) for i, cell in enumerate(upper))


def _wordy(cells: Sequence[str]) -> bool:
    return sum(_NUMBER.fullmatch(cell) is None for cell in cells) * 10 >= 8 * len(cells) > 0


def _units(cells: Sequence[str]) -> bool:
    return bool(cells) and all(_UNIT.fullmatch(cell) for cell in cells)


def detect(stream: BinaryIO) -> Detected:
    """Look at the beginning of a file. Run it in the isolated child (`isolation.detect_isolated`).

    Raises:
        Fault: the file is empty, compressed, protected, or of a kind the zone does not read.
    """
    head = stream.read(CHUNK)
    if not head:
        raise Fault("file.empty")
    kind = kind_of(head)
    if kind in {"compressed", "protected"}:
        raise Fault(f"file.{kind}")
    if kind == "html":
        raise Fault("file.kind")
    if kind in {"xlsx", "cfb", "biff"}:
        return _workbook(head + stream.read(), "xlsx" if kind == "xlsx" else "xls")
    if kind == "parquet":
        return Detected("parquet")
    return _text(head)


def _text(head: bytes) -> Detected:
    encoding = sniff_encoding(head) or "utf-8"
    if head.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    text = Transcoder(io.BytesIO(head[: len(head) & ~1]), encoding).peek(CHUNK // 2).decode(errors="ignore")
    if text.lstrip().startswith(("{", "[")):
        return Detected("jsonl", encoding)
    best: tuple[float, str, list[list[str]]] = (-1.0, ",", [])
    for delimiter in (",", "\t", ";", "|"):
        try:
            rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), PREVIEW))
        except csv.Error:
            continue
        width, agreeing = Counter(len(row) for row in rows).most_common(1)[0] if rows else (1, 0)
        score = (width - 1) * agreeing / max(len(rows), 1)
        if score > best[0]:
            best = (score, delimiter, rows)
    return _with_header(Detected("delimited", encoding, best[1]), best[2])


def _workbook(data: bytes, form: str) -> Detected:
    from safezone.sources.excel import cell_text, check_archive, preview

    if form == "xlsx":
        check_archive(data)
    sheets, rows = preview(data, PREVIEW)
    return _with_header(Detected(form, sheets=sheets), [[cell_text(cell) for cell in row] for row in rows])


def _with_header(found: Detected, rows: Sequence[Sequence[str]]) -> Detected:
    from safezone.sources.shape import column_names

    width = max(Counter(len(row) for row in rows).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]
    if is_headless(rows):
        made = tuple(f"COL{i}" for i in range(1, width + 1))
        return Detected(**asdict(found) | {"skip": 0, "header_rows": 0, "names": made, "renamed": True})
    skip, header, units = find_header(rows)
    known = asdict(found) | {"skip": skip, "header_rows": header, "units": units}
    try:
        return Detected(**known | {"names": tuple(column_names(rows[skip : skip + header]))})
    except Fault as fault:
        if fault.code != "header.duplicate":
            return Detected(**known)
    return Detected(**known | {"names": _told_apart(rows[skip : skip + header], width), "renamed": True})


def _told_apart(rows: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
    """The names a header gives, numbered where they repeat, as many as rows of data have cells."""
    from safezone.sources.shape import clean_name

    rows = _spread(rows, width)
    names: list[str] = []
    for i in range(width):
        parts = [clean_name(row[i]) for row in rows if i < len(row)]
        base = " ".join(dict.fromkeys(part for part in parts if part)) or f"#{i + 1}"
        name, number = base, 1
        while name in names:
            number += 1
            name = f"{base} ({number})"
        names.append(name)
    return tuple(names)


def _spread(rows: Sequence[Sequence[str]], width: int) -> Sequence[Sequence[str]]:
    """Header rows with the cells that merging left out: groups above, and below them parts without the key column."""
    if len(rows) != 2 or len(rows[0]) < 2 or len(rows[1]) != width - 1:
        return rows
    size, rest = divmod(width - 1, len(rows[0]) - 1)
    if rest:
        return rows
    return [[rows[0][0], *(cell for cell in rows[0][1:] for _ in range(size))], ["", *rows[1]]]


_DATUM = (
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")),
    ("person", re.compile(r"\d{6} ?- ?[\d*]{7}")),
    ("phone", re.compile(r"\(?0\d{1,2}[-) .]{1,2}\d{3,4}[- .]\d{4}|01\d{9}")),
    ("date", re.compile(r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}.*|(?:19|20)\d\d[01]\d[0-3]\d")),
    ("number", re.compile(r"[+-]?\d{1,3}(?:,\d{3})+|[+-]?\d+\.\d+|[+-]?\d{1,3}|[+-]?\d{5,}")),
)


def _datum(cell: str) -> str:
    return next((name for name, form in _DATUM if form.fullmatch(cell.strip())), "")


def is_headless(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is data already: a cell of it is what the cells below are, and no header would be.

    Numbers count only where at least half of the row is numbers above numbers: years and months are headers too.
    """
    if len(rows) < 3 or not any(cell.strip() for cell in rows[0]):
        return False
    below = rows[1:]
    numbers = 0
    for i, cell in enumerate(rows[0]):
        kind = _datum(cell)
        others = [_datum(row[i]) for row in below if i < len(row) and row[i].strip()]
        if not kind or not others or others.count(kind) * 10 < 8 * len(others):
            continue
        if kind != "number":
            return True
        numbers += 1
    return 2 * numbers > len(rows[0])
