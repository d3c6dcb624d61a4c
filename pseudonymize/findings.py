"""What was found in text, as counts that add up: by column, entity and score band. Never what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pseudonymize.spans import Span

BANDS = ((0.85, "high"), (0.5, "medium"), (0.0, "low"))


def score_band(score: float) -> str:
    """The band a score falls in: high from 0.85, medium from 0.5, else low."""
    return next(name for least, name in BANDS if score >= least)


@dataclass(frozen=True, slots=True)
class Findings:
    """Counts of what was found.

    Attributes:
        counts: (column, entity, score band) to number of occurrences.
    """

    counts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, column: str, spans: Iterable[Span], weight: int = 1) -> Findings:
        """Count the spans found in one text that stands in `weight` rows."""
        counted = Counter((column, span.entity, score_band(span.score)) for span in spans)
        return cls({key: number * weight for key, number in counted.items()})

    def merge(self, other: Findings) -> Findings:
        """Both together."""
        return Findings(dict(Counter(self.counts) + Counter(other.counts)))

    def by_entity(self) -> dict[str, int]:
        """Occurrences of each entity over all columns, most first."""
        total: Counter[str] = Counter()
        for (_, entity, _), number in self.counts.items():
            total[entity] += number
        return dict(total.most_common())

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
