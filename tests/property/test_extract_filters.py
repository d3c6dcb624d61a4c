"""Row filters: pyarrow, DuckDB and the text itself agree on every row; nothing but a FilterError escapes."""

from __future__ import annotations

import contextlib
import string
from collections import Counter
from datetime import date
from datetime import datetime as _datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safezone.airlock.extract import parse_filter
from safezone.errors import FilterError

try:
    from pseudonymize.engine import connect
except ImportError:
    connect = duckdb.connect


def datetime(*parts: int) -> _datetime:
    """A moment without a zone, as the columns hold it."""
    return _datetime(*parts)


NAN = float("nan")
VALUES = {
    "나이": (pa.int32(), [-5, 0, 1, 20, 2**31 - 1]),
    "작은수": (pa.uint8(), [0, 1, 255]),
    "비율": (pa.float64(), [-1.5, -0.0, 0.0, 0.1, 1e22, 5e-324]),
    "single": (pa.float32(), [0.1, 1.0, -3.25]),
    "금액": (pa.decimal128(9, 2), [Decimal("-1.50"), Decimal("0.00"), Decimal("1.20"), Decimal("9999999.99")]),
    "지역 이름": (pa.string(), ["", "서울", "부'산", 'a"b', "A", "a", "가"]),
    "code": (pa.dictionary(pa.int8(), pa.string()), ["x", "y"]),
    "접수일": (pa.date32(), [date(1970, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]),
    "시각": (pa.timestamp("us"), [datetime(2026, 1, 31), datetime(2026, 1, 31, 9, 0, 0, 5), datetime(1960, 1, 1)]),
    "ms": (pa.timestamp("ms"), [datetime(2026, 1, 31), datetime(2026, 1, 31, 9, 0, 0, 5000)]),
    "유효": (pa.bool_(), [True, False]),
}
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in VALUES.items()])
ORDERED = [name for name in VALUES if name != "유효"]
COVERED: Counter[str] = Counter()


def literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str | date):
        return "'" + str(value).replace("'", "''") + "'"
    return str(value)


def column(name: str) -> str:
    return '"' + name + '"'


@st.composite
def conditions(draw: st.DrawFn) -> str:
    operator = draw(
        st.sampled_from(
            [
                "=",
                "<>",
                "!=",
                "<",
                "<=",
                ">",
                ">=",
                "IN",
                "NOT IN",
                "BETWEEN",
                "NOT BETWEEN",
                "IS NULL",
                "IS NOT NULL",
                "flipped",
            ]
        )
    )
    name = draw(
        st.sampled_from(
            list(VALUES) if operator in {"=", "<>", "!=", "IN", "NOT IN", "IS NULL", "IS NOT NULL"} else ORDERED
        )
    )
    value = st.sampled_from(VALUES[name][1]).map(literal)
    if operator.startswith("IS"):
        return f"{column(name)} {operator}"
    if operator.endswith("IN"):
        return f"{column(name)} {operator} ({', '.join(draw(st.lists(value, min_size=1, max_size=4)))})"
    if operator.endswith("BETWEEN"):
        return f"{column(name)} {operator} {draw(value)} AND {draw(value)}"
    if operator == "flipped":
        return f"{draw(value)} {draw(st.sampled_from(['<', '<=', '>', '>=']))} {column(name)}"
    return f"{column(name)} {operator} {draw(value)}"


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    many = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        many.map(" AND ".join), many.map(" OR ".join), inner.map("({})".format), inner.map("NOT ({})".format)
    )


FILTERS = st.recursive(conditions(), combined, max_leaves=5)


@st.composite
def tables(draw: st.DrawFn, nan: bool) -> pa.Table:
    rows = draw(st.integers(1, 12))
    columns = {}
    for name, (kind, values) in VALUES.items():
        extra = [NAN] if nan and pa.types.is_floating(kind) else []
        drawn = draw(st.lists(st.sampled_from([None, *values, *extra]), min_size=rows, max_size=rows))
        columns[name] = (
            pa.array(drawn, pa.string()).dictionary_encode().cast(kind) if name == "code" else pa.array(drawn, kind)
        )
    return pa.table(columns).append_column("row", pa.array(range(rows)))


CONNECTION = connect()


def by_duckdb(source: object, where: str, params: list[object]) -> list[int]:
    CONNECTION.register("extract_rows", source)
    try:
        return sorted(
            row for (row,) in CONNECTION.execute(f"SELECT row FROM extract_rows WHERE {where}", params).fetchall()
        )
    finally:
        CONNECTION.unregister("extract_rows")


WORDS = [
    "=",
    "<>",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "IN",
    "NOT IN",
    "BETWEEN",
    "NOT BETWEEN",
    "IS NULL",
    "IS NOT NULL",
    "AND",
    "OR",
    "NOT",
]


def assert_same_rows(text: str, table: pa.Table) -> None:
    """All ways to apply the filter select the same rows."""
    parsed = parse_filter(text, SCHEMA)
    COVERED.update(word for word in WORDS if f" {word} " in f" {text.replace('(', ' ')} ")
    dataset = ds.dataset(table)
    expected = dataset.to_table(filter=parsed.expression())["row"].to_pylist()
    where, params = parsed.sql()
    assert by_duckdb(table, where, params) == expected
    assert by_duckdb(dataset, where, params) == expected, "with DuckDB's own pushdown into pyarrow too"


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(FILTERS, tables(nan=True))
def test_pyarrow_and_duckdb_select_the_same_rows(text: str, table: pa.Table) -> None:
    assert_same_rows(text, table)


