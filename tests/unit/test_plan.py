"""A plan's digest, the schema it promises, and the batches it refuses."""

import dataclasses
import datetime as dt
import subprocess
import sys

import pyarrow as pa
import pytest

from pseudonymize.errors import PlanError
from pseudonymize.findings import Findings
from pseudonymize.plan import ColumnPlan, Plan, apply
from pseudonymize.transform.spec import (
    Band,
    Clip,
    Drop,
    Keep,
    Mask,
    Redact,
    Region,
    Round,
    ShiftDate,
    Tokenise,
    TruncateDate,
)

VARIANTS = (
    (Mask(), {"keep_first": 1, "keep_last": 1, "char": "#"}),
    (Tokenise("a"), {"kind": "b", "normalise": "digits"}),
    (Band(width=1), {"width": 2.0, "origin": 1.0, "bottom": 0.0, "top": 9.0}),
    (Round(to=1), {"to": 10}),
    (Clip(bottom=1, top=2), {"bottom": None, "top": None}),
    (TruncateDate("year"), {"to": "month", "every": 2}),
    (Region("sido"), {"level": "sigungu"}),
    (ShiftDate(days=1, subject="a"), {"days": 2, "subject": "b"}),
    (Redact(), {"replace": "mask", "entities": ("PERSON",), "language": "en", "per_entity": {"PERSON": "keep"}}),
)
ALL = (Keep(), Drop(), *(transform for transform, _ in VARIANTS))


class Keys:
    def token_key(self, kind: str) -> tuple[bytes, int]:
        return b"k" * 32, 1

    def shift_key(self) -> bytes:
        return b"s" * 32


class FindsNothing:
    def detect(self, texts):
        return [[] for _ in texts]


def plan(**columns) -> Plan:
    return Plan(tuple(ColumnPlan(name, transform) for name, transform in columns.items()))


def run(of: Plan, batch: pa.Table | pa.RecordBatch) -> pa.Table:
    return apply(of, batch, keys=Keys(), detector=FindsNothing()).table


def test_every_field_of_every_transform_is_in_the_digest():
    for transform, changes in VARIANTS:
        assert {field.name for field in dataclasses.fields(transform)} == {*changes, "method"}
        for name, value in changes.items():
            changed = dataclasses.replace(transform, **{name: value})
            assert plan(a=changed).digest() != plan(a=transform).digest(), (transform.method, name)


def test_every_transform_has_a_digest_of_its_own():
    assert len({plan(a=transform).digest() for transform in ALL}) == len(ALL)


def test_names_and_order_of_columns_are_in_the_digest():
    digests = {plan(a=Keep(), b=Drop()), plan(b=Drop(), a=Keep()), plan(a=Keep()), plan(b=Keep()), plan()}
    assert len({of.digest() for of in digests}) == 5
    assert plan(**{"a,b": Keep()}).digest() != plan(a=Keep(), b=Keep()).digest()


def test_equal_plans_have_equal_digests():
    assert plan(a=Band(width=10, top=90)).digest() == plan(a=Band(width=10.0, top=90.0)).digest()
    assert plan(a=Clip(bottom=0)).digest() == plan(a=Clip(bottom=-0.0)).digest()


