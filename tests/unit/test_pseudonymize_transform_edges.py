"""Edges where a careless transform gives a wrong value, or the value away."""

import datetime as dt

import pyarrow as pa
import pytest

from pseudonymize.errors import TransformError
from pseudonymize.plan import ColumnPlan, Plan, apply
from pseudonymize.transform.spec import Band, Clip, Keep, Redact, Round, ShiftDate, Tokenise


class Keys:
    def token_key(self, kind: str) -> tuple[bytes, int]:
        return b"k" * 32, 1

    def shift_key(self) -> bytes:
        return b"s" * 32


def column(values: pa.Array, transform, detector=None, **others: pa.Array) -> list:
    table = pa.table({"a": values, **others})
    plan = Plan((ColumnPlan("a", transform), *(ColumnPlan(name, Keep()) for name in others)))
    return apply(plan, table, keys=Keys(), detector=detector).table.column("a").to_pylist()


def test_a_number_on_an_edge_lies_in_the_band_that_begins_there():
    assert column(pa.array([0.3, 0.6, 0.7]), Band(width=0.1)) == ["0.3-<0.4", "0.6-<0.7", "0.7-<0.8"]
    assert column(pa.array([0.2, 0.3]), Band(width=0.1, bottom=0.3)) == ["<0.3", "0.3-<0.4"]


def test_rounding_beyond_the_type_is_refused_and_never_wraps():
    with pytest.raises(TransformError):
        column(pa.array([127], pa.int8()), Round(to=10))


def test_shifting_beyond_the_type_is_refused_and_never_wraps():
    last = pa.array([2**63 - 1] * 20, pa.int64()).cast(pa.timestamp("ns"))
    with pytest.raises(TransformError):
        column(last, ShiftDate(days=30, subject="who"), who=pa.array([str(n) for n in range(20)]))


def test_a_limit_between_whole_numbers_is_kept_to_on_whole_numbers():
    assert column(pa.array([1, 3, 9]), Clip(bottom=2.5, top=7.5)) == [3, 3, 7]


def test_one_subject_in_two_spellings_has_one_shift():
    same = pa.array(["900101-1234567", " 900101-1234567", "９００１０１-1234567"])
    days = column(pa.array([dt.date(2024, 1, 1)] * 3), ShiftDate(days=300, subject="who"), who=same)
    assert len(set(days)) == 1


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\u1680", "\u0085", "\u200b"])
def test_no_kind_of_space_makes_another_name_of_one(space):
    tokens = column(pa.array(["홍길동", f"홍{space}길동"]), Tokenise("name", normalise="name"))
    assert tokens[0] == tokens[1]


def test_an_invisible_character_does_not_keep_an_accent_apart():
    assert len(set(column(pa.array(["é", "e\u0301", "e\u200b\u0301"]), Tokenise("name")))) == 1


@pytest.mark.parametrize("kind", [KeyError, RuntimeError, ValueError])
def test_what_a_detector_says_while_failing_is_not_passed_on(kind):
    class Failing:
        def detect(self, texts):
            raise kind(texts[0])

    with pytest.raises(TransformError) as caught:
        column(pa.array(["010-1234-5678"]), Redact(), Failing())
    assert "1234" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "make",
    [
        lambda: Redact(entities=()),
        lambda: Band(width=float("inf")),
        lambda: Band(width=1, origin=float("nan")),
        lambda: Clip(bottom=float("nan")),
        lambda: Round(to=float("inf")),
    ],
)
def test_a_transform_that_would_do_nothing_is_refused(make):
    with pytest.raises(ValueError):
        make()
