"""The Arrow types the zone stores, by the names a manifest gives them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from safezone.errors import IntegrityFailure
from safezone.policy.dataset import Column
from safezone.sources.typed import ARROW_TYPES

_BY_NAME: dict[str, pa.DataType] = {str(kind): kind for kind in ARROW_TYPES.values()}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema of the raw stage, from a policy's columns."""
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.type], column.nullable) for column in columns])


def schema_of(columns: Iterable[tuple[str, str]]) -> pa.Schema:
    """The Arrow schema of a manifest's columns.

    Raises:
        IntegrityFailure: a type that no version can have.
    """
    try:
        return pa.schema([(name, _BY_NAME[kind]) for name, kind in columns])
    except KeyError:
        raise IntegrityFailure(
            "manifest.type",
            ("A manifest names a type the zone does not store.", "매니페스트에 알 수 없는 자료형이 있습니다."),
            ("Tell the auditor.", "감사 담당자에게 알리십시오."),
        ) from None
