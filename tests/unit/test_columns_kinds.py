"""Kinds, types and classes of columns: from headers and values, and from values alone."""

import pyarrow as pa
import pytest

from pseudonymize.columns.headers import read_header
from pseudonymize.columns.model import Kind
from pseudonymize.columns.profile import profile_table
from pseudonymize.columns.propose import propose
from tests.fixtures.made_columns import make, rrn

MADE = make()


def proposals(columns):
    return propose(
        profile_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}))
    )


def one(name, values):
    return proposals({name: values})[0]


@pytest.mark.parametrize("named", [True, False], ids=["with headers", "headers COL1.."])
def test_made_columns_get_their_kind_and_type(named):
    names = [made.header if named else f"COL{i}" for i, made in enumerate(MADE, 1)]
    table = pa.table([pa.array(made.values) for made in MADE], names=names)
    found = propose(profile_table(table))
    wrong = [
        (made.header, item.kind.value, item.type)
        for made, item in zip(MADE, found, strict=True)
        if item.type != made.type or item.kind not in (made.kind, *made.also)
    ]
    print(f"{'with' if named else 'without'} headers: {len(MADE) - len(wrong)} of {len(MADE)} right")
    assert len(wrong) <= 0.02 * len(MADE), wrong


@pytest.mark.parametrize("rows", [8, 30])
def test_small_tables_get_their_types_too(rows):
    table = pa.table([pa.array(made.values[:rows]) for made in MADE], names=[made.header for made in MADE])
    wrong = [m.header for m, item in zip(MADE, propose(profile_table(table)), strict=True) if item.type != m.type]
    assert len(wrong) <= 0.04 * len(MADE), wrong


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("성명", Kind.NAME), ("신청인 성명", Kind.NAME), ("담당자명", Kind.NAME), ("민원인", Kind.NAME), ("이름", Kind.NAME), ("applicantName", None),
        ("주민등록번호", Kind.RRN), ("주민번호", Kind.RRN), ("rrn", Kind.RRN), ("외국인등록번호", Kind.FRN), ("사업자등록번호", Kind.BRN), ("법인등록번호", Kind.CORP),
        ("생년월일", Kind.BIRTH), ("birth_date", Kind.BIRTH), ("출생년도", Kind.BIRTH_YEAR), ("발생년월일", Kind.DATE), ("발생일", Kind.DATE), ("발생년", Kind.YEAR),
        ("휴대폰번호", Kind.PHONE), ("연락처2", Kind.PHONE), ("telNo", Kind.PHONE), ("이메일주소", Kind.EMAIL), ("E-mail", Kind.EMAIL), ("홈페이지주소", Kind.URL),
        ("소재지", Kind.ADDRESS), ("도로명전체주소", Kind.ADDRESS), ("소재지우편번호", Kind.POSTAL), ("시군구명", Kind.REGION), ("거주시도", Kind.REGION),
        ("사망자수", Kind.COUNT), ("부상신고자수", Kind.COUNT), ("피해금액", Kind.AMOUNT), ("지급액(원)", Kind.AMOUNT), ("점유율(%)", Kind.RATIO),
        ("장애여부", Kind.BOOLEAN), ("use_yn", Kind.BOOLEAN), ("접수번호", Kind.RECORD), ("관리번호", Kind.RECORD), ("연번", Kind.SERIAL), ("번호", Kind.SERIAL),
        ("개방자치단체코드", Kind.CODE), ("처리상태", Kind.CATEGORY), ("민원내용", Kind.FREE_TEXT), ("비고", Kind.FREE_TEXT), ("기관명", Kind.ORGANISATION),
        ("나이", Kind.AGE), ("연령대", Kind.AGE_BAND), ("성별", Kind.SEX), ("gender", Kind.SEX), ("위도", Kind.COORDINATE), ("계좌번호", Kind.ACCOUNT),
        ("차량번호", Kind.VEHICLE), ("면허번호", Kind.LICENCE), ("여권번호", Kind.PASSPORT), ("신용카드번호", Kind.CARD), ("접속IP", Kind.IP), ("COL7", None), ("", None),
    ],
)  # fmt: skip
def test_headers_speak_for_kinds(header, kind):
    assert read_header(header).kind in ((kind,) if header != "applicantName" else (Kind.NAME, Kind.LABEL))


def test_values_win_over_their_header_and_it_is_said():
    phones = one("성명", [f"010-2{i:03}-{i:04}" for i in range(200)])
    assert phones.kind is Kind.PHONE
    assert any("disagree" in warning.en for warning in phones.warnings)
    grades = one("전화번호", ["상", "중", "하"] * 50)
    assert (grades.kind, grades.identifier) == (Kind.CATEGORY, "other")


def test_amounts_are_no_phones_and_receipts_no_licences():
    found = proposals(
        {
            "금액": [str(1_000_000_000 + 7_919 * i) for i in range(300)],
            "접수번호": [f"20240{1 + i % 9}{1 + i % 28:02}{i:04}" for i in range(300)],
            "시각": [f"2024{1 + i % 12:02}{1 + i % 28:02}{i % 24:02}{i % 60:02}" for i in range(300)],
        }
    )
    assert [(item.kind, item.type) for item in found] == [
        (Kind.AMOUNT, "integer"),
        (Kind.RECORD, "text"),
        (Kind.DATETIME, "datetime"),
    ]


