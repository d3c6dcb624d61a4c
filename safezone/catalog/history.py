"""What the log says of a thing, for questions on which a row's own word is not enough.

A state that ends something (revoked, withdrawn, closed) is a single column: put back by hand, it would open
again what was closed, and no signature would miss it. The event that committed with the end is still in the log,
so whoever relies on something being alive asks here too. Taking the event away as well breaks the tree, which
`audit verify` shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from safezone.audit.engine import read
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.tables import audit_detail, audit_event
from safezone.catalog.store import Catalog


def events(
    catalog: Catalog,
    kind: EventType,
    object_: str,
    *,
    actor: str | None = None,
    purpose: str | None = None,
) -> list[Mapping[str, Any]]:
    """Events about one object, oldest first, sequenced or still waiting for the log duty.

    Args:
        catalog: whose log.
        kind: the type of event.
        object_: as events call it, e.g. ``request/REQ-...``.
        actor: only those by this account or duty.
        purpose: only those with exactly this purpose.

    Returns:
        Columns ``time``, ``account`` and ``purpose`` of each, and ``details``: empty once they were deleted.
    """
    query = (
        select(audit_event.c.time, audit_event.c.account, audit_event.c.purpose, audit_detail.c.details)
        .join_from(audit_event, audit_detail, audit_event.c.uid == audit_detail.c.uid, isouter=True)
        .where(audit_event.c.object == object_, audit_event.c.type == kind.value)
        .order_by(audit_event.c.id)
    )
    if actor is not None:
        query = query.where(audit_event.c.account == actor)
    if purpose is not None:
        query = query.where(audit_event.c.purpose == purpose)
    with read(catalog.engine) as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row | {"details": _details(row["details"])} for row in rows]


def actors(catalog: Catalog, kind: EventType, object_: str) -> frozenset[str]:
    """Who did that to an object."""
    return frozenset(event["account"] for event in events(catalog, kind, object_))


def moved(
    kind: EventType,
    actor: str,
    object_: str,
    state: StrEnum,
    *,
    about: str = "",
    policy: str = "",
    details: Mapping[str, str | int] = MappingProxyType({}),
) -> AuditEvent:
    """The event a change of state is saved with.

    The state is part of the leaf itself (the first word of its purpose): details may be deleted when their time
    is over, and what `reached` answers must not go with them.

    Args:
        kind: ``version.state``, ``request.state`` or ``project.state``.
        actor: who moved it.
        object_: what was moved.
        state: where it is now.
        about: a further reference: manifest digest, project ...
        policy: digest of the policy in force.
        details: what else there is to say, deletable.
    """
    text = f"{state.value} {about}".strip()
    return AuditEvent(kind, actor, object_, text, policy, {"state": state.value, **details})


def reached(catalog: Catalog, kind: EventType, object_: str, states: Iterable[str]) -> bool:
    """Whether an object was ever moved into one of these states."""
    ends = set(states)
    return any(event["purpose"].partition(" ")[0] in ends for event in events(catalog, kind, object_))


def _details(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
