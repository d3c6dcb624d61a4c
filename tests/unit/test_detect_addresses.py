"""Addresses are found whole, from the province to the flat, and regions by the table of regions."""

import json
import os
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pseudonymize.document.document import Document
from pseudonymize.recognizers.base import DocumentRecognizer
from pseudonymize.recognizers.place import Address, PostalCode
from pseudonymize.recognizers.place_region import RegionName
from pseudonymize.recognizers.place_words import DISTRICT, PROVINCE, ROAD, TOWN, part_of, read_back
from pseudonymize.regions import gazetteer
from pseudonymize.spans import resolve

DATA = Path(os.environ.get("SAFEZONE_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "data"))
RECOGNIZERS: tuple[DocumentRecognizer, ...] = (Address(), PostalCode(), RegionName())


def found(text, entity="KR_ADDRESS"):
    """The spans of one entity, as (start, end), after overlaps are resolved."""
    candidates = [span for recognizer in RECOGNIZERS for span in recognizer.candidates([Document(text)])[0]]
    return [(span.start, span.end) for span in resolve(candidates) if span.entity == entity]


def marked(text):
    """A text without its square brackets, and where they stood."""
    spans = []
    plain = ""
    for char in text:
        if char == "[":
            start = len(plain)
        elif char == "]":
            spans.append((start, len(plain)))
        else:
            plain += char
    return plain, spans


ADDRESSES = [
    # Road names, with province in full, short or missing.
    "저는 [서울특별시 강남구 테헤란로 123]에 삽니다",
    "[서울 중구 퇴계로 12길 3-4]로 보내 주세요",
    "[경남 창원시 의창구 원이대로 100]이며",
    "[충북 청주 상당구 상당로 55]에서",
    "[경기 성남 분당구 판교역로 235] 인근",
    "[세종시 한누리대로 2130]",
    "[강남구 테헤란로 12-3]입니다",
    "[대한민국 서울특별시 강남구 테헤란로 1]",
    "[대구광역시 대구광역시 동구 동내로 64]",
    # Branches of roads.
    "[경기도 수원시 팔달구 효원로241번길 12]",
    "[경기도 수원시 팔달구 효원로 241번안길 12]",
    "[서울 관악구 신림로12나길 34]",
    "[서울 서대문구 독립문로8다길 12-3]",
    "[전북 순창군 금과면 방축 1길 9]",
    "[서울특별시 종로구 3.1대로 428]",
    "사고 지점은 [경기도 수원시 영통구 광교중앙로 140번길]입니다",
    # Lots.
    "[서울 강남구 역삼동 123-4번지]에",
    "[전라남도 여수시 돌산읍 우두리 산12-3]",
    "[강원 춘천시 동면 만천리 산 12-3번지] 일대",
    "[광주 북구 용봉동 300번지 4호]",
    "[경기 파주시 문발동 102-504호] 주소로",
    "[서울특별시 동대문구 제기제2동 123]",
    "[서울 종로구 종로1가 24]",
    "[서울 영등포구 당산동4가 12]",
    "[서울시 성북구 길음동 12통 3반]",
    "[충남 아산시 신창면 수장리 48-132 외 5필지]",
    # Details: blocks, floors, flats, buildings, quarters in parentheses.
    "[서울특별시 종로구 율곡로 1길 12, 101동 1203호]",
    "[경기도 수원시 팔달구 효원로 12-45, 푸른마을 아파트 102동 703호]로",
    "[서울시 강남구 테헤란로 421, 미래빌딩]",
    "[서울특별시 강남구 역삼동 12-5번지 나래빌 302호]",
    "[서울시 마포구 월드컵로 12, A동 1502호]",
    "[서울특별시 중구 세종대로 지하 110]",
    "[서울 관악구 신림로 12, B01호]",
    "[서울 관악구 신림로 12길 34, 비01호]",
    "[서울 중구 을지로3가 5-1 지하 1층]",
    "[서울 강남구 테헤란로 12, 3층 사무실]로 발송",
    "[서울 강남구 테헤란로 12, 7층 702호]",
    "[부산 부산진구 중앙대로 708(부전동)]",
    "[경기도 수원시 팔달구 효원로 12, 101동 203호 (인계동, 가나아파트)]",
    "[대구 달서구 월배로11길 33, 102동1203호(진천동,하늘채)]",
    "[광주 북구 하서로 12 (우산동), 2층]",
    "[서울 송파구 잠실동 꽃마을아파트 101동 1203호]",
    "[고양시 일산동구 마두동 강촌마을 201동 1102호]",
    "사는 곳은 [101동 1203호]입니다",
    # Hidden parts.
    "[서울특별시 강남구 테헤란로 ***]",
    "[서울시 강남구 테헤란로 **길 **-*, ***동 ***호]",
    "[서울시 관악구 ○○동 12-3]",
    "[서울시 은평구 ○○동 ○○○-○]에 사는",
    # Written without spaces, over a line break, in full width.
    "[서울특별시강남구테헤란로123]",
    "[서울특별시강남구역삼동 12-3]",
    "거주지는[서울특별시 강남구 테헤란로 12]",
    "[서울시 강남구\n테헤란로 123]",
    "[서울시 강남구 테헤란로 123\n101동 1203호]",
    "[서울특별시 강남구 테헤란로 １２３－４]",
    # Two in one text.
    "[서울 강남구 역삼로 1]에서 [경기도 용인시 수지구 포은대로 2, 3호]로 이사",
    "주소\n[서울 강남구 역삼로 1]\n[서울 강남구 역삼로 2]",
    # Regions that no table knows.
    "주소는 [행복시 사랑구 희망로 12]입니다",
    # Without a number, under a label.
    "주소지: [경기도 성남시 분당구 정자동]",
    # Without a region: a label, 번지, a flat, a branch or the line says what it is.
    "주소: [테헤란로 427]",
    "[금곡동 43-3번지] 앞",
    "[테헤란로 12번길 45, 3층]에서",
    "신청인|[중앙로 12]|승인",
    # A name that ends the line under a label.
    "주소: [전북 고창군 흥덕면 선운대로 12, 새벽개발]\n연락처",
    "주소: [전북 고창군 흥덕면 선운대로 12], 홍길동\n연락처",
    "홍길동 [서울 강남구 테헤란로 12] 행정주무관",
    # Romanised.
    "[12, Teheran-ro 4-gil, Gangnam-gu, Seoul], 06234",
    "Address: [3F, 12 Sejong-daero, Jung-gu, Seoul, Korea]",
    # What follows is no part of it.
    "[서울 강남구 테헤란로 12] 등으로 변경",
    "[서울 강남구 테헤란로 12-3] 일대",
    "[서울 강남구 테헤란로 12]의 3층 민원실",
    "[서울 강남구 테헤란로 12] 소재의 오피스텔",
    "[서울 강남구 테헤란로 12], 홍길동",
    "[서울 강남구 테헤란로 12] 한빛병원에서 진료",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses_are_found_from_end_to_end(text):
    plain, spans = marked(text)
    assert found(plain) == spans


@pytest.mark.parametrize(
    "text",
    [
        "제12조에 따라 처리 12건",
        "당시 서울시 예산은 3000억원",
        "친구 3명과 앞으로 3번",
        "정부시책으로 12개 사업",
        "이동 3회, 활동 12-3",
        "강남대로 3번 출구",
        "1호선 종로3가역 2번 출구",
        "시행령 별표 1 제3호 가목",
        "강남구 역삼동 3개 업소",
        "서울 강남구 역삼동 300여 명",
        "수원시 팔달구 인계동 12명",
        "2동 3층 건물 1개",
        "101호 법정",
        "응급실로 119구급대를 통해",
        "계좌로 3영업일 이내",
        "하나로 50평생",
        "실제로 3, 4명이",
        "제12가 3456",
        "서울 12가 3456 차량",
        "서울로 3시간",
        "그대로 2개월",
        "답변서면 1통",
        "강남구 쪽으로 12",
        "테헤란로 14:20",
        "서울시 성동 010-1234-5678",
        "회의는 본관 3층에서",
        "302호선",
        "Cairo, Seoul and 12 others",
        "see Micro 12, Macro-gu",
        "gyro 12",
    ],
)
def test_amounts_articles_and_adverbs_are_no_addresses(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "저는 [서울시 강남구] 주민",
        "[수원시]에서 일합니다",
        "[강남구]와 [송파구]",
        "[대구 동구]에 사는",
        "[경기도 용인시 기흥구]의 주민",
        "[강남구 역삼동] 소재 빌라",
        "[서울 강남구 테헤란로] 인근에서",
        "[서울특별시강남구]",
        "[서대문구], [은평구]",
    ],
)
def test_regions_are_locations(text):
    plain, spans = marked(text)
    assert (found(plain, "LOCATION"), found(plain)) == (spans, [])


@pytest.mark.parametrize(
    "text",
    [
        "정부시책", "당시", "친구", "역시 다시", "보여주시고", "중구", "동구 밖", "강남구청", "수원시장", "수원시의회", "성남시 의회",
        "강남구민", "서울특별시 강남구청장", "도시와 지구", "구로 디지털단지", "서울", "부평구청사거리",
    ],
)  # fmt: skip
def test_words_and_authorities_are_no_regions(text):
    assert found(text, "LOCATION") == []


@pytest.mark.parametrize(
    "text",
    [
        "([06234]) 서울 강남구 테헤란로 123",
        "우편번호 [06234], 서울 강남구 테헤란로 123",
        "서울 강남구 테헤란로 123 ([06234])",
        "서울 강남구 테헤란로 123, [06234]",
        "[06234] 서울 강남구 테헤란로 123",
    ],
)
def test_postal_codes_stand_beside_the_address(text):
    plain, spans = marked(text)
    assert found(plain, "KR_POSTAL_CODE") == spans
    assert [plain[start:end] for start, end in found(plain)] == ["서울 강남구 테헤란로 123"]


def test_words_are_read_back_as_long_as_they_rise():
    text = "문의는 경기도 성남시 분당구 정자동 불정로"
    words = read_back(text, len(text))
    assert words is not None
    assert (text[words.start :], words.top, words.bottom) == ("경기도 성남시 분당구 정자동 불정로", PROVINCE, ROAD)
    assert read_back("무엇으로", 4) is None
    assert read_back("어제 점심", 5) is None
    assert [part.top if part else None for part in map(part_of, ["서울", "강남구", "역삼1동", "세종대로", "점심"])] == [
        PROVINCE, DISTRICT, TOWN, ROAD, None,
    ]  # fmt: skip


_DISTRICTS = sorted(
    {
        (sido, name)
        for sido, names in gazetteer().within.items()
        for name in names
        if len(name) > 2 and " " not in name and name[-1] in "시군구"
    }
)
_DETAILS = [
    "",
    ", 3층",
    ", 101동 1203호",
    " 302호",
    "(가온동)",
    " (가온동, 한빛아파트)",
    ", 한빛빌딩 7층",
    " 한빛아파트 102동 405호",
]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(_DISTRICTS),
    st.sampled_from(
        ["가온로", "누리대로", "한빛3길", "미르로 12번길", "다온면 샘내리", "새솔동", "별빛2가", "다온읍 가온로"]
    ),
    st.integers(1, 9999),
    st.one_of(st.just(""), st.integers(1, 999).map("-{}".format)),
    st.sampled_from(_DETAILS),
    st.sampled_from(["주소: {}\n", "{}입니다", "어제 {}에서 만났다", "1|{}|2", "({})", "현재 {} 거주"]),
)
def test_any_district_with_any_road_and_number_is_found(region, road, number, dash, details, frame):
    address = f"{region[0]} {region[1]} {road} {number}{dash}{details}"
    text = frame.format(address)
    start = text.index(address)
    assert found(text) == [(start, start + len(address))]


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("서울시강남구역삼동로길12-3, ()*○\n호층번지산"), max_size=80))
def test_spans_lie_in_the_text_and_hold_more_than_space(text):
    for entity in ("KR_ADDRESS", "LOCATION", "KR_POSTAL_CODE"):
        for start, end in found(text, entity):
            assert 0 <= start < end <= len(text)
            assert text[start:end].strip() == text[start:end]


