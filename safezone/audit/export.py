"""Taking proofs and bundles out of the log, for those who want to check it elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, LargeBinary, Select, cast, select

from safezone.audit import timestamps
from safezone.audit.bundle import BundleWriter, Proof, successive
from safezone.audit.checkpoint import open_checkpoint, parse_note, signers
from safezone.audit.engine import read
from safezone.audit.tables import audit_checkpoint, audit_detail, audit_event, audit_leaf, audit_node
from safezone.audit.tree import StoredTree
from safezone.errors import NotFound
from safezone.model import now, timestamp
from safezone_verify import bundle as files
from safezone_verify.notes import COSIGNED, NoteKey

_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which entries are wanted, when not all.

    Attributes:
        object: entries about exactly this, e.g. ``release/REL-...``; empty for any.
        first: from this number.
        last: to this one, included; None for the last one under a checkpoint.
    """

    object: str = ""
    first: int = 0
    last: int | None = None


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
            raise _uncovered(seq)
        hashes = tuple(value.hex() for value in StoredTree(connection).inclusion(seq, row.size))
        return Proof(seq, leaf, row.cosigned or row.note, hashes)


def export(
    engine: Engine,
    folder: Path,
    keys: Sequence[NoteKey],
    *,
    with_details: bool = False,
    excerpt: Excerpt | None = None,
) -> int:
    """Write the log, or an excerpt of it, as a bundle, which `safezone_verify` checks offline.

    Entries go from the store to the file a few thousand at a time, so memory does not grow with the log.

    Args:
        engine: the store.
        folder: new or empty.
        keys: public keys of the log and its witnesses.
        with_details: add the details that are still kept, with their salts: names and machine addresses.
        excerpt: which entries; None for the whole log.

    Returns:
        The number of entries written.

    Raises:
        BadInput: the folder holds something already, or cannot be written.
        NotFound: an excerpt has no entry, or no checkpoint covers it yet.
        IntegrityFailure: a stored checkpoint or the stored tree is damaged.
    """
    writer = BundleWriter(folder)
    with read(engine) as connection:
        tree = StoredTree(connection)
        size = tree.size()
        header: dict[str, Any] = {"origin": keys[0].name, "size": size, "root": tree.root(size).hex()}
        header |= {"made": timestamp(now()), "details": with_details}
        writer.keys(keys)
        if excerpt is None:
            sizes, notes = _signed(connection, size)
            count = writer.lines(files.LEAVES, (row.leaf for row in _leaves(connection, 0, size)))
            writer.hashes(_hashes(connection, size))
            kind, details = files.LOG, _details(connection, 0, size)
        else:
            rows = _covering(connection, keys)
            covered = rows[-1].size if rows else 0
            last = covered - 1 if excerpt.last is None else excerpt.last
            if not 0 <= excerpt.first <= last < covered:
                raise _uncovered(last)
            entries = _entries(connection, excerpt, last + 1, covered)
            count = writer.objects(files.ENTRIES, entries)
            if not count:
                raise _nothing(excerpt.object)
            kind, header["about"] = files.EXCERPT, _about(excerpt, last, count)
            sizes, notes = [int(row.size) for row in rows], (str(row.cosigned or row.note) for row in rows)
            details = _details(connection, excerpt.first, last + 1, excerpt.object)
        writer.objects(files.CHECKPOINTS, ({"note": note} for note in notes))
        writer.objects(files.PROOFS, _proofs(tree, sizes))
        if with_details:
            writer.objects(files.DETAILS, details)
        writer.times(_times(connection, set(sizes)))
        writer.finish(kind, **header)
    return count


def _about(excerpt: Excerpt, last: int, count: int) -> dict[str, Any]:
    if excerpt.object:
        return {"object": excerpt.object, "count": count}
    return {"first": excerpt.first, "last": last, "count": count}


def _signed(connection: Connection, size: int) -> tuple[list[int], Iterator[str]]:
    """The sizes of all checkpoints, and their notes."""
    column = audit_checkpoint.c.size
    sizes = connection.execute(select(column).where(column <= size).order_by(column)).scalars().all()
    query = select(column.label("seq"), audit_checkpoint.c.note, audit_checkpoint.c.cosigned)
    rows = _paged(connection, query, column, 0, size + 1)
    return list(sizes), (str(row.cosigned or row.note) for row in rows)


