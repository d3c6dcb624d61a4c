"""Encrypted streams, for blobs that are not Parquet (intake and quarantine objects).

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance", CRYPTO 2015) over AES-256-GCM with segments of 1 MiB:

    header  = "SZSTRM01" || 7 random bytes
    segment = AES-256-GCM(key, nonce = 7 random bytes || counter (4 bytes, big-endian) || last (0 or 1),
                          plaintext (1 MiB; the last one shorter or equal), AAD = header || context)

The counter shows reordering and removal, the last flag shows truncation and extension.
"""

from __future__ import annotations

import io
import secrets
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safezone.errors import BadInput, IntegrityFailure

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MAGIC = b"SZSTRM01"
SEGMENT = 1024 * 1024
_PREFIX = 7
_TAG = 16
_HEADER = len(MAGIC) + _PREFIX
_SEALED = SEGMENT + _TAG


def encrypting_writer(raw: BinaryIO, key: bytes, context: bytes) -> EncryptingWriter:
    """Write plaintext to the result, ciphertext arrives in `raw`, which stays open.

    Use it in a ``with`` block: the stream is completed when the block ends well. When it ends with an exception,
    or the writer is dropped unclosed, the last segment is left out and nobody can read the stream.
    """
    return EncryptingWriter(raw, key, context)


def decrypting_reader(raw: BinaryIO, key: bytes, context: bytes) -> io.BufferedReader:
    """Read the plaintext of a stream; seekable when `raw` is. Closing it closes `raw`.

    Reading raises `IntegrityFailure` when anything was changed, cut off, moved or added, before
    any byte of the segment concerned is given out.
    """
    return io.BufferedReader(_DecryptingReader(raw, key, context), SEGMENT)


def _nonce(prefix: bytes, counter: int, last: bool) -> bytes:
    return prefix + counter.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


