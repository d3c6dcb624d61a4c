"""Making a backup: one consistent snapshot of the catalog and the log, and what lies beside them.

In it: every table; signed manifests and key tables (``keys.json``); ``zone.json``, the delivery identity (sealed) and the
policies; certificates; the newest checkpoints. With parts also every encrypted object. Never in it: the keystore, its
passphrase, recovery copies, account tokens, the inbox. Keys and data are kept apart, so that a backup alone opens
nothing, and so that destroying a key destroys what it opened in every backup too.

A backup cannot contain its own event: `BACKUP_MADE` commits when the file has its name. The log of a zone that is
restored from it therefore ends before the log that was witnessed; `safezone.backup.restore` says by how much.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
from sqlalchemy import Connection, select, text

from safezone import __version__
from safezone.access.actions import ZONE, Action, Actor
from safezone.audit.engine import read
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.publish import latest
from safezone.audit.tables import audit_detail, audit_event
from safezone.audit.tree import StoredTree
from safezone.backup import archive, dump, recovery
from safezone.backup.archive import Header, Writer
from safezone.backup.files import link, sync, zone_id
from safezone.catalog.store import new_id
from safezone.errors import NotFound, Unavailable, WrongState
from safezone.hashing import HashingFile
from safezone.model import now, timestamp
from safezone.settings import Settings
from safezone.zone import Zone

SUFFIX = ".szbackup"
DOCUMENTS = (".manifest.json", ".keys.json")
PLACES = ("lake", "intake", "quarantine", "packages")
_POLICIES = {".cedar", ".cedarschema", ".yaml", ".yml"}

Progress = Callable[[int, int], None]
"""Told how much of how much is done: rows and objects together."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made.

    Attributes:
        id: its id.
        path: the file.
        sha256: digest of the whole file.
        size: bytes of the whole file.
        header: what the file says of itself.
    """

    id: str
    path: Path
    sha256: str
    size: int
    header: Header

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "id": self.id,
            "state": "MADE",
            "file": str(self.path.absolute()),
            "sha256": self.sha256,
            "size": self.size,
            "made": self.header.made,
            "log_size": self.header.log["size"],
            "log_root": self.header.log["root"],
            "contents": self.header.counts,
        }


def make_backup(
    zone: Zone, actor: Actor, out: Path, *, with_parts: bool = False, progress: Progress = lambda *_: None
) -> Made:
    """Write a backup.

    Args:
        zone: opened as the backup duty (or the console).
        actor: an administrator, or the backup duty.
        out: the file to make, or a folder to make one in.
        with_parts: put the encrypted parts, intake objects and packages in too.
        progress: called while rows and objects are written.

    Raises:
        Denied: the actor may not.
        WrongState: the file exists already, or the database holds what a backup would leave out.
        Unavailable: the file cannot be written, or the keys or the catalog do not answer; no file is left.
    """
    backup = new_id("bak")
    zone.authorizer.authorize(actor, Action.BACKUP_MAKE, ZONE, backup)
    target = _target(zone, out, backup)
    zone.keys.ensure(archive.kek_name(backup))
    # First of all: without the key made just now, a recovery copy would not open this backup.
    recovery.renew(zone, actor.id)
    with _whole_or_nothing(target) as (file, publish):
        whole = HashingFile(file)
        header = _write(zone, backup, whole, with_parts=with_parts, progress=progress)
        made = Made(backup, target, whole.sha256, whole.size, header)
        with zone.catalog.write(_event(actor, made)):
            publish()
    return made


def listed(zone: Zone) -> list[dict[str, Any]]:
    """The backups the log tells of, oldest first; one whose key was destroyed opens no more."""
    living = {key.name for key in zone.keys.list()}
    query = (
        select(audit_event.c.time, audit_event.c.object, audit_event.c.purpose, audit_detail.c.details)
        .join_from(audit_event, audit_detail, audit_event.c.uid == audit_detail.c.uid, isouter=True)
        .where(audit_event.c.type == EventType.BACKUP_MADE.value)
        .order_by(audit_event.c.id)
    )
    with read(zone.catalog.engine) as connection:
        rows = connection.execute(query).all()
    found = []
    for row in rows:
        backup = row.object.partition("/")[2]
        sha256, size, log_size = [*row.purpose.split(" "), "", "0", "0"][:3]
        state = "MADE" if archive.kek_name(backup) in living else "DESTROYED"
        found.append(
            {
                "id": backup,
                "state": state,
                "made": row.time,
                "sha256": sha256,
                "size": int(size),
                "log_size": int(log_size),
            }
        )
    return found


def _event(actor: Actor, made: Made) -> AuditEvent:
    # In the leaf itself, since details may be deleted: digest and size of the file, and the log's size in it.
    purpose = f"{made.sha256} {made.size} {made.header.log['size']}"
    return AuditEvent(EventType.BACKUP_MADE, actor.id, f"backup/{made.id}", purpose, details=made.header.counts)


def _target(zone: Zone, out: Path, backup: str) -> Path:
    target = out / f"{zone_id(zone.settings)}-{backup}{SUFFIX}" if out.is_dir() else out
    if target.exists() or target.is_symlink():
        raise WrongState(
            "backup.exists",
            (
                f"{target} exists already; backups are never overwritten.",
                f"{target} 파일이 이미 있습니다. 백업은 덮어쓰지 않습니다.",
            ),
            ("Name another file, or a folder.", "다른 파일이나 폴더를 지정하십시오."),
        )
    return target


def _write(zone: Zone, backup: str, file: HashingFile, *, with_parts: bool, progress: Progress) -> Header:
    key = secrets.token_bytes(32)
    wrapped = zone.keys.wrap(archive.kek_name(backup), key, archive.context(backup))
    witness = _witness(zone)
    with archive.writing(file, key, backup) as (writer, body):
        header = _Members(zone, writer, progress).write(backup, witness, with_parts=with_parts)
    header = replace(
        header,
        contents=writer.contents(),
        body={"size": body.size, "sha256": body.sha256},
        key={"version": wrapped.version, "blob": base64.b64encode(wrapped.blob).decode()},
    )
    archive.finish(file, header, zone.keys)
    return header


class _Members:
    """Puts everything into the body, in a fixed order."""

    def __init__(self, zone: Zone, writer: Writer, progress: Progress) -> None:
        self._zone = zone
        self._writer = writer
        self._progress = progress
        self._done = self._total = 0
        self._counts: dict[str, int] = {}

    def write(self, backup: str, witness: dict[str, str], *, with_parts: bool) -> Header:
        with read(self._zone.catalog.engine) as connection:
            dump.require_complete(connection)
            log = self._log(connection)
            schema = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
            rows = {table.name: dump.count(connection, table) for table in dump.tables()}
            self._total = sum(rows.values())
            for table in dump.tables():
                self._table(connection, table)
        self._files()
        # After the snapshot: whatever it names was written before, and objects are never overwritten.
        self._objects(with_parts=with_parts)
        return Header(
            id=backup,
            zone=zone_id(self._zone.settings),
            made=timestamp(now()),
            code=__version__,
            schema=schema,
            log=log,
            witness=witness,
            counts={**rows, **self._counts},
        )

    def _log(self, connection: Connection) -> dict[str, Any]:
        tree = StoredTree(connection)
        size = tree.size()
        return {
            "origin": self._zone.origin,
            "size": size,
            "root": tree.root(size).hex(),
            "checkpoint": latest(connection) or "",
            "keys": [key.to_text() for key in self._zone.log_keys],
        }

    def _table(self, connection: Connection, table: Any) -> None:
        for number, (rows, chunk) in enumerate(dump.chunks(connection, table)):
            packed = pa.compress(chunk, codec="zstd", asbytes=True)
            self._writer.add(f"tables/{table.name}/{number:06}.{len(chunk)}.jsonl.zst", packed)
            self._step(rows)

    def _files(self) -> None:
        settings = self._zone.settings
        for name, path in _files_of(settings):
            with contextlib.suppress(FileNotFoundError):
                self._writer.add(f"home/{name}", path.read_bytes())

    def _objects(self, *, with_parts: bool) -> None:
        places = PLACES if with_parts else ("lake",)
        blobs = [
            blob
            for place in places
            for blob in self._zone.blobs.list(place)
            if with_parts or blob.uri.endswith(DOCUMENTS)
        ]
        self._total += len(blobs)
        for blob in blobs:
            kind = _kind(blob.uri)
            with contextlib.suppress(NotFound), self._zone.blobs.open(blob.uri) as stream:
                # Rotation may have replaced a key table since it was listed: what is open is whole.
                if kind == "parts":
                    self._writer.add_stream(f"objects/{blob.uri}", stream, blob.size)
                else:
                    self._writer.add(f"objects/{blob.uri}", stream.read())
                self._counts[kind] = self._counts.get(kind, 0) + 1
            self._step(1)

    def _step(self, done: int) -> None:
        self._done += done
        self._progress(self._done, max(self._total, self._done))


def _kind(uri: str) -> str:
    return {".manifest.json": "manifests", ".keys.json": "key_tables"}.get(
        next((ending for ending in DOCUMENTS if uri.endswith(ending)), ""), "parts"
    )


def _files_of(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Files that belong to the zone, by where a restore puts them below its home."""
    yield "zone.json", settings.home / "zone.json"
    yield "keys/delivery-identity.json", settings.delivery_identity
    yield "witness.vkey", settings.home / "witness.vkey"
    for folder in ("certificates", "log-before"):
        for path in sorted((settings.home / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{folder}/{path.relative_to(settings.home / folder).as_posix()}", path
    root = settings.policy_dir
    for path in sorted(root.rglob("*")):
        if path.suffix in _POLICIES and path.is_file():
            yield f"policies/{path.relative_to(root).as_posix()}", path


def _witness(zone: Zone) -> dict[str, str]:
    """What the witness saw last; a witness that does not answer keeps nobody from making a backup."""
    try:
        return {"checkpoint": zone.witness.latest() or "", "key": zone.witness.key.to_text()}
    except Unavailable:
        return {}


@contextmanager
def _whole_or_nothing(target: Path) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """A file under a temporary name and what gives it its own; whatever goes wrong, neither name is left."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    published = False

    def publish() -> None:
        nonlocal published
        file.flush()
        os.fsync(file.fileno())
        link(temporary, target)
        published = True

    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield cast(BinaryIO, file), publish
        published = False  # it stands
    except OSError:
        failure = Unavailable(
            "backup.write",
            (f"The backup {target} cannot be written.", f"백업 {target}을(를) 쓸 수 없습니다."),
            ("Check the folder, its permissions and the free space.", "폴더와 권한, 남은 공간을 확인하십시오."),
            kept=("No file was left.", "파일은 남지 않았습니다."),
        )
    else:
        return
    finally:
        temporary.unlink(missing_ok=True)
        if published:
            target.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            sync(target.parent)
    raise failure from None
