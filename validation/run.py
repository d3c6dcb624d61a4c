"""Runs a suite over a dataset: row by row while it streams past, and once over all parts together.

Mapped tasks each judge their part and hand back `Partial` counts; one task puts them together::

    part = Validator(suite, detector).add(batch).partial().to_json()      # in every mapped task
    result = Validator(suite).absorb(Partial.from_json(part)).finish(dataset, rows_in=rows)

What comes out are counts. A detector or engine that raises is a failed expectation with a code, never a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Self

import pandas as pd
import pyarrow as pa

from validation.aggregates import AggregateFailed, Aggregates, Connect, Row, Source
from validation.detection import DETECTION, Detect, Detection
from validation.evaluate import judge
from validation.result import Outcome, ValidationResult
from validation.suite import Expectation, Suite, SuiteError
from validation.tally import (
    DETECTOR_FAILED,
    EVALUATION_FAILED,
    NOT_EVALUATED,
    ROWS_NOT_COVERED,
    Partial,
    Tally,
)
from validation.translate import Unjudgeable, row_frame, row_question, schema_misfits, table_question

__all__ = ["Outcome", "Partial", "ValidationResult", "Validator"]

BUFFER_ROWS = 131_072
"""Rows gathered before they are judged: each expectation costs a few milliseconds a batch whatever its size."""
BUFFER_BYTES = 64 * 1024 * 1024
"""Wide or long-text rows are judged sooner."""


class Validator:
    """Judges one suite on one dataset.

    Args:
        suite: what is expected.
        detector: finds personal data in texts, needed by ``no_personal_data`` (``Detector.detect``).
        connect: opens a locked DuckDB connection for whole-table aggregates; the engine's own by default.
    """

    def __init__(self, suite: Suite, detector: Detect | None = None, *, connect: Connect | None = None) -> None:
        self._suite = suite
        self._detector = detector
        self._connect = connect
        self._rows = 0
        self._batches = 0
        self._tallies: dict[str, Tally] = {}
        self._buffer: list[pa.RecordBatch | pa.Table] = []

    def add(self, batch: pa.RecordBatch | pa.Table) -> Self:
        """Take a batch in; it is judged with others once enough rows are gathered."""
        if self._buffer and self._buffer[0].schema != batch.schema:
            self._flush()
        self._buffer.append(batch)
        rows, size = (sum(getattr(each, name) for each in self._buffer) for name in ("num_rows", "nbytes"))
        if rows >= BUFFER_ROWS or size >= BUFFER_BYTES:
            self._flush()
        return self

    def partial(self) -> Partial:
        """What is known so far, as counts that add up."""
        self._flush()
        return Partial(self._suite.digest, self._rows, self._batches, dict(self._tallies))

    def absorb(self, partial: Partial) -> Self:
        """Add what another validator of the same suite counted over other rows.

        Raises:
            SuiteError: the counts belong to another suite.
        """
        known = {str(item.id) for item in self._suite.expectations if item.scope != "table"}
        if partial.suite != self._suite.digest or not set(partial.tallies) <= known:
            raise SuiteError("these counts belong to another suite")
        self._rows += partial.rows
        self._batches += partial.batches
        for name, tally in partial.tallies.items():
            self._note(name, tally)
        return self

    def finish(
        self, dataset: Source | None = None, *, rows_in: int | None = None, suppressed: int = 0, dropped: int = 0
    ) -> ValidationResult:
        """Judge what needs all rows, and say how everything came out.

        Args:
            dataset: all rows of all parts; without it expectations on the whole table fail as not evaluated.
            rows_in: rows that went into the step whose result this is, for ``rows_add_up``.
            suppressed: rows removed to meet the privacy model.
            dropped: rows removed for any other declared reason.

        Raises:
            SuiteError: a count is negative.
        """
        if min(rows_in or 0, suppressed, dropped) < 0:
            raise SuiteError("rows_in, suppressed and dropped count from 0")
        whole, rows, fault = self._whole(dataset)
        if whole is not None and not self._batches and not self._buffer:
            self.add(whole.schema.empty_table())
        self._flush()
        flow = None if rows_in is None else {"rows_in": rows_in, "suppressed": suppressed, "dropped": dropped}
        aggregates = self._aggregates(whole, rows, flow, fault)
        if rows is not None and rows != self._rows:
            fault = ROWS_NOT_COVERED
        outcomes = []
        for item in self._suite.expectations:
            if item.scope == "table":
                outcomes.append(_table_outcome(item, aggregates[str(item.id)]))
            else:
                tally = self._tallies.get(str(item.id), Tally(code=NOT_EVALUATED))
                outcomes.append(
                    _counted_outcome(item, tally, tally.code or (fault if item.scope == "row" else None))
                )
        engine = f"great_expectations {version('great_expectations')}"
        total = self._rows if rows is None else rows
        return ValidationResult(self._suite.name, self._suite.digest, total, tuple(outcomes), engine)

    def _flush(self) -> None:
        if not self._buffer:
            return
        tables = [b if isinstance(b, pa.Table) else pa.Table.from_batches([b]) for b in self._buffer]
        self._buffer = []
        table = pa.concat_tables(tables)
        self._rows += table.num_rows
        self._batches += 1
        for item in self._suite.of("schema"):
            self._note(str(item.id), _schema_tally(item, table.schema))
        for item in self._suite.of("row"):
            self._note(str(item.id), _row_tally(item, table, self._detector))

    def _note(self, name: str, tally: Tally) -> None:
        known = self._tallies.get(name)
        schema = any(item.id == name for item in self._suite.of("schema"))
        if known is not None:
            tally = known.worst(tally) if schema else known + tally
        self._tallies[name] = tally

    def _whole(self, dataset: Source | None) -> tuple[Aggregates | None, int | None, str | None]:
        """The whole dataset, its rows, and the code of what kept it from being read."""
        if dataset is None:
            return None, None, None
        connect = self._connect
        if connect is None:
            from pseudonymize.engine import connect as locked

            connect = locked
        try:
            whole = Aggregates(dataset, connect)
            return whole, whole.rows(), None
        except AggregateFailed as failure:
            return None, None, failure.code

    def _aggregates(
        self, whole: Aggregates | None, rows: int | None, flow: Mapping[str, int] | None, fault: str | None
    ) -> dict[str, Row | str]:
        """Aggregates, or the code of what went wrong, by expectation id."""
        items = self._suite.of("table")
        if whole is None or rows is None:
            return {str(item.id): fault or NOT_EVALUATED for item in items}
        found: dict[str, Row | str] = {}
        for item in items:
            if str(item.id) in found:
                continue
            group = [item]
            if item.expect in ("k_anonymity", "l_diversity"):
                group = [other for other in items if other.expect in ("k_anonymity", "l_diversity")]
                group = [other for other in group if other.columns == item.columns]
            try:
                found.update(_measure(whole, group, rows, flow))
            except AggregateFailed as failure:
                found.update({str(other.id): failure.code for other in group})
        return found


def _schema_tally(item: Expectation, schema: pa.Schema) -> Tally:
    try:
        return Tally(*schema_misfits(item, schema))
    except Unjudgeable as fault:
        return Tally(1, 1, code=fault.code)


def _row_tally(item: Expectation, table: pa.Table, detector: Detect | None) -> Tally:
    try:
        frame = row_frame(item, table)
        question = row_question(item, frame)
    except Unjudgeable as fault:
        return Tally(code=fault.code)
    except pa.ArrowException:
        return Tally(code=EVALUATION_FAILED)
    missing = 0 if item.expect == "not_null" else int(frame[item.column].isna().sum())
    detection = Detection(detector)
    token = DETECTION.set(detection)
    try:
        verdict = judge(question.kind, question.arguments, frame)
    finally:
        DETECTION.reset(token)
    if verdict is None:
        return Tally(code=DETECTOR_FAILED if detection.failed else EVALUATION_FAILED)
    return Tally(len(frame) - missing, verdict.unexpected, dict(sorted(detection.found.items())))


def _measure(
    whole: Aggregates, group: list[Expectation], rows: int, flow: Mapping[str, int] | None
) -> Mapping[str, Row]:
    item = group[0]
    match item.expect:
        case "k_anonymity" | "l_diversity":
            return whole.classes(group)
        case "unique":
            row = whole.unique(item)
        case "distinct_between":
            row = whole.distinct(item)
        case "sum_between":
            row = whole.total(item)
        case "rows_add_up":
            if flow is None:
                raise AggregateFailed(NOT_EVALUATED)
            lost = abs(flow["rows_in"] - rows - flow["suppressed"] - flow["dropped"])
            row = {**flow, "rows_out": rows, "evaluated": max(flow["rows_in"], rows, lost), "unexpected": lost}
        case _:
            row = {"evaluated": rows, "value": rows}
    return {str(item.id): row}


_SHOWN = ("classes", "smallest", "fewest", "rows_in", "rows_out", "suppressed", "dropped")


def _table_outcome(item: Expectation, row: Row | str) -> Outcome:
    if isinstance(row, str):
        return _outcome(item, Tally(), success=False, code=row)
    question = table_question(item)
    verdict = judge(question.kind, question.arguments, pd.DataFrame([row]))
    if verdict is None:
        return _outcome(item, Tally(), success=False, code=EVALUATION_FAILED)
    evaluated, unexpected = int(row["evaluated"]), int(row.get("unexpected", 0))
    # A total or number of values is never shown: over one row it is the value. Its failure counts as one.
    if item.expect in ("row_count_between", "sum_between", "distinct_between"):
        evaluated, unexpected = 1, int(not verdict.success)
    observed = {name: int(row[name]) for name in _SHOWN if row.get(name) is not None}
    return _outcome(item, Tally(evaluated, unexpected, observed), success=verdict.success)


def _counted_outcome(item: Expectation, tally: Tally, code: str | None) -> Outcome:
    row = {"evaluated": tally.evaluated, "unexpected": tally.unexpected}
    question = table_question(item)
    verdict = None if code else judge(question.kind, question.arguments, pd.DataFrame([row]))
    if verdict is None:
        return _outcome(item, tally, success=False, code=code or EVALUATION_FAILED)
    return _outcome(item, tally, success=verdict.success)


def _outcome(item: Expectation, tally: Tally, *, success: bool, code: str | None = None) -> Outcome:
    return Outcome(
        id=str(item.id),
        kind=item.expect,
        column=item.subject,
        # What could not be judged stops the data, whatever it would have meant to fail.
        severity="critical" if code else item.severity,
        success=success,
        evaluated=tally.evaluated,
        unexpected=tally.unexpected,
        mostly=item.mostly,
        observed=dict(tally.found),
        code=code,
    )
