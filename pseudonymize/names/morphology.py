"""Morphemes of Korean sentences, from mecab-ko and its dictionary."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from importlib import metadata
from typing import Any, NamedTuple

_UNPAIRED = re.compile("[\ud800-\udfff\0]")


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


def morphemes(sentence: str) -> list[Morpheme]:
    """Analyse one sentence (any text without line breaks).

    The lattice is read directly: the objects that ``MeCab.parse`` builds for each morpheme take longer than the
    analysis itself.
    """
    # A forked worker must not share its parent's tagger, so the process is part of the key.
    tagger, create_lattice = _tagger(os.getpid())
    try:
        # To MeCab, text ends at a NUL: what follows it would not be read.
        lattice = create_lattice(sentence.replace("\0", " ") if "\0" in sentence else sentence)
    except TypeError:  # half of a surrogate pair, which is no text in UTF-8
        lattice = create_lattice(_UNPAIRED.sub(" ", sentence))
    if not tagger.parse(lattice):
        return []
    found: list[Morpheme] = []
    cursor = 0
    for line in lattice.to_string().split("\n"):
        surface, tab, feature = line.partition("\t")
        if not tab:
            continue
        # The tagger's own offsets slip behind leading and unusual white space: the surface does not.
        start = sentence.find(surface, cursor)
        if start < 0:
            continue
        cursor = start + len(surface)
        found.append(Morpheme(start, cursor, feature))
    return found


def dictionary_version() -> str:
    """Name and version of the tagger and its dictionary, for the model digest."""
    packages = ("python-mecab-ko", "python-mecab-ko-dic")
    return " ".join(f"{name} {metadata.version(name)}" for name in packages)
