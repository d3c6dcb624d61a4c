"""Accounts: enrolled by the zone, sealed with its key, known by a token and a review key.

The token is 256 random bits, kept only as a hash. The seal is the zone's signature over the whole row: roles or
keys edited in the database, or a row written there by hand, are no account.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history
from safezone.catalog.records import AccountRecord
from safezone.catalog.store import Catalog, new_id
from safezone.errors import IntegrityFailure, NotFound, UsageError
from safezone.model import Role, canonical, now
from safezone.ports import KeyProvider

SEAL_KEY = "sign/account"
_VERSION_BYTES = 4
REVOKED = "revoked"
_ALONE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new account and its secrets, which exist nowhere else.

    Attributes:
        account: the account.
        token: the token, to be put into SAFEZONE_TOKEN.
        review_key: private Ed25519 key, 32 bytes.
    """

    account: AccountRecord
    token: str
    review_key: bytes


def _sealed(account: AccountRecord) -> bytes:
    values: dict[str, Any] = {
        "id": account.id,
        "name": account.name,
        "roles": [role.value for role in account.roles],
        "controller": account.controller or "",
        "token_hash": account.token_hash,
        "review_key": account.review_key,
        "active": account.active,
    }
    return b"safezone account v1\x00" + canonical(values)


def token_hash(token: str) -> str:
    """SHA-256 of a token; enough, since a token is 256 random bits and not a password."""
    return hashlib.sha256(token.encode()).hexdigest()


def enrol(
    catalog: Catalog, keys: KeyProvider, name: str, roles: tuple[Role, ...], controller: str | None, by: str
) -> Enrolment:
    """Enrol an account and hand out its secrets once.

    Args:
        catalog: where it is kept.
        keys: signs the seal.
        name: how people know it, unique.
        roles: at least one; administrator and auditor are held alone.
        controller: the controller it is scoped to, None for staff of the zone and developers.
        by: who enrols it.

    Raises:
        UsageError: no role, roles that exclude each other, or a name that is taken.
    """
    if not roles or (_ALONE & set(roles) and len(set(roles)) > 1):
        raise UsageError(
            "account.roles",
            (
                "An account needs a role, and administrator and auditor are held alone.",
                "역할이 필요하며, administrator와 auditor는 다른 역할과 함께 가질 수 없습니다.",
            ),
            ("Give one of: " + ", ".join(Role) + ".", "사용할 수 있는 역할: " + ", ".join(Role) + "."),
        )
    if catalog.list(AccountRecord, name=name):
        raise UsageError(
            "account.name",
            (f"There is an account named {name} already.", f"{name} 계정이 이미 있습니다."),
            ("Choose another name.", "다른 이름을 쓰십시오."),
        )
    token = f"szt_{secrets.token_urlsafe(32)}"
    private = Ed25519PrivateKey.generate()
    unsealed = AccountRecord(
        id=new_id("acc"),
        name=name,
        roles=tuple(sorted(set(roles))),
        controller=controller,
        token_hash=token_hash(token),
        review_key=private.public_key().public_bytes_raw().hex(),
        active=True,
        seal=b"",
        created=now(),
    )
    account = _seal(keys, unsealed)
    event = AuditEvent(
        EventType.ACCOUNT_ADDED,
        by,
        f"account/{account.id}",
        purpose=",".join(account.roles),
        details={"name": name, "controller": controller or "", "review_key": account.review_key},
    )
    with catalog.write(event) as connection:
        catalog.add(connection, account)
    return Enrolment(account, token, private.private_bytes_raw())


def _seal(keys: KeyProvider, account: AccountRecord) -> AccountRecord:
    """Seal an account; the key's version stands before the signature, so that a rotation invalidates nobody."""
    version = keys.ensure(SEAL_KEY)
    return replace(account, seal=version.to_bytes(_VERSION_BYTES, "big") + keys.sign(SEAL_KEY, _sealed(account)))


def seal_version(account: AccountRecord) -> int:
    """Version of the key that sealed an account."""
    return int.from_bytes(account.seal[:_VERSION_BYTES], "big")


def revoke(catalog: Catalog, keys: KeyProvider, account: AccountRecord, by: str) -> None:
    """Make an account inactive: it can do nothing from now on, and its reviews count no more."""
    inactive = _seal(keys, replace(account, active=False))
    event = AuditEvent(EventType.ACCOUNT_CHANGED, by, f"account/{account.id}", purpose=REVOKED)
    with catalog.write(event) as connection:
        catalog.change(connection, account, active=False, seal=inactive.seal)


def genuine(account: AccountRecord, public_key: bytes) -> AccountRecord:
    """Return the account if the zone's seal on it holds.

    Raises:
        IntegrityFailure: the row is not what the zone enrolled.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(account.seal[_VERSION_BYTES:], _sealed(account))
    except (InvalidSignature, ValueError, TypeError):
        raise _not_as_enrolled(account) from None
    return account


def _not_as_enrolled(account: AccountRecord) -> IntegrityFailure:
    return IntegrityFailure(
        "account.seal",
        (
            f"Account {account.id} is not as the zone enrolled it.",
            f"계정 {account.id}의 정보가 등록 당시와 다릅니다.",
        ),
        (
            "Tell the auditor: somebody wrote to the accounts table.",
            "계정 정보가 임의로 변경되었으니 감사 담당자에게 알리십시오.",
        ),
    )


class Accounts:
    """Accounts as they may be relied on: every one returned carries a seal that holds."""

    def __init__(self, catalog: Catalog, keys: KeyProvider) -> None:
        self._catalog = catalog
        self._keys = keys
        self._public: dict[int, bytes] = {}

    def _check(self, account: AccountRecord) -> AccountRecord:
        genuine(account, self._public_key(account))
        name = f"account/{account.id}"
        # An old row put back carries a seal that holds; the log still says that the account was revoked since.
        if account.active and history.events(self._catalog, EventType.ACCOUNT_CHANGED, name, purpose=REVOKED):
            raise _not_as_enrolled(account)
        return account

    def _public_key(self, account: AccountRecord) -> bytes:
        version = seal_version(account)
        if version not in self._public:
            try:
                self._public[version] = self._keys.public_key(SEAL_KEY, version)
            except NotFound:
                raise _not_as_enrolled(account) from None  # no such version was ever made
        return self._public[version]

    def get(self, account_id: str) -> AccountRecord:
        """The account of that id (NotFound, IntegrityFailure)."""
        return self._check(self._catalog.get(AccountRecord, account_id))

    def named(self, name: str) -> AccountRecord | None:
        """The account of that name, or None."""
        found = self._catalog.list(AccountRecord, name=name)
        return self._check(found[0]) if found else None

    def by_token(self, token: str) -> AccountRecord | None:
        """The account a token belongs to, or None."""
        found = self._catalog.list(AccountRecord, token_hash=token_hash(token))
        return self._check(found[0]) if found else None

    def all(self) -> list[AccountRecord]:
        """Every account, oldest first."""
        return [self._check(account) for account in self._catalog.list(AccountRecord)]
