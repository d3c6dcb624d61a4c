"""Row filters of extracts: a closed grammar (docs/EXTRACTS.md).

Text is split into tokens and parsed by sqlglot, but only an allow-list of tokens and of syntax-tree nodes is
understood, and what runs afterwards is rendered anew from our own predicates, never from the text. sqlglot reads
functions, casts and subqueries as well (it even passes `error(name)`), so forbidding names could not work.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp
from sqlglot.dialects import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from safezone.airlock.literal import Constant, LiteralRefused, Written, constant, sql_type
from safezone.airlock.predicate import Between, Comparison, IsNull, Predicate, join, negate, one_of
from safezone.errors import FilterError

MAX_LENGTH = 4_000
MAX_TOKENS = 2_000
MAX_CONDITIONS = 100
MAX_VALUES = 500
MAX_DEPTH = 12

_T = TokenType
_LITERALS = frozenset({_T.STRING, _T.NUMBER, _T.TRUE, _T.FALSE})
_WORDS = frozenset({_T.AND, _T.OR, _T.NOT, _T.IN, _T.BETWEEN, _T.IS, _T.NULL})
_SIGNS = frozenset({_T.EQ, _T.NEQ, _T.LT, _T.LTE, _T.GT, _T.GTE, _T.L_PAREN, _T.R_PAREN, _T.COMMA, _T.DASH})
_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ALLOWED = (
    "Allowed: columns, literals, = <> < <= > >=, IN (), BETWEEN AND, IS [NOT] NULL, AND, OR, NOT, parentheses.",
    "쓸 수 있는 것: 열 이름, 값, = <> < <= > >=, IN (), BETWEEN AND, IS [NOT] NULL, AND, OR, NOT, 괄호.",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A row filter that was understood whole.

    Attributes:
        predicate: what it says.
        canonical: the one text of it: parsing that text gives the same filter, and filters that differ only in
            layout, order of conditions or order of values have the same text. This is what is signed.
        columns: the columns it looks at, sorted; they count as known to the recipient.
    """

    predicate: Predicate
    canonical: str
    columns: tuple[str, ...]

    def sql(self) -> tuple[str, list[Any]]:
        """The condition as DuckDB SQL for a WHERE clause, and its parameters in order."""
        params: list[Any] = []
        return self.predicate.sql(params), params

    def expression(self) -> pc.Expression:
        """The condition as a pyarrow expression, which datasets push down into Parquet."""
        return self.predicate.expression()


def parse_filter(text: str, schema: pa.Schema) -> Filter:
    """Read a row filter.

    Args:
        text: the filter, e.g. ``나이 >= 60 AND "지역" IN ('서울', '부산')``.
        schema: schema of the published version; only its columns can be named, exactly as they are written there.

    Returns:
        The filter, understood whole.

    Raises:
        FilterError: anything in the text is outside the grammar. The message names the kind of thing and its
            position (counted from 1), and what is allowed; it never repeats a literal.
    """
    _check_text(text)
    try:
        tokens = DuckDB().tokenize(text)
        _check_tokens(tokens, schema)
        trees = DuckDB().parse(text)
    except (SqlglotError, RecursionError, ValueError, IndexError):
        _refuse(
            "filter.syntax",
            "The filter cannot be read: it is not a complete condition",
            "필터를 읽을 수 없습니다. 완전한 조건이 아닙니다",
            *_ALLOWED,
        )
    if len(trees) != 1 or trees[0] is None:
        _refuse(
            "filter.syntax", "The filter must be exactly one condition", "필터는 조건 하나여야 합니다", *_ALLOWED
        )
    predicate = _Reader(schema).condition(trees[0])
    canonical = predicate.canonical
    if len(canonical) > MAX_LENGTH:
        _limit("characters, written out", "글자 수(정리한 뒤)가", MAX_LENGTH)
    return Filter(predicate, canonical, tuple(sorted(set(predicate.columns()))))


def _refuse(code: str, en: str, ko: str, next_en: str, next_ko: str) -> NoReturn:
    raise FilterError(code, (f"{en}.", f"{ko}."), (next_en, next_ko)) from None


def _refuse_at(position: int | None, code: str, en: str, ko: str) -> NoReturn:
    where = ("", "") if position is None else (f" (character {position + 1})", f" ({position + 1}번째 글자)")
    _refuse(code, en + where[0], ko + where[1], *_ALLOWED)


