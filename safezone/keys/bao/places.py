"""Where keys lie at a server that keeps them under paths: one place for each pattern in the table of duties.

A place holds the keys of exactly one pattern of `safezone.keys.duties.RIGHTS` (``kek/*/raw/*`` lies at ``kek/raw``).
So a rule of the server about a whole place says what the table says, and nothing has to match the middle of a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from safezone.errors import UsageError
from safezone.keys import faults
from safezone.keys.duties import RIGHTS
from safezone.keys.naming import decode, encode, kind_of

GONE = "gone-"
"""Begins the name of the mark a destroyed key leaves; `encode` never gives a hyphen, so no key is called so."""


@dataclass(frozen=True)
class Place:
    """The keys of one pattern.

    Attributes:
        pattern: as in the table of duties; ``*`` is one segment, and in keys for MACs all that follow.
    """

    pattern: str

    @property
    def path(self) -> str:
        """The place's own path, below the zone's prefix."""
        return "/".join(segment for segment in self.pattern.split("/") if segment != "*")

    @property
    def kind(self) -> str:
        """What its keys are for, see `kind_of`."""
        return kind_of(self.pattern.replace("*", "x"))

    @cached_property
    def _names(self) -> re.Pattern[str]:
        star = ".+" if self.kind == "mac" else "[^/]+"
        return re.compile(
            "/".join(f"({star})" if part == "*" else re.escape(part) for part in self.pattern.split("/"))
        )

    def key(self, name: str) -> str | None:
        """What the key of that name is called at this place; None when it lies elsewhere."""
        found = self._names.fullmatch(name)
        return None if found is None else encode("/".join(found.groups()))

    def name(self, key: str) -> str:
        """The name of a key at this place.

        Raises:
            ValueError: no key of the zone is called so; somebody else put it there.
        """
        segments = decode(key).split("/")
        wild = self.pattern.count("*")
        filling = [*segments[: wild - 1], "/".join(segments[wild - 1 :])]
        if len(segments) < wild or (self.kind != "mac" and len(segments) != wild):
            raise ValueError("not a key of this place")
        name = "/".join(filling.pop(0) if part == "*" else part for part in self.pattern.split("/"))
        try:
            valid = kind_of(name) == self.kind
        except UsageError:
            valid = False
        if not valid:
            raise ValueError("not a key of this place")
        return name


PLACES = tuple(
    Place(pattern)
    for pattern in sorted(
        {
            pattern
            for rights in RIGHTS.values()
            for patterns in rights.values()
            for pattern in patterns
            if "*" in pattern
        }
    )
)


def find(name: str) -> tuple[Place, str]:
    """The place of a key, and what it is called there.

    Raises:
        UsageError: it is not the name of a key, or no duty has any right to keys of that pattern.
    """
    kind_of(name)
    for place in PLACES:
        key = place.key(name)
        if key is not None:
            return place, key
    raise faults.misuse(name, "has no place at the key server", "키 서버에 둘 자리가 없습니다")


def within(pattern: str) -> tuple[Place, str | None]:
    """The place that a pattern of the table speaks of, and the one key it names there (None: every key).

    Raises:
        ValueError: the pattern speaks of no place.
    """
    for place in PLACES:
        if pattern == place.pattern:
            return place, None
        if "*" not in pattern and (key := place.key(pattern)) is not None:
            return place, key
    raise ValueError(f"no place for {pattern}")
