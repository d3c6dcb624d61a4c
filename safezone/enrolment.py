"""Enrolling people: a new account's secrets go into files of their own, and the sample accounts of a demo.

A token and a review key exist nowhere but in these files (the catalog holds a hash and a public key), readable
by their owner alone. An administrator hands them to the person and deletes them here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.catalog.accounts import enrol
from safezone.catalog.records import AccountRecord
from safezone.errors import Unavailable, UsageError, WrongState
from safezone.keys.passphrase import require_private
from safezone.model import Role
from safezone.settings import Settings
from safezone.zone import Zone

CONSOLE = "console"
"""Who enrols where nobody is enrolled yet: the person at the machine that holds every key."""
ADMINISTRATOR = "admin"
_NAME = re.compile(r"[a-z0-9가-힣](?:[a-z0-9가-힣._-]{0,62}[a-z0-9가-힣])?")
_STAFF: tuple[tuple[str, Role], ...] = (
    ("curator-1", Role.STEWARD),
    ("curator-2", Role.STEWARD),
    ("reviewer-1", Role.REVIEWER),
    ("reviewer-2", Role.REVIEWER),
    ("developer-1", Role.DEVELOPER),
    ("developer-2", Role.DEVELOPER),
    ("auditor-1", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """An enrolled account with its secrets.

    Attributes:
        name: how people know it.
        token: for SAFEZONE_TOKEN.
        key: file of its review key.
        account: the account as the zone enrolled it.
    """

    name: str
    token: str
    key: Path
    account: AccountRecord


def secrets_folder(settings: Settings) -> Path:
    """Where the secrets of new accounts are put, mode 0700."""
    folder = settings.home / "accounts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def enrol_to_files(
    zone: Zone, name: str, roles: Sequence[Role], controller: str | None = None, *, by: str = CONSOLE
) -> SampleAccount:
    """Enrol an account and write its token and review key to files of mode 0600.

    Args:
        zone: opened as the console, which alone may seal accounts.
        name: lower-case letters, digits, Hangul, ``.``, ``_`` and ``-``; also the name of the files.
        roles: at least one.
        controller: the controller it is scoped to, or None.
        by: account id of the administrator, or `CONSOLE`.

    Raises:
        UsageError: the name cannot be that of a file, or is taken; roles that exclude each other.
        WrongState: files of that name are there already; nothing is overwritten.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            "account.name_form",
            ("That cannot be the name of an account.", "계정 이름의 형식이 올바르지 않습니다."),
            (
                "Use lower-case letters, digits, Hangul, '.', '_' and '-' (at most 64).",
                "영문 소문자, 숫자, 한글, '.', '_', '-'를 쓰십시오(64자 이하).",
            ),
        )
    folder = secrets_folder(zone.settings)
    token, key = folder / f"{name}.token", folder / f"{name}.key"
    _require_free(token, key)
    enrolled = enrol(zone.catalog, zone.keys, name, tuple(roles), controller, by)
    _write(token, enrolled.token)
    _write(key, enrolled.review_key.hex())
    return SampleAccount(name, enrolled.token, key, enrolled.account)


def enrol_first_administrator(zone: Zone) -> SampleAccount | None:
    """Enrol `ADMINISTRATOR` in a zone that has no account; None where there are some."""
    if zone.catalog.list(AccountRecord):
        return None
    return enrol_to_files(zone, ADMINISTRATOR, (Role.ADMINISTRATOR,))


def enrol_sample_accounts(zone: Zone) -> dict[str, SampleAccount]:
    """Enrol the sample accounts that are missing; running it again changes nothing.

    Args:
        zone: opened as the console.

    Returns:
        The accounts by name: ``admin``, ``steward-<controller>`` for every controller of a dataset policy,
        ``curator-1/2`` (stewards of the zone itself), ``reviewer-1/2``, ``developer-1/2`` and ``auditor-1``.

    Raises:
        WrongState: an account is enrolled whose secrets are no longer here.
    """
    wanted: list[tuple[str, Role, str | None]] = [(ADMINISTRATOR, Role.ADMINISTRATOR, None)]
    controllers = sorted({policy.controller for policy in zone.policies.values()})
    wanted += [(f"steward-{controller}", Role.STEWARD, controller) for controller in controllers]
    wanted += [(name, role, None) for name, role in _STAFF]
    return {name: _existing(zone, name) or enrol_to_files(zone, name, (role,), at) for name, role, at in wanted}


def read_token(path: Path) -> str:
    """The token in a file that only its owner may read.

    Raises:
        Unavailable: there is no such file.
        Denied: others may read it.
    """
    return _read(path)


def account_key(path: Path) -> Ed25519PrivateKey:
    """The review key in a file: 32 bytes as hexadecimal text, readable by its owner alone.

    Raises:
        Unavailable: there is no such file.
        Denied: others may read it.
        UsageError: it holds something else.
    """
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(_read(path)))
    except ValueError:
        raise UsageError(
            "account.key",
            (f"{path.name} is not a review key.", f"{path.name}은(는) 심사 키 파일이 아닙니다."),
            (
                "It holds 64 hexadecimal digits. Name the right file in SAFEZONE_REVIEW_KEY.",
                "16진수 64자리여야 합니다. SAFEZONE_REVIEW_KEY에 올바른 파일을 지정하십시오.",
            ),
        ) from None


def _existing(zone: Zone, name: str) -> SampleAccount | None:
    account = zone.accounts.named(name)
    if account is None:
        return None
    folder = secrets_folder(zone.settings)
    token, key = folder / f"{name}.token", folder / f"{name}.key"
    if not token.is_file() or not key.is_file():
        raise WrongState(
            "account.secrets_gone",
            (
                f"The account {name} is enrolled, but its token or key is no longer in {folder}.",
                f"{name} 계정은 등록되어 있으나 토큰이나 키가 {folder}에 없습니다.",
            ),
            (
                "Put the files back, or start a new zone (SAFEZONE_HOME): secrets cannot be made again.",
                "파일을 되돌려 놓거나 새 안심구역(SAFEZONE_HOME)을 만드십시오. 비밀값은 다시 만들 수 없습니다.",
            ),
        )
    return SampleAccount(name, read_token(token), key, account)


def _require_free(*paths: Path) -> None:
    taken = [path.name for path in paths if path.exists() or path.is_symlink()]
    if taken:
        raise WrongState(
            "account.files",
            (
                f"There are files of that name already: {', '.join(taken)}.",
                f"같은 이름의 파일이 이미 있습니다: {', '.join(taken)}.",
            ),
            (
                f"Move them away from {paths[0].parent} first.",
                f"먼저 {paths[0].parent}에서 옮기십시오.",
            ),
        )


def _write(path: Path, secret: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(4096)
    except OSError:
        raise Unavailable(
            "account.secret_missing",
            (f"There is no file {path} that can be read.", f"{path} 파일이 없거나 읽을 수 없습니다."),
            (
                "Name the review key you were given in SAFEZONE_REVIEW_KEY.",
                "발급받은 심사 키 파일을 SAFEZONE_REVIEW_KEY에 지정하십시오.",
            ),
        ) from None
    require_private(path, mode)
    return content.decode("ascii", "replace").strip()
