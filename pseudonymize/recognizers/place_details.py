"""The number in an address and what may follow it: lot, floor, flat, building, quarter in parentheses."""

from __future__ import annotations

import re
from typing import Any

_HIDE = r"[*○●◯]"
# A sign that hides a number may stand for a word as well: **지구 is none of ours.
_MASK = (
    rf"(?:{_HIDE}{{1,4}}+|XX[X]?+)(?![A-Z]|[가-힣](?<!번)(?<!에)(?<!의)(?<!으)(?<!길)(?<!이)(?<!가)(?<!는)(?<!은))"
)
_N = rf"(?:[1-9][0-9]{{0,3}}+{_HIDE}{{0,3}}+|{_MASK})"
_PART = rf"(?:[0-9]{{1,5}}+{_HIDE}{{0,3}}+|{_MASK})"

# A counter after the number makes it an amount (3명, 10만 원); 등, 일, 원 may begin other words (등으로, 일대, 원룸).
_COUNTER = (
    r"(?:명|개|원|만|억|천|건|회|년|월|일|시|시간|분|초|위|등|등급|차|차례|차로|차선|번|번째|여|세|살|배|대|호선|조|항|급|학년|학기|개월|"
    r"개소|만원|억원|년도|년간|가지|종|곳|인|퍼센트|점|장|권|표|쪽|가구|세대|필지|㎡|km|cm|mm|kg|m|g|평|주|주일|주년|박|석|개월간|달러)"
)
_SPACED = r"(?:명|개|원|만|억|천|건|회|년|월|일|시간|분|초|위|차례|번째|개월|개소|만원|억원|년간|가지|퍼센트|가구|세대|필지|㎡|km|m|평|달러|여 ?명|곳)"
_PARTICLE = r"(?:[은는이가을를에의도만와과로씩]|이상|이하|이내|정도|까지|부터|으로|에서|마다|간|중|쯤|경|째)"
_NO_NUMBER = (
    r"(?![가-힣]{1,5}[0-9]{0,3}(?:길|로) ?[0-9]|[0-9%]|[.:/][0-9]|,[0-9]{3}(?![0-9]?[동호층])|-[0-9]|~[0-9])"
)
_NO_AMOUNT = rf"(?! ?%|{_COUNTER}{_PARTICLE}?(?![가-힣])|(?:만|억|천|백)[가-힣]|가 ?[0-9]|동(?![가-힣])|번 ?(?:출구|국도|게이트|버스)| ?출구)"
_NO_SPACED_AMOUNT = rf"(?! {_SPACED}{_PARTICLE}?(?![가-힣]))"
_LOT = r"번지(?: ?의 ?[0-9]{1,3}| ?[0-9]{1,3}호(?![가-힣]))?+"
NUMBER = (
    rf"(?P<n>(?:지하 ?|산 ?|비|[Bb])?+{_N}(?P<dash>(?:-|의 ?(?![0-9]{{1,2}} ?층)){_PART}(?:호(?![가-힣]{{2}}))?+)?+(?:-[0-9]{{1,4}}호)?+)"
    rf"(?:(?P<lot>{_LOT})|번(?=[,)\n]|$|에서)|{_NO_NUMBER}{_NO_AMOUNT}(?:(?(dash)|{_NO_SPACED_AMOUNT})))"
)
_WARD = r"[1-9][0-9]{0,2}통 ?[1-9][0-9]?반"
AFTER_TOWN = re.compile(rf"(?! ?[1-9]가)(?: {{0,2}}|(?: ?\r?\n))(?P<v>(?P<ward>{_WARD})|{NUMBER})")
AFTER_ROAD = re.compile(
    rf"(?: ?(?P<branch>(?:{_N}(?:-[0-9]{{1,4}})?(?:번안|번|[가-하])?[가-힣]?)길))?+"
    rf"(?:(?: {{0,2}}| ?\r?\n)(?P<number>{NUMBER}))?"
)

