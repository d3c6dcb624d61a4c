"""Bounded patience with a key server: a few attempts with growing pauses, then one clear error."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from safezone.errors import SafeZoneError

T = TypeVar("T")


class BusyError(Exception):
    """The server gave no answer, or asked to be asked again later: worth another attempt.

    Adapters raise it in the place of a library's exception; it never leaves `persist`.
    """


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on asking.

    Attributes:
        seconds: after so many seconds no further attempt begins.
        first_pause: seconds before the second attempt; each later pause is twice as long.
        longest_pause: seconds no pause exceeds.
        clock: seconds that never run backwards.
        sleep: waits for a number of seconds.
    """

    seconds: float = 20.0
    first_pause: float = 0.1
    longest_pause: float = 2.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def persist(patience: Patience, attempt: Callable[[], T], give_up: Callable[[], SafeZoneError]) -> T:
    """Do what may be done twice, again and again while the server is busy.

    Args:
        patience: how long.
        attempt: raises `BusyError` when it is worth another try; everything else it raises is final.
        give_up: makes the error to raise when patience ends.

    Raises:
        SafeZoneError: what `give_up` makes, without the library's exception behind it.
    """
    until = patience.clock() + patience.seconds
    pause = patience.first_pause
    while True:
        try:
            return attempt()
        except BusyError:
            pass
        # Half of each pause is chance, so that many workers do not come back at the same moment.
        wait = pause * (0.5 + secrets.randbelow(1001) / 2000)
        if patience.clock() + wait >= until:
            raise give_up() from None
        patience.sleep(wait)
        pause = min(2 * pause, patience.longest_pause)
