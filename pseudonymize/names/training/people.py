"""Names of people who do not exist: Korean ones by surname, era and gender, foreign ones as written in Hangul.

Surnames follow the frequencies of the census of 2015 (Statistics Korea, 성씨본관별 인구), rounded. Given names are
put together from syllables that were usual in an era; the distributions are our own.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import NamedTuple

from pseudonymize.names.training.splits import Split, spaced_words, split_of
from pseudonymize.names.training.words import ORDINARY

# Per ten thousand people; from 남궁 on all are rarer than one in two thousand.
_SURNAMES = (
    "김2150 이1470 박840 최470 정430 강240 조210 윤205 장200 임170 한155 오153 서151 신149 권142 황140 안138 송137 유129 홍112 "
    "전112 고94 문93 손91 양92 배81 조40 백77 허66 남56 심55 노51 하46 곽41 성40 차39 주39 우39 구39 류32 나32 민34 진32 지31 엄29 "
    "채26 원26 천25 방19 공18 현18 함16 변17 염14 여12 추12 도11 소10 석11 선8 설8 마8 길7 연7 위6 표6 명6 기6 반5 라5 왕5 금5 옥5 육4 "
    "인4 맹4 제4 모4 탁4 국3 어4 은3 편3 용3 예2 경2 봉2 사2 부2 가1 복1 태1 목1 형1 피1 두1 감1 호1 동1 시1 온1 빙1 "
    "남궁4 황보2 제갈1 사공1 선우1 서문1 독고1 동방1 어금1 망절1"
)
_RARE_SHARE = 0.12
"""Share of people whose surname is drawn evenly, so that rare ones are seen at all."""

# First and second syllables; a syllable written twice is twice as usual.
_ERAS: dict[str, tuple[str, str]] = {
    "m1940": (
        "영영종종정성상병광재용기춘만명석순창동태복덕인봉학",
        "수호식길철환규근기만배석섭순용웅일택표학현희복구봉",
    ),
    "f1940": ("영영순순정옥춘복금말명경덕분남점길숙연화인필봉", "자자순순숙숙희옥례분남선임금이애화녀심연조귀엽"),
    "m1965": (
        "영성정재상경종동진승기병형용창태준광석호철원만인",
        "호수식훈철진환규근기석섭열용우욱일찬태현희민범곤국권",
    ),
    "f1965": ("미은경영정현혜순명선희연옥인숙애금춘지윤문성진", "숙희경순영정미자옥선주연란화애실례현진남심아혜"),
    "m1985": (
        "지현성정민승준재동영진상태우경창형기종원대세광한",
        "훈민호준현우석진수환철욱혁빈규범식원재섭용태희성찬영",
    ),
    "f1985": (
        "지은현미민수혜정영유보선소경진아윤나연희주다슬효",
        "영은혜진희연정선미현아경주라나람민숙윤림수원인지",
    ),
    "m2005": (
        "도서시하지민준예유우주건은태현승이재윤정선진연로수",
        "윤준우호현민진서원후율겸찬훈혁빈성하건재결온안한솔람",
    ),
    "f2005": (
        "서지하수민예윤다채소은아유시나가지연주이채라봄온율",
        "연윤아은현서린진민우율원하은빈온희나영인경주안솔별",
    ),
}
_NATIVE = spaced_words(
    """
    하늘 슬기 한별 아름 보람 다솜 나래 누리 한솔 초롱 이슬 가람 보라 새롬 한결 은별 빛나 다운 우리 솔 별 슬비 가을 여름
    바다 나라 미르 아라 라온 다은 푸름 한울 달래 송이 예슬 한빛 진솔 마루 아람 새봄 들 샘 한길 힘찬 고은 소담 나린 해솔
    단비 아리 로운 이든 가온 도담 새벽 노을 해든 온유
    """
)
ALSO_WORDS = frozenset(
    spaced_words(
        """
        나라 우리 들 여름 가을 바다 노을 새벽 보람 송이 샘 봄 별 산 단 란 선 한 원 연 유 은
        """
    )
)
"""Given names that stand for nothing but the word when the surname is not there."""
_SINGLE = spaced_words(
    """
    준 민 진 현 웅 훈 호 철 혁 건 율 솔 별 봄 은 린 윤 원 결 찬 빈 욱 석 범 설 란 숙 옥 훤 단 유 우 선 연 담
    겸 샘 한 산
    """
)
_LONG = spaced_words(
    """
    하늘봄 샛별이 햇살나 보름달 빛나라 사랑해 우리들 아름별 하늬별 가온누리 고운비 봄누리 새하늘 온새미 한빛나 별하나 해오름
    마루한 다해온 솔바람 라온비 아라솔 새벽별 은가람 참한울 누리봄 하얀별 예솔비 가람솔 다온별
    """
)

_FOREIGN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "american": (
        ("존 마이클 데이비드 제임스 로버트 윌리엄 토머스 크리스토퍼 매튜 앤서니 스티븐 브라이언 케빈 제이슨 라이언 에릭 대니얼 니콜라스 메리 제니퍼 엘리자베스 "
        "수전 제시카 캐런 낸시 샌드라 애슐리 에밀리 미셸 스테파니 레베카 로라 헬렌 에이미 안나 올리비아 소피아 그레이스 클레어 벤자민 알렉산더 앤드루 조슈아 티모시"),
        ("스미스 존슨 윌리엄스 브라운 존스 밀러 데이비스 윌슨 앤더슨 테일러 무어 잭슨 마틴 톰슨 화이트 해리스 클라크 루이스 로빈슨 워커 홀 앨런 킹 라이트 스콧 "
        "베이커 애덤스 넬슨 힐 카터 미첼 터너 필립스 캠벨 파커 에번스 에드워즈 콜린스 스튜어트 모리스 머피 쿡 로저스 모건 피터슨"),
        (" ", " ", "·", ""),
    ),
    "chinese": (
        "웨이 팡 리리 징 제 타오 차오 융 옌 쥔 샤오밍 즈창 메이링 슈잉 하오란 쯔한 위쉬안 지아하오 이눠 신이 원제 젠궈 샤오훙 밍후이 톈위 화칭 궈창 리나 쉐메이 춘란",
        "왕 리 장 류 천 양 자오 황 저우 우 쉬 쑨 마 주 후 궈 허 린 가오 뤄 정 량 셰 쑹 탕 덩 펑 한 차오 쩡",
        ("r",),
    ),
    "japanese": (
        "다로 하나코 이치로 유키 사쿠라 겐지 마사오 요코 아키라 나오미 다카시 히로시 미유키 게이코 쇼타 하루토 유이 아오이 리쿠 미사키 준코 사토시 마리코 신지 도모코",
        ("사토 스즈키 다카하시 다나카 이토 와타나베 야마모토 나카무라 고바야시 가토 요시다 야마다 사사키 마쓰모토 이노우에 기무라 하야시 시미즈 모리 이케다 하시모토 "
        "이시카와 오가와 후지타 오카다 곤도 엔도 아오키 후쿠다 미우라"),
        ("s",),
    ),
    "vietnamese": (
        "티 흐엉|티 란|반 뚜언|반 남|티 프엉|티 짱|티 투이|민 뚜언|반 훙|티 마이|티 응옥|꾸옥 바오|득 아인|티 하|반 퉁|티 낌 리엔|호앙 롱|티 홍 늉|반 끼엔|티 빅 응옥|티 레",
        "응우옌 쩐 레 팜 호앙 후인 판 부 당 부이 도 호 응오 즈엉 리",
        ("v",),
    ),
    "mongolian": (
        "바트바야르 오윤체체그 엥흐바야르 체렌 나란체체그 돌고르 간바타르 뭉흐바트 사란게렐 알탄게렐 볼로르 아리운 델게르마 촐롱 에르데네 투야 히식 바야르마",
        "바트 간볼드 돌람 체렌도르지 엥흐 나랑 뭉흐 간툴가 산자 다쉬",
        (" ", "-"),
    ),
    "uzbek": (
        "알리셰르 딜쇼드 자혼기르 샤흐조드 루스탐 굴노라 마디나 나르기자 딜푸자 오타벡 산자르 울루그벡 지요다 카몰라 세바라 아지즈 보부르 무니사 노디라",
        "카리모프 유수포프 라히모프 압둘라예프 이스마일로프 투르수노프 알리예바 나자로바 사이도프 미르자예프 하사노바 쿠르바노프",
        (" ", " "),
    ),
    "other": (
        ("수디르 라메시 프라카시 아누라그 모하메드 파티마 아흐메드 무함마드 마리아 호세 카를로스 후안 안토니오 이반 나탈리아 블라디미르 세르게이 올가 솜차이 수파펀 "
        "조슬린 마리셀 로즐린 아이사 킴리 소피어 라주 비놋 산토시 피에르 장마르크 한스 클라우스 잉그리드 줄리오"),
        "샤르마 타파 구룽 라이 싱 쿠마르 칸 후세인 산토스 레예스 크루즈 가르시아 로페스 페트로프 이바노바 김 솜분 짠타 세인 라만 뒤퐁 뮐러 슈나이더 로시 페레이라",
        (" ", " ", "·", ""),
    ),
}  # fmt: skip
_EASTERN = frozenset("rsv")
NATIONS = frozenset({*_FOREIGN, "roman"})
"""Kinds of people whose surname is no Korean one."""


class Person(NamedTuple):
    """Somebody made up.

    Attributes:
        surname: Empty for foreigners whose name is one string.
        given: Given name.
        full: The name as usually written.
        kind: ``korean``, ``native``, ``single``, ``long``, ``compound`` (by what is special) or the nationality.
    """

    surname: str
    given: str
    full: str
    kind: str


@lru_cache(maxsize=1)
def _surname_table() -> tuple[tuple[str, ...], tuple[int, ...]]:
    pairs = [(entry.rstrip("0123456789"), entry) for entry in _SURNAMES.split()]
    return tuple(name for name, _ in pairs), tuple(int(entry[len(name) :]) for name, entry in pairs)


def surnames() -> frozenset[str]:
    """Every surname people are given here."""
    return frozenset(_surname_table()[0])


def surname(rng: random.Random) -> str:
    """A surname by its frequency, or evenly over all in one of eight draws."""
    names, weights = _surname_table()
    if rng.random() < _RARE_SHARE:
        return rng.choice(names)
    return rng.choices(names, weights)[0]


def _syllables(rng: random.Random) -> str:
    first, second = _ERAS[rng.choice(tuple(_ERAS))]
    while True:
        given = rng.choice(first) + rng.choice(second)
        if given[0] != given[1]:
            return given


def _given(rng: random.Random) -> tuple[str, str]:
    kind = rng.choices(("korean", "native", "single", "long"), (88, 6, 4, 2))[0]
    if kind == "native":
        return rng.choice(_NATIVE), kind
    if kind == "single":
        return rng.choice(_SINGLE), kind
    if kind == "long":
        return rng.choice(_LONG), kind
    return _syllables(rng), kind


def korean(rng: random.Random, split: Split) -> Person:
    """A Korean whose given name belongs to ``split``."""
    given, kind = _given(rng)
    while split_of(given) != split:
        given, kind = _given(rng)
    family = surname(rng)
    while family + given in ORDINARY:
        family = surname(rng)
    return Person(family, given, family + given, "compound" if len(family) > 1 else kind)


def foreign(rng: random.Random, split: Split) -> Person:
    """A foreigner, the name in Hangul; given name or else surname belongs to ``split``."""
    nation = rng.choice(tuple(_FOREIGN))
    first, last, joints = _FOREIGN[nation]
    givens = first.split("|") if "|" in first else first.split()
    lasts = last.split()
    given = rng.choice([name for name in givens if split_of(name) == split])
    family = rng.choice(lasts)
    joint = rng.choice(joints)
    if joint not in _EASTERN:
        return Person(family, given, given + joint + family if rng.random() < 0.85 else given, nation)
    if joint == "r":
        return Person(family, given, family + given if rng.random() < 0.8 else f"{family} {given}", nation)
    return Person(
        family, given, f"{family} {given}" if rng.random() < 0.85 else (family + given).replace(" ", ""), nation
    )


_ROMAN_FIRST = spaced_words(
    """
    James Mary Robert Patricia John Jennifer Michael Linda David Susan
    William Karen Thomas Emma Daniel Olivia Kevin Laura Ahmed Fatima
    Nguyen Mei Yuki Carlos Maria Ivan Olga Raj Priya Minh Hana Jisoo
    Minjun Seoyeon Hyunwoo
    """
)
_ROMAN_LAST = spaced_words(
    """
    Smith Johnson Brown Miller Davis Wilson Anderson Taylor Moore Jackson
    Martin Lee Kim Park Choi Jung Kang Tran Pham Wang Zhang Tanaka Suzuki
    Petrov Garcia Lopez Khan Singh Sharma Karimov
    """
)


def roman(rng: random.Random, split: Split) -> Person:
    """Somebody whose name is written in Latin letters."""
    given = rng.choice([name for name in _ROMAN_FIRST if split_of(name) == split])
    family = rng.choice(_ROMAN_LAST)
    shape = rng.random()
    full = f"{given} {family}"
    if shape < 0.2:
        full = full.upper()
    elif shape < 0.3:
        full = f"{family.upper()}, {given}"
    elif shape < 0.4:
        full = f"{given} {rng.choice('ABCDEJKLMRST')}. {family}"
    return Person(family, given, full, "roman")


def spaced(person: Person, rng: random.Random) -> str:
    """A Korean name as forms stretch it: 김 하 늘, 김  하늘, 남궁 민수."""
    gap = rng.choice((" ", " ", "  "))
    if rng.random() < 0.3:
        return person.surname + gap + person.given
    return gap.join((person.surname, *person.given))
