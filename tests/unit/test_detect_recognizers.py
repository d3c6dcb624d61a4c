"""What identifies a person is found whole; what merely looks like it is left alone."""

import pytest

from pseudonymize.detect.detector import Detector


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.default("ko")


FOUND = [
    # text, value, entity
    ("주민등록번호 900101-1234568", "900101-1234568", "KR_RRN"),
    ("주민번호는 900101-1234567입니다", "900101-1234567", "KR_RRN"),
    ("김하늘(900101-1******)", "900101-1******", "KR_RRN"),
    ("920415-2XXXXXX 확인", "920415-2XXXXXX", "KR_RRN"),
    ("９００１０１－１２３４５６７", "９００１０１－１２３４５６７", "KR_RRN"),
    ("900101 - 1234567", "900101 - 1234567", "KR_RRN"),
    ("90.01.01-1234567", "90.01.01-1234567", "KR_RRN"),
    ("9 0 0 1 0 1 - 1 2 3 4 5 6 7", "9 0 0 1 0 1 - 1 2 3 4 5 6 7", "KR_RRN"),
    ("201105-3123456은 2020년 이후 번호", "201105-3123456", "KR_RRN"),
    ("번호9001011234568끝", "9001011234568", "KR_RRN"),
    ("주민등록번호 123456-1234567", "123456-1234567", "KR_RRN"),
    ("외국인등록번호 900101-5234567", "900101-5234567", "KR_FRN"),
    ("사업자등록번호 124-81-00998", "124-81-00998", "KR_BRN"),
    ("사업자번호: 1248100998", "1248100998", "KR_BRN"),
    ("㈜새길 124-81-00998", "124-81-00998", "KR_BRN"),
    ("법인등록번호 110111-1234567", "110111-1234567", "KR_CORP_REG"),
    ("면허 11-19-123456-78 소지", "11-19-123456-78", "KR_DRIVER_LICENSE"),
    ("운전면허번호 112012345678", "112012345678", "KR_DRIVER_LICENSE"),
    ("여권번호 M12345678", "M12345678", "KR_PASSPORT"),
    ("M123A4567 여권", "M123A4567", "KR_PASSPORT"),
    ("010-1234-5678로 연락", "010-1234-5678", "PHONE_NUMBER"),
    ("연락처는010-1234-5678입니다", "010-1234-5678", "PHONE_NUMBER"),
    ("01012345678", "01012345678", "PHONE_NUMBER"),
    ("010.1234.5678", "010.1234.5678", "PHONE_NUMBER"),
    ("010 1234 5678", "010 1234 5678", "PHONE_NUMBER"),
    ("+82-10-1234-5678", "+82-10-1234-5678", "PHONE_NUMBER"),
    ("+82 2 123 4567", "+82 2 123 4567", "PHONE_NUMBER"),
    ("(02)123-4567", "(02)123-4567", "PHONE_NUMBER"),
    ("담당(02-123-4567)", "02-123-4567", "PHONE_NUMBER"),
    ("031)123-4567", "031)123-4567", "PHONE_NUMBER"),
    ("0507-1234-5678", "0507-1234-5678", "PHONE_NUMBER"),
    ("070-1234-5678", "070-1234-5678", "PHONE_NUMBER"),
    ("대표전화 1588-1234", "1588-1234", "PHONE_NUMBER"),
    ("010-****-5678", "010-****-5678", "PHONE_NUMBER"),
    ("메일은hong.gd@naver.com으로", "hong.gd@naver.com", "EMAIL_ADDRESS"),
    ("hong(at)korea.kr", "hong(at)korea.kr", "EMAIL_ADDRESS"),
    ("카드4111-1111-1111-1111로", "4111-1111-1111-1111", "CREDIT_CARD"),
    ("4111111111111111", "4111111111111111", "CREDIT_CARD"),
    ("카드번호 4512-8803-1290-5563", "4512-8803-1290-5563", "CREDIT_CARD"),
    ("접속 211.174.22.109에서", "211.174.22.109", "IP_ADDRESS"),
    ("2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::8a2e:370:7334", "IP_ADDRESS"),
    ("https://www.korea.kr/news?id=3에서", "https://www.korea.kr/news?id=3", "URL"),
    ("누리집(www.korea.kr)", "www.korea.kr", "URL"),
    ("신한은행 110-123-456789", "110-123-456789", "KR_BANK_ACCOUNT"),
    ("농협은행 302-1145-0823-41 계좌", "302-1145-0823-41", "KR_BANK_ACCOUNT"),
    ("110-123-456789(국민은행)", "110-123-456789", "KR_BANK_ACCOUNT"),
    ("계좌번호 12345678901234", "12345678901234", "KR_BANK_ACCOUNT"),
    ("서울12가3456 차량", "서울12가3456", "KR_VEHICLE"),
    ("123가4567", "123가4567", "KR_VEHICLE"),
    ("차량번호 12가 3456번", "12가 3456", "KR_VEHICLE"),
    ("주차된 12허3456이", "12허3456", "KR_VEHICLE"),
    (
        "서울특별시 종로구 세종대로 1길 12, 101동 1203호",
        "서울특별시 종로구 세종대로 1길 12, 101동 1203호",
        "KR_ADDRESS",
    ),
    ("경기 성남시 분당구 판교역로 235(삼평동)에", "경기 성남시 분당구 판교역로 235(삼평동)", "KR_ADDRESS"),
    ("강남구 역삼동 123-45번지에", "강남구 역삼동 123-45번지", "KR_ADDRESS"),
    ("전라남도 담양군 담양읍 객사리 12-3", "전라남도 담양군 담양읍 객사리 12-3", "KR_ADDRESS"),
    ("주소: 테헤란로 427", "테헤란로 427", "KR_ADDRESS"),
    ("저는 101동 1203호에 삽니다", "101동 1203호", "KR_ADDRESS"),
    ("우편번호 03171", "03171", "KR_POSTAL_CODE"),
    ("(우) 03171", "03171", "KR_POSTAL_CODE"),
    ("서울특별시 종로구 세종대로 209 (03171)", "03171", "KR_POSTAL_CODE"),
    ("생년월일 1990년 1월 1일", "1990년 1월 1일", "DATE_TIME"),
    ("생년월일: 900101", "900101", "DATE_TIME"),
    ("1990.01.01.생", "1990.01.01.", "DATE_TIME"),
]


