"""Deliveries as they arrive: a folder with ``delivery.json`` and the files it lists, and nothing else.

Whatever lies in the inbox was written by someone outside: names become paths only after they were checked, links
are not followed, and what the manifest does not list is refused.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from safezone.errors import DeliveryError
from safezone.model import canonical
from safezone.sources.fault import delivery_error

MANIFEST = "delivery.json"
MANIFEST_BYTES = 1 << 20
SIGNED_AS = b"safezone-delivery-v1\n"
"""Put before the canonical manifest when it is signed, so that the signature fits nothing else."""

DATASET = r"[a-z][a-z0-9-]{2,62}"
DELIVERY_ID = re.compile(rf"DLV-{DATASET}-(\d{{4}}|\d{{6}}|\d{{8}}(-\d{{8}})?)-[0-9a-f]{{8}}")


def _checked_id(value: str) -> str:
    if DELIVERY_ID.fullmatch(value) is None:
        raise ValueError("a delivery id reads DLV-<dataset>-<period>-<8 hex>")
    return value


def checked_name(name: str) -> str:
    """`name`, when it is the plain name of a visible file that is safe as a path; ValueError otherwise."""
    unsafe = any(char in "/\\:" or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name)
    if unsafe or name != name.strip() or name.startswith((".", "-", "~")) or name.casefold() == MANIFEST:
        raise ValueError("not the plain name of a file")
    if not 1 <= len(name.encode()) <= 200:
        raise ValueError("a file name has 1 to 200 bytes")
    return name


DeliveryName = Annotated[str, AfterValidator(_checked_id)]
FileName = Annotated[str, AfterValidator(checked_name)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Period(_Strict):
    """The days a delivery covers, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("the period ends before it starts")
        return self


class DeliveredFile(_Strict):
    """One file of a delivery.

    Attributes:
        name: its plain name in the folder.
        sha256: digest of the file as it lies there (encrypted, if it is).
        rows: rows of data, without header, totals and notes.
        bytes: size as it lies there.
        encrypted: whether it is encrypted with age to the zone.
    """

    name: FileName
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    rows: int = Field(ge=0, lt=1 << 53)
    bytes: int = Field(ge=0, lt=1 << 53)
    encrypted: bool = False


class Signature(_Strict):
    """An Ed25519 signature over the manifest without it: key id, and 64 bytes in base64."""

    key: str = Field(min_length=1, max_length=200)
    value: str = Field(pattern=r"^[A-Za-z0-9+/]{86}==$")


class DeliveryManifest(_Strict):
    """What a delivery says of itself.

    Attributes:
        delivery: its id, also the name of its folder.
        dataset: the dataset it belongs to.
        controller: the agency answerable for the data.
        period: the days it covers.
        created: when it was made.
        files: its files.
        supersedes: the delivery it corrects, if it does.
        signature: of the agency, if it signs.
    """

    delivery: DeliveryName
    dataset: str = Field(pattern=f"^{DATASET}$")
    controller: str = Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")
    period: Period
    created: datetime
    files: tuple[DeliveredFile, ...] = Field(min_length=1, max_length=4096)
    supersedes: DeliveryName | None = None
    signature: Signature | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        names = [unicodedata.normalize("NFC", file.name).casefold() for file in self.files]
        if len(set(names)) != len(names):
            raise ValueError("two files have the same name")
        if not self.delivery.startswith(f"DLV-{self.dataset}-"):
            raise ValueError("the delivery id names another dataset")
        if self.supersedes == self.delivery:
            raise ValueError("a delivery cannot supersede itself")
        if self.created.tzinfo is None:
            raise ValueError("created needs a time zone")
        return self

    @property
    def rows(self) -> int:
        """Rows over all files."""
        return sum(file.rows for file in self.files)

    def signed_bytes(self) -> bytes:
        """What a signature covers: a context line, then the canonical manifest without its signature."""
        return SIGNED_AS + canonical(self.model_dump(mode="json", exclude={"signature"}))


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A folder of the inbox: its manifest, or why it has none that can be read."""

    folder: Path
    manifest: DeliveryManifest | None
    error: DeliveryError | None


def _open_folder(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise delivery_error("delivery.manifest_missing") from None


def _open_plain(name: str, folder: int) -> tuple[int, os.stat_result]:
    """Open a regular file inside `folder`, following no link and waiting for no pipe."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        raise delivery_error("delivery.file_missing", file=name) from None
    except OSError:
        raise delivery_error("delivery.not_a_file", file=name) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise delivery_error("delivery.not_a_file", file=name)
    return handle, status


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def parse_manifest(data: bytes) -> DeliveryManifest:
    """Read the JSON of a manifest.

    Raises:
        DeliveryError: ``delivery.manifest_invalid``, naming the fields that are wrong.
    """
    try:
        return DeliveryManifest.model_validate_json(json.dumps(json.loads(data, object_pairs_hook=_unique)))
    except ValidationError as error:
        known = {*DeliveryManifest.model_fields, *DeliveredFile.model_fields, "start", "end", "key", "value"}
        paths = (
            ".".join(str(part) for part in item["loc"] if isinstance(part, int) or part in known)
            for item in error.errors(include_input=False, include_context=False, include_url=False)
        )
        names = sorted({path for path in paths if path})
    except (ValueError, RecursionError):
        names = []
    raise delivery_error("delivery.manifest_invalid", names=names)


