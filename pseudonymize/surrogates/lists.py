"""The words surrogates are made of, compiled by hand: common syllables, surnames, invented places; no people."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


# Shares of surnames in Korea, roughly: the ten most common are repeated.
COMMON_SURNAMES = tuple(
    "김김김김김김이이이이박박박최최정정강강조조윤윤장장임임한오서신권황안송류전홍고문양손배백허남심노하곽성차주우구민나진지엄채원천방공함변염"
)
LONG_SURNAMES = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방")
SURNAMES = frozenset(COMMON_SURNAMES) | frozenset(
    "유현추도소석설마길연위표명기반라왕금옥육인맹제모탁국여어은편용예봉경부가복태목형피두감음빈동호좌팽승"
)

ENDS = {
    "f": frozenset("희숙자미순아이나라애례분향혜란은연경주화선옥임매실님예솔별비리빈채"),
    "m": frozenset("호훈철수준석식우용환규태혁섭균성욱범길룡웅근배택권기동봉찬건열헌상갑"),
}
BEGINS = {
    "f": frozenset("미은혜숙경순나다보소예채희가수선옥말분아연유하"),
    "m": frozenset("동성병태상종재준건도대광용철승기형창홍우영규진석"),
}
# What surrogates are made of: common syllables, cut down below to the pairs whose gender can be told.
MAKE = {
    "f": ("미은혜경나다보소예채수선아연유하지민서현윤정", "희숙미아나라은연경주선예빈리영진혜란"),
    "m": ("동성병태상종재준건도대승기형창우영규진석현민지정", "호훈철준석우환규혁섭성욱범근찬건헌기민현"),
    "n": ("지현민서윤정인주해여원", "원윤진인민현영서정유재"),
}
SINGLES = {"f": "은희연주혜란경옥선진영", "m": "준훈철호석혁건욱환웅진", "n": "원윤인민현영진정"}
FOREIGN = {
    "f": words(
        "마리아 안나 엘레나 소피아 제시카 다니엘라 나탈리 이리나 올가 카밀라 레일라 파트리샤 줄리아 베로니카 미셸"
    ),
    "m": words(
        "안드레이 미하일 다비드 토마스 카를로스 안토니오 올레그 라파엘 드미트리 세르게이 로베르토 스테판 빅토르 파올로 후안"
    ),
}
LATIN_FIRST = {
    "f": words(
        "Alice Clara Diana Emma Fiona Grace Hannah Irene Julia Karen Laura Mary Nora Olivia Paula Rachel Sarah Teresa"
    ),
    "m": words(
        "Adam Brian Carl David Edward Frank George Henry Ian James Kevin Louis Mark Nathan Oscar Peter Robert Simon"
    ),
}
LATIN_LAST = words(
    "Abbott Barton Carver Dalton Ellison Farrell Garner Hobbs Ingram Jarvis Keller Lawson Mercer Norton Osborne Parsons"
    " Quinn Radley Sawyer Tanner Upton Vance Walden Yates Ashby Bowen Crane Doyle Easton Finch Graves Hartley"
)
ROMAN_LAST = words(
    "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Ryu Hong Ko Moon Yang Son Bae"
)
ROMAN_SURNAMES = frozenset(name.lower() for name in ROMAN_LAST) | frozenset(
    words(
        "gim yi rhee ri pak bak choe jeong chung jo chang rim im suh sin hwang an yu yoo go mun baek paik heo hur nam noh roh"
    )
)
ROMAN_SYLLABLES = words(
    "ha neul woo ji min hyun jun young soo jin ah eun kyung na do yun chae won sung ho tae hee bo ram"
)

PLACE_BEGINS = words(
    "가람 누리 다온 라온 마루 바름 새온 아람 자람 차온 하람 해솔 달빛 별솔 윤슬 단비 여울 나래 보담 미르"
)
PLACE_ENDS = words("솔 빛 들 샘 담 온 결 찬 봄 늘 별 울")
BUILDINGS = words(
    "아파트 오피스텔 빌라 빌딩 타워 맨션 연립 주택 하이츠 마을 센터 상가 플라자 캐슬 팰리스 원룸 고시원 기숙사 단지"
)
# Words of an address that say nothing about where it is.
PLAIN = frozenset(words("동 호 층 번지 번길 번 길 통 반 지하 산 차 단지 가 나 다 라"))

MONTHS = words("January February March April May June July August September October November December")
NATIVE_TENS = words("스무 스물 서른 마흔 쉰 예순 일흔 여든 아흔")
NATIVE_ONES = words("한 두 세 네 다섯 여섯 일곱 여덟 아홉")
