"""Finds what identifies people in texts: Presidio recognizers, run without an engine around every text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pseudonymize.spans import Candidate, Span, resolve

if TYPE_CHECKING:
    from pseudonymize.detect.gate import Gate
    from pseudonymize.recognizers.base import DocumentRecognizer

LANGUAGES = ("ko", "en")
BATCH = 4096
"""Texts searched at a time: what is kept of them beside the spans stays small."""
_EDGES = " \t\r\n,;"


class UnknownLanguageError(ValueError):
    """The detector has no recognizers for the language asked for."""


class Detector:
    """Searches texts with a fixed set of recognizers.

    Answers depend on the text and the recognizers alone. A detector may be pickled into workers; the
    morphological dictionary is loaded at first use in each process.
    """

    def __init__(self, recognizers: Sequence[DocumentRecognizer], language: str) -> None:
        """Use ``recognizers``; :meth:`default` is the usual way to get a detector."""
        self.language = language
        self.recognizers = tuple(recognizers)

    @classmethod
    def default(cls, language: str = "ko") -> Detector:
        """The detector for Korean administrative text, or for English; both read mixed text.

        Args:
            language: ``"ko"`` or ``"en"``.

        Raises:
            UnknownLanguageError: For any other language.
        """
        # Presidio takes over a second to import: only who detects pays for it.
        from pseudonymize.detect.registry import recognizers_for

        if language not in LANGUAGES:
            raise UnknownLanguageError(f"no recognizers for this language; choose one of {', '.join(LANGUAGES)}")
        return cls(recognizers_for(language), language)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Detector, (self.recognizers, self.language))

    @property
    def entities(self) -> list[str]:
        """Entity names this detector can report, sorted."""
        return sorted({entity for recognizer in self.recognizers for entity in recognizer.supported_entities})

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all that decides what is found: the *model digest* of a version.

        Covers names, versions, patterns, word lists and dictionaries of the recognizers, the label words and
        the Unicode version; the order of recognizers does not matter.
        """
        from pseudonymize.detect.registry import shared_identity

        identities = sorted(json.dumps(recognizer.identity(), sort_keys=True) for recognizer in self.recognizers)
        canonical = json.dumps([self.language, shared_identity(), identities], sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Find the spans of every text; equal texts are searched once.

        Args:
            texts: Texts of any length; empty ones have no spans.

        Returns:
            For each text its spans, sorted and not overlapping (see :func:`pseudonymize.spans.resolve`),
            in code points of the text as given.
        """
        return [[candidate.span for candidate in found] for found in self.search(texts)]

    def search(self, texts: Sequence[str]) -> list[list[Candidate]]:
        """As :meth:`detect`, with the recognizer and the rule behind each span."""
        unique = list(dict.fromkeys(texts))
        found: dict[str, list[Candidate]] = {}
        for at in range(0, len(unique), BATCH):
            batch = unique[at : at + BATCH]
            for text, candidates in zip(batch, self.candidates(batch), strict=True):
                if candidates:
                    trimmed = (_trim(candidate, text) for candidate in resolve(candidates))
                    found[text] = [candidate for candidate in trimmed if candidate is not None]
        return [list(found.get(text, ())) for text in texts]

    def candidates(self, texts: Sequence[str]) -> list[list[Candidate]]:
        """What the recognizers report for each text before overlaps are resolved."""
        return self._gate.candidates(texts)

    @cached_property
    def _gate(self) -> Gate:
        from pseudonymize.detect.gate import Gate

        return Gate(self.recognizers)


def _trim(span: Candidate, text: str) -> Candidate | None:
    """The span without white space and punctuation that resolving may have left at its edges, or None."""
    value = text[span.start : span.end]
    start = span.start + len(value) - len(value.lstrip(_EDGES))
    end = span.end - (len(value) - len(value.rstrip(_EDGES)))
    if not any(char.isalnum() or char in "*●○•" for char in text[start:end]):
        return None
    return span._replace(start=start, end=end)
