"""Who accessed a dataset: its versions, deliveries, requests and releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, or_, select

from safezone.audit.engine import read
from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period
from safezone.audit.questions.reading import Seen, action, events, number, of_types, reference, within
from safezone.audit.tables import audit_event

_COUNTED = (EventType.VAULT_READ, EventType.VAULT_WRITE, EventType.RELEASE_BUILT, EventType.RELEASE_PULLED)
"""Types whose details say how many rows; of all others only the leaf is needed, and the database adds them up."""
_MADE = (EventType.DELIVERY_RECEIVED, EventType.VERSION_COMMITTED, EventType.RELEASE_BUILT)
_PURPOSES = 20


@dataclass(slots=True)
class Access:
    """What one account did to a dataset, in one way.

    Attributes:
        account: who; a duty of the zone when it acted by itself.
        behalf: the account whose request a duty worked for; empty otherwise.
        what: an action or a type of event.
        allowed: False when it was refused.
        times: how often.
        rows: rows read, built or handed out, all times together.
        columns: which columns, as far as the details are still there.
        objects: how many different versions, releases ...
        first: the first time, UTC.
        last: the last time, UTC.
        purposes: what for: references to requests, deliveries, projects (the first twenty).
        deleted: events whose details are gone, so that rows and columns are too.
    """

    account: str
    behalf: str
    what: str
    allowed: bool = True
    times: int = 0
    rows: int = 0
    columns: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    first: str = ""
    last: str = ""
    purposes: set[str] = field(default_factory=set)
    deleted: int = 0

    def add(self, object_: str, purpose: str, first: str, last: str, times: int = 1) -> None:
        """Count what happened once more, or `times` times between `first` and `last`."""
        self.times += times
        self.first = min(self.first, first) if self.first else first
        self.last = max(self.last, last)
        self.objects.add(object_)
        for word in purpose.split(" "):
            if "/" in word and len(self.purposes) < _PURPOSES:
                self.purposes.add(word)

    def to_json(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {
            "id": f"{self.account} {self.what}",
            "state": "ALLOWED" if self.allowed else "DENIED",
            "account": self.account,
            "on_behalf_of": self.behalf,
            "what": self.what,
            "times": self.times,
            "rows": self.rows,
            "columns": sorted(self.columns),
            "objects": len(self.objects),
            "first": self.first,
            "last": self.last,
            "purposes": sorted(self.purposes),
            "details_deleted": self.deleted,
        }


def who(
    engine: Engine, dataset: str, objects: Select[str], requesters: Mapping[str, str], period: Period
) -> list[Access]:
    """Who accessed a dataset in a period, the latest first.

    Args:
        engine: the store.
        dataset: its id.
        objects: what events may call the dataset and what came of it (`safezone.catalog.lineage.objects_of`).
        requesters: account by request id, to say for whom the release duty read.
        period: when.
    """
    found: dict[tuple[str, str, str, bool], Access] = {}

    def line(type_: str, account: str, purpose: str) -> Access:
        behalf = requesters.get(reference(purpose, "request"), "")
        behalf = "" if behalf == account else behalf
        allowed = type_ != EventType.DECISION_DENIED.value
        key = (account, behalf, action(type_, purpose), allowed)
        return found.setdefault(key, Access(*key))

    with read(engine) as connection:
        where = (_about(dataset, objects), within(period))
        for type_, account, object_, purpose, times, first, last in _added_up(connection, *where):
            line(type_, account, purpose).add(object_, purpose, first, last, times)
        for seen in events(connection, *where, of_types(*_COUNTED)):
            _count(line(seen.type, seen.account, seen.purpose), seen)
    return sorted(found.values(), key=lambda each: (each.last, each.account, each.what), reverse=True)


def _count(access: Access, seen: Seen) -> None:
    access.add(seen.object, seen.purpose, seen.time, seen.time)
    access.rows += number(seen.details, "rows")
    access.deleted += seen.deleted
    if columns := seen.details.get("columns"):
        access.columns.update(str(columns).split(","))


def _added_up(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Any]:
    """Events of the types whose details do not matter, added up by all that does."""
    columns = audit_event.c
    by = (columns.type, columns.account, columns.object, columns.purpose)
    query = select(*by, func.count(), func.min(columns.time), func.max(columns.time))
    yield from connection.execute(query.where(*where, ~of_types(*_COUNTED)).group_by(*by))


def _about(dataset: str, objects: Select[str]) -> ColumnElement[bool]:
    """The condition that an event is about the dataset, as the catalog says or as the log itself does.

    A version made under a policy that was approved for the dataset is the dataset's, whatever became of its row.
    """
    approved = select(audit_event.c.policy).where(
        audit_event.c.type == EventType.POLICY_APPROVED.value, audit_event.c.object == f"dataset/{dataset}"
    )
    made = select(audit_event.c.object).where(of_types(*_MADE), audit_event.c.policy.in_(approved))
    return or_(audit_event.c.object.in_(objects), audit_event.c.object.in_(made))
