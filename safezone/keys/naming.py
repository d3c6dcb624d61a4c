"""Names of keys: what a name says of the key's use, and how names look on servers that allow fewer characters."""

from __future__ import annotations

import re

from safezone.errors import UsageError
from safezone.model import canonical

_NAME = re.compile(r"(?!.{201})[\w-][\w.:-]*(/[\w-][\w.:-]*)+")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_KEK_SEGMENTS = 4


def kind_of(name: str) -> str:
    """What a key of that name is for: ``kek`` wraps, ``sign`` signs, ``mac`` for all others.

    Raises:
        UsageError: the name is not of the form ``purpose/...``.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            "keys.name",
            ("That is not the name of a key.", "키 이름의 형식이 아닙니다."),
            ("Names look like kek/<dataset>/<stage>/<delivery>.", "예: kek/<데이터셋>/<단계>/<수령번호>"),
        )
    head = name.partition("/")[0]
    return head if head in {"kek", "sign"} else "mac"


def wrap_aad(name: str, version: int, context: bytes) -> bytes:
    """Associated data of a wrapped data key: the context, and which version of which key it is under."""
    return canonical(["safezone wrap v1", name, version, context.hex()])


def encode(name: str, separator: str = ".") -> str:
    """A name as key servers take it: letters, digits, ``_XX`` for each other byte (UTF-8), and a separator.

    Of a key-encryption key the place comes before the dataset (``kek.published.<dataset>.<delivery>``), so that a
    server's rules, which match beginnings, can tell places apart as the table of duties does.

    Args:
        name: a key's name.
        separator: stands between segments: one the server allows, and neither letter, digit nor ``_``.
    """
    return separator.join(_segment(part) for part in _turned(name.split("/")))


def decode(text: str, separator: str = ".") -> str:
    """The name that `encode` was given.

    Raises:
        ValueError: it is none that `encode` makes.
    """
    name = "/".join(_turned([_plain(part) for part in text.split(separator)]))
    if encode(name, separator) != text:
        raise ValueError("not an encoded key name")
    return name


def _turned(segments: list[str]) -> list[str]:
    if segments[0] == "kek" and len(segments) == _KEK_SEGMENTS:
        head, first, second, last = segments
        return [head, second, first, last]
    return segments


def _segment(part: str) -> str:
    return "".join(
        character if character in _PLAIN else "".join(f"_{byte:02x}" for byte in character.encode())
        for character in part
    )


def _plain(part: str) -> str:
    data, rest = bytearray(), part
    while rest:
        if rest[0] == "_":
            data.append(int(rest[1:3], 16))
            rest = rest[3:]
        else:
            data += rest[0].encode()
            rest = rest[1:]
    return data.decode()
