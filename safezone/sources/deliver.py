"""What an agency runs: count, hash, optionally encrypt and sign files, and lay them out as a delivery."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import shutil
from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import pyrage

from safezone.hashing import HashingFile
from safezone.model import digest, now
from safezone.sources.delivery import (
    MANIFEST,
    DeliveredFile,
    DeliveryManifest,
    Period,
    Signature,
    checked_name,
)
from safezone.sources.fault import delivery_error
from safezone.sources.isolation import Limits, parse_isolated
from safezone.sources.typed import check_columns

if TYPE_CHECKING:
    from safezone.policy.dataset import DatasetPolicy

CHUNK = 1 << 20


class Signer(Protocol):
    """Signs for the agency."""

    @property
    def key_id(self) -> str:
        """Name under which the zone knows the public key."""

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of `message` (64 bytes)."""


def period_name(start: date, end: date) -> str:
    """The period in a delivery id: a year, a month, a day, or two days."""
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31) and start.year == end.year:
        return f"{start:%Y}"
    if start.day == 1 and end == start.replace(day=monthrange(start.year, start.month)[1]):
        return f"{start:%Y%m}"
    return f"{start:%Y%m%d}" if start == end else f"{start:%Y%m%d}-{end:%Y%m%d}"


def count_rows(policy: DatasetPolicy, stream: BinaryIO, *, limits: Limits | None = None) -> int:
    """Rows of data in a file, good and bad, read in isolation as the policy declares.

    Raises:
        DeliveryError: the file cannot be read, or lacks columns of the policy, or has others.
    """
    columns = [column.name for column in policy.columns]
    with parse_isolated(policy.source, stream, limits=limits, columns=columns) as parsed:
        for batch in parsed:
            check_columns(batch.schema.names, policy.columns, policy.source.unknown_columns)
        return parsed.rows


def _plain_names(files: Sequence[Path], encrypted: bool) -> list[str]:
    """The files' own names where a delivery may hold them, else a number and the suffix."""
    names: list[str] = []
    for i, file in enumerate(files, start=1):
        name = file.name
        try:
            checked_name(f"{name}.age" if encrypted else name)
        except ValueError:
            name = f"file-{i:03d}{file.suffix.lower() if file.suffix.isascii() else ''}"
        if name.casefold() in {other.casefold() for other in names}:
            name = f"{i:03d}-{name}"
        names.append(name)
    return [f"{name}.age" if encrypted else name for name in names]


def _copy(source: Path, target: Path, recipient: pyrage.x25519.Recipient | None) -> tuple[str, str, int]:
    """Copy or encrypt; digest of what was read, digest and size of what was written."""
    with source.open("rb") as raw, target.open("xb") as file:
        reading, writing = HashingFile(raw), HashingFile(file)
        if recipient is None:
            shutil.copyfileobj(reading, writing, CHUNK)
        else:
            pyrage.encrypt_io(reading, writing, [recipient])
        file.flush()
        os.fsync(file.fileno())
        return reading.sha256, writing.sha256, writing.size


def make_delivery(
    policy: DatasetPolicy,
    files: Sequence[Path],
    out: Path,
    *,
    period: tuple[date, date],
    supersedes: str | None = None,
    recipient: str | None = None,
    signer: Signer | None = None,
    limits: Limits | None = None,
) -> Path:
    """Make a delivery folder below `out`; it appears whole or not at all.

    Args:
        policy: the dataset's policy.
        files: the files to deliver.
        out: the folder the delivery's own folder is made in.
        period: first and last day covered.
        supersedes: id of the delivery this one corrects.
        recipient: the zone's age public key (``age1...``); None leaves the files plain.
        signer: signs the manifest for the agency; None leaves it unsigned.
        limits: what reading one file may cost.

    Returns:
        The folder made, named by the delivery id.

    Raises:
        DeliveryError: a file cannot be read as the policy declares, or the delivery is already there.
    """
    if not files or len(files) > policy.delivery.max_files:
        raise delivery_error("delivery.too_many_files" if files else "delivery.file_missing")
    key = _recipient(recipient)
    out.mkdir(parents=True, exist_ok=True)
    building = out / f".making-{secrets.token_hex(8)}"
    building.mkdir(mode=0o700)
    try:
        names = _plain_names(files, key is not None)
        entries = [
            _deliver_file(policy, file, building / name, key, limits)
            for file, name in zip(files, names, strict=True)
        ]
        manifest = _manifest(policy, entries, period, supersedes, signer)
        (building / MANIFEST).write_bytes(manifest.model_dump_json(indent=2).encode())
        folder = out / manifest.delivery
        if folder.exists():
            raise delivery_error("delivery.exists")
        building.rename(folder)
        return folder
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(building)


def _recipient(text: str | None) -> pyrage.x25519.Recipient | None:
    try:
        return None if text is None else pyrage.x25519.Recipient.from_str(text)
    except (pyrage.RecipientError, ValueError):
        raise delivery_error("delivery.recipient") from None


def _deliver_file(
    policy: DatasetPolicy,
    source: Path,
    target: Path,
    recipient: pyrage.x25519.Recipient | None,
    limits: Limits | None,
) -> DeliveredFile:
    if not source.is_file():
        raise delivery_error("delivery.file_missing", file=source.name)
    with source.open("rb") as raw:
        counted = HashingFile(raw)
        rows = count_rows(policy, counted, limits=limits)
        while counted.read(CHUNK):
            pass
    read, sha256, size = _copy(source, target, recipient)
    if read != counted.sha256:  # somebody wrote to it meanwhile: the row count would be of another file
        raise delivery_error("delivery.digest_mismatch", file=source.name)
    return DeliveredFile(name=target.name, sha256=sha256, rows=rows, bytes=size, encrypted=recipient is not None)


def _manifest(
    policy: DatasetPolicy,
    entries: Sequence[DeliveredFile],
    period: tuple[date, date],
    supersedes: str | None,
    signer: Signer | None,
) -> DeliveryManifest:
    short = digest([supersedes, *(entry.sha256 for entry in entries)])[:8]
    manifest = DeliveryManifest(
        delivery=f"DLV-{policy.dataset}-{period_name(*period)}-{short}",
        dataset=policy.dataset,
        controller=policy.controller,
        period=Period(start=period[0], end=period[1]),
        created=now(),
        files=tuple(entries),
        supersedes=supersedes,
    )
    if signer is None:
        return manifest
    value = base64.b64encode(signer.sign(manifest.signed_bytes())).decode()
    return manifest.model_copy(update={"signature": Signature(key=signer.key_id, value=value)})
