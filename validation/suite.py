"""What is expected of data: typed expectations and suites, light enough to be part of a policy file.

Nothing here imports Great Expectations: `validation.run` translates, so that a policy is read in milliseconds.
An expectation is one flat dataclass and not a union, because it is written by people in YAML::

    quality:
      - {expect: not_null, column: 접수번호}
      - {expect: in_set, column: 상태, values: [접수, 처리중, 완료], mostly: 0.99, severity: warning}
      - {expect: column_pair_ordered, column: 접수일, other: 처리일}

Which fields each kind takes is data (`FIELDS`), and a field a kind does not take is an error.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal[
    "not_null",
    "unique",
    "in_set",
    "not_in_set",
    "between",
    "matches",
    "not_matches",
    "length_between",
    "column_pair_ordered",
    "row_count_between",
    "sum_between",
    "distinct_between",
    "columns_in_order",
    "type_is",
    "column_absent",
    "tokens",
    "no_personal_data",
    "k_anonymity",
    "l_diversity",
    "rows_add_up",
]
Severity = Literal["critical", "warning"]
Scalar = bool | int | float | str
Bound = int | float | datetime | date | str

# Kind -> (fields it needs, fields it may have). "a|b" needs exactly one of the two, "a+b" at least one.
FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "not_null": (("column",), ("mostly",)),
    "unique": (("column|columns",), ("mostly",)),
    "in_set": (("column", "values"), ("mostly",)),
    "not_in_set": (("column", "values"), ("mostly",)),
    "between": (("column", "min+max"), ("mostly",)),
    "matches": (("column", "regex"), ("mostly",)),
    "not_matches": (("column", "regex"), ("mostly",)),
    "length_between": (("column", "min+max"), ("mostly",)),
    "column_pair_ordered": (("column", "other"), ("mostly",)),
    "row_count_between": (("min+max",), ()),
    "sum_between": (("column", "min+max"), ()),
    "distinct_between": (("column", "min+max"), ()),
    "columns_in_order": (("columns",), ()),
    "type_is": (("column", "type"), ()),
    "column_absent": (("column",), ()),
    "tokens": (("column",), ("regex", "mostly")),
    "no_personal_data": (("column",), ("values", "mostly")),
    "k_anonymity": (("columns", "min"), ()),
    "l_diversity": (("column", "columns", "min"), ()),
    "rows_add_up": ((), ()),
}
ROW_KINDS = frozenset(
    {
        "not_null",
        "in_set",
        "not_in_set",
        "between",
        "matches",
        "not_matches",
        "length_between",
        "column_pair_ordered",
        "tokens",
        "no_personal_data",
    }
)
"""Kinds judged row by row: their counts add up over batches and parts."""
SCHEMA_KINDS = frozenset({"columns_in_order", "type_is", "column_absent"})
"""Kinds judged on the columns of each batch."""
TABLE_KINDS = frozenset(FIELDS) - ROW_KINDS - SCHEMA_KINDS
"""Kinds judged once, over all parts together."""
TOKEN_SHAPE = r"(?:t[0-9]{1,9}|p)_[a-z2-7]{25}[aeimquy4]"  # noqa: S105
"""A zone token (key version) or project token: 16 bytes in lower-case base 32 (RFC 4648), whose last symbol
carries three bits. `pseudonymize.transform.tokens` makes them."""
_COUNTED = frozenset({"length_between", "row_count_between", "distinct_between", "k_anonymity", "l_diversity"})
_ARGUMENTS = ("column", "columns", "other", "values", "min", "max", "regex", "type", "mostly")


class SuiteError(ValueError):
    """An expectation or suite is not well formed; the message names the fault and holds no data."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must hold.

    Attributes:
        expect: the kind; `FIELDS` says what each takes.
        column: the column it is about (for ``l_diversity`` the sensitive one, for ``column_pair_ordered`` the one
            that must not be later or larger).
        columns: several columns: a compound key, quasi-identifiers, or all columns in order.
        other: the second column of a pair.
        values: the allowed (or forbidden) values; for ``no_personal_data`` the entities that count, none means
            all, and with ``!`` before them those that do not (``!LOCATION``).
        min: lower bound, included; for ``k_anonymity`` k and for ``l_diversity`` l. Dates as ISO 8601.
        max: upper bound, included.
        regex: RE2 pattern (linear time). ``matches`` wants the whole value to match, ``not_matches`` no part.
        type: Arrow type, as ``str(pyarrow.DataType)`` writes it.
        mostly: share of the evaluated (non-missing) rows that must meet it, 0 to 1.
        severity: a failed ``critical`` expectation stops the data, a ``warning`` is shown to reviewers.
        id: a name unique within its suite; made from kind and column when absent.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    expect: Kind
    column: str | None = None
    columns: tuple[str, ...] = ()
    other: str | None = None
    values: tuple[Scalar, ...] = ()
    min: Bound | None = None
    max: Bound | None = None
    regex: str | None = None
    type: str | None = None
    mostly: float = 1.0
    severity: Severity = "critical"
    id: str | None = None

    def __post_init__(self) -> None:
        """Normalise and check the arguments.

        Raises:
            SuiteError: naming the argument at fault.
        """
        for name in ("columns", "values"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("min", "max"):
            bound = getattr(self, name)
            if isinstance(bound, date):
                object.__setattr__(self, name, bound.isoformat())
        _check_fields(self)
        _check_bounds(self)
        if self.regex is not None:
            _check_regex(self.regex)
        if self.severity not in ("critical", "warning"):
            raise SuiteError(f"{self.expect}: severity must be critical or warning")

    @property
    def scope(self) -> Literal["row", "schema", "table"]:
        """What it is judged on: each row, the columns of each batch, or all parts together."""
        if self.expect in ROW_KINDS:
            return "row"
        return "schema" if self.expect in SCHEMA_KINDS else "table"

    @property
    def subject(self) -> str:
        """The column or columns it is about, for people; empty for the whole table."""
        names = (*([self.column] if self.column else []), *([self.other] if self.other else []), *self.columns)
        return ", ".join(names) if self.expect != "columns_in_order" else ""

    def to_json(self) -> dict[str, Any]:
        """The expectation as plain JSON values, arguments that say nothing left out."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None and value != ()
        }


def _check_fields(item: Expectation) -> None:
    if item.expect not in FIELDS:
        raise SuiteError(f"expect must be one of: {', '.join(FIELDS)}")
    needed, optional = FIELDS[item.expect]
    given = {name for name in _ARGUMENTS if getattr(item, name) not in (None, ())}
    if item.mostly == 1.0:
        given.discard("mostly")
    allowed = set(optional)
    for need in needed:
        names = need.replace("+", "|").split("|")
        allowed.update(names)
        found = given & set(names)
        if not found:
            raise SuiteError(f"{item.expect} needs {' or '.join(names)}")
        if "|" in need and len(found) > 1:
            raise SuiteError(f"{item.expect} takes {' or '.join(names)}, not both")
    if extra := sorted(given - allowed):
        raise SuiteError(f"{item.expect} does not take {', '.join(extra)}")
    if isinstance(item.mostly, bool) or not 0 <= item.mostly <= 1:
        raise SuiteError(f"{item.expect}: mostly must lie between 0 and 1")
    if len(set(item.columns)) != len(item.columns):
        raise SuiteError(f"{item.expect}: columns names one twice")
    if item.other is not None and item.other == item.column:
        raise SuiteError(f"{item.expect}: column and other are the same")


def _check_bounds(item: Expectation) -> None:
    bounds = [bound for bound in (item.min, item.max) if bound is not None]
    for bound in bounds:
        if isinstance(bound, bool) or (isinstance(bound, float) and not math.isfinite(bound)):
            raise SuiteError(f"{item.expect}: min and max must be finite numbers or ISO 8601 dates")
        if item.expect in _COUNTED and (not isinstance(bound, int) or bound < 0):
            raise SuiteError(f"{item.expect}: min and max must be whole numbers from 0")
        if isinstance(bound, str):
            if item.expect != "between":
                raise SuiteError(f"{item.expect}: min and max must be numbers")
            _moment(bound)
    if len({isinstance(bound, str) for bound in bounds}) > 1:
        raise SuiteError(f"{item.expect}: min and max must both be numbers or both be dates")
    if len(bounds) == 2:
        low, high = (_moment(bound) if isinstance(bound, str) else bound for bound in bounds)
        if low > high:  # type: ignore[operator]  # both numbers or both moments, checked above
            raise SuiteError(f"{item.expect}: min is larger than max")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SuiteError("min and max must be numbers or ISO 8601 dates") from None
    if moment.tzinfo is not None:
        raise SuiteError("min and max must be dates without a time zone")
    return moment


def _check_regex(regex: str) -> None:
    try:
        pc.match_substring_regex(pa.array([""]), f"(?:{regex})")
    except pa.ArrowInvalid:
        raise SuiteError("regex is not a valid RE2 pattern (it has no backreferences or look-around)") from None


@dataclass(frozen=True, slots=True)
class Suite:
    """A named set of expectations, each with an id of its own.

    Attributes:
        name: what the suite is for, e.g. ``complaints/before``.
        expectations: in the order they are shown; ids are filled in.
    """

    name: str
    expectations: tuple[Expectation, ...]

    def __post_init__(self) -> None:
        """Give every expectation an id.

        Raises:
            SuiteError: when the suite has no name or two expectations were given the same id.
        """
        if not self.name:
            raise SuiteError("a suite needs a name")
        given = [item.id for item in self.expectations if item.id is not None]
        if len(set(given)) != len(given):
            raise SuiteError("two expectations have the same id")
        taken, named = set(given), []
        for item in self.expectations:
            if item.id is None:
                base = ":".join(part for part in (item.expect, item.column or "+".join(item.columns)) if part)
                if item.expect == "columns_in_order":
                    base = item.expect
                number, name = 1, base
                while name in taken:
                    number += 1
                    name = f"{base}-{number}"
                taken.add(name)
                item = replace(item, id=name)
            named.append(item)
        object.__setattr__(self, "expectations", tuple(named))

    def of(self, scope: Literal["row", "schema", "table"]) -> tuple[Expectation, ...]:
        """Its expectations of one scope."""
        return tuple(item for item in self.expectations if item.scope == scope)

    def to_json(self) -> dict[str, Any]:
        """The suite as plain JSON values."""
        return {"name": self.name, "expectations": [item.to_json() for item in self.expectations]}

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of the suite's JSON with sorted keys."""
        text = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class ColumnContract(NamedTuple):
    """What is agreed about one column.

    Attributes:
        name: its name.
        type: its Arrow type, as ``str(pyarrow.DataType)`` writes it.
        nullable: whether a missing value is allowed.
    """

    name: str
    type: str
    nullable: bool = True


def contract_suite(
    name: str, columns: Iterable[ColumnContract | tuple[str, str, bool]], quality: Iterable[Expectation] = ()
) -> Suite:
    """The suite a delivery must meet before anything is done with it.

    Args:
        name: the suite's name.
        columns: the agreed columns, in order.
        quality: what the dataset's policy expects beyond that.
    """
    agreed = tuple(ColumnContract(*column) for column in columns)
    items = [Expectation("columns_in_order", columns=tuple(column.name for column in agreed))]
    items += [Expectation("type_is", column=column.name, type=column.type) for column in agreed]
    items += [Expectation("not_null", column=column.name) for column in agreed if not column.nullable]
    known = set(items)
    return Suite(name, (*items, *(item for item in quality if item not in known)))


def privacy_suite(
    name: str,
    *,
    columns: Iterable[str],
    absent: Iterable[str] = (),
    tokens: Iterable[str] = (),
    free_text: Iterable[str] = (),
    left: Mapping[str, Iterable[str]] | None = None,
    quasi_identifiers: Iterable[str] = (),
    k: int = 1,
    sensitive: Iterable[str] = (),
    l: int = 1,  # noqa: E741  (the field's own name)
    residual_share: float = 0.0,
    token_shape: str | None = None,
) -> Suite:
    """The suite a de-identified version must meet before it may be published.

    Args:
        name: the suite's name.
        columns: the columns that may be left, in order; any other is a failure.
        absent: direct identifiers that must be gone.
        tokens: columns that must hold nothing but tokens.
        free_text: columns in which no personal data may be found.
        left: of those, the entities that may be found in each.
        quasi_identifiers: what an outsider may know.
        k: smallest equivalence class (k-anonymity, Samarati and Sweeney 1998); 1 asks for nothing.
        sensitive: columns that must keep l distinct values in every class.
        l: distinct values (distinct l-diversity, Machanavajjhala et al. 2007); 1 asks for nothing.
        residual_share: largest share of free texts in which the detector may still find something, for its
            false alarms; 0 allows none.
        token_shape: RE2 pattern of a whole token when it is not `TOKEN_SHAPE`.
    """
    quasi = tuple(quasi_identifiers)
    items = [Expectation("columns_in_order", columns=tuple(columns))]
    items += [Expectation("column_absent", column=column) for column in absent]
    items += [Expectation("tokens", column=column, regex=token_shape) for column in tokens]
    for column in free_text:
        ignored = tuple(f"!{entity}" for entity in sorted((left or {}).get(column, ())))
        share = 1 - residual_share
        items.append(Expectation("no_personal_data", column=column, values=ignored, mostly=share))
    if quasi and k > 1:
        items.append(Expectation("k_anonymity", columns=quasi, min=k))
    if quasi and l > 1:
        items += [Expectation("l_diversity", column=column, columns=quasi, min=l) for column in sensitive]
    items.append(Expectation("rows_add_up"))
    return Suite(name, tuple(items))
