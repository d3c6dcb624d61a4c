"""A plan says what becomes of each column; `apply` carries it out on a batch of rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pseudonymize.errors import PlanError
from pseudonymize.ports import SupportsDetect, TransformKeys
from pseudonymize.transform.spec import Drop, ShiftDate, Transform, output_type, to_json

if TYPE_CHECKING:
    from pseudonymize.findings import Findings

TRANSFORM_VERSION = 3
"""Raised when a transform's output changes for the same input: it is part of every plan's digest."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What becomes of one column."""

    name: str
    transform: Transform


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of every column, in order."""

    columns: tuple[ColumnPlan, ...]

    def digest(self) -> str:
        """SHA-256, hexadecimal, over everything that decides the output besides rows and keys."""
        content: dict[str, Any] = {
            "version": TRANSFORM_VERSION,
            "columns": [[column.name, to_json(column.transform)] for column in self.columns],
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of what `apply` gives for rows of `schema`, without its metadata, which may quote the data.

        Raises:
            PlanError: the plan names other columns than the schema has, or one of them twice.
        """
        _require_same_columns(self, schema)
        return pa.schema(
            [
                (column.name, output_type(column.transform, schema.field(column.name).type))
                for column in self.columns
                if not isinstance(column.transform, Drop)
            ]
        )


@dataclass(frozen=True, slots=True)
class Transformed:
    """Transformed rows, in the same order, and what was found in their text."""

    table: pa.Table
    findings: Findings


def apply(
    plan: Plan,
    batch: pa.RecordBatch | pa.Table,
    *,
    keys: TransformKeys,
    detector: SupportsDetect | None = None,
) -> Transformed:
    """Transform a batch of rows, column by column and on unique values.

    Args:
        plan: what becomes of each column; it names exactly the batch's columns.
        batch: the rows.
        keys: token, shift and text keys.
        detector: needed when a column is redacted.

    Raises:
        PlanError: plan and batch name different columns, or one twice; a shift names no column of them as its
            subject; a detector is missing.
        TransformError: a transform does not fit its column's type.
    """
    from pseudonymize.transform.columns import Work

    table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
    schema = plan.output_schema(table.schema)
    work = Work(table, keys, detector)
    arrays = [
        work.column(column.name, column.transform)
        for column in plan.columns
        if not isinstance(column.transform, Drop)
    ]
    return Transformed(pa.Table.from_arrays(arrays, schema=schema), work.findings)


def _require_same_columns(plan: Plan, schema: pa.Schema) -> None:
    planned = [column.name for column in plan.columns]
    if sorted(planned) != sorted(schema.names):
        raise PlanError("the plan names other columns than the batch has")
    if len(set(planned)) != len(planned):
        raise PlanError("a column is named twice")
    subjects = {column.transform.subject for column in plan.columns if isinstance(column.transform, ShiftDate)}
    if not subjects <= set(planned):
        raise PlanError("the subject of a shift is no column of the batch")
