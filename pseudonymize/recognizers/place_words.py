"""The words before a number in an address: provinces, districts, towns and roads, read from right to left."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from pseudonymize.regions import gazetteer

ROAD, TOWN, DISTRICT, PROVINCE = range(4)
"""Levels of a word; an address goes down from province to road or lot."""

HIDDEN = r"*○●◯□◇OX×"
_REACH = 90
_WORD = re.compile(rf"[가-힣A-Za-z0-9·.{HIDDEN}]+")
_GAP = re.compile(r",? {0,3}(?:\r?\n *)?")
_TOWN = (
    r"[가-힣]{1,5}(?:제?[0-9]{1,2}(?:[·.,][0-9]{1,2}){0,3})?(?:읍|면|동|리)(?:[0-9]{1,2}가)?|(?!제[0-9])[가-힣]{1,4}[0-9]{1,2}가|"
    rf"[가-힣]?[{HIDDEN}]{{1,4}}[0-9]?(?:읍|면|동|리|가)"
)
_ROAD = (
    r"[가-힣][가-힣A-Za-z0-9·.]{0,13}?(?:대로|로|길)|[0-9]{1,2}[가-힣]{1,6}[0-9]{0,3}(?:로|길)|[0-9]{1,3}[·.][0-9]{1,2}[가-힣]{0,4}(?:대로|로|길)|"
    rf"[A-Z][A-Za-z]{{1,9}}(?:대로|로|길)|[가-힣]?[{HIDDEN}]{{1,4}}(?:대로|로|길)"
)
_IS_TOWN = re.compile(_TOWN)
_IS_ROAD = re.compile(_ROAD)
_HIDDEN_DISTRICT = re.compile(rf"[가-힣]?[{HIDDEN}]{{1,4}}[시군구]")
_ANY_DISTRICT = re.compile(r"[가-힣]{2,4}[시군구]")
# Words of every day that end like a district; no table can hold the names of made-up or misspelt ones.
_NO_DISTRICT = re.compile(
    r".*(?:다시|역시|당시|혹시|즉시|동시|수시|일시|임시|잠시|상시|표시|제시|지시|무시|감시|명시|게시|고시|도시|실시|개시|전시|공시|택시|"
    r"반드시|접수시|변경시|신청시|친구|누구|야구|축구|농구|배구|요구|연구|청구|기구|도구|가구|입구|출구|지구|구역|인구|강구|촉구|복구|추구|"
    r"영구|해군|공군|육군|국군|미군|장군|예비군|관할구|자치구|선거구)"
)
# Words of every day that end like a town or a road: no region before them makes them one.
_NO_PLACE = re.compile(
    r"(?:.*(?:으로|도로|별로|하면|되면|보면|으면|라면|다면|위로|대로대로)|그러면|반면|화면|전면|측면|후면|정면|표면|도면|지면|"
    r"[활행운이자공아노변작가출감충협연]동|자동|수동|진동|합동|부동|난동|소동|파동|"
    r"거리|처리|관리|정리|수리|권리|우리|자리|논리|심리|승리|분리|격리|유리|금리|요리|소리|머리|다리|빨리|멀리|마무리|"
    r"이리|저리|그리|미리|나란히|대리|총리|비리|원리|도리|무리|서리|"
    r"(?:그|이|저|마음|뜻|반|제|말|순서|절|차례|계획|예정|사실|법|약속|생각|원|원래|최)대로|"
    r"[새실추별진스바서때홀날함]로|제로|가로|세로|경로|통로|선로|회로|과로|피로|진로|항로|철로|활로|기로|말로|"
    r"하나로|한마디로|이유로|상태로|이후로|후로|번호로|계좌로|시설로|교사로|차이로|신고로|마찬가지로|실제로|응급실로|"
    r"[0-9]*차로|개월로|하루|이길|그길|저길|갈길|할길|손길|눈길|발길|빗길|밤길|찻길|산길|골목길|등굣길|출근길|퇴근길)"
)
# The same where a region stands before: only what no street is called.
_NEVER_PLACE = re.compile(
    r".*으로|.*[사네]거리|거리|하면|되면|그러면|반면|처리|관리|정리|실제로|스스로|따로|새로|별도로|추가로"
)
_BRANCH = re.compile(r"[0-9]{1,4}(?:번|번안)?[가-하]?길")
_HANGUL = re.compile(r"[가-힣][가-힣0-9]{1,8}")


class Words(NamedTuple):
    """What stands before the number of an address.

    Attributes:
        start: Where the address begins in the text.
        top: The highest level named.
        bottom: The level of the last word: ``ROAD`` or ``TOWN`` (or higher, when no such word stands there).
        towns: How many words name a town.
        head: The last word.
    """

    start: int
    top: int
    bottom: int
    towns: int
    head: str


class _Part(NamedTuple):
    """The levels one word names (서울특별시강남구 names two), and how many of its characters are no part of it."""

    top: int
    bottom: int
    skip: int = 0


def identity() -> dict[str, Any]:
    """The grammar of words and the names of regions, for the model digest."""
    return {
        "words": [
            p.pattern for p in (_IS_TOWN, _IS_ROAD, _NO_PLACE, _NEVER_PLACE, _NO_DISTRICT, _glued(), _WORD, _GAP)
        ],
        "stems": sorted(_stems()),
    }


@cache
def district_names() -> frozenset[str]:
    """Every name of a 시군구, present or former, of two or more syllables."""
    return frozenset(name for names in gazetteer().within.values() for name in names if " " not in name)


@cache
def _stems() -> frozenset[str]:
    return frozenset(stem for names in gazetteer().stems.values() for stem in names)


def _long_first(name: str) -> tuple[int, str]:
    return -len(name), name


@cache
def _by_length() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of provinces and names of districts, longer ones first."""
    provinces = [name for name in gazetteer().provinces if " " not in name]
    return (
        tuple(sorted(provinces, key=_long_first)),
        tuple(sorted(district_names(), key=_long_first)),
    )


