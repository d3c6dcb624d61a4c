"""Receive: a delivery of the inbox becomes encrypted intake objects, read exactly once.

Every later step reads only the intake. What was declared (digest, size) is compared with what was read while it
was being encrypted, so a file exchanged between check and use cannot slip in.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pyrage

from safezone.access.actions import Actor
from safezone.access.authorize import Grant
from safezone.audit.event import AuditEvent, EventType
from safezone.boundary import boundary
from safezone.catalog.records import DeliveryRecord
from safezone.errors import BadInput, DeliveryError, WrongState
from safezone.hashing import HashingFile
from safezone.model import VersionState, canonical, now
from safezone.pipeline import quarantine
from safezone.pipeline.context import Ingest
from safezone.policy.dataset import DatasetPolicy
from safezone.ports import KeyProvider
from safezone.sources.delivery import (
    DeliveredFile,
    DeliveryManifest,
    check_belongs,
    check_digest,
    open_file,
    read_manifest,
    verify_signature,
)
from safezone.sources.fault import delivery_error
from safezone.vault.door import INTAKE, SealedObject

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,79}")
COMMITMENT = "commit/delivery"
_NOT_OURS = "file.encrypted"


def delivery_folder(inbox: Path, delivery: str) -> Path:
    """The folder of a delivery of the inbox.

    Args:
        inbox: the zone's inbox.
        delivery: the delivery's id; never a path.

    Raises:
        BadInput: it is not an id, or there is no such folder in the inbox.
    """
    folder = inbox / delivery
    if not is_id(delivery) or folder.is_symlink() or not folder.is_dir():
        raise _unknown()
    return folder


def is_id(delivery: str) -> bool:
    """Whether a text can be the id of a delivery: a plain name, and never a path."""
    return _ID.fullmatch(delivery) is not None and ".." not in delivery


def _unknown() -> BadInput:
    return BadInput(
        "delivery.unknown",
        ("The inbox holds no delivery of that id.", "반입함에 그 번호의 반입물이 없습니다."),
        (
            "List what has arrived: safezone ingest --list",
            "도착한 반입물을 확인하십시오: safezone ingest --list",
        ),
    )


def receive(zone: Ingest, actor: Actor, dataset: str, delivery: str) -> str:
    """Take a delivery in.

    Args:
        zone: the ingest duty.
        actor: who brings it in.
        dataset: the dataset it is for.
        delivery: its id in the inbox.

    Returns:
        The delivery's id, once it is committed. Receiving it again changes nothing.

    Raises:
        DeliveryError: it is not what it declares; it is in quarantine now.
        WrongState: a delivery of that id was quarantined before.
    """
    with boundary("receive"):
        if not is_id(delivery):
            raise _unknown()  # before anything is written down: an id may be any text somebody typed
        policy, grant = zone.begin(actor, dataset, f"delivery/{delivery}")
        known = zone.catalog.find(DeliveryRecord, delivery)
        if known is not None:
            return _again(known, dataset)
        try:
            return _received(zone, grant, policy, delivery)
        except (DeliveryError, BadInput):
            # Another run may have received it meanwhile, and housekeeping taken it out of the inbox.
            known = zone.catalog.find(DeliveryRecord, delivery)
            if known is not None and known.state is VersionState.RECEIVED:
                return _again(known, dataset)
            raise


def _received(zone: Ingest, grant: Grant, policy: DatasetPolicy, delivery: str) -> str:
    folder = delivery_folder(zone.settings.inbox, delivery)
    try:
        manifest = read_manifest(folder)
        _agrees(zone, manifest, policy, delivery)
    except DeliveryError as error:
        raise quarantine.set_aside_new(zone, grant, policy, delivery, folder, error) from None
    sealed, fault = _take_in(zone, grant, policy, manifest, folder)
    if fault is not None:
        raise quarantine.set_aside_sealed(zone, grant, policy, delivery, fault, sealed)
    return _commit(zone, grant, policy, manifest, sealed)


def _again(known: DeliveryRecord, dataset: str) -> str:
    if known.dataset == dataset and known.state is VersionState.RECEIVED:
        return known.id
    raise WrongState(
        "delivery.settled",
        (
            f"Delivery {known.id} is {known.state} and belongs to {known.dataset}.",
            f"반입물 {known.id}의 상태는 {known.state}이고 {known.dataset}에 속합니다.",
        ),
        (
            "Deliver it again under a new id that supersedes this one.",
            "이 반입물을 대체하는 새 번호로 다시 반입하십시오.",
        ),
    )


def _agrees(zone: Ingest, manifest: DeliveryManifest, policy: DatasetPolicy, delivery: str) -> None:
    check_belongs(
        manifest,
        dataset=policy.dataset,
        controller=policy.controller,
        max_files=policy.delivery.max_files,
    )
    if manifest.delivery != delivery:
        raise delivery_error("delivery.wrong_dataset")
    key = policy.delivery.signing_key
    if key is not None and not verify_signature(manifest, bytes.fromhex(key)):
        raise delivery_error("delivery.signature")
    if manifest.supersedes is not None:
        corrected = zone.catalog.find(DeliveryRecord, manifest.supersedes)
        if corrected is None or corrected.dataset != policy.dataset:
            raise delivery_error("delivery.supersedes")


def _take_in(
    zone: Ingest, grant: Grant, policy: DatasetPolicy, manifest: DeliveryManifest, folder: Path
) -> tuple[list[SealedObject], DeliveryError | None]:
    """Encrypt every file while hashing it as delivered; return them all, and the first fault found."""
    sealed: list[SealedObject] = []
    fault: DeliveryError | None = None
    for number, declared in enumerate(manifest.files):

        def seal(fill: Fill, number: int = number, declared: DeliveredFile = declared) -> None:
            with open_file(folder, declared, limit=zone.settings.max_delivery_bytes) as raw:
                reading = HashingFile(raw)
                name = f"file-{number:05}"
                sealed.append(
                    zone.vault.seal_object(
                        grant, INTAKE, policy.dataset, manifest.delivery, name, lambda sink: fill(reading, sink)
                    )
                )
            check_digest(declared, reading.sha256)

        try:
            seal(_decrypting(zone) if declared.encrypted else _copying)
        except DeliveryError as error:
            fault = fault or error
            if error.code == _NOT_OURS:
                with suppress(DeliveryError):
                    seal(_copying)  # nothing is lost: it is kept as it lies there
    return sealed, fault


Fill = Callable[[BinaryIO, BinaryIO], None]


def _copying(reading: BinaryIO, sink: BinaryIO) -> None:
    shutil.copyfileobj(reading, sink, quarantine.CHUNK)


def _decrypting(zone: Ingest) -> Fill:
    """What writes the plaintext of a file that is encrypted to the zone's identity."""

    def decrypt(reading: BinaryIO, sink: BinaryIO) -> None:
        identity = zone.delivery_identity()
        try:
            pyrage.decrypt_io(reading, sink, [identity])
        except pyrage.DecryptError:
            raise _not_ours() from None
        except OSError as error:
            # A damaged payload comes as an OSError without a number; one with a number is the disk's.
            if error.errno is not None:
                raise
            raise _not_ours() from None

    return decrypt


