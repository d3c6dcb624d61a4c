"""Blobs as files of a local (or mounted) folder: whole or not at all, and never overwritten."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pyarrow.fs import LocalFileSystem

from safezone.ports import BlobInfo
from safezone.storage.names import below, check_prefix, check_uri, exists_already, missing, unavailable

_TEMPORARY = ".tmp"
_BUFFER = 1024 * 1024


class LocalBlobStore:
    """`safezone.ports.BlobStore` over a folder.

    A blob is written under a temporary name, flushed to the disk, and linked to its own name, which fails when the
    name is taken, whoever else is writing. (Linking, unlike renaming, never replaces.)
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._arrow = LocalFileSystem()

    def create(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """Open a new blob for writing; it becomes visible when the block ends without an exception.

        Raises:
            WrongState: the blob exists already; found out at the start or, in a race, at the end.
        """
        return self._creating(self._path(uri), uri)

    @contextmanager
    def _creating(self, path: Path, uri: str) -> Iterator[BinaryIO]:
        if path.exists():
            raise exists_already(uri)
        temporary = self._temporary(uri)
        try:
            with unavailable(uri):
                file = temporary.open("xb", buffering=_BUFFER)
            with file:
                yield file
                with unavailable(uri):
                    file.flush()
                    os.fsync(file.fileno())
            _publish(temporary, path, uri)
        finally:
            temporary.unlink(missing_ok=True)

    def open(self, uri: str) -> BinaryIO:
        """Open a blob for reading: a seekable Arrow file, which Arrow's readers use without the GIL.

        Raises:
            NotFound: there is no such blob.
        """
        path = self._path(uri)
        if not path.is_file():
            raise missing(uri)
        with unavailable(uri):
            return cast("BinaryIO", self._arrow.open_input_file(str(path)))

    def exists(self, uri: str) -> bool:
        """Whether a whole blob of that name is there."""
        return self._path(uri).is_file()

    def list(self, prefix: str) -> list[BlobInfo]:
        """All blobs below the folder `prefix` ("" means all), sorted by name."""
        check_prefix(prefix)
        start = self.root / prefix
        found = []
        with unavailable(prefix):
            for folder, folders, files in os.walk(start):
                if Path(folder) == self.root and _TEMPORARY in folders:
                    folders.remove(_TEMPORARY)
                for name in files:
                    path = Path(folder, name)
                    try:
                        status = path.stat()
                    except FileNotFoundError:
                        continue  # deleted while we looked
                    uri = path.relative_to(self.root).as_posix()
                    found.append(BlobInfo(uri, status.st_size, status.st_mtime))
        return sorted((blob for blob in found if below(blob.uri, prefix)), key=lambda blob: blob.uri)

    def delete(self, uri: str) -> None:
        """Remove a blob; one that is not there is not an error."""
        path = self._path(uri)
        with unavailable(uri):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            _sync(path.parent)

    def replace(self, uri: str, data: bytes) -> None:
        """Atomically put `data` under `uri`, replacing what was there."""
        path, temporary = self._path(uri), self._temporary(uri)
        with unavailable(uri):
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(path)
                _sync(path.parent)
            finally:
                temporary.unlink(missing_ok=True)

    def clean(self, older_than: float = 86_400.0) -> int:
        """Remove what killed writers left behind more than `older_than` seconds ago; return how many."""
        removed = 0
        with unavailable(_TEMPORARY):
            folder = self.root / _TEMPORARY
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.stat().st_mtime < time.time() - older_than:
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _path(self, uri: str) -> Path:
        check_uri(uri)
        return self.root / uri

    def _temporary(self, uri: str) -> Path:
        with unavailable(uri):
            (self.root / _TEMPORARY).mkdir(parents=True, exist_ok=True)
        return self.root / _TEMPORARY / secrets.token_hex(16)


def _publish(temporary: Path, path: Path, uri: str) -> None:
    """Give a finished file its own name."""
    with unavailable(uri):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise exists_already(uri.rpartition("/")[0]) from None
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise exists_already(uri) from None
        _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
