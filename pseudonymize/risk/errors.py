"""What can go wrong while risk is measured, without a value of the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa


class RiskError(ValueError):
    """Risk could not be measured.

    Attributes:
        code: ``unknown_column`` (a named column is missing), ``ambiguous_column`` (a name occurs twice, in the
            table or in the list), ``invalid_k`` (not a whole number of at least 1), ``invalid_report`` (not a saved
            report), ``changed_source`` (a dataset gave other rows when it was read again), ``out_of_memory``,
            ``unreadable`` (the source cannot be read) or ``unsupported`` (a column's type cannot be grouped).
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"disclosure risk: {code}")
        self.code = code


@contextmanager
def boundary() -> Iterator[None]:
    """Turn what pyarrow and DuckDB raise, whose messages can quote values, into a code.

    Raises:
        RiskError: for any of them.
    """
    code = None
    try:
        yield
    except RiskError:
        raise
    except (duckdb.OutOfMemoryException, MemoryError):
        code = "out_of_memory"
    except (duckdb.NotSupportedError, duckdb.BinderException, pa.ArrowNotImplementedError):
        code = "unsupported"
    except (duckdb.Error, pa.ArrowException, OSError, ValueError, TypeError, KeyError):
        code = "unreadable"
    if code is not None:
        raise RiskError(code) from None
