"""Morphemes of Korean text from mecab-ko, loaded when first needed in each process."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import metadata
from typing import Any, NamedTuple


class Morpheme(NamedTuple):
    """One morpheme of mecab-ko-dic.

    Attributes:
        start: First code point within the sentence.
        end: One past the last.
        pos: Part of speech of the 21st Century Sejong tag set, inflected forms joined by ``+``.
        meaning: Semantic class (인명 person, 지명 place, ...) or ``*``.
    """

    start: int
    end: int
    pos: str
    meaning: str


@lru_cache(maxsize=2)
def _tagger(process: int) -> Any:
    from mecab import MeCab

    return MeCab()


@lru_cache(maxsize=4096)
def morphemes(sentence: str) -> tuple[Morpheme, ...]:
    """Analyse one sentence (any text without line breaks); repeated sentences are analysed once."""
    found: list[Morpheme] = []
    cursor = 0
    # A forked worker must not share its parent's tagger, so the process is part of the key.
    for morpheme in _tagger(os.getpid()).parse(sentence):
        # The tagger's own offsets slip behind leading and unusual white space: the surface does not.
        start = sentence.find(morpheme.surface, cursor)
        if start < 0:
            continue
        cursor = start + len(morpheme.surface)
        found.append(Morpheme(start, cursor, morpheme.feature.pos, morpheme.feature.semantic or "*"))
    return tuple(found)


def dictionary_version() -> str:
    """Name and version of the tagger and its dictionary, for the model digest."""
    packages = ("python-mecab-ko", "python-mecab-ko-dic")
    return " ".join(f"{name} {metadata.version(name)}" for name in packages)
