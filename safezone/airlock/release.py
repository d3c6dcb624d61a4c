"""Releases: built only from what can be proven, pulled only by who asked, ended by expiry or revocation."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, BinaryIO

import pyarrow as pa
from sqlalchemy import Connection

from pseudonymize.engine import quoted
from pseudonymize.surrogates.markers import ProjectTexts
from pseudonymize.transform.rekey import project_texts
from pseudonymize.transform.spec import Redact, Tokenise
from pseudonymize.transform.tokens import project_tokens
from safezone.access.actions import Action, Actor, release_resource
from safezone.airlock import requests
from safezone.airlock.checks import RELEASE, Extract, extract_of, failures, measured_rows
from safezone.airlock.context import Airlock, refusals_recorded
from safezone.airlock.facts import card_facts, lineage
from safezone.airlock.verify import built_for, provable_approval, provable_release
from safezone.audit.event import AuditEvent, EventType
from safezone.boundary import boundary
from safezone.catalog.records import (
    AccountRecord,
    ProjectRecord,
    ReleaseRecord,
    RequestRecord,
    VersionRecord,
)
from safezone.catalog.store import new_id
from safezone.errors import NotFound, PrivacyError, SafeZoneError, WrongState
from safezone.keys.tokenizer import project_key
from safezone.model import RequestState, now
from safezone.package import parts, write_package
from safezone.policy.dataset import DatasetPolicy
from safezone.vault.documents import damaged
from safezone.vault.parts import check_digest

PACKAGE_KEY = "sign/package"
PART_ROWS = 250_000


def build(airlock: Airlock, request_id: str) -> ReleaseRecord:
    """Build the package of an approved request.

    Everything is proven again from signatures (`safezone.airlock.verify`), the extract is measured again, and the
    package is encrypted to the key the reviewers decided on. Building again gives the release there is.

    Raises:
        Denied, WrongState, IntegrityFailure: what could not be proven; nothing was built.
        PrivacyError: the extract does not meet the privacy model.
    """
    refusals = airlock.authorizer.refusals(RELEASE, Action.RELEASE_BUILD, f"request/{request_id}")
    with refusals, boundary("release"):
        request = airlock.catalog.get(RequestRecord, request_id)
        done = airlock.catalog.list(ReleaseRecord, request=request.id)
        if done and request.state is RequestState.RELEASED:
            return done[0]
        grant = airlock.authorizer.authorize(RELEASE, Action.RELEASE_BUILD, airlock.resource(request))
        counted = provable_approval(airlock, request)
        version = airlock.catalog.get(VersionRecord, request.version)
        policy = airlock.policy(version)
        extract = extract_of(airlock, request, version, policy)
        project = airlock.catalog.get(ProjectRecord, request.project)
        issued = now()
        expires = min(issued + timedelta(days=request.days), project.ends)
        uri = f"packages/{request.id}/{new_id('pkg')}.tar.age"
        with measured_rows(airlock, grant, request, version, extract) as (connection, figures):
            _require_model(extract, figures)
            tables = _released(airlock, connection, request, extract, policy)
            with airlock.packages.create(uri) as out:
                sealed = write_package(
                    out,
                    recipient=request.recipient,
                    parts=parts(tables, request.format),
                    facts=card_facts(request, policy, figures, connection, issued, expires),
                    lineage=lineage(airlock, request, version, counted),
                    sign=lambda message: airlock.keys.sign(PACKAGE_KEY, message),
                    public_key=airlock.keys.public_key(PACKAGE_KEY),
                )
        record = ReleaseRecord(
            id=new_id("rel"),
            request=request.id,
            dataset=request.dataset,
            recipient=request.recipient,
            uri=uri,
            sha256=sealed.sha256,
            size=sealed.size,
            rows=sealed.rows,
            statement_digest=sealed.statement,
            expires=expires,
            revoked=None,
            pulls=0,
            created=issued,
        )
        return _commit(airlock, request, version, record)


def _require_model(extract: Extract, figures: dict[str, Any]) -> None:
    missing = failures(extract, figures)
    if missing:
        raise PrivacyError(
            "release.privacy",
            (
                f"The extract does not meet the privacy model: {', '.join(missing)}.",
                f"추출물이 프라이버시 모델을 충족하지 못합니다: {', '.join(missing)}.",
            ),
            ("Ask for fewer columns or a wider filter.", "컬럼을 줄이거나 조건을 넓혀 신청하십시오."),
            kept=("Nothing was built.", "생성된 것은 없습니다."),
        )


def _released(
    airlock: Airlock, connection: Any, request: RequestRecord, extract: Extract, policy: DatasetPolicy
) -> Iterator[pa.Table]:
    """The rows as they leave: the project's tokens and surrogates in place of the zone's, in no source order.

    Two extracts in source order join row by row. Rows are sorted by the subject's project token where it is asked
    for, and by a keyed hash of the whole row otherwise and among a subject's rows.
    """
    key = project_key(airlock.keys, request.project)
    tokens = [name for name in extract.columns if isinstance(policy.column(name).transform, Tokenise)]
    for name in tokens:
        column = quoted(name)
        known = connection.sql(f"SELECT DISTINCT {column} AS zone FROM extract WHERE {column} IS NOT NULL")  # noqa: S608
        zone = known.to_arrow_table().column("zone")
        table = pa.table({"zone": zone, "project": pa.chunked_array([project_tokens(zone, key)])})
        connection.register(f"map_{tokens.index(name)}", table)
    chosen = ", ".join(
        f"map_{tokens.index(name)}.project AS {quoted(name)}" if name in tokens else f"extract.{quoted(name)}"
        for name in extract.columns
    )
    joins = " ".join(
        f"LEFT JOIN map_{number} ON extract.{quoted(name)} = map_{number}.zone"
        for number, name in enumerate(tokens)
    )
    subject = f"{quoted(policy.subject)}, " if policy.subject in extract.columns else ""
    salt = hmac.digest(key, b"safezone row order v1", "sha256").hex()
    ordered = connection.sql(
        f"SELECT * FROM (SELECT {chosen} FROM extract {joins}) AS leaving "  # noqa: S608
        f"ORDER BY {subject}sha256('{salt}' || CAST(leaving AS VARCHAR))"
    )
    transforms = {name: policy.column(name).transform for name in extract.columns}
    texts = [name for name, how in transforms.items() if isinstance(how, Redact) and how.keyed]
    project = ProjectTexts(key)
    for batch in ordered.to_arrow_reader(PART_ROWS):
        yield _rewritten(pa.Table.from_batches([batch]), texts, project)


def _rewritten(table: pa.Table, names: list[str], project: ProjectTexts) -> pa.Table:
    """The rows with the project's tokens and surrogates in their text."""
    for name in names:
        place = table.schema.get_field_index(name)
        column = project_texts(table.column(name), project).cast(table.schema.field(name).type)
        table = table.set_column(place, table.schema.field(name), column)
    return table


