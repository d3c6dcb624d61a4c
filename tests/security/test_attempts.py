"""No single account, and no single forged database row, can publish a version or release an extract.

Each attempt below is made against the real release job, or the real step, with the keys of the duty it runs under.
Each is refused, the refusal is in the log by name, and nothing has left the zone.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pyrage
import pytest

from safezone.access.actions import Action, Actor, dataset_resource
from safezone.access.authenticate import by_token
from safezone.access.authorize import Grant
from safezone.airlock import projects, release, requests, reviewing
from safezone.catalog import jobs, policies, reviews
from safezone.catalog.accounts import revoke
from safezone.catalog.records import ProjectRecord, ReleaseRecord, RequestRecord, VersionRecord
from safezone.catalog.store import new_id
from safezone.errors import Denied, IntegrityFailure, SafeZoneError
from safezone.model import Duty, JobKind, RequestState, Stage, Verdict, VersionState, canonical, now
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows

STRANGER = str(pyrage.x25519.Identity.generate().to_public())


@pytest.fixture(scope="module")
def approved_template(published_template: Sandbox, tmp_path_factory) -> Sandbox:
    sandbox = published_template.copy(tmp_path_factory.mktemp("approved") / "whole")
    sandbox.approved(sandbox.project().id)
    sandbox.close()
    return sandbox


@pytest.fixture
def approved(approved_template: Sandbox, tmp_path) -> Iterator[Sandbox]:
    """A zone of one's own in which one request is approved and not built yet."""
    made = approved_template.copy(tmp_path / "whole")
    yield made
    made.close()


def the_request(sandbox: Sandbox) -> RequestRecord:
    return sandbox.open(Duty.PORTAL).catalog.list(RequestRecord)[-1]


def the_versions(sandbox: Sandbox, stage: Stage = Stage.PUBLISHED) -> list[VersionRecord]:
    return sandbox.open(Duty.PORTAL).catalog.list(VersionRecord, stage=stage)


def refuse(sandbox: Sandbox, act: Callable[[], object], code: str, object_: str) -> None:
    """`act` is refused with that code, one more refusal is in the log, and nothing was released by it."""
    zone = sandbox.open(Duty.PORTAL)
    before = (len(sandbox.events(object_)), zone.catalog.list(ReleaseRecord), zone.blobs.list("packages"))
    with pytest.raises(SafeZoneError) as caught:
        act()
    assert caught.value.code == code
    after = sandbox.events(object_)
    assert len(after) == before[0] + 1
    assert after[-1]["details"]["rules"] == code or code == "access.denied"
    assert zone.catalog.list(ReleaseRecord) == before[1]
    assert zone.blobs.list("packages") == before[2]


def refuse_build(sandbox: Sandbox, code: str) -> None:
    request = the_request(sandbox)
    refuse(sandbox, lambda: sandbox.build(request), code, f"request/{request.id}")


def test_the_approved_request_is_built_when_nobody_meddles(approved):
    assert approved.build(the_request(approved)).rows > 0


# -- one row edited after approval ----------------------------------------------------------------------------

