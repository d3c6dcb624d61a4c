"""Made-up text: spans point at what they say, the two parts share nothing, the same seed gives the same text."""

import itertools
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.names.training import people, values, words
from pseudonymize.names.training.generate import documents, sentences
from pseudonymize.names.training.particles import particle
from pseudonymize.names.training.splits import split_of
from pseudonymize.names.training.templates import templates

SHAPES = {
    "KR_RRN": r"[0-9]{6}-[0-9]([0-9]{6}|\*{6})",
    "EMAIL_ADDRESS": r"[^@\s]+@[^@\s]+",
    "IP_ADDRESS": r"[0-9]{1,3}(\.[0-9]{1,3}){3}",
    "KR_BRN": r"[0-9]{3}-[0-9]{2}-[0-9]{5}",
    "CREDIT_CARD": r"[0-9]{4}([- ][0-9]{4}){3}",
    "KR_POSTAL_CODE": r"[0-9]{5}",
    "PERSON": r"[가-힣A-Za-z][가-힣A-Za-z .,·-]*",
}


@pytest.mark.parametrize("make", [sentences, documents])
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_spans_point_at_what_they_say(make, split) -> None:
    seen = set()
    for text, spans in make(split, 400, 3):
        assert "{" not in text and "}" not in text and "[[" not in text
        assert spans == sorted(spans)
        for before, after in itertools.pairwise(spans):
            assert before.end <= after.start
        for span in spans:
            value = text[span.start : span.end]
            assert value and value == value.strip()
            assert re.fullmatch(SHAPES.get(span.entity, r".+"), value), span.entity
            seen.add(span.entity)
    assert {"PERSON", "PHONE_NUMBER", "KR_ADDRESS"} <= seen


def test_every_template_can_be_filled() -> None:
    slots = {
        *values.PERSONAL,
        *values.PLAIN,
        "PER",
        "SUR",
        "GIVEN",
        "SPACED",
        "FOR",
        "EN",
        "NAMES",
        "T",
        "BODY",
        "NEG",
    }
    slots |= {
        "NOUN",
        "COMPANY",
        "TOPIC",
        "ADV",
        "ORG",
        "DEPT",
        "ROLE",
        "FIELD",
        "TITLE",
        "TITLE_OF_OFFICE",
        "HELLO",
        "LAW",
        "TAB",
    }
    for split in ("train", "heldout"):
        known = templates(split)
        for template in (*known.nobody, *known.documents, *(text for group in known.people for text in group)):
            assert set(re.findall(r"\{([A-Z_]+)[0-9]?\}", template)) <= slots, template


def test_templates_without_people_have_no_slot_for_one() -> None:
    for split in ("train", "heldout"):
        assert not [
            text for text in templates(split).nobody if re.search(r"\{(?:PER|SUR|GIVEN|SPACED|FOR|EN|NAMES)", text)
        ]


def test_templates_with_people_have_one() -> None:
    for split in ("train", "heldout"):
        for group in templates(split).people:
            assert not [text for text in group if not re.search(r"\{(?:PER|SUR|GIVEN|SPACED|FOR|EN|NAMES)", text)]


def test_the_parts_share_no_template() -> None:
    train, heldout = templates("train"), templates("heldout")
    assert not set(train.nobody) & set(heldout.nobody)
    assert not set(train.documents) & set(heldout.documents)
    for ours, theirs in zip(train.people, heldout.people, strict=True):
        assert ours and theirs and not set(ours) & set(theirs)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_parts_share_no_given_name(seed: int) -> None:
    for make in (people.korean, people.foreign, people.roman):
        for split in ("train", "heldout"):
            assert split_of(make(random.Random(seed), split).given) == split


def test_all_kinds_of_names_occur() -> None:
    rng = random.Random(1)
    kinds = {people.korean(rng, "train").kind for _ in range(2000)}
    assert kinds == {"korean", "native", "single", "long", "compound"}
    assert {people.foreign(rng, "train").kind for _ in range(300)} | {"roman"} == people.NATIONS


def test_common_surnames_are_common() -> None:
    rng = random.Random(1)
    drawn = [people.surname(rng) for _ in range(3000)]
    assert 0.15 < drawn.count("김") / len(drawn) < 0.25
    assert len(set(drawn)) > 90


def test_spaced_names_keep_their_syllables() -> None:
    rng = random.Random(1)
    person = people.Person("남궁", "하늘", "남궁하늘", "compound")
    assert {people.spaced(person, rng).replace(" ", "") for _ in range(20)} == {"남궁하늘"}


@pytest.mark.parametrize("make", [sentences, documents])
def test_the_same_seed_gives_the_same_text(make) -> None:
    assert list(make("train", 40, 7)) == list(make("train", 40, 7))
    assert list(make("train", 40, 7)) != list(make("train", 40, 8))


def test_more_text_begins_like_less() -> None:
    assert list(sentences("train", 30, 5)) == list(sentences("train", 60, 5))[:30]


def test_nearly_half_of_the_sentences_hold_no_person() -> None:
    empty = sum(not any(span.entity == "PERSON" for span in spans) for _, spans in sentences("train", 1000, 2))
    assert 380 < empty < 520


@pytest.mark.parametrize(
    ("word", "pair", "fitting"),
    [
        ("김하늘", ("이", "가"), "이"),
        ("박서우", ("은", "는"), "는"),
        ("이슬", ("으로", "로"), "로"),
        ("한민", ("으로", "로"), "으로"),
        ("표(3", ("을", "를"), "을"),
        ('"최윤"', ("과", "와"), "과"),
    ],
)
def test_particles_fit_the_sound(word: str, pair: tuple[str, str], fitting: str) -> None:
    assert particle(word, *pair) == fitting


def test_check_digits_hold() -> None:
    rng = random.Random(4)
    for _ in range(50):
        digits = [int(digit) for digit in values.card(rng) if digit.isdigit()]
        doubled = [d if at % 2 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits)]
        assert sum(doubled) % 10 == 0
        brn = [int(digit) for digit in values.brn(rng).replace("-", "")]
        weighted = sum(d * w for d, w in zip(brn, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False)) + brn[8] * 5 // 10
        assert (weighted + brn[9]) % 10 == 0


def test_word_lists_have_no_empty_words() -> None:
    assert all(word.strip() for word in (*words.NOUNS, *words.TITLES, *words.ROLES))
