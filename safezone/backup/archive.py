r"""The file a backup is: an encrypted tar, and a signed header that says what it is.

.. code-block:: text

    "SZBACKUP1\n"
    body     tar (POSIX.1-2001 ustar/pax, names in the order written, no times, no owners) through the STREAM
             construction of `safezone.keys.stream`, under a fresh 256-bit data key; the context is the backup's id
    header   canonical JSON (RFC 8785): {"header": {...}, "key_version": n, "signature": hex}
    trailer  length of the header (8 bytes, big-endian) || SHA-256(header || length) || "SZBACKUP1\n"

The header stands at the end because it holds the digest of the body, and a file is written once, from front to back.
It carries the data key wrapped under ``kek/zone/backup/<id>`` and is signed (Ed25519) with ``sign/backup``. The
checksum only tells damage from a header that other keys signed; what is believed is the signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone.errors import Denied, IntegrityFailure, NotFound, Unavailable
from safezone.hashing import HashingFile
from safezone.keys.stream import decrypting_reader, encrypting_writer
from safezone.model import WrappedKey, canonical
from safezone.ports import KeyProvider

MAGIC = b"SZBACKUP1\n"
SIGN_KEY = "sign/backup"
_LENGTH, _CHECK = 8, 32
_TRAILER = _LENGTH + _CHECK + len(MAGIC)
_MAX_HEADER = 1024 * 1024
_SIGNED = b"safezone backup v1\x00"
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Header:
    """What may be told of a backup without opening it.

    Attributes:
        id: the backup's id.
        zone: id of the zone.
        made: when, RFC 3339 in UTC.
        code: version of the code that made it.
        schema: revision of the catalog's schema.
        log: ``origin``, ``size`` and ``root`` (hex) of the log in it, its newest signed ``checkpoint`` and the log's
            public ``keys``.
        witness: the witness's newest ``checkpoint`` (cosigned) and public ``key``; empty when it did not answer.
        counts: rows by table, and how many manifests, key tables and parts there are.
        contents: number, size in bytes and digest of the list of contents (``sha256  name`` lines, in order).
        body: size in bytes and SHA-256 of the encrypted body.
        key: the data key, wrapped: ``version`` and ``blob`` (base64).
    """

    id: str
    zone: str
    made: str
    code: str
    schema: str
    log: dict[str, Any]
    witness: dict[str, str]
    counts: dict[str, int]
    contents: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    key: dict[str, Any] = field(default_factory=dict)

    @property
    def kek(self) -> str:
        """Name of the key-encryption key that opens it: one for each backup, so that one can be destroyed alone."""
        return kek_name(self.id)


def kek_name(backup: str) -> str:
    """Name of the key-encryption key of a backup."""
    return f"kek/zone/backup/{backup}"


def context(backup: str) -> bytes:
    """What data key and body are bound to."""
    return f"safezone backup v1/{backup}".encode()


class Writer:
    """Writes the members of the body one after the other. Memory holds one member's piece at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see close
        self._list = hashlib.sha256()
        self.members = 0
        self.size = 0

    def add(self, name: str, data: bytes) -> None:
        """Add a small member."""
        self.add_stream(name, cast(BinaryIO, io.BytesIO(data)), len(data))

    def add_stream(self, name: str, stream: BinaryIO, size: int) -> None:
        """Add a member of a known size from a stream.

        Raises:
            IntegrityFailure: the stream ends early.
        """
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        hashing = HashingFile(stream)
        try:
            self._tar.addfile(info, cast(IO[bytes], hashing))
        except (OSError, tarfile.TarError) as error:
            if isinstance(error, OSError) and hashing.size >= size:
                raise
            raise damaged() from None
        _forget(self._tar)
        self._list.update(f"{hashing.sha256}  {name}\n".encode())
        self.members += 1
        self.size += size

    def close(self) -> None:
        """Write the end of the tar."""
        self._tar.close()

    def abandon(self) -> None:
        """Leave the tar unfinished; the library would write its end when it is dropped."""
        cast(Any, self._tar).fileobj.closed = True

    def contents(self) -> dict[str, Any]:
        """What was written, for the header."""
        return {"members": self.members, "bytes": self.size, "sha256": self._list.hexdigest()}


