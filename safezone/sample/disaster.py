"""disaster-safety-reports: hazards that citizens report (재난안전 신고), a workbook with a two-row header."""

from __future__ import annotations

import numpy as np

from safezone.sample.chance import choose
from safezone.sample.formats import (
    YEAR,
    blank,
    date_text,
    days_of_year,
    loose_date_text,
    minutes_of_day,
    number_text,
    receipt_number,
    time_text,
)
from safezone.sample.identifiers import digits, joined, ymd
from safezone.sample.people import landline
from safezone.sample.recipe import Columns, PlantedFault, Recipe, Rows
from safezone.sample.regions import ROADS
from safezone.sample.text import compose

_KINDS = (
    "도로 파손",
    "축대·옹벽",
    "침수 우려",
    "가로등 고장",
    "공사장 안전",
    "낙하물 위험",
    "가스 냄새",
    "산불 연기",
    "빙판길",
)
_AGES = ("10대", "20대", "30대", "40대", "50대", "60대", "70대 이상")
_TEXTS = (
    ("where", 0.9, (
        "{road} 버스정류장 옆 보도블록이 주저앉았습니다.", "{road} 사거리 맨홀 뚜껑이 열려 있습니다.",
        "아파트 뒤 옹벽에 {cm}cm 균열이 생겼습니다.",
        "비만 오면 {road} 지하차도에 물이 찹니다.", "공사장 가림막이 바람에 쓰러질 것 같습니다.",
        "가로등 관리번호 {pole}번이 꺼져 있습니다.",
        "상가 3층 간판이 떨어지려 합니다.", "골목에서 가스 냄새가 납니다.",
    )),
    ("address", 0.26, ("위치는 {address}입니다.", "{address} 앞입니다.", "정확한 주소: {address}")),
    ("who", 0.3, ("신고자 {name}입니다.", "{name} 드림.", "통장 {other} 님이 먼저 발견했습니다.",
    "경비원 {other}(이)가 위험 표시를 해 두었습니다.", "피해자는 {other} 어르신입니다.")),
    ("vehicle", 0.1, ("파손된 구멍에 {plate} 차량 바퀴가 빠졌습니다.", "{plate} 차주와 연락이 되지 않습니다.")),
    ("call", 0.3, ("연락 주세요. {phone}", "현장 담당자 전화는 {office}입니다.", "제 번호는 {phone} 입니다.",
    "사진은 {email}에서 보냈습니다.")),
    ("plain", 0.4, ("{when}부터 이랬습니다.", "2주 전에도 신고했는데 그대로입니다.",
    "보수비 350만원이면 된다고 들었습니다.", "신고번호 {receipt}와 같은 건입니다.",
    "아이들이 다니는 길이라 위험합니다.")),
    ("closing", 0.5, ("조속히 조치해 주세요.", "사고 나기 전에 확인 바랍니다.", "감사합니다.")),
)  # fmt: skip


def _make(rows: Rows) -> Columns:
    chance = rows.chance
    people = rows.anyone("reporter")
    day, minute = days_of_year(chance, "day"), minutes_of_day(chance, "time")
    age = np.clip((YEAR - ymd(people.birth)[0]) // 10 - 1, 0, 6)
    done = day + chance.integers("took", 0, 30)
    slots = {
        "name": people.name,
        "other": rows.anyone("other").name,
        "phone": people.mobile,
        "email": people.email,
        "address": people.address,
        "plate": rows.anyone("vehicle").plate,
        "road": chance.pick("road", ROADS),
        "cm": number_text(chance.integers("cm", 2, 90)),
        "pole": digits(chance.integers("pole", 1, 9999), 4),
        "office": landline(chance, people.province_index),
        "when": loose_date_text(day),
        "receipt": receipt_number("SPP", chance),
    }
    return {
        "신고 번호": joined(f"SPP-{YEAR}-", digits(rows.numbers * 5 + 2, 8)),
        "신고 일시": joined(date_text(day), " ", time_text(minute)),
        "신고 유형": chance.pick("kind", _KINDS, (27, 9, 11, 17, 12, 9, 6, 3, 6)),
        "신고 내용": compose(chance, _TEXTS, slots),
        "신고인 성명": blank(people.name, chance.share("anonymous", 0.08)),
        "신고인 연락처": people.mobile,
        "신고인 이메일": blank(people.email, chance.share("no mail", 0.5)),
        "신고인 성별": people.sex,
        "신고인 연령대": choose(_AGES, age),
        "발생장소 시도": people.province,
        "발생장소 시군구": people.district,
        "발생장소 상세주소": people.address,
        "처리 상태": chance.pick("state", ("완료", "처리중", "불수용", "이송"), (78, 12, 6, 4)),
        "처리 완료일": date_text(done),
        "처리 담당자": rows.anyone("officer").name,
        "위험등급": chance.pick("risk", ("1", "2", "3", "4", "5"), (6, 14, 35, 30, 15)),
    }


RECIPE = Recipe(
    dataset="disaster-safety-reports",
    make=_make,
    identifiers={
        "신고인 성명": "names", "신고인 연락처": "phones", "신고인 이메일": "emails",
        "발생장소 상세주소": "addresses",
    },
    texts=("신고 내용",),
    faults=(
        PlantedFault("unparsable_date", "신고 일시", "2025-04-31 10:00"),
        PlantedFault("word_in_number", "위험등급", "상급"),
        PlantedFault("excel_damaged", "신고 번호", "4.73E+17"),
        PlantedFault("missing_required", "신고 번호", ""),
    ),
)  # fmt: skip
