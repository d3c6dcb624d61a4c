"""The keystore's file: sealed entries, one MAC over the whole, replaced atomically under a lock.

The master key comes from the passphrase by scrypt (RFC 7914) and is split by HKDF (RFC 5869) into a key that seals
entries (AES-256-GCM; name, version and kind are associated data) and one that MACs the file (HMAC-SHA256 over its
canonical JSON). A counter grows with every write; a process refuses a file older than one it has seen.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from safezone.errors import Denied, IntegrityFailure, Unavailable
from safezone.keys.passphrase import require_private
from safezone.model import canonical, now, timestamp

FORMAT = "safezone keystore v1"
SCRYPT_N = 2**17
_MAX_N = 2**20
_NONCE = 12

_deriving = threading.Lock()


@lru_cache(maxsize=16)
def _derive(passphrase: bytes, salt: bytes, n: int) -> tuple[bytes, bytes]:
    master = Scrypt(salt=salt, length=32, n=n, r=8, p=1).derive(passphrase)
    both = HKDF(algorithm=SHA256(), length=64, salt=None, info=FORMAT.encode()).derive(master)
    return both[:32], both[32:]


def derive(passphrase: bytes, salt: bytes, n: int) -> tuple[bytes, bytes]:
    """Sealing key and MAC key of a passphrase: a third of a second once, then remembered by this process."""
    with _deriving:
        return _derive(passphrase, salt, n)


@dataclass(slots=True)
class Entry:
    """A named key as it lies in the file: sealed versions, or none at all once destroyed."""

    kind: str
    created: str
    current: int
    destroyed: str = ""
    versions: dict[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {
            "kind": self.kind,
            "created": self.created,
            "current": self.current,
            "destroyed": self.destroyed,
            "versions": {str(number): sealed for number, sealed in self.versions.items()},
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Entry:
        """Rebuild an entry from what `to_json` gave."""
        return cls(**data | {"versions": {int(number): sealed for number, sealed in data["versions"].items()}})


class Keyfile:
    """One keystore file, opened with its passphrase. Safe under many threads and processes."""

    def __init__(self, path: Path, passphrase: bytes) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._passphrase = passphrase
        self._seen: tuple[int, int, int] | None = None
        self._seal_key = self._mac_key = b""
        self._header: dict[str, Any] = {}
        self._entries: dict[str, Entry] = {}
        self._opened: dict[tuple[str, int], bytes] = {}
        self.counter = 0
        self.entries()

    @staticmethod
    def create(path: Path, passphrase: bytes, n: int) -> None:
        """Make an empty keystore unless there is one (safe when two processes do so at once)."""
        with _unavailable(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with exclusive(path):
                if path.exists():
                    return
                salt = secrets.token_bytes(32)
                header = {"format": FORMAT, "kdf": {"name": "scrypt", "n": n, "r": 8, "p": 1, "salt": salt.hex()}}
                mac_key = derive(passphrase, salt, n)[1]
                _store(path, header | {"check": _check(mac_key, header)}, 1, {}, mac_key)

    def entries(self) -> dict[str, Entry]:
        """The entries as they are now; read again when another process has changed the file."""
        with self._lock, _unavailable(self.path):
            status = self.path.stat()
            now_seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if now_seen != self._seen:
                self._load()
                self._seen = now_seen
            return self._entries

    @contextmanager
    def changing(self) -> Iterator[dict[str, Entry]]:
        """Hold the file alone; what the block did to the entries is stored unless it raises."""
        with self._lock, _unavailable(self.path), exclusive(self.path):
            self._seen = None
            entries = self.entries()
            # Whatever goes wrong from here on, what is in memory may differ from the file.
            self._seen = None
            yield entries
            _store(self.path, self._header, self.counter + 1, entries, self._mac_key)
            self._opened.clear()
            self.entries()

    def seal(self, name: str, version: int, kind: str, key: bytes) -> str:
        """Encrypt a key for its place in the file."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + AESGCM(self._seal_key).encrypt(nonce, key, canonical([FORMAT, name, version, kind]))
        return base64.b64encode(sealed).decode()

    def unseal(self, name: str, version: int, entry: Entry) -> bytes:
        """Decrypt one version of a key; kept in this process until the file changes.

        Raises:
            IntegrityFailure: the entry does not belong there or was changed.
        """
        with self._lock:
            if (name, version) not in self._opened:
                try:
                    sealed = base64.b64decode(entry.versions[version], validate=True)
                    aad = canonical([FORMAT, name, version, entry.kind])
                    key = AESGCM(self._seal_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], aad)
                except (InvalidTag, ValueError):
                    raise _damaged(self.path) from None
                self._opened[name, version] = key
            return self._opened[name, version]

    def _load(self) -> None:
        with self.path.open("rb") as file:
            require_private(self.path, os.fstat(file.fileno()).st_mode)
            raw = file.read()
        try:
            body = json.loads(raw)
            mac = bytes.fromhex(body.pop("mac"))
            header = {name: body[name] for name in ("format", "kdf", "check")}
            kdf = header["kdf"]
            salt, n, counter = bytes.fromhex(kdf["salt"]), int(kdf["n"]), int(body["counter"])
            entries = {name: Entry.from_json(entry) for name, entry in body["keys"].items()}
            signed = canonical(body)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _damaged(self.path) from None
        # The file is not yet trusted: a huge cost would take all memory.
        if header["format"] != FORMAT or not 2 <= n <= _MAX_N or n & (n - 1):
            raise _damaged(self.path)
        seal_key, mac_key = derive(self._passphrase, salt, n)
        if not hmac.compare_digest(_check(mac_key, header), str(header["check"])):
            raise _wrong_passphrase(self.path)
        if not hmac.compare_digest(hmac.digest(mac_key, signed, hashlib.sha256), mac):
            raise _damaged(self.path)
        if counter < self.counter:
            raise _rolled_back(self.path)
        self._seal_key, self._mac_key, self._header = seal_key, mac_key, header
        self._entries, self.counter = entries, counter
        self._opened.clear()


