"""Values for slots other than names: identifiers, addresses, dates, amounts and numbers that only look personal."""

from __future__ import annotations

import random
from collections.abc import Callable

from pseudonymize.names.training.splits import spaced_words

_REGIONS = {
    "서울특별시": "종로구 마포구 강서구 송파구 관악구 노원구 은평구 성북구 강동구 동작구",
    "부산광역시": "해운대구 사하구 남구 북구 금정구 연제구 기장군",
    "대구광역시": "수성구 달서구 중구 동구 달성군",
    "인천광역시": "부평구 남동구 연수구 미추홀구 계양구 강화군",
    "광주광역시": "광산구 북구 서구 동구",
    "대전광역시": "유성구 대덕구 서구 중구",
    "울산광역시": "남구 울주군 동구",
    "경기도": "수원시 성남시 고양시 용인시 부천시 안산시 화성시 평택시 의정부시 김포시 이천시 양평군 가평군",
    "강원특별자치도": "춘천시 원주시 강릉시 홍천군 정선군",
    "충청북도": "청주시 충주시 음성군 옥천군",
    "충청남도": "천안시 아산시 서산시 예산군 홍성군",
    "전북특별자치도": "전주시 군산시 익산시 완주군",
    "전라남도": "여수시 순천시 목포시 해남군 고흥군",
    "경상북도": "포항시 경주시 구미시 안동시 의성군 성주군",
    "경상남도": "창원시 김해시 진주시 양산시 거창군 남해군",
    "제주특별자치도": "제주시 서귀포시",
}
_SHORT = {
    "서울특별시": "서울시", "부산광역시": "부산시", "대구광역시": "대구", "인천광역시": "인천시", "광주광역시": "광주시", "대전광역시": "대전",
    "울산광역시": "울산", "경기도": "경기", "강원특별자치도": "강원도", "충청북도": "충북", "충청남도": "충남", "전북특별자치도": "전라북도", "전라남도": "전남",
    "경상북도": "경북", "경상남도": "경남", "제주특별자치도": "제주도",
}  # fmt: skip
_DISTRICTS = {"수원시": "팔달구 영통구 장안구", "성남시": "분당구 수정구", "고양시": "일산동구 덕양구", "용인시": "기흥구 수지구", "청주시": "흥덕구 상당구",
              "천안시": "서북구 동남구", "전주시": "완산구 덕진구", "포항시": "남구 북구", "창원시": "성산구 의창구"}  # fmt: skip
_TOWNS = spaced_words(
    """
    중앙동 신흥동 송정동 역삼동 상도2동 대림3동 금곡동 교동 남산동 운암동 화정동 신월3동 용현동 정왕동 장기동 봉담읍 진접읍
    남면 서면 청계면 가남읍
    """
)
_VILLAGES = ["신대리", "상금리", "하송리", "용두리", "월평리", "장현리", "대곡리", "송산리", "금당리", "내동리"]
_ROADS = spaced_words(
    """
    중앙로 시청로 번영로 평화로 한밭대로 충무대로 테헤란로 올림픽로 남부순환로 대학로 문화로 학동로 은행나무로 솔밭로 장미로
    새터로 청사로 두정로 백제대로 신촌로 금빛로 산들길 느티나무길 윗마을길 강변길 향교길 월드컵로 삼성로 호수로 디지털로 센트럴로
    """
)
_BUILDINGS = spaced_words(
    """
    한빛아파트 푸른마을아파트 대림e편한세상 래미안포레 힐스테이트 롯데캐슬 은하수마을 주공아파트 현대아파트 그린빌라 행복주택
    미래타워 코아빌딩 센텀오피스텔 한신더휴 자이2차 우성3차아파트 햇살빌 삼익맨션 장미연립
    """
)
_BANKS = spaced_words(
    """
    국민은행 신한은행 우리은행 하나은행 농협은행 기업은행 카카오뱅크 새마을금고 우체국 부산은행 대구은행 케이뱅크 토스뱅크 수협
    """
)


