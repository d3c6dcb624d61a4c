"""Growing the tree again, leaf by leaf, and comparing it with every root promised: pure, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from safezone.audit.findings import Findings, Kind
from safezone.audit.merkle import Frontier, leaf_hash


@dataclass(frozen=True, slots=True, order=True)
class Promise:
    """Somebody's word that the first `size` leaves have this root.

    Attributes:
        size: number of leaves.
        root: their root.
        by: who says so, for the report.
        outside: whether that is someone the zone cannot speak for (a witness, the auditor).
    """

    size: int
    root: bytes
    by: str
    outside: bool


class Replay:
    """Takes the leaves in order and remembers what does not fit.

    Args:
        promises: sorted by size.
        findings: where problems are noted.
    """

    def __init__(self, promises: Iterable[Promise], findings: Findings) -> None:
        self._promises: Iterator[Promise] = iter(promises)
        self._findings = findings
        self._frontier = Frontier()
        self._anchor = Frontier()  # the tree at the last promise kept
        self._outside = Frontier()  # the same, of those made outside
        self._broken = False
        self._next: Promise | None = None
        self._suspect: Promise | None = None
        self.size = 0
        self.proven = 0
        self.witnessed = 0
        self.compared = 0
        self._take()
        self._compare()

    def leaf(self, seq: int, text: str) -> Iterable[tuple[int, int, bytes]]:
        """Add the leaf stored at `seq`; return the subtrees ``(level, index, hash)`` it completes."""
        if seq < self.size:
            self._findings.add(Kind.INSERTED, seq)
            self._break(self._next)
            return ()
        if seq > self.size:
            self._findings.add(Kind.DELETED, self.size, seq - 1)
            self._break(self._next)
            self.size = seq
        claimed = _claimed_seq(text)
        if claimed != seq:
            self._findings.add(Kind.EDITED if claimed is None else Kind.MOVED, seq)
        self.size = seq + 1
        if self._broken:
            return ()
        completed = list(self._frontier.append(leaf_hash(text.encode("utf-8", "surrogatepass"))))
        self._compare()
        return completed

    def finish(self, stored: Callable[[int, int], Iterable[bytes]] | None = None) -> None:
        """Say what only the promises show, once everything else that is known has been said.

        A broken promise places the first change somewhere after the last one kept. Where leaf hashes were stored
        and *they* keep the promise, they are as they were, and whatever differs from them has been named exactly.

        Args:
            stored: gives the stored hashes of a range of leaves.
        """
        if self._suspect is not None and not (stored and self._vouched(stored, self._suspect)):
            last = max(self.proven, self._suspect.size - 1)
            self._findings.add(Kind.EDITED, self.proven, last, self._suspect.by)
        longest: Promise | None = None
        while self._next is not None:
            if self._next.size > self.size:
                longest = self._next
            self._take()
        if longest is not None:
            self._findings.add(Kind.TRUNCATED, self.size, longest.size - 1, longest.by)

    def _vouched(self, stored: Callable[[int, int], Iterable[bytes]], promise: Promise) -> bool:
        for value in stored(self._anchor.size, promise.size):
            for _ in self._anchor.append(value):
                pass
        return (self._anchor.size, self._anchor.root()) == (promise.size, promise.root)

    def _break(self, promise: Promise | None) -> None:
        """Stop growing the tree: from here on its roots mean nothing."""
        if self._broken:
            return
        self._broken, self._suspect = True, promise
        if promise is not None and promise.outside:
            # The log's own promises may then be new ones, signed to fit: only outside words still count.
            self.proven, self._anchor = self.witnessed, self._outside

    def _take(self) -> None:
        self._next = next(self._promises, None)
        self.compared += self._next is not None

    def _compare(self) -> None:
        while self._next is not None and self._next.size <= self._frontier.size and not self._broken:
            promise = self._next
            if self._frontier.root() == promise.root:
                self.proven, self._anchor = promise.size, self._frontier.copy()
                if promise.outside:
                    self.witnessed, self._outside = promise.size, self._frontier.copy()
            else:
                self._break(promise)
            self._take()


def _claimed_seq(text: str) -> int | None:
    """The sequence number a leaf bears, or None when it is no leaf."""
    try:
        seq = json.loads(text)["seq"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) else None
