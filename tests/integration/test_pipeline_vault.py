"""The door to plaintext: what a grant opens, and that nothing else does, during a whole ingest and after."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safezone.access.actions import Action, Actor, dataset_resource
from safezone.catalog.records import DeliveryRecord, VersionRecord
from safezone.errors import Denied, IntegrityFailure, NotFound
from safezone.model import Duty, Stage
from safezone.pipeline.check import check
from safezone.pipeline.pseudonymise import pseudonymise
from safezone.pipeline.receive import receive
from safezone.vault.door import INTAKE, QUARANTINE, SealedObject
from tests.fixtures.leaks import Searcher
from tests.fixtures.parcels import Parcel, as_csv
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows

OTHER = "other-payments"
PLANTED = ["독고영재", "770523-1987654", "010-7391-4682", "세종대로 209번지 숨은집"]


def canary_rows(count: int = 300) -> list[list[str]]:
    rows = benefit_rows(count, seed=31)
    rows[7] = [
        PLANTED[0],
        PLANTED[1],
        rows[7][2],
        f"서울특별시 종로구 {PLANTED[3]}",
        "3",
        "1,000",
        f"전화 {PLANTED[2]}",
    ]
    rows[9][4] = PLANTED[2]  # a bad row
    return rows


@pytest.fixture(scope="module")
def zone(published_template: Sandbox, tmp_path_factory) -> Iterator[Sandbox]:
    """Two published versions of one dataset, and a second dataset of the same controller."""
    made = published_template.copy(tmp_path_factory.mktemp("vault") / "whole")
    folder = made.settings.policies / "datasets"
    text = (folder / f"{DATASET}.yaml").read_text("utf-8")
    (folder / f"{OTHER}.yaml").write_text(text.replace(f"dataset: {DATASET}", f"dataset: {OTHER}"), "utf-8")
    made.approve_policy(dataset=OTHER)
    yield made
    made.close()


@pytest.fixture(scope="module")
def duty(zone: Sandbox):
    return zone.open(Duty.INGEST)


def grant_for(zone: Sandbox, duty, dataset: str, by: str = "steward"):
    return duty.authorizer.authorize(zone.actor(by), Action.DELIVERY_INGEST, dataset_resource(dataset, "mpva"))


@pytest.fixture(scope="module")
def raw(zone, duty) -> VersionRecord:
    return duty.catalog.list(VersionRecord, stage=Stage.RAW)[0]


# -- one dataset's grant opens nothing of another -----------------------------------------------------------------


def test_a_grant_for_one_dataset_opens_no_version_of_another(zone, duty, raw):
    grant = grant_for(zone, duty, OTHER)
    for version in (raw, replace(raw, dataset=OTHER)):
        with pytest.raises((Denied, IntegrityFailure)), duty.vault.open_version(grant, version):
            pass
    assert zone.events(f"raw/{DATASET}")[-1]["details"] == {"rules": "vault.grant"}


def test_a_grant_for_one_dataset_opens_no_intake_of_another(zone, duty):
    """Not even when somebody with the database put the other's object into a delivery of this one."""
    sealed = SealedObject.from_json(duty.catalog.list(DeliveryRecord)[0].intake[0])
    grant = grant_for(zone, duty, OTHER)
    with pytest.raises(Denied), duty.vault.open_object(grant, INTAKE, DATASET, sealed):
        pass
    forged = [
        sealed,
        replace(sealed, key=replace(sealed.key, kek=sealed.key.kek.replace(DATASET, OTHER))),
        replace(sealed, uri=sealed.uri.replace(DATASET, OTHER)),
    ]
    for each in forged:
        with pytest.raises(IntegrityFailure), duty.vault.open_object(grant, INTAKE, OTHER, each):
            pass


def test_an_intake_object_called_quarantine_does_not_open(zone, duty):
    sealed = SealedObject.from_json(duty.catalog.list(DeliveryRecord)[0].intake[0])
    grant = grant_for(zone, duty, DATASET)
    with pytest.raises(IntegrityFailure), duty.vault.open_object(grant, QUARANTINE, DATASET, sealed):
        pass


