"""Markers stand for surrogates in the zone and hold no more than these keep; a project's key makes surrogates of them."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.spans import Span
from pseudonymize.surrogates.forms import decoded, encoded, form_of
from pseudonymize.surrogates.keyed import canonical, token
from pseudonymize.surrogates.make import MAKERS
from pseudonymize.surrogates.markers import SHAPE, Markers, ProjectTexts
from pseudonymize.surrogates.people import gender_of
from pseudonymize.surrogates.persons import People
from pseudonymize.transform.rekey import project_texts
from pseudonymize.transform.written import Leftover, Shortened, shortened

ZONE, ONE, OTHER = b"z" * 32, b"1" * 32, b"2" * 32
few = settings(max_examples=80, deadline=None)
VALUES = [
    ("PERSON", "김하늘"), ("PERSON", "김 하늘"), ("PERSON", "남궁미자"), ("PERSON", "홍○동"), ("PERSON", "김**"),
    ("PERSON", "알렉산드라 페트로바"), ("PERSON", "마리아"), ("PERSON", "Jane Roe"), ("PERSON", "KIM HA-NEUL"),
    ("PERSON", "J. Roe"), ("PHONE_NUMBER", "010-2345-6789"), ("PHONE_NUMBER", "+82 10 2345 6789"),
    ("PHONE_NUMBER", "(031) 234-5678"), ("PHONE_NUMBER", "1588-1234"), ("PHONE_NUMBER", "010-****-6789"),
    ("EMAIL_ADDRESS", "someone@mail.kr"), ("URL", "https://somewhere.kr/about"), ("IP_ADDRESS", "fe80::1"),
    ("CREDIT_CARD", "4111 1111 1111 1111"), ("KR_RRN", "900102-1234567"), ("KR_RRN", "９００１０２－１******"),
    ("KR_VEHICLE", "서울 12가 3456"), ("KR_VEHICLE", "123허4567"), ("KR_PASSPORT", "M12345678"),
    ("KR_DRIVER_LICENSE", "서울 12-123456-12"), ("IBAN_CODE", "DE89 3704 0044"), ("KR_POSTAL_CODE", "06123"),
    ("KR_ADDRESS", "서울특별시 강남구 어떤대로 123, 101동 202호"), ("KR_ADDRESS", "서울어떤구아무동 12"),
    ("DATE_TIME", "1990년 1월 2일"), ("DATE_TIME", "Jan 2, 1990"), ("AGE", "34세"), ("AGE", "서른네 살"),
    ("STAFF_ID", "AB-1234c"),
]  # fmt: skip


def marker(entity: str, surface: str, people: People | None = None, word: str = "이름", key: bytes = ZONE) -> str:
    made = Markers(key).within(entity, surface, people or People(), word)
    assert made is not None
    return made[0]


# -- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("PERSON", "김철수", "남동호"),
        ("PERSON", "박영희", "최미자"),
        ("PERSON", "Jane Roe", "Martin Doe"),
        ("PHONE_NUMBER", "010-2345-6789", "010-9876-5432"),
        ("KR_RRN", "900102-1234567", "941231-1765432"),
        ("KR_ADDRESS", "부산 어떤구 아무동 12-3", "부산 다른구 이런동 98-7"),
        ("DATE_TIME", "1990년 1월 2일", "1994년 9월 8일"),
        ("AGE", "31세", "34세"),
        ("EMAIL_ADDRESS", "a@b.kr", "someone.else@mail.example"),
    ],
)
def test_values_that_agree_in_what_a_surrogate_keeps_have_one_form(entity, one, other):
    assert form_of(entity, one) == form_of(entity, other)


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("PERSON", "김철수", "김영희"),
        ("PERSON", "김철수", "김 철수"),
        ("PERSON", "김준", "김철수"),
        ("KR_RRN", "900102-1234567", "950102-1234567"),
        ("KR_RRN", "900102-1234567", "900102-2234567"),
        ("AGE", "34세", "35세"),
        ("PHONE_NUMBER", "010-2345-6789", "02-345-6789"),
    ],
)
def test_gender_band_and_layout_are_in_the_form(entity, one, other):
    assert form_of(entity, one) != form_of(entity, other)


@pytest.mark.parametrize(("entity", "surface"), VALUES)
def test_a_form_is_its_own_form(entity, surface):
    form = form_of(entity, surface)
    assert form is not None
    assert form_of(entity, form) == form


@pytest.mark.parametrize(("entity", "surface"), [("KR_RRN", "******-*******"), ("PERSON", "***"), ("PERSON", "")])
def test_what_holds_nothing_to_change_has_no_form(entity, surface):
    assert form_of(entity, surface) is None
    assert Markers(ZONE).within(entity, surface, People(), "이름") is None


@few
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from([v for _, v in VALUES]))
def test_a_form_is_written_in_letters_and_read_back(text):
    code = encoded(text)
    assert re.fullmatch("[a-z]*", code)
    assert decoded(code) == text


@few
@given(st.text("abkpqruxz", max_size=12))
def test_letters_that_are_no_form_are_none_or_a_text(code):
    text = decoded(code)
    assert text is None or decoded(encoded(text)) == text


@few
@given(st.sampled_from([*sorted(MAKERS), "STAFF_ID"]), st.text(max_size=20))
def test_any_text_has_a_marker_of_the_exact_shape_or_none(entity, surface):
    made = Markers(ZONE).within(entity, surface, People(), "표지")
    if made is not None:
        assert re.fullmatch(SHAPE, made[0])
        assert ProjectTexts(ONE).rewrite(made[0]) == ProjectTexts(ONE).rewrite(made[0])


# -- surrogates of a project ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("entity", "surface"), VALUES)
def test_one_project_gets_one_surrogate_and_another_project_another(entity, surface):
    word = {"PERSON": "이름"}.get(entity, entity)
    text = marker(entity, surface, word=word)
    assert ProjectTexts(ONE).rewrite(text) == ProjectTexts(ONE).rewrite(text)
    made = {ProjectTexts(bytes([key]) * 32).rewrite(text) for key in range(12)}
    assert len(made) > (2 if entity == "AGE" else 4)
    assert not any(token(ZONE, entity, surface) in each for each in made)


def test_a_person_keeps_gender_and_syllables_and_is_one_however_written():
    whole = ProjectTexts(ONE).rewrite(marker("PERSON", "김미영"))
    assert len(whole) == 3
    assert gender_of(whole[1:]) == "f"
    assert ProjectTexts(ONE).rewrite(marker("PERSON", "김 미영")) == f"{whole[0]} {whole[1:]}"
    assert ProjectTexts(ONE).rewrite(marker("PERSON", "김미영", word="name")) == whole


def test_a_part_of_a_name_becomes_that_part_of_the_surrogate():
    people = People()
    people.meet({canonical("PERSON", name): name for name in ("김하늘", "하늘", "김○늘", "하늘이")})
    whole = ProjectTexts(ONE).rewrite(marker("PERSON", "김하늘", people))
    texts = [ProjectTexts(ONE).rewrite(marker("PERSON", part, people)) for part in ("하늘", "김○늘", "하늘이")]
    assert texts == [whole[1:], f"{whole[0]}○{whole[2]}", whole[1:] + "이"]


@few
@given(st.binary(min_size=32, max_size=32), st.sampled_from(["김하늘", "박지수", "최민준", "이영희"]))
def test_particles_fit_the_surrogate(key, name):
    word = Markers(ZONE).within("PERSON", name, People(), "이름")
    assert word is not None
    written, fits = word
    for after_consonant, after_vowel in (("이", "가"), ("은", "는"), ("을", "를"), ("과", "와")):
        closed = (ord(fits[-1]) - 0xAC00) % 28 > 0
        text = f"{written}{after_consonant if closed else after_vowel} 왔다"
        made = ProjectTexts(key).rewrite(text).removesuffix(" 왔다")
        assert made[-1] == (after_consonant if (ord(made[-2]) - 0xAC00) % 28 else after_vowel)


def test_tokens_get_the_projects_own_and_the_same_whatever_their_label():
    known = token(ZONE, "PERSON", "김하늘")
    one, other = (ProjectTexts(key).rewrite(f"<이름:{known}>이 <name:{known}>") for key in (ONE, OTHER))
    first, second = re.findall("[a-z0-9]{12}", one)
    assert first == second != known
    assert re.fullmatch(SHAPE + "이 " + SHAPE.replace("이름", "name"), one)
    assert not set(re.findall("[a-z0-9]{12}", one)) & set(re.findall("[a-z0-9]{12}", other))


def test_a_marker_that_says_nothing_leaves_as_a_token_and_never_under_the_zones_key():
    for broken in ("<이름:ab1cd2ef3gh4:z>", "<이름:ab1cd2ef3gh4:kzzz>", "<이름:ab1cd2ef3gh4:a:z>"):
        assert re.fullmatch("<이름:(?!ab1cd2ef3gh4)[a-z0-9]{12}>", ProjectTexts(ONE).rewrite(broken))


def test_a_column_is_rewritten_by_unique_text_and_everything_else_stays():
    asked = []

    class Counting(ProjectTexts):
        def rewrite(self, text: str) -> str:
            asked.append(text)
            return super().rewrite(text)

    text = f"앞 {marker('PERSON', '김하늘')} 뒤 <이름1>"
    column = pa.array([text, None, "없음", text, ""], pa.string())
    for values in (column, column.dictionary_encode(), pa.chunked_array([column])):
        out = project_texts(values, Counting(ONE)).to_pylist()
        assert out[1:3] == [None, "없음"]
        assert out[4] == ""
        assert out[0] == out[3]
        assert re.fullmatch("앞 [가-힣]{3} 뒤 <이름1>", out[0])
    assert asked == [text] * 3
    assert project_texts(pa.nulls(2, pa.string()), ProjectTexts(ONE)).to_pylist() == [None, None]


# -- what is left -----------------------------------------------------------------------------------------------------


class Greedy:
    """Finds every word."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def detect(self, texts):
        self.shown += texts
        return [[Span(*found.span(), "PERSON", 0.9) for found in re.finditer(r"\S+", text)] for text in texts]


