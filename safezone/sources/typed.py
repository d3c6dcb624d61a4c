"""Text becomes values by declared rules, column by column; what does not fit is set aside with line and rule.

The rule codes: ``null.forbidden``, ``integer.form``, ``integer.range``, ``decimal.form``, ``decimal.range``,
``date.form``, ``datetime.form``, ``boolean.form``, ``text.excel_damaged``, ``integer.excel_damaged``, and those
of a row its format cannot hold (``row.ragged``, ``row.json``, ``row.unknown_column``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from safezone.policy.source import ParseRules
from safezone.sources.dates import ISO_DATE, ISO_DATETIME, parse_dates
from safezone.sources.fault import Fault, delivery_error
from safezone.sources.parquet import as_text
from safezone.sources.shape import FAULT, LINE

SOURCE_VERSION = 1
"""Raised when the same file and policy give other rows than before: part of every raw version's id."""

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "boolean": pa.bool_(),
}
BAD_SCHEMA = pa.schema([("line", pa.int64()), ("column", pa.string()), ("rule", pa.string())])

_DAMAGED = r"^[+-]?\d(\.\d+)?[eE]\+\d{2,3}$"
_GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_INTEGER = r"^[+-]?\d+$"
_DECIMAL = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
_DAY = 86_400_000_000


class ColumnLike(Protocol):
    """What typing needs to know of a policy's column (`safezone.policy.dataset.Column` is one)."""

    @property
    def name(self) -> str:
        """Name in the delivery."""

    @property
    def type(self) -> Literal["text", "integer", "decimal", "date", "datetime", "boolean"]:
        """Type in the zone."""

    @property
    def nullable(self) -> bool:
        """Whether a value may be missing."""

    @property
    def parse(self) -> ParseRules:
        """How text becomes a value."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The outcome of typing one batch.

    Attributes:
        batch: the good rows, with the policy's columns in the policy's order and types.
        lines: the line of each good row (int64).
        bad: one row for each cell that does not fit: ``line``, ``column`` (empty when the whole row is meant) and
            ``rule``.
        bad_rows: rows set aside; with `batch.num_rows` they make the rows that came in.
    """

    batch: pa.RecordBatch
    lines: pa.Int64Array
    bad: pa.Table
    bad_rows: int


@dataclass(frozen=True, slots=True)
class _Cells:
    """Values of one column, and for each rule the mask of cells that break it."""

    values: pa.Array
    broken: tuple[tuple[str, pa.Array], ...]


def check_columns(
    found: Sequence[str], columns: Sequence[ColumnLike], unknown_columns: Literal["refuse", "ignore"] = "refuse"
) -> None:
    """Compare the columns of a file with those of the policy.

    Raises:
        DeliveryError: ``columns.missing``, naming columns of the policy, or ``columns.unknown``, giving places in
            the file: its own names may be values, where a header is missing or keys of records are data.
    """
    wanted = [column.name for column in columns]
    if missing := [name for name in wanted if name not in found]:
        raise delivery_error("columns.missing", names=missing)
    delivered = [name for name in found if name not in {LINE, FAULT}]
    unknown = [f"#{place}" for place, name in enumerate(delivered, start=1) if name not in wanted]
    if unknown and unknown_columns == "refuse":
        raise delivery_error("columns.unknown", names=unknown)


def type_columns(
    batch: pa.RecordBatch,
    columns: Sequence[ColumnLike],
    *,
    unknown_columns: Literal["refuse", "ignore"] = "refuse",
) -> Typed:
    """Give the cells of a batch the types the policy declares.

    Args:
        batch: ``__line__``, columns of text (or typed, which are read as their text), optionally ``__fault__``.
        columns: the policy's columns.
        unknown_columns: refuse or ignore columns the policy does not name.

    Raises:
        DeliveryError: columns are missing or unknown, or hold nested values.
    """
    check_columns(batch.schema.names, columns, unknown_columns)
    lines = batch.column(LINE)
    good, reports = _without_faults(batch, lines)
    values = []
    for column in columns:
        cells = _type_column(_as_text(batch, column.name), column)
        values.append(cells.values)
        for rule, mask in cells.broken:
            mask = pc.and_(mask, good) if reports and reports[0] is not None else mask
            reports.append(_report(lines, mask, column.name, rule))
    tables = [report for report in reports if report is not None and report.num_rows]
    bad = pa.concat_tables(tables) if tables else BAD_SCHEMA.empty_table()
    schema = pa.schema([pa.field(c.name, ARROW_TYPES[c.type], c.nullable) for c in columns])
    if not bad.num_rows:
        return Typed(pa.RecordBatch.from_arrays(values, schema=schema), lines, bad, 0)
    keep = pc.invert(pc.is_in(lines, value_set=pc.unique(bad["line"]).cast(pa.int64())))
    kept = pa.RecordBatch.from_arrays([value.filter(keep) for value in values], schema=schema)
    return Typed(kept, lines.filter(keep), bad, batch.num_rows - kept.num_rows)


def _as_text(batch: pa.RecordBatch, name: str) -> pa.Array:
    try:
        return as_text(batch.column(name))
    except Fault as fault:
        raise delivery_error(fault.code, names=[name]) from None


def _without_faults(batch: pa.RecordBatch, lines: pa.Array) -> tuple[pa.Array | None, list[pa.Table | None]]:
    """Mask of rows the format could hold, and the report of the others."""
    if FAULT not in batch.schema.names or batch.column(FAULT).null_count == batch.num_rows:
        return None, [None]
    faults = batch.column(FAULT)
    mask = pc.is_valid(faults)
    found = lines.filter(mask)
    empty = pa.array([""] * len(found), pa.string())
    return pc.invert(mask), [pa.Table.from_arrays([found, empty, faults.filter(mask)], schema=BAD_SCHEMA)]


