"""The grammar of row filters by example; docs/EXTRACTS.md is made from this table.

Write the page anew with ``python tests/spec/test_extract_grammar.py``.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from safezone.airlock import extract
from safezone.airlock.extract import parse_filter
from safezone.errors import FilterError

PAGE = Path(__file__).parents[2] / "docs" / "EXTRACTS.md"
SCHEMA = pa.schema(
    [
        ("나이", pa.int32()),
        ("지역", pa.string()),
        ("region", pa.string()),
        ("처리 기간", pa.float64()),
        ("금액", pa.decimal128(9, 2)),
        ("접수일", pa.date32()),
        ("시각", pa.timestamp("us")),
        ("전송", pa.timestamp("us", "Asia/Seoul")),
        ("완료", pa.bool_()),
        ("태그", pa.list_(pa.string())),
    ]
)
ALLOWED = {
    "나이 >= 60": '"나이" >= 60',
    "60 <= 나이": '"나이" >= 60',
    "나이 != 1": '"나이" <> 1',
    "나이 = -1": '"나이" = -1',
    '"처리 기간" < 1.5': '"처리 기간" < 1.5',
    '"처리 기간" >= 1e3': '"처리 기간" >= 1000.0',
    "금액 = 1.2": '"금액" = 1.20',
    "지역 = '서울'": "\"지역\" = '서울'",
    "지역 = 'O''Brien'": "\"지역\" = 'O''Brien'",
    "지역 IN ('서울', '부산', '서울')": "\"지역\" IN ('부산', '서울')",
    "지역 in ('서울')": "\"지역\" = '서울'",
    "지역 NOT IN ('서울', '부산')": "NOT \"지역\" IN ('부산', '서울')",
    "나이 BETWEEN 20 AND 29": '"나이" BETWEEN 20 AND 29',
    "나이 NOT BETWEEN 20 AND 29": 'NOT "나이" BETWEEN 20 AND 29',
    "접수일 >= '2026-01-31'": "\"접수일\" >= '2026-01-31'",
    "시각 < '2026-01-31T09:30'": "\"시각\" < '2026-01-31 09:30:00'",
    "전송 < '2026-01-31 09:00:00+09:00'": "\"전송\" < '2026-01-31 00:00:00Z'",
    "완료 = TRUE": '"완료" = TRUE',
    "지역 IS NULL": '"지역" IS NULL',
    "태그 IS NOT NULL": '"태그" IS NOT NULL',
    "region = 'a' AND (나이 < 20 OR 나이 > 60)": '"region" = \'a\' AND ("나이" < 20 OR "나이" > 60)',
    "NOT (나이 < 20 OR 지역 IS NULL)": 'NOT ("나이" < 20 OR "지역" IS NULL)',
    "나이 = 1 OR 나이 = 2 AND 완료 = FALSE": '"나이" = 1 OR "나이" = 2 AND "완료" = FALSE',
}
REFUSED = {
    "": "filter.syntax",
    "나이 >": "filter.syntax",
    "(나이 = 1": "filter.syntax",
    "지역 = '서울": "filter.syntax",
    "없는열 = 1": "filter.column",
    "REGION = 'a'": "filter.column",
    "published.나이 = 1": "filter.column",
    "나이 = '60'": "filter.literal",
    "나이 = 1.5": "filter.literal",
    "나이 = 3000000000": "filter.literal",
    "금액 = 1.234": "filter.literal",
    "지역 = 1": "filter.literal",
    "접수일 = '2026-02-30'": "filter.literal",
    "시각 = '2026-01-31 09:00:00+09:00'": "filter.literal",
    "전송 = '2026-01-31 09:00:00'": "filter.literal",
    "완료 > FALSE": "filter.type",
    "태그 = 'a'": "filter.type",
    "완료": "filter.form",
    "TRUE": "filter.form",
    "1 = 1": "filter.form",
    "나이 = 금액": "filter.form",
    "나이 = NULL": "filter.form",
    "나이 IN (1, NULL)": "filter.form",
    "나이 IN ()": "filter.form",
    "완료 IS TRUE": "filter.form",
    "지역 = 'a' 'b'": "filter.form",
    "접수일 = DATE '2026-01-31'": "filter.token",
    "지역 = E'a'": "filter.token",
    "나이 + 1 = 2": "filter.token",
    "지역 || 'a' = 'b'": "filter.token",
    "지역 LIKE '서%'": "filter.token",
    "지역 ILIKE '서%'": "filter.token",
    "지역 SIMILAR TO 'a'": "filter.token",
    "length(지역) = 2": "filter.token",
    "error('x')": "filter.token",
    "나이::text = '1'": "filter.token",
    "CAST(나이 AS text) = '1'": "filter.token",
    "나이 IN (SELECT 1)": "filter.token",
    "EXISTS (SELECT 1)": "filter.token",
    "CASE WHEN 나이 = 1 THEN TRUE END": "filter.token",
    "나이 IS DISTINCT FROM 1": "filter.token",
    "나이 = ?": "filter.token",
    "나이 = $1": "filter.token",
    "나이 = 1; 나이 = 2": "filter.token",
    "NOT NOT 나이 = 1": "filter.token",
    "나이 = 1 -- 설명": "filter.comment",
    "나이 = 1 /* 설명 */": "filter.comment",
    "나이 =\x00 1": "filter.character",
}


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(text: str) -> None:
    parsed = parse_filter(text, SCHEMA)
    assert parsed.canonical == ALLOWED[text]
    assert parse_filter(parsed.canonical, SCHEMA) == parsed


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, SCHEMA)
    assert caught.value.code == REFUSED[text]
    assert caught.value.what.ko and caught.value.next_step.ko and caught.value.exit_code == 4


@pytest.mark.parametrize(
    "text",
    [
        "나이 = 1 OR " * 5000 + "나이 = 1",
        "(" * 40 + "나이 = 1" + ")" * 40,
        " OR ".join(f"나이={number}" for number in range(extract.MAX_CONDITIONS + 1)),
        f"나이 IN ({','.join(str(number) for number in range(extract.MAX_VALUES + 1))})",
    ],
    ids=["length", "depth", "conditions", "values"],
)
def test_limits(text: str) -> None:
    with pytest.raises(FilterError, match=r"filter\.limit"):
        parse_filter(text, SCHEMA)


def test_messages_tell_the_place_and_no_literal() -> None:
    for text, place in {
        "나이 = 1 AND 지역 LIKE '비밀7391'": 15,
        "지역 IN ('비밀7391', 3)": 18,
        "나이 = '비밀7391'": 6,
    }.items():
        with pytest.raises(FilterError) as caught:
            parse_filter(text, SCHEMA)
        assert f"character {place}" in caught.value.what.en and f"{place}번째" in caught.value.what.ko
        assert "비밀7391" not in str(caught.value) + caught.value.what.ko + caught.value.next_step.ko
        assert caught.value.__cause__ is None


def test_names_that_differ_in_case_alone_cannot_be_told_apart() -> None:
    schema = pa.schema([("a", pa.int8()), ("A", pa.int8()), ("b", pa.int8())])
    assert parse_filter("b = 1", schema).columns == ("b",)
    with pytest.raises(FilterError, match="case"):
        parse_filter("a = 1", schema)


def test_any_name_can_be_quoted_and_stays_a_name() -> None:
    for name in ('x"; DROP TABLE y; --', "a.b", "select", "$x", "나이(만)", "TRUE", "[0]"):
        schema = pa.schema([(name, pa.int8())])
        parsed = parse_filter('"' + name.replace('"', '""') + '" = 1', schema)
        assert parsed.columns == (name,)
        table = pa.table({name: pa.array([1, 2], pa.int8())})
        assert table.filter(parsed.expression()).num_rows == 1


def page() -> str:
    """The documentation page."""
    columns = "\n".join(f"| `{field.name}` | `{field.type}` |" for field in SCHEMA)
    allowed = "\n".join(f"| `{text}` | `{canonical}` |" for text, canonical in ALLOWED.items())
    refused = "\n".join(
        f"| `{text.replace('|', chr(92) + '|')}` | `{code}` |" if text else f"| (empty) | `{code}` |"
        for text, code in REFUSED.items()
        if text.isprintable()
    )
    return f"""# Extracts: the row filter · 추출물의 행 조건

