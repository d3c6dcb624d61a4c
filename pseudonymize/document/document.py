"""A text as recognizers see it: normalised once, its labels found once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property, lru_cache

from pseudonymize.document.labels import Label, find_labels, reaches
from pseudonymize.document.normalise import Normalised, normalise

_DIGIT = re.compile("[0-9]")
_HANGUL = re.compile("[가-힣]")
_LATIN = re.compile("[A-Za-z]")
WINDOW = 30


class Document:
    """One text, shared by all recognizers while it is searched.

    Attributes:
        original: The text as given.
        text: The normalised spelling; recognizers give offsets in it.
    """

    def __init__(
        self,
        original: str,
        finder: Callable[[str], list[Label]] = find_labels,
        normalised: Normalised | None = None,
    ) -> None:
        """Take what is known of ``original`` already, or work it out.

        Args:
            original: The text.
            finder: Answers as :func:`find_labels` does, perhaps faster.
            normalised: What :func:`normalise` gives for the text.
        """
        self.original = original
        self._finder = finder
        self._normalised: Normalised = normalise(original) if normalised is None else normalised
        self.text = self._normalised.text

    @cached_property
    def has_digit(self) -> bool:
        """Whether any decimal digit occurs: without one no number recognizer can match."""
        return _DIGIT.search(self.text) is not None

    @cached_property
    def has_hangul(self) -> bool:
        """Whether any Hangul syllable occurs."""
        return _HANGUL.search(self.text) is not None

    @cached_property
    def has_latin(self) -> bool:
        """Whether any ASCII letter occurs."""
        return _LATIN.search(self.text) is not None

    @cached_property
    def labels(self) -> list[Label]:
        """Every label word, in order."""
        return self._finder(self.text)

    @cached_property
    def _label_ends(self) -> list[int]:
        return [label.end for label in self.labels]

    def label_before(self, start: int, window: int = WINDOW) -> str | None:
        """Kind of the nearest label before ``start`` that still speaks for a value there."""
        at = bisect_right(self._label_ends, start) - 1
        if at < 0:
            return None
        label = self.labels[at]
        return label.kind if reaches(self.text, label, start, window) else None

    def label_after(self, end: int, window: int = 4) -> str | None:
        """Kind of a label that follows at once, as in ``110-123-456789 (신한은행)``."""
        at = bisect_right(self._label_ends, end)
        if at == len(self.labels):
            return None
        label = self.labels[at]
        if end <= label.start <= end + window and "\n" not in self.text[end : label.start]:
            return label.kind
        return None

    def labelled(self, kind: str, start: int, end: int, window: int = WINDOW) -> bool:
        """Whether the value at ``[start, end)`` carries a label of ``kind``, before or right after it."""
        return self.label_before(start, window) == kind or self.label_after(end) == kind

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of a non-empty stretch of ``text``."""
        return self._normalised.original(start, end)


@lru_cache(maxsize=1)
def document_of(text: str) -> Document:
    """The document of ``text``; the last one is kept, as an engine asks each recognizer in turn."""
    return Document(text)
