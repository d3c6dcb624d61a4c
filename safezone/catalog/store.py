"""The one way to read and write the catalog.

A write is a transaction that carries its audit events: there is no way to change a row without saying, in the
same commit, what happened. Changes of state go through `Catalog.move`, which asks the transition tables and
refuses when another process was quicker.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, insert, select, update

from safezone import states
from safezone.audit.engine import read, write
from safezone.audit.event import AuditEvent
from safezone.audit.log import prepare
from safezone.catalog import records, tables
from safezone.errors import NotFound, WrongState

T = TypeVar("T")
S = TypeVar("S", bound=StrEnum)

_TABLES: Mapping[type[Any], Table] = {
    records.AccountRecord: tables.account,
    records.PolicyRecord: tables.policy,
    records.ReviewRecord: tables.review,
    records.DeliveryRecord: tables.delivery,
    records.QuarantineRecord: tables.quarantine,
    records.VersionRecord: tables.version,
    records.ProjectRecord: tables.project,
    records.RequestRecord: tables.request,
    records.JobRecord: tables.job,
    records.ReleaseRecord: tables.release,
    records.DestructionRecord: tables.destruction,
}
_TRANSITIONS: Mapping[type[Any], Mapping[Any, frozenset[Any]]] = {
    records.VersionRecord: states.VERSION,
    records.DeliveryRecord: states.VERSION,
    records.ProjectRecord: states.PROJECT,
    records.RequestRecord: states.REQUEST,
    records.JobRecord: states.JOB,
    records.DestructionRecord: states.DESTRUCTION,
}


def new_id(prefix: str) -> str:
    """An id nobody can guess or enumerate: a prefix and 80 random bits in base 32."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return f"{prefix}-" + "".join(secrets.choice(alphabet) for _ in range(16))


class _AlreadyThere(Exception):
    """Another run was quicker; rolls the transaction back."""


class Catalog:
    """Reads and writes records; every write takes the audit events it is saved with."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def write(self, *events: AuditEvent) -> Iterator[Connection]:
        """A transaction that commits together with its events, or not at all.

        Args:
            events: what happens, at least one.

        Raises:
            ValueError: no event was given (a programming error).
            UsageError: an event cannot be written down exactly; the block is not begun.
            Unavailable: the database does not answer; nothing was changed.
        """
        if not events:
            raise ValueError("a write to the catalog needs the audit event it is saved with")
        prepared = prepare(events)
        with write(self.engine) as connection:
            yield connection
            prepared.record(connection)

    def find(
        self, kind: type[T], key: str, connection: Connection | None = None, *, lock: bool = False
    ) -> T | None:
        """The record with that primary key, or None; `lock` keeps others from changing it until the commit."""
        table = _TABLES[kind]
        (primary,) = table.primary_key.columns
        query = select(table).where(primary == key)
        # SQLite has one writer at a time anyway, and no such clause.
        found = self._rows(query.with_for_update() if lock else query, connection)
        return records.record(kind, found[0]) if found else None

    def get(self, kind: type[T], key: str, connection: Connection | None = None, *, lock: bool = False) -> T:
        """The record with that primary key; `lock` as in `find`.

        Raises:
            NotFound: there is none.
        """
        found = self.find(kind, key, connection, lock=lock)
        if found is None:
            word = _TABLES[kind].name
            raise NotFound(
                "catalog.not_found",
                (f"There is no {word} of that id.", f"그 번호의 {word} 항목이 없습니다."),
                ("List them to see what there is.", "목록을 조회하여 번호를 확인하십시오."),
            )
        return found

    def list(self, kind: type[T], /, connection: Connection | None = None, **equal: Any) -> list[T]:
        """All records whose columns equal what is given, oldest first."""
        table = _TABLES[kind]
        query = select(table).order_by(table.c.created, *table.primary_key.columns)
        for name, value in equal.items():
            query = query.where(table.c[name] == (value.value if isinstance(value, StrEnum) else value))
        return [records.record(kind, row) for row in self._rows(query, connection)]

    def add(self, connection: Connection, item: Any) -> None:
        """Insert a record inside a `write`."""
        values = {name: _plain(getattr(item, name)) for name in item.__slots__}
        connection.execute(insert(_TABLES[type(item)]).values(**values))

    def add_once(self, item: T, *events: AuditEvent, also: Sequence[Any] = ()) -> tuple[T, bool]:
        """Insert a record whose key says what it is made of, unless it is there already.

        Two runs of one step, or one run again after a crash, end with the same single record.

        Args:
            item: the record.
            events: what it is saved with.
            also: further records that belong to the same commit.

        Returns:
            The record that stands, and whether it is the one given.
        """
        kind: type[T] = type(item)
        (primary,) = _TABLES[kind].primary_key.columns
        key = getattr(item, primary.name)
        try:
            with self.write(*events) as connection:
                if self.find(kind, key, connection) is not None:
                    raise _AlreadyThere
                for each in (item, *also):
                    self.add(connection, each)
        except (_AlreadyThere, WrongState):
            return self.get(kind, key), False
        return item, True

    def change(self, connection: Connection, item: Any, **values: Any) -> None:
        """Update columns of a record inside a `write`; its state cannot be changed this way."""
        if "state" in values:
            raise ValueError("use Catalog.move to change a state")
        table = _TABLES[type(item)]
        (primary,) = table.primary_key.columns
        plain = {name: _plain(value) for name, value in values.items()}
        connection.execute(update(table).where(primary == getattr(item, primary.name)).values(**plain))

    def move(self, connection: Connection, item: Any, after: StrEnum, **values: Any) -> None:
        """Change the state of a record inside a `write`, if it is still where the caller saw it.

        Raises:
            WrongState: the transition table has no such change, or another process moved it first.
        """
        table = _TABLES[type(item)]
        (primary,) = table.primary_key.columns
        key = getattr(item, primary.name)
        states.require(_TRANSITIONS[type(item)], key, item.state, after)
        plain = {name: _plain(value) for name, value in values.items()}
        done = connection.execute(
            update(table)
            .where(primary == key, table.c.state == item.state.value)
            .values(state=after.value, **plain)
        )
        if done.rowcount != 1:
            raise WrongState(
                "state.moved",
                (
                    f"{key} was changed by someone else meanwhile.",
                    f"{key}이(가) 그사이 다른 처리로 변경되었습니다.",
                ),
                ("Look at it again and decide anew.", "다시 조회한 뒤 판단하십시오."),
            )

    def _rows(self, query: Any, connection: Connection | None) -> Sequence[Mapping[str, Any]]:
        if connection is not None:
            return [dict(row) for row in connection.execute(query).mappings()]
        with read(self.engine) as reading:
            return [dict(row) for row in reading.execute(query).mappings()]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
