"""Rotation closes data keys anew and touches neither part nor manifest, also when it is cut off."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest

from safezone.access.actions import Action, dataset_resource
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, VersionRecord
from safezone.custody import rotation
from safezone.errors import DeliveryError, Denied, IntegrityFailure, NotFound, Unavailable
from safezone.keys import identity
from safezone.model import Duty, Stage, now, timestamp
from safezone.vault.door import SealedObject
from safezone.vault.parts import key_table_uri
from tests.fixtures.parcels import Parcel, as_csv
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows


@pytest.fixture
def zone(published: Sandbox) -> Sandbox:
    return published


def first(zone: Sandbox, stage: Stage = Stage.RAW) -> VersionRecord:
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=stage)[0]


def kek(version: VersionRecord) -> str:
    return f"kek/{DATASET}/{version.stage}/{version.delivery}"


def rotate(zone: Sandbox, name: str, **more) -> rotation.Rotation:
    return rotation.rotate(zone.open(None), zone.actor("admin"), name, **more)


def table(zone: Sandbox, version: VersionRecord) -> dict:
    return json.loads((zone.settings.lake / key_table_uri(version.manifest_uri)).read_bytes())["keys"]


def versions_of_keys(zone: Sandbox, version: VersionRecord) -> set[int]:
    return {key["version"] for key in table(zone, version).values()}


def read(zone: Sandbox, version: VersionRecord) -> int:
    duty = zone.open(Duty.INGEST)
    grant = duty.authorizer.authorize(
        zone.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    with duty.vault.open_version(grant, version) as dataset:
        return dataset.to_table().num_rows


def everything(zone: Sandbox) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of change of every stored object but the key tables."""
    return {
        path.relative_to(zone.settings.lake).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in zone.settings.lake.rglob("*")
        if path.is_file() and not path.name.endswith(".keys.json")
    }


def test_rotation_rewrites_the_key_table_and_nothing_else(zone):
    version, before, old = first(zone), everything(zone), table(zone, first(zone))
    done = rotate(zone, kek(version))
    assert (done.version, done.rewrapped, done.resumed) == (2, len(old), False)
    assert everything(zone) == before
    assert versions_of_keys(zone, version) == {2}
    assert not {key["blob"] for key in old.values()} & {key["blob"] for key in table(zone, version).values()}
    assert read(zone, version) == version.rows
    told = [event["purpose"] for event in zone.events(f"key/{kek(version)}", "key.rotated")]
    assert told == ["begun", "finished"]


def test_other_keys_keep_their_tables(zone):
    version = first(zone)
    others = [
        path
        for path in zone.settings.lake.rglob("*.keys.json")
        if not path.as_posix().endswith(key_table_uri(version.manifest_uri))
    ]
    before = {path: path.read_bytes() for path in others}
    rotate(zone, kek(version))
    assert before and {path: path.read_bytes() for path in others} == before


def test_a_run_cut_off_anywhere_is_finished_by_the_next_without_another_version(zone, monkeypatch):
    version = first(zone)
    console = zone.open(None)

    def cut_off(*_: object) -> None:
        raise Unavailable("storage.unavailable", ("gone", "중단"), ("again", "다시"))

    with monkeypatch.context() as patch:
        patch.setattr(console.blobs, "replace", cut_off)
        with pytest.raises(Unavailable):
            rotation.rotate(console, zone.actor("admin"), kek(version))
    assert versions_of_keys(zone, version) == {1}  # whole, as it was
    assert read(zone, version) == version.rows
    assert kek(version) in rotation.due(console, 10_000)
    done = rotate(zone, kek(version))
    assert (done.version, done.resumed) == (2, True)
    assert versions_of_keys(zone, version) == {2}
    assert read(zone, version) == version.rows
    assert rotate(zone, kek(version)).version == 3


def test_readers_go_on_while_keys_are_rotated(zone):
    version, faults, stop = first(zone), [], threading.Event()

    def keep_reading() -> None:
        duty = zone.open(Duty.INGEST)
        grant = duty.authorizer.authorize(
            zone.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
        )
        while not stop.is_set():
            try:
                with duty.vault.open_version(grant, version) as dataset:
                    assert dataset.count_rows() == version.rows
            except Exception as error:
                faults.append(error)
                return

    reader = threading.Thread(target=keep_reading)
    reader.start()
    for _ in range(5):
        rotate(zone, kek(version))
    stop.set()
    reader.join()
    assert not faults
    assert versions_of_keys(zone, version) == {6}


