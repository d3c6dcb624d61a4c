"""Sentences as arrays of features, one row for each character: what the name model reads.

All sentences of a batch lie in one row of characters with gaps between them, so that every step works on whole
arrays. Features of a character: itself, the part of speech and the place within its morpheme, the morpheme's
semantic class, the morpheme, the distance to both ends of its word, and whether names or nouns of the
dictionary begin, go on or end here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pseudonymize.names.morphology import analysed, morphemes

GAP = 8
"""Empty rows between sentences: as far as the model looks to either side."""

ALIGNED = 64
"""Rows come in multiples of this: a matrix product then sums every row alike, whatever else is in the batch."""

CHARS = 12_288
WORDS = 1 << 14
REACH = 8
_TAG = {
    tag: index
    for index, tag in enumerate(
        re.findall(
            "[A-Z]+",
            "NNG NNP NNB NNBC NR NP VV VA VX VCP VCN MM MAG MAJ IC JKS JKC JKG JKO JKB JKV JKQ JX JC EP EF EC ETN ETM"
            " XPN XSN XSV XSA XR SF SE SSO SSC SC SY SL SH SN UNKNOWN UNA",
        ),
        1,
    )
}
TAGS = (len(_TAG) + 1) * 4
_MEANINGS = {"*": 0, "인명": 1, "지명": 2, "행위": 3, "장소": 4}
MEANINGS = 80
FLAGS = 24
_SYLLABLES = 11_172
_TABLE_BITS = 24
_REMEMBERED = 500_000


class Features(NamedTuple):
    """Features of a batch of sentences, each array with one row a character (0 in the gaps).

    Attributes:
        starts: Where each sentence begins.
        chars: The character, as a number below ``CHARS``.
        tags: Part of speech and place within the morpheme.
        meanings: Last part of speech of an inflected form and semantic class.
        words: Hash of the morpheme.
        left: Distance to the beginning of the word, at most ``REACH``.
        right: Distance to its end.
        flags: Names and nouns of the dictionary found here, ``FLAGS`` columns of 0 and 1.
    """

    starts: NDArray[np.intp]
    chars: NDArray[np.int32]
    tags: NDArray[np.int32]
    meanings: NDArray[np.int32]
    words: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    flags: NDArray[np.float32]


class _Remembered(dict[str, int]):
    """Numbers of strings, computed once; emptied when it has grown large."""

    def __init__(self, number: Callable[[str], int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, text: str) -> int:
        if len(self) > _REMEMBERED:
            self.clear()
        value = self[text] = self._number(text)
        return value


def _tag(feature: str) -> int:
    """Number of the (first) part of speech of a dictionary entry."""
    return _TAG.get(feature.partition(",")[0].partition("+")[0], 0) * 4


def _meaning(feature: str) -> int:
    """Number of the last part of speech of an inflected form, or else of the semantic class."""
    pos, meaning, *rest = feature.split(",", 2)
    if "+" in pos:
        return _TAG.get(pos.rpartition("+")[2], 0) + 1
    unknown = 16 if not rest or rest[0].startswith("*,*") else 0
    return _MEANINGS.get(meaning, 5) + 46 + unknown


def _word(surface: str) -> int:
    return zlib.crc32(surface.encode()) % WORDS


_tags, _meanings, _words = _Remembered(_tag), _Remembered(_meaning), _Remembered(_word)


def features(sentences: Sequence[str], names: Gazetteer) -> Features:
    """Compute the features of sentences.

    Args:
        sentences: Normalised text without line breaks.
        names: The dictionary's names and nouns.
    """
    lengths = np.fromiter(map(len, sentences), np.intp, len(sentences))
    starts = np.zeros(len(sentences), np.intp)
    np.cumsum(lengths[:-1] + GAP, out=starts[1:])
    starts += GAP
    total = int(starts[-1] + lengths[-1] + GAP) if len(sentences) else GAP
    total += -total % ALIGNED
    joined = ("\0" * GAP) + ("\0" * GAP).join(sentences) + "\0" * (GAP + ALIGNED)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int32)[:total]
    tags, meanings, words = _analysed(sentences, starts, codes)
    left, right = _distances(codes)
    return Features(starts, _numbered(codes), tags, meanings, words, left, right, names.flags(codes))


def _analysed(
    sentences: Sequence[str], starts: NDArray[np.intp], codes: NDArray[np.int32]
) -> tuple[NDArray[np.int32], ...]:
    surfaces: list[str] = []
    entries: list[str] = []
    odd: list[tuple[str, int]] = []
    within = (codes != ord(" ")) & (codes != 0)
    for sentence, offset in zip(sentences, starts.tolist(), strict=True):
        found, features = analysed(sentence)
        # Morphemes follow one another with nothing but spaces between, so that lengths give their places.
        if "".join(found) == sentence.replace(" ", ""):
            surfaces += found
            entries += features
        else:
            odd.append((sentence, offset))
            within[offset : offset + len(sentence)] = False
    columns = tuple(np.zeros(len(codes), np.int32) for _ in range(3))
    _fill(columns, np.flatnonzero(within), surfaces, entries)
    for sentence, offset in odd:
        placed = morphemes(sentence)
        places = [offset + at for morpheme in placed for at in range(morpheme.start, morpheme.end)]
        words = [sentence[morpheme.start : morpheme.end] for morpheme in placed]
        _fill(columns, np.array(places, np.intp), words, [morpheme.feature for morpheme in placed])
    return columns


def _fill(
    columns: tuple[NDArray[np.int32], ...], places: NDArray[np.intp], surfaces: list[str], entries: list[str]
) -> None:
    """Write tags, meanings and words of morphemes to the places of their characters."""
    if not surfaces:
        return
    count = len(surfaces)
    size = np.fromiter(map(len, surfaces), np.intp, count)
    last = np.repeat(size, size) - 1
    at = np.arange(len(places)) - np.repeat(np.cumsum(size) - size, size)
    # Begins, goes on, ends, stands alone.
    position = np.where(last == 0, 3, np.where(at == 0, 0, np.where(at == last, 2, 1)))
    known = (
        np.fromiter(map(numbers.__getitem__, texts), np.int32, count)
        for numbers, texts in ((_tags, entries), (_meanings, entries), (_words, surfaces))
    )
    for column, values in zip(columns, known, strict=True):
        column[places] = np.repeat(values, size)
    columns[0][places] += position.astype(np.int32)


def _numbered(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Characters as numbers: ASCII, Hangul syllables, and the rest in buckets."""
    hangul = codes - 0xAC00
    other = 128 + _SYLLABLES + codes % (CHARS - 128 - _SYLLABLES)
    return np.where(
        codes < 128, codes, np.where((hangul >= 0) & (hangul < _SYLLABLES), 128 + hangul, other)
    ).astype(np.int32)


