"""The shape of a value: its characters by class, so that few shapes stand for many values.

``010-2345-6789`` has the shape ``000-0000-0000`` and 홍길동 the shape ``HHH``. Shapes are made on the bytes of a whole
column at once; what follows is asked of the distinct shapes only.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 48
"""Bytes: longer values are addresses or text, and their shape says nothing."""

_DROP = 0


def _classes() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Class of every byte of UTF-8: a lead byte stands for its character, the bytes after it for nothing."""
    table = np.zeros(256, dtype=np.uint8)
    for byte in range(128):
        char = chr(byte)
        kind = "0" if char.isdigit() else "a" if char.isalpha() else " " if byte <= 32 or byte == 127 else char
        table[byte] = ord(kind)
    table[0xC2:0xC4] = ord("s")
    table[0xC4:0xE0] = ord("c")
    table[0xE0:0xF0] = ord("c")
    table[0xE2] = ord("s")  # general punctuation, circles, arrows: what people mask with
    table[0xE3] = ord("c")
    table[0xEA:0xEE] = ord("H")
    table[0xEF:0xF5] = ord("s")
    return table


_TABLE = _classes()


def _buffers(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Offsets (from 0) and bytes of a string array without nulls."""
    _, offsets, data = texts.buffers()
    place = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)
    return place - place[0], raw[place[0] : place[-1]]


def shapes_of(texts: pa.Array) -> pa.Array:
    """The shape of each text.

    Args:
        texts: strings without nulls.

    Returns:
        Strings of the same length: ``0`` a digit, ``a`` a Latin letter, ``H`` a Hangul syllable, ``c`` another letter,
        ``s`` another symbol, a blank any white space, and other ASCII characters themselves.
    """
    if not len(texts):
        return pa.array([], pa.string())
    offsets, data = _buffers(texts)
    found = _TABLE[data]
    kept = found != _DROP
    ends = np.zeros(len(data) + 1, dtype=np.int32)
    np.cumsum(kept, out=ends[1:])
    places = np.ascontiguousarray(ends[offsets])
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(places), pa.py_buffer(np.ascontiguousarray(found[kept]))]
    )


def byte_lengths(texts: pa.Array) -> np.ndarray:
    """Bytes of each text."""
    return np.diff(_buffers(texts)[0]) if len(texts) else np.zeros(0, dtype=np.int32)


def has_byte(texts: pa.Array, *wanted: int) -> bool:
    """Whether some text holds one of the bytes of UTF-8."""
    data = _buffers(texts)[1]
    return any(bool((data == byte).any()) for byte in wanted)


def digit_matrix(texts: pa.Array, width: int) -> np.ndarray:
    """The digits of texts that all hold exactly `width` of them, one row for each text."""
    _, data = _buffers(texts)
    digits = data[(data >= 48) & (data <= 57)].astype(np.int64) - 48
    return digits.reshape(-1, width)


_DIGITS = {
    "integer": r"[+-]?0+",
    "grouped": r"[+-]?0{1,3}(?:,000)+(?:\.0*)?",
    "decimal": r"[+-]?(?:0+\.0*|\.0+)",
    "percent": r"[+-]? ?0+(?:\.0+)? ?%",
    "person": r"000000 ?[-.~_ /]? ?0000000",
    "brn": r"000 ?- ?00 ?- ?00000|0000000000",
    "brn_dashed": r"000 ?- ?00 ?- ?00000",
    "corp": r"000000 ?-? ?0000000",
    "card": r"0000(?P<sep>[- ]?)0000(?P=sep)0000(?P=sep)000?0?|0000[- ]?000000[- ]?00000",
    "card_masked": r"0000[- ]?[*0]{4}[- ]?\*{4}[- ]?[*0]{3,4}",
    "rrn_masked": r"000000 ?-? ?0?[*]{6,7}|[*]{6}-?0000000",
    "phone": r"\(?0{2,4}\)? ?[-. )/]? ?0{3,4} ?[-. ]? ?0000|0{3,4}-0000|\+00[- .]?\(?0{1,3}\)?[- .]?0{3,4}[- .]?0000"
    r"|0{9,12}|0{2,4}-0{3,4}-0000(?:[~,/]0+)?",
    "phone_masked": r"000[-. ]?[*0]{3,4}[-. ]?\*{4}|000[-. ]?\*{3,4}[-. ]?0000",
    "ip": r"0{1,3}\.0{1,3}\.0{1,3}\.0{1,3}(?:/00?|:0{2,5})?",
    "postal": r"00000|000-000",
    "postal6": r"000-000",
    "licence": r"00[- ]00[- ]000000[- ]00|000000000000",
    "account": r"0{2,6}(?:-0{1,8}){2,4}|0{10,16}",
    "bracketed": r"\(0+(?:,000)*(?:\.0+)?\)",
    "numbered": r"0+(?:[-_/ ]0+)+",
    "time": r"00?:00(?::00)?",
    "coordinate": r"-?0{2,3}\.0{3,}",
}
_MIXED = {
    "damaged": r"-?0(?:\.0+)?[a][+]0{2,3}",
    "science": r"[+-]?(?:0+\.0*|\.0+|0+)[a][+-]?0{1,3}",
    "rrn_masked": r"000000 ?-? ?0?[*as]{6,7}",
    "email": r"[a0._%+*s-]+@[a0.*-]+\.[a*]{2,}",
    "passport": r"a0{8}|a000a0000|aa0{7}",
    "uuid": r"[a0]{8}-[a0]{4}-[a0]{4}-[a0]{4}-[a0]{12}",
    "mac": r"[a0]{2}(?:[:-][a0]{2}){5}",
    "unit": r"[+-]? ?0+(?:,000)*(?:\.0+)? ?[acs%]{1,4}0?(?:/[acs]{1,4}0?)?",
    "code": r"[a0]+(?:[-_./:][a0]+)*",
    "english_name": r"a{2,}(?:[- ]a{1,}\.?){1,3}|a{2,}, a{2,}(?: a\.?)?",
    "phone_masked": r"000[-. ]?[as]{3,4}[-. ]?0000|000[-. ]?[0as]{3,4}[-. ]?[as]{4}",
}
_HANGUL = {
    "licence": r"H{2,4}[ -]?00-000000-00",
    "vehicle": r"0{2,3} ?H ?0{4}|HH ?0{1,2} ?H ?0{4}",
    "name": r"H{2,5}|HHH?\([ac ]+\)|H HH?",
    "name_masked": r"H[*saO0]{1,3}H{0,2}|HH[*sa]",
    "unit": r"[+-]? ?0+(?:,000)*(?:\.0+)? ?(?:H{1,3}|a{0,3}H{1,2})",
    "dong": r"H{1,5}(?:0{1,2})?(?:[.,s]0)?H(?:0H)?",
    "hangul_date": r"0{2,4} ?H ?0{1,2} ?H(?: ?0{1,2} ?H)?.*|0{4}[-./ ].*H{2}.*",
}
_REST = {"url": r"a{4,5}://.+|aaa\.[a0-]+\..+"}


def _compile(table: dict[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(regex)) for name, regex in table.items())


_BY_CHARACTERS = (_compile(_DIGITS), _compile(_MIXED | _REST), _compile(_HANGUL))
_LONGEST_SHAPE = 40
_MAY_HOLD = re.compile(r"@|0(?:[-.~ ()*_/]{0,3}0){6}")
_MAY_PLATE = re.compile(r"00 ?H ?0000")


@lru_cache(maxsize=1 << 16)
def tags_of(shape: str) -> frozenset[str]:
    """What a value of this shape may be, by form alone: names such as ``phone``, ``integer``, ``name``."""
    found = {"may_hold"} if _MAY_HOLD.search(shape) else set()
    if _MAY_PLATE.search(shape):
        found.add("may_plate")
    hangul, latin, digit = "H" in shape, "a" in shape, "0" in shape
    if not digit:
        found.add("words")
    if len(shape) > _LONGEST_SHAPE:
        return frozenset(found | ({"url"} if "://" in shape else set()))
    if hangul:
        tables = (_BY_CHARACTERS[2],)
    elif latin or "@" in shape or "s" in shape or "c" in shape:
        tables = (_BY_CHARACTERS[1],)
    else:
        tables = (_BY_CHARACTERS[0],)
    for table in tables:
        found.update(name for name, regex in table if regex.fullmatch(shape))
    return frozenset(found)


def encode(texts: pa.Array) -> tuple[list[str], np.ndarray]:
    """The distinct shapes of texts, and the number of each text's shape."""
    encoded = pc.dictionary_encode(shapes_of(texts))
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices)
