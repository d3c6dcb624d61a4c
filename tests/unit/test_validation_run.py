"""Every kind of expectation, met and not met, on tables small enough to check by eye."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.dataset as pds
import pytest

from validation.run import Partial, ValidationResult, Validator
from validation.suite import Expectation, Suite, SuiteError

TOKEN = "t1_abcdefghijklmnopqrstuvwxya"


@dataclass
class Finding:
    entity: str


def phones(texts):
    """A detector that finds one phone number in texts that hold 010-."""
    return [[Finding("PHONE_NUMBER")] if "010-" in text else [] for text in texts]


def connect():
    return duckdb.connect(config={"temp_directory": ""})


def judge(table, *expectations, detector=None, **flow):
    return Validator(Suite("s", expectations), detector, connect=connect).add(table).finish(table, **flow)


def column(values, kind=None):
    return pa.table({"a": pa.array(values, kind)})


def say(expect, **arguments):
    return Expectation(expect, **({"column": "a"} | arguments))


DAY = date(2024, 5, 1)


def at(time, day="2024-05-01"):
    return datetime.fromisoformat(f"{day}T{time}")


ROWS = [
    # expectation, values that meet it, values of which `unexpected` do not
    (say("not_null"), ["x", "y"], ["x", None], 1),
    (say("not_null"), [1.5, 2.0], [1.5, float("nan")], 1),
    (say("in_set", values=("가", "나")), ["가", None], ["가", "다", "다"], 2),
    (say("in_set", values=(1, 2)), [1, 2], [1, 3], 1),
    (say("in_set", values=("2024-05-01",)), [DAY], [DAY, date(2024, 5, 2)], 1),
    (say("in_set", values=(True,)), [True], [True, False], 1),
    (say("not_in_set", values=("-", "없음")), ["x"], ["-", "x"], 1),
    (say("between", min=0, max=10), [0, 10, None], [-1, 11, 5], 2),
    (say("between", min=0.5, max=1.5), [1, 1], [0, 1, 2], 2),
    (say("between", max=2**53), [2**53], [2**53 + 1], 1),
    (say("between", min=0, max=1), [Decimal("0.10")], [Decimal("1.01")], 1),
    (say("between", min=0.0), [0.5, float("nan")], [-0.5], 1),
    (say("between", min="2024-01-01", max="2024-12-31"), [DAY], [date(1066, 10, 14), DAY], 1),
    (say("between", min="2024-05-01T12:00:00"), [at("12:00")], [at("11:59")], 1),
    (say("matches", regex="[0-9]{3}"), ["123"], ["1234", "a123", "123\n"], 3),
    (say("not_matches", regex="[0-9]{6}"), ["12345"], ["x1234567"], 1),
    (say("length_between", min=2, max=3), ["가나", "가나다"], ["가", "가나다라"], 2),
    (say("tokens"), [TOKEN], [TOKEN, "홍길동", TOKEN + "=", TOKEN.upper()], 3),
    (say("tokens", regex="T[0-9]+"), ["T1"], ["X1"], 1),
    (say("no_personal_data"), ["안녕하세요", None], ["010-0000-0000", "010-0000-0000", "네"], 2),
    (say("no_personal_data", values=("PERSON",)), ["010-0000-0000"], [], 0),
    (say("no_personal_data", values=("!PHONE_NUMBER",)), ["010-0000-0000"], [], 0),
    (say("no_personal_data", values=("!PERSON",)), ["네"], ["010-0000-0000"], 1),
]


@pytest.mark.parametrize(("expectation", "good", "bad", "unexpected"), ROWS)
def test_rows(expectation, good, bad, unexpected):
    outcome = judge(column(good), expectation, detector=phones).outcomes[0]
    assert (outcome.success, outcome.unexpected, outcome.code) == (True, 0, None)
    if bad:
        outcome = judge(column(bad), expectation, detector=phones).outcomes[0]
        assert (outcome.success, outcome.unexpected, outcome.code) == (False, unexpected, None)


def test_a_pair_must_be_in_order_where_both_are_present():
    item = Expectation("column_pair_ordered", column="a", other="b")
    table = pa.table(
        {"a": [DAY, DAY, None, DAY], "b": [at("00:00"), at("23:59", day="2024-04-30"), at("10:00"), None]}
    )
    outcome = judge(table, item).outcomes[0]
    assert (outcome.success, outcome.evaluated, outcome.unexpected) == (False, 2, 1)
    assert judge(table.slice(0, 1), item).success


def test_the_tokens_that_are_made_are_the_tokens_that_are_expected():
    from pseudonymize.transform.tokens import project_tokens, zone_tokens

    made = zone_tokens(pa.array([f"홍길동{number}" for number in range(500)] + [None]), bytes(32), "PERSON", 12)
    for tokens in (made, project_tokens(made, bytes(32))):
        outcome = judge(pa.table({"a": tokens}), say("tokens")).outcomes[0]
        assert (outcome.success, outcome.evaluated) == (True, 500)


TABLES = [
    (say("unique"), ["x", "y", None, None], ["x", "x", "y"]),
    (Expectation("row_count_between", min=1, max=2), ["x"], ["x", "y", "z"]),
    (say("sum_between", min=1, max=3), [1, 2, None], [1, 2, 3]),
    (say("sum_between", max=0.31), [0.1, 0.2], [0.1, 0.2, 0.1]),
    (say("distinct_between", max=2), ["x", "y", "y"], ["x", "y", "z"]),
    (Expectation("columns_in_order", columns=("a",)), ["x"], None),
    (say("type_is", type="string"), ["x"], [1]),
    (say("column_absent", column="name"), ["x"], None),
    (Expectation("k_anonymity", columns=("a",), min=2), ["x", "x", None, None], ["x", "x", "y"]),
]


@pytest.mark.parametrize(("expectation", "good", "bad"), TABLES)
def test_tables(expectation, good, bad):
    assert judge(column(good), expectation).success
    wrong = pa.table({"b": ["x"], "name": ["x"]}) if bad is None else column(bad)
    failed = judge(wrong, expectation)
    assert not failed.success
    assert failed.outcomes[0].code is None


def test_k_counts_rows_of_small_classes_over_all_parts():
    item = Expectation("k_anonymity", columns=("a", "b"), min=2)
    part = pa.table({"a": ["x", "y"], "b": [1, 1]})
    alone, together = judge(part, item).outcomes[0], judge(pa.concat_tables([part, part]), item).outcomes[0]
    assert (alone.success, alone.unexpected, dict(alone.observed)) == (False, 2, {"classes": 2, "smallest": 1})
    assert (together.success, dict(together.observed)) == (True, {"classes": 2, "smallest": 2})


def test_l_counts_rows_of_uniform_classes():
    item = Expectation("l_diversity", column="s", columns=("a",), min=2)
    table = pa.table({"a": ["x", "x", "y", "y"], "s": ["flu", "flu", "flu", None]})
    outcome = judge(table, item).outcomes[0]
    assert (outcome.success, outcome.unexpected, dict(outcome.observed)) == (False, 2, {"classes": 2, "fewest": 1})
    assert judge(table.slice(2), item).success


def test_rows_must_add_up():
    item, table = Expectation("rows_add_up"), column(["x", "y"])
    assert judge(table, item, rows_in=5, suppressed=2, dropped=1).success
    assert judge(table, item, rows_in=5, suppressed=2).outcomes[0].unexpected == 1
    assert judge(table, item).outcomes[0].code == "not_evaluated"
    with pytest.raises(SuiteError, match="count from 0"):
        judge(table, item, rows_in=5, suppressed=-2)


def test_mostly_and_severity():
    table = column(["x"] * 98 + [None] * 2)
    result = judge(table, say("not_null", mostly=0.98), say("not_null", mostly=0.99, severity="warning"))
    assert [outcome.success for outcome in result.outcomes] == [True, False]
    assert (result.success, result.passed, result.total) == (True, 1, 2)
    assert (result.warnings, result.critical_failures) == (["not_null:a-2"], [])


def test_what_a_detector_finds_is_counted_by_entity():
    outcome = judge(
        column(["010-1111-2222", "x", "010-1111-2222"]), say("no_personal_data"), detector=phones
    ).outcomes[0]
    assert (outcome.evaluated, outcome.unexpected, dict(outcome.observed)) == (3, 2, {"PHONE_NUMBER": 2})


def raising(texts):
    raise RuntimeError(f"cannot read {texts[0]}")


@pytest.mark.parametrize("detector", [raising, lambda texts: [], lambda texts: None, None])
def test_a_detector_that_does_not_answer_is_a_critical_failure(detector):
    item = say("no_personal_data", mostly=0.0, severity="warning")
    result = judge(column(["x", "y"]), item, detector=detector)
    assert result.critical_failures == ["no_personal_data:a"]
    assert result.outcomes[0].code == "detector_failed"


@pytest.mark.parametrize(
    ("expectation", "code"),
    [
        (say("not_null", column="b"), "column_missing"),
        (say("unique", column="b"), "column_missing"),
        (say("type_is", column="b", type="string"), "column_missing"),
        (say("matches", regex="x"), "wrong_type"),
        (say("between", min="2024-01-01"), "wrong_type"),
        (say("in_set", values=("x",)), "wrong_type"),
        (say("in_set", values=(True,)), "wrong_type"),
    ],
)
def test_what_cannot_be_judged_fails_critically(expectation, code):
    result = judge(column([1, 2]), expectation)
    assert (result.outcomes[0].code, result.success) == (code, False)


def test_a_missed_or_repeated_part_is_noticed():
    table, suite = column(["x", "y"]), Suite("s", (say("not_null"),))
    for seen in (table.slice(1), pa.concat_tables([table, table])):
        result = Validator(suite, connect=connect).add(seen).finish(table)
        assert result.outcomes[0].code == "rows_not_covered"
    assert Validator(suite, connect=connect).finish().outcomes[0].code == "not_evaluated"


def test_an_empty_dataset_is_judged_by_its_columns():
    empty = column([], pa.string())
    suite = Suite("s", (Expectation("columns_in_order", columns=("a",)), say("not_null"), say("unique")))
    assert Validator(suite, connect=connect).finish(empty).success


def test_parts_travel_as_json_and_belong_to_their_suite(tmp_path):
    suite = Suite("s", (say("no_personal_data"), say("unique")))
    table = column(["010-1", "b", "c", "d"])
    pds.write_dataset(table, tmp_path, format="parquet")
    parts = [Validator(suite, phones).add(table.slice(at, 2)).partial().to_json() for at in (0, 2)]
    whole = Validator(suite, connect=connect)
    for part in parts:
        whole.absorb(Partial.from_json(part))
    result = whole.finish(lambda: pds.dataset(tmp_path))
    assert result == Validator(suite, phones, connect=connect).add(table).finish(table)
    assert ValidationResult.from_json(result.to_json()) == result
    with pytest.raises(SuiteError, match="another suite"):
        Validator(Suite("other", ())).absorb(Partial.from_json(parts[0]))


def test_keys_too_many_for_memory_are_counted_in_slices():
    table = pa.table({"a": pa.array([f"{number:040}" for number in range(120_000)] + ["0" * 40])})
    limits = []

    def tight():
        limits.append(1)
        return duckdb.connect(config={"memory_limit": "12MB", "temp_directory": "", "threads": 1})

    result = Validator(Suite("s", (say("unique"),)), connect=tight).finish(table)
    assert result.outcomes[0].unexpected == 2
    assert len(limits) > 2, "the first attempt ran out of memory, the slices did not"


def test_keys_too_many_even_in_slices_fail():
    table = pa.table({"a": pa.array([f"{number:040}" for number in range(120_000)])})
    tiny = {"memory_limit": "1MB", "temp_directory": "", "threads": 1}
    result = Validator(Suite("s", (say("unique"),)), connect=lambda: duckdb.connect(config=tiny)).finish(table)
    assert result.outcomes[0].code == "out_of_memory"


@pytest.mark.parametrize("name", ['처리 "결과"', "{slice}", "select", "a'; DROP TABLE t; --", "batch_id"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_any_column_name_and_any_text_type_will_do(name, kind):
    table = pa.table({name: pa.array(["ab", "c", None, "ab"]).cast(kind)})
    result = judge(
        table,
        Expectation("in_set", column=name, values=("ab", "c")),
        Expectation("matches", column=name, regex="[a-c]+"),
        Expectation("length_between", column=name, min=1, max=2),
        Expectation("unique", column=name, mostly=0.3),
        Expectation("k_anonymity", columns=(name,), min=1),
        Expectation("l_diversity", column=name, columns=(name,), min=1),
    )
    assert [outcome.id for outcome in result.failures] == []
