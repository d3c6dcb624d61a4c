"""A key provider for one machine: all keys in one encrypted file."""

from __future__ import annotations

import builtins
import hashlib
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safezone.keys import faults
from safezone.keys.keyfile import SCRYPT_N, Entry, Keyfile, new_entry
from safezone.keys.naming import kind_of, wrap_aad
from safezone.model import WrappedKey
from safezone.ports import KeyInfo

_NONCE = 12


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
            raise faults.destroyed(name)
        return entry.current

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """Encrypt a 32-byte data key under AES-256-GCM with a random nonce; `context` is associated data."""
        faults.require_data_key(name, key)
        version, kek = self._key(name, "kek", None)
        nonce = secrets.token_bytes(_NONCE)
        blob = nonce + AESGCM(kek).encrypt(nonce, key, wrap_aad(name, version, context))
        return WrappedKey(kek=name, version=version, blob=blob)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Decrypt a data key wrapped under the same context.

        Raises:
            IntegrityFailure: key, version or context are not those it was wrapped with, or the blob was changed.
        """
        _, kek = self._key(wrapped.kek, "kek", wrapped.version)
        try:
            aad = wrap_aad(wrapped.kek, wrapped.version, context)
            return AESGCM(kek).decrypt(wrapped.blob[:_NONCE], wrapped.blob[_NONCE:], aad)
        except (InvalidTag, ValueError):
            raise faults.does_not_open(wrapped.kek) from None

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """The same data key under the current version of its key."""
        if wrapped.version == self._key(wrapped.kek, "kek", None)[0]:
            self.unwrap(wrapped, context)  # what does not open is not passed on
            return wrapped
        return self.wrap(wrapped.kek, self.unwrap(wrapped, context), context)

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
                raise faults.unknown(name)
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
            raise faults.unknown(name)
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

    def caveats(self) -> builtins.list[tuple[str, str]]:
        """A file may have been copied: nobody can prove that no copy is left."""
        return [
            (
                "The keystore is a file. Copies of it made before (of the disk, by hand) are not known to the zone.",
                "키 저장소는 파일입니다. 파기 전에 만들어진 사본(디스크 이미지, 수동 복사)은 안심구역이 알 수 없습니다.",
            ),
            (
                "Bytes overwritten on flash memory or by a copy-on-write file system may stay on the medium.",
                "플래시 메모리나 기록 시 복사 파일 시스템에서는 덮어쓴 내용이 매체에 남을 수 있습니다.",
            ),
        ]

    def _add_version(self, name: str, entry: Entry) -> None:
        entry.current += 1
        entry.versions[entry.current] = self._file.seal(name, entry.current, entry.kind, secrets.token_bytes(32))

    def _key(self, name: str, kind: str, version: int | None) -> tuple[int, bytes]:
        faults.require_kind(name, kind, kind_of(name))
        entry = self._file.entries().get(name)
        if entry is None or entry.destroyed:
            raise faults.unknown(name)
        number = entry.current if version is None else version
        if number not in entry.versions:
            raise faults.unknown(f"{name} ({number})")
        return number, self._file.unseal(name, number, entry)