def new_entry(kind: str) -> Entry:
    """An entry without versions, made now."""
    return Entry(kind=kind, created=timestamp(now()), current=0)


def _check(mac_key: bytes, header: dict[str, Any]) -> str:
    """Tells a wrong passphrase from a changed file: a MAC over the parameters of the derivation alone."""
    return hmac.digest(mac_key, canonical([header["format"], header["kdf"]]), hashlib.sha256).hex()


def _store(path: Path, header: dict[str, Any], counter: int, entries: dict[str, Entry], mac_key: bytes) -> None:
    body = header | {
        "counter": counter,
        "keys": {name: entry.to_json() for name, entry in sorted(entries.items())},
    }
    mac = hmac.digest(mac_key, canonical(body), hashlib.sha256).hex()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(body | {"mac": mac}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Be the only process to change a file. The lock lies beside it, since the file itself may be replaced."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError:
        failure = Unavailable(
            "keys.unavailable",
            (f"The keystore {path} cannot be read or written.", f"키 저장소 {path}을(를) 읽거나 쓸 수 없습니다."),
            (
                "Check that the file is there, its owner and the free space; a new zone needs `safezone init`.",
                "파일 존재 여부, 소유자, 남은 공간을 확인하세요. 새 안심구역이면 `safezone init`을 실행하세요.",
            ),
        )
    else:
        return
    raise failure from None


def _damaged(path: Path) -> IntegrityFailure:
    return IntegrityFailure(
        "keys.damaged",
        (f"The keystore {path} is not what was written.", f"키 저장소 {path}이(가) 기록된 내용과 다릅니다."),
        (
            "Treat it as tampering: keep the file, and restore the keystore from its own backup.",
            "변조로 간주하고 파일을 보존한 뒤, 키 저장소 전용 백업에서 복원하세요.",
        ),
    )


def _rolled_back(path: Path) -> IntegrityFailure:
    return IntegrityFailure(
        "keys.rolled_back",
        (
            f"The keystore {path} is older than the one seen before: destroyed keys could come back.",
            f"키 저장소 {path}이(가) 이전에 본 것보다 오래되어, 파기된 키가 되살아날 수 있습니다.",
        ),
        ("Put the newest keystore back.", "가장 최근의 키 저장소를 되돌려 놓으세요."),
    )


def _wrong_passphrase(path: Path) -> Denied:
    return Denied(
        "keys.passphrase_wrong",
        (
            f"The passphrase does not open the keystore {path}.",
            f"암호구로 키 저장소 {path}을(를) 열 수 없습니다.",
        ),
        (
            "Point SAFEZONE_PASSPHRASE_FILE at the passphrase this keystore was made with.",
            "이 키 저장소를 만들 때의 암호구 파일을 SAFEZONE_PASSPHRASE_FILE에 지정하세요.",
        ),
    )
