"""Every adapter gives the same rows for the same table, whatever the file it lies in."""

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from safezone.policy.source import Header, SourceSpec
from safezone.ports import Source
from safezone.sources.adapters import open_source
from safezone.sources.excel import cell_text
from safezone.sources.isolation import parse_isolated
from safezone.sources.shape import FAULT, LINE
from safezone.sources.sheetxml import Unreadable, read_rows

NAMES = ["이름", "나이", "금액", "날짜"]
ROWS: list[list[Any]] = [
    ["김하나 ", 41, 1234.5, dt.date(2024, 3, 5)],
    ["이두리", None, 0.25, dt.date(1999, 12, 31)],
    ["", 7, 3, dt.date(2019, 6, 20)],
    ['뷁똠, "따옴표"', 12345678, -2.5, dt.date(2020, 2, 29)],
]
WANTED = [
    ("김하나", "41", "1234.5", "2024-03-05"),
    ("이두리", None, "0.25", "1999-12-31"),
    (None, "7", "3", "2019-06-20"),
    ('뷁똠, "따옴표"', "12345678", "-2.5", "2020-02-29"),
]


def archive_of(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return out.getvalue()


def _words(row: list[Any]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in row]


def delimited(delimiter: str, encoding: str, end: str = "\r\n") -> Callable[[], bytes]:
    def make() -> bytes:
        lines = [NAMES, *(_words(row) for row in ROWS)]
        quoted = [['"' + cell.replace('"', '""') + '"' for cell in line] for line in lines]
        return (end.join(delimiter.join(line) for line in quoted) + end).encode(encoding)

    return make


def jsonl() -> bytes:
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False, default=str) for row in ROWS]
    return "\n".join(lines).encode()


def json_document() -> bytes:
    records = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    return json.dumps({"response": {"body": {"items": records}}}, default=str).encode()


def parquet() -> bytes:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    columns[2] = [float(value) for value in columns[2]]
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), out)
    return out.getvalue()


def xlsx() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("메타정보").write(0, 0, "통계표")
        sheet = book.add_worksheet("데이터")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, NAMES)
        for i, row in enumerate(ROWS, start=1):
            sheet.write_row(i, 0, ["" if cell is None else cell for cell in row[:3]])
            sheet.write_datetime(i, 3, row[3], day)
    return out.getvalue()


CASES = {
    "csv utf-8": (SourceSpec(format="delimited"), delimited(",", "utf-8"), 2),
    "csv with a byte order mark": (SourceSpec(format="delimited"), delimited(",", "utf-8-sig"), 2),
    "csv cp949, beyond EUC-KR": (SourceSpec(format="delimited", encoding="cp949"), delimited(",", "cp949"), 2),
    "csv cp949, found out": (SourceSpec(format="delimited"), delimited(",", "cp949", "\n"), 2),
    "tab-separated utf-16": (SourceSpec(format="delimited", encoding="utf-16"), delimited("\t", "utf-16"), 2),
    "tab-separated utf-16, found out": (SourceSpec(format="delimited"), delimited("\t", "utf-16"), 2),
    "utf-16 without a mark, found out": (SourceSpec(format="delimited"), delimited("\t", "utf-16-le"), 2),
    "semicolons": (SourceSpec(format="delimited", delimiter=";"), delimited(";", "utf-8", "\n"), 2),
    "bars": (SourceSpec(format="delimited"), delimited("|", "utf-8", "\n"), 2),
    "xlsx": (SourceSpec(format="xlsx"), xlsx, 2),
    "xlsx, sheet by name": (SourceSpec(format="xlsx", sheet="데이터"), xlsx, 2),
    "jsonl": (SourceSpec(format="jsonl"), jsonl, 1),
    "json document": (SourceSpec(format="jsonl", records="response.body.items"), json_document, 1),
    "parquet": (SourceSpec(format="parquet"), parquet, 1),
}


