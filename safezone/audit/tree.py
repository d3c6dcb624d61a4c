"""The tree as it is stored: roots and proofs from the hashes of complete subtrees."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from safezone.audit import merkle
from safezone.audit.tables import audit_leaf, audit_node
from safezone.errors import IntegrityFailure

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

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree.

        Raises:
            IntegrityFailure: it should be there and is not.
        """
        found = self._connection.execute(
            select(audit_node.c.hash).where(audit_node.c.level == level, audit_node.c.index == index)
        ).scalar()
        if found is None or len(found) != 32:
            raise IntegrityFailure(
                "audit.node",
                (
                    f"The log's tree lacks the node at level {level}, index {index}.",
                    f"감사 로그 트리에 {level}단계 {index}번 노드가 없습니다.",
                ),
                ("Run `safezone audit verify`.", "`safezone audit verify`를 실행하세요."),
            )
        return bytes(found)

    def frontier(self, size: int) -> merkle.Frontier:
        """The tree of the first `size` leaves, ready to grow."""
        return merkle.Frontier(size, [self.node(*peak) for peak in merkle.peaks_of(0, size)])

    def root(self, size: int) -> bytes:
        """Root of the first `size` leaves."""
        return merkle.root(self.node, size)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Proof that leaf `seq` is in the tree of `size` leaves."""
        return merkle.inclusion_proof(self.node, seq, size)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Proof that the tree of `second` leaves extends that of `first`."""
        return merkle.consistency_proof(self.node, first, second)