# What may follow a building: no more of the word, or a particle. After a number and 호 or 층 hardly a word can follow.
_END = (
    r"(?![가-힣A-Za-z0-9])|(?=(?:에서|에|으로|로|은|는|이|가|을|를|의|와|과|도|만|까지|부터|입니다|이며|인데|이고|이라|라고|라서|예요|"
    r"이에요|에요|임|앞|쪽|내|소재|거주|였|이었)(?:[^가-힣]|$|서|는|도|게|고|며|만|요|의|부|한|있|라|지|습|어|다|음))"
)
_NUMBERED = r"(?![A-Za-z0-9]|선|기(?!간)|차|짜리|째|봉|칭|급|이상|이하|감|당 |점|법|증|용지| ?호선)"
_DOOR = rf"(?:(?:지하|지상|비|[Bb]|제) ?)?(?:[0-9]{{1,5}}|[0-9]{{0,3}}{_HIDE}{{2,4}})(?:-[0-9]{{1,3}})?"
_DOOR_LETTER = rf"(?:[A-Z가-다]-?)?{_DOOR}"
_BLOCK = rf"(?:[0-9]{{1,4}}|[A-Za-z가-하]|{_HIDE}{{1,4}}|[0-9]{{1,2}}{_HIDE}{{1,3}}|제[0-9]{{1,2}})동"
_FLOOR = r"(?:(?:지하|지상|제|B|b|지) ?)?[0-9]{1,3}(?:(?: ?[,~·.-] ?| )[0-9]{1,3}){0,6}(?:층| 층|F)(?:~(?:지상 ?)?[0-9]{1,2}층)?(?: ?전체| ?일부)?"
_ROOM = r"(?: ?(?:사무실|회의실|대회의실|사무국|전체))?"
_DOORS = rf"{_DOOR_LETTER}(?:[,~] ?{_DOOR_LETTER}){{0,2}}호실?{_NUMBERED}"
_UNIT = (
    rf"(?:{_BLOCK} ?{_DOORS}|{_BLOCK}(?! [0-9]{{1,3}}(?:개|명|건|대))(?:{_END})|{_FLOOR}{_NUMBERED}{_ROOM}|{_DOORS}|"
    rf"[0-9]{{1,3}}통(?: ?[0-9]{{1,2}}반)?(?:{_END})|[0-9]{{1,2}}반(?:{_END}))"
)
_HOUSE = (
    r"(?:아파트|APT|아파아트|맨션|맨숀|빌라|빌리지|연립|연립주택|주택|다세대|빌딩|타워|오피스텔|하이츠|자이|힐스테이트|푸르지오|래미안|"
    r"더샵|캐슬|아이파크|파크|팰리스|리버뷰|프라자|플라자|하우스|단지|마을|상가|원룸|고시원|기숙사|타운|스퀘어|빌|텔|관사|공장|몰|"
    r"e편한세상|센트럴|시티)"
)
_INSTITUTION = r"(?:센터|청사|회관|학교|대학|병원|의원|캠퍼스|별관|본관|신관|호텔|연구원|연구소|조합|공사|공단|농협|교회|백화점)"
_KIND = rf"(?:{_HOUSE}|{_INSTITUTION})"
# 소재의 오피스텔, 인근 빌라: the place near it, no part of the address.
_NO_NAME = (
    r"(?!(?:소재|인근|근처|일대|부근|거주|위치|등록|이상|이하|내|외|앞|옆|맞은편|건너편|해당|현재|신축|고급|프리미엄|전세|매매|월세|임대|"
    r"에|이|으로|로|은|는|을|를|의|및|또는|그리고|관련|방면|방향|구간|주변|전입|매물|물건|건물|주소|연락처|전화|우편|우|대상|근무|직접|담당|방문|[가-힣]{0,4}[구시군도]청)"
    r"(?:[ 의에한]|$))"
)
_NAME = r"[가-힣A-Za-z0-9&]{1,12}"
_NUMBER_OF = r"(?: ?[A-Z0-9]{1,2}(?:차|단지|블럭|블록))"
_BEFORE_KIND = rf"(?:{_NAME}?|{_NAME}(?<![의에은는인고된할한및]) )"
_BUILDING = rf"{_NO_NAME}(?:{_BEFORE_KIND}{_HOUSE}{_NUMBER_OF}?|{_NUMBER_OF})(?:{_END}|(?=[0-9]))"
_BODY = rf"{_NO_NAME}{_BEFORE_KIND}{_INSTITUTION}"
# In a sentence an institution after the number is whom one visits there; at the end of a line, part of the address.
_INSTITUTION_NAME = rf"(?: ?, ?{_BODY}(?:{_END})| {_BODY}(?= ?(?:[\r\n|,(]|$|{_FLOOR}|{_DOOR}호)))"
_NAMED = rf"{_NO_NAME}{_NAME}(?<![의에은는인고된할한및])(?: {_NO_NAME}{_NAME}(?<![의에은는인고된할한및]))?(?= ?(?:{_BLOCK} ?{_DOORS}|{_DOORS}|{_FLOOR}{_NUMBERED}))"
# A name of four letters or more that ends the line or cell is a building or firm; three may be a person.
LAST_NAME = re.compile(
    rf"(?: ?, ?| ){_NO_NAME}(?![^\n]{{0,14}}(?:주소|번호|연락|담당|신청|변경|전입|거주|예정|확인|방문|이사|구역|관련|이전|부터|까지|에서|으로))"
    r"(?=[^\r\n|]{0,12}[가-힣])[가-힣A-Za-z0-9&()]{4,16}(?<![다음함요임됨중등의에은는])(?= *(?:[\r\n|]|$))"
)
_QUARTER = r"[가-힣]{1,5} ?[0-9·.,]{0,5}(?:동(?: ?[0-9]가)?|[0-9]가|읍|면|리)"
_INSIDE = (
    rf"(?:[가-힣]{{2,4}}구 )?(?:구 ?)?{_QUARTER}(?:[ ,][^()\n:]{{0,36}})?|[^()\n:]{{0,24}}(?:{_KIND}|[0-9](?:동|호|층|단지))(?:[ ,][^()\n:]{{0,16}})?|"
    r"[가-힣]{2,6}로"
)
_PAREN = (
    r" ?\((?!(?:우(?=[ ):0-9편])|연락|전화|이하|본인|대리|주민|생년|현 |전 |구 주소|舊|변경|신청|예금|휴대|팩스|이동|자동|활동)|[^()\n]{0,38}[0-9]{5})"
    rf"(?:{_INSIDE})\)"
)
_SEP = r"(?:(?: ?, ?| )(?:\r?\n ?)?)"
# 301-1204: block and flat.
_BLOCK_DASH = r" ?, ?[0-9]{2,4}-[0-9]{3,4}(?![0-9-])"
_MORE_LOTS = r" 외 ?[0-9]{1,3} ?필지"
_OWN_LOT = rf", ?{_QUARTER} (?:산 ?)?[0-9]{{1,4}}(?:-[0-9]{{1,4}})?(?:번지)?(?![0-9-])"
DETAIL = re.compile(
    rf"{_PAREN}|\r?\n ?(?:{_BLOCK} ?{_DOORS}|\({_QUARTER}\))"
    rf"|{_SEP}?(?:{_UNIT})|{_SEP}(?:{_BUILDING}|{_NAMED})|{_INSTITUTION_NAME}|{_OWN_LOT}|{_BLOCK_DASH}|{_MORE_LOTS}"
)
FLAT = re.compile(
    rf"(?<![가-힣A-Za-z0-9-])(?:(?:{_NAME} )?{_NAME} ?{_KIND},? ?|{_KIND} )?(?:[0-9]{{1,4}}|[A-Z]|[0-9]{{1,2}}{_HIDE}{{1,2}})동 ?{_DOOR}호실?{_NUMBERED}"
)

