"""Redaction with a detector that finds what each example says, so that every step can be followed."""

import re

import pyarrow as pa
import pytest

from pseudonymize.findings import Findings
from pseudonymize.spans import Span
from pseudonymize.transform.spec import Redact
from pseudonymize.transform.text import LABELS, MAX_PASSES, redact


class Words:
    """Finds given words wherever they stand: word to entity."""

    def __init__(self, score: float = 0.9, **words: str) -> None:
        self.words = words
        self.score = score
        self.asked: list[int] = []

    def detect(self, texts):
        self.asked.append(len(texts))
        pattern = re.compile("|".join(map(re.escape, self.words)))
        return [
            [Span(*found.span(), self.words[found.group()], self.score) for found in pattern.finditer(text)]
            for text in texts
        ]


class Scripted:
    """Answers each pass with the spans of a list."""

    def __init__(self, *passes: list[Span]) -> None:
        self.passes = iter(passes)

    def detect(self, texts):
        spans = next(self.passes, [])
        return [list(spans) for _ in texts]


PEOPLE = {"김하나": "PERSON", "이두리": "PERSON", "010-1": "PHONE_NUMBER"}


def redacted(values, detector=None, **spec) -> list[str | None]:
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return redact(array, Redact(**spec), detector or Words(**PEOPLE), "메모")[0].to_pylist()


def test_labels_are_numbered_within_a_document():
    texts = ["김하나와 이두리, 다시 김하나: 010-1", "이두리만", None, ""]
    assert redacted(texts) == ["<이름1>와 <이름2>, 다시 <이름1>: <전화번호1>", "<이름1>만", None, ""]


def test_labels_in_english():
    assert redacted(["김하나 010-1"], language="en") == ["<name1> <phone1>"]


def test_every_entity_has_a_label_of_its_own_in_both_languages():
    for language in (0, 1):
        assert len({names[language] for names in LABELS.values()}) == len(LABELS)


def test_an_entity_without_a_label_is_named_itself():
    assert redacted(["김하나"], Words(김하나="STAFF_ID")) == ["<STAFF_ID1>"]


def test_spacing_does_not_make_another_surface():
    spans = [Span(0, 3, "PERSON", 0.9), Span(4, 9, "PERSON", 0.9)]
    assert redacted(["김하나 김 하 나"], Scripted(spans)) == ["<이름1> <이름1>"]


def test_a_label_that_the_data_holds_already_means_nobody_found():
    assert redacted(["<이름1>과 <이름3>, 김하나, 이두리"]) == ["<이름1>과 <이름3>, <이름2>, <이름4>"]


def test_a_label_in_the_data_hides_nothing():
    detector = Words(**PEOPLE, 이름1="PERSON")
    assert redacted(["<이름1> 김하나"], detector) == ["<<이름2>> <이름3>"]
    assert redacted(["<이름1 010-1> 김하나"]) == ["<이름1 <전화번호1>> <이름1>"]


def test_stars_keep_length_and_every_kind_of_white_space():
    spans = [Span(2, 11, "PERSON", 0.9)]
    before = "a 김\n하\t나\u3000이\r\nb"
    (after,) = redacted([before], Scripted(spans), replace="mask")
    assert after == "a *\n*\t*\u3000*\r\nb"
    assert len(after) == len(before)


def test_adjacent_spans_stay_two():
    spans = [Span(0, 3, "PERSON", 0.9), Span(3, 6, "PERSON", 0.9)]
    assert redacted(["김하나이두리!"], Scripted(spans)) == ["<이름1><이름2>!"]
    assert redacted(["김하나이두리!"], Scripted(spans), replace="mask") == ["******!"]


@pytest.mark.parametrize(
    "spans",
    [
        [Span(4, 7, "PERSON", 0.9), Span(0, 3, "PERSON", 0.9)],
        [Span(0, 3, "PERSON", 0.9), Span(4, 7, "PERSON", 0.9), Span(0, 3, "PERSON", 0.9)],
        [Span(0, 3, "PERSON", 0.9), Span(2, 7, "PERSON", 0.8)],
    ],
    ids=["out of order", "twice", "overlapping"],
)
def test_a_careless_detector_brings_nothing_back(spans):
    for replace in ("label", "mask"):
        (text,) = redacted(["김하나 이두리."], Scripted(spans), replace=replace)
        assert not set("김하나이두리") & set(text.replace("<이름", ""))
        assert text.endswith(".")


