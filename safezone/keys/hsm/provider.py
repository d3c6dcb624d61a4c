"""A key provider on a hardware security module, or any token, through PKCS#11.

**What the token holds.** Every key is made on it, sensitive and not extractable; the zone uses it there and never sees
it. A key-encryption key is AES-256-GCM, with name, version and context as associated data; a MAC key is HMAC-SHA256; a
signing key is Ed25519. An object that carries a key's name without having been made on the token as such is refused.
The IV of AES-GCM is random and comes from the zone; a token that insists on making it (some in FIPS mode) refuses,
and so it cannot be used here.

**What it cannot hold: the table of duties.** A token has one PIN for its user and knows no rules by key: whoever has
the PIN can use, and destroy, every key on it. Within a process `safezone.keys.duties.DutyBound` keeps a duty to its
keys, as it does for the keystore. Between processes only separate tokens (or partitions, each with its own PIN) do,
and each duty has its own ``SAFEZONE_KEYS_URL`` and ``SAFEZONE_KEYS_CREDENTIALS``. The log duty can have a token of its
own, since nobody else uses ``sign/checkpoint``; but other duties' tokens do not have that public key, so the log is
then checked by the log duty, or anywhere with the public key in an exported bundle. Ingest and release have to share
one: both use the keys of published versions. Where the server has to tell them apart, use OpenBao or AWS KMS.

**Several at once.** Threads, processes and machines may use one token. A version is made once (how far that holds is
said in `safezone.keys.hsm.claim`). A destroyed key is refused at once, but that a public key remembered
may still be told for `FRESH` seconds; a version added by another process becomes the current one here within `FRESH` seconds, and opens at once.

**Speed.** One call at a time for each process, whatever the module could do: about 20,000 wraps or MACs a second on
SoftHSM, a thousand or so on a module across a network. Looking a name up takes a search over all objects: on SoftHSM
about 25 microseconds for each of them, once in `FRESH` seconds and name.

**Room.** A key is one object on the token for each version, a signing key two, a destroyed name one for ever. Keys are
made for each delivery and version, so ask how many objects a module holds.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from safezone.keys import faults
from safezone.keys.hsm import faults as pkcs11_faults
from safezone.keys.hsm.pin import read_pin
from safezone.keys.hsm.url import TokenAddress, parse
from safezone.keys.naming import kind_of, wrap_aad
from safezone.model import WrappedKey
from safezone.ports import KeyInfo

try:
    from safezone.keys.hsm import objects
    from safezone.keys.hsm.claim import claimed
    from safezone.keys.hsm.session import GONE, Connection
except ImportError:
    raise pkcs11_faults.library_missing() from None

_T = TypeVar("_T")

FRESH = 5.0
"""Seconds for which what was found under a name is believed before the token is searched again."""

_CAVEATS = (
    (
        "Backups and clones of the token made before, and members of its cluster that were off, still hold the key.",
        "파기 전에 만든 토큰의 백업과 복제본, 꺼져 있던 클러스터 구성원에는 키가 남아 있습니다.",
    ),
    (
        "That a module erases what is destroyed is its maker's statement; the zone cannot observe it.",
        "모듈이 파기된 객체를 실제로 소거한다는 것은 제조사의 진술이며 안심구역이 관찰할 수 없습니다.",
    ),
    (
        "A token in software (SoftHSM) is a folder of files: copies of it are not known to the zone.",
        "소프트웨어 토큰(SoftHSM)은 파일 폴더이므로 그 사본은 안심구역이 알 수 없습니다.",
    ),
)
_MOST_HELD = 4096
_SHREDDINGS = 3


class _Held(NamedTuple):
    entry: objects.Entry
    session: Any
    since: float


class Pkcs11Keys:
    """`safezone.ports.KeyProvider` on a PKCS#11 token.

    Args:
        address: which token, through which module.
        credentials: the private file with its PIN.
        fresh: see `FRESH`.

    Raises:
        Unavailable: the module is not installed, or the token is not there.
        Denied: the token refuses the PIN, or others than its owner may read its file.
    """

    def __init__(self, address: TokenAddress, credentials: Path, *, fresh: float = FRESH) -> None:
        self._credentials, self._fresh = credentials, fresh
        self._token = Connection(address, credentials)
        self._held: dict[str, _Held] = {}
        self._publics: dict[bytes, bytes] = {}
        self._token.run(lambda session: None)

    @classmethod
    def from_url(cls, url: str, credentials: Path | None) -> Pkcs11Keys:
        """Open the token an address names, see `safezone.keys.hsm.url.parse`.

        Raises:
            UsageError: the address is not well formed, or no credentials file is named.
            Unavailable: library, module, token or file are missing.
            Denied: the PIN is refused, or others may read its file.
        """
        address = parse(url)
        read_pin(credentials)
        return cls(address, cast(Path, credentials))

    def ensure(self, name: str) -> int:
        """Create the key when it does not exist; return its current version.

        Raises:
            WrongState: a key of that name was destroyed; it does not come back under the same name.
        """
        kind_of(name)
        entry = self._token.run(lambda session: self._entry(session, name, None))
        if entry.destroyed:
            raise faults.destroyed(name)
        return entry.current or self._add_version(name, None)

    def rotate(self, name: str) -> int:
        """Add a version and make it current; earlier versions still open what they closed."""
        kind_of(name)
        entry = self._token.run(lambda session: self._entry(session, name, 0))
        if entry.destroyed or not entry.current:
            raise faults.unknown(name)
        return self._add_version(name, entry.current)

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """Encrypt a 32-byte data key with AES-256-GCM on the token; name, version and `context` are bound to it."""
        faults.require_data_key(name, key)
        version, blob = self._use(
            name,
            "kek",
            None,
            lambda number, kek: (number, objects.seal(kek, key, wrap_aad(name, number, context))),
        )
        return WrappedKey(kek=name, version=version, blob=blob)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Decrypt a data key wrapped under the same context.

        Raises:
            IntegrityFailure: key, version or context are not those it was wrapped with, or the blob was changed.
        """
        aad = wrap_aad(wrapped.kek, wrapped.version, context)
        plain = self._use(
            wrapped.kek, "kek", wrapped.version, lambda _, kek: objects.unseal(kek, wrapped.blob, aad)
        )
        if plain is None:
            raise faults.does_not_open(wrapped.kek)
        return plain

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """The same data key under the current version of its key."""
        plain = self.unwrap(wrapped, context)  # what does not open is not passed on
        if wrapped.version == self._use(wrapped.kek, "kek", None, lambda number, _: number):
            return wrapped
        return self.wrap(wrapped.kek, plain, context)

    def mac(self, name: str, data: bytes, version: int | None = None) -> bytes:
        """HMAC-SHA256 of `data`; with the current version of the key unless one is named."""
        return self._use(name, "mac", version, lambda _, key: objects.mac(key, data))

    def sign(self, name: str, data: bytes) -> bytes:
        """Ed25519 signature with the current version of the key."""
        return self._use(name, "sign", None, lambda _, key: objects.sign(key, data))

    def public_key(self, name: str, version: int | None = None) -> bytes:
        """The raw 32-byte Ed25519 public key.

        Raises:
            IntegrityFailure: the public key on the token does not belong to the private one.
        """
        faults.require_kind(name, "sign", kind_of(name))

        def read(session: Any) -> bytes:
            identifier, private, public = self._pair(session, name, version)
            if identifier not in self._publics:
                self._publics[identifier] = objects.public_bytes(name, private, public)
            return self._publics[identifier]

        return self._looking_again(name, read)

    def destroy(self, name: str) -> None:
        """Destroy every version on the token, after a mark that the name is never used again.

        Whoever made them: an object put there under this name goes with them. Destroying a destroyed key only removes
        what an interrupted destruction may have left.
        """
        kind_of(name)
        with claimed(self._token, self._credentials, name):
            if not self._token.run(lambda session: objects.notes(session, name).destroyed):
                if not self._token.run(lambda session: objects.any_key(session, name)):
                    raise faults.unknown(name)
                self._token.run(lambda session: objects.put_tombstone(session, name), writes=True)
            self._held.pop(name, None)
            for _ in range(_SHREDDINGS):
                if not self._token.run(lambda session: objects.shred(session, name), writes=True):
                    return
            raise pkcs11_faults.busy(name)

    def list(self) -> list[KeyInfo]:
        """All living keys, without their material, sorted by name."""
        return [
            KeyInfo(name, tuple(sorted(entry.keys)), entry.current, entry.created)
            for name, entry in sorted(self._token.run(objects.find_all).items())
            if entry.keys and not entry.destroyed
        ]

    def destroyed(self) -> builtins.list[tuple[str, str]]:
        """Name and time of every key destroyed, sorted by name."""
        found = self._token.run(objects.find_all)
        return sorted((name, entry.destroyed) for name, entry in found.items() if entry.destroyed)

    def caveats(self) -> builtins.list[tuple[str, str]]:
        """A token may have been cloned or backed up; and not every token is hardware."""
        return builtins.list(_CAVEATS)

    def _add_version(self, name: str, seen: int | None) -> int:
        """Make a version: the first one, or, when `seen` is a version, the next."""
        made: builtins.list[bytes] = []
        with claimed(self._token, self._credentials, name) as claim:
            entry = self._token.run(lambda session: objects.find(session, name))
            if entry.destroyed:
                raise faults.unknown(name) if seen else faults.destroyed(name)
            if seen and not entry.current:
                raise faults.unknown(name)
            if not seen and entry.current:
                return entry.current
            version = entry.current + 1

            def make(session: Any) -> None:
                claim.require_fresh()
                made.append(objects.new_id(version))  # a new one each time: the first try may have come through
                objects.make(session, name, kind_of(name), made[-1])

            self._token.run(make, writes=True)
            self._held.pop(name, None)
            if self._token.run(lambda session: builtins.list(objects.find(session, name).keys[version])) != made:
                self._token.run(lambda session: objects.take_back(session, name, version, made), writes=True)
            return version

    def _use(self, name: str, kind: str, version: int | None, act: Callable[[int, Any], _T]) -> _T:
        faults.require_kind(name, kind, kind_of(name))

        def use(session: Any) -> _T:
            entry = self._living(session, name, version)
            number = entry.current if version is None else version
            return act(number, entry.chosen(number)[1])

        return self._looking_again(name, use)

    def _pair(self, session: Any, name: str, version: int | None) -> tuple[bytes, Any, Any]:
        entry = self._living(session, name, version)
        identifier, private = entry.chosen(entry.current if version is None else version)
        if identifier not in entry.publics:
            raise pkcs11_faults.foreign(name)
        return identifier, private, entry.publics[identifier]

    def _looking_again(self, name: str, act: Callable[[Any], _T]) -> _T:
        """Do something with a key; once more after a search when its object is not where it was."""

        def twice(session: Any) -> _T:
            try:
                return act(session)
            except GONE:
                self._held.pop(name, None)
            try:
                return act(session)
            except GONE:
                raise faults.unknown(name) from None

        return self._token.run(twice)

    def _living(self, session: Any, name: str, version: int | None) -> objects.Entry:
        entry = self._entry(session, name, version)
        if entry.destroyed or not entry.current:
            raise faults.unknown(name)
        if version is not None and version not in entry.keys:
            raise faults.unknown(f"{name} ({version})")
        return entry

    def _entry(self, session: Any, name: str, version: int | None) -> objects.Entry:
        """What lies under a name; searched for again when it may have changed, or lacks the version asked for."""
        held = self._held.get(name)
        if (
            held is not None
            and held.session is session
            and time.monotonic() - held.since < self._fresh
            and (version is None or version in held.entry.keys)
        ):
            return held.entry
        entry = objects.find(session, name)
        if len(self._held) >= _MOST_HELD:
            self._held.clear()
        if entry.current:
            self._held[name] = _Held(entry, session, time.monotonic())
        return entry