def digits(rng: random.Random, count: int) -> str:
    """``count`` random digits."""
    return "".join(rng.choice("0123456789") for _ in range(count))


def region(rng: random.Random) -> str:
    """A province, a city or county, or both, without anything finer."""
    province = rng.choice(tuple(_REGIONS))
    city = rng.choice(_REGIONS[province].split())
    district = f" {rng.choice(_DISTRICTS[city].split())}" if city in _DISTRICTS and rng.random() < 0.5 else ""
    name = province if rng.random() < 0.5 else _SHORT[province]
    return f"{name} {city}{district}"


def district(rng: random.Random) -> str:
    """A city, county or district alone."""
    return rng.choice(_REGIONS[rng.choice(tuple(_REGIONS))].split())


def _unit(rng: random.Random) -> str:
    floor, flat = rng.randint(1, 25), rng.randint(1, 8)
    shape = rng.random()
    if shape < 0.6:
        return f"{rng.randint(101, 130)}동 {floor}{flat:02}호"
    if shape < 0.75:
        return f"{rng.randint(101, 130)}동{floor}{flat:02}호"
    return f"{floor}층" if shape < 0.85 else f"{floor}{flat:02}호"


def address(rng: random.Random) -> str:
    """An address by road name (도로명주소법) or by lot, with or without a flat."""
    base = region(rng)
    lot = f"{rng.randint(1, 1200)}" + (f"-{rng.randint(1, 40)}" if rng.random() < 0.4 else "")
    if rng.random() < 0.7:
        road = rng.choice(_ROADS)
        if rng.random() < 0.35:
            road += f"{rng.randint(2, 180)}번길" if road.endswith("로") else f" {rng.randint(2, 60)}"
            if road[-1].isdigit():
                road = road.rsplit(" ", 1)[0]
        text = f"{base} {road} {rng.randint(1, 400)}" + (f"-{rng.randint(1, 30)}" if rng.random() < 0.3 else "")
    else:
        town = rng.choice(_TOWNS)
        village = f" {rng.choice(_VILLAGES)}" if town[-1] in "읍면" else ""
        text = f"{base} {town}{village} {lot}" + ("번지" if rng.random() < 0.3 else "")
    shape = rng.random()
    if shape < 0.3:
        text += f", {_unit(rng)}"
    elif shape < 0.5:
        text += f" {rng.choice(_BUILDINGS)} {_unit(rng)}"
    elif shape < 0.6:
        text += f" ({rng.choice(_TOWNS[:9])}, {rng.choice(_BUILDINGS)})"
    return text


def phone(rng: random.Random) -> str:
    """A mobile, landline or internet number in a usual spelling."""
    shape = rng.random()
    joint = rng.choices(("-", "", ".", " "), (80, 10, 6, 4))[0]
    if shape < 0.65:
        return joint.join(("010", digits(rng, 4), digits(rng, 4)))
    if shape < 0.7:
        return joint.join((rng.choice(("011", "016", "019")), str(rng.randint(200, 999)), digits(rng, 4)))
    if shape < 0.78:
        return joint.join(("070", digits(rng, 4), digits(rng, 4)))
    area = rng.choice(
        spaced_words(
            """
            02 031 032 033 041 042 043 051 052 053 054 055 061 062 063 064
            """
        )
    )
    number = f"{rng.randint(200, 999)}", digits(rng, 4)
    return f"{area}){number[0]}-{number[1]}" if rng.random() < 0.1 else "-".join((area, *number))


def _birth(rng: random.Random) -> tuple[int, int, int]:
    return rng.randint(1938, 2012), rng.randint(1, 12), rng.randint(1, 28)


def rrn(rng: random.Random) -> str:
    """A resident registration number: before October 2020 with the check digit, later without; some half-masked."""
    year, month, day = _birth(rng)
    century = rng.choice("12" if year < 2000 else "34")
    head = f"{year % 100:02}{month:02}{day:02}"
    if rng.random() < 0.15:
        return f"{head}-{century}******"
    body = head + century + digits(rng, 5)
    check = (
        11 - sum(int(d) * w for d, w in zip(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True)) % 11
    ) % 10
    return f"{head}-{body[6:]}{check}"


