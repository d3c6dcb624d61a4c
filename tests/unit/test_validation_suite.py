"""Expectations and suites: what a policy file may say, and what is refused with which words."""

from datetime import date

import pytest
from pydantic import BaseModel, ValidationError

from validation.suite import FIELDS, Expectation, Suite, SuiteError, contract_suite, privacy_suite


class Policy(BaseModel):
    quality: tuple[Expectation, ...] = ()


def test_an_expectation_is_read_from_plain_data_and_written_back():
    said = {
        "quality": [
            {"expect": "between", "column": "접수일", "min": date(2020, 1, 1), "max": "2026-12-31"},
            {
                "expect": "in_set",
                "column": "상태",
                "values": ["접수", "완료"],
                "mostly": 0.99,
                "severity": "warning",
            },
            {"expect": "unique", "columns": ["접수번호", "차수"]},
        ]
    }
    policy = Policy.model_validate(said)
    assert policy.quality[0].min == "2020-01-01"
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"expect": "not_null"}, "needs column"),
        ({"expect": "not_null", "column": "a", "regex": "x"}, "does not take regex"),
        ({"expect": "unique", "column": "a", "columns": ["a", "b"]}, "not both"),
        ({"expect": "between", "column": "a"}, "needs min or max"),
        ({"expect": "between", "column": "a", "min": 2, "max": 1}, "min is larger than max"),
        ({"expect": "between", "column": "a", "min": 1, "max": "2020-01-01"}, "both be numbers or both be dates"),
        ({"expect": "between", "column": "a", "min": "yesterday"}, "ISO 8601"),
        ({"expect": "between", "column": "a", "min": "2020-01-01T00:00:00+09:00"}, "without a time zone"),
        ({"expect": "between", "column": "a", "min": float("nan")}, "finite"),
        ({"expect": "length_between", "column": "a", "max": 1.5}, "whole numbers"),
        ({"expect": "sum_between", "column": "a", "max": "2020-01-01"}, "must be numbers"),
        ({"expect": "matches", "column": "a", "regex": "(?=x)"}, "RE2"),
        ({"expect": "not_null", "column": "a", "mostly": 1.1}, "between 0 and 1"),
        ({"expect": "k_anonymity", "columns": ["a", "a"], "min": 5}, "names one twice"),
        ({"expect": "column_pair_ordered", "column": "a", "other": "a"}, "are the same"),
    ],
)
def test_a_fault_is_named(fault, words):
    with pytest.raises(SuiteError, match=words):
        Expectation(**fault)
    with pytest.raises(ValidationError, match=words):
        Policy.model_validate({"quality": [fault]})


def test_unknown_kinds_and_fields_are_refused():
    with pytest.raises(SuiteError, match="expect must be one of"):
        Expectation("looks_nice", column="a")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Policy.model_validate({"quality": [{"expect": "not_null", "colum": "a", "column": "a"}]})


def test_every_kind_has_rules():
    kinds = Expectation.__annotations__["expect"]
    assert kinds == "Kind"
    assert len(FIELDS) == 20


def test_ids_are_made_and_unique():
    suite = Suite(
        "s", (Expectation("not_null", column="a"), Expectation("not_null", column="a", severity="warning"))
    )
    assert [item.id for item in suite.expectations] == ["not_null:a", "not_null:a-2"]
    with pytest.raises(SuiteError, match="same id"):
        Suite("s", (Expectation("not_null", column="a", id="x"), Expectation("not_null", column="b", id="x")))


def test_the_digest_changes_with_the_suite():
    one = contract_suite("s", [("a", "string", False)])
    assert one.digest == contract_suite("s", [("a", "string", False)]).digest
    assert one.digest != contract_suite("s", [("a", "string", True)]).digest


def test_a_contract_is_columns_types_presence_and_quality():
    quality = (Expectation("unique", column="a"),)
    suite = contract_suite("s", [("a", "string", False), ("b", "int64", True)], quality)
    said = [item.id for item in suite.expectations]
    assert said == ["columns_in_order", "type_is:a", "type_is:b", "not_null:a", "unique:a"]


def test_a_privacy_suite_asks_only_for_what_is_demanded():
    suite = privacy_suite(
        "s", columns=["t", "q", "s", "m"], absent=["name"], tokens=["t"], free_text=["m"],
        quasi_identifiers=["q"], k=5, sensitive=["s"], l=2, residual_share=0.01,
    )  # fmt: skip
    said = [item.id for item in suite.expectations]
    assert said == [
        "columns_in_order", "column_absent:name", "tokens:t", "no_personal_data:m", "k_anonymity:q",
        "l_diversity:s", "rows_add_up",
    ]  # fmt: skip
    left = privacy_suite("s", columns=["m", "n"], free_text=["m", "n"], left={"m": ["B", "A"]})
    texts = [item for item in left.expectations if item.expect == "no_personal_data"]
    assert [(item.column, item.values, item.severity) for item in texts] == [
        ("m", ("!A", "!B"), "critical"), ("n", (), "critical"),
    ]  # fmt: skip
    least = privacy_suite("s", columns=["q"], quasi_identifiers=["q"])
    assert [item.expect for item in least.expectations] == ["columns_in_order", "rows_add_up"]
