"""What an assessment found, as reviewers see it and manifests keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pseudonymize.risk.errors import RiskError

# Lower bounds of the histogram's bands; the last is open.
BANDS = (1, 2, 3, 5, 10, 20, 50, 100)


def band_label(at: int) -> str:
    """How a band of class sizes is written: ``1``, ``3-4``, ``100+``."""
    low = BANDS[at]
    if at + 1 == len(BANDS):
        return f"{low}+"
    high = BANDS[at + 1] - 1
    return str(low) if low == high else f"{low}-{high}"


@dataclass(frozen=True, slots=True)
class Band:
    """How many classes have a size within a range.

    Attributes:
        sizes: the range, as ``3-4`` or ``100+``.
        classes: equivalence classes of such a size.
        rows: rows in them.
    """

    sizes: str
    classes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Diversity:
    """l-diversity of one sensitive attribute (Machanavajjhala et al., 2007); null is a value of its own.

    Attributes:
        distinct: fewest distinct values within a class; None without rows.
        entropy: least exp(entropy) of the values within a class (never above `distinct`); None without rows.
    """

    distinct: int | None
    entropy: float | None


@dataclass(frozen=True, slots=True)
class RiskReport:
    """Re-identification risk of a table under the prosecutor model: the attacker knows the person is in it.

    The measures are those of El Emam, *Guide to the De-Identification of Personal Health Information* (2013), as
    ARX reports them.

    Attributes:
        rows: rows assessed.
        classes: equivalence classes.
        k: size of the smallest class; None without rows.
        histogram: classes and rows by class size, in the bands 1, 2, 3-4, 5-9, 10-19, 20-49, 50-99, 100+.
        sample_uniques: rows alone in their class.
        sample_uniques_share: their share of all rows, 0 to 1.
        prosecutor_max: highest risk of any row, 1/k.
        prosecutor_average: mean risk over the rows, classes/rows.
        l: diversity by sensitive attribute.
    """

    rows: int
    classes: int
    k: int | None
    histogram: tuple[Band, ...]
    sample_uniques: int
    sample_uniques_share: float
    prosecutor_max: float
    prosecutor_average: float
    l: Mapping[str, Diversity] = field(default_factory=dict)  # noqa: E741  the measure's name

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self) | {"histogram": [asdict(band) for band in self.histogram]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RiskReport:
        """Read what `to_json` wrote.

        Raises:
            RiskError: ``invalid_report``.
        """
        try:
            bands = tuple(Band(**band) for band in data["histogram"])
            diversity = {name: Diversity(**found) for name, found in data["l"].items()}
            return cls(**{**data, "histogram": bands, "l": diversity})
        except (KeyError, TypeError, AttributeError):
            pass
        raise RiskError("invalid_report")
