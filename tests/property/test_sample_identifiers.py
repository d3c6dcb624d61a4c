"""Identifiers of sample people obey the rules of the real ones, for any person and seed."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.sample import identifiers
from safezone.sample.canaries import canaries
from safezone.sample.chance import Chance
from safezone.sample.people import MOBILE_NUMBERS, People

seeds = st.integers(0, 2**40)
numbers = st.lists(st.integers(0, 8_000_000), min_size=1, max_size=50, unique=True).map(np.array)


def rrn_is_valid(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    total = sum(digit * weight for digit, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    return (11 - total % 11) % 10 == digits[12]


def brn_is_valid(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    total = sum(digit * weight for digit, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False))
    return (10 - (total + digits[8] * 5 // 10) % 10) % 10 == digits[9]


@pytest.mark.parametrize("number", ["124-81-00998", "120-81-47521", "220-81-62517"])
def test_business_numbers_of_well_known_companies_pass_the_rule_used(number):
    nine = int(number.replace("-", "")[:9])
    assert identifiers.business_number(np.array([nine])).to_pylist() == [number]
    assert brn_is_valid(number)


@given(seeds, numbers)
@settings(max_examples=60, deadline=None)
def test_a_registration_number_agrees_with_birth_sex_and_check_digit(seed, people):
    some = People(seed, people)
    reissued = some.chance.share("reissued", 0.01)
    for rrn, birth, female, new in zip(some.rrn.to_pylist(), some.birth, some.female, reissued, strict=True):
        assert re.fullmatch(r"\d{6}-[1-4]\d{6}", rrn)
        assert rrn[:6] == str(birth).replace("-", "")[2:]
        assert (int(rrn[7]) % 2 == 0) == female
        assert (rrn[7] in "34") == (str(birth) >= "2000")
        assert rrn_is_valid(rrn) != new


@given(seeds)
@settings(max_examples=3, deadline=None)
def test_no_two_people_have_the_same_registration_number_or_telephone(seed):
    some = People(seed, np.arange(0, 400_000))
    assert len(some.rrn.unique()) == 400_000
    assert len(some.mobile.unique()) == 400_000


@given(st.sampled_from([0, 7, 2**40]), numbers)  # every seed has a pool of names of its own to draw
@settings(max_examples=60, deadline=None)
def test_a_person_is_the_same_whoever_else_is_asked_for(seed, people):
    alone = People(seed, people[:1])
    together = People(seed, people)
    for attribute in ("name", "rrn", "mobile", "email", "licence", "plate", "account", "address"):
        assert getattr(alone, attribute)[0].as_py() == getattr(together, attribute)[0].as_py()


@given(st.lists(st.integers(0, 999_999_999), min_size=1, max_size=50))
def test_business_numbers_have_a_valid_check_digit(nine):
    for text in identifiers.business_number(np.array(nine)).to_pylist():
        assert re.fullmatch(r"\d{3}-\d{2}-\d{5}", text)
        assert brn_is_valid(text)


@given(seeds, st.integers(1, 12))
def test_canaries_are_valid_distinct_and_outside_of_what_is_generated(seed, count):
    people = canaries(seed, count)
    assert people == canaries(seed, count)
    assert len(set(people.needles)) == len(people.needles) >= 12 * count
    for rrn, birth in zip(people.rrns, people.births, strict=True):
        assert rrn_is_valid(rrn)
        assert rrn[:6] == birth.replace("-", "")[2:]
        assert int(rrn[8:13]) >= identifiers.RRN_SERIALS
    assert all(int(phone[4:].replace("-", "")) >= 20_000_000 + MOBILE_NUMBERS for phone in people.phones)


@given(seeds, st.text(max_size=10), st.integers(-5, 5), st.integers(0, 20))
def test_draws_stay_within_their_bounds(seed, purpose, low, width):
    chance = Chance(seed, "x", np.arange(200))
    drawn = chance.integers(purpose, low, low + width)
    assert low <= drawn.min() <= drawn.max() <= low + width
    assert set(chance.index(purpose, [1.0, 0.0, 2.0]).tolist()) <= {0, 2}
    assert 0.25 < chance.unit(purpose).mean() < 0.75
