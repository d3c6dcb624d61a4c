"""What is said, in English and Korean, and the one exception of this package."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """A sentence in both languages."""

    en: str
    ko: str

    def say(self, language: str = "ko") -> str:
        """Return the sentence in `language` ("ko" or "en")."""
        return self.ko if language == "ko" else self.en


class Malformed(Exception):
    """What was handed in is not what it should be: no key, no note, no bundle.

    Args:
        code: a stable name: ``vkey``, ``note`` or ``bundle``.
        en: what is wrong.
        ko: the same in Korean.
    """

    def __init__(self, code: str, en: str, ko: str) -> None:
        self.code = code
        self.what = Text(en, ko)
        super().__init__(f"[{code}] {en}")