def _commit(
    airlock: Airlock, request: RequestRecord, version: VersionRecord, record: ReleaseRecord
) -> ReleaseRecord:
    built = AuditEvent(
        EventType.RELEASE_BUILT,
        RELEASE.id,
        f"release/{record.id}",
        purpose=built_for(request.id, record.sha256),
        policy=version.policy,
        details={"rows": record.rows, "bytes": record.size},
    )
    moved = requests.event(RELEASE.id, request, RequestState.RELEASED)
    try:
        with airlock.catalog.write(built, moved) as connection:
            airlock.catalog.move(connection, request, RequestState.RELEASED)
            airlock.catalog.add(connection, record)
    except WrongState:
        airlock.packages.delete(record.uri)
        standing = airlock.catalog.list(ReleaseRecord, request=request.id)
        if not standing:
            raise
        return standing[0]
    return record


@refusals_recorded(Action.RELEASE_PULL, "request")
def pull(airlock: Airlock, account: AccountRecord, request_id: str) -> tuple[ReleaseRecord, BinaryIO]:
    """Hand a package to the developer who asked for it; it is still encrypted to their key.

    Returns:
        The release and the open package; the caller closes it.

    Raises:
        Denied: somebody else's release, or one that this zone did not build for this request.
        IntegrityFailure: the package is not what was built.
        WrongState: nothing is released, or it was revoked or has expired.
    """
    request = airlock.catalog.get(RequestRecord, request_id)
    found = airlock.catalog.list(ReleaseRecord, request=request.id)
    actor = Actor.account(account)
    if not found:
        airlock.authorizer.authorize(actor, Action.REQUEST_READ, airlock.resource(request))
        raise _not_there(request, "not released yet", "아직 반출되지 않았습니다")
    record = found[0]
    resource = release_resource(record, request.requester)
    airlock.authorizer.authorize(actor, Action.RELEASE_PULL, resource, f"request/{request.id}")
    if record.revoked is not None or request.state is not RequestState.RELEASED:
        raise _not_there(request, "revoked or ended", "철회되었거나 종료되었습니다")
    if provable_release(airlock, request, record) <= now():
        raise _not_there(request, "past its period", "이용 기간이 지났습니다")
    package = _opened(airlock, record)
    event = AuditEvent(
        EventType.RELEASE_PULLED,
        account.id,
        f"release/{record.id}",
        purpose=f"request/{request.id}",
        details={
            "package": record.sha256,
            "pull": record.pulls + 1,
            "rows": record.rows,
            "bytes": record.size,
            "columns": ",".join(request.columns),
        },
    )
    with airlock.catalog.write(event) as connection:
        airlock.catalog.change(connection, record, pulls=record.pulls + 1)
    return record, package


