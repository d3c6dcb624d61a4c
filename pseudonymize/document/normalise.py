"""One spelling for matching, with the way back to the original text.

People write the same number in many ways: full-width digits, odd dashes, no-break spaces, zero-width
characters, decomposed Hangul (NFD, as macOS writes it). Recognizers see one spelling; every
normalised code point remembers which original code points it came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_DASHES = frozenset(
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043\u02d7\u2500\u2501\u301c\uff5e\u223c\u2796"
)
_INVISIBLE = frozenset(
    [
        *map(chr, range(0x200B, 0x2010)),
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2060, 0x2070)),
        *map(chr, range(0xFE00, 0xFE10)),
        "\u00ad",
        "\u034f",
        "\u061c",
        "\u115f",
        "\u1160",
        "\u180e",
        "\ufeff",
        "\uffa0",
        "\u3164",
    ]
)
_HIGHEST_MAPPED = 0x20000
# A conjoining-jamo syllable, or any character carrying combining marks, is composed as one cluster.
_JAMO = r"[\u1100-\u115e\ua960-\ua97c][\u1161-\u11a7\ud7b0-\ud7c6]+[\u11a8-\u11ff\ud7cb-\ud7fb]*"
_MARKED = r"[^\W_][\u0300-\u036f\u3099\u309a]+"
# "010ㅡ1234ㅡ5678": letters typed for a dash (the vowel eu, a long vowel of kana, the character for one), which only
# digits on both sides give away.
_EU_DASH = re.compile(r"(?<=[0-9])( ?)[ㅡー一](?= ?[0-9])")


class Normalised(NamedTuple):
    """A text in one spelling and the map back to the original.

    Attributes:
        text: The spelling recognizers match.
        starts: For each code point of ``text`` the first original code point it stands for, or
            None when the two texts have the same offsets.
        ends: For each code point of ``text`` one past the last original code point, or None.
    """

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Translate offsets of ``text`` (``start < end``) to offsets of the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def _spelling(char: str) -> str:
    """How one character is spelt for matching (possibly as nothing or as several characters)."""
    if char in _INVISIBLE:
        return ""
    if char in _DASHES:
        return "-"
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    folded = unicodedata.normalize("NFKC", char)
    if any("\u1100" <= c <= "\u11ff" for c in folded):
        return char  # ㅋ and ㅡ are letters of their own, not parts of a syllable
    # ① or ㎡ must not turn into a digit beside a number: only true decimal digits become digits.
    if any(c.isdigit() for c in folded) or (folded.isspace() and not char.isspace()):
        return char
    return folded


# What a cluster, or a vowel for a dash, cannot do without.
_CLUSTERED = (
    (0x1161, 0x11A7),
    (0xD7B0, 0xD7C6),
    (0x300, 0x36F),
    (0x3099, 0x309A),
    (0x3161, 0x3161),
    (0x30FC, 0x30FC),
    (0x4E00, 0x4E00),
)


@lru_cache(maxsize=1)
def _changing() -> re.Pattern[str]:
    """One class with a character of every text that is spelt otherwise: looking for it takes a scan, no matching."""
    _, table = _unusual()
    codes = {ord(char) for char in table}.union(*(range(low, high + 1) for low, high in _CLUSTERED))
    return re.compile("[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in _ranges(codes)) + "]")


@lru_cache(maxsize=1)
def _perhaps_changing() -> re.Pattern[str]:
    """As :func:`_changing`, with every character above U+FFFF: those `re` would try range by range."""
    table = re.compile(r"\\U0001[0-9a-f]{4}-\\U0001[0-9a-f]{4}")
    return re.compile(table.sub("", _changing().pattern)[:-1] + "\U00010000-\U0010ffff]")


def changeable() -> str:
    """RE2 source of a class of characters: a text without any of them is spelt for matching as it is."""
    return re.sub(r"\\U([0-9a-f]{8})", r"\\x{\1}", _changing().pattern)


def _ranges(codes: Iterable[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


@lru_cache(maxsize=1)
def _unusual() -> tuple[re.Pattern[str], dict[str, str]]:
    """The characters spelt otherwise, as a pattern, and their spellings."""
    table: dict[str, str] = {}
    for code in range(0x80, _HIGHEST_MAPPED):
        if 0xAC00 <= code < 0xD7A4 or 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        spelt = _spelling(char)
        if spelt != char:
            table[char] = spelt
    members = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in _ranges(map(ord, table)))
    return re.compile(f"{_JAMO}|{_MARKED}|[{members}]"), table


def normalise(text: str) -> Normalised:
    """Spell ``text`` for matching.

    Digits of every script become ASCII; compatibility letters, punctuation and spaces take their NFKC
    form; dashes become ``-``; invisible characters vanish; decomposed Hangul is composed.
    Letter case and line breaks stay.

    Args:
        text: Any string.

    Returns:
        The normalised text with its offset map; the very same string, without a map, when nothing changes.
    """
    if text.isascii() or _perhaps_changing().search(text) is None:
        return Normalised(text)
    pattern, table = _unusual()
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        cluster = match.group()
        spelt = table[cluster] if cluster in table else unicodedata.normalize("NFC", cluster)
        if spelt == cluster:
            continue
        parts.append(text[done:start])
        starts.extend(range(done, start))
        ends.extend(range(done + 1, start + 1))
        parts.append(spelt)
        starts.extend([start] * len(spelt))
        ends.extend([end] * len(spelt))
        done = end
    if not parts:
        return Normalised(_dash_eu(text))
    parts.append(text[done:])
    starts.extend(range(done, len(text)))
    ends.extend(range(done + 1, len(text) + 1))
    return Normalised(_dash_eu("".join(parts)), starts, ends)


def _dash_eu(text: str) -> str:
    return _EU_DASH.sub(r"\1-", text)
