"""Which types each transform takes, what a column may be made of, and that a refusal names no value."""

import datetime as dt
import logging
import traceback

import pyarrow as pa
import pytest

from pseudonymize.errors import PlanError, TransformError
from pseudonymize.plan import ColumnPlan, Plan, apply
from pseudonymize.spans import Span
from pseudonymize.transform.spec import (
    Band,
    Clip,
    Keep,
    Mask,
    Redact,
    Region,
    Round,
    ShiftDate,
    Tokenise,
    TruncateDate,
    output_type,
)

CANARY = "카나리아-7391"
CANARY_NUMBER = 7_391_739_173_917_391_739

NUMBERS = (pa.int8(), pa.int64(), pa.uint64(), pa.float32(), pa.float64())
DATES = (pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "Asia/Seoul"))
TEXTS = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))
OTHERS = (pa.bool_(), pa.binary(), pa.decimal128(10, 2), pa.time32("s"), pa.duration("s"))
NESTED = (pa.list_(pa.string()), pa.struct([("a", pa.string())]))
EVERY = (*NUMBERS, *DATES, *TEXTS, *OTHERS, *NESTED)
TAKES = (
    (Keep(), EVERY),
    (Mask(), (*NUMBERS, *DATES, *TEXTS, *OTHERS)),
    (Tokenise("id"), (*NUMBERS, *DATES, *TEXTS, *OTHERS)),
    (Tokenise("id", normalise="digits"), (*NUMBERS, *DATES, *TEXTS, *OTHERS)),
    (Band(width=10), NUMBERS),
    (Round(to=10), NUMBERS),
    (Round(to=0.5), NUMBERS),
    (Clip(top=10), NUMBERS),
    (TruncateDate("month"), DATES),
    (TruncateDate("year", every=5), DATES),
    (ShiftDate(days=3, subject="who"), DATES),
    (Region("sido"), TEXTS),
    (Redact(), TEXTS),
)


class Keys:
    def token_key(self, kind: str) -> tuple[bytes, int]:
        return b"k" * 32, 1

    def shift_key(self) -> bytes:
        return b"s" * 32


class Finds:
    """Finds one word."""

    def __init__(self, word: str) -> None:
        self.word = word

    def detect(self, texts):
        return [
            [Span(at, at + len(self.word), "PERSON", 0.9)] if (at := text.find(self.word)) >= 0 else []
            for text in texts
        ]


def transformed(values, transform, name: str = "열", detector=None, who=None):
    others = {"who": who if who is not None else pa.nulls(len(values), pa.string())}
    table = pa.table({name: values, **others})
    plan = Plan((ColumnPlan(name, transform), ColumnPlan("who", Keep())))
    out = apply(plan, table, keys=Keys(), detector=detector or Finds("홍길동")).table.column(name)
    out.validate(full=True)
    return out


@pytest.mark.parametrize(
    ("transform", "takes"), TAKES, ids=lambda part: str(part)[:40] if not isinstance(part, tuple) else ""
)
def test_a_transform_takes_the_types_it_fits_and_no_others(transform, takes):
    for kind in EVERY:
        for empty in (pa.array([], kind), pa.nulls(3, kind)):
            if kind in takes:
                out = transformed(empty, transform)
                assert out.type == output_type(transform, kind)
                assert out.to_pylist() == [None] * len(empty)
            else:
                with pytest.raises(TransformError):
                    transformed(empty, transform)


@pytest.mark.parametrize("transform", [transform for transform, _ in TAKES], ids=str)
def test_a_column_without_a_type_has_only_nulls_and_keeps_them(transform):
    assert transformed(pa.nulls(2), transform).to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("transform", "values", "expected"),
    [
        (Mask(keep_first=1), ["홍길동", None, ""], ["홍**", None, ""]),
        (Region("sido"), ["서울 종로구", None, "어딘가"], ["서울특별시", None, None]),
        (Redact(), ["홍길동 님", None, ""], ["<이름1> 님", None, ""]),
        (Band(width=10), [7, None, 12], ["0-9", None, "10-19"]),
        (Round(to=10), [7, None, 12], [10, None, 10]),
        (Clip(top=10), [7, None, 12], [7, None, 10]),
        (TruncateDate("year"), [dt.date(2024, 5, 1), None, dt.date(1969, 1, 1)], ["2024", None, "1969"]),
    ],
    ids=lambda part: part.method if hasattr(part, "method") else "",
)
def test_chunks_slices_and_dictionaries_hold_the_same_values(transform, values, expected):
    array = pa.array(values)
    for form in (
        array,
        pa.concat_arrays([array, array, array])[3:6],
        pa.chunked_array([array[:1], array[1:1], array[1:]]),
        array.dictionary_encode(),
        pa.chunked_array([array[:1].dictionary_encode(), array[1:].dictionary_encode()]),
    ):
        assert transformed(form, transform).to_pylist() == expected


