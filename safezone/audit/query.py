"""Reading events of the log, with their details where these are still kept, staged ones on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from safezone.audit.engine import read
from safezone.audit.tables import audit_detail, audit_event


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted; an empty text means any."""

    object: str = ""
    account: str = ""
    type: str = ""
    since: int | None = None


def recent(engine: Engine, wanted: Filter, limit: int) -> list[dict[str, Any]]:
    """The newest events that fit, oldest first, each with its details where these are still kept.

    Args:
        engine: the store.
        wanted: which; `object` and `type` fit from their beginning, `since` is a sequence number.
        limit: at most so many.
    """
    query = select(audit_event, audit_detail.c.details).select_from(
        audit_event.outerjoin(audit_detail, audit_detail.c.uid == audit_event.c.uid)
    )
    if wanted.object:
        query = query.where(audit_event.c.object.startswith(wanted.object, autoescape=True))
    if wanted.type:
        query = query.where(audit_event.c.type.startswith(wanted.type, autoescape=True))
    if wanted.account:
        query = query.where(audit_event.c.account == wanted.account)
    if wanted.since is not None:
        query = query.where(audit_event.c.seq.is_(None) | (audit_event.c.seq >= wanted.since))
    with read(engine) as connection:
        rows = connection.execute(query.order_by(audit_event.c.id.desc()).limit(limit)).mappings().all()
    return [dict(row) for row in reversed(rows)]
