"""The table of duties as the policy of an OpenBao or Vault server: one identity for each duty, one for the console.

Each place (`safezone.keys.bao.places`) is a mount of the Transit engine of its own, ``PREFIX/kek/raw`` and so on, because
the server's rules match whole path segments or beginnings: ``PREFIX/kek/raw/decrypt/+`` is one operation on the keys
of one place, which no rule over a shared mount could say.

What no identity may do, the console included: export, back up, restore, import, trim or change a key, make one by
encrypting with it (a key that was destroyed would come back), and remove the mark a destroyed key leaves. The
priority of rules is the server's own: the path whose first wildcard comes later wins, and an exact path wins over both
(OpenBao, *Policies*, "Priority matching").
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from safezone.errors import UsageError
from safezone.keys.bao.places import GONE, PLACES, Place, within
from safezone.keys.duties import RIGHTS
from safezone.model import Duty

CONSOLE = "console"
IDENTITIES: tuple[str, ...] = (*(str(duty) for duty in Duty), CONSOLE)
PREFIX = "safezone"
_PREFIX = re.compile(r"(?!.{101})[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")

CREATION: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # A derived key is a key for each context (HKDF-SHA256): the context is bound, and `rewrap` takes it too,
        # which it does not do with associated data.
        "kek": MappingProxyType({"type": "aes256-gcm96", "derived": True}),
        "sign": MappingProxyType({"type": "ed25519"}),
        # Each version of a Transit key has an HMAC key of its own; a key of type `hmac` would not list its versions.
        "mac": MappingProxyType({"type": "aes256-gcm96"}),
    }
)
"""How a key of each kind is made; no identity may name any other parameter, such as `exportable`."""

MARK: Mapping[str, Any] = MappingProxyType({"type": "aes256-gcm96"})
"""How the mark of a destroyed key is made."""

_USES = MappingProxyType(
    {"wrap": "encrypt", "unwrap": "decrypt", "rewrap": "rewrap", "mac": "hmac", "sign": "sign"}
)
_CUSTODY = ("ensure", "rotate", "destroy")
_KINDS = MappingProxyType(
    {
        "kek": ("wrap", "unwrap", "rewrap", *_CUSTODY),
        "mac": ("mac", *_CUSTODY),
        "sign": ("sign", "public_key", *_CUSTODY),
    }
)


@dataclass
class _Rule:
    capabilities: set[str] = field(default_factory=set)
    parameters: dict[str, Any] = field(default_factory=dict)

    def hcl(self, path: str) -> str:
        lines = [f'path "{path}" {{', f"  capabilities = {json.dumps(sorted(self.capabilities))}"]
        if self.parameters:
            # `required_parameters` would be asked of a read at the same path too, and nothing could be read.
            allowed = ", ".join(f'"{name}" = [{json.dumps(value)}]' for name, value in self.parameters.items())
            lines.append(f"  allowed_parameters = {{ {allowed} }}")
        return "\n".join([*lines, "}"])


def rights(identity: str) -> Mapping[str, tuple[str, ...]]:
    """What an identity may do, as patterns by operation.

    Raises:
        UsageError: there is no such identity.
    """
    if identity == CONSOLE:
        operations = sorted({operation for known in _KINDS.values() for operation in known})
        return {
            operation: tuple(place.pattern for place in PLACES if operation in _KINDS[place.kind])
            for operation in operations
        }
    if identity not in IDENTITIES:
        raise UsageError(
            "keys.identity",
            (f"No duty is called {identity}.", f"{identity}(이)라는 임무가 없습니다."),
            (f"One of: {', '.join(IDENTITIES)}.", f"다음 중 하나를 쓰세요: {', '.join(IDENTITIES)}."),
        )
    return RIGHTS[Duty(identity)]


def mounts(prefix: str = PREFIX) -> builtins.list[str]:
    """Paths at which the server's administrator enables the Transit engine, see `setup`."""
    return [f"{checked(prefix)}/{place.path}" for place in PLACES]


