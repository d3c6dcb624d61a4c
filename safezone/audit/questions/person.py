"""Everything somebody did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from safezone.audit.engine import read
from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period, local
from safezone.audit.questions.reading import Seen, action, events, within
from safezone.audit.tables import audit_event


@dataclass(frozen=True, slots=True)
class Day:
    """How often an account did one thing on one Korean day.

    Attributes:
        day: the day, YYYY-MM-DD in Korea.
        what: an action or a type of event.
        allowed: False when it was refused.
        times: how often.
    """

    day: str
    what: str
    allowed: bool
    times: int

    def to_json(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {"day": self.day, "what": self.what, "allowed": self.allowed, "times": self.times}


def days(engine: Engine, account: str, period: Period) -> list[Day]:
    """What an account did in a period, added up by Korean day and kind of deed, the newest day first.

    Args:
        engine: the store.
        account: its id, or a duty.
        period: when.
    """
    columns = audit_event.c
    hour = func.substr(columns.time, 1, 13)
    query = (
        select(hour, columns.type, columns.purpose, func.count())
        .where(columns.account == account, within(period))
        .group_by(hour, columns.type, columns.purpose)
    )
    found: dict[tuple[str, str, bool], int] = {}
    with read(engine) as connection:
        for when, type_, purpose, times in connection.execute(query):
            allowed = type_ not in {EventType.DECISION_DENIED.value, EventType.AUTHENTICATION_FAILED.value}
            key = (str(local(f"{when}:00:00Z").date()), action(type_, purpose), allowed)
            found[key] = found.get(key, 0) + times
    lines = [Day(*key, times) for key, times in found.items()]
    return sorted(lines, key=lambda each: (each.day, each.times, each.what), reverse=True)


def deeds(engine: Engine, account: str, period: Period, limit: int = 0) -> Iterator[Seen]:
    """The events themselves, the newest first.

    Args:
        engine: the store.
        account: its id, or a duty.
        period: when.
        limit: at most so many; 0 means all.
    """
    with read(engine) as connection:
        where = (audit_event.c.account == account, within(period))
        yield from events(connection, *where, limit=limit, newest=True)
