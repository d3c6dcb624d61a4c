"""Markers and tokens in text: what stands in the zone for a value, and what a project gets for it.

In the zone ``<이름:ab1cd2ef3gh4>`` is a token and ``<이름:ab1cd2ef3gh4:kaaakbbbkccc>`` the marker of a surrogate: the
token of the value under the controller's key, and its form (`pseudonymize.surrogates.forms`). A part of a name has the
form of the whole name and, behind another colon, that of the part. At release `ProjectTexts` writes a token or a
surrogate of the project in its place, drawn from ``HMAC-SHA256(K_project, token)`` (RFC 2104), so that one person is
one in all extracts of a project, and nobody can join those of two projects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pseudonymize.surrogates import numbers
from pseudonymize.surrogates.forms import decoded, encoded, form_of
from pseudonymize.surrogates.keyed import TOKEN_GROUPS, Draws, canonical, symbols, token
from pseudonymize.surrogates.labels import LABELS
from pseudonymize.surrogates.make import MAKERS
from pseudonymize.surrogates.particles import following_particle
from pseudonymize.surrogates.people import matching_part
from pseudonymize.surrogates.persons import People

TAIL = rf":((?:[a-z]{{2}}[0-9]){{{TOKEN_GROUPS}}})(?::([a-z]+))?(?::([a-z]+))?>"
"""A token or marker behind its label, for `re` and RE2: token, form, form of the part."""
SHAPE = r"<([^<>:\n]{1,64})" + TAIL
"""A token or marker with any label."""
_WRITTEN = re.compile(SHAPE)
_ENTITIES: Mapping[str, str] = {word: entity for entity, words in LABELS.items() for word in words}
_NEAR = 10
"""Characters behind a surrogate in which its particle is looked for."""
_KEPT = 65_536
"""Surrogates remembered at a time."""


class Markers:
    """Writes markers under the key of a controller.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def within(self, entity: str, surface: str, people: People, word: str) -> tuple[str, str] | None:
        """The marker of a value in a document.

        Args:
            entity: kind of the value.
            surface: the value as it stands in the text.
            people: the people of the document: 하늘 is marked as a part of 김하늘, who is meant there.
            word: the label of its kind.

        Returns:
            The marker, and the word that a particle behind it must fit; None when nothing of the value can be
            changed.
        """
        value = canonical(entity, surface)
        who = people.who(value) if entity == "PERSON" else value
        known = f"<{word}:{token(self._key, entity, who)}"
        if who != value:
            full = people.written(who)
            whole = form_of(entity, full)
            part = None if whole is None else matching_part(full, whole, surface)
            if whole is not None and part is not None:
                return f"{known}:{encoded(whole)}:{encoded(part)}>", part
        form = form_of(entity, surface)
        return None if form is None else (f"{known}:{encoded(form)}>", form)


class ProjectTexts:
    """Writes a project's tokens and surrogates in place of the zone's tokens and markers.

    Args:
        key: 32-byte key of the project.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._token = lru_cache(_KEPT)(self._made_token)
        self._surrogate = lru_cache(_KEPT)(self._made_surrogate)

    def rewrite(self, text: str) -> str:
        """A text as it leaves; every character outside tokens, markers and their particles stays."""
        pieces, at = [], 0
        for found in _WRITTEN.finditer(text):
            pieces.append(text[at : found.start()])
            at = found.end()
            word, known, form, part = found.groups()
            made = self._surrogate(word, known, form, part) if form else None
            if made is None:
                pieces.append(f"<{word}:{self._token(known)}>")
                continue
            surrogate, before = made
            eaten, particle = following_particle(before, surrogate, text[at : at + _NEAR])
            pieces += [surrogate, particle]
            at += eaten
        return "".join([*pieces, text[at:]])

    def _made_token(self, known: str) -> str:
        return symbols(Draws(self._key, "", known, purpose="project token"))

    def _made_surrogate(self, word: str, known: str, form: str, part: str | None) -> tuple[str, str] | None:
        """The surrogate, and the word that the particle behind it fits as yet."""
        before, piece = decoded(form), decoded(part or "")
        if before is None or piece is None:
            return None
        make = MAKERS.get(_ENTITIES.get(word, word), numbers.shape)
        made = make(Draws(self._key, "", known, purpose="project surrogate"), before)
        if not piece:
            return made, before
        partial = matching_part(before, made, piece)
        return None if partial is None else (partial, piece)