@pytest.mark.parametrize(
    "unit",
    [
        "서울시 ", "서울시강남구", "가", "가로 1 ", "로1", "길 ", "*", "○", "동 1호 ", "역삼동 1, ", "테헤란로 12, 3층 ", "(역삼동)", "12-",
        "가나다라마바사아자차카타파하로", "빌라 ", "1층,", "로 1, 가나 다라 ", "경기도\n", "서울 강남구 역삼동 1 ", "가 빌라 1호 ",
    ],
)  # fmt: skip
def test_hostile_texts_take_linear_time(unit):
    def seconds(characters):
        document = Document(unit * (characters // len(unit)))
        began = time.process_time()
        for recognizer in RECOGNIZERS:
            recognizer.candidates([document])
        return time.process_time() - began

    # Measured: below 12 microseconds a character. A quadratic search would take minutes.
    assert seconds(10_000) < 1.0


def test_what_is_found_is_part_of_the_digest():
    for recognizer in RECOGNIZERS:
        json.dumps(recognizer.identity(), sort_keys=True)
    assert {"words", "stems", "details"} <= set(Address().identity())


def test_addresses_in_documents_are_found_exactly():
    path = DATA / "korean-pii" / "documents-develop.jsonl"
    if not path.exists():
        pytest.skip("the documents are not on this machine")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    right = reported = known = 0
    for row in random.Random(5).sample(rows, 300):
        spans = set()
        for value in {item["text"] for item in row["pii"] if item["type"] == "ADDRESS"}:
            spans |= {match.span() for match in re.finditer(re.escape(value), row["text"])}
        answers = set(found(row["text"]))
        right, reported, known = right + len(spans & answers), reported + len(answers), known + len(spans)
    assert 2 * right / (reported + known) > 0.96