def frn(rng: random.Random) -> str:
    """A registration number of a foreigner."""
    year, month, day = _birth(rng)
    return f"{year % 100:02}{month:02}{day:02}-{rng.choice('56' if year < 2000 else '78')}{digits(rng, 6)}"


def brn(rng: random.Random) -> str:
    """A business registration number with its check digit (National Tax Service)."""
    body = f"{rng.randint(101, 899)}{rng.randint(1, 99):02}{digits(rng, 4)}"
    total = sum(int(d) * w for d, w in zip(body, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True)) + int(body[8]) * 5 // 10
    whole = body + str((10 - total % 10) % 10)
    return f"{whole[:3]}-{whole[3:5]}-{whole[5:]}"


def corporate(rng: random.Random) -> str:
    """A corporate registration number with its check digit."""
    body = f"{rng.choice(('1101', '1341', '1801', '2001'))}{rng.choice(('11', '21', '22'))}{digits(rng, 6)}"
    check = (10 - sum(int(d) * (1, 2)[at % 2] for at, d in enumerate(body)) % 10) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def card(rng: random.Random) -> str:
    """A payment card number that passes Luhn's check."""
    body = rng.choice(["4", "5", "9"]) + digits(rng, 14)
    total = 0
    for at, digit in enumerate(map(int, reversed(body))):
        double = digit * 2 if at % 2 == 0 else digit
        total += double - 9 if double > 9 else double
    whole = body + str(-total % 10)
    return rng.choice(("-", "-", " ")).join(whole[at : at + 4] for at in range(0, 16, 4))


def account(rng: random.Random) -> str:
    """An account number in the shape of a Korean bank."""
    return rng.choice(
        (
            f"{digits(rng, 6)}-{digits(rng, 2)}-{digits(rng, 6)}", f"{digits(rng, 3)}-{digits(rng, 3)}-{digits(rng, 6)}",
            f"1002-{digits(rng, 3)}-{digits(rng, 6)}", f"302-{digits(rng, 4)}-{digits(rng, 4)}-{digits(rng, 2)}",
            f"3333-{digits(rng, 2)}-{digits(rng, 7)}", f"{digits(rng, 3)}-{digits(rng, 6)}-{digits(rng, 5)}",
        )
    )  # fmt: skip


def _date(rng: random.Random, first: int, last: int) -> str:
    year, month, day = rng.randint(first, last), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(
        (
            f"{year}년 {month}월 {day}일", f"{year}. {month}. {day}.", f"{year}.{month:02}.{day:02}", f"{year}-{month:02}-{day:02}",
        )
    )  # fmt: skip


def licence(rng: random.Random) -> str:
    """A driver licence number: region, year, serial, check."""
    return f"{rng.randint(11, 28)}-{rng.randint(0, 25):02}-{digits(rng, 6)}-{digits(rng, 2)}"


def passport(rng: random.Random) -> str:
    """A Korean passport number of either series."""
    letter = rng.choice("MSRG")
    if rng.random() < 0.5:
        return f"{letter}{digits(rng, 8)}"
    return f"{letter}{digits(rng, 3)}{rng.choice('ABCDEFGHJKLMNPRSTUVWXYZ')}{digits(rng, 4)}"


def vehicle(rng: random.Random) -> str:
    """A number plate, of two or three digits or of the old kind with its region."""
    use = rng.choice("가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호")
    shape = rng.random()
    head = f"{rng.choice(('서울', '경기', '부산', '충남'))} {rng.randint(10, 99)}" if shape < 0.1 else (
        f"{rng.randint(100, 399)}" if shape < 0.6 else f"{rng.randint(10, 99)}"
    )  # fmt: skip
    return f"{head}{use}{rng.choice(('', ' '))}{digits(rng, 4)}"


