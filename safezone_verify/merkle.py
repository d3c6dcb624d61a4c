"""The Merkle tree of RFC 6962 section 2.1 (the same tree as RFC 9162 section 2.1): growing it and checking proofs.

Making proofs needs the stored tree and is no part of checking: `safezone.audit.merkle` has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

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

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add many leaf hashes, one level of the tree after the other: much faster than one leaf after the other."""
        sha256, row, left, kept = hashlib.sha256, list(leaves), self.size, []
        self.size += len(row)
        while row:
            if left & 1:
                row.insert(0, self.peaks.pop())
            if len(row) & 1:
                kept.append(row.pop())
            pairs = iter(row)
            row = [sha256(b"\x01" + one + other).digest() for one, other in zip(pairs, pairs, strict=True)]
            left >>= 1
        self.peaks += reversed(kept)

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