def _covering(connection: Connection, keys: Sequence[NoteKey]) -> list[Any]:
    """The newest checkpoint, and before it the newest a witness has signed when that is another one."""
    log, witnesses = [key for key in keys if key.kind != COSIGNED], [key for key in keys if key.kind == COSIGNED]
    query = select(audit_checkpoint).order_by(audit_checkpoint.c.size.desc())
    newest = connection.execute(query.limit(1)).first()
    seen = connection.execute(query.where(audit_checkpoint.c.cosigned != "").limit(1)).first()
    if seen is None or newest is None or seen.size == newest.size:
        return [] if newest is None else [newest]
    open_checkpoint(seen.cosigned, log)
    return [seen, newest] if signers(parse_note(seen.cosigned), witnesses) else [newest]


def _leaves(connection: Connection, start: int, end: int, about: str = "") -> Iterator[Any]:
    query = select(audit_leaf)
    if about:
        # The table of events finds them quickly; what each says is the leaf's word, checked by whoever reads it.
        query = query.join(audit_event, audit_event.c.seq == audit_leaf.c.seq).where(audit_event.c.object == about)
    yield from _paged(connection, query, audit_leaf.c.seq, start, end)


def _paged(connection: Connection, query: Select[Any], seq: Any, start: int, end: int) -> Iterator[Any]:
    while True:
        page = query.where(seq >= start, seq < end).order_by(seq).limit(_CHUNK)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < _CHUNK:
            return
        start = rows[-1].seq + 1


def _hashes(connection: Connection, size: int) -> Iterator[bytes]:
    query = select(audit_node.c.index.label("seq"), cast(audit_node.c.hash, LargeBinary).label("hash"))
    query = query.where(audit_node.c.level == 0)
    for row in _paged(connection, query, audit_node.c.index, 0, size):
        yield bytes(row.hash)


def _entries(connection: Connection, excerpt: Excerpt, end: int, covered: int) -> Iterator[dict[str, Any]]:
    tree = StoredTree(connection)
    for row in _leaves(connection, excerpt.first, end, excerpt.object):
        hashes = [value.hex() for value in tree.inclusion(row.seq, covered)]
        yield {"seq": row.seq, "leaf": row.leaf, "hashes": hashes}


def _details(connection: Connection, start: int, end: int, about: str = "") -> Iterator[dict[str, Any]]:
    query = select(audit_event.c.seq, cast(audit_detail.c.salt, LargeBinary).label("salt"), audit_detail.c.details)
    query = query.join(audit_detail, audit_detail.c.uid == audit_event.c.uid)
    if about:
        query = query.where(audit_event.c.object == about)
    for row in _paged(connection, query, audit_event.c.seq, start, end):
        yield {"seq": row.seq, "salt": bytes(row.salt).hex(), "details": row.details}


def _proofs(tree: StoredTree, sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    for first, second in successive(sizes):
        hashes = [value.hex() for value in tree.consistency(first, second)]
        yield {"first": first, "second": second, "hashes": hashes}


def _times(connection: Connection, sizes: set[int]) -> Iterator[tuple[int, bytes, bytes]]:
    """The time stamps of these checkpoints, each after the text it is about."""
    notes = select(audit_checkpoint.c.note)
    for stamp in timestamps.stored(connection):
        if stamp["size"] in sizes:
            note = connection.execute(notes.where(audit_checkpoint.c.size == stamp["size"])).scalar_one()
            yield stamp["size"], parse_note(str(note)).text.encode(), base64.b64decode(stamp["token"])


def _uncovered(seq: int) -> NotFound:
    return NotFound(
        "audit.unproven",
        (f"No checkpoint covers an entry {seq} yet.", f"{seq}번 항목을 포함하는 체크포인트가 아직 없습니다."),
        ("Run `safezone audit checkpoint` first.", "먼저 `safezone audit checkpoint`를 실행하세요."),
    )


def _nothing(about: str) -> NotFound:
    return NotFound(
        "audit.no_entries",
        (f"The log has no entry about {about}.", f"{about}에 관한 기록이 없습니다."),
        ("`safezone audit list` shows what objects are called.", "`safezone audit list`로 대상 이름을 확인하세요."),
    )
