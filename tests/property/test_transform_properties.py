"""Every transform against a plain reference, over whatever values Hypothesis thinks of."""

import math
import unicodedata
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pseudonymize.findings import Findings
from pseudonymize.plan import ColumnPlan, Plan, apply
from pseudonymize.spans import Span
from pseudonymize.transform.numbers import band, clip, round_to
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
from pseudonymize.transform.text import redact
from pseudonymize.transform.tokens import normalise, zone_tokens

few = settings(max_examples=100, deadline=None)
words = st.text(st.characters(codec="utf-8"), max_size=12)
int64s = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(width=64) | st.decimals(-1000, 1000, places=2).map(float)
widths = st.sampled_from([0.1, 0.25, 0.5, 1.0, 1.5, 10.0, 1000.0])


class Keys:
    def token_key(self, kind: str) -> tuple[bytes, int]:
        return kind.encode().ljust(32, b"k"), 1

    def shift_key(self) -> bytes:
        return b"s" * 32


class Letters:
    """Finds every run of the letters a to c, and scores it."""

    def detect(self, texts):
        found = []
        for text in texts:
            at = [place for place, letter in enumerate(text) if letter in "abc"]
            starts = [place for place in at if place - 1 not in at]
            ends = [place + 1 for place in at if place + 1 not in at]
            found.append([Span(*pair, "PERSON", 0.9) for pair in zip(starts, ends, strict=True)])
        return found


# -- tokens -----------------------------------------------------------------------------------------------------


def plainly_normalised(value: str, how: str) -> str:
    invisible = {0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0}
    for first, last in ((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F)):
        invisible |= set(range(first, last + 1))
    value = unicodedata.normalize("NFKC", "".join(letter for letter in value if ord(letter) not in invisible))
    if how == "digits":
        return "".join(letter for letter in value if letter in "0123456789")
    if how == "name":
        return "".join(letter for letter in value if not letter.isspace())
    return value.strip()


# Arrow and Python may hold different versions of Unicode: letters that are new are left out.
known = st.text(st.characters(exclude_categories=["Cn", "Cs"]), max_size=12)
spaced = st.text(st.sampled_from("aA1９ \t\u3000\u200b\u00ade\u0301홍ㄱ\u1112\u1169\ufe0f-"), max_size=10)


@few
@given(st.lists(known | spaced, max_size=6), st.sampled_from(["text", "digits", "name"]))
def test_values_are_made_alike_as_the_rules_say(values, how):
    assert normalise(pa.array(values, pa.string()), how).to_pylist() == [plainly_normalised(v, how) for v in values]


@few
@given(
    st.lists(st.tuples(spaced, st.sampled_from(["a", "b"]), st.sampled_from([b"x" * 32, b"y" * 32])), max_size=6),
    st.sampled_from(["text", "digits", "name"]),
)
def test_tokens_are_equal_if_and_only_if_kind_key_and_alike_value_are(rows, how):
    made = [zone_tokens(pa.array([value]), key, kind, 1, how)[0].as_py() for value, kind, key in rows]
    meant = [(normalise(pa.array([value]), how)[0].as_py(), kind, key) for value, kind, key in rows]
    for one, this in zip(made, meant, strict=True):
        for other, that in zip(made, meant, strict=True):
            if one is None or other is None:  # nothing is left of the value: it joins with nothing
                assert not (one is None and this[0]) and not (other is None and that[0])
                continue
            assert (one == other) == (this == that)


# -- numbers ----------------------------------------------------------------------------------------------------


def decimal(number: float) -> Decimal:
    return Decimal(repr(number))


@few
@given(st.lists(floats | st.none(), max_size=8), widths)
def test_a_number_lies_in_the_band_that_is_written(numbers, width):
    labels = band(pa.array(numbers, pa.float64()), Band(width=width)).to_pylist()
    for number, label in zip(numbers, labels, strict=True):
        if number is None or not math.isfinite(number):
            assert label is None
            continue
        with localcontext(prec=800):
            step = decimal(width)
            low = (decimal(number) / step).to_integral_value(ROUND_FLOOR) * step + 0
            if step == step.to_integral_value():
                assert label == (f"{low:.0f}" if step == 1 else f"{low:.0f}-{low + step - 1:.0f}")
            else:
                assert [Decimal(edge) for edge in label.split("-<")] == [low, low + step]


