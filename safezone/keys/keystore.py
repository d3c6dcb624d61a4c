"""A key provider for one machine: all keys in one encrypted file."""

from __future__ import annotations

import builtins
import hashlib
import hmac
import re
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safezone.errors import IntegrityFailure, NotFound, UsageError, WrongState
from safezone.keys.keyfile import SCRYPT_N, Entry, Keyfile, new_entry
from safezone.model import WrappedKey, canonical
from safezone.ports import KeyInfo

_NAME = re.compile(r"(?!.{201})[\w-][\w.:-]*(/[\w-][\w.:-]*)+")
_NONCE = 12


def kind_of(name: str) -> str:
    """What a key of that name is for: ``kek`` wraps, ``sign`` signs, ``mac`` for all others.

    Raises:
        UsageError: the name is not of the form ``purpose/...``.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            "keys.name",
            ("That is not the name of a key.", "키 이름의 형식이 아닙니다."),
            ("Names look like kek/<dataset>/<stage>/<delivery>.", "예: kek/<데이터셋>/<단계>/<수령번호>"),
        )
    head = name.partition("/")[0]
    return head if head in {"kek", "sign"} else "mac"


class Keystore:
    """`safezone.ports.KeyProvider` over a keystore file that exists (see `create`).

    Args:
        path: the file; its permissions must give nobody but its owner anything.
        passphrase: what the file is encrypted under.

    Raises:
        Unavailable: there is no such file. It is never made silently: new keys beside old data would hide a loss.
        Denied: the passphrase is not the right one, or others may read the file.
        IntegrityFailure: the file was changed.
    """

    def __init__(self, path: Path, passphrase: bytes) -> None:
        self._file = Keyfile(path, passphrase)

    @classmethod
    def create(cls, path: Path, passphrase: bytes, *, n: int = SCRYPT_N) -> Keystore:
        """Open the keystore at `path`, making an empty one first when there is none.

        Args:
            path: the file; its folder becomes mode 0700.
            passphrase: what to encrypt it under.
            n: cost of scrypt; only tests have a reason to lower it.
        """
        Keyfile.create(path, passphrase, n)
        return cls(path, passphrase)

    def ensure(self, name: str) -> int:
        """Create the key when it does not exist; return its current version.

        Raises:
            WrongState: a key of that name was destroyed; it does not come back under the same name.
        """
        kind = kind_of(name)
        entry = self._file.entries().get(name)
        if entry is None:
            with self._file.changing() as entries:
                entry = entries.setdefault(name, new_entry(kind))
                if entry.current == 0:
                    self._add_version(name, entry)
        if entry.destroyed:
            raise WrongState(
                "keys.destroyed",
                (f"The key {name} was destroyed.", f"키 {name}은(는) 파기되었습니다."),
                (
                    "What it protected cannot come back; use a new object.",
                    "보호하던 내용은 되살릴 수 없습니다. 새 객체를 사용하세요.",
                ),
            )
        return entry.current

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """Encrypt a 32-byte data key under AES-256-GCM with a random nonce; `context` is associated data."""
        if len(key) != 32:
            raise _misuse(name, "wraps 32-byte keys only", "32바이트 키만 감쌀 수 있습니다")
        version, kek = self._key(name, "kek", None)
        nonce = secrets.token_bytes(_NONCE)
        blob = nonce + AESGCM(kek).encrypt(nonce, key, _wrap_aad(name, version, context))
        return WrappedKey(kek=name, version=version, blob=blob)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Decrypt a data key wrapped under the same context.

        Raises:
            IntegrityFailure: key, version or context are not those it was wrapped with, or the blob was changed.
        """
        _, kek = self._key(wrapped.kek, "kek", wrapped.version)
        try:
            aad = _wrap_aad(wrapped.kek, wrapped.version, context)
            return AESGCM(kek).decrypt(wrapped.blob[:_NONCE], wrapped.blob[_NONCE:], aad)
        except (InvalidTag, ValueError):
            raise IntegrityFailure(
                "keys.unwrap",
                (
                    f"A data key does not open under {wrapped.kek} in this place.",
                    f"데이터 키가 이 위치에서 {wrapped.kek}(으)로 열리지 않습니다.",
                ),
                (
                    "The stored key was changed or moved; restore keys.json from its backup.",
                    "저장된 키가 바뀌었거나 옮겨졌습니다. keys.json을 백업에서 복원하세요.",
                ),
            ) from None

    def mac(self, name: str, data: bytes, version: int | None = None) -> bytes:
        """HMAC-SHA256 of `data`; with the current version of the key unless one is named."""
        return hmac.digest(self._key(name, "mac", version)[1], data, hashlib.sha256)

    def sign(self, name: str, data: bytes) -> bytes:
        """Ed25519 signature with the current version of the key."""
        return Ed25519PrivateKey.from_private_bytes(self._key(name, "sign", None)[1]).sign(data)

    def public_key(self, name: str, version: int | None = None) -> bytes:
        """The raw 32-byte Ed25519 public key."""
        seed = self._key(name, "sign", version)[1]
        return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    def rotate(self, name: str) -> int:
        """Add a version and make it current; earlier versions still open what they closed."""
        kind_of(name)
        with self._file.changing() as entries:
            entry = entries.get(name)
            if entry is None or entry.destroyed:
                raise _unknown(name)
            self._add_version(name, entry)
            return entry.current

    def destroy(self, name: str) -> None:
        """Remove every version of the key for good; what remains is the mark that it existed.

        A copy of the file made earlier still holds the key: keystores are never part of a data backup.
        Destroying a destroyed key changes nothing.
        """
        kind_of(name)
        entry = self._file.entries().get(name)
        if entry is None:
            raise _unknown(name)
        if entry.destroyed:
            return
        with self._file.changing() as entries:
            entry = entries[name]
            entry.versions.clear()
            entry.destroyed = entry.destroyed or new_entry("").created

    def list(self) -> list[KeyInfo]:
        """All living keys, without their material, sorted by name."""
        return [
            KeyInfo(name, tuple(sorted(entry.versions)), entry.current, entry.created)
            for name, entry in sorted(self._file.entries().items())
            if not entry.destroyed
        ]

    def destroyed(self) -> builtins.list[tuple[str, str]]:
        """Name and time of every key destroyed, sorted by name."""
        return sorted((name, entry.destroyed) for name, entry in self._file.entries().items() if entry.destroyed)

    def _add_version(self, name: str, entry: Entry) -> None:
        entry.current += 1
        entry.versions[entry.current] = self._file.seal(name, entry.current, entry.kind, secrets.token_bytes(32))

    def _key(self, name: str, kind: str, version: int | None) -> tuple[int, bytes]:
        if kind_of(name) != kind:
            raise _misuse(name, f"is not a {kind} key", f"{kind} 용도의 키가 아닙니다")
        entry = self._file.entries().get(name)
        if entry is None or entry.destroyed:
            raise _unknown(name)
        number = entry.current if version is None else version
        if number not in entry.versions:
            raise _unknown(f"{name} ({number})")
        return number, self._file.unseal(name, number, entry)


def _wrap_aad(name: str, version: int, context: bytes) -> bytes:
    return canonical(["safezone wrap v1", name, version, context.hex()])


def _unknown(name: str) -> NotFound:
    return NotFound(
        "keys.unknown",
        (
            f"There is no key {name}: it was never made, or it was destroyed.",
            f"키 {name}이(가) 없습니다. 만들어지지 않았거나 파기되었습니다.",
        ),
        ("See `safezone keys list`.", "`safezone keys list`로 확인하세요."),
    )


def _misuse(name: str, en: str, ko: str) -> UsageError:
    return UsageError(
        "keys.kind",
        (f"The key {name} {en}.", f"키 {name}: {ko}."),
        ("Use the key its first segment names.", "이름의 첫 부분이 나타내는 용도로 사용하세요."),
    )
