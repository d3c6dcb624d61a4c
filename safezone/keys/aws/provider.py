"""Keys at AWS KMS: one KMS key for each name and version, found by its alias.

**What stays inside AWS.** Key-encryption keys (``SYMMETRIC_DEFAULT``) and MAC keys (``HMAC_256``) never leave KMS:
wrapping is Encrypt with the zone, the key's name, its version and the context as encryption context, rewrapping is
ReEncrypt, a MAC is GenerateMac. The encryption context is authenticated but not secret: AWS writes it to CloudTrail,
so names of datasets, versions and parts can be read there (nothing of the data is in them).

**Signing keys are sealed seeds.** KMS has Ed25519 keys (``ECC_NIST_EDWARDS25519``), but Sign takes messages of 4096
bytes at most, and manifests are longer; its pre-hashed variant (``ED25519_PH_SHA_512``, RFC 8032 section 5.1) is
another signature, which no verifier of ours accepts. So a ``sign/...`` key is an Ed25519 seed drawn by KMS itself
(GenerateDataKey), kept as ciphertext in the description of the very KMS key that opens it: there is no second place
to protect, to back up or to destroy. It is opened for each signature and not kept.

* Protected: who may not Decrypt with that KMS key cannot sign, copies of the ciphertext are worthless without it,
  every signature is one Decrypt in CloudTrail, and destroying the KMS key destroys the seed.
* Not protected: during a signature the seed is in the memory of the process that signs. Who takes over that machine
  can keep it, and sign elsewhere until the key is rotated; a key inside the module could only be used while there.
* The public key is read from the same description. Who may UpdateKeyDescription and Encrypt could put another there:
  `safezone.keys.aws.iam` grants the first only before a key has its alias, and signing checks that both belong
  together. Verifiers hold public keys they were given before, so a swapped key fails with them.

**Creating** ends with the alias, which AWS gives to one caller only. Until then nobody sees the key; the loser of a
race, or whoever is refused that step, schedules the deletion of the key just made. When the answer to the last step
is lost, the key is left alone (it may have its alias); a KMS key of this zone without an alias is safe to delete,
and so is one that CreateKey made twice because its answer was lost. Every version is a KMS key with its monthly price.

**Destroying** first makes an alias that marks the name as gone, then disables every version, schedules its deletion
after 7 days (the shortest AWS allows), and removes its aliases. The mark points at a key made to carry marks (AWS
deletes aliases with their key; 50 aliases per key are the default quota), so it stays. Whoever finds the mark refuses
the key, whatever became of the rest; destroying again finishes what was interrupted.

What is known of a key is remembered for half a minute, since every question is a remote call. A key destroyed
elsewhere meanwhile is refused by AWS itself. AWS propagates changes within seconds, sometimes minutes (eventual
consistency); what is done with a key just made is repeated for some seconds.
"""

from __future__ import annotations

import builtins
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.errors import Denied, UsageError
from safezone.keys import faults
from safezone.keys.aws import destruction as kms_destruction
from safezone.keys.aws import names as kms_names
from safezone.keys.aws.client import Kms, parse
from safezone.keys.aws.versions import PENDING_DAYS, Version, Versions
from safezone.keys.naming import decode, kind_of
from safezone.keys.retry import Patience
from safezone.model import WrappedKey, timestamp
from safezone.ports import KeyInfo

_MAX_MESSAGE = 4096
_MAX_BLOB = 6144
_LONG_MAC = b"safezone long message v1\x00"