def test_a_delivery_row_that_names_anothers_intake_is_not_checked(zone, duty):
    actor = zone.actor("steward")
    mine = Parcel({"data.csv": as_csv(benefit_rows(20))}, dataset=OTHER).lay(zone)
    receive(duty.ingest, actor, OTHER, mine)
    theirs = duty.catalog.list(DeliveryRecord, dataset=DATASET)[0].id
    zone.sql(
        "UPDATE delivery SET intake = (SELECT intake FROM delivery WHERE id = :theirs) WHERE id = :mine",
        theirs=theirs,
        mine=mine,
    )
    with pytest.raises(IntegrityFailure):
        check(duty.ingest, actor, OTHER, mine)
    assert duty.catalog.list(VersionRecord, delivery=mine) == []


def test_a_grant_dies_with_the_process_that_gave_it(zone, duty, raw):
    grant = grant_for(zone, duty, DATASET)
    elsewhere = zone.open(Duty.INGEST)
    with pytest.raises(Denied, match=r"vault\.grant"), elsewhere.vault.open_version(grant, raw):
        pass
    copied = replace(grant)
    with pytest.raises(Denied, match=r"vault\.grant"), duty.vault.open_version(copied, raw):
        pass


@pytest.mark.parametrize("action", [Action.QUARANTINE_READ, Action.DELIVERY_READ, Action.POLICY_READ])
def test_other_grants_on_the_dataset_open_nothing(zone, duty, raw, action):
    grant = duty.authorizer.authorize(zone.actor("steward"), action, dataset_resource(DATASET, "mpva"))
    with pytest.raises(Denied, match=r"vault\.grant"), duty.vault.open_version(grant, raw):
        pass


def test_a_duty_without_the_keys_opens_nothing_with_a_good_grant(zone, raw):
    for duty in (Duty.PORTAL, Duty.RELEASE, Duty.LOG):
        other = zone.open(duty)
        grant = grant_for(zone, other, DATASET)
        with pytest.raises(Denied, match=r"keys\.duty"), other.vault.open_version(grant, raw) as dataset:
            dataset.to_table()


def test_the_ingest_duty_cannot_read_back_what_was_published(zone, duty):
    published = duty.catalog.list(VersionRecord, stage=Stage.PUBLISHED)[0]
    with (
        pytest.raises(Denied, match=r"keys\.duty"),
        duty.vault.open_version(grant_for(zone, duty, DATASET), published),
    ):
        pass


def test_a_release_grant_opens_the_requests_version_and_only_published(zone):
    releasing = zone.open(Duty.RELEASE)
    request = zone.request(zone.project().id)
    grant = releasing.authorizer.authorize(
        Actor.duty(Duty.RELEASE), Action.RELEASE_BUILD, releasing.airlock.resource(request)
    )
    versions = {version.id: version for version in releasing.catalog.list(VersionRecord)}
    mine = versions.pop(request.version)
    with releasing.vault.open_version(grant, mine) as dataset:
        assert dataset.count_rows() == mine.rows
    for other in versions.values():
        with pytest.raises(Denied, match=r"vault\.grant"), releasing.vault.open_version(grant, other):
            pass
    with pytest.raises(Denied), releasing.vault.open_pending(grant, Stage.PUBLISHED, DATASET, mine.id, []):
        pass


# -- parts -----------------------------------------------------------------------------------------------------


