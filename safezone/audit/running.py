"""Whether the log needs keeping: does a log duty run beside this process, and is there anything to sequence.

That one runs is told by a lock in the zone's folder, held as long as it does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, select

from safezone.audit.engine import read
from safezone.audit.tables import audit_event

_LOCK = ".log-duty"


@contextmanager
def running(home: Path) -> Iterator[None]:
    """Let others on this machine know that a log duty runs; a second one beside it does no harm.

    Args:
        home: the zone's folder.
    """
    descriptor: int | None = None
    try:
        descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits for a look, which takes no time
    except OSError:
        pass  # nobody is told: a flow then keeps the log itself, which only costs it time
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_running(home: Path) -> bool:
    """Whether a log duty runs on this machine; one that was killed does not count."""
    try:
        descriptor = os.open(home / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def waits(engine: Engine) -> bool:
    """Whether a change of state waits to be sequenced.

    Decisions alone do not count: whoever only looked leaves them for the next change, or the log would grow by a
    checkpoint with every look.

    Raises:
        Unavailable: the store does not answer.
    """
    query = select(audit_event.c.id).where(audit_event.c.seq.is_(None), audit_event.c.type.not_like("decision.%"))
    with read(engine) as connection:
        return connection.execute(query.limit(1)).first() is not None