def test_received_files_are_rewrapped_in_their_rows(zone):
    version = first(zone)
    done = rotate(zone, f"kek/{DATASET}/intake/{version.delivery}")
    delivery = zone.open(Duty.PORTAL).catalog.get(DeliveryRecord, version.delivery)
    assert done.rewrapped == len(delivery.intake) > 0
    assert {item["key"]["version"] for item in delivery.intake} == {2}
    duty = zone.open(Duty.INGEST)
    grant = duty.authorizer.authorize(
        zone.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    sealed = SealedObject.from_json(delivery.intake[0])
    with duty.vault.open_object(grant, "intake", DATASET, sealed) as file:
        assert len(file.read()) == sealed.plain_size


def test_what_is_in_quarantine_is_rewrapped_too(zone):
    delivery = Parcel({"data.csv": as_csv(benefit_rows(5))}, changes={"controller": "me"}).lay(zone)
    with pytest.raises(DeliveryError):
        zone.ingest(delivery)
    assert rotate(zone, f"kek/{DATASET}/quarantine/{delivery}").rewrapped > 0
    (entry,) = zone.open(Duty.PORTAL).catalog.list(QuarantineRecord, delivery=delivery)
    assert {item["key"]["version"] for item in entry.objects} == {2}


def test_the_delivery_identity_opens_afterwards_and_is_the_same(zone):
    before = identity.public_key(zone.settings.delivery_identity)
    assert rotate(zone, identity.KEK).rewrapped == 1
    console = zone.open(None)
    assert json.loads(zone.settings.delivery_identity.read_text())["key"]["version"] == 2
    assert str(identity.load(console.keys, zone.settings.delivery_identity).to_public()) == before


def test_a_published_version_is_rotated_and_still_released(zone):
    version = zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=Stage.PUBLISHED)[-1]
    rotate(zone, kek(version))
    assert zone.build(zone.approved(zone.project().id)).rows > 0


def test_a_damaged_table_is_told_and_holds_up_no_other(zone):
    """Two raw versions under one key: the same delivery checked again under another policy."""
    version = first(zone)
    path = zone.settings.policies / "datasets" / f"{DATASET}.yaml"
    path.write_text(path.read_text("utf-8").replace("suppression_limit: 0.1", "suppression_limit: 0.2"), "utf-8")
    zone.approve_policy()
    zone.ingest(version.delivery)
    one, two = zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=Stage.RAW, delivery=version.delivery)
    damaged = zone.settings.lake / key_table_uri(one.manifest_uri)
    whole = damaged.read_bytes()
    damaged.write_bytes(b"{}")
    with pytest.raises(IntegrityFailure, match=r"vault\.damaged"):
        rotate(zone, kek(version))
    assert damaged.read_bytes() == b"{}"
    assert versions_of_keys(zone, two) == {2}
    damaged.write_bytes(whole)
    assert rotate(zone, kek(version)).resumed
    assert versions_of_keys(zone, one) == {2}


def test_age_is_counted_from_the_last_rotation(zone):
    console, version = zone.open(None), first(zone)
    assert rotation.due(console, 1) == []
    everything_ = rotation.due(console, 0)
    assert kek(version) in everything_ and identity.KEK in everything_
    assert all(name.startswith("kek/") for name in everything_)
    rotate(zone, kek(version))
    past = timestamp(now() - timedelta(days=40))
    zone.sql("UPDATE audit_event SET time = :past WHERE type = 'key.rotated'", past=past)
    assert rotation.due(console, 30) == [kek(version)]


def test_signing_keys_only_get_a_version(zone):
    assert rotate(zone, "sign/manifest").version == 2
    version = first(zone)
    assert read(zone, version) == version.rows


@pytest.mark.parametrize("who", ["steward", "curator-1", "developer", "auditor", "reviewer-1"])
def test_only_an_administrator_rotates(zone, who):
    with pytest.raises(Denied):
        rotation.rotate(zone.open(None), zone.actor(who), kek(first(zone)))
    with pytest.raises(NotFound):
        rotate(zone, "kek/nothing/raw/d1")
