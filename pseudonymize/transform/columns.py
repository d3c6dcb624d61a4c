"""Carrying transforms out, one column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.errors import PlanError, TransformError
from pseudonymize.findings import Findings
from pseudonymize.transform import dates, numbers, text, tokens
from pseudonymize.transform.regions import roll_up
from pseudonymize.transform.spec import (
    Band,
    Clip,
    Keep,
    Mask,
    Redact,
    Region,
    Round,
    ShiftDate,
    Tokenise,
    Transform,
    TruncateDate,
    output_type,
)

if TYPE_CHECKING:
    from pseudonymize.ports import SupportsDetect, TransformKeys


class Work:
    """The transforms of one batch: they share keys, detector and findings.

    Args:
        table: the rows before any transform.
        keys: token and shift keys.
        detector: needed by `Redact` alone.
    """

    def __init__(self, table: pa.Table, keys: TransformKeys, detector: SupportsDetect | None) -> None:
        self._table = table
        self._keys = keys
        self._detector = detector
        self.findings = Findings()

    def column(self, name: str, transform: Transform) -> pa.Array:
        """The transformed column.

        Raises:
            TransformError: the transform does not fit the column's type.
            PlanError: text is to be redacted and there is no detector.
        """
        column = self._table.column(name)
        try:
            return self._transformed(name, column.combine_chunks(), transform)
        except (pa.ArrowException, ValueError, TypeError, ArithmeticError) as error:
            if isinstance(error, (TransformError, PlanError)):
                raise
            raise TransformError(name, transform.method, str(column.type)) from None

    def _transformed(self, name: str, values: pa.Array, transform: Transform) -> pa.Array:
        if isinstance(transform, Keep):
            return values
        values = _plain(values)
        if pa.types.is_null(values.type):
            return pa.nulls(len(values), output_type(transform, values.type))
        if isinstance(transform, Tokenise):
            key, version = self._keys.token_key(transform.kind)
            return tokens.zone_tokens(_text(values), key, transform.kind, version, transform.normalise)
        if isinstance(transform, ShiftDate):
            _need(_is_date(values.type), name, transform, values)
            subjects = _text(_plain(self._table.column(transform.subject).combine_chunks()))
            return dates.shift(values, subjects, transform, self._keys.shift_key())
        if isinstance(transform, Redact):
            return self._redacted(name, values, transform)
        return _generalised(name, values, transform)

    def _redacted(self, name: str, values: pa.Array, transform: Redact) -> pa.Array:
        if self._detector is None:
            raise PlanError(f"column {name} is to be redacted and there is no detector")
        _need(_is_text(values.type), name, transform, values)
        key = self._keys.text_key()[0] if transform.keyed else None
        labels = {**text.LABELS, **(getattr(self._detector, "labels", None) or {})}
        try:
            out, found = text.redact(_text(values), transform, self._detector, name, key=key, labels=labels)
        except Exception:  # noqa: BLE001  whatever a detector raises may quote the text it read
            raise TransformError(name, transform.method, str(values.type)) from None
        self.findings = self.findings.merge(found)
        return out


def _generalised(name: str, values: pa.Array, transform: Transform) -> pa.Array:
    kind: Any = values.type
    if isinstance(transform, Mask):
        return _masked(_text(values), transform)
    if isinstance(transform, Region):
        _need(_is_text(kind), name, transform, values)
        return roll_up(_text(values), transform.level)
    if isinstance(transform, TruncateDate):
        _need(_is_date(kind), name, transform, values)
        return dates.truncate(values, transform)
    _need(pa.types.is_integer(kind) or pa.types.is_floating(kind), name, transform, values)
    if isinstance(transform, Band):
        return numbers.band(values, transform)
    if isinstance(transform, Round):
        return numbers.round_to(values, transform, output_type(transform, kind))
    if isinstance(transform, Clip):
        return numbers.clip(values, transform)
    raise TransformError(name, transform.method, str(kind))


def _masked(values: pa.Array, spec: Mask) -> pa.Array:
    encoded = values.dictionary_encode()
    masked = [_mask(value, spec) for value in encoded.dictionary.to_pylist()]
    return pa.array(masked, pa.string()).take(encoded.indices)


def _mask(value: str, spec: Mask) -> str:
    hidden = len(value) - spec.keep_first - spec.keep_last
    if hidden <= 0:
        return spec.char * len(value)
    return value[: spec.keep_first] + spec.char * hidden + value[len(value) - spec.keep_last :]


def _need(good: bool, name: str, transform: Transform, values: pa.Array) -> None:
    if not good:
        raise TransformError(name, transform.method, str(values.type))


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _text(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else pc.cast(values, pa.string())


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def _is_date(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))
