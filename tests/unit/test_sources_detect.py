"""What a file seems to be."""

import io

import pytest

from safezone.sources.detect import detect, find_header, is_headless
from safezone.sources.fault import Fault
from safezone.sources.text import sniff_encoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    rows = [["이름", "값", "비고"], ["가", "1", "뷁, 그리고"], ["나", "2", ""]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    found = detect(io.BytesIO(text.encode(encoding)))
    assert (found.format, found.encoding, found.delimiter) == ("delimited", encoding, delimiter)
    assert found.names == ("이름", "값", "비고")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["a", "b", "c"], ["1", "2", "3"]], (0, 1, 0)),
        (
            [["제목", "", ""], ["", "", ""], ["시도", "건수", "사망"], ["서울", "1", "2"], ["부산", "3", "4"]],
            (2, 1, 0),
        ),
        ([["시도", "사고", ""], ["", "건수", "사망"], ["서울", "1", "2"], ["부산", "3", "4"]], (0, 2, 0)),
        ([["시도", "건수"], ["(이름)", "(건)"], ["서울", "1"], ["부산", "2"]], (0, 1, 1)),
        ([], (0, 1, 0)),
    ],
)
def test_where_the_header_is(rows: list[list[str]], expected: tuple[int, int, int]) -> None:
    assert find_header(rows) == expected


def test_what_is_found_is_written_as_a_policy_writes_it() -> None:
    found = detect(io.BytesIO("제목,,\n시도,사고,\n,건수,사망\n서울,1,2\n부산,3,4\n".encode("cp949")))
    assert found.to_source() == {
        "format": "delimited",
        "encoding": "cp949",
        "delimiter": ",",
        "header": {"skip": 1, "rows": 2, "units": 0},
    }
    assert found.from_json(found.to_json().encode()) == found


def test_other_formats_by_their_first_bytes() -> None:
    assert detect(io.BytesIO(b'{"a": 1}\n')).format == "jsonl"
    assert detect(io.BytesIO(b"PAR1" + bytes(20))).format == "parquet"
    for data, code in ((b"", "file.empty"), (b"\x1f\x8b", "file.compressed"), (b"<html>", "file.kind")):
        with pytest.raises(Fault, match=code):
            detect(io.BytesIO(data))


def test_ascii_decides_nothing_and_a_character_cut_off_is_no_error() -> None:
    assert sniff_encoding(b"a,b\n1,2\n") is None
    assert sniff_encoding("가나".encode()[:-1]) == "utf-8"
    assert sniff_encoding("가나".encode()[:-1], whole=True) == "cp949"
    assert sniff_encoding("a,가\r\n".encode("utf-16-be")) == "utf-16-be"


def test_a_first_row_of_data_is_no_header():
    rows = [["김서연", "010-2345-6789", "3"], ["이민수", "010-3456-7890", "4"], ["박하은", "010-4567-8901", "5"]]
    assert is_headless(rows)
    assert not is_headless([["성명", "연락처", "2024"], *rows])
    years = [["지역", "2023", "2024"], ["서울", "12", "34"], ["부산", "5", "6"]]
    assert not is_headless(years)


def test_a_sparse_row_that_names_more_columns_belongs_to_the_header():
    wide = [f"값{i}" for i in range(15)]
    rows = [["현황"], ["신고", "", "", "", "신고인", *[""] * 10, "등급"], [*wide, ""], *[[*wide, "1"]] * 4]
    assert find_header(rows)[:2] == (1, 2)