def email(rng: random.Random) -> str:
    """An e-mail address."""
    user = "".join(rng.choice("abcdefghijklmnoprstuy") for _ in range(rng.randint(4, 9)))
    user += rng.choice(("", digits(rng, 2), f".{rng.choice(('kim', 'lee', 'park'))}", f"_{digits(rng, 4)}"))
    return f"{user}@{rng.choice(('naver.com', 'daum.net', 'gmail.com', 'korea.kr', 'hanmail.net', 'example.co.kr', 'nate.com'))}"


def ip(rng: random.Random) -> str:
    """An IPv4 address."""
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


def url(rng: random.Random) -> str:
    """A personal page."""
    user = "".join(rng.choice("abcdefghijkmnoprstu") for _ in range(7))
    return rng.choice(
        (
            f"https://blog.naver.com/{user}",
            f"https://www.instagram.com/{user}",
            f"https://{user}.tistory.com/{digits(rng, 3)}",
        )
    )


def health(rng: random.Random) -> str:
    """A number of a health insurance card (증번호), eleven digits."""
    return f"{rng.choice('1257')}{digits(rng, 10)}"


def _postal(rng: random.Random) -> str:
    return f"{rng.randint(1, 63):02}{digits(rng, 3)}"


def _age(rng: random.Random) -> str:
    return rng.choice((f"{rng.randint(7, 95)}세", f"만 {rng.randint(7, 95)}세", f"{rng.randint(20, 70)}세"))


def amount(rng: random.Random) -> str:
    """A sum of money."""
    number = rng.randint(3, 9900)
    return rng.choice((f"{number * 1000:,}원", f"{number}만 원", f"금 {number * 100:,}원", f"{number}만원"))


def number_of_document(rng: random.Random) -> str:
    """A number of a document, receipt or case, which identifies no person."""
    year = rng.randint(2016, 2026)
    return rng.choice(
        (
            f"제{year}-{rng.randint(1, 9999)}호", f"{year}-{digits(rng, 5)}", f"{year}{digits(rng, 8)}", f"1AA-{digits(rng, 4)}-{digits(rng, 7)}",
            f"{year}가단{digits(rng, 5)}", f"{year}고합{digits(rng, 3)}", f"{year}나{digits(rng, 4)}", f"SR-{digits(rng, 6)}",
        )
    )  # fmt: skip


def time(rng: random.Random) -> str:
    """A time of day."""
    hour = rng.randint(1, 12)
    return rng.choice(
        (f"오전 {hour}시", f"오후 {hour}시 {rng.randint(1, 59)}분", f"{hour + 11}:{rng.randint(0, 59):02}")
    )


# Slot -> (entity, how a value is made).
PERSONAL: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "ADDR": ("KR_ADDRESS", address),
    "REGION": ("LOCATION", region),
    "GU": ("LOCATION", district),
    "PHONE": ("PHONE_NUMBER", phone),
    "RRN": ("KR_RRN", rrn),
    "FRN": ("KR_FRN", frn),
    "BRN": ("KR_BRN", brn),
    "CORP": ("KR_CORP_REG", corporate),
    "CARD": ("CREDIT_CARD", card),
    "ACCT": ("KR_BANK_ACCOUNT", account),
    "LIC": ("KR_DRIVER_LICENSE", licence),
    "PASS": ("KR_PASSPORT", passport),
    "NHIS": ("KR_HEALTH_INSURANCE", health),
    "CAR": ("KR_VEHICLE", vehicle),
    "EMAIL": ("EMAIL_ADDRESS", email),
    "IP": ("IP_ADDRESS", ip),
    "URL": ("URL", url),
    "ZIP": ("KR_POSTAL_CODE", _postal),
    "BIRTH": ("DATE_TIME", lambda rng: _date(rng, 1938, 2012)),
    "AGE": ("AGE", _age),
}
PLAIN: dict[str, Callable[[random.Random], str]] = {
    "DATE": lambda rng: _date(rng, 2015, 2026),
    "TIME": time,
    "MONEY": amount,
    "DOCNO": number_of_document,
    "NUM": lambda rng: str(rng.randint(2, 99)),
    "BANK": lambda rng: rng.choice(_BANKS),
}