@pytest.mark.parametrize(
    ("values", "type_", "parse"),
    [
        (["1,234", "56", "7,890,123"] * 20, "integer", {"thousands": True}),
        (["1,234.5", "56.25", "7"] * 20, "decimal", {"thousands": True}),
        (["35.0", "12.0", "7.0"] * 20, "integer", {"whole_decimals": True}),
        (["12", "7", "-", "9"] * 20, "integer", {"null_values": ["-"]}),
        (["12", "7", "8", "9", "1", "3", "5", "미측정"] * 20, "integer", {"null_values": ["미측정"]}),
        (["2019.6.20", "2020.12.1"] * 20, "date", {"dates": ["%Y.%m.%d"]}),
        (["1999.06", "2003.12", "2003.10"] * 20, "date", {"dates": ["%Y.%m"]}),
        (["20190101", "20201231"] * 20, "date", {"dates": ["%Y%m%d"]}),
        (["2020-01-01 05", "2020-01-02 17"] * 20, "datetime", {"dates": ["%Y-%m-%d %H"]}),
        (["2020-01-01 24", "2020-01-02 17"] * 20, "datetime", {"dates": ["%Y-%m-%d %H"], "hour_24": True}),
        (["4.73E+17", "4.49E+17"] * 20, "text", {"excel_damaged": "null"}),
        (["007", "012", "120"] * 20, "text", {}),
        (["12345678901234567890", "22345678901234567891"] * 20, "text", {}),
        (["Y", "N"] * 20, "boolean", {}),
        (["유", "무"] * 20, "boolean", {"true_values": ["유"], "false_values": ["무"]}),
        (["없음", "미상", "경상", "중상"] * 20, "text", {}),
        (["1.2E-05", "3.4E-06", "0.5"] * 20, "decimal", {}),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value)[:40],
)
def test_types_and_parse_hints(values, type_, parse):
    found = one("COL1", values)
    assert (found.type, found.parse) == (type_, parse)


def test_words_in_a_column_of_numbers_are_counted_not_shown():
    found = one("농도", [str(i) for i in range(95)] + ["홍길동메모"] * 5)
    assert found.type == "integer"
    assert any("5 values that are no number" in warning.en for warning in found.warnings)
    assert "홍길동메모" not in repr((found.reasons, found.warnings, found.parse, found.profile))


def test_a_column_damaged_by_excel_is_flagged():
    found = one("관리번호", ["4.73E+17"] * 40)
    assert found.kind is Kind.RECORD
    assert any("damaged by Excel" in warning.en for warning in found.warnings)


def test_an_empty_column_is_dropped():
    found = one("인허가취소일자", [None] * 30)
    assert (found.kind, found.identifier, found.transform) == (Kind.EMPTY, "other", {"method": "drop"})


def test_a_memo_with_one_registration_number_becomes_free_text():
    import random

    memo = ["확인"] * 199 + [f"신청인 {rrn(random.Random(3))}"]
    found = one("처리결과", memo)
    assert (found.identifier, found.transform["method"]) == ("free_text", "redact")
    assert any("registration number" in warning.en for warning in found.warnings)


def test_a_registration_number_among_counts_is_not_let_through():
    found = one("건수", [str(i % 40) for i in range(200)] + ["9001011234568"])
    assert found.identifier == "direct"


def test_offices_keep_their_addresses_and_people_lose_theirs():
    office = {
        "기관명": ["중앙도서관", "한빛병원"] * 20,
        "주소": ["서울특별시 중구 세종대로 110"] * 40,
        "전화번호": ["02-120-1234"] * 40,
    }
    person = office | {"성별": ["남", "여"] * 20}
    assert [item.identifier for item in proposals(office)] == ["other", "other", "other"]
    assert [item.identifier for item in proposals(person)[1:3]] == ["direct", "direct"]


def test_classes_fit_what_the_policy_demands():
    for item in propose(profile_table(pa.table({made.header: made.values for made in MADE}))):
        method = item.transform.get("method", "keep")
        if item.identifier == "direct":
            assert method in ("drop", "tokenise"), item.name
        if item.identifier == "free_text":
            assert method in ("drop", "redact"), item.name


def test_direct_identifiers_are_never_left_in_place():
    table = pa.table([pa.array(made.values) for made in MADE], names=[f"COL{i}" for i in range(len(MADE))])
    direct = {
        Kind.NAME,
        Kind.RRN,
        Kind.PHONE,
        Kind.EMAIL,
        Kind.CARD,
        Kind.LICENCE,
        Kind.VEHICLE,
        Kind.ADDRESS,
        Kind.PASSPORT,
    }
    for made, item in zip(MADE, propose(profile_table(table)), strict=True):
        if made.kind in direct:
            assert item.identifier == "direct", made.header
