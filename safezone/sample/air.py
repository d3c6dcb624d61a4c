"""air-quality-complaints: what citizens report about the air (대기질 민원), beside a station's readings."""

from __future__ import annotations

import numpy as np

from safezone.sample.chance import choose
from safezone.sample.formats import YEAR, blank, date_text, days_of_year, decimal_text, number_text, receipt_number
from safezone.sample.identifiers import digits, joined
from safezone.sample.people import landline
from safezone.sample.recipe import NOT_JSON, Columns, PlantedFault, Recipe, Rows
from safezone.sample.regions import NEIGHBOURHOODS
from safezone.sample.text import compose

_KINDS = ("악취", "비산먼지", "매연 차량", "사업장 굴뚝 연기", "불법소각", "미세먼지 일반", "도장시설 냄새")
_SUBSTANCES = ("황화수소", "먼지", "질소산화물", "황산화물", "휘발성유기화합물", "암모니아")
_TEXTS = (
    ("greeting", 0.5, ("안녕하세요.", "수고 많으십니다.", "몇 달째 참다가 신고합니다.", "급히 연락드립니다.")),
    ("self", 0.34, (
        "저는 {place}에 사는 {name}입니다.", "{name}이라고 합니다.", "신고인 {name}, 연락처 {phone}입니다.",
        "{address} 주민 {name}입니다.",
    )),
    ("what", 1.0, (
        "새벽마다 고무 타는 냄새가 나서 창문을 열 수가 없습니다.", "인근 공사장에서 살수 없이 흙먼지가 날립니다.",
        "공장 굴뚝에서 {hour}시쯤 검은 연기가 계속 나옵니다.", "하천 둔치에서 쓰레기를 태우는 사람이 있습니다.",
        "도장 작업 냄새 때문에 아이가 두통을 호소합니다.",
        "오늘 미세먼지 수치가 {pm}으로 나오는데 체감은 훨씬 심합니다.",
        "축사 쪽에서 바람이 불면 악취가 심해 빨래를 널 수 없습니다.",
    )),
    ("vehicle", 0.18, ("앞서가던 화물차 {plate}에서 매연이 심하게 났습니다.",
    "차량번호 {plate} 공회전 단속 바랍니다.", "{plate} 차량을 {hour}시에 봤습니다.")),
    ("neighbour", 0.12, ("옆집 {other} 씨도 같은 증상입니다.", "관리소장 {other} 님께 말했지만 조치가 없습니다.",
    "{other} 사장이 운영하는 곳입니다.")),
    ("history", 0.3, (
        "지난번 접수번호 {receipt} 건은 어떻게 되었습니까?", "작년에도 세 번 신고했습니다.",
        "과태료 100만원 부과했다더니 그대로입니다.",
        "{hour}시부터 다음 날 06:30까지 계속됩니다.",
    )),
    ("contact", 0.3, ("회신은 {phone}으로 부탁드립니다.", "결과를 {email}로 보내 주세요.",
    "전화는 {office}로 주시면 됩니다.", "문자 주세요. {phone}")),
    ("closing", 0.6, ("빠른 조치 부탁드립니다.", "현장 확인 바랍니다.", "단속해 주십시오.", "감사합니다.")),
)  # fmt: skip
_STATES = ("처리완료", "이송", "처리중", "취하")


def _make(rows: Rows) -> Columns:
    chance = rows.chance
    people = rows.anyone("reporter")
    received = days_of_year(chance, "day")
    kind = chance.index("kind", (26, 19, 13, 11, 10, 12, 9))
    pm10 = np.clip(np.exp(3.6 + 0.5 * chance.normal("pm")), 4, 480).astype(np.int64)
    pm25 = (pm10 * (0.35 + 0.3 * chance.unit("ratio"))).astype(np.int64)
    plate = rows.anyone("vehicle").plate
    slots = {
        "name": people.name,
        "other": rows.anyone("other").name,
        "phone": people.mobile,
        "email": people.email,
        "address": people.address,
        "place": chance.pick("dong", NEIGHBOURHOODS),
        "plate": plate,
        "hour": number_text(chance.integers("hour", 1, 23)),
        "pm": number_text(pm10),
        "office": landline(chance, people.province_index),
        "receipt": receipt_number("AIR", chance),
    }
    return {
        "접수번호": joined(f"AIR-{YEAR}-", digits(rows.numbers * 3 + 5, 8)),
        "접수일자": date_text(received),
        "신고자명": blank(people.name, chance.share("anonymous", 0.12), None),
        "연락처": blank(people.mobile, chance.share("no phone", 0.1), None),
        "이메일": blank(people.email, chance.share("no mail", 0.55), None),
        "시도": people.province,
        "시군구": people.district,
        "발생지주소": people.address,
        "측정소명": chance.pick("station", NEIGHBOURHOODS),
        "민원유형": choose(_KINDS, kind),
        "오염물질": blank(chance.pick("substance", _SUBSTANCES), chance.share("unknown", 0.4), None),
        "PM10": decimal_text(pm10 * 10 + chance.integers("pm/tenth", 0, 9), 1),
        "PM25": number_text(pm25),
        "신고차량번호": blank(plate, kind != 2, None),
        "민원내용": compose(chance, _TEXTS, slots),
        "처리상태": chance.pick("state", _STATES, (82, 9, 7, 2)),
        "처리일자": date_text(received + chance.integers("took", 0, 21)),
    }


RECIPE = Recipe(
    dataset="air-quality-complaints",
    make=_make,
    identifiers={
        "신고자명": "names", "연락처": "phones", "이메일": "emails", "발생지주소": "addresses",
        "신고차량번호": "vehicles",
    },
    texts=("민원내용",),
    faults=(
        PlantedFault("unparsable_date", "접수일자", "작년 가을"),
        PlantedFault("word_in_number", "PM10", "점검중"),
        PlantedFault("excel_damaged", "접수번호", "4.73E+17"),
        PlantedFault("missing_required", "접수번호", None),
        PlantedFault(NOT_JSON),
    ),
)  # fmt: skip
