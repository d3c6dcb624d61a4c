"""Verifying the log where it lies: entries against checkpoints, witnesses, event rows, details and stored tree.

Every entry is read once, in order, a few thousand at a time, so memory does not grow with the log.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, LargeBinary, and_, cast, func, or_, select

from safezone.audit.checkpoint import open_checkpoint, parse_note, signers
from safezone.audit.engine import read
from safezone.audit.event import details_digest, leaf_text
from safezone.audit.tables import audit_checkpoint, audit_detail, audit_event, audit_leaf, audit_node
from safezone.errors import IntegrityFailure
from safezone.ports import Witness
from safezone_verify.findings import Kind, Verification
from safezone_verify.merkle import Frontier, leaf_hash
from safezone_verify.notes import NoteKey
from safezone_verify.replay import OURS, OUTSIDE, Promise, Replay, claimed_seq

_CHUNK = 4096


class KeyedWitness(Witness, Protocol):
    """A witness whose public key is known."""

    key: NoteKey


def verify_log(
    engine: Engine,
    keys: Sequence[NoteKey],
    witnesses: Sequence[KeyedWitness] = (),
    known: Sequence[str] = (),
) -> Verification:
    """Check the whole log and say where it first differs from what was promised.

    What is found of entries under a checkpoint: every edit, deletion, insertion and move, also when event rows and
    stored tree were changed to match; under a witness's checkpoint (or one in `known`) also when whoever did it
    holds the log's signing key. Of entries after that, only what contradicts itself.

    Args:
        engine: the store.
        keys: public keys of the log; the auditor should hold them from elsewhere than the zone.
        witnesses: those that were handed checkpoints.
        known: checkpoints the auditor kept.

    Raises:
        Unavailable: the store or a witness does not answer.
    """
    found = Verification(keys[0].name if keys else "")
    outside = _outside(keys, witnesses, known, found)
    found.checkpoints = len(outside)
    with read(engine) as connection, _lenient_text(connection):
        checkpoints = _checkpoints(connection, keys, [witness.key for witness in witnesses], found)
        replay, tree = Replay(heapq.merge(checkpoints, outside), found), Frontier()
        for rows in _pages(connection):
            start, completed = replay.size, {}
            for row in rows:
                if _place_row(row, replay, found) and not replay.broken:
                    for level, index, value in tree.append(leaf_hash(_bytes(row.leaf))):
                        completed[level, index] = value
                found.details_deleted += _check_row(row, found)
            _check_nodes(connection, completed, start, replay.size, found)
        replay.finish(partial(_stored_hashes, connection))
        found.staged = _check_beyond(connection, replay.size, found)
    return found


def _place_row(row: Any, replay: Replay, found: Verification) -> bool:
    """Add the leaf stored at a number, if that is a number of the log."""
    if row.seq < replay.size:
        found.add(Kind.INSERTED, row.seq)
        replay.broken = True
        return False
    if row.seq > replay.size:
        replay.deleted(row.seq)
    leaf = _bytes(row.leaf)
    claim = claimed_seq(leaf)
    if claim != row.seq:
        found.add(Kind.EDITED if claim is None else Kind.MOVED, row.seq)
    replay.leaves([leaf_hash(leaf)])
    return True


def _outside(
    keys: Sequence[NoteKey], witnesses: Sequence[KeyedWitness], known: Sequence[str], found: Verification
) -> list[Promise]:
    notes: list[tuple[str, str | None, NoteKey | None]] = [("known", note, None) for note in known]
    notes += [(witness.key.name, witness.latest(), witness.key) for witness in witnesses]
    promises = []
    for by, note, key in notes:
        if note is None:
            continue
        try:
            checkpoint = open_checkpoint(note, keys)
            trusted = key is None or bool(signers(parse_note(note), [key]))
        except IntegrityFailure:
            trusted = False
        if trusted:
            promises.append(Promise(checkpoint.size, checkpoint.root, by, OUTSIDE))
        else:
            found.add(Kind.CHECKPOINT, 0, note=by)
    return sorted(promises)


def _checkpoints(
    connection: Connection, keys: Sequence[NoteKey], witness_keys: Sequence[NoteKey], found: Verification
) -> Iterator[Promise]:
    """What the stored checkpoints promise, by size; those that do not verify are found."""
    after = -1
    while True:
        query = select(audit_checkpoint).where(audit_checkpoint.c.size > after)
        rows = connection.execute(query.order_by(audit_checkpoint.c.size).limit(_CHUNK)).all()
        for row in rows:
            try:
                checkpoint = open_checkpoint(_text(row.note), keys)
                cosigned = parse_note(_text(row.cosigned)) if row.cosigned else None
                seen = cosigned is not None and bool(signers(cosigned, witness_keys))
                same = cosigned is None or cosigned.text == checkpoint.text()
            except IntegrityFailure:
                same = False
            if same and (checkpoint.size, checkpoint.root.hex()) == (row.size, row.root):
                by = f"checkpoint {row.size}"
                found.checkpoints += 1
                yield Promise(checkpoint.size, checkpoint.root, by, OUTSIDE if seen else OURS)
            else:
                found.add(Kind.CHECKPOINT, max(0, row.size - 1), note=f"checkpoint {row.size}")
        if len(rows) < _CHUNK:
            return
        after = rows[-1].size


def _pages(connection: Connection) -> Iterator[Sequence[Any]]:
    """Every leaf in order, beside its event row, its details and its stored hash, whichever are there."""
    columns = [
        audit_leaf.c.seq,
        audit_leaf.c.leaf,
        *[audit_event.c[name] for name in ("uid", "time", "type", "account", "object", "purpose", "policy")],
        audit_event.c.details_digest,
        cast(audit_detail.c.salt, LargeBinary).label("salt"),
        audit_detail.c.details,
        cast(audit_node.c.hash, LargeBinary).label("hash"),
    ]
    joined = (
        audit_leaf.outerjoin(audit_event, audit_event.c.seq == audit_leaf.c.seq)
        .outerjoin(audit_detail, audit_detail.c.uid == audit_event.c.uid)
        .outerjoin(audit_node, and_(audit_node.c.level == 0, audit_node.c.index == audit_leaf.c.seq))
    )
    query = select(*columns).select_from(joined).order_by(audit_leaf.c.seq).limit(_CHUNK)
    after: int | None = None
    while True:
        page = query if after is None else query.where(audit_leaf.c.seq > after)
        rows = connection.execute(page).all()
        if rows:
            yield rows
        if len(rows) < _CHUNK:
            return
        after = rows[-1].seq


def _stored_hashes(connection: Connection, start: int, end: int) -> Iterator[bytes]:
    """The stored hashes of leaves `start` to before `end`, as far as they are there."""
    query = select(cast(audit_node.c.hash, LargeBinary)).where(audit_node.c.level == 0).order_by(audit_node.c.index)
    for first in range(start, end, _CHUNK):
        page = query.where(audit_node.c.index >= first, audit_node.c.index < min(first + _CHUNK, end))
        yield from (bytes(value) for value in connection.execute(page).scalars())


def _check_row(row: Any, found: Verification) -> bool:
    """Compare a leaf with its event row and details; return whether the details are gone."""
    seq, text = row.seq, _text(row.leaf)
    stored = None if row.hash is None else bytes(row.hash)
    if row.uid is None:
        found.add(Kind.EVENT, seq)
        return False
    expected = leaf_text(
        seq=seq,
        time=_text(row.time),
        type_=_text(row.type),
        account=_text(row.account),
        object_=_text(row.object),
        purpose=_text(row.purpose),
        policy=_text(row.policy),
        details=_text(row.details_digest),
    )
    if expected != text:
        # The stored hash tells which of the two is still as it was.
        intact = stored == leaf_hash(_bytes(row.leaf))
        found.add(Kind.EVENT if intact else Kind.EDITED, seq)
    if row.details is None:
        return bool(row.details_digest)
    if details_digest(bytes(row.salt), _bytes(row.details)) != row.details_digest:
        found.add(Kind.DETAILS, seq)
    return False


def _check_nodes(
    connection: Connection, completed: dict[tuple[int, int], bytes], start: int, end: int, found: Verification
) -> None:
    """Compare the stored tree with the subtrees that entries `start` to `end` complete."""
    if not completed:
        return
    levels = range(end.bit_length())
    ranges = [
        and_(audit_node.c.level == level, audit_node.c.index >= start >> level, audit_node.c.index < end >> level)
        for level in levels
        if start >> level < end >> level
    ]
    query = select(audit_node.c.level, audit_node.c.index, cast(audit_node.c.hash, LargeBinary).label("hash"))
    stored = {(level, index): bytes(value) for level, index, value in connection.execute(query.where(or_(*ranges)))}
    for (level, index), value in completed.items():
        first, beyond = index << level, (index + 1) << level
        # A changed entry changes every subtree above it: what is known of it already need not be said again.
        if stored.get((level, index)) != value and not found.within(first, beyond):
            found.add(Kind.NODE, first, beyond - 1)


def _check_beyond(connection: Connection, size: int, found: Verification) -> int:
    """Look for traces of entries after the last one; return how many events are staged."""
    query = select(func.count()).select_from(audit_event)
    traces = connection.execute(query.where(audit_event.c.seq >= size)).scalar_one()
    nodes = select(func.count()).select_from(audit_node)
    traces += connection.execute(nodes.where(audit_node.c.level == 0, audit_node.c.index >= size)).scalar_one()
    if traces:
        found.add(Kind.TRUNCATED, size)
    return int(connection.execute(query.where(audit_event.c.seq.is_(None))).scalar_one())


def _text(value: Any) -> str:
    """A stored text as such: a value of another type can only have been put there by force."""
    return value if isinstance(value, str) else f"\ufffd{value!r}"


def _bytes(value: Any) -> bytes:
    return _text(value).encode("utf-8", "surrogatepass")


@contextmanager
def _lenient_text(connection: Connection) -> Iterator[None]:
    """Let SQLite give out text that is no UTF-8, so that it is reported rather than stopping the check."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    before, raw.text_factory = raw.text_factory, lambda data: data.decode("utf-8", "backslashreplace")
    try:
        yield
    finally:
        raw.text_factory = before
