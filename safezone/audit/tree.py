"""The tree as it is stored: roots and proofs from the hashes of complete subtrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy import Connection, func, select, text

from safezone.audit import merkle
from safezone.audit.statements import select_nodes
from safezone.audit.tables import audit_leaf
from safezone.errors import IntegrityFailure
from safezone_verify.merkle import Frontier

T = TypeVar("T")

# An advisory lock of PostgreSQL; the number only has to be ours.
_LOG_LOCK = 0x5AFE_2014_E001


def lock_log(connection: Connection) -> None:
    """Be the only one to grow or sign the log until the transaction ends.

    On SQLite every write transaction is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOG_LOCK})


class StoredTree:
    """Reads the tree within the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def size(self) -> int:
        """Number of leaves."""
        newest = self._connection.execute(select(func.max(audit_leaf.c.seq))).scalar()
        return 0 if newest is None else int(newest) + 1

    def nodes(self, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Hashes of complete subtrees, by level and index, in one query.

        Raises:
            IntegrityFailure: one should be there and is not.
        """
        places = list(dict.fromkeys(wanted))
        found: dict[tuple[int, int], bytes] = {}
        if places:
            rows = select_nodes(self._connection, places)
            found = {(level, index): bytes(value) for level, index, value in rows if value and len(value) == 32}
        for level, index in places:
            if (level, index) not in found:
                raise IntegrityFailure(
                    "audit.node",
                    (
                        f"The log's tree lacks the node at level {level}, index {index}.",
                        f"감사 로그 트리에 {level}단계 {index}번 노드가 없습니다.",
                    ),
                    ("Run `safezone audit verify`.", "`safezone audit verify`를 실행하세요."),
                )
        return found

    def _ask(self, question: Callable[[merkle.Nodes], T]) -> T:
        """Answer a question about the tree with one query, by asking it twice: first for what it looks at."""
        wanted: list[tuple[int, int]] = []

        def note(level: int, index: int) -> bytes:
            wanted.append((level, index))
            return bytes(32)

        question(note)
        known = self.nodes(wanted)
        return question(lambda level, index: known[level, index])

    def frontier(self, size: int) -> Frontier:
        """The tree of the first `size` leaves, ready to grow."""
        peaks = merkle.peaks_of(0, size)
        known = self.nodes(peaks)
        return Frontier(size, [known[peak] for peak in peaks])

    def root(self, size: int) -> bytes:
        """Root of the first `size` leaves."""
        return self._ask(lambda node: merkle.root(node, size))

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Proof that leaf `seq` is in the tree of `size` leaves."""
        return self._ask(lambda node: merkle.inclusion_proof(node, seq, size))

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Proof that the tree of `second` leaves extends that of `first`."""
        return self._ask(lambda node: merkle.consistency_proof(node, first, second))
