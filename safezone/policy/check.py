"""Rules between the parts of a policy that no single part can see: every one is a table row or a small function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pseudonymize.transform.spec import (
    Band,
    Clip,
    Keep,
    Mask,
    Redact,
    Region,
    Round,
    ShiftDate,
    Tokenise,
    TruncateDate,
)
from safezone.errors import Text
from safezone.policy.dataset import Bilingual, Column, DatasetPolicy
from safezone.policy.source import ParseRules
from safezone.policy.yaml import Key

NUMBERS = ("integer", "decimal")
DATES = ("date", "datetime")
FITS: dict[type, tuple[str, ...]] = {
    Band: NUMBERS,
    Round: NUMBERS,
    Clip: NUMBERS,
    TruncateDate: DATES,
    ShiftDate: DATES,
    Region: ("text",),
    Redact: ("text",),
    Mask: ("text",),
}
"""Column types each transform takes; those not named take every type."""
PARSES: dict[str, tuple[str, ...]] = {
    "dates": DATES,
    "hour_24": DATES,
    "thousands": NUMBERS,
    "whole_decimals": ("integer",),
    "true_values": ("boolean",),
    "false_values": ("boolean",),
}
"""Column types each parse rule means something for."""
NUMERIC_EXPECTATIONS = frozenset({"sum_between"})
TEXT_EXPECTATIONS = frozenset({"matches", "not_matches", "length_between"})
NOT_ON_DELIVERY = frozenset(
    {"columns_in_order", "type_is", "column_absent", "tokens", "k_anonymity", "l_diversity", "rows_add_up"}
)
"""Expectations the zone makes itself from columns and privacy; a policy's quality is about the delivered data."""


class _Unsaid(NamedTuple):
    placeholders: tuple[str, ...]
    text: Text


_UNSAID = {
    "title": _Unsaid(
        (), Text("still a placeholder: write the dataset's name", "아직 초안입니다. 데이터셋 이름을 적으십시오")
    ),
    "description": _Unsaid(
        ("담당자가 적을 것", "to be written by the steward"),
        Text(
            "still a placeholder: write what the dataset holds",
            "아직 초안입니다. 무엇을 담은 데이터인지 적으십시오",
        ),
    ),
    "controller": _Unsaid(
        ("unknown-controller",),
        Text(
            "still a placeholder: write the id of the agency answerable",
            "아직 초안입니다. 개인정보처리자(기관)의 id를 적으십시오",
        ),
    ),
    "sector": _Unsaid(
        ("unknown",), Text("still a placeholder: write the sector", "아직 초안입니다. 분야를 적으십시오")
    ),
    "legal_basis": _Unsaid(
        ("TODO 법적 근거", "TODO legal basis"),
        Text(
            "still a placeholder: write the law and article the data is processed under",
            "아직 초안입니다. 처리의 법적 근거(법률과 조항)를 적으십시오",
        ),
    ),
    "terms": _Unsaid(
        (), Text("still a placeholder: write the terms of use", "아직 초안입니다. 이용 조건을 적으십시오")
    ),
}
"""What `policy suggest` writes where only a person can say it."""


class Finding(NamedTuple):
    """A rule that is broken.

    Attributes:
        place: where in the policy.
        text: what is wrong and what would be right.
    """

    place: Key
    text: Text


def check_policy(policy: DatasetPolicy) -> list[Finding]:
    """All rules a policy breaks, in the order of its file; empty when it is sound."""
    found = [*_source(policy)]
    for number, column in enumerate(policy.columns):
        found += _column(policy, column, ("columns", number))
    found += [*_quality(policy), *_privacy(policy), *_release(policy)]
    return found


def placeholders(policy: DatasetPolicy) -> list[Finding]:
    """What `policy suggest` left for a person to say and nobody has said, in the order of the file.

    A draft loads with them, so that it can be looked at; it cannot be approved. PIPA asks for the law that allows the
    processing and for the controller answerable (Act art. 15 and 2 no. 5).
    """
    texts: dict[str, str | Bilingual] = {
        "title": policy.title,
        "description": policy.description,
        "controller": policy.controller,
        "sector": policy.sector,
        "legal_basis": policy.legal_basis,
        "terms": policy.release.terms,
    }
    found = []
    for key, said in _UNSAID.items():
        if any(word.upper().startswith("TODO") or word in said.placeholders for word in _words(texts[key])):
            place: Key = ("release", "terms") if key == "terms" else (key,)
            found.append(Finding(place, said.text))
    return found


def _words(text: str | Bilingual) -> tuple[str, ...]:
    return (text.strip(),) if isinstance(text, str) else (text.ko.strip(), text.en.strip())


def _source(policy: DatasetPolicy) -> Iterator[Finding]:
    names = {column.name for column in policy.columns}
    named = {"totals": tuple(policy.source.totals), "fill_down": policy.source.fill_down}
    if policy.source.unknown_columns == "refuse" and policy.source.header.names:
        named["header"] = policy.source.header.names
    for key, given in named.items():
        if absent := [name for name in given if name not in names]:
            yield Finding(("source", key), _no_column(absent[0]))


