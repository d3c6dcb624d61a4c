r"""Necessary conditions of Python patterns, in RE2's language: what a text must contain for a match to be possible.

RE2 searches in linear time and, through Arrow, whole columns at once, but knows neither looking around nor
references to groups. A *relaxed* pattern leaves out what RE2 cannot say and never excludes a text the Python
pattern matches: every step below replaces a language by one that contains it.

* Assertions (``\b``, ``^``, look-ahead and look-behind) become empty, but for what must follow the whole pattern
  or go before it.
* A reference to a group becomes the group's own pattern.
* Character classes become sets of code points; what depends on Unicode tables (``\w``, ``\d``, letter case
  beyond ASCII) becomes a larger set, or within a negated class a smaller one.
* Large upper bounds of repetition vanish, which keeps the automaton small.
* As the pattern is searched for anywhere in the text, optional parts at its two ends are left out.
"""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

Ranges = list[tuple[int, int]]
"""Sorted, disjoint, inclusive ranges of code points."""

_TOP = 0x10FFFF
_ANY: Ranges = [(0, _TOP)]
_BEYOND_ASCII: Ranges = [(0x80, _TOP)]
_DIGITS: Ranges = [(0x30, 0x39)]
_WORD_ASCII: Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
# Characters Python takes for white space: U+2000 to U+200A and U+3000 are the highest.
_SPACE: Ranges = [(code, code) for code in range(0x3001) if chr(code).isspace()]
_SPACE_SURE: Ranges = [(0x09, 0x0D), (0x20, 0x20)]
# What `re` takes for the same letter beyond upper and lower case (long s, Kelvin sign, dotted and dotless i).
_CASE_EXTRA = {"i": "\u0130\u0131", "s": "\u017f", "k": "\u212a"}
_LARGEST_BOUND = 3
_LARGEST_COUNT = 40
_LARGEST_SOURCE = 20_000


class NoCondition(Exception):
    """Nothing can be said of the texts a pattern matches."""


def relaxed(
    pattern: str, flags: int = 0, *, ends: bool = False, coarse: bool = False, part: bool = False
) -> str | None:
    """An RE2 pattern found in every text in which ``re.compile(pattern, flags)`` finds something.

    Args:
        pattern: A pattern of :mod:`re`.
        flags: Its flags.
        ends: Keep optional parts at the ends, so that it matches the very stretch the pattern matches.
        coarse: Take any digit for any other: an automaton for many patterns then has few states.
        part: The pattern is searched for in parts of a text: their end is not its end.

    Returns:
        The RE2 source (UTF-8, to be searched unanchored), or None when no useful condition is known.
    """
    try:
        tree = _parsed(pattern, flags)
        source = _Relaxing(coarse=coarse, part=part).sequence(
            list(tree), tree.state.flags, left=not ends, right=not ends
        )
    except NoCondition:
        return None
    return source if 0 < len(source) <= _LARGEST_SOURCE else None


def relaxed_groups(pattern: str, flags: int = 0) -> dict[str, str | None]:
    """For a pattern of named alternatives, what a text must hold for each of them, as :func:`relaxed` tells it.

    Args:
        pattern: A pattern of :mod:`re` such as ``(?P<a>...)|(?P<b>...)``.
        flags: Its flags.
    """
    tree = _parsed(pattern, flags)
    state = tree.state
    relaxing = _Relaxing(coarse=False, part=False)
    found: dict[str, str | None] = {}
    for name, number in state.groupdict.items():
        item = next(
            (item for item in _alternatives(tree) if item[0] is sre.SUBPATTERN and item[1][0] == number), None
        )
        source = relaxing.item(item, state.flags, left=True, right=True) if item else None
        found[name] = source if source and len(source) <= _LARGEST_SOURCE else None
    return found


def _alternatives(tree: Any) -> list[Any]:
    items = list(tree)
    if len(items) == 1 and items[0][0] is sre.BRANCH:
        return [branch[0] for branch in items[0][1][1] if len(branch) == 1]
    return items if len(items) == 1 else []


def first_characters(pattern: str, flags: int = 0, *, most: int = _TOP) -> str | None:
    """A class of :mod:`re` (``[...]``) holding every character a match of the pattern can begin with.

    Args:
        pattern: A pattern of :mod:`re`.
        flags: Its flags.
        most: How many characters there may be.

    Returns:
        The class, or None when the pattern may match nothing at all or begin with more characters.
    """
    try:
        tree = _parsed(pattern, flags)
        found, empty = _first(list(tree), tree.state.flags)
    except NoCondition:
        return None
    if empty or sum(high - low + 1 for low, high in found) > most:
        return None
    return "[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in found) + "]"


def begins_with_characters(pattern: str, flags: int = 0) -> bool:
    """Whether a pattern begins with a character or a class, which :mod:`re` itself looks for fast.

    Raises:
        NoCondition: When it cannot be parsed.
    """
    items = list(_parsed(pattern, flags))
    while items and items[0][0] is sre.SUBPATTERN and not items[0][1][1] and not items[0][1][2]:
        items = list(items[0][1][3])
    return bool(items) and items[0][0] in (sre.LITERAL, sre.IN) and not flags & re.IGNORECASE


