"""Words that say what the value beside them is: 주민등록번호, 연락처, 계좌, 접수번호, ..."""

from __future__ import annotations

import re
from typing import NamedTuple

BANKS = (
    "국민은행", "KB국민", "신한은행", "신한", "우리은행", "하나은행", "KEB하나", "농협은행", "농협", "NH농협", "지역농협", "축협",
    "기업은행", "IBK기업은행", "IBK", "수협은행", "수협", "산업은행", "KDB", "SC제일은행", "제일은행", "SC제일", "씨티은행", "한국씨티은행",
    "대구은행", "iM뱅크", "부산은행", "경남은행", "광주은행", "전북은행", "제주은행", "카카오뱅크", "카뱅", "케이뱅크", "K뱅크", "토스뱅크",
    "SBI저축은행", "OK저축은행", "웰컴저축은행", "새마을금고", "신협", "우체국", "KB국민은행", "KEB하나은행", "NH농협은행", "부산은행", "저축은행", "산림조합",
)  # fmt: skip
# Words of every day (우리 국민, 중소기업, 하나) name a bank only beside a number, a bracket or a line's end.
_SHORT_BANKS = (
    r"(?<![가-힣])(?:국민|우리|하나|기업|토스|부산|대구|경남|광주|전북|씨티|제일)"
    r"(?=[ :,(\[]{0,3}[0-9]{2,6} ?[- ] ?[0-9]{2}|[ :,(\[]{0,3}[0-9]{9}|\)|\Z|\n|,? ?(?:계좌|통장|예금주)| [가-힣]{2,4}\))"
)

# Longer alternatives stand before shorter ones of the same kind where one begins the other.
_WORDS: dict[str, str] = {
    "other": (
        r"(?:접수|문서|사건|일련|주문|송장|운송장|관리|승인|증권|청구|처리|등기우편|예약|회원|물품|제품|모델|품목|공고|고시|허가|신고|"
        r"민원|안건|의안|발급|확인|인증|자산|기관|과제|계약|입찰|조달|환자|병록|차트|등기|운송|필지고유|제조|로트|처방전?|영수증|시료) ?(?:등록 ?)?번호"
        r"|고시 제|공고 제|훈령 제|예규 제|법률 제|대통령령 제|조례 제|금액|총액|예산|사업비|매출액?|바코드|시리얼|"
        r"ISBN|ISSN|serial|invoice|receipt|order no|버전|version"
    ),
    "rrn": r"주민 ?등록 ?번호|주민 ?번호|주민등록|주민증|resident registration|\brrn\b",
    "health": (
        r"(?:국민 ?)?(?:건강|의료) ?보험 ?(?:공단|증)? ?(?:가입자?|등록|자격|관리|증)? ?(?:번호)?|(?<!고용)(?<!산재)보험증? ?번호|피보험자 ?번호|"
        r"health insurance (?:number|no)"
    ),
    "frn": r"외국인 ?등록 ?번호|외국인 ?번호|외국인등록증?|국내거소신고번호|거소신고번호|\bfrn\b|alien registration",
    "brn": r"사업자 ?(?:등록)? ?번호|사업자등록증?|사업자|\bbrn\b|business (?:registration )?number",
    "corp": r"법인 ?(?:등록|등기)? ?번호|법인등록|등기번호",
    "licence": r"(?:자동차 ?)?운전 ?면허(?:증)? ?(?:번호)?|면허(?:증)? ?번호|면허증|신분증 ?번호|driver'?s? licen[cs]e",
    "passport": r"여권 ?(?:번호)?|passport(?: number| no)?",
    "account": r"계좌 ?(?:번호)?|통장|예금주|입금|송금|이체|환불 ?받을|bank account|account (?:number|no)|"
    + "|".join(sorted(set(BANKS), key=lambda name: (-len(name), name))) + "|" + _SHORT_BANKS,
    "card": r"(?:신용|체크|법인|직불)?카드 ?(?:번호)?|credit card|card (?:number|no)|\bcard\b",
    "phone": (
        r"연락처|전화 ?(?:번호)?|휴대폰|휴대 ?전화|핸드폰|폰 ?번호|유선|팩스|콜 ?센터|고객 ?센터|대표 ?번호|상담 ?(?:전화|번호|실)|안내 ?전화|ARS|문의|☎|☏|내선|직통|"
        r"\bh\.?p\b|\btel\b|\bfax\b|\bmobile\b|\bphone\b|\bcell\b"
    ),
    "postal": r"우편 ?번호|포스(?:트|탈) ?코드|우 ?[):：](?! ?[가-힣])|\(우(?=[ )0-9])|〒|\bzip(?: ?code)?\b|postal code",
    "birth": r"생년 ?월일|(?<!발)생일(?!시)|생신|출생 ?(?:년월일|연월일|연도|년도|일자|일)|출생(?= ?[:(]|\n|\Z|[^가-힣0-9]{1,3}[0-9])|(?<= )출생(?![가-힣])|생년|\bdob\b|date of birth|birth ?(?:day|date)|\bborn\b",
    "vehicle": r"차량 ?(?:등록)? ?번호|차량|자동차 ?(?:등록)? ?번호|자동차|번호판|차 ?번호|등록번호판|이륜차|오토바이|임시 ?운행 ?허가",
    "address": (
        r"주소지?|거주지|소재지|거소|자택|배송지|본적|등록 ?기준지|수령지|사는 ?곳|거주하|사업장|\baddress\b|\blives? (?:at|in)\b"
    ),
    "ip": r"\bip(?:v[46])?\b|아이피|접속지",
}  # fmt: skip
_LABEL = re.compile("|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS.items()), re.IGNORECASE | re.ASCII)
_GLUE = " \t\r\n:：|=-·()[]<>「」,"
_ASIDE = re.compile(r" ?\([^()\n]{1,10}\)")

PATTERN = _LABEL
PATTERN_SOURCE = _LABEL.pattern


class Label(NamedTuple):
    """A label word in a normalised text.

    Attributes:
        start: First code point.
        end: One past the last.
        kind: A key such as ``rrn``, ``account``, ``phone``; ``other`` marks numbers that are no personal data.
    """

    start: int
    end: int
    kind: str


def find_labels(text: str) -> list[Label]:
    """All labels of ``text``, in order."""
    return [Label(m.start(), m.end(), m.lastgroup or "") for m in _LABEL.finditer(text)]


def reaches(text: str, label: Label, start: int, window: int) -> bool:
    """Whether ``label`` still speaks for a value at ``start``.

    A label reaches ``window`` characters on its own line, and over line breaks only when nothing but
    punctuation lies between (a form whose value stands in the next line or cell).
    """
    if not 0 <= start - label.end <= window:
        return False
    gap = text[label.end : start]
    if "\n" not in gap:
        return True
    aside = _ASIDE.match(gap)  # 생년월일(양력), 주민등록번호(뒷자리 포함)
    return not gap[aside.end() if aside else 0 :].strip(_GLUE)
