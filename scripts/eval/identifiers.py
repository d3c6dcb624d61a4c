"""Identifiers as people really write them, and numbers that are none: made without looking at any recognizer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pseudonymize.names.training import values
from pseudonymize.spans import Span

_FULL_WIDTH = str.maketrans("0123456789-@.", "０１２３４５６７８９－＠．")
_DASHES = "–—‐−－"
_ZERO_WIDTH = "\u200b\u200c\ufeff\u2060"

KINDS: dict[str, tuple[Callable[[random.Random], str], str]] = {
    "KR_RRN": (values.rrn, "주민등록번호"),
    "KR_FRN": (values.frn, "외국인등록번호"),
    "KR_BRN": (values.brn, "사업자등록번호"),
    "KR_CORP_REG": (values.corporate, "법인등록번호"),
    "KR_DRIVER_LICENSE": (values.licence, "운전면허번호"),
    "KR_PASSPORT": (values.passport, "여권번호"),
    "KR_HEALTH_INSURANCE": (values.health, "건강보험증번호"),
    "KR_BANK_ACCOUNT": (values.account, "계좌번호"),
    "CREDIT_CARD": (values.card, "카드번호"),
    "PHONE_NUMBER": (values.phone, "연락처"),
    "KR_VEHICLE": (values.vehicle, "차량번호"),
    "EMAIL_ADDRESS": (values.email, "이메일"),
    "IP_ADDRESS": (values.ip, "접속 IP"),
}


class Case(NamedTuple):
    """A text with one identifier.

    Attributes:
        text: The text.
        span: Where the identifier is.
        spelling: How it is written.
        frame: What stands around it.
    """

    text: str
    span: Span
    spelling: str
    frame: str


def _inserted(value: str, rng: random.Random, characters: str, share: float) -> str:
    return value[0] + "".join((rng.choice(characters) if rng.random() < share else "") + char for char in value[1:])


def _spaced(value: str, _: random.Random) -> str:
    return value.replace("-", " - ") if "-" in value else value


SPELLINGS: dict[str, Callable[[str, random.Random], str]] = {
    "as usual": lambda value, _: value,
    "full width": lambda value, _: value.translate(_FULL_WIDTH),
    "spaces around dashes": _spaced,
    "spaces for dashes": lambda value, _: value.replace("-", " "),
    "dots for dashes": lambda value, _: value.replace("-", "."),
    "no dashes": lambda value, _: value.replace("-", ""),
    "zero-width characters": lambda value, rng: _inserted(value, rng, _ZERO_WIDTH, 0.3),
    "other dashes": lambda value, rng: value.replace("-", rng.choice(_DASHES)),
}
# What stands around the value: the label, or a sentence with particles attached.
FRAMES: dict[str, tuple[str, ...]] = {
    "field": ("{label}: {value}", "{label} {value}", "■ {label} : {value} (본인 확인)", "({label}: {value})"),
    "particle attached": ("{label}는 {value}입니다.", "제 {label} {value}로 확인해 주세요.", "{label} {value}이고 어제 신청했어요.", "{label} {value}으로 등록된 건입니다"),
    "Hangul before": ("{label}가{value}인데 조회가 안 됩니다.", "{label}{value}확인 바랍니다."),
    "line break": ("{label}\n{value}\n위와 같이 신청합니다.", "{label}:\n{value}"),
}  # fmt: skip


def cases(each: int, seed: int = 0) -> Iterator[Case]:
    """Identifiers with their label, ``each`` for every kind, spelling and frame."""
    rng = random.Random(f"identifiers/{seed}")
    for entity, (make, label) in KINDS.items():
        for spelling, write in SPELLINGS.items():
            for frame, texts in FRAMES.items():
                for _ in range(each):
                    value = write(make(rng), rng)
                    before, after = rng.choice(texts).replace("{label}", label).split("{value}")
                    yield Case(
                        before + value + after,
                        Span(len(before), len(before) + len(value), entity, 1.0),
                        spelling,
                        frame,
                    )


_STAMP_FRAMES = (
    "처리일시 {value}", "접수번호 {value} 건입니다.", "{value} 접수", "파일명 {value}.jpg", "[{value}] 로그인 성공", "일련번호: {value}", "거래번호 {value} 승인완료",
    "등록 {value} 갱신", "{value}", "{value},완료,정상", "최종수정시점 {value}입니다",
)  # fmt: skip


def timestamps(n: int, seed: int = 0) -> list[str]:
    """Times of twelve and fourteen digits, as logs, receipts and files carry them."""
    rng = random.Random(f"timestamps/{seed}")
    texts = []
    for _ in range(n):
        stamp = f"{rng.randint(1998, 2027)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(0, 23):02}{rng.randint(0, 59):02}"
        stamp += f"{rng.randint(0, 59):02}" if rng.random() < 0.4 else ""
        texts.append(rng.choice(_STAMP_FRAMES).format(value=stamp))
    return texts


_NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "amounts": lambda rng: f"총사업비 {rng.randint(10**6, 10**10):,}원을 집행하였다.",
    "receipt numbers": lambda rng: f"접수번호 1AA-{values.digits(rng, 4)}-{values.digits(rng, 7)}로 조회하십시오.",
    "document numbers": lambda rng: f"관련: {rng.choice(('총무과', '건축과', '세무과'))}-{rng.randint(1, 99999)}(20{rng.randint(15, 26)}. {rng.randint(1, 12)}. {rng.randint(1, 28)}.)",
    "statutes": lambda rng: f"같은 법 시행령 제{rng.randint(1, 120)}조제{rng.randint(1, 9)}항제{rng.randint(1, 9)}호에 따른다.",
    "court cases": lambda rng: f"대법원 20{rng.randint(10, 25)}. {rng.randint(1, 12)}. {rng.randint(1, 28)}. 선고 20{rng.randint(10, 25)}다{rng.randint(10000, 299999)} 판결 참조",
    "budget codes": lambda rng: f"세부사업코드 {rng.randint(1000, 9999)}-{rng.randint(100, 999)}-{rng.randint(10, 99)} 편성",
    "measurements": lambda rng: f"면적 {rng.randint(10, 9999)}.{rng.randint(10, 99)}㎡, 연장 {rng.randint(1, 99)}.{rng.randint(1, 9)}km",
    "statistics": lambda rng: f"전년 대비 {rng.randint(1, 99)}.{rng.randint(0, 9)}% 늘어난 {rng.randint(10**5, 10**8):,}건",
}  # fmt: skip


def lookalikes(each: int, seed: int = 0) -> dict[str, list[str]]:
    """Numbers that identify no person, by kind."""
    rng = random.Random(f"lookalikes/{seed}")
    return {kind: [make(rng) for _ in range(each)] for kind, make in _NUMBERS.items()}
