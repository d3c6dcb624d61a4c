"""Quarantine: what does not match is set aside, encrypted, with a reason a person can act on. Nothing is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from safezone.access.authorize import Grant
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog.records import DeliveryRecord, QuarantineRecord
from safezone.catalog.store import new_id
from safezone.errors import DeliveryError, SafeZoneError, WrongState
from safezone.model import VersionState, now
from safezone.pipeline.context import Ingest
from safezone.policy.dataset import DatasetPolicy
from safezone.vault.door import QUARANTINE, SealedObject

CHUNK = 1 << 20
MAX_FINDINGS = 1_000


def copy_file(path: Path) -> Callable[[BinaryIO], None]:
    """What fills an object with the bytes of a file."""

    def fill(sink: BinaryIO) -> None:
        # The folder is the agency's: a file exchanged for a link meanwhile is not followed.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
            shutil.copyfileobj(stream, sink, CHUNK)

    return fill


def entry(
    policy: DatasetPolicy,
    delivery: str,
    kind: str,
    error: SafeZoneError,
    *,
    rows: int = 0,
    findings: Sequence[dict[str, Any]] = (),
    objects: Sequence[SealedObject] = (),
) -> QuarantineRecord:
    """Build a quarantine entry.

    Args:
        policy: of the dataset.
        delivery: the delivery concerned.
        kind: "delivery" or "rows".
        error: says what was wrong, in both languages, without values.
        rows: how many rows are set aside.
        findings: line, column and rule of each bad row, at most `MAX_FINDINGS`.
        objects: the encrypted objects that hold what was set aside.
    """
    return QuarantineRecord(
        id=new_id("q"),
        dataset=policy.dataset,
        controller=policy.controller,
        delivery=delivery,
        kind=kind,
        code=error.code,
        reason_en=f"{error.what.en} {error.next_step.en}",
        reason_ko=f"{error.what.ko} {error.next_step.ko}",
        rows=rows,
        findings=list(findings[:MAX_FINDINGS]),
        objects=[item.to_json() for item in objects],
        created=now(),
    )


def event(record: QuarantineRecord, grant: Grant, policy: DatasetPolicy) -> AuditEvent:
    """The event an entry is saved with."""
    return AuditEvent(
        EventType.DELIVERY_QUARANTINED,
        grant.actor.id,
        f"quarantine/{record.id}",
        purpose=f"delivery/{record.delivery}",
        policy=policy.sha256,
        details={"kind": record.kind, "code": record.code, "rows": record.rows},
    )


def set_aside_new(
    zone: Ingest, grant: Grant, policy: DatasetPolicy, delivery: str, folder: Path, error: DeliveryError
) -> DeliveryError:
    """Quarantine a delivery that could not even be received: everything readable in it is encrypted.

    Returns:
        The error to raise, naming the quarantine entry.
    """
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    files = [path for path in there if path.is_file() and not path.is_symlink()]
    objects = [
        zone.vault.seal_object(grant, QUARANTINE, policy.dataset, delivery, f"file-{number:05}", copy_file(path))
        for number, path in enumerate(files[: policy.delivery.max_files])
    ]
    return set_aside_sealed(zone, grant, policy, delivery, error, objects)


def set_aside_sealed(
    zone: Ingest,
    grant: Grant,
    policy: DatasetPolicy,
    delivery: str,
    error: DeliveryError,
    objects: Sequence[SealedObject],
) -> DeliveryError:
    """Quarantine a delivery whose files are encrypted already, before it was committed."""
    record = entry(policy, delivery, "delivery", error, objects=objects)
    row = DeliveryRecord(
        id=delivery,
        dataset=policy.dataset,
        controller=policy.controller,
        state=VersionState.QUARANTINED,
        supersedes=None,
        content="0" * 64,
        manifest={},
        intake=[],
        received_by=grant.actor.id,
        created=now(),
    )
    _, ours = zone.catalog.add_once(row, event(record, grant, policy), also=(record,))
    if ours:
        return _kept(error, record)
    zone.vault.discard(item.uri for item in objects)
    return _standing(zone, delivery, error)


def set_aside_received(
    zone: Ingest, grant: Grant, policy: DatasetPolicy, delivery: DeliveryRecord, error: DeliveryError
) -> DeliveryError:
    """Quarantine a delivery that was received and then found wrong; its intake objects stay as they are."""
    objects = [SealedObject.from_json(item) for item in delivery.intake]
    record = entry(policy, delivery.id, "delivery", error, objects=objects)
    try:
        with zone.catalog.write(event(record, grant, policy)) as connection:
            zone.catalog.move(connection, delivery, VersionState.QUARANTINED)
            zone.catalog.add(connection, record)
    except WrongState:
        return _standing(zone, delivery.id, error)
    return _kept(error, record)


def _standing(zone: Ingest, delivery: str, error: DeliveryError) -> DeliveryError:
    """The error when another run was quicker: it names the entry that run made, if it made one."""
    made = zone.catalog.list(QuarantineRecord, delivery=delivery, kind="delivery")
    return _kept(error, made[0]) if made else error


def _kept(error: DeliveryError, record: QuarantineRecord) -> DeliveryError:
    return DeliveryError(
        error.code,
        error.what,
        error.next_step,
        kept=(
            f"The delivery is kept encrypted in quarantine as {record.id}; nothing of it was published.",
            f"반입물은 격리소에 {record.id}(으)로 암호화되어 보관되며, 공개된 것은 없습니다.",
        ),
    )
