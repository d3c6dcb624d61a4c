"""Counts that add up: what mapped tasks hand back about their parts, and nothing else.

A partial result holds no value from the data, so it may travel through XCom and logs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from validation.suite import SuiteError

COLUMN_MISSING = "column_missing"
"""The batch has no column of that name."""
WRONG_TYPE = "wrong_type"
"""The column's type cannot be judged by this expectation."""
DETECTOR_FAILED = "detector_failed"
"""The detector raised or gave no answer for every text."""
EVALUATION_FAILED = "evaluation_failed"
"""Great Expectations or DuckDB raised; what it said is withheld because it may hold values."""
NOT_EVALUATED = "not_evaluated"
"""What the expectation needs was never handed in."""
ROWS_NOT_COVERED = "rows_not_covered"
"""The rows judged one by one are not as many as the dataset has: a part was missed or counted twice."""
OUT_OF_MEMORY = "out_of_memory"
"""The exact computation did not fit its memory limit."""
CODES = frozenset(
    {
        COLUMN_MISSING,
        WRONG_TYPE,
        DETECTOR_FAILED,
        EVALUATION_FAILED,
        NOT_EVALUATED,
        ROWS_NOT_COVERED,
        OUT_OF_MEMORY,
    }
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one expectation over some rows.

    Attributes:
        evaluated: rows (or columns, for expectations on the schema) that were judged.
        unexpected: how many of them did not meet the expectation.
        found: further counts by a name that is not data, e.g. findings by entity.
        code: one of `CODES` when it could not be judged.
    """

    evaluated: int = 0
    unexpected: int = 0
    found: Mapping[str, int] = field(default_factory=dict)
    code: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a count.

        Raises:
            SuiteError: naming the field.
        """
        if not 0 <= self.unexpected <= self.evaluated:
            raise SuiteError("a tally counts from 0, and never more unexpected than evaluated")
        if self.code is not None and self.code not in CODES:
            raise SuiteError("a tally has an unknown code")

    def __add__(self, other: Tally) -> Tally:
        """Counts over the rows of both."""
        return Tally(
            self.evaluated + other.evaluated,
            self.unexpected + other.unexpected,
            dict(sorted((Counter(self.found) + Counter(other.found)).items())),
            _either(self.code, other.code),
        )

    def worst(self, other: Tally) -> Tally:
        """The worse of two judgements of the same columns."""
        worse = max(self, other, key=lambda tally: (tally.unexpected, tally.evaluated))
        return Tally(worse.evaluated, worse.unexpected, worse.found, _either(self.code, other.code))

    def to_json(self) -> dict[str, Any]:
        """The tally as plain JSON values."""
        data: dict[str, Any] = {"evaluated": self.evaluated, "unexpected": self.unexpected}
        return (
            data | ({"found": dict(self.found)} if self.found else {}) | ({"code": self.code} if self.code else {})
        )


def _either(one: str | None, two: str | None) -> str | None:
    """The same code whichever part came first."""
    return min((code for code in (one, two) if code is not None), default=None)


@dataclass(frozen=True, slots=True)
class Partial:
    """What is known about some parts: mergeable in any order.

    Attributes:
        suite: digest of the suite that was evaluated.
        rows: rows seen.
        batches: batches evaluated; none means nothing was judged.
        tallies: counts by expectation id.
    """

    suite: str
    rows: int = 0
    batches: int = 0
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The partial result as plain JSON values: counts only."""
        tallies = {name: tally.to_json() for name, tally in self.tallies.items()}
        return {"suite": self.suite, "rows": self.rows, "batches": self.batches, "tallies": tallies}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Partial:
        """Rebuild a partial result from what `to_json` gave."""
        tallies = {str(name): Tally(**tally) for name, tally in data["tallies"].items()}
        return cls(str(data["suite"]), int(data["rows"]), int(data["batches"]), tallies)
