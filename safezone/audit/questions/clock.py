"""Days and months as people in Korea count them, over a log that is written in UTC.

Korea Standard Time is UTC+9 without daylight saving time, so an offset suffices. A day someone names, an hour of
the day and a month of the report are always Korean; events themselves keep their UTC time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from safezone.errors import UsageError
from safezone.model import timestamp

KST = timezone(timedelta(hours=9), "KST")
_EVER, _NEVER = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time.

    Attributes:
        start: its first second, as events write it (RFC 3339, UTC).
        end: the first second after it.
    """

    start: str = _EVER
    end: str = _NEVER

    @classmethod
    def days(cls, first: str = "", last: str = "") -> Period:
        """From the first Korean day to the last, both included; an empty one leaves that side open.

        Raises:
            UsageError: one is not a day written YYYY-MM-DD, or the last comes before the first.
        """
        start = timestamp(midnight(_day(first))) if first else _EVER
        end = timestamp(midnight(_day(last) + timedelta(days=1))) if last else _NEVER
        if start >= end:
            raise _bad("the last day comes before the first", "끝나는 날이 시작하는 날보다 빠릅니다")
        return cls(start, end)

    @classmethod
    def month(cls, text: str) -> Period:
        """A Korean calendar month, written YYYY-MM (UsageError otherwise)."""
        if not re.fullmatch(r"\d{4}-\d{2}", text):
            raise _bad("a month is written YYYY-MM", "월은 YYYY-MM으로 씁니다")
        first = _day(f"{text}-01")
        return cls(timestamp(midnight(first)), timestamp(midnight((first + timedelta(days=31)).replace(day=1))))

    @property
    def first_day(self) -> date:
        """The Korean day it begins on."""
        return local(self.start).date()

    def says(self) -> str:
        """The period for people, e.g. ``2026-03-01 ~ 2026-03-31 KST``."""
        first = "…" if self.start == _EVER else str(self.first_day)
        last = "…" if self.end == _NEVER else str((local(self.end) - timedelta(seconds=1)).date())
        return f"{first} ~ {last} KST"


def midnight(day: date) -> datetime:
    """When a Korean day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=KST)


def local(moment: str) -> datetime:
    """An event's time, in Korea."""
    try:
        return datetime.fromisoformat(moment).astimezone(KST)
    except (ValueError, OverflowError):
        # A time nobody could have written: somebody edited the row, and `audit verify` says where.
        return datetime(1, 1, 2, tzinfo=UTC).astimezone(KST)


def korean(moment: str) -> str:
    """An event's time for people, in Korea: ``2026-03-01 14:05:59``."""
    return local(moment).strftime("%Y-%m-%d %H:%M:%S")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _bad("a day is written YYYY-MM-DD", "날짜는 YYYY-MM-DD로 씁니다") from None


def _bad(en: str, ko: str) -> UsageError:
    return UsageError(
        "audit.period",
        (f"That is not a period: {en}.", f"기간이 올바르지 않습니다: {ko}."),
        ("Give days such as --from 2026-03-01 --to 2026-03-31.", "예: --from 2026-03-01 --to 2026-03-31"),
    )
