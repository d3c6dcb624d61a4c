"""What a verification found, in words a person can act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from safezone_verify.words import Text

_KEPT = 100


class Kind(StrEnum):
    """What is wrong."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    MOVED = "moved"
    TRUNCATED = "truncated"
    EVENT = "event"
    DETAILS = "details"
    NODE = "node"
    CHECKPOINT = "checkpoint"
    UNWITNESSED = "unwitnessed"


_WORDS = {
    Kind.EDITED: Text("entry changed after it was written", "기록된 뒤 변경된 항목"),
    Kind.DELETED: Text("entry removed", "삭제된 항목"),
    Kind.INSERTED: Text("entry added that was never recorded", "기록된 적 없이 추가된 항목"),
    Kind.MOVED: Text("entry in another's place", "다른 항목의 자리에 있는 항목"),
    Kind.TRUNCATED: Text("entries removed from the end", "끝에서부터 삭제된 항목"),
    Kind.EVENT: Text("event row differs from its entry in the log", "로그 항목과 다른 이벤트 행"),
    Kind.DETAILS: Text("details differ from what was committed to", "기록된 다이제스트와 다른 상세 내용"),
    Kind.NODE: Text("stored tree differs from the entries", "항목과 다른 저장 트리"),
    Kind.CHECKPOINT: Text("checkpoint does not verify", "검증되지 않는 체크포인트"),
    Kind.UNWITNESSED: Text("no word of the witness named", "지정한 증인의 확인이 없음"),
}
_SOMEWHERE = Text("something in this stretch was changed or removed", "이 구간 어딘가가 변경되거나 삭제됨")


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
        place = str(self.seq) if self.last == self.seq else f"{self.seq}-{self.last}"
        words, note = _WORDS[self.kind], f" ({self.note})" if self.note else ""
        if self.kind is Kind.EDITED and self.last != self.seq:
            words = _SOMEWHERE
        return Text(f"{place}: {words.en}{note}", f"{place}: {words.ko}{note}")


@dataclass(slots=True)
class Findings:
    """Collects problems; beyond a hundred they are only counted."""

    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, kind: Kind, seq: int, last: int | None = None, note: str = "") -> None:
        """Note a problem. What only a stretch is known of is few, says the most, and is kept in any case."""
        self.count += 1
        stretch = kind is Kind.EDITED and last is not None
        if len(self.problems) < _KEPT or stretch:
            self.problems.append(Problem(kind, seq, seq if last is None else last, note))

    def within(self, start: int, end: int) -> bool:
        """Whether a problem is known among entries `start` to before `end`."""
        return any(problem.seq < end and problem.last >= start for problem in self.problems)

    def exactly(self, seq: int) -> bool:
        """Whether a problem is known of this very entry."""
        return any(problem.seq == seq == problem.last for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer to: is the log whole?

    Attributes:
        size: entries in the log, or in an excerpt of it.
        proven: how many a checkpoint the log signed covers; of a log, from the start.
        witnessed: how many of them a witness, or the auditor's own checkpoint, vouches for.
        staged: events that wait for their place.
        details_deleted: entries whose details are gone, as they may be when their time is over.
        checkpoints: checkpoints compared.
        problems: what is wrong, in the order of discovery (the first hundred).
        count: number of problems.
        origin: the log's name.
        caveats: what could not be proven, and why.
    """

    size: int
    proven: int
    witnessed: int
    staged: int
    details_deleted: int
    checkpoints: int
    problems: tuple[Problem, ...]
    count: int
    origin: str = ""
    caveats: tuple[Text, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong. The tail after `witnessed` is then consistent, but not proven."""
        return not self.count

    @property
    def first(self) -> Problem | None:
        """The problem at the lowest sequence number; of those the one known most exactly."""

        def place(problem: Problem) -> tuple[bool, int, int]:
            # A bad checkpoint says nothing of single entries, so it comes last.
            return problem.kind in {Kind.CHECKPOINT, Kind.UNWITNESSED}, problem.seq, problem.last

        return min(self.problems, key=place, default=None)

    @property
    def unproven(self) -> range:
        """The entries nobody outside vouches for yet."""
        return range(self.witnessed, self.size)

    def text(self) -> Text:
        """One line in both languages."""
        if self.first is not None:
            first = self.first.text()
            return Text(
                f"TAMPERED: {self.count} problem(s), first at {first.en}",
                f"변조됨: 문제 {self.count}건, 최초 위치 {first.ko}",
            )
        tail = len(self.unproven)
        return Text(
            f"Whole: {self.size} entries, {self.proven} signed, {self.witnessed} witnessed; "
            f"the last {tail} are unproven.",
            f"온전함: 전체 {self.size}건, 서명 {self.proven}건, 증인 확인 {self.witnessed}건. "
            f"마지막 {tail}건은 아직 증명되지 않았습니다.",
        )

    def to_json(self) -> dict[str, Any]:
        """The answer as plain JSON values."""
        return {
            "ok": self.ok,
            "size": self.size,
            "proven": self.proven,
            "witnessed": self.witnessed,
            "unproven": len(self.unproven),
            "staged": self.staged,
            "details_deleted": self.details_deleted,
            "checkpoints": self.checkpoints,
            "count": self.count,
            "first": None if self.first is None else self.first.seq,
            "problems": [
                {"kind": problem.kind.value, "seq": problem.seq, "last": problem.last, "note": problem.note}
                for problem in self.problems
            ],
            "caveats": [caveat._asdict() for caveat in self.caveats],
        }
