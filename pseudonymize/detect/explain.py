"""Why something was found in a text: the rule, the label or context that spoke for it, and what lost against it.

An explanation holds the text itself. It is made for one authorised person at a terminal: never log it, never put it
into an exception, never keep it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pseudonymize.detect.rules import DENIED
from pseudonymize.document.document import WINDOW, Document
from pseudonymize.document.labels import Label, reaches
from pseudonymize.spans import Candidate

if TYPE_CHECKING:
    from pseudonymize.detect.detector import Detector


class Said(NamedTuple):
    """A sentence in Korean and English."""

    ko: str
    en: str


class Loser(NamedTuple):
    """A candidate that overlaps a finding and did not become it, and why not."""

    candidate: Candidate
    why: Said


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A finding with its reasons.

    Attributes:
        finding: what is replaced, in code points of the text.
        why: the rule first, then what spoke for it.
        lost: what overlapped it and lost.
    """

    finding: Candidate
    why: tuple[Said, ...]
    lost: tuple[Loser, ...]


class LetThrough(NamedTuple):
    """A candidate that an allow list let through, and the name of that list."""

    candidate: Candidate
    by: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text with all that was found in it.

    Attributes:
        text: the text itself; not part of the representation, which may be written somewhere.
        found: findings in order.
        allowed: what an allow list let through, in order.
    """

    text: str = field(repr=False)
    found: tuple[Reasoned, ...]
    allowed: tuple[LetThrough, ...] = ()


_RULES: dict[str, Said] = {
    "form field": Said("이름을 적는 칸(성명, 신청인 등) 뒤에 있음", "stands in a form field for names"),
    "number in brackets": Said(
        "뒤의 괄호에 사람만 가지는 번호가 있음", "a number only people have stands in brackets behind it"
    ),
    "name of sample forms": Said("서식 견본에 쓰이는 이름", "the name on sample forms"),
    "model": Said("문장을 학습한 모델이 이름으로 판단함", "the trained model takes it for a name in its sentence"),
    "introduced elsewhere": Said(
        "이 글의 다른 곳에 나온 이름과 같음", "the same name is introduced elsewhere in this text"
    ),
    "given name of somebody introduced": Said(
        "이 글에서 나온 사람의 이름(성 제외)", "the given name of a person introduced in this text"
    ),
    "title": Said("호칭 뒤의 이름", "a name behind a title"),
    "phrase": Said("이름을 소개하는 말 뒤에 있음", "stands behind words that introduce a name"),
    "field": Said("이름을 적는 칸에 있음", "stands in a field for names"),
    "transliteration": Said("한글 이름 뒤 괄호 안의 로마자 표기", "in brackets behind a Korean name"),
    "labelled": Said("값의 이름표가 곁에 있음", "a label beside it says what it is"),
    "full": Said("번호의 온전한 형식", "the number's full form"),
    "dotted": Said("점으로 나눈 형식", "written with dots"),
    "dashed": Said("붙임표로 나눈 형식", "written with dashes"),
    "spaced": Said("숫자를 띄어 쓴 형식", "written with spaces"),
    "grouped": Said("기관이 쓰는 자리 나눔과 같음", "digits grouped as institutions write it"),
    "masked": Said("일부가 이미 가려진 번호", "a number half masked already"),
    "masked unevenly": Said("일부가 이미 가려진 번호", "a number half masked already"),
    "bare": Said("구분 기호 없는 번호", "a number without separators"),
    "mobile": Said("휴대전화 번호 형식", "the form of mobile numbers"),
    "local": Said("지역 전화번호 형식", "the form of local telephone numbers"),
    "international": Said("국가 번호가 있는 전화번호", "a telephone number with country code"),
    "plate": Said("자동차 번호판 형식", "the form of number plates"),
    "road": Said("도로명주소 형식", "the form of road-name addresses"),
    "lot": Said("지번주소 형식", "the form of lot-number addresses"),
    "weighed": Said(
        "앞뒤의 말과 이름 목록, 모델을 견주어 판단함",
        "weighed from the words around it, lists of names, and a model",
    ),
    "place": Said("지명 목록이나 모델이 장소로 판단함", "a list of places or a model takes it for a place"),
    "region": Said("시·도와 시·군·구 이름", "names of a province and a district"),
    "flat": Said("동과 호수", "a building and a flat"),
    "scheme": Said("주소가 http(s) 등으로 시작함", "begins with a scheme such as https"),
    DENIED: Said("차단 목록에 있는 말", "a word of the deny list"),
}
_LABELS_OF: dict[str, frozenset[str]] = {
    "KR_RRN": frozenset({"rrn", "frn"}),
    "KR_FRN": frozenset({"rrn", "frn"}),
    "KR_BRN": frozenset({"brn"}),
    "KR_CORP_REG": frozenset({"corp"}),
    "KR_DRIVER_LICENSE": frozenset({"licence"}),
    "KR_PASSPORT": frozenset({"passport"}),
    "KR_BANK_ACCOUNT": frozenset({"account"}),
    "CREDIT_CARD": frozenset({"card"}),
    "PHONE_NUMBER": frozenset({"phone"}),
    "KR_POSTAL_CODE": frozenset({"postal", "address"}),
    "DATE_TIME": frozenset({"birth"}),
    "AGE": frozenset({"birth"}),
    "KR_VEHICLE": frozenset({"vehicle"}),
    "KR_ADDRESS": frozenset({"address"}),
    "LOCATION": frozenset({"address"}),
    "IP_ADDRESS": frozenset({"ip"}),
}
"""Kinds of label (`pseudonymize.document.labels`) that speak for an entity; the others say nothing about it."""


def explain(detector: Detector, text: str) -> Explanation:
    """Explain what a detector finds in a text.

    Args:
        detector: with or without the rules of stewards.
        text: the text.

    Returns:
        The findings as they would be replaced, each with its reasons.
    """
    (found,) = detector.search([text])
    (candidates,) = detector.candidates([text])
    document = Document(text)
    labels = [
        Label(*document.to_original(label.start, label.end), label.kind)
        for label in document.labels
        if label.start < label.end
    ]
    reasoned = tuple(_reasoned(finding, candidates, labels, text) for finding in found)
    allowed = getattr(detector, "allowed", None)
    let = (LetThrough(*item) for item in allowed(text)) if allowed else ()
    return Explanation(text, reasoned, tuple(sorted(let)))


def rule_said(reason: str) -> Said:
    """What a reason of a candidate means; reasons of stewards are pattern names, with the context word behind ``+``."""
    rule, _, context = reason.partition(" + ")
    known = _RULES.get(rule) or Said(f"‘{rule}’ 규칙에 맞음", f"matches the rule '{rule}'")
    if not context:
        return known
    return Said(f"{known.ko}, 가까이에 ‘{context}’", f"{known.en}, with '{context}' nearby")


def _reasoned(finding: Candidate, candidates: Sequence[Candidate], labels: Sequence[Label], text: str) -> Reasoned:
    why = [rule_said(finding.reason)]
    label = _label(finding, labels, text)
    if label is not None:
        word = text[label.start : label.end]
        why.append(Said(f"곁에 이름표 ‘{word}’", f"the label '{word}' beside it"))
    whole = next((item for item in candidates if _same(item, finding) and item[:2] == finding[:2]), None)
    if whole is None:
        why.append(Said("겹친 다른 발견에서 남은 부분", "what is left of it beside another finding"))
    others = {item for item in candidates if item.start < finding.end and finding.start < item.end}
    lost = sorted(item for item in others if not _same(item, finding))
    return Reasoned(finding, tuple(why), tuple(Loser(item, _beaten(item, finding)) for item in lost))


def _same(candidate: Candidate, finding: Candidate) -> bool:
    return candidate[2:] == finding[2:]


def _label(finding: Candidate, labels: Sequence[Label], text: str) -> Label | None:
    """The nearest label that speaks for a finding, before it or right behind it."""
    wanted = _LABELS_OF.get(finding.entity, frozenset())
    labels = [label for label in labels if label.kind in wanted]
    before = [label for label in labels if label.end <= finding.start]
    if before and reaches(text, before[-1], finding.start, WINDOW):
        return before[-1]
    behind = next((label for label in labels if label.start >= finding.end), None)
    return behind if behind is not None and _touching(text[finding.end : behind.start]) else None


def _touching(gap: str) -> bool:
    return len(gap) <= 2 and "\n" not in gap and "(" in gap


def _beaten(loser: Candidate, winner: Candidate) -> Said:
    if loser.score < winner.score:
        return Said("점수가 낮음", "a lower score")
    if loser.score > winner.score:
        return Said("이긴 부분이 따로 있음", "it won elsewhere in its stretch")
    if loser.end - loser.start < winner.end - winner.start:
        return Said("점수는 같고 더 짧음", "the same score, but shorter")
    return Said("점수가 같아 앞선 것을 택함", "the same score; the one further left or first by name is taken")
