"""Growing the tree again, leaf by leaf, and comparing it with every root promised: pure, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from safezone_verify.findings import Kind, Verification
from safezone_verify.merkle import Frontier

Stored = Callable[[int, int], Iterable[bytes]]
# Whose word a promise is, and so whose it counts against: nobody's, the log's own, someone's the zone cannot speak for.
NOBODY, OURS, OUTSIDE = range(3)
EXACT = 2**53
_KEPT = 1000
# A leaf has exactly these fields, in canonical form (RFC 8785): names sorted, no spaces, the shortest escapes.
_VALUE = rb'"[^"\\\x00-\x1f]*+(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*+)*+"'
_FIELDS = b"account", b"details", b"object", b"policy", b"purpose", b"seq", b"time", b"type"
_SHAPES = (b'"%b":%b' % (name, b"(0|[1-9][0-9]{0,14})" if name == b"seq" else _VALUE) for name in _FIELDS)
_LEAF = re.compile(rb"\{%b\}" % b",".join(_SHAPES))


class Promise(NamedTuple):
    """Somebody's word that the first `size` leaves have this root: `by` says whose, `weight` what it is worth."""

    size: int
    root: bytes
    by: str
    weight: int


class Replay:
    """Takes the leaves in order and remembers what does not fit.

    A promise of some weight that is kept proves every leaf before it as far as that weight goes: earlier promises
    of no more weight that were not kept are then promises of another history.

    Args:
        promises: sorted by size.
        found: where problems are noted.
    """

    def __init__(self, promises: Iterable[Promise], found: Verification) -> None:
        self._promises = iter(promises)
        self._next = next(self._promises, None)
        self._found = found
        self._tree = Frontier()
        self._anchors = [Frontier()] * 3  # by weight: the tree at the last promise kept
        self._failed: list[Promise | None] = [None] * 3  # by weight: the first not kept after that
        self._differing: list[int] = []  # leaves that are not those of the hashes stored beside them
        self._twice: list[int] = []  # numbers two leaves in a row bear: either may be the one too many
        self.size = 0
        self.broken = False  # leaves are missing, or too many: from there on the tree's roots mean nothing
        self._compare()

    def leaves(self, hashes: list[bytes]) -> None:
        """Add the hashes of the leaves that come next; the caller saw that each bears the right number."""
        self.size += len(hashes)
        while hashes and not self.broken:
            room = len(hashes) if self._next is None else self._next.size - self._tree.size
            self._tree.extend(hashes[:room])
            hashes = hashes[room:]
            self._compare()

    def line(self, hashed: bytes, claim: int | None, after: int | None, limit: int) -> int | None:
        """Place a line of a file of leaves by the number it bears and the one after it bears.

        Args:
            hashed: the leaf's hash.
            claim: the number it bears, None for what is no leaf.
            after: the same of the line after it.
            limit: numbers from here on are none of this log.

        Returns:
            Its place, or None for a line too many.
        """
        if claim is None:
            self._found.add(Kind.EDITED, self.size)
        elif self.size < claim < limit and after in (claim + 1, None):
            self.deleted(claim)
        elif claim < self.size and after != self.size + 1:
            if claim == self.size - 1 and len(self._twice) < _KEPT:
                self._twice.append(claim)
            else:
                self._found.add(Kind.INSERTED, self.size)
            self.broken = True
            return None
        elif claim != self.size:
            self._found.add(Kind.MOVED, self.size)
        self.leaves([hashed])
        return self.size - 1

    def deleted(self, seq: int) -> None:
        """The leaves before `seq` are not there."""
        self._found.add(Kind.DELETED, self.size, seq - 1)
        self.broken, self.size = True, seq

    def differs(self, seqs: Iterable[int]) -> None:
        """The hashes stored for these leaves are not theirs; which of the two is right shows at the end."""
        self._differing += islice(seqs, _KEPT - len(self._differing))

    def finish(self, stored: Stored) -> None:
        """Say what only the promises show, once everything else that is known has been said.

        A broken promise places the first change somewhere after the last one kept. Where leaf hashes were stored
        and *they* keep the promise, they are as they were, and whatever differs from them is named exactly.

        Args:
            stored: gives the stored hashes of a range of leaves.
        """
        found, cut = self._found, self._drain()
        suspect = self._failed[OUTSIDE] or self._failed[OURS] or self._failed[NOBODY]
        anchor = self._anchors[suspect.weight if suspect else NOBODY]
        vouched = range(0)
        if suspect and _keeps(anchor.copy(), stored(anchor.size, suspect.size), suspect):
            vouched = range(anchor.size, suspect.size)
        # Once an outside word was broken, only outside words count.
        found.size, found.witnessed = self.size, self._anchors[OUTSIDE].size
        found.proven = found.witnessed if self._failed[OUTSIDE] else self._anchors[OURS].size
        for seq in self._twice:
            sound = seq in vouched or seq < found.proven
            found.add(Kind.INSERTED, seq + sound, seq + 1)
        if cut is not None:
            found.add(Kind.TRUNCATED, self.size, cut.size - 1, cut.by)
        named = {problem.seq for problem in found.problems if problem.seq == problem.last}
        for seq in self._differing:
            if seq in vouched and seq not in named:
                found.add(Kind.EDITED, seq)
        # Where all there is has been proven, only the rest is missing.
        if suspect and anchor.size < self.size and not (vouched and found.within(vouched.start, vouched.stop)):
            found.add(Kind.EDITED, anchor.size, max(anchor.size, suspect.size - 1), suspect.by)
        odd = [seq for seq in self._differing if seq not in vouched and not found.within(seq, seq + 1)]
        if odd and not self.broken:  # nothing said so far explains it: the stored hashes are wrong
            found.add(Kind.NODE, odd[0], odd[-1])

    def _drain(self) -> Promise | None:
        """Take the promises nothing could be compared with; return the longest that was cut off."""
        longest: Promise | None = None
        while self._next is not None:
            if self._next.size > self.size:
                longest = self._next
            self._failed[self._next.weight] = self._failed[self._next.weight] or self._next
            self._next = next(self._promises, None)
        return longest

    def _compare(self) -> None:
        """Compare the tree with the promises of its size."""
        while self._next is not None and self._next.size <= self._tree.size and not self.broken:
            promise, weight = self._next, self._next.weight
            forked: list[Promise | None] = []
            if self._tree.root() == promise.root:
                forked = self._failed[: weight + 1]
                for each in range(weight + 1):
                    self._anchors[each], self._failed[each] = self._tree.copy(), None
            elif promise.size <= self._anchors[weight].size:
                forked = [promise]
            else:
                self._failed[weight] = self._failed[weight] or promise
            for other in forked:  # of another history than the one that was kept
                if other is not None:
                    self._found.add(Kind.CHECKPOINT, max(0, other.size - 1), note=other.by)
            self._next = next(self._promises, None)


def _keeps(tree: Frontier, hashes: Iterable[bytes], promise: Promise) -> bool:
    every = iter(hashes)
    while batch := list(islice(every, 4096)):
        tree.extend(batch)
    return (tree.size, tree.root()) == (promise.size, promise.root)


def claimed_seq(leaf: bytes) -> int | None:
    """The number a leaf bears, or None for what is no leaf as the log writes them (`safezone.audit.event.leaf_text`)."""
    found = _LEAF.fullmatch(leaf)
    try:
        leaf.decode()
    except UnicodeDecodeError:
        return None
    return int(found[1]) if found else None


def whole(value: object) -> int:
    """The value when it is a number an entry can bear, else -1."""
    return value if type(value) is int and 0 <= value < EXACT else -1
