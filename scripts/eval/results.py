"""What an evaluation gives: tables, targets, mistakes; and how figures are written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scripts.eval.measures import Quality
from scripts.eval.metrics import Figure, Score
from scripts.eval.mistakes import Mistake

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Table:
    """A titled table of text cells, the first column left, the others right."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Target:
    """A figure with what it should be.

    Attributes:
        name: What is measured.
        peer: The best peer's figure of the same run, as text.
        goal: The least value that passes, or the greatest when ``at_most``.
        measured: Our figure, or None where the corpus is not there.
        at_most: Whether small is good.
        percent: Whether it is written as a percentage.
    """

    name: str
    peer: str
    goal: float
    measured: Figure | None
    at_most: bool = False
    percent: bool = False

    @property
    def passed(self) -> bool | None:
        """Whether the goal is met; None when not measured."""
        if self.measured is None or math.isnan(self.measured.value):
            return None
        return self.measured.value <= self.goal if self.at_most else self.measured.value >= self.goal

    def row(self) -> tuple[str, ...]:
        """Cells: name, peer, goal, measured, mark."""
        sign = "at most" if self.at_most else "at least"
        goal = f"{self.goal:.1%}" if self.percent else f"{self.goal:g}"
        measured = NOT_MEASURED if self.measured is None else shown(self.measured, percent=self.percent)
        mark = {True: "pass", False: "FAIL", None: "–"}[self.passed]
        return self.name, self.peer, f"{sign} {goal}", measured, mark


@dataclass
class Report:
    """All of one evaluation."""

    targets: list[Target] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)


def shown(value: Figure, *, percent: bool = False, digits: int = 3) -> str:
    """``0.912 (0.897 to 0.926)``."""
    if math.isnan(value.value):
        return "–"
    if percent:
        return f"{value.value:.2%} ({value.low:.2%} to {value.high:.2%})"
    return f"{value.value:.{digits}f} ({value.low:.{digits}f} to {value.high:.{digits}f})"


def brief(value: Figure) -> str:
    """The value alone."""
    return "–" if math.isnan(value.value) else f"{value.value:.3f}"


def pair(quality: Quality) -> str:
    """Recall and precision of a peer."""
    return f"R {brief(quality.recall)} P {brief(quality.precision)}"


SCORE_HEADER = (
    "entity",
    "marked",
    "reported",
    "precision",
    "recall",
    "F1",
    "characters: precision",
    "characters: recall",
)


def score_rows(scores: list[Score]) -> tuple[tuple[str, ...], ...]:
    """Scores as cells."""
    return tuple(
        (
            score.entity,
            f"{score.known:,}",
            f"{score.reported:,}",
            *(shown(value) for value in (score.precision, score.recall, score.f1)),
            *(shown(value) for value in (score.covered_precision, score.covered_recall)),
        )
        for score in scores
    )


def quality_row(name: str, quality: Quality) -> tuple[str, ...]:
    """A named quality as cells: precision, recall, F1."""
    return name, shown(quality.precision), shown(quality.recall), shown(quality.f1)
