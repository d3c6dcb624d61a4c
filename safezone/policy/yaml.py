"""YAML with positions and nothing else: no tags, no anchors, no key twice, no value whose type surprises.

A policy is approved by people who read it, so it must say what it seems to say. Tags could build objects, an alias
may blow a small file up ("billion laughs"), and of two equal keys a parser silently takes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from safezone.errors import PolicyError, Text

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

Key = tuple[str | int, ...]

_PREFIX = "tag:yaml.org,2002:"
_EMPTY_ALLOWED = frozenset({"null_values"})
"""Keys whose empty list says something; everywhere else it is an oversight with consequences, and refused."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    Attributes:
        path: of the file.
        data: its content as plain values.
        lines: the line of every key and item, by its place in `data`.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[Key, int] = field(repr=False)

    def line(self, place: Key) -> int:
        """The line of a place, or of the nearest thing around it that is in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(path: Path) -> Document:
    """Read a file.

    Raises:
        PolicyError: it cannot be read, is too large, is not YAML, or holds what is refused here.
    """
    text = _text(path)
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        problem = error.problem or "syntax error"
        raise fault(
            path, line, "syntax", (f"this is not YAML: {problem}", f"YAML 문법에 맞지 않습니다: {problem}")
        ) from None
    except (YAMLError, RecursionError, ValueError):
        raise fault(path, 1, "syntax", ("this is not YAML", "YAML 문법에 맞지 않습니다")) from None
    if not isinstance(root, MappingNode):
        raise fault(path, 1, "syntax", ("a policy is a mapping of keys", "정책은 키와 값의 목록이어야 합니다"))
    lines: dict[Key, int] = {}
    data = _Builder(path, lines).build(root, ())
    return Document(path, data, lines)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError:
        raise fault(path, 1, "unreadable", ("the file cannot be read", "파일을 읽을 수 없습니다")) from None
    if len(raw) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024} KiB"
        raise fault(path, 1, "too_large", (f"the file is larger than {limit}", f"파일이 {limit}보다 큽니다"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise fault(path, line, "encoding", ("the file is not UTF-8", "파일이 UTF-8이 아닙니다")) from None


def fault(path: Path, line: int, kind: str, said: tuple[str, str], more: int = 0) -> PolicyError:
    """The error for one fault of a policy file.

    Args:
        path: of the file.
        line: where, from 1.
        kind: ends the error's code ``policy.<kind>``.
        said: what is wrong and what would be right, in English and Korean, without a full stop.
        more: how many further faults the file has.
    """
    place, text = f"{path.name}:{line}", Text(*said)
    rest = Text(f" ({more} more faults.)", f" (그 밖에 {more}건이 더 있습니다.)") if more else Text("", "")
    return PolicyError(
        f"policy.{kind}",
        (f"{place}: {text.en}.{rest.en}", f"{place}: {text.ko}.{rest.ko}"),
        (
            f"Correct that line and run safezone policy check {path.name} again.",
            f"해당 줄을 고친 뒤 safezone policy check {path.name}을(를) 다시 실행하십시오.",
        ),
    )


class _Builder:
    """Turns nodes into plain values, noting where each stands."""

    def __init__(self, path: Path, lines: dict[Key, int]) -> None:
        self.path, self.lines = path, lines

    def build(self, node: Node, place: Key) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if node.anchor is not None:
            raise self._fault(
                node,
                "anchor",
                (
                    "anchors and aliases (& and *) are not allowed; write it out",
                    "앵커와 별칭(&, *)은 쓸 수 없습니다. 값을 그대로 적으십시오",
                ),
            )
        if len(place) > MAX_DEPTH:
            raise self._fault(node, "too_deep", ("this is nested too deeply", "중첩이 너무 깊습니다"))
        if isinstance(node, MappingNode):
            self._plain(node, "map")
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            self._plain(node, "seq")
            return self._sequence(node, place)
        return self._scalar(node)

    def _mapping(self, node: MappingNode, place: Key) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or key_node.anchor is not None:
                raise self._fault(key_node, "key", ("a key must be a plain word", "키는 일반 단어여야 합니다"))
            key = str(key_node.value)
            if key in found:
                raise self._fault(
                    key_node, "duplicate_key", (f"the key {key} is given twice", f"키 {key}이(가) 두 번 나옵니다")
                )
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            found[key] = self.build(value_node, (*place, key))
            if found[key] in ([], {}) and key not in _EMPTY_ALLOWED:
                raise self._fault(
                    value_node,
                    "empty",
                    (
                        f"{key} is empty; say what belongs there, or leave the key out",
                        f"{key}이(가) 비어 있습니다. 내용을 적거나 키를 지우십시오",
                    ),
                )
        return found

    def _sequence(self, node: SequenceNode, place: Key) -> list[Any]:
        return [self.build(item, (*place, number)) for number, item in enumerate(node.value)]

    def _scalar(self, node: Node) -> Any:
        tag, value = str(node.tag), str(node.value)
        try:
            if tag == _PREFIX + "null":
                return None
            if tag == _PREFIX + "bool":
                return value.lower() == "true"
            if tag == _PREFIX + "int":
                return int(value)
            if tag == _PREFIX + "float":
                return float(value)
        except ValueError:
            raise self._fault(
                node, "number", ("write the number in plain decimal digits", "숫자는 십진수로 적으십시오")
            ) from None
        if tag in (_PREFIX + "str", _PREFIX + "timestamp"):
            return value
        raise self._tag(node)

    def _plain(self, node: Node, kind: str) -> None:
        if str(node.tag) != _PREFIX + kind:
            raise self._tag(node)

    def _tag(self, node: Node) -> PolicyError:
        return self._fault(node, "tag", ("YAML tags (!...) are not allowed", "YAML 태그(!...)는 쓸 수 없습니다"))

    def _fault(self, node: Node, kind: str, said: tuple[str, str]) -> PolicyError:
        return fault(self.path, node.start_mark.line + 1, kind, said)
