"""Custom Great Expectations expectations that judge a table as a whole.

They are judged on a frame of one row of aggregates, which `validation.aggregates` computes exactly with DuckDB
over all parts: Great Expectations itself would need the whole table in memory. So it sees counts and never rows.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider


class TableAggregates(TableMetricProvider):  # type: ignore[misc]
    """Metric: the aggregates in the frame's single row, by name."""

    metric_name = "table.aggregates"

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: dict[str, Any], **_: Any) -> dict[str, Any]:
        frame, _compute, _accessor = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        (row,) = frame.to_dict("records")
        return dict(row)


class _ExpectAggregates(BatchExpectation):  # type: ignore[misc]
    """Base: one row of aggregates, judged by `holds`."""

    metric_dependencies = ("table.aggregates",)

    @abstractmethod
    def holds(self, row: dict[str, Any]) -> bool:
        """Whether the aggregates meet the expectation."""

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        row = metrics["table.aggregates"]
        return {"success": self.holds(row), "result": {"unexpected_count": int(row.get("unexpected", 0))}}


class ExpectTableToBeKAnonymous(_ExpectAggregates):
    """Every equivalence class has at least k rows (k-anonymity, Samarati and Sweeney 1998)."""

    k: int
    success_keys = ("k",)

    def holds(self, row: dict[str, Any]) -> bool:
        """No class at all, or none smaller than k."""
        return bool(row["classes"] == 0 or (row["smallest"] >= self.k and row["unexpected"] == 0))


class ExpectTableToBeLDiverse(_ExpectAggregates):
    """Every equivalence class has at least l distinct sensitive values (Machanavajjhala et al. 2007)."""

    diversity: int
    success_keys = ("diversity",)

    def holds(self, row: dict[str, Any]) -> bool:
        """No class at all, or none with fewer."""
        return bool(row["classes"] == 0 or (row["fewest"] >= self.diversity and row["unexpected"] == 0))


class ExpectTableRowsToAddUp(_ExpectAggregates):
    """Every row that went in came out, was suppressed or was dropped."""

    def holds(self, row: dict[str, Any]) -> bool:
        """Not one more and not one fewer."""
        return bool(row["rows_in"] == row["rows_out"] + row["suppressed"] + row["dropped"])


class ExpectTableShareToMeet(_ExpectAggregates):
    """A share of what was counted, over all parts, meets the expectation."""

    mostly: float = 1.0
    success_keys = ("mostly",)

    def holds(self, row: dict[str, Any]) -> bool:
        """Nothing counted, or a large enough share of it."""
        counted, unexpected = row["evaluated"], row["unexpected"]
        return bool(counted == 0 or (counted - unexpected) / counted >= self.mostly)


class ExpectTableAggregateToBeBetween(_ExpectAggregates):
    """An aggregate lies between two bounds, both included."""

    min_value: int | float | None = None
    max_value: int | float | None = None
    success_keys = ("min_value", "max_value")

    def holds(self, row: dict[str, Any]) -> bool:
        """NaN lies nowhere."""
        value = row["value"]
        low = self.min_value is None or value >= self.min_value
        high = self.max_value is None or value <= self.max_value
        return bool(value == value and low and high)