def test_a_digest_is_the_same_in_every_process():
    made = "Plan((ColumnPlan('이름', Mask(1)), ColumnPlan('나이', Band(width=0.1))))"
    code = f"""
from pseudonymize.plan import ColumnPlan, Plan
from pseudonymize.transform.spec import Band, Mask
print({made}.digest())
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == plan(이름=Mask(1), 나이=Band(width=0.1)).digest()
    assert told.stdout.strip() == "0905c7261cf1f0def2966517a74d2cebded73a6f66a4ff17bdf1709aa50eeabc"


def test_nothing_but_names_and_types_of_a_schema_is_passed_on():
    quoted = {"pandas": "홍길동"}
    schema = pa.schema([pa.field("a", pa.string(), nullable=False, metadata=quoted)], metadata=quoted)
    out = run(plan(a=Keep()), pa.table({"a": ["x"]}, schema=schema))
    assert out.schema.metadata is None
    assert out.schema.field("a").metadata is None
    assert out.schema == plan(a=Keep()).output_schema(schema)


def test_columns_come_out_in_the_order_of_the_plan():
    table = pa.table({"a": [1], "b": [2], "c": [3]})
    assert run(plan(c=Keep(), b=Drop(), a=Keep()), table).to_pylist() == [{"c": 3, "a": 1}]


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "이름\u200b", "'; DROP TABLE a; --", "a" * 10_000, "method", "\x00"]
)
def test_a_nasty_name_is_a_name(name):
    assert run(plan(**{name: Mask()}), pa.table({name: ["ab"]})).column(name).to_pylist() == ["**"]


@pytest.mark.parametrize(
    "batch",
    [
        pa.table({"a": ["카나리아"]}),
        pa.table({"a": ["카나리아"], "b": [1], "카나리아": [2]}),
        pa.table({"a": ["카나리아"], "B": [1]}),
        pa.table([["카나리아"], [1], [2]], names=["a", "b", "b"]),
        pa.table([["카나리아"], ["카나리아"]], names=["a", "a"]),
        pa.table({}),
    ],
)
def test_a_batch_of_other_columns_is_refused_and_not_quoted(batch):
    of = plan(a=Keep(), b=Keep())
    for attempt in (lambda: run(of, batch), lambda: of.output_schema(batch.schema)):
        with pytest.raises(PlanError) as caught:
            attempt()
        assert "카나리아" not in str(caught.value)


def test_a_column_named_twice_is_refused():
    twice = Plan((ColumnPlan("a", Keep()), ColumnPlan("a", Drop())))
    with pytest.raises(PlanError, match="twice"):
        run(twice, pa.table([[1], [2]], names=["a", "a"]))


def test_a_shift_by_a_subject_that_is_no_column_is_refused():
    with pytest.raises(PlanError, match="subject"):
        run(plan(a=ShiftDate(days=3, subject="b")), pa.table({"a": [dt.date(2024, 1, 1)]}))


def test_a_shift_reads_its_subject_before_that_is_transformed():
    days = [dt.date(2024, 1, 1)] * 2
    batch = pa.table({"day": days, "who": ["a", "b"]})
    shifts = [
        run(plan(day=ShiftDate(days=3000, subject="who"), who=transform), batch).column("day").to_pylist()
        for transform in (Keep(), Drop(), Mask())
    ]
    assert shifts[0] == shifts[1] == shifts[2]
    assert shifts[0][0] != shifts[0][1]


def test_a_record_batch_is_taken_as_a_table_is():
    batch = pa.record_batch({"a": ["x", "y"]})
    assert run(plan(a=Mask()), batch) == run(plan(a=Mask()), pa.Table.from_batches([batch]))


def test_findings_of_several_columns_are_kept_apart_and_add_up():
    class FindsAll:
        def detect(self, texts):
            from pseudonymize.spans import Span

            return [[Span(0, len(text), "PERSON", 0.9)] if text[0] != "<" else [] for text in texts]

    batch = pa.table({"a": ["x", "x", None], "b": ["y", "z", "w"]})
    done = apply(plan(a=Redact(), b=Redact()), batch, keys=Keys(), detector=FindsAll())
    assert done.findings == Findings({("a", "PERSON", "", "high"): 2, ("b", "PERSON", "", "high"): 3})
    assert done.findings.by_entity() == {"PERSON": 5}


def test_findings_are_named_most_first_whatever_the_order_they_came_in():
    some, others = (
        Findings({("a", "URL", "", "high"): 2}),
        Findings({("a", "PERSON", "", "low"): 2, ("b", "DATE", "", "low"): 9}),
    )
    for merged in (some.merge(others), others.merge(some)):
        assert list(merged.by_entity().items()) == [("DATE", 9), ("PERSON", 2), ("URL", 2)]
