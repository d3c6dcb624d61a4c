"""What was refused, to whom and why; attempts made over and over stand out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from safezone.audit.engine import read
from safezone.audit.questions.clock import Period, local
from safezone.audit.questions.reading import Seen, action, events, within
from safezone.audit.tables import refused

REPEATED = 3
"""So many refusals of one person, for one action and reason ..."""
WITHIN = timedelta(minutes=10)
"""... in so short a time count as trying again. Our own choice: a slip happens twice, a script does not stop."""


@dataclass(slots=True)
class Denial:
    """What one account was refused for one reason.

    Attributes:
        account: who; ``unknown`` when nobody could be told.
        what: the action that was tried, or ``authentication.failed``.
        reason: the rule or error that refused it; empty when the details are gone.
        times: how often.
        objects: on what.
        first: the first time, UTC.
        last: the last time, UTC.
        burst: the most attempts within ten minutes.
    """

    account: str
    what: str
    reason: str
    times: int = 0
    objects: set[str] = field(default_factory=set)
    first: str = ""
    last: str = ""
    burst: int = 0
    _recent: deque[datetime] = field(default_factory=deque, repr=False)

    @property
    def repeated(self) -> bool:
        """Whether it was tried again and again."""
        return self.burst >= REPEATED

    def add(self, seen: Seen) -> None:
        """Count one more; to be called in the order of time."""
        self.times += 1
        self.objects.add(seen.object)
        self.first, self.last = self.first or seen.time, seen.time
        moment = local(seen.time)
        self._recent.append(moment)
        while self._recent[0] < moment - WITHIN:
            self._recent.popleft()
        self.burst = max(self.burst, len(self._recent))

    def to_json(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {
            "id": f"{self.account} {self.what} {self.reason}".strip(),
            "state": "REPEATED" if self.repeated else "DENIED",
            "account": self.account,
            "what": self.what,
            "reason": self.reason,
            "times": self.times,
            "objects": sorted(self.objects),
            "first": self.first,
            "last": self.last,
            "burst": self.burst,
        }


def denials(engine: Engine, period: Period) -> list[Denial]:
    """All denials of a period by person, action and reason: those tried again first, then the most frequent."""
    with read(engine) as connection:
        return grouped(events(connection, refused, within(period)))


def grouped(refusals: Iterable[Seen]) -> list[Denial]:
    """Refusals, in the order of time, by person, action and reason."""
    found: dict[tuple[str, str, str], Denial] = {}
    for seen in refusals:
        key = (seen.account, action(seen.type, seen.purpose), _reason(seen))
        found.setdefault(key, Denial(*key)).add(seen)
    return sorted(found.values(), key=lambda each: (not each.repeated, -each.times, each.account, each.what))


def _reason(seen: Seen) -> str:
    for name in ("rules", "code"):
        if name in seen.details:
            return str(seen.details[name])
    for name in ("token", "airflow_user"):
        if name in seen.details:
            return f"{name} {seen.details[name]}"
    return ""
