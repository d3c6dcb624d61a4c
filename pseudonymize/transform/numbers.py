"""Generalising numbers: bands, rounding, top and bottom coding.

Edges and multiples are counted in decimals, as a number is written: in binary, 0.3 is no multiple of 0.1. Whole
numbers are never taken through floating point, where those beyond 2**53 run together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.transform.spec import Band, Clip, Round

# From the largest float to the smallest there are 632 digits: nothing in between is rounded on the way.
_EXACT = Context(prec=700)


def band(values: pa.Array, spec: Band) -> pa.Array:
    """Write the band of each number; null and values that are no finite number stay null."""
    origin, width = _decimal(spec.origin), _decimal(spec.width)
    bottom, top = (None if edge is None else _decimal(edge) for edge in (spec.bottom, spec.top))
    known: dict[int, str] = {}

    def label(number: Decimal) -> str | None:
        if not number.is_finite():
            return None
        if bottom is not None and number < bottom:
            return f"<{_plain(bottom)}"
        if top is not None and number >= top:
            return f"≥{_plain(top)}"
        place = _floor_divide(number - origin, width)
        if place not in known:
            known[place] = _band_label(origin + place * width, width)
        return known[place]

    return _each(values, label, pa.string())


def _band_label(low: Decimal, width: Decimal) -> str:
    if _is_whole(width) and _is_whole(low):
        return _plain(low) if width == 1 else f"{_plain(low)}-{_plain(low + width - 1)}"
    return f"{_plain(low)}-<{_plain(low + width)}"


def round_to(values: pa.Array, spec: Round, kind: pa.DataType) -> pa.Array:
    """Round to a multiple, half away from zero; the result has type `kind`.

    Raises:
        ValueError: a rounded number does not fit the type: 127 to tens in eight bits must not come out as -126.
    """
    whole = float(spec.to).is_integer()
    if whole and pa.types.is_integer(kind):
        multiple = pa.scalar(int(spec.to), kind)
        return pc.round_to_multiple(values, multiple, round_mode="half_towards_infinity")
    # Checked: a whole number that floating point cannot hold is refused.
    numbers = pc.cast(values, pa.float64())
    if whole:
        scaled = pc.round(pc.divide(numbers, spec.to), round_mode="half_towards_infinity")
        rounded = pc.add(pc.multiply(scaled, spec.to), 0.0)  # -0.0 becomes 0.0
    else:
        to = _decimal(spec.to)
        rounded = _each(values, lambda number: _nearest(number, to), pa.float64())
    rounded = pc.cast(rounded, kind)
    if pc.sum(pc.is_inf(rounded)) != pc.sum(pc.is_inf(numbers)):
        raise ValueError("a rounded number does not fit its type")
    return rounded


def _nearest(number: Decimal, to: Decimal) -> float:
    if not number.is_finite():
        return float(number)
    steps = _floor_divide(2 * abs(number) + to, 2 * to)
    return float((steps if number > 0 else -steps) * to) + 0.0


def clip(values: pa.Array, spec: Clip) -> pa.Array:
    """Replace numbers beyond a limit by the limit; null stays null, and NaN, which lies beyond none, stays NaN.

    Raises:
        ValueError: no number of the column's type lies within the limits.
    """
    out = values
    for limit, beyond in zip(_limits(spec, values.type), (pc.less, pc.greater), strict=True):
        if limit is not None:
            edge = pa.scalar(limit, values.type)
            out = pc.if_else(beyond(out, edge), edge, out)
    return out


def _limits(spec: Clip, kind: pa.DataType) -> tuple[float | None, float | None]:
    """The limits within a type; None where the type itself goes no further."""
    if not pa.types.is_integer(kind):
        return spec.bottom, spec.top
    within: Any = np.iinfo(kind.to_pandas_dtype())
    least, most = int(within.min), int(within.max)
    bottom = least if spec.bottom is None else max(least, math.ceil(spec.bottom))
    top = most if spec.top is None else min(most, math.floor(spec.top))
    if bottom > top:
        raise ValueError("no whole number lies within the limits")
    return bottom if bottom > least else None, top if top < most else None


def _each(values: pa.Array, change: Callable[[Decimal], Any], kind: pa.DataType) -> pa.Array:
    """Change each different number once, as it is written: a 32-bit 0.7 is 0.7, though it lies a little below."""
    encoded = values.dictionary_encode()
    with localcontext(_EXACT):
        changed = [change(Decimal(text)) for text in pc.cast(encoded.dictionary, pa.string()).to_pylist()]
    return pa.array(changed, kind).take(encoded.indices)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(float(number)))


def _floor_divide(number: Decimal, by: Decimal) -> int:
    quotient, rest = divmod(number, by)
    return int(quotient) - (rest < 0)  # divmod of decimals rounds towards zero


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _plain(number: Decimal) -> str:
    """All digits and no exponent: two bands never share a label."""
    return str(int(number)) if _is_whole(number) else f"{number.normalize():f}"