@few
@given(st.lists(int64s | st.none(), max_size=8), st.integers(1, 10**6), st.integers(-100, 100))
def test_a_whole_number_lies_in_its_band_however_large(numbers, width, origin):
    labels = band(pa.array(numbers, pa.int64()), Band(width=width, origin=origin)).to_pylist()
    for number, label in zip(numbers, labels, strict=True):
        if number is not None:
            low = (number - origin) // width * width + origin
            assert label == (str(low) if width == 1 else f"{low}-{low + width - 1}")


@few
@given(st.lists(st.integers(-(2**62), 2**62) | st.none(), max_size=8), st.integers(1, 10**6))
def test_a_whole_number_is_rounded_exactly(numbers, to):
    out = round_to(pa.array(numbers, pa.int64()), Round(to=to), pa.int64()).to_pylist()
    for number, rounded in zip(numbers, out, strict=True):
        if number is not None:
            assert rounded == (abs(number) * 2 + to) // (2 * to) * to * (1 if number >= 0 else -1)


@few
@given(
    st.lists(st.decimals(-(10**6), 10**6, places=4).map(float), max_size=8), st.sampled_from([0.01, 0.1, 0.5, 0.3])
)
def test_a_number_is_rounded_as_it_is_written(numbers, to):
    out = round_to(pa.array(numbers, pa.float64()), Round(to=to), pa.float64()).to_pylist()
    for number, rounded in zip(numbers, out, strict=True):
        steps = (decimal(number) / decimal(to)).to_integral_value(ROUND_HALF_UP)
        assert rounded == float(steps * decimal(to))


@few
@given(st.lists(floats | st.none(), max_size=8), st.floats(-100, 0), st.floats(1, 100))
def test_limits_hold_and_change_nothing_between_them(numbers, bottom, top):
    out = clip(pa.array(numbers, pa.float64()), Clip(bottom=bottom, top=top)).to_pylist()
    for number, clipped in zip(numbers, out, strict=True):
        if number is None or math.isnan(number):
            assert clipped is None or math.isnan(clipped)
        else:
            assert clipped == min(max(number, bottom), top)


# -- dates ------------------------------------------------------------------------------------------------------


@few
@given(
    st.lists(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)) | st.none(), max_size=8), st.integers(1, 50)
)
def test_a_date_keeps_only_its_larger_parts(moments, every):
    array = pa.array(moments, pa.timestamp("us"))

    def column(transform) -> list:
        return run(pa.table({"a": array}), {"a": transform}).table.column("a").to_pylist()

    present = [moment for moment in moments if moment is not None]
    group = [f"{m.year // every * every:04}-{m.year // every * every + every - 1:04}" for m in present]
    year = [f"{m.year:04}" for m in present]
    for transform, expected in (
        (TruncateDate("year", every=every), group if every > 1 else year),
        (TruncateDate("half"), [f"{m.year:04}-H{(m.month + 5) // 6}" for m in present]),
        (TruncateDate("quarter"), [f"{m.year:04}-Q{(m.month + 2) // 3}" for m in present]),
        (TruncateDate("month"), [f"{m.year:04}-{m.month:02}" for m in present]),
    ):
        labels = column(transform)
        assert [label is None for label in labels] == [moment is None for moment in moments]
        assert [label for label in labels if label is not None] == expected


# -- text -------------------------------------------------------------------------------------------------------

documents = st.lists(st.sampled_from([*"abc xyz\n", "<이름1>", "<이름2>", "<", ">", "이름1"]), max_size=10).map(
    "".join
)


