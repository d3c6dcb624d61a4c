"""The result of a validation: which expectations held, in counts and never in values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from validation.suite import Severity


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one expectation came out.

    Attributes:
        id: its id in the suite.
        kind: what was expected (`validation.suite.Kind`).
        column: the column or columns it is about; empty for the whole table.
        severity: critical or warning.
        success: whether it held.
        evaluated: rows (columns for schema expectations) judged.
        unexpected: those that did not meet it.
        mostly: share that has to meet it.
        observed: further counts: findings by entity, number and smallest size of equivalence classes.
        code: why it could not be judged (`validation.tally.CODES`), None when it was.
    """

    id: str
    kind: str
    column: str
    severity: Severity
    success: bool
    evaluated: int
    unexpected: int
    mostly: float = 1.0
    observed: Mapping[str, int] = field(default_factory=dict)
    code: str | None = None

    @property
    def share(self) -> float:
        """Share of the judged rows that met it, 0 to 1; 1 when there were none and nothing went wrong."""
        if self.evaluated == 0:
            return 1.0 if self.success else 0.0
        return (self.evaluated - self.unexpected) / self.evaluated


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """How a suite came out.

    Attributes:
        suite: its name.
        digest: its digest.
        rows: rows judged.
        outcomes: one per expectation, in the suite's order.
        engine: name and version of what judged them.
    """

    suite: str
    digest: str
    rows: int
    outcomes: tuple[Outcome, ...]
    engine: str = ""

    @property
    def success(self) -> bool:
        """Whether every critical expectation held."""
        return not self.critical_failures

    @property
    def total(self) -> int:
        """Number of expectations."""
        return len(self.outcomes)

    @property
    def passed(self) -> int:
        """Number of expectations that held."""
        return sum(outcome.success for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Expectations that did not hold, critical ones first."""
        failed = (item for item in self.outcomes if not item.success)
        return tuple(sorted(failed, key=lambda item: item.severity != "critical"))

    @property
    def critical_failures(self) -> list[str]:
        """Ids of the failed expectations that stop the data."""
        return [item.id for item in self.failures if item.severity == "critical"]

    @property
    def warnings(self) -> list[str]:
        """Ids of the failed expectations that reviewers are only shown."""
        return [item.id for item in self.failures if item.severity == "warning"]

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {
            "suite": self.suite,
            "digest": self.digest,
            "rows": self.rows,
            "engine": self.engine,
            "success": self.success,
            "passed": self.passed,
            "total": self.total,
            "outcomes": [asdict(outcome) | {"observed": dict(outcome.observed)} for outcome in self.outcomes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ValidationResult:
        """Rebuild a result from what `to_json` gave; what follows from the outcomes is computed again."""
        outcomes = tuple(Outcome(**outcome) for outcome in data["outcomes"])
        return cls(data["suite"], data["digest"], int(data["rows"]), outcomes, data.get("engine", ""))
