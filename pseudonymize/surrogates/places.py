"""Surrogate addresses: in the same 시도, in a district and on a road that do not exist.

No 시군구 in Korea has one of the names below (pseudonymize/regions.tsv), so an address with a district can
be nobody's. Road, town and building names are invented too, but not compared with the register of road names.
"""

from __future__ import annotations

import re

from pseudonymize.surrogates.keyed import Draws
from pseudonymize.surrogates.lists import BUILDINGS, PLACE_BEGINS, PLACE_ENDS, PLAIN
from pseudonymize.surrogates.numbers import fill, slots_of

_PROVINCE = re.compile(
    r"\s*(?:서울(?:특별시|시)?|(?:부산|대구|인천|광주|대전|울산)(?:광역시|시)?|세종(?:특별자치시|시)?|경기도?|강원(?:특별자치도|도)?|"
    r"충청[남북]도|충[남북]|전라[남북]도|전북(?:특별자치도)?|전남|경상[남북]도|경[남북]|제주(?:특별자치도|도)?)(?![구군])"
)
_PIECE = re.compile(r"[가-힣]+|[A-Za-z]+|[^가-힣A-Za-z]+")
_RUN_TOGETHER = re.compile(r"([가-힣]{1,4}[시군구])(?=[가-힣]{1,6}(?:[동읍면리로길]|대로)$)")
_ENDINGS = ("대로", "번길", "로", "길", "시", "군", "구", "읍", "면", "동", "리", "가")


def invented(draws: Draws) -> str:
    """A name of three syllables for a place that does not exist."""
    return draws.pick(PLACE_BEGINS) + draws.pick(PLACE_ENDS)


def address(draws: Draws, surface: str) -> str:
    """An address of the same form: the 시도 stays, every other name and number is another."""
    province = _PROVINCE.match(surface)
    at = province.end() if province else 0
    kept, rest = surface[:at], surface[at:]
    pieces = []
    for piece in _PIECE.findall(rest):
        if "가" <= piece[0] <= "힣":
            pieces.append(_word(draws, piece))
        elif piece.isalpha():
            pieces.append(piece if len(piece) == 1 else invented(draws))
        else:
            pieces.append(_numbers(draws, piece))
    return kept + "".join(pieces)


def _word(draws: Draws, word: str) -> str:
    if word in PLAIN:
        return word
    if apart := _RUN_TOGETHER.match(word):
        return _word(draws, apart.group()) + _word(draws, word[apart.end() :])
    for building in BUILDINGS:
        if word.endswith(building):
            return invented(draws) + building
    ending = next((ending for ending in _ENDINGS if word.endswith(ending)), "")
    return invented(draws) + ending


def _numbers(draws: Draws, piece: str) -> str:
    """Every number of as many digits, none beginning with 0."""

    def another(found: re.Match[str]) -> str:
        digits = slots_of(found.group())
        return fill(found.group(), str(1 + draws.below(9)) + draws.digits(len(digits) - 1))

    return re.sub(r"\d+", another, piece)
