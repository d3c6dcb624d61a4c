"""What was found in text, as counts that add up: by column, entity, recognizer and score band. Never what it was."""

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
        counts: (column, entity, recognizer, score band) to number of occurrences; the recognizer is empty where
            the detector does not tell it.
    """

    counts: Mapping[tuple[str, str, str, str], int] = field(default_factory=dict)

    def merge(self, other: Findings) -> Findings:
        """Both together."""
        return Findings(dict(Counter(self.counts) + Counter(other.counts)))

    def by_entity(self) -> dict[str, int]:
        """Occurrences of each entity over all columns, most first, then by name."""
        return self._by(1)

    def by_recognizer(self) -> dict[str, int]:
        """Occurrences of what each recognizer found, most first, then by name."""
        return self._by(2)

    def _by(self, part: int) -> dict[str, int]:
        total: Counter[str] = Counter()
        for key, number in self.counts.items():
            total[key[part]] += number
        return dict(sorted(total.items(), key=lambda found: (-found[1], found[0])))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain JSON values."""
        return [
            {"column": column, "entity": entity, "recognizer": recognizer, "band": band, "count": number}
            for (column, entity, recognizer, band), number in sorted(self.counts.items())
        ]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Findings:
        """Rebuild from what `to_json` gave; rows written before recognizers were counted have none."""
        counts: Counter[tuple[str, str, str, str]] = Counter()
        for row in rows:
            counts[row["column"], row["entity"], row.get("recognizer", ""), row["band"]] += row["count"]
        return cls(dict(counts))
