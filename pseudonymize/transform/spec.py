"""The transforms a column can be given, as frozen specifications.

A dataset policy names them by ``method``; `pseudonymize.transform.columns` carries them out. The terms follow
ISO/IEC 20889:2018 (masking, generalisation, rounding, top and bottom coding, pseudonymisation).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, ClassVar, Literal, NoReturn, get_args

import pyarrow as pa

Language = Literal["ko", "en"]
Replacement = Literal["label", "mask", "surrogate", "token"]
Action = Literal["label", "mask", "surrogate", "token", "keep"]
"""What becomes of personal data found in text."""
KEPT = frozenset({"LOCATION"})
"""Entities kept unless a policy names them: a bare region (서울시 강남구) is what statistics are made of."""
_STRICT: dict[str, Any] = {"extra": "forbid"}


def _require(good: bool, fault: str) -> None:
    if not good:
        raise ValueError(fault)


def _require_finite(*limits: float | None) -> None:
    _require(all(limit is None or math.isfinite(limit) for limit in limits), "limits are finite numbers")


def _multiple(edge: float, origin: float, width: float) -> bool:
    """Whether an edge lies on the grid, counted in decimals: in binary, 0.3 is no multiple of 0.1."""
    exact, start, step = (Decimal(repr(float(part))) for part in (edge, origin, width))
    return (exact - start) % step == 0


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave the column as it is."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    method: Literal["keep"] = "keep"


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove the column."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    method: Literal["drop"] = "drop"


@dataclass(frozen=True, slots=True)
class Mask:
    """Replace characters, keeping some at the ends.

    Attributes:
        keep_first: characters left at the start.
        keep_last: characters left at the end.
        char: what stands for each other character; a value too short to hide anything is masked whole.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    keep_first: int = 0
    keep_last: int = 0
    char: str = "*"
    method: Literal["mask"] = "mask"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(self.keep_first >= 0 and self.keep_last >= 0, "keep_first and keep_last count from 0")
        _require(len(self.char) == 1, "char is one character")


@dataclass(frozen=True, slots=True)
class Tokenise:
    """Replace an identifier by a keyed token (HMAC-SHA256), the same for the same value.

    Attributes:
        kind: kind of identifier, e.g. ``rrn``; tokens of different kinds never match.
        normalise: how values are made alike first: ``text`` (NFKC, trimmed), ``digits`` (digits only), ``name``
            (NFKC without white space).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    kind: str
    normalise: Literal["text", "digits", "name"] = "text"
    method: Literal["tokenise"] = "tokenise"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        allowed = self.kind.replace("-", "").replace("_", "")
        _require(allowed.isascii() and allowed.isalnum(), "kind is made of ASCII letters, digits, - and _")


@dataclass(frozen=True, slots=True)
class Band:
    """Put numbers into bands, written ``30-39`` for whole and ``1.5-<2`` for other widths.

    Attributes:
        width: width of a band.
        origin: where a band begins.
        bottom: everything below becomes ``<bottom``.
        top: everything from here on becomes ``≥top``.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    width: float
    origin: float = 0.0
    bottom: float | None = None
    top: float | None = None
    method: Literal["band"] = "band"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(0 < self.width < math.inf and math.isfinite(self.origin), "width is above 0, origin a number")
        _require_finite(self.bottom, self.top)
        if self.bottom is not None and self.top is not None:
            _require(self.bottom < self.top, "bottom is smaller than top")
        for edge in (self.bottom, self.top):
            on_edge = edge is None or _multiple(edge, self.origin, self.width)
            _require(on_edge, "bottom and top lie where a band begins")


@dataclass(frozen=True, slots=True)
class Round:
    """Round numbers to a multiple, half away from zero.

    Attributes:
        to: the multiple.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    to: float
    method: Literal["round"] = "round"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(0 < self.to < math.inf, "to is larger than 0")


@dataclass(frozen=True, slots=True)
class Clip:
    """Top and bottom coding: numbers beyond a limit become the limit.

    Attributes:
        bottom: smallest number left.
        top: largest number left.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    bottom: float | None = None
    top: float | None = None
    method: Literal["clip"] = "clip"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(self.bottom is not None or self.top is not None, "bottom or top is needed")
        _require_finite(self.bottom, self.top)
        if self.bottom is not None and self.top is not None:
            _require(self.bottom < self.top, "bottom is smaller than top")


@dataclass(frozen=True, slots=True)
class TruncateDate:
    """Keep only the larger parts of a date: ``2024``, ``2020-2024``, ``2024-H1``, ``2024-Q1``, ``2024-03``.

    Attributes:
        to: the smallest part left.
        every: for years, how many make one group.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    to: Literal["year", "half", "quarter", "month"]
    every: int = 1
    method: Literal["truncate_date"] = "truncate_date"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(self.every >= 1, "every counts from 1")
        _require(self.every == 1 or self.to == "year", "every goes with to: year")


@dataclass(frozen=True, slots=True)
class Region:
    """Roll an address up to 시도 or 시군구; what is not recognised becomes null.

    Attributes:
        level: how much is left.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    level: Literal["sido", "sigungu"]
    method: Literal["region"] = "region"


