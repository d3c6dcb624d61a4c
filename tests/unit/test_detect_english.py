"""English text: names by weighing evidence, places and addresses, and what Presidio finds well."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.detect.detector import Detector
from pseudonymize.document.document import Document
from pseudonymize.names import english as english_module
from pseudonymize.names import english_lexicon, english_model
from pseudonymize.names.english import EnglishName
from pseudonymize.names.english_places import addresses
from pseudonymize.names.english_runs import with_capitals

DATA = Path(os.environ.get("SAFEZONE_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def english() -> Detector:
    return Detector.default("en")


@pytest.fixture(scope="module")
def korean() -> Detector:
    return Detector.default("ko")


def _found(detector: Detector, text: str, entity: str = "PERSON") -> list[str]:
    return [text[s.start : s.end] for s in detector.detect([text])[0] if s.entity == entity]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My name is Oluwaseun Adebayo.", ["Oluwaseun Adebayo"]),
        ("Dear Ms. Okonkwo, thank you for your letter.", ["Okonkwo"]),
        ("Hi Priyanka,\n\nCan you call Tom about the invoice?\n\nThanks,\nMarta", ["Priyanka", "Tom", "Marta"]),
        ("The nurse spoke to Xiuying Li yesterday.", ["Xiuying Li"]),
        ("Anna's mother signed the form.", ["Anna"]),
        ("Please ask J. R. Smith Jr. whether he agrees.", ["J. R. Smith Jr."]),
        ("Maria van der Berg and Seo-yeon Park are getting married.", ["Maria van der Berg", "Seo-yeon Park"]),
        ("They had six: Ruth, Karim, Ingrid, Diego, Aiko and Bill.", ["Ruth", "Karim", "Ingrid", "Diego", "Aiko", "Bill"]),
        ("my name is john smith and i live in houston", ["john smith"]),
        ("PATIENT: JOHN SMITH", ["JOHN SMITH"]),
        ("I am writing on behalf of Siobhan O'Sullivan.", ["Siobhan O'Sullivan"]),
        ("Ivan: Who are you?\nOlga: I'm Ivan's aunt.", ["Ivan", "Olga", "Ivan"]),
    ],
)  # fmt: skip
def test_names(english: Detector, text: str, names: list[str]) -> None:
    assert _found(english, text) == names


@pytest.mark.parametrize(
    "text",
    [
        "How do I open my credit card statement?",
        "CAN I SPEAK TO A REAL PERSON?!?!",
        "Capitalized words like Wisdom and Discipline are often mistaken.",
        "We will meet in April or May, on a Sunday after Easter.",
        "Open Settings, choose Network, then click Advanced Options and press Apply.",
        "The Ministry of Finance and the Supreme Court disagree.",
        "Our Dutch neighbours moved to Paris and then to Buenos Aires.",
        "They live at 12 Oak Street, Springfield, IL 62701.",
        "See https://example.com/John/Smith or john.smith@example.com",
        "from tools import ArgumentParser",
    ],
)
def test_no_names(english: Detector, text: str) -> None:
    assert _found(english, text) == []


def test_a_name_once_certain_is_found_again(english: Detector) -> None:
    text = "My name is Tallulah Wexford. The report says Wexford left at noon."
    assert _found(english, text) == ["Tallulah Wexford", "Wexford"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Send it to 123 Main Street, Apt 4B, Springfield, IL 62701 please.", "123 Main Street, Apt 4B, Springfield, IL 62701"),
        ("5423 Garcia Light\nWest Melanie, AK 06196", "5423 Garcia Light\nWest Melanie, AK 06196"),
        ("I once lived at 12 Baker Street, London NW1 6XE.", "12 Baker Street, London NW1 6XE"),
        ("PSC 4115, Box 7815\nAPO AA 41945", "PSC 4115, Box 7815\nAPO AA 41945"),
        ("We moved here from Nairobi.", "Nairobi"),
        ("My zip code is 62701", "62701"),
    ],
)  # fmt: skip
def test_places(english: Detector, text: str, place: str) -> None:
    assert place in _found(english, text, "LOCATION")


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("Here's my SSN: 536-90-4399", "US_SSN", "536-90-4399"),
        ("my iban is gb29nwbk60161331926819", "IBAN_CODE", "gb29nwbk60161331926819"),
        ("Call me at (415) 555-0132 x204 today", "PHONE_NUMBER", "(415) 555-0132 x204"),
        ("Office: 001-212-555-0187", "PHONE_NUMBER", "001-212-555-0187"),
        ("Please call 2125550187", "PHONE_NUMBER", "2125550187"),
        ("call +44 20 7946 0958 please", "PHONE_NUMBER", "+44 20 7946 0958"),
        ("my card 676396407071 is lost", "CREDIT_CARD", "676396407071"),
        ("My driver's license number is D1234567", "US_DRIVER_LICENSE", "D1234567"),
    ],
)  # fmt: skip
def test_identifiers_presidio_knows(english: Detector, text: str, entity: str, value: str) -> None:
    assert _found(english, text, entity) == [value]


def test_a_code_without_its_label_is_no_licence(english: Detector) -> None:
    assert _found(english, "The part D1234567 is out of stock", "US_DRIVER_LICENSE") == []


def test_english_within_korean(korean: Detector) -> None:
    text = "아래와 같이 문의드립니다.\nDear Sir, my name is Olivia Bennett and I live in Busan.\n감사합니다."
    assert _found(korean, text) == ["Olivia Bennett"]


def test_products_within_korean_ask_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(texts: object) -> None:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(english_module.model, "entities", fail)
    texts = [
        "삼성 Galaxy S24와 Microsoft Office를 샀습니다.",
        "링크: https://example.com/watch?v=Abc Def 참고하세요.",
    ]
    assert EnglishName(supported_language="ko").candidates([Document(text) for text in texts]) == [[], []]


def test_offsets_are_those_of_the_original(english: Detector) -> None:
    text = "\ufeffMy name\u200b is Ｊｏｈｎ\u00a0Ｓｍｉｔｈ."
    assert _found(english, text) == ["Ｊｏｈｎ\u00a0Ｓｍｉｔｈ"]


def test_works_as_a_presidio_recognizer() -> None:
    results = EnglishName(supported_language="en").analyze(
        "I met Dr. Maria Lopez in Paris.", ["PERSON", "LOCATION"]
    )
    assert {(r.start, r.end, r.entity_type) for r in results} == {(10, 21, "PERSON"), (25, 30, "LOCATION")}


def test_the_digest_names_the_model() -> None:
    identity = EnglishName(supported_language="en").identity()
    assert identity["model"] == english_model.DISTRIBUTION
    assert identity["model_version"] == "3.8.0"
    assert identity["lists"] and identity["weights"]


def test_words_and_names() -> None:
    assert all(map(english_lexicon.ordinary, ["card", "moved", "cities", "began", "don't"]))
    assert not any(map(english_lexicon.ordinary, ["smith", "o'brien", "paris", "kowalski", "mark"]))
    assert english_lexicon.given("jean-luc") and english_lexicon.surname("o'sullivan")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_capitals_keep_offsets(text: str) -> None:
    assert len(with_capitals(text)) == len(text)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["John", "Smith", "12", "Main", "Street", "of", ",", "\n", "IL", "62701", "said", "홍길동", "."]
        ),
        max_size=30,
    )
)
def test_spans_lie_within_the_text_and_apart(words: list[str]) -> None:
    text = " ".join(words)
    found = sorted(
        (c.start, c.end) for c in EnglishName("en").candidates([Document(text)])[0] if c.entity == "PERSON"
    )
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))


def test_long_texts_are_cut_between_words(english: Detector) -> None:
    text = "The committee met again and nothing was decided. " * 300 + "Then Maria Lopez spoke."
    assert _found(english, text) == ["Maria Lopez"]
    assert list(addresses("1 Aa Bb Cc\n" * 3000)) is not None


def test_templates_of_the_presidio_project(english: Detector) -> None:
    path = DATA / "english-pii" / "templates.txt"
    if not path.exists():
        pytest.skip("the templates are not on this machine")
    fake = Faker("en_US")
    fake.seed_instance(20)
    people = {"person": "name", "name": "name", "first_name": "first_name", "last_name": "last_name"}
    texts, gold = [], []
    for template in path.read_text("utf-8", errors="replace").splitlines():
        line = template.replace("\\n", "\n")
        slots = set(re.findall(r"\{\{(\w+)\}\}", line))
        if slots - {*people, "city", "email", "phone_number", "country"}:
            continue
        text, spans, done = "", set(), 0
        for match in re.finditer(r"\{\{(\w+)\}\}", line):
            text += line[done : match.start()]
            kind = match.group(1)
            value = (
                f"{fake.first_name()} {fake.last_name()}"
                if people.get(kind) == "name"
                else str(getattr(fake, kind)())
            )
            if kind in people:
                spans.add((len(text), len(text) + len(value)))
            text, done = text + value, match.end()
        texts.append(text + line[done:])
        gold.append(spans)
    found = [{(s.start, s.end) for s in spans if s.entity == "PERSON"} for spans in english.detect(texts)]
    hits = sum(len(one & other) for one, other in zip(found, gold, strict=True))
    assert hits / sum(map(len, gold)) > 0.9
    assert hits / sum(map(len, found)) > 0.85


def test_answers_are_the_same_in_every_process() -> None:
    program = (
        "from pseudonymize import Detector;"
        "print(Detector.default('ko').detect(['공사로 교통이 혼잡합니다.\\n계약자 OLIVIA PARK (S799P1215)\\n일대']))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "3")
    }
    assert len(answers) == 1