def test_only_the_entities_asked_for_are_replaced_and_counted():
    out, findings = redact(pa.array(["김하나 010-1"]), Redact(entities=("PHONE_NUMBER",)), Words(**PEOPLE), "메모")
    assert out.to_pylist() == ["김하나 <전화번호1>"]
    assert findings.by_entity() == {"PHONE_NUMBER": 1}


def test_findings_count_rows_and_not_different_texts():
    texts = pa.array(["김하나 김하나 010-1", None, "김하나", "김하나 김하나 010-1", "없음", None])
    _, findings = redact(texts, Redact(), Words(**PEOPLE), "메모")
    assert findings == Findings({("메모", "PERSON", "high"): 5, ("메모", "PHONE_NUMBER", "high"): 2})


@pytest.mark.parametrize(
    ("score", "band"),
    [(1.0, "high"), (0.85, "high"), (0.84, "medium"), (0.5, "medium"), (0.1, "low"), (-1.0, "low")],
)
def test_findings_are_counted_by_score(score, band):
    _, findings = redact(pa.array(["김하나"]), Redact(), Words(score, **PEOPLE), "메모")
    assert dict(findings.counts) == {("메모", "PERSON", band): 1}


def test_what_shows_only_after_a_replacement_is_found_too():
    class BesideALabel(Words):
        def detect(self, texts):
            found = super().detect(texts)
            for text, spans in zip(texts, found, strict=True):
                if beside := re.search("(?<=> )이두리", text):
                    spans.append(Span(*beside.span(), "PERSON", 0.9))
            return found

    detector = BesideALabel(김하나="PERSON")
    assert redacted(["김하나 이두리", "이두리"], detector) == ["<이름1> <이름2>", "이두리"]
    assert detector.asked == [2, 1, 1]


@pytest.mark.parametrize("replace", ["label", "mask"])
def test_what_was_written_is_not_found_again(replace):
    class Greedy:
        asked = 0

        def detect(self, texts):
            self.asked += 1
            return [
                [Span(*found.span(), "PERSON", 0.9) for found in re.finditer(r"[\w*]+", text)] for text in texts
            ]

    detector = Greedy()
    _, findings = redact(pa.array(["김하나, 이두리"]), Redact(replace=replace), detector, "메모")
    assert findings.by_entity() == {"PERSON": 2}
    assert detector.asked == 2


def test_a_detector_that_never_has_enough_is_asked_a_few_times():
    class Endless:
        asked = 0

        def detect(self, texts):
            self.asked += 1
            return [[Span(*re.search("[a-z]", text).span(), "PERSON", 0.9)] for text in texts]

    endless = Endless()
    redacted(["abcdefgh"], endless)
    assert endless.asked == MAX_PASSES


def test_texts_outside_spans_stay_to_the_character():
    before = "\u200b①ＡＢ\r\n김하나\u0301 \U0001f468\u200d\U0001f469 " + "긴 글 " * 50_000
    (after,) = redacted([before])
    assert after == before.replace("김하나", "<이름1>")


def test_a_detector_that_answers_for_other_texts_is_refused():
    class Short:
        def detect(self, texts):
            return []

    with pytest.raises(ValueError):
        redacted(["김하나"], Short())


def test_a_million_rows_of_few_texts_are_searched_once_each():
    detector = Words(**PEOPLE)
    few = pa.array(["김하나 010-1", "없음", None])
    indices = pa.array(range(3), pa.int32()).take(pa.array([0, 1, 2] * 333_333, pa.int32()))
    out, findings = redact(few.take(indices), Redact(), detector, "메모")
    assert detector.asked == [2, 1]
    assert len(out) == 999_999
    assert findings.by_entity() == {"PERSON": 333_333, "PHONE_NUMBER": 333_333}


@pytest.mark.parametrize("count", [0, 3])
def test_no_texts_give_none(count):
    out, findings = redact(pa.nulls(count, pa.string()), Redact(), Words(**PEOPLE), "메모")
    assert out.to_pylist() == [None] * count
    assert findings == Findings()
