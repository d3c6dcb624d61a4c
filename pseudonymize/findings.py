"""What was found in text, as counts that add up: by column, entity and score band. Never what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BANDS = ((0.85, "high"), (0.5, "medium"), (0.0, "low"))


def score_band(score: float) -> str:
    """The band a score falls in: high from 0.85, medium from 0.5, else low."""
    return next((name for least, name in BANDS if score >= least), "low")


@dataclass(frozen=True, slots=True)
class Findings:
    """Counts of what was found.

    Attributes:
        counts: (column, entity, score band) to number of occurrences.
    """

    counts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    def merge(self, other: Findings) -> Findings:
        """Both together."""
        return Findings(dict(Counter(self.counts) + Counter(other.counts)))

    def by_entity(self) -> dict[str, int]:
        """Occurrences of each entity over all columns, most first, then by name."""
        total: Counter[str] = Counter()
        for (_, entity, _), number in self.counts.items():
            total[entity] += number
        return dict(sorted(total.items(), key=lambda found: (-found[1], found[0])))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain JSON values."""
        return [
            {"column": column, "entity": entity, "band": band, "count": number}
            for (column, entity, band), number in sorted(self.counts.items())
        ]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Findings:
        """Rebuild from what `to_json` gave."""
        return cls({(row["column"], row["entity"], row["band"]): row["count"] for row in rows})