@contextmanager
def writing(raw: BinaryIO, key: bytes, backup: str) -> Iterator[tuple[Writer, HashingFile]]:
    """Write magic and body into `raw`; afterwards the hashing file knows the body's size and digest."""
    raw.write(MAGIC)
    body = HashingFile(raw)
    with encrypting_writer(body, key, context(backup)) as stream:
        writer = Writer(cast(BinaryIO, stream))
        try:
            yield writer, body
        except BaseException:
            writer.abandon()
            raise
        writer.close()


def finish(raw: BinaryIO, header: Header, keys: KeyProvider) -> None:
    """Sign the header and write it with the trailer."""
    version = keys.ensure(SIGN_KEY)
    body = asdict(header)
    signature = keys.sign(SIGN_KEY, _SIGNED + canonical({"header": body, "key_version": version}))
    document = canonical({"header": body, "key_version": version, "signature": signature.hex()})
    length = len(document).to_bytes(_LENGTH, "big")
    raw.write(document + length + hashlib.sha256(document + length).digest() + MAGIC)


def open_header(path: Path, keys: KeyProvider) -> Header:
    """Read a backup's header and check its signature and the digest of its body.

    Raises:
        IntegrityFailure: some byte of the file is not what was written.
        Denied: another zone's keys, or older ones, signed it.
        Unavailable: the file cannot be read.
    """
    with _reading(path) as file:
        document, size = _document(file)
        try:
            parsed = json.loads(document)
            header = Header(**parsed["header"])
            version, signature = int(parsed["key_version"]), bytes.fromhex(parsed["signature"])
            signed = _SIGNED + canonical({"header": parsed["header"], "key_version": version})
        except (ValueError, KeyError, TypeError, RecursionError):
            raise damaged() from None
        _require_signed(keys, version, signed, signature)
        if header.body.get("size") != size or header.body.get("sha256") != _digest(file, size):
            raise damaged()
    return header


@contextmanager
def members(path: Path, header: Header, keys: KeyProvider) -> Iterator[Iterator[tuple[str, int, BinaryIO]]]:
    """Decrypt the body of a backup whose header was checked: name, size and content of every member, in order.

    The iterator raises `IntegrityFailure` at its end when the list of contents is not the one the header names; nothing
    may be shown to anybody before.

    Raises:
        Denied: the keys do not hold the one that opens it.
        IntegrityFailure: it does not open, or is not what was written.
    """
    with _reading(path) as file:
        file.seek(len(MAGIC))
        body = cast(BinaryIO, io.BufferedReader(_Window(file, int(header.body["size"])), _PIECE))
        reader = decrypting_reader(body, _data_key(header, keys), context(header.id))
        try:
            with tarfile.open(fileobj=cast(IO[bytes], reader), mode="r|") as tar:
                yield _each(tar, header)
        except tarfile.TarError:
            raise damaged() from None


def _each(tar: tarfile.TarFile, header: Header) -> Iterator[tuple[str, int, BinaryIO]]:
    listing, number = hashlib.sha256(), 0
    while (info := tar.next()) is not None:
        # Links, devices, and files whose holes are said to be so large that they would fill the disk, are none of ours.
        plain = info.type == tarfile.REGTYPE and info.sparse is None and "\x00" not in info.name
        stream = tar.extractfile(info) if plain else None
        if stream is None:
            raise damaged()
        hashing = HashingFile(cast(BinaryIO, stream))
        yield info.name, info.size, hashing
        while hashing.read(_PIECE):
            pass  # what the caller did not read belongs to the digest too
        _forget(tar)
        listing.update(f"{hashing.sha256}  {info.name}\n".encode())
        number += 1
    if (number, listing.hexdigest()) != (header.contents.get("members"), header.contents.get("sha256")):
        raise damaged()


def _forget(tar: tarfile.TarFile) -> None:
    """The library remembers every member; a backup may have very many."""
    cast(Any, tar).members.clear()