def width(pattern: str, flags: int = 0) -> int:
    """The fewest characters a match of the pattern has.

    Raises:
        NoCondition: When it cannot be parsed.
    """
    return int(_parsed(pattern, flags).getwidth()[0])


@lru_cache(maxsize=64)
def _parsed(pattern: str, flags: int) -> Any:
    return parser.parse(pattern, flags)


def union(*parts: Ranges) -> Ranges:
    """The code points in any of the sets."""
    merged: Ranges = []
    for low, high in sorted(item for part in parts for item in part):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def complement(ranges: Ranges) -> Ranges:
    """The code points not in the set."""
    rest: Ranges = []
    at = 0
    for low, high in union(ranges):
        if at < low:
            rest.append((at, low - 1))
        at = high + 1
    return [*rest, (at, _TOP)] if at <= _TOP else rest


def class_source(ranges: Ranges) -> str:
    """The set as an RE2 class or literal."""
    # Surrogates never occur in UTF-8; RE2 wants them outside of classes or not at all.
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        char = chr(ranges[0][0])
        return char if char.isalnum() else f"\\x{{{ranges[0][0]:x}}}"
    if not ranges:
        return r"[^\x00-\x{10ffff}]"
    return "[" + "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in ranges) + "]"


class _Relaxing:
    """Writes one pattern; remembers its groups for references to them."""

    def __init__(self, *, coarse: bool, part: bool) -> None:
        self._coarse, self._part = coarse, part
        self._groups: dict[int, tuple[list[Any], int]] = {}

    def sequence(self, items: list[Any], flags: int, *, left: bool, right: bool) -> str:
        """A sequence of items, without what may be empty at an open end."""
        parts: list[str] = []
        first, last = 0, len(items)
        while left and first < last and items[first][0] in (sre.AT, sre.ASSERT_NOT):
            first += 1
        while right and first < last and items[last - 1][0] is sre.ASSERT_NOT:
            last -= 1
        # What may be empty at an open end is dropped, and so its neighbour becomes the end.
        while right and first < last:
            tail = self.item(items[last - 1], flags, left=left and last - 1 == first, right=True)
            last -= 1
            if tail:
                parts.append(tail)
                break
        while left and first < last:
            head = self.item(items[first], flags, left=True, right=False)
            first += 1
            if head:
                parts.insert(0, head)
                break
        middle = [self.item(item, flags, left=False, right=False) for item in items[first:last]]
        at = len(parts) - (1 if right and parts else 0)
        return "".join([*parts[:at], *middle, *parts[at:]])

    def item(self, item: Any, flags: int, *, left: bool, right: bool) -> str:
        """One item of a parsed pattern."""
        op, value = item
        if op is sre.AT:
            return r"\z" if value is sre.AT_END_STRING and right and not self._part else ""
        if op is sre.ASSERT_NOT:
            return ""
        if op is sre.ASSERT:
            # At an end of the pattern what is asserted there stands beside the rest, and nothing else does.
            ahead = value[0] > 0
            outermost = right if ahead else left
            return self._wrapped(list(value[1]), flags, left=not ahead, right=ahead) if outermost else ""
        if op is sre.SUBPATTERN:
            return self._group(value, flags, left=left, right=right)
        if op is sre.ATOMIC_GROUP:
            return self._wrapped(list(value), flags, left=left, right=right)
        if op is sre.BRANCH:
            return self._branch(value[1], flags, left=left, right=right)
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            return self._repeat(value, flags, left=left, right=right)
        if op is sre.GROUPREF:
            return self._reference(value, flags, left=left, right=right)
        if op is sre.GROUPREF_EXISTS:
            _, yes, no = value
            return self._branch([yes, no or []], flags, left=left, right=right)
        return class_source(self._widened(characters(item, flags)))

    def _widened(self, ranges: Ranges) -> Ranges:
        digits = any(low <= 0x39 and high >= 0x30 for low, high in ranges)
        return union(ranges, _DIGITS) if self._coarse and digits else ranges

    def _wrapped(self, items: list[Any], flags: int, *, left: bool, right: bool) -> str:
        inner = self.sequence(items, flags, left=left, right=right)
        return f"(?:{inner})" if inner else ""

    def _group(self, value: Any, flags: int, *, left: bool, right: bool) -> str:
        number, added, removed, body = value
        inside = (flags | added) & ~removed
        if number is not None:
            self._groups[number] = (list(body), inside)
        return self._wrapped(list(body), inside, left=left, right=right)

    def _branch(self, branches: Iterable[Any], flags: int, *, left: bool, right: bool) -> str:
        sources = [self.sequence(list(branch), flags, left=left, right=right) for branch in branches]
        if (left or right) and not all(sources):
            return ""
        return f"(?:{'|'.join(dict.fromkeys(sources))})" if any(sources) else ""

    def _repeat(self, value: Any, flags: int, *, left: bool, right: bool) -> str:
        low, high, body = value
        if (left or right) and low == 0:
            return ""
        if (left or right) and low == 1:
            # At one end the repetition nearest to the rest is enough; it keeps its own end open.
            return self._wrapped(list(body), flags, left=left, right=right)
        inner = self._wrapped(list(body), flags, left=False, right=False)
        if not inner:
            return ""
        few = min(int(low), _LARGEST_COUNT)
        if left or right:
            return f"{inner}{{{few}}}"
        if high is sre.MAXREPEAT or (high > _LARGEST_BOUND and high != low) or low > few:
            return inner + {0: "*", 1: "+"}.get(few, f"{{{few},}}")
        return inner + ("?" if (low, high) == (0, 1) else f"{{{low},{high}}}")

    def _reference(self, number: int, flags: int, *, left: bool, right: bool) -> str:
        body, inside = self._groups.get(number, ([], flags))
        if not body or (flags & ~inside) & re.IGNORECASE:
            return "" if left or right else r"[\x00-\x{10ffff}]*"
        return self._wrapped(body, inside, left=left, right=right)