def rows_of(batches: list[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    table = pa.Table.from_batches(batches)
    return list(zip(*(table[name].to_pylist() for name in NAMES), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_same_table_gives_the_same_rows(case: str) -> None:
    spec, make, first_line = CASES[case]
    source = open_source(spec)
    assert isinstance(source, Source)
    batches = list(source.batches(io.BytesIO(make())))
    assert batches[0].schema.names == [LINE, *NAMES, FAULT]
    assert all(field.type == pa.string() for field in list(batches[0].schema)[1:])
    assert rows_of(batches) == WANTED
    assert pa.Table.from_batches(batches)[LINE].to_pylist() == list(range(first_line, first_line + len(ROWS)))
    assert pa.Table.from_batches(batches)[FAULT].null_count == len(ROWS)


@pytest.mark.parametrize("case", ["csv cp949, beyond EUC-KR", "xlsx", "jsonl", "parquet"])
def test_the_isolated_reader_gives_what_the_adapter_gives(case: str) -> None:
    spec, make, _ = CASES[case]
    assert rows_of(list(parse_isolated(spec, io.BytesIO(make())))) == WANTED


TITLED = [
    ["2024년 사고 현황", "", "", ""],
    ["시도", "시군구", "사고", ""],
    ["", "", "건수", "사망"],
    ["", "", "(건)", "(명)"],
    ["서울", "합계", "30", "3"],
    ["", "종로구", "10", "1"],
    ["", "중구", "20", "2"],
    ["부산", "합계", "5", "-"],
    ["", "중구", "5", "-"],
    ["", "", "", ""],
    ["합계", "합계", "35", "3"],
    ["출처: 경찰청", "", "", ""],
]
TITLED_SPEC = {
    "header": Header(skip=1, rows=2, units=1),
    "totals": {"시군구": ("합계", "계")},
    "fill_down": ("시도",),
    "footer": ("출처",),
    "null_values": ("", "-"),
}


def _titled_csv() -> bytes:
    return "\n".join(",".join(row) for row in TITLED).encode("cp949")


def _titled_xlsx() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(TITLED):
            sheet.write_row(i, 0, row)
        sheet.merge_range(1, 2, 1, 3, "사고")
    return out.getvalue()


@pytest.mark.parametrize(("form", "make"), [("delimited", _titled_csv), ("xlsx", _titled_xlsx)])
def test_titles_units_merged_cells_totals_and_footers_are_not_data(form: Any, make: Callable[[], bytes]) -> None:
    source = open_source(SourceSpec(format=form, **TITLED_SPEC))
    table = pa.Table.from_batches(list(source.batches(io.BytesIO(make()))))
    assert table.drop_columns([FAULT]).to_pylist() == [
        {LINE: 6, "시도": "서울", "시군구": "종로구", "사고 건수": "10", "사고 사망": "1"},
        {LINE: 7, "시도": "서울", "시군구": "중구", "사고 건수": "20", "사고 사망": "2"},
        {LINE: 9, "시도": "부산", "시군구": "중구", "사고 건수": "5", "사고 사망": None},
    ]
    assert source.shaper is not None
    assert source.shaper.dropped == {"blank": 1, "footer": 1, "total": 3}


def test_a_quoted_line_break_is_part_of_the_value_and_lines_count_records() -> None:
    data = '번호,내용\n1,"첫 줄\n둘째 줄"\n2,끝\n'.encode("cp949")
    (batch,) = open_source(SourceSpec(format="delimited")).batches(io.BytesIO(data))
    assert batch.column("내용").to_pylist() == ["첫 줄\n둘째 줄", "끝"]
    assert batch.column(LINE).to_pylist() == [2, 3]


def test_ragged_rows_are_kept_as_faults_with_their_line() -> None:
    data = b"a,b\n1,2\n3\n\n4,5,6\n7,8\n"
    (batch,) = open_source(SourceSpec(format="delimited")).batches(io.BytesIO(data))
    faults = {row[LINE]: row[FAULT] for row in batch.to_pylist()}
    assert faults == {2: None, 3: "row.ragged", 5: "row.ragged", 6: None}


def test_ragged_rows_keep_their_line_across_blocks() -> None:
    rows = [f"{i},{'x' * 50}" if i % 1000 else str(i) for i in range(2, 60_000)]
    data = ("a,b\n" + "\n".join(rows) + "\n").encode()
    batches = list(open_source(SourceSpec(format="delimited")).batches(io.BytesIO(data)))
    assert len(batches) > 1
    table = pa.Table.from_batches(batches)
    assert sorted(table[LINE].to_pylist()) == list(range(2, 60_000))
    for row in table.select([LINE, "a", FAULT]).to_pylist():
        assert row["a"] == (str(row[LINE]) if row[LINE] % 1000 else None)
        assert (row[FAULT] is None) == (row["a"] is not None)


def test_json_numbers_keep_every_digit_and_bad_lines_are_faults() -> None:
    data = b'{"id": 12345678901234567890, "x": 0.10}\n{"id": oops}\n[1]\n\n{"id": "7", "x": null, "y": 1}\n'
    (batch,) = open_source(SourceSpec(format="jsonl")).batches(io.BytesIO(data))
    assert {row[LINE]: (row["id"], row["x"], row[FAULT]) for row in batch.to_pylist()} == {
        1: ("12345678901234567890", "0.10", None),
        2: (None, None, "row.json"),
        3: (None, None, "row.json"),
        5: ("7", None, None),
    }


def test_a_json_key_nobody_announced_is_a_fault_when_it_comes_late() -> None:
    lines = [b'{"a": 1}'] * 20_000 + [b'{"a": 1, "late": 2}', b'{"a": 3, "known": 4}']
    source = open_source(SourceSpec(format="jsonl"), ["a", "known"])
    table = pa.Table.from_batches(list(source.batches(io.BytesIO(b"\n".join(lines)))))
    late = table.filter(pa.compute.is_valid(table[FAULT])).to_pylist()
    assert [(row[LINE], row[FAULT]) for row in late] == [(20_001, "row.unknown_column")]
    assert table["known"].to_pylist()[-2:] == ["4", None]


def test_a_spreadsheet_number_too_long_to_be_exact_shows_that_it_is_damaged() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "flag"])
        sheet.write_row(1, 0, [473000000000000000, True])
    (batch,) = open_source(SourceSpec(format="xlsx")).batches(io.BytesIO(out.getvalue()))
    assert batch.select(["id", "flag"]).to_pylist() == [{"id": "4.73E+17", "flag": "true"}]


def test_a_header_without_rows_gives_no_rows_in_any_format() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), out)
    for spec, data in ((SourceSpec(format="delimited"), b"a\n"), (SourceSpec(format="parquet"), out.getvalue())):
        batches = list(open_source(spec).batches(io.BytesIO(data)))
        assert [batch.num_rows for batch in batches] == [0]
        assert batches[0].schema.names == [LINE, "a", FAULT]


