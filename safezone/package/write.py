"""Writing a package: a tar streamed into age, signed over everything in it; plaintext never touches the disk."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyrage

from safezone import signing
from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable
from safezone.hashing import HashingFile
from safezone.package.card import data_card, risk_report, terms
from safezone.package.croissant import croissant
from safezone.package.data import Part
from safezone.package.facts import CardFacts, FileFacts, Lineage
from safezone.package.identity import recipient_of
from safezone.package.statement import statement

STATEMENT = "statement.json"
SUMS = "SHA256SUMS"
NAME = re.compile(r"(data/part-\d{5}\.(parquet|jsonl)|(?!data$)[A-Za-z0-9][A-Za-z0-9._-]{0,63})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was written.

    Attributes:
        sha256: digest of the encrypted package, in hexadecimal.
        size: its bytes.
        rows: rows released.
        files: every file in it but the statement.
        statement: digest of the signed statement (of the envelope's bytes).
    """

    sha256: str
    size: int
    rows: int
    files: tuple[FileFacts, ...]
    statement: str


def write_package(
    out: BinaryIO,
    *,
    recipient: str,
    parts: Iterable[Part],
    facts: CardFacts,
    lineage: Lineage,
    sign: Callable[[bytes], bytes],
    public_key: bytes,
) -> Sealed:
    """Write a package, encrypted to one recipient.

    Args:
        out: where the encrypted bytes go. When an error is raised, what was written is not a package.
        recipient: the developer's age public key; must be the one the reviewers decided on.
        parts: the data files, see `safezone.package.parts`; taken one at a time, one is held in memory.
        facts: what is released; ``rows`` must be the rows of all parts.
        lineage: where it comes from.
        sign: makes an Ed25519 signature (``KeyProvider.sign`` for ``sign/package``).
        public_key: the raw public key it signs with.

    Returns:
        Digests and sizes of what was written.

    Raises:
        UsageError: the recipient is not an age public key.
        IntegrityFailure: recipient, rows, file names or signature are not what they should be.
        Unavailable: the package could not be written.
    """
    age = recipient_of(recipient)
    _agree(recipient.strip() == lineage.recipient, "recipient")
    content = _Content(parts, facts, lineage, sign, public_key)
    source, sink = _Pull(content.stream()), HashingFile(out)
    try:
        pyrage.encrypt_io(source, sink, [age])
    except (pyrage.EncryptError, OSError):
        # age reports a failure of the source by its text, which may hold values: raise the failure itself.
        if source.failure is not None:
            raise source.failure from None
        raise _not_written() from None
    if source.failure is not None:
        raise source.failure
    return Sealed(sink.sha256, sink.size, content.rows, tuple(content.files), content.envelope)


class _Content:
    """The tar of a package as a stream of bytes; knows digests and rows when the stream is at its end."""

    def __init__(
        self,
        parts: Iterable[Part],
        facts: CardFacts,
        lineage: Lineage,
        sign: Callable[[bytes], bytes],
        public_key: bytes,
    ) -> None:
        self._parts, self._facts, self._lineage = parts, facts, lineage
        self._sign, self._public_key = sign, public_key
        self.files: list[FileFacts] = []
        self.rows = 0
        self.envelope = ""

    def stream(self) -> Iterator[bytes]:
        """Data first, since everything else tells its digests; the statement last."""
        for part in self._parts:
            _agree(part.name.endswith(f".{self._facts.format}"), part.name)
            self.rows += part.rows
            yield from self._file(part.name, part.data, part.rows)
        _agree(self.rows == self._facts.rows, "rows")
        data = tuple(self.files)
        yield from self._file("datacard.md", data_card(self._facts, data))
        yield from self._file("croissant.json", croissant(self._facts, data))
        yield from self._file("risk.json", risk_report(self._facts.risk, self.rows))
        yield from self._file("terms.md", terms(self._facts))
        sums = "".join(f"{file.sha256}  {file.name}\n" for file in self.files)
        yield from self._file(SUMS, sums.encode())
        signed = signing.seal(statement(self._facts, self._lineage, self.files), self._sign, self._public_key)
        self.envelope = hashlib.sha256(signed).hexdigest()
        yield from _member(STATEMENT, signed)
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _file(self, name: str, data: bytes, rows: int | None = None) -> Iterator[bytes]:
        known = {file.name for file in self.files}
        _agree(NAME.fullmatch(name) is not None and name not in known, "names")
        self.files.append(FileFacts(name, hashlib.sha256(data).hexdigest(), len(data), rows))
        return _member(name, data)


def _member(name: str, data: bytes) -> Iterator[bytes]:
    """A tar member with nothing in its header but name and size, so that the same content gives the same tar."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    yield info.tobuf(tarfile.USTAR_FORMAT)
    yield data
    yield bytes(-len(data) % tarfile.BLOCKSIZE)


class _Pull(io.RawIOBase):
    """A stream of bytes objects as a file that age reads; keeps the exception that stopped it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except Exception as error:  # noqa: BLE001 - age would put its text, which may hold values, into its own
            self.failure = error if isinstance(error, SafeZoneError) else _not_written(type(error).__name__)
            raise OSError("the content of the package could not be made") from None
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)


def _agree(right: bool, what: str) -> None:
    if not right:
        raise IntegrityFailure(
            "package.disagreement",
            (f"The content disagrees with what was decided: {what}.", f"내용이 결정된 것과 다릅니다: {what}."),
            ("Build the release again.", "반출 파일을 다시 만드십시오."),
            kept=("No package was released.", "반출된 패키지는 없습니다."),
        )


def _not_written(kind: str = "OSError") -> Unavailable:
    return Unavailable(
        "package.write",
        (f"The package could not be written ({kind}).", f"패키지를 쓸 수 없습니다({kind})."),
        ("Check the storage and build the release again.", "저장소를 확인하고 반출 파일을 다시 만드십시오."),
        kept=("No package was released.", "반출된 패키지는 없습니다."),
    )
