"""Restoring a backup: into an empty place, whole or not at all, and only after everything in it was checked.

The order is the point. Signature and digest of the file are checked before a byte is decrypted. The zone is put together
in a private folder (`safezone.backup.staging`) and checked there: seals, manifests, key tables, the log against its
checkpoints and the witness. Only then is the person asked for: the token must prove an account of the *restored* catalog
that may restore. What was destroyed since the backup is destroyed again. Then the zone takes its place in one step.

A keystore comes first: put back by `safezone.backup.recovery.combine`, or at its key server all along.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from sqlalchemy import inspect

from safezone.access.actions import ZONE, Action, Actor
from safezone.audit.engine import open_engine, read, write
from safezone.audit.event import AuditEvent, EventType
from safezone.backup import archive, checks, dump, recovery, succession
from safezone.backup.archive import Header
from safezone.backup.checks import Check
from safezone.backup.files import put
from safezone.backup.staging import require_empty, staging, take_place
from safezone.backup.succession import Standing
from safezone.catalog import migrate
from safezone.custody.destroy import replay
from safezone.errors import SafeZoneError, Text, Unavailable, WrongState
from safezone.keys.open import open_provider
from safezone.keys.passphrase import read_passphrase
from safezone.ports import BlobStore, KeyProvider
from safezone.settings import Settings
from safezone.storage.arrow import from_url
from safezone.zone import Zone

Progress = Callable[[int, int], None]
_MEMBER = re.compile(r"tables/(?P<table>[a-z_]+)/\d+\.(?P<size>\d+)\.jsonl\.zst")
_HOME = ("zone.json", "witness.vkey", "keys/delivery-identity.json", "certificates/", "log-before/", "policies/")
_SMALL = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did, or a rehearsal would do.

    Attributes:
        backup: the backup's id.
        made: when it was made.
        home: where the zone is.
        rehearsed: whether everything was only checked and thrown away again.
        log: the log that goes on: the old one's name, or the new one's after a loss.
        standing: how far the witness is ahead.
        checks: what was looked at.
        destroyed: keys destroyed again.
        left: what could not be done after the zone was in its place, each with what to do.
    """

    backup: str
    made: str
    home: Path
    rehearsed: bool
    log: str
    standing: Standing
    checks: tuple[Check, ...]
    destroyed: tuple[str, ...] = ()
    left: tuple[SafeZoneError, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "id": self.backup,
            "state": "REHEARSED" if self.rehearsed else "RESTORED",
            "made": self.made,
            "home": str(self.home.absolute()),
            "log": self.log,
            "log_size": self.standing.held,
            "witnessed": self.standing.seen if self.standing.known else None,
            "lost": self.standing.lost,
            "checks": [check.to_json() for check in self.checks],
            "destroyed_again": list(self.destroyed),
            "left": [error.code for error in self.left],
        }


def restore(
    settings: Settings,
    file: Path,
    *,
    accept_loss: bool = False,
    rehearse: bool = False,
    progress: Progress = lambda *_: None,
) -> Restored:
    """Restore a backup at ``settings.home``.

    Args:
        settings: where to, with which keys, witness and ledger; the token proves who restores.
        file: the backup.
        accept_loss: a person knows that entries the witness saw are not in it (`safezone.backup.succession`).
        rehearse: check everything and leave nothing; home may be a living zone.
        progress: called while members are read.

    Raises:
        WrongState: something is there already, or entries would be lost and nobody accepted it.
        IntegrityFailure: backup, log or accounts are not what was written.
        Denied: the keys are not the backup's, or the account may not restore.
        Unavailable: keys, file, witness or disk do not answer. In all these cases nothing was restored.
    """
    settings = settings.model_copy(update={"home": settings.home.absolute()})
    if not rehearse:
        require_empty(settings.home)
        _require_empty_catalog(settings)
    _require_keys(settings)
    header = archive.open_header(file, _provider(settings))
    with staging(settings.home) as folder:
        (folder / "catalog.db").touch(mode=0o600)
        staged = settings.model_copy(
            update={
                "home": folder,
                "catalog_url": f"sqlite:///{(folder / 'catalog.db').absolute()}",
                "storage_url": "",
            }
        )
        _unpack(file, header, _provider(staged), staged, progress)
        with Zone.open(staged, None) as zone:
            stores = [zone.blobs, *([from_url(settings.storage_url)] if settings.storage_url else [])]
            found, looked = _examine(zone, header, stores)
            succession.require_accepted(found, accepted=accept_loss or rehearse)
            actor = _authorized(zone, header)
            if rehearse:
                return Restored(header.id, header.made, settings.home, True, zone.origin, found, looked)
            log, again, noted = _settle(zone, actor, header, found)
        _move(settings, staged, folder)
    left = _afterwards(settings)
    return Restored(header.id, header.made, settings.home, False, log, found, (*looked, *noted), again, tuple(left))


