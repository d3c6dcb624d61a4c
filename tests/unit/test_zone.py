"""The composition root: what a process holds is its duty's, and making a zone twice changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pseudonymize.detect.rules import DetectionRules
from safezone.audit.event import AuditEvent, EventType
from safezone.errors import Denied, SafeZoneError, UsageError
from safezone.keys.duties import DutyBound
from safezone.model import Duty
from safezone.settings import Settings
from safezone.zone import Zone, initialise, zone_folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("zone")
    made = Settings(
        home=folder / "zone",
        passphrase_file=folder / "outside" / "passphrase",
        witness_dir=folder / "outside" / "witness",
    )
    initialise(made).close()
    return made


def test_making_it_again_changes_nothing(settings):
    def content() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in settings.home.rglob("*.json")}

    before = content()
    with initialise(settings) as zone:
        assert zone.duty is None
    assert content() == before


def test_its_folders_are_for_its_owner_alone(settings):
    for folder in (settings.home, settings.home / "keys", settings.lake, settings.inbox):
        assert folder.stat().st_mode & 0o077 == 0
    assert zone_folder(settings, "fresh").stat().st_mode & 0o777 == 0o700


def test_there_is_no_zone_where_none_was_made(tmp_path, settings):
    with pytest.raises(UsageError, match=r"zone\.missing"):
        Zone.open(settings.model_copy(update={"home": tmp_path}), Duty.PORTAL)


def test_a_passphrase_within_the_zone_is_refused(settings):
    inside: Path = settings.home / "passphrase"
    with pytest.raises(SafeZoneError):
        Zone.open(settings.model_copy(update={"passphrase_file": inside}), Duty.PORTAL)


@pytest.mark.parametrize("duty", list(Duty))
def test_a_duty_holds_its_own_keys_and_no_others(settings, duty):
    with Zone.open(settings, duty) as zone:
        assert isinstance(zone.keys, DutyBound)
        assert zone.keys.duties == {duty}
        if duty is not Duty.LOG:
            with pytest.raises(Denied, match=r"keys\.duty"):
                zone.keys.sign("sign/checkpoint", b"x")
        if duty is not Duty.INGEST:
            with pytest.raises(Denied, match=r"keys\.duty"):
                zone.ingest.delivery_identity()


def test_rooms_are_built_once_and_the_detector_not_before_it_is_asked_for(settings):
    with Zone.open(settings, Duty.INGEST) as zone:
        assert zone.ingest is zone.ingest
        assert zone.ingest.vault is zone.vault
        assert zone.ingest.catalog is zone.catalog
        assert zone.ingest.detector(DetectionRules()) is zone.ingest.detector(DetectionRules())


def test_a_zone_that_was_closed_can_be_used_again(settings):
    zone = Zone.open(settings, Duty.PORTAL)
    for _ in range(2):
        assert zone.accounts.all() == []
        zone.close()


def test_the_logs_name_is_the_zones(settings):
    with Zone.open(settings, Duty.LOG) as zone:
        assert zone.origin.startswith("safezone/") and len(zone.origin) == len("safezone/") + 16
        with zone.catalog.write(AuditEvent(EventType.DATASET_STATE, "zone", "dataset/any")):
            pass
        assert zone.keep_log() is not None
        assert zone.witness.latest()
