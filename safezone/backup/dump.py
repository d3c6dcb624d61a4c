"""Tables as portable text: out of one database, SQLite or PostgreSQL, and into either.

A table becomes chunks of JSON lines. The first line of a chunk names the columns; each further one is a row. Bytes are
base64, times RFC 3339 in UTC, columns of JSON their own value. A chunk is bounded, so memory does not grow with a table.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from safezone.audit.tables import metadata
from safezone.catalog import tables as _tables  # puts the catalog's tables on the metadata
from safezone.errors import BadInput, IntegrityFailure, WrongState

CHUNK_BYTES = 4 * 1024 * 1024
_ROWS = 2_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_OWN = frozenset({"alembic_version"})


def tables() -> list[Table]:
    """Every table of the zone, those that others refer to first."""
    _ = _tables
    return list(metadata.sorted_tables)


def require_complete(connection: Connection) -> None:
    """Refuse to go on when the database holds tables this code does not know: a backup would leave them out.

    Raises:
        WrongState: it does.
    """
    known = {table.name for table in tables()} | _OWN
    if strange := sorted(set(inspect(connection).get_table_names()) - known):
        raise WrongState(
            "backup.tables",
            (
                f"The database holds tables that are not the zone's: {', '.join(strange)}.",
                f"데이터베이스에 안심구역의 것이 아닌 테이블이 있습니다: {', '.join(strange)}.",
            ),
            (
                "Give the catalog a database (or schema) of its own, or run the version of safezone that made them.",
                "카탈로그 전용 데이터베이스를 쓰거나, 그 테이블을 만든 버전의 safezone으로 실행하십시오.",
            ),
        )


def count(connection: Connection, table: Table) -> int:
    """How many rows a table has."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def chunks(connection: Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    """The rows of a table in the order of its primary key, as chunks of text with the number of rows in each.

    Raises:
        IntegrityFailure: the table holds a value that is not of its column's type.
    """
    columns = list(table.columns)
    encoders = [_encoder(column) for column in columns]
    head = json.dumps([column.name for column in columns]).encode()
    lines, size = [head], len(head)
    query = select(table).order_by(*table.primary_key.columns)
    result = connection.execute(query, execution_options={"yield_per": _ROWS})
    for row in result:
        try:
            values = [
                value if encode is None or value is None else encode(value)
                for encode, value in zip(encoders, row, strict=True)
            ]
            line = _ENCODER.encode(values).encode()
        except (TypeError, ValueError, AttributeError):
            raise _strange_value(table) from None
        lines.append(line)
        size += len(line) + 1
        if size >= CHUNK_BYTES:
            yield len(lines) - 1, b"\n".join(lines)
            lines, size = [head], len(head)
    if len(lines) > 1:
        yield len(lines) - 1, b"\n".join(lines)


class Loader:
    """Puts chunks back into empty tables, within the caller's transaction.

    A row may refer to another of its own table that comes later, so such references are set at the end.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = {table.name: table for table in tables()}
        self._later: dict[str, list[dict[str, Any]]] = {}
        self.rows: dict[str, int] = {}

    def load(self, name: str, chunk: bytes) -> int:
        """Insert the rows of one chunk; return how many.

        Raises:
            BadInput: the table, or a column, is none this code knows.
            IntegrityFailure: the chunk is damaged.
        """
        table = self._tables.get(name)
        if table is None:
            raise _unknown(name)
        head, *lines = chunk.split(b"\n")
        try:
            names = json.loads(head)
            columns = [table.columns[each] for each in names]
        except (ValueError, KeyError, TypeError):
            raise _unknown(name) from None
        decoders = [_decoder(column) for column in columns]
        try:
            rows = [
                {
                    each: value if decode is None or value is None else decode(value)
                    for each, decode, value in zip(names, decoders, row, strict=True)
                }
                for row in json.loads(b"[" + b",".join(lines) + b"]")
            ]
        except (ValueError, TypeError, AttributeError):
            raise _strange_value(table) from None
        self._hold_back(table, rows)
        for start in range(0, len(rows), _ROWS):
            self._connection.execute(insert(table), rows[start : start + _ROWS])
        self.rows[name] = self.rows.get(name, 0) + len(rows)
        return len(rows)

    def finish(self) -> None:
        """Set what was held back, and let numbering go on where it was."""
        for name, rows in self._later.items():
            table = self._tables[name]
            (primary,) = table.primary_key.columns
            values: dict[str, Any] = {each: bindparam(f"v_{each}") for each in rows[0] if each != primary.name}
            statement = update(table).where(primary == bindparam(f"v_{primary.name}")).values(**values)
            bound = [{f"v_{each}": value for each, value in row.items()} for row in rows]
            self._connection.execute(statement, bound)
        if self._connection.dialect.name == "postgresql":
            for table in self._tables.values():
                _continue_numbers(self._connection, table)

    def _hold_back(self, table: Table, rows: list[dict[str, Any]]) -> None:
        selfish = [
            column.name
            for column in table.columns
            if any(key.column.table is table for key in column.foreign_keys) and column.nullable
        ]
        if not selfish:
            return
        (primary,) = table.primary_key.columns
        for row in rows:
            kept = {name: row[name] for name in selfish}
            if any(value is not None for value in kept.values()):
                self._later.setdefault(table.name, []).append({primary.name: row[primary.name], **kept})
                row.update(dict.fromkeys(selfish))


def _continue_numbers(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers rows by a sequence that knows nothing of rows inserted with their numbers."""
    column = table.autoincrement_column
    if column is None or not isinstance(column.type, Integer):
        return
    sequence = connection.execute(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
    ).scalar()
    if sequence is None:
        return
    newest = connection.execute(select(func.max(column))).scalar()
    if newest is not None:
        connection.execute(text("SELECT setval(:sequence, :newest)"), {"sequence": sequence, "newest": newest})


def _encoder(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return lambda value: base64.b64encode(value).decode()
    if isinstance(column.type, DateTime):
        return _moment_out
    return None


def _decoder(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return lambda value: base64.b64decode(value, validate=True)
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat
    return None


def _moment_out(value: datetime) -> str:
    # SQLite gives times back without their zone; they were stored in UTC.
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat()


def _strange_value(table: Table) -> IntegrityFailure:
    return IntegrityFailure(
        "backup.value",
        (
            f"The table {table.name} holds a value that is not of its column's kind.",
            f"테이블 {table.name}에 열의 형식과 다른 값이 있습니다.",
        ),
        (
            "Somebody wrote to the database by hand: run `safezone audit verify` and tell the auditor.",
            "데이터베이스에 임의로 기록된 값입니다. `safezone audit verify`를 실행하고 감사 담당자에게 알리십시오.",
        ),
    )


def _unknown(name: str) -> BadInput:
    return BadInput(
        "backup.schema",
        (
            f"The backup holds a table or column this version does not know: {name}.",
            f"이 버전이 알지 못하는 테이블이나 열이 백업에 있습니다: {name}.",
        ),
        (
            "Restore it with the version of safezone that made it, or a later one.",
            "백업을 만든 버전이나 그 이후 버전의 safezone으로 복원하십시오.",
        ),
    )