def characters(item: Any, flags: int) -> Ranges:
    """A set that holds every character a single-character item matches.

    Raises:
        NoCondition: For an item that is not known.
    """
    op, value = item
    if op is sre.LITERAL:
        return _folded([(value, value)], flags)
    if op is sre.NOT_LITERAL:
        return _ANY if flags & re.IGNORECASE else complement([(value, value)])
    if op in (sre.ANY, sre.ANY_ALL):
        return _ANY
    if op is sre.IN:
        negated = bool(value) and value[0][0] is sre.NEGATE
        members = [_member(member, smallest=negated) for member in value[negated:]]
        if not negated:
            return _folded(union(*members), flags)
        return complement([] if flags & re.IGNORECASE else union(*members))
    if op is sre.FAILURE:
        return []
    raise NoCondition


def _member(member: Any, *, smallest: bool) -> Ranges:
    op, value = member
    if op is sre.LITERAL:
        return [(value, value)]
    if op is sre.RANGE:
        return [tuple(value)]
    if op is sre.CATEGORY:
        return _category(value, smallest=smallest)
    raise NoCondition


def _category(name: Any, *, smallest: bool) -> Ranges:
    r"""The characters of ``\d``, ``\s``, ``\w`` or their negations, at most or at least."""
    sure, possible = {
        sre.CATEGORY_DIGIT: (_DIGITS, union(_DIGITS, _BEYOND_ASCII)),
        sre.CATEGORY_SPACE: (_SPACE_SURE, union(_SPACE)),
        sre.CATEGORY_WORD: (_WORD_ASCII, union(_WORD_ASCII, _BEYOND_ASCII)),
        sre.CATEGORY_NOT_DIGIT: ([(0, 0x2F), (0x3A, 0x7F)], complement(_DIGITS)),
        sre.CATEGORY_NOT_SPACE: ([(0x21, 0x7E)], complement([(0x20, 0x20)])),
        sre.CATEGORY_NOT_WORD: (complement(union(_WORD_ASCII, _BEYOND_ASCII)), complement(_WORD_ASCII)),
    }[name]
    return sure if smallest else possible


def _folded(ranges: Ranges, flags: int) -> Ranges:
    """With IGNORECASE also the other spellings of the letters."""
    if not flags & re.IGNORECASE:
        return ranges
    extra: Ranges = []
    for low, high in ranges:
        for code in range(max(low, 0x41), min(high, 0x7A) + 1):
            extra += [(ord(c), ord(c)) for c in _same_letter(chr(code))]
        if high >= 0x80 and _has_case(max(low, 0x80), high):
            return _ANY
    return union(ranges, extra)


def _same_letter(letter: str) -> str:
    return letter.lower() + letter.upper() + _CASE_EXTRA.get(letter.lower(), "") if letter.isalpha() else ""


@cache
def _has_case(low: int, high: int) -> bool:
    return any(chr(code).lower() != chr(code) or chr(code).upper() != chr(code) for code in range(low, high + 1))


def _first(items: list[Any], flags: int) -> tuple[Ranges, bool]:
    """What a sequence can begin with, and whether it can be empty."""
    found: Ranges = []
    for item in items:
        more, empty = _first_of(item, flags)
        found = union(found, more)
        if not empty:
            return found, False
    return found, True


def _first_of(item: Any, flags: int) -> tuple[Ranges, bool]:
    op, value = item
    if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return [], True
    if op is sre.SUBPATTERN:
        _, added, removed, body = value
        return _first(list(body), (flags | added) & ~removed)
    if op is sre.ATOMIC_GROUP:
        return _first(list(value), flags)
    if op is sre.BRANCH:
        parts = [_first(list(branch), flags) for branch in value[1]]
        return union(*(part for part, _ in parts)), any(empty for _, empty in parts)
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, _, body = value
        found, empty = _first(list(body), flags)
        return found, empty or low == 0
    if op in (sre.GROUPREF, sre.GROUPREF_EXISTS):
        raise NoCondition
    return characters(item, flags), False