@pytest.mark.parametrize(
    ("spec", "value", "masked"),
    [
        (Mask(), "홍길동", "***"),
        (Mask(keep_first=1, keep_last=1), "홍길동", "홍*동"),
        (Mask(keep_first=1, keep_last=1), "홍길", "**"),
        (Mask(keep_first=3), "홍", "*"),
        (Mask(keep_last=4), "010-1234-5678", "*********5678"),
        (Mask(char="●"), "ab", "●●"),
        (Mask(keep_first=1), "\U0001f468ab", "\U0001f468**"),
        (Mask(keep_first=5), "", ""),
    ],
)
def test_a_mask_counts_characters_and_hides_at_least_one(spec, value, masked):
    assert transformed(pa.array([value]), spec).to_pylist() == [masked]


@pytest.mark.parametrize(
    "make",
    [lambda: Mask(keep_first=-1), lambda: Mask(keep_last=-1), lambda: Mask(char=""), lambda: Mask(char="**")],
)
def test_a_mask_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError):
        make()


@pytest.mark.parametrize("kind", ["", "주민번호", "a b", "a\x00b", "--"])
def test_a_kind_that_could_run_into_the_value_is_refused(kind):
    with pytest.raises(ValueError):
        Tokenise(kind)


@pytest.mark.parametrize(
    "who", [pa.array([7, 7, 8]), pa.array([dt.date(2024, 1, 1)] * 3), pa.array(["a", "a", "b"]).dictionary_encode()]
)
def test_a_subject_may_be_of_any_type_that_can_be_written(who):
    moved = transformed(
        pa.array([dt.date(2024, 1, 1)] * 3), ShiftDate(days=300, subject="who"), who=who
    ).to_pylist()
    assert moved[0] == moved[1] != dt.date(2024, 1, 1)


REFUSED = [
    (pa.array([CANARY]), Band(width=1), None),
    (pa.array([CANARY]), Round(to=10), None),
    (pa.array([CANARY]), TruncateDate("year"), None),
    (pa.array([[CANARY]]), Tokenise("id"), None),
    (pa.array([{"a": CANARY}]), Mask(), None),
    (pa.array([CANARY.encode() + b"\xff"]), Tokenise("id"), None),
    (pa.array([CANARY.encode() + b"\xff"]), Mask(), None),
    (pa.array([CANARY_NUMBER]), Round(to=0.5), None),
    (pa.array([2**63 - 1]), Round(to=10), None),
    (pa.array([CANARY_NUMBER]), Clip(bottom=0.1, top=0.9), None),
    (pa.array([CANARY_NUMBER], pa.int64()).cast(pa.timestamp("s")), TruncateDate("year"), None),
    (
        pa.array([2**31 - 1, -(2**31)], pa.int32()).cast(pa.date32()),
        ShiftDate(days=3650, subject="who"),
        pa.array(["a", "a"]),
    ),
    (pa.array([dt.date(2024, 1, 1)]), ShiftDate(days=3, subject="who"), pa.array([[CANARY]])),
    (pa.array([dt.date(2024, 1, 1)]), ShiftDate(days=3, subject="who"), pa.array([CANARY.encode() + b"\xff"])),
]


@pytest.mark.parametrize(("values", "transform", "who"), REFUSED, ids=lambda part: getattr(part, "method", ""))
def test_a_refusal_names_column_method_and_type_and_no_value(values, transform, who, caplog):
    with pytest.raises(TransformError) as caught:
        transformed(values, transform, who=who)
    shown = "".join(traceback.format_exception(caught.value))
    logging.getLogger("refused").exception("refused", exc_info=caught.value)
    assert str(caught.value) == f"{transform.method} does not fit column 열 of type {values.type}"
    assert (caught.value.column, caught.value.method) == ("열", transform.method)
    for told in (shown, caplog.text):
        for canary in (CANARY, CANARY.encode().hex(), "7391", "9223372036854775807", "2147483647"):
            assert canary not in told
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_text_that_is_not_utf8_is_refused_without_showing_it():
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\x05\0\0\0"), pa.py_buffer(b"7391\xff"))
    for transform in (Mask(), Tokenise("id"), Redact(), Region("sido")):
        with pytest.raises(TransformError) as caught:
            transformed(broken, transform)
        assert "7391" not in "".join(traceback.format_exception(caught.value))


def test_what_another_detector_raises_is_not_passed_on():
    class Failing:
        def detect(self, texts):
            raise LookupError(texts[0])

    with pytest.raises(TransformError) as caught:
        transformed(pa.array([CANARY]), Redact(), detector=Failing())
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_redacting_needs_a_detector():
    table = pa.table({"열": [CANARY]})
    with pytest.raises(PlanError) as caught:
        apply(Plan((ColumnPlan("열", Redact()),)), table, keys=Keys())
    assert CANARY not in str(caught.value)


def test_what_the_keys_refuse_reaches_the_caller():
    class Locked(Keys):
        def token_key(self, kind: str) -> tuple[bytes, int]:
            raise PermissionError("locked")

    plan = Plan((ColumnPlan("열", Tokenise("id")),))
    with pytest.raises(PermissionError, match="locked"):
        apply(plan, pa.table({"열": ["a"]}), keys=Locked())
