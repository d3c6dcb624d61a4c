"""What people do to sentences when they type in haste: missing spaces, slips, tears and exclamation marks."""

from __future__ import annotations

import random

_SLIPS = (
    ("습니다", "슴니다"), ("합니다", "함니다"), ("안 됩", "안됍"), ("않", "안"), ("돼", "되"), ("됩니다", "되요"), ("어요", "어여"), ("해요", "해여"), ("세요", "세여"),
    ("입니다", "임니다"), ("어떻게", "어떡게"), ("왜 ", "외 "), ("네요", "내요"), ("습니까", "읍니까"), ("바랍니다", "바람니다"), ("주세요", "주새요"),
)  # fmt: skip
_TAILS = ("ㅠㅠ", "ㅠ", "..", "...", "!!", "!!!", "~", "ㅡㅡ", " ㅜㅜ", "??", " ^^", ";;")
_BULLETS = ("1. ", "2. ", "가. ", "나. ", "○ ", "- ", "※ ", "◦ ", "ㅇ ", "□ ", "① ", "* ", "▶ ", "> ")

Piece = tuple[str, str]


def spoil(pieces: list[Piece], rng: random.Random, share: float) -> list[Piece]:
    """The pieces with the errors of haste in plain text; values keep their letters.

    Args:
        pieces: Stretches of text with their entity (empty for plain text).
        rng: Source of chance.
        share: Share of texts that are touched.
    """
    if rng.random() >= share:
        return pieces
    shape = rng.random()
    if shape < 0.3:
        return _without_spaces(pieces, rng, 0.5)
    if shape < 0.4:
        return _without_spaces(pieces, rng, 1.0)
    if shape < 0.6:
        return [(_slip(text, rng) if not entity else text, entity) for text, entity in pieces]
    if shape < 0.8:
        return _tail(pieces, rng)
    return [(rng.choice(_BULLETS), ""), *pieces]


def _without_spaces(pieces: list[Piece], rng: random.Random, share: float) -> list[Piece]:
    return [
        ("".join(char for char in text if char != " " or rng.random() >= share) if not entity else text, entity)
        for text, entity in pieces
    ]


def _slip(text: str, rng: random.Random) -> str:
    for right, wrong in _SLIPS:
        if rng.random() < 0.6:
            text = text.replace(right, wrong)
    return text


def _tail(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    text, entity = pieces[-1]
    if entity:
        return [*pieces, (rng.choice(_TAILS), "")]
    return [*pieces[:-1], (text.rstrip(".") + (rng.choice(_TAILS) if rng.random() < 0.6 else ""), "")]
