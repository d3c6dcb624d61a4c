"""The Merkle tree of RFC 6962 section 2.1 (the same tree as RFC 9162 section 2.1): pure, without I/O.

Proof algorithms are the iterative ones of RFC 9162, sections 2.1.3.2 and 2.1.4.2. A `Nodes` function gives the hash
of a *complete* subtree (level, index); everything else follows from those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

Nodes = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """``SHA-256(0x00 || leaf)``."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree that remembers only the roots of its complete subtrees, left to right.

    Args:
        size: number of leaves so far.
        peaks: one hash for each bit set in `size`, from the most significant.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError("a tree has one peak for each bit set in its size")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add a leaf hash; yield ``(level, index, hash)`` of each subtree it completes, itself first."""
        level, index, value = 0, self.size, leaf
        yield level, index, value
        while index & 1:
            level, index, value = level + 1, index >> 1, node_hash(self.peaks.pop(), value)
            yield level, index, value
        self.peaks.append(value)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        value = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            value = node_hash(peak, value)
        return value

    def copy(self) -> Frontier:
        """An independent tree in the same state."""
        return Frontier(self.size, self.peaks)


def peaks_of(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees ``(level, index)`` that make up leaves `start` to `end`, left to right.

    `start` must be the first leaf of a subtree large enough to hold the range, as in all proofs below.
    """
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def _subtree(nodes: Nodes, start: int, end: int) -> bytes:
    hashes = [nodes(level, index) for level, index in peaks_of(start, end)]
    value = hashes[-1]
    for peak in reversed(hashes[:-1]):
        value = node_hash(peak, value)
    return value


def root(nodes: Nodes, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return _subtree(nodes, 0, size) if size else EMPTY_ROOT


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, seq: int, size: int) -> list[bytes]:
    """Prove that leaf `seq` is in the tree of `size` leaves (RFC 6962 section 2.1.1).

    Raises:
        ValueError: there is no such leaf in that tree.
    """
    if not 0 <= seq < size:
        raise ValueError("the leaf is not in the tree")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            proof.append(_subtree(nodes, middle, end))
            end = middle
        else:
            proof.append(_subtree(nodes, start, middle))
            start = middle
    return proof[::-1]


def verify_inclusion(leaf: bytes, seq: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `proof` shows the leaf *hash* at `seq` in that tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= seq < size:
        return False
    index, last, value = seq, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            value = node_hash(sibling, value)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and value == expected


def consistency_proof(nodes: Nodes, first: int, second: int) -> list[bytes]:
    """Prove that the tree of `first` leaves is a prefix of that of `second` (RFC 6962 section 2.1.2).

    Raises:
        ValueError: `first` is larger than `second`, or negative.
    """
    if not 0 <= first <= second:
        raise ValueError("the first tree must not be the larger one")
    if first in (0, second):
        return []
    proof: list[bytes] = []
    start, end, whole = 0, second, True
    while first < end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_subtree(nodes, middle, end))
            end = middle
        else:
            proof.append(_subtree(nodes, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_subtree(nodes, start, end))
    return proof[::-1]


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows the second tree to extend the first one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        return False
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