def _report(lines: pa.Array, mask: pa.Array, name: str, rule: str) -> pa.Table:
    found = lines.filter(mask)
    return pa.Table.from_arrays(
        [found, pa.repeat(name, len(found)), pa.repeat(rule, len(found))], schema=BAD_SCHEMA
    )


def _type_column(text: pa.Array, column: ColumnLike) -> _Cells:
    """Type the distinct values once, then put them back in place."""
    encoded = text.dictionary_encode()
    cells = _type_values(encoded.dictionary, column)
    index = encoded.indices
    broken = [(rule, pc.fill_null(mask.take(index), False)) for rule, mask in cells.broken]
    values = cells.values.take(index)
    if not column.nullable:
        spoiled = [mask for _, mask in broken]
        missing = pc.is_null(values)
        for mask in spoiled:
            missing = pc.and_not(missing, mask)
        broken.append(("null.forbidden", missing))
    return _Cells(values, tuple((rule, mask) for rule, mask in broken if pc.any(mask).as_py()))


def _type_values(text: pa.Array, column: ColumnLike) -> _Cells:
    rules = column.parse
    if rules.strip:
        text = pc.utf8_trim_whitespace(text)
    if rules.null_values:
        words = pa.array(rules.null_values, pa.string())
        text = pc.if_else(pc.is_in(text, value_set=words), pa.scalar(None, pa.string()), text)
    if column.type != "text":  # nothing but text has a value that is empty
        text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    text, damaged = _undamaged(text, column)
    cells = _TYPERS[column.type](text, rules)
    return _Cells(cells.values, (*damaged, *cells.broken))


def _undamaged(text: pa.Array, column: ColumnLike) -> tuple[pa.Array, tuple[tuple[str, pa.Array], ...]]:
    if column.type not in {"text", "integer"} or column.parse.excel_damaged == "keep":
        return text, ()
    damaged = pc.fill_null(pc.match_substring_regex(text, _DAMAGED), False)
    text = pc.if_else(damaged, pa.scalar(None, pa.string()), text)
    if column.parse.excel_damaged == "null":
        return text, ()
    return text, ((f"{column.type}.excel_damaged", damaged),)


def _fits(text: pa.Array, regex: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(text, regex), False)


def _only(text: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, text, pa.scalar(None, pa.string()))


def _not(text: pa.Array, good: pa.Array) -> pa.Array:
    """Cells that hold something, and not something good."""
    return pc.and_not(pc.is_valid(text), good)


def _ungrouped(text: pa.Array, rules: ParseRules) -> pa.Array:
    if not rules.thousands:
        return text
    return pc.if_else(_fits(text, _GROUPED), pc.replace_substring(text, ",", ""), text)


def _text(text: pa.Array, rules: ParseRules) -> _Cells:
    return _Cells(text, ())


def _integer(text: pa.Array, rules: ParseRules) -> _Cells:
    plain = _ungrouped(text, rules)
    if rules.whole_decimals:
        plain = pc.replace_substring_regex(plain, r"^([+-]?\d+)\.0*$", r"\1")
    good = _fits(plain, _INTEGER)
    digits = pc.replace_substring_regex(_only(plain, good), r"^([+-]?)0*(\d)", r"\1\2")
    digits = pc.utf8_ltrim(digits, "+")
    small = pc.fill_null(pc.less_equal(pc.utf8_length(pc.utf8_ltrim(digits, "-")), 18), False)
    values = _only(digits, small).cast(pa.int64())
    return _Cells(values, (("integer.form", _not(text, good)), ("integer.range", pc.and_not(good, small))))


def _decimal(text: pa.Array, rules: ParseRules) -> _Cells:
    plain = _ungrouped(text, rules)
    good = _fits(plain, _DECIMAL)
    values = pc.utf8_ltrim(_only(plain, good), "+").cast(pa.float64())
    finite = pc.fill_null(pc.is_finite(values), False)
    return _Cells(values, (("decimal.form", _not(text, good)), ("decimal.range", pc.and_not(good, finite))))


def _date(text: pa.Array, rules: ParseRules) -> _Cells:
    moments = parse_dates(text, rules.dates or ISO_DATE, hour_24=rules.hour_24)
    whole = pc.fill_null(pc.equal(pc.multiply(pc.divide(moments, _DAY), _DAY), moments), False)
    moments = pc.if_else(whole, moments, pa.scalar(None, pa.int64()))
    values = pc.divide(moments, _DAY).cast(pa.int32()).cast(pa.date32())
    return _Cells(values, (("date.form", _not(text, pc.is_valid(moments))),))


def _datetime(text: pa.Array, rules: ParseRules) -> _Cells:
    moments = parse_dates(text, rules.dates or ISO_DATETIME, hour_24=rules.hour_24)
    return _Cells(moments.cast(pa.timestamp("us")), (("datetime.form", _not(text, pc.is_valid(moments))),))


def _boolean(text: pa.Array, rules: ParseRules) -> _Cells:
    true = pc.is_in(text, value_set=pa.array(rules.true_values, pa.string()))
    false = pc.is_in(text, value_set=pa.array(rules.false_values, pa.string()))
    known = pc.or_(true, false)
    values = pc.if_else(known, true, pa.scalar(None, pa.bool_()))
    return _Cells(values, (("boolean.form", _not(text, known)),))


_TYPERS: dict[str, Callable[[pa.Array, ParseRules], _Cells]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
}
