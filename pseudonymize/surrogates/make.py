"""Surrogates under one key: the same value of the same kind always becomes the same surrogate.

Two values can share a surrogate: each kind has a limited number of them (given names of two syllables 375 for women, 465
for men and 114 that tell neither, each with 51 surnames of unequal weight; mobile numbers 10 million; addresses more
than a million), and every value draws independently, so that what one value becomes never depends on which others
there are. Among n values out of N about n * n / (2 * N) pairs collide: of 2,000 names about 60 share another's.
Where values must stay apart, take tokens.

Two rules may change the outcome of a draw, and both draw again from the same value: a surrogate never equals what
it replaces, and in a document that holds the surrogate as an original of its own, another one is written there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from pseudonymize.surrogates import contact, dates, numbers, people, places
from pseudonymize.surrogates.keyed import Draws, canonical
from pseudonymize.surrogates.persons import People

ATTEMPTS = 64
"""Draws for one value before it is given up."""

Maker = Callable[[Draws, str], str]
MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "PERSON": people.name_surrogate,
        "PHONE_NUMBER": numbers.phone,
        "EMAIL_ADDRESS": contact.email,
        "LOCATION": places.address,
        "CREDIT_CARD": numbers.card,
        "IP_ADDRESS": contact.ip,
        "URL": contact.url,
        "DATE_TIME": dates.date,
        "AGE": dates.age,
        "KR_RRN": numbers.person_number,
        "KR_FRN": numbers.person_number,
        "KR_BRN": numbers.beginning("0"),
        "KR_CORP_REG": numbers.beginning("0"),
        "KR_DRIVER_LICENSE": numbers.licence,
        "KR_PASSPORT": numbers.passport,
        "KR_HEALTH_INSURANCE": numbers.beginning("0"),
        "KR_ADDRESS": places.address,
        "KR_POSTAL_CODE": numbers.beginning("00"),
        "KR_BANK_ACCOUNT": numbers.beginning("000"),
        "KR_VEHICLE": numbers.vehicle,
        "US_SSN": numbers.beginning("000"),
        "IBAN_CODE": numbers.iban,
    }
)
"""What makes a surrogate of each kind; other kinds are made by shape."""


class Surrogates:
    """Makes surrogates under one key, each value once.

    Args:
        key: 32-byte key of the controller. Whoever has it can test guesses about who was replaced.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[tuple[str, str, int], tuple[str, str, str]] = {}

    def of(self, entity: str, surface: str, taken: Collection[str] = ()) -> str | None:
        """The surrogate of a value.

        Args:
            entity: kind of the value.
            surface: the value as it stands in the text; its gaps and dashes are kept.
            taken: canonical values of this kind that the surrogate must not be: the document's own.

        Returns:
            The surrogate, or None when the value holds nothing that can be changed (``****``).
        """
        for attempt in range(ATTEMPTS):
            made, alike, value = self._draw(entity, surface, attempt)
            if alike != value and alike not in taken:
                return made
        return None

    def _draw(self, entity: str, surface: str, attempt: int) -> tuple[str, str, str]:
        """A surrogate and the canonical spellings of it and of what it replaces."""
        known = (entity, surface, attempt)
        if known not in self._made:
            value = canonical(entity, surface)
            made = MAKERS.get(entity, numbers.shape)(Draws(self._key, entity, value, attempt), surface)
            self._made[known] = (made, canonical(entity, made), value)
        return self._made[known]

    def within(self, entity: str, surface: str, people: People, taken: Collection[str] = ()) -> str | None:
        """The surrogate of a value in a document: 하늘 becomes a part of what 김하늘 becomes, who is meant there.

        Args:
            entity: kind of the value.
            surface: the value as it stands in the text.
            people: the people of the document.
            taken: as for `of`.
        """
        if entity == "PERSON":
            value = canonical(entity, surface)
            who = people.who(value)
            if who != value and (part := self.part_of_name(people.written(who), surface, taken)) is not None:
                return part
        return self.of(entity, surface, taken)

    def part_of_name(self, full: str, part: str, taken: Collection[str] = ()) -> str | None:
        """What stands for a part of a person's name, taken from the surrogate of the full name.

        Args:
            full: the name the person was introduced by.
            part: the given name or surname alone, or some words of a name in Latin letters.
            taken: as for `of`.
        """
        whole = self.of("PERSON", full, taken)
        if whole is None:
            return None
        return people.matching_part(full, whole, part)
