"""Unusual access: a person's day against the same person's own last 90 days.

Nothing is learnt from other people, nothing is random, and each line can be checked by hand from what it says.

*Volume* (rows read or handed out, reads, downloads; by Korean day): the modified z-score
``0.6745 (x - median) / MAD`` of B. Iglewicz and D. C. Hoaglin, "How to Detect and Handle Outliers" (1993), also in
the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.17, which recommends 3.5 as the limit. The median and the
median absolute deviation of the days with such access are not moved by a few wild days. A MAD near zero would make
every change an outlier: the scale is never taken smaller than a tenth of the median, nor than 1.

*Hour of day*: a clock hour counts once however much was done in it, so that one long read weighs as much as one look.
The share of the three hours around it among the earlier active hours, with Jeffreys' half added to each of the 24
(Laplace smoothing on a circle), is compared with 2 %; three hours of the day taken evenly would have 12.5 %. Somebody
must have been active in 64 hours before an hour never seen falls below that limit.

Who has less history than that is named as such and not judged. The limits are conventions, not proof of anything:
each line is a question to a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from safezone.audit.engine import read
from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period, local
from safezone.audit.questions.reading import SYSTEM, details, number, of_types, within
from safezone.audit.tables import audit_detail, audit_event
from safezone.errors import Text
from safezone.model import timestamp

HISTORY_DAYS = 90
MIN_DAYS = 10
"""So many earlier days with access of the same kind before a volume is judged."""
LIMIT = 3.5
SCALE = 0.6745
"""The 75th percentile of the standard normal distribution: it makes the MAD comparable with a deviation."""
RARE = 0.02
PRIOR = 0.5
MIN_HOURS = 64
"""With fewer earlier active hours, ``3 * PRIOR / (n + 24 * PRIOR)`` is above `RARE` for any hour of the day."""

_CHUNK = 5_000
_READS = (EventType.VAULT_READ, EventType.RELEASE_PULLED)
_ACTIVE = (EventType.DECISION_ALLOWED, *_READS)


class Kind(StrEnum):
    """What is unusual."""

    ROWS = "rows"
    READS = "reads"
    DOWNLOADS = "downloads"
    HOUR = "hour"
    NO_HISTORY = "no_history"


_WORDS = {
    Kind.ROWS: Text("rows read", "열람 행 수"),
    Kind.READS: Text("reads", "열람 횟수"),
    Kind.DOWNLOADS: Text("downloads", "내려받기 횟수"),
}


@dataclass(frozen=True, slots=True)
class Unusual:
    """One thing to ask a person about.

    Attributes:
        account: whose.
        kind: what is unusual.
        moment: when, UTC; for a volume the beginning of the Korean day.
        value: how much; for an hour how many events in it.
        usual: the median of the earlier days; for an hour how many earlier active hours were around it.
        history: earlier days (or active hours) it is compared with.
        score: how far out: the modified z-score, or the smoothed share in per mille.
        why: the same in words, with the numbers it rests on.
    """

    account: str
    kind: Kind
    moment: str
    value: int
    usual: float
    history: int
    score: float
    why: Text

    def to_json(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {
            "id": f"{self.account} {self.kind.value} {self.moment}",
            "state": "NO_HISTORY" if self.kind is Kind.NO_HISTORY else "UNUSUAL",
            "account": self.account,
            "kind": self.kind.value,
            "time": self.moment,
            "value": self.value,
            "usual": self.usual,
            "history": self.history,
            "score": round(self.score, 2),
            "why": {"en": self.why.en, "ko": self.why.ko},
        }


def unusual(engine: Engine, month: Period) -> list[Unusual]:
    """What was unusual in a month: by account, in the order of time; who has too little history comes last.

    Args:
        engine: the store.
        month: the days to judge; the 90 before each of them are its history.
    """
    whole = Period(timestamp(local(month.start) - timedelta(days=HISTORY_DAYS)), month.end)
    with read(engine) as connection:
        volumes = _volumes(connection, whole)
        hours = _hours(connection, whole)
    first, last = month.first_day, local(month.end).date()
    found: list[Unusual] = []
    for account in sorted({*volumes, *hours}):
        lacking: list[Text] = []
        lines = [*_judged_hours(account, hours.get(account, {}), first, last, lacking)]
        for kind, by_day in sorted(volumes.get(account, {}).items()):
            lines += _judged_days(account, kind, by_day, first, last, lacking)
        if lacking:
            why = Text(
                f"Not enough history for {'; '.join(each.en for each in lacking)}.",
                f"비교할 이력 부족: {', '.join(each.ko for each in lacking)}.",
            )
            lines.append(Unusual(account, Kind.NO_HISTORY, month.start, 0, 0, 0, 0, why))
        found += sorted(lines, key=lambda line: (line.moment, line.kind))
    return sorted(found, key=lambda line: line.kind is Kind.NO_HISTORY)


Days = Mapping[date, int]
Hours = Mapping[date, Mapping[int, tuple[int, str]]]


def _volumes(connection: Connection, period: Period) -> dict[str, dict[Kind, Counter[date]]]:
    """Rows, reads and downloads of each person by Korean day."""
    found: dict[str, dict[Kind, Counter[date]]] = defaultdict(lambda: defaultdict(Counter))
    columns, pulled = audit_event.c, EventType.RELEASE_PULLED.value
    query = (
        select(columns.account, func.substr(columns.time, 1, 13), columns.type, audit_detail.c.details)
        .select_from(audit_event.outerjoin(audit_detail, audit_detail.c.uid == columns.uid))
        .where(of_types(*_READS), within(period), columns.account.not_in(SYSTEM))
        .execution_options(yield_per=_CHUNK)
    )
    days: dict[str, date] = {}
    for account, hour, type_, text in connection.execute(query):
        day = days.get(hour) or days.setdefault(hour, local(f"{hour}:00:00Z").date())
        counts = found[account]
        counts[Kind.DOWNLOADS if type_ == pulled else Kind.READS][day] += 1
        if rows := number(details(text), "rows"):
            counts[Kind.ROWS][day] += rows
    return found


def _hours(connection: Connection, period: Period) -> dict[str, dict[date, dict[int, tuple[int, str]]]]:
    """By person, Korean day and hour: how many events, and when the first of them was."""
    columns = audit_event.c
    hour = func.substr(columns.time, 1, 13)
    query = (
        select(columns.account, hour, func.count(), func.min(columns.time))
        .where(of_types(*_ACTIVE), within(period), columns.account.not_in(SYSTEM))
        .group_by(columns.account, hour)
    )
    found: dict[str, dict[date, dict[int, tuple[int, str]]]] = defaultdict(lambda: defaultdict(dict))
    for account, _, times, first in connection.execute(query):
        moment = local(first)
        found[account][moment.date()][moment.hour] = (times, first)
    return found


def _judged_days(
    account: str, kind: Kind, by_day: Days, first: date, last: date, lacking: list[Text]
) -> Iterator[Unusual]:
    """Days of a month whose volume stands out from the 90 before; too little history is added to `lacking`."""
    new: tuple[int, date, int] | None = None
    for day in sorted(each for each in by_day if first <= each < last):
        value = by_day[day]
        earlier = [by_day[each] for each in by_day if day - timedelta(days=HISTORY_DAYS) <= each < day]
        if len(earlier) < MIN_DAYS:
            new = max(new or (0, day, 0), (value, day, len(earlier)))
            continue
        usual = median(earlier)
        score = outlying(value, earlier)
        if score > LIMIT:
            why = _why_volume(kind, day, value, usual, len(earlier), score)
            yield Unusual(account, kind, _begins(day), value, usual, len(earlier), score, why)
    if new is not None:
        lacking.append(_why_new(kind, *new))


def outlying(value: float, earlier: list[int]) -> float:
    """The modified z-score of a value against earlier ones, the scale kept above a tenth of their median and 1."""
    middle = median(earlier)
    spread = median(abs(each - middle) for each in earlier) / SCALE
    return (value - middle) / max(spread, middle / 10, 1)


def _judged_hours(account: str, by_day: Hours, first: date, last: date, lacking: list[Text]) -> Iterator[Unusual]:
    """Hours of a month around which there was hardly any activity in the 90 days before."""
    least: int | None = None
    for day in sorted(each for each in by_day if first <= each < last):
        start = day - timedelta(days=HISTORY_DAYS)
        past = Counter(hour for earlier, hours in by_day.items() if start <= earlier < day for hour in hours)
        known = past.total()
        if known < MIN_HOURS:
            least = known if least is None else max(least, known)
            continue
        for hour, (times, moment) in sorted(by_day[day].items()):
            near = sum(past[(hour + step) % 24] for step in (-1, 0, 1))
            share = (near + 3 * PRIOR) / (known + 24 * PRIOR)
            if share < RARE:
                why = _why_hour(moment, hour, near, known, times)
                yield Unusual(account, Kind.HOUR, moment, times, near, known, share * 1000, why)
    if least is not None:
        lacking.append(
            Text(
                f"the hour of day ({least} earlier active hours, {MIN_HOURS} are needed)",
                f"접속 시간대(이전 활동 {least}시간, 최소 {MIN_HOURS}시간 필요)",
            )
        )


def _begins(day: date) -> str:
    return Period.days(str(day), str(day)).start


def _why_volume(kind: Kind, day: date, value: int, usual: float, known: int, score: float) -> Text:
    word = _WORDS[kind]
    return Text(
        f"{day} KST: {value:,} {word.en}; on the {known} earlier days with any in {HISTORY_DAYS} days "
        f"the median was {usual:,.0f} (modified z-score {score:.1f}, limit {LIMIT}).",
        f"{day} KST: {word.ko} {value:,}. 이전 {HISTORY_DAYS}일 중 해당 접속이 있던 {known}일의 중앙값은 "
        f"{usual:,.0f} (수정 z점수 {score:.1f}, 기준 {LIMIT}).",
    )


def _why_hour(moment: str, hour: int, near: int, known: int, times: int) -> Text:
    at = local(moment).strftime("%Y-%m-%d %H:%M")
    start, end = (hour - 1) % 24, (hour + 2) % 24
    return Text(
        f"{at} KST, {times:,} event(s) in that hour; of {known} earlier active hours {near} were "
        f"between {start:02} and {end:02}.",
        f"{at} KST, 해당 시간대 기록 {times:,}건. 이전에 활동한 {known}시간 중 {start:02}시~{end:02}시는 {near}시간.",
    )


def _why_new(kind: Kind, value: int, day: date, known: int) -> Text:
    word = _WORDS[kind]
    return Text(
        f"{word.en} ({known} earlier days, {MIN_DAYS} are needed; the most was {value:,} on {day})",
        f"{word.ko}(이전 {known}일, 최소 {MIN_DAYS}일 필요, 최대 {day}에 {value:,})",
    )
