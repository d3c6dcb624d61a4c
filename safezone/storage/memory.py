"""Blobs in memory, for tests: the same promises as the others, and the same contract suite."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from safezone.ports import BlobInfo
from safezone.storage.names import below, check_prefix, check_uri, exists_already, missing


class MemoryBlobStore:
    """`safezone.ports.BlobStore` over a dictionary."""

    def __init__(self) -> None:
        self._blobs: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()

    def create(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """Open a new blob for writing; it becomes visible when the block ends without an exception."""
        check_uri(uri)
        return self._creating(uri)

    @contextmanager
    def _creating(self, uri: str) -> Iterator[BinaryIO]:
        if uri in self._blobs:
            raise exists_already(uri)
        buffer = io.BytesIO()
        yield buffer
        with self._lock:
            if uri in self._blobs:
                raise exists_already(uri)
            self._blobs[uri] = buffer.getvalue(), time.time()

    def open(self, uri: str) -> BinaryIO:
        """Open a blob for reading."""
        check_uri(uri)
        try:
            return io.BytesIO(self._blobs[uri][0])
        except KeyError:
            raise missing(uri) from None

    def exists(self, uri: str) -> bool:
        """Whether a whole blob of that name is there."""
        check_uri(uri)
        return uri in self._blobs

    def list(self, prefix: str) -> list[BlobInfo]:
        """All blobs below the folder `prefix` ("" means all), sorted by name."""
        check_prefix(prefix)
        return [
            BlobInfo(uri, len(data), modified)
            for uri, (data, modified) in sorted(self._blobs.items())
            if below(uri, prefix)
        ]

    def delete(self, uri: str) -> None:
        """Remove a blob; one that is not there is not an error."""
        check_uri(uri)
        self._blobs.pop(uri, None)

    def replace(self, uri: str, data: bytes) -> None:
        """Put `data` under `uri`, replacing what was there."""
        check_uri(uri)
        self._blobs[uri] = bytes(data), time.time()
