"""Data files of a package: Arrow tables as Parquet or JSON Lines, and back, made the same way every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from safezone.errors import IntegrityFailure

_ESCAPES = {"\\": "\\\\", '"': '\\"'} | {chr(code): f"\\u{code:04x}" for code in range(32)}
_BLOCK = 64 << 20
_NESTED = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary)


@dataclass(frozen=True, slots=True)
class Part:
    """One data file: its name in the package, its bytes and its rows."""

    name: str
    data: bytes
    rows: int


def parts(tables: Iterable[pa.Table], file_format: str) -> Iterator[Part]:
    """Encode tables as the data files of a package, one at a time.

    Args:
        tables: tables of one schema; each becomes a file and is the unit of memory.
        file_format: ``parquet`` or ``jsonl``.
    """
    encode = {"parquet": parquet, "jsonl": jsonl}[file_format]
    for number, table in enumerate(tables):
        yield Part(f"data/part-{number:05}.{file_format}", encode(table), table.num_rows)


def parquet(table: pa.Table) -> bytes:
    """A table as a Parquet file; metadata that came with the schema is left behind."""
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), sink, compression="zstd", row_group_size=131_072)
    return bytes(sink.getvalue())


def jsonl(table: pa.Table) -> bytes:
    """A table as JSON Lines, built column by column.

    Dates and times are ISO 8601 text, decimals are text (JSON readers round numbers), NaN and infinity, which
    JSON does not know, are null.
    """
    columns = []
    for number, name in enumerate(table.column_names):
        head = ("{" if number == 0 else ",") + _escaped(pa.array([name])).to_pylist()[0] + ":"
        columns.append(pc.binary_join_element_wise(pa.scalar(head), _json(table.column(number)), ""))
    lines = pc.binary_join_element_wise(*columns, pa.scalar("}\n"), "")
    return b"".join(_joined(chunk) for chunk in lines.chunks)


def _joined(lines: pa.StringArray) -> bytes:
    whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    return bytes(pc.binary_join(whole, "")[0].as_buffer() or b"")


def _escaped(texts: Any) -> Any:
    # One scan settles the usual case, in which nothing needs an escape.
    if not pc.any(pc.match_substring_regex(texts, r'[\\"\x00-\x1f]')).as_py():
        return pc.binary_join_element_wise(pa.scalar('"'), texts, pa.scalar('"'), "")
    for char, escape in _ESCAPES.items():
        if pc.any(pc.match_substring(texts, char)).as_py():
            texts = pc.replace_substring(texts, char, escape)
    return pc.binary_join_element_wise(pa.scalar('"'), texts, pa.scalar('"'), "")


def _json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each value of a column as JSON text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _json(column.cast(kind.value_type))
    if any(is_kind(kind) for is_kind in _NESTED):
        raise IntegrityFailure(
            "package.type",
            (
                f"A column of type {kind} cannot be written as JSON Lines.",
                f"{kind} 형식의 열은 JSON Lines로 쓸 수 없습니다.",
            ),
            ("Release it as Parquet.", "Parquet으로 반출하십시오."),
        )
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
    texts = column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        texts = pc.replace_substring(texts, " ", "T", max_replacements=1)
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return pc.fill_null(texts if plain else _escaped(texts), "null")


def read_part(data: Any, name: str, schema: pa.Schema) -> pa.Table:
    """Read a data file back with the types the statement gives.

    Args:
        data: path or bytes-like file object.
        name: its name in the package; the ending tells the format.
        schema: names and types of the columns.

    Raises:
        IntegrityFailure: its columns are not those of the statement, or it cannot be read.
    """
    try:
        if name.endswith(".parquet"):
            with pq.ParquetFile(data) as file:
                table = file.read()
        else:
            options = pj.ParseOptions(explicit_schema=_readable(schema), unexpected_field_behavior="error")
            table = pj.read_json(data, pj.ReadOptions(block_size=_BLOCK), options)
        if set(table.column_names) == set(schema.names):
            return table.select(schema.names).cast(schema)
    except (pa.ArrowException, OSError, ValueError):
        pass
    raise IntegrityFailure(
        "package.data",
        (f"{name} does not hold the columns the statement names.", f"{name}의 열이 명세와 다릅니다."),
        ("Do not use the data; pull it again.", "데이터를 사용하지 말고 다시 받으십시오."),
    ) from None


def _readable(schema: pa.Schema) -> pa.Schema:
    """The types in which JSON Lines are read before they are cast."""
    return pa.schema(
        [
            (
                f.name,
                f.type
                if pa.types.is_integer(f.type) or pa.types.is_floating(f.type) or pa.types.is_boolean(f.type)
                else pa.string(),
            )
            for f in schema
        ]
    )


_SIMPLE = {
    str(kind): kind
    for kind in (
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(
            pa.float32(),
            pa.float64(),
            pa.bool_(),
            pa.date32(),
            pa.date64(),
            pa.string(),
            pa.large_string(),
        ),
        *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
    )
}
_DECIMAL = re.compile(r"decimal128\((\d{1,2}), (-?\d{1,2})\)")
_ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=([\w/+:-]{1,40})\]")
_DICTIONARY = re.compile(r"dictionary<values=(\w+), indices=(\w+), ordered=([01])>")


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type that `str` names so; only the flat types a release may hold.

    Raises:
        IntegrityFailure: no such type.
    """
    if text in _SIMPLE:
        return _SIMPLE[text]
    try:
        if match := _DECIMAL.fullmatch(text):
            return pa.decimal128(int(match[1]), int(match[2]))
        if match := _ZONED.fullmatch(text):
            return pa.timestamp(match[1], match[2])
        if match := _DICTIONARY.fullmatch(text):
            return pa.dictionary(_SIMPLE[match[2]], _SIMPLE[match[1]], match[3] == "1")
    except (ValueError, KeyError, pa.ArrowException):
        pass
    raise IntegrityFailure(
        "package.column_type",
        (
            "The statement names a column type that a release cannot hold.",
            "명세에 반출물이 가질 수 없는 열 형식이 있습니다.",
        ),
        ("Pull the package again; tell the zone if it stays so.", "다시 받으십시오. 같으면 안심구역에 알리십시오."),
    ) from None


empty = partial(pa.Table.from_pylist, [])
