"""Holding a key's name alone while its versions change: a lock on this machine, a claim on the token for the others.

On one machine a file lock decides; its holder may die at any moment and the lock is free. Between machines a claim is
an object on the token. Whoever wants a name leaves a claim and looks: with no other there, the name is theirs, else
they take theirs back, wait for a random moment and try again. Since each leaves the claim before looking, two can
never both find themselves alone. A claim left by a machine that died is passed over after a minute.

So what holds: one version of a name is made once, also when several machines want it at once, as long as no machine
stands still for more than half a minute between its claim and the making of the key, and their clocks agree to within
that. Beyond it, two may be made; then `Entry.chosen` lets everyone pick the oldest, and who made the other takes it
back.
"""

from __future__ import annotations

import random
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from safezone.keys.hsm import faults
from safezone.keys.hsm.objects import CLAIM, notes, put_data, remove
from safezone.keys.hsm.pin import lock_of
from safezone.keys.hsm.session import Connection
from safezone.model import digest

ABANDONED = 60.0
"""Seconds after which nobody is behind a claim any more."""

WAIT = 1.25 * ABANDONED
"""Seconds for which a name held by somebody else is waited for."""


class Claim:
    """A name held alone, see `claimed`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since = time.monotonic()

    def require_fresh(self) -> None:
        """Called right before something is made: a claim half way to being passed over does not count any more.

        Raises:
            Unavailable: it took too long to come here.
        """
        if time.monotonic() - self._since > ABANDONED / 2:
            raise faults.busy(self._name)


@contextmanager
def claimed(connection: Connection, credentials: Path, name: str) -> Iterator[Claim]:
    """Hold a name alone for the block.

    Args:
        connection: the token.
        credentials: the file with its PIN, which is locked as well.
        name: the key's name.

    Raises:
        Unavailable: somebody else held it for longer than `WAIT`.
    """
    mine = secrets.token_hex(16)
    with lock_of(credentials).held():
        holder = _holder(credentials)
        until = time.monotonic() + WAIT
        while True:
            claim = Claim(name)
            if _alone(connection, name, mine, holder):
                break
            _release(connection, name, mine)
            if time.monotonic() > until:
                raise faults.busy(name)
            time.sleep(random.uniform(0.01, 0.2))  # noqa: S311 -- spreads the tries, hides nothing
        try:
            yield claim
        finally:
            _release(connection, name, mine)


def _alone(connection: Connection, name: str, mine: str, holder: str) -> bool:
    data = {"claim": mine, "holder": holder, "time": int(time.time())}
    connection.run(lambda session: put_data(session, name, CLAIM, data), writes=True)
    others = connection.run(
        lambda session: [claim for claim, _ in notes(session, name).claims if claim["claim"] != mine]
    )
    # One of this very machine and file: its process died, or the file lock would be held.
    dead = [
        claim["claim"]
        for claim in others
        if claim["holder"] == holder or abs(time.time() - claim["time"]) > ABANDONED
    ]
    _release(connection, name, *dead)
    return len(dead) == len(others)


def _release(connection: Connection, name: str, *claims: str) -> None:
    if claims:
        connection.run(
            lambda session: remove(
                thing for claim, thing in notes(session, name).claims if claim["claim"] in claims
            ),
            writes=True,
        )


@lru_cache(maxsize=64)
def _holder(credentials: Path) -> str:
    """Names the reach of the file lock: this start of this machine, and the file."""
    try:
        machine = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        machine = str(uuid.getnode())
    try:
        status = credentials.stat()
    except OSError:
        raise faults.not_lockable(str(credentials)) from None
    return digest([machine, status.st_dev, status.st_ino])