<!-- Made by tests/spec/test_extract_grammar.py; a test compares. -->

A request names columns and, if it wants fewer rows, a filter. The filter is a small closed language: comparisons
of one column with literals, `IN`, `BETWEEN`, `IS [NOT] NULL`, joined by `AND`, `OR`, `NOT` and parentheses.
There are no functions, casts, arithmetic, patterns, subqueries, parameters or comments. Precedence and `NULL`
are those of SQL; a floating-point NaN is neither greater nor smaller than a number. Columns used in the filter
count as known to the recipient when the extract's risk is measured.

요청에는 열과, 필요하면 행 조건을 적습니다. 조건은 열과 값의 비교, `IN`, `BETWEEN`, `IS [NOT] NULL`을
`AND`, `OR`, `NOT`, 괄호로 이은 것입니다. 함수, 형 변환, 산술, 패턴, 하위 질의, 매개변수, 주석은 쓸 수
없습니다. 우선순위와 `NULL`은 SQL과 같고, NaN은 어떤 수보다 크지도 작지도 않습니다. 조건에 쓴 열은 위험을
잴 때 받는 사람이 아는 것으로 봅니다.

- Names are case-sensitive; write odd ones in double quotes.
  열 이름은 대소문자를 구별하며, 특수한 이름은 큰따옴표로 씁니다.
- A literal must be exactly a value of the column's type. · 값은 열의 형식에 꼭 맞아야 합니다.
- Limits · 한도: {extract.MAX_LENGTH:,} characters, {extract.MAX_CONDITIONS} conditions,
  {extract.MAX_VALUES} values, {extract.MAX_DEPTH} levels of parentheses.
- The canonical text is what reviewers sign. · 검토자는 정리된 조건에 서명합니다.

The examples use this table · 예제의 열:

| column · 열 | type · 형식 |
|---|---|
{columns}

## Allowed · 쓸 수 있는 조건

| written · 입력 | canonical · 정리된 조건 |
|---|---|
{allowed}

## Refused · 쓸 수 없는 조건

| written · 입력 | code · 오류 코드 |
|---|---|
{refused}
"""


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