EDITS = {
    "recipient's key": ("UPDATE request SET recipient = :stranger", "release.quorum"),
    "filter": ("UPDATE request SET filter = '\"등급\" = 1'", "release.quorum"),
    "columns": ('UPDATE request SET columns = \'["주민등록번호", "지급액"]\'', "release.quorum"),
    "days": ("UPDATE request SET days = 90", "release.quorum"),
    "purpose": ("UPDATE request SET purpose = 'marketing'", "release.quorum"),
    "format": ("UPDATE request SET format = 'jsonl'", "release.quorum"),
    "sample": ("UPDATE request SET sample = 0.5", "release.quorum"),
    "requester": ("UPDATE request SET requester = :other", "release.requester"),
    "checks": ("UPDATE request SET checks = '{}'", "release.quorum"),
    "round": ("UPDATE request SET round = 2", "release.quorum"),
    "another published version": ("UPDATE request SET version = :first", "release.quorum"),
    "a version that is not public": (
        "UPDATE request SET version = (SELECT id FROM version WHERE stage = 'deidentified')",
        "version.not_adequate",
    ),
    "the raw version called published": (
        "UPDATE version SET stage = 'published', state = 'PUBLISHED' WHERE stage = 'raw'",
        None,
    ),
    "project's members": ("UPDATE project SET members = :members", "project.not_running"),
    "project's purpose": ("UPDATE project SET purpose = 'anything'", "project.not_running"),
    "project's end": ("UPDATE project SET ends = '2099-01-01 00:00:00.000000'", "project.not_running"),
    "manifest of another version": (
        "UPDATE version SET manifest_uri = (SELECT manifest_uri FROM version WHERE id = :first) WHERE id = :second",
        "vault.damaged",
    ),
    "manifest digest": ("UPDATE version SET manifest_digest = 'f00d' WHERE id = :second", "version.not_adequate"),
    "evidence after its review": (
        "UPDATE version SET evidence = json_set(evidence, '$.risk.k', 99) WHERE id = :second",
        "version.not_adequate",
    ),
    "policy's body": ("UPDATE policy SET body = json_set(body, '$.privacy.k', 3)", "policy.body"),
    "controller of the version": ("UPDATE version SET controller = 'me' WHERE id = :second", None),
    "an approval's verdict": ("UPDATE review SET verdict = 'reject' WHERE id = :review", "release.quorum"),
    "an approval's author": ("UPDATE review SET reviewer = :third WHERE id = :review", "release.quorum"),
    "an approval's signature": ("UPDATE review SET signature = x'00' WHERE id = :review", "release.quorum"),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_row_edited_after_approval_is_noticed(approved, what):
    statement, code = EDITS[what]
    first, second = the_versions(approved)
    (review,) = approved.sql("SELECT id FROM review WHERE kind = 'request' LIMIT 1")[0]
    values = {
        "stranger": STRANGER,
        "other": approved.account("other-developer").id,
        "members": json.dumps([approved.account("developer").id, approved.account("other-developer").id]),
        "third": approved.account("reviewer-3").id,
        "first": first.id,
        "second": second.id,
        "review": review,
    }
    approved.sql(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    if code is None:
        # No part of this request: it is built as it was approved, from the version that was approved.
        assert approved.build(the_request(approved)).rows == the_request(approved).checks["rows"]
        return
    refuse_build(approved, code)


def test_a_manifest_cannot_be_passed_off_with_its_digest(approved):
    first, second = the_versions(approved)
    approved.sql("UPDATE version SET manifest_digest = 'moved' WHERE id = :id", id=first.id)
    approved.sql(
        "UPDATE version SET manifest_digest = :digest, manifest_uri = :uri WHERE id = :id",
        digest=first.manifest_digest,
        uri=first.manifest_uri,
        id=second.id,
    )
    refuse_build(approved, "version.not_adequate")


def test_a_policy_nobody_approved_with_k_1_releases_nothing(approved):
    _, second = the_versions(approved)
    body = approved.open(Duty.PORTAL).policies[DATASET].model_copy(deep=True).model_dump(mode="json")
    body["privacy"]["k"] = 2
    loose = type(approved.open(Duty.PORTAL).policies[DATASET]).model_validate(body)
    approved.sql(
        "INSERT INTO policy SELECT :digest, dataset, :body, suggested_by, created FROM policy LIMIT 1",
        digest=loose.sha256,
        body=canonical(loose.model_dump(mode="json")).decode(),
    )
    approved.sql("UPDATE version SET policy = :digest WHERE id = :id", digest=loose.sha256, id=second.id)
    refuse_build(approved, "version.not_adequate")


def test_a_delivery_is_not_ingested_under_a_policy_nobody_approved(sandbox):
    sandbox.approve_policy("curator-1")  # one of two
    delivery = sandbox.deliver(benefit_rows(40))
    with pytest.raises(Denied, match=r"policy\.not_in_force"):
        sandbox.ingest(delivery)
    assert sandbox.events(f"dataset/{DATASET}")[-1]["details"]["rules"] == "policy.not_in_force"
    assert the_versions(sandbox, Stage.RAW) == []


# -- forged reviews -------------------------------------------------------------------------------------------


@pytest.fixture
def half_approved(published) -> Sandbox:
    """One of two approvals is in; the attacker has the database and says it is approved."""
    request = published.check(published.request(published.project().id))
    published.review(request, "reviewer-1")
    published.sql("UPDATE request SET state = 'APPROVED'")
    return published


def forge_review(sandbox: Sandbox, request: RequestRecord, reviewer: str, signature: bytes) -> None:
    subject = reviewing.request_subject(sandbox.open(Duty.PORTAL).airlock, request)
    zone = sandbox.open(Duty.PORTAL)
    row = reviews.ReviewRecord(
        new_id("rev"), "request", request.id, request.round, reviewer, Verdict.APPROVE, "",
        reviews.digest(subject), signature, now(),
    )  # fmt: skip
    engine = zone.catalog.engine
    with engine.begin() as connection:
        zone.catalog.add(connection, row)


def test_one_approval_is_not_two(half_approved):
    refuse_build(half_approved, "release.quorum")


FORGERIES: dict[str, Callable[[Sandbox, RequestRecord, dict], tuple[str, bytes]]] = {
    "random bytes": lambda s, r, subject: ("reviewer-2", secrets.token_bytes(64)),
    "signed by another's key": lambda s, r, subject: ("reviewer-2", s.sign("reviewer-1", subject)),
    "signed by an administrator": lambda s, r, subject: ("admin", s.sign("admin", subject)),
    "signed by the requester": lambda s, r, subject: ("developer", s.sign("developer", subject)),
    "signed by who approved the policy": lambda s, r, subject: ("curator-1", s.sign("curator-1", subject)),
    "signed by who ran the version": lambda s, r, subject: (
        "steward-reviewer",
        s.sign("steward-reviewer", subject),
    ),
    "a rejection called an approval": lambda s, r, subject: (
        "reviewer-2",
        s.sign("reviewer-2", subject, Verdict.REJECT),
    ),
    "an earlier round's": lambda s, r, subject: ("reviewer-2", s.sign("reviewer-2", subject | {"round": 0})),
    "another request's": lambda s, r, subject: ("reviewer-2", s.sign("reviewer-2", subject | {"request": "REQ-x"})),
    "a version's": lambda s, r, subject: ("reviewer-2", s.sign("reviewer-2", subject | {"kind": "version"})),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_review_does_not_count(half_approved, how):
    request = the_request(half_approved)
    subject = reviewing.request_subject(half_approved.open(Duty.PORTAL).airlock, request)
    reviewer, signature = FORGERIES[how](half_approved, request, subject)
    forge_review(half_approved, request, half_approved.account(reviewer).id, signature)
    refuse_build(half_approved, "release.quorum")


def test_a_review_by_nobody_does_not_count(half_approved):
    forge_review(half_approved, the_request(half_approved), "acc-nobody", secrets.token_bytes(64))
    refuse_build(half_approved, "release.quorum")


def test_a_genuine_review_of_another_request_cannot_be_replayed(half_approved):
    request = the_request(half_approved)
    half_approved.sql("UPDATE request SET state = 'IN_REVIEW'")
    other = half_approved.check(half_approved.request(request.project))
    half_approved.review(other, "reviewer-2")
    half_approved.sql("UPDATE review SET subject = :to WHERE subject = :from_", to=request.id, from_=other.id)
    half_approved.sql("UPDATE request SET state = 'APPROVED' WHERE id = :id", id=request.id)
    refuse(half_approved, lambda: half_approved.build(request), "release.quorum", f"request/{request.id}")


# -- forged accounts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE account SET roles = '[\"reviewer\"]' WHERE id = :id",
        'UPDATE account SET controller = NULL, roles = \'["reviewer", "steward"]\' WHERE id = :id',
        "UPDATE account SET review_key = :key WHERE id = :id",
    ],
)
def test_an_edited_account_reviews_nothing(half_approved, edit):
    request = the_request(half_approved)
    subject = reviewing.request_subject(half_approved.open(Duty.PORTAL).airlock, request)
    signature = half_approved.sign("other-steward", subject)
    key = half_approved.account("other-steward").review_key
    account = half_approved.account("reviewer-2" if ":key" in edit else "other-steward").id
    values = {"id": account} | ({"key": key} if ":key" in edit else {})
    half_approved.sql(edit, **values)
    forge_review(half_approved, request, account, signature)
    refuse_build(half_approved, "release.quorum")


def revoke_account(sandbox: Sandbox, name: str) -> None:
    console = sandbox.open(None)
    revoke(console.catalog, console.keys, sandbox.account(name), "zone")


def test_an_approval_counts_no_more_once_its_author_is_revoked(approved):
    revoke_account(approved, "reviewer-1")
    refuse_build(approved, "release.quorum")


def test_a_revoked_account_cannot_be_set_active_by_hand(approved):
    revoke_account(approved, "reviewer-1")
    approved.sql("UPDATE account SET active = 1")
    refuse_build(approved, "release.quorum")


def test_a_revoked_account_cannot_be_brought_back_with_its_old_row(approved):
    """The old row carries the zone's own seal; the log knows better."""
    before = approved.account("reviewer-1")
    revoke_account(approved, "reviewer-1")
    approved.sql("UPDATE account SET active = 1, seal = :seal WHERE id = :id", seal=before.seal, id=before.id)
    refuse_build(approved, "release.quorum")
    zone = approved.open(Duty.PORTAL)
    with pytest.raises(IntegrityFailure):
        by_token(zone.catalog, zone.accounts, approved.people["reviewer-1"].token)
    assert approved.events("zone/zone", "authentication.failed")[-1]["details"] == {"code": "account.seal"}


def test_the_token_of_a_revoked_account_opens_nothing(approved):
    revoke_account(approved, "developer")
    zone = approved.open(Duty.PORTAL)
    with pytest.raises(Denied, match=r"access\.unknown"):
        by_token(zone.catalog, zone.accounts, approved.people["developer"].token)
    (event,) = approved.events("zone/zone", "authentication.failed")
    assert event["account"] == approved.account("developer").id
    refuse_build(approved, "release.requester")  # nor does what was approved for it go out


# -- one account alone ----------------------------------------------------------------------------------------


def test_whoever_ran_a_version_cannot_review_it(published):
    version = published.ingest(published.deliver(benefit_rows(60, seed=9), name="3월.csv"), by="curator-2")
    refuse(published, lambda: published.publish(version, by="curator-2"), "access.denied", f"version/{version.id}")


def test_nor_after_writing_another_name_over_their_own(published):
    version = published.ingest(published.deliver(benefit_rows(60, seed=9), name="3월.csv"), by="curator-2")
    other = published.account("steward").id
    published.sql("UPDATE version SET made_by = :other", other=other)
    published.sql("UPDATE delivery SET received_by = :other", other=other)
    version = published.open(Duty.PORTAL).catalog.get(VersionRecord, version.id)
    refuse(
        published, lambda: published.publish(version, by="curator-2"), "review.own_work", f"version/{version.id}"
    )


def test_a_version_called_published_by_hand_is_given_to_nobody(published):
    project = published.project()
    version = published.ingest(published.deliver(benefit_rows(60, seed=9), name="3월.csv"))
    published.sql("UPDATE version SET state = 'PUBLISHED' WHERE id = :id", id=version.id)
    airlock = published.open(Duty.PORTAL).airlock
    drafted = requests.create(
        airlock, published.account("developer"), published.wish(project.id, dataset=version.id)
    )
    assert drafted.version == version.id
    refuse(
        published,
        lambda: requests.submit(airlock, published.account("developer"), drafted.id),
        "version.not_adequate",
        f"request/{drafted.id}",
    )
    published.sql("UPDATE request SET state = 'SUBMITTED', round = 1 WHERE id = :id", id=drafted.id)
    refuse(published, lambda: published.check(drafted), "version.not_adequate", f"request/{drafted.id}")
    published.sql("UPDATE request SET state = 'APPROVED' WHERE id = :id", id=drafted.id)
    refuse(published, lambda: published.build(drafted), "version.not_adequate", f"request/{drafted.id}")


def test_nobody_approves_a_policy_twice(sandbox):
    sandbox.approve_policy("curator-1")
    policy = sandbox.open(Duty.PORTAL).policies[DATASET]
    refuse(sandbox, lambda: sandbox.approve_policy("curator-1"), "review.twice", f"policy/{policy.sha256}")
    zone = sandbox.open(Duty.PORTAL)
    assert len(policies.approvers(zone.catalog, zone.accounts, policy.sha256, policy.controller)) == 1


def test_a_version_goes_through_unreviewed_only_with_the_risk_that_was_measured(sandbox):
    """Where the policy lets versions within the reviewed risk through, their evidence is nobody's signature yet."""
    file = sandbox.settings.policies / "datasets" / f"{DATASET}.yaml"
    file.write_text(file.read_text("utf-8") + "adequacy_review: same_policy\n", "utf-8")
    reviewed = sandbox.published(rows=200)
    better = sandbox.ingest(sandbox.deliver(benefit_rows(500, seed=3), name="2월.csv"))
    assert better.state is VersionState.PUBLISHED
    worse = sandbox.ingest(sandbox.deliver(benefit_rows(90, seed=4), name="3월.csv"))
    assert worse.state is VersionState.IN_REVIEW
    assert worse.evidence["risk"]["k"] < reviewed.evidence["risk"]["k"]

    forged = json.dumps(worse.evidence | {"risk": reviewed.evidence["risk"]})
    sandbox.sql(
        "UPDATE version SET state = 'PUBLISHED', evidence = :forged WHERE id = :id", forged=forged, id=worse.id
    )
    project = sandbox.project()
    airlock = sandbox.open(Duty.PORTAL).airlock
    asked = requests.create(airlock, sandbox.account("developer"), sandbox.wish(project.id, dataset=worse.id))
    act = lambda: requests.submit(airlock, sandbox.account("developer"), asked.id)  # noqa: E731
    refuse(sandbox, act, "version.not_adequate", f"request/{asked.id}")


@pytest.mark.parametrize("name", ["developer", "developer-reviewer", "steward-reviewer", "admin", "other-steward"])
def test_who_asks_is_a_member_or_had_a_hand_in_it_does_not_decide(published, name):
    airlock = published.open(Duty.PORTAL).airlock
    developer, curator = published.account("developer"), published.account("curator-1")
    project = projects.propose(airlock, developer, "예측", "모델", 30, members=("developer-reviewer",))
    signature = published.sign("curator-1", reviews.project_subject(project))
    projects.decide(airlock, curator, project.id, Verdict.APPROVE, "", signature)
    request = published.check(published.request(project.id))
    refuse(published, lambda: published.review(request, name), "access.denied", f"request/{request.id}")


def test_who_ran_it_does_not_decide_after_writing_another_name_over_their_own(published):
    request = published.check(published.request(published.project().id))
    published.sql("UPDATE version SET made_by = :other", other=published.account("steward").id)
    published.sql("UPDATE delivery SET received_by = :other", other=published.account("steward").id)
    refuse(
        published, lambda: published.review(request, "steward-reviewer"), "access.denied", f"request/{request.id}"
    )


def test_nobody_approves_their_own_project(published):
    airlock = published.open(Duty.PORTAL).airlock
    account = published.account("developer-reviewer")
    project = projects.propose(airlock, account, "예측", "모델", 30)
    signature = published.sign("developer-reviewer", reviews.project_subject(project))
    act = lambda: projects.decide(airlock, account, project.id, Verdict.APPROVE, "", signature)  # noqa: E731
    refuse(published, act, "access.denied", f"project/{project.id}")


def test_a_review_signed_with_anothers_key_is_refused_when_it_is_given(published):
    request = published.check(published.request(published.project().id))
    airlock = published.open(Duty.PORTAL).airlock
    signature = published.sign("reviewer-1", reviewing.request_subject(airlock, request))
    act = lambda: reviewing.review_request(  # noqa: E731
        airlock, published.account("reviewer-2"), request.id, Verdict.APPROVE, "", signature
    )
    refuse(published, act, "review.signature", f"request/{request.id}")


# -- states, jobs and releases written by hand ----------------------------------------------------------------


def test_a_request_called_approved_by_hand_is_not_built(published):
    request = published.check(published.request(published.project().id))
    published.sql("UPDATE request SET state = 'APPROVED'")
    refuse(published, lambda: published.build(request), "release.quorum", f"request/{request.id}")


def test_a_job_written_by_hand_builds_nothing(published):
    request = published.check(published.request(published.project().id))
    published.sql(
        "INSERT INTO job SELECT 'job-x', 'build', subject, 7, 'QUEUED', asked_by, 0, NULL, '', created "
        "FROM job LIMIT 1"
    )
    catalog = published.open(Duty.RELEASE).catalog
    assert jobs.take(catalog, "job-x", "release") is None
    states = [event["details"].get("reason") for event in published.events("job/job-x", "job.state")]
    assert states == [None, "job.not_asked_for"]
    refuse(published, lambda: published.build(request), "release.quorum", f"request/{request.id}")


def test_an_ingest_job_written_by_hand_runs_in_nobodys_name(published):
    delivery = published.deliver(benefit_rows(40, seed=11), name="4월.csv")
    job = jobs.new(JobKind.INGEST, f"{DATASET}/{delivery}", 1, published.account("steward").id)
    catalog = published.open(Duty.RELEASE).catalog
    with catalog.engine.begin() as connection:
        catalog.add(connection, job)
    assert jobs.take(catalog, job.id, "release") is None


def test_a_withdrawn_version_cannot_be_called_published_again(approved):
    _, second = the_versions(approved)
    reviewing.withdraw_version(approved.open(Duty.PORTAL).airlock, approved.account("curator-1"), second.id)
    refuse_build(approved, "release.version")
    approved.sql("UPDATE version SET state = 'PUBLISHED' WHERE id = :id", id=second.id)
    refuse_build(approved, "release.version")


def test_a_withdrawn_request_cannot_be_called_approved_again(approved):
    request = the_request(approved)
    requests.withdraw(approved.open(Duty.PORTAL).airlock, approved.account("developer"), request.id)
    approved.sql("UPDATE request SET state = 'APPROVED'")
    refuse_build(approved, "release.state")


def test_a_closed_project_cannot_be_called_approved_again(approved):
    project = the_request(approved).project
    projects.close(approved.open(Duty.PORTAL).airlock, approved.account("developer"), project)
    approved.sql("UPDATE project SET state = 'APPROVED'")
    refuse_build(approved, "project.not_running")


def test_nothing_is_built_for_a_project_whose_period_is_over(approved, monkeypatch):
    project = approved.open(Duty.PORTAL).catalog.get(ProjectRecord, the_request(approved).project)
    monkeypatch.setattr(projects, "now", lambda: project.ends)
    refuse_build(approved, "project.not_running")


def pull(sandbox: Sandbox, request: RequestRecord, by: str = "developer"):
    return release.pull(sandbox.open(Duty.PORTAL).airlock, sandbox.account(by), request.id)


@pytest.fixture
def released(approved) -> Sandbox:
    approved.build(the_request(approved))
    return approved


def test_a_release_is_pulled_by_who_asked_and_nobody_else(released):
    request = the_request(released)
    record, package = pull(released, request)
    with package:
        assert package.read(8)
    object_ = f"release/{record.id}"
    for name in ("other-developer", "reviewer-1", "admin", "auditor", "curator-1"):
        refuse(released, lambda name=name: pull(released, request, name), "access.denied", object_)


def test_a_release_past_its_period_is_not_handed_out(released, monkeypatch):
    request = the_request(released)
    monkeypatch.setattr(release, "now", lambda: now() + timedelta(days=31))
    refuse(released, lambda: pull(released, request), "release.unavailable", f"request/{request.id}")
    released.sql("UPDATE release SET expires = '2099-01-01 00:00:00.000000'")
    refuse(released, lambda: pull(released, request), "release.unavailable", f"request/{request.id}")


def test_a_revoked_release_cannot_be_called_back_to_life(released):
    request = the_request(released)
    airlock = released.open(Duty.RELEASE).airlock
    (record,) = airlock.catalog.list(ReleaseRecord)
    release.revoke(airlock, released.account("curator-1"), record.id)
    refuse(released, lambda: pull(released, request), "release.unavailable", f"request/{request.id}")
    released.sql("UPDATE release SET revoked = NULL")
    released.sql("UPDATE request SET state = 'RELEASED'")
    refuse(released, lambda: pull(released, request), "release.ended", f"request/{request.id}")
    released.sql("UPDATE request SET state = 'APPROVED'")
    refuse(released, lambda: released.build(request), "release.state", f"request/{request.id}")
    released.sql("DELETE FROM release")
    refuse(released, lambda: released.build(request), "release.state", f"request/{request.id}")


@pytest.mark.parametrize("edit", ["uri", "sha256", "request"])
def test_a_forged_release_row_hands_out_nobody_elses_package(released, edit):
    theirs = the_request(released)
    mine = released.approved(theirs.project)
    (record,) = released.open(Duty.PORTAL).catalog.list(ReleaseRecord)
    if edit == "request":  # their release, called mine
        released.sql("UPDATE release SET request = :mine", mine=mine.id)
        released.sql("UPDATE request SET state = 'RELEASED' WHERE id = :mine", mine=mine.id)
    else:  # my release, pointing to their package
        released.build(mine)
        own = released.open(Duty.PORTAL).catalog.list(ReleaseRecord, request=mine.id)[0]
        value = {"uri": record.uri, "sha256": record.sha256}[edit]
        released.sql(f"UPDATE release SET {edit} = :value WHERE id = :id", value=value, id=own.id)
    refuse(released, lambda: pull(released, mine), "release.unknown", f"request/{mine.id}")


def test_a_release_row_written_by_hand_hands_out_nothing(approved):
    """The forger names any object of the store, say a part of the raw version."""
    request = the_request(approved)
    uri = next(blob.uri for blob in approved.open(Duty.PORTAL).blobs.list("lake") if blob.uri.endswith(".parquet"))
    catalog = approved.open(Duty.PORTAL).catalog
    moment = now()
    row = ReleaseRecord(
        "rel-x", request.id, DATASET, STRANGER, uri, "0" * 64, 1, 1, "0" * 64, moment + timedelta(days=9), None, 0,
        moment,
    )  # fmt: skip
    with catalog.engine.begin() as connection:
        catalog.add(connection, row)
    approved.sql("UPDATE request SET state = 'RELEASED'")
    refuse(approved, lambda: pull(approved, request), "release.unknown", f"request/{request.id}")


# -- grants ---------------------------------------------------------------------------------------------------


def test_a_grant_opens_what_it_was_given_for_and_nothing_else(approved):
    request = the_request(approved)
    first, second = the_versions(approved)
    zone = approved.open(Duty.RELEASE)
    resource = zone.airlock.resource(request)
    grant = zone.authorizer.authorize(Actor.duty(Duty.RELEASE), Action.RELEASE_BUILD, resource)
    with zone.vault.open_version(grant, second) as dataset:
        assert dataset.count_rows() == second.rows

    def opening(used: Grant, version: VersionRecord, vault=zone.vault) -> Callable[[], object]:
        return lambda: vault.open_version(used, version).__enter__()

    raw = the_versions(approved, Stage.RAW)[0]
    refuse(approved, opening(grant, first), "vault.grant", f"published/{DATASET}")
    refuse(approved, opening(grant, raw), "vault.grant", f"raw/{DATASET}")
    by_hand = Grant(grant.id, grant.actor, grant.action, grant.resource, grant.purpose)
    refuse(approved, opening(by_hand, second), "vault.grant", f"published/{DATASET}")
    refuse(
        approved,
        opening(replace(grant, action=Action.RELEASE_CHECK), second),
        "vault.grant",
        f"published/{DATASET}",
    )
    elsewhere = approved.open(Duty.RELEASE).vault
    refuse(approved, opening(grant, second, elsewhere), "vault.grant", f"published/{DATASET}")


def test_a_grant_for_one_dataset_opens_no_other(approved):
    zone = approved.open(Duty.INGEST)
    raw = the_versions(approved, Stage.RAW)[0]
    steward = approved.actor("other-steward")
    own = zone.authorizer.authorize(steward, Action.DELIVERY_INGEST, dataset_resource("air-quality", "me"))
    act = lambda: zone.vault.open_version(own, raw).__enter__()  # noqa: E731
    refuse(approved, act, "vault.grant", f"raw/{DATASET}")


def test_the_ingest_duty_cannot_open_what_is_published(approved):
    """It may write a published version, and never read one: that key opens for the release duty alone."""
    zone = approved.open(Duty.INGEST)
    grant = zone.authorizer.authorize(
        approved.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    with pytest.raises(Denied, match=r"keys\.duty"), zone.vault.open_version(grant, the_versions(approved)[1]):
        pass


def test_the_portal_opens_nothing_and_signs_nothing(approved):
    zone = approved.open(Duty.PORTAL)
    request = the_request(approved)
    with pytest.raises(Denied, match=r"keys\.duty"):
        release.build(zone.airlock, request.id)
    assert approved.events(f"request/{request.id}")[-1]["details"]["rules"] == "keys.duty"
    assert request.state is RequestState.APPROVED
    assert the_versions(approved)[1].state is VersionState.PUBLISHED
