"""Sentences and documents from templates, with the exact place of everything personal in them.

The same arguments give the same text on every machine. Text of the two splits shares no template, no given name and
no word of the open lists.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pseudonymize.names.training import people, values, words
from pseudonymize.names.training.particles import particle
from pseudonymize.names.training.splits import Split, part
from pseudonymize.names.training.templates import templates
from pseudonymize.names.training.typing_errors import spoil
from pseudonymize.spans import Span

_TOKEN = re.compile(r"(\{[A-Z_]+[0-9]?\}|<[^<>/\n]*/[^<>\n]*>|\[\[.*?\]\])")
_SLOT = re.compile(r"\{([A-Z_]+)([0-9]?)\}")
_EMPTY_SHARE = 0.45
_FOREIGN_SHARE = 0.08
_SPOILT_SHARE = 0.25
_FIXED_SHARE = 0.2
_LOOSE_SHARE = 0.35
_SEPARATORS = (", ", ", ", ", ", ",", "·", " ", "/", ", ", "、", "\n")

Piece = tuple[str, str]
"""A stretch of text and its entity, or an empty string for plain text."""


class Sample(NamedTuple):
    """A made-up text.

    Attributes:
        text: The text.
        spans: All that is personal in it, sorted; score 1.
    """

    text: str
    spans: list[Span]


@lru_cache(maxsize=4096)
def _tokens(template: str) -> tuple[str, ...]:
    return tuple(token for token in _TOKEN.split(template) if token)


@lru_cache(maxsize=2)
def _vocabulary(split: Split) -> dict[str, tuple[str, ...]]:
    return {
        "NOUN": part(words.NOUNS, split),
        "COMPANY": part(words.COMPANIES, split),
        "TOPIC": part(words.TOPICS, split),
        "ADV": part(words.ADVERBS, split),
        # Closed lists: there are no other titles to judge by.
        "ORG": words.ORGS,
        "DEPT": words.DEPTS,
        "ROLE": words.ROLES,
        "FIELD": words.FIELDS,
        "TITLE": words.TITLES,
        "TITLE_OF_OFFICE": words.TITLES_OF_OFFICE,
        "HELLO": words.GREETINGS,
        "LAW": words.LAWS,
        "TAB": ("\t",),
    }


class _Writer:
    """Fills templates for one text; the same numbered slot is the same person throughout."""

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng = rng
        self.split = split
        self.people: dict[str, people.Person] = {}
        self.vocabulary = _vocabulary(split)

    def fill(self, template: str) -> list[Piece]:
        """The pieces of the filled template."""
        pieces: list[Piece] = []
        korean = re.search(r"\{(?:SUR|GIVEN|SPACED)", template) is not None
        for token in _tokens(template):
            if token.startswith("<") and "/" in token:
                pieces.append((particle(_ending(pieces), *token[1:-1].split("/", 1)), ""))
            elif token.startswith("[["):
                pieces.extend(self.fill(self.rng.choice(token[2:-2].split("|"))))
            elif slot := _SLOT.fullmatch(token):
                pieces.extend(self._slot(slot[1], slot[2], korean))
            else:
                pieces.append((token, ""))
        return pieces

    def _slot(self, slot: str, number: str, korean: bool) -> list[Piece]:
        if slot in values.PERSONAL:
            entity, make = values.PERSONAL[slot]
            value = make(self.rng)
            # 만 says how years are counted and is no part of the age.
            return [("만 ", ""), (value[2:], entity)] if value.startswith("만 ") else [(value, entity)]
        if slot in values.PLAIN:
            return [(values.PLAIN[slot](self.rng), "")]
        if slot in self.vocabulary:
            return [(self.rng.choice(self.vocabulary[slot]), "")]
        if slot == "T":
            return (
                [(self.rng.choice(("", " ", " ", "")) + self.rng.choice(words.TITLES), "")]
                if self.rng.random() < 0.8
                else []
            )
        if slot == "NAMES":
            return self._list()
        if slot == "NEG":
            return self._sentence(nobody=True)
        if slot == "BODY":
            return self._sentence(nobody=False)
        return [(self._person(slot, number, korean), "PERSON")]

    def _sentence(self, *, nobody: bool) -> list[Piece]:
        known = templates(self.split)
        group = known.nobody if nobody else self.rng.choice(known.people[:2])
        return spoil(self.fill(_any_of(group, self.rng)), self.rng, 0.1)

    def _person(self, slot: str, number: str, korean: bool) -> str:
        if slot in ("FOR", "EN"):
            make = people.foreign if slot == "FOR" else people.roman
            return self.people.setdefault(slot + number, make(self.rng, self.split)).full
        key = f"PER{number}"
        if key not in self.people:
            make = people.foreign if not korean and self.rng.random() < _FOREIGN_SHARE else people.korean
            self.people[key] = make(self.rng, self.split)
        person = self.people[key]
        if slot == "PER":
            return person.full
        while person.kind in people.NATIONS or (slot == "GIVEN" and person.given in people.ALSO_WORDS):
            # A letter to a foreigner may quote a sentence about somebody else.
            person = people.korean(self.rng, self.split)
        if slot == "SUR":
            return person.surname
        if slot == "GIVEN":
            return person.given
        if slot == "SPACED":
            return people.spaced(person, self.rng)
        raise KeyError(f"unknown slot {slot}")

    def _list(self) -> list[Piece]:
        separator = self.rng.choice(_SEPARATORS)
        pieces: list[Piece] = []
        for _ in range(self.rng.randint(2, 7)):
            # 아웅·산 in a list divided by the same sign would be two people.
            foreign = separator not in " ·" and self.rng.random() < _FOREIGN_SHARE
            make = people.foreign if foreign else people.korean
            pieces += [(make(self.rng, self.split).full, "PERSON"), (separator, "")]
        pieces.pop()
        if self.rng.random() < 0.3:
            pieces.append(
                (f" {self.rng.choice(('외', '등'))} {self.rng.randint(2, 40)}{self.rng.choice(('명', '인'))}", "")
            )
        return pieces


def _any_of(group: tuple[str, ...], rng: random.Random) -> str:
    """A template; one without slots, which always gives the same sentence, is put back four times of five."""
    while True:
        template = rng.choice(group)
        if "{" in template or rng.random() < _FIXED_SHARE:
            return template


def _ending(pieces: list[Piece]) -> str:
    return next((text for text, _ in reversed(pieces) if text), "")


def _sample(pieces: list[Piece]) -> Sample:
    spans: list[Span] = []
    at = 0
    for text, entity in pieces:
        if entity:
            spans.append(Span(at, at + len(text), entity, 1.0))
        at += len(text)
    return Sample("".join(text for text, _ in pieces), spans)


def sentences(split: Split, n: int, seed: int) -> Iterator[Sample]:
    """Single sentences, rows and lines; nearly half hold no person.

    Args:
        split: ``"train"`` or ``"heldout"``.
        n: How many.
        seed: Another seed gives other text.

    Yields:
        Sentences with their spans.
    """
    rng = random.Random(f"sentences/{split}/{seed}")  # noqa: S311  nothing here is secret
    known = templates(split)
    weights = [len(group) ** 0.5 for group in known.people]
    for _ in range(n):
        group = known.nobody if rng.random() < _EMPTY_SHARE else rng.choices(known.people, weights)[0]
        pieces = _Writer(rng, split).fill(_any_of(group, rng))
        yield _sample(spoil(pieces, rng, _SPOILT_SHARE))


def documents(split: Split, n: int, seed: int) -> Iterator[Sample]:
    """Documents of several lines in which people recur.

    Args:
        split: ``"train"`` or ``"heldout"``.
        n: How many.
        seed: Another seed gives other text.

    Yields:
        Documents with their spans.
    """
    rng = random.Random(f"documents/{split}/{seed}")  # noqa: S311  nothing here is secret
    known = templates(split)
    for _ in range(n):
        writer = _Writer(rng, split)
        if rng.random() < _LOOSE_SHARE:
            yield _sample(_loose(writer, rng))
        else:
            yield _sample(writer.fill(rng.choice(known.documents)))


def _loose(writer: _Writer, rng: random.Random) -> list[Piece]:
    """Three to ten sentences of any register one after the other."""
    known = templates(writer.split)
    joint = rng.choice((" ", "\n", "\n", "\n\n", " / "))
    pieces: list[Piece] = []
    for _ in range(rng.randint(3, 10)):
        group = known.nobody if rng.random() < _EMPTY_SHARE else rng.choice(known.people)
        pieces += [*spoil(writer.fill(_any_of(group, rng)), rng, 0.1), (joint, "")]
    return pieces[:-1]
