"""Files that hash and count what passes through them."""

from __future__ import annotations

import hashlib
import io
from typing import Any, BinaryIO


class HashingFile(io.RawIOBase, BinaryIO):
    """A binary file that hashes what is read from or written to the one beneath; it never closes it.

    Attributes:
        size: bytes that passed so far.
    """

    def __init__(self, beneath: BinaryIO) -> None:
        self._beneath = beneath
        self._hash = hashlib.sha256()
        self.size = 0

    def _see(self, data: Any) -> None:
        self._hash.update(data)
        self.size += memoryview(data).nbytes

    def readable(self) -> bool:
        """Whether the file beneath can be read."""
        return self._beneath.readable()

    def writable(self) -> bool:
        """Whether the file beneath can be written."""
        return self._beneath.writable()

    def read(self, size: int = -1) -> bytes:
        """Read and hash."""
        data = self._beneath.read(size)
        self._see(data)
        return data

    def write(self, data: Any) -> int:
        """Write and hash."""
        self._see(data)
        self._beneath.write(data)
        return memoryview(data).nbytes

    def tell(self) -> int:
        """Bytes that passed so far."""
        return self.size

    @property
    def sha256(self) -> str:
        """Digest, in hexadecimal, of what passed so far."""
        return self._hash.hexdigest()