def read_manifest(folder: Path) -> DeliveryManifest:
    """Read and check ``delivery.json``, and that the folder holds the files it lists and nothing else.

    Raises:
        DeliveryError: the manifest is missing, too large or invalid; a listed file is missing, a link, or of
            another size; or there is something that is not listed.
    """
    handle = _open_folder(folder)
    try:
        try:
            manifest_handle, status = _open_plain(MANIFEST, handle)
        except DeliveryError:
            raise delivery_error("delivery.manifest_missing") from None
        with os.fdopen(manifest_handle, "rb") as file:
            if status.st_size > MANIFEST_BYTES:
                raise delivery_error("delivery.manifest_too_large")
            manifest = parse_manifest(file.read(MANIFEST_BYTES + 1))
        listed = {file.name for file in manifest.files}
        present = set(os.listdir(handle)) - {MANIFEST}  # noqa: PTH208  (by descriptor)
        if present - listed:
            raise delivery_error("delivery.unlisted_file")
        for entry in manifest.files:
            plain, status = _open_plain(entry.name, handle)
            os.close(plain)
            if status.st_size != entry.bytes:
                raise delivery_error("delivery.size_mismatch", file=entry.name)
        return manifest
    finally:
        os.close(handle)


def open_file(folder: Path, entry: DeliveredFile, *, limit: int | None = None) -> BinaryIO:
    """Open a file of a delivery: a regular file of the declared size, no link.

    Args:
        folder: the delivery's folder.
        entry: the file's entry in the manifest.
        limit: largest size allowed, in bytes.

    Raises:
        DeliveryError: it is missing, no regular file, of another size, or too large.
    """
    if limit is not None and entry.bytes > limit:
        raise delivery_error("file.too_large", file=entry.name)
    handle = _open_folder(folder)
    try:
        plain, status = _open_plain(entry.name, handle)
    finally:
        os.close(handle)
    if status.st_size != entry.bytes:
        os.close(plain)
        raise delivery_error("delivery.size_mismatch", file=entry.name)
    return os.fdopen(plain, "rb")


def list_inbox(inbox: Path) -> list[InboxEntry]:
    """The deliveries lying in the inbox, sorted by folder; folders still being written (``.``) are left out."""
    if not inbox.is_dir():
        return []
    found = []
    for folder in sorted(inbox.iterdir()):
        if folder.name.startswith(".") or folder.is_symlink() or not folder.is_dir():
            continue
        try:
            found.append(InboxEntry(folder, read_manifest(folder), None))
        except DeliveryError as error:
            found.append(InboxEntry(folder, None, error))
    return found


def verify_signature(manifest: DeliveryManifest, public_key: bytes) -> bool:
    """Whether the manifest carries a valid signature of the Ed25519 key (32 raw bytes)."""
    if manifest.signature is None:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(base64.b64decode(manifest.signature.value), manifest.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


def check_belongs(manifest: DeliveryManifest, *, dataset: str, controller: str, max_files: int) -> None:
    """Raise `DeliveryError` unless the delivery is for this dataset and controller and has few enough files."""
    if manifest.dataset != dataset or manifest.controller != controller:
        raise delivery_error("delivery.wrong_dataset")
    if len(manifest.files) > max_files:
        raise delivery_error("delivery.too_many_files")


def check_digest(entry: DeliveredFile, sha256: str) -> None:
    """Raise ``delivery.digest_mismatch`` unless `sha256` is what the manifest says."""
    if entry.sha256 != sha256:
        raise delivery_error("delivery.digest_mismatch", file=entry.name)


def check_rows(entry: DeliveredFile, rows: int) -> None:
    """Raise ``delivery.rows_mismatch`` unless `rows` (good and bad) is what the manifest says."""
    if entry.rows != rows:
        raise delivery_error("delivery.rows_mismatch", file=entry.name)


def check_bad_rows(rows: int, bad_rows: int, share: float) -> None:
    """Raise ``delivery.bad_rows`` when more than `share` of the rows were set aside, or none is left."""
    if bad_rows > share * rows or (rows and bad_rows == rows):
        raise delivery_error("delivery.bad_rows")
