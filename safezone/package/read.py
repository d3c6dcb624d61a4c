"""Reading a package: decrypt, take out the files it is signed for and nothing else, verify all of it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import pyarrow as pa
import pyrage

from safezone import signing
from safezone.errors import BadInput, IntegrityFailure, Unavailable, UsageError, WrongState
from safezone.package.data import arrow_type, empty, read_part
from safezone.package.identity import read_identities
from safezone.package.statement import PREDICATE_TYPE, STATEMENT_TYPE
from safezone.package.write import NAME, STATEMENT

MAX_BYTES = 1 << 40
MAX_FILES = 10_000
MAX_DOCUMENT = 64 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Package:
    """A package whose files were all verified.

    Attributes:
        statement: the in-toto statement.
        signer: the public key that signed it.
        pinned: whether that key was expected; False means that only wholeness is proven, not who made it.
        folder: where it lies, or None when it is held in memory.
        memory: its files by name when it is held in memory.
    """

    statement: dict[str, Any]
    signer: bytes
    pinned: bool
    folder: Path | None = None
    memory: dict[str, bytes] | None = field(default=None, repr=False)

    @property
    def predicate(self) -> dict[str, Any]:
        """Request, project, dataset, columns, filter, risk, period and the rest of the lineage."""
        return dict(self.statement["predicate"])

    @property
    def names(self) -> tuple[str, ...]:
        """The files, as signed."""
        return tuple(_subjects(self.statement))

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the released columns."""
        return pa.schema([(one["name"], arrow_type(one["type"])) for one in self.predicate["columns"]])

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        if self.memory is not None:
            return self.memory[name]
        return _path(self.folder or Path(), name).read_bytes()

    def table(self) -> pa.Table:
        """All rows as one Arrow table.

        Raises:
            IntegrityFailure: a data file does not hold what the statement says.
        """
        schema = self.schema
        tables = []
        for name in self.names:
            if name.startswith("data/"):
                source = (
                    io.BytesIO(self.memory[name]) if self.memory is not None else _path(self.folder or Path(), name)
                )
                tables.append(read_part(source, name, schema))
        table = pa.concat_tables(tables) if tables else empty(schema=schema)
        if table.num_rows != self.predicate["rows"]:
            _fail("data", "package.rows")
        return table


