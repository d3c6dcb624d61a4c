"""Every duty against every key: what the key server lets its identity do is what the table of duties says.

The server is asked with plain requests, as somebody would who took over a machine and its credentials: none of the
zone's own code stands between.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from safezone.errors import Denied, UsageError
from safezone.keys.bao.places import GONE, PLACES, find, within
from safezone.keys.bao.policy import CONSOLE, CREATION, IDENTITIES, MARK
from safezone.keys.bao.provider import OpenBaoKeys
from safezone.keys.duties import RIGHTS, DutyBound, may
from safezone.keys.keystore import Keystore
from safezone.keys.naming import kind_of
from safezone.model import Duty, WrappedKey
from safezone.ports import KeyProvider
from tests.fixtures.openbao import BaoServer, secret_file

NAMES = (
    *(f"kek/ds/{place}/d1" for place in ("intake", "quarantine", "raw", "deidentified", "published", "release")),
    "kek/zone/backup/b1",
    "token/agency/KR_RRN",
    "project/p1",
    "commit/files",
    "commit/ocsf",
    *(f"sign/{purpose}" for purpose in ("manifest", "package", "checkpoint", "certificate", "backup", "account")),
)
OPERATIONS = ("ensure", "wrap", "unwrap", "rewrap", "mac", "sign", "public_key", "rotate", "destroy")
BY_KIND = {
    "kek": {"ensure", "wrap", "unwrap", "rewrap", "rotate", "destroy"},
    "mac": {"ensure", "mac", "rotate", "destroy"},
    "sign": {"ensure", "sign", "public_key", "rotate", "destroy"},
}


def expected(identity: str, operation: str, name: str) -> bool:
    if identity == CONSOLE:
        return operation in BY_KIND[kind_of(name)]
    return may(Duty(identity), operation, name)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Zone:
    """A zone at the server with one key of every kind, and a token for each identity."""

    server: BaoServer
    prefix: str
    tokens: dict[str, str]
    sealed: dict[str, str]

    def ask(self, identity: str, method: str, name: str, path: str, **body: object) -> bool:
        """Whether the server takes the request: everything but a refusal, also what it then finds wrong in it."""
        place, key = find(name)
        full = f"{self.prefix}/{place.path}/{path.format(key=key, mark=GONE + key)}"
        return self.server.ask(method, full, self.tokens[identity], **body)[0] != 403

    def attempt(self, identity: str, operation: str, name: str) -> bool:
        """Try an operation; one that would change the key is formed so that it is let through and changes nothing."""
        context = _text(b"here")
        requests: dict[str, tuple[str, str, dict[str, object]]] = {
            "ensure": ("POST", "keys/{key}", dict(CREATION[kind_of(name)])),
            "wrap": ("POST", "encrypt/{key}", {"plaintext": _text(bytes(32)), "context": context}),
            "unwrap": ("POST", "decrypt/{key}", {"ciphertext": self.sealed.get(name, "-"), "context": context}),
            "rewrap": ("POST", "rewrap/{key}", {"ciphertext": self.sealed.get(name, "-"), "context": context}),
            "mac": ("POST", "hmac/{key}", {"input": _text(b"x")}),
            "sign": ("POST", "sign/{key}", {"input": _text(b"x")}),
            "rotate": ("POST", "keys/{key}/rotate", {}),
            # Deletion was not allowed for this key, so whoever may delete is told that it is not.
            "destroy": ("DELETE", "keys/{key}", {}),
        }
        method, path, body = requests[operation]
        return self.ask(identity, method, name, path, **body)


@pytest.fixture(scope="module")
def zone(bao: BaoServer) -> Zone:
    prefix = bao.new_zone()
    tokens = {identity: bao.token(prefix, identity) for identity in IDENTITIES}
    made = Zone(bao, prefix, tokens, {})
    for name in NAMES:
        place, key = find(name)
        base = f"{prefix}/{place.path}"
        bao.api("POST", f"{base}/keys/{key}", **CREATION[place.kind])
        if place.kind == "kek":
            answer = bao.api("POST", f"{base}/encrypt/{key}", plaintext=_text(bytes(32)), context=_text(b"here"))
            made.sealed[name] = answer["data"]["ciphertext"]
    return made


@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_server_lets_an_identity_do_its_own_and_no_other(zone: Zone, identity: str) -> None:
    tried = {
        (operation, name): zone.attempt(identity, operation, name)
        for name in NAMES
        for operation in OPERATIONS
        if operation != "public_key"
    }
    assert tried == {(operation, name): expected(identity, operation, name) for operation, name in tried}


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_key_is_seen_only_by_those_who_use_it(zone: Zone, identity: str) -> None:
    """The public half of a signing key is part of what is seen, and all may see those."""
    for name in NAMES:
        seen = any(expected(identity, operation, name) for operation in OPERATIONS)
        assert zone.ask(identity, "GET", name, "keys/{key}") == seen
        assert zone.ask(identity, "GET", name, "keys/{mark}") == seen


@pytest.mark.parametrize("identity", IDENTITIES)
def test_names_are_listed_only_where_there_is_a_right(zone: Zone, identity: str) -> None:
    for listed in PLACES:
        names = [name for name in NAMES if find(name)[0] == listed]
        right = any(expected(identity, operation, name) for name in names for operation in OPERATIONS)
        assert zone.ask(identity, "LIST", names[0], "keys") == right


@pytest.mark.parametrize("identity", IDENTITIES)
def test_deletion_is_prepared_only_by_those_who_destroy(zone: Zone, identity: str) -> None:
    for name in NAMES:
        right = expected(identity, "destroy", name)
        assert zone.ask(identity, "POST", name, "keys/{key}x/config", deletion_allowed=True) == right
        assert zone.ask(identity, "POST", name, "keys/" + GONE + "other", **MARK) == right


NEVER = (
    ("GET", "export/encryption-key/{key}", {}),
    ("GET", "export/hmac-key/{key}", {}),
    ("GET", "export/signing-key/{key}", {}),
    ("GET", "backup/{key}", {}),
    ("POST", "restore/{key}", {"backup": "eA=="}),
    ("POST", "restore", {"backup": "eA=="}),
    ("POST", "keys/{key}/trim", {"min_available_version": 1}),
    ("POST", "keys/{key}/import", {"ciphertext": "eA==", "type": "aes256-gcm96"}),
    ("POST", "keys/{key}/import_version", {"ciphertext": "eA=="}),
    ("POST", "keys/{key}/config", {"exportable": True}),
    ("POST", "keys/{key}/config", {"allow_plaintext_backup": True}),
    ("POST", "keys/{key}/config", {"min_decryption_version": 2}),
    ("POST", "keys/{key}/config", {"deletion_allowed": False}),
    ("POST", "keys/{key}/config", {"deletion_allowed": True, "exportable": True}),
    ("POST", "keys/{key}", {"type": "aes256-gcm96", "exportable": True}),
    ("POST", "keys/{key}", {"type": "rsa-2048"}),
    ("POST", "datakey/plaintext/{key}", {"context": "eA=="}),
    ("POST", "datakey/wrapped/{key}", {"context": "eA=="}),
    ("POST", "verify/{key}", {"input": "eA==", "hmac": "vault:v1:eA=="}),
    ("POST", "encrypt/{key}never", {"plaintext": "eA==", "context": "eA=="}),  # would make the key
    ("DELETE", "keys/{key}/soft-delete", {}),
    ("POST", "keys/{key}/soft-delete-restore", {}),
    ("DELETE", "keys/{mark}", {}),
    ("DELETE", "keys/{mark}/soft-delete", {}),
    ("POST", "keys/{mark}/config", {"deletion_allowed": True}),
    ("POST", "keys/{mark}/trim", {"min_available_version": 1}),
    ("POST", "config/keys", {"disable_upsert": False}),
    ("POST", "cache-config", {"size": 0}),
)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_nobody_takes_a_key_out_or_weakens_it(zone: Zone, identity: str) -> None:
    for name in NAMES:
        for method, path, body in NEVER:
            assert not zone.ask(identity, method, name, path, **body), (name, method, path, body)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_nobody_changes_the_server(zone: Zone, identity: str) -> None:
    other = zone.server.new_zone()
    for method, path in (
        ("GET", "sys/mounts"),
        ("POST", f"sys/mounts/{zone.prefix}/more"),
        ("DELETE", f"sys/mounts/{zone.prefix}/sign"),
        ("POST", f"sys/policies/acl/{zone.prefix}-{identity}"),
        ("POST", f"auth/approle/role/{zone.prefix}-console/secret-id"),
        ("GET", f"auth/approle/role/{zone.prefix}-console/role-id"),
        ("POST", "auth/token/create"),
        ("GET", "sys/storage/raft/snapshot"),
        ("LIST", f"{other}/sign/keys"),
        ("GET", f"{other}/sign/keys/manifest"),
    ):
        assert zone.server.ask(method, path, zone.tokens[identity])[0] in {403, 405}, (method, path)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_an_identity_does_all_that_is_its_own(zone: Zone, identity: str, tmp_path: Path) -> None:
    """The provider needs no more at the server than the policy of the duty gives."""
    console = _provider(zone, tmp_path, CONSOLE)
    provider = _provider(zone, tmp_path, identity)
    for name in _own_names(identity):
        console.ensure(name)
        for operation in OPERATIONS:
            if expected(identity, operation, name):
                _do(provider, console, operation, name)
    visible = {key.name for key in provider.list()}
    assert visible == {
        key.name
        for key in console.list()
        if any(expected(identity, operation, key.name) for operation in OPERATIONS)
    }


@pytest.mark.parametrize("duty", Duty)
def test_within_the_process_the_same_table_holds(duty: Duty, tmp_path: Path) -> None:
    keystore = Keystore.create(tmp_path / "k" / "keystore.json", b"correct horse battery staple", n=2)
    bound = DutyBound(keystore, duty)
    for name in NAMES:
        for operation in OPERATIONS:
            keystore.ensure(name) if operation != "destroy" else None
            assert _allowed(lambda: _do(bound, keystore, operation, name)) == may(duty, operation, name)  # noqa: B023


def _provider(zone: Zone, folder: Path, identity: str) -> OpenBaoKeys:
    file = secret_file(folder / f"{identity}.json", {"token": zone.tokens[identity]})
    return OpenBaoKeys.from_url(zone.server.url(zone.prefix), file)


def _own_names(identity: str) -> list[str]:
    """Names of which no other test knows, where the table leaves room for them."""
    return [name if name.startswith("sign/") or name == "commit/ocsf" else f"{name}-{identity}" for name in NAMES]


def _allowed(use: Callable[[], object]) -> bool:
    try:
        use()
    except (Denied, UsageError):
        return False
    return True


def _do(provider: KeyProvider, console: KeyProvider, operation: str, name: str) -> None:
    """One operation as the zone does it; what it works on is prepared by somebody who may do everything."""
    wrapped = WrappedKey(name, 1, b"")
    if operation in {"unwrap", "rewrap"} and kind_of(name) == "kek":
        wrapped = console.wrap(name, bytes(32), b"here")
    uses: dict[str, Callable[[], object]] = {
        "ensure": lambda: provider.ensure(name),
        "wrap": lambda: provider.wrap(name, bytes(32), b"here"),
        "unwrap": lambda: provider.unwrap(wrapped, b"here"),
        "rewrap": lambda: provider.rewrap(wrapped, b"here"),
        "mac": lambda: provider.mac(name, b"x"),
        "sign": lambda: provider.sign(name, b"x"),
        "public_key": lambda: provider.public_key(name),
        "rotate": lambda: provider.rotate(name),
        "destroy": lambda: provider.destroy(name),
    }
    uses[operation]()


def test_every_pattern_of_the_table_is_tried() -> None:
    for duty in Duty:
        for operation, patterns in RIGHTS[duty].items():
            for pattern in patterns:
                place, key = within(pattern)
                assert any(find(name) == (place, key or find(name)[1]) for name in NAMES), (
                    duty,
                    operation,
                    pattern,
                )
