"""What a release says about itself: the facts from which card, metadata, risk report and statement are made."""

from __future__ import annotations

from dataclasses import dataclass, field

from safezone.errors import Text

_CONTACT = Text("the Safe Zone that released this package", "이 패키지를 반출한 안심구역")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One released column.

    Attributes:
        name: its name in the files.
        type: its Arrow type, as ``str(pa.DataType)`` gives it.
        title: what it means.
        identifier: direct, quasi, sensitive, free_text or other (the policy's word).
        transform: what was done to it, in words.
        nullable: whether values may be missing.
        token: whether it holds project tokens (joins extracts of the same project alone).
    """

    name: str
    type: str
    title: Text
    identifier: str
    transform: Text
    nullable: bool = True
    token: bool = False


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """Disclosure risk of the extract itself, the filter's columns counted as known.

    Attributes:
        k_required: smallest equivalence class the policy allows.
        k: smallest class of the extract; None when no released or filtered column is known to outsiders.
        l_required: distinct sensitive values a class needs.
        l: smallest number found over the sensitive columns; None without sensitive columns.
        known: columns counted as known to an outsider.
        sensitive: sensitive attributes among the released columns.
        classes: number of equivalence classes.
        histogram: class size bands as (label, classes, rows), e.g. ``("5-9", 12, 84)``, ascending.
        suppressed: rows removed to reach k.
        prosecutor_max: largest prosecutor risk (1/k; El Emam 2013), a share.
        prosecutor_mean: mean prosecutor risk over rows (classes/rows), a share.
    """

    k_required: int
    k: int | None
    l_required: int = 1
    l: int | None = None  # noqa: E741  (the field's own name)
    known: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    classes: int = 0
    histogram: tuple[tuple[str, int, int], ...] = ()
    suppressed: int = 0
    prosecutor_max: float | None = None
    prosecutor_mean: float | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Everything a recipient is told about a release.

    Attributes:
        request: request id; also the name of the package.
        project: project id.
        purpose: what the extract may be used for.
        dataset: dataset id.
        title: name of the dataset.
        description: what the dataset holds.
        controller: the agency answerable for the data.
        legal_basis: the law under which it is processed.
        classification: N2SF grade, O or S.
        columns: released columns, in order.
        rows: released rows over all parts.
        filter: canonical row filter; None for all rows.
        sample: share of the rows drawn; None for all.
        format: ``parquet`` or ``jsonl``.
        risk: disclosure risk of the extract.
        terms: what the recipient agreed to.
        issued: time of the release, RFC 3339 in UTC.
        expires: last moment of use, RFC 3339 in UTC; then the package and its copies are destroyed.
        code: version of Safe Zone that made it.
        contact: where to report something identifying, in words.
    """

    request: str
    project: str
    purpose: str
    dataset: str
    title: Text
    description: Text
    controller: str
    legal_basis: Text
    classification: str
    columns: tuple[ColumnFacts, ...]
    rows: int
    filter: str | None
    sample: float | None
    format: str
    risk: RiskFacts
    terms: Text
    issued: str
    expires: str
    code: str
    contact: Text = _CONTACT


@dataclass(frozen=True, slots=True)
class Approval:
    """One counted review: its digest and the opaque id of the account that signed it."""

    review: str
    account: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a release comes from: digests of approved things and keyed commitments, never names or raw digests.

    Attributes:
        version: id of the published version.
        manifest: digest of its manifest.
        policy: digest of the dataset policy.
        inputs: keyed commitments to what the version was made from.
        approvals: the reviews that counted.
        recipient: the age public key the package is for.
        decided: digest of everything the reviewers decided on.
        extra: further digests or counts by name (detection model, transform plan ...).
    """

    version: str
    manifest: str
    policy: str
    inputs: tuple[str, ...]
    approvals: tuple[Approval, ...]
    recipient: str
    decided: str = ""
    extra: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of the package: name within it, SHA-256 in hexadecimal, bytes, and rows of a data file."""

    name: str
    sha256: str
    size: int
    rows: int | None = None
