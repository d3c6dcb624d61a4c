"""Requests: what an AI developer asks for, and the states it goes through until it is decided."""

from __future__ import annotations

from dataclasses import dataclass

import pyrage

from safezone.access.actions import Action, Actor, project_resource
from safezone.airlock.context import Airlock, refusals_recorded
from safezone.airlock.extract import parse_filter
from safezone.airlock.projects import require_running
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history, jobs
from safezone.catalog.records import AccountRecord, ProjectRecord, RequestRecord, VersionRecord
from safezone.catalog.store import new_id
from safezone.errors import BadInput, NotFound, UsageError
from safezone.model import DataClass, JobKind, RequestState, Stage, VersionState, now
from safezone.policy.dataset import DatasetPolicy
from safezone.schema import schema_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, before anything of it is checked.

    Attributes:
        dataset: the dataset, or the id of one of its published versions.
        columns: columns, in the order wanted.
        where: row filter in the grammar of docs/EXTRACTS.md, or empty.
        purpose: what the extract is for.
        project: id of an approved project.
        recipient: age public key of the developer.
        days: how long it may be used.
        format: "parquet" or "jsonl".
        sample: share of the rows to draw, or None for all.
    """

    dataset: str
    columns: tuple[str, ...]
    where: str
    purpose: str
    project: str
    recipient: str
    days: int = 30
    format: str = "parquet"
    sample: float | None = None


def create(airlock: Airlock, account: AccountRecord, wish: Wish) -> RequestRecord:
    """Draft a request, checked against what is published.

    Raises:
        Denied: not a member of a running project.
        BadInput, FilterError: something asked for is not there or not allowed; each says what would be.
    """
    project = airlock.catalog.get(ProjectRecord, wish.project)
    actor = Actor.account(account)
    with airlock.authorizer.refusals(actor, Action.REQUEST_CREATE, f"project/{project.id}"):
        airlock.authorizer.authorize(actor, Action.REQUEST_CREATE, project_resource(project))
        require_running(airlock.catalog, airlock.accounts, project)
    version = published_version(airlock, wish.dataset)
    policy = airlock.policy(version)
    canonical_filter = _checked(airlock, wish, version, policy)
    request = RequestRecord(
        id=new_id("REQ"),
        project=project.id,
        requester=account.id,
        dataset=version.dataset,
        version=version.id,
        columns=wish.columns,
        filter=canonical_filter,
        sample=wish.sample,
        format=wish.format,
        purpose=wish.purpose,
        recipient=wish.recipient,
        days=wish.days,
        state=RequestState.DRAFT,
        round=0,
        checks={},
        end_reason=None,
        created=now(),
    )
    with airlock.catalog.write(event(account.id, request, RequestState.DRAFT)) as connection:
        airlock.catalog.add(connection, request)
    return request


def published_version(airlock: Airlock, name: str) -> VersionRecord:
    """The newest published version of a dataset, or the published version of that id."""
    found = [
        version
        for version in airlock.catalog.list(VersionRecord, stage=Stage.PUBLISHED, state=VersionState.PUBLISHED)
        if name in {version.dataset, version.id}
    ]
    if not found:
        raise NotFound(
            "version.none_published",
            ("Nothing is published under that name.", "그 이름으로 공개된 것이 없습니다."),
            ("See what there is: safezone catalog", "공개 목록을 확인하십시오: safezone catalog"),
        )
    return found[-1]


@refusals_recorded(Action.REQUEST_SUBMIT, "request")
def submit(airlock: Airlock, account: AccountRecord, request_id: str) -> RequestRecord:
    """Hand a draft, or one that was returned, in for its automatic checks and then for review."""
    request = airlock.catalog.get(RequestRecord, request_id)
    actor = Actor.account(account)
    airlock.authorizer.authorize(actor, Action.REQUEST_SUBMIT, airlock.resource(request))
    require_running(airlock.catalog, airlock.accounts, airlock.catalog.get(ProjectRecord, request.project))
    number = request.round + 1
    job = jobs.new(JobKind.CHECK, request.id, number, account.id)
    events = (event(account.id, request, RequestState.SUBMITTED), jobs.event(account.id, job))
    with airlock.catalog.write(*events) as connection:
        airlock.catalog.move(connection, request, RequestState.SUBMITTED, round=number, checks={})
        airlock.catalog.add(connection, job)
    return airlock.catalog.get(RequestRecord, request_id)


@refusals_recorded(Action.REQUEST_WITHDRAW, "request")
def withdraw(airlock: Airlock, account: AccountRecord, request_id: str) -> RequestRecord:
    """Take a request back before anything has left."""
    request = airlock.catalog.get(RequestRecord, request_id)
    airlock.authorizer.authorize(Actor.account(account), Action.REQUEST_WITHDRAW, airlock.resource(request))
    with airlock.catalog.write(event(account.id, request, RequestState.WITHDRAWN)) as connection:
        airlock.catalog.move(connection, request, RequestState.WITHDRAWN)
    return airlock.catalog.get(RequestRecord, request_id)


def event(actor: str, request: RequestRecord, state: RequestState, reason: str = "") -> AuditEvent:
    """The event a request's change of state is saved with."""
    details: dict[str, str | int] = {"round": request.round} | ({"reason": reason} if reason else {})
    about = f"project/{request.project}"
    return history.moved(
        EventType.REQUEST_STATE, actor, f"request/{request.id}", state, about=about, details=details
    )


