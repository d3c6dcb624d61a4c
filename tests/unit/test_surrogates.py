"""Surrogates: invented, keyed, shaped like what they replace, and nobody's."""

import ipaddress
import re
import unicodedata

import pytest

from pseudonymize.surrogates.keyed import Draws, canonical, token
from pseudonymize.surrogates.labels import LABELS, Labeller, label_word
from pseudonymize.surrogates.lists import PLACE_BEGINS, PLACE_ENDS
from pseudonymize.surrogates.make import MAKERS, Surrogates
from pseudonymize.surrogates.particles import final_consonant, following_particle
from pseudonymize.surrogates.people import gender_of, split_surname
from pseudonymize.surrogates.persons import People
from pseudonymize.transform.regions import resolve

KEY = b"k" * 32
ALL = {  # invented values of every kind
    "PERSON": "가나다",
    "PHONE_NUMBER": "010-2345-6789",
    "EMAIL_ADDRESS": "someone@mail.kr",
    "LOCATION": "서울시 강남구",
    "CREDIT_CARD": "4111-1111-1111-1111",
    "IP_ADDRESS": "10.1.2.3",
    "URL": "https://somewhere.kr/about",
    "DATE_TIME": "1990년 1월 2일",
    "AGE": "34세",
    "KR_RRN": "900102-1234567",
    "KR_FRN": "900102-5234567",
    "KR_BRN": "123-45-67890",
    "KR_CORP_REG": "110111-1234567",
    "KR_DRIVER_LICENSE": "11-12-123456-12",
    "KR_PASSPORT": "M12345678",
    "KR_HEALTH_INSURANCE": "1-2345678901",
    "KR_ADDRESS": "서울시 강남구 어떤길 12",
    "KR_POSTAL_CODE": "06123",
    "KR_BANK_ACCOUNT": "110-234-567890",
    "KR_VEHICLE": "12가 3456",
    "US_SSN": "123-45-6789",
    "IBAN_CODE": "DE89370400440532013000",
}


def made(entity: str, surface: str, key: bytes = KEY) -> str:
    surrogate = Surrogates(key).of(entity, surface)
    assert surrogate is not None
    return surrogate


def digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def fold(text: str) -> str:
    """The text in ASCII digits, without gaps and dashes."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))


def layout(text: str) -> str:
    """The text with all digits alike."""
    return re.sub("[0-9]", "9", text)


def test_every_labelled_entity_has_a_rule_of_its_own():
    assert set(MAKERS) == set(LABELS) == set(ALL)


@pytest.mark.parametrize("entity", sorted(ALL))
def test_another_key_gives_another_surrogate(entity):
    one = {made(entity, ALL[entity], bytes([key]) * 32) for key in range(8)}
    assert len(one) > (2 if entity == "AGE" else 4)
    assert ALL[entity] not in one


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("PERSON", "가나다", "가 나\u200b다"),
        ("PHONE_NUMBER", "010-2345-6789", "０１０ 2345 6789"),
        ("PHONE_NUMBER", "010-2345-6789", "+82-10-2345-6789"),
        ("PHONE_NUMBER", "010-2345-6789", "0082 (0)10 2345 6789"),
        ("KR_RRN", "900102-1234567", "900102 1234567"),
        ("EMAIL_ADDRESS", "Some.One@mail.kr", "some.one(at)mail.kr"),
        ("KR_ADDRESS", "서울시 강남구 어떤길 12", "서울시 강남구 어떤길12"),
    ],
)
def test_spellings_of_one_value_become_one(entity, one, other):
    assert canonical(entity, one) == canonical(entity, other)
    assert token(KEY, entity, one) == token(KEY, entity, other)
    if entity == "PHONE_NUMBER":
        assert len({fold(made(entity, spelling))[-7:] for spelling in (one, other)}) == 1
    elif entity != "EMAIL_ADDRESS":
        assert fold(made(entity, one)) == fold(made(entity, other)).replace("\u200b", "")


# -- names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "gender"), [("영희", "f"), ("미자", "f"), ("철수", "m"), ("동호", "m"), ("지원", "n")]
)
def test_gender_shows_in_common_given_names(given, gender):
    assert gender_of(given) == gender


@pytest.mark.parametrize("name", ["김영희", "이철수", "박지원", "남궁미자", "최준", "한은"])
def test_names_keep_gender_and_length(name):
    for key in range(20):
        surrogate = made("PERSON", name, bytes([key]) * 32)
        surname, given = split_surname(name)
        new_given = surrogate[len(surname) :]
        assert len(surrogate) == len(name)
        assert gender_of(new_given) == gender_of(given)
        assert (len(surname) == 2) == (
            surrogate[:2] in ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방")
        )


def test_gaps_and_hidden_syllables_stay():
    whole = made("PERSON", "김하늘")
    assert made("PERSON", "김 하늘") == f"{whole[0]} {whole[1:]}"
    assert re.fullmatch("[가-힣]○[가-힣]", made("PERSON", "홍○동"))
    assert re.fullmatch(r"[가-힣]\*\*", made("PERSON", "김**"))
    assert re.fullmatch("[가-힣]", made("PERSON", "김"))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Jane Roe", "[A-Z][a-z]+ [A-Z][a-z]+"),
        ("JANE ROE", "[A-Z]+ [A-Z]+"),
        ("J. Roe", r"[A-Z]\. [A-Z][a-z]+"),
        ("Kim Ha-neul", "[A-Z][a-z]+ [A-Z][a-z]+-[a-z]+"),
        ("아무개나 무명씨다", "[가-힣]+ [가-힣]+"),
    ],
)
def test_names_of_other_scripts_keep_their_form(name, shape):
    assert re.fullmatch(shape, made("PERSON", name), re.ASCII if name.isascii() else 0)


def test_parts_of_a_name_become_the_parts_of_its_surrogate():
    people = People()
    people.meet({canonical("PERSON", name): name for name in ("김하늘", "하늘", "김", "김○늘", "박두리", "하늘이")})
    surrogates, whole = Surrogates(KEY), made("PERSON", "김하늘")
    parts = {name: surrogates.within("PERSON", name, people) for name in ("하늘", "김", "하늘이", "김○늘")}
    assert parts == {
        "하늘": whole[1:],
        "김": whole[0],
        "하늘이": whole[1:] + "이",
        "김○늘": f"{whole[0]}○{whole[2]}",
    }


def test_names_that_fit_two_people_are_joined_with_neither():
    people = People()
    people.meet({name: name for name in ("김하늘", "박하늘", "하늘", "최두리", "최세나", "최")})
    assert [people.who(name) for name in ("하늘", "최", "김하늘")] == ["하늘", "최", "김하늘"]


def test_latin_names_are_joined_by_their_words():
    people = People()
    people.meet({canonical("PERSON", name): name for name in ("Jane Roe", "Roe", "jane", "John Doe")})
    assert people.who("roe") == people.who("jane") == "janeroe"
    full = made("PERSON", "Jane Roe").split()
    assert Surrogates(KEY).within("PERSON", "Roe", people) == full[1]


# -- numbers that are nobody's -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "number"),
    [
        ("KR_RRN", "900102-1234567"),
        ("KR_RRN", "9001022234567"),
        ("KR_RRN", "900102-1******"),
        ("KR_RRN", "030405-4234567"),
        ("KR_FRN", "９９１２３１－６２３４５６７"),
    ],
)
def test_resident_numbers_keep_sex_and_age_band_and_have_no_possible_date(entity, number):
    for key in range(20):
        surrogate = made(entity, number, bytes([key]) * 32)
        old, new = fold(number), fold(surrogate)
        assert int(new[:2]) // 5 == int(old[:2]) // 5
        assert new[6] == old[6]
        assert int(new[4:6]) > 31
        assert [not char.isdecimal() and char for char in number] == [
            not char.isdecimal() and char for char in surrogate
        ]


def test_the_check_digit_of_a_resident_number_is_wrong():
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    for key in range(60):
        number = [int(digit) for digit in digits(made("KR_RRN", "900102-1234567", bytes([key]) * 32))]
        total = sum(digit * weight for digit, weight in zip(number, weights, strict=False))
        assert number[12] not in {(11 - total % 11) % 10, (13 - total % 11) % 10}


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("010-2345-6789", r"010-0\d{3}-\d{4}"),
        ("01023456789", r"0100\d{7}"),
        ("+82 10 2345 6789", r"\+82 10 0\d{3} \d{4}"),
        ("02-345-6789", r"02-0\d\d-\d{4}"),
        ("(031) 234-5678", r"\(031\) 0\d\d-\d{4}"),
        ("0505-234-5678", r"0505-0\d\d-\d{4}"),
        ("1588-1234", r"150\d-\d{4}"),
        ("010-****-6789", r"010-\*{4}-\d{4}"),
        ("+1 (212) 555-1234", r"\+1 \(212\) 0\d\d-\d{4}"),
        ("212-555-1234", r"212-0\d\d-\d{4}"),
        ("234-5678", r"0\d\d-\d{4}"),
    ],
)
def test_telephone_numbers_have_an_exchange_that_is_not_given_out(number, shape):
    for key in range(10):
        assert re.fullmatch(shape, made("PHONE_NUMBER", number, bytes([key]) * 32))


@pytest.mark.parametrize(
    ("entity", "number", "shape"),
    [
        ("KR_BRN", "123-45-67890", r"0\d\d-\d\d-\d{5}"),
        ("KR_CORP_REG", "110111-1234567", r"0\d{5}-\d{7}"),
        ("KR_HEALTH_INSURANCE", "1-2345678901", r"0-\d{10}"),
        ("KR_DRIVER_LICENSE", "11-12-123456-12", r"00-\d\d-\d{6}-\d\d"),
        ("KR_DRIVER_LICENSE", "서울 12-123456-12", r"서울 \d\d-000\d{3}-\d\d"),
        ("KR_PASSPORT", "M12345678", r"X\d{8}"),
        ("KR_PASSPORT", "M123A4567", r"X\d{3}[A-Z]\d{4}"),
        ("KR_BANK_ACCOUNT", "110-234-567890", r"000-\d{3}-\d{6}"),
        ("KR_POSTAL_CODE", "06123", r"00\d{3}"),
        ("KR_VEHICLE", "12가3456", r"00[가-힣]\d{4}"),
        ("KR_VEHICLE", "서울 12가 3456", r"서울 00[가-힣] \d{4}"),
        ("KR_VEHICLE", "123허4567", r"0\d\d허\d{4}"),
        ("US_SSN", "123-45-6789", r"000-\d\d-\d{4}"),
        ("IBAN_CODE", "DE89 3704 0044", r"DE00 \d{4} \d{4}"),
        ("EMAIL_ADDRESS", "someone@mail.kr", r"[a-z]+\d{4}@example\.(?:com|net|org)"),
        ("URL", "https://somewhere.kr/about", r"https://example\.(?:com|net|org)/\w{10}"),
        ("URL", "www.somewhere.kr", r"example\.(?:com|net|org)/\w{10}"),
        ("STAFF_ID", "AB-1234c", r"[A-Z]{2}-\d{4}[a-z]"),
    ],
)
def test_identifiers_come_from_ranges_that_are_never_given_out(entity, number, shape):
    for key in range(10):
        assert re.fullmatch(shape, made(entity, number, bytes([key]) * 32))


def test_a_card_fails_luhn_whatever_the_key():
    for key in range(60):
        number = digits(made("CREDIT_CARD", "4111-1111-1111-1111", bytes([key]) * 32))
        values = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
        assert number[0] == "0"
        assert sum(value - 9 * (value > 9) for value in values) % 10


def test_ip_addresses_are_reserved_ones():
    assert ipaddress.ip_address(made("IP_ADDRESS", "10.1.2.3")) in ipaddress.ip_network("240.0.0.0/4")
    assert ipaddress.ip_address(made("IP_ADDRESS", "fe80::1")) in ipaddress.ip_network("2001:db8::/32")


# -- places, dates, ages ------------------------------------------------------------------------------------------


def test_no_invented_district_exists():
    for begin in PLACE_BEGINS:
        for end in PLACE_ENDS:
            assert not any(
                (region := resolve(f"경기도 {begin}{end}{kind}")) and region.sigungu for kind in "시군구"
            )


@pytest.mark.parametrize(
    ("address", "shape"),
    [
        (
            "서울특별시 강남구 어떤대로 123, 101동 202호",
            r"서울특별시 [가-힣]{3}구 [가-힣]{3}대로 \d{3}, \d{3}동 \d{3}호",
        ),
        ("경기도 성남시 분당구 어떤로 12번길 3", r"경기도 [가-힣]{3}시 [가-힣]{3}구 [가-힣]{3}로 \d\d번길 \d"),
        ("부산 어떤구 아무동 123-4번지", r"부산 [가-힣]{3}구 [가-힣]{3}동 \d{3}-\d번지"),
        ("아무동 12-3", r"[가-힣]{3}동 \d\d-\d"),
        ("서울어떤구아무동 12", r"서울[가-힣]{3}구[가-힣]{3}동 \d\d"),
        (
            "강남구 어떤길 12 (아무동, 그런아파트)",
            r"[가-힣]{3}구 [가-힣]{3}길 \d\d \([가-힣]{3}동, [가-힣]{3}아파트\)",
        ),
    ],
)
def test_addresses_keep_province_and_form_alone(address, shape):
    surrogate = made("KR_ADDRESS", address)
    assert re.fullmatch(shape, surrogate), surrogate
    assert not set(re.findall("[가-힣]{3,}[구동로길]|[0-9]{3}", address)) & set(
        re.findall("[가-힣]{3,}[구동로길]", surrogate)
    )


@pytest.mark.parametrize(
    "date",
    [
        "1990년 1월 2일",
        "1990.01.02",
        "1990-1-2",
        "19900102",
        "900102",
        "90-01-02",
        "12/25/1992",
        "1992년 5월",
        "1993년",
    ],
)
def test_dates_of_birth_stay_in_their_five_years(date):
    surrogate = made("DATE_TIME", date)
    assert layout(surrogate) == layout(date)
    year = (re.search(r"19\d\d", surrogate) or re.match(r"\d\d", surrogate)).group()[-2:]
    assert 90 <= int(year) <= 94
    assert surrogate != date


def test_months_in_letters_become_others():
    assert re.fullmatch(r"[A-Z][a-z]{2} \d, 199[0-4]", made("DATE_TIME", "Jan 2, 1990"))
    assert re.fullmatch(r"\d\d [A-Z][a-z]+ 199[0-4]", made("DATE_TIME", "12 January 1990"))


@pytest.mark.parametrize(
    ("age", "allowed"), [("34세", "30 31 32 33"), ("만 7세", "5 6 8 9"), ("101 years", "100 102 103 104")]
)
def test_ages_stay_in_their_five_years(age, allowed):
    for key in range(10):
        assert digits(made("AGE", age, bytes([key]) * 32)) in allowed.split()


def test_ages_in_words_become_words():
    assert made("AGE", "서른네 살") in {"서른한 살", "서른두 살", "서른세 살"}


# -- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "surface"), [("KR_RRN", "******-*******"), ("PERSON", "***"), ("AGE", "젊은"), ("PERSON", "")]
)
def test_what_holds_nothing_to_change_has_no_surrogate(entity, surface):
    assert Surrogates(KEY).of(entity, surface) is None


def test_a_surrogate_is_none_of_the_documents_own_values():
    first = made("PERSON", "김하늘")
    other = Surrogates(KEY).of("PERSON", "김하늘", {first})
    assert other not in (None, first, "김하늘")
    assert other == Surrogates(KEY).of("PERSON", "김하늘", {first})


def test_kinds_are_kept_apart():
    assert token(KEY, "KR_RRN", "900102-1234567") != token(KEY, "KR_FRN", "900102-1234567")
    assert Draws(KEY, "A", "x").digits(20) != Draws(KEY, "B", "x").digits(20)
    assert re.fullmatch("(?:[a-z]{2}[0-9]){4}", token(KEY, "PERSON", "김하늘"))


def test_draws_cover_their_range_evenly():
    draws = Draws(KEY, "A", "x")
    counted = [0] * 7
    for _ in range(7_000):
        counted[draws.below(7)] += 1
    assert min(counted) > 850
    assert max(counted) < 1_150


def test_labels_are_words_in_both_languages():
    assert label_word("AGE", "ko") == "나이"
    assert label_word("KR_HEALTH_INSURANCE", "en") == "health_insurance"
    assert label_word("STAFF_ID", "ko", {"STAFF_ID": ("사번", "staff")}) == "사번"
    assert [Labeller("<이름1>").label("PERSON", name) for name in "가나"] == ["<이름2>", "<이름2>"]


# -- particles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "rest", "expected"),
    [
        ("김하늘", "박서우", "이 왔다", "가 왔다"),
        ("박서우", "김하늘", "가 왔다", "이 왔다"),
        ("김하늘", "박서우", "은 갔다", "는 갔다"),
        ("김하늘", "박서우", "을.", "를."),
        ("박서우", "김하늘", "와 함께", "과 함께"),
        ("박서우", "김하늘", "로 바꿈", "로 바꿈"),  # ㄹ takes 로
        ("박서우", "최민준", "로 바꿈", "으로 바꿈"),
        ("최민준", "김하늘", "으로부터", "로부터"),
        ("김하늘", "박서우", "아!", "야!"),
        ("김하늘", "박서우", "이라고 합니다", "라고 합니다"),
        ("박서우", "김하늘", "라는 사람", "이라는 사람"),
        ("김하늘", "박서우", "이었습니다", "였습니다"),
        ("김하늘", "박서우", "과의 약속", "와의 약속"),
        ("김하늘", "박서우", "이는 갔다", "는 갔다"),
        ("김하늘", "최민준", "이 왔다", "이 왔다"),
        ("김하늘", "박서우", " 이 왔다", " 이 왔다"),
        ("김하늘", "박서우", "의 집", "의 집"),
        ("김하늘", "박서우", "이사장", "이사장"),
        ("김하늘", "박서우", "은행에", "은행에"),
        ("김하늘", "박서우", "", ""),
        ("김하늘", "박서우", "가 왔다", "가 왔다"),  # did not fit before: not ours to mend
        ("010-1111", "010-2222", "로", "로"),
        ("010-1113", "010-2222", "은", "는"),
        ("***", "박서우", "이 왔다", "이 왔다"),
    ],
)
def test_the_particle_right_behind_fits_the_new_word(before, after, rest, expected):
    size, particle = following_particle(before, after, rest)
    assert particle + rest[size:] == expected


def test_final_consonants_are_known_of_what_can_be_read():
    assert [final_consonant(word) for word in ("가", "각", "갈", "7", "ml", "?", "")] == [0, 1, 8, 8, 8, None, None]
