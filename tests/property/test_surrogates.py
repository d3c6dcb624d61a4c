"""Rules of replacement in text: nothing outside spans changes, everything inside does, and keys decide all of it."""

import re
import unicodedata

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.spans import Span
from pseudonymize.surrogates.keyed import canonical, token
from pseudonymize.surrogates.make import MAKERS, Surrogates
from pseudonymize.surrogates.markers import ProjectTexts
from pseudonymize.surrogates.people import gender_of, split_surname
from pseudonymize.transform.spec import Redact
from pseudonymize.transform.text import redact

few = settings(max_examples=60, deadline=None)
KEY = b"k" * 32

syllables = st.sampled_from("하늘민준서연영호미숙철수지원은경동진")
names = st.builds(
    lambda surname, given: surname + given,
    st.sampled_from(["김", "이", "박", "최", "남궁"]),
    st.text(syllables, min_size=2, max_size=2),
)
two, four = (st.text("0123456789", min_size=size, max_size=size) for size in (2, 4))
gaps = st.sampled_from(["-", " ", "", "."])
phones = st.builds(lambda gap, a, b: f"010{gap}{a}{gap}{b}", gaps, four, four)
residents = st.builds(
    lambda year, month, day, sex, tail, more: f"{year}{month:02d}{day:02d}-{sex}{tail}{more}",
    two,
    st.integers(1, 12),
    st.integers(1, 28),
    st.sampled_from("1234"),
    four,
    two,
)
keys = st.binary(min_size=32, max_size=32)
anything = st.text(max_size=12)


class Marked:
    """Finds what stands between ⟦ and ⟧, as persons, and numbers between ⟪ and ⟫, as telephone numbers."""

    def detect(self, texts):
        return [
            [
                Span(found.start(), found.end(), "PERSON" if found[0][0] == "⟦" else "PHONE_NUMBER", 0.9)
                for found in re.finditer("⟦[^⟧]*⟧|⟪[^⟫]*⟫", text)
            ]
            for text in texts
        ]


class Exact:
    """Finds given values wherever they stand."""

    def __init__(self, values):
        self.pattern = re.compile("|".join(map(re.escape, sorted(values, key=len, reverse=True))))

    def detect(self, texts):
        return [
            [
                Span(*found.span(), "PHONE_NUMBER" if found[0].startswith("010") else "PERSON", 0.9)
                for found in self.pattern.finditer(text)
            ]
            for text in texts
        ]


def redacted(texts, detector, key=KEY, **spec):
    return redact(pa.array(texts, pa.string()), Redact(**spec), detector, "a", key=key)[0].to_pylist()


@few
@given(keys, names)
def test_a_name_keeps_gender_and_length_and_never_stays(key, name):
    made = Surrogates(key).of("PERSON", name)
    assert made != name
    assert len(made) == len(name)
    old, new = split_surname(name)[1], made[len(split_surname(name)[0]) :]
    assert gender_of(new) == gender_of(old)


@few
@given(keys, residents)
def test_a_resident_number_keeps_its_band_and_is_impossible(key, number):
    made = Surrogates(key).of("KR_RRN", number)
    assert int(made[:2]) // 5 == int(number[:2]) // 5
    assert made[7] == number[7]
    assert int(made[4:6]) > 31
    assert len(made) == len(number)


@few
@given(keys, phones)
def test_a_telephone_number_keeps_its_form_and_is_not_given_out(key, number):
    made = Surrogates(key).of("PHONE_NUMBER", number)
    assert re.sub("[0-9]", "9", made) == re.sub("[0-9]", "9", number)
    assert re.sub("[^0-9]", "", made).startswith("0100")


@few
@given(keys, st.sampled_from([*sorted(MAKERS), "STAFF_ID"]), st.text(max_size=20) | phones | residents | names)
def test_any_text_has_a_surrogate_that_is_another_or_none(key, entity, surface):
    surrogates = Surrogates(key)
    made = surrogates.of(entity, surface)
    assert made == Surrogates(key).of(entity, surface)
    if made is not None:
        assert canonical(entity, made) != canonical(entity, surface)
        assert surrogates.of(entity, surface, {canonical(entity, made)}) != made


