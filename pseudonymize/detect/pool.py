"""Searching many texts in several processes: a bounded number of chunks under way, answers in order.

Texts travel to the workers, and candidates back, through pipes alone; nothing is written to disk. What goes wrong in
a worker is told by the kind of error only, because its message or arguments may hold text.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pseudonymize.detect.detector import Detector
    from pseudonymize.spans import Candidate, Span

CHUNK = 1_024
"""Texts sent to a worker at a time."""
_AHEAD = 2
"""Chunks under way for each worker: one being searched, one waiting."""
_worker: list[Detector] = []
T = TypeVar("T")


class SearchFailedError(RuntimeError):
    """A worker could not search its texts; the message names the kind of error, never a text."""


class DetectorPool:
    """A detector that spreads the different texts it is given over processes.

    It answers as the detector does, in the same order. At most ``2 x processes`` chunks of texts are under way,
    whatever the number of texts. Use it as a context manager: leaving it ends the workers.
    """

    def __init__(self, detector: Detector, processes: int = 1, chunk: int = CHUNK) -> None:
        """Search with ``detector`` in ``processes`` workers; with one, in this process.

        Args:
            detector: It is sent to each worker once.
            processes: At least 1.
            chunk: Texts for a worker at a time, at least 1.

        Raises:
            ValueError: For a number below one.
        """
        if processes < 1 or chunk < 1:
            raise ValueError("a pool needs at least one process and one text at a time")
        self.detector, self.processes, self.chunk = detector, processes, chunk
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> DetectorPool:
        if self.processes > 1:
            # A fork would copy locks of other threads, and plaintext, into the workers.
            self._executor = ProcessPoolExecutor(
                self.processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_prepare,
                initargs=(self.detector,),
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    @property
    def digest(self) -> str:
        """The model digest of the detector: how the work is spread decides nothing."""
        return self.detector.digest

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """As :meth:`pseudonymize.detect.detector.Detector.detect`."""
        return [[candidate.span for candidate in found] for found in self.search(texts)]

    def search(self, texts: Sequence[str]) -> list[list[Candidate]]:
        """As :meth:`pseudonymize.detect.detector.Detector.search`; equal texts are sent once.

        Raises:
            SearchFailedError: When a worker fails or dies.
        """
        if self._executor is None:
            return self.detector.search(texts)
        unique = dict.fromkeys(texts)
        found = dict(zip(unique, self.stream(unique), strict=True))
        return [list(found[text]) for text in texts]

    def stream(self, texts: Iterable[str]) -> Iterator[list[Candidate]]:
        """Candidates of one text after the other; texts are taken from the iterable as workers get free.

        Raises:
            SearchFailedError: When a worker fails or dies.
        """
        waiting = iter(texts)
        chunks = iter(lambda: list(islice(waiting, self.chunk)), [])
        if self._executor is None:
            for texts_at_once in chunks:
                yield from self.detector.search(texts_at_once)
            return
        under_way: deque[Future[list[list[Candidate]]]] = deque()
        try:
            for texts_at_once in chunks:
                under_way.append(_without_text(partial(self._executor.submit, _search, texts_at_once)))
                if len(under_way) >= _AHEAD * self.processes:
                    yield from _without_text(under_way.popleft().result)
            while under_way:
                yield from _without_text(under_way.popleft().result)
        finally:
            for future in under_way:
                future.cancel()


def _without_text(work: Callable[[], T]) -> T:
    kind = ""
    try:
        return work()
    except SearchFailedError as error:
        kind = str(error)
    except Exception as error:  # noqa: BLE001 - a message may hold text, and the traceback of a worker is text
        kind = type(error).__name__
    # Raised outside of the handler, the new error does not keep the old one as its context.
    raise SearchFailedError(kind)


def _prepare(detector: Detector) -> None:
    _worker[:] = [detector]


def _search(texts: list[str]) -> list[list[Candidate]]:
    return _without_text(lambda: _worker[0].search(texts))
