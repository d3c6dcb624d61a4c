"""Particles fit the word before them: 김하늘이 becomes 박서우가 when 박서우 takes 김하늘's place.

The rules of choice are those of 한글 맞춤법 and 표준어 규정 (national standard of spelling): a form with or without
initial vowel after a final consonant, and 로 after ㄹ.
"""

from __future__ import annotations

import re

_PAIRS = (
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("아", "야"),
    ("으로", "로"),
    ("이라", "라"),
    ("이라고", "라고"),
    ("이라는", "라는"),
    ("이라며", "라며"),
    ("이랑", "랑"),
    ("이나", "나"),
    ("이든", "든"),
    ("이며", "며"),
    ("이고", "고"),
    ("이란", "란"),
    ("이여", "여"),
    ("이었", "였"),
    ("이에요", "예요"),
    ("이시여", "시여"),
    ("으로서", "로서"),
    ("으로써", "로써"),
    ("으로부터", "로부터"),
    ("은커녕", "는커녕"),
)
"""Each particle after a final consonant and after a vowel; 이다 and 입니다 keep their 이 after a vowel."""

_AFTER_VOWEL = {second: first for first, second in _PAIRS}
# A given name may take a 이 of its own (하늘이는), which names ending in a vowel never do.
_AFTER_CONSONANT = dict(_PAIRS) | {
    "이가": "가", "이는": "는", "이를": "를", "이와": "와", "이의": "의", "이도": "도", "이만": "만", "이야": "야", "이한테": "한테",
    "이에게": "에게",
}  # fmt: skip
# What may follow a particle at once: another particle (로는, 과의) or the end of the word.
_MORE = r"(?:는|은|도|만|의|서|써|부터|까지|요|라도|서는|서도)?"
_PARTICLE = re.compile(
    "(?:" + "|".join(sorted({*_AFTER_CONSONANT, *_AFTER_VOWEL}, key=len, reverse=True)) + f")(?={_MORE}(?![가-힣]))"
)
_PAST = re.compile("(?:이었|였)(?=[가-힣])")
_LIEUL = 8
# How digits and Latin letters end when they are read aloud in Korean (영 일 이 삼 사 오 육 칠 팔 구).
_READ_FINAL = {
    "0": 21,
    "1": _LIEUL,
    "3": 16,
    "6": 1,
    "7": _LIEUL,
    "8": _LIEUL,
    "l": _LIEUL,
    "m": 16,
    "n": 4,
    "r": _LIEUL,
}


def final_consonant(word: str) -> int | None:
    """The final consonant of a word's last syllable: 0 none, 8 ㄹ, else its number in Unicode; None when unknown."""
    last = word[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - 0xAC00) % 28
    if last.isascii() and last.isalnum():
        return _READ_FINAL.get(last.lower(), 0)
    return None


def following_particle(before: str, after: str, rest: str) -> tuple[int, str]:
    """The particle that must change because another word stands before it.

    Only a particle that fitted the old word is changed: what stands there otherwise is no particle of it, or an
    error of the writer's that is not ours to mend.

    Args:
        before: the word that is replaced.
        after: what takes its place.
        rest: the text that follows, which may be cut after ten characters.

    Returns:
        How many characters of `rest` are replaced, and by what; ``(0, "")`` when nothing changes.
    """
    old, new = final_consonant(before), final_consonant(after)
    if old is None or new is None:
        return 0, ""
    found = _PARTICLE.match(rest) or _PAST.match(rest)
    if found is None:
        return 0, ""
    particle = found.group()
    consonant = particle in _AFTER_CONSONANT
    bare = (particle if consonant else _AFTER_VOWEL[particle]).startswith("으로")
    if _takes_consonant_form(old, bare) is not consonant or _takes_consonant_form(new, bare) is consonant:
        return 0, ""
    return len(particle), _AFTER_CONSONANT[particle] if consonant else _AFTER_VOWEL[particle]


def _takes_consonant_form(final: int, bare_after_lieul: bool) -> bool:
    return final != 0 and not (bare_after_lieul and final == _LIEUL)
