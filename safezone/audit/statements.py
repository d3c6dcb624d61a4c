"""The statements the log is written with, as each database takes them fastest.

PostgreSQL gets whole columns as arrays or by COPY: one round trip however many rows. SQLite, in the same process,
gets rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, exc

Rows = Sequence[tuple[Any, ...]]

# Nothing but names of our own tables and columns is put into these texts; values are always bound.
# ruff: noqa: S608

_EVENT = "INSERT INTO audit_event (uid, time, type, account, object, purpose, policy, details_digest)"
_DETAIL = "INSERT INTO audit_detail (uid, salt, details)"
_LEAF = "INSERT INTO audit_leaf (seq, leaf)"
_NODE = 'INSERT INTO audit_node (level, "index", hash)'

_SQLITE = {
    "event": f"{_EVENT} VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "detail": f"{_DETAIL} VALUES (?, ?, ?)",
    "leaf": f"{_LEAF} VALUES (?, ?)",
    "node": f"{_NODE} VALUES (?, ?, ?)",
    "place": "UPDATE audit_event SET seq = ? WHERE id = ?",
}
_NODES_SQLITE = (
    'SELECT n.level, n."index", n.hash FROM json_each(?) AS v CROSS JOIN audit_node AS n '
    'ON n.level = v.value ->> 0 AND n."index" = v.value ->> 1'
)
_NODES_POSTGRES = (
    'SELECT n.level, n."index", n.hash FROM unnest(%s::int[], %s::bigint[]) AS v(level, place) '
    'JOIN audit_node AS n ON n.level = v.level AND n."index" = v.place'
)
_TEXTS = ", ".join(["%s::text[]"] * 8)
_DETAILS = f"{_DETAIL} SELECT * FROM unnest(%s::text[], %s::bytea[], %s::text[])"
_POSTGRES = {
    "event": f"{_EVENT} SELECT * FROM unnest({_TEXTS})",
    # Both tables in one statement: the event costs its transaction one round trip and no more. Most transactions
    # have a single event, for which plain values are a third quicker than arrays.
    "one": f"WITH detail AS ({_DETAIL} VALUES (%s, %s, %s)) {_EVENT} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
    "both": f"WITH detail AS ({_DETAILS}) {_EVENT} SELECT * FROM unnest({_TEXTS})",
    "leaf": "COPY audit_leaf (seq, leaf) FROM STDIN",
    "node": 'COPY audit_node (level, "index", hash) FROM STDIN',
    "place": "UPDATE audit_event SET seq = v.seq FROM unnest(%s::bigint[], %s::bigint[]) AS v(seq, id) "
    "WHERE audit_event.id = v.id",
}


def insert_events(connection: Connection, events: Rows, details: Rows) -> None:
    """Stage events and what belongs beside them.

    Args:
        connection: the caller's transaction.
        events: uid, time, type, account, object, purpose, policy, digest of the details.
        details: uid, salt, canonical JSON of the details; fewer than events, or none.
    """
    if not events:
        return
    if connection.dialect.name == "postgresql":
        if len(events) == len(details) == 1:
            statement, values = "one", (*details[0], *events[0])
        elif details:
            statement, values = "both", (*_columns(details), *_columns(events))
        else:
            statement, values = "event", tuple(_columns(events))
        with _driver(connection, statement) as raw:
            raw.execute(_POSTGRES[statement], values)
        return
    _rows(connection, "event", events)
    _rows(connection, "detail", details)


@contextmanager
def placing(connection: Connection, places: Rows) -> Iterator[None]:
    """Note the places of events while the block works out their leaves, without touching the connection.

    PostgreSQL is another process: it takes as long over this as Python over the leaves, so both go on at once.

    Args:
        connection: the log duty's transaction.
        places: sequence number and id of each event.
    """
    if connection.dialect.name != "postgresql":
        yield
        _rows(connection, "place", places)
        return
    columns = tuple(_columns(places))
    with ThreadPoolExecutor(1, thread_name_prefix="places") as beside:
        noted = beside.submit(connection.exec_driver_sql, _POSTGRES["place"], columns)
        yield
        noted.result()


def insert_leaves(connection: Connection, leaves: Rows, nodes: Rows) -> None:
    """Store leaves and tree.

    Args:
        connection: the log duty's transaction.
        leaves: sequence number and text of each leaf.
        nodes: level, index and hash of each subtree they complete.
    """
    store = _copy if connection.dialect.name == "postgresql" else _rows
    store(connection, "leaf", leaves)
    store(connection, "node", nodes)


def _copy(connection: Connection, statement: str, rows: Rows) -> None:
    """COPY rows in: three times as fast as arrays of long texts."""
    with (
        _driver(connection, statement) as raw,
        raw.cursor() as cursor,
        cursor.copy(_POSTGRES[statement]) as copy,
    ):
        for row in rows:
            copy.write_row(row)


@contextmanager
def _driver(connection: Connection, statement: str) -> Iterator[Any]:
    """The driver's own connection, for what SQLAlchemy has no words for or takes twice the time for; errors stay its own."""
    import psycopg  # only where PostgreSQL is

    try:
        yield connection.connection.driver_connection
    except psycopg.Error as error:
        wrapped = exc.DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        )
        raise wrapped from None


def select_nodes(connection: Connection, places: Sequence[tuple[int, int]]) -> Rows:
    """Level, index and hash of the stored subtrees at those places, in no order; what is not stored is left out."""
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(_NODES_POSTGRES, tuple(_columns(places)))
    else:
        found = connection.exec_driver_sql(_NODES_SQLITE, (json.dumps(places),))
    return [tuple(row) for row in found]


def _rows(connection: Connection, statement: str, rows: Rows) -> None:
    if rows:
        # Past SQLAlchemy, in a fifth of its time: all other writers wait. `guarded` knows the errors of the driver.
        raw: Any = connection.connection.driver_connection
        raw.executemany(_SQLITE[statement], rows)


def _columns(rows: Rows) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