def _limit(what_en: str, what_ko: str, limit: int) -> NoReturn:
    _refuse(
        "filter.limit",
        f"The filter has more than {limit} {what_en}",
        f"필터의 {what_ko} {limit}을(를) 넘습니다",
        "Ask for a simpler condition, or for the rows in several requests.",
        "조건을 줄이거나 요청을 나누십시오.",
    )


def _check_text(text: str) -> None:
    if len(text) > MAX_LENGTH:
        _limit("characters", "글자 수가", MAX_LENGTH)
    odd = next((at for at, char in enumerate(text) if (not char.isprintable() and char not in " \t\r\n")), None)
    if odd is not None:
        _refuse_at(
            odd,
            "filter.character",
            "There is a control or unassigned character",
            "제어 문자나 쓸 수 없는 문자가 있습니다",
        )


def _check_tokens(tokens: list[Any], schema: pa.Schema) -> None:
    """Refuse every token outside the list, with its position, before anything is parsed."""
    if len(tokens) > MAX_TOKENS:
        _limit("words and signs", "낱말과 기호 수가", MAX_TOKENS)
    names = set(schema.names)
    depth = 0
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        kind, at = token.token_type, token.start
        is_name = kind == _T.IDENTIFIER or (kind not in _LITERALS | _WORDS | _SIGNS and token.text in names)
        if token.comments:
            _refuse_at(at, "filter.comment", "Comments are not allowed", "주석은 쓸 수 없습니다")
        if not is_name and kind == _T.VAR and (after is None or after.token_type != _T.L_PAREN):
            _unknown_column(at, schema)
        if not is_name and kind not in _LITERALS | _WORDS | _SIGNS:
            call = after is not None and after.token_type == _T.L_PAREN
            what = ("A function call", "함수 호출") if call else (f"{kind.name}", f"{kind.name} 기호나 낱말")
            _refuse_at(
                at, "filter.token", f"{what[0]} is not part of a filter", f"{what[1]}은(는) 필터에 쓸 수 없습니다"
            )
        if is_name and after is not None and after.token_type == _T.L_PAREN:
            _refuse_at(
                at, "filter.token", "A function call is not part of a filter", "함수 호출은 필터에 쓸 수 없습니다"
            )
        if kind == _T.NOT and after is not None and after.token_type == _T.NOT:
            _refuse_at(at, "filter.token", "NOT NOT says nothing", "NOT을 겹쳐 쓸 수 없습니다")
        depth += (kind == _T.L_PAREN) - (kind == _T.R_PAREN)
        if depth > MAX_DEPTH:
            _limit("levels of parentheses", "괄호 깊이가", MAX_DEPTH)


def _unknown_column(at: int | None, schema: pa.Schema) -> NoReturn:
    where = ("", "") if at is None else (f" at character {at + 1}", f" ({at + 1}번째 글자)")
    _refuse(
        "filter.column",
        f"The name{where[0]} is not a column of the published version",
        f"공개 버전에 없는 열 이름입니다{where[1]}",
        f"Columns (case matters; write odd names in double quotes): {', '.join(schema.names)}.",
        f"열(대소문자 구별, 특수한 이름은 큰따옴표로): {', '.join(schema.names)}.",
    )


def _position(node: Any) -> int | None:
    """Where in the text a node begins, as far as sqlglot remembers."""
    starts = [one.meta["start"] for one in node.walk() if "start" in one.meta]
    return min(starts, default=None)


