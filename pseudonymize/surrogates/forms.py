"""Forms: what of a value its surrogate keeps (gender, band of years, number of syllables, gaps), and nothing else.

The form of a value is what its maker writes when nothing is drawn by chance: 김동호 for every man's name of three
syllables, ``010-0123-4567`` for every mobile number written with dashes. A maker that is given a form in place of the
value keeps the same of it, so a surrogate can be made later by somebody who never had the value.

A form is written in lower-case letters alone, because a detector would read its digits and names for what they look
like.
"""

from __future__ import annotations

import re

from pseudonymize.surrogates import numbers
from pseudonymize.surrogates.keyed import HIDDEN, Draws
from pseudonymize.surrogates.make import MAKERS

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BASE = len(_LETTERS)
_MARKS = "".join(char for char in HIDDEN if not char.isalpha())
_SINGLE = {
    **{str(digit): _LETTERS[digit] for digit in range(10)},
    **dict(zip("- .,/:()@", "lmnostvwx", strict=True)),
}
_PLAIN = {letter: char for char, letter in _SINGLE.items()}
_CODE = re.compile("[a-jlmnostvwx]|k[a-z]{3}|[pqr][a-z]|u[a-z]{5}")
_OTHERS = (1, 17)
"""Where to count from to see whether anything is drawn; common surnames stand in their list several times."""
_HANGUL, _HANGUL_END = ord("가"), ord("힣")


class _Counted(Draws):
    """Draws that are counted off in place of being drawn: the same for every value and key."""

    def __init__(self, start: int) -> None:
        self._next = start

    def below(self, limit: int) -> int:
        drawn, self._next = self._next % limit, self._next + 1
        return drawn


def form_of(entity: str, surface: str) -> str | None:
    """The form of a value.

    Args:
        entity: its kind.
        surface: the value as it stands in the text.

    Returns:
        A made-up value with all that a surrogate keeps, equal for all values that agree in it; None when the value
        holds nothing that can be changed (``****``).
    """
    make = MAKERS.get(entity, numbers.shape)
    form = make(_Counted(0), surface)
    return form if any(make(_Counted(start), surface) != form for start in _OTHERS) else None


def encoded(form: str) -> str:
    """A form in lower-case letters; `decoded` reads it."""
    return "".join(map(_code, form))


def _code(char: str) -> str:
    if char in _SINGLE:
        return _SINGLE[char]
    number = ord(char)
    if _HANGUL <= number <= _HANGUL_END:
        return "k" + _in_letters(number - _HANGUL, 3)
    if "a" <= char <= "z":
        return "p" + char
    if "A" <= char <= "Z":
        return "q" + char.lower()
    if char in _MARKS:
        return "r" + _LETTERS[_MARKS.index(char)]
    return "u" + _in_letters(number, 5)


def _in_letters(number: int, width: int) -> str:
    letters = ""
    for _ in range(width):
        number, rest = divmod(number, _BASE)
        letters = _LETTERS[rest] + letters
    return letters


def decoded(code: str) -> str | None:
    """The form that `encoded` wrote; None when it wrote no such thing."""
    pieces = _CODE.findall(code)
    if sum(map(len, pieces)) != len(code):
        return None
    chars = [_char(piece) for piece in pieces]
    return None if None in chars else "".join(char for char in chars if char is not None)


def _char(piece: str) -> str | None:
    if len(piece) == 1:
        return _PLAIN[piece]
    kind, rest = piece[0], piece[1:]
    if kind == "p":
        return rest
    if kind == "q":
        return rest.upper()
    if kind == "r":
        place = _LETTERS.index(rest)
        return _MARKS[place] if place < len(_MARKS) else None
    number = 0
    for letter in rest:
        number = number * _BASE + _LETTERS.index(letter)
    if kind == "k":
        return chr(_HANGUL + number) if number <= _HANGUL_END - _HANGUL else None
    return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else None
