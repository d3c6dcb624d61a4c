"""Domain types and identifiers: frozen, without I/O, known to every layer above.

The words are the field's own (see docs/GLOSSARY.md). Digests are lower-case hexadecimal SHA-256 throughout.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NewType

import rfc8785

AccountId = NewType("AccountId", str)
ControllerId = NewType("ControllerId", str)
DatasetId = NewType("DatasetId", str)
DeliveryId = NewType("DeliveryId", str)
VersionId = NewType("VersionId", str)
ProjectId = NewType("ProjectId", str)
RequestId = NewType("RequestId", str)
ReleaseId = NewType("ReleaseId", str)


class Role(StrEnum):
    """What an account may be; one account may hold several."""

    ADMINISTRATOR = "administrator"
    STEWARD = "steward"
    REVIEWER = "reviewer"
    DEVELOPER = "developer"
    AUDITOR = "auditor"


class Duty(StrEnum):
    """A running part of the zone, with its own settings, secrets and keys."""

    PORTAL = "portal"
    INGEST = "ingest"
    RELEASE = "release"
    LOG = "log"
    BACKUP = "backup"


class Stage(StrEnum):
    """How far a version has come on its way from delivery to publication."""

    RAW = "raw"
    DEIDENTIFIED = "deidentified"
    PUBLISHED = "published"


class DataClass(StrEnum):
    """N2SF grade of the data: open, sensitive, classified."""

    OPEN = "O"
    SENSITIVE = "S"
    CLASSIFIED = "C"

    @property
    def quorum(self) -> int | None:
        """Independent approvals a release needs; None means it never leaves the zone."""
        return {"O": 1, "S": 2, "C": None}[self.value]


class VersionState(StrEnum):
    """Life of a version; `safezone.states` says which change may follow which."""

    RECEIVED = "RECEIVED"
    QUARANTINED = "QUARANTINED"
    ASSESSED = "ASSESSED"
    IN_REVIEW = "IN_REVIEW"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"
    DESTROYED = "DESTROYED"


class RequestState(StrEnum):
    """Life of a request for an extract."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    IN_REVIEW = "IN_REVIEW"
    RETURNED = "RETURNED"
    REJECTED = "REJECTED"
    APPROVED = "APPROVED"
    RELEASED = "RELEASED"
    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"


class ProjectState(StrEnum):
    """Life of a project: proposed, approved by someone else, closed."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    CLOSED = "CLOSED"


class DestructionState(StrEnum):
    """Life of a destruction of keys: asked for by one person, agreed to by another, carried out after a wait."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    DESTROYED = "DESTROYED"
    WITHDRAWN = "WITHDRAWN"


class JobState(StrEnum):
    """Life of a queued piece of work; a request never waits in one of these."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class JobKind(StrEnum):
    """What the dispatch Dag can be asked to do."""

    CHECK = "check"
    BUILD = "build"
    INGEST = "ingest"
    ANNOUNCE = "announce"


class Verdict(StrEnum):
    """A reviewer's answer. Any reject rejects, any return returns, approvals count to the quorum."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


def canonical(value: Any) -> bytes:
    """Encode `value` as RFC 8785 canonical JSON: the one form in which anything is hashed or signed."""
    return bytes(rfc8785.dumps(value))


def digest(value: Any) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of `value` (bytes are hashed as they are)."""
    data = value if isinstance(value, bytes) else canonical(value)
    return hashlib.sha256(data).hexdigest()


def now() -> datetime:
    """The current time in UTC, to the second (canonical JSON and signatures need no finer grain)."""
    return datetime.now(UTC).replace(microsecond=0)


def timestamp(moment: datetime) -> str:
    """`moment` as RFC 3339 in UTC with a trailing Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key encrypted under a key-encryption key.

    Attributes:
        kek: name of the key-encryption key.
        version: its version at the time of wrapping.
        blob: the encrypted data key, as the provider returned it.
    """

    kek: str
    version: int
    blob: bytes


@dataclass(frozen=True, slots=True)
class PartRef:
    """Where one encrypted part lies and what it must hash to.

    Attributes:
        name: its place in the version, e.g. ``part-00003``.
        uri: key in the blob store, named by attempt and never overwritten.
        sha256: digest of the encrypted bytes.
        rows: number of rows.
        size: number of encrypted bytes.
        footer: digest of its beginning and footer, which a reader parses first; "" in manifests of before.
    """

    name: str
    uri: str
    sha256: str
    rows: int
    size: int
    footer: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; what an older manifest does not have is left out, so that its digest stays."""
        values = {name: getattr(self, name) for name in PartRef.__slots__}
        return values if self.footer else {name: value for name, value in values.items() if name != "footer"}


@dataclass(frozen=True)
class Manifest:
    """What a version is made of: immutable, signed, and the only way to find its parts.

    Attributes:
        version: the version id.
        dataset: the dataset id.
        controller: the agency answerable for the data.
        stage: raw, deidentified or published.
        delivery: the delivery it descends from.
        inputs: what it was made from: manifest digests, or keyed commitments to delivered files.
        policy: digest of the dataset policy.
        transform: digest of the transform plan.
        model: digest of the detection model.
        token_key_version: version of the token keys used.
        code: version of the code that made it.
        columns: name and Arrow type of each column, in order.
        rows: rows over all parts.
        parts: the encrypted parts.
        counts: further counts (findings by entity, rows quarantined, rows suppressed ...).
    """

    version: str
    dataset: str
    controller: str
    stage: str
    delivery: str
    inputs: tuple[str, ...]
    policy: str
    transform: str
    model: str
    token_key_version: int
    code: str
    columns: tuple[tuple[str, str], ...]
    rows: int
    parts: tuple[PartRef, ...]
    counts: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain JSON values."""
        return asdict(self) | {
            "inputs": list(self.inputs),
            "columns": [list(column) for column in self.columns],
            "parts": [part.to_json() for part in self.parts],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        """Rebuild a manifest from what `to_json` gave."""
        return cls(
            **data
            | {
                "inputs": tuple(data["inputs"]),
                "columns": tuple((name, kind) for name, kind in data["columns"]),
                "parts": tuple(PartRef(**part) for part in data["parts"]),
            }
        )

    @cached_property
    def sha256(self) -> str:
        """Digest of the canonical manifest: what signatures, reviews and later versions refer to.

        Kept once computed, since a manifest of ten thousand parts is asked for it for every one of them.
        """
        return digest(self.to_json())


def version_id(
    *,
    dataset: str,
    stage: Stage,
    inputs: tuple[str, ...],
    policy: str,
    transform: str,
    model: str,
    token_key_version: int,
) -> VersionId:
    """Name a version by everything that decides its content, so that running again gives the same one."""
    whole = digest(
        {
            "dataset": dataset,
            "stage": stage.value,
            "inputs": list(inputs),
            "policy": policy,
            "transform": transform,
            "model": model,
            "token_key_version": token_key_version,
        }
    )
    return VersionId(f"v-{whole[:24]}")
