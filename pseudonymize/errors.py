"""Errors of the engine. Their messages name columns and rules, never a value of the data."""

from __future__ import annotations


class TransformError(ValueError):
    """A transform does not fit the column it was given.

    Args:
        column: the column's name.
        method: the transform's method.
        kind: the column's Arrow type.
    """

    def __init__(self, column: str, method: str, kind: str) -> None:
        super().__init__(f"{method} does not fit column {column} of type {kind}")
        self.column = column
        self.method = method


class PlanError(ValueError):
    """A plan and a batch do not belong together: a column is missing or was not planned for."""
