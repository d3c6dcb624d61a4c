"""Rotation: a new version of a key, and every data key under it closed anew.

Parts and manifests are not touched. A rotation that is cut off leaves each key table whole, either before or after;
running it again finishes what is left without adding another version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from safezone.access.actions import ZONE, Action, Actor
from safezone.audit.checkpoint import CHECKPOINT_KEY
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, VersionRecord
from safezone.custody.scope import covered
from safezone.errors import SafeZoneError
from safezone.keys import identity
from safezone.keys.naming import kind_of
from safezone.model import VersionState, now
from safezone.ports import KeyInfo
from safezone.vault.parts import key_table_uri
from safezone.vault.rewrap import rewrapped_objects, rewrapped_table
from safezone.zone import Zone

Progress = Callable[[int, int], None]
"""Told how many data keys were looked at, and of how many; the second number is an estimate until the end."""
BEGUN, FINISHED = "begun", "finished"
_EPOCH = datetime.fromtimestamp(0, UTC)
_BACKUPS = "kek/zone/backup/"
_WRITERS, _WAITING = 4, 16


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did.

    Attributes:
        name: the key.
        version: its current version now.
        rewrapped: data keys closed anew.
        resumed: whether an earlier run was finished, so that no version was added.
    """

    name: str
    version: int
    rewrapped: int
    resumed: bool = False


def rotate(zone: Zone, actor: Actor, name: str, progress: Progress = lambda done, total: None) -> Rotation:
    """Add a version to a key; under a key-encryption key, close every data key anew.

    Args:
        zone: opened as a duty that may rotate the key, or as the console.
        actor: who asks for it.
        name: the key.
        progress: told of the progress.

    Raises:
        Denied: the actor or the duty may not.
        NotFound: there is no such key.
        IntegrityFailure: some key table is damaged; all others were rewritten, and running it again tries anew.
    """
    object_ = f"key/{name}"
    zone.authorizer.authorize(actor, Action.KEYS_ROTATE, ZONE, object_)
    if kind_of(name) != "kek":
        with zone.catalog.write(AuditEvent(EventType.KEY_ROTATED, actor.id, object_)):
            version = zone.keys.rotate(name)
        if name == CHECKPOINT_KEY:
            zone.witness.enrol(zone.log_keys)  # else it would refuse the next checkpoint
        return Rotation(name, version, 0)
    past = history.events(zone.catalog, EventType.KEY_ROTATED, object_)
    resumed = bool(past) and past[-1]["purpose"] == BEGUN
    if resumed:
        version = zone.keys.ensure(name)
    else:
        with zone.catalog.write(AuditEvent(EventType.KEY_ROTATED, actor.id, object_, purpose=BEGUN)):
            version = zone.keys.rotate(name)
    rewrapped = _rewrap(zone, actor, name, version, progress)
    details: dict[str, str | int] = {"version": version, "rewrapped": rewrapped}
    with zone.catalog.write(
        AuditEvent(EventType.KEY_ROTATED, actor.id, object_, purpose=FINISHED, details=details)
    ):
        pass
    return Rotation(name, version, rewrapped, resumed)


def due(zone: Zone, days: int) -> list[str]:
    """Key-encryption keys whose current version is older than `days` days, or whose rotation was cut off.

    A provider tells when a key was made; the log, when it was rotated last. Keys of backups are left out: what they
    close lies elsewhere and is written once.
    """
    limit = now() - timedelta(days=days)
    return [
        key.name
        for key in zone.keys.list()
        if kind_of(key.name) == "kek" and not key.name.startswith(_BACKUPS) and _since(zone, key) <= limit
    ]


def _since(zone: Zone, key: KeyInfo) -> datetime:
    past = history.events(zone.catalog, EventType.KEY_ROTATED, f"key/{key.name}")
    if past and past[-1]["purpose"] == BEGUN:
        return _EPOCH
    try:
        moment = datetime.fromisoformat(past[-1]["time"] if past else key.created)
    except ValueError:
        return _EPOCH  # a provider that does not say when: old enough
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rewrap(zone: Zone, actor: Actor, name: str, current: int, progress: Progress) -> int:
    found = covered(zone.catalog, name)
    done = 0
    if name == identity.KEK:
        done += identity.rewrap(zone.keys, zone.settings.delivery_identity)
    for delivery in found.deliveries:
        done += _rewrap_row(zone, actor, name, current, delivery, "intake")
    for entry in found.quarantined:
        done += _rewrap_row(zone, actor, name, current, entry, "objects")
    living = [version for version in found.versions if version.state is not VersionState.DESTROYED]
    return done + _rewrap_versions(zone, living, current, progress)


def _rewrap_row(
    zone: Zone, actor: Actor, name: str, current: int, row: DeliveryRecord | QuarantineRecord, column: str
) -> int:
    """Rewrite the wrapped keys that lie in one row of the catalog, in one transaction."""
    if not rewrapped_objects(zone.keys, name, getattr(row, column), current)[1]:
        return 0
    kind: type[DeliveryRecord | QuarantineRecord] = type(row)
    object_ = f"{'delivery' if kind is DeliveryRecord else 'quarantine'}/{row.id}"
    # Purposes of the key's own events say how far it is; this one belongs to the row.
    event = AuditEvent(EventType.KEY_ROTATED, actor.id, object_, purpose=f"key/{name}")
    with zone.catalog.write(event) as connection:
        latest = zone.catalog.get(kind, row.id, connection, lock=True)
        items, renewed = rewrapped_objects(zone.keys, name, getattr(latest, column), current)
        zone.catalog.change(connection, latest, **{column: items})
    return renewed


def _rewrap_versions(zone: Zone, versions: list[VersionRecord], current: int, progress: Progress) -> int:
    """Rewrite the key tables of versions; a damaged one holds up no other."""
    renewed, looked_at, left = 0, 0, len(versions)
    fault: SafeZoneError | None = None

    def tick(more: int) -> None:
        nonlocal looked_at
        looked_at += more
        progress(looked_at, max(looked_at, expected) + left)

    expected = 0
    with _writer(zone) as replace:
        for version in versions:
            left -= 1
            uri = key_table_uri(version.manifest_uri)
            try:
                manifest = zone.vault.manifest(version)
                expected += len(manifest.parts)
                made = rewrapped_table(zone.blobs, zone.keys, manifest, uri, current, tick)
            except SafeZoneError as error:
                fault = fault or error
                continue
            if made is not None:
                replace(uri, made[0])
                renewed += made[1]
    if fault is not None:
        raise fault
    return renewed


@contextmanager
def _writer(zone: Zone) -> Iterator[Callable[[str, bytes], None]]:
    """Replace blobs in threads of their own: each waits for the disk, and keys are used in one thread alone."""
    waiting: set[Future[None]] = set()
    with ThreadPoolExecutor(_WRITERS) as pool:

        def replace(uri: str, data: bytes) -> None:
            nonlocal waiting
            while len(waiting) >= _WAITING:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
            waiting.add(pool.submit(zone.blobs.replace, uri, data))

        yield replace
        for future in waiting:
            future.result()
