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


def _sides(index: int, last: int, count: int) -> list[bool] | None:
    """On which side of the way up each of `count` hashes stands (True: left); None when it takes more or fewer."""
    sides = list[bool]()
    for _ in range(count):
        if last == 0:
            return None
        sides.append(bool(index & 1) or index == last)
        while sides[-1] and index and not index & 1:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return sides if last == 0 else None


def verify_inclusion(leaf: bytes, seq: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `proof` shows the leaf *hash* at `seq` in that tree (RFC 9162 section 2.1.3.2)."""
    sides = _sides(seq, size - 1, len(proof)) if 0 <= seq < size else None
    if sides is None:
        return False
    value = leaf
    for left, sibling in zip(sides, proof, strict=True):
        value = node_hash(sibling, value) if left else node_hash(value, sibling)
    return value == expected


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows the second tree to extend the first one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        return not proof and first_root == (second_root if first else EMPTY_ROOT)
    path = proof if first & (first - 1) else [first_root, *proof]
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    sides = _sides(index, last, len(path) - 1)
    if sides is None:
        return False
    old = new = path[0]
    for left, sibling in zip(sides, path[1:], strict=True):
        old = node_hash(sibling, old) if left else old
        new = node_hash(sibling, new) if left else node_hash(new, sibling)
    return old == first_root and new == second_root
