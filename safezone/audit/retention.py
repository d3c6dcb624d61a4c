"""Deleting what the log may not keep for ever: details whose time is over, with the salts that commit to them.

Leaves, tree and checkpoints stay as they are: a leaf holds a salted digest of its details, so every proof goes on
holding without them, and `audit verify` says of how many entries they are gone.

How long (our reading of the rules; whoever runs a zone confirms it):

- Access logs are kept at least one year, two years from 50,000 data subjects on or with unique identifiers or
  sensitive information (Standard of Measures for the Safety of Personal Information, on access logs). The zone holds
  such data, so two years, for every type that is not named below.
- Who was given which access: three years (the same Standard, on access rights).
- What the register of pseudonymised processing rests on (PIPA art. 28-4(3): purpose, items, history of use,
  recipient, period): three years after what it tells of was destroyed or ended. While it lives, nothing is deleted.
- That a key was destroyed, that details were deleted, and checkpoints: always (`safezone.audit.event.LASTING`); they
  hold ids, versions and counts, and nothing personal.

**No decision rests on details that may be deleted.** Whatever the zone asks its log before it acts
(`safezone.catalog.history`) stands in the leaf: type, account, object, and the words of the purpose; only custody, when
it finishes a destruction that was cut off, reads details, of a type that lasts. So nothing that was revoked, withdrawn
or destroyed comes alive again when its details go; a test deletes all of them and looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, delete, or_, select

from safezone.audit.engine import read, write
from safezone.audit.event import LASTING, AuditEvent, EventType
from safezone.audit.log import stage
from safezone.audit.tables import audit_detail, audit_event
from safezone.model import now, timestamp

BATCH = 5_000
"""Details deleted in one transaction, so that writers never wait long."""
YEAR = timedelta(days=366)
ACCESS_LOG = 2 * YEAR
ACCESS_RIGHTS = 3 * YEAR
REGISTER = 3 * YEAR
"""After the end of what the register tells of."""

RIGHTS = frozenset(
    {EventType.ACCOUNT_ADDED, EventType.ACCOUNT_CHANGED, EventType.PROJECT_MEMBER, EventType.POLICY_APPROVED}
)
REGISTERED = frozenset(
    {
        EventType.DATASET_STATE,
        EventType.DELIVERY_RECEIVED,
        EventType.DELIVERY_QUARANTINED,
        EventType.VERSION_COMMITTED,
        EventType.VERSION_STATE,
        EventType.REVIEW_SIGNED,
        EventType.PROJECT_STATE,
        EventType.REQUEST_STATE,
        EventType.RELEASE_BUILT,
        EventType.RELEASE_PULLED,
        EventType.RELEASE_REVOKED,
        EventType.KEY_DESTRUCTION,
    }
)
_ENDS: Mapping[EventType, tuple[str, ...]] = MappingProxyType(
    {
        EventType.VERSION_STATE: ("DESTROYED",),
        EventType.REQUEST_STATE: ("ENDED", "REJECTED", "WITHDRAWN"),
        EventType.PROJECT_STATE: ("CLOSED",),
        EventType.RELEASE_REVOKED: ("",),
        EventType.KEY_DESTRUCTION: ("DESTROYED", "REJECTED", "WITHDRAWN"),
    }
)
"""By which events an object ends: the first word of the purpose, any when it is empty."""


def prune(engine: Engine, actor: str, before: datetime | None = None) -> dict[str, int]:
    """Delete the details whose time is over.

    Every transaction commits with an event that says, in its leaf, how many it deleted and from before when.
    Running it again deletes what became due since.

    Args:
        engine: the store.
        actor: who does it: an account, or the duty that keeps house.
        before: only of events older than this. It can keep details longer than the rules ask, never shorter.

    Returns:
        How many were deleted, by type of event.
    """
    found: Counter[str] = Counter()
    moment = now()
    while batch := _batch(engine, actor, moment, before):
        found.update(batch)
    return dict(sorted(found.items()))


def due(moment: datetime, before: datetime | None = None) -> ColumnElement[bool]:
    """The condition that an event's details may be deleted.

    Args:
        moment: the present.
        before: only of events older than this.
    """
    long = {*LASTING, *RIGHTS, *REGISTERED}
    short = [each.value for each in EventType if each not in long]
    over = or_(
        and_(audit_event.c.type.in_(short), _older(moment - ACCESS_LOG, before)),
        and_(_of(RIGHTS), _older(moment - ACCESS_RIGHTS, before)),
        and_(
            _of(REGISTERED), _older(moment - REGISTER, before), audit_event.c.object.in_(_ended(moment - REGISTER))
        ),
    )
    return over & audit_event.c.seq.is_not(None)


def _of(types: frozenset[EventType]) -> ColumnElement[bool]:
    return audit_event.c.type.in_(sorted(each.value for each in types))


def _older(limit: datetime, before: datetime | None) -> ColumnElement[bool]:
    return audit_event.c.time < timestamp(limit if before is None else min(limit, before))


def _ended(limit: datetime) -> Select[str]:
    """A query for the objects that ended before a time."""
    events = audit_event.alias("ending")
    ends = [
        and_(events.c.type == kind.value, or_(*(events.c.purpose.startswith(word) for word in words)))
        for kind, words in _ENDS.items()
    ]
    return select(events.c.object).where(or_(*ends), events.c.time < timestamp(limit))


def _batch(engine: Engine, actor: str, moment: datetime, before: datetime | None) -> Counter[str]:
    """Delete some, with the event that says so, in one transaction; return how many by type."""
    query = (
        select(audit_event.c.uid, audit_event.c.type)
        .join(audit_detail, audit_detail.c.uid == audit_event.c.uid)
        .where(due(moment, before))
        .order_by(audit_event.c.id)
        .limit(BATCH)
    )
    with read(engine) as connection:
        # Without a write lock: most rounds find nothing.
        if connection.execute(query.limit(1)).first() is None:
            return Counter()
    with write(engine) as connection:
        _overwrite(connection)
        rows = connection.execute(query).all()
        counts: Counter[str] = Counter(str(row.type) for row in rows)
        if rows:
            uids = [row.uid for row in rows]
            connection.execute(delete(audit_detail).where(audit_detail.c.uid.in_(uids)))
            limit = timestamp(moment if before is None else min(moment, before))
            stage(
                connection,
                AuditEvent(
                    EventType.LOG_DETAILS_DELETED,
                    actor,
                    "log/log",
                    purpose=f"retention {len(rows)} before {limit}",
                    details=dict(sorted(counts.items())),
                ),
            )
    return counts


def _overwrite(connection: Connection) -> None:
    """Have SQLite fill what it deletes with zeros (https://www.sqlite.org/pragma.html#pragma_secure_delete).

    The write-ahead log holds the old pages until it is reset, and PostgreSQL its old rows until it is vacuumed.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
