"""Signing checkpoints and handing them to witnesses: what the `log` duty does after sequencing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, insert, select, update

from safezone.audit.checkpoint import CHECKPOINT_KEY, log_keys, merge, open_checkpoint, sign_text
from safezone.audit.engine import read, write
from safezone.audit.tables import audit_checkpoint
from safezone.audit.tree import StoredTree, lock_log
from safezone.audit.witnesses.http import NOT_ENROLLED
from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable
from safezone.ports import KeyProvider, Witness
from safezone_verify.merkle import verify_consistency
from safezone_verify.notes import Checkpoint, NoteKey


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
    note = sign(engine, provider, keys)
    return None if note is None else show(engine, keys, note, witnesses)[0]


def show(
    engine: Engine, keys: Sequence[NoteKey], note: str, witnesses: Sequence[Witness]
) -> tuple[str, list[SafeZoneError]]:
    """Hand a signed checkpoint to every witness, and keep the signatures it gets.

    Args:
        engine: the store.
        keys: public keys of the log.
        note: the checkpoint.
        witnesses: asked in turn.

    Returns:
        The checkpoint with its signatures, and why some are missing: a witness that does not answer, or was not
        told of this log's key yet, holds nobody up.

    Raises:
        IntegrityFailure: a witness refuses, or saw another log than this; the others were asked first.
    """
    mine = open_checkpoint(note, keys)
    cosigned, missing, failure = note, list[SafeZoneError](), None
    for witness in witnesses:
        try:
            got = _witness(engine, witness, note, mine, keys)
            cosigned = cosigned if got is None else merge(cosigned, got)
        except SafeZoneError as error:
            if isinstance(error, Unavailable) or error.code == NOT_ENROLLED:
                missing.append(error)
            else:
                failure = error  # first let the others see the checkpoint too
    if cosigned != note:
        cosigned = _keep(engine, mine.size, cosigned)
    if failure is not None:
        raise failure
    return cosigned, missing


def latest(connection: Connection) -> str | None:
    """The newest checkpoint, with the witnesses' signatures when it has any."""
    row = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc()).limit(1)).first()
    return None if row is None else str(row.cosigned or row.note)


def sign(engine: Engine, provider: KeyProvider, keys: Sequence[NoteKey]) -> str | None:
    """Sign the log as it stands, unless that is done already.

    Returns:
        The newest checkpoint, with the signatures it has; None for an empty log.

    Raises:
        IntegrityFailure: the tree as stored does not extend what was signed before; nothing is signed.
    """
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


def _witness(engine: Engine, witness: Witness, note: str, mine: Checkpoint, keys: Sequence[NoteKey]) -> str | None:
    """The checkpoint with the witness's signature; None when it has seen a later one of this log already."""
    for last in (False, False, True):
        seen = witness.latest()
        old = None if seen is None else open_checkpoint(seen, keys)
        with read(engine) as connection:
            tree = StoredTree(connection)
            if old is not None and old.size > mine.size:
                _require_reaches(tree, old)
                return None
            proof = tree.consistency(0 if old is None else old.size, mine.size)
        try:
            return witness.add(note, [value.hex() for value in proof])
        except IntegrityFailure:
            # Another log duty may have shown it a later checkpoint between our two questions: ask again.
            if last or witness.latest() == seen:
                raise
    return None


def _keep(engine: Engine, size: int, cosigned: str) -> str:
    """Store the signatures beside those that another log duty stored meanwhile."""
    mine = audit_checkpoint.c.size == size
    with write(engine) as connection:
        lock_log(connection)
        row = connection.execute(select(audit_checkpoint).where(mine)).first()
        if row is not None and row.cosigned:
            cosigned = merge(str(row.cosigned), cosigned)
        connection.execute(update(audit_checkpoint).where(mine).values(cosigned=cosigned))
    return cosigned


def _require_reaches(tree: StoredTree, seen: Checkpoint) -> None:
    """Hold the log against a later checkpoint of itself: it must have come that far, the same way."""
    if tree.size() < seen.size or tree.root(seen.size) != seen.root:
        raise _shrunk()


def _require_extends(tree: StoredTree, old: Checkpoint, size: int) -> None:
    if size < old.size:
        raise _shrunk()
    proof = tree.consistency(old.size, size)
    if not verify_consistency(old.size, size, old.root, tree.root(size), proof):
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
