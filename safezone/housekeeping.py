"""Housekeeping: what is over ends, what retention says is destroyed, and what no transaction owns is removed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import timedelta

from safezone.access.actions import ZONE, Action, Actor
from safezone.airlock import release
from safezone.audit.event import EventType
from safezone.audit.retention import prune
from safezone.boundary import boundary
from safezone.catalog import history, jobs
from safezone.catalog.policies import of_version, require_in_force
from safezone.catalog.records import (
    DeliveryRecord,
    PolicyRecord,
    ProjectRecord,
    QuarantineRecord,
    ReleaseRecord,
    VersionRecord,
)
from safezone.custody import destroy, orders, projects
from safezone.custody.endings import end_delivery, end_version
from safezone.errors import DeliveryError, SafeZoneError
from safezone.model import Duty, Stage, VersionState, now
from safezone.pipeline.receive import commitment, is_id
from safezone.sources.delivery import read_manifest
from safezone.vault.door import INTAKE, QUARANTINE
from safezone.vault.parts import key_name
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
        How many releases ended, jobs were queued again, deliveries left the inbox, details of the log were
        forgotten, versions were destroyed, keys of ended projects and agreed destructions were carried out, and
        objects removed.

    Raises:
        SafeZoneError: something could not be decided; everything else was done.
    """
    with boundary("housekeeping"):
        ingest.authorizer.authorize(INGEST, Action.HOUSEKEEPING_RUN, ZONE)
        done = {
            "expired": release.expire(releasing.airlock),
            "requeued": jobs.requeue_stale(releasing.catalog, Duty.RELEASE.value),
            "cleared": clear_inbox(ingest),
            "forgotten": sum(prune(ingest.catalog.engine, INGEST.id).values()),
        }
        faults: list[SafeZoneError] = []
        steps: dict[str, Callable[[], int]] = {
            "destroyed": lambda: destroy_expired(ingest),
            "ended_projects": lambda: end_projects(ingest, releasing),
            "shredded": lambda: carry_out(ingest, releasing),
            "swept": lambda: sweep(ingest),
        }
        # What one of these cannot decide holds up none of the others.
        for name, step in steps.items():
            try:
                done[name] = step()
            except SafeZoneError as error:
                faults.append(error)
        if faults:
            raise faults[0]
        return done


def carry_out(ingest: Zone, releasing: Zone) -> int:
    """Carry out destructions that two people agreed to and whose waiting time is over. Returns how many.

    Before that, whatever an earlier run began and did not certify is gone on with.

    Raises:
        SafeZoneError: one of them could not be proven; all others were carried out.
    """
    finished = destroy.finish(ingest, INGEST.id, (releasing,))
    return len(finished) + len(orders.run_due(ingest, INGEST, (releasing,)))


def end_projects(ingest: Zone, releasing: Zone) -> int:
    """Destroy the keys of projects that have ended, once none of their releases is alive. Returns how many.

    A project's key is additional information, kept no longer than it is needed (Decree of PIPA, article 29-5(1)).
    """
    existing = {key.name for key in releasing.keys.list()}
    ended = 0
    for project in releasing.catalog.list(ProjectRecord):
        name = f"project/{project.id}"
        if name in existing and projects.is_over(releasing.catalog, releasing.accounts, project.id):
            reason = f"{project.id}: {project.title}"
            authority = destroy.Authority("project-end", name, reason)
            done = destroy.destroy(releasing, [name], authority, Duty.RELEASE.value, others=(ingest,))
            ended += done is not None
    return ended


def clear_inbox(zone: Zone) -> int:
    """Remove received deliveries from the inbox: they are kept encrypted, and plaintext does not stay there.

    A folder goes only when it is, to the digest, what was received, and every intake object is really in the
    store. What is in quarantine stays until its steward has looked at it. Returns how many went.
    """
    cleared = 0
    for delivery in zone.catalog.list(DeliveryRecord, state=VersionState.RECEIVED):
        folder = zone.settings.inbox / delivery.id
        if not is_id(delivery.id) or folder.is_symlink() or not folder.is_dir():
            continue
        try:
            same = commitment(zone.keys, read_manifest(folder)) == delivery.content
        except DeliveryError:
            continue  # something else lies there under this id now
        if same and delivery.intake and all(zone.blobs.exists(item["uri"]) for item in delivery.intake):
            shutil.rmtree(folder)
            cleared += 1
    return cleared


def destroy_expired(zone: Zone) -> int:
    """Destroy versions and deliveries whose retention is over (PIPA art. 21), with the keys that opened them.

    The states are committed first, the keys follow, and the sweep takes the bytes. A run that is cut off between
    is made good by the next one, which looks at every key that nothing living needs.

    Returns:
        How many versions were destroyed.

    Raises:
        SafeZoneError: whether some version is over could not be decided; the others were destroyed.
    """
    destroyed = 0
    fault: SafeZoneError | None = None
    for version in zone.catalog.list(VersionRecord):
        try:
            if version.state is VersionState.DESTROYED or not _over(zone, version):
                continue
            end_version(zone, version, INGEST.id, destroy.RETENTION)
            destroyed += 1
        except SafeZoneError as error:
            fault = fault or error
    _end_deliveries(zone)
    _destroy_keys(zone)
    if fault is not None:
        raise fault
    return destroyed


