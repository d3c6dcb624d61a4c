"""Opening the transactional store, and the one boundary its exceptions stop at.

It lives in `audit` because that is the lowest room which needs it; `safezone.catalog.engine` offers it to
the rooms above.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

from safezone.errors import BadInput, IntegrityFailure, SafeZoneError, Unavailable, UsageError, WrongState

BUSY_MS = 30_000
_READING = "safezone_reading"


def open_engine(url: str) -> Engine:
    """Open the store, SQLite or PostgreSQL, with the guarantees the log rests on.

    SQLite gets WAL, ``synchronous=FULL`` (a commit survives a power cut), foreign keys, a busy timeout, and
    ``BEGIN IMMEDIATE`` for every transaction that is not `read`, so that two writers queue instead of
    failing half way. (https://www.sqlite.org/pragma.html, https://www.sqlite.org/lang_transaction.html)

    Raises:
        UsageError: the URL names neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise _bad_url() from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if backend != "sqlite":
        raise _bad_url()
    engine = create_engine(parsed)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _bad_url() -> UsageError:
    return UsageError(
        "catalog.url",
        ("The catalog URL is not one of SQLite or PostgreSQL.", "카탈로그 주소가 SQLite나 PostgreSQL이 아닙니다."),
        (
            "Set SAFEZONE_CATALOG_URL to sqlite:///... or postgresql://...",
            "SAFEZONE_CATALOG_URL을 sqlite:///... 또는 postgresql://... 로 지정하세요.",
        ),
    )


def _set_pragmas(connection: Any, _record: Any) -> None:
    # The driver must not open transactions of its own; `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    # The first switch to WAL wants the file alone and does not wait by itself.
    for attempt in range(50):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            if attempt == 49:
                raise
            time.sleep(0.02)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA trusted_schema=OFF")
    # What is deleted is overwritten: details and destroyed keys' rows do not live on in free pages. Builds differ.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A read transaction over one snapshot, which never waits for writers nor holds them up."""
    with guarded(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            connection = connection.execution_options(**{_READING: True})
        with connection.begin():
            yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A write transaction: commits when the block ends, rolls back on any exception."""
    with guarded(), engine.begin() as connection:
        yield connection


@contextmanager
def guarded() -> Iterator[None]:
    """Turn the exceptions of SQLAlchemy and its drivers into ours: they carry statements and values.

    Raises:
        WrongState: a constraint of the catalog forbids it (something else got there first).
        BadInput: a value does not fit its column.
        IntegrityFailure: the database file is damaged.
        Unavailable: the database does not answer, is locked, or has no such table.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        translated = _translate(error)
    except sqlite3.Error as error:
        translated = _translate_sqlite(error)
    else:
        return
    raise translated from None


def _translate(error: exc.SQLAlchemyError) -> SafeZoneError:
    if isinstance(error, exc.IntegrityError):
        return WrongState(
            "catalog.conflict",
            (
                "The catalog already holds something this would contradict.",
                "카탈로그에 이미 있는 내용과 어긋납니다.",
            ),
            ("Look at the present state and try again.", "현재 상태를 확인한 뒤 다시 시도하세요."),
        )
    if isinstance(error, (exc.DataError, exc.StatementError)) and not isinstance(error, exc.DBAPIError):
        return _bad_value()
    if isinstance(error, exc.DataError):
        return _bad_value()
    if isinstance(error, exc.DBAPIError) and isinstance(error.orig, sqlite3.Error):
        return _translate_sqlite(error.orig)
    return _unavailable()


def _translate_sqlite(error: sqlite3.Error) -> SafeZoneError:
    damaged = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in damaged:
        return IntegrityFailure(
            "catalog.damaged",
            ("The catalog's database file is damaged.", "카탈로그 데이터베이스 파일이 손상되었습니다."),
            ("Restore the catalog from its backup.", "백업에서 카탈로그를 복원하세요."),
        )
    return _unavailable()


def _bad_value() -> BadInput:
    return BadInput(
        "catalog.value",
        ("A value does not fit the catalog.", "카탈로그에 넣을 수 없는 값입니다."),
        ("Check what was handed in.", "입력한 내용을 확인하세요."),
    )


def _unavailable() -> Unavailable:
    return Unavailable(
        "catalog.unavailable",
        ("The catalog does not answer.", "카탈로그가 응답하지 않습니다."),
        (
            "Check that the database is up and set up (safezone init), then try again.",
            "데이터베이스가 켜져 있고 준비되었는지(safezone init) 확인한 뒤 다시 시도하세요.",
        ),
    )
