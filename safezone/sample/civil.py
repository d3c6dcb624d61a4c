"""civil-complaints: petitions to the government (국민신문고 민원), long texts that tell of people."""

from __future__ import annotations

import pyarrow.compute as pc

from safezone.sample.chance import choose
from safezone.sample.formats import (
    YEAR,
    blank,
    date_text,
    days_of_year,
    loose_date_text,
    minutes_of_day,
    money_text,
    number_text,
    time_text,
)
from safezone.sample.identifiers import business_number, digits, joined
from safezone.sample.people import landline
from safezone.sample.recipe import Columns, PlantedFault, Recipe, Rows
from safezone.sample.regions import PROVINCES, ROADS
from safezone.sample.text import compose

_FIELDS = ("교통·도로", "주택·건축", "복지", "환경", "노동", "교육", "세무", "경찰", "문화·관광")
_TITLES = (
    ("main", 1.0, (
        "{road} 불법주정차 단속 요청", "층간소음 분쟁 조정 문의", "기초연금 수급 자격 확인", "체불임금 진정",
        "{name} 명의 과태료 이의신청", "전입신고 처리 지연",
        "어린이보호구역 신호등 설치 건의", "공사 소음 민원", "{plate} 차량 상습 주차 신고",
        "국민취업지원제도 문의",
    )),
)  # fmt: skip
_TEXTS = (
    ("greeting", 0.7, ("안녕하십니까.", "담당자님께.", "수고가 많으십니다.",
    "국민의 한 사람으로서 글을 올립니다.")),
    ("self", 0.42, (
        "저는 {address}에 거주하는 {name}입니다.", "민원인 {name}(주민등록번호 {rrn})입니다.",
        "저는 {province}에 사는 {name}라고 합니다.",
        "이름은 {name}, 연락처는 {phone}입니다.", "회사원 {name}입니다.", "{name} 학부모입니다.",
    )),
    ("what", 1.0, (
        "{road} 일대에 밤마다 화물차가 서 있어 통행이 어렵습니다. 단속은 그때뿐이고 다음 날이면 똑같습니다.",
        "위층의 소음으로 석 달째 잠을 이루지 못하고 있습니다. 관리사무소에 여러 차례 말했으나 나아지지 않았습니다.",
        "지난 {month}월에 신청한 지원금 {amount}원이 아직 입금되지 않았습니다. 심사 기준이 무엇인지 알고 싶습니다.",
        "퇴사 후 임금 {amount}원을 받지 못했습니다. 사업주는 연락을 피하고 있습니다.",
        "학교 앞 횡단보도에 신호등이 없어 아이들이 위험하게 건너고 있습니다. 지난 학기에도 사고가 있었습니다.",
        "재산세 고지서 금액이 작년보다 {amount}원 올랐는데 산정 근거를 설명해 주십시오.",
        "공공기관 누리집의 화면 낭독기 지원이 부족하여 시각장애인이 신청서를 쓸 수 없습니다.",
        "하천 산책로의 자전거도로와 보행로가 구분되지 않아 다칠 뻔했습니다.",
    )),
    ("others", 0.34, (
        "사장 {other} 씨는 전화를 받지 않습니다.", "담당 주무관 {other} 님은 규정이 없다고만 하십니다.",
        "옆 동에 사는 {other}의 차량 {plate}이 원인입니다.",
        "피해자는 제 아버지 {other}이십니다.", "{other} 팀장과 통화한 내용은 녹음되어 있습니다.",
        "집주인 {other}에게 보증금을 돌려받지 못했습니다.",
    )),
    ("money", 0.12, ("계좌는 국민은행 {account} 예금주 {name}입니다.", "환급은 농협 {account}로 부탁드립니다.",
    "사업자등록번호 {brn}로 조회됩니다.", "면허번호 {licence}도 확인 부탁드립니다.")),
    ("facts", 0.5, (
        "접수번호 {receipt}를 참고해 주십시오.", "{when} {clock}에 처음 발생했습니다.",
        "관련 법 제{article}조에 따라 처리해 주십시오.", "주민 {people}명이 서명했습니다.",
        "참고로 2024년 예산은 {amount}원이었습니다.", "지금까지 {people}번 넘게 문의했습니다.",
    )),
    ("contact", 0.36, (
        "답변은 {email}로 부탁드립니다.", "연락처 {phone}, 통화는 오후에 가능합니다.",
        "집 전화는 {office}입니다.", "제 휴대폰 {bare}으로 문자 주세요.",
        "우편은 {address}로 보내 주십시오.",
    )),
    ("closing", 0.8, ("현명한 판단을 부탁드립니다.", "빠른 답변 기다리겠습니다.", "감사합니다.",
    "같은 일이 반복되지 않도록 해 주십시오.", "{name} 올림.")),
)  # fmt: skip


