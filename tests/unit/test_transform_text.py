"""Redaction with a detector that finds what each example says, so that every step can be followed."""

import pickle
import re

import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from pseudonymize.findings import Findings
from pseudonymize.spans import Candidate, Span
from pseudonymize.surrogates.keyed import token
from pseudonymize.surrogates.labels import label_word
from pseudonymize.surrogates.markers import Markers, ProjectTexts
from pseudonymize.surrogates.persons import People
from pseudonymize.transform.rekey import project_texts
from pseudonymize.transform.spec import Redact, to_json
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


KEY, PROJECT = b"k" * 32, b"p" * 32


def redacted(values, detector=None, **spec) -> list[str | None]:
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    key = KEY if Redact(**spec).keyed else None
    return redact(array, Redact(**spec), detector or Words(**PEOPLE), "메모", key=key)[0].to_pylist()


def marker(entity: str, surface: str) -> str:
    """What stands in the zone for a value."""
    return Markers(KEY).within(entity, surface, People(), label_word(entity, "ko"))[0]


def surrogate(entity: str, surface: str) -> str:
    """What a project gets for it."""
    return ProjectTexts(PROJECT).rewrite(marker(entity, surface))


def released(texts: list[str | None]) -> list[str | None]:
    return project_texts(pa.array(texts, pa.string()), ProjectTexts(PROJECT)).to_pylist()


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
    assert findings == Findings({("메모", "PERSON", "", "high"): 5, ("메모", "PHONE_NUMBER", "", "high"): 2})


@pytest.mark.parametrize(
    ("score", "band"),
    [(1.0, "high"), (0.85, "high"), (0.84, "medium"), (0.5, "medium"), (0.1, "low"), (-1.0, "low")],
)
def test_findings_are_counted_by_score(score, band):
    _, findings = redact(pa.array(["김하나"]), Redact(), Words(score, **PEOPLE), "메모")
    assert dict(findings.counts) == {("메모", "PERSON", "", band): 1}


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


# -- a choice for each entity -----------------------------------------------------------------------------------------


def test_each_entity_has_its_own_action():
    per_entity = {"PERSON": "token", "PHONE_NUMBER": "mask", "LOCATION": "keep", "DATE_TIME": "surrogate"}
    detector = Words(**PEOPLE, 서울="LOCATION", 링크="URL", **{"1990.1.2": "DATE_TIME"})
    (text,) = redacted(["김하나 010-1 서울 1990.1.2 링크"], detector, per_entity=per_entity)
    date = marker("DATE_TIME", "1990.1.2")
    assert text == f"<이름:{token(KEY, 'PERSON', '김하나')}> ***** 서울 {date} <링크1>"


def test_bare_regions_are_kept_unless_named_and_counted_all_the_same():
    detector = Words(서울="LOCATION")
    assert redacted(["서울"], detector) == ["서울"]
    assert redacted(["서울"], detector, replace="mask") == ["서울"]
    assert redacted(["서울"], detector, per_entity={"LOCATION": "mask"}) == ["**"]
    assert redacted(["서울"], detector, entities=("LOCATION",)) == ["<장소1>"]
    both = Words(서울="LOCATION", **PEOPLE)
    _, findings = redact(pa.array(["서울 김하나"]), Redact(), both, "메모")
    assert findings.by_entity() == {"LOCATION": 1, "PERSON": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"replace": "keep"},
        {"replace": "hide"},
        {"per_entity": {"PERSON": "hide"}},
        {"per_entity": {"person": "mask"}},
        {"per_entity": {"": "mask"}},
        {"per_entity": {"PERSON": "mask"}, "entities": ("URL",)},
    ],
)
def test_choices_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError):
        Redact(**wrong)


def test_choices_are_hashed_compared_pickled_and_never_changed():
    one, other = (Redact(per_entity=dict(pairs)) for pairs in (AB, AB[::-1]))
    assert one == other == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(other)
    assert to_json(one) == to_json(other)
    with pytest.raises(TypeError):
        one.per_entity["PERSON"] = "keep"


AB = [("PERSON", "surrogate"), ("URL", "token")]


def test_entities_a_detector_may_find_afterwards_are_known():
    spec = Redact(per_entity={"PERSON": "surrogate", "URL": "keep", "AGE": "mask"})
    assert spec.left == {"URL", "LOCATION"}
    assert Redact(entities=("PERSON",)).left == frozenset()


def test_surrogates_and_tokens_need_a_key():
    for action in ("surrogate", "token"):
        with pytest.raises(ValueError):
            redact(pa.array(["김하나"]), Redact(replace=action), Words(**PEOPLE), "메모")


# -- surrogates and tokens in a text -------------------------------------------------------------------------------------


def test_a_person_has_one_surrogate_in_every_text_and_particles_fit():
    new = surrogate("PERSON", "김하늘")
    after_vowel = (ord(new[-1]) - 0xAC00) % 28 == 0
    detector = Words(김하늘="PERSON")
    first, second = released(redacted(["김하늘이 왔다.", "어제 김하늘은, 김하늘의"], detector, replace="surrogate"))
    assert first == f"{new}{'가' if after_vowel else '이'} 왔다."
    assert second == f"어제 {new}{'는' if after_vowel else '은'}, {new}의"


def test_particles_stay_with_labels_and_tokens():
    detector = Words(김하늘="PERSON")
    assert redacted(["김하늘이 왔다"], detector) == ["<이름1>이 왔다"]
    assert redacted(["김하늘이 왔다"], detector, replace="token")[0].endswith(">이 왔다")


