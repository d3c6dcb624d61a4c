"""Which adapter reads which format, and what a file is by its first bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Protocol

from safezone.sources.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from safezone.policy.source import SourceSpec
    from safezone.sources.shape import Shaper

_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x1f\x9d")
_DRM = (b"<DOCUMENT SAFER", b"SCDSA00", b"\x9b\x20DRMONE", b"<## NASCA DRM", b"HPDFDRM")
_CFB = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")


def kind_of(head: bytes) -> str:
    """What a file is by its first bytes: xlsx, cfb, biff, parquet, compressed, protected, html or text."""
    if head.startswith(_DRM):
        return "protected"
    if head.startswith(_COMPRESSED):
        return "compressed"
    marks = ((b"PK\x03\x04", "xlsx"), (b"PK\x05\x06", "xlsx"), (_CFB, "cfb"), (b"PAR1", "parquet"))
    for mark, kind in marks:
        if head.startswith(mark):
            return kind
    if head.startswith(_BIFF):
        return "biff"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        return "html"
    return "text"


def check_kind(head: bytes, declared: str) -> None:
    """Refuse a file whose first bytes are of another kind than declared.

    Raises:
        Fault: ``file.empty``, ``file.protected``, ``file.compressed`` or ``file.kind``.
    """
    if not head:
        raise Fault("file.empty")
    found = kind_of(head)
    if found in {"protected", "compressed"}:
        raise Fault(f"file.{found}")
    if declared == "xlsx" and found == "cfb":  # an encrypted xlsx is a compound file; so is an xls
        raise Fault("file.protected" if b"E\0n\0c\0r\0y\0p\0t\0" in head else "file.kind")
    wanted = {"xlsx": {"xlsx"}, "xls": {"cfb", "biff"}, "parquet": {"parquet"}}.get(declared, {"text"})
    if found not in wanted:
        raise Fault("file.compressed" if found == "xlsx" and declared in {"delimited", "jsonl"} else "file.kind")


class Adapter(Protocol):
    """A `safezone.ports.Source` (not imported: the child starts light) that tells which rows were no data."""

    shaper: Shaper | None

    def batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        """Yield batches; see `safezone.ports.Source`."""
        ...


def open_source(spec: SourceSpec, columns: Sequence[str] = ()) -> Adapter:
    """The adapter of the declared format (loads only the library that format needs).

    Args:
        spec: the declared shape.
        columns: columns the policy names, for formats whose records may leave some out.
    """
    if spec.format == "delimited":
        from safezone.sources.delimited import Delimited

        return Delimited(spec)
    if spec.format == "jsonl":
        from safezone.sources.jsonl import JsonLines

        return JsonLines(spec, columns)
    if spec.format == "parquet":
        from safezone.sources.parquet import Parquet

        return Parquet(spec)
    from safezone.sources.excel import Workbook

    return Workbook(spec)


class Headed(io.RawIOBase):
    """A stream whose first bytes were looked at and are given again."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self.head = _exactly(stream, size)
        self._rest = self.head

    def readable(self) -> bool:
        """Always true."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, or all that is left."""
        if size < 0:
            rest, self._rest = self._rest, b""
            return rest + self._stream.read()
        if self._rest:
            out, self._rest = self._rest[:size], self._rest[size:]
            return out
        return self._stream.read(size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data
