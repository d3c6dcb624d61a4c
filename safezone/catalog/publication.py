"""Changes of a version's state, and what publishing one brings with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history, jobs
from safezone.catalog.records import DeliveryRecord, VersionRecord
from safezone.catalog.store import Catalog
from safezone.model import JobKind, Stage, VersionState


def version_event(actor: str, version: VersionRecord, state: VersionState, reason: str = "") -> AuditEvent:
    """The event a version's change of state is saved with."""
    return history.moved(
        EventType.VERSION_STATE,
        actor,
        f"version/{version.id}",
        state,
        about=version.manifest_digest,
        policy=version.policy,
        details={"reason": reason} if reason else {},
    )


def publish(
    catalog: Catalog, actor: str, version: VersionRecord, *events: AuditEvent, also: Sequence[Any] = ()
) -> None:
    """Publish a version, and in the same commit withdraw those that it corrects.

    A delivery may supersede an earlier one: what was published from that one is wrong and can no longer be asked
    for. A job announces the version to whoever schedules on it.

    Args:
        catalog: the store.
        actor: who publishes; entitled by the caller.
        version: a version in review.
        events: what it is saved with besides (the review).
        also: records that belong to the same commit.

    Raises:
        WrongState: it is not in review any more.
    """
    corrected = superseded(catalog, version)
    job = jobs.new(JobKind.ANNOUNCE, version.id, 1, actor)
    changes = [version_event(actor, old, VersionState.WITHDRAWN, "superseded") for old in corrected]
    published = version_event(actor, version, VersionState.PUBLISHED)
    with catalog.write(*events, published, *changes, jobs.event(actor, job)) as connection:
        catalog.move(connection, version, VersionState.PUBLISHED)
        for old in corrected:
            catalog.move(connection, old, VersionState.WITHDRAWN)
        for each in (*also, job):
            catalog.add(connection, each)


def superseded(catalog: Catalog, version: VersionRecord) -> list[VersionRecord]:
    """Published versions of the delivery that this version's delivery corrects."""
    replaced = catalog.get(DeliveryRecord, version.delivery).supersedes
    if replaced is None:
        return []
    return catalog.list(
        VersionRecord,
        dataset=version.dataset,
        delivery=replaced,
        stage=Stage.PUBLISHED,
        state=VersionState.PUBLISHED,
    )
