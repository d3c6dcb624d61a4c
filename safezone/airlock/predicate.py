"""Predicates: the few forms a row filter can have, and what they become.

Each form renders itself as canonical text (for signatures), as DuckDB SQL with bound parameters, and as a
pyarrow expression. NULL follows SQL's three-valued logic in all of them: a row is selected when the filter is
true, not when it is unknown. A floating-point NaN compares as IEEE 754 says (never greater, never smaller).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from safezone.airlock.literal import Constant, sql_type

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


def quoted(name: str) -> str:
    """A column name as SQL takes it, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


class Predicate(Protocol):
    """One form of condition."""

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        ...

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL; appends the literals to `params` in the order of their question marks."""
        ...

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow."""
        ...

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        ...


def _bind(constant: Constant, params: list[Any]) -> str:
    params.append(constant.value)
    return f"CAST(? AS {sql_type(constant.type)})"


def _unknown(name: str) -> pc.Expression:
    """NULL where the column is NULL, false elsewhere: what pyarrow's `is_in` lacks to follow SQL."""
    return pc.if_else(pc.field(name).is_null(), pa.scalar(None, pa.bool_()), pa.scalar(False))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column compared with a literal."""

    column: str
    operator: str
    constant: Constant

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        return f"{quoted(self.column)} {self.operator} {self.constant.text}"

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL with bound parameters."""
        text = f"{quoted(self.column)} {self.operator} {_bind(self.constant, params)}"
        if pa.types.is_floating(self.constant.type) and self.operator in {">", ">="}:
            # DuckDB sorts NaN above every number.
            return f"({text} AND NOT isnan({quoted(self.column)}))"
        return text

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow."""
        field, value = pc.field(self.column), self.constant.scalar
        forms = {
            "=": field == value,
            "<>": field != value,
            "<": field < value,
            "<=": field <= value,
            ">": field > value,
            ">=": field >= value,
        }
        return forms[self.operator]

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        yield self.column


@dataclass(frozen=True, slots=True)
class Between:
    """A column within two literals, both included."""

    column: str
    low: Constant
    high: Constant

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        return f"{quoted(self.column)} BETWEEN {self.low.text} AND {self.high.text}"

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL with bound parameters."""
        return f"({quoted(self.column)} BETWEEN {_bind(self.low, params)} AND {_bind(self.high, params)})"

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow."""
        field = pc.field(self.column)
        return (field >= self.low.scalar) & (field <= self.high.scalar)

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        yield self.column


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column equal to one of several literals, which are sorted and distinct."""

    column: str
    constants: tuple[Constant, ...]

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        return f"{quoted(self.column)} IN ({', '.join(constant.text for constant in self.constants)})"

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL with bound parameters."""
        return f"{quoted(self.column)} IN ({', '.join(_bind(constant, params) for constant in self.constants)})"

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow."""
        field, kind = pc.field(self.column), self.constants[0].type
        if pa.types.is_floating(kind):
            # is_in hashes the bits, so that -0.0 would not be 0.0.
            return reduce(lambda left, right: left | right, (field == one.scalar for one in self.constants))
        values = pa.array([constant.value for constant in self.constants], kind)
        return field.isin(values) | _unknown(self.column)

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        yield self.column


@dataclass(frozen=True, slots=True)
class IsNull:
    """A column without a value."""

    column: str

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        return f"{quoted(self.column)} IS NULL"

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL; it has no literal."""
        return f"{quoted(self.column)} IS NULL"

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow."""
        return pc.field(self.column).is_null()

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        yield self.column


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary; what is unknown stays unknown."""

    inner: Predicate

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        if isinstance(self.inner, IsNull):
            return f"{quoted(self.inner.column)} IS NOT NULL"
        return (
            f"NOT ({self.inner.canonical})" if isinstance(self.inner, Junction) else f"NOT {self.inner.canonical}"
        )

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL with bound parameters."""
        return f"NOT ({self.inner.sql(params)})"

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow."""
        return ~self.inner.expression()

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        yield from self.inner.columns()


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more conditions joined by AND or by OR, sorted by their canonical text and distinct."""

    word: str
    parts: tuple[Predicate, ...]

    @property
    def canonical(self) -> str:
        """The one way this condition is written."""
        # Parentheses only where SQL needs them, so that the canonical text is never deeper than what was written.
        needed = self.word == "AND"
        texts = (
            f"({part.canonical})" if needed and isinstance(part, Junction) else part.canonical
            for part in self.parts
        )
        return f" {self.word} ".join(texts)

    def sql(self, params: list[Any]) -> str:
        """DuckDB SQL with bound parameters."""
        return "(" + f" {self.word} ".join(part.sql(params) for part in self.parts) + ")"

    def expression(self) -> pc.Expression:
        """The same condition for pyarrow (its and/or are Kleene's, as SQL's are)."""
        parts = (part.expression() for part in self.parts)
        if self.word == "AND":
            return reduce(lambda left, right: left & right, parts)
        return reduce(lambda left, right: left | right, parts)

    def columns(self) -> Iterator[str]:
        """Names of the columns it looks at."""
        for part in self.parts:
            yield from part.columns()


def negate(predicate: Predicate) -> Predicate:
    """The contrary of a condition, without piling NOT on NOT."""
    return predicate.inner if isinstance(predicate, Not) else Not(predicate)


def join(word: str, parts: list[Predicate]) -> Predicate:
    """Join conditions by AND or OR: nested ones of the same word are merged, repeated ones said once."""
    flat: dict[str, Predicate] = {}
    for part in parts:
        inner = part.parts if isinstance(part, Junction) and part.word == word else (part,)
        flat |= {one.canonical: one for one in inner}
    if len(flat) == 1:
        return next(iter(flat.values()))
    return Junction(word, tuple(flat[text] for text in sorted(flat)))


def one_of(column: str, constants: list[Constant]) -> Predicate:
    """Equality with one of several literals; of a single one it is a plain comparison."""
    distinct = {constant.text: constant for constant in constants}
    if len(distinct) == 1:
        return Comparison(column, "=", constants[0])
    return OneOf(column, tuple(distinct[text] for text in sorted(distinct)))
