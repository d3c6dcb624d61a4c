"""Equivalence classes: the rows that share their values on every quasi-identifier (Samarati & Sweeney, 1998).

DuckDB counts them. It never sees a column's name, only its position: names that differ in case alone are one name
to it, and any text may stand in a Korean header. Null is a value of its own, as is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pseudonymize.engine import connect
from pseudonymize.risk.codes import Codes
from pseudonymize.risk.errors import RiskError, boundary

Readable: TypeAlias = pa.Table | ds.Dataset | pa.RecordBatchReader
Rereadable: TypeAlias = pa.Table | ds.Dataset

SIZE = "n"
MEMORY = "1GB"

_INTEGERS = {32: pa.int32(), 64: pa.int64()}


def equivalence_classes(table: Readable, quasi_identifiers: Sequence[str]) -> pa.Table:
    """Count the rows of every equivalence class.

    Args:
        table: a table, a dataset, or a reader (which is consumed); only the needed columns are read.
        quasi_identifiers: names of the columns; none of them is called ``n``.

    Returns:
        One row for each class: the quasi-identifiers in the order given and with their types (dictionaries
        decoded), and ``n`` (int64), the number of its rows. Sorted by size, the largest first, then by value.

    Raises:
        RiskError: a column is unknown or ambiguous, or the source cannot be counted.
    """
    return _sized(table, quasi_identifiers, 1)


def published_classes(table: Readable, quasi_identifiers: Sequence[str], k: int) -> pa.Table:
    """Count the rows of the equivalence classes large enough to be shown.

    Args:
        table: as for `equivalence_classes`.
        quasi_identifiers: as for `equivalence_classes`.
        k: the smallest size that may be seen.

    Returns:
        As `equivalence_classes`, with only the classes of at least ``k`` rows.

    Raises:
        RiskError: as for `equivalence_classes`, or ``k`` is not at least 1.
    """
    return _sized(table, quasi_identifiers, checked_k(k))


def _sized(table: Readable, names: Sequence[str], k: int) -> pa.Table:
    with boundary():
        if SIZE in names:
            raise RiskError("ambiguous_column")
        columns = coded(len(names))
        order = ", ".join([f"{SIZE} DESC", *(f"{name} NULLS LAST" for name in columns)])
        with connect(MEMORY) as connection:
            codes = count(connection, table, names)
            found = connection.sql(f"SELECT * FROM cells WHERE {SIZE} >= {k}").to_arrow_table()  # noqa: S608
            connection.register("found", codes.ranked(found))
            found = connection.sql(f"SELECT * FROM found ORDER BY {order}").to_arrow_table()  # noqa: S608
        fields = [table.schema.field(name) for name in names]
        values = [codes.decode(name, found.column(name)) for name in columns]
        arrays = [_restored(column, field.type) for column, field in zip(values, fields, strict=True)]
        schema = pa.schema([*(pa.field(f.name, _plain(f.type)) for f in fields), pa.field(SIZE, pa.int64())])
        return pa.Table.from_arrays([*arrays, found.column(SIZE).cast(pa.int64())], schema=schema)


def count(connection: duckdb.DuckDBPyConnection, table: Readable, names: Sequence[str]) -> Codes:
    """Make the table ``cells``: the columns' distinct combinations, as c0, c1, ..., and how often each occurs.

    Args:
        connection: where the table is made.
        table: what is counted; read once.
        names: the columns; with none of them there is one combination, or none when there are no rows.

    Returns:
        What the numbers in the place of text stand for.

    Raises:
        RiskError: a column is unknown or ambiguous.
    """
    codes = Codes()
    connection.register("source", encoded(table, names, codes))
    columns = coded(len(names))
    group = f"GROUP BY {', '.join(columns)}" if columns else "HAVING count(*) > 0"
    selected = ", ".join([*columns, f"count(*) AS {SIZE}"])
    connection.execute(f"CREATE TABLE cells AS SELECT {selected} FROM source {group}")  # noqa: S608
    connection.unregister("source")
    return codes


def coded(number: int, start: int = 0) -> list[str]:
    """The names that columns go by inside DuckDB: c0, c1, ..."""
    return [f"c{at}" for at in range(start, start + number)]


def encoded(table: Readable | pa.RecordBatch, names: Sequence[str], codes: Codes) -> pa.RecordBatchReader:
    """Read the named columns as c0, c1, ... in types that DuckDB compares exactly.

    Args:
        table: what is read.
        names: the columns; with none of them a constant stands in, so that rows can still be counted.
        codes: numbers the text.

    Returns:
        A stream of the encoded columns.

    Raises:
        RiskError: a column is unknown or ambiguous.
    """
    schema = table.schema
    check_columns(schema, names)
    projection: dict[str, Any] = {"one": pc.scalar(True)}
    if names:
        projection = {f"c{at}": _encoding(schema.field(name)) for at, name in enumerate(names)}
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if isinstance(table, pa.RecordBatchReader):
        reader = ds.Scanner.from_batches(table, columns=projection).to_reader()
    else:
        source = ds.dataset(table) if isinstance(table, pa.Table) else table
        reader = source.scanner(columns=projection, fragment_readahead=2, batch_readahead=4).to_reader()
    return pa.RecordBatchReader.from_batches(codes.schema(reader.schema), map(codes.encode, reader))


def check_columns(schema: pa.Schema, names: Sequence[str]) -> None:
    """Refuse names that mean no column, or more than one.

    Raises:
        RiskError: ``unknown_column`` or ``ambiguous_column``.
    """
    found = schema.names
    if any(name not in found for name in names):
        raise RiskError("unknown_column")
    if len(set(names)) != len(names) or any(found.count(name) > 1 for name in names):
        raise RiskError("ambiguous_column")


def checked_k(k: int) -> int:
    """The k of k-anonymity, a whole number of at least 1.

    Raises:
        RiskError: ``invalid_k``.
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise RiskError("invalid_k")
    return k


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _encoding(field: pa.Field) -> pc.Expression:
    kind = _plain(field.type)
    column = pc.field(field.name)
    if pa.types.is_dictionary(field.type):
        column = column.cast(kind)
    stored = _stored(kind)
    return column if stored == kind else column.cast(stored)


def _stored(kind: pa.DataType) -> pa.DataType:
    """DuckDB keeps some times to the microsecond only; as integers none of them loses a digit."""
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return _INTEGERS[kind.bit_width]
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal256(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind


def _restored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    kind = _plain(kind)
    stored = _stored(kind)
    column = column.cast(stored)
    return column if stored == kind else column.cast(kind)
