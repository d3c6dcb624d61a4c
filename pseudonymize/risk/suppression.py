"""Record suppression: removes the rows of equivalence classes smaller than k (Samarati & Sweeney, 1998)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.engine import connect
from pseudonymize.risk.classes import MEMORY, SIZE, Rereadable, checked_k, coded, count, encoded
from pseudonymize.risk.codes import Codes
from pseudonymize.risk.errors import RiskError, boundary


@dataclass(frozen=True, slots=True, eq=False)
class Suppression:
    """The rows of a dataset that k-anonymity lets through.

    Attributes:
        dataset: what is read; it must give the same rows each time.
        quasi_identifiers: the columns that define the classes.
        rows: rows before suppression.
        suppressed: rows in classes smaller than k.
    """

    dataset: Rereadable = field(repr=False)
    quasi_identifiers: tuple[str, ...]
    rows: int
    suppressed: int
    # The encoded values of the small classes, or, when fewer, those of all the others.
    _listed: pa.Table = field(repr=False)
    _listed_stay: bool = field(repr=False)
    _codes: Codes = field(repr=False)

    @property
    def suppressed_share(self) -> float:
        """Suppressed rows over all rows; 0.0 for an empty dataset."""
        return self.suppressed / self.rows if self.rows else 0.0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Read the dataset again without the suppressed rows, in its order and schema, batch by batch.

        Yields:
            Record batches; those left without rows are passed over.

        Raises:
            RiskError: the dataset cannot be read again, or now gives other rows.
        """
        read = kept = 0
        with boundary():
            for batch, stayed in self._filtered():
                read += batch.num_rows
                kept += stayed.num_rows
                if stayed.num_rows:
                    yield stayed
            # The caller has the rows by now; it learns that they are not what was measured before it commits them.
            if (read, kept) != (self.rows, self.rows - self.suppressed):
                raise RiskError("changed_source")

    def _filtered(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        if not self.suppressed:
            yield from ((batch, batch) for batch in _read(self.dataset))
            return
        if self.suppressed == self.rows:
            yield from ((batch, batch.slice(0, 0)) for batch in _read(self.dataset))
            return
        with connect(MEMORY) as connection:
            connection.register("held", self._listed)
            connection.execute("CREATE TABLE listed AS SELECT * FROM held")
            connection.unregister("held")
            for batch in _read(self.dataset):
                listed = _members(connection, batch, self)
                yield batch, batch.filter(listed if self._listed_stay else pc.invert(listed))


def suppress(dataset: Rereadable, quasi_identifiers: Sequence[str], k: int) -> Suppression:
    """Find the rows that must go for every equivalence class to have at least k rows.

    Args:
        dataset: a table or a dataset; read once here, and again by `Suppression.batches`.
        quasi_identifiers: the columns that define the classes; with none of them all rows are one class.
        k: the smallest size a class may have.

    Returns:
        How many rows go, and the others as a stream.

    Raises:
        RiskError: a column is unknown or ambiguous, ``k`` is not at least 1, or the source cannot be counted.
    """
    checked_k(k)
    with boundary(), connect(MEMORY) as connection:
        codes = count(connection, dataset, quasi_identifiers)
        rows, suppressed, small, large = connection.execute(
            f"SELECT CAST(coalesce(sum(n), 0) AS BIGINT), "  # noqa: S608
            f"CAST(coalesce(sum(n) FILTER (n < {k}), 0) AS BIGINT), "
            f"count(*) FILTER (n < {k}), count(*) FILTER (n >= {k}) FROM cells"
        ).fetchall()[0]
        # There are at most rows/k large classes: listing the fewer keeps the worst case, all rows unique, small.
        stay = large < small
        listed = connection.sql(
            f"SELECT {', '.join(coded(len(quasi_identifiers))) or SIZE} FROM cells "  # noqa: S608
            f"WHERE n {'>=' if stay else '<'} {k}"
        ).to_arrow_table()
        return Suppression(dataset, tuple(quasi_identifiers), int(rows), int(suppressed), listed, stay, codes)


def _read(dataset: Rereadable) -> Iterator[pa.RecordBatch]:
    if isinstance(dataset, pa.Table):
        yield from dataset.to_batches()
    else:
        yield from dataset.to_batches(fragment_readahead=1, batch_readahead=2)


def _members(connection: Any, batch: pa.RecordBatch, found: Suppression) -> pa.BooleanArray:
    """For each row of a batch, whether its class is listed; compared as DuckDB groups, so nulls are equal."""
    columns = coded(len(found.quasi_identifiers))
    rows = encoded(batch, found.quasi_identifiers, found._codes).read_all()
    rows = rows.append_column("position", pa.array(range(batch.num_rows), pa.int64()))
    connection.register("source", rows)
    same = " AND ".join(f"source.{name} IS NOT DISTINCT FROM listed.{name}" for name in columns)
    try:
        members = connection.sql(
            f"SELECT position FROM source SEMI JOIN listed ON {same}"  # noqa: S608
        ).to_arrow_table()
    finally:
        connection.unregister("source")
    mask = pc.is_in(rows.column("position"), value_set=members.column("position").combine_chunks())
    return mask.combine_chunks()
