"""The versions of keys at AWS KMS: finding them, remembering them for a while, making them.

A version is made in steps of which the last, its alias, is the one that only one caller can win; see
`safezone.keys.aws.provider` for what that means.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.errors import Denied, NotFound, SafeZoneError, Unavailable
from safezone.keys import faults
from safezone.keys.aws import names as kms_names
from safezone.keys.aws.client import Kms, Refusal
from safezone.keys.naming import kind_of
from safezone.keys.retry import BusyError, persist
from safezone.model import canonical

PENDING_DAYS = 7  # the shortest AWS allows
_REMEMBER = 30.0
_T = TypeVar("_T")
_SYMMETRIC = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}
_HMAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}


@dataclass(frozen=True, slots=True)
class Version:
    """One KMS key; of a signing key also its public half and its sealed seed.

    Attributes:
        key_id: the KMS key's id.
        state: its state when it was asked for (``Enabled``, ``PendingDeletion``, ...).
        public: the raw Ed25519 public key, or nothing.
        seed: the ciphertext of the Ed25519 seed, or nothing.
    """

    key_id: str
    state: str = "Enabled"
    public: bytes = b""
    seed: bytes = b""


class Versions:
    """All versions of a zone's keys.

    Args:
        kms: the client.
        prefix: what the aliases of the zone's keys begin with.
    """

    def __init__(self, kms: Kms, prefix: str) -> None:
        self.kms, self.prefix = kms, prefix
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[int, Version]]] = {}

    # Finding

    def of(self, name: str, purpose: str) -> dict[int, Version] | None:
        """All versions by number; none at all of a key that does not exist, None of one destroyed."""
        with self._lock:
            asked, known = self._known.get(name, (float("-inf"), {}))
        if known and time.monotonic() - asked < _REMEMBER:
            return known
        if self.is_gone(name, purpose):
            self.forget(name)
            return None
        found = self.probe(name, purpose, known)
        with self._lock:
            self._known[name] = (time.monotonic(), found)
        return found

    def one(self, name: str, kind: str, number: int | None, purpose: str) -> tuple[int, Version]:
        """One version, the current one unless a number is given.

        Raises:
            UsageError: the key is not of that kind.
            NotFound: there is no such version, or the key was destroyed.
        """
        faults.require_kind(name, kind, kind_of(name))
        versions = self.of(name, purpose)
        if not versions:
            raise faults.unknown(name)
        wanted = max(versions) if number is None else number
        if wanted not in versions:
            self.forget(name)  # another process may have added it
            versions = self.of(name, purpose) or {}
        if wanted not in versions:
            raise faults.unknown(f"{name} ({wanted})")
        return wanted, versions[wanted]

    def probe(self, name: str, purpose: str, known: dict[int, Version] | None = None) -> dict[int, Version]:
        """Ask AWS for one version after the other, beyond those known."""
        found = dict(known or {})
        while True:
            number = max(found, default=0) + 1
            metadata = self.describe(name, purpose, kms_names.version_alias(self.prefix, name, number))
            if metadata is None:
                return found
            found[number] = _read(name, number, metadata)

    def is_gone(self, name: str, purpose: str) -> bool:
        """Whether the key of that name was destroyed."""
        return self.describe(name, purpose, kms_names.gone_alias(self.prefix, name)) is not None

    def describe(self, name: str, purpose: str, key: str) -> dict[str, Any] | None:
        """What AWS tells of a key or alias; None when there is none."""
        try:
            answer: dict[str, Any] = self.kms.call("describe_key", purpose, name, KeyId=key)["KeyMetadata"]
        except Refusal as refusal:
            if refusal.code == "NotFoundException":
                return None
            raise faults.unavailable(self.kms.server) from None
        return answer

    def forget(self, name: str) -> None:
        """Ask AWS again the next time."""
        with self._lock:
            self._known.pop(name, None)

    # Using

    def use(self, operation: str, purpose: str, name: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation with a key that should be there.

        Raises:
            NotFound: it is not, or is disabled, or will be deleted.
            IntegrityFailure: a ciphertext does not open with that key and context.
        """
        try:
            return self.kms.call(operation, purpose, name, **parameters)
        except Refusal as refusal:
            code = refusal.code
        if code in {"NotFoundException", "DisabledException", "KMSInvalidStateException"}:
            self.forget(name)
            raise faults.unknown(name)
        if code in {"InvalidCiphertextException", "IncorrectKeyException", "InvalidKeyUsageException"}:
            raise faults.does_not_open(name)
        raise faults.unavailable(self.kms.server)

    def context(self, name: str, number: int, context: bytes | None) -> dict[str, str]:
        """What a ciphertext is bound to. Without a context it is a seed: no data key can pass for one."""
        use = "seed" if context is None else f"wrap:{context.hex()}"
        return {
            "safezone-zone": self.prefix,
            "safezone-key": name,
            "safezone-version": str(number),
            "safezone-use": use,
        }

    # Making

    def add(self, name: str, number: int, purpose: str) -> None:
        """Make a version unless somebody else does so first; afterwards it is there.

        Raises:
            WrongState: the key was destroyed at the same moment.
        """
        key_id = self.create(name, number, purpose, kms_names.class_of(name))
        try:
            version = Version(key_id)
            if kind_of(name) == "sign":
                version = self._seal(name, number, purpose, key_id)
            made = self.alias(name, purpose, kms_names.version_alias(self.prefix, name, number), key_id)
        except Unavailable:
            self.forget(name)  # the alias may have been made: the key must stay
            raise
        except SafeZoneError:
            self.discard(name, key_id)
            raise
        if not made:
            self.discard(name, key_id)
            self.forget(name)
        elif self.is_gone(name, purpose):  # destroyed since we looked
            with suppress(SafeZoneError):  # the mark holds even where this identity may not take the alias away
                self.drop_alias(name, number)
            self.discard(name, key_id)
            raise faults.destroyed(name)
        else:
            with self._lock:
                known = self._known.get(name, (0.0, {}))[1]
                self._known[name] = (time.monotonic(), known | {number: version})

    def create(self, name: str, number: int, purpose: str, class_: str) -> str:
        """Make a KMS key that has no alias yet; return its id."""
        answer = self.use(
            "create_key",
            purpose,
            name,
            **(_HMAC if class_ != kms_names.MARKER and kind_of(name) == "mac" else _SYMMETRIC),
            Origin="AWS_KMS",
            MultiRegion=False,
            Description=canonical({"key": name, "version": number}).decode(),
            Tags=kms_names.tags(self.prefix, class_, name, number),
        )
        return str(answer["KeyMetadata"]["KeyId"])

    def alias(self, name: str, purpose: str, alias: str, key_id: str) -> bool:
        """Give a key just made an alias; False when another key has it."""

        def attempt() -> bool:
            try:
                self.kms.call("create_alias", purpose, name, AliasName=alias, TargetKeyId=key_id)
            except Refusal as refusal:
                code = refusal.code
            else:
                return True
            if code == "NotFoundException":
                raise faults.unknown(name)
            if code == "AlreadyExistsException":
                # A repeated request meets what the first one made.
                found = self.describe(name, purpose, alias)
                return found is not None and found["KeyId"] == key_id
            raise faults.unavailable(self.kms.server)

        return self._fresh(attempt)

    def drop_alias(self, name: str, number: int) -> None:
        """Remove the alias of a version; one that is not there is no error."""
        alias = kms_names.version_alias(self.prefix, name, number)
        try:
            self.kms.call("delete_alias", "destroy", name, AliasName=alias)
        except Refusal as refusal:
            if refusal.code != "NotFoundException":
                raise faults.unavailable(self.kms.server) from None

    def discard(self, name: str, key_id: str) -> None:
        """Have a key without an alias deleted. Failing to is no harm: nothing was ever closed under it."""
        with suppress(SafeZoneError, Refusal):
            self.kms.call("schedule_key_deletion", "ensure", name, KeyId=key_id, PendingWindowInDays=PENDING_DAYS)

    def _seal(self, name: str, number: int, purpose: str, key_id: str) -> Version:
        """Have KMS draw the seed of a signing key and keep its ciphertext in the key's description."""
        context = self.context(name, number, None)
        answer = self._fresh(
            lambda: self.use(
                "generate_data_key", purpose, name, KeyId=key_id, NumberOfBytes=32, EncryptionContext=context
            )
        )
        private, sealed = Ed25519PrivateKey.from_private_bytes(answer["Plaintext"]), bytes(answer["CiphertextBlob"])
        public = private.public_key().public_bytes_raw()
        told = {"key": name, "version": number, "public": public.hex(), "seed": base64.b64encode(sealed).decode()}
        text = canonical(told).decode()
        self._fresh(lambda: self.use("update_key_description", purpose, name, KeyId=key_id, Description=text))
        return Version(key_id, public=public, seed=sealed)

    def _fresh(self, attempt: Callable[[], _T]) -> _T:
        """Something done with a key just made, of which not every part of AWS may know yet.

        Its tags may count late too: whoever was let make the key is let go on as soon as they do (developer guide,
        "AWS KMS eventual consistency").
        """
        refused: list[Denied] = []

        def once() -> _T:
            try:
                return attempt()
            except NotFound:
                raise BusyError from None
            except Denied as denial:
                if denial.code != "keys.refused":
                    raise
                refused.append(denial)
                raise BusyError from None

        return persist(
            self.kms.patience, once, lambda: refused[-1] if refused else faults.unavailable(self.kms.server)
        )


def _read(name: str, number: int, metadata: dict[str, Any]) -> Version:
    """What DescribeKey tells of a version.

    Raises:
        IntegrityFailure: the description of a signing key is not what was written, or belongs to another key.
    """
    key_id, state = str(metadata["KeyId"]), str(metadata.get("KeyState", ""))
    if kind_of(name) != "sign":
        return Version(key_id, state)
    try:
        told = json.loads(metadata["Description"])
        public, seed = bytes.fromhex(told["public"]), base64.b64decode(told["seed"], validate=True)
        whole = (told["key"], told["version"], len(public)) == (name, number, 32)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise faults.does_not_open(name)
    return Version(key_id, state, public, seed)