# 12, Teheran-ro 4-gil, Gangnam-gu, Seoul (Revised Romanization of Korean, as road signs have it).
_ROMAN = r"[A-Z][A-Za-z]{1,20}"
ROMANISED = (
    rf"(?<![A-Za-z0-9-])(?:#?[A-Z]?[0-9]{{1,5}}(?:-[0-9]{{1,5}})?(?:ho|F)?, ?| ?[0-9]{{1,4}} ){{0,3}}"
    rf"{_ROMAN}(?:[- ]?daero|[- ](?:ro|gil|dong))(?:,? ?[0-9]{{1,4}}(?:beon)?-?gil)?"
    rf"(?:,? (?:[0-9]{{1,4}}(?:-[0-9]{{1,4}})?|{_ROMAN}-(?:gu|si|gun|dong|eup|myeon|ri))){{1,4}}"
    rf"(?:,? {_ROMAN}(?:-do)?(?![A-Za-z]))?(?:,? (?:Republic of |South )?Korea)?(?![A-Za-z0-9-])"
)


def identity() -> dict[str, Any]:
    """The grammar of what follows an address, for the model digest."""
    return {"details": [pattern.pattern for pattern in (AFTER_TOWN, AFTER_ROAD, DETAIL, FLAT, LAST_NAME)]}


def details_end(text: str, at: int) -> int:
    """Where the details end that follow the number of an address at ``at``; ``at`` when none do."""
    for _ in range(7):
        found = DETAIL.match(text, at)
        if found is None or found.end() == at:
            break
        at = found.end()
    return at