@pytest.mark.parametrize(("text", "value", "entity"), FOUND)
def test_found_whole(detector: Detector, text: str, value: str, entity: str) -> None:
    found = [(text[s.start : s.end], s.entity) for s in detector.detect([text])[0]]
    assert (value, entity) in found


NOT_PERSONAL = [
    "20240131123456",
    "202401311234",
    "접수번호 202401311234",
    "접수번호 2024-0131-1234",
    "접수번호 110-123-456789",
    "민원접수번호: 1AA-2401-0131234",
    "처리일시 2024-01-31 12:34:56",
    "1609459200000",
    "1701234567890",
    "금액 1,234,567,890원",
    "금액 1234567890원",
    "총액 12345678901",
    "예산 3,000만원 5000건",
    "개인정보 보호법 제28조의2제1항",
    "법률 제19234호",
    "행정안전부 고시 제2024-112호",
    "대통령령 제33723호",
    "문서번호 정보정책과-12345",
    "2019헌바123 결정",
    "사건번호 2023가합12345",
    "2023. 5. 1.부터 2024. 4. 30.까지",
    "1592-1598년",
    "8801234567893",
    "버전 1.2.3.4",
    "제1.2.3.4항",
    "전체 1234-5678건",
    "12호 3456",
    "30도 2000",
    "10만 5000원",
    "앞으로 3명",
    "별도로 10건",
    "서울특별시 강남구 주민",
    "오전 10시 30분",
    "확률 0.1234567890",
    "1234567890",
    "123-45-67890",
    "3.14159265358979",
]


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_amounts_times_and_document_numbers_are_not_personal(detector: Detector, text: str) -> None:
    assert detector.detect([text])[0] == []


def test_an_ip_address_is_no_telephone_number(detector: Detector) -> None:
    (spans,) = detector.detect(["192.168.102.104"])
    assert [s.entity for s in spans] == ["IP_ADDRESS"]


def test_long_runs_of_one_kind_of_character_take_linear_time(detector: Detector) -> None:
    import time

    for unit in ("1-", "가 ", "a.", "1 ", "서울시 ", "0", "김하늘(", "x@"):
        began = time.process_time()
        detector.detect([unit * 5_000])
        assert time.process_time() - began < 3.0, unit
