"""Who is it: a token of the command line, or the name of an Airflow user, becomes an actor."""

from __future__ import annotations

from safezone.access.actions import Actor
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog.accounts import Accounts, token_hash
from safezone.catalog.records import AccountRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied, IntegrityFailure


def by_token(catalog: Catalog, accounts: Accounts, token: str | None) -> AccountRecord:
    """The active account that a token proves.

    Raises:
        Denied: no token, an unknown one, or a revoked account; the attempt is in the log.
        IntegrityFailure: the account's row is not what the zone enrolled; so is that.
    """
    try:
        account = accounts.by_token(token) if token else None
    except IntegrityFailure as error:
        _record(catalog, "unknown", {"code": error.code})
        raise
    if account is not None and account.active:
        return account
    # The start of the hash lets an auditor see one wrong token tried often, and tells nothing else.
    tried = token_hash(token)[:12] if token else "none"
    raise _refused(catalog, account.id if account else "unknown", {"token": tried})


def by_airflow_user(catalog: Catalog, accounts: Accounts, name: str | None) -> Actor:
    """The actor behind an Airflow user: the active account of the same name.

    Raises:
        Denied: nobody triggered the run by name, or no active account has that name.
    """
    try:
        account = accounts.named(name) if name else None
    except IntegrityFailure as error:
        _record(catalog, "unknown", {"code": error.code})
        raise
    if account is not None and account.active:
        return Actor.account(account)
    raise _refused(catalog, account.id if account else "unknown", {"airflow_user": name or "none"})


def _refused(catalog: Catalog, account: str, details: dict[str, str | int]) -> Denied:
    _record(catalog, account, details)
    return Denied(
        "access.unknown",
        ("Nobody is signed in, or the account is not active.", "로그인되지 않았거나 사용할 수 없는 계정입니다."),
        (
            "Set SAFEZONE_TOKEN to the token you were given, or ask an administrator.",
            "발급받은 토큰을 SAFEZONE_TOKEN에 설정하거나 관리자에게 문의하십시오.",
        ),
    )


def _record(catalog: Catalog, account: str, details: dict[str, str | int]) -> None:
    with catalog.write(AuditEvent(EventType.AUTHENTICATION_FAILED, account, "zone/zone", details=details)):
        pass
