"""Measures re-identification risk and l-diversity in one pass over the needed columns."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import duckdb

from pseudonymize.engine import connect
from pseudonymize.risk.classes import MEMORY, Readable, check_columns, coded, count
from pseudonymize.risk.errors import boundary
from pseudonymize.risk.report import BANDS, Band, Diversity, RiskReport, band_label


def assess(table: Readable, *, quasi_identifiers: Sequence[str], sensitive: Sequence[str] = ()) -> RiskReport:
    """Measure how far the rows of a table can be singled out.

    Args:
        table: a table, a dataset, or a reader (which is consumed); only the named columns are read, once.
        quasi_identifiers: what an attacker may know; with none of them all rows are one class.
        sensitive: what an attacker wants to learn; a column that is also a quasi-identifier has one value a class.

    Returns:
        The report.

    Raises:
        RiskError: a column is unknown or ambiguous, or the source cannot be counted.
    """
    with boundary():
        check_columns(table.schema, sensitive)
        extra = [name for name in sensitive if name not in quasi_identifiers]
        names = [*quasi_identifiers, *extra]
        where = {name: f"c{names.index(name)}" for name in sensitive}
        known = coded(len(quasi_identifiers))
        with connect(MEMORY) as connection:
            count(connection, table, names)
            _group(connection, known)
            rows, classes, k = _sizes(connection)
            histogram = _histogram(connection)
            diversity = {name: _diversity(connection, known, column) for name, column in where.items()}
    return RiskReport(
        rows=rows,
        classes=classes,
        k=k,
        histogram=histogram,
        sample_uniques=histogram[0].rows,
        sample_uniques_share=histogram[0].rows / rows if rows else 0.0,
        prosecutor_max=1 / k if k else 0.0,
        prosecutor_average=classes / rows if rows else 0.0,
        l=diversity,
    )


def _group(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> None:
    """The table ``sizes``: how many classes there are of each size."""
    group = f"GROUP BY {', '.join(known)}" if known else "HAVING count(*) > 0"
    connection.execute(
        "CREATE TABLE sizes AS SELECT size, count(*) AS classes FROM "  # noqa: S608
        f"(SELECT CAST(sum(n) AS BIGINT) AS size FROM cells {group}) GROUP BY size"
    )


def _sizes(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int | None]:
    found = connection.execute(
        "SELECT CAST(coalesce(sum(size * classes), 0) AS BIGINT), CAST(coalesce(sum(classes), 0) AS BIGINT), "
        "min(size) FROM sizes"
    ).fetchall()
    rows, classes, smallest = found[0]
    return int(rows), int(classes), None if smallest is None else int(smallest)


def _histogram(connection: duckdb.DuckDBPyConnection) -> tuple[Band, ...]:
    cases = " ".join(f"WHEN size >= {BANDS[at]} THEN {at}" for at in reversed(range(len(BANDS))))
    found = connection.execute(
        f"SELECT CASE {cases} END, CAST(sum(classes) AS BIGINT), CAST(sum(size * classes) AS BIGINT) "  # noqa: S608
        "FROM sizes GROUP BY 1"
    ).fetchall()
    counts = {at: (int(classes), int(rows)) for at, classes, rows in found}
    return tuple(Band(band_label(at), *counts.get(at, (0, 0))) for at in range(len(BANDS)))


def _diversity(connection: duckdb.DuckDBPyConnection, known: Sequence[str], column: str) -> Diversity:
    """Distinct values, and entropy ln N - (sum of n ln n) / N, of the class where each is least."""
    group = f"GROUP BY {', '.join(known)}" if known else ""
    keys = ", ".join(dict.fromkeys([*known, column]))
    distinct, entropy = connection.execute(
        "SELECT min(values_), min(entropy) FROM ("  # noqa: S608
        f"SELECT count(*) AS values_, ln(sum(v)) - sum(v * ln(v)) / sum(v) AS entropy FROM "
        f"(SELECT {keys}, CAST(sum(n) AS DOUBLE) AS v FROM cells GROUP BY {keys}) {group} HAVING count(*) > 0)"
    ).fetchall()[0]
    if not distinct:
        return Diversity(None, None)
    # Rounding can put a class of one value a hair below zero.
    return Diversity(int(distinct), exp(max(0.0, float(entropy))))