class EncryptingWriter(io.RawIOBase):
    """See `encrypting_writer`."""

    def __init__(self, raw: BinaryIO, key: bytes, context: bytes) -> None:
        super().__init__()
        self._raw = raw
        self._aead = AESGCM(key)
        self._prefix = secrets.token_bytes(_PREFIX)
        self._aad = MAGIC + self._prefix + context
        # Two buffers for the life of the stream: fresh memory for each segment costs more than the encryption.
        self._plain = memoryview(bytearray(SEGMENT))
        self._filled = 0
        self._sealed = memoryview(bytearray(SEGMENT + _TAG))
        self._counter = 0
        self._finished = False
        raw.write(MAGIC + self._prefix)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Take all of `data`; segments are written as they fill."""
        if self.closed:
            raise ValueError("the stream is closed")
        view = memoryview(data).cast("B")
        size, start = len(view), 0
        while start < size:
            # A full segment waits until more follows, since it might be the last.
            if self._filled == SEGMENT:
                self._segment(self._plain, last=False)
                self._filled = 0
            if not self._filled and size - start > SEGMENT:
                self._segment(view[start : start + SEGMENT], last=False)
                start += SEGMENT
                continue
            taken = min(SEGMENT - self._filled, size - start)
            self._plain[self._filled : self._filled + taken] = view[start : start + taken]
            self._filled += taken
            start += taken
        return size

    def close(self) -> None:
        """Write the last segment; `raw` stays open."""
        if self.closed:
            return
        if not self._finished:
            self._finished = True
            self._segment(self._plain[: self._filled], last=True)
        super().close()

    def abandon(self) -> None:
        """Close without the last segment: the stream will not open."""
        self._finished = True
        super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        # The base class would close, and so complete what was never meant to be whole.
        self._finished = True

    def _segment(self, plaintext: memoryview, *, last: bool) -> None:
        if self._counter >= 2**32:
            raise BadInput(
                "stream.too_long",
                (
                    "The file is too large for one encrypted object.",
                    "하나의 암호화 객체로 담기에는 너무 큰 파일입니다.",
                ),
                ("Split it.", "나누어 제출하세요."),
            )
        nonce = _nonce(self._prefix, self._counter, last)
        sealed = self._sealed[: len(plaintext) + _TAG]
        self._aead.encrypt_into(nonce, plaintext, self._aad, sealed)
        self._raw.write(sealed)
        self._counter += 1


class _DecryptingReader(io.RawIOBase):
    def __init__(self, raw: BinaryIO, key: bytes, context: bytes) -> None:
        super().__init__()
        self._raw = raw
        self._aead = AESGCM(key)
        header = _read_all(raw, _HEADER)
        if len(header) != _HEADER or not header.startswith(MAGIC):
            raise _broken()
        self._prefix = header[len(MAGIC) :]
        self._aad = header + context
        self._plain: bytes = b""
        self._offset = 0  # of the next byte within the segment in hand
        self._next = 0  # number of the segment `_ahead` holds
        self._done = False
        self._ahead = _read_all(raw, _SEALED)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """When what lies beneath is."""
        return self._raw.seekable()

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill as much of `buffer` as the segment in hand allows."""
        view = memoryview(buffer).cast("B")
        if self._offset == len(self._plain) and not self._advance():
            return 0
        size = min(len(view), len(self._plain) - self._offset)
        view[:size] = memoryview(self._plain)[self._offset : self._offset + size]
        self._offset += size
        return size

    def readall(self) -> bytes:
        """The rest of the stream."""
        parts = [self._plain[self._offset :]]
        self._offset = len(self._plain)
        while self._advance():
            parts.append(self._plain)
            self._offset = len(self._plain)
        return b"".join(parts)

    def tell(self) -> int:
        """Offset in the plaintext."""
        if self._next == 0:
            return 0
        return (self._next - 1) * SEGMENT + self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move in the plaintext; beyond its end counts as its end."""
        if whence == io.SEEK_CUR:
            offset += self.tell()
        elif whence == io.SEEK_END:
            offset += self._length()
        if offset < 0:
            raise ValueError("negative position")
        self._load(offset // SEGMENT)
        self._offset = min(offset % SEGMENT, len(self._plain))
        return self.tell()

    def close(self) -> None:
        """Close this and what lies beneath."""
        if not self.closed:
            self._plain = b""
            self._offset = 0
            self._raw.close()
        super().close()

    def _length(self) -> int:
        """Plaintext length; the last segment is opened first, so that a cut-off stream has none."""
        sealed = self._raw.seek(0, io.SEEK_END) - _HEADER
        count = max(1, -(-sealed // _SEALED))
        self._load(count - 1)
        if not self._done:
            raise _broken()
        return (count - 1) * SEGMENT + len(self._plain)

    def _load(self, number: int) -> None:
        """Bring segment `number` in hand, or the last one when there are fewer."""
        sealed = self._raw.seek(0, io.SEEK_END) - _HEADER
        number = min(number, max(1, -(-sealed // _SEALED)) - 1)
        self._raw.seek(_HEADER + number * _SEALED)
        self._next, self._done = number, False
        self._ahead = _read_all(self._raw, _SEALED)
        self._advance()

    def _advance(self) -> bool:
        """Open the next segment; False at the end of the stream."""
        if self._done:
            return False
        sealed, self._ahead = self._ahead, _read_all(self._raw, _SEALED)
        last = not self._ahead
        try:
            self._plain = self._aead.decrypt(_nonce(self._prefix, self._next, last), sealed, self._aad)
        except (InvalidTag, ValueError, OverflowError):
            self._plain, self._offset = b"", 0
            raise _broken() from None
        self._offset, self._done = 0, last
        self._next += 1
        return bool(self._plain)


def _read_all(raw: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a pipe may give less at a time."""
    data = raw.read(size)
    if len(data) == size or not data:
        return data
    parts, have = [data], len(data)
    while have < size and (more := raw.read(size - have)):
        parts.append(more)
        have += len(more)
    return b"".join(parts)


def _broken() -> IntegrityFailure:
    return IntegrityFailure(
        "stream.integrity",
        (
            "An encrypted object does not open: it was changed, cut off, or belongs elsewhere.",
            "암호화된 객체가 열리지 않습니다. 변경되었거나 잘렸거나 다른 위치의 것입니다.",
        ),
        ("Treat it as tampering, and deliver the file again.", "변조로 간주하고 파일을 다시 제출받으세요."),
    )
