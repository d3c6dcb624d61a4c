"""Profiles: what is counted, in bounded memory, without keeping a value."""

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pseudonymize.columns.checks import business_check, corporate_check, luhn, resident_check
from pseudonymize.columns.moments import forms_of, value_regex
from pseudonymize.columns.profile import Profiler, profile_table
from pseudonymize.columns.search import find_inside
from pseudonymize.columns.shapes import digit_matrix, shapes_of, tags_of
from pseudonymize.recognizers.registration import (
    business_number_check,
    corporate_number_check,
    person_number_check,
)
from tests.fixtures.made_columns import card, rrn


def profile(values):
    return profile_table(pa.table({"c": pa.array(values, pa.string())}))[0]


def shape(text: str) -> str:
    """What a shape is, written out one character at a time."""
    out = ""
    for char in text:
        if char.isascii():
            out += "0" if char.isdigit() else "a" if char.isalpha() else " " if ord(char) <= 32 else char
        elif "가" <= char <= "힣":
            out += "H"
        else:
            out += "?"
    return out


@given(st.lists(st.text(alphabet="abz09-.@ 가힣홍\t", max_size=12), max_size=20))
def test_shapes_are_those_of_the_characters(texts):
    assert shapes_of(pa.array(texts, pa.string())).to_pylist() == [shape(text) for text in texts]


def test_shapes_of_a_slice_are_those_of_its_own_values():
    assert shapes_of(pa.array(["가나다", "12-3", "ab"]).slice(1)).to_pylist() == ["00-0", "aa"]


@given(st.lists(st.from_regex(r"[0-9]{13}", fullmatch=True), min_size=1, max_size=30))
def test_check_digits_of_columns_are_those_of_single_numbers(numbers):
    digits = digit_matrix(pa.array(numbers), 13)
    assert resident_check(digits).tolist() == [person_number_check(number) for number in numbers]
    assert corporate_check(digits).tolist() == [corporate_number_check(number) for number in numbers]
    short = [number[:10] for number in numbers]
    assert business_check(digit_matrix(pa.array(short), 10)).tolist() == [business_number_check(n) for n in short]


def test_cards_are_checked_by_luhn():
    r = random.Random(4)
    cards = [card(r) for _ in range(50)]
    assert luhn(digit_matrix(pa.array(cards), 16)).all()
    broken = [text[:-1] + str((int(text[-1]) + 1) % 10) for text in cards]
    assert not luhn(digit_matrix(pa.array(broken), 16)).any()


@pytest.mark.parametrize(
    ("shape_", "form"),
    [
        ("0000-00-00", "%Y-%m-%d"), ("0000.0.00", "%Y.%m.%d"), ("0000.00", "%Y.%m"), ("00000000", "%Y%m%d"),
        ("0000-00-00 00", "%Y-%m-%d %H"), ("0000.0.00 0:00", "%Y.%m.%d %H:%M"), ("0000. 0. 00.", "%Y. %m. %d."),
        ("0000H 0H 00H", "%Y년 %m월 %d일"), ("0000-00-00a00:00:00a", "%Y-%m-%dT%H:%M:%SZ"), ("00000000000000", "%Y%m%d%H%M%S"),
    ],
)  # fmt: skip
def test_forms_of_dates_are_told_from_shapes(shape_, form):
    assert form in forms_of(shape_)


@pytest.mark.parametrize("shape_", ["000-0000-0000", "000000-0000000", "HHH", "00.000", "000", "a00000000", ""])
def test_other_shapes_are_no_dates(shape_):
    assert not any("%m-%d" in form or "%Y%m%d" in form for form in forms_of(shape_))


def test_months_and_days_that_do_not_exist_are_no_dates():
    from pyarrow import compute as pc

    values = pa.array(["20231301", "20230132", "20231231", "00000000"])
    assert pc.match_substring_regex(values, value_regex("%Y%m%d")).to_pylist() == [False, False, True, False]


def test_one_registration_number_in_two_hundred_memos_is_noticed():
    r = random.Random(1)
    memos = [f"확인 요청 {i}건 접수, 담당 부서로 이송하였음을 알립니다" for i in range(200)]
    memos[117] = f"본인 확인: {rrn(r)} 끝"
    memos[30] = f"문의 {rrn(r, dash='')} 처리"
    memos[31] = "연락처 010-2345-6789로 회신"
    found = profile(memos)
    assert (found.inside["rrn"], found.inside["phone"]) == (2, 1)


def test_the_one_in_a_later_batch_is_noticed_too():
    profiler = Profiler()
    common = pa.record_batch({"c": pa.array([f"문의 {i}" for i in range(70_000)])})
    profiler.add(common)
    profiler.add(common)
    profiler.add(pa.record_batch({"c": pa.array(["가나 900101-1234568 다라"])}))
    (found,) = profiler.finish()
    assert (found.rows, found.inside["rrn"], found.distinct) == (140_001, 1, 70_001)


def test_corporate_numbers_and_receipts_are_no_registration_numbers():
    texts = pa.array(
        ["법인 110111-0006246 등록", "접수 2024-0000123-45678", "금액 12,345,678원", "기간 20240101-20241231"]
    )
    assert "rrn" not in find_inside(texts)
    assert "phone" not in find_inside(texts)


def test_a_profile_holds_no_value():
    r = random.Random(2)
    secrets = [rrn(r) for _ in range(30)] + ["홍길동", "비밀단어", "secret@korea.kr"]
    said = repr(profile(secrets))
    assert not any(secret in said for secret in secrets)


def test_batches_add_up_to_the_table():
    values = [None, "", " a ", "a", "12", "12", "가"] * 10
    whole, profiler = profile(values), Profiler()
    for start in range(0, len(values), 9):
        profiler.add(pa.record_batch({"c": pa.array(values[start : start + 9], pa.string())}))
    (parts,) = profiler.finish()
    assert parts == whole
    assert (whole.rows, whole.missing, whole.distinct) == (70, 20, 3)


def test_columns_of_other_types_are_read_as_their_text():
    table = pa.table(
        {"n": pa.array([1, 2, None]), "d": pa.array(["x", "y", "x"]).dictionary_encode(), "l": [[1], [2], []]}
    )
    number, coded, nested = profile_table(table)
    assert (number.counts["integer"], number.missing, coded.distinct, nested.missing) == (2, 1, 2, 3)


def test_an_empty_table_has_profiles_too():
    (found,) = profile_table(pa.table({"c": pa.array([], pa.string())}))
    assert (found.rows, found.filled, found.uniqueness, found.mean_length) == (0, 0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("010-2345-6789", "phone"), ("900101-1234567", "person"), ("123-45-67890", "brn"), ("a.b@korea.kr", "email"),
        ("12가3456", "vehicle"), ("홍*동", "name_masked"), ("4.73E+17", "damaged"), ("1,234", "grouped"), ("4111-1111-1111-1111", "card"),
        ("900101-1******", "rrn_masked"), ("35㎡", "unit"), ("(1,234)", "bracketed"), ("12-34-567890-12", "licence"),
    ],
)  # fmt: skip
def test_tags_say_what_a_shape_allows(value, tag):
    assert tag in tags_of(shapes_of(pa.array([value]))[0].as_py())
