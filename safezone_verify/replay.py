"""Growing the tree again, leaf by leaf, and comparing it with every root promised: pure, in bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from safezone_verify.findings import Findings, Kind
from safezone_verify.merkle import Frontier, leaf_hash

Stored = Callable[[int, int], Iterable[bytes]]
_KEPT = 1000
_EXACT = 2**53
# A leaf as it is nearly always written, which is canonical without a second look; the others are parsed.
_VALUE = rb'"[^"\\\x00-\x1f]*"'
SHAPE = re.compile(
    rb'^\{"account":%b,"details":%b,"object":%b,"policy":%b,"purpose":%b,"seq":(0|[1-9][0-9]{0,14}),"time":%b,"type":%b\}$'
    % ((_VALUE,) * 7),
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, order=True)
class Promise:
    """Somebody's word that the first `size` leaves have this root.

    Attributes:
        size: number of leaves.
        root: their root.
        by: who says so, for the report.
        outside: whether that is someone the zone cannot speak for (a witness, the auditor).
        signed: whether anybody answers for it with a key.
    """

    size: int
    root: bytes
    by: str
    outside: bool
    signed: bool = True

    @property
    def weight(self) -> int:
        """Whose word counts against whose: 2 from outside, 1 the log's own, 0 nobody's."""
        return 2 if self.outside else int(self.signed)


class Replay:
    """Takes the leaves in order and remembers what does not fit.

    A promise of some weight that is kept proves every leaf before it as far as that weight goes: earlier promises
    of no more weight that were not kept are then promises of another history.

    Args:
        promises: sorted by size.
        findings: where problems are noted.
    """

    def __init__(self, promises: Iterable[Promise], findings: Findings) -> None:
        self._promises: Iterator[Promise] = iter(promises)
        self._findings = findings
        self._frontier = Frontier()
        self._anchors = [Frontier(), Frontier(), Frontier()]  # by weight: the tree at the last promise kept
        self._failed: list[Promise | None] = [None, None, None]  # by weight: the first not kept after that
        self._broken = False
        self._next: Promise | None = None
        self._differing: list[int] = []
        self._twice: list[int] = []  # numbers two leaves in a row bear: either may be the one too many
        self.size = 0
        self.compared = 0
        self._take()
        self._compare()

    @property
    def proven(self) -> int:
        """Leaves the log answers for; once an outside word was broken, only outside words count."""
        return self._anchors[2 if self._failed[2] else 1].size

    @property
    def witnessed(self) -> int:
        """Leaves somebody outside answers for."""
        return self._anchors[2].size

    def leaf(self, seq: int, leaf: bytes) -> Iterable[tuple[int, int, bytes]]:
        """Add the leaf stored at `seq`; return the subtrees ``(level, index, hash)`` it completes."""
        if seq < self.size:
            self.inserted(seq)
            return ()
        if seq > self.size:
            self.deleted(seq)
        claim = claimed_seq(leaf)
        if claim != seq:
            self._findings.add(Kind.EDITED if claim is None else Kind.MOVED, seq)
        self.size = seq + 1
        if self._broken:
            return ()
        completed = list(self._frontier.append(leaf_hash(leaf)))
        self._compare()
        return completed

    def leaves(self, hashes: Sequence[bytes]) -> None:
        """Add the hashes of the leaves that come next; the caller saw that each bears the right number."""
        self.size += len(hashes)
        done = 0
        while done < len(hashes) and not self._broken:
            end = len(hashes)
            if self._next is not None:
                end = min(end, done + self._next.size - self._frontier.size)
            self._frontier.extend(hashes[done:end])
            self._compare()
            done = end

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
            self._findings.add(Kind.EDITED, self.size)
        elif self.size < claim < limit and after in (claim + 1, None):
            self.deleted(claim)
        elif claim < self.size and after != self.size + 1:
            if claim == self.size - 1 and len(self._twice) < _KEPT:
                self._twice.append(claim)
                self._broken = True
            else:
                self.inserted(self.size)
            return None
        elif claim != self.size:
            self._findings.add(Kind.MOVED, self.size)
        self.leaves([hashed])
        return self.size - 1

    def deleted(self, seq: int) -> None:
        """The leaves before `seq` are not there."""
        self._findings.add(Kind.DELETED, self.size, seq - 1)
        self._broken, self.size = True, seq

    def inserted(self, seq: int) -> None:
        """There is a leaf too many at `seq`. From here on the tree's roots mean nothing."""
        self._findings.add(Kind.INSERTED, seq)
        self._broken = True

    def differs(self, seqs: Iterable[int]) -> None:
        """The hashes stored for these leaves are not theirs; which of the two is right shows at the end."""
        self._differing += list(seqs)[: _KEPT - len(self._differing)]

    def finish(self, stored: Stored | None = None) -> None:
        """Say what only the promises show, once everything else that is known has been said.

        A broken promise places the first change somewhere after the last one kept. Where leaf hashes were stored
        and *they* keep the promise, they are as they were, and whatever differs from them is named exactly.

        Args:
            stored: gives the stored hashes of a range of leaves.
        """
        longest = self._drain()
        suspect = self._failed[2] or self._failed[1] or self._failed[0]
        vouched = range(0)
        if suspect is not None:
            anchor = self._anchors[suspect.weight]
            if stored and _keeps(anchor.copy(), stored(anchor.size, suspect.size), suspect):
                vouched = range(anchor.size, suspect.size)
        for seq in self._twice:
            sound = seq in vouched or seq < self.proven
            self._findings.add(Kind.INSERTED, seq + sound, seq + 1)
        if longest is not None:
            self._findings.add(Kind.TRUNCATED, self.size, longest.size - 1, longest.by)
        for seq in self._differing:
            if seq in vouched and not self._findings.exactly(seq):
                self._findings.add(Kind.EDITED, seq)
        if suspect is not None and not (vouched and self._findings.within(vouched.start, vouched.stop)):
            start = self._anchors[suspect.weight].size
            if start < self.size:  # else all there is has been proven, and only the rest is missing
                self._findings.add(Kind.EDITED, start, max(start, suspect.size - 1), suspect.by)
        self._name_bad_hashes(vouched)

    def _name_bad_hashes(self, vouched: range) -> None:
        """Name stored hashes that are not the leaves', as one stretch, where nothing said so far explains it."""
        odd = [seq for seq in self._differing if seq not in vouched and not self._findings.within(seq, seq + 1)]
        if odd and not self._broken:
            self._findings.add(Kind.NODE, odd[0], odd[-1])

    def _drain(self) -> Promise | None:
        """Take the promises nothing could be compared with; return the longest that was cut off."""
        longest: Promise | None = None
        while self._next is not None:
            if self._next.size > self.size:
                longest = self._next
            if self._failed[self._next.weight] is None:
                self._failed[self._next.weight] = self._next
            self._take()
        return longest

    def _take(self) -> None:
        self._next = next(self._promises, None)
        self.compared += self._next is not None and self._next.signed

    def _compare(self) -> None:
        while self._next is not None and self._next.size <= self._frontier.size and not self._broken:
            promise, weight = self._next, self._next.weight
            if self._frontier.root() == promise.root:
                for each in range(weight + 1):
                    self._anchors[each] = self._frontier.copy()
                    self._forked(self._failed[each])
                    self._failed[each] = None
            elif promise.size <= self._anchors[weight].size:
                self._forked(promise)
            elif self._failed[weight] is None:
                self._failed[weight] = promise
            self._take()

    def _forked(self, promise: Promise | None) -> None:
        """Say that a promise is of another history than one that was kept."""
        if promise is not None:
            self._findings.add(Kind.CHECKPOINT, max(0, promise.size - 1), note=promise.by)


def _keeps(tree: Frontier, hashes: Iterable[bytes], promise: Promise) -> bool:
    batch: list[bytes] = []
    for value in hashes:
        batch.append(value)
        if len(batch) == 4096:
            tree.extend(batch)
            batch.clear()
    tree.extend(batch)
    return (tree.size, tree.root()) == (promise.size, promise.root)


def claimed_seq(leaf: bytes) -> int | None:
    """The sequence number a leaf bears, or None when it is none, or not in canonical form (RFC 8785).

    A leaf is an object of texts and whole numbers with ASCII names: for these the standard library's sorted, compact
    encoding is the canonical one.
    """
    try:
        text = leaf.decode()
        found = SHAPE.fullmatch(leaf)
        if found is not None:
            return int(found[1])
        fields = json.loads(text)
        if not isinstance(fields, dict) or not all(name.isascii() and _plain(fields[name]) for name in fields):
            return None
        again = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None
    seq = fields.get("seq")
    return seq if again == text and type(seq) is int and seq >= 0 else None


def _plain(value: object) -> bool:
    return isinstance(value, str) or (type(value) is int and abs(value) < _EXACT)
