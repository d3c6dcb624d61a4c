"""Identifiers are found exactly however they are spelt, and numbers that identify nobody are left alone.

The samples come from ``tests/fixtures/identifiers.py``: invented values in the spellings and sentences people
write. Seeds are fixed, so a failure here is a change of the recognizers and no bad luck.
"""

import random
import time
from collections import Counter
from datetime import datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.detect.detector import Detector
from pseudonymize.detect.registry import recognizers_for
from pseudonymize.document.document import Document
from pseudonymize.spans import Span
from tests.fixtures import identifiers

SAMPLES = 6_000
STEADY = settings(max_examples=150, deadline=None, derandomize=True)


@cache
def detector() -> Detector:
    """All recognizers but those of names, which have figures of their own."""
    return Detector([r for r in recognizers_for("ko") if r.entity != "PERSON"], "ko")


def found(text: str) -> list[Span]:
    return detector().detect([text])[0]


@cache
def measured() -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    """Planted and exactly found values, by entity and by form."""
    chance = random.Random(20_201_001)
    samples = [identifiers.any_sample(chance) for _ in range(SAMPLES)]
    planted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    hit_forms: Counter[str] = Counter()
    for sample, spans in zip(samples, detector().detect([sample.text for sample in samples]), strict=True):
        exact = {(span.start, span.end, span.entity) for span in spans}
        for value in sample.planted:
            right = (value.start, value.end, value.entity) in exact
            planted[value.entity] += 1
            hit[value.entity] += right
            forms[value.form] += 1
            hit_forms[value.form] += right
    return planted, hit, forms, hit_forms


def test_nearly_every_planted_value_is_found_with_its_exact_span_and_name() -> None:
    planted, hit, _, _ = measured()
    assert hit.total() >= 0.998 * planted.total()


def test_no_kind_of_identifier_falls_behind() -> None:
    planted, hit, _, _ = measured()
    assert {kind for kind in planted if hit[kind] < 0.99 * planted[kind]} == set()


def test_no_way_of_writing_falls_behind() -> None:
    _, _, forms, hit = measured()
    # A corporate number without a label may also be somebody's resident number.
    assert {form for form in forms if hit[form] < 0.95 * forms[form] and forms[form] >= 20} <= {"corp"}


def test_the_detector_finds_all_that_each_recognizer_finds() -> None:
    chance = random.Random(20_201_003)
    for sample in [identifiers.any_sample(chance) for _ in range(600)]:
        alone = {c for r in detector().recognizers for c in r.candidates([Document(sample.text)])[0]}
        assert alone <= set(detector().candidates([sample.text])[0]), sample.text


def test_numbers_that_identify_nobody_are_left_alone() -> None:
    chance = random.Random(20_201_002)
    texts = [identifiers.bystander(chance) for _ in range(SAMPLES)]
    places = {"KR_ADDRESS", "KR_POSTAL_CODE", "LOCATION"}
    wrong = [
        kind
        for (_, kind), spans in zip(texts, detector().detect([text for text, _ in texts]), strict=True)
        if any(span.entity not in places for span in spans)
    ]
    assert len(wrong) <= SAMPLES // 1_000, Counter(wrong)


@STEADY
@given(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)), st.sampled_from(["%Y%m%d%H%M", "%Y%m%d%H%M%S"]))
def test_a_time_stamp_is_no_identifier(moment: datetime, form: str) -> None:
    stamp = moment.strftime(form)
    assert found(f"처리일시 {stamp}") == []
    assert found(f"운전면허 갱신 안내 {stamp}에 발송") == []
    assert found(stamp) == []


PLAIN = [form for form in identifiers.FORMS if form.name not in ("corp", "url", "url in hangul")]


def _labelled(form: identifiers.Form, value: str) -> tuple[str, int]:
    before = f"{form.labels[0]}: "
    return f"{before}{value} 확인", len(before)


@STEADY
@given(st.sampled_from(PLAIN), st.integers(0, 10**9))
def test_full_width_makes_no_difference(form: identifiers.Form, seed: int) -> None:
    value = form.make(random.Random(seed))
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value)
    text, start = _labelled(form, wide)
    assert (start, start + len(wide), form.entity) in {span[:3] for span in found(text)}


@STEADY
@given(st.sampled_from(PLAIN), st.integers(0, 10**9), st.data())
def test_invisible_characters_make_no_difference(form: identifiers.Form, seed: int, data: st.DataObject) -> None:
    value = form.make(random.Random(seed))
    for char in data.draw(st.lists(st.sampled_from("\u200b\u200d\ufeff\u00ad\u2060"), min_size=1, max_size=4)):
        at = data.draw(st.integers(1, len(value) - 1))
        value = value[:at] + char + value[at:]
    text, start = _labelled(form, value)
    assert (start, start + len(value), form.entity) in {span[:3] for span in found(text)}


@STEADY
@given(
    st.sampled_from(PLAIN),
    st.integers(0, 10**9),
    st.sampled_from(["은", "이", "을", "로", "입니다", "이고", "에서", "과", "님"]),
)
def test_a_particle_stays_outside(form: identifiers.Form, seed: int, particle: str) -> None:
    value = form.make(random.Random(seed))
    before = f"제 {form.labels[0]}는 "
    spans = {span[:3] for span in found(f"{before}{value}{particle} 확인함")}
    assert (len(before), len(before) + len(value), form.entity) in spans


HOSTILE = [
    "1-", "0", "01", "010-", "1 ", "1 2 3 4 ", "*", "*-", "1*", "1234-", "a1-", "가1", "9.", "1.2.", ":", "a:", "::1", "x@", "a@b.", "@", "골뱅이", "(at)",
    "http://a/가", "https://", "www.", "a.kr/", "12가", "서울", "서울 1", "만 34세", "34세 ", "(남, ", "(", "나이", "여/", "저는 만 ", "공일공", "임시", "M1", "건강보험 1",
    "농협 1-", "국민 ", "계좌 12 34 ", "생년월일 19", "1990년 ", "90. 1. ", "Jan 1, ", "면허번호(", "면허번호는 은는이가 ", "900101-1*", "90010", "+82 ", "주민번호(", "\u200b1", "１",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_the_length_of_the_text_and_no_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        began = time.process_time()
        detector().detect([text])
        return time.process_time() - began

    assert seconds(4_000) < 1.0
    assert seconds(40_000) < 4.0