def _provider(settings: Settings) -> KeyProvider:
    return open_provider(
        settings.keys_url,
        keystore=settings.keystore,
        passphrase=lambda: read_passphrase(settings.passphrase_file, settings.home),
        credentials=settings.keys_credentials,
    )


def _unpack(file: Path, header: Header, keys: KeyProvider, staged: Settings, progress: Progress) -> None:
    """Decrypt every member into the staging folder, the tables in one transaction."""
    engine = open_engine(staged.catalog)
    blobs = from_url(staged.lake)
    try:
        with archive.members(file, header, keys) as members, write(engine) as connection:
            migrate.apply(connection, header.schema)
            loader = dump.Loader(connection)
            for number, (name, size, stream) in enumerate(members, 1):
                if found := _MEMBER.fullmatch(name):
                    loader.load(found["table"], _unpacked(stream, size, int(found["size"])))
                elif name.startswith("home/") and size <= _SMALL:
                    put(staged.home / _below_home(name.removeprefix("home/")), stream.read())
                elif name.startswith("objects/"):
                    with blobs.create(name.removeprefix("objects/")) as out:
                        shutil.copyfileobj(stream, out, 1024 * 1024)
                else:
                    raise archive.damaged()
                progress(number, int(header.contents["members"]))
            loader.finish()
            if any(loader.rows.get(table.name, 0) != header.counts.get(table.name, 0) for table in dump.tables()):
                raise archive.damaged()
        migrate.upgrade(engine)
    finally:
        engine.dispose()


def _unpacked(stream: BinaryIO, size: int, plain: int) -> bytes:
    if size > _SMALL or plain > _SMALL:
        raise archive.damaged()
    try:
        return bytes(pa.decompress(stream.read(), decompressed_size=plain, codec="zstd", asbytes=True))
    except (pa.ArrowException, OSError):
        raise archive.damaged() from None


def _below_home(name: str) -> Path:
    path = Path(name)
    if not name.startswith(_HOME) or path.is_absolute() or ".." in path.parts:
        raise archive.damaged()
    return path


def _examine(zone: Zone, header: Header, stores: list[BlobStore]) -> tuple[Standing, tuple[Check, ...]]:
    rows = sum(header.counts.get(table.name, 0) for table in dump.tables())
    text = Text("rows, under the backup's signature and digest", "행(백업의 서명과 해시 확인)")
    found = succession.standing(zone, header)
    about, manifests = checks.check_manifests(zone)
    return found, (
        Check("backup", "VALID", rows, 0, text),
        checks.check_accounts(zone),
        *about,
        checks.check_parts(zone, manifests, stores),
        *checks.check_log(zone, header, found),
    )


def _authorized(zone: Zone, header: Header) -> Actor:
    actor = Actor.account(zone.account())
    zone.authorizer.authorize(actor, Action.BACKUP_RESTORE, ZONE, header.id)
    return actor


