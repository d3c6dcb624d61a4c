"""Enrolment: secrets go into files of their own, once, and nothing is ever overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.access.authenticate import by_token
from safezone.cli.app import invoke
from safezone.enrolment import (
    account_key,
    enrol_first_administrator,
    enrol_sample_accounts,
    enrol_to_files,
    read_token,
)
from safezone.errors import Denied, Unavailable, UsageError, WrongState
from safezone.model import Role
from safezone.settings import Settings
from safezone.zone import Zone, initialise


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Zone:
    root = tmp_path_factory.mktemp("enrolment")
    return initialise(
        Settings(home=root / "zone", passphrase_file=root / "passphrase", witness_dir=root / "witness")
    )


def test_an_account_gets_a_token_and_a_key_only_its_owner_can_read(zone: Zone) -> None:
    made = enrol_to_files(zone, "kim.steward", [Role.STEWARD], "mpva")
    token = made.key.with_suffix(".token")
    assert [path.stat().st_mode & 0o777 for path in (made.key, token, token.parent)] == [0o600, 0o600, 0o700]
    assert read_token(token) == made.token
    assert zone.accounts.by_token(made.token) == made.account
    assert account_key(made.key).public_key().public_bytes_raw().hex() == made.account.review_key


@pytest.mark.parametrize("name", ["../admin", "a/b", "", ".hidden", "Kim", "a b", "a" * 80, "kim\n"])
def test_a_name_that_is_no_plain_file_name_is_refused(zone: Zone, name: str) -> None:
    with pytest.raises(UsageError, match=r"account\.name_form"):
        enrol_to_files(zone, name, [Role.DEVELOPER])


def test_a_file_that_is_there_is_never_overwritten(zone: Zone) -> None:
    kept = zone.settings.home / "accounts" / "lee.key"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("theirs")
    with pytest.raises(WrongState, match=r"account\.files"):
        enrol_to_files(zone, "lee", [Role.DEVELOPER])
    assert kept.read_text() == "theirs"
    assert zone.accounts.named("lee") is None


def test_the_sample_accounts_are_enrolled_once(zone: Zone) -> None:
    first = enrol_sample_accounts(zone)
    again = enrol_sample_accounts(zone)
    assert first == again
    controllers = {policy.controller for policy in zone.policies.values()}
    assert {f"steward-{each}" for each in controllers} < set(first)
    assert {"admin", "curator-1", "curator-2", "reviewer-1", "developer-2", "auditor-1"} < set(first)
    assert first["steward-mpva"].account.controller == "mpva"
    assert enrol_first_administrator(zone) is None


def test_an_account_whose_secrets_are_gone_is_said_so(zone: Zone) -> None:
    accounts = enrol_sample_accounts(zone)
    token = accounts["reviewer-2"].key.with_suffix(".token")
    token.unlink()
    with pytest.raises(WrongState, match=r"account\.secrets_gone"):
        enrol_sample_accounts(zone)
    token.touch(0o600)
    token.write_text(accounts["reviewer-2"].token)


def test_a_review_key_others_may_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "mine.key"
    with pytest.raises(Unavailable):
        account_key(key)
    key.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    key.chmod(0o644)
    with pytest.raises(Denied):
        account_key(key)
    key.chmod(0o600)
    assert account_key(key)
    key.write_text("not a key")
    with pytest.raises(UsageError) as refused:
        account_key(key)
    assert "not a key" not in str(refused.value)


def test_a_revoked_account_opens_nothing_any_more(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an administrator, from the command line; nobody revokes themselves."""
    first, leaving = (enrol_to_files(zone, name, [role]) for name, role in
                      (("chief", Role.ADMINISTRATOR), ("leaver", Role.STEWARD)))  # fmt: skip
    chosen = zone.settings
    for name, value in {
        "HOME": chosen.home,
        "PASSPHRASE_FILE": chosen.passphrase_file,
        "WITNESS_DIR": chosen.witness_dir,
        "TOKEN": first.token,
    }.items():
        monkeypatch.setenv(f"SAFEZONE_{name}", str(value))
    assert invoke(["account", "revoke", "leaver", "--yes"]) == 0
    gone = zone.accounts.get(leaving.account.id)
    assert not gone.active
    with pytest.raises(Denied):
        by_token(zone.catalog, zone.accounts, leaving.token)
    for name, code in (("leaver", "account.revoked"), ("chief", "account.own")):
        with pytest.raises(WrongState, match=code):
            invoke(["account", "revoke", name, "--yes"])
    monkeypatch.setenv("SAFEZONE_TOKEN", leaving.token)
    with pytest.raises(Denied):
        invoke(["account", "revoke", "chief", "--yes"])
    assert zone.accounts.get(first.account.id).active
