"""The regions of Korea: 시도 (provinces) and 시군구 (cities, counties, districts), by the names in ``regions.tsv``.

The table holds the 17 시도 and the 시군구 beneath them with a government (in 제주, an administration) of their own
(지방자치법 art. 2 and 3), with short and former names. Old data names divisions that have since been split, so 인천
has both 중구 and 동구 and the districts made of them in July 2026. A 일반구 (art. 3(3): 수원시 영통구, a district
without a government of its own) belongs to its city.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Level = Literal["sido", "sigungu"]

SEJONG = "세종특별자치시"

BETWEEN = r"[\s,_/>·ㆍ-]+"
"""What stands between the words of an address, as a pattern of :mod:`re` and of RE2."""
_WORDS = re.compile(BETWEEN)
# 중구로 is a road, and in 구리시장 or 경주시민 the 시 belongs to the next word.
_NOT_AFTER_NAME = re.compile(r"(?:[0-9]*(?:로|길)|대로|장|민|립)")
_FULL = ("특별시", "광역시", "특별자치시", "특별자치도")


class Region(NamedTuple):
    """Where a text lies.

    Attributes:
        sido: the province's full name.
        sigungu: the city, county or district within it; empty when only the province is known.
    """

    sido: str
    sigungu: str = ""

    def at(self, level: Level) -> str | None:
        """The name at a level, or None when the text does not tell it; 세종 has no districts: it is its own."""
        if level == "sido" or self.sido == SEJONG:
            return self.sido
        return f"{self.sido} {self.sigungu}" if self.sigungu else None


class Gazetteer(NamedTuple):
    """The names of the table, by what they may stand for.

    Attributes:
        provinces: Any name of a 시도, with its full name.
        within: For each 시도 any name of a 시군구 in it.
        stems: The same without 시, 군 or 구.
        unique: Names of 시군구 that only one 시도 has.
    """

    provinces: dict[str, str]
    within: dict[str, dict[str, Region]]
    stems: dict[str, dict[str, Region]]
    unique: dict[str, Region]


@cache
def gazetteer() -> Gazetteer:
    """The names of ``regions.tsv``, by what they may stand for."""
    lines = files("pseudonymize").joinpath("regions.tsv").read_text("utf-8").splitlines()[1:]
    rows = [_row(line) for line in lines]
    provinces = {name: sido for sido, sigungu, also in rows if not sigungu for name in (sido, *also)}
    within: dict[str, dict[str, Region]] = defaultdict(dict)
    stems: dict[str, dict[str, Region]] = defaultdict(dict)
    for sido, sigungu, also in rows:
        region = Region(sido, sigungu)
        for name in (sigungu, *also) if sigungu else [name for name in also if " " in name]:
            # A name with a province before it is where the place lay before it moved.
            former, _, moved = name.rpartition(" ")
            within[former or sido][moved] = region
        if len(sigungu) > 2:
            stems[sido][sigungu[:-1]] = region
    holders: dict[str, set[Region]] = defaultdict(set)
    for names in within.values():
        for name, region in names.items():
            holders[name].add(region)
    unique = {name: next(iter(regions)) for name, regions in holders.items() if len(regions) == 1}
    return Gazetteer(provinces, dict(within), dict(stems), unique)


@cache
def _longest_first(sido: str) -> tuple[str, ...]:
    return tuple(sorted(gazetteer().within.get(sido, {}), key=len, reverse=True))


def resolve(text: str) -> Region | None:
    """Find the region a text begins with.

    Args:
        text: an address or its first two words.

    Returns:
        The region, as far down as the text tells it; None when it names none or more than one.
    """
    known = gazetteer()
    words = _WORDS.split(unicodedata.normalize("NFKC", text).strip())[:2]
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first == "광주시":
        # People also call the metropolitan city so; only its districts tell it from the city in 경기도.
        return known.within["광주광역시"].get(second)
    if first in known.provinces:
        sido = known.provinces[first]
        return _district(sido, second) or Region(sido)
    if first in known.unique:
        return known.unique[first]
    return _run_together(first, second)


def _district(sido: str, word: str) -> Region | None:
    """The 시군구 that a word of an address within a province names."""
    known = gazetteer()
    names = known.within.get(sido, {})
    if word in names:
        return names[word]
    for name in _longest_first(sido):
        if word.startswith(name) and not _NOT_AFTER_NAME.match(word, len(name)):
            return names[name]
    return known.stems.get(sido, {}).get(word)


def _run_together(first: str, second: str) -> Region | None:
    """Names written without a space: 서울강남구, 서울특별시강남구역삼동, 수원시영통구."""
    known = gazetteer()
    for name in sorted(known.provinces, key=len, reverse=True):
        if not first.startswith(name):
            continue
        sido, rest = known.provinces[name], first[len(name) :]
        names = known.within.get(sido, {})
        inside = next((n for n in _longest_first(sido) if rest.startswith(n)), None)
        if inside is not None and not _NOT_AFTER_NAME.match(rest, len(inside)):
            return names[inside]
        if name.endswith(_FULL) and " " not in name:
            return _district(sido, second) or Region(sido)
    for size in range(len(first) - 1, 2, -1):
        region = known.unique.get(first[:size])
        # Without a province before it, only the city's own district after it makes the reading safe.
        if region is None:
            continue
        names = known.within[region.sido]
        if any(names[name] == region and first.startswith(name, size) for name in names):
            return region
    return None


def _row(line: str) -> tuple[str, str, list[str]]:
    sido, sigungu, also = line.split("\t")
    return sido, sigungu, [name for name in also.split(",") if name]
