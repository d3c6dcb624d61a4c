"""What the engine asks of its callers: keys, and something that finds personal data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pseudonymize.spans import Span


class TransformKeys(Protocol):
    """The keys a plan needs; they belong to one controller."""

    def token_key(self, kind: str) -> tuple[bytes, int]:
        """The 32-byte key for identifiers of one kind, and its version."""
        ...

    def shift_key(self) -> bytes:
        """The 32-byte key that decides how far a subject's dates are shifted."""
        ...

    def text_key(self) -> tuple[bytes, int]:
        """The 32-byte key of surrogates and tokens in text, and its version."""
        ...


class SupportsDetect(Protocol):
    """Finds personal data in text.

    A detector may also have ``search(texts) -> list[list[Candidate]]``, which tells the recognizer of each span, and
    ``labels``, a mapping of entities of its own to their labels in Korean and English.
    """

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, sorted and not overlapping."""
        ...
