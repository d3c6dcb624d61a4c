"""A key provider on OpenBao or Vault: keys lie in the Transit engine, which never hands them out.

The context of a data key is the context of a *derived* Transit key: the server makes a key of its own for each
context (HKDF-SHA256) and seals with AES-256-GCM under a random nonce, so that a blob opens under its own name,
version and context and nowhere else. Associated data would say the same, but the engine's `rewrap` takes none.
"""

from __future__ import annotations

import base64
import binascii
import builtins
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from safezone.errors import Denied, SafeZoneError, Unavailable
from safezone.keys import faults
from safezone.keys.bao import answers
from safezone.keys.bao.client import Address, Client, MissingError, RefusedError, RejectedError
from safezone.keys.bao.places import GONE, PLACES, find
from safezone.keys.bao.policy import CREATION, MARK
from safezone.keys.naming import kind_of
from safezone.model import WrappedKey
from safezone.ports import KeyInfo

_SIDE_BY_SIDE = 8


class OpenBaoKeys:
    """`safezone.ports.KeyProvider` over a Transit engine for each place of keys (see `server_policy.setup`).

    Args:
        client: one identity at the server.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def from_url(cls, url: str, credentials: Path | None) -> OpenBaoKeys:
        """Open ``openbao+https://HOST:8200/PREFIX?ca=FILE``; nothing is asked of the server before the first use.

        Raises:
            UsageError: address or credentials are not formed as they should be.
            Denied: others may read the file with the credentials.
            Unavailable: there is no such file.
        """
        return cls(Client(Address.parse(url), credentials))

    def ensure(self, name: str) -> int:
        """Create the key when it does not exist; return its current version.

        Raises:
            WrongState: a key of that name was destroyed; it does not come back under the same name.
            Denied: the key at the server could be taken out of it, so it is none of ours.
        """
        place, key = find(name)
        if self._marked(name) is not None:
            raise faults.destroyed(name)
        found = self._read(name, "ensure")
        if found is None:
            path = f"{place.path}/keys/{key}"
            # Making a key that exists changes nothing.
            self._done("ensure", name, lambda: self._client.call("POST", path, **CREATION[place.kind]))
            found = self._living(name, "ensure")
            if self._marked(name) is not None:  # destroyed between the two looks
                raise faults.destroyed(name)
        answers.require_kept(name, place, found)
        return answers.current(found)

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """Encrypt a 32-byte data key at the server; the context is bound by derivation."""
        faults.require_data_key(name, key)
        done = self._use(
            "wrap", "encrypt", name, plaintext=answers.text(key), context=answers.context_of(name, context)
        )
        return self._wrapped(name, done)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Decrypt a data key wrapped under the same context.

        Raises:
            IntegrityFailure: key, version or context are not those it was wrapped with, or the blob was changed.
        """
        name = wrapped.kek
        sealed = answers.sealed(wrapped)
        done = self._use(
            "unwrap",
            "decrypt",
            name,
            version=wrapped.version,
            rejected=faults.does_not_open,
            ciphertext=sealed,
            context=answers.context_of(name, context),
        )
        key = self._bytes(done.get("plaintext"))
        if len(key) != 32:
            raise faults.does_not_open(name)
        return key

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """The same data key under the current version of its key; it is opened and closed inside the server."""
        name = wrapped.kek
        done = self._use(
            "rewrap",
            "rewrap",
            name,
            version=wrapped.version,
            rejected=faults.does_not_open,
            ciphertext=answers.sealed(wrapped),
            context=answers.context_of(name, context),
        )
        return self._wrapped(name, done)

    def mac(self, name: str, data: bytes, version: int | None = None) -> bytes:
        """HMAC-SHA256 of `data`; with the current version of the key unless one is named."""
        numbered: dict[str, Any] = {} if version is None else {"key_version": version}
        done = self._use(
            "mac", "hmac", name, version=version, input=answers.text(data), algorithm="sha2-256", **numbered
        )
        used, mac = self._answer(done.get("hmac"))
        if version not in (None, used) or len(mac) != 32:
            raise self._strange()
        return mac

    def sign(self, name: str, data: bytes) -> bytes:
        """Ed25519 signature with the current version of the key."""
        signature = self._answer(self._use("sign", "sign", name, input=answers.text(data)).get("signature"))[1]
        if len(signature) != 64:
            raise self._strange()
        return signature

    def public_key(self, name: str, version: int | None = None) -> bytes:
        """The raw 32-byte Ed25519 public key."""
        faults.require_kind(name, "sign", kind_of(name))
        found = self._living(name, "public_key")
        number = answers.current(found) if version is None else version
        if number not in answers.versions(found):
            raise faults.unknown(f"{name} ({number})")
        told = found["keys"][str(number)]
        public = self._bytes(told.get("public_key") if isinstance(told, dict) else None)
        if len(public) != 32:
            raise self._strange()
        return public

    def rotate(self, name: str) -> int:
        """Add a version and make it current; earlier versions still open what they closed."""
        place, key = find(name)
        before = answers.current(self._living(name, "rotate"))
        path = f"{place.path}/keys/{key}/rotate"
        try:
            # Not to be done twice: after an answer that was lost, look whether it was done.
            self._done("rotate", name, lambda: self._client.call("POST", path, patient=False))
        except Unavailable:
            if answers.current(self._living(name, "rotate")) == before:
                self._done("rotate", name, lambda: self._client.call("POST", path, patient=False))
        return answers.current(self._living(name, "rotate"))

    def destroy(self, name: str) -> None:
        """Delete every version of the key for good; what remains is the mark that it existed.

        The mark comes first: whatever fails afterwards, no key of that name is made again. Destroying once more
        finishes what was begun, and changes nothing when it was finished.

        Raises:
            Unavailable: the server stopped answering in between; the error says that the key may still be there.
        """
        place, key = find(name)
        marked = self._marked(name) is not None
        if self._read(name, "destroy") is None:
            if marked:
                return
            raise faults.unknown(name)
        if not marked:
            mark = f"{place.path}/keys/{GONE}{key}"
            self._done("destroy", name, lambda: self._client.call("POST", mark, **MARK))
        try:
            self._delete(name, f"{place.path}/keys/{key}")
        except SafeZoneError:
            raise answers.unfinished(name) from None

    def list(self) -> list[KeyInfo]:
        """All living keys this identity may see, without their material, sorted by name."""
        return [
            KeyInfo(name, answers.versions(data), answers.current(data), answers.since(data))
            for name, data in self._described(self._listed()[0])
        ]

    def destroyed(self) -> builtins.list[tuple[str, str]]:
        """Name and time, by the server's clock, of every key destroyed, sorted by name."""
        keys, marks = self._listed()
        # What was begun and not finished is not destroyed.
        gone = {name: path for name, path in marks.items() if name not in keys}
        return [(name, answers.since(data)) for name, data in self._described(gone)]

    def caveats(self) -> builtins.list[tuple[str, str]]:
        """What the server keeps beside the key cannot be seen from here."""
        return [(" ".join(english), korean) for english, korean in answers.CAVEATS]

    # -- asking -----------------------------------------------------------------------------------------

    def _use(
        self,
        operation: str,
        verb: str,
        name: str,
        *,
        version: int | None = None,
        rejected: Callable[[str], SafeZoneError] | None = None,
        **body: Any,
    ) -> dict[str, Any]:
        """Use a key. What the server's refusal means is found out by looking at the key, never by its words."""
        kind = {"mac": "mac", "sign": "sign"}.get(operation, "kek")
        faults.require_kind(name, kind, kind_of(name))
        place, key = find(name)
        try:
            return self._client.call("POST", f"{place.path}/{verb}/{key}", **body)
        except RefusedError:
            # Using a key that is not there would make it, which every identity is refused.
            self._living(name, operation)
            raise faults.refused(str(self._client.address), operation, name) from None
        except (RejectedError, MissingError):
            found = self._living(name, operation)
            if version is not None and version not in answers.versions(found):
                raise faults.unknown(f"{name} ({version})") from None
            raise (rejected or answers.unfit)(name) from None

    def _done(self, operation: str, name: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Change a key."""
        try:
            return call()
        except RefusedError:
            raise faults.refused(str(self._client.address), operation, name) from None
        except MissingError:
            raise faults.unknown(name) from None
        except RejectedError:
            self._living(name, operation)
            raise answers.unfit(name) from None

    def _delete(self, name: str, path: str) -> None:
        try:
            self._client.call("POST", f"{path}/config", deletion_allowed=True)
            self._client.call("DELETE", path)
        except RefusedError:
            raise faults.refused(str(self._client.address), "destroy", name) from None
        except (RejectedError, MissingError):
            pass  # somebody else was faster, or it was not done: seen below
        if self._read(name, "destroy") is not None:
            raise self._strange()

    def _read(self, name: str, operation: str) -> dict[str, Any] | None:
        place, key = find(name)
        return self._look(f"{place.path}/keys/{key}", operation, name)

    def _living(self, name: str, operation: str) -> dict[str, Any]:
        found = self._read(name, operation)
        if found is None:
            raise faults.unknown(name) from None
        return found

    def _marked(self, name: str) -> dict[str, Any] | None:
        place, key = find(name)
        return self._look(f"{place.path}/keys/{GONE}{key}", "ensure", name)

    def _look(self, path: str, operation: str, name: str) -> dict[str, Any] | None:
        try:
            found = self._client.call("GET", path)
        except MissingError:
            return None
        except RefusedError:
            raise faults.refused(str(self._client.address), operation, name) from None
        except RejectedError:
            raise self._strange() from None
        numbers = found.get("keys")
        if not isinstance(numbers, dict) or not isinstance(found.get("latest_version"), int):
            raise self._strange()
        if not all(str(number).isdecimal() for number in numbers):
            raise self._strange()
        return found

    def _listed(self) -> tuple[dict[str, str], dict[str, str]]:
        """Paths of keys and of marks by name, at the places this identity may list; others hold none of its keys."""
        keys: dict[str, str] = {}
        marks: dict[str, str] = {}
        refused = 0
        for place in PLACES:
            try:
                found = self._client.call("LIST", f"{place.path}/keys").get("keys")
            except MissingError:
                continue
            except RefusedError:
                refused += 1
                continue
            except RejectedError:
                raise self._strange() from None
            for key in found if isinstance(found, builtins.list) else []:
                try:
                    name = place.name(key.removeprefix(GONE))
                except ValueError:
                    continue  # somebody else's
                (marks if key.startswith(GONE) else keys)[name] = f"{place.path}/keys/{key}"
        if refused == len(PLACES):
            raise faults.refused(str(self._client.address), "list", "*")
        return keys, marks

    def _described(self, paths: dict[str, str]) -> builtins.list[tuple[str, dict[str, Any]]]:
        """What the server tells of each; one that is gone by now, or none of this identity's, is left out."""

        def told(item: tuple[str, str]) -> dict[str, Any] | None:
            try:
                return self._look(item[1], "list", item[0])
            except Denied:
                return None

        ordered = sorted(paths.items())
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            found = builtins.list(pool.map(told, ordered))
        return [(name, data) for (name, _), data in zip(ordered, found, strict=True) if data is not None]

    # -- answers ----------------------------------------------------------------------------------------

    def _wrapped(self, name: str, done: dict[str, Any]) -> WrappedKey:
        version, blob = self._answer(done.get("ciphertext"))
        return WrappedKey(kek=name, version=version, blob=blob)

    def _answer(self, value: Any) -> tuple[int, bytes]:
        """Version and bytes of ``vault:vN:BASE64``."""
        found = answers.SEALED.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self._strange()
        return int(found[1]), self._bytes(found[2])

    def _bytes(self, value: Any) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise self._strange() from None

    def _strange(self) -> SafeZoneError:
        """The answer is none that the server gives."""
        return faults.unavailable(str(self._client.address))
