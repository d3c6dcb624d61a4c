"""One month of the log, gathered for the monthly check of access logs (접속기록 점검)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Engine, func, select

from safezone.audit.engine import read
from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period, local
from safezone.audit.questions.denials import Denial, grouped
from safezone.audit.questions.reading import (
    SYSTEM,
    Person,
    Reason,
    Seen,
    events,
    number,
    of_types,
    reference,
    within,
)
from safezone.audit.questions.unusual import Unusual, unusual
from safezone.audit.tables import REFUSED, audit_checkpoint, audit_event, refused

ADMINISTRATION = (
    EventType.ACCOUNT_ADDED,
    EventType.ACCOUNT_CHANGED,
    EventType.POLICY_APPROVED,
    EventType.KEY_CREATED,
    EventType.KEY_ROTATED,
    EventType.KEY_DESTROYED,
    EventType.KEY_DESTRUCTION,
    EventType.KEYS_SPLIT,
    EventType.BACKUP_MADE,
    EventType.BACKUP_RESTORED,
    EventType.LOG_DETAILS_DELETED,
    EventType.RELEASE_REVOKED,
)
"""What changes who may do what, which keys open what, and what the log still tells."""


@dataclass(slots=True)
class Line:
    """What one account, or all of one role, did in the month."""

    accounts: set[str] = field(default_factory=set)
    events: int = 0
    denied: int = 0
    reads: int = 0
    rows: int = 0
    downloads: int = 0
    days: set[date] = field(default_factory=set)
    first: str = ""
    last: str = ""

    def merge(self, other: Line) -> None:
        """Add another's numbers."""
        self.accounts |= other.accounts
        for name in ("events", "denied", "reads", "rows", "downloads"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.days |= other.days
        self.first = min(filter(None, (self.first, other.first)), default="")
        self.last = max(self.last, other.last)


@dataclass(frozen=True, slots=True)
class Download:
    """One package handed out: when, to whom, what for."""

    seen: Seen
    dataset: str
    request: str
    purpose: str


@dataclass(slots=True)
class Month:
    """What the report shows.

    Attributes:
        period: the month.
        people: what accounts are called.
        accounts: by account.
        roles: by role, and by duty for what the zone did itself; somebody with two roles counts in both.
        per_day: events of people by Korean day.
        per_hour: events of people by hour of the Korean day.
        downloads: every package handed out.
        denials: what was refused.
        unusual: what stands out.
        administration: changes to accounts, policies, keys, backups and the log.
        checkpoints: how many the log has, and the size and root of the newest.
        deleted: events of the month whose details are gone.
    """

    period: Period
    people: Mapping[str, Person]
    accounts: dict[str, Line] = field(default_factory=dict)
    roles: dict[str, Line] = field(default_factory=dict)
    per_day: Counter[date] = field(default_factory=Counter)
    per_hour: Counter[int] = field(default_factory=Counter)
    downloads: list[Download] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)
    unusual: Sequence[Unusual] = ()
    administration: list[Seen] = field(default_factory=list)
    checkpoints: tuple[int, int, str] = (0, 0, "")
    deleted: int = 0

    def name(self, account: str) -> str:
        """What an account is called; a duty or an unknown one by its id."""
        return self.people[account].name if account in self.people else account


def gather(engine: Engine, period: Period, people: Mapping[str, Person], reasons: Mapping[str, Reason]) -> Month:
    """Gather what the log says of a month.

    Args:
        engine: the store.
        period: the month.
        people: what accounts are called, by id.
        reasons: what requests were for, by id.
    """
    month = Month(period, people)
    with read(engine) as connection:
        _add_up(month, connection)
        _reads(month, connection, reasons)
        month.denials = grouped(events(connection, refused, within(period)))
        month.administration = list(events(connection, of_types(*ADMINISTRATION), within(period)))
        month.checkpoints = _checkpoints(connection)
    for account, line in month.accounts.items():
        for role in _roles(account, people):
            month.roles.setdefault(role, Line()).merge(line)
    month.unusual = unusual(engine, period)
    return month


def _roles(account: str, people: Mapping[str, Person]) -> tuple[str, ...]:
    if account in people:
        return people[account].roles
    return (f"duty:{account}",) if account in SYSTEM else ("?",)


def _add_up(month: Month, connection: Connection) -> None:
    columns = audit_event.c
    hour = func.substr(columns.time, 1, 13)
    query = (
        select(columns.account, columns.type, func.count(), func.min(columns.time), func.max(columns.time))
        .where(within(month.period), of_types(*EventType))
        .group_by(columns.account, columns.type, hour)
    )
    for account, type_, times, first, last in connection.execute(query):
        line = month.accounts.setdefault(account, Line({account}))
        moment = local(first)
        line.events += times
        line.denied += times if type_ in REFUSED else 0
        line.days.add(moment.date())
        line.first = min(line.first, first) if line.first else first
        line.last = max(line.last, last)
        if account not in SYSTEM:
            month.per_day[moment.date()] += times
            month.per_hour[moment.hour] += times


def _reads(month: Month, connection: Connection, reasons: Mapping[str, Reason]) -> None:
    wanted = of_types(EventType.VAULT_READ, EventType.RELEASE_PULLED)
    for seen in events(connection, wanted, within(month.period)):
        line = month.accounts[seen.account]
        line.rows += number(seen.details, "rows")
        month.deleted += seen.deleted
        if seen.type == EventType.VAULT_READ.value:
            line.reads += 1
            continue
        line.downloads += 1
        request = reference(seen.purpose, "request")
        reason = reasons.get(request)
        dataset, purpose = (reason.dataset, reason.purpose) if reason else ("", "")
        month.downloads.append(Download(seen, dataset, request, purpose))


def _checkpoints(connection: Connection) -> tuple[int, int, str]:
    count = connection.execute(select(func.count()).select_from(audit_checkpoint)).scalar_one()
    newest = connection.execute(
        select(audit_checkpoint.c.size, audit_checkpoint.c.root).order_by(audit_checkpoint.c.size.desc()).limit(1)
    ).first()
    return (int(count), newest.size, newest.root) if newest is not None else (0, 0, "")
