"""Writes the start of a dataset policy for a steward to review: commented YAML, with the reasons beside each column.

Counts and shares only: no value of the data is ever written. Words for "missing", totals and sexes come from the
project's own lists (`pseudonymize.columns.words`), and only say which of them occur.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from pseudonymize.columns.model import Kind
from pseudonymize.columns.propose import Proposal
from pseudonymize.columns.types import percent

TODO = "TODO 담당자 확인 / steward:"
_DATASET = re.compile(r"[a-z][a-z0-9-]{2,62}")
_WIDTH = 400
_MAX_QUASI = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known besides the columns.

    Attributes:
        dataset: id of the dataset, also the policy's file name.
        controller: the agency; empty when it is not known.
        files: names of the files looked at.
        rows: rows looked at.
        bad_rows: rows the format could not hold.
        source: the policy's ``source``.
        renamed: the file gives no usable names, and those in `source` were made up.
        footers: words notes below the table begin with.
    """

    dataset: str
    rows: int
    source: Mapping[str, Any]
    controller: str = ""
    files: tuple[str, ...] = ()
    bad_rows: int = 0
    renamed: bool = False
    footers: tuple[str, ...] = field(default=())


def dataset_id(text: str) -> str:
    """A dataset id made of a file's name; ``new-dataset`` when nothing of it can be used."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower().encode("ascii", "ignore").decode()).strip("-")
    found = re.sub(r"^[^a-z]+", "", found)[:63].rstrip("-")
    return found if _DATASET.fullmatch(found) else "new-dataset"


def suggest_policy(draft: Draft, proposals: Sequence[Proposal]) -> str:
    """The policy as YAML.

    Args:
        draft: what is known besides the columns.
        proposals: for each column.

    Returns:
        Text that `safezone.policy.load.load_policy` accepts under the name ``<dataset>.yaml``, unless every column
        is dropped; what only a person can say holds a placeholder and a comment that begins with `TODO`.
    """
    root = CommentedMap()
    _identity(root, draft)
    root["source"] = _source(draft, proposals)
    _before(root, "source", "파일의 모양 / how the file looks")
    root["delivery"] = _flow({"kind": "snapshot", "bad_rows_share": 0.01})
    _beside(root, "delivery", f"{TODO} snapshot(전체 교체) 또는 increment(추가분) / replaces or adds")
    subject = next((p for p in proposals if p.kind in (Kind.RRN, Kind.FRN) and _method(p) == "tokenise"), None)
    if subject is not None:
        root.insert(list(root).index("source"), "subject", subject.name)
        _beside(root, "subject", "누구의 행인지 알려 주는 열 / the column that says whose row it is")
    columns = CommentedSeq(_column(proposal) for proposal in proposals)
    root["columns"] = columns
    _before(
        root,
        "columns",
        "열: 이유는 각 열 위에, 값은 적지 않음 / columns: why stands above each; values are never written",
    )
    for number, proposal in enumerate(proposals):
        columns.yaml_set_comment_before_after_key(number, before=_comment(proposal), indent=2)
    root["quality"] = _quality(proposals)
    _before(
        root,
        "quality",
        f"반입 데이터의 품질 기준 / what is expected of the data. {TODO} 범위와 코드 목록 보완 / add ranges and codes",
    )
    root["privacy"] = _privacy(root, proposals)
    root["adequacy_review"] = "always"
    root["retention"] = _flow({"raw_days": 90, "deidentified_days": 365, "published_days": 365})
    _beside(root, "retention", f"{TODO} 보유기간(일) / days each stage is kept (PIPA art. 21)")
    root["release"] = _release()
    return _dump(root)


def _identity(root: CommentedMap, draft: Draft) -> None:
    listed = ", ".join(_safe(name) for name in draft.files[:3]) + (" …" if len(draft.files) > 3 else "")
    root.yaml_set_start_comment(
        "yaml-language-server: $schema=../schema/dataset.schema.json\n"
        "\n"
        f"{listed or draft.dataset}: {draft.rows:,}행을 살펴 만든 초안입니다. 시행하려면 사람이 검토하고 두 사람이 승인해야 합니다.\n"
        f"A draft made by looking at {draft.rows:,} rows. People review it, and two approve it, before it is in force.\n"
        + (
            f"형식에 맞지 않는 행 {draft.bad_rows:,}개는 빼고 살폈습니다 / {draft.bad_rows:,} rows did not fit the format.\n"
            if draft.bad_rows
            else ""
        )
    )
    root["dataset"] = draft.dataset
    _beside(root, "dataset", "파일 이름과 같아야 함 / must be the file's name")
    root["title"] = _bilingual(draft.dataset)
    _beside(root, "title", f"{TODO} 데이터셋 이름 / name of the dataset")
    root["description"] = _bilingual("담당자가 적을 것", "to be written by the steward")
    _beside(root, "description", f"{TODO} 무엇을 담은 데이터인지 / what it holds")
    root["controller"] = draft.controller or "unknown-controller"
    _beside(
        root,
        "controller",
        "" if draft.controller else f"{TODO} 개인정보처리자(기관)의 id / id of the agency answerable",
    )
    root["sector"] = "unknown"
    _beside(root, "sector", f"{TODO} veterans, environment, transportation, safety, employment, complaints, ...")
    root["legal_basis"] = _bilingual("TODO 법적 근거", "TODO legal basis")
    _beside(
        root, "legal_basis", f"{TODO} 처리의 법적 근거(법률과 조항) / the law and article it is processed under"
    )
    root["classification"] = "S"
    _beside(root, "classification", f"{TODO} N2SF 등급 O, S, C / N2SF grade")


def _source(draft: Draft, proposals: Sequence[Proposal]) -> CommentedMap:
    source = CommentedMap()
    for key, value in draft.source.items():
        source[key] = _plain(value)
    if draft.renamed:
        _beside(
            source,
            "header",
            f"{TODO} 머리글이 없거나 겹쳐 이름을 붙임 / the header is missing or repeats names: these are made up",
        )
    totals = _totals(proposals)
    if totals:
        source["totals"] = _flow({name: _flow(list(words)) for name, words in totals.items()})
        _beside(source, "totals", "합계 행은 데이터가 아님 / rows of totals are no data")
    if draft.footers:
        source["footer"] = _flow(list(draft.footers))
    return source


def _totals(proposals: Sequence[Proposal]) -> dict[str, tuple[str, ...]]:
    """Columns in which a few values are words for totals, where the table has numbers to sum."""
    if sum(p.type in ("integer", "decimal") for p in proposals) < 1:
        return {}
    found = {}
    for proposal in proposals:
        profile = proposal.profile
        rows = sum(profile.total_words.values())
        words = tuple(word for word in profile.total_words if word not in ("전국", "평균", "전체"))
        if (
            words
            and proposal.type == "text"
            and rows <= 0.2 * profile.filled
            and proposal.kind is not Kind.FREE_TEXT
        ):
            found[proposal.name] = words
    return found


def _column(proposal: Proposal) -> CommentedMap:
    column = CommentedMap()
    column["name"] = proposal.name
    column["title"] = _bilingual(proposal.name, proposal.title)
    if proposal.type != "text":
        column["type"] = proposal.type
    if not proposal.nullable:
        column["nullable"] = False
    column["identifier"] = proposal.identifier
    if proposal.parse:
        column["parse"] = _flow({key: _plain(value) for key, value in proposal.parse.items()})
    if proposal.transform:
        column["transform"] = _flow(dict(proposal.transform))
    return column


def _comment(proposal: Proposal) -> str:
    """Why, Korean first; what a person must look at on lines of its own."""
    lines = []
    for reasons, mark in ((proposal.reasons, ""), (proposal.warnings, "! ")):
        if reasons:
            lines.append(mark + "; ".join(_safe(reason.ko) for reason in reasons))
            lines.append(mark + "; ".join(_safe(reason.en) for reason in reasons))
    kind = f"{proposal.kind.value}: "
    lines[0:1] = [kind + (lines[0] if lines else "")]
    missing = proposal.profile.missing
    if missing and proposal.profile.rows:
        share = percent(missing / proposal.profile.rows)
        lines.append(f"빈 값 {share} / {share} are missing")
    return "\n".join(lines)


def _safe(text: str) -> str:
    return " ".join(text.split())


def _quality(proposals: Sequence[Proposal]) -> CommentedSeq:
    items: list[dict[str, Any]] = [{"expect": "row_count_between", "min": 1}]
    for proposal in proposals:
        items += _expected(proposal)
    return CommentedSeq(_flow(item) for item in items)


_REGEX: dict[Kind, str] = {
    Kind.RRN: "[0-9]{6}-?[0-9*]{7}",
    Kind.FRN: "[0-9]{6}-?[0-9*]{7}",
    Kind.BRN: "[0-9]{3}-?[0-9]{2}-?[0-9]{5}",
    Kind.CORP: "[0-9]{6}-?[0-9]{7}",
    Kind.EMAIL: "[^@ ]+@[^@ ]+",
    Kind.POSTAL: "[0-9]{5}|[0-9]{3}-[0-9]{3}",
}


def _expected(proposal: Proposal) -> list[dict[str, Any]]:
    profile, name = proposal.profile, proposal.name
    found: list[dict[str, Any]] = []
    if proposal.kind is Kind.EMPTY:
        return found
    if proposal.kind is Kind.RECORD and profile.uniqueness > 0.99 and profile.looked > 1:
        found.append({"expect": "unique", "column": name} | _mostly(profile.uniqueness))
    if proposal.type == "text" and (regex := _REGEX.get(proposal.kind) or _shape_regex(proposal)):
        found.append(
            {
                "expect": "matches",
                "column": name,
                "regex": DoubleQuotedScalarString(regex),
                "mostly": 0.99,
                "severity": "warning",
            }
        )
    if proposal.kind is Kind.AGE and proposal.type in ("integer", "decimal"):
        found.append({"expect": "between", "column": name, "min": 0, "max": 125})
    if proposal.kind is Kind.BIRTH and proposal.type == "date":
        found.append(
            {"expect": "between", "column": name, "min": "1900-01-01", "mostly": 0.99, "severity": "warning"}
        )
    if proposal.kind is Kind.SEX and profile.closed == "sex" and proposal.type == "text":
        words = list(profile.closed_words)
        found.append({"expect": "in_set", "column": name, "values": _flow([_plain(word) for word in words])})
    if proposal.kind is Kind.CATEGORY and profile.distinct:
        found.append({"expect": "distinct_between", "column": name, "min": 1, "max": 2 * profile.distinct})
    if proposal.kind is Kind.COUNT and proposal.type == "integer" and profile.numbers.low >= 0:
        found.append({"expect": "between", "column": name, "min": 0, "severity": "warning"})
    return found


def _mostly(share: float) -> dict[str, Any]:
    return {} if share >= 1 else {"mostly": int(share * 1000) / 1000, "severity": "warning"}


_PARTS = {"0": "[0-9]", "a": "[A-Za-z]", "H": "[가-힣]"}


def _shape_regex(proposal: Proposal) -> str:
    """The form of record numbers, when nearly all have one shape: classes of characters, never the characters."""
    profile = proposal.profile
    if proposal.kind is not Kind.RECORD or not profile.shapes:
        return ""
    shape, rows = profile.shapes.most_common(1)[0]
    if not shape or rows < 0.99 * profile.filled or not set(shape) <= set("0aH-_/. "):
        return ""
    out = []
    for run in re.findall(r"(.)(\1*)", shape):
        size = 1 + len(run[1])
        part = _PARTS.get(run[0], run[0] if run[0] in "-_/ " else re.escape(run[0]))
        out.append(part + (f"{{{size}}}" if size > 1 else ""))
    return "".join(out)


def _privacy(root: CommentedMap, proposals: Sequence[Proposal]) -> CommentedMap:
    published = [p for p in proposals if _method(p) != "drop"]
    quasi = [p.name for p in published if p.identifier == "quasi"]
    note = "k=5에서 시작 / begin with k=5"
    if not quasi:
        fallback = _fallback(published)
        quasi = [fallback] if fallback else ["?"]
        note = f"{TODO} 준식별자를 찾지 못해 열 하나를 넣음: 밖에서 알 수 있는 열로 바꾸십시오 / none was found: name the columns outsiders may know"
    privacy = CommentedMap()
    privacy["k"] = 5
    privacy["quasi_identifiers"] = _flow(list(quasi))
    sensitive = [p.name for p in published if p.identifier == "sensitive" and p.type in ("text", "boolean")]
    if sensitive:
        privacy["sensitive"] = _flow(sensitive)
    privacy["suppression_limit"] = 0.05
    _beside(privacy, "quasi_identifiers", note)
    if len(quasi) > _MAX_QUASI:
        _beside(
            privacy,
            "k",
            f"{TODO} 준식별자가 {len(quasi)}개라 많이 지워질 수 있음 / {len(quasi)} quasi-identifiers cost many rows",
        )
    return privacy


def _fallback(published: Sequence[Proposal]) -> str:
    """A published column that could stand for a quasi-identifier: the one with fewest values, no numbers first."""
    may = [p for p in published if p.identifier in ("other", "sensitive")]
    may.sort(key=lambda p: (p.type != "text", p.profile.distinct))
    return may[0].name if may else ""


def _release() -> CommentedMap:
    release = CommentedMap()
    release["terms"] = _bilingual(
        "승인된 목적에만 사용하고, 사람을 알아내려 하지 않습니다.",
        "Approved purpose only; no attempt to identify anyone.",
    )
    _beside(release, "terms", f"{TODO} 이용 조건 / terms of use")
    release["max_days"] = 180
    release["formats"] = _flow(["parquet"])
    return release


def _method(proposal: Proposal) -> str:
    return str(proposal.transform.get("method", "keep"))


def _bilingual(ko: str, en: str = "") -> Any:
    return _flow({"ko": ko, "en": en or ko})


def _flow(value: Any) -> Any:
    made: Any = CommentedMap(value) if isinstance(value, dict) else CommentedSeq(value)
    made.fa.set_flow_style()
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _flow({key: _plain(inner) for key, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return _flow([_plain(inner) for inner in value])
    return DoubleQuotedScalarString(value) if isinstance(value, str) and not value.isidentifier() else value


def _before(root: CommentedMap, key: str, text: str) -> None:
    root.yaml_set_comment_before_after_key(key, before=text)


def _beside(root: CommentedMap, key: str, text: str) -> None:
    if text:
        root.yaml_add_eol_comment(text, key, column=0)


def _dump(root: CommentedMap) -> str:
    yaml = YAML()
    yaml.allow_unicode, yaml.width = True, _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(root, out)
    return out.getvalue()
