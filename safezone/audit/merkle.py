"""Making proofs from a stored tree (RFC 6962 section 2.1): pure, without I/O.

A `Nodes` function gives the hash of a *complete* subtree (level, index); everything else follows from those. Growing
the tree and checking proofs is in `safezone_verify.merkle`.
"""

from __future__ import annotations

from collections.abc import Callable

from safezone_verify.merkle import EMPTY_ROOT, node_hash

Nodes = Callable[[int, int], bytes]


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