def _make(rows: Rows) -> Columns:
    chance = rows.chance
    people = rows.anyone("petitioner")
    day, minute = days_of_year(chance, "day"), minutes_of_day(chance, "time")
    mobile = people.mobile
    province = people.province_index
    receipt = joined(
        "1AA-", digits(YEAR % 100 * 100 + 1 + rows.numbers % 12, 4), "-", digits(rows.numbers * 7 + 1, 8)
    )
    slots = {
        "name": people.name,
        "other": rows.anyone("other").name,
        "rrn": people.rrn,
        "phone": mobile,
        "bare": joined("010", digits(chance.integers("bare", 20_000_000, 99_899_999), 8)),
        "email": people.email,
        "address": people.address,
        "province": choose([item.short for item in PROVINCES], province),
        "plate": rows.anyone("vehicle").plate,
        "account": people.account,
        "licence": people.licence,
        "brn": business_number(chance.integers("firm", 101_000_000, 879_999_999)),
        "office": landline(chance, province),
        "road": chance.pick("road", ROADS),
        "month": number_text(chance.integers("month", 1, 12)),
        "amount": money_text(chance.integers("amount", 3, 900) * 10_000),
        "when": loose_date_text(day - 20),
        "clock": time_text(minute),
        "article": number_text(chance.integers("article", 2, 90)),
        "people": number_text(chance.integers("people", 3, 320)),
        "receipt": receipt,
    }
    return {
        "민원번호": receipt,
        "접수일시": joined(date_text(day), " ", time_text(minute)),
        "민원분야": chance.pick("field", _FIELDS, (24, 17, 13, 11, 11, 8, 6, 7, 3)),
        "제목": compose(chance, _TITLES, slots),
        "내용": compose(chance, _TEXTS, slots),
        "신청인명": people.name,
        "신청인생년월일": date_text(people.birth),
        "신청인성별": people.sex,
        "신청인연락처": mobile,
        "신청인이메일": blank(people.email, chance.share("no mail", 0.35), None),
        "신청인주소": people.address,
        "거주시도": people.province,
        "처리기관": pc.if_else(pc.equal(people.district, ""), "세종특별자치시청", joined(people.district, "청")),
        "담당자명": rows.anyone("officer").name,
        "담당자연락처": landline(chance, province),
        "처리상태": chance.pick("state", ("답변완료", "처리중", "이송", "취하"), (84, 8, 6, 2)),
        "처리일자": date_text(day + chance.integers("took", 0, 14)),
        "만족도": blank(
            chance.pick("satisfied", ("1", "2", "3", "4", "5"), (17, 12, 22, 26, 23)),
            chance.share("silent", 0.6),
            None,
        ),
    }


RECIPE = Recipe(
    dataset="civil-complaints",
    make=_make,
    identifiers={
        "신청인명": "names", "신청인생년월일": "births", "신청인연락처": "phones", "신청인이메일": "emails",
        "신청인주소": "addresses",
    },
    texts=("내용",),
    faults=(
        PlantedFault("unparsable_date", "접수일시", "2025-13-01 09:00"),
        PlantedFault("word_in_number", "만족도", "보통"),
        PlantedFault("excel_damaged", "민원번호", "4.73E+17"),
        PlantedFault("missing_required", "민원번호", None),
    ),
)  # fmt: skip
