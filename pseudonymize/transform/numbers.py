"""Generalising numbers: bands, rounding, top and bottom coding."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.transform.spec import Band, Clip, Round


def band(values: pa.Array, spec: Band) -> pa.Array:
    """Write the band of each number; null and values that are no number stay null."""
    encoded = values.dictionary_encode()
    numbers = pc.cast(encoded.dictionary, pa.float64()).to_numpy(zero_copy_only=False)
    labels = pa.array([_band_label(number, spec) for number in numbers], pa.string())
    return labels.take(encoded.indices)


def _band_label(number: float, spec: Band) -> str | None:
    if not math.isfinite(number):
        return None
    if spec.bottom is not None and number < spec.bottom:
        return f"<{_short(spec.bottom)}"
    if spec.top is not None and number >= spec.top:
        return f"≥{_short(spec.top)}"
    low, high = _edges(number, spec)
    if float(spec.width).is_integer() and float(low).is_integer():
        last = int(high) - 1
        return str(int(low)) if last == int(low) else f"{int(low)}-{last}"
    return f"{_short(low)}-<{_short(high)}"


def _edges(number: float, spec: Band) -> tuple[float, float]:
    """The band's edges as written in decimals: in binary, 0.3/0.1 is just below 3."""
    value, origin, width = (Decimal(repr(float(part))) for part in (number, spec.origin, spec.width))
    low = origin + ((value - origin) / width).to_integral_value(ROUND_FLOOR) * width
    return float(low), float(low + width)


def _short(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else f"{number:.10g}"


def round_to(values: pa.Array, spec: Round, kind: pa.DataType) -> pa.Array:
    """Round to a multiple, half away from zero; the result has type `kind`."""
    numbers = pc.cast(values, pa.float64())
    scaled = pc.round(pc.divide(numbers, spec.to), round_mode="half_towards_infinity")
    # Checked: 127 rounded to tens does not fit eight bits, and must not come out as -126.
    return pc.cast(pc.multiply(scaled, spec.to), kind)


def clip(values: pa.Array, spec: Clip) -> pa.Array:
    """Replace numbers beyond a limit by the limit; null stays null."""
    out = values
    sides = ((spec.bottom, pc.max_element_wise, math.ceil), (spec.top, pc.min_element_wise, math.floor))
    for edge, keep, whole in sides:
        if edge is not None:
            limit = pa.scalar(whole(edge) if pa.types.is_integer(values.type) else edge, values.type)
            out = keep(out, limit, skip_nulls=False)
    return out
