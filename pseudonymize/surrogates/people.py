"""Surrogate names: another person's name of the same gender and shape, made of common syllables.

Gender is guessed from the given name, by syllables that mostly end or begin men's or women's names; a name that
tells nothing gets one that tells nothing. The lists are compiled by hand and hold syllables, not people.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pseudonymize.surrogates.keyed import HIDDEN, Draws
from pseudonymize.surrogates.lists import (
    BEGINS,
    COMMON_SURNAMES,
    ENDS,
    FOREIGN,
    LATIN_FIRST,
    LATIN_LAST,
    LONG_SURNAMES,
    MAKE,
    ROMAN_LAST,
    ROMAN_SURNAMES,
    ROMAN_SYLLABLES,
    SINGLES,
    SURNAMES,
)

Gender = Literal["f", "m", "n"]
MOST_SYLLABLES = 12
"""Longer surfaces are no names; each syllable of them is drawn by itself."""

_HANGUL = re.compile("[가-힣]")
_LATIN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def gender_of(given: str) -> Gender:
    """The gender a Korean given name suggests: ``f``, ``m``, or ``n`` where it suggests none.

    The last syllable counts twice, the first once: 미영 is a woman's name for its first, 영호 a man's for its last.
    """
    if not given:
        return "n"
    first, last = given[0], given[-1]
    score = 2 * ((last in ENDS["f"]) - (last in ENDS["m"]))
    if len(given) > 1:
        score += (first in BEGINS["f"]) - (first in BEGINS["m"])
    return "f" if score > 0 else "m" if score < 0 else "n"


@cache
def _given_names(gender: Gender, length: int) -> tuple[str, ...]:
    if length == 1:
        return tuple(name for name in SINGLES[gender] if gender_of(name) == gender)
    begins, ends = MAKE[gender]
    names = (first + last for first in begins for last in ends if first != last)
    return tuple(name for name in names if gender_of(name) == gender)


def split_surname(name: str) -> tuple[str, str]:
    """A Korean name without white space as surname and given name; one of them may be empty.

    Two syllables that could be either (하늘, 김하) are taken for a given name alone unless they begin with a surname
    that is seldom the first syllable of a given name.
    """
    if name[:2] in LONG_SURNAMES and len(name) > 2:
        return name[:2], name[2:]
    if len(name) == 1:
        return (name, "") if name in SURNAMES else ("", name)
    if len(name) == 2 and name[0] not in "김이박최강조윤장임오권황안송류전홍고문손배백허심노곽엄":
        return "", name
    if len(name) <= 4 and name[0] in SURNAMES:
        return name[0], name[1:]
    return "", name


def name_surrogate(draws: Draws, surface: str) -> str:
    """A name in place of one: same script, same gender where it shows, same number of syllables and same gaps.

    Args:
        draws: the choices of this person.
        surface: the name as it stands in the text; hidden syllables (김**, 김○○) stay hidden.
    """
    if not _HANGUL.search(surface):
        return _latin_name(draws, surface)
    compact = "".join(surface.split())
    hangul = "".join(char for char in compact if _HANGUL.match(char) or char in HIDDEN)
    surname, given = split_surname(hangul)
    words = surface.split()
    if (not surname and len(hangul) > 3) or len(hangul) > 5 or _is_foreign(words):
        gender = draws.pick("fm")
        return " ".join(draws.pick(FOREIGN[gender]) for _ in words)
    return _laid_out(surface, korean_name(draws, surname, given))


def _is_foreign(words: list[str]) -> bool:
    return bool(words) and all(word in FOREIGN["f"] or word in FOREIGN["m"] for word in words)


def korean_name(draws: Draws, surname: str, given: str) -> str:
    """A surname and given name of the same lengths; hidden syllables stay."""
    new_surname = draws.pick(LONG_SURNAMES if len(surname) == 2 else COMMON_SURNAMES)
    gender = gender_of(given)
    if len(given) > 2:
        new_given = "".join(draws.pick(MAKE[gender][0]) for _ in given)
    else:
        new_given = draws.pick(_given_names(gender, len(given))) if given else ""
    drawn = (new_surname if surname else "") + new_given
    return "".join(old if old in HIDDEN else new for old, new in zip(surname + given, drawn, strict=True))


def _laid_out(surface: str, name: str) -> str:
    """The name with its syllables where the surface has its own: gaps and marks stay, other letters and digits go."""
    syllables = iter(name)
    return "".join(
        next(syllables, "") if _HANGUL.match(char) or char in HIDDEN else "" if char.isalnum() else char
        for char in surface
    )


def _latin_name(draws: Draws, surface: str) -> str:
    words = _LATIN.findall(surface)
    if not words:
        return surface
    hyphenated = "-" in surface
    roman = any(word.lower() in ROMAN_SURNAMES for word in words)
    gender = draws.pick("fm")
    given_left = True
    drawn: list[str] = []
    for place, word in enumerate(words):
        if len(word) == 1:
            new = draws.pick("ABCDEFGHIJKLMNOPRSTVW")
        elif roman and word.lower() in ROMAN_SURNAMES:
            new = draws.pick(ROMAN_LAST)
        elif roman:
            new = draws.pick(ROMAN_SYLLABLES).capitalize()
            new += "" if hyphenated else draws.pick(ROMAN_SYLLABLES)
        elif given_left and (place < len(words) - 1 or len(words) == 1):
            new, given_left = draws.pick(LATIN_FIRST[gender]), False
        else:
            new = draws.pick(LATIN_LAST)
        drawn.append(_cased(word, new))
    fresh = iter(drawn)
    return _LATIN.sub(lambda _: next(fresh), surface)


def _cased(word: str, new: str) -> str:
    if word.isupper() and len(word) > 1:
        return new.upper()
    return new.lower() if word.islower() else new


def matching_part(full: str, surrogate: str, part: str) -> str | None:
    """The part of a surrogate that stands where `part` stands in the full name; None when it is no part of it."""
    words, drawn = full.split(), surrogate.split()
    if not _HANGUL.search(full):
        places = [place for place, word in enumerate(words) if word.casefold() in part.casefold().split()]
        return " ".join(drawn[place] for place in places) if places else None
    bare, new, wanted = "".join(words), "".join(drawn), "".join(part.split())
    if len(bare) != len(new):
        return None
    for length in (len(wanted), len(wanted) - 1):  # 하늘이, 김하늘씨: the last syllable is not the name's
        at = bare.find(wanted[:length])
        if at >= 0 and length:
            return _laid_out(part, new[at : at + length] + wanted[length:])
    if len(wanted) != len(bare):
        return None
    return _laid_out(part, "".join(old if old in HIDDEN else char for old, char in zip(wanted, new, strict=True)))
