"""Bytes of text in any declared encoding, as a stream of UTF-8, with the position of what cannot be decoded."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO

from safezone.sources.fault import Fault

CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def sniff_encoding(data: bytes, *, whole: bool = False) -> str | None:
    """The encoding of `data`: by byte order mark, by the NULs of UTF-16, else UTF-8 if it is that, else CP949.

    None when all of it is ASCII, which decides nothing: later text may be either.

    Args:
        data: the beginning of a file.
        whole: `data` is the whole file; otherwise a character cut off at the end is no error.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    if guess := _utf16_without_mark(data[:4096]):
        return guess
    if data.isascii():
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 shows in the NULs beside its ASCII characters: all on one side, and the text has separators."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < max(2, len(head) // 32) or min(even, odd) * 4 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) & ~1].decode(name, errors="replace")
    return name if any(char in text for char in "\r\n,\t;|{") and "\0" not in text else None


class Transcoder(io.RawIOBase):
    """Reads text in a declared encoding as UTF-8 without a byte order mark.

    Args:
        stream: the bytes of the file.
        encoding: of the text; ``auto`` decides at the first bytes that are not ASCII (`sniff_encoding`).
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream, self._encoding = stream, encoding
        self._decoder: codecs.IncrementalDecoder | None = None
        self._buffer, self._taken, self._position, self._ended, self._started = b"", 0, 0, False, False

    def readable(self) -> bool:
        """Always true."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes of UTF-8; all that is left when `size` is negative.

        Raises:
            Fault: ``file.encoding`` or ``file.nul``, with the position of the byte or its block in the file.
        """
        while (size < 0 or len(self._buffer) - self._taken < size) and not self._ended:
            self._fill()
        end = len(self._buffer) if size < 0 else min(self._taken + size, len(self._buffer))
        out = self._buffer[self._taken : end]
        self._taken = end
        if self._taken >= len(self._buffer):
            self._buffer, self._taken = b"", 0
        return out

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes that the next reads will give again."""
        out = self.read(size)
        self._buffer, self._taken = out + self._buffer[self._taken :], 0
        return out

    def _fill(self) -> None:
        data = self._stream.read(CHUNK)
        self._ended = not data
        text = self._decode(data)
        if "\0" in text:
            raise Fault("file.nul", self._position)
        self._position += len(data)
        if not self._started and text:
            text, self._started = text.removeprefix("\ufeff"), True
        self._buffer, self._taken = self._buffer[self._taken :] + text.encode(), 0

    def _decode(self, data: bytes) -> str:
        if self._decoder is None:
            name = self._encoding
            if name == "auto":
                found = sniff_encoding(data)
                if found is None and data.isascii():
                    return data.decode("ascii")
                name = found or "utf-8"
            self._decoder = codecs.getincrementaldecoder(name)()
        pending = len(self._decoder.getstate()[0])
        try:
            return self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            position = max(self._position - pending + error.start, 0)
        except UnicodeError:  # UTF-16 and UTF-32 without the byte order mark they need
            position = self._position
        raise Fault("file.encoding", position)
