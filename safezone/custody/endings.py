"""What ends with its key: states of versions and deliveries, and the wrapped keys that nothing opens any more."""

from __future__ import annotations

from collections.abc import Iterable

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, VersionRecord
from safezone.custody.scope import covered, parts_of
from safezone.errors import WrongState
from safezone.model import VersionState
from safezone.vault.door import INTAKE, QUARANTINE
from safezone.vault.parts import key_name
from safezone.vault.rewrap import emptied
from safezone.zone import Zone

_SHOWN = frozenset({VersionState.IN_REVIEW, VersionState.PUBLISHED})
_WRAPPED = (".keys.json", ".note.json")


def end_version(zone: Zone, version: VersionRecord, actor: str, reason: str) -> VersionRecord:
    """Move a version to DESTROYED; one that is shown is withdrawn first. One that is there stays as it is.

    Args:
        zone: whose catalog.
        version: as it stands.
        actor: who does it.
        reason: a word for the log's details: ``retention``, ``destruction``.
    """
    if version.state in _SHOWN:
        version = _moved(zone, version, VersionState.WITHDRAWN, actor, reason)
    if version.state is not VersionState.DESTROYED:
        version = _moved(zone, version, VersionState.DESTROYED, actor, reason)
    return version


def _moved(zone: Zone, version: VersionRecord, after: VersionState, actor: str, reason: str) -> VersionRecord:
    event = _event(f"version/{version.id}", after, actor, reason, version.manifest_digest, version.policy)
    with zone.catalog.write(event) as connection:
        zone.catalog.move(connection, version, after)
    return zone.catalog.get(VersionRecord, version.id)


def end_delivery(zone: Zone, delivery: DeliveryRecord, actor: str, reason: str) -> None:
    """Move a delivery to DESTROYED, and empty the wrapped keys of its objects in the same commit."""
    if delivery.state is VersionState.DESTROYED:
        return
    event = _event(f"delivery/{delivery.id}", VersionState.DESTROYED, actor, reason, delivery.content)
    with zone.catalog.write(event) as connection:
        latest = zone.catalog.get(DeliveryRecord, delivery.id, connection, lock=True)
        zone.catalog.move(connection, latest, VersionState.DESTROYED, intake=emptied(latest.intake))
        for entry in zone.catalog.list(QuarantineRecord, connection, delivery=delivery.id):
            zone.catalog.change(connection, entry, objects=emptied(entry.objects))


def _event(object_: str, after: VersionState, actor: str, reason: str, about: str, policy: str = "") -> AuditEvent:
    return history.moved(
        EventType.VERSION_STATE, actor, object_, after, about=about, policy=policy, details={"reason": reason}
    )


def end_covered(zone: Zone, names: Iterable[str], actor: str, reason: str) -> None:
    """End everything under keys that were destroyed, and remove its wrapped data keys.

    What another process ended meanwhile is left as it is.
    """
    alive = {key.name for key in zone.keys.list()}
    for name in names:
        found = covered(zone.catalog, name)
        for version in found.versions:
            try:
                end_version(zone, version, actor, reason)
            except WrongState:
                continue  # somebody else was quicker; a run again finds the rest
            remove_wrapped(zone, version)
        rows: list[DeliveryRecord | QuarantineRecord] = [*found.deliveries, *found.quarantined]
        for row in rows:
            _empty(zone, row, actor, name)
        known = parts_of(name)
        received = {key_name(known[0], place, known[2]) for place in (INTAKE, QUARANTINE)} if known else set()
        # A delivery has ended when nothing of what was received can be read, neither taken in nor set aside.
        if known and name in received and not received & alive:
            delivery = zone.catalog.find(DeliveryRecord, known[2])
            if delivery is not None and delivery.dataset == known[0]:
                end_delivery(zone, delivery, actor, reason)


def remove_wrapped(zone: Zone, version: VersionRecord) -> None:
    """Delete the key tables and notes of a version: wrapped data keys that nothing opens any more.

    The parts themselves are swept by housekeeping once no running step can need them; the manifest stays.
    """
    for blob in zone.blobs.list(f"lake/{version.dataset}/{version.stage}/{version.id}"):
        if blob.uri.endswith(_WRAPPED):
            zone.blobs.delete(blob.uri)


def _empty(zone: Zone, row: DeliveryRecord | QuarantineRecord, actor: str, name: str) -> None:
    kind: type[DeliveryRecord | QuarantineRecord] = type(row)
    column, word = ("intake", "delivery") if isinstance(row, DeliveryRecord) else ("objects", "quarantine")
    if all(not item["key"]["blob"] for item in getattr(row, column)):
        return
    event = AuditEvent(EventType.KEY_DESTROYED, actor, f"{word}/{row.id}", purpose=f"key/{name}")
    with zone.catalog.write(event) as connection:
        latest = zone.catalog.get(kind, row.id, connection, lock=True)
        zone.catalog.change(connection, latest, **{column: emptied(getattr(latest, column))})