def _checked(airlock: Airlock, wish: Wish, version: VersionRecord, policy: DatasetPolicy) -> str:
    """Check a wish against version and policy; return the filter in canonical form."""
    if policy.classification is DataClass.CLASSIFIED:
        raise BadInput(
            "request.classified",
            ("Classified data never leaves the zone.", "C등급 데이터는 반출할 수 없습니다."),
            ("Ask for another dataset.", "다른 데이터셋을 요청하십시오."),
        )
    schema = schema_of(airlock.vault.manifest(version).columns)
    offered = policy.release.columns or tuple(schema.names)
    unknown = [name for name in wish.columns if name not in offered]
    if unknown or not wish.columns or len(set(wish.columns)) != len(wish.columns):
        raise BadInput(
            "request.columns",
            (
                f"These columns are not offered, or are named twice: {', '.join(unknown) or '-'}.",
                f"제공되지 않거나 중복된 컬럼입니다: {', '.join(unknown) or '-'}.",
            ),
            (f"Offered: {', '.join(offered)}.", f"제공 컬럼: {', '.join(offered)}."),
        )
    most = policy.release.max_columns
    limits = {
        "days": 1 <= wish.days <= policy.release.max_days,
        "format": wish.format in policy.release.formats,
        "columns": most is None or len(wish.columns) <= most,
        "sample": wish.sample is None or 0 < wish.sample <= 1,
        "purpose": bool(wish.purpose.strip()) and len(wish.purpose) <= 2_000,
    }
    broken = [name for name, good in limits.items() if not good]
    formats = ", ".join(policy.release.formats)
    if broken:
        raise BadInput(
            "request.terms",
            (
                f"Outside the terms of release: {', '.join(broken)}.",
                f"반출 조건에 맞지 않는 항목: {', '.join(broken)}.",
            ),
            (
                f"At most {policy.release.max_days} days, {most or 'all'} columns; one of {formats}; a purpose.",
                f"최대 {policy.release.max_days}일, 컬럼 {most or '전체'}개, 형식 {formats}, 목적 필수.",
            ),
        )
    _check_recipient(wish.recipient)
    return parse_filter(wish.where, schema).canonical if wish.where.strip() else ""


def _check_recipient(recipient: str) -> None:
    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except (pyrage.RecipientError, ValueError):
        raise UsageError(
            "request.recipient",
            ("The recipient is not an age public key.", "수신자가 age 공개키가 아닙니다."),
            (
                "Make one with safezone keygen; it begins with age1.",
                "safezone keygen으로 만드십시오. age1로 시작합니다.",
            ),
        ) from None
