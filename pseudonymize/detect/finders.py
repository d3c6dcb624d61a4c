"""The matches of a Python pattern, found faster: only where a match can begin is one looked for.

Each way below yields exactly what ``pattern.finditer(text)`` yields, in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pseudonymize.detect.necessary import NoCondition, begins_with_characters, first_characters, relaxed, width
from pseudonymize.document import labels
from pseudonymize.document.labels import Label

Find = Callable[[str], Iterator[re.Match[str]]]
_WIDEST = 100
"""Above this many possible first characters, looking for them saves nothing."""


class Finder:
    """Finds the matches of a pattern, in the fastest way known; the way is worked out at the first search."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._find: Find | None = None

    def __call__(self, text: str) -> Iterator[re.Match[str]]:
        """What ``pattern.finditer(text)`` yields."""
        if self._find is None:
            self._find = finder(self._pattern)
        return self._find(text)


def finder(pattern: re.Pattern[str]) -> Find:
    """The fastest way known to find the matches of ``pattern``.

    Args:
        pattern: A pattern that never matches the empty string; others are searched plainly.
    """
    flags = pattern.flags & ~re.UNICODE
    try:
        if width(pattern.pattern, flags) == 0:
            return pattern.finditer
    except NoCondition:
        return pattern.finditer
    first = first_characters(pattern.pattern, flags, most=_WIDEST)
    if first is not None:
        if begins_with_characters(pattern.pattern, flags):
            return pattern.finditer
        return _by_first(pattern, first) or pattern.finditer
    return _by_region(pattern) or pattern.finditer


def _by_first(pattern: re.Pattern[str], first: str) -> Find | None:
    """Let ``re`` run to the characters a match can begin with, which it does fast when they come first.

    The locator takes one such character and then, looking back over it, asks for the whole pattern there; its
    own ``finditer`` goes on with the next character, so every beginning is seen once.
    """
    try:
        locator = re.compile(rf"{first}(?<=(?={pattern.pattern})[\s\S])", pattern.flags)
    except re.error:
        return None
    at = pattern.match

    def find(text: str) -> Iterator[re.Match[str]]:
        done = 0
        for place in locator.finditer(text):
            start = place.start()
            if start >= done and (match := at(text, start)) is not None:
                done = match.end()
                yield match

    return find


def _by_region(pattern: re.Pattern[str]) -> Find | None:
    """Let RE2 find the stretches in which a match can begin.

    A relaxed pattern with its ends kept matches wherever the pattern does, over the same characters. Its
    leftmost, non-overlapping matches need not be those of the pattern, but each match of the pattern begins in one
    of them: from the end of one stretch RE2 would else have found a next one beginning there or before.
    """
    import re2

    source = relaxed(pattern.pattern, pattern.flags & ~re.UNICODE, ends=True)
    if source is None:
        return None
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        regions: Any = re2.compile(source.encode(), options)
    except re2.error:
        return None
    at = pattern.match

    def find(text: str) -> Iterator[re.Match[str]]:
        try:
            encoded = text.encode()
        except UnicodeEncodeError:  # half a character of UTF-16, which RE2 cannot see
            yield from pattern.finditer(text)
            return
        narrow = len(encoded) == len(text)
        seen = place = done = 0
        for region in regions.finditer(encoded):
            begin, end = region.span()
            start = begin if narrow else place + len(encoded[seen:begin].decode())
            stop = end if narrow else start + len(encoded[begin:end].decode())
            seen, place = end, stop
            start = max(start, done)
            while start < stop:
                match = at(text, start)
                if match is None:
                    start += 1
                else:
                    start = done = match.end()
                    yield match

    return find


def label_finder() -> Callable[[str], list[Label]]:
    """What answers as :func:`pseudonymize.document.labels.find_labels`, faster where labels are few."""
    find = Finder(labels.PATTERN)

    def found(text: str) -> list[Label]:
        return [Label(match.start(), match.end(), match.lastgroup or "") for match in find(text)]

    return found
