"""Who is meant: 하늘 씨, 김 하늘 and 김○늘 are one person when a document introduces one 김하늘.

Names are joined only where one person of the document fits and no other does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pseudonymize.surrogates.keyed import HIDDEN
from pseudonymize.surrogates.people import split_surname

_SHOWN = re.compile("[가-힣]+")
_CALLED = re.compile("(?:씨|님|군|양|이)$")
_LATIN = re.compile(r"[^\W\d_가-힣]+")


class People:
    """The people of one document, by the names found in it."""

    def __init__(self) -> None:
        self._surfaces: dict[str, str] = {}
        self._known: dict[str, str] = {}

    def meet(self, found: Mapping[str, str]) -> None:
        """Take note of names found in the document: canonical name to how it is first written."""
        if not found.keys() <= self._surfaces.keys():
            self._surfaces = {**found, **self._surfaces}
            self._known = _joined(self._surfaces)

    def who(self, name: str) -> str:
        """The canonical name of the person meant: the full one where it is known, else the name itself."""
        return self._known.get(name, name)

    def written(self, name: str) -> str:
        """How the document first writes the person of a canonical name."""
        return self._surfaces.get(name, name)


def _joined(surfaces: dict[str, str]) -> dict[str, str]:
    """Canonical name to the canonical full name of the one person it fits, for names that are not full."""
    if len(surfaces) < 2:
        return {}
    full = {name for name, surface in surfaces.items() if _is_full(name, surface)}
    joined = {}
    for name, surface in surfaces.items():
        # 하늘이 is shaped like a full name of its own; beside 김하늘 it is what 김하늘 is called.
        if name in full and not _CALLED.search(name):
            continue
        fits = [other for other in full if other != name and _fits(name, surface, other, surfaces[other])]
        if len(fits) == 1:
            joined[name] = fits[0]
    return joined


def _is_full(name: str, surface: str) -> bool:
    if _SHOWN.fullmatch(name):
        surname, given = split_surname(name)
        return bool(surname) and len(given) > 1
    return len(_LATIN.findall(surface)) > 1 and not any(char in HIDDEN for char in name if not char.isalpha())


def _fits(name: str, surface: str, full: str, written: str) -> bool:
    """Whether a name is a part or a masked form of a full name."""
    if _SHOWN.fullmatch(full):
        surname, given = split_surname(full)
        if name in (given, surname) or _CALLED.sub("", name) in (full, given):
            return True
        masked = len(name) == len(full) and any(char in HIDDEN for char in name)
        return masked and all(a == b or a in HIDDEN for a, b in zip(name, full, strict=True))
    parts = [word.casefold() for word in _LATIN.findall(surface)]
    whole = [word.casefold() for word in _LATIN.findall(written)]
    return 0 < len(parts) < len(whole) and set(parts) <= set(whole)
