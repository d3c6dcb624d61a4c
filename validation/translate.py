"""An expectation of `validation.suite` in Great Expectations' terms, and the frame it is judged on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from validation.suite import TOKEN_SHAPE, Expectation
from validation.tally import COLUMN_MISSING, WRONG_TYPE


class Unjudgeable(ValueError):
    """An expectation cannot be judged on these columns; carries a code of `validation.tally`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Question(NamedTuple):
    """What Great Expectations is asked: its name for the expectation, and the arguments."""

    kind: str
    arguments: dict[str, Any]


def row_frame(item: Expectation, table: pa.Table) -> pd.DataFrame:
    """The columns a row-wise expectation needs, Arrow-backed (no copy unless decoded or normalised).

    NaN becomes missing, dictionaries are decoded, and of a pair only rows that have both values are kept.

    Raises:
        Unjudgeable: a column is missing or of a type the expectation cannot judge.
    """
    names = [name for name in (item.column, item.other) if name is not None]
    if any(table.schema.names.count(name) != 1 for name in names):
        raise Unjudgeable(COLUMN_MISSING)
    columns = [_plain(table.column(name)) for name in names]
    _check_types(item, [column.type for column in columns])
    if item.expect == "column_pair_ordered":
        columns = _comparable(columns)
    frame = pa.table(dict(zip(names, columns, strict=True)))
    if item.other is not None:
        frame = frame.drop_null()
    return frame.to_pandas(types_mapper=pd.ArrowDtype)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py():
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def _is_number(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))


def _is_moment(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _check_types(item: Expectation, kinds: Sequence[pa.DataType]) -> None:
    if item.expect in {"matches", "not_matches", "length_between", "tokens", "no_personal_data"}:
        fits = all(map(_is_text, kinds))
    elif item.expect == "between":
        dates = isinstance(item.min if item.min is not None else item.max, str)
        fits = all(map(_is_moment if dates else _is_number, kinds))
    elif item.expect == "column_pair_ordered":
        fits = any(all(map(family, kinds)) for family in (_is_number, _is_moment, _is_text))
    else:
        fits = True
    if not fits:
        raise Unjudgeable(WRONG_TYPE)


def _comparable(columns: list[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
    """A date and a time stamp meet as time stamps."""
    if len({column.type for column in columns}) > 1 and _is_moment(columns[0].type):
        return [column.cast(pa.timestamp("us")) for column in columns]
    return columns


def row_question(item: Expectation, frame: pd.DataFrame) -> Question:
    """A row-wise expectation in Great Expectations' terms.

    Raises:
        Unjudgeable: the values of a set are not of the column's type.
    """
    if item.expect == "column_pair_ordered":
        pair = {"column_A": item.other, "column_B": item.column, "or_equal": True}
        return Question("expect_column_pair_values_a_to_be_greater_than_b", pair)
    return Question(_ROW_NAMES[item.expect], {"column": item.column} | _row_arguments(item, frame))


_ROW_NAMES = {
    "not_null": "expect_column_values_to_not_be_null",
    "in_set": "expect_column_values_to_be_in_set",
    "not_in_set": "expect_column_values_to_not_be_in_set",
    "length_between": "expect_column_value_lengths_to_be_between",
    "between": "expect_column_values_to_be_within_typed_bounds",
    "matches": "expect_column_values_to_match_whole",
    "not_matches": "expect_column_values_to_match_nowhere",
    "tokens": "expect_column_values_to_be_tokens",
    "no_personal_data": "expect_column_values_to_hold_no_personal_data",
}


def _row_arguments(item: Expectation, frame: pd.DataFrame) -> dict[str, Any]:
    match item.expect:
        case "in_set" | "not_in_set":
            return {"value_set": _set_of(item, frame.dtypes.iloc[0].pyarrow_dtype)}
        case "between" | "length_between":
            return {"min_value": item.min, "max_value": item.max}
        case "matches" | "not_matches" | "tokens":
            return {"regex": item.regex or TOKEN_SHAPE}
        case "no_personal_data":
            return {"entities": [str(value) for value in item.values]}
        case _:
            return {}


def _set_of(item: Expectation, kind: pa.DataType) -> list[Any]:
    """The values of a set in the column's own type: policy files write dates and decimals as text or numbers."""
    if pa.types.is_boolean(kind) != all(isinstance(value, bool) for value in item.values):
        raise Unjudgeable(WRONG_TYPE)
    if pa.types.is_nested(kind) or (_is_text(kind) and not all(isinstance(value, str) for value in item.values)):
        raise Unjudgeable(WRONG_TYPE)
    try:
        return [pa.scalar(value).cast(kind).as_py() for value in item.values]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise Unjudgeable(WRONG_TYPE) from None


def schema_misfits(item: Expectation, schema: pa.Schema) -> tuple[int, int]:
    """How many columns an expectation on the schema judges, and how many do not meet it.

    Names and types that were met are not reported: the header of a file without one is data.
    """
    if item.expect == "columns_in_order":
        wanted = list(item.columns)
        misplaced = sum(one != two for one, two in zip(wanted, schema.names, strict=False))
        worst = max(len(wanted), len(schema.names))
        return worst, misplaced + worst - min(len(wanted), len(schema.names))
    present = schema.names.count(item.column)
    if item.expect == "column_absent":
        return 1, int(present > 0)
    if present != 1:
        raise Unjudgeable(COLUMN_MISSING)
    kind = schema.field(item.column).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return 1, int(str(kind) != item.type)


def table_question(item: Expectation) -> Question:
    """What is asked of an expectation's aggregates once all parts are counted."""
    match item.expect:
        case "k_anonymity":
            return Question("expect_table_to_be_k_anonymous", {"k": item.min})
        case "l_diversity":
            return Question("expect_table_to_be_l_diverse", {"diversity": item.min})
        case "rows_add_up":
            return Question("expect_table_rows_to_add_up", {})
        case "row_count_between" | "sum_between" | "distinct_between":
            bounds = {"min_value": item.min, "max_value": item.max}
            return Question("expect_table_aggregate_to_be_between", bounds)
        case _:
            return Question("expect_table_share_to_meet", {"mostly": item.mostly})
