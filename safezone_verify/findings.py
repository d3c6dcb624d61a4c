"""What a verification found, in words a person can act on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from safezone_verify.words import Text, said

_KEPT = 100


class Kind(StrEnum):
    """What is wrong."""

    words: Text

    def __new__(cls, value: str, en: str, ko: str) -> Kind:
        """Give the kind its words."""
        made = str.__new__(cls, value)
        made._value_, made.words = value, Text(en, ko)
        return made

    EDITED = "edited", "entry changed after it was written", "기록된 뒤 변경된 항목"
    DELETED = "deleted", "entry removed", "삭제된 항목"
    INSERTED = "inserted", "entry added that was never recorded", "기록된 적 없이 추가된 항목"
    MOVED = "moved", "entry in another's place", "다른 항목의 자리에 있는 항목"
    TRUNCATED = "truncated", "entries removed from the end", "끝에서부터 삭제된 항목"
    EVENT = "event", "event row differs from its entry in the log", "로그 항목과 다른 이벤트 행"
    DETAILS = "details", "details differ from what was committed to", "기록된 다이제스트와 다른 상세 내용"
    NODE = "node", "stored tree differs from the entries", "항목과 다른 저장 트리"
    CHECKPOINT = "checkpoint", "checkpoint does not verify", "검증되지 않는 체크포인트"
    UNWITNESSED = "unwitnessed", "no word of the witness named", "지정한 증인의 확인이 없음"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was written.

    Attributes:
        kind: what is wrong.
        seq: the entry concerned, or the first that may be.
        last: the last entry that may be; the same as `seq` when the place is known exactly.
        note: which checkpoint or witness showed it, when one did.
    """

    kind: Kind
    seq: int
    last: int
    note: str = ""

    def text(self) -> Text:
        """One line in both languages."""
        exact = self.last == self.seq
        words = self.kind.words if exact or self.kind is not Kind.EDITED else said("stretch")
        place = str(self.seq) if exact else f"{self.seq}-{self.last}"
        return said("problem", place, words, f" ({self.note})" if self.note else "")


@dataclass(slots=True)
class Verification:
    """The answer to: is the log whole? Put together while it is checked.

    Attributes:
        origin: the log's name.
        size: entries in the log, or in an excerpt of it.
        proven: how many a checkpoint the log signed covers; of a log, from the start.
        witnessed: how many of them a witness, or the auditor's own checkpoint, vouches for.
        staged: events that wait for their place, where the log itself is checked.
        details_deleted: entries whose details are gone, as they may be when their time is over.
        checkpoints: checkpoints compared.
        problems: what is wrong, in the order of discovery (the first hundred).
        count: number of problems.
        caveats: what could not be proven, and why.
    """

    origin: str = ""
    size: int = 0
    proven: int = 0
    witnessed: int = 0
    staged: int = 0
    details_deleted: int = 0
    checkpoints: int = 0
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    caveats: list[Text] = field(default_factory=list)

    def add(self, kind: Kind, seq: int, last: int | None = None, note: str = "") -> None:
        """Note a problem. What only a stretch is known of is few, says the most, and is kept in any case."""
        self.count += 1
        if len(self.problems) < _KEPT or (kind is Kind.EDITED and last is not None):
            self.problems.append(Problem(kind, seq, seq if last is None else last, note))

    def within(self, start: int, end: int) -> bool:
        """Whether a problem is known among entries `start` to before `end`."""
        return any(problem.seq < end and problem.last >= start for problem in self.problems)

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong. The tail after `witnessed` is then consistent, but not proven."""
        return not self.count

    @property
    def first(self) -> Problem | None:
        """The problem at the lowest sequence number; of those the one known most exactly."""
        # A bad checkpoint says nothing of single entries, so it comes last.
        vague = {Kind.CHECKPOINT, Kind.UNWITNESSED}
        return min(self.problems, key=lambda each: (each.kind in vague, each.seq, each.last), default=None)

    @property
    def unproven(self) -> range:
        """The entries nobody outside vouches for yet."""
        return range(self.witnessed, self.size)

    def text(self) -> Text:
        """One line in both languages."""
        if self.first is not None:
            return said("tampered", self, self.first.text())
        return said("whole", self, len(self.unproven))

    def to_json(self) -> dict[str, Any]:
        """The answer as plain JSON values."""
        first = None if self.first is None else self.first.seq
        more = {"ok": self.ok, "unproven": len(self.unproven), "first": first}
        return asdict(self) | more | {"caveats": [caveat._asdict() for caveat in self.caveats]}
