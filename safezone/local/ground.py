"""What the demo and `make up` stand on: a zone with people and policies, an Airflow, a log duty."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from safezone.catalog import policies, reviews
from safezone.catalog.records import AccountRecord, DeliveryRecord, ProjectRecord
from safezone.enrolment import SampleAccount, account_key, read_token, secrets_folder
from safezone.errors import UsageError
from safezone.local.airflow import AirflowUser, LocalAirflow
from safezone.local.airflow_settings import write_private
from safezone.local.log_duty import LogDuty
from safezone.model import Duty, Role, Verdict
from safezone.settings import Settings
from safezone.zone import Zone

CURATORS = ("curator-1", "curator-2")
PARALLELISM = 3
# Every task imports these; imported once before tasks are forked, they cost a task nothing.
PRELOAD = (
    "safezone.tasks",
    "great_expectations",
    "duckdb",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet.encryption",
    "pseudonymize.detect.detector",
    "mecab",
)
_CODE = Path(__file__).resolve().parents[2]


def zone_environment(settings: Settings) -> dict[str, str]:
    """The settings of this zone as variables, for its own processes. The token is left out: it is a person's."""
    values = settings.model_dump(exclude={"token"})
    found = {f"SAFEZONE_{name.upper()}": str(value) for name, value in values.items() if value not in (None, "")}
    folders = {
        "home": settings.home,
        "passphrase_file": settings.passphrase_file,
        "witness_dir": settings.witness_dir,
        "ledger_dir": settings.ledger_dir,
    }
    # Other processes have other working folders.
    for name in ("policies", "keys_credentials", "witness_ca", "tsa_roots"):
        path = getattr(settings, name)
        if path is not None:
            folders[name] = path
    return found | {f"SAFEZONE_{name.upper()}": str(path.absolute()) for name, path in folders.items()}


def holds_data(settings: Settings) -> bool:
    """Whether a folder is in use: a zone that something was done in, or files that are no zone's."""
    home = settings.home
    if not home.exists() or (home.is_dir() and not any(home.iterdir())):
        return False
    if not (home / "zone.json").exists():
        return True
    zone = Zone.open(settings, Duty.PORTAL)
    used = (zone.catalog.list(kind) for kind in (DeliveryRecord, ProjectRecord))
    return any(used) or any(settings.inbox.glob("*"))


def fresh(settings: Settings) -> Settings:
    """The same settings for a folder that is free: this one, or a new one beside it."""
    home, number = settings.home.absolute(), 2
    chosen = settings.model_copy(update={"home": home})
    while holds_data(chosen):
        chosen = settings.model_copy(update={"home": home.with_name(f"{home.name}-{number}")})
        number += 1
    return chosen


def approve_policies(zone: Zone, accounts: Mapping[str, SampleAccount]) -> int:
    """Have both curators sign every dataset policy they have not signed yet. Returns how many there are."""
    for policy in zone.policies.values():
        subject = reviews.policy_subject(policy.sha256)
        given = policies.approvers(zone.catalog, zone.accounts, policy.sha256, policy.controller)
        for curator in (accounts[name] for name in CURATORS):
            if curator.account.id not in given:
                comment = "표본 정책 확인 · sample policy checked"
                signature = reviews.sign(account_key(curator.key), subject, Verdict.APPROVE, comment)
                policies.approve(zone.catalog, curator.account, policy, signature, comment)
    return len(zone.policies)


def airflow_users(settings: Settings, accounts: Sequence[AccountRecord]) -> list[AirflowUser]:
    """Airflow's accounts: stewards may trigger, auditors look on; each with a password kept beside its token."""
    roles = {Role.STEWARD: "user", Role.AUDITOR: "viewer"}
    users = []
    for account in accounts:
        role = next((roles[role] for role in account.roles if role in roles), None)
        if account.active and role is not None:
            # Airflow cannot hold every name the zone can; such an account works everywhere else.
            with contextlib.suppress(UsageError):
                users.append(AirflowUser(account.name, role, _password(settings, account.name)))
    return users


def _password(settings: Settings, name: str) -> str:
    path = secrets_folder(settings) / f"{name}.airflow"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(18) + "\n")
    return read_token(path)


def local_airflow(
    settings: Settings,
    users: Sequence[AirflowUser],
    *,
    port: int | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> LocalAirflow:
    """The Airflow of this zone, not yet started."""
    here = Path(__file__).resolve().parents[1] / "_data" / "dags"
    return LocalAirflow(
        settings.home / "airflow",
        here if here.is_dir() else _CODE / "dags",
        users=users,
        env=zone_environment(settings),
        port=port,
        parallelism=PARALLELISM,
        preload=PRELOAD,
        on_progress=on_progress,
    )


def log_duty(settings: Settings) -> LogDuty:
    """The log duty of this zone, not yet started. Like Airflow, it inherits nothing of the caller's environment."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "HOME": str(settings.home.absolute()),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(_CODE),
        **zone_environment(settings),
    }
    return LogDuty(settings.home / "logs" / "log-duty.log", env)