@cache
def _glued() -> re.Pattern[str]:
    """Province, then districts, then the rest of a word written without spaces."""
    provinces, districts = ("|".join(map(re.escape, names)) for names in _by_length())
    return re.compile(
        rf"(?P<province>{provinces})?(?P<district>(?:(?:{districts})(?:(?<=시)(?:{districts})(?<=구))?)?)(?P<rest>.*)"
    )


@cache
def _full_province() -> re.Pattern[str]:
    names = [name for name in _by_length()[0] if len(name) > 2 and name[-1] in "시도"]
    return re.compile("|".join(map(re.escape, names)))


def is_province(word: str) -> bool:
    """Whether a word is the name of a 시도, in full or short."""
    return word in gazetteer().provinces


def is_everyday(word: str) -> bool:
    """Whether a word that ends like a town or road is one of every day (처리, 활동, 앞으로)."""
    return _NO_PLACE.fullmatch(word) is not None or _NEVER_PLACE.fullmatch(word) is not None


def part_of(word: str) -> _Part | None:
    """The levels a word names, or None when it is no part of an address."""
    if word in gazetteer().provinces:
        return _Part(PROVINCE, PROVINCE)
    if word in district_names() or _HIDDEN_DISTRICT.fullmatch(word):
        return _Part(DISTRICT, DISTRICT)
    glued = _glued().match(word)
    if glued is not None and glued["district"]:
        rest = _low(glued["rest"]) if glued["rest"] else DISTRICT
        if rest is not None:
            return _Part(PROVINCE if glued["province"] else DISTRICT, rest)
    if glued is not None and len(glued["province"] or "") > 2 and (rest := _low(glued["rest"])) is not None:
        return _Part(PROVINCE, rest)
    low = _low(word)
    return None if low is None else _Part(low, low)


def _low(word: str) -> int | None:
    if _IS_TOWN.fullmatch(word):
        return TOWN
    return ROAD if _IS_ROAD.fullmatch(word) else None


def _late_start(word: str) -> _Part | None:
    """An address that begins inside a word: after a full stop, or at a full name of a province."""
    inside = _full_province().search(word, 1)
    cut = inside.start() if inside else max(word.rfind("."), word.rfind("·")) + 1
    if not cut or cut == len(word):
        return None
    part = part_of(word[cut:])
    return None if part is None else part._replace(skip=cut)


