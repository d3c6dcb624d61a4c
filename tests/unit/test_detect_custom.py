"""Recognizers, deny lists and allow lists of stewards: what they find, what they let through, and that none can hang."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudonymize.detect import rules as plain
from pseudonymize.detect.custom import CustomRecognizer, RuledDetector
from pseudonymize.detect.explain import explain
from pseudonymize.detect.matching import (
    LONGEST,
    PARTICLES,
    WINDOW,
    RegexError,
    Words,
    compile_regex,
    stretches,
)
from pseudonymize.detect.rules import DetectionRules, RecognizerRule, problems
from pseudonymize.document.normalise import normalise
from pseudonymize.recognizers.base import THRESHOLD
from pseudonymize.recognizers.contact import Phone
from pseudonymize.recognizers.registration import ResidentNumber
from pseudonymize.spans import Candidate

NUMBER = {
    "name": "보훈번호",
    "supported_entity": "KR_VETERANS_NUMBER",
    "label": {"ko": "보훈번호", "en": "veterans number"},
    "patterns": [{"name": "two and six", "regex": r"\b(?P<v>\d{2}-\d{6})\b", "score": 0.3}],
    "context": ["보훈번호", "국가 유공자"],
    "context_window": 12,
}
RRN = "900101-1234568"


def detector(recognizers=(), allow_lists=(), language: str = "ko") -> RuledDetector:
    rules = DetectionRules.from_dict({"recognizers": recognizers, "allow_lists": allow_lists})
    return RuledDetector([Phone(), ResidentNumber()], language, rules)


def found(of: RuledDetector, text: str) -> list[tuple[str, str]]:
    return [(text[item.start : item.end], item.entity) for item in of.search([text])[0]]


def denying(*words: str, entity: str = "PERSON", **more) -> dict:
    return {"name": "deny", "supported_entity": entity, "deny_list": list(words), **more}


# -- patterns and context -------------------------------------------------------------------------------------


def test_a_number_counts_beside_its_context_only():
    of = detector([NUMBER])
    assert found(of, "보훈번호는 12-345678입니다") == [("12-345678", "KR_VETERANS_NUMBER")]
    assert found(of, "관리비 12-345678원") == []
    assert found(of, "12-345678 (국가유공자)") == [("12-345678", "KR_VETERANS_NUMBER")]  # behind it, spaces aside
    assert found(of, "보훈번호" + "가" * 12 + "12-345678") == []  # too far away


def test_the_text_is_normalised_and_the_offsets_are_the_originals():
    text = "보훈번호 １２\u200b－３４５６７８ 확인"
    (hit,) = detector([NUMBER]).search([text])[0]
    assert text[hit.start : hit.end] == "１２\u200b－３４５６７８"
    assert (hit.recognizer, hit.reason, hit.score) == ("보훈번호", "two and six + 보훈번호", 0.65)


def test_a_context_word_lifts_a_score_as_presidio_does():
    of = detector([NUMBER | {"patterns": [{"name": "p", "regex": r"\d{2}-\d{6}", "score": 0.9}]}])
    scores = [of.search([text])[0][0].score for text in ("12-345678", "보훈번호 12-345678")]
    assert scores == [0.9, 1.0]


def test_the_detector_and_presidio_find_the_same():
    text = "보훈번호 12-345678"
    recognizer = CustomRecognizer(DetectionRules.from_dict({"recognizers": [NUMBER]}).recognizers[0])
    (result,) = recognizer.analyze(text, ["KR_VETERANS_NUMBER"])
    assert (result.start, result.end, result.entity_type) == (5, 14, "KR_VETERANS_NUMBER")
    assert plain.THRESHOLD == THRESHOLD


def test_a_recognizer_of_one_language_is_not_in_the_other():
    english = NUMBER | {"supported_languages": ["en"]}
    assert found(detector([english]), "보훈번호 12-345678") == []
    assert found(detector([english], language="en"), "보훈번호 12-345678") != []


# -- deny lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("흰수염상사께서는 오심", "흰수염상사"),
        ("흰수염 상사님과", "흰수염 상사"),
        ("흰수염\n상사", "흰수염\n상사"),
        ("(흰수염상사)", "흰수염상사"),
        ("흰수염상사010-1234", "흰수염상사"),
        ("ABC  Corp의 직원", "ABC  Corp"),
        ("abc corp.", "abc corp"),
        ("ＡＢＣ Ｃｏｒｐ", "ＡＢＣ Ｃｏｒｐ"),
    ],
)
def test_a_word_is_found_as_people_write_it(text, hit):
    assert found(detector([denying("흰수염 상사", "ABC Corp")]), text) == [(hit, "PERSON")]


@pytest.mark.parametrize("text", ["검은흰수염상사", "흰수염상사촌", "XABC Corp", "ABC Corps", "흰수염"])
def test_a_part_of_another_word_is_not_the_word(text):
    assert found(detector([denying("흰수염 상사", "ABC Corp")]), text) == []


def test_words_side_by_side_and_a_word_inside_a_phrase_that_fails_are_all_found():
    assert found(detector([denying("가람", "나루")]), "가람 나루,가람") == [
        ("가람", "PERSON"),
        ("나루", "PERSON"),
        ("가람", "PERSON"),
    ]
    # "나루 가람" fails on its left side; "가람" within it still stands alone.
    assert found(detector([denying("나루 가람", "가람")]), "하나루 가람") == [("가람", "PERSON")]


@given(st.sampled_from(PARTICLES), st.sampled_from(["", " ", ".", ",", "\n", ")"]))
def test_every_particle_may_follow_and_stays(particle, end):
    word = "누리봄"
    assert list(Words([word]).spans(f"{word}{particle}{end}")) == [(0, len(word))]


@given(st.text(max_size=60))
def test_a_word_put_between_blanks_is_found_in_any_text(around):
    text = normalise(f"{around} 누리봄 {around}").text
    spans = [text[start:end] for start, end in Words(["누리봄"]).spans(text)]
    assert "누리봄" in spans


# -- allow lists -----------------------------------------------------------------------------------------------


def test_exact_lets_through_the_word_itself_and_no_more():
    of = detector(
        [denying("다른", entity="ORGANISATION", label={"ko": "기관", "en": "organisation"}), LEE],
        [{"name": "allow", "values": ["이하늘"]}],
    )
    assert found(of, "이하늘 과장") == []
    assert found(of, "이하늘빛 과장") == [("이하늘빛", "PERSON")]


LEE = {
    "name": "lee",
    "supported_entity": "PERSON",
    "patterns": [{"name": "p", "regex": "이하늘[빛솔]?", "score": 0.9}],
}


def test_word_lets_through_what_lies_within_the_phrase():
    of = detector([LEE], [{"name": "allow", "values": ["이하늘 기념관"], "match": "word"}])
    assert found(of, "이하늘기념관에서 이하늘을 만남") == [("이하늘", "PERSON")]
    assert [item.by for item in of.allowed("이하늘 기념관에서")] == ["allow"]


def test_regex_lets_through_what_lies_within_its_match():
    shape = {
        "name": "shape",
        "values": [r"\b1[A-Z]{2}-\d{3}-\d{4}-\d{4}\b"],
        "match": "regex",
        "entities": ["PHONE_NUMBER"],
    }
    assert found(detector([], [shape]), "접수 1AA-010-2345-6789") == []
    assert found(detector([], [shape]), "전화 010-2345-6789") == [("010-2345-6789", "PHONE_NUMBER")]


def test_a_registration_number_is_let_through_only_by_a_list_that_names_it():
    unnamed = {"name": "allow", "values": [RRN]}
    assert found(detector([], [unnamed]), RRN) == [(RRN, "KR_RRN")]
    assert found(detector([], [unnamed | {"entities": ["PERSON"]}]), RRN) == [(RRN, "KR_RRN")]
    assert found(detector([], [unnamed | {"entities": ["KR_RRN"]}]), RRN) == []


@given(st.sampled_from(["KR_RRN", "KR_FRN", "PHONE_NUMBER", "KR_BANK_ACCOUNT", "CREDIT_CARD", "KR_PASSPORT"]))
def test_no_list_without_entities_touches_an_identifier(entity):
    everything = {"name": "all", "values": ["[0-9-]{3,30}"], "match": "regex"}
    of = detector([], [everything])
    assert of.allow_lists[0].lets_through("123-456-789", [Candidate(0, 11, entity, 1.0, "r", "p")]) == []


def test_a_deny_list_wins_over_every_allow_list():
    of = detector([denying("누리봄")], [{"name": "allow", "values": ["누리봄"], "entities": ["PERSON"]}])
    assert found(of, "누리봄") == [("누리봄", "PERSON")]


# -- what a wrong rule is told --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regex", "en", "ko"),
    [
        (r"(?<=번호 )\d+", "lookbehind", "탐색"),
        (r"\d+(?!원)", "lookahead", "탐색"),
        (r"(-|\.)\d\1", "backreferences", "역참조"),
        (r"(?P<a>-)\d(?P=a)", "backreferences", "역참조"),
        (r"\d++", "possessive", "소유형"),
        (r"\d{2000}", "at most 1000", "1000 이하"),
        (r"\d*", "empty text", "빈 문자열"),
        (r"[가", "does not take it", "받아들이지"),
    ],
)
def test_an_expression_re2_does_not_take_says_what_to_write_instead(regex, en, ko):
    with pytest.raises(RegexError) as caught:
        compile_regex(regex)
    assert en in caught.value.en and ko in caught.value.ko


@pytest.mark.parametrize(
    ("change", "place", "en"),
    [
        ({"patterns": [], "deny_list": []}, (), "patterns"),
        ({"supported_entity": "veterans"}, ("supported_entity",), "capitals"),
        ({"patterns": [{"name": "p", "regex": "a", "score": 2.0}]}, ("patterns", 0, "score"), "score"),
        ({"context": []}, ("patterns", 0, "score"), "never"),
        ({"deny_list": ["가"]}, ("deny_list", 0), "characters"),
        ({"deny_list": ["가나"], "deny_list_score": 0.2}, ("deny_list_score",), "never"),
        ({"label": {"ko": "<이름1>", "en": "x"}}, ("label", "ko"), "letters"),
        ({"context_window": 0}, ("context_window",), "between"),
        ({"examples": {"match": ["관리비 12-345678"]}}, ("examples", "match", 0), "nothing is found"),
        ({"examples": {"no_match": ["보훈번호 12-345678"]}}, ("examples", "no_match", 0), "something is found"),
    ],
)
def test_what_is_wrong_with_a_recognizer_is_said_with_its_place(change, place, en):
    import re

    with pytest.raises(ValueError, match=en):
        DetectionRules.from_dict({"recognizers": [NUMBER | change]})
    made = plain._made(DetectionRules, {"recognizers": [NUMBER | change]})
    first = next(iter(problems(made)))
    assert first.place == ("recognizers", 0, *place) and re.search(en, first.en) and first.ko


@pytest.mark.parametrize("regex", [r".+", r"[\s\S]{1,900}", r"(?s).*.", r"[^가]{0,5}가?.+"])
def test_an_allow_list_that_allows_everything_is_refused(regex):
    with pytest.raises(ValueError, match="every text"):
        DetectionRules.from_dict({"allow_lists": [{"name": "all", "values": [regex], "match": "regex"}]})


@pytest.mark.parametrize("values", [{"recognizer": []}, {"recognizers": [{"name": "x"}]}, {"recognizers": ["x"]}])
def test_plain_values_of_another_shape_are_refused(values):
    with pytest.raises(ValueError, match="key"):
        DetectionRules.from_dict(values)


# -- nothing hangs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regex", [r"(a+)+b", r"(a|a)*b", r"(.*a){12}b", r"a[^b]*b|c"])
def test_expressions_that_hang_elsewhere_do_not_hang_here(regex):
    started = time.perf_counter()
    assert list(stretches(compile_regex(regex), "a" * 100_000)) == []
    assert time.perf_counter() - started < 5


@given(st.integers(WINDOW - LONGEST - 40, WINDOW * 3), st.integers(1, LONGEST - 10), st.sampled_from("가 \n"))
def test_a_value_across_two_windows_is_found_whole(at, length, filler):
    text = filler * at + "<" + "7" * length + ">" + filler * WINDOW
    assert set(stretches(compile_regex(r"<(?P<v>7+)>"), text)) == {(at + 1, at + 1 + length)}


def test_half_a_character_neither_stops_the_search_nor_shifts_it():
    text = "\ud800 보훈번호 12-345678"
    assert found(detector([NUMBER]), text) == [("12-345678", "KR_VETERANS_NUMBER")]


# -- digest and processes ---------------------------------------------------------------------------------------


def test_the_model_digest_covers_what_decides_and_nothing_else():
    base = detector([NUMBER], [{"name": "allow", "values": ["이하늘"]}]).digest
    assert detector([NUMBER | {"examples": {"match": ["보훈번호 12-345678"]}}], [{"name": "a", "values": ["이하늘"]}]).digest == base  # fmt: skip
    changes = (
        detector([NUMBER]),
        detector([NUMBER], [{"name": "allow", "values": ["이하늘", "이하솔"]}]),
        detector([NUMBER], [{"name": "allow", "values": ["이하늘"], "entities": ["KR_RRN"]}]),
        detector([NUMBER], [{"name": "allow", "values": ["이하늘"], "match": "word"}]),
        detector([NUMBER | {"context_window": 13}], [{"name": "allow", "values": ["이하늘"]}]),
        detector([NUMBER | {"deny_list": ["가나다"]}], [{"name": "allow", "values": ["이하늘"]}]),
        detector([NUMBER | {"label": {"ko": "번호", "en": "number"}}], [{"name": "allow", "values": ["이하늘"]}]),
    )
    digests = {base, *(each.digest for each in changes)}
    assert len(digests) == len(changes) + 1


def test_it_crosses_into_workers_and_finds_the_same_there():
    of = detector([NUMBER], [{"name": "allow", "values": ["이하늘"]}])
    text = "보훈번호 12-345678"
    of.search([text])
    copy = pickle.loads(pickle.dumps(of))
    assert copy.digest == of.digest and copy.search([text]) == of.search([text])
    assert copy.labels == {"KR_VETERANS_NUMBER": ("보훈번호", "veterans number")}


def test_rules_are_read_without_presidio_and_without_the_dictionary():
    code = (
        "import sys, pseudonymize.detect.rules; sys.exit(bool({'presidio_analyzer', 'mecab'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- explanations -----------------------------------------------------------------------------------------------


def test_an_explanation_says_why_what_lost_and_what_was_allowed():
    of = detector([NUMBER, LEE], [{"name": "allow", "values": ["이하늘 기념관"], "match": "word"}])
    text = f"연락처 010-2345-6789, 보훈번호 12-345678, 이하늘 기념관, 이하늘, 주민등록번호 {RRN}"
    explained = explain(of, text)
    said = {item.finding.entity: [why.ko for why in item.why] for item in explained.found}
    assert "곁에 이름표 ‘연락처’" in said["PHONE_NUMBER"]
    assert "곁에 이름표 ‘주민등록번호’" in said["KR_RRN"]
    assert "가까이에 ‘보훈번호’" in said["KR_VETERANS_NUMBER"][0]
    assert [(item.candidate.entity, item.by) for item in explained.allowed] == [("PERSON", "allow")]
    assert [item.finding for item in explained.found] == of.search([text])[0]


def test_what_lost_against_a_finding_is_shown_with_the_reason():
    weaker = RecognizerRule("weaker", "PERSON", (plain.PatternRule("p", r"\d{3}-\d{4}-\d{4}", 0.6),))
    of = RuledDetector([Phone()], "ko", DetectionRules((weaker,)))
    (item,) = explain(of, "연락처 010-2345-6789").found
    assert item.finding.entity == "PHONE_NUMBER"
    lost = [(loser.candidate.recognizer, loser.why.ko) for loser in item.lost]
    assert ("weaker", "점수가 낮음") in lost


def test_an_explanation_does_not_show_its_text_when_it_is_printed():
    assert "이하늘" not in repr(explain(detector(), "이하늘"))