class AwsKeys:
    """`safezone.ports.KeyProvider` at AWS KMS. Safe under many threads and processes.

    Args:
        kms: the client.
        prefix: what the aliases of this zone's keys begin with.
    """

    def __init__(self, kms: Kms, prefix: str) -> None:
        self._kms, self._prefix = kms, prefix
        self._versions = Versions(kms, prefix)

    @classmethod
    def from_url(cls, url: str, credentials: Path | None = None, patience: Patience | None = None) -> AwsKeys:
        """Open ``awskms://REGION/PREFIX?endpoint=https://...&timeout=SECONDS``; nothing is called yet.

        Raises:
            UsageError: the address or the credentials file is not formed as it should be.
            Unavailable: boto3 is not installed.
            Denied: others than its owner may read the credentials file.
        """
        address = parse(url)
        return cls(Kms(address, credentials, patience or Patience()), address.prefix)

    def ensure(self, name: str) -> int:
        """Create the key when it does not exist; return its current version.

        Raises:
            WrongState: a key of that name was destroyed; it does not come back under the same name.
        """
        kind_of(name)
        found = self._versions.of(name, "ensure")
        if found is not None and not found:
            self._versions.add(name, 1, "ensure")
            found = self._versions.of(name, "ensure")
        if found is None:
            raise faults.destroyed(name)
        return max(found, default=1)

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """Encrypt a 32-byte data key; name, version and `context` are authenticated with it."""
        faults.require_data_key(name, key)
        number, version = self._versions.one(name, "kek", None, "wrap")
        bound = self._versions.context(name, number, context)
        answer = self._versions.use(
            "encrypt", "wrap", name, KeyId=version.key_id, Plaintext=key, EncryptionContext=bound
        )
        return WrappedKey(kek=name, version=number, blob=bytes(answer["CiphertextBlob"]))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Decrypt a data key wrapped under the same context.

        Raises:
            IntegrityFailure: key, version or context are not those it was wrapped with, or the blob was changed.
        """
        name, number = wrapped.kek, wrapped.version
        _, version = self._versions.one(name, "kek", number, "unwrap")
        bound = self._versions.context(name, number, context)
        return self._decrypt(name, "unwrap", version, wrapped.blob, bound)

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """The same data key under the current version, by ReEncrypt: it does not leave AWS.

        Where this identity may unwrap but not ReEncrypt (see `safezone.keys.aws.iam` for why), it is opened and
        closed here.
        """
        name = wrapped.kek
        _, source = self._versions.one(name, "kek", wrapped.version, "rewrap")
        number, target = self._versions.one(name, "kek", None, "rewrap")
        _require_blob(name, wrapped.blob)
        try:
            answer = self._versions.use(
                "re_encrypt",
                "rewrap",
                name,
                CiphertextBlob=wrapped.blob,
                SourceKeyId=source.key_id,
                SourceEncryptionContext=self._versions.context(name, wrapped.version, context),
                DestinationKeyId=target.key_id,
                DestinationEncryptionContext=self._versions.context(name, number, context),
            )
        except Denied:
            return self.wrap(name, self.unwrap(wrapped, context), context)
        return WrappedKey(kek=name, version=number, blob=bytes(answer["CiphertextBlob"]))

    def mac(self, name: str, data: bytes, version: int | None = None) -> bytes:
        """HMAC-SHA256 of `data`; with the current version of the key unless one is named.

        AWS takes 1 to 4096 bytes: what is empty or longer is replaced by a label and its SHA-256, and so is what
        begins with that label, so that no two messages share a MAC.
        """
        _, found = self._versions.one(name, "mac", version, "mac")
        if not 1 <= len(data) <= _MAX_MESSAGE or data.startswith(_LONG_MAC):
            data = _LONG_MAC + hashlib.sha256(data).digest()
        answer = self._versions.use(
            "generate_mac", "mac", name, KeyId=found.key_id, Message=data, MacAlgorithm="HMAC_SHA_256"
        )
        return bytes(answer["Mac"])

    def sign(self, name: str, data: bytes) -> bytes:
        """Ed25519 signature with the current version of the key.

        Raises:
            IntegrityFailure: the sealed seed was changed, or does not belong to the public key beside it.
        """
        number, version = self._versions.one(name, "sign", None, "sign")
        seed = self._decrypt(name, "sign", version, version.seed, self._versions.context(name, number, None))
        private = Ed25519PrivateKey.from_private_bytes(seed)
        if private.public_key().public_bytes_raw() != version.public:
            raise faults.does_not_open(name)
        return private.sign(data)

    def public_key(self, name: str, version: int | None = None) -> bytes:
        """The raw 32-byte Ed25519 public key."""
        return self._versions.one(name, "sign", version, "public_key")[1].public

    def rotate(self, name: str) -> int:
        """Add a version and make it current; of two who do so at once both get the version one of them made."""
        kind_of(name)
        self._versions.forget(name)
        found = self._versions.of(name, "rotate")
        if not found:
            raise faults.unknown(name)
        self._versions.add(name, max(found) + 1, "rotate")
        return self._versions.one(name, kind_of(name), None, "rotate")[0]

    def destroy(self, name: str) -> None:
        """Mark the key as gone for ever, then disable every version and have AWS delete it after 7 days.

        Raises:
            NotFound: there never was such a key.
            Unavailable: it is marked as gone, but AWS did not take every order; destroying again goes on from there.
        """
        kind_of(name)
        kms_destruction.destroy(self._versions, name)

    def list(self) -> list[KeyInfo]:
        """All living keys, without their material, sorted by name."""
        numbers: dict[str, dict[int, str]] = {}
        gone: set[str] = set()
        for path, number, made in self._entries():
            if number is None:
                gone.add(path)
            else:
                numbers.setdefault(path, {})[number] = made
        found = [
            KeyInfo(self._name(path, f"{path}/{max(by)}"), tuple(sorted(by)), max(by), by[min(by)])
            for path, by in numbers.items()
            if path not in gone
        ]
        return sorted((key for key in found if key.name), key=lambda key: key.name)

    def destroyed(self) -> builtins.list[tuple[str, str]]:
        """Name and time of every key destroyed, sorted by name."""
        marks = [(path, made) for path, number, made in self._entries() if number is None]
        named = [(self._name(path, f"{kms_names.GONE}/{path}"), made) for path, made in marks]
        return sorted((name, made) for name, made in named if name)

    def caveats(self) -> builtins.list[tuple[str, str]]:
        """AWS waits, an administrator may call it off, and nobody can look inside."""
        return [
            (
                f"AWS deletes a key {PENDING_DAYS} days after the order; until then an administrator can call it back.",
                f"AWS는 지시 {PENDING_DAYS}일 뒤에 키를 삭제하며, 그 전에는 계정 관리자가 되돌릴 수 있습니다.",
            ),
            (
                "Copies that AWS keeps for its own durability cannot be inspected: their deletion rests on its word.",
                "AWS가 내구성을 위해 보관하는 사본은 확인할 수 없으며, 그 삭제는 AWS의 설명에 의존합니다.",
            ),
            (
                "The keys are of one region, without replicas in others, unless an administrator made some by hand.",
                "키는 한 리전에만 있으며, 관리자가 직접 만들지 않은 한 다른 리전에 복제본이 없습니다.",
            ),
            (
                "A signing key's seed is in memory while it signs: a copy taken there outlives the key.",
                "서명 키의 시드는 서명하는 동안 메모리에 있으며, 그때 만들어진 사본은 파기 후에도 남습니다.",
            ),
        ]

    def _decrypt(self, name: str, purpose: str, version: Version, blob: bytes, bound: dict[str, str]) -> bytes:
        """A 32-byte key. With KeyId AWS refuses a ciphertext of any other key (API reference, Decrypt)."""
        _require_blob(name, blob)
        answer = self._versions.use(
            "decrypt", purpose, name, KeyId=version.key_id, CiphertextBlob=blob, EncryptionContext=bound
        )
        key = bytes(answer["Plaintext"])
        if len(key) != 32:
            raise faults.does_not_open(name)
        return key

    def _entries(self) -> builtins.list[tuple[str, int | None, str]]:
        """Path, version and time of every alias of the zone; no version for the mark of a key destroyed."""
        start = f"alias/{self._prefix}/"
        found: list[tuple[str, int | None, str]] = []
        for entry in self._kms.aliases():
            alias = str(entry.get("AliasName", ""))
            head, _, rest = alias.removeprefix(start).partition("/")
            if not alias.startswith(start) or head == kms_names.MARKER:
                continue
            if head == kms_names.GONE:
                found.append((rest, None, _when(entry)))
                continue
            path, _, number = alias.removeprefix(start).rpartition("/")
            if path and number.isascii() and number.isdecimal():
                found.append((path, int(number), _when(entry)))
        return found

    def _name(self, path: str, alias: str) -> str:
        """The name a path stands for; empty when it is none of ours."""
        try:
            if not kms_names.is_long(path):
                return decode(path, "/")
            metadata = self._versions.describe(path, "list", f"alias/{self._prefix}/{alias}") or {}
            name = str(json.loads(metadata["Description"])["key"])
            return name if kms_names.path_of(name) == path else ""
        except (ValueError, KeyError, TypeError, UsageError):
            return ""


def _require_blob(name: str, blob: bytes) -> None:
    if not 1 <= len(blob) <= _MAX_BLOB:
        raise faults.does_not_open(name)


def _when(entry: dict[str, Any]) -> str:
    """When an alias was made; empty where the server does not say."""
    made = entry.get("CreationDate")
    return timestamp(made) if isinstance(made, datetime) else ""