def _edited(change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook of the contract, with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def _unknown_error(name: str, data: bytes) -> bytes:
    """An error value newer than the reader, in a cell beyond the table's last row."""
    row = b'<row r="9"><c r="B9" t="e"><v>#CALC!</v></c></row></sheetData>'
    return data.replace(b"</sheetData>", row) if name.endswith("sheet2.xml") else data


STRANGE: dict[str, Callable[[str, bytes], bytes]] = {
    "an error value newer than the library": _unknown_error,
    "a listed sheet that is not there": lambda name, data: data.replace(
        b"</sheets>", b'<sheet name="x" sheetId="9" r:id="rId99"/></sheets>'
    ),
    "a dimension that is none": lambda name, data: re.sub(
        rb'<dimension ref="[^"]*"', b'<dimension ref="A1:"', data
    ),
    "a broken theme": lambda name, data: b"<broken" if "theme" in name else data,
    "an unknown kind of cell": lambda name, data: data.replace(b'<c r="B2"', b'<c r="B2" t="later"'),
    "cells without references": lambda name, data: re.sub(rb'<c r="[A-Z]+1"', b"<c", data),
    "strict OOXML": lambda name, data: data.replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
}


@pytest.mark.parametrize("how", STRANGE)
def test_workbooks_that_one_library_cannot_open_are_read_all_the_same(how: str) -> None:
    source = open_source(SourceSpec(format="xlsx"))
    batches = list(source.batches(io.BytesIO(_edited(STRANGE[how]))))
    assert rows_of(batches) == WANTED
    assert source.shaper is not None


def test_the_second_reader_of_workbooks_agrees_with_the_first() -> None:
    rows = read_rows(xlsx(), lambda sheets: sheets[1][0])
    assert [[cell_text(cell) for cell in row] for row in rows[1:]] == [
        [cell or "" for cell in row] if i else ["김하나 ", *row[1:]] for i, row in enumerate(WANTED)
    ]


@pytest.mark.parametrize(
    "data", [b"", b"PK", archive_of({}), archive_of({"xl/workbook.xml": b"<a>"})], ids=range(4)
)
def test_what_the_second_reader_cannot_open_it_says_so(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_rows(data, lambda sheets: sheets[0][0])
