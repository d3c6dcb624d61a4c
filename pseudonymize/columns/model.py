"""The kinds of column, and what is said about one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a column holds."""

    NAME = "person_name"
    RRN = "rrn"
    FRN = "frn"
    BRN = "brn"
    CORP = "corporate_number"
    LICENCE = "driver_licence"
    PASSPORT = "passport"
    INSURANCE = "health_insurance"
    PHONE = "phone"
    EMAIL = "email"
    ACCOUNT = "bank_account"
    CARD = "card"
    VEHICLE = "vehicle"
    ADDRESS = "address"
    REGION = "region"
    POSTAL = "postal_code"
    BIRTH = "date_of_birth"
    BIRTH_YEAR = "year_of_birth"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    YEAR = "year"
    MONTH = "month"
    AGE = "age"
    AGE_BAND = "age_band"
    SEX = "sex"
    IP = "ip_address"
    URL = "url"
    DEVICE = "device_id"
    ACCOUNT_ID = "user_id"
    RECORD = "record_id"
    SERIAL = "serial"
    COORDINATE = "coordinate"
    CODE = "code"
    CATEGORY = "category"
    DEMOGRAPHIC = "demographic"
    BOOLEAN = "boolean"
    AMOUNT = "amount"
    COUNT = "count"
    RATIO = "ratio"
    MEASURE = "measure"
    FREE_TEXT = "free_text"
    LABEL = "label"
    ORGANISATION = "organisation"
    EMPTY = "empty"


class Reason(NamedTuple):
    """Why, in Korean and English; counts and shares only."""

    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The kind of a column and why.

    Attributes:
        kind: what it holds.
        header: the kind its header spoke for, if any.
        reasons: what was counted.
        warnings: what a person must look at.
    """

    kind: Kind
    header: Kind | None
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...] = ()


@dataclass(slots=True)
class Numbers:
    """What is known of the numbers of a column: rows by range; the ends are never shown.

    Attributes:
        rows: rows that hold a number.
        low: the smallest.
        high: the largest.
        years: rows with a whole number from 1880 to 2100.
        ages: rows with a whole number from 0 to 125.
        unit: rows from 0 to 1.
        rising: whether each number is the one before it plus one, in the order of the different values.
        born: rows with a birth year between 1900 and 2030 (of dates too).
        early: rows among `born` before 2000.
    """

    rows: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    years: int = 0
    ages: int = 0
    unit: int = 0
    latitude: int = 0
    longitude: int = 0
    rising: bool = True
    last: float | None = None
    born: int = 0
    early: int = 0
    first_year: int = 9999
    last_year: int = 0


@dataclass(slots=True)
class ColumnProfile:
    """What is known of a column.

    Attributes:
        name: its name.
        rows: rows seen.
        missing: rows without a value, words for "missing" not among them.
        counts: rows by what their value is (``phone``, ``rrn_checked``, ``leading_zero``, ...; see `evidence`).
        hints: rows of the sampled values by what they look like, ``sampled`` of them.
        forms: rows by the form of date they fit.
        form_groups: rows by the forms of date their shape allows.
        shapes: rows by shape, while there are few; ``""`` counts the rest.
        inside: rows whose value holds an identifier among other text.
        missing_words: rows by word for "missing".
        closed: which closed list of words all values belong to, if one does.
        closed_words: the words of that list that occur.
        distinct: different values in the first `looked` rows that hold one.
        looked: rows `distinct` was counted in.
        characters: characters in all values.
        longest: characters of the longest value.
        numbers: rows whose value is a number, and the smallest and largest; see `Numbers`.
    """

    name: str
    rows: int = 0
    missing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    hints: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    form_groups: Counter[tuple[str, ...]] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)
    missing_words: Counter[str] = field(default_factory=Counter)
    total_words: Counter[str] = field(default_factory=Counter)
    closed: str = ""
    closed_words: tuple[str, ...] = ()
    distinct: int = 0
    looked: int = 0
    characters: int = 0
    longest: int = 0
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def filled(self) -> int:
        """Rows with a value, words for "missing" among them."""
        return self.rows - self.missing

    @property
    def mean_length(self) -> float:
        """Characters of a value, on average."""
        return self.characters / self.filled if self.filled else 0.0

    @property
    def uniqueness(self) -> float:
        """Different values for each row that has one, in the rows looked at; 1 means that all differ."""
        return self.distinct / self.looked if self.looked else 0.0

    def share(self, name: str, *, words: bool = False) -> float:
        """Share of the values that are `name`; words for "missing" count as values only where `words` says so."""
        base = self.filled if words else self.filled - sum(self.missing_words.values())
        return self.counts[name] / base if base > 0 else 0.0

    def hint(self, name: str) -> float:
        """Share of the sampled values that look like `name`."""
        return self.hints[name] / self.hints["sampled"] if self.hints["sampled"] else 0.0