@few
@given(st.lists(st.none() | documents, max_size=6))
def test_labels_tell_surfaces_apart_and_hide_them(texts):
    out, findings = redact(pa.array(texts, pa.string()), Redact(), Letters(), "a")
    total = 0
    for text, redacted in zip(texts, out.to_pylist(), strict=True):
        if text is None:
            assert redacted is None
            continue
        (spans,) = Letters().detect([text])
        total += len(spans)
        labels: dict[str, str] = {}
        number = 0
        expected, at = "", 0
        for start, end, _, _ in spans:
            surface = text[start:end]
            while surface not in labels:
                number += 1
                if f"<이름{number}>" not in text:
                    labels[surface] = f"<이름{number}>"
            expected += text[at:start] + labels[surface]
            at = end
        assert redacted == expected + text[at:]
    event("found something" if total else "found nothing")
    assert findings == Findings({("a", "PERSON", "", "high"): total} if total else {})


@few
@given(st.lists(st.none() | documents, max_size=6))
def test_stars_keep_every_place(texts):
    out = redact(pa.array(texts, pa.string()), Redact(replace="mask"), Letters(), "a")[0].to_pylist()
    stars = {ord(letter): "*" for letter in "abc"}
    assert out == [text if text is None else text.translate(stars) for text in texts]


# -- plans ------------------------------------------------------------------------------------------------------

texts_of = st.lists(st.none() | words, min_size=4, max_size=4).map(lambda values: pa.array(values, pa.string()))
numbers_of = st.lists(st.none() | st.integers(-(10**9), 10**9), min_size=4, max_size=4).map(pa.array)
dates_of = st.lists(st.none() | st.dates(date(1800, 1, 1), date(2200, 1, 1)), min_size=4, max_size=4)
COLUMNS = {
    "text": (
        texts_of,
        [Keep(), Drop(), Mask(1, 1), Tokenise("a"), Region("sido"), Redact(), Redact(replace="mask")],
    ),
    "number": (
        numbers_of.map(lambda values: values.cast(pa.int64())),
        [Keep(), Drop(), Tokenise("a"), Band(width=10), Round(to=10), Round(to=0.5), Clip(top=5)],
    ),
    "date": (
        dates_of.map(lambda values: pa.array(values, pa.date32())),
        [Keep(), Drop(), TruncateDate("year"), TruncateDate("half"), ShiftDate(days=9, subject="row")],
    ),
}


def run(table: pa.Table, transforms: dict):
    plan = Plan(tuple(ColumnPlan(name, transform) for name, transform in transforms.items()))
    done = apply(plan, table, keys=Keys(), detector=Letters())
    assert done.table.schema == plan.output_schema(table.schema)
    done.table.validate(full=True)
    return done


@few
@given(st.data())
def test_rows_and_their_order_are_kept_and_the_schema_is_the_one_promised(data):
    arrays = {name: data.draw(values) for name, (values, _) in COLUMNS.items()}
    chosen = {name: data.draw(st.sampled_from(transforms)) for name, (_, transforms) in COLUMNS.items()}
    for transform in chosen.values():
        event(transform.method)
    table = pa.table({**arrays, "row": [str(number) for number in range(4)]})
    whole = run(table, {**chosen, "row": Keep()})
    assert whole.table.column("row").to_pylist() == ["0", "1", "2", "3"]
    assert whole.table.column_names == [name for name in chosen if chosen[name] != Drop()] + ["row"]
    # Row by row, or backwards, is the same as all at once: no value depends on its neighbours.
    parts = [run(table.slice(at, 1), {**chosen, "row": Keep()}) for at in reversed(range(4))]
    assert pa.concat_tables([part.table for part in reversed(parts)]).to_pylist() == whole.table.to_pylist()
    merged = Findings()
    for part in parts:
        merged = merged.merge(part.findings)
    assert merged == whole.findings


@few
@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(1, 3650), words)
def test_a_shift_is_never_none_and_never_too_far(day, days, subject):
    table = pa.table({"day": pa.array([day]), "who": [subject]})
    (moved,) = (
        run(table, {"day": ShiftDate(days=days, subject="who"), "who": Drop()}).table.column("day").to_pylist()
    )
    if moved is None:
        assert normalise(pa.array([subject]), "text").to_pylist() == [""]
    else:
        assert timedelta(days=1) <= abs(moved - day) <= timedelta(days=days)
