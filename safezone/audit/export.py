"""Taking proofs and bundles out of the log, for those who want to check it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from safezone.audit.bundle import Proof, successive, write_bundle
from safezone.audit.checkpoint import NoteKey, open_checkpoint
from safezone.audit.engine import read
from safezone.audit.tables import audit_checkpoint, audit_leaf
from safezone.audit.tree import StoredTree
from safezone.errors import NotFound

_CHUNK = 4096


def prove(engine: Engine, seq: int) -> Proof:
    """Prove that an entry is in the log, under the newest checkpoint.

    Raises:
        NotFound: there is no such entry, or no checkpoint covers it yet.
        IntegrityFailure: the stored tree is damaged.
    """
    with read(engine) as connection:
        leaf = connection.execute(select(audit_leaf.c.leaf).where(audit_leaf.c.seq == seq)).scalar()
        newest = audit_checkpoint.c.size.desc()
        row = connection.execute(select(audit_checkpoint).order_by(newest).limit(1)).first()
        if leaf is None or row is None or seq >= row.size:
            raise NotFound(
                "audit.unproven",
                (
                    f"No checkpoint covers an entry {seq} yet.",
                    f"{seq}번 항목을 포함하는 체크포인트가 아직 없습니다.",
                ),
                ("Run `safezone audit checkpoint` first.", "먼저 `safezone audit checkpoint`를 실행하세요."),
            )
        hashes = tuple(value.hex() for value in StoredTree(connection).inclusion(seq, row.size))
        return Proof(seq, leaf, row.cosigned or row.note, hashes)


def export(engine: Engine, folder: Path, keys: Sequence[NoteKey]) -> None:
    """Write the whole log as a bundle, which `safezone.audit.bundle.verify_bundle` checks offline.

    Args:
        engine: the store.
        folder: new or empty.
        keys: public keys of the log and its witnesses.

    Raises:
        BadInput: the folder holds something already, or cannot be written.
    """
    log = [key for key in keys if key.kind != 0x04]
    with read(engine) as connection:
        rows = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size)).all()
        notes = [str(row.cosigned or row.note) for row in rows]
        sizes = [open_checkpoint(note, log).size for note in notes]
        write_bundle(folder, _leaves(connection), notes, keys, _proofs(connection, sizes))


def _leaves(connection: Connection) -> Iterator[str]:
    after = -1
    while True:
        query = select(audit_leaf).where(audit_leaf.c.seq > after).order_by(audit_leaf.c.seq).limit(_CHUNK)
        rows = connection.execute(query).all()
        yield from (row.leaf for row in rows)
        if len(rows) < _CHUNK:
            return
        after = rows[-1].seq


def _proofs(connection: Connection, sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    tree = StoredTree(connection)
    for first, second in successive(sizes):
        hashes = [value.hex() for value in tree.consistency(first, second)]
        yield {"first": first, "second": second, "hashes": hashes}
