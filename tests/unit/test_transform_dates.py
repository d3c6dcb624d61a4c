"""Dates of every type and unit, before 1970, before year 1, and beyond what can be counted."""

import datetime as dt

import pyarrow as pa
import pytest

from pseudonymize.transform.dates import shift, truncate
from pseudonymize.transform.spec import ShiftDate, TruncateDate

KINDS = [pa.date32(), pa.date64(), *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns"))]
KEY = b"s" * 32
# Days since 1970-01-01.
YEAR_0 = -719_528
YEAR_MINUS_1 = YEAR_0 - 365


def of(kind: pa.DataType, *days: dt.date | None) -> pa.Array:
    return pa.array(days, pa.date32()).cast(kind)


def days_since_1970(*days: int) -> pa.Array:
    return pa.array(days, pa.int32()).cast(pa.date32())


def truncated(values: pa.Array, to: str, every: int = 1) -> list[str | None]:
    return truncate(values, TruncateDate(to=to, every=every)).to_pylist()


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize(
    ("to", "every", "labels"),
    [
        ("year", 1, ["1969", "1970", "2024", None]),
        ("year", 5, ["1965-1969", "1970-1974", "2020-2024", None]),
        ("half", 1, ["1969-H2", "1970-H1", "2024-H2", None]),
        ("quarter", 1, ["1969-Q4", "1970-Q1", "2024-Q3", None]),
        ("month", 1, ["1969-12", "1970-01", "2024-07", None]),
    ],
)
def test_parts_of_a_date(kind, to, every, labels):
    values = of(kind, dt.date(1969, 12, 31), dt.date(1970, 1, 1), dt.date(2024, 7, 1), None)
    assert truncated(values, to, every) == labels


def test_a_moment_belongs_to_the_day_of_its_time_zone():
    moment = pa.array([dt.datetime(2023, 12, 31, 20, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    assert truncated(moment, "year") == ["2023"]
    assert truncated(moment.cast(pa.timestamp("us", "Asia/Seoul")), "year") == ["2024"]


def test_years_before_1_are_grouped_downwards_and_sort_out():
    days = days_since_1970(YEAR_0, YEAR_MINUS_1, YEAR_0 + 366)
    assert truncated(days, "year") == ["0000", "-0001", "0001"]
    assert truncated(days, "year", 5) == ["0000-0004", "-0005--0001", "0000-0004"]
    assert truncated(days, "month") == ["0000-01", "-0001-01", "0001-01"]


@pytest.mark.parametrize("day", [2**31 - 1, -(2**31), 2_932_897, -4_371_588])
def test_a_year_that_arrow_would_count_wrongly_is_refused(day):
    with pytest.raises(ValueError, match="years"):
        truncated(days_since_1970(day), "year")
    with pytest.raises(ValueError, match="years"):
        truncated(pa.array([day * 86_400], pa.int64()).cast(pa.timestamp("s")), "year")


def test_the_last_and_first_days_with_four_digits_are_taken():
    assert truncated(days_since_1970(2_932_896, -4_371_587), "year") == ["9999", "-9999"]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_shift_is_whole_days_and_the_same_for_one_subject(kind):
    days = [dt.date(1969, 12, 31), dt.date(1970, 1, 1), dt.date(2024, 2, 29)]
    moved = shift(of(kind, *days), pa.array(["a", "a", "a"]), ShiftDate(days=30, subject="who"), KEY)
    assert moved.type == kind
    gaps = {after - before for before, after in zip(days, moved.cast(pa.date32()).to_pylist(), strict=True)}
    assert len(gaps) == 1
    assert 1 <= abs(gaps.pop().days) <= 30


def test_a_shift_keeps_the_time_of_day():
    moment = dt.datetime(1950, 6, 25, 4, 0, 0, 123456, tzinfo=dt.UTC)
    moved = shift(pa.array([moment]), pa.array(["a"]), ShiftDate(days=9, subject="who"), KEY).to_pylist()[0]
    assert moved.time() == moment.time()
    assert moved.date() != moment.date()


@pytest.mark.parametrize("subject", [None, "", "  ", "\u3000", "\u200b"])
def test_a_row_of_nobody_loses_its_date(subject):
    day = dt.date(2024, 1, 1)
    moved = shift(of(pa.date32(), day, day), pa.array([subject, "a"]), ShiftDate(days=5, subject="who"), KEY)
    assert moved.null_count == 1
    assert moved.to_pylist()[1] != day


def test_another_key_shifts_otherwise():
    who = pa.array([str(number) for number in range(50)])
    days = of(pa.date32(), *[dt.date(2024, 1, 1)] * 50)
    spec = ShiftDate(days=300, subject="who")
    assert shift(days, who, spec, KEY) == shift(days, who, spec, KEY)
    assert shift(days, who, spec, KEY) != shift(days, who, spec, b"t" * 32)


def test_every_shift_but_none_occurs():
    who = pa.array([str(number) for number in range(300)])
    moved = shift(of(pa.date32(), *[dt.date(2024, 1, 10)] * 300), who, ShiftDate(days=3, subject="who"), KEY)
    assert {day.day - 10 for day in moved.to_pylist()} == {-3, -2, -1, 1, 2, 3}


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("end", ["first", "last"])
def test_a_shift_past_the_end_of_the_type_is_refused(kind, end):
    bits = 31 if kind == pa.date32() else 63
    count = 2**bits - 1 if end == "last" else -(2**bits)
    count -= count % 86_400_000 if kind == pa.date64() and end == "last" else 0
    count += -count % 86_400_000 if kind == pa.date64() and end == "first" else 0
    values = pa.array([count] * 20, pa.int32() if bits == 31 else pa.int64()).cast(kind)
    with pytest.raises(pa.ArrowInvalid):
        shift(values, pa.array([str(number) for number in range(20)]), ShiftDate(days=30, subject="who"), KEY)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("count", [0, 3])
def test_no_dates_give_none(kind, count):
    values, who = pa.nulls(count, kind), pa.array(["a"] * count, pa.string())
    assert truncated(values, "month") == truncated(values, "year", 5) == [None] * count
    assert shift(values, who, ShiftDate(days=3, subject="who"), KEY).to_pylist() == [None] * count


@pytest.mark.parametrize(
    "make",
    [
        lambda: TruncateDate(to="year", every=0),
        lambda: TruncateDate(to="month", every=2),
        lambda: ShiftDate(days=0, subject="who"),
        lambda: ShiftDate(days=3651, subject="who"),
        lambda: ShiftDate(days=3, subject=""),
    ],
)
def test_what_would_not_hide_a_date_is_refused(make):
    with pytest.raises(ValueError):
        make()
