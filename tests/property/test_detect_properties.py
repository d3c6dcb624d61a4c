"""Rules that hold for every text."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.detect.detector import Detector
from pseudonymize.document.normalise import normalise
from pseudonymize.spans import Span, resolve

KOREAN = st.text(st.sampled_from("가나다라마바사아자차카타파하을를이가은는의에서 ,.\n김박이최정강"), max_size=30)
ANY = st.text(max_size=60)
MIXED = st.text(
    st.one_of(
        st.sampled_from("0123456789-.:()@김이박가호동로길구시 ０１－\u200b년월일"), st.characters(codec="utf-8")
    ),
    max_size=80,
)
QUICK = settings(max_examples=150, deadline=None)


@cache
def detector() -> Detector:
    return Detector.default("ko")


@QUICK
@given(st.one_of(ANY, MIXED))
def test_every_normalised_character_comes_from_the_original(text: str) -> None:
    normalised = normalise(text)
    if normalised.starts is None or normalised.ends is None:
        assert len(normalised.text) == len(text)
        return
    assert len(normalised.text) == len(normalised.starts) == len(normalised.ends)
    assert normalised.starts == sorted(normalised.starts)
    assert normalised.ends == sorted(normalised.ends)
    for index, char in enumerate(normalised.text):
        start, end = normalised.original(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert char in normalise(text[start:end]).text or char == "-"


@QUICK
@given(st.one_of(ANY, MIXED))
def test_spans_are_sorted_in_range_and_disjoint(text: str) -> None:
    (spans,) = detector().detect([text])
    position = 0
    for start, end, entity, score in spans:
        assert position <= start < end <= len(text)
        assert entity in detector().entities
        assert 0.5 <= score <= 1
        position = end


@QUICK
@given(
    st.lists(
        st.builds(
            lambda start, length, entity, score: Span(start, start + length, entity, score),
            st.integers(0, 40), st.integers(0, 12), st.sampled_from("ABC"), st.sampled_from([0.5, 0.7, 0.9]),
        )
    )
)  # fmt: skip
def test_resolution_covers_exactly_what_the_candidates_cover(spans: list[Span]) -> None:
    resolved = resolve(spans)
    assert resolved == sorted(resolved)
    assert resolved == resolve(reversed(spans))
    covered = [place for span in resolved for place in range(span.start, span.end)]
    assert len(covered) == len(set(covered))
    assert set(covered) == {place for span in spans for place in range(span.start, span.end)}


def _rrn(year: int, month: int, day: int, sex: int, tail: int) -> str:
    number = f"{year:02}{month:02}{day:02}{sex}{tail:05}"
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    check = (11 - sum(int(d) * w for d, w in zip(number, weights, strict=True)) % 11) % 10
    return f"{number[:6]}-{number[6:]}{check}"


RRN = st.builds(
    _rrn, st.integers(0, 99), st.integers(1, 12), st.integers(1, 28), st.integers(1, 2), st.integers(0, 99999)
)
PHONE = st.builds(
    lambda prefix, sep, a, b: f"{prefix}{sep}{a:04}{sep}{b:04}",
    st.sampled_from(["010", "011", "070", "+82 10"]), st.sampled_from(["-", ".", " ", ""]), st.integers(1000, 9999), st.integers(0, 9999),
)  # fmt: skip
EMAIL = st.from_regex(r"[a-z][a-z0-9_]{1,10}@[a-z]{2,10}\.(com|kr|co\.kr)", fullmatch=True)


def _covered(text: str, start: int, end: int) -> bool:
    (spans,) = detector().detect([text])
    places = {place for span in spans for place in range(span.start, span.end)}
    return set(range(start, end)) <= places


@QUICK
@given(KOREAN, st.one_of(RRN, PHONE, EMAIL), KOREAN)
def test_planted_values_are_always_covered(before: str, value: str, after: str) -> None:
    assert _covered(before + value + after, len(before), len(before) + len(value))


@QUICK
@given(KOREAN, st.one_of(RRN, PHONE), KOREAN)
def test_full_width_values_are_always_covered(before: str, value: str, after: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)
    assert _covered(before + wide + after, len(before), len(before) + len(wide))
