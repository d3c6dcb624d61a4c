"""What the catalog gives back: one frozen record a table, with enums and aware times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from safezone.model import (
    DestructionState,
    JobKind,
    JobState,
    ProjectState,
    RequestState,
    Role,
    Stage,
    Verdict,
    VersionState,
    timestamp,
)


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account: one person, with roles, perhaps scoped to one controller, and a review key."""

    id: str
    name: str
    roles: tuple[Role, ...]
    controller: str | None
    token_hash: str
    review_key: str
    active: bool
    seal: bytes
    created: datetime


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A dataset policy as suggested; in force only once two accounts signed its digest."""

    digest: str
    dataset: str
    body: dict[str, Any]
    suggested_by: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A signed decision about a policy, a project, a version or a request."""

    id: str
    kind: str
    subject: str
    round: int
    reviewer: str
    verdict: Verdict
    comment: str
    payload_digest: str
    signature: bytes
    created: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery that arrived: what it declared, and its encrypted intake objects."""

    id: str
    dataset: str
    controller: str
    state: VersionState
    supersedes: str | None
    content: str
    manifest: dict[str, Any]
    intake: list[dict[str, Any]]
    received_by: str
    created: datetime


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """Something set aside: a whole delivery or single rows, with the reason and where it is kept."""

    id: str
    dataset: str
    controller: str
    delivery: str
    kind: str
    code: str
    reason_en: str
    reason_ko: str
    rows: int
    findings: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    created: datetime


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A version of a dataset at one stage, and the evidence it carries (counts only)."""

    id: str
    dataset: str
    controller: str
    stage: Stage
    state: VersionState
    delivery: str
    parent: str | None
    policy: str
    manifest_uri: str
    manifest_digest: str
    rows: int
    made_by: str
    evidence: dict[str, Any]
    created: datetime


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """A project: a purpose, members and a period."""

    id: str
    title: str
    purpose: str
    owner: str
    members: tuple[str, ...]
    starts: datetime
    ends: datetime
    state: ProjectState
    round: int
    created: datetime


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request for an extract of one version, for one project, to one recipient key."""

    id: str
    project: str
    requester: str
    dataset: str
    version: str
    columns: tuple[str, ...]
    filter: str
    sample: float | None
    format: str
    purpose: str
    recipient: str
    days: int
    state: RequestState
    round: int
    checks: dict[str, Any]
    end_reason: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A queued piece of work for the dispatch Dag."""

    id: str
    kind: JobKind
    subject: str
    round: int
    state: JobState
    asked_by: str
    attempts: int
    lease_until: datetime | None
    reason: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A package that left, or may leave, the zone."""

    id: str
    request: str
    dataset: str
    recipient: str
    uri: str
    sha256: str
    size: int
    rows: int
    statement_digest: str
    expires: datetime
    revoked: datetime | None
    pulls: int
    created: datetime


@dataclass(frozen=True, slots=True)
class DestructionRecord:
    """A destruction of keys: what is to go, why, who asked, and from when on it may be carried out.

    Attributes:
        id: its id.
        keys: names of the keys, sorted.
        scope: how they were named: a dataset or a delivery with everything below it; empty when one by one.
        reason: why, in the words of who asked.
        asked_by: account id.
        state: how far it is.
        due: not before this moment; the second person signs it. None until then.
        certificate: id of the certificate, once it was begun.
        created: when it was asked for.
    """

    id: str
    keys: tuple[str, ...]
    scope: str
    reason: str
    asked_by: str
    state: DestructionState
    due: datetime | None
    certificate: str | None
    created: datetime


T = TypeVar("T")

_ENUMS: Mapping[str, Any] = {
    "stage": Stage,
    "verdict": Verdict,
}
_STATES: Mapping[type[Any], type[StrEnum]] = {
    DeliveryRecord: VersionState,
    VersionRecord: VersionState,
    ProjectRecord: ProjectState,
    RequestRecord: RequestState,
    JobRecord: JobState,
    DestructionRecord: DestructionState,
}


def _value(cls: type[Any], name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, datetime):
        # SQLite forgets the zone; everything in the catalog is UTC.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if name == "state":
        return _STATES[cls](value)
    if name == "roles":
        return tuple(Role(role) for role in value)
    if name in {"members", "columns", "keys"}:
        return tuple(value)
    if name == "kind" and cls is JobRecord:
        return JobKind(value)
    return _ENUMS[name](value) if name in _ENUMS else value


def record(cls: type[T], row: Mapping[str, Any]) -> T:
    """Build a record from a row of its table."""
    return cls(**{field.name: _value(cls, field.name, row[field.name]) for field in fields(cast(Any, cls))})


def to_json(item: Any, *, without: frozenset[str] = frozenset({"token_hash", "seal"})) -> dict[str, Any]:
    """A record as plain JSON values, for ``--json``; secrets' digests are left out."""
    plain: dict[str, Any] = {}
    for field in fields(item):
        if field.name in without:
            continue
        value = getattr(item, field.name)
        if isinstance(value, datetime):
            value = timestamp(value)
        elif isinstance(value, bytes):
            value = value.hex()
        elif isinstance(value, tuple):
            value = list(value)
        plain[field.name] = value
    return plain