def test_pending_parts_open_only_in_their_place(zone, duty, raw):
    grant = grant_for(zone, duty, DATASET)
    schema = (table := _table()).schema
    values = {"dataset": DATASET, "delivery": raw.delivery, "version": "v-pending", "schema": schema}
    part = duty.vault.write_part(grant, Stage.DEIDENTIFIED, name="part-00000", batches=[table], **values)
    with duty.vault.open_pending(grant, Stage.DEIDENTIFIED, DATASET, "v-pending", [part]) as dataset:
        assert dataset.to_table().equals(table)

    fresh = zone.open(Duty.INGEST)  # which did not write it and unwraps its key
    again = grant_for(zone, fresh, DATASET)
    with fresh.vault.open_pending(again, Stage.DEIDENTIFIED, DATASET, "v-pending", [part]) as dataset:
        assert dataset.to_table().equals(table)
    renamed = replace(part, ref=replace(part.ref, name="part-00001"))
    for version, each in (("v-other", part), ("v-pending", renamed)):
        with (
            pytest.raises(IntegrityFailure),
            fresh.vault.open_pending(again, Stage.DEIDENTIFIED, DATASET, version, [each]),
        ):
            pass
    stranger = grant_for(zone, fresh, OTHER)
    with (
        pytest.raises(Denied),
        fresh.vault.open_pending(stranger, Stage.DEIDENTIFIED, DATASET, "v-pending", [part]),
    ):
        pass
    with (
        pytest.raises(IntegrityFailure),
        fresh.vault.open_pending(stranger, Stage.DEIDENTIFIED, OTHER, "v-pending", [part]),
    ):
        pass
    with pytest.raises(Denied):
        zone.open(Duty.PORTAL).vault.write_part(
            grant, Stage.DEIDENTIFIED, name="part-00000", batches=[table], **values
        )


def _table():
    import pyarrow as pa

    return pa.table({"n": pa.array([1, 2, 3], pa.int64())})


def test_columns_and_parts_asked_for_are_in_the_log_before_anything_is_read(zone, duty, raw):
    grant = grant_for(zone, duty, DATASET)
    before = len(zone.events(f"version/{raw.id}", "vault.read"))
    with duty.vault.open_version(grant, raw, columns=["등급"], only=["part-00000"]):
        events = zone.events(f"version/{raw.id}", "vault.read")
    assert len(events) == before + 1
    assert events[-1]["details"] == {"grant": grant.id, "part": "part-00000", "rows": raw.rows, "columns": "등급"}
    with pytest.raises(NotFound, match=r"version\.part"), duty.vault.open_version(grant, raw, only=["part-00007"]):
        pass


# -- no plaintext file, ever --------------------------------------------------------------------------------------

_written: set[str] = set()
_watching = False


def _audit(name: str, args: tuple) -> None:
    if _watching and name == "open" and isinstance(args[0], str):
        flags, mode = args[2], args[1]
        if (isinstance(mode, str) and set("wxa+") & set(mode)) or (isinstance(flags, int) and flags & 0b11):
            _written.add(args[0])
    elif _watching and name in {"os.rename", "os.link"}:
        _written.update(str(path) for path in args[:2] if isinstance(path, (str, Path)))


def test_no_file_written_during_ingest_holds_plaintext(zone, monkeypatch, tmp_path):
    global _watching
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "temp").mkdir()
    delivery = Parcel({"data.csv": as_csv(canary_rows())}).lay(zone)
    sys.addaudithook(_audit)  # cannot be taken away again; it looks only while `_watching`
    _watching = True
    try:
        version = zone.ingest(delivery)
    finally:
        _watching = False
    assert version.rows > 200

    searcher = Searcher(PLANTED)
    home, inbox = zone.settings.home, zone.settings.inbox
    leaks, files = searcher.tree([home, zone.settings.witness_dir.parent, tmp_path], without=[inbox])
    assert files > 20
    assert leaks == []
    written = [path for each in _written if (path := Path(each)).is_file() and not path.is_relative_to(inbox)]
    assert [path for path in written if path.is_relative_to(home)]
    assert [leak for path in written for leak in searcher.file(path)] == []
    # What was written and is gone again lay in the store, under the name of an attempt, and nowhere else.
    gone = {Path(each).parent for each in _written if not Path(each).exists()}
    allowed = (zone.settings.lake, home, Path("/dev"), Path("/proc"), tmp_path)
    assert [
        folder for folder in gone if folder.is_absolute() and not any(folder.is_relative_to(a) for a in allowed)
    ] == []


def test_what_is_kept_of_a_part_is_no_value(zone, duty):
    actor = zone.actor("steward")
    delivery = Parcel({"data.csv": as_csv(canary_rows())}).lay(zone)
    version = check(duty.ingest, actor, DATASET, receive(duty.ingest, actor, DATASET, delivery))
    note = pseudonymise(duty.ingest, actor, DATASET, version, "part-00000")
    text = (zone.settings.lake / note["uri"]).read_text("utf-8")
    assert "PHONE_NUMBER" in text
    assert not [value for value in PLANTED if value in text]
