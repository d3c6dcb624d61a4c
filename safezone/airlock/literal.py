"""Literals of a row filter, read against the type of the column they are compared with.

Nothing is coerced: a literal either is a value of the column's type, exactly, or it is refused. That is what
lets pyarrow and DuckDB agree on every row, since neither ever has to widen, round or guess.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from safezone.errors import Text

Written = Literal["string", "number", "boolean"]

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})([T ](?P<time>\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?))?(?P<zone>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_DIGITS_OF_UNIT = {"s": 0, "ms": 3, "us": 6, "ns": 6}
_TIMESTAMP = {"s": "TIMESTAMP_S", "ms": "TIMESTAMP_MS", "us": "TIMESTAMP", "ns": "TIMESTAMP_NS"}
_SQL = {
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.string(): "VARCHAR",
    pa.large_string(): "VARCHAR",
}


class LiteralRefused(ValueError):
    """The literal is no value of the column's type; the reason never repeats the literal."""

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.reason = Text(en, ko)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal that is a value of its column's type.

    Attributes:
        value: the Python value, as DuckDB takes it for a parameter.
        type: the Arrow type it has, that of the column (of its values, for a dictionary column).
    """

    value: Any
    type: pa.DataType

    @property
    def scalar(self) -> pa.Scalar:
        """The value as Arrow compares it."""
        return pa.scalar(self.value, self.type)

    @property
    def text(self) -> str:
        """The one way this value is written in a canonical filter."""
        if isinstance(self.value, bool):
            return "TRUE" if self.value else "FALSE"
        if isinstance(self.value, int):
            return str(self.value)
        if isinstance(self.value, float):
            return _float_text(self.value)
        if isinstance(self.value, Decimal):
            return f"{self.value:f}"
        if isinstance(self.value, datetime):
            return f"'{self.value.replace(tzinfo=None).isoformat(sep=' ')}{'Z' if self.value.tzinfo else ''}'"
        if isinstance(self.value, date):
            return f"'{self.value.isoformat()}'"
        return "'" + str(self.value).replace("'", "''") + "'"


def _float_text(value: float) -> str:
    # repr is the shortest text that reads back as the same double; the grammar wants a digit around the point.
    text = repr(value + 0.0)
    return text.replace("e", "E") if "e" in text else text


def value_type(column: pa.DataType) -> pa.DataType:
    """The type of a column's values, seen through dictionary encoding."""
    return column.value_type if pa.types.is_dictionary(column) else column


def sql_type(kind: pa.DataType) -> str | None:
    """The DuckDB type that holds exactly the values of an Arrow type; None when it cannot be compared."""
    kind = value_type(kind)
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz and kind.unit == "us" else None if kind.tz else _TIMESTAMP[kind.unit]
    if pa.types.is_decimal128(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})" if kind.scale >= 0 else None
    return _SQL.get(kind)


def expected(kind: pa.DataType) -> Text:
    """What a literal beside a column of this type looks like."""
    kind = value_type(kind)
    if pa.types.is_integer(kind):
        return Text("a whole number, e.g. 20", "정수(예: 20)")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Text("a number, e.g. 20 or 0.5", "수(예: 20, 0.5)")
    if pa.types.is_boolean(kind):
        return Text("TRUE or FALSE", "TRUE 또는 FALSE")
    if pa.types.is_date(kind):
        return Text("a date in quotes, e.g. '2026-01-31'", "작은따옴표 안의 날짜(예: '2026-01-31')")
    if pa.types.is_timestamp(kind):
        zone = "+09:00" if kind.tz else ""
        return Text(
            f"a time in quotes, e.g. '2026-01-31 09:00:00{zone}'",
            f"작은따옴표 안의 시각(예: '2026-01-31 09:00:00{zone}')",
        )
    return Text("text in single quotes, e.g. 'A'", "작은따옴표 안의 글자(예: 'A')")


