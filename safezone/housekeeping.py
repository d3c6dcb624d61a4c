"""Housekeeping: what is over ends, what retention says is destroyed, and what no transaction owns is removed."""

from __future__ import annotations

import time
from datetime import timedelta

from safezone.access.actions import ZONE, Action, Actor
from safezone.airlock import jobs, release
from safezone.audit.event import AuditEvent, EventType
from safezone.boundary import boundary
from safezone.catalog.policies import of_version
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, ReleaseRecord, VersionRecord
from safezone.errors import SafeZoneError
from safezone.model import Duty, Stage, VersionState, now
from safezone.zone import Zone

INGEST = Actor.duty(Duty.INGEST)
GRACE_SECONDS = 24 * 3600
"""An object younger than this may belong to a step that is still running."""


def keep_house(ingest: Zone, releasing: Zone) -> dict[str, int]:
    """Do everything that is due.

    Args:
        ingest: the zone as the ingest duty, which destroys keys and sweeps.
        releasing: the zone as the release duty, which ends releases and queues jobs again.

    Returns:
        How many releases ended, jobs were queued again, versions were destroyed and orphans removed.
    """
    with boundary("housekeeping"):
        ingest.authorizer.authorize(INGEST, Action.HOUSEKEEPING_RUN, ZONE)
        return {
            "expired": release.expire(releasing.airlock),
            "requeued": jobs.requeue_stale(releasing.catalog, Duty.RELEASE.value),
            "destroyed": destroy_expired(ingest),
            "swept": sweep(ingest),
        }


def destroy_expired(zone: Zone) -> int:
    """Destroy versions whose retention is over (PIPA art. 21): their key first, then the bytes."""
    destroyed = 0
    for version in zone.catalog.list(VersionRecord):
        if version.state is VersionState.DESTROYED or not _over(zone, version):
            continue
        if version.state in {VersionState.IN_REVIEW, VersionState.PUBLISHED}:
            version = _moved(zone, version, VersionState.WITHDRAWN)
        _moved(zone, version, VersionState.DESTROYED)
        destroyed += 1
        _shred(zone, version)
    return destroyed


def _over(zone: Zone, version: VersionRecord) -> bool:
    retention = of_version(zone.catalog, version.policy).retention
    days = {
        Stage.RAW: retention.raw_days,
        Stage.DEIDENTIFIED: retention.deidentified_days,
        Stage.PUBLISHED: retention.published_days,
    }[version.stage]
    return version.created + timedelta(days=days) <= now()


def _moved(zone: Zone, version: VersionRecord, after: VersionState) -> VersionRecord:
    event = AuditEvent(
        EventType.VERSION_STATE,
        INGEST.id,
        f"version/{version.id}",
        purpose=version.manifest_digest,
        policy=version.policy,
        details={"state": after.value, "reason": "retention"},
    )
    with zone.catalog.write(event) as connection:
        zone.catalog.move(connection, version, after)
    return zone.catalog.get(VersionRecord, version.id)


def _shred(zone: Zone, version: VersionRecord) -> None:
    """Destroy the keys of a stage of a delivery once no living version needs them."""
    living = [
        other
        for other in zone.catalog.list(
            VersionRecord, dataset=version.dataset, stage=version.stage, delivery=version.delivery
        )
        if other.state is not VersionState.DESTROYED
    ]
    if living:
        return
    places = [version.stage.value]
    if version.stage is Stage.RAW:
        places += ["intake", "quarantine"]
    existing = {key.name for key in zone.keys.list()}
    for place in places:
        name = f"kek/{version.dataset}/{place}/{version.delivery}"
        if name in existing:
            event = AuditEvent(EventType.KEY_DESTROYED, INGEST.id, f"key/{name}", purpose="retention")
            with zone.catalog.write(event):
                zone.keys.destroy(name)
    for part in zone.vault.manifest(version).parts:
        zone.blobs.delete(part.uri)


def sweep(zone: Zone, grace: float = GRACE_SECONDS) -> int:
    """Remove objects no committed record names and no running step can still need. Returns how many."""
    owned = _owned(zone)
    oldest = time.time() - grace
    swept = 0
    for prefix in ("lake", "intake", "quarantine", "packages"):
        for blob in zone.blobs.list(prefix):
            if blob.uri not in owned and blob.modified < oldest:
                zone.blobs.delete(blob.uri)
                swept += 1
    return swept


def _owned(zone: Zone) -> set[str]:
    owned: set[str] = set()
    for version in zone.catalog.list(VersionRecord):
        owned |= {version.manifest_uri, version.manifest_uri.removesuffix(".manifest.json") + ".keys.json"}
        try:
            owned |= {part.uri for part in zone.vault.manifest(version).parts}
        except SafeZoneError:
            # A damaged manifest tells nothing of its parts: keep everything of that version for the auditor.
            owned |= _below(zone, f"lake/{version.dataset}/{version.stage}/{version.id}")
    for delivery in zone.catalog.list(DeliveryRecord):
        owned |= {item["uri"] for item in delivery.intake}
    for entry in zone.catalog.list(QuarantineRecord):
        owned |= {item["uri"] for item in entry.objects}
    owned |= {item.uri for item in zone.catalog.list(ReleaseRecord)}
    return owned


def _below(zone: Zone, prefix: str) -> set[str]:
    return {blob.uri for blob in zone.blobs.list(prefix)}