def _over(zone: Zone, version: VersionRecord) -> bool:
    retention = of_version(zone.catalog, version.policy).retention
    days = {
        Stage.RAW: retention.raw_days,
        Stage.DEIDENTIFIED: retention.deidentified_days,
        Stage.PUBLISHED: retention.published_days,
    }[version.stage]
    return version.created + timedelta(days=days) <= now()


def _past(zone: Zone, version: VersionRecord) -> bool:
    """Whether a destroyed version's time is over, and not only its key destroyed before that by two people."""
    try:
        return _over(zone, version)
    except SafeZoneError:
        return False


def _end_deliveries(zone: Zone) -> None:
    """End deliveries none of whose raw versions lives, and those that never became one, when their time is over."""
    days: dict[str, int | None] = {}
    for delivery in zone.catalog.list(DeliveryRecord):
        if delivery.state is VersionState.DESTROYED:
            continue
        raw = zone.catalog.list(VersionRecord, stage=Stage.RAW, delivery=delivery.id)
        if raw:
            over = all(version.state is VersionState.DESTROYED and _past(zone, version) for version in raw)
        else:
            if delivery.dataset not in days:
                days[delivery.dataset] = _raw_days(zone, delivery.dataset)
            limit = days[delivery.dataset]
            over = limit is not None and delivery.created + timedelta(days=limit) <= now()
        if over:
            end_delivery(zone, delivery, INGEST.id, destroy.RETENTION)


def _raw_days(zone: Zone, dataset: str) -> int | None:
    """How long the newest policy that two people approved keeps raw data; None when none is in force."""
    for record in reversed(zone.catalog.list(PolicyRecord, dataset=dataset)):
        try:
            policy = of_version(zone.catalog, record.digest)
            require_in_force(zone.catalog, zone.accounts, policy)
        except SafeZoneError:
            continue
        return policy.retention.raw_days
    return None


def _destroy_keys(zone: Zone) -> None:
    """Destroy the keys of what was destroyed, unless something living is under the same key."""
    over: dict[str, str] = {}
    needed: set[str] = set()
    for version in zone.catalog.list(VersionRecord):
        name = key_name(version.dataset, version.stage, version.delivery)
        if version.state is VersionState.DESTROYED:
            over[name] = f"version/{version.id}"
        else:
            needed.add(name)
    for delivery in zone.catalog.list(DeliveryRecord):
        names = {key_name(delivery.dataset, place, delivery.id) for place in (INTAKE, QUARANTINE)}
        if delivery.state is VersionState.DESTROYED:
            over |= dict.fromkeys(names, f"delivery/{delivery.id}")
        else:
            needed |= names
    existing = {key.name for key in zone.keys.list()}
    gone = [name for name in (existing & set(over)) - needed if _destroyed(zone, over[name])]
    destroy.destroy(zone, gone, destroy.Authority(destroy.RETENTION, destroy.RETENTION), INGEST.id)


def _destroyed(zone: Zone, object_: str) -> bool:
    """Whether the log says so too: a state edited by hand must not make the zone destroy what is living."""
    return history.reached(zone.catalog, EventType.VERSION_STATE, object_, {VersionState.DESTROYED.value})


def sweep(zone: Zone, grace: float = GRACE_SECONDS) -> int:
    """Remove objects that no living record names and no running step can still need. Returns how many."""
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
        # The manifest of a destroyed version stays: later versions and packages refer to its digest.
        owned.add(version.manifest_uri)
        if version.state is VersionState.DESTROYED and _destroyed(zone, f"version/{version.id}"):
            continue
        owned.add(version.manifest_uri.removesuffix(".manifest.json") + ".keys.json")
        try:
            owned |= {part.uri for part in zone.vault.manifest(version).parts}
        except SafeZoneError:
            # A damaged manifest tells nothing of its parts: keep everything of that version for the auditor.
            owned |= _below(zone, f"lake/{version.dataset}/{version.stage}/{version.id}")
    gone: set[str] = set()
    for delivery in zone.catalog.list(DeliveryRecord):
        if delivery.state is VersionState.DESTROYED and _destroyed(zone, f"delivery/{delivery.id}"):
            gone.add(delivery.id)
        else:
            owned |= {item["uri"] for item in delivery.intake}
    for entry in zone.catalog.list(QuarantineRecord):
        if entry.delivery not in gone:
            owned |= {item["uri"] for item in entry.objects}
    owned |= {item.uri for item in zone.catalog.list(ReleaseRecord) if item.revoked is None}
    return owned


def _below(zone: Zone, prefix: str) -> set[str]:
    return {blob.uri for blob in zone.blobs.list(prefix)}
