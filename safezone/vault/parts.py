"""Encrypted Parquet parts and the key table that opens them.

Every part has its own 256-bit data key; the associated data ``dataset/version/part`` is checked on every read,
so a part moved to another place does not open. The ciphertext's digest, which the signed manifest names, is
checked before the Parquet reader sees a byte: a hostile footer can abort the process.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

from safezone.model import Manifest, PartRef, WrappedKey
from safezone.vault.documents import damaged

ROW_GROUP = 65_536


@dataclass(frozen=True, slots=True)
class PendingPart:
    """A part that is written but belongs to no version yet.

    Attributes:
        ref: where it lies.
        key: its data key, wrapped with the pending context.
        counts: what was counted while it was made; never values.
    """

    ref: PartRef
    key: WrappedKey
    counts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, to be signed."""
        return {"ref": self.ref.to_json(), "key": key_to_json(self.key), "counts": self.counts}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> PendingPart:
        """Rebuild from what `to_json` gave."""
        return cls(PartRef(**body["ref"]), key_from_json(body["key"]), body["counts"])


def key_to_json(key: WrappedKey) -> dict[str, Any]:
    """A wrapped key as plain JSON values."""
    return {"kek": key.kek, "version": key.version, "blob": base64.b64encode(key.blob).decode()}


def key_from_json(data: dict[str, Any]) -> WrappedKey:
    """A wrapped key from `key_to_json`."""
    return WrappedKey(data["kek"], data["version"], base64.b64decode(data["blob"], validate=True))


def aad(dataset: str, version: str, part: str) -> bytes:
    """Associated data that ties a part to its place."""
    return f"{dataset}/{version}/{part}".encode()


def pending_context(dataset: str, version: str, part: str) -> bytes:
    """Context under which the key of an uncommitted part is wrapped."""
    return aad(dataset, version, part) + b"/pending"


def committed_context(manifest: Manifest, part: str) -> bytes:
    """Context of a committed part's key: its place and the manifest's digest, so neither can be exchanged."""
    return committed_contexts(manifest)(part)


def committed_contexts(manifest: Manifest) -> Callable[[str], bytes]:
    """`committed_context` for every part of a manifest, whose digest is taken once and not once for each part."""
    end = b"/" + manifest.sha256.encode()
    return lambda part: aad(manifest.dataset, manifest.version, part) + end


def key_table(manifest: Manifest, keys: dict[str, WrappedKey]) -> bytes:
    """Encode ``keys.json``: the wrapped data keys of a version, bound to its manifest."""
    table = {name: key_to_json(key) for name, key in sorted(keys.items())}
    return json.dumps({"manifest": manifest.sha256, "keys": table}, indent=1).encode()


def read_key_table(data: bytes, manifest: Manifest, name: str) -> dict[str, WrappedKey]:
    """Decode ``keys.json`` (IntegrityFailure when it is damaged or belongs to another manifest)."""
    try:
        table = json.loads(data)
        keys = {part: key_from_json(key) for part, key in table["keys"].items()}
        belongs = table["manifest"] == manifest.sha256
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged(name) from None
    kek = key_name(manifest.dataset, manifest.stage, manifest.delivery)
    if any(key.kek != kek for key in keys.values()):
        raise damaged(name)
    if not belongs or set(keys) != {part.name for part in manifest.parts}:
        raise damaged(name)
    return keys


def key_table_uri(manifest_uri: str) -> str:
    """Where the key table of a manifest lies: beside it."""
    return manifest_uri.removesuffix(".manifest.json") + ".keys.json"


def key_name(dataset: str, place: str, delivery: str) -> str:
    """Name of the key-encryption key of a dataset, a stage (or intake, quarantine) and a delivery."""
    return f"kek/{dataset}/{place}/{delivery}"


def new_data_key() -> bytes:
    """A fresh 256-bit data key."""
    return secrets.token_bytes(32)


@contextmanager
def parquet_writer(sink: BinaryIO, schema: pa.Schema, key: bytes, context: bytes) -> Iterator[pq.ParquetWriter]:
    """Write one encrypted Parquet file: every column and the footer under one key, AAD not stored."""
    properties = encryption.create_encryption_properties(footer_key=key, aad_prefix=context, store_aad_prefix=False)
    writer = pq.ParquetWriter(
        sink, schema, encryption_properties=properties, compression="zstd", compression_level=1
    )
    with writer:
        yield writer


def scan_format(key: bytes, context: bytes) -> ds.ParquetFileFormat:
    """How an Arrow dataset reads one encrypted part."""
    properties = encryption.create_decryption_properties(footer_key=key, aad_prefix=context)
    options = ds.ParquetFragmentScanOptions(decryption_properties=properties)
    return ds.ParquetFileFormat(default_fragment_scan_options=options)


def check_digest(stream: BinaryIO, expected: PartRef | str, name: str) -> None:
    """Hash a stored object to its end and rewind it.

    Raises:
        IntegrityFailure: the bytes are not those the manifest names.
    """
    wanted = expected.sha256 if isinstance(expected, PartRef) else expected
    hasher = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        hasher.update(chunk)
    stream.seek(0)
    if hasher.hexdigest() != wanted:
        raise damaged(name)
