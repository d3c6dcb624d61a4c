"""Signing checkpoints and handing them to witnesses: what the `log` duty does after sequencing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, insert, select, update

from safezone.audit import merkle
from safezone.audit.checkpoint import (
    CHECKPOINT_KEY,
    Checkpoint,
    NoteKey,
    log_keys,
    merge,
    open_checkpoint,
    sign_text,
)
from safezone.audit.engine import read, write
from safezone.audit.tables import audit_checkpoint
from safezone.audit.tree import StoredTree, lock_log
from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable
from safezone.ports import KeyProvider, Witness


def publish(engine: Engine, provider: KeyProvider, origin: str, witnesses: Sequence[Witness] = ()) -> str | None:
    """Sign the log as it stands, unless that is done already, and have it witnessed.

    Args:
        engine: the store.
        provider: signs with `sign/checkpoint`.
        origin: the log's name, ``safezone/<zone id>``.
        witnesses: a witness that does not answer is passed by; its turn comes with the next checkpoint.

    Returns:
        The checkpoint with all signatures it got, or None for an empty log.

    Raises:
        IntegrityFailure: the tree as stored does not extend what was signed or witnessed before; nothing is signed.
    """
    keys = log_keys(provider, origin)
    note = _sign(engine, provider, keys)
    if note is None:
        return None
    size, failure = open_checkpoint(note, keys).size, None
    cosigned = note
    for witness in witnesses:
        try:
            cosigned = merge(cosigned, _witness(engine, witness, note, size, keys))
        except Unavailable:
            continue
        except SafeZoneError as error:
            failure = error  # first let the others see the checkpoint too
    if cosigned != note:
        with write(engine) as connection:
            connection.execute(
                update(audit_checkpoint).where(audit_checkpoint.c.size == size).values(cosigned=cosigned)
            )
    if failure is not None:
        raise failure
    return cosigned


def latest(connection: Connection) -> str | None:
    """The newest checkpoint, with the witnesses' signatures when it has any."""
    row = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc()).limit(1)).first()
    return None if row is None else str(row.cosigned or row.note)


def _sign(engine: Engine, provider: KeyProvider, keys: Sequence[NoteKey]) -> str | None:
    # A write transaction: two log duties must not both sign, and sequencing waits.
    with write(engine) as connection:
        lock_log(connection)
        tree = StoredTree(connection)
        size = tree.size()
        before = latest(connection)
        if before is not None:
            old = open_checkpoint(before, keys)
            if old.size == size:
                return before
            _require_extends(tree, old, size)
        if size == 0:
            return None
        root = tree.root(size)
        text = Checkpoint(keys[0].name, size, root).text()
        note = sign_text(text, keys[0], lambda message: provider.sign(CHECKPOINT_KEY, message))
        connection.execute(insert(audit_checkpoint).values(size=size, root=root.hex(), note=note, cosigned=""))
        return note


def _witness(engine: Engine, witness: Witness, note: str, size: int, keys: Sequence[NoteKey]) -> str:
    seen = witness.latest()
    first = open_checkpoint(seen, keys).size if seen is not None else 0
    if first > size:
        raise _shrunk()
    with read(engine) as connection:
        proof = StoredTree(connection).consistency(first, size)
    return witness.add(note, [value.hex() for value in proof])


def _require_extends(tree: StoredTree, old: Checkpoint, size: int) -> None:
    if size < old.size:
        raise _shrunk()
    proof = tree.consistency(old.size, size)
    if not merkle.verify_consistency(old.size, size, old.root, tree.root(size), proof):
        raise _shrunk()


def _shrunk() -> IntegrityFailure:
    return IntegrityFailure(
        "audit.inconsistent",
        (
            "The log does not extend what was signed before: something in it was changed or removed.",
            "감사 로그가 이전에 서명된 내용과 이어지지 않습니다. 일부가 변경되거나 삭제되었습니다.",
        ),
        ("Run `safezone audit verify` to see where.", "`safezone audit verify`로 위치를 확인하세요."),
    )