@dataclass(frozen=True, slots=True)
class ShiftDate:
    """Shift dates by a number of days that is the same for all dates of one subject, so intervals are kept.

    Attributes:
        days: largest shift either way; never 0 days.
        subject: the column that says whose row it is (before its own transform).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    days: int
    subject: str
    method: Literal["shift_date"] = "shift_date"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(1 <= self.days <= 3650, "days lies between 1 and 3650")
        _require(bool(self.subject), "subject names a column")


class Choices(dict[str, Action]):
    """What becomes of each entity, by its name: a mapping that cannot change and can be hashed."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("choices cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Choices, (dict(self),)


@dataclass(frozen=True, slots=True)
class Redact:
    """Replace personal data found in free text, each entity in its own way.

    ``label`` writes a typed label with a number per document (``<이름1>``), ``mask`` stars, ``token`` a keyed token
    (``<이름:ab1cd2ef3gh4>``), the same for the same value in every document, ``surrogate`` an invented value of the same
    kind, likewise the same everywhere. Tokens and surrogates are made anew for each project at release; in the zone,
    a marker stands for a surrogate. ``keep`` leaves it, and is chosen for single entities only.

    Attributes:
        replace: what becomes of the entities that per_entity does not name.
        per_entity: entity to what becomes of it, e.g. ``{PERSON: surrogate, PHONE_NUMBER: token}``. Bare regions
            (``LOCATION``) are kept unless they are named here or in entities.
        entities: entities that are looked at; None means all the detector finds.
        language: of labels and tokens: ``ko`` for ``<이름1>``, ``en`` for ``<name1>``.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    replace: Replacement = "label"
    entities: tuple[str, ...] | None = None
    language: Language = "ko"
    per_entity: dict[str, Action] = field(default_factory=Choices)
    method: Literal["redact"] = "redact"

    def __post_init__(self) -> None:
        """Check the arguments (ValueError)."""
        _require(self.entities is None or len(self.entities) > 0, "entities names at least one, or is left out")
        named = all(entity.isascii() and entity.isidentifier() and entity.isupper() for entity in self.per_entity)
        _require(named, "per_entity names entities in capital letters, as in PERSON")
        replacements, chosen = get_args(Replacement), set(self.per_entity.values())
        _require(self.replace in replacements, f"replace is one of {', '.join(replacements)}")
        _require(chosen <= set(get_args(Action)), f"per_entity gives each one of {', '.join(get_args(Action))}")
        inside = self.entities is None or set(self.per_entity) <= set(self.entities)
        _require(inside, "per_entity names only entities that entities names too")
        object.__setattr__(self, "per_entity", Choices(self.per_entity))

    def action(self, entity: str) -> Action | None:
        """What becomes of an entity; None when it is not looked at."""
        if entity in self.per_entity:
            return self.per_entity[entity]
        if self.entities is not None:
            return self.replace if entity in self.entities else None
        return "keep" if entity in KEPT else self.replace

    @property
    def actions(self) -> frozenset[str]:
        """Everything that may become of something found."""
        return frozenset({self.replace, *self.per_entity.values()})

    @property
    def keyed(self) -> bool:
        """Whether a key is needed."""
        return not self.actions.isdisjoint({"surrogate", "token"})

    @property
    def left(self) -> frozenset[str]:
        """Entities that a detector may still find afterwards: those kept."""
        named = {*self.per_entity, *(() if self.entities is not None else KEPT)}
        return frozenset(entity for entity in named if self.action(entity) == "keep")


Transform = Keep | Drop | Mask | Tokenise | Band | Round | Clip | TruncateDate | Region | ShiftDate | Redact
TEXT_OUT = (Mask, Tokenise, Band, TruncateDate, Region, Redact)


def output_type(transform: Transform, kind: pa.DataType) -> pa.DataType:
    """The Arrow type a column of type `kind` has afterwards."""
    if isinstance(transform, TEXT_OUT):
        return pa.string()
    if isinstance(transform, Keep):
        return kind
    if pa.types.is_dictionary(kind):
        return output_type(transform, kind.value_type)
    if isinstance(transform, Round) and pa.types.is_integer(kind) and not float(transform.to).is_integer():
        return pa.float64()
    return kind


def to_json(transform: Transform) -> dict[str, Any]:
    """A transform as plain JSON values, for digests: equal transforms give equal values."""
    # 10 and 10.0 are equal, and a policy may write either; JSON would keep them apart.
    return {
        part.name: _plain(getattr(transform, part.name), real="float" in str(part.type))
        for part in sorted(fields(transform), key=lambda part: part.name)
    }


def _plain(value: Any, *, real: bool) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(sorted(value.items()))
    return float(value) + 0.0 if real and value is not None else value
