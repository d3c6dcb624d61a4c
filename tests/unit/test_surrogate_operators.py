"""The operators in Presidio's own engine."""

import re

import pytest
from presidio_analyzer import RecognizerResult
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig

from pseudonymize.surrogates.keyed import token
from pseudonymize.surrogates.make import Surrogates
from pseudonymize.surrogates.operators import OneDocument, configure, register

KEY = b"k" * 32
# Presidio joins neighbours of one kind that only white space parts: hence the commas.
TEXT = "김하늘, 이두리, 김 하늘, 하늘, 010-2345-6789"
WORDS = {"김하늘": "PERSON", "이두리": "PERSON", "김 하늘": "PERSON", "010-2345-6789": "PHONE_NUMBER"}


def found(text: str) -> list[RecognizerResult]:
    pattern = "|".join([*map(re.escape, WORDS), "하늘(?=, 0)"])
    return [
        RecognizerResult(WORDS.get(each.group(), "PERSON"), each.start(), each.end(), 0.9)
        for each in re.finditer(pattern, text)
    ]


@pytest.fixture(scope="module")
def engine() -> AnonymizerEngine:
    return register(AnonymizerEngine())


def anonymized(engine, methods, **more) -> str:
    results = found(TEXT)
    return engine.anonymize(TEXT, results, operators=configure(TEXT, results, methods, **more)).text


def test_labels_are_numbered_from_the_beginning(engine):
    assert anonymized(engine, {}) == "<이름1>, <이름2>, <이름1>, <이름1>, <전화번호1>"
    assert anonymized(engine, {}, language="en") == "<name1>, <name2>, <name1>, <name1>, <phone1>"


def test_surrogates_are_those_of_redaction(engine):
    surrogates = Surrogates(KEY)
    person, other = (surrogates.of("PERSON", name) for name in ("김하늘", "이두리"))
    phone = surrogates.of("PHONE_NUMBER", "010-2345-6789")
    text = anonymized(engine, {"DEFAULT": "surrogate"}, key=KEY)
    assert text == f"{person}, {other}, {person[0]} {person[1:]}, {person[1:]}, {phone}"


def test_each_entity_has_its_own_operator(engine):
    text = anonymized(engine, {"PERSON": "token", "PHONE_NUMBER": "label"}, key=KEY)
    one, two = token(KEY, "PERSON", "김하늘"), token(KEY, "PERSON", "이두리")
    assert text == f"<이름:{one}>, <이름:{two}>, <이름:{one}>, <이름:{one}>, <전화번호1>"


def test_operators_work_by_name_beside_presidios_own(engine):
    operators = {
        "PERSON": OperatorConfig("surrogate", {"key": KEY}),
        "PHONE_NUMBER": OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": 4, "from_end": True}),
    }
    text = engine.anonymize("김하늘 010-2345-6789", found("김하늘 010-2345-6789"), operators=operators).text
    assert text == f"{Surrogates(KEY).of('PERSON', '김하늘')} 010-2345-****"


def test_what_has_no_surrogate_becomes_stars(engine):
    result = [RecognizerResult("KR_RRN", 0, 6, 0.9)]
    config = {"KR_RRN": OperatorConfig("surrogate", {"key": KEY, "document": OneDocument()})}
    assert engine.anonymize("●●●●●●", result, operators=config).text == "******"


@pytest.mark.parametrize("name", ["surrogate", "keyed_token"])
@pytest.mark.parametrize("key", [None, b"short", "k" * 32])
def test_a_key_that_is_none_is_refused(engine, name, key):
    with pytest.raises(ValueError, match="32 bytes"):
        engine.anonymize("김하늘", found("김하늘"), operators={"PERSON": OperatorConfig(name, {"key": key})})


def test_a_document_that_is_none_is_refused(engine):
    config = OperatorConfig("typed_label", {"document": "김하늘"})
    with pytest.raises(TypeError, match="OneDocument"):
        engine.anonymize("김하늘", found("김하늘"), operators={"PERSON": config})