def read_package(stream: BinaryIO, identity: Path, target: Path, *, expect_key: bytes | None = None) -> Package:
    """Decrypt, verify and unpack a package into a new folder.

    Args:
        stream: the encrypted package.
        identity: the developer's identity file.
        target: folder to make; it appears only when everything is right.
        expect_key: the zone's raw public key; None accepts any (see `Package.pinned`).

    Returns:
        The verified package in `target`.

    Raises:
        WrongState: `target` exists.
        UsageError, BadInput: no identity, or not the one it was encrypted to.
        IntegrityFailure: a file, or the signature, is not what it should be.
    """
    if target.exists():
        raise WrongState(
            "package.target",
            (f"{target} exists already.", f"{target}이(가) 이미 있습니다."),
            ("Name another folder, or use what is there.", "다른 폴더를 지정하거나 기존 폴더를 쓰십시오."),
        )
    identities = read_identities(identity)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        digests: dict[str, str] = {}
        with _opened(stream, identities) as tar:
            for name, member in _members(tar):
                path = _path(partial, name)
                path.parent.mkdir(mode=0o700, exist_ok=True)
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    digests[name] = _copy(member, file)
        if STATEMENT not in digests:
            _fail(STATEMENT)
        package = _verified(digests, _path(partial, STATEMENT).read_bytes(), _keys(expect_key), partial)
        partial.rename(target)
    except OSError as error:
        raise Unavailable(
            "package.unpack",
            (
                f"The package could not be unpacked ({type(error).__name__}).",
                f"패키지를 풀 수 없습니다({type(error).__name__}).",
            ),
            ("Check the space and rights of the folder.", "폴더의 공간과 권한을 확인하십시오."),
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Package(package.statement, package.signer, package.pinned, folder=target)


def open_package(stream: BinaryIO, identity: Path, *, keys: tuple[bytes, ...] | None = None) -> Package:
    """Decrypt and verify a package in memory; nothing is written.

    Args:
        stream: the encrypted package.
        identity: the developer's identity file.
        keys: public keys that may have signed it; None accepts any.

    Raises:
        UsageError, BadInput, IntegrityFailure: as `read_package`.
    """
    files: dict[str, bytes] = {}
    with _opened(stream, read_identities(identity)) as tar:
        for name, member in _members(tar):
            buffer = io.BytesIO()
            _copy(member, buffer)
            files[name] = buffer.getvalue()
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    package = _verified(digests, files.get(STATEMENT, b""), keys, None)
    return Package(package.statement, package.signer, package.pinned, memory=files)


def verify_package(
    folder: Path, public_key: bytes | None = None, *, keys: tuple[bytes, ...] | None = None
) -> Package:
    """Verify an unpacked package: the signature, and every file by its digest.

    Args:
        folder: the package, whether `read_package` or ``age`` and ``tar`` unpacked it.
        public_key: the zone's raw public key.
        keys: several keys that may have signed it, instead of one. Without either, any key is accepted.

    Returns:
        The verified package.

    Raises:
        UsageError: there is no package in the folder.
        IntegrityFailure: a file is missing, changed or not part of the package; the message says which.
    """
    if not _path(folder, STATEMENT).is_file():
        raise UsageError(
            "package.missing",
            (f"There is no package in {folder}.", f"{folder}에 패키지가 없습니다."),
            ("Pull it first: safezone pull.", "먼저 safezone pull로 받으십시오."),
        )
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            _fail(name)
        # What a desktop leaves behind (.DS_Store) is no part of the package and is never read.
        if path.is_file() and not any(part.startswith(".") for part in Path(name).parts):
            with path.open("rb") as file:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return _verified(
        digests, _path(folder, STATEMENT).read_bytes(), _keys(public_key) if keys is None else keys, folder
    )


def _keys(key: bytes | None) -> tuple[bytes, ...] | None:
    return None if key is None else (key,)


def _path(folder: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        _fail("?", "package.name")
    return folder / name


def _subjects(statement: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}


def _verified(
    digests: dict[str, str], envelope: bytes, keys: tuple[bytes, ...] | None, folder: Path | None
) -> Package:
    """Check signature and digests; every file must be signed for, and every signed file be there."""
    statement, signer = signing.unseal(envelope, keys)
    try:
        right = statement["_type"] == STATEMENT_TYPE and statement["predicateType"] == PREDICATE_TYPE
        wanted = _subjects(statement)
        predicate = statement["predicate"]
        right = right and isinstance(predicate["request"], str) and isinstance(predicate["rows"], int)
    except (KeyError, TypeError):
        right = False
    if not right:
        _fail(STATEMENT)
    for name in sorted({*wanted, *digests} - {STATEMENT}):
        if name not in wanted or digests.get(name) != wanted[name]:
            _fail(name)
    return Package(statement, signer, keys is not None, folder)


@contextmanager
def _opened(stream: BinaryIO, identities: list[Any]) -> Iterator[tarfile.TarFile]:
    """The tar within an encrypted stream, decrypted by a thread while it is read."""
    reading, writing = os.pipe()
    failures: list[Exception] = []

    def decrypt() -> None:
        try:
            with os.fdopen(writing, "wb", _CHUNK) as sink:
                pyrage.decrypt_io(stream, sink, identities)
        except (pyrage.DecryptError, OSError, ValueError) as error:
            failures.append(error)

    thread = threading.Thread(target=decrypt, name="age-decrypt", daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as source:
            try:
                with tarfile.open(fileobj=source, mode="r|") as tar:
                    yield tar
                # The end of the stream is where age proves that nothing was cut off.
                while source.read(_CHUNK):
                    pass
            except (tarfile.TarError, EOFError):
                failures.append(tarfile.ReadError())
    finally:
        thread.join()
    if failures:
        _undecryptable(failures)


def _undecryptable(failures: list[Exception]) -> NoReturn:
    if any(isinstance(one, pyrage.DecryptError) and "No matching keys" in str(one) for one in failures):
        raise BadInput(
            "package.identity",
            ("The package was not made for this identity.", "이 개인키로 열 수 있는 패키지가 아닙니다."),
            (
                "Give the identity whose public key stood in the request.",
                "요청에 적은 공개키의 개인키 파일을 지정하십시오.",
            ),
        ) from None
    raise IntegrityFailure(
        "package.damaged",
        ("The package is damaged, cut off or not a package.", "패키지가 손상되었거나 잘렸거나 패키지가 아닙니다."),
        ("Pull it again.", "다시 받으십시오."),
        kept=("Nothing was unpacked.", "풀린 파일은 없습니다."),
    ) from None


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, BinaryIO]]:
    """The files of the tar: plain files with names of the package's form, each once, within the limits."""
    seen: set[str] = set()
    total = 0
    for member in tar:
        total += member.size
        limit = MAX_BYTES if member.name.startswith("data/") else MAX_DOCUMENT
        fits = member.size <= limit and total <= MAX_BYTES and len(seen) < MAX_FILES
        plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
        if not plain or not NAME.fullmatch(member.name) or member.name in seen or not fits:
            _fail(member.name if NAME.fullmatch(member.name) else "?", "package.member")
        seen.add(member.name)
        content = tar.extractfile(member)
        if content is not None:
            yield member.name, content  # type: ignore[misc]


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    sha256 = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        sha256.update(chunk)
        target.write(chunk)
    return sha256.hexdigest()


def _fail(name: str, code: str = "package.file") -> NoReturn:
    raise IntegrityFailure(
        code,
        (
            f"{name} is not what the zone signed: changed, missing, or no part of the package.",
            f"{name}: 안심구역이 서명한 것과 다릅니다(변경, 누락 또는 패키지에 없는 파일).",
        ),
        ("Do not use the data; pull the package again.", "데이터를 사용하지 말고 패키지를 다시 받으십시오."),
        kept=("No data was handed out.", "데이터는 제공되지 않았습니다."),
    ) from None
