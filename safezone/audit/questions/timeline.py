"""Everything about one object and what it hangs together with, in the order it happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Connection, Engine, or_

from safezone.audit.engine import read
from safezone.audit.event import EventType
from safezone.audit.questions.reading import Seen, events, of_types, reference
from safezone.audit.tables import audit_event

_IN_PASSING = (EventType.DECISION_ALLOWED, EventType.DECISION_DENIED, EventType.VAULT_READ, EventType.VAULT_WRITE)
"""Of neighbours, only what changed them belongs to the story: not who looked at them on other business."""
_AT_ONCE = 500


def about(
    engine: Engine,
    whole: Collection[str],
    changes: Collection[str] = (),
    requests: Collection[str] = (),
    policies: Collection[str] = (),
) -> list[Seen]:
    """The story of an object, oldest first.

    Args:
        engine: the store.
        whole: objects every event of which belongs to it.
        changes: objects of which only what changed them does.
        requests: ids of requests for which reads in the vault do.
        policies: digests of policies whose approval does.
    """
    found: dict[str, Seen] = {}
    with read(engine) as connection:
        _take(found, connection, whole)
        _take(found, connection, changes, ~of_types(*_IN_PASSING))
        for seen in _among(connection, {*changes, *whole}, of_types(EventType.VAULT_READ)):
            if reference(seen.purpose, "request") in requests:
                found[seen.uid] = seen
        if policies:
            approved = or_(*(audit_event.c.policy == digest for digest in sorted(policies)))
            for seen in events(connection, approved, of_types(EventType.POLICY_APPROVED)):
                found[seen.uid] = seen
            _take(found, connection, [f"policy/{digest}" for digest in policies])
    return sorted(found.values(), key=lambda seen: (seen.time, seen.seq is None, seen.seq or 0))


def _take(
    found: dict[str, Seen], connection: Connection, objects: Iterable[str], *where: ColumnElement[bool]
) -> None:
    found.update((seen.uid, seen) for seen in _among(connection, objects, *where))


def _among(connection: Connection, objects: Iterable[str], *where: ColumnElement[bool]) -> Iterable[Seen]:
    names = sorted(objects)
    for start in range(0, len(names), _AT_ONCE):
        chosen = audit_event.c.object.in_(names[start : start + _AT_ONCE])
        yield from events(connection, chosen, *where)
