"""Surrogate dates of birth and ages: another date or age in the same band of five years."""

from __future__ import annotations

import re

from pseudonymize.surrogates.keyed import Draws
from pseudonymize.surrogates.lists import MONTHS, NATIVE_ONES, NATIVE_TENS
from pseudonymize.surrogates.numbers import fill, slots_of

BAND = 5
"""Years in a band."""
_NUMBER = re.compile(r"\d+")
_MONTH = re.compile(r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}", re.IGNORECASE)


def date(draws: Draws, surface: str) -> str:
    """A date in the same five years, written the same way; nothing but the band of years is kept."""
    year, month, day = draws.below(BAND), 1 + draws.below(12), 1 + draws.below(28)
    numbers = _NUMBER.findall(surface)
    if len(numbers) == 1 and len(numbers[0]) in (6, 8):
        size = len(numbers[0]) - 4
        written = _same_band(slots_of(numbers[0])[:size], year) + f"{month:02d}{day:02d}"
        return _NUMBER.sub(lambda found: fill(found.group(), written), surface)
    # The year is the number of four digits, or the first when none has four.
    long = [len(number) == 4 for number in numbers]
    at = long.index(True) if True in long else 0 if len(numbers) != 2 else -1
    parts = iter((month, day))
    written_numbers = iter(
        [
            _same_band(slots_of(number), year) if place == at else _padded(next(parts, 1), len(number))
            for place, number in enumerate(numbers)
        ]
    )
    text = _NUMBER.sub(lambda found: fill(found.group(), next(written_numbers)), surface)
    return _MONTH.sub(lambda found: _month_name(found.group(), month), text)


def _same_band(year: str, step: int) -> str:
    return f"{int(year) // BAND * BAND + step:0{len(year)}d}"


def _padded(part: int, width: int) -> str:
    if width == 1:
        return str((part - 1) % 9 + 1)
    return f"{part:0{width}d}"


def _month_name(old: str, month: int) -> str:
    name = MONTHS[month - 1]
    return name if len(old) > 3 else name[:3]


def age(draws: Draws, surface: str) -> str:
    """An age in the same five years (30 to 34, 35 to 39); an age in words becomes one in words."""
    found = _NUMBER.search(surface)
    if found is None:
        return _native(draws, surface)
    number = int(slots_of(found.group()))
    band = [other for other in range(number // BAND * BAND, number // BAND * BAND + BAND) if other]
    drawn = f"{draws.pick(band):0{len(found.group())}d}"
    return surface[: found.start()] + fill(found.group(), drawn) + surface[found.end() :]


def _native(draws: Draws, surface: str) -> str:
    for ones in NATIVE_ONES:
        for tens in NATIVE_TENS:
            word = tens + ones
            if word in surface:
                half = NATIVE_ONES[:4] if ones in NATIVE_ONES[:4] else NATIVE_ONES[4:]
                return surface.replace(word, tens + draws.pick(half))
    return surface
