"""What pydantic found in a policy file, in the words of a steward: where it stands and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from safezone.errors import PolicyError, Text
from safezone.policy.dataset import RuleBroken
from safezone.policy.yaml import Document, Key, fault

KnownKeys = Callable[[tuple[str | int, ...]], tuple[str, ...]]
"""Gives the keys allowed at a place, as pydantic names it."""
_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")


def translated(document: Document, error: ValidationError, keys: KnownKeys) -> PolicyError:
    """One error from those pydantic found: the first in the file, unknown keys before what they left missing.

    Args:
        document: the file.
        error: what pydantic said; of its text and values nothing is kept.
        keys: the keys that are known at a place of the file.
    """
    errors: list[dict[str, Any]] = [dict(item) for item in error.errors(include_url=False)]
    placed = [(_in_file((*item["loc"], *_place(item)), document.data), item) for item in errors]
    placed.sort(key=lambda item: (item[1]["type"] not in _UNKNOWN, document.line(item[0])))
    place, first = placed[0]
    kind, text = _said(first, document.data, place, keys)
    where = spoken(place, document.data)
    said = (f"{where}: {text.en}", f"{where}: {text.ko}") if where else (text.en, text.ko)
    return fault(document.path, document.line(place), kind, said, more=len(errors) - 1)


def _place(error: dict[str, Any]) -> Key:
    """Where in its model a broken rule points, when it says so."""
    reason = error.get("ctx", {}).get("error")
    return reason.place if isinstance(reason, RuleBroken) else ()


def _in_file(loc: tuple[str | int, ...], data: Any) -> Key:
    """Pydantic's location without the steps that are not in the file (tags of unions, names of types)."""
    place: list[str | int] = []
    for number, step in enumerate(loc):
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            place.append(step)
            data = data[step]
        elif number == len(loc) - 1 and isinstance(data, dict) and isinstance(step, str) and "[" not in step:
            place.append(step)
    return tuple(place)


def spoken(place: Key, data: Any) -> str:
    """A place as people write it, with the name of a column beside its position: ``columns[3](성명).transform``."""
    text = ""
    for step in place:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
            name = data.get("name") if isinstance(data, dict) else None
            text += f"[{step}]" + (f"({name})" if isinstance(name, str) else "")
        else:
            data = data.get(step) if isinstance(data, dict) else None
            text += f".{step}" if text else step
    return text


_PLAIN: dict[str, Text] = {
    "int_type": Text("must be a whole number", "정수여야 합니다"),
    "int_parsing": Text("must be a whole number", "정수여야 합니다"),
    "int_from_float": Text("must be a whole number", "정수여야 합니다"),
    "float_type": Text("must be a number", "숫자여야 합니다"),
    "float_parsing": Text("must be a number", "숫자여야 합니다"),
    "bool_type": Text("must be true or false", "true 또는 false여야 합니다"),
    "bool_parsing": Text("must be true or false", "true 또는 false여야 합니다"),
    "string_type": Text("must be text; put it in quotes", "문자열이어야 합니다. 따옴표로 감싸십시오"),
    "string_too_short": Text("must not be empty", "비워 둘 수 없습니다"),
    "tuple_type": Text("must be a list", "목록이어야 합니다"),
    "model_type": Text("must be a mapping of keys", "키와 값의 목록이어야 합니다"),
    "dataclass_type": Text("must be a mapping of keys", "키와 값의 목록이어야 합니다"),
    "model_attributes_type": Text("must be a mapping of keys", "키와 값의 목록이어야 합니다"),
    "dict_type": Text("must be a mapping of keys", "키와 값의 목록이어야 합니다"),
    "too_short": Text("must not be empty", "비워 둘 수 없습니다"),
    "enum": Text("must be O, S or C", "O, S, C 중 하나여야 합니다"),
}
_BOUNDS = {
    "greater_than_equal": ("ge", Text("must be at least {}", "{} 이상이어야 합니다")),
    "greater_than": ("gt", Text("must be more than {}", "{}보다 커야 합니다")),
    "less_than_equal": ("le", Text("must be at most {}", "{} 이하여야 합니다")),
    "less_than": ("lt", Text("must be less than {}", "{}보다 작아야 합니다")),
    "string_pattern_mismatch": ("pattern", Text("must match {}", "형식 {}에 맞아야 합니다")),
    "literal_error": ("expected", Text("must be one of {}", "다음 중 하나여야 합니다: {}")),
    "union_tag_invalid": ("expected_tags", Text("must be one of {}", "다음 중 하나여야 합니다: {}")),
}


def _said(error: dict[str, Any], data: Any, place: Key, keys: KnownKeys) -> tuple[str, Text]:
    """What is wrong and what would be right."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _UNKNOWN:
        split = isinstance(_at(data, place[:-1]), dict) and _at(data, place) is None
        return "unknown_key", _unknown(error["loc"], keys(tuple(error["loc"][:-1])), split=split)
    if kind in ("missing", "missing_argument"):
        return "missing_key", Text("this key is missing", "이 키가 없습니다")
    if kind == "union_tag_not_found":
        tag = str(context["discriminator"]).strip("'")
        return "missing_key", Text(f"the key {tag} is missing", f"키 {tag}이(가) 없습니다")
    if kind in _BOUNDS:
        name, text = _BOUNDS[kind]
        bound = str(context[name]).replace("'", "").replace(" or ", ", ")
        hint = (
            nearest(_value(data, place, kind), bound.split(", "))
            if kind in ("literal_error", "union_tag_invalid")
            else Text("", "")
        )
        return "value", Text(text.en.format(bound) + hint.en, text.ko.format(bound) + hint.ko)
    if kind in ("value_error", "assertion_error"):
        reason = context.get("error")
        if isinstance(reason, RuleBroken):
            return "rule", reason.text
        return "rule", Text(str(reason), f"규칙에 맞지 않습니다: {reason}")
    plain = _PLAIN.get(kind, Text(f"is not right ({kind})", f"값이 올바르지 않습니다({kind})"))
    return "value", plain


def _at(data: Any, place: Key) -> Any:
    """What stands at a place of the file; None when nothing does."""
    for step in place:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _value(data: Any, place: Key, kind: str) -> str:
    data = _at(data, place)
    if kind == "union_tag_invalid" and isinstance(data, dict):
        data = data.get("method")
    return data if isinstance(data, str) else ""


def _unknown(loc: tuple[str | int, ...], keys: tuple[str, ...], *, split: bool) -> Text:
    if split:  # {en: one, two} is read as the keys `en` and `two`
        return Text(
            "no such key (a text with a comma must stand in quotes)",
            "없는 키입니다 (쉼표가 든 글은 따옴표로 감싸십시오)",
        )
    hint = nearest(str(loc[-1]), keys)
    if not hint.en and keys:
        hint = Text(f" (known keys: {', '.join(keys)})", f" (쓸 수 있는 키: {', '.join(keys)})")
    return Text("no such key" + hint.en, "없는 키입니다" + hint.ko)


def nearest(given: str, known: tuple[str, ...] | list[str]) -> Text:
    """The known word meant, as a hint; empty texts when none is close."""
    close = get_close_matches(given, known, n=1, cutoff=0.6)
    if not close:
        return Text("", "")
    return Text(f" (did you mean {close[0]}?)", f" (혹시 {close[0]}?)")