def policy(identity: str, prefix: str = PREFIX) -> str:
    """The ACL policy (HCL) of one identity.

    Args:
        identity: a duty, or ``console``.
        prefix: what the zone's mounts begin with; the path of ``SAFEZONE_KEYS_URL``.

    Raises:
        UsageError: there is no such identity, or the prefix has characters the server does not allow.
    """
    checked(prefix)
    rules: dict[str, _Rule] = {}
    for operation, patterns in rights(identity).items():
        for pattern in patterns:
            place, key = within(pattern)
            for path, rule in _needed(operation, place, key).items():
                _add(rules, f"{prefix}/{place.path}/{path}", rule)
    _inherit(rules)
    rules |= {
        "auth/token/lookup-self": _Rule({"read"}),
        "auth/token/renew-self": _Rule({"update"}),
        "auth/token/revoke-self": _Rule({"update"}),
    }
    return "\n\n".join([f"# Safe Zone: {identity}", *(rules[path].hcl(path) for path in sorted(rules))]) + "\n"


def setup(prefix: str = PREFIX) -> str:
    """The commands by which the server's administrator prepares it, for a shell with `bao` and `safezone`."""
    lines = ["bao auth enable approle"]
    for path in mounts(prefix):
        lines += [f"bao secrets enable -path={path} transit", f"bao write {path}/config/keys disable_upsert=true"]
    for identity in IDENTITIES:
        role = role_of(identity, prefix)
        lines += [
            f"safezone keys server-policy {identity} --prefix {prefix} | bao policy write {role} -",
            f"bao write auth/approle/role/{role} token_policies={role} token_no_default_policy=true token_ttl=20m",
        ]
    return "\n".join(lines) + "\n"


def role_of(identity: str, prefix: str = PREFIX) -> str:
    """The name of an identity's policy and AppRole at the server."""
    return f"{checked(prefix).replace('/', '-')}-{identity}"


def checked(prefix: str) -> str:
    """The prefix, when it is one (UsageError)."""
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(
            "keys.prefix",
            ("That is not a path for mounts.", "마운트 경로의 형식이 아닙니다."),
            (
                "Use letters, digits, hyphens and underscores, with / between them.",
                "영문자, 숫자, -, _를 쓰고 /로 구분하세요.",
            ),
        )
    return prefix


def _needed(operation: str, place: Place, key: str | None) -> dict[str, _Rule]:
    """Paths below the place's mount that an operation needs; every one also needs to see the key and its mark."""
    one, mark = ("+", f"{GONE}*") if key is None else (key, GONE + key)
    rules = {"keys/": _Rule({"list"}), f"keys/{one}": _Rule({"read"}), f"keys/{mark}": _Rule({"read"})}
    if operation in _USES:
        rules[f"{_USES[operation]}/{one}"] = _Rule({"update"})
    elif operation == "ensure":
        rules[f"keys/{one}"] = _Rule({"read", "update"}, dict(CREATION[place.kind]))
    elif operation == "rotate":
        rules[f"keys/{one}/rotate"] = _Rule({"update"})
    elif operation == "destroy":
        rules[f"keys/{one}"] = _Rule({"read", "delete"})
        rules[f"keys/{one}/config"] = _Rule({"update"}, {"deletion_allowed": True})
        rules[f"keys/{mark}"] = _Rule({"read", "update"}, dict(MARK))
    return rules


def _add(rules: dict[str, _Rule], path: str, rule: _Rule) -> None:
    there = rules.setdefault(path, _Rule())
    there.capabilities |= rule.capabilities
    there.parameters |= rule.parameters


def _inherit(rules: dict[str, _Rule]) -> None:
    """Give a rule about one key what the rule about every key gives, since the server takes the exact one alone."""
    for path, rule in rules.items():
        mount, slash, key = path.rpartition("/keys/")
        if slash and key and "*" not in key and "+" not in key:
            every = rules.get(f"{mount}/keys/{GONE}*" if key.startswith(GONE) else f"{mount}/keys/+")
            if every is not None and "/" not in key:
                rule.capabilities |= every.capabilities
                rule.parameters |= every.parameters
