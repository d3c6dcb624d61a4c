"""Which quasi-identifier costs the most rows, so that a policy's author knows what to generalise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pseudonymize.engine import connect
from pseudonymize.risk.classes import MEMORY, Readable, checked_k, coded, count
from pseudonymize.risk.errors import boundary


@dataclass(frozen=True, slots=True)
class Advice:
    """What one quasi-identifier costs.

    Attributes:
        column: the quasi-identifier.
        suppressed_now: rows in classes smaller than k.
        suppressed_without: rows that would still be, were the column generalised away; a lesser generalisation
            saves at most as many.
    """

    column: str
    suppressed_now: int
    suppressed_without: int

    def to_json(self) -> dict[str, Any]:
        """The advice as JSON values."""
        return asdict(self)


def advise(dataset: Readable, quasi_identifiers: Sequence[str], k: int) -> list[Advice]:
    """Ask, for each quasi-identifier, how many rows k would still cost without it.

    Args:
        dataset: a table, a dataset or a reader; read once.
        quasi_identifiers: the columns that define the equivalence classes.
        k: the smallest size a class may have.

    Returns:
        One advice for each quasi-identifier, the most helpful first; equal ones in the order given.

    Raises:
        RiskError: a column is unknown or ambiguous, ``k`` is not at least 1, or the source cannot be counted.
    """
    checked_k(k)
    columns = coded(len(quasi_identifiers))
    with boundary(), connect(MEMORY) as connection:
        count(connection, dataset, quasi_identifiers)
        now = _suppressed(connection, columns, k)
        found = [
            Advice(name, now, _suppressed(connection, [other for other in columns if other != column], k))
            for name, column in zip(quasi_identifiers, columns, strict=True)
        ]
    return sorted(found, key=lambda advice: advice.suppressed_without)


def _suppressed(connection: Any, columns: Sequence[str], k: int) -> int:
    group = f"GROUP BY {', '.join(columns)}" if columns else ""
    found = connection.execute(
        "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM "  # noqa: S608
        f"(SELECT sum(n) AS size FROM cells {group}) WHERE size < {k}"
    ).fetchall()
    return int(found[0][0])
