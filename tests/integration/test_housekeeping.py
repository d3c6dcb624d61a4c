"""What is over ends: retention, keys, orphans, stale jobs, expired releases. And nothing that is not over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from safezone import housekeeping, tasks
from safezone.access.actions import Action, dataset_resource
from safezone.airlock import release
from safezone.catalog import jobs
from safezone.catalog.records import (
    DeliveryRecord,
    JobRecord,
    QuarantineRecord,
    ReleaseRecord,
    RequestRecord,
    VersionRecord,
)
from safezone.errors import DeliveryError, Denied, SafeZoneError, Unavailable, WrongState
from safezone.housekeeping import clear_inbox, keep_house, sweep
from safezone.keys.duties import DutyBound
from safezone.model import Duty, JobKind, JobState, RequestState, Stage, VersionState, now
from safezone.pipeline.receive import receive
from tests.fixtures.parcels import Parcel, as_csv
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows


@pytest.fixture
def zone(published: Sandbox) -> Sandbox:
    return published


def keep(zone: Sandbox) -> dict[str, int]:
    return keep_house(zone.open(Duty.INGEST), zone.open(Duty.RELEASE))


def aged(zone: Sandbox, table: str, days: int, where: str = "1 = 1", column: str = "created") -> None:
    """Move the clock by moving what the rows say."""
    moment = (now() - timedelta(days=days)).replace(tzinfo=None)
    zone.sql(f"UPDATE {table} SET {column} = :moment WHERE {where}", moment=f"{moment}.000000")


def old_files(zone: Sandbox, days: float = 2) -> None:
    past = now().timestamp() - days * 86_400
    for path in zone.settings.lake.rglob("*"):
        if path.is_file():
            os.utime(path, (past, past))


def versions(zone: Sandbox, **equal) -> list[VersionRecord]:
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, **equal)


def keys_of(zone: Sandbox) -> set[str]:
    return {key.name for key in zone.open(None).keys.list() if key.name.startswith("kek/")}


def blobs(zone: Sandbox, prefix: str) -> list[str]:
    return [blob.uri for blob in zone.open(Duty.PORTAL).blobs.list(prefix)]


def read(zone: Sandbox, version: VersionRecord) -> int:
    duty = zone.open(Duty.INGEST)
    grant = duty.authorizer.authorize(
        zone.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    with duty.vault.open_version(grant, version) as dataset:
        return dataset.to_table().num_rows


def test_nothing_is_done_when_nothing_is_due(zone):
    old_files(zone)
    before = (blobs(zone, ""), keys_of(zone), versions(zone))
    done = keep(zone)
    assert (done["expired"], done["requeued"], done["destroyed"]) == (0, 0, 0)
    assert done["swept"] == before_notes(before[0])
    assert keys_of(zone) == before[1] and versions(zone) == before[2]
    assert keep(zone)["swept"] == 0
    for version in versions(zone, stage=Stage.RAW):
        assert read(zone, version) == version.rows


def before_notes(uris: list[str]) -> int:
    """Notes are of no use once their version is committed: the one thing there is to sweep."""
    return sum(uri.endswith(".note.json") for uri in uris)


def test_retention_destroys_the_version_its_keys_and_its_bytes(zone):
    first, second = versions(zone, stage=Stage.RAW)
    delivery = first.delivery
    aged(zone, "version", 31, f"id = '{first.id}'")
    old_files(zone)
    assert keep(zone)["destroyed"] == 1

    gone = zone.open(Duty.PORTAL).catalog.get(VersionRecord, first.id)
    assert gone.state is VersionState.DESTROYED
    with pytest.raises(WrongState, match=r"version\.destroyed"):
        read(zone, gone)
    with pytest.raises(SafeZoneError) as caught:
        read(zone, first)  # somebody who still holds the old row
    assert "destroyed" in caught.value.what.en or "not what the zone wrote" in caught.value.what.en
    assert read(zone, second) == second.rows

    names = {f"kek/{DATASET}/{place}/{delivery}" for place in ("raw", "intake")}
    assert not names & keys_of(zone)
    for name in names:
        (event,) = zone.events(f"key/{name}", "key.destroyed")
        assert (event["account"], event["purpose"]) == ("ingest", "retention")
    (event,) = zone.events(f"version/{first.id}", "version.state")
    assert event["details"] == {"state": "DESTROYED", "reason": "retention"}
    assert zone.open(Duty.PORTAL).catalog.get(DeliveryRecord, delivery).state is VersionState.DESTROYED
    assert blobs(zone, f"intake/{DATASET}/{delivery}") == []
    assert blobs(zone, f"lake/{DATASET}/raw/{first.id}") == [first.manifest_uri]
    # The published version of that delivery is under a key of its own and stays.
    (child,) = [each for each in versions(zone, stage=Stage.PUBLISHED) if each.delivery == delivery]
    assert child.state is VersionState.PUBLISHED
    assert f"kek/{DATASET}/published/{delivery}" in keys_of(zone)
    assert set(keep(zone).values()) == {0}


def test_a_published_version_is_withdrawn_first(zone):
    first = versions(zone, stage=Stage.PUBLISHED)[0]
    aged(zone, "version", 366, f"id = '{first.id}'")
    keep(zone)
    states = [event["details"]["state"] for event in zone.events(f"version/{first.id}", "version.state")]
    assert states[-2:] == ["WITHDRAWN", "DESTROYED"]
    assert f"kek/{DATASET}/published/{first.delivery}" not in keys_of(zone)


@pytest.mark.parametrize(("stage", "days"), [("raw", 30), ("deidentified", 60), ("published", 365)])
def test_the_day_before_and_the_day(zone, stage, days):
    aged(zone, "version", days - 1, f"stage = '{stage}'")
    assert keep(zone)["destroyed"] == 0
    aged(zone, "version", days, f"stage = '{stage}'")
    assert keep(zone)["destroyed"] == 2
    assert {version.state for version in versions(zone, stage=stage)} == {VersionState.DESTROYED}


def test_a_run_cut_off_before_the_keys_is_made_good_by_the_next(zone, monkeypatch):
    first = versions(zone, stage=Stage.RAW)[0]
    aged(zone, "version", 31, f"id = '{first.id}'")

    def cut_off(zone) -> None:
        raise Unavailable("keys.unavailable", ("gone", "중단"), ("again", "다시"))

    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "_destroy_keys", cut_off)
        with pytest.raises(Unavailable):
            keep(zone)
    name = f"kek/{DATASET}/raw/{first.delivery}"
    assert name in keys_of(zone)
    assert keep(zone)["destroyed"] == 0
    assert name not in keys_of(zone)


def test_a_key_that_a_living_version_needs_stays_and_the_bytes_go(zone):
    """The same delivery checked again under another policy: one raw version is over, the other is not."""
    first = versions(zone, stage=Stage.RAW)[0]
    path = zone.settings.policies / "datasets" / f"{DATASET}.yaml"
    path.write_text(path.read_text("utf-8").replace("suppression_limit: 0.1", "suppression_limit: 0.2"), "utf-8")
    zone.approve_policy()
    later = zone.ingest(first.delivery)
    assert later.delivery == first.delivery
    aged(zone, "version", 31, f"id = '{first.id}'")
    old_files(zone)
    keep(zone)
    assert f"kek/{DATASET}/raw/{first.delivery}" in keys_of(zone)
    assert blobs(zone, f"lake/{DATASET}/raw/{first.id}") == [first.manifest_uri]
    living = [each for each in versions(zone, stage=Stage.RAW, delivery=first.delivery) if each.id != first.id]
    assert [read(zone, version) for version in living] == [first.rows]


def test_a_quarantined_delivery_is_not_kept_for_ever(zone):
    delivery = Parcel({"data.csv": as_csv(benefit_rows(5))}, changes={"controller": "me"}).lay(zone)
    with pytest.raises(DeliveryError):
        zone.ingest(delivery)
    assert len(blobs(zone, f"quarantine/{DATASET}/{delivery}")) == 2
    old_files(zone)
    aged(zone, "delivery", 29, f"id = '{delivery}'")
    keep(zone)
    assert len(blobs(zone, f"quarantine/{DATASET}/{delivery}")) == 2
    aged(zone, "delivery", 30, f"id = '{delivery}'")
    keep(zone)
    assert blobs(zone, f"quarantine/{DATASET}/{delivery}") == []
    assert f"kek/{DATASET}/quarantine/{delivery}" not in keys_of(zone)
    catalog = zone.open(Duty.PORTAL).catalog
    assert catalog.get(DeliveryRecord, delivery).state is VersionState.DESTROYED
    assert catalog.list(QuarantineRecord, delivery=delivery)[0].reason_ko  # why is remembered, what is not
    assert zone.events(f"delivery/{delivery}", "version.state")[-1]["details"]["reason"] == "retention"


def test_a_state_edited_by_hand_destroys_no_key_and_no_byte(zone):
    zone.sql("UPDATE version SET state = 'DESTROYED'")
    zone.sql("UPDATE delivery SET state = 'DESTROYED'")
    old_files(zone)
    before = keys_of(zone), {uri for uri in blobs(zone, "") if not uri.endswith((".note.json", ".keys.json"))}
    keep(zone)
    assert (keys_of(zone), {uri for uri in blobs(zone, "") if not uri.endswith(".keys.json")}) == before
    zone.sql("UPDATE version SET state = 'RECEIVED' WHERE stage = 'raw'")
    for version in versions(zone, stage=Stage.RAW):
        assert read(zone, version) == version.rows


def test_a_version_that_cannot_be_judged_holds_up_nobody_else(zone):
    first, second = versions(zone, stage=Stage.RAW)
    record = zone.sql("SELECT digest FROM policy")[0][0]
    zone.sql(
        "INSERT INTO policy SELECT 'odd', dataset, '{}', suggested_by, created FROM policy WHERE digest = :d",
        d=record,
    )
    zone.sql("UPDATE version SET policy = 'odd' WHERE id = :id", id=first.id)
    aged(zone, "version", 31, "stage = 'raw'")
    with pytest.raises(Denied, match=r"policy\.body"):
        keep(zone)
    assert zone.open(Duty.PORTAL).catalog.get(VersionRecord, second.id).state is VersionState.DESTROYED
    assert f"kek/{DATASET}/raw/{second.delivery}" not in keys_of(zone)
    assert f"kek/{DATASET}/raw/{first.delivery}" in keys_of(zone)


# -- the sweep ------------------------------------------------------------------------------------------------


def test_the_sweep_takes_what_is_unowned_and_old_and_nothing_else(zone):
    duty = zone.open(Duty.INGEST)
    sweep(duty, grace=-60)
    kept = blobs(zone, "")
    for place in ("lake", "intake", "quarantine", "packages"):
        for age in ("old", "young"):
            with duty.blobs.create(f"{place}/{DATASET}/orphan/{age}.bin") as file:
                file.write(b"x")
    old_files(zone)
    now_ = now().timestamp()
    for path in zone.settings.lake.rglob("young.bin"):
        os.utime(path, (now_ - 3_600, now_ - 3_600))
    assert sweep(duty) == 4
    assert [uri for uri in blobs(zone, "") if "orphan" not in uri] == kept
    assert {uri.rpartition("/")[2] for uri in blobs(zone, "") if "orphan" in uri} == {"young.bin"}
    assert sweep(duty) == 0


def test_parts_of_a_version_whose_manifest_is_damaged_are_kept_for_the_auditor(zone):
    first = versions(zone, stage=Stage.RAW)[0]
    path = zone.settings.lake / first.manifest_uri
    path.chmod(0o600)
    path.write_bytes(b"{}")
    before = blobs(zone, f"lake/{DATASET}/raw/{first.id}")
    old_files(zone)
    sweep(zone.open(Duty.INGEST))
    assert blobs(zone, f"lake/{DATASET}/raw/{first.id}") == before


def test_only_the_ingest_duty_with_its_own_keys_keeps_house(zone):
    duty = zone.open(Duty.INGEST)
    assert isinstance(duty.keys, DutyBound) and duty.keys.duties == {Duty.INGEST}
    aged(zone, "version", 400)
    assert keep(zone)["destroyed"] == 6
    assert not keys_of(zone) - {"kek/zone/intake/identity"}
    assert len(zone.events("zone/zone", "decision.allowed")) >= 1


# -- releases --------------------------------------------------------------------------------------------------


def test_an_expired_release_ends_and_its_package_goes(zone):
    request = zone.approved(zone.project().id)
    built = zone.build(request)
    assert keep(zone)["expired"] == 0
    aged(zone, "release", 1, column="expires")
    assert keep(zone)["expired"] == 1
    catalog = zone.open(Duty.PORTAL).catalog
    ended = catalog.get(RequestRecord, request.id)
    assert (ended.state, ended.end_reason) == (RequestState.ENDED, "expired")
    assert blobs(zone, "packages") == []
    assert zone.events(f"release/{built.id}", "release.revoked")[-1]["details"] == {"reason": "expired"}
    with pytest.raises(WrongState):
        release.pull(zone.open(Duty.PORTAL).airlock, zone.account("developer"), request.id)
    assert keep(zone)["expired"] == 0


def test_the_package_of_an_ended_release_that_was_left_behind_is_swept(zone):
    built = zone.build(zone.approved(zone.project().id))
    path = zone.settings.lake / built.uri
    data = path.read_bytes()
    aged(zone, "release", 1, column="expires")
    keep(zone)
    path.write_bytes(data)  # as if the run had been cut off before it was removed
    old_files(zone)
    sweep(zone.open(Duty.INGEST))
    assert not path.exists()
    assert zone.open(Duty.PORTAL).catalog.get(ReleaseRecord, built.id).revoked is not None


# -- jobs and what Airflow calls ------------------------------------------------------------------------------------


@pytest.fixture
def airflow(zone, monkeypatch) -> Iterator[Sandbox]:
    """The environment a task runs in."""
    for name in ("home", "passphrase_file", "witness_dir", "ledger_dir", "policies"):
        monkeypatch.setenv(f"SAFEZONE_{name.upper()}", str(getattr(zone.settings, name)))
    return zone


def a_job(zone: Sandbox, delivery: str) -> JobRecord:
    job = jobs.new(JobKind.INGEST, f"{DATASET}/{delivery}", 1, zone.account("steward").id)
    catalog = zone.open(Duty.PORTAL).catalog
    with catalog.write(jobs.event(job.asked_by, job)) as connection:
        catalog.add(connection, job)
    return job


def state(zone: Sandbox, job: JobRecord) -> JobRecord:
    return zone.open(Duty.PORTAL).catalog.get(JobRecord, job.id)


def test_a_stale_job_is_queued_again_and_fails_after_too_many_attempts(zone):
    catalog = zone.open(Duty.RELEASE).catalog
    job = a_job(zone, "DLV-nothing")
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        taken = jobs.take(catalog, job.id, "release")
        assert taken is not None and taken.attempts == attempt
        assert keep(zone)["requeued"] == 0  # its lease is not over yet
        aged(zone, "job", 1, column="lease_until")
        assert keep(zone)["requeued"] == 1
        expected = JobState.QUEUED if attempt < jobs.MAX_ATTEMPTS else JobState.FAILED
        assert state(zone, job).state is expected
    assert state(zone, job).reason == "job.worker_died"
    assert jobs.take(catalog, job.id, "release") is None
    seen = [event["details"]["state"] for event in zone.events(f"job/{job.id}", "job.state")]
    assert seen == ["QUEUED", *["RUNNING", "QUEUED"] * (jobs.MAX_ATTEMPTS - 1), "RUNNING", "FAILED"]


def test_two_dispatchers_at_once_do_a_job_once(airflow):
    delivery = Parcel({"data.csv": as_csv(benefit_rows(320, seed=77))}).lay(airflow)
    job = a_job(airflow, delivery)
    assert job.id in tasks.queued_jobs()
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(tasks.run_job, [job.id, job.id]))
    assert {"state": "SUCCEEDED"} in ended
    assert (state(airflow, job).state, state(airflow, job).attempts) == (JobState.SUCCEEDED, 1)
    assert job.id not in tasks.queued_jobs()
    assert tasks.run_job(job.id) == {"state": "SUCCEEDED"}
    assert [version.state for version in versions(airflow, delivery=delivery, stage=Stage.PUBLISHED)] == [
        VersionState.IN_REVIEW
    ]


def test_a_job_that_fails_says_its_code_and_nothing_more(airflow):
    from airflow.sdk.exceptions import AirflowFailException

    job = a_job(airflow, "DLV-nothing")
    with pytest.raises(AirflowFailException):
        tasks.run_job(job.id)
    assert (state(airflow, job).state, state(airflow, job).reason) == (JobState.FAILED, "delivery.unknown")


@pytest.mark.parametrize("user", [None, "", "nobody", "other-steward", "developer", "admin' OR 1=1 --"])
def test_a_step_for_somebody_who_may_not_fails_without_a_chain(airflow, user):
    from airflow.sdk.exceptions import AirflowFailException

    delivery = Parcel({"data.csv": as_csv(benefit_rows(20))}).lay(airflow)
    with pytest.raises(AirflowFailException) as caught:
        tasks.step("receive", DATASET, delivery, user=user)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert "access." in str(caught.value)
    assert airflow.open(Duty.PORTAL).catalog.find(DeliveryRecord, delivery) is None


def test_a_step_that_meets_a_bad_value_does_not_tell_it(airflow):
    from airflow.sdk.exceptions import AirflowFailException

    rows = benefit_rows(20)
    for row in rows[:9]:
        row[4] = "010-7391-4682"
    delivery = Parcel({"data.csv": as_csv(rows)}).lay(airflow)
    assert tasks.step("receive", DATASET, delivery, user="steward") == delivery
    with pytest.raises(AirflowFailException, match=r"delivery\.bad_rows") as caught:
        tasks.step("check", DATASET, delivery, user="steward")
    assert "7391" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_an_outage_is_raised_as_one_so_that_airflow_tries_again(airflow, monkeypatch):
    monkeypatch.setenv("SAFEZONE_CATALOG_URL", f"sqlite:///{airflow.settings.home}/no/such/folder/catalog.db")
    with pytest.raises(Unavailable) as caught:
        tasks.step("receive", DATASET, "DLV-any", user="steward")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_library_that_fails_within_a_step_says_nothing(airflow, monkeypatch):
    from airflow.sdk.exceptions import AirflowFailException

    def broken(*_: object) -> None:
        int("900101-1234567")

    monkeypatch.setattr(tasks, "receive", broken)
    with pytest.raises(AirflowFailException, match=r"internal\.receive.*ValueError") as caught:
        tasks.step("receive", DATASET, "DLV-any", user="steward")
    assert "900101" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_the_steps_of_a_run_hand_on_references_alone(airflow):
    delivery = Parcel({"data.csv": as_csv(benefit_rows(330, seed=78))}).lay(airflow)
    said = [tasks.step("receive", DATASET, delivery, user="steward")]
    said.append(raw := tasks.step("check", DATASET, said[0], user="steward"))
    said.append(names := tasks.step("parts", DATASET, raw, user="steward"))
    notes = [tasks.step("pseudonymise", DATASET, raw, name, user="steward") for name in names]
    said.append(candidate := tasks.step("assess", DATASET, raw, notes, user="steward"))
    assert tasks.step("submit", DATASET, candidate, user="steward") == candidate
    assert "김하늘" not in f"{said} {notes}"
    assert tasks.housekeeping()["destroyed"] == 0


def test_a_received_delivery_leaves_the_inbox_and_nothing_else_does(zone):
    received, waiting = zone.deliver(benefit_rows(40)), zone.deliver(benefit_rows(41, seed=9), name="b.csv")
    ingesting = zone.open(Duty.INGEST)
    receive(ingesting.ingest, zone.actor("steward"), DATASET, received)

    inbox = zone.settings.inbox
    assert clear_inbox(ingesting) >= 1
    assert not (inbox / received).exists()
    assert (inbox / waiting / "delivery.json").exists()

    # Other contents laid under the id of a received delivery were never received: they stay.
    (inbox / waiting).rename(inbox / received)
    assert clear_inbox(ingesting) == 0
    assert (inbox / received).exists()
    # Everything that follows reads the intake alone.
    assert receive(ingesting.ingest, zone.actor("steward"), DATASET, received) == received
