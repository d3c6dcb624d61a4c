"""Writing the log: anyone stages an event with the change it describes, the `log` duty gives it its place."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from safezone.audit.engine import read, write
from safezone.audit.event import AuditEvent, details_digest, details_json, leaf_of
from safezone.audit.statements import insert_events, insert_leaves, placing
from safezone.audit.tables import audit_event, audit_leaf
from safezone.audit.tree import StoredTree, lock_log
from safezone.model import now, timestamp
from safezone_verify.merkle import Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class Prepared:
    """Events as rows, ready to be recorded.

    Attributes:
        rows: for the table of events.
        details: for the table of details; fewer, or none.
    """

    rows: list[tuple[str, ...]]
    details: list[tuple[str, bytes, str]]

    def record(self, connection: Connection) -> list[str]:
        """Record the events in the caller's transaction, in order; return their uids."""
        insert_events(connection, self.rows, self.details)
        return [row[0] for row in self.rows]


def prepare(events: Iterable[AuditEvent]) -> Prepared:
    """Write events down before a transaction begins: while it lasts, other writers wait.

    Raises:
        UsageError: an event cannot be written down exactly.
    """
    moment = timestamp(now())
    prepared = Prepared([], [])
    for event in events:
        uid, body, committed = secrets.token_hex(16), details_json(event), ""
        if body:
            salt = secrets.token_bytes(32)
            committed = details_digest(salt, body.encode())
            prepared.details.append((uid, salt, body))
        fields = (str(event.type), event.actor, event.object, event.purpose, event.policy)
        prepared.rows.append((uid, moment, *fields, committed))
    return prepared


def stage(connection: Connection, event: AuditEvent) -> str:
    """Record `event` in the caller's transaction, so that it commits with the change it describes.

    Returns:
        The event's uid; its sequence number comes later, from the `log` duty.

    Raises:
        UsageError: the event cannot be written down exactly.
    """
    return stage_all(connection, [event])[0]


def stage_all(connection: Connection, events: Iterable[AuditEvent]) -> list[str]:
    """Record several events in the caller's transaction, in order; return their uids."""
    return prepare(events).record(connection)


class Sequencer:
    """Turns staged events into leaves, each exactly once, in batches of one transaction.

    Killed anywhere, it leaves whole batches only. Several may run: they take turns.

    Args:
        engine: the store.
        batch: events in one transaction.
    """

    def __init__(self, engine: Engine, batch: int = 5_000) -> None:
        self._engine = engine
        self._batch = batch
        self._frontier = Frontier()

    def sequence(self) -> int:
        """Sequence everything staged by now; return how many events got their place."""
        total = 0
        while self._waiting():
            done = self._one_batch()
            total += done
            if done < self._batch:
                break
        return total

    def _waiting(self) -> bool:
        """Look without a write lock, so that an idle log holds nobody up."""
        with read(self._engine) as connection:
            query = select(audit_event.c.id).where(audit_event.c.seq.is_(None)).limit(1)
            return connection.execute(query).first() is not None

    def _one_batch(self) -> int:
        with write(self._engine) as connection:
            lock_log(connection)
            frontier = self._resume(connection)
            events = connection.execute(
                select(audit_event).where(audit_event.c.seq.is_(None)).order_by(audit_event.c.id).limit(self._batch)
            ).all()
            if events:
                _append(connection, frontier, events)
        # Only now is it committed.
        self._frontier = frontier
        return len(events)

    def _resume(self, connection: Connection) -> Frontier:
        newest = connection.execute(select(func.max(audit_leaf.c.seq))).scalar()
        size = 0 if newest is None else newest + 1
        if size == self._frontier.size:
            return self._frontier.copy()
        return StoredTree(connection).frontier(size)


def _append(connection: Connection, frontier: Frontier, events: Sequence[Any]) -> None:
    start = frontier.size
    places = [(seq, event.id) for seq, event in enumerate(events, start)]
    with placing(connection, places):
        leaves = [leaf_of(event, seq) for seq, event in enumerate(events, start)]
        nodes = [node for leaf in leaves for node in frontier.append(leaf_hash(leaf.encode()))]
    insert_leaves(connection, list(enumerate(leaves, start)), nodes)
