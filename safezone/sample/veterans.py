"""veterans-benefits: people who draw veterans' benefits (보훈급여 수급자)."""

from __future__ import annotations

import numpy as np

from safezone.sample.chance import choose
from safezone.sample.formats import blank, date_text, days_of_year, money_text
from safezone.sample.identifiers import digits
from safezone.sample.people import COHORTS
from safezone.sample.recipe import RAGGED, Columns, PlantedFault, Recipe, Rows
from safezone.sample.text import compose

_KINDS = (
    "참전유공자",
    "전상군경",
    "공상군경",
    "무공수훈자",
    "고엽제후유의증",
    "보훈보상대상자",
    "전몰군경유족",
    "독립유공자유족",
)
_GRADES = ("등급 없음", "7급", "6급3항", "6급2항", "5급", "4급", "3급", "2급", "1급3항")
_MONTHLY = np.array((450, 640, 1030, 1180, 1560, 1890, 2240, 2680, 3420)) * 1000
_DISEASES = ("I10", "E11.9", "M17.9", "H90.3", "F43.1", "J44.9", "I63.9", "G20", "C34.9", "S78.1")
_HOSPITALS = (
    "중앙보훈병원",
    "부산보훈병원",
    "대구보훈병원",
    "대전보훈병원",
    "광주보훈병원",
    "인천보훈병원",
    "위탁병원",
)
_TEXTS = (
    ("opening", 0.35, ("정기 신상확인 완료.", "주소 변경 신고 접수.", "위탁병원 변경 요청.",
    "급여 계좌 변경 신청.", "생존 확인 통화 완료.")),
    ("who", 0.16, ("{name} 본인과 통화함.", "대리인 {other}(이)가 방문하여 신청.",
    "배우자 {other} 님 연락처 {phone}.", "{name} 님 자택 방문 예정.")),
    ("number", 0.06, ("변경 계좌: 농협 {account} (예금주 {name}).", "주민등록번호 {rrn} 확인.",
    "전입 주소는 {address}.")),
    ("plain", 0.2, ("접수번호 {receipt}로 처리함.", "2025년 기준액 적용.", "상이처 재판정 안내문 발송.",
    "의료급여 1종 해당.")),
)  # fmt: skip


def _make(rows: Rows) -> Columns:
    chance = rows.chance
    family = chance.share("family", 0.08)
    people = rows.people(rows.numbers * COHORTS + family)
    grade = chance.index("grade", (30, 24, 13, 10, 9, 6, 4, 2.5, 1.5))
    monthly = _MONTHLY[grade] + chance.integers("extra", 0, 14) * 10_000
    started = np.datetime64("1971-01-01") + chance.integers("since", 0, 19_700)
    slots = {
        "name": people.name,
        "other": rows.anyone("other").name,
        "phone": people.mobile,
        "account": people.account,
        "rrn": people.rrn,
        "address": people.address,
        "receipt": digits(chance.integers("receipt", 2025 * 10**8, 2025 * 10**8 + 99_999_999), 12),
    }
    return {
        "기준일자": date_text(np.repeat(np.datetime64("2025-12-31"), len(rows.numbers))),
        "보훈번호": digits(10_000_000 + rows.numbers * 7 + 3, 10),
        "성명": people.name,
        "주민등록번호": people.rrn,
        "생년월일": date_text(people.birth, ""),
        "성별": people.sex,
        "연락처": blank(people.mobile, chance.share("no phone", 0.06)),
        "시도명": people.province,
        "시군구명": people.district,
        "상세주소": people.address,
        "보훈대상구분": chance.pick("kind", _KINDS, (34, 18, 15, 8, 10, 7, 5, 3)),
        "상이등급": choose(_GRADES, grade),
        "질병코드": blank(
            chance.pick("disease", _DISEASES, (22, 16, 14, 12, 10, 9, 7, 5, 3, 2)), chance.share("healthy", 0.22)
        ),
        "월지급액": money_text(monthly),
        "계좌번호": people.account,
        "결정일자": date_text(started),
        "최근확인일": date_text(days_of_year(chance, "seen")),
        "진료병원": blank(
            chance.pick("hospital", _HOSPITALS, (18, 12, 11, 10, 10, 6, 33)), chance.share("none", 0.25)
        ),
        "비고": compose(chance, _TEXTS, slots),
    }


RECIPE = Recipe(
    dataset="veterans-benefits",
    make=_make,
    identifiers={
        "성명": "names", "주민등록번호": "rrns", "생년월일": "births", "연락처": "phones",
        "상세주소": "addresses", "계좌번호": "accounts",
    },
    texts=("비고",),
    faults=(
        PlantedFault("unparsable_date", "생년월일", "19491345"),
        PlantedFault("word_in_number", "월지급액", "확인필요"),
        PlantedFault("excel_damaged", "보훈번호", "4.73E+17"),
        PlantedFault("missing_required", "주민등록번호", ""),
        PlantedFault(RAGGED),
    ),
)  # fmt: skip