def _column(policy: DatasetPolicy, column: Column, place: Key) -> Iterator[Finding]:
    transform = column.transform
    fits = FITS.get(type(transform))
    if fits is not None and column.type not in fits:
        words = ", ".join(fits)
        yield Finding(
            (*place, "transform"),
            Text(
                f"{transform.method} takes columns of type {words}, and this one is {column.type}",
                f"{transform.method}은(는) {words} 형의 열에 쓰며, 이 열은 {column.type} 형입니다",
            ),
        )
    if isinstance(transform, ShiftDate) and transform.subject not in {other.name for other in policy.columns}:
        yield Finding((*place, "transform", "subject"), _no_column(transform.subject))
    if column.identifier == "quasi" and isinstance(transform, Mask | Tokenise | Redact | ShiftDate):
        yield Finding(
            (*place, "transform"),
            Text(
                "a quasi-identifier is kept, dropped or generalised (band, round, clip, truncate_date, region)",
                "준식별자는 유지·삭제하거나 일반화해야 합니다(band, round, clip, truncate_date, region)",
            ),
        )
    if column.type in DATES and column.identifier == "quasi" and isinstance(transform, Keep):
        yield Finding(
            (*place, "transform"),
            Text(
                "an exact date singles people out: truncate_date or drop",
                "정확한 날짜는 사람을 특정합니다. truncate_date 또는 drop을 쓰십시오",
            ),
        )
    default = ParseRules()
    for key, types in PARSES.items():
        if getattr(column.parse, key) != getattr(default, key) and column.type not in types:
            words = ", ".join(types)
            yield Finding(
                (*place, "parse", key),
                Text(f"{key} is for columns of type {words}", f"{key}은(는) {words} 형의 열에만 씁니다"),
            )


def _quality(policy: DatasetPolicy) -> Iterator[Finding]:
    columns = {column.name: column for column in policy.columns}
    for number, item in enumerate(policy.quality):
        place: Key = ("quality", number)
        if item.expect in NOT_ON_DELIVERY:
            yield Finding(
                (*place, "expect"),
                Text(
                    f"{item.expect} is checked by the zone itself; quality is about the delivered data",
                    f"{item.expect}은(는) 안심구역이 직접 검사합니다. quality에는 반입 데이터의 기준만 적으십시오",
                ),
            )
            continue
        named = [("column", item.column), ("other", item.other), *(("columns", name) for name in item.columns)]
        for key, name in named:
            if name is not None and name not in columns:
                yield Finding((*place, key), _no_column(name))
        column = columns.get(item.column or "")
        if column is not None and item.expect in TEXT_EXPECTATIONS and column.type != "text":
            yield Finding((*place, "column"), _needs_type(item.expect, "text"))
        if column is not None and item.expect in NUMERIC_EXPECTATIONS and column.type not in NUMBERS:
            yield Finding((*place, "column"), _needs_type(item.expect, ", ".join(NUMBERS)))


def _privacy(policy: DatasetPolicy) -> Iterator[Finding]:
    privacy = policy.privacy
    if privacy.l > 1 and not privacy.sensitive:
        yield Finding(
            ("privacy", "l"),
            Text(
                "l larger than 1 needs privacy.sensitive: which values must differ",
                "l이 1보다 크면 privacy.sensitive에 달라야 할 값의 열을 적어야 합니다",
            ),
        )
    by_name = {column.name: column for column in policy.columns}
    for number, name in enumerate(privacy.sensitive):
        if by_name[name].identifier != "sensitive":
            yield Finding(
                ("privacy", "sensitive", number),
                Text(
                    f"the column {name} is not classed identifier: sensitive",
                    f"열 {name}은(는) identifier: sensitive가 아닙니다",
                ),
            )
    for number, name in enumerate(privacy.quasi_identifiers):
        if by_name[name].identifier in ("direct", "free_text"):
            yield Finding(
                ("privacy", "quasi_identifiers", number),
                Text(
                    f"the column {name} is {by_name[name].identifier}, and no quasi-identifier",
                    f"열 {name}은(는) {by_name[name].identifier}이며 준식별자가 아닙니다",
                ),
            )


def _release(policy: DatasetPolicy) -> Iterator[Finding]:
    days, kept = policy.release.max_days, policy.retention.published_days
    if days > kept:
        yield Finding(
            ("release", "max_days"),
            Text(
                f"an extract may not outlive the published version ({kept} days)",
                f"추출물의 이용 기간은 공개본의 보유 기간({kept}일)을 넘을 수 없습니다",
            ),
        )


def _no_column(name: str) -> Text:
    return Text(f"there is no column {name}", f"{name} 열이 없습니다")


def _needs_type(kind: str, types: str) -> Text:
    return Text(f"{kind} is for columns of type {types}", f"{kind}은(는) {types} 형의 열에만 씁니다")
