"""Rolls addresses up to 시도 (province) or 시군구 (city, county, district); see :mod:`pseudonymize.regions`."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.regions import BETWEEN, Level, gazetteer, resolve

__all__ = ["Level", "gazetteer", "resolve", "roll_up"]

# Postal code and country before the address; then no more than the two words that can name a region.
_BEFORE = r"^[\s(\[우)\]]*(?:[0-9]{5}|[0-9]{3}-[0-9]{3})?[\s)\],]*(?:대한민국|한국)?[\s,]*"
_HEAD = rf"^([^\s,_/>·ㆍ-]+(?:{BETWEEN}[^\s,_/>·ㆍ-]+)?)(?s:.)*$"


def roll_up(texts: pa.Array, level: Level) -> pa.Array:
    """Replace addresses or names of regions by the region they lie in.

    Args:
        texts: strings such as ``서울 종로구 율곡로 78``, ``강원도 춘천시`` or ``수원시 영통구``.
        level: ``sido`` for ``서울특별시``, ``sigungu`` for ``서울특별시 종로구``.

    Returns:
        Strings of the same length. Null where the input is null, names no region, names one that several provinces
        have (``중구``), or does not reach down to the level asked for (``경기도`` at ``sigungu``).

    Raises:
        ValueError: the level is neither.
    """
    if level not in ("sido", "sigungu"):
        raise ValueError("level must be sido or sigungu")
    words = pc.dictionary_encode(texts.cast(pa.string()) if pa.types.is_dictionary(texts.type) else texts)
    # Full addresses are mostly distinct, their first two words are not: resolve those.
    heads = pc.dictionary_encode(_heads(words.dictionary.cast(pa.string())))
    found = [None if head is None else resolve(head) for head in heads.dictionary.to_pylist()]
    names = pa.array([None if region is None else region.at(level) for region in found], pa.string())
    return names.take(heads.indices).take(words.indices)


def _heads(texts: pa.Array) -> pa.Array:
    clean = pc.utf8_trim_whitespace(pc.utf8_normalize(texts, form="NFKC"))
    clean = pc.replace_substring_regex(clean, pattern=_BEFORE, replacement="")
    return pc.replace_substring_regex(clean, pattern=_HEAD, replacement=r"\1")