def read_back(text: str, end: int) -> Words | None:
    """Read the words of an address that end at ``end``, the last of them a road, a town or a region.

    Words must rise from right to left: road or lot, up to two towns (읍·면 and 리), up to two districts (시 and 구),
    province. Between them stand spaces, a comma or one line break (a table cell that breaks).

    Args:
        text: A normalised text.
        end: One past the last word.

    Returns:
        What was read, or None when the last word is none of an address.
    """
    low = max(0, end - _REACH)
    words = list(_WORD.finditer(text, low, end))
    if not words or words[-1].end() != end:
        return None
    if words[0].start() == low > 0:
        words = words[1:]  # perhaps only the tail of a word
    if not words:
        return None
    last = words.pop()
    part = part_of(last[0]) or _late_start(last[0])
    start = last.start()
    if part is None and words and _BRANCH.fullmatch(last[0]) and _HANGUL.fullmatch(words[-1][0]):
        start, part = words.pop().start(), _Part(ROAD, ROAD)  # 봉암 1길 is one road
    if part is None:
        return None
    reading = _Reading(start + part.skip, part.top, int(part.bottom == TOWN), int(part.top >= DISTRICT))
    if not part.skip:
        reading = _climb(text, words, reading)
    head = text[start + part.skip : end]
    if part.bottom < DISTRICT and _no_place(head, reading.top):
        return None
    return Words(reading.start, reading.top, part.bottom, reading.towns, head)


class _Reading(NamedTuple):
    """How far reading back has come: where, at which level, and how many towns and districts it has passed."""

    start: int
    top: int
    towns: int
    districts: int


def _climb(text: str, words: list[re.Match[str]], at: _Reading) -> _Reading:
    """Read on to the left as long as the words rise."""
    first = _WORD.match(text, at.start)
    right = first[0] if first else ""
    for index in range(len(words) - 1, -1, -1):
        left = words[index]
        if not _GAP.fullmatch(text, left.end(), at.start):
            break
        upper = part_of(left[0]) or _late_start(left[0]) or _unknown(text, left, right)
        if upper is None or upper.bottom < max(at.top, TOWN):
            break
        if at.top == PROVINCE and not (upper.top == PROVINCE and _same_province(left[0], right)):
            break
        towns = at.towns + (upper.bottom == TOWN)
        districts = at.districts + (upper.bottom <= DISTRICT <= upper.top)
        if districts > at.districts > 0 and not (right.endswith("구") and left[0][-1] not in "군구"):
            break  # 서대문구, 은평구: two places, not one within the other
        # 보면 and 하면 are towns only where a district stands before them.
        above = part_of(words[index - 1][0]) if index else None
        sure = upper.top >= DISTRICT or (above is not None and above.bottom >= DISTRICT)
        if towns > 2 or districts > 2 or (upper.bottom == TOWN and not sure and _no_place(left[0], TOWN)):
            break
        at = _Reading(left.start() + upper.skip, upper.top, towns, districts)
        if upper.top == PROVINCE and index and words[index - 1][0] == "대한민국":
            return at._replace(start=words[index - 1].start())
        if upper.skip:
            break
        right = left[0]
    return at


def _same_province(left: str, right: str) -> bool:
    """Columns of a table joined: 울산광역시 울산광역시 중구."""
    provinces = gazetteer().provinces
    return left in provinces and provinces.get(right) == provinces[left]


def _no_place(word: str, top: int) -> bool:
    return (_NEVER_PLACE if top >= DISTRICT else _NO_PLACE).fullmatch(word) is not None


def _unknown(text: str, left: re.Match[str], right: str) -> _Part | None:
    """A district that no table holds, or a city without 시 between province and district."""
    if _ANY_DISTRICT.fullmatch(left[0]) or (left[0] in _stems() and right in district_names()):
        before = re.search(r"([가-힣]{2,7}),? {1,3}$", text[max(0, left.start() - 12) : left.start()])
        if before is not None and is_province(before[1]):
            return _Part(DISTRICT, DISTRICT)
        if left[0] in _stems() and right[-1] == "구" and len(right) > 2:
            return _Part(DISTRICT, DISTRICT)
    if _ANY_DISTRICT.fullmatch(left[0]) and not _NO_DISTRICT.fullmatch(left[0]):
        low = part_of(right)
        inner = _ANY_DISTRICT.fullmatch(right) and right[-1] == "구" and left[0][-1] == "시"
        if inner or (low is not None and low.top < DISTRICT):
            return _Part(DISTRICT, DISTRICT)
    return None