def _not_ours() -> DeliveryError:
    return DeliveryError(
        _NOT_OURS,
        (
            "A file does not open with the zone's key: it is damaged, or encrypted to somebody else.",
            "파일이 안심구역의 키로 열리지 않습니다. 손상되었거나 다른 키로 암호화되었습니다.",
        ),
        (
            "Ask the agency to encrypt it to the public key that `safezone init` shows, and to deliver it again.",
            "`safezone init`이 보여 주는 공개키로 암호화하여 다시 제출하도록 기관에 요청하십시오.",
        ),
    )


def commitment(keys: KeyProvider, manifest: DeliveryManifest) -> str:
    """A keyed commitment to what a delivery declares; the plain digest of a small file would let it be guessed.

    The delivery is named in it: the same bytes delivered again (a month without rows) are another version.
    """
    keys.ensure(COMMITMENT)
    declared = [[item.sha256, item.bytes, item.rows] for item in manifest.files]
    return keys.mac(COMMITMENT, canonical([manifest.delivery, declared])).hex()


def _commit(
    zone: Ingest, grant: Grant, policy: DatasetPolicy, manifest: DeliveryManifest, sealed: list[SealedObject]
) -> str:
    content = commitment(zone.keys, manifest)
    record = DeliveryRecord(
        id=manifest.delivery,
        dataset=policy.dataset,
        controller=policy.controller,
        state=VersionState.RECEIVED,
        supersedes=manifest.supersedes,
        content=content,
        manifest={
            "period": [str(manifest.period.start), str(manifest.period.end)],
            "rows": [item.rows for item in manifest.files],
        },
        intake=[item.to_json() for item in sealed],
        received_by=grant.actor.id,
        created=now(),
    )
    event = AuditEvent(
        EventType.DELIVERY_RECEIVED,
        grant.actor.id,
        f"delivery/{record.id}",
        purpose=content,
        policy=policy.sha256,
        details={"files": len(sealed), "bytes": sum(item.plain_size for item in sealed)},
    )
    standing, ours = zone.catalog.add_once(record, event)
    if not ours:
        zone.vault.discard(item.uri for item in sealed)
    return standing.id