def _data_key(header: Header, keys: KeyProvider) -> bytes:
    try:
        wrapped = WrappedKey(header.kek, int(header.key["version"]), base64.b64decode(header.key["blob"]))
        return keys.unwrap(wrapped, context(header.id))
    except (KeyError, ValueError, TypeError):
        raise damaged() from None
    except NotFound:
        raise Denied(
            "backup.key_missing",
            (
                f"Backup {header.id} does not open: the keystore is older, or the backup's own key was destroyed.",
                f"백업 {header.id}이(가) 열리지 않습니다. 키 저장소가 더 오래되었거나 이 백업의 키가 파기되었습니다.",
            ),
            (
                "Put back a keystore (or recovery copy) made with or after the backup.",
                "백업과 함께, 또는 그 이후에 만든 키 저장소나 복구 사본을 사용하십시오.",
            ),
        ) from None


def _document(file: BinaryIO) -> tuple[bytes, int]:
    """The header's text and the size of the body, by what the trailer says."""
    whole = file.seek(0, io.SEEK_END)
    if whole < len(MAGIC) + _TRAILER:
        raise damaged()
    file.seek(0)
    first = file.read(len(MAGIC))
    file.seek(whole - _TRAILER)
    trailer = file.read(_TRAILER)
    length, check, last = trailer[:_LENGTH], trailer[_LENGTH : _LENGTH + _CHECK], trailer[_LENGTH + _CHECK :]
    size = int.from_bytes(length, "big")
    start = whole - _TRAILER - size
    if first != MAGIC or last != MAGIC or size > _MAX_HEADER or start < len(MAGIC):
        raise damaged()
    file.seek(start)
    document = file.read(size)
    if not hmac.compare_digest(hashlib.sha256(document + length).digest(), check):
        raise damaged()
    return document, start - len(MAGIC)


def _require_signed(keys: KeyProvider, version: int, signed: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(keys.public_key(SIGN_KEY, version)).verify(signature, signed)
    except (InvalidSignature, ValueError, NotFound):
        raise Denied(
            "backup.other_keys",
            (
                "The keys at hand did not sign this backup: it is another zone's, or was forged.",
                "지금의 키로 서명된 백업이 아닙니다. 다른 안심구역의 백업이거나 위조된 것입니다.",
            ),
            (
                "Put the keystore of the zone that made it back first (`safezone keys recovery combine`).",
                "먼저 백업을 만든 안심구역의 키 저장소를 복구하십시오(`safezone keys recovery combine`).",
            ),
        ) from None


def _digest(file: BinaryIO, size: int) -> str:
    file.seek(len(MAGIC))
    hasher, left = hashlib.sha256(), size
    while left and (piece := file.read(min(left, _PIECE))):
        hasher.update(piece)
        left -= len(piece)
    return hasher.hexdigest()


class _Window(io.RawIOBase):
    """The next `size` bytes of a file, as a file."""

    def __init__(self, beneath: BinaryIO, size: int) -> None:
        super().__init__()
        self._beneath, self._left = beneath, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._beneath.read(min(self._left, len(buffer)))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _reading(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError:
        raise Unavailable(
            "backup.unreadable",
            (f"The backup {path} cannot be read.", f"백업 {path}을(를) 읽을 수 없습니다."),
            ("Check the name, the medium and its permissions.", "이름, 저장 매체, 권한을 확인하십시오."),
        ) from None


def damaged() -> IntegrityFailure:
    """The error for a backup that is not what was written."""
    return IntegrityFailure(
        "backup.damaged",
        (
            "The backup is not what was written: it was changed, cut off, or is no backup.",
            "백업이 기록된 내용과 다릅니다. 변경되었거나 잘렸거나 백업 파일이 아닙니다.",
        ),
        (
            "Do not use it; take another copy or an earlier backup, and tell the auditor.",
            "사용하지 말고 다른 사본이나 이전 백업을 쓰며, 감사 담당자에게 알리십시오.",
        ),
        kept=("Nothing was restored.", "복원된 것은 없습니다."),
    )
