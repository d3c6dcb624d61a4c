"""Custom Great Expectations expectations that judge rows, with metrics over Arrow columns.

Great Expectations' own metrics are used where they are exact and fast on Arrow-backed pandas columns (missing
values, sets, lengths, pairs). Its ``between`` walks such columns value by value, and its ``match_regex`` searches
with an engine that depends on the column type; both are replaced here by Arrow kernels: typed comparison, and RE2,
which is linear in the text. Checks for tokens and personal data are the zone's own.

Importing this module imports Great Expectations (seconds) and registers the classes; `validation.evaluate` does so
when it is first needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)

from validation.detection import DETECTION, Detection, DetectorFailed, find

TEXTS_PER_CALL = 16_384
"""Distinct texts handed to a detector at once: enough for it to spread them over processes."""


def arrow_of(series: pd.Series[Any]) -> pa.ChunkedArray:
    """The Arrow data beneath a pandas series, without a copy where pandas keeps Arrow data."""
    data = pa.array(series.array)
    return data if isinstance(data, pa.ChunkedArray) else pa.chunked_array([data])


def _mask(series: pd.Series[Any], kept: Any) -> pd.Series[Any]:
    flags = kept.to_numpy() if isinstance(kept, pa.ChunkedArray) else kept
    return pd.Series(np.asarray(flags, dtype=bool), index=series.index)


def _everywhere(length: int) -> pa.ChunkedArray:
    return pa.chunked_array([np.ones(length, dtype=bool)])


def compare(data: pa.ChunkedArray, low: Any, high: Any) -> pa.ChunkedArray:
    """Whether each value lies between two bounds of its own type, both included; NaN does not."""
    kept = _everywhere(len(data))
    if low is not None:
        kept = pc.and_(kept, pc.greater_equal(data, low))
    if high is not None:
        kept = pc.and_(kept, pc.less_equal(data, high))
    return kept


def hold_no_personal_data(data: pa.ChunkedArray, detection: Detection, entities: frozenset[str]) -> Any:
    """Whether each text holds no personal data; distinct texts are looked at once, findings count per row."""
    encoded = data.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    repeats = np.bincount(codes, minlength=len(encoded.dictionary))
    clean = np.ones(len(encoded.dictionary), dtype=bool)
    for start in range(0, len(clean), TEXTS_PER_CALL):
        texts = encoded.dictionary.slice(start, TEXTS_PER_CALL).to_pylist()
        for place, found in enumerate(find(detection, texts, entities), start):
            if found:
                clean[place] = False
                detection.found.update({name: n * int(repeats[place]) for name, n in found.items()})
    return clean[codes] if len(codes) else np.ones(0, dtype=bool)


class ColumnValuesWithinTypedBounds(ColumnMapMetricProvider):  # type: ignore[misc]
    """Condition: between two bounds of the column's own Arrow type."""

    condition_metric_name = "column_values.within_typed_bounds"
    condition_value_keys = ("min_value", "max_value")

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: Any, min_value: Any = None, max_value: Any = None, **_: Any) -> Any:
        data = arrow_of(column)
        low, high = typed_bound(min_value, data.type, low=True), typed_bound(max_value, data.type, low=False)
        return _mask(column, compare(data, low, high))


def typed_bound(bound: int | float | str | None, kind: pa.DataType, *, low: bool) -> pa.Scalar | None:
    """A bound as a scalar that Arrow compares exactly with values of `kind`.

    Dates become time stamps. A fraction bounds whole numbers at the next one inside. Decimals and floats meet a
    double, which keeps their order.
    """
    if bound is None:
        return None
    if isinstance(bound, str):
        return pa.scalar(datetime.fromisoformat(bound), pa.timestamp("us"))
    if pa.types.is_integer(kind):
        return pa.scalar(math.ceil(bound) if low else math.floor(bound), pa.int64())
    return pa.scalar(float(bound), pa.float64())


class ColumnValuesMatchWhole(ColumnMapMetricProvider):  # type: ignore[misc]
    """Condition: the whole value matches an RE2 pattern."""

    condition_metric_name = "column_values.match_whole"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: Any, regex: str, **_: Any) -> Any:
        return _mask(column, pc.match_substring_regex(arrow_of(column), rf"\A(?:{regex})\z"))


class ColumnValuesMatchNowhere(ColumnMapMetricProvider):  # type: ignore[misc]
    """Condition: no part of the value matches an RE2 pattern."""

    condition_metric_name = "column_values.match_nowhere"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: Any, regex: str, **_: Any) -> Any:
        return _mask(column, pc.invert(pc.match_substring_regex(arrow_of(column), regex)))


class ColumnValuesHoldNoPersonalData(ColumnMapMetricProvider):  # type: ignore[misc]
    """Condition: the detector finds nothing."""

    condition_metric_name = "column_values.hold_no_personal_data"
    condition_value_keys = ("entities",)

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: Any, entities: Sequence[str] = (), **_: Any) -> Any:
        detection = DETECTION.get()
        if detection is None:
            raise DetectorFailed
        try:
            return _mask(column, hold_no_personal_data(arrow_of(column), detection, frozenset(entities)))
        except DetectorFailed:
            detection.failed = True
            raise


class ExpectColumnValuesToBeWithinTypedBounds(ColumnMapExpectation):  # type: ignore[misc]
    """Values lie between two bounds of their own type, both included."""

    min_value: int | float | str | None = None
    max_value: int | float | str | None = None
    map_metric = "column_values.within_typed_bounds"
    success_keys = ("min_value", "max_value", "mostly")


class ExpectColumnValuesToMatchWhole(ColumnMapExpectation):  # type: ignore[misc]
    """The whole of each value matches an RE2 pattern."""

    regex: str
    map_metric = "column_values.match_whole"
    success_keys = ("regex", "mostly")


class ExpectColumnValuesToMatchNowhere(ColumnMapExpectation):  # type: ignore[misc]
    """No part of a value matches an RE2 pattern."""

    regex: str
    map_metric = "column_values.match_nowhere"
    success_keys = ("regex", "mostly")


class ExpectColumnValuesToBeTokens(ExpectColumnValuesToMatchWhole):
    """Each value has the shape of a token: no identifier was left as it came."""


class ExpectColumnValuesToHoldNoPersonalData(ColumnMapExpectation):  # type: ignore[misc]
    """The detector in `DETECTION` finds no personal data in any text."""

    entities: Sequence[str] = ()
    map_metric = "column_values.hold_no_personal_data"
    success_keys = ("entities", "mostly")
