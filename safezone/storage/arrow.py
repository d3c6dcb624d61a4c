"""Blobs in any file system Arrow can reach (S3, Google Cloud Storage, Azure, HDFS, ...)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow.fs import FileSelector, FileSystem, FileType

from safezone.errors import UsageError
from safezone.ports import BlobInfo, BlobStore
from safezone.storage.local import LocalBlobStore
from safezone.storage.names import below, check_prefix, check_uri, exists_already, missing, unavailable

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo

_TEMPORARY = ".tmp"


class ArrowBlobStore:
    """`safezone.ports.BlobStore` over a `pyarrow.fs.FileSystem`.

    A blob is written under a temporary name and moved when it is whole. Arrow knows no exclusive create, so two
    writers of *the same* name at the same moment may both succeed, the later one staying; names are by attempt,
    so that no two writers share one, and readers check digests. `LocalBlobStore` has no such gap.
    """

    def __init__(self, filesystem: FileSystem, base: str) -> None:
        self._fs = filesystem
        self._base = base.strip("/") if not base.startswith("/") else "/" + base.strip("/")

    def create(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """Open a new blob for writing; it becomes visible when the block ends without an exception.

        Raises:
            WrongState: the blob exists already.
        """
        check_uri(uri)
        return self._creating(uri)

    @contextmanager
    def _creating(self, uri: str) -> Iterator[BinaryIO]:
        if self.exists(uri):
            raise exists_already(uri)
        temporary = f"{self._base}/{_TEMPORARY}/{secrets.token_hex(16)}"
        try:
            with unavailable(uri):
                self._fs.create_dir(f"{self._base}/{_TEMPORARY}", recursive=True)
                stream = self._fs.open_output_stream(temporary)
            with stream:
                yield cast("BinaryIO", stream)
            if self.exists(uri):
                raise exists_already(uri)
            with unavailable(uri):
                self._fs.create_dir(self._path(uri).rpartition("/")[0], recursive=True)
                self._fs.move(temporary, self._path(uri))
        finally:
            with suppress(OSError, pa.ArrowException):
                self._fs.delete_file(temporary)

    def open(self, uri: str) -> BinaryIO:
        """Open a blob for reading; the file is seekable.

        Raises:
            NotFound: there is no such blob.
        """
        if not self.exists(uri):
            raise missing(uri)
        with unavailable(uri):
            return cast("BinaryIO", self._fs.open_input_file(self._path(uri)))

    def exists(self, uri: str) -> bool:
        """Whether a whole blob of that name is there."""
        check_uri(uri)
        with unavailable(uri):
            return bool(self._info(uri).type == FileType.File)

    def list(self, prefix: str) -> list[BlobInfo]:
        """All blobs below the folder `prefix` ("" means all), sorted by name."""
        check_prefix(prefix)
        start = f"{self._base}/{prefix}".rstrip("/")
        with unavailable(prefix):
            if prefix and self._info(prefix.removesuffix("/")).type == FileType.File:
                return []
            found = self._fs.get_file_info(FileSelector(start, allow_not_found=True, recursive=True))
        blobs = [
            BlobInfo(info.path[len(self._base) + 1 :], info.size, (info.mtime_ns or 0) / 1e9)
            for info in found
            if info.type == FileType.File
        ]
        hidden = f"{_TEMPORARY}/"
        return sorted(
            (blob for blob in blobs if below(blob.uri, prefix) and not blob.uri.startswith(hidden)),
            key=lambda blob: blob.uri,
        )

    def delete(self, uri: str) -> None:
        """Remove a blob; one that is not there is not an error."""
        if self.exists(uri):
            with unavailable(uri), suppress(FileNotFoundError):
                self._fs.delete_file(self._path(uri))

    def replace(self, uri: str, data: bytes) -> None:
        """Put `data` under `uri`, replacing what was there; as atomic as the file system's own write or move."""
        check_uri(uri)
        temporary = f"{self._base}/{_TEMPORARY}/{secrets.token_hex(16)}"
        with unavailable(uri):
            self._fs.create_dir(f"{self._base}/{_TEMPORARY}", recursive=True)
            with self._fs.open_output_stream(temporary) as stream:
                stream.write(data)
            self._fs.create_dir(self._path(uri).rpartition("/")[0], recursive=True)
            self._fs.move(temporary, self._path(uri))

    def _path(self, uri: str) -> str:
        return f"{self._base}/{uri}"

    def _info(self, uri: str) -> FileInfo:
        return self._fs.get_file_info(self._path(uri))


def from_url(url: str | Path) -> BlobStore:
    """The blob store a URL names: a path or ``file:`` URL, or any URI Arrow has a file system for.

    Raises:
        UsageError: no file system is known for it.
    """
    parts = urlsplit(str(url))
    if parts.scheme in {"", "file"}:
        return LocalBlobStore(Path(parts.path if parts.scheme else url))
    try:
        filesystem, base = FileSystem.from_uri(str(url))
    except (OSError, ValueError, NotImplementedError, pa.ArrowException):
        failure = UsageError(
            "storage.url",
            ("No storage is known for that URL.", "해당 주소의 저장소를 알 수 없습니다."),
            (
                "Set SAFEZONE_STORAGE_URL to a folder or e.g. s3://bucket/zone.",
                "SAFEZONE_STORAGE_URL에 폴더나 s3://버킷/경로를 지정하세요.",
            ),
        )
    else:
        return ArrowBlobStore(filesystem, base)
    raise failure from None
