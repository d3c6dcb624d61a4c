"""Dates in declared forms: what each form reads, and what it must not."""

import datetime as dt

import pyarrow as pa
import pytest
from pydantic import ValidationError

from safezone.policy.source import ParseRules
from safezone.sources.dates import parse_dates


def read(text: str, *forms: str, hour_24: bool = False) -> dt.datetime | None:
    moment = parse_dates(pa.array([text]), forms, hour_24=hour_24)
    value: dt.datetime | None = moment.cast(pa.timestamp("us"))[0].as_py()
    return value


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("20190620", "%Y%m%d", dt.datetime(2019, 6, 20)),
        ("2019-06-20", "%Y-%m-%d", dt.datetime(2019, 6, 20)),
        ("2019.6.20", "%Y.%m.%d", dt.datetime(2019, 6, 20)),
        ("2019.06.20", "%Y.%m.%d", dt.datetime(2019, 6, 20)),
        ("2019. 6. 20.", "%Y. %m. %d.", dt.datetime(2019, 6, 20)),
        ("1999.06", "%Y.%m", dt.datetime(1999, 6, 1)),
        ("1999", "%Y", dt.datetime(1999, 1, 1)),
        ("2020-01-01 05", "%Y-%m-%d %H", dt.datetime(2020, 1, 1, 5)),
        ("2024년 3월 5일", "%Y년 %m월 %d일", dt.datetime(2024, 3, 5)),
        ("2021.8.30 18:01", "%Y.%m.%d %H:%M", dt.datetime(2021, 8, 30, 18, 1)),
        ("2024-03-05 오후 12:30", "%Y-%m-%d %p %I:%M", dt.datetime(2024, 3, 5, 12, 30)),
        ("2024-03-05 오전 12:30", "%Y-%m-%d %p %I:%M", dt.datetime(2024, 3, 5, 0, 30)),
        ("24/03/05", "%y/%m/%d", dt.datetime(2024, 3, 5)),
        ("69/03/05", "%y/%m/%d", dt.datetime(1969, 3, 5)),
        ("20200101235959", "%Y%m%d%H%M%S", dt.datetime(2020, 1, 1, 23, 59, 59)),
        ("2020-01-01T00:00:00.5", "%Y-%m-%dT%H:%M:%S.%f", dt.datetime(2020, 1, 1, 0, 0, 0, 500_000)),
        ("0001-01-01", "%Y-%m-%d", dt.datetime(1, 1, 1)),
        ("2000-02-29", "%Y-%m-%d", dt.datetime(2000, 2, 29)),
    ],
)
def test_a_declared_form_reads_its_dates(text: str, form: str, expected: dt.datetime) -> None:
    assert read(text, form) == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2019620", "%Y%m%d"),  # the C library's strptime reads this as the twentieth of June
        ("2019-02-30", "%Y-%m-%d"),
        ("1900-02-29", "%Y-%m-%d"),
        ("2019-13-01", "%Y-%m-%d"),
        ("2019-00-10", "%Y-%m-%d"),
        ("2019-06-20 ", "%Y-%m-%d"),
        ("2019-06-20 10:00", "%Y-%m-%d"),
        ("2019-06-20 24", "%Y-%m-%d %H"),
        ("2019-06-20 10:60", "%Y-%m-%d %H:%M"),
        ("0000-01-01", "%Y-%m-%d"),
        ("19.6.20", "%Y.%m.%d"),
        ("2019/06/20", "%Y.%m.%d"),
        ("2024-03-05 오후 13:30", "%Y-%m-%d %p %I:%M"),
        ("٢٠١٩0620", "%Y%m%d"),
        ("", "%Y"),
    ],
)
def test_what_a_form_does_not_declare_is_not_read(text: str, form: str) -> None:
    assert read(text, form) is None


def test_forms_are_tried_in_order_and_may_mix_in_one_column() -> None:
    column = pa.array(["20190620", "2019.6.20", None, "1999.06", "unknown"])
    found = parse_dates(column, ("%Y%m%d", "%Y.%m.%d", "%Y.%m")).cast(pa.timestamp("us")).to_pylist()
    june = dt.datetime(2019, 6, 20)
    assert found == [june, june, None, dt.datetime(1999, 6, 1), None]


def test_hour_24_is_midnight_of_the_next_day_where_it_is_declared() -> None:
    assert read("2019123124", "%Y%m%d%H", hour_24=True) == dt.datetime(2020, 1, 1)
    assert read("2019-12-31 24:01", "%Y-%m-%d %H:%M", hour_24=True) is None


@pytest.mark.parametrize("form", ["%d.%m", "%Y-%B-%d", "%Y%Y", "%Y-%m-%d %I", "%Y %", "%s"])
def test_a_form_that_cannot_be_meant_is_refused_in_the_policy(form: str) -> None:
    with pytest.raises(ValidationError):
        ParseRules(dates=(form,))
