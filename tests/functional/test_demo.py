"""The whole main job, as a newcomer runs it: real accounts, a real Airflow, and nothing left running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from safezone.airlock.verify import provable_approval, provable_version
from safezone.audit.event import EventType
from safezone.catalog import history
from safezone.catalog.records import ReleaseRecord, RequestRecord, VersionRecord
from safezone.model import Duty, VersionState
from safezone.settings import Settings
from safezone.zone import Zone

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DATASETS = {
    "air-quality-complaints",
    "civil-complaints",
    "disaster-safety-reports",
    "job-seekers",
    "traffic-accidents",
    "veterans-benefits",
}


def opened(zone, duty: Duty) -> Zone:
    person = Path(zone.person)
    return Zone.open(
        Settings(
            home=zone.home,
            passphrase_file=person / ".config" / "safezone" / "passphrase",
            witness_dir=person / ".local" / "state" / "safezone" / "witness",
        ),
        duty,
    )


def test_it_ends_well_and_says_so(demo_zone):
    assert demo_zone.returncode == 0, demo_zone.stdout
    assert demo_zone.made["ok"] is True
    assert "모두 확인됨 · everything held" in demo_zone.stdout
    for dataset in DATASETS:
        assert dataset in demo_zone.stdout


def test_every_dataset_is_published_within_its_privacy_model(demo_zone):
    made = {item["dataset"]: item for item in demo_zone.made["datasets"]}
    assert set(made) == DATASETS
    catalog = opened(demo_zone, Duty.RELEASE)
    for item in made.values():
        rows = item["rows"]
        assert item["k_after"] >= item["k_required"] >= 3
        assert item["k_before"] < item["k_after"]
        assert rows["delivered"] == rows["quarantined"] + rows["deidentified"]
        assert rows["deidentified"] == rows["suppressed"] + rows["published"]
        assert rows["quarantined"] > 0
        assert item["expectations"]["critical_failures"] == 0
        assert any(Path(item["datadocs"]).glob("*.html"))
        version = catalog.catalog.get(VersionRecord, item["version"])
        assert version.state is VersionState.PUBLISHED
        assert version.made_by == catalog.accounts.named(f"steward-{version.controller}").id
        assert provable_version(catalog.airlock, version).dataset == item["dataset"]


def test_the_faults_that_were_planted_are_in_quarantine(demo_zone):
    for item in demo_zone.made["datasets"]:
        assert item["rows"]["quarantined"] >= 3, item["dataset"]


def test_the_release_was_decided_by_two_reviewers_and_verified(demo_zone):
    request = demo_zone.made["request"]
    assert request["state"] == "RELEASED"
    assert request["checks"]["passed"] and request["checks"]["k"] >= 5
    assert request["pinned"] is True
    zone = opened(demo_zone, Duty.RELEASE)
    record = zone.catalog.get(RequestRecord, request["id"])
    [release] = zone.catalog.list(ReleaseRecord, request=record.id)
    assert (release.rows, release.size, release.pulls) == (request["rows"], request["bytes"], 1)
    # Reviews that count are counted again from their signatures; only the state has moved on.
    with pytest.raises(Exception, match=r"release\.state"):
        provable_approval(zone.airlock, record)


def test_the_developer_learned_something_from_it(demo_zone):
    model = demo_zone.made["model"]
    assert model["rows"] == demo_zone.made["request"]["rows"]
    assert model["auc"] > model["baseline"] + 0.1


def test_the_whole_log_is_proven(demo_zone):
    log = demo_zone.made["log"]
    assert log["ok"] and log["unproven"] == 0 and log["staged"] == 0
    assert log["size"] == log["witnessed"] > 100
    assert len(log["root"]) == 64


def test_a_key_was_rotated_and_a_backup_made(demo_zone):
    rotation, backup = demo_zone.made["rotation"], demo_zone.made["backup"]
    dataset = demo_zone.made["request"]["dataset"]
    assert rotation["key"].startswith(f"kek/{dataset}/published/")
    assert (rotation["version"], rotation["rewrapped"]) == (2, rotation["untouched"] - 1)
    assert Path(backup["file"]).stat().st_size == backup["size"]
    assert backup["contents"]["parts"] > 6
    zone = opened(demo_zone, Duty.PORTAL)
    assert len(list(history.events(zone.catalog, EventType.BACKUP_MADE, f"backup/{backup['id']}"))) == 1


def test_the_log_is_proven_by_a_program_that_has_nothing_of_the_zone(demo_zone):
    log, verifier = demo_zone.made["log"], demo_zone.made["verifier"]
    assert verifier["state"] == "WHOLE"
    assert verifier["size"] == verifier["witnessed"] == log["size"]
    # The command of the summary can be typed again.
    folder = Path(verifier["folder"])
    assert not (folder / "details.jsonl").exists()
    command = [sys.executable, "-I", verifier["program"], *verifier["arguments"]]
    assert subprocess.run(command, capture_output=True, env={}).returncode == 0


def test_nothing_lies_outside_but_what_the_settings_say(demo_zone):
    """The passphrase, the keys of packages that are trusted, and the witness; a ledger only once a key is destroyed."""
    outside = {
        path.relative_to(demo_zone.person).parts[:4] for path in demo_zone.person.rglob("*") if path.is_file()
    }
    config, state = (".config", "safezone"), (".local", "state", "safezone")
    assert {parts[:3] for parts in outside} == {(*config, "passphrase"), (*config, "zones"), state}
    assert {parts[3] for parts in outside if parts[:3] == state} == {"witness"}


def test_nothing_is_left_running(demo_zone):
    left = []
    for process in psutil.process_iter():
        try:
            place = f"{process.cwd()} {' '.join(process.cmdline())}"
        except psutil.Error:
            continue
        if str(demo_zone.home) in place and process.status() != psutil.STATUS_ZOMBIE:
            left.append(process.name())
    assert left == []


def test_it_is_quick_enough(demo_zone):
    assert demo_zone.seconds < 360


def test_what_is_secret_can_be_read_by_its_owner_alone(demo_zone):
    folders = [demo_zone.home, demo_zone.home / "accounts", demo_zone.home / "keys", demo_zone.home / "airflow"]
    assert [folder.name for folder in folders if folder.stat().st_mode & 0o077] == []
    secrets = [*(demo_zone.home / "accounts").iterdir(), *(demo_zone.home / "keys").iterdir()]
    secrets += [demo_zone.home / "airflow" / "airflow.cfg", demo_zone.home / "airflow" / "passwords.json"]
    assert [path.name for path in secrets if path.stat().st_mode & 0o077] == []