def _opened(airlock: Airlock, record: ReleaseRecord) -> BinaryIO:
    """Open a package that is there and is the one that was built (IntegrityFailure otherwise)."""
    try:
        package = airlock.packages.open(record.uri)
    except NotFound:
        raise damaged(record.uri) from None
    try:
        check_digest(package, record.sha256, record.uri)
    except SafeZoneError:
        package.close()
        raise
    return package


@refusals_recorded(Action.RELEASE_REVOKE, "release")
def revoke(airlock: Airlock, account: AccountRecord, release_id: str) -> ReleaseRecord:
    """End a release now: no pull works from here on, and its package is removed."""
    record = airlock.catalog.get(ReleaseRecord, release_id)
    request = airlock.catalog.get(RequestRecord, record.request)
    resource = release_resource(record, request.requester)
    airlock.authorizer.authorize(Actor.account(account), Action.RELEASE_REVOKE, resource)
    _end(airlock, account.id, request, record, "revoked")
    return airlock.catalog.get(ReleaseRecord, release_id)


def expire(airlock: Airlock) -> int:
    """End every release whose period is over, and every approval that was never built in time. Returns how many."""
    ended = 0
    for record in airlock.catalog.list(ReleaseRecord):
        request = airlock.catalog.get(RequestRecord, record.request)
        if request.state is RequestState.RELEASED and record.expires <= now():
            _end(airlock, RELEASE.id, request, record, "expired")
            ended += 1
    for request in airlock.catalog.list(RequestRecord, state=RequestState.APPROVED):
        if airlock.catalog.get(ProjectRecord, request.project).ends <= now():
            with airlock.catalog.write(
                requests.event(RELEASE.id, request, RequestState.ENDED, "expired")
            ) as connection:
                airlock.catalog.move(connection, request, RequestState.ENDED, end_reason="expired")
            ended += 1
    return ended


def _end(airlock: Airlock, actor: str, request: RequestRecord, record: ReleaseRecord, reason: str) -> None:
    event = AuditEvent(
        EventType.RELEASE_REVOKED,
        actor,
        f"release/{record.id}",
        purpose=f"request/{request.id}",
        details={"reason": reason},
    )
    with airlock.catalog.write(event, requests.event(actor, request, RequestState.ENDED, reason)) as connection:
        airlock.catalog.move(connection, request, RequestState.ENDED, end_reason=reason)
        _mark(airlock, connection, record)
    airlock.packages.delete(record.uri)


def _mark(airlock: Airlock, connection: Connection, record: ReleaseRecord) -> None:
    if record.revoked is None:
        airlock.catalog.change(connection, record, revoked=now())


def _not_there(request: RequestRecord, en: str, ko: str) -> WrongState:
    return WrongState(
        "release.unavailable",
        (f"The release of {request.id} is {en}.", f"{request.id}의 반출물은 {ko}."),
        ("See its state: safezone request show", "상태를 확인하십시오: safezone request show"),
        kept=("Nothing was handed out.", "제공된 것은 없습니다."),
    )