class _Reader:
    """Turns a sqlglot tree into predicates; every node and every argument it does not know is refused."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        folded = Counter(name.casefold() for name in schema.names)
        self._ambiguous = {name for name in schema.names if folded[name.casefold()] > 1}
        self._conditions = 0
        self._values = 0

    def condition(self, node: Any) -> Predicate:
        kind = type(node)
        if kind in (exp.And, exp.Or):
            word, parts = (
                ("AND", self._chain(node, exp.And)) if kind is exp.And else ("OR", self._chain(node, exp.Or))
            )
            return join(word, [self.condition(part) for part in parts])
        if kind is exp.Paren:
            return self.condition(self._only(node, "this")["this"])
        if kind is exp.Not:
            return negate(self.condition(self._only(node, "this")["this"]))
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            _limit("conditions", "조건 수가", MAX_CONDITIONS)
        if kind in _COMPARISONS:
            return self._comparison(node)
        if kind is exp.In:
            return self._in(node)
        if kind is exp.Between:
            return self._between(node)
        if kind is exp.Is:
            return self._is_null(node)
        _refuse_at(
            _position(node), "filter.form", "This is not a condition on a column", "열에 대한 조건이 아닙니다"
        )

    def _chain(self, node: Any, kind: type) -> list[Any]:
        """The operands of a run of the same connective, without recursing along it."""
        parts: list[Any] = []
        while type(node) is kind:
            args = self._only(node, "this", "expression")
            parts.append(args["expression"])
            node = args["this"]
        return [*reversed([*parts, node])]

    def _only(self, node: Any, *names: str) -> dict[str, Any]:
        """The node's arguments, when it has these and no others."""
        args = {name: value for name, value in node.args.items() if value not in (None, False, [])}
        if set(args) != set(names) or node.comments:
            _refuse_at(
                _position(node),
                "filter.form",
                "This form of condition is not allowed",
                "이런 형태의 조건은 쓸 수 없습니다",
            )
        return args

    def _comparison(self, node: Any) -> Predicate:
        args = self._only(node, "this", "expression")
        left, right, operator = args["this"], args["expression"], _COMPARISONS[type(node)]
        if type(left) is not exp.Column:
            left, right, operator = right, left, _FLIPPED[operator]
        name = self._column(left)
        return Comparison(name, self._operator(node, name, operator), self._constant(name, right))

    def _operator(self, node: Any, name: str, operator: str) -> str:
        if operator not in ("=", "<>") and pa.types.is_boolean(self._schema.field(name).type):
            _refuse_at(
                _position(node),
                "filter.type",
                "A boolean column has no order",
                "참/거짓 열은 크기를 비교할 수 없습니다",
            )
        return operator

    def _in(self, node: Any) -> Predicate:
        args = self._only(node, "this", "expressions")
        name = self._column(args["this"])
        return one_of(name, [self._constant(name, value) for value in args["expressions"]])

    def _between(self, node: Any) -> Predicate:
        args = self._only(node, "this", "low", "high")
        name = self._column(args["this"])
        self._operator(node, name, "<=")
        return Between(name, self._constant(name, args["low"]), self._constant(name, args["high"]))

    def _is_null(self, node: Any) -> Predicate:
        args = self._only(node, "this", "expression")
        if type(args["expression"]) is not exp.Null:
            _refuse_at(
                _position(node),
                "filter.form",
                "After IS comes NULL or NOT NULL",
                "IS 다음에는 NULL 또는 NOT NULL만 올 수 있습니다",
            )
        return IsNull(self._column(args["this"]))

    def _column(self, node: Any) -> str:
        if type(node) is not exp.Column or type(node.this) is not exp.Identifier:
            _refuse_at(
                _position(node),
                "filter.form",
                "A condition needs one column, by its plain name",
                "조건에는 이름만 쓴 열 하나가 있어야 합니다",
            )
        self._only(node, "this")
        name = str(node.this.this)
        if name not in self._schema.names:
            _unknown_column(_position(node), self._schema)
        if name in self._ambiguous:
            _refuse_at(
                _position(node),
                "filter.column",
                "Two columns have this name but for case",
                "대소문자만 다른 이름의 열이 있어 쓸 수 없습니다",
            )
        return name

    def _constant(self, name: str, node: Any) -> Constant:
        self._values += 1
        if self._values > MAX_VALUES:
            _limit("values", "값의 수가", MAX_VALUES)
        kind = self._schema.field(name).type
        if sql_type(kind) is None:
            _refuse_at(
                _position(node),
                "filter.type",
                "Columns of this type can only be asked for IS NULL",
                "이 형식의 열에는 IS NULL만 쓸 수 있습니다",
            )
        try:
            return constant(kind, *self._literal(node))
        except LiteralRefused as refused:
            _refuse_at(
                _position(node),
                "filter.literal",
                f"Column {name}: {refused.reason.en}",
                f"{name} 열: {refused.reason.ko}",
            )

    def _literal(self, node: Any) -> tuple[Written, str]:
        if type(node) is exp.Boolean:
            return "boolean", "true" if node.this else "false"
        minus = type(node) is exp.Neg
        inner = node.this if minus else node
        if type(inner) is not exp.Literal or (minus and inner.is_string):
            _refuse_at(
                _position(node),
                "filter.form",
                "A column is compared with a literal alone (for NULL write IS NULL)",
                "열은 값하고만 비교할 수 있습니다(NULL은 IS NULL로 쓰십시오)",
            )
        if inner.is_string:
            return "string", str(inner.this)
        return "number", ("-" if minus else "") + str(inner.this)