def constant(kind: pa.DataType, written: Written, text: str) -> Constant:
    """Read a literal as a value of the column's type.

    Args:
        kind: the column's Arrow type.
        written: what kind of literal was written.
        text: the literal without quotes, a minus sign included.

    Returns:
        The constant.

    Raises:
        LiteralRefused: it is not exactly a value of that type.
    """
    kind = value_type(kind)
    if written == "boolean" and pa.types.is_boolean(kind):
        return Constant(text == "true", kind)
    if written == "number" and not _NUMBER.fullmatch(text):
        raise LiteralRefused(
            "this way of writing a number is not allowed (write 10, -10, 0.5 or 1E6)",
            "이런 수 표기는 쓸 수 없습니다(10, -10, 0.5, 1E6처럼 쓰십시오)",
        )
    if written == "number" and pa.types.is_integer(kind):
        return _integer(kind, text)
    if written == "number" and pa.types.is_floating(kind):
        return _floating(kind, text)
    if written == "number" and pa.types.is_decimal(kind):
        return _decimal(kind, text)
    if written == "string" and pa.types.is_date(kind):
        return _date(kind, text)
    if written == "string" and pa.types.is_timestamp(kind):
        return _moment(kind, text)
    if written == "string" and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return Constant(text, kind)
    wanted = expected(kind)
    raise LiteralRefused(
        f"a {written} literal cannot be compared with this column; it takes {wanted.en}",
        f"이 열과는 비교할 수 없는 값입니다. 쓸 수 있는 값: {wanted.ko}",
    )


def _integer(kind: pa.DataType, text: str) -> Constant:
    wanted = expected(kind)
    if not text.lstrip("-").isdecimal():
        raise LiteralRefused(f"this column takes {wanted.en}", f"이 열에는 {wanted.ko}만 쓸 수 있습니다")
    bits = kind.bit_width
    low, high = (
        (0, 2**bits - 1) if pa.types.is_unsigned_integer(kind) else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )
    # The length is checked first: int() of very long text is slow, and refuses with the text in its message.
    if len(text) > 25 or not low <= int(text) <= high:
        raise LiteralRefused(
            f"the number is outside what the column can hold ({low} to {high})",
            f"열이 가질 수 있는 범위({low}~{high})를 벗어난 수입니다",
        )
    return Constant(int(text), kind)


def _floating(kind: pa.DataType, text: str) -> Constant:
    value = float(text)
    if pa.types.is_float32(kind):
        value = float(pa.scalar(value, pa.float64()).cast(pa.float32(), safe=False).as_py())
    if math.isinf(value):
        raise LiteralRefused("the number is too large for the column", "열이 가질 수 있는 것보다 큰 수입니다")
    return Constant(value + 0.0, kind)


def _decimal(kind: pa.DataType, text: str) -> Constant:
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 80:
        raise LiteralRefused("the number is too large for the column", "열이 가질 수 있는 것보다 큰 수입니다")
    whole = value.scaleb(kind.scale)
    if whole != whole.to_integral_value():
        raise LiteralRefused(
            f"the column has {kind.scale} digits after the point, the number more",
            f"열의 소수 자릿수({kind.scale})보다 자릿수가 많습니다",
        )
    if abs(int(whole)) >= 10**kind.precision:
        raise LiteralRefused("the number is too large for the column", "열이 가질 수 있는 것보다 큰 수입니다")
    return Constant(Decimal(int(whole)).scaleb(-kind.scale), kind)


def _date(kind: pa.DataType, text: str) -> Constant:
    wanted = expected(kind)
    try:
        if _DATE.fullmatch(text):
            return Constant(date.fromisoformat(text), kind)
    except ValueError:
        pass
    raise LiteralRefused(f"this column takes {wanted.en}", f"이 열에는 {wanted.ko}만 쓸 수 있습니다")


def _moment(kind: pa.DataType, text: str) -> Constant:
    wanted = expected(kind)
    refused = LiteralRefused(f"this column takes {wanted.en}", f"이 열에는 {wanted.ko}만 쓸 수 있습니다")
    match = _MOMENT.fullmatch(text)
    # Without an offset a moment of a zoned column would mean another instant on another machine.
    if match is None or bool(match["zone"]) != bool(kind.tz):
        raise refused
    try:
        value = datetime.fromisoformat(text)
        value = value.astimezone(UTC) if kind.tz else value
        fits = kind.unit != "ns" or 1678 <= value.year <= 2261
    except (ValueError, OverflowError):
        raise refused from None
    digits = _DIGITS_OF_UNIT[kind.unit]
    if value.microsecond % 10 ** (6 - digits) or not fits:
        raise LiteralRefused(
            "the time is finer than the column, or outside what it can hold",
            "열보다 더 세밀하거나 열의 범위를 벗어난 시각입니다",
        )
    return Constant(value, kind)
