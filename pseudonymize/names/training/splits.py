"""Dividing names, words, templates and corpora into a part that trains and a part that judges."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable
from typing import Literal

Split = Literal["train", "heldout"]
HELDOUT_SHARE = 4
"""One in this many names, words, and templates is held out."""


def split_of(text: str) -> Split:
    """The part ``text`` belongs to; depends on nothing but the text, so adding templates moves none."""
    return "heldout" if zlib.crc32(text.encode()) % HELDOUT_SHARE == 0 else "train"


def part(texts: Iterable[str], split: Split) -> tuple[str, ...]:
    """Those of ``texts`` that belong to ``split``, without repetitions, in their order."""
    return tuple(text for text in dict.fromkeys(texts) if split_of(text) == split)


CORPUS_SHARE = 10
"""One in this many sentences and documents of a corpus validates and does not train."""


def spaced_words(text: str) -> tuple[str, ...]:
    """The words of ``text``, divided by white space."""
    return tuple(text.split())


def validation_sentences(n: int) -> list[int]:
    """Places of the sentences of KLUE-NER that only validate, of ``n`` in the order of the file.

    The rule of ``training/train.py``: shuffle with seed 5, keep the first tenth.
    """
    places = list(range(n))
    random.Random(5).shuffle(places)  # noqa: S311  no secret rests on it
    return sorted(places[: n // CORPUS_SHARE])


def validation_documents(n: int) -> list[int]:
    """Places of the made-up documents that only validate, of ``n`` in the order of the file: every tenth."""
    return list(range(0, n, CORPUS_SHARE))
