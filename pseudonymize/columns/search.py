"""Identifiers inside longer text: all distinct values are looked through, however rare an identifier is.

A cheap condition (seven digits close together, an ``@``, a plate) says which values are looked at. What is counted is values that hold
at least one; nothing is kept of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.columns.checks import corporate_check, possible_birth, resident_check
from pseudonymize.columns.shapes import digit_matrix

_L, _R = r"(?:^|[^0-9.,-])", r"(?:$|[^0-9,-])"
_DAY = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"


class Search(NamedTuple):
    """One identifier.

    Attributes:
        name: as profiles count it.
        regex: RE2 pattern; the group ``v`` is the number where `checked` says so.
        checked: whether a check digit decides among what the pattern finds.
    """

    name: str
    regex: str
    checked: bool = False


SEARCHES = (
    Search("rrn", rf"{_L}(?P<v>{_DAY}[-~ ]{{1,3}}[1-8][0-9]{{6}}){_R}"),
    Search("rrn", rf"{_L}(?P<v>{_DAY}[1-8][0-9]{{6}}){_R}", checked=True),
    Search("rrn", rf"{_L}{_DAY} ?- ?[1-8][*xX●○]{{6}}"),
    Search("phone", rf"{_L}01[016789][-. )]?[0-9]{{3,4}}[-. ]?[0-9]{{4}}{_R}"),
    Search("phone", rf"{_L}\(?0(?:2|[3-6][1-5]|70|50[0-9])[-. )]{{1,2}}[0-9]{{3,4}}[-. ][0-9]{{4}}{_R}"),
    Search("email", r"[A-Za-z0-9._%+-]{2,}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    Search("card", rf"{_L}[3-9][0-9]{{3}}[- ][0-9]{{4}}[- ][0-9]{{4}}[- ][0-9]{{4}}{_R}"),
    Search("account", rf"(?:은행|농협|수협|계좌|입금)[^0-9]{{0,12}}[0-9]{{2,6}}-[0-9]{{2,6}}-[0-9]{{2,8}}{_R}"),
    Search("licence", rf"{_L}(?:1[1-9]|2[0-8])-[0-9]{{2}}-[0-9]{{6}}-[0-9]{{2}}{_R}"),
    Search("vehicle", r"(?:^|[^0-9가-힣])[0-9]{2,3} ?[가-힣] ?[0-9]{4}" + _R),
)
ANY = "|".join(f"(?:{search.regex.replace('?P<v>', '?:')})" for search in SEARCHES)
_VEHICLE = (
    r"[0-9]{2,3} ?[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배바사아자] ?[0-9]{4}"
)


def find_inside(texts: pa.Array) -> dict[str, np.ndarray]:
    """Which texts hold an identifier, by name of the identifier.

    Args:
        texts: strings without nulls, better those alone that may hold one.
    """
    found: dict[str, np.ndarray] = {}
    if not len(texts):
        return found
    may = np.asarray(pc.match_substring_regex(texts, ANY))
    where = np.flatnonzero(may)
    if not len(where):
        return found
    some = texts.take(pa.array(where))
    for search in SEARCHES:
        hit = np.asarray(pc.match_substring_regex(some, search.regex))
        if "?P<v>" in search.regex and hit.any():
            hit = _real(some, hit, search)
        if search.name == "vehicle" and hit.any():
            hit &= np.asarray(pc.match_substring_regex(some, _VEHICLE))
        if hit.any():
            mask = found.setdefault(search.name, np.zeros(len(texts), dtype=bool))
            mask[where[hit]] = True
    return found


def _real(texts: pa.Array, hit: np.ndarray, search: Search) -> np.ndarray:
    """Of the hits, those whose number is a possible one: corporate numbers have the same form."""
    where = np.flatnonzero(hit)
    numbers = pc.struct_field(pc.extract_regex(texts.take(pa.array(where)), search.regex), "v")
    digits = digit_matrix(numbers, 13)
    good = possible_birth(digits)
    if search.checked:
        good &= resident_check(digits)
    else:
        good &= resident_check(digits) | ~corporate_check(digits)
    out = np.zeros(len(hit), dtype=bool)
    out[where[good]] = True
    return out
