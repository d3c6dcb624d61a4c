"""Typing by declared rules: each rule, what it sets aside, and what it says of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pytest

from safezone.errors import DeliveryError
from safezone.policy.source import ParseRules
from safezone.sources.shape import FAULT, LINE
from safezone.sources.typed import type_columns

RULES = ParseRules()


@dataclass(frozen=True)
class Col:
    name: str
    type: Literal["text", "integer", "decimal", "date", "datetime", "boolean"] = "text"
    nullable: bool = True
    parse: ParseRules = RULES


def cells(values: list[Any], **declared: Any) -> tuple[list[Any], list[tuple[int, str]]]:
    """The values of one column `x`, and (line, rule) of what was set aside; lines count from 1."""
    kind, nullable = declared.pop("type", "text"), declared.pop("nullable", True)
    batch = pa.record_batch({LINE: pa.array(range(1, len(values) + 1), pa.int64()), "x": pa.array(values)})
    typed = type_columns(batch, [Col("x", kind, nullable, ParseRules(**declared))])
    assert typed.batch.num_rows + typed.bad_rows == len(values)
    assert len(typed.lines) == typed.batch.num_rows
    bad = [(row["line"], row["rule"]) for row in typed.bad.to_pylist()]
    return typed.batch.column("x").to_pylist(), sorted(bad)


def test_text_loses_surrounding_space_and_null_words() -> None:
    assert cells(["가 ", "\u3000나", "-", None], null_values=("-",)) == (["가", "나", None, None], [])
    assert cells([" 가 "], strip=False) == ([" 가 "], [])


def test_integers() -> None:
    good, bad = cells(["12", "-7", "+3", "007", "", "1,234", "1.0", "x", "1 2", "9" * 19, "9" * 18], type="integer")
    assert good == [12, -7, 3, 7, None, 999_999_999_999_999_999]
    assert bad == [
        (6, "integer.form"),
        (7, "integer.form"),
        (8, "integer.form"),
        (9, "integer.form"),
        (10, "integer.range"),
    ]


def test_thousands_must_be_declared_and_well_formed() -> None:
    good, bad = cells(["1,234", "12,345,678", "1234", "12,34", ",123", "1,2345"], type="integer", thousands=True)
    assert good == [1234, 12_345_678, 1234]
    assert [line for line, _ in bad] == [4, 5, 6]
    assert cells(["1,234.5", "-1,000"], type="decimal", thousands=True) == ([1234.5, -1000.0], [])


def test_whole_decimals_in_an_integer_column_must_be_declared() -> None:
    assert cells(["35.0", "35.", "35.5"], type="integer", whole_decimals=True) == ([35, 35], [(3, "integer.form")])


def test_decimals() -> None:
    good, bad = cells(["1.5", ".5", "5.", "1e3", "+2", "nan", "inf", "1e400", "1.2.3", "12%"], type="decimal")
    assert good == [1.5, 0.5, 5.0, 1000.0, 2.0]
    assert [rule for _, rule in bad] == [
        "decimal.form",
        "decimal.form",
        "decimal.range",
        "decimal.form",
        "decimal.form",
    ]


@pytest.mark.parametrize("kind", ["text", "integer"])
def test_identifiers_damaged_by_excel(kind: Any) -> None:
    damaged = ["4.73E+17", "5e+17"]
    assert cells(damaged, type=kind) == ([], [(1, f"{kind}.excel_damaged"), (2, f"{kind}.excel_damaged")])
    assert cells(damaged, type=kind, excel_damaged="null") == ([None, None], [])
    assert cells(["E5", "1E5", "473000000000000000"]) == (["E5", "1E5", "473000000000000000"], [])
    assert cells(damaged, excel_damaged="keep") == (damaged, [])


def test_dates_default_to_iso_and_have_no_time_of_day() -> None:
    good, bad = cells(["2024-03-05", "2024-3-5", "20240305"], type="date")
    assert (good, bad) == ([dt.date(2024, 3, 5)] * 2, [(3, "date.form")])
    forms = ("%Y-%m-%d %H:%M",)
    assert cells(["1960-03-05 00:00", "2024-03-05 00:01"], type="date", dates=forms) == (
        [dt.date(1960, 3, 5)],
        [(2, "date.form")],
    )


def test_booleans_by_declared_words() -> None:
    assert cells(["예", "N", "", "maybe"], type="boolean") == ([True, False, None], [(4, "boolean.form")])
    assert cells(["있음", "없음"], type="boolean", true_values=("있음",), false_values=("없음",)) == (
        [True, False],
        [],
    )


def test_a_missing_value_where_none_is_allowed_is_reported_once() -> None:
    assert cells(["1", "", None, "x"], type="integer", nullable=False) == (
        [1],
        [(2, "null.forbidden"), (3, "null.forbidden"), (4, "integer.form")],
    )


def test_values_that_already_have_a_type_are_read_as_their_text() -> None:
    assert cells([1, None, 3], type="integer") == ([1, None, 3], [])
    assert cells([1.0, 2.5], type="decimal") == ([1.0, 2.5], [])
    assert cells([dt.date(2024, 3, 5)], type="date") == ([dt.date(2024, 3, 5)], [])
    assert cells([dt.datetime(2024, 3, 5, 6, 7)], type="datetime") == ([dt.datetime(2024, 3, 5, 6, 7)], [])
    assert cells([True, False], type="boolean") == ([True, False], [])


def test_a_row_the_format_could_not_hold_is_reported_as_a_row() -> None:
    batch = pa.record_batch(
        {LINE: pa.array([2, 3]), "x": pa.array(["1", None]), FAULT: pa.array([None, "row.ragged"])}
    )
    typed = type_columns(batch, [Col("x", "integer", nullable=False)])
    assert typed.batch.to_pylist() == [{"x": 1}]
    assert typed.bad.to_pylist() == [{"line": 3, "column": "", "rule": "row.ragged"}]


def test_one_row_may_break_several_rules_and_is_set_aside_once() -> None:
    batch = pa.record_batch({LINE: pa.array([5, 6]), "a": ["x", "1"], "b": ["y", "2"]})
    typed = type_columns(batch, [Col("a", "integer"), Col("b", "decimal")])
    assert (typed.bad.num_rows, typed.bad_rows, typed.lines.to_pylist()) == (2, 1, [6])


def test_missing_columns_are_named_and_unknown_ones_placed() -> None:
    batch = pa.record_batch({LINE: pa.array([1]), "a": ["1"], "extra": ["secret-value"]})
    with pytest.raises(DeliveryError, match=r"columns.missing.*b") as missing:
        type_columns(batch, [Col("a"), Col("b")])
    assert "extra" not in str(missing.value)  # perhaps no header at all: then these are values
    with pytest.raises(DeliveryError, match=r"columns.unknown.*#2") as unknown:
        type_columns(batch, [Col("a")])
    assert "secret-value" not in str(unknown.value)
    assert "extra" not in str(unknown.value)
    assert type_columns(batch, [Col("a")], unknown_columns="ignore").batch.schema.names == ["a"]


def test_nested_values_are_refused() -> None:
    batch = pa.record_batch({LINE: pa.array([1]), "a": [[1, 2]]})
    with pytest.raises(DeliveryError, match=r"columns.nested"):
        type_columns(batch, [Col("a")])
