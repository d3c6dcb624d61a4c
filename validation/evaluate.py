"""One expectation, judged by Great Expectations on one frame: counts come back, and nothing else.

Great Expectations is imported when the first expectation is judged (it takes seconds). Three of its habits are
kept out: fingerprinting each frame (two seconds a million rows, and a digest of data in every result), so frames
are handed to its validator directly; logging exceptions and keeping them in results, whose texts quote values, so
they become codes; and sending usage statistics.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

RESULT_FORMAT = {"result_format": {"result_format": "BASIC", "partial_unexpected_count": 0}}
"""Counts only: the format that Great Expectations takes by default lists failing values."""


class Verdict(NamedTuple):
    """What Great Expectations said, as far as it may be repeated.

    Attributes:
        success: whether the expectation holds on the frame alone.
        unexpected: rows that do not meet it.
    """

    success: bool
    unexpected: int


class _Parts(NamedTuple):
    validator: Any
    engine: Any
    batch: Any
    context: Any
    configuration: Any


@cache
def _parts() -> _Parts:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.validator.validator import Validator

    import validation.rowwise
    import validation.tablewide  # noqa: F401  (both register their expectations)

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return _Parts(Validator, PandasExecutionEngine, Batch, context, ExpectationConfiguration)


@contextmanager
def silence() -> Iterator[None]:
    """Keep Great Expectations from logging or warning: what it says may quote values."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def judge(kind: str, arguments: dict[str, Any], frame: pd.DataFrame) -> Verdict | None:
    """Judge one expectation on one frame.

    Args:
        kind: Great Expectations' name of it, in snake case.
        arguments: its arguments, plain JSON values.
        frame: Arrow-backed columns, only those it needs.

    Returns:
        The verdict, or None when it could not be judged; why is withheld.
    """
    with silence():
        parts = _parts()
        try:
            validator = parts.validator(
                execution_engine=parts.engine(), data_context=parts.context, batches=[parts.batch(data=frame)]
            )
            configuration = parts.configuration(type=kind, kwargs=arguments)
            (result,) = validator.graph_validate([configuration], dict(RESULT_FORMAT))
        except Exception:  # noqa: BLE001  (its text may quote values)
            return None
    if "raised_exception" not in result.exception_info or result.exception_info["raised_exception"]:
        return None  # errors of metrics come as a mapping by metric, without that key
    return Verdict(bool(result.success), int(result.result.get("unexpected_count") or 0))