def test_every_operator_agrees_on_every_type() -> None:
    """Each operator with each type of column, over all its values, NULL and NaN; counts what was covered."""
    COVERED.clear()
    for name, (kind, values) in VALUES.items():
        extra = [None, NAN] if pa.types.is_floating(kind) else [None]
        column_values = pa.array([*values, *extra], pa.string() if name == "code" else kind)
        table = pa.table({name: column_values, "row": range(len(column_values))})
        table = table.set_column(0, name, table[name].cast(kind)) if name == "code" else table
        first, last, quoted = literal(values[0]), literal(values[1]), column(name)
        forms = [f"{quoted} IS NULL", f"{quoted} IS NOT NULL", f"{quoted} IN ({first}, {last})"]
        forms += [f"{quoted} NOT IN ({first})", f"{quoted} NOT IN ({first}, {last})"]
        forms += [f"{quoted} {operator} {first}" for operator in ("=", "<>", "!=")]
        if name in ORDERED:
            forms += [f"{quoted} {operator} {last}" for operator in ("<", "<=", ">", ">=")]
            forms += [f"{quoted} BETWEEN {first} AND {last}", f"{quoted} NOT BETWEEN {first} AND {last}"]
        forms += [f"NOT ( {form} )" for form in forms]
        forms += [f"{forms[0]} OR {forms[3]}", f"{forms[1]} AND {forms[3]}"]
        for form in forms:
            assert_same_rows(form, table)
    assert {word for word in WORDS if COVERED[word] >= len(VALUES) - 1} == set(WORDS)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(FILTERS, tables(nan=False))
def test_the_filter_means_what_its_text_says_in_sql(text: str, table: pa.Table) -> None:
    """Precedence, NULL and flipping are SQL's own: DuckDB reading the text itself selects the same rows."""
    if "single" in text:
        return  # DuckDB compares a FLOAT column with a DOUBLE literal, the grammar with the nearest FLOAT
    where, params = parse_filter(text, SCHEMA).sql()
    assert by_duckdb(table, where, params) == by_duckdb(table, text, [])


@settings(max_examples=100, deadline=None)
@given(FILTERS, st.randoms())
def test_the_canonical_text_is_a_fixed_point_and_knows_no_order(text: str, random: object) -> None:
    parsed = parse_filter(text, SCHEMA)
    assert parse_filter(parsed.canonical, SCHEMA) == parsed
    terms = [text, '"나이" = 1', "code IN ('y', 'x')"]
    random.shuffle(terms)
    other = " and ".join(f"( {term} )" for term in terms)
    assert parse_filter(other, SCHEMA) == parse_filter(
        " AND ".join(f"({t})" for t in (text, "code in ('x','y','x')", "1=나이")), SCHEMA
    )
    assert set(parsed.columns) == {name for name in VALUES if column(name) in text}


PIECES = st.sampled_from(
    [
        *(
            "나이",
            '"지역 이름"',
            "code",
            "x",
            "'a'",
            "'",
            '"',
            "1",
            "-1",
            "1e9",
            ".",
            ",",
            "(",
            ")",
            "=",
            "<",
            ">",
            "!",
            "<>",
        ),
        *(
            "AND",
            "or",
            "NOT",
            "IN",
            "BETWEEN",
            "IS",
            "NULL",
            "TRUE",
            "LIKE",
            "SELECT",
            "FROM",
            "CASE",
            "WHEN",
            "END",
        ),
        *(
            "CAST",
            "::",
            "date",
            "error(1)",
            "--",
            "/*",
            "*/",
            ";",
            "?",
            "$1",
            ":a",
            "@",
            "#1",
            "[",
            "]",
            "{",
            "}",
            "||",
        ),
        *(
            "+",
            "*",
            "/",
            "%",
            "\\",
            "$$",
            "e'x'",
            "INTERVAL",
            "EXISTS",
            "ANY",
            "ALL",
            "OVER",
            "WITH",
            "UNION",
            "LAMBDA",
        ),
        *("->", "=>", "\x00", "\ud800", "\u202e", "가", "²", "٣"),
    ]
)
NODES = {"Junction", "Not", "Comparison", "OneOf", "Between", "IsNull"}


def assert_known(predicate: object) -> None:
    assert type(predicate).__name__ in NODES
    for inner in [*getattr(predicate, "parts", ()), *([predicate.inner] if hasattr(predicate, "inner") else [])]:
        assert_known(inner)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.lists(PIECES, max_size=14).map(" ".join),
        st.lists(PIECES, max_size=14).map("".join),
        st.text(max_size=60),
        st.text(alphabet=string.printable, max_size=60),
    )
)
def test_any_text_is_understood_whole_or_refused(text: str) -> None:
    with contextlib.suppress(FilterError):
        parsed = parse_filter(text, SCHEMA)
        assert_known(parsed.predicate)
        by_duckdb(SCHEMA.empty_table().append_column("row", pa.array([], pa.int64())), *parsed.sql())
