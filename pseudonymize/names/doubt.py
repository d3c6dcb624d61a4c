"""What speaks against a name the model is not sure of: it often passes for a word, or it reads as words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pseudonymize.names.features import Gazetteer
from pseudonymize.names.lexicon import PARTICLES, TITLES
from pseudonymize.names.morphology import morphemes
from pseudonymize.names.tagger import Tagged

_CERTAIN = 0.97
_KNOWN_SURE, _UNKNOWN_SURE = 0.9, 0.95
"""Scores from which the reading as words no longer counts, for names the dictionary has and for others."""
_UNKNOWN_LEAST = 0.6
"""Score below which what the dictionary does not have as a name is none."""
_AROUND = 60
_CALLED = re.compile(rf" ?(?:{TITLES})(?:님)?(?:{PARTICLES})?(?![가-힣])")
_PREDICATES = ("VV", "VA", "VX", "MAG")
_WORDS = (*_PREDICATES, "MM", "XR", "IC", "NNG")


def undoubted(text: str, found: Sequence[Tagged], gazetteer: Gazetteer) -> list[Tagged]:
    """The names of a document against which nothing speaks.

    Args:
        text: The document.
        found: Names in its offsets.
        gazetteer: The dictionary's names.
    """
    rare = _mostly_passed_over(text, found)
    return [
        name
        for name in found
        if text[name.start : name.end] not in rare and not _reads_as_words(text, name, gazetteer)
    ]


def _mostly_passed_over(text: str, found: Sequence[Tagged]) -> set[str]:
    """What is taken for a name here and there only, and never with certainty: a word the document uses often."""
    scores: dict[str, list[float]] = {}
    for start, end, score in found:
        scores.setdefault(text[start:end], []).append(score)
    return {name for name, each in scores.items() if max(each) < _CERTAIN and 2 * len(each) < text.count(name)}


def _reads_as_words(text: str, name: Tagged, gazetteer: Gazetteer) -> bool:
    """Whether an unsure name is unknown, or read as a predicate (늦어진), an adverb or a noun (고기집, 오른손)."""
    if name.score >= _UNKNOWN_SURE or name.end - name.start < 2:
        return False
    known = gazetteer.knows_person(text[name.start : name.end])
    if not known and name.score < _UNKNOWN_LEAST:
        return True
    if _CALLED.match(text, name.end):
        return False
    if known and name.score >= _KNOWN_SURE:
        return False
    begin = max(text.rfind("\n", 0, name.start) + 1, name.start - _AROUND)
    end = text.find("\n", name.end, name.end + _AROUND // 2)
    sentence = text[begin : end if end >= 0 else name.end + _AROUND // 2]
    read = [morpheme for morpheme in morphemes(sentence) if morpheme.end + begin > name.start][:2]
    if not read or read[0].start + begin != name.start:
        return False
    if not read[0].feature.startswith(_PREDICATES if known else _WORDS):
        return False
    # One syllable says little (지/은), unless an ending follows it (늦/어진).
    ended = len(read) > 1 and read[1].feature.startswith("E") and read[0].feature.startswith(_PREDICATES)
    return read[0].end - read[0].start > 1 or ended


def identity() -> list[object]:
    """What the judgement rests on, for the model digest."""
    return [_CERTAIN, _KNOWN_SURE, _UNKNOWN_SURE, _UNKNOWN_LEAST, _CALLED.pattern]
