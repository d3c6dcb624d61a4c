"""job-seekers: people registered as looking for work, with their unemployment benefits (구직자·고용보험)."""

from __future__ import annotations

import numpy as np

from safezone.sample.chance import choose
from safezone.sample.formats import YEAR, blank, date_text, days_of_year, money_text, number_text
from safezone.sample.identifiers import business_number, digits, joined, ymd
from safezone.sample.people import COHORTS
from safezone.sample.recipe import RAGGED, Columns, PlantedFault, Recipe, Rows

_EDUCATION = ("고졸 이하", "전문대졸", "대졸", "대학원졸")
_WAGE = np.array((2100, 2350, 2750, 3500)) * 1000
_OCCUPATIONS = (
    "경영·사무직", "영업·판매직", "음식 서비스직", "보건·의료직", "건설·채굴직", "기계 설치·정비직",
    "운전·운송직", "정보통신직", "돌봄 서비스직",
    "청소·경비직", "교육직", "제조 단순직",
)  # fmt: skip
_REASONS = ("계약만료", "권고사직", "폐업·도산", "정년", "자발적 이직", "징계해고", "질병·부상")


def _make(rows: Rows) -> Columns:
    chance = rows.chance
    people = rows.people(rows.numbers // 4 * COHORTS + 1 + rows.numbers % 4)
    age = YEAR - ymd(people.birth)[0]
    education = chance.index("education", (38, 21, 34, 7))
    career = np.minimum(chance.integers("career", 0, 25), np.maximum(age - 20, 0))
    wage = (_WAGE[education] * (1 + 0.02 * career) * np.exp(0.15 * chance.normal("wage"))).astype(
        np.int64
    ) // 50_000
    insured = np.minimum(career * 12, chance.integers("insured", 0, 240))
    entitled = (insured >= 6) & chance.share("entitled", 0.78)
    daily = np.clip(wage * 50_000 * 0.6 / 30, 64_192, 66_000).astype(np.int64) // 10 * 10
    started = days_of_year(chance, "day")
    return {
        "구직등록번호": joined(f"K{YEAR % 100}", digits(rows.numbers * 11 + 7, 9)),
        "성명": people.name,
        "주민등록번호": people.rrn,
        "생년월일": date_text(people.birth),
        "성별": people.sex,
        "휴대전화": people.mobile,
        "이메일": blank(people.email, chance.share("no mail", 0.18)),
        "주소": people.address,
        "최종학력": choose(_EDUCATION, education),
        "희망직종": chance.pick("occupation", _OCCUPATIONS, (19, 12, 11, 8, 7, 7, 7, 7, 7, 6, 5, 4)),
        "희망월급": money_text(wage * 50_000),
        "경력연수": number_text(career),
        "이직사유": chance.pick("reason", _REASONS, (31, 24, 11, 6, 20, 2, 6)),
        "고용보험가입개월": number_text(insured),
        "실업급여일액": blank(money_text(daily), ~entitled),
        "실업급여계좌": blank(people.account, ~entitled),
        "이전사업장번호": business_number(chance.integers("firm", 101_000_000, 879_999_999) // 97 * 97),
        "장애여부": chance.pick("disability", ("N", "Y"), (94, 6)),
        "구직등록일": date_text(started, "."),
    }


RECIPE = Recipe(
    dataset="job-seekers",
    make=_make,
    identifiers={
        "성명": "names", "주민등록번호": "rrns", "생년월일": "births", "휴대전화": "phones", "이메일": "emails",
        "주소": "addresses",
        "실업급여계좌": "accounts",
    },
    faults=(
        PlantedFault("unparsable_date", "생년월일", "1987-00-17"),
        PlantedFault("word_in_number", "희망월급", "면접 후 협의"),
        PlantedFault("excel_damaged", "구직등록번호", "4.73E+17"),
        PlantedFault("missing_required", "주민등록번호", ""),
        PlantedFault(RAGGED),
    ),
)  # fmt: skip
