"""Rules of typing that hold for every value."""

import datetime as dt
import io
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.policy.source import ParseRules, SourceSpec
from safezone.sources.adapters import open_source
from safezone.sources.dates import parse_dates
from safezone.sources.shape import FAULT, LINE
from safezone.sources.typed import type_columns

DAY_FORMS = ("%Y%m%d", "%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y년 %m월 %d일", "%d.%m.%Y")
TIME_FORMS = ("%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y.%m.%d %p %I:%M:%S")


RULES = ParseRules()


@dataclass(frozen=True)
class Col:
    name: str
    type: Literal["text", "integer", "decimal", "date", "datetime", "boolean"]
    nullable: bool = True
    parse: ParseRules = RULES


def written(moment: dt.datetime, form: str) -> str:
    """What strftime gives, with four digits for every year (the C library leaves out zeros)."""
    return moment.strftime(form.replace("%Y", f"{moment.year:04d}"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dates(), min_size=1), st.sampled_from(DAY_FORMS))
def test_dates_come_back_from_every_form(days: list[dt.date], form: str) -> None:
    text = [written(dt.datetime.combine(day, dt.time()), form) for day in days]
    found = parse_dates(pa.array(text), (form,)).cast(pa.timestamp("us")).to_pylist()
    assert [moment.date() for moment in found] == days


@settings(max_examples=150, deadline=None)
@given(st.lists(st.datetimes(), min_size=1), st.sampled_from(TIME_FORMS))
def test_times_come_back_from_every_form(moments: list[dt.datetime], form: str) -> None:
    whole = [moment if "%f" in form else moment.replace(microsecond=0) for moment in moments]
    text = [written(moment, form) for moment in whole]
    assert parse_dates(pa.array(text), (form,)).cast(pa.timestamp("us")).to_pylist() == whole


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 19), st.integers(0, 39)), min_size=1))
def test_a_date_is_read_exactly_when_the_calendar_has_it(parts: list[tuple[int, int, int]]) -> None:
    def real(year: int, month: int, day: int) -> bool:
        try:
            dt.date(year, month, day)
        except ValueError:
            return False
        return True

    text = pa.array([f"{y:04d}{m:02d}{d:02d}" for y, m, d in parts])
    assert parse_dates(text, ("%Y%m%d",)).is_valid().to_pylist() == [real(*part) for part in parts]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1), st.booleans())
def test_integers_come_back_with_and_without_thousands_separators(numbers: list[int], grouped: bool) -> None:
    text = [f"{number:,}" if grouped else str(number) for number in numbers]
    batch = pa.record_batch({LINE: pa.array(range(len(text)), pa.int64()), "n": text})
    typed = type_columns(batch, [Col("n", "integer", False, ParseRules(thousands=grouped))])
    assert typed.batch.column("n").to_pylist() == numbers


ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.sampled_from(["1,234", "2019-02-30", "4.73E+17", "", " ", "예", "-", "1e999", "٣"]),
)
KINDS = st.sampled_from(["text", "integer", "decimal", "date", "datetime", "boolean"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(ANYTHING, ANYTHING), max_size=30), KINDS, KINDS, st.booleans(), st.booleans())
def test_good_and_bad_rows_make_the_whole_whatever_the_cells_hold(
    rows: list[tuple[str | None, str | None]], one: str, two: str, nullable: bool, thousands: bool
) -> None:
    lines = list(range(10, 10 + len(rows)))
    batch = pa.record_batch(
        {
            LINE: pa.array(lines, pa.int64()),
            "a": pa.array([row[0] for row in rows], pa.string()),
            "b": pa.array([row[1] for row in rows], pa.string()),
        }
    )
    rules = ParseRules(thousands=thousands)
    typed = type_columns(batch, [Col("a", one, nullable, rules), Col("b", two, True, rules)])  # type: ignore[arg-type]
    typed.batch.validate(full=True)
    bad = set(typed.bad["line"].to_pylist())
    assert typed.batch.num_rows + typed.bad_rows == len(rows)
    assert set(typed.lines.to_pylist()) | bad == set(lines)
    assert not set(typed.lines.to_pylist()) & bad
    if not nullable:
        assert typed.batch.column("a").null_count == 0


CELL = st.text(
    st.characters(codec="cp949", exclude_characters="\0", exclude_categories=("Cc", "Zs", "Zl", "Zp")), max_size=6
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=20), st.sampled_from(["utf-8", "cp949", "utf-16"]))
def test_every_record_of_a_ragged_file_is_a_row_a_fault_or_blank(rows: list[list[str]], encoding: str) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    data = "".join(",".join(map(quoted, row)) + "\n" for row in [["a", "b"], *rows]).encode(encoding)
    source = open_source(SourceSpec(format="delimited", encoding=encoding, delimiter=","))  # type: ignore[arg-type]
    table = pa.Table.from_batches(list(source.batches(io.BytesIO(data))))
    whole = {line: row for line, row in enumerate(rows, start=2) if len(row) == 2 and any(row)}
    kept = {row[LINE]: [row["a"] or "", row["b"] or ""] for row in table.to_pylist() if row[FAULT] is None}
    faults = {row[LINE] for row in table.to_pylist() if row[FAULT] is not None}
    assert kept == whole
    assert faults <= {line for line, row in enumerate(rows, start=2) if len(row) != 2}
    assert source.shaper is not None
    assert len(kept) + len(faults) + source.shaper.dropped["blank"] == len(rows)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_characters_cut_between_reads_come_through(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safezone.sources.text.CHUNK", chunk)
    for encoding in ("utf-8", "utf-8-sig", "cp949", "utf-16"):
        data = "이름,값\n뷁,똠방각하\n".encode(encoding)
        spec = SourceSpec(format="delimited", encoding=encoding)  # type: ignore[arg-type]
        table = pa.Table.from_batches(list(open_source(spec).batches(io.BytesIO(data))))
        assert table.drop_columns([LINE, FAULT]).to_pylist() == [{"이름": "뷁", "값": "똠방각하"}]