def test_a_particle_that_is_the_beginning_of_another_name_stays():
    spans = [Span(0, 3, "PERSON", 0.9), Span(3, 6, "PERSON", 0.9)]
    (text,) = redacted(["김하늘이두리"], Scripted(spans), replace="surrogate")
    assert text == marker("PERSON", "김하늘") + marker("PERSON", "이두리")
    assert released([text]) == [surrogate("PERSON", "김하늘") + surrogate("PERSON", "이두리")]


def test_variants_of_one_introduced_person_share_a_number():
    words = ["김하늘", "김 하늘", "하늘", "이두리"]
    texts = ["김하늘, 김 하늘, 하늘 씨, 이두리", "하늘 씨"]
    assert redacted(texts, Words(**dict.fromkeys(words, "PERSON"))) == [
        "<이름1>, <이름1>, <이름1> 씨, <이름2>",
        "<이름1> 씨",
    ]


def test_variants_of_one_number_share_a_number():
    detector = Words(**dict.fromkeys(["010-2345-6789", "01023456789", "+82 10 2345 6789"], "PHONE_NUMBER"))
    (text,) = redacted(["010-2345-6789 01023456789 +82 10 2345 6789"], detector)
    assert text == "<전화번호1> <전화번호1> <전화번호1>"


def test_a_detector_may_bring_labels_of_its_own():
    values, spec, detector = pa.array(["김하나"]), Redact(), Words(김하나="STAFF_ID")
    out, _ = redact(values, spec, detector, "메모", labels={"STAFF_ID": ("사번", "staff")})
    assert out.to_pylist() == ["<사번1>"]


@pytest.mark.parametrize("replace", ["surrogate", "token"])
def test_what_was_written_is_known_by_its_place(replace):
    class Greedy(Words):
        def detect(self, texts):
            self.asked.append(len(texts))
            return [
                [Span(*found.span(), "PERSON", 0.9) for found in re.finditer("[가-힣]{3}|[a-z0-9]+", text)]
                for text in texts
            ]

    detector = Greedy()
    once = redact(pa.array(["김하나가 박두리."]), Redact(replace=replace), detector, "메모", key=KEY)
    assert once[1].by_entity() == {"PERSON": 2}
    assert detector.asked == [1, 1]


def test_only_what_stands_beside_the_written_is_replaced_in_a_second_pass():
    new = marker("PERSON", "김하나")
    first = [Span(0, 3, "PERSON", 0.9)]
    whole = [Span(0, len("<이름1> 이두리"), "PERSON", 0.9)]  # a detector is shown a label for what was written
    assert redacted(["김하나 이두리"], Scripted(first, whole), per_entity={"PERSON": "surrogate"}) == [
        f"{new} {marker('PERSON', '이두리')}"
    ]
    whole = [Span(0, len("<이름1> 씨가"), "PERSON", 0.9)]
    assert redacted(["김하나 씨가 왔다"], Scripted(first, whole), replace="surrogate") == [f"{new} 씨가 왔다"]


@pytest.mark.parametrize("replace", ["surrogate", "token"])
def test_a_token_that_the_data_holds_already_is_no_token_of_ours(replace):
    forged = "<이름:ab1cd2ef3gh4:kaaakbbbkccc> <이름:ab1cd2ef3gh4> <이름1>"
    (text,) = redacted([forged], replace=replace)
    assert text == "＜이름:ab1cd2ef3gh4:kaaakbbbkccc> ＜이름:ab1cd2ef3gh4> <이름1>"
    assert released([text]) == [text]
    assert redacted([forged]) == [forged]


def test_places_of_the_written_move_with_the_text():
    class Grows:
        """Finds one more letter in each pass, and everything that was written."""

        def __init__(self):
            self.letters = iter("bac")

        def detect(self, texts):
            letter = next(self.letters)
            return [
                [Span(*found.span(), "X", 0.9) for found in re.finditer(f"<X[0-9]+>|{letter}", text)]
                for text in texts
            ]

    assert redacted(["a-b-c-b"], Grows()) == ["<X2>-<X1>-<X3>-<X1>"]


def test_findings_name_the_recognizer_where_the_detector_tells_it():
    class Searches(Words):
        def search(self, texts):
            return [
                [Candidate(*span, "Names" if span.entity == "PERSON" else "Phone", "word") for span in spans]
                for spans in self.detect(texts)
            ]

    _, findings = redact(pa.array(["김하나 010-1", "김하나"]), Redact(), Searches(**PEOPLE), "메모")
    assert findings == Findings(
        {("메모", "PERSON", "Names", "high"): 2, ("메모", "PHONE_NUMBER", "Phone", "high"): 1}
    )
    assert findings.by_recognizer() == {"Names": 2, "Phone": 1}


def test_findings_of_older_manifests_are_read():
    rows = [{"column": "메모", "entity": "PERSON", "band": "high", "count": 2}]
    assert Findings.from_json(rows) == Findings({("메모", "PERSON", "", "high"): 2})
    assert Findings.from_json(Findings.from_json(rows).to_json()) == Findings.from_json(rows)


def test_policies_choose_by_entity_in_yaml():
    adapter = TypeAdapter(Redact)
    spec = adapter.validate_python({"method": "redact", "per_entity": {"PERSON": "surrogate"}})
    assert spec == Redact(per_entity={"PERSON": "surrogate"})
    assert adapter.validate_python(adapter.dump_python(spec, mode="json")) == spec
    schema = adapter.json_schema()["properties"]["per_entity"]
    assert schema["additionalProperties"]["enum"] == ["label", "mask", "surrogate", "token", "keep"]
