"""From profiles to proposals: for every column a type, an identifier class, a transform, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pseudonymize.columns.headers import HeaderHint, read_header
from pseudonymize.columns.kinds import decide, stray_numbers
from pseudonymize.columns.model import ColumnProfile, Decision, Kind, Reason
from pseudonymize.columns.types import ColumnType, Reading, read_type

IdentifierClass = Literal["direct", "quasi", "sensitive", "free_text", "other"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one column; a person decides.

    Attributes:
        name: the column.
        kind: what it seems to hold.
        type: its type, as the policy names it.
        identifier: its class, as the policy names it.
        transform: the policy's ``transform``; empty means keep.
        parse: the policy's ``parse``; empty means none.
        nullable: whether values are missing.
        reasons: why, counts and shares only.
        warnings: what a person must look at.
        title: what it is, in English.
        profile: what was counted.
    """

    name: str
    kind: Kind
    type: ColumnType
    identifier: IdentifierClass
    transform: dict[str, Any]
    parse: dict[str, Any]
    nullable: bool
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    title: str
    profile: ColumnProfile = field(repr=False)


_TEXT_KINDS = frozenset(
    {Kind.NAME, Kind.RRN, Kind.FRN, Kind.BRN, Kind.CORP, Kind.LICENCE, Kind.PASSPORT, Kind.INSURANCE, Kind.PHONE, Kind.EMAIL, Kind.ACCOUNT, Kind.CARD,
     Kind.VEHICLE, Kind.ADDRESS, Kind.REGION, Kind.POSTAL, Kind.SEX, Kind.IP, Kind.URL, Kind.DEVICE, Kind.ACCOUNT_ID, Kind.RECORD, Kind.CODE,
     Kind.FREE_TEXT, Kind.ORGANISATION, Kind.AGE_BAND, Kind.EMPTY}
)  # fmt: skip
"""Kinds whose values are no quantities: digits among them are names of things, not numbers."""
_TOKEN: dict[Kind, tuple[str, str]] = {
    Kind.RRN: ("person-rrn", "digits"),
    Kind.FRN: ("person-rrn", "digits"),
    Kind.BRN: ("business", "digits"),
    Kind.CORP: ("corporation", "digits"),
    Kind.LICENCE: ("licence", "digits"),
    Kind.VEHICLE: ("vehicle", "name"),
    Kind.DEVICE: ("device", "text"),
    Kind.ACCOUNT_ID: ("user", "text"),
    Kind.INSURANCE: ("insurance", "digits"),
}
_DIRECT_DROP = frozenset(
    {Kind.NAME, Kind.PHONE, Kind.EMAIL, Kind.ADDRESS, Kind.ACCOUNT, Kind.CARD, Kind.PASSPORT, Kind.IP}
)
_PERSONAL = frozenset(
    {Kind.RRN, Kind.FRN, Kind.LICENCE, Kind.PASSPORT, Kind.INSURANCE, Kind.BIRTH, Kind.BIRTH_YEAR, Kind.SEX, Kind.AGE, Kind.CARD, Kind.EMAIL,
     Kind.ACCOUNT}
)  # fmt: skip
_NOT_OF_A_PERSON = frozenset({Kind.COUNT, Kind.RATIO, Kind.MEASURE, Kind.ORGANISATION, Kind.LABEL, Kind.EMPTY})
TITLES: dict[Kind, str] = {
    Kind.NAME: "Name", Kind.RRN: "Resident registration number", Kind.FRN: "Foreigner registration number", Kind.BRN: "Business registration number",
    Kind.CORP: "Corporate registration number", Kind.LICENCE: "Driving licence", Kind.PASSPORT: "Passport", Kind.INSURANCE: "Health insurance number",
    Kind.PHONE: "Telephone", Kind.EMAIL: "E-mail", Kind.ACCOUNT: "Bank account", Kind.CARD: "Card number", Kind.VEHICLE: "Vehicle number",
    Kind.ADDRESS: "Address", Kind.REGION: "Region", Kind.POSTAL: "Postal code", Kind.BIRTH: "Date of birth", Kind.BIRTH_YEAR: "Year of birth",
    Kind.AGE: "Age", Kind.AGE_BAND: "Age band", Kind.SEX: "Sex", Kind.IP: "IP address", Kind.URL: "Web address", Kind.DEVICE: "Device id",
    Kind.ACCOUNT_ID: "User id", Kind.EMPTY: "Empty column",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Table:
    """What the columns together tell: whether rows are about people, and about which offices."""

    people: bool
    offices: bool


def propose(profiles: Sequence[ColumnProfile]) -> list[Proposal]:
    """Propose a class and transform for each column of a table.

    Args:
        profiles: of all its columns, since whether rows are about people shows in all of them together.
    """
    read = [(profile, read_header(profile.name)) for profile in profiles]
    decided = []
    for profile, hint in read:
        reading = read_type(profile, hint)
        decided.append((profile, hint, reading, decide(profile, hint, reading)))
    table = _about([(hint, decision, profile) for profile, hint, _, decision in decided])
    return _one_event_date([_proposal(*item, table) for item in decided])


_MANY_DATES = Reason(
    "날짜 열을 여럿 내면 k를 지키기 어려워 첫 번째만 연도로 남김",
    "with several dates k is hard to keep: only the first stays, as a year",
)


def _one_event_date(proposals: list[Proposal]) -> list[Proposal]:
    """Leave one date beside that of birth: each further one splits the classes again."""
    kept, found = [], False
    for item in proposals:
        if item.identifier == "quasi" and item.kind in (Kind.DATE, Kind.DATETIME):
            if found:
                item = replace(item, transform={"method": "drop"}, warnings=(*item.warnings, _MANY_DATES))
            found = True
        kept.append(item)
    return kept


def _about(columns: Sequence[tuple[HeaderHint, Decision, ColumnProfile]]) -> _Table:
    kinds = [decision.kind for _, decision, _ in columns]
    people = any(kind in _PERSONAL for kind in kinds)
    people |= any(kind is Kind.NAME and not hint.staff for (hint, _, _), kind in zip(columns, kinds, strict=True))
    people |= any(hint.person and decision.kind not in _NOT_OF_A_PERSON for hint, decision, _ in columns)
    people |= any(decision.kind is Kind.DEMOGRAPHIC and hint.quasi for hint, decision, _ in columns)
    people |= any(decision.kind is Kind.PHONE and profile.share("mobile") > 0.1 for _, decision, profile in columns)
    people |= any(decision.kind is Kind.FREE_TEXT and profile.inside["rrn"] for _, decision, profile in columns)
    return _Table(people, Kind.ORGANISATION in kinds and not people)


def _proposal(
    profile: ColumnProfile, hint: HeaderHint, reading: Reading, decision: Decision, table: _Table
) -> Proposal:
    kind = decision.kind
    column_type, parse = _typed(kind, reading, profile)
    identifier, transform, more = _classed(kind, column_type, profile, hint, table)
    reasons = list(dict.fromkeys([*decision.reasons, *(reading.reasons if column_type == reading.type else ())]))
    warnings = list(
        dict.fromkeys([*decision.warnings, *(reading.warnings if column_type == reading.type else ()), *more])
    )
    if column_type != reading.type and profile.counts["excel_damaged"]:
        warnings += [w for w in reading.warnings if "4.73" in w.en]
    if identifier == "other" and column_type == "text" and _holds_people(profile):
        identifier, transform = "free_text", {"method": "redact", "replace": "label"}
    elif identifier == "other" and transform.get("method") != "drop" and stray_numbers(profile):
        identifier, transform = "direct", {"method": "drop"}
    null_words = sum(profile.missing_words[word] for word in parse.get("null_values", ()))
    return Proposal(
        name=profile.name,
        kind=kind,
        type=column_type,
        identifier=identifier,
        transform=transform,
        parse=parse,
        nullable=bool(profile.missing or null_words or "excel_damaged" in parse),
        reasons=tuple(reasons),
        warnings=tuple(warnings),
        title=TITLES.get(kind, profile.name),
        profile=profile,
    )


def _holds_people(profile: ColumnProfile) -> bool:
    """Whether identifiers of people lie among the values of a column that is none of theirs."""
    inside = profile.inside
    return bool(inside["rrn"] or stray_numbers(profile) or inside["card"] or inside["phone"] or inside["email"])


def _typed(kind: Kind, reading: Reading, profile: ColumnProfile) -> tuple[ColumnType, dict[str, Any]]:
    """The type of a kind, and the parse hints that go with it."""
    if kind is Kind.SERIAL and reading.type == "integer":
        return reading.type, reading.parse
    if kind in _TEXT_KINDS and reading.type != "text":
        kept: dict[str, Any] = {k: v for k, v in reading.parse.items() if k in ("null_values", "excel_damaged")}
        return "text", kept
    return reading.type, reading.parse


def _classed(
    kind: Kind, column_type: ColumnType, profile: ColumnProfile, hint: HeaderHint, table: _Table
) -> tuple[IdentifierClass, dict[str, Any], list[Reason]]:
    """Class, transform and what to look at, for a kind in this table."""
    if kind in _TOKEN:
        word, normalise = _TOKEN[kind]
        more: dict[str, Any] = {} if normalise == "text" else {"normalise": normalise}
        if kind in (Kind.BRN, Kind.CORP) and table.offices:
            return "other", {}, [_OFFICE]
        return "direct", {"method": "tokenise", "kind": word} | more, []
    if kind in _DIRECT_DROP:
        return _contact(kind, profile, hint, table)
    if kind is Kind.RECORD:
        return _record(profile, hint, table)
    if kind is Kind.FREE_TEXT:
        return "free_text", {"method": "redact", "replace": "label"}, []
    if kind is Kind.SERIAL:
        return "other", {"method": "drop"}, [_SERIAL]
    if kind is Kind.EMPTY:
        return "other", {"method": "drop"}, [_EMPTY]
    if kind is Kind.URL:
        return ("direct", {"method": "drop"}, []) if table.people else ("other", {}, [])
    if (
        hint.sensitive
        and table.people
        and kind not in (Kind.REGION, Kind.AGE, Kind.SEX, Kind.BIRTH)
        and column_type not in ("date", "datetime")
    ):
        return "sensitive", _sensitive(kind, column_type, profile), []
    return _attribute(kind, column_type, profile, hint, table)


_OFFICE = Reason(
    "기관·업체의 표로 보여 그대로 둠. 개인사업자가 섞여 있으면 direct와 drop으로 바꾸십시오",
    "rows seem to be about offices, so it is kept; with sole proprietors among them make it direct and drop",
)
_SERIAL = Reason("행의 차례만 알려 주므로 삭제", "tells nothing but the order of rows: dropped")
_EMPTY = Reason("빈 열이므로 삭제", "empty: dropped")
_REGION_HELP = Reason(
    "지역이 필요하면 quasi와 {method: region, level: sigungu}로 바꿀 수 있음",
    "where the region is needed, quasi with {method: region, level: sigungu} keeps it",
)


def _contact(
    kind: Kind, profile: ColumnProfile, hint: HeaderHint, table: _Table
) -> tuple[IdentifierClass, dict[str, Any], list[Reason]]:
    public = table.offices and not hint.person and not hint.staff
    if kind is Kind.PHONE and public and not profile.counts["mobile"]:
        return "other", {}, [_OFFICE]
    if kind is Kind.ADDRESS:
        return ("other", {}, [_OFFICE]) if public else ("direct", {"method": "drop"}, [_REGION_HELP])
    return "direct", {"method": "drop"}, []


def _record(
    profile: ColumnProfile, hint: HeaderHint, table: _Table
) -> tuple[IdentifierClass, dict[str, Any], list[Reason]]:
    """Numbers of records: direct where the record is a person's."""
    if profile.share("excel_damaged") >= 0.2:
        return "other" if not table.people else "direct", {"method": "drop"}, []
    if not table.people and table.offices:
        return "other", {}, [_OFFICE]
    why = Reason(
        "사람의 기록을 가리키는 번호: 토큰으로 바꿈(사람과 무관하면 other)",
        "points to a record about a person: becomes a token (other, if it does not)",
    )
    return "direct", {"method": "tokenise", "kind": "record"}, [why]


def _sensitive(kind: Kind, column_type: ColumnType, profile: ColumnProfile) -> dict[str, Any]:
    if column_type in ("integer", "decimal") and kind in (Kind.AMOUNT, Kind.MEASURE, Kind.COUNT):
        return {"method": "round", "to": _step(profile)} if kind is Kind.AMOUNT else {}
    return {}


def _step(profile: ColumnProfile) -> int:
    """A tenth of the size of the largest number, as a power of ten: 1 000 000 becomes 100 000."""
    high = max(abs(profile.numbers.high), 10.0)
    return int(10 ** max(0, len(str(int(high))) - 2))


def _attribute(
    kind: Kind, column_type: ColumnType, profile: ColumnProfile, hint: HeaderHint, table: _Table
) -> tuple[IdentifierClass, dict[str, Any], list[Reason]]:
    """What outsiders may know of a person, and the rest."""
    if kind is Kind.BIRTH:
        if column_type == "text":
            return "quasi", {"method": "drop"}, []
        return "quasi", {"method": "truncate_date", "to": "year", "every": 10}, []
    if kind is Kind.BIRTH_YEAR:
        return (
            "quasi",
            {"method": "band", "width": 10} if column_type in ("integer", "decimal") else {"method": "drop"},
            [],
        )
    if kind is Kind.AGE:
        return (
            "quasi",
            {"method": "band", "width": 10, "top": 80} if column_type in ("integer", "decimal") else {},
            [],
        )
    if kind is Kind.SEX or (kind is Kind.AGE_BAND and table.people) or (kind is Kind.DEMOGRAPHIC and hint.quasi):
        return "quasi", {}, []
    if not table.people:
        return "other", {}, []
    if kind is Kind.REGION:
        return "quasi", _region(profile), []
    if kind is Kind.POSTAL:
        return "quasi", {"method": "drop"}, []
    if kind is Kind.COORDINATE:
        return (
            "quasi",
            {"method": "drop"}
            if column_type == "text"
            else {"method": "round", "to": 0.1 if abs(profile.numbers.high) < 200 else 10000},
            [],
        )
    if kind in (Kind.DATE, Kind.DATETIME) and column_type in ("date", "datetime"):
        if profile.distinct <= 1:
            return "other", {}, []
        return "quasi", {"method": "truncate_date", "to": "year"}, []
    if kind is Kind.DEMOGRAPHIC:
        return "quasi", {}, []
    if kind is Kind.AMOUNT and column_type in ("integer", "decimal"):
        return "sensitive", {"method": "round", "to": _step(profile)}, []
    if kind is Kind.ORGANISATION:
        return "quasi", {"method": "drop"}, []
    if kind is Kind.LABEL and profile.uniqueness > 0.5:
        return "free_text", {"method": "redact", "replace": "label"}, []
    return "other", {}, []


def _region(profile: ColumnProfile) -> dict[str, Any]:
    if profile.hint("sido") >= 0.5:
        return {"method": "region", "level": "sido"}
    if profile.hint("region") >= 0.5 and profile.hint("sigungu") < 0.5:
        return {"method": "region", "level": "sigungu"}
    return {"method": "drop"}
