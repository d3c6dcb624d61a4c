"""The protocols that adapters implement and the rooms above rely on.

Adapters are built in `safezone.zone` alone and handed in. Each port has one contract suite in
``tests/contract`` which every adapter passes.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

import pyarrow as pa

from safezone.model import WrappedKey


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be told of a key without opening it."""

    name: str
    versions: tuple[int, ...]
    current: int
    created: str


@runtime_checkable
class KeyProvider(Protocol):
    """Keeps keys, and uses them without handing them out.

    Keys are named by what they are for: ``kek/<dataset>/<stage>/<delivery>``,
    ``token/<controller>/<kind>``, ``project/<project>``, ``sign/manifest``, ``sign/package``,
    ``sign/checkpoint``, ``sign/certificate``, ``sign/backup``, ``kek/zone/backup/<backup>``, ``commit/<purpose>``. Each key has one kind
    of use, given by its first path segment: ``kek`` wraps, ``sign`` signs (Ed25519), all others compute MACs.
    All methods raise `Unavailable` when the backend does not answer, `NotFound` for a key that does not exist
    and `IntegrityFailure` when a blob does not open under the key and context given.
    """

    def ensure(self, name: str) -> int:
        """Create the key when it does not exist (safe under concurrency); return its current version."""
        ...

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """Encrypt a 32-byte data key; `context` is bound as associated data."""
        ...

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Decrypt a data key wrapped under the same context."""
        ...

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """Encrypt a wrapped key anew under the current version of its key, without handing it out (rotation)."""
        ...

    def mac(self, name: str, data: bytes, version: int | None = None) -> bytes:
        """HMAC-SHA256 of `data`, 32 bytes; with the current version of the key unless one is named."""
        ...

    def sign(self, name: str, data: bytes) -> bytes:
        """Ed25519 signature, 64 bytes, with the current version of the key."""
        ...

    def public_key(self, name: str, version: int | None = None) -> bytes:
        """The raw 32-byte Ed25519 public key."""
        ...

    def rotate(self, name: str) -> int:
        """Add a version and make it current; earlier versions still open what they closed."""
        ...

    def destroy(self, name: str) -> None:
        """Make every version of the key irrecoverable (crypto-shredding)."""
        ...

    def list(self) -> list[KeyInfo]:
        """All keys, without their material, sorted by name."""
        ...

    def destroyed(self) -> builtins.list[tuple[str, str]]:
        """Name and time (ISO 8601, UTC; empty when the backend does not keep it) of every key destroyed."""
        ...

    def caveats(self) -> builtins.list[tuple[str, str]]:
        """What a destruction by this provider cannot prove, as sentences (English, Korean) for the certificate."""
        ...


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """A stored object: its key, its size in bytes, and when it was written (seconds since 1970)."""

    uri: str
    size: int
    modified: float = 0.0


@runtime_checkable
class BlobStore(Protocol):
    """Keeps bytes by name; knows nothing of keys or of what the bytes mean.

    A `uri` is a relative, slash-separated key. A blob appears whole or not at all, and is never overwritten:
    creating one that exists raises `WrongState`; opening one that does not raises `NotFound`.
    """

    def create(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """Open a new blob for writing; it becomes visible when the block ends without an exception."""
        ...

    def open(self, uri: str) -> BinaryIO:
        """Open a blob for reading; the file is seekable."""
        ...

    def exists(self, uri: str) -> bool:
        """Whether a whole blob of that name is there."""
        ...

    def list(self, prefix: str) -> list[BlobInfo]:
        """All blobs below `prefix`, sorted by name."""
        ...

    def delete(self, uri: str) -> None:
        """Remove a blob; one that is not there is not an error (a sweep may run twice)."""
        ...

    def replace(self, uri: str, data: bytes) -> None:
        """Atomically put `data` under `uri`, replacing what was there. For `keys.json` alone: rotation."""
        ...


@runtime_checkable
class Source(Protocol):
    """A delivered file as a stream of Arrow record batches of text columns, before any typing."""

    def batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        """Yield batches; column 0 is ``__line__`` (int64, the 1-based line or row number in the file)."""
        ...


@runtime_checkable
class Witness(Protocol):
    """Someone outside the zone who remembers the newest checkpoint seen and refuses to go back."""

    def add(self, checkpoint: str, proof: list[str]) -> str:
        """Hand over a signed checkpoint and its consistency proof (hex hashes); return it cosigned."""
        ...

    def latest(self) -> str | None:
        """The newest checkpoint this witness has accepted, or None."""
        ...
