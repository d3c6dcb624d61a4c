"""How templates are written.

``{PER}``, ``{PER2}``, ... are people; ``{GIVEN2}``, ``{SUR2}``, ``{SPACED2}`` are the given name, the surname and the
name with spaces of the same person. ``{FOR}`` and ``{EN}`` are foreigners in Hangul and in Latin letters, ``{NAMES}`` is
a list. ``<은/는>`` is the particle that fits the syllable before it, ``[[a|b]]`` a choice, ``{T}`` a title with or without
a space before it or nothing. The other slots are in :mod:`~pseudonymize.names.training.values` and
:mod:`~pseudonymize.names.training.words`. ``{BODY}`` and ``{NEG}`` in documents are sentences.
"""

from __future__ import annotations


def lines(text: str) -> tuple[str, ...]:
    """One template a line."""
    return tuple(line for line in text.strip().splitlines() if line.strip())


def pages(text: str) -> tuple[str, ...]:
    """Templates of several lines, divided by lines of ``---``."""
    return tuple(page.strip("\n") for page in text.strip().split("\n---\n"))
