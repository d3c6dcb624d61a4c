"""Which duty may do what with which keys, as one table.

A duty that is not named for an operation is refused it. On a zone of several machines each duty also holds its own
credentials at the provider, with the same table as the provider's policy; here it holds within the process.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

from safezone.errors import Denied
from safezone.model import Duty, WrappedKey
from safezone.ports import KeyInfo, KeyProvider

_INNER = ("kek/*/intake/*", "kek/*/quarantine/*", "kek/*/raw/*", "kek/*/deidentified/*")
_PUBLISHED = ("kek/*/published/*",)
_RELEASED = ("kek/*/release/*",)
_BACKUPS = ("kek/zone/backup/*",)

RIGHTS: Mapping[Duty, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Duty.INGEST: MappingProxyType(
            {
                "ensure": (*_INNER, *_PUBLISHED, "token/*", "commit/*", "sign/manifest", "sign/certificate"),
                "wrap": (*_INNER, *_PUBLISHED),
                # Once published, a version is opened by the release duty alone.
                "unwrap": _INNER,
                # Rotation closes a data key anew without showing it to anybody.
                "rewrap": (*_INNER, *_PUBLISHED),
                "mac": ("token/*", "commit/*"),
                "sign": ("sign/manifest", "sign/certificate"),
                "public_key": ("sign/*",),
                "rotate": (*_INNER, *_PUBLISHED, "token/*", "sign/manifest"),
                # Retention: housekeeping destroys what a period has ended for.
                "destroy": (*_INNER, *_PUBLISHED, "token/*"),
            }
        ),
        Duty.RELEASE: MappingProxyType(
            {
                "ensure": (*_RELEASED, "project/*", "commit/*", "sign/package", "sign/certificate"),
                "wrap": _RELEASED,
                "unwrap": (*_PUBLISHED, *_RELEASED),
                "rewrap": _RELEASED,
                "mac": ("project/*", "commit/*"),
                "sign": ("sign/package", "sign/certificate"),
                "public_key": ("sign/*",),
                "rotate": (*_RELEASED, "sign/package"),
                "destroy": (*_RELEASED, "project/*"),
            }
        ),
        Duty.LOG: MappingProxyType(
            {
                # Accounts leave with exported events as keyed hashes (`safezone.audit.ocsf`).
                "ensure": ("sign/checkpoint", "commit/ocsf"),
                "mac": ("commit/ocsf",),
                "sign": ("sign/checkpoint",),
                "public_key": ("sign/*",),
                "rotate": ("sign/checkpoint",),
            }
        ),
        # A backup is closed by whoever makes it and opened at the console alone.
        Duty.BACKUP: MappingProxyType(
            {
                "ensure": (*_BACKUPS, "sign/backup"),
                "wrap": _BACKUPS,
                "sign": ("sign/backup",),
                "public_key": ("sign/*",),
                "rotate": (*_BACKUPS, "sign/backup"),
            }
        ),
        # Public keys verify seals and manifests; nothing here opens or signs anything.
        Duty.PORTAL: MappingProxyType({"public_key": ("sign/*",)}),
    }
)


def may(duty: Duty, operation: str, name: str) -> bool:
    """Whether the table lets `duty` do `operation` with the key `name`; segments are matched one by one."""
    return any(_matches(name, pattern) for pattern in RIGHTS[duty].get(operation, ()))


def _matches(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    if pattern in {"token/*", "project/*", "commit/*"}:
        return len(parts) >= 2 and parts[0] == wanted[0]
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


class DutyBound:
    """A key provider that does only what the duties of this process need.

    Args:
        provider: the provider behind it.
        duty: one duty, or several on the embedded zone, where one machine does everything.
    """

    def __init__(self, provider: KeyProvider, duty: Duty | Iterable[Duty]) -> None:
        self._provider = provider
        self.duties = frozenset([duty] if isinstance(duty, Duty) else duty)

    def _require(self, operation: str, name: str) -> None:
        if any(may(duty, operation, name) for duty in self.duties):
            return
        who = ", ".join(sorted(self.duties)) or "-"
        raise Denied(
            "keys.duty",
            (
                f"The duty {who} may not {operation} with the key {name}.",
                f"{who} 임무는 키 {name}에 대해 {operation}을(를) 할 수 없습니다.",
            ),
            (
                "This step belongs to another duty; run it there.",
                "다른 임무에 속한 작업이므로 그 임무에서 실행하세요.",
            ),
        )

    def ensure(self, name: str) -> int:
        """See `KeyProvider.ensure`."""
        self._require("ensure", name)
        return self._provider.ensure(name)

    def wrap(self, name: str, key: bytes, context: bytes) -> WrappedKey:
        """See `KeyProvider.wrap`."""
        self._require("wrap", name)
        return self._provider.wrap(name, key, context)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """See `KeyProvider.unwrap`."""
        self._require("unwrap", wrapped.kek)
        return self._provider.unwrap(wrapped, context)

    def rewrap(self, wrapped: WrappedKey, context: bytes) -> WrappedKey:
        """See `KeyProvider.rewrap`."""
        self._require("rewrap", wrapped.kek)
        return self._provider.rewrap(wrapped, context)

    def mac(self, name: str, data: bytes, version: int | None = None) -> bytes:
        """See `KeyProvider.mac`."""
        self._require("mac", name)
        return self._provider.mac(name, data, version)

    def sign(self, name: str, data: bytes) -> bytes:
        """See `KeyProvider.sign`."""
        self._require("sign", name)
        return self._provider.sign(name, data)

    def public_key(self, name: str, version: int | None = None) -> bytes:
        """See `KeyProvider.public_key`."""
        self._require("public_key", name)
        return self._provider.public_key(name, version)

    def rotate(self, name: str) -> int:
        """See `KeyProvider.rotate`."""
        self._require("rotate", name)
        return self._provider.rotate(name)

    def destroy(self, name: str) -> None:
        """See `KeyProvider.destroy`."""
        self._require("destroy", name)
        self._provider.destroy(name)

    def list(self) -> builtins.list[KeyInfo]:
        """The keys one of these duties has any right to."""
        return [key for key in self._provider.list() if self._concerns(key.name)]

    def destroyed(self) -> builtins.list[tuple[str, str]]:
        """Keys destroyed that one of these duties had any right to."""
        return [each for each in self._provider.destroyed() if self._concerns(each[0])]

    def caveats(self) -> builtins.list[tuple[str, str]]:
        """See `KeyProvider.caveats`."""
        return self._provider.caveats()

    def _concerns(self, name: str) -> bool:
        return any(may(duty, operation, name) for duty in self.duties for operation in RIGHTS[duty])