def test_labels_tokens_and_markers_are_nobody_and_what_stands_beside_them_is_found():
    detector = Greedy()
    text = f"<이름1>에게 {marker('PERSON', '김하늘')}씨가, 이두리 <이름:ab1cd2ef3gh4>박세나 <사번2>"
    (spans,) = Leftover(detector).detect([text])
    assert [text[span.start : span.end] for span in spans] == ["이두리", "박세나", "<사번2>"]
    assert detector.shown == ["<이름1>에게 <이름1>씨가, 이두리 <이름1>박세나 <사번2>"]
    (spans,) = Leftover(detector, {"STAFF": ("사번", "staff")}).detect(["<사번2> <이름1>"])
    assert len(spans) == 1


def test_a_label_nobody_gave_hides_nothing():
    text = "<010-2345-6789:ab1cd2ef3gh4>"
    assert Leftover(Greedy()).detect([text]) == [[Span(0, len(text), "PERSON", 0.9)]]


@few
@given(st.lists(st.sampled_from(["가", "나 ", "<이름:ab1cd2ef3gh4>", "<url:ab1cd2ef3gh4:kaaa>"]), max_size=6))
def test_places_in_a_shortened_text_are_found_again(pieces):
    text = "".join(pieces)
    short = shortened(text)
    assert len(short.text) <= len(text)
    for found in re.finditer("[가나]", short.text):
        place = short.back(Span(*found.span(), "PERSON", 0.9))
        assert text[place.start : place.end] == found.group()
    whole = short.back(Span(0, len(short.text), "PERSON", 0.9))
    assert (whole.start, whole.end) == (0, len(text))
    for start, end, *place in short.places:
        inside = short.back(Span(start + 1, end - 1, "PERSON", 0.9))
        assert [inside.start, inside.end] == place


def test_a_text_without_markers_is_shown_as_it_is():
    span = Span(1, 2, "PERSON", 0.9)
    assert shortened("그 사람 <이름1>") == Shortened("그 사람 <이름1>")
    assert Shortened("abc").back(span) is span
