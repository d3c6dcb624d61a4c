"""Projects: a purpose, members and a period, approved by someone who is no part of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from safezone.access.actions import ZONE, Action, Actor, project_resource
from safezone.airlock.context import Airlock, refusals_recorded
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history, reviews
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import AccountRecord, ProjectRecord, ReviewRecord
from safezone.catalog.store import Catalog, new_id
from safezone.errors import Denied, UsageError
from safezone.model import ProjectState, Role, Verdict, now


def propose(
    airlock: Airlock, account: AccountRecord, title: str, purpose: str, days: int, members: tuple[str, ...] = ()
) -> ProjectRecord:
    """Propose a project.

    Args:
        airlock: the airlock.
        account: who proposes; becomes owner and member.
        title: its name.
        purpose: what it is for, in words reviewers can judge.
        days: how long it runs from now.
        members: names of further accounts.
    """
    airlock.authorizer.authorize(Actor.account(account), Action.PROJECT_CREATE, ZONE)
    if not 1 <= days <= 1096:
        raise UsageError(
            "project.days",
            ("A project runs for 1 to 1096 days.", "과제 기간은 1일에서 1096일까지입니다."),
            ("Give a period within that.", "그 안에서 기간을 정하십시오."),
        )
    everyone = {account.id} | {_developer(airlock.accounts, name).id for name in members}
    start = now()
    project = ProjectRecord(
        id=new_id("prj"),
        title=title,
        purpose=purpose,
        owner=account.id,
        members=tuple(sorted(everyone)),
        starts=start,
        ends=start + timedelta(days=days),
        state=ProjectState.PROPOSED,
        round=1,
        created=start,
    )
    with airlock.catalog.write(_event(account.id, project, ProjectState.PROPOSED)) as connection:
        airlock.catalog.add(connection, project)
    return project


@refusals_recorded(Action.PROJECT_MEMBER, "project")
def add_member(airlock: Airlock, account: AccountRecord, project_id: str, name: str) -> ProjectRecord:
    """Add a member; the project has to be approved again, since who is in it was part of the decision."""
    project = airlock.catalog.get(ProjectRecord, project_id)
    airlock.authorizer.authorize(Actor.account(account), Action.PROJECT_MEMBER, project_resource(project))
    member = _developer(airlock.accounts, name)
    if member.id in project.members:
        return project
    event = AuditEvent(
        EventType.PROJECT_MEMBER, account.id, f"project/{project.id}", purpose=f"account/{member.id}"
    )
    members = tuple(sorted({*project.members, member.id}))
    with airlock.catalog.write(event) as connection:
        if project.state is ProjectState.PROPOSED:
            airlock.catalog.change(connection, project, members=members, round=project.round + 1)
        else:
            airlock.catalog.move(
                connection, project, ProjectState.PROPOSED, members=members, round=project.round + 1
            )
    return airlock.catalog.get(ProjectRecord, project_id)


@refusals_recorded(Action.PROJECT_APPROVE, "project")
def decide(
    airlock: Airlock, account: AccountRecord, project_id: str, verdict: Verdict, comment: str, signature: bytes
) -> ProjectRecord:
    """Approve or refuse a project with a signature over what it is."""
    project = airlock.catalog.get(ProjectRecord, project_id)
    airlock.authorizer.authorize(Actor.account(account), Action.PROJECT_APPROVE, project_resource(project))
    review = reviews.checked(
        airlock.catalog,
        account,
        reviews.project_subject(project),
        key=project.id,
        round_=project.round,
        verdict=verdict,
        comment=comment,
        signature=signature,
    )
    after = ProjectState.APPROVED if verdict is Verdict.APPROVE else ProjectState.CLOSED
    with airlock.catalog.write(reviews.event(review), _event(account.id, project, after)) as connection:
        airlock.catalog.move(connection, project, after)
        airlock.catalog.add(connection, review)
    return airlock.catalog.get(ProjectRecord, project_id)


@refusals_recorded(Action.PROJECT_CLOSE, "project")
def close(airlock: Airlock, account: AccountRecord, project_id: str) -> ProjectRecord:
    """End a project; nothing can be asked for or built in its name any more."""
    project = airlock.catalog.get(ProjectRecord, project_id)
    airlock.authorizer.authorize(Actor.account(account), Action.PROJECT_CLOSE, project_resource(project))
    with airlock.catalog.write(_event(account.id, project, ProjectState.CLOSED)) as connection:
        airlock.catalog.move(connection, project, ProjectState.CLOSED)
    return airlock.catalog.get(ProjectRecord, project_id)


def require_running(
    catalog: Catalog, accounts: Accounts, project: ProjectRecord, moment: datetime | None = None
) -> None:
    """Make sure that a project was genuinely approved as it stands, and that it is within its period.

    Raises:
        Denied: it was not, or it is over.
    """
    subject = reviews.project_subject(project)
    moment = moment or now()
    approved = project.state is ProjectState.APPROVED and any(
        _counts(accounts.get(review.reviewer), project)
        and review.verdict is Verdict.APPROVE
        and reviews.holds(review, accounts.get(review.reviewer).review_key, subject)
        for review in catalog.list(ReviewRecord, kind="project", subject=project.id, round=project.round)
    )
    closed = history.reached(catalog, EventType.PROJECT_STATE, f"project/{project.id}", (ProjectState.CLOSED,))
    if approved and not closed and project.starts <= moment < project.ends:
        return
    raise Denied(
        "project.not_running",
        (
            f"Project {project.id} is not approved, or its period is over.",
            f"과제 {project.id}이(가) 승인되지 않았거나 기간이 끝났습니다.",
        ),
        ("Have it approved: safezone project approve", "승인을 요청하십시오: safezone project approve"),
    )


def _counts(account: AccountRecord, project: ProjectRecord) -> bool:
    entitled = bool({Role.STEWARD, Role.REVIEWER} & set(account.roles)) and account.controller is None
    return account.active and entitled and account.id != project.owner and account.id not in project.members


def _developer(accounts: Accounts, name: str) -> AccountRecord:
    account = accounts.named(name)
    if account is None or not account.active or Role.DEVELOPER not in account.roles:
        raise UsageError(
            "project.member",
            (f"There is no active developer account named {name}.", f"{name}(이)라는 개발자 계정이 없습니다."),
            ("Ask an administrator to add it.", "관리자에게 계정 등록을 요청하십시오."),
        )
    return account


def _event(actor: str, project: ProjectRecord, state: ProjectState) -> AuditEvent:
    return history.moved(EventType.PROJECT_STATE, actor, f"project/{project.id}", state)
