"""Morphemes of Korean sentences, from mecab-ko and its dictionary."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from importlib import metadata
from typing import Any, NamedTuple

_UNREADABLE = re.compile("[\0\t\r]")
_UNPAIRED = re.compile("[\ud800-\udfff\0\t\r]")


class Morpheme(NamedTuple):
    """One morpheme of a sentence.

    Attributes:
        start: First code point within the sentence.
        end: One past the last.
        feature: The dictionary's entry: part of speech (21st Century Sejong tag set, inflected forms joined by
            ``+``), semantic class (인명 person, 지명 place, ...) and more, separated by commas.
    """

    start: int
    end: int
    feature: str


@lru_cache(maxsize=2)
def _tagger(process: int) -> tuple[Any, Any]:
    from mecab import MeCab
    from mecab.utils import create_lattice

    return MeCab()._tagger, create_lattice


def analysed(sentence: str) -> tuple[list[str], list[str]]:
    """The morphemes of one sentence (any text without line breaks) and their dictionary entries.

    The lattice is read directly: the objects that ``MeCab.parse`` builds for each morpheme take longer than the
    analysis itself.
    """
    # A forked worker must not share its parent's tagger, so the process is part of the key.
    tagger, create_lattice = _tagger(os.getpid())
    try:
        # To MeCab, text ends at a NUL: what follows it would not be read. Tabs divide its own answer.
        lattice = create_lattice(_UNREADABLE.sub(" ", sentence) if _UNREADABLE.search(sentence) else sentence)
    except TypeError:  # half of a surrogate pair, which is no text in UTF-8
        lattice = create_lattice(_UNPAIRED.sub(" ", sentence))
    if not tagger.parse(lattice):
        return [], []
    parts = lattice.to_string().replace("\t", "\n").split("\n")  # surface, entry, ..., EOS, nothing
    return parts[0:-2:2], parts[1:-2:2]


def morphemes(sentence: str) -> list[Morpheme]:
    """The morphemes of one sentence with their places."""
    found: list[Morpheme] = []
    cursor = 0
    for surface, feature in zip(*analysed(sentence), strict=True):
        # The tagger's own offsets slip behind leading and unusual white space: the surface does not.
        start = sentence.find(surface, cursor)
        if start >= 0:
            cursor = start + len(surface)
            found.append(Morpheme(start, cursor, feature))
    return found


def dictionary_version() -> str:
    """Name and version of the tagger and its dictionary, for the model digest."""
    packages = ("python-mecab-ko", "python-mecab-ko-dic")
    return " ".join(f"{name} {metadata.version(name)}" for name in packages)
