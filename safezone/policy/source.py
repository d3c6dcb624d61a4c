"""How a delivered file looks and how its text becomes values: declared by the policy, never guessed.

A `SourceSpec` describes the file (format, encoding, header, rows that are not data); `ParseRules` describe one
column (forms of dates, thousands separators, words that mean missing). What neither declares is a bad row.
"""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DIRECTIVES = frozenset("YymdHIMSfp%")
"""strptime directives a date form may use; the rest depend on a locale or a time zone database."""

Encoding = Literal[
    "auto", "utf-8", "utf-8-sig", "cp949", "euc-kr", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "johab"
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Header(_Strict):
    """The rows above the data.

    Attributes:
        skip: title or note rows before the header.
        rows: header rows; with two or more, an empty cell of an upper row continues the cell to its left (a
            merged cell), and the rows are joined from top to bottom. 0 needs `names`.
        units: rows after the header that are not data (units, notes).
        join: what stands between the joined parts.
        names: column names to use instead of the header's own, in order, for headers that cannot be read.
    """

    skip: int = Field(default=0, ge=0, le=100)
    rows: int = Field(default=1, ge=0, le=5)
    units: int = Field(default=0, ge=0, le=10)
    join: str = Field(default=" ", max_length=3)
    names: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_names(self) -> Self:
        if self.rows == 0 and not self.names:
            raise ValueError("header.rows: 0 needs header.names")
        if len(set(self.names)) != len(self.names) or not all(self.names):
            raise ValueError("header.names must be distinct and not empty")
        return self


class SourceSpec(_Strict):
    """How a file of a dataset looks.

    Attributes:
        format: kind of file; ``delimited`` is text with a separator, whatever its name ends in.
        encoding: of text; ``auto`` takes a byte order mark, else UTF-8 if the text is that, else CP949.
        delimiter: between columns; ``auto`` takes the one that splits the header into most columns.
        quote: the quoting character of delimited text; empty means none.
        header: rows above the data (delimited text and workbooks).
        sheet: name or 0-based position of the worksheet; None takes the first visible one that is not metadata.
        records: dotted path to the list of records, for a file that is one JSON document
            (``response.body.items.item``); None means one record a line.
        footer: a row whose first filled cell starts with one of these is a note, not data (``출처``, ``※``).
        totals: rows whose value in the named column is one of the words are totals, not data.
        fill_down: columns in which an empty cell repeats the one above (vertically merged cells).
        null_values: words that mean "missing" in every column.
        trim: remove white space around every value.
        unknown_columns: what happens to columns the policy does not name.
    """

    format: Literal["delimited", "xlsx", "xls", "jsonl", "parquet"]
    encoding: Encoding = "auto"
    delimiter: Literal["auto", ",", "\t", ";", "|"] = "auto"
    quote: Literal['"', "'", ""] = '"'
    header: Header = Header()
    sheet: str | int | None = None
    records: str | None = Field(default=None, pattern=r"^[^.]+(\.[^.]+)*$")
    footer: tuple[str, ...] = ()
    totals: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    fill_down: tuple[str, ...] = ()
    null_values: tuple[str, ...] = ("",)
    trim: bool = True
    unknown_columns: Literal["refuse", "ignore"] = "refuse"

    @model_validator(mode="after")
    def _belongs_to_format(self) -> Self:
        if self.sheet is not None and self.format not in {"xlsx", "xls"}:
            raise ValueError("sheet is for workbooks (format: xlsx or xls)")
        if self.records is not None and self.format != "jsonl":
            raise ValueError("records is for JSON (format: jsonl)")
        if self.header != Header() and self.format in {"jsonl", "parquet"}:
            raise ValueError("header is for delimited text and workbooks: jsonl and parquet name their columns")
        if not all(self.footer):
            raise ValueError("footer: an empty prefix would match every row")
        return self


class ParseRules(_Strict):
    """How the text of one column becomes a value.

    Attributes:
        dates: forms of a date or date-time, tried in order, as strptime writes them. Between separators one digit
            is as good as two (``%Y.%m.%d`` reads ``2019.6.20``); without separators widths are fixed
            (``%Y%m%d``). Parts a form does not name are the first: ``%Y.%m`` gives the first of the month, ``%H``
            alone minute 0. ``%p`` reads AM, PM, 오전 and 오후; ``%y`` below 69 is 20xx (POSIX). Empty: ISO 8601.
        hour_24: hour 24 is midnight of the next day, as measuring stations write it.
        thousands: integers and decimals may carry ``,`` between groups of three digits.
        whole_decimals: an integer may be written ``35.0``, as some programs do for columns with gaps.
        excel_damaged: what becomes of ``4.73E+17`` in text and integer columns, an identifier whose digits are
            lost: reject the row, take the value as missing, or keep the text as it is.
        null_values: words that mean "missing" in this column, beside the file's own.
        true_values: words for true.
        false_values: words for false.
        strip: remove white space around the value.
    """

    dates: tuple[str, ...] = ()
    hour_24: bool = False
    thousands: bool = False
    whole_decimals: bool = False
    excel_damaged: Literal["reject", "null", "keep"] = "reject"
    null_values: tuple[str, ...] = ()
    true_values: tuple[str, ...] = ("true", "True", "TRUE", "1", "Y", "y", "예")
    false_values: tuple[str, ...] = ("false", "False", "FALSE", "0", "N", "n", "아니오")
    strip: bool = True

    @field_validator("dates")
    @classmethod
    def _forms(cls, forms: tuple[str, ...]) -> tuple[str, ...]:
        for form in forms:
            used = re.findall(r"%(.?)", form, flags=re.DOTALL)
            if unknown := sorted(set(used) - DIRECTIVES):
                raise ValueError(f"unknown date directive %{unknown[0]}; known: %Y %y %m %d %H %I %M %S %f %p %%")
            parts = [directive for directive in used if directive != "%"]
            if len(set(parts)) != len(parts) or not {"Y", "y"} & set(parts):
                raise ValueError("a date form names the year, and each of its parts once")
            if ("I" in parts) != ("p" in parts):
                raise ValueError("%I and %p go together")
        return forms

    @model_validator(mode="after")
    def _words_differ(self) -> Self:
        if set(self.true_values) & set(self.false_values):
            raise ValueError("a word is in both true_values and false_values")
        return self
