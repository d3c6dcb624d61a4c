"""Particles that follow the sound of the word before them."""

from __future__ import annotations

_SPOKEN_WITH_CONSONANT = frozenset("013678lmnrLMNR")
"""Digits (영 일 삼 육 칠 팔) and letters whose names end in a consonant."""


def ends_in_consonant(word: str) -> bool:
    """Whether the last sound of ``word`` is a consonant, read as a Korean reads it."""
    last = word.rstrip(" )\"'.*")[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 != 0
    return last in _SPOKEN_WITH_CONSONANT


def particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """The one of two particles that follows ``word`` (은/는, 이/가, 을/를, 과/와, 으로/로)."""
    last = word.rstrip(" )\"'.")[-1:]
    if after_consonant == "으로" and "가" <= last <= "힣" and (ord(last) - ord("가")) % 28 == 8:
        return after_vowel  # 서울로, not 서울으로
    return after_consonant if ends_in_consonant(word) else after_vowel
