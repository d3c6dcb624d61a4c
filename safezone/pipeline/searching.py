"""Searching text for personal data within a task: in several processes where there is enough of it to be worth it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pseudonymize.detect.detector import BATCH
from pseudonymize.surrogates.labels import LABELS
from pseudonymize.transform.written import Leftover

if TYPE_CHECKING:
    from pseudonymize.detect.pool import DetectorPool
    from pseudonymize.spans import Candidate, Span
    from safezone.pipeline.context import DetectorWithDigest

_CHUNK = BATCH
"""Texts for a process at a time: those the detector would read at a time by itself, so that nothing a library does to texts it
reads together can make a version depend on the number of processes."""
WORTH_IT = BATCH + 1
"""Different texts from which several processes are started: below, one would do all the work."""


class SpreadDetector:
    """A detector that answers as the one it is made of, whatever the number of processes.

    Args:
        detector: searches.
        processes: at most so many processes search at a time; with one, this process does.
    """

    def __init__(self, detector: DetectorWithDigest, processes: int) -> None:
        self._detector = detector
        # A process that must not have children of its own searches alone.
        self._processes = 1 if multiprocessing.current_process().daemon else processes
        self._pool: DetectorPool | None = None

    @property
    def digest(self) -> str:
        """The model digest: how the work is spread decides nothing."""
        return self._detector.digest

    @property
    def labels(self) -> Mapping[str, tuple[str, str]]:
        """Labels of entities of its own."""
        return getattr(self._detector, "labels", None) or {}

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text."""
        found: list[list[Span]] = self._searching(texts).detect(texts)
        return found

    def search(self, texts: Sequence[str]) -> Sequence[Sequence[Span | Candidate]]:
        """The spans of each text, with who found them where the detector tells it."""
        searching = self._searching(texts)
        search = getattr(searching, "search", None) or searching.detect
        found: Sequence[Sequence[Span | Candidate]] = search(texts)
        return found

    @cached_property
    def leftover(self) -> Leftover:
        """Finds what is left in redacted texts, beside what redaction wrote there."""
        return Leftover(self, {**LABELS, **self.labels})

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.__exit__()
            self._pool = None

    def _searching(self, texts: Sequence[str]) -> Any:
        if self._pool is None and self._processes > 1 and len(set(texts)) >= WORTH_IT:
            from pseudonymize.detect.pool import DetectorPool

            pool: Any = DetectorPool(self._detector, self._processes, _CHUNK)  # type: ignore[arg-type]  # has search
            self._pool = pool.__enter__()
        return self._detector if self._pool is None else self._pool


@contextmanager
def spread(detector: DetectorWithDigest | None, processes: int) -> Iterator[SpreadDetector | None]:
    """A detector spread over processes, which end with the block; None when there is none."""
    spreading = None if detector is None else SpreadDetector(detector, processes)
    try:
        yield spreading
    finally:
        if spreading is not None:
            spreading.close()
