"""What an operator and an auditor lean on, as docs/OPERATIONS tells it: kept checkpoints, copies, drills, narrow terminals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safezone.cli.app import invoke
from safezone.enrolment import enrol_to_files
from safezone.errors import UsageError
from safezone.model import Role
from safezone.settings import Settings
from safezone.zone import Zone, initialise

NAME = "kek/traffic-accidents/published/DLV-traffic-accidents-2025-f9a6f7c8"


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zone:
    places = {
        "home": tmp_path / "zone",
        "passphrase_file": tmp_path / "passphrase",
        "witness_dir": tmp_path / "witness",
        "ledger_dir": tmp_path / "ledger",
    }
    for name, place in places.items():
        monkeypatch.setenv(f"SAFEZONE_{name.upper()}", str(place))
    monkeypatch.setenv("SAFEZONE_LANGUAGE", "en")
    return initialise(Settings())


@pytest.fixture
def become(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    tokens = {
        role.value: enrol_to_files(zone, role.value, [role]).token for role in (Role.ADMINISTRATOR, Role.AUDITOR)
    }
    return lambda who: monkeypatch.setenv("SAFEZONE_TOKEN", tokens[who])


def printed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    capsys.readouterr()
    assert invoke([str(word) for word in words]) == 0
    return capsys.readouterr().out


def asked(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Any:
    return json.loads(printed(capsys, *words, "--json"))


def test_a_checkpoint_kept_in_a_file_holds_against_a_later_bundle(
    become: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    become("auditor")
    kept, bundle = tmp_path / "kept.txt", tmp_path / "bundle"
    made = asked(capsys, "audit", "checkpoint", "--out", kept)
    assert kept.read_text("utf-8") == made["note"]
    assert made["missing"] == []
    asked(capsys, "audit", "checkpoint")
    assert "safezone-verify" in printed(capsys, "audit", "export", bundle)
    found = asked(capsys, "audit", "verify", "--bundle", bundle, "--key", made["keys"][0], "--checkpoint", kept)
    assert found["state"] == "WHOLE"


def test_a_copy_is_not_promised_to_a_folder_that_is_not_there(
    become: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    become("administrator")
    split = ["keys", "recovery", "split", "--threshold", "2", "--shares", "2", "--custodian", "A", "--custodian", "B",
             "--out", str(tmp_path / "shares"), "--copy", str(tmp_path / "not-mounted")]  # fmt: skip
    with pytest.raises(UsageError, match=r"recovery\.no_folder"):
        invoke(split)
    assert not (tmp_path / "shares").exists()
    assert asked(capsys, "keys", "recovery", "list") == []


def test_a_drill_on_a_living_zone_does_not_cry_loss(
    become: Callable[[str], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    become("administrator")
    file = tmp_path / "one.szbackup"
    asked(capsys, "backup", "--out", file)
    asked(capsys, "keys", "list")
    asked(capsys, "audit", "checkpoint")
    told = printed(capsys, "restore", file, "--check")
    assert "NOTED" in told
    assert "LOST" not in told
    assert asked(capsys, "restore", file, "--check")["lost"] > 0


def test_a_long_name_of_a_key_stays_on_one_line_of_a_narrow_terminal(
    zone: Zone,
    become: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    zone.keys.ensure(NAME)
    become("administrator")
    for columns in ("80", "140"):
        monkeypatch.setenv("COLUMNS", columns)
        assert NAME in printed(capsys, "keys", "list")