@few
@given(keys, keys, names)
def test_two_keys_cannot_be_joined(one, other, name):
    assert (token(one, "PERSON", name) == token(other, "PERSON", name)) == (one == other)


@few
@given(st.text(max_size=30), st.sampled_from(["PERSON", "PHONE_NUMBER", "URL"]))
def test_a_canonical_value_is_its_own(surface, entity):
    value = canonical(entity, surface)
    if entity != "PHONE_NUMBER":
        assert canonical(entity, value) == value
    assert canonical("PERSON", unicodedata.normalize("NFD", "김하늘")) == "김하늘"


@few
@given(
    st.lists(st.tuples(anything, st.sampled_from(["PERSON", "PHONE_NUMBER"]), names | phones), max_size=5),
    anything,
    st.sampled_from(["label", "mask", "token"]),
)
def test_no_character_outside_spans_changes(parts, end, replace):
    outside = [re.sub("[⟦⟧⟪⟫<>]", "", before) for before, _, _ in parts] + [re.sub("[⟦⟧⟪⟫<>]", "", end)]
    marks = {"PERSON": "⟦{}⟧", "PHONE_NUMBER": "⟪{}⟫"}
    text = "".join(
        before + marks[entity].format(value) for before, (_, entity, value) in zip(outside, parts, strict=False)
    )
    text += outside[-1]
    (out,) = redacted([text], Marked(), replace=replace)
    stretch = "<[^<>]+>" if replace != "mask" else r"[*\s]+?"
    assert re.fullmatch(stretch.join(map(re.escape, outside)), out, re.DOTALL)


@few
@given(st.lists(names, min_size=1, max_size=4), st.lists(phones, max_size=2), keys)
def test_no_original_stays_and_the_same_becomes_the_same_everywhere(people, numbers, key):
    values = sorted({*people, *numbers})
    texts = [", ".join(values), " / ".join([*values, *values]), "없음"]
    detector = Exact(values)
    first, second, third = redacted(texts, detector, key, replace="surrogate")
    assert third == "없음"
    once, twice = first.split(", "), second.split(" / ")
    assert twice == once + once
    originals = {(canonical("PERSON", value), canonical("PHONE_NUMBER", value)) for value in values}
    written = {(canonical("PERSON", value), canonical("PHONE_NUMBER", value)) for value in once}
    assert not originals & written
    assert redacted(texts, detector, key, replace="surrogate") == [first, second, third]


@few
@given(names, st.sampled_from([("은", "는"), ("이", "가"), ("을", "를"), ("과", "와")]), keys)
def test_particles_always_fit(name, pair, key):
    def fits(word):
        return pair[(ord(word[-1]) - 0xAC00) % 28 == 0]

    (zone,) = redacted([f"{name}{fits(name)} 왔다"], Exact([name]), replace="surrogate")
    new = ProjectTexts(key).rewrite(zone).removesuffix(" 왔다")
    assert new[-1] == fits(new[:-1])
    (alone,) = redacted([name], Exact([name]), replace="surrogate")
    assert new[:-1] == ProjectTexts(key).rewrite(alone)


@few
@given(st.text("가나다 <>*이름1:a", max_size=40), st.sampled_from(["label", "mask", "token", "surrogate"]))
def test_a_detector_that_finds_everything_again_changes_nothing_again(text, replace):
    class Everything:
        passes = 0

        def detect(self, texts):
            self.passes += 1
            return [[Span(*found.span(), "PERSON", 0.9) for found in re.finditer(r"\S+", text)] for text in texts]

    detector = Everything()
    first = redacted([text], detector, replace=replace)
    assert detector.passes <= 2
    assert [re.sub(r"\S+", "", each or "") for each in first] == [re.sub(r"\S+", "", text)]
