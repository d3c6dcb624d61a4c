"""Events with their details, as the questions read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period
from safezone.audit.tables import audit_detail, audit_event
from safezone.model import Duty

_CHUNK = 5_000
SYSTEM = frozenset({*(duty.value for duty in Duty), "zone", "unknown"})
"""Actors that are no person: duties, the console, and whoever could not be told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One event.

    Attributes:
        uid: its random id.
        seq: its place in the log; None while the log duty has not come by.
        time: when, UTC.
        type: what kind of thing, as `EventType` spells it.
        account: who.
        object: to what.
        purpose: for what; a decision's begins with its action.
        policy: digest of the policy in force.
        details: what may be deleted; empty once it was.
        deleted: there were details, and their time is over.
    """

    uid: str
    seq: int | None
    time: str
    type: str
    account: str
    object: str
    purpose: str
    policy: str
    details: Mapping[str, Any]
    deleted: bool

    def to_json(self) -> dict[str, Any]:
        """The event as plain JSON values."""
        return {
            "id": self.uid,
            "state": "STAGED" if self.seq is None else "SEQUENCED",
            "seq": self.seq,
            "time": self.time,
            "type": self.type,
            "account": self.account,
            "object": self.object,
            "purpose": self.purpose,
            "policy": self.policy,
            "details": None if self.deleted else dict(self.details),
        }


@dataclass(frozen=True, slots=True)
class Person:
    """What an account is called and may do; the log itself knows opaque ids only.

    Attributes:
        name: what people call it.
        roles: its roles.
        controller: the agency it is scoped to; empty for the zone's own staff.
    """

    name: str
    roles: tuple[str, ...] = ()
    controller: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """What a request was for.

    Attributes:
        requester: account id.
        dataset: the dataset.
        project: the project's id.
        purpose: what the requester wrote; free text, so only for those who may see requests.
        columns: the columns asked for.
    """

    requester: str
    dataset: str
    project: str
    purpose: str
    columns: tuple[str, ...]


def within(period: Period) -> ColumnElement[bool]:
    """The condition that an event lies in a period."""
    return (audit_event.c.time >= period.start) & (audit_event.c.time < period.end)


def of_types(*types: EventType) -> ColumnElement[bool]:
    """The condition that an event is of one of these types."""
    return audit_event.c.type.in_([each.value for each in types])


def events(
    connection: Connection, *where: ColumnElement[bool], limit: int = 0, newest: bool = False
) -> Iterator[Seen]:
    """Events that fit, in the order they were written, a few thousand in memory at a time.

    Args:
        connection: within `safezone.audit.engine.read`.
        where: conditions, all of which hold.
        limit: at most so many; 0 means all.
        newest: begin with the newest.
    """
    columns = audit_event.c
    query = (
        select(
            columns.uid,
            columns.seq,
            columns.time,
            columns.type,
            columns.account,
            columns.object,
            columns.purpose,
            columns.policy,
            columns.details_digest,
            audit_detail.c.details,
        )
        .select_from(audit_event.outerjoin(audit_detail, audit_detail.c.uid == columns.uid))
        .where(*where)
        .order_by(columns.id.desc() if newest else columns.id)
        .execution_options(yield_per=_CHUNK)
    )
    for row in connection.execute(query.limit(limit) if limit else query):
        uid, seq, time, type_, account, object_, purpose, policy, digest, text = row
        gone = bool(digest) and text is None
        yield Seen(uid, seq, time, type_, account, object_, purpose, policy, details(text), gone)


def details(text: str | None) -> dict[str, Any]:
    """The details of an event; empty for what is gone or can only have been put there by force."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def number(found: Mapping[str, Any], name: str) -> int:
    """A count among the details; 0 when there is none."""
    value = found.get(name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def action(type_: str, purpose: str) -> str:
    """What was done, in one word: a decision's action, or the event's type."""
    return purpose.partition(" ")[0] if type_.startswith("decision.") else type_


def reference(purpose: str, kind: str) -> str:
    """The id of that kind that a purpose refers to, e.g. of ``request``; empty when it refers to none."""
    for word in purpose.split(" "):
        if word.startswith(f"{kind}/"):
            return word.removeprefix(f"{kind}/")
    return ""