def _distances(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How far each character is from both ends of its word, from 1 to ``REACH``; 0 between words."""
    index = np.arange(len(codes))
    space = (codes == 32) | (codes == 0)
    before = np.maximum.accumulate(np.where(space, index, -1))
    after = np.minimum.accumulate(np.where(space, index, len(codes))[::-1])[::-1]
    left = np.minimum(index - before, REACH)
    right = np.minimum(after - index, REACH)
    return left.astype(np.int32), right.astype(np.int32)


class Gazetteer:
    """Words of the dictionary by sort, as Bloom filters (Bloom, 1970) of 2^24 bits.

    Args:
        filters: Packed bits: names of people, common nouns, other proper nouns.
    """

    def __init__(self, filters: Sequence[NDArray[np.uint8]]) -> None:
        self.filters = list(filters)

    @classmethod
    def of(cls, *sorts: Sequence[str]) -> Gazetteer:
        """Build the filters from words of 2 to 6 syllables, a filter for each sort."""
        return cls([_bits(words) for words in sorts])

    def knows_person(self, word: str) -> bool:
        """Whether the dictionary has a word of 2 to 6 syllables as somebody's name."""
        if not 2 <= len(word) <= 6:
            return False
        return bool(_holds(self.filters[0], _rolled(np.array([list(map(ord, word))], np.uint64)))[0])

    def flags(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Where words of the filters begin, go on and end."""
        flags = np.zeros((len(codes), FLAGS), np.float32)
        keys = codes.astype(np.uint64)
        hangul = (codes >= 0xAC00) & (codes < 0xAC00 + _SYLLABLES)
        rolling, whole = keys.copy(), hangul.copy()
        for length in range(2, 7):
            rolling = _mixed(rolling[:-1], keys[length - 1 :])
            whole = whole[:-1] & hangul[length - 1 :]
            at = np.flatnonzero(whole)
            hashes = rolling[at]
            for sort, words in enumerate(self.filters):
                _mark(flags, at[_holds(words, hashes)], length, 8 * sort)
        return flags


def _mark(flags: NDArray[np.float32], at: NDArray[np.intp], length: int, base: int) -> None:
    """Set the flags of words of a length: two columns for 2 syllables, three for 3 and three for more."""
    first = base + (0 if length == 2 else 2 if length == 3 else 5)
    flags[at, first] = 1
    flags[at + length - 1, first + (1 if length == 2 else 2)] = 1
    for inside in range(1, length - 1):
        flags[at + inside, first + 1] = 1


def _mixed(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = left * np.uint64(0x9E3779B97F4A7C15) + right * np.uint64(0xC2B2AE3D27D4EB4F)
    return mixed ^ (left >> np.uint64(29))


def _rolled(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes of words of one length, a row of characters each."""
    rolling = codes[:, 0]
    for place in range(1, codes.shape[1]):
        rolling = _mixed(rolling, codes[:, place])
    return rolling


def _positions(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    mask = np.uint64((1 << _TABLE_BITS) - 1)
    return (hashes >> np.uint64(11)) & mask, (hashes >> np.uint64(37)) & mask


def _holds(table: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> NDArray[Any]:
    first, second = _positions(hashes)
    seven = np.uint64(7)
    one = (table[first >> np.uint64(3)] >> (first & seven).astype(np.uint8)) & 1
    two = (table[second >> np.uint64(3)] >> (second & seven).astype(np.uint8)) & 1
    held: NDArray[Any] = (one & two).astype(bool)
    return held


def _bits(words: Sequence[str]) -> NDArray[np.uint8]:
    table = np.zeros(1 << (_TABLE_BITS - 3), np.uint8)
    for length in range(2, 7):
        chosen = "".join(word for word in words if len(word) == length)
        codes = np.frombuffer(chosen.encode("utf-32-le"), np.uint32).reshape(-1, length).astype(np.uint64)
        for position in _positions(_rolled(codes)):
            np.bitwise_or.at(table, position >> np.uint64(3), (1 << (position & np.uint64(7))).astype(np.uint8))
    return table
