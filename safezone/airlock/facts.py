"""What a package says of itself, gathered from request, policy and the figures of the extract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pseudonymize.engine import quoted
from pseudonymize.transform import spec
from safezone import __version__
from safezone.airlock.context import Airlock
from safezone.airlock.reviewing import request_subject
from safezone.catalog.records import RequestRecord, ReviewRecord, VersionRecord
from safezone.errors import Text
from safezone.model import digest, timestamp
from safezone.package import Approval, CardFacts, ColumnFacts, Lineage, RiskFacts
from safezone.policy.dataset import Bilingual, Column, DatasetPolicy

_BANDS = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))
_KEYED_TEXT = Text(
    "personal data replaced by labels, masks, and tokens or surrogates of this project",
    "개인정보를 표지, 마스킹, 과제 전용 토큰 또는 가상값으로 대체",
)
_WORDS: dict[str, tuple[str, str]] = {
    "keep": ("as delivered", "원본 유지"),
    "mask": ("masked", "일부 마스킹"),
    "tokenise": ("replaced by a token of this project", "과제 전용 토큰으로 대체"),
    "band": ("put into bands", "구간화"),
    "round": ("rounded", "반올림"),
    "clip": ("top and bottom coded", "상하단 코딩"),
    "truncate_date": ("truncated", "날짜 절사"),
    "region": ("rolled up to a region", "행정구역 상위화"),
    "shift_date": ("shifted by a secret number of days", "비공개 일수만큼 이동"),
    "redact": ("personal data replaced by labels", "개인정보를 표지로 대체"),
}


def card_facts(
    request: RequestRecord,
    policy: DatasetPolicy,
    figures: dict[str, Any],
    connection: Any,
    issued: datetime,
    expires: datetime,
) -> CardFacts:
    """Everything the recipient is told.

    Args:
        request: what was asked for.
        policy: of the version.
        figures: of the extract, from `safezone.airlock.checks`.
        connection: holds the view ``extract``, for types and class sizes.
        issued: when it leaves.
        expires: last moment of use.
    """
    schema = connection.sql("SELECT * FROM extract LIMIT 0").to_arrow_table().schema
    types = {field.name: str(field.type) for field in schema}
    return CardFacts(
        request=request.id,
        project=request.project,
        purpose=request.purpose,
        dataset=policy.dataset,
        title=_text(policy.title),
        description=_text(policy.description),
        controller=policy.controller,
        legal_basis=_text(policy.legal_basis),
        classification=policy.classification.value,
        columns=tuple(_column(policy.column(name), types[name]) for name in request.columns),
        rows=figures["rows"],
        filter=request.filter or None,
        sample=request.sample,
        format=request.format,
        risk=_risk(policy, figures, connection),
        terms=_text(policy.release.terms),
        issued=timestamp(issued),
        expires=timestamp(expires),
        code=__version__,
    )


def lineage(
    airlock: Airlock, request: RequestRecord, version: VersionRecord, counted: list[ReviewRecord]
) -> Lineage:
    """Where the extract comes from, in digests of approved things."""
    manifest = airlock.vault.manifest(version)
    return Lineage(
        version=version.id,
        manifest=version.manifest_digest,
        policy=version.policy,
        inputs=manifest.inputs,
        approvals=tuple(Approval(review.payload_digest, review.reviewer) for review in counted),
        recipient=request.recipient,
        decided=digest(request_subject(airlock, request)),
        extra={"model": manifest.model, "transform": manifest.transform},
    )


def _column(column: Column, kind: str) -> ColumnFacts:
    return ColumnFacts(
        name=column.name,
        type=kind,
        title=_text(column.title),
        identifier=column.identifier,
        transform=_said(column.transform),
        nullable=column.nullable,
        token=isinstance(column.transform, spec.Tokenise),
    )


def _said(transform: spec.Transform) -> Text:
    if isinstance(transform, spec.Redact) and transform.keyed:
        return _KEYED_TEXT
    return Text(*_WORDS[transform.method])


def _risk(policy: DatasetPolicy, figures: dict[str, Any], connection: Any) -> RiskFacts:
    known = tuple(figures["known"])
    sensitive = tuple(name for name in policy.privacy.sensitive if name in figures["l"])
    return RiskFacts(
        k_required=policy.privacy.k,
        k=figures["k"] if known else None,
        l_required=policy.privacy.l,
        l=min(figures["l"].values(), default=None),
        known=known,
        sensitive=sensitive,
        classes=figures["classes"],
        histogram=_histogram(connection, known) if known else (),
        suppressed=figures["suppressed"],
        prosecutor_max=1 / figures["k"] if known and figures["k"] else None,
        prosecutor_mean=figures["classes"] / figures["rows"] if known and figures["rows"] else None,
    )


def _histogram(connection: Any, known: tuple[str, ...]) -> tuple[tuple[str, int, int], ...]:
    group = ", ".join(quoted(name) for name in known)
    sizes = connection.execute(
        f"SELECT n, count(*), sum(n)::BIGINT FROM (SELECT count(*) AS n FROM extract GROUP BY {group}) "  # noqa: S608
        "GROUP BY n"
    ).fetchall()
    bands = []
    for low, high in _BANDS:
        inside = [row for row in sizes if row[0] >= low and (high is None or row[0] <= high)]
        if inside:
            label = f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"
            bands.append((label, sum(row[1] for row in inside), sum(row[2] for row in inside)))
    return tuple(bands)


def _text(text: Bilingual) -> Text:
    return Text(text.en, text.ko)
