"""Exact aggregates over all parts of a dataset, by DuckDB: uniqueness, totals, equivalence classes.

Identifiers are quoted and every other part of a query is written here, so nothing from outside becomes SQL. Every
query streams the parts and holds one hash table. Nothing is spilled to disk (that would be plaintext);
when a table does not fit the memory limit, the query runs again over 8, then 64 slices of the keys by hash, which
gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.dataset as pds

from validation.suite import Expectation
from validation.tally import COLUMN_MISSING, EVALUATION_FAILED, OUT_OF_MEMORY, WRONG_TYPE

Source: TypeAlias = "pa.Table | pds.Dataset | Callable[[], Any]"
"""All rows: a table, a dataset, or a function that opens a dataset, table or record batch reader each time."""
Connect = Callable[[], Any]
Row = dict[str, Any]
SLICES = (1, 8, 64)


class AggregateFailed(ValueError):
    """The aggregates of an expectation could not be computed; carries a code of `validation.tally`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def quoted(name: str) -> str:
    """A column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _merge(rows: Sequence[Row]) -> Row:
    """One row from those of the slices: smallest of ``smallest`` and ``fewest...``, sum of the rest."""
    merged: Row = {}
    for name in rows[0]:
        values = [row[name] for row in rows if row[name] is not None]
        if name.startswith(("smallest", "fewest")):
            merged[name] = min(values, default=0)
        else:
            merged[name] = math.fsum(values) if any(isinstance(v, float) for v in values) else sum(values)
    return merged


class Aggregates:
    """Answers questions about all rows of one dataset.

    Args:
        source: all rows.
        connect: opens a DuckDB connection, locked against files and network.
    """

    def __init__(self, source: Source, connect: Connect) -> None:
        self._source = source
        self._connect = connect
        opened = self._open()
        self.schema: pa.Schema = opened.schema
        if isinstance(opened, pa.RecordBatchReader):
            opened.close()

    def _open(self) -> Any:
        try:
            return self._source() if callable(self._source) else self._source
        except Exception:  # noqa: BLE001  (its text may quote values or paths)
            raise AggregateFailed(EVALUATION_FAILED) from None

    def rows(self) -> int:
        """Number of rows."""
        return int(self._ask(lambda _: "SELECT count(*) AS rows FROM t")["rows"])

    def _ask(self, query: Callable[[str], str], keys: Sequence[str] = ()) -> Row:
        """Run a query of one row, again over slices of the keys when it does not fit.

        Args:
            query: gives the query for a condition that says which slice of the rows it is about.
            keys: columns to slice by; none means the query always fits.
        """
        for slices in SLICES if keys else SLICES[:1]:
            cut = f"hash({_list(keys)}) % {slices} = " if slices > 1 else ""
            try:
                return _merge([self._run(query(f"{cut}{number}" if cut else "true")) for number in range(slices)])
            except duckdb.OutOfMemoryException:
                continue
            except Exception:  # noqa: BLE001  (DuckDB, Arrow or the source; what they say may quote values)
                raise AggregateFailed(EVALUATION_FAILED) from None
        raise AggregateFailed(OUT_OF_MEMORY)

    def _run(self, query: str) -> Row:
        connection = self._connect()
        try:
            connection.register("t", self._open())
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return dict(zip(names, cursor.fetchone(), strict=True))
        finally:
            connection.close()

    def _require(self, *names: str) -> None:
        if any(self.schema.names.count(name) != 1 for name in names):
            raise AggregateFailed(COLUMN_MISSING)

    def unique(self, item: Expectation) -> Row:
        """Rows whose key is complete, and how many of them share it with another row."""
        keys = item.columns or (item.column or "",)
        self._require(*keys)
        present = " AND ".join(f"{quoted(key)} IS NOT NULL" for key in keys)

        def query(cut: str) -> str:
            groups = f"SELECT count(*) AS n FROM t WHERE {present} AND {cut} GROUP BY {_list(keys)}"  # noqa: S608
            shared = "coalesce(sum(n) FILTER (n > 1), 0)::BIGINT AS unexpected"
            return f"SELECT coalesce(sum(n), 0)::BIGINT AS evaluated, {shared} FROM ({groups})"  # noqa: S608

        return self._ask(query, keys)

    def distinct(self, item: Expectation) -> Row:
        """Number of distinct values that are present."""
        column = item.column or ""
        self._require(column)
        name = quoted(column)
        counts = f"count({name}) AS evaluated, count(DISTINCT {name}) AS value"
        return self._ask(lambda cut: f"SELECT {counts} FROM t WHERE {cut}", (column,))  # noqa: S608

    def total(self, item: Expectation) -> Row:
        """Sum of the values that are present; compensated (Kahan) for floating point."""
        column = item.column or ""
        self._require(column)
        kind, name = self.schema.field(column).type, quoted(column)
        if pa.types.is_floating(kind):
            total = f"fsum({name}::DOUBLE)"
        elif pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            total = f"sum({name})"
        else:
            raise AggregateFailed(WRONG_TYPE)
        sums = f"count({name}) AS evaluated, coalesce({total}, 0) AS value"
        return self._ask(lambda _: f"SELECT {sums} FROM t")  # noqa: S608

    def classes(self, items: Sequence[Expectation]) -> dict[str, Row]:
        """Equivalence classes for k-anonymity and l-diversity expectations over the same quasi-identifiers.

        A missing quasi-identifier is a value like any other, and so is a missing sensitive one: not having a
        diagnosis can be what is sensitive. One pass answers all.

        Returns:
            By expectation id: rows evaluated and unexpected (in classes that are too small or not diverse),
            number of classes, and ``smallest`` class or ``fewest`` distinct values.
        """
        quasi = items[0].columns
        self._require(*quasi, *(item.column for item in items if item.column is not None))
        inner, outer = ["count(*) AS n"], ["count(*) AS classes", "coalesce(sum(n), 0)::BIGINT AS evaluated"]
        for place, item in enumerate(items):
            measure, least = "n", "smallest"
            if item.column is not None:
                name, measure, least = quoted(item.column), f"d{place}", "fewest"
                inner.append(f"count(DISTINCT {name}) + max(({name} IS NULL)::INT) AS {measure}")
            outer.append(f"min({measure}) AS {least}_{place}")
            outer.append(
                f"coalesce(sum(n) FILTER ({measure} < {_whole(item.min)}), 0)::BIGINT AS unexpected_{place}"
            )

        def query(cut: str) -> str:
            groups = f"SELECT {', '.join(inner)} FROM t WHERE {cut} GROUP BY {_list(quasi)}"  # noqa: S608
            return f"SELECT {', '.join(outer)} FROM ({groups})"  # noqa: S608

        row = self._ask(query, quasi)
        return {str(item.id): _own(row, item, place) for place, item in enumerate(items)}


def _own(row: Mapping[str, Any], item: Expectation, place: int) -> Row:
    least = "smallest" if item.column is None else "fewest"
    return {
        "evaluated": row["evaluated"],
        "unexpected": row[f"unexpected_{place}"],
        "classes": row["classes"],
        least: row[f"{least}_{place}"],
    }


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def _whole(bound: object) -> int:
    if not isinstance(bound, int):
        raise AggregateFailed(EVALUATION_FAILED)
    return bound
