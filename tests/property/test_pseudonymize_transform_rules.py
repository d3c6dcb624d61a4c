"""What every transform promises, for whatever values a column holds."""

import base64
import hmac
import unicodedata
from datetime import date, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.findings import Findings
from pseudonymize.plan import ColumnPlan, Plan, apply
from pseudonymize.spans import Span
from pseudonymize.transform.spec import Band, Keep, Mask, Redact, ShiftDate, Tokenise
from pseudonymize.transform.tokens import project_tokens, zone_tokens

KEY = b"k" * 32
words = st.text(st.characters(codec="utf-8"), max_size=12)
few = settings(max_examples=60, deadline=None)


class Keys:
    def token_key(self, kind: str) -> tuple[bytes, int]:
        return KEY, 1

    def shift_key(self) -> bytes:
        return KEY


class Digits:
    """Finds every run of ASCII digits."""

    def detect(self, texts):
        found = []
        for text in texts:
            spans, start = [], None
            for at, character in enumerate([*text, " "]):
                digit = character in "0123456789"
                if digit and start is None:
                    start = at
                if not digit and start is not None:
                    spans.append(Span(start, at, "PHONE_NUMBER", 0.9))
                    start = None
            found.append(spans)
        return found


def transformed(table: pa.Table, **transforms) -> pa.Table:
    plan = Plan(tuple(ColumnPlan(name, transforms.get(name, Keep())) for name in table.column_names))
    return apply(plan, table, keys=Keys(), detector=Digits()).table


def formula(key: bytes, message: bytes) -> str:
    """The design's words: HMAC-SHA256, first 16 bytes, base 32, lower case, no padding."""
    return base64.b32encode(hmac.digest(key, message, "sha256")[:16]).decode().lower().rstrip("=")


@few
@given(st.lists(st.none() | st.from_regex(r"[0-9a-z가-힣-]{1,20}", fullmatch=True), max_size=8))
def test_a_token_is_what_the_design_says(values):
    made = zone_tokens(pa.array(values, pa.string()), KEY, "rrn", 3).to_pylist()
    expected = [
        value and "t3_" + formula(KEY, b"rrn\0" + unicodedata.normalize("NFKC", value).encode()) for value in values
    ]
    assert made == expected
    of_project = project_tokens(pa.array(made, pa.string()), b"p" * 32).to_pylist()
    assert of_project == [token and "p_" + formula(b"p" * 32, token.encode()) for token in made]


@few
@given(st.lists(st.from_regex(r"[0-9]{1,9}", fullmatch=True), min_size=2, max_size=6))
def test_spellings_of_one_number_share_a_token_and_numbers_do_not(numbers):
    spelled = ["-".join(number) for number in numbers]
    wide = [" " + number.translate({48 + d: 0xFF10 + d for d in range(10)}) for number in numbers]
    columns = [
        transformed(pa.table({"a": texts}), a=Tokenise("phone", normalise="digits")).column("a").to_pylist()
        for texts in (numbers, spelled, wide)
    ]
    assert columns[0] == columns[1] == columns[2]
    assert len(set(columns[0])) == len(set(numbers))


@few
@given(st.lists(st.integers(-500, 500), min_size=1), st.integers(2, 50), st.integers(-20, 20))
def test_bands_hold_their_numbers_and_no_others(numbers, width, origin):
    labels = transformed(pa.table({"a": numbers}), a=Band(width=width, origin=origin)).column("a").to_pylist()
    for number, label in zip(numbers, labels, strict=True):
        low = (number - origin) // width * width + origin
        assert label == f"{low}-{low + width - 1}"


@few
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.dates(date(1900, 1, 1), date(2100, 1, 1))), max_size=12))
def test_a_subject_keeps_its_intervals_and_no_date_stays(rows):
    table = pa.table(
        {
            "subject": pa.array([subject for subject, _ in rows], pa.string()),
            "day": pa.array([day for _, day in rows], pa.date32()),
        }
    )
    days = transformed(table, day=ShiftDate(days=30, subject="subject")).column("day").to_pylist()
    shifts: dict[str, set[timedelta]] = {}
    for (subject, before), after in zip(rows, days, strict=True):
        shifts.setdefault(subject, set()).add(after - before)
    for found in shifts.values():
        (shift,) = found
        assert 1 <= abs(shift.days) <= 30


@few
@given(st.lists(st.none() | words, max_size=6))
def test_redaction_leaves_what_was_not_found_as_it_was(texts):
    table = pa.table({"a": pa.array(texts, pa.string())})
    out = transformed(table, a=Redact(replace="mask")).column("a").to_pylist()
    starred = {ord(digit): "*" for digit in "0123456789"}
    assert out == [text if text is None else text.translate(starred) for text in texts]


def test_one_surface_form_has_one_number_in_a_document():
    table = pa.table({"a": ["A 12, B 34, A 12", "B 34"]})
    out = transformed(table, a=Redact(entities=("PHONE_NUMBER",))).column("a").to_pylist()
    assert out == ["A <전화번호1>, B <전화번호2>, A <전화번호1>", "B <전화번호1>"]


@few
@given(st.lists(words, max_size=6), st.integers(0, 4), st.integers(0, 4))
def test_a_mask_never_shows_a_whole_value(texts, first, last):
    table = pa.table({"a": pa.array(texts, pa.string())})
    out = transformed(table, a=Mask(keep_first=first, keep_last=last)).column("a").to_pylist()
    for text, masked in zip(texts, out, strict=True):
        assert len(masked) == len(text)
        assert not text or "*" in masked


counts = st.dictionaries(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["PERSON", "URL"]),
        st.sampled_from(["", "Names"]),
        st.sampled_from(["low", "high"]),
    ),
    st.integers(1, 9),
)


@few
@given(counts, counts, counts)
def test_findings_add_up_in_any_order(a, b, c):
    a, b, c = Findings(a), Findings(b), Findings(c)
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(a).merge(b)
    assert Findings.from_json(a.to_json()) == a