def _settle(
    zone: Zone, actor: Actor, header: Header, found: Standing
) -> tuple[str, tuple[str, ...], tuple[Check, ...]]:
    """Write down what happens, end the old log if entries are lost, destroy again what was destroyed."""
    log = zone.origin
    event = AuditEvent(EventType.BACKUP_RESTORED, actor.id, f"backup/{header.id}", purpose=found.fact)
    with zone.catalog.write(event) as connection:
        if not found.whole:
            log = succession.succeed(zone, connection, found, header)
    done = replay(zone, actor.id)
    noted = [
        Check(
            "destroyed",
            "NOTED" if done.unproven or done.broken else "VALID",
            len(done.destroyed),
            len(done.unproven),
            Text(
                "keys destroyed again; the ledger's other words are unproven",
                "다시 파기한 키(그 밖의 원장 기록은 증명되지 않음)",
            ),
        )
    ]
    return log, done.destroyed, tuple(noted)


def _move(settings: Settings, staged: Settings, folder: Path) -> None:
    """Bring everything to where the settings want it; the home comes last."""
    made: list[str] = []
    storage = from_url(settings.storage_url) if settings.storage_url else None
    try:
        if storage is not None:
            _copy_objects(from_url(staged.lake), storage, made)
            shutil.rmtree(staged.lake)
        if settings.catalog_url:
            _copy_catalog(staged, settings)
            for name in ("catalog.db", "catalog.db-wal", "catalog.db-shm"):
                (folder / name).unlink(missing_ok=True)
        take_place(folder, settings.home)
    except BaseException:
        if storage is not None:
            for uri in made:
                with contextlib.suppress(SafeZoneError):
                    storage.delete(uri)
        raise


def _copy_objects(source: BlobStore, target: BlobStore, made: list[str]) -> None:
    """Put objects where they belong; one that is there stays: it is the same, or a key table rotated since."""
    for blob in source.list(""):
        if target.exists(blob.uri):
            continue
        with source.open(blob.uri) as stream, target.create(blob.uri) as out:
            shutil.copyfileobj(stream, out, 1024 * 1024)
        made.append(blob.uri)


def _copy_catalog(staged: Settings, settings: Settings) -> None:
    """Load the checked catalog into the empty database it belongs in, in one transaction."""
    source, target = open_engine(staged.catalog), open_engine(settings.catalog)
    try:
        with read(source) as rows, write(target) as connection:
            migrate.apply(connection)
            loader = dump.Loader(connection)
            for table in dump.tables():
                for _, chunk in dump.chunks(rows, table):
                    loader.load(table.name, chunk)
            loader.finish()
    finally:
        source.dispose()
        target.dispose()


def _require_keys(settings: Settings) -> None:
    """The keys come first; the advice to run `safezone init` would make others."""
    if settings.keys_url or (settings.keystore.exists() and settings.passphrase_file.exists()):
        return
    raise Unavailable(
        "restore.no_keys",
        (
            f"There is no keystore at {settings.keystore}, or no passphrase at {settings.passphrase_file}.",
            f"{settings.keystore}에 키 저장소가 없거나 {settings.passphrase_file}에 암호구가 없습니다.",
        ),
        (
            "Put them back first: safezone keys recovery combine COPY. Do not run init: new keys open no backup.",
            "먼저 복구하십시오: safezone keys recovery combine COPY. init으로 만든 새 키로는 백업을 열 수 없습니다.",
        ),
    )


def _require_empty_catalog(settings: Settings) -> None:
    if not settings.catalog_url:
        return
    engine = open_engine(settings.catalog)
    try:
        with read(engine) as connection:
            names = inspect(connection).get_table_names()
    finally:
        engine.dispose()
    if names:
        raise WrongState(
            "restore.catalog",
            ("The catalog's database is not empty.", "카탈로그 데이터베이스가 비어 있지 않습니다."),
            (
                "Name an empty database in SAFEZONE_CATALOG_URL; nothing is ever restored over another catalog.",
                "SAFEZONE_CATALOG_URL에 빈 데이터베이스를 지정하십시오. 다른 카탈로그 위에는 복원하지 않습니다.",
            ),
        )


def _afterwards(settings: Settings) -> list[SafeZoneError]:
    """What belongs to a zone in its place. The zone stands, whatever of this has to wait."""
    left: list[SafeZoneError] = []
    with Zone.open(settings, None) as zone:
        for step in (succession.settle, recovery.renew):
            try:
                step(zone)
            except SafeZoneError as error:
                left.append(error)
    return left
