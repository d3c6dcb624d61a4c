"""The ways a request can go: returned and decided anew, rejected, withdrawn, checked, sampled, built by two at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from safezone.airlock import checks, release, requests, reviewing
from safezone.catalog import jobs
from safezone.catalog.records import JobRecord, ReleaseRecord, RequestRecord
from safezone.errors import BadInput, Denied, SafeZoneError, WrongState
from safezone.model import Duty, JobKind, JobState, RequestState, Verdict
from safezone.package import Package, open_package
from tests.fixtures.sandbox import Sandbox

S = RequestState
QUASI = ("생년월일", "주소")


@pytest.fixture(scope="module")
def zone(published_template: Sandbox, tmp_path_factory) -> Iterator[Sandbox]:
    """One zone for all journeys; each is a request of its own."""
    made = published_template.copy(tmp_path_factory.mktemp("journey") / "whole")
    yield made
    made.close()


@pytest.fixture(scope="module")
def project(zone: Sandbox) -> str:
    return zone.project().id


def now_of(zone: Sandbox, request: RequestRecord) -> RequestRecord:
    return zone.open(Duty.PORTAL).catalog.get(RequestRecord, request.id)


def submit(zone: Sandbox, request: RequestRecord) -> RequestRecord:
    return requests.submit(zone.open(Duty.PORTAL).airlock, zone.account("developer"), request.id)


def withdraw(zone: Sandbox, request: RequestRecord) -> RequestRecord:
    return requests.withdraw(zone.open(Duty.PORTAL).airlock, zone.account("developer"), request.id)


def drafted(zone: Sandbox, project: str, **changes) -> RequestRecord:
    wish = zone.wish(project, **changes)
    return requests.create(zone.open(Duty.PORTAL).airlock, zone.account("developer"), wish)


def in_review(zone: Sandbox, project: str, **changes) -> RequestRecord:
    return zone.check(zone.request(project, **changes))


def returned(zone: Sandbox, project: str) -> RequestRecord:
    request = in_review(zone, project)
    zone.review(request, "reviewer-1")
    return zone.review(request, "reviewer-2", Verdict.RETURN)


def rejected(zone: Sandbox, project: str) -> RequestRecord:
    request = in_review(zone, project)
    zone.review(request, "reviewer-1", Verdict.REJECT)
    return zone.review(request, "reviewer-2")


def released(zone: Sandbox, project: str) -> RequestRecord:
    request = zone.approved(project)
    zone.build(request)
    return now_of(zone, request)


def opened(zone: Sandbox, request: RequestRecord, tmp_path) -> Package:
    """What the developer sees: pulled, decrypted with their identity, and verified."""
    identity = tmp_path / "identity.key"
    identity.write_text(str(zone.identity))
    portal = zone.open(Duty.PORTAL)
    _, stream = release.pull(portal.airlock, zone.account("developer"), request.id)
    with stream:
        return open_package(stream, identity, keys=(portal.keys.public_key(release.PACKAGE_KEY),))


# -- deciding -------------------------------------------------------------------------------------------------


def test_a_returned_request_is_submitted_again_and_decided_anew(zone, project):
    request = returned(zone, project)
    assert request.state is S.RETURNED
    again = submit(zone, request)
    assert (again.state, again.round, again.checks) == (S.SUBMITTED, 2, {})
    assert zone.check(again).state is S.IN_REVIEW
    # The approval of the first round counts for nothing: both decide again.
    assert zone.review(request, "reviewer-1").state is S.IN_REVIEW
    assert zone.review(request, "reviewer-2").state is S.APPROVED
    assert zone.build(request).request == request.id
    catalog = zone.open(Duty.PORTAL).catalog
    done = {(job.kind, job.round) for job in catalog.list(JobRecord, subject=request.id)}
    assert done == {(JobKind.CHECK, 1), (JobKind.CHECK, 2), (JobKind.BUILD, 2)}


def test_a_rejected_request_goes_nowhere(zone, project):
    request = rejected(zone, project)
    assert request.state is S.REJECTED
    for step in (submit, withdraw):
        with pytest.raises(WrongState):
            step(zone, request)
    with pytest.raises(Denied):
        zone.build(request)
    with pytest.raises(WrongState):
        zone.review(request, "reviewer-3")


def test_nothing_is_decided_before_all_reviews_are_in(zone, project):
    request = in_review(zone, project)
    assert zone.review(request, "reviewer-1", Verdict.REJECT).state is S.IN_REVIEW
    airlock = zone.open(Duty.PORTAL).airlock
    current = now_of(zone, request)

    def seen(name: str) -> int:
        return len(reviewing.visible_reviews(airlock, current, zone.account(name).id))

    assert (seen("reviewer-1"), seen("reviewer-2"), seen("developer")) == (1, 0, 0)
    assert zone.review(request, "reviewer-2").state is S.REJECTED


WAYS: dict[str, tuple[Callable[[Sandbox, str], RequestRecord], bool]] = {
    "DRAFT": (drafted, True),
    "SUBMITTED": (lambda zone, project: zone.request(project), True),
    "IN_REVIEW": (in_review, True),
    "RETURNED": (returned, True),
    "APPROVED": (lambda zone, project: zone.approved(project), True),
    "REJECTED": (rejected, False),
    "RELEASED": (released, False),
}


@pytest.mark.parametrize("state", WAYS)
def test_a_request_is_withdrawn_until_it_has_left_or_is_decided(zone, project, state):
    make, allowed = WAYS[state]
    request = make(zone, project)
    assert request.state == state
    if not allowed:
        with pytest.raises(WrongState):
            withdraw(zone, request)
        return
    assert withdraw(zone, request).state is S.WITHDRAWN
    for step in (zone.check, zone.build, lambda r: submit(zone, r), lambda r: zone.review(r, "reviewer-1")):
        with pytest.raises(SafeZoneError):
            step(request)
    assert now_of(zone, request).state is S.WITHDRAWN


def test_a_release_ends_with_its_period(zone, project, monkeypatch):
    request = released(zone, project)
    catalog = zone.open(Duty.PORTAL).catalog
    (record,) = catalog.list(ReleaseRecord, request=request.id)
    monkeypatch.setattr(release, "now", lambda: record.expires + timedelta(seconds=1))
    assert release.expire(zone.open(Duty.RELEASE).airlock) >= 1
    ended = now_of(zone, request)
    assert (ended.state, ended.end_reason) == (S.ENDED, "expired")
    assert not zone.open(Duty.PORTAL).blobs.exists(record.uri)


# -- what is checked and what leaves --------------------------------------------------------------------------


def test_a_filter_on_an_outside_column_that_singles_people_out_is_returned_with_the_reason(zone, project):
    """Every class of the published table has k or more; those of the filtered extract have not."""
    request = in_review(zone, project, columns=(*QUASI, "등급"), where='"지급액" = 500000')
    assert request.state is S.RETURNED
    assert request.checks["passed"] is False
    assert set(request.checks["missing"]) <= {"too_few_rows", "too_much_suppressed", "l_not_met"}
    assert request.checks["missing"]
    assert request.checks["known"] == [*QUASI, "지급액"]
    reasons = [
        event["details"].get("reason", "") for event in zone.events(f"request/{request.id}", "request.state")
    ]
    assert reasons[-1] == ",".join(request.checks["missing"])
    assert now_of(zone, request).state is S.RETURNED
    assert withdraw(zone, request).state is S.WITHDRAWN


def test_what_leaves_meets_the_privacy_model_itself(zone, project, tmp_path):
    request = zone.approved(project, columns=QUASI, where="\"주소\" IN ('서울특별시', '부산광역시')")
    zone.build(request)
    table = opened(zone, request, tmp_path).table()
    classes = Counter(zip(*(table.column(name).to_pylist() for name in QUASI), strict=True))
    assert min(classes.values()) >= 5
    assert {place for _, place in classes} == {"서울특별시", "부산광역시"}
    assert table.num_rows == now_of(zone, request).checks["rows"]


def test_a_sample_leaves_some_rows_and_the_same_ones_each_time(zone, project, tmp_path):
    request = zone.approved(project, columns=("주소",), sample=0.5)
    record = zone.build(request)
    assert 60 < record.rows < 260
    assert record.rows == request.checks["rows"] == opened(zone, request, tmp_path).table().num_rows


def test_jsonl_holds_what_parquet_holds(zone, project, tmp_path):
    both = [zone.approved(project, format=name) for name in ("parquet", "jsonl")]
    for request in both:
        zone.build(request)
    first, second = (opened(zone, request, tmp_path).table() for request in both)
    assert first.num_rows == second.num_rows > 0
    assert first.column_names == second.column_names
    # Same project: the same tokens, in the same order.
    assert first.column("주민등록번호").to_pylist() == second.column("주민등록번호").to_pylist()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ("성명",)},
        {"columns": ()},
        {"columns": ("주소", "주소")},
        {"days": 0},
        {"days": 91},
        {"format": "csv"},
        {"sample": 0.0},
        {"sample": float("nan")},
        {"purpose": "  "},
        {"where": "\"성명\" = 'x'"},
        {"where": "error('x')"},
        {"recipient": "age1nothing"},
    ],
)
def test_what_cannot_be_asked_for(zone, project, changes):
    with pytest.raises(SafeZoneError) as caught:
        drafted(zone, project, **changes)
    assert isinstance(caught.value, BadInput) or caught.value.exit_code == 2


# -- at once --------------------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Start all together; what each returned or raised."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except SafeZoneError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize(
    ("verdicts", "after"),
    [((Verdict.APPROVE, Verdict.APPROVE), S.APPROVED), ((Verdict.APPROVE, Verdict.REJECT), S.REJECTED)],
)
def test_two_reviewers_deciding_at_once_decide_once(zone, project, verdicts, after):
    request = in_review(zone, project)
    names = ("reviewer-1", "reviewer-2")
    at_once(*(lambda n=n, v=v: zone.review(request, n, v) for n, v in zip(names, verdicts, strict=True)))
    assert now_of(zone, request).state is after
    builds = zone.open(Duty.PORTAL).catalog.list(JobRecord, subject=request.id, kind=JobKind.BUILD)
    assert len(builds) == (after is S.APPROVED)
    states = [event["details"]["state"] for event in zone.events(f"request/{request.id}", "request.state")]
    assert states.count(after) == 1


def test_a_late_review_does_not_stand_beside_the_decision(zone, project):
    request = in_review(zone, project)
    names = ("reviewer-1", "reviewer-2", "reviewer-3")
    answers = at_once(*(lambda n=n: zone.review(request, n) for n in names))
    assert now_of(zone, request).state is S.APPROVED
    late = [answer for answer in answers if isinstance(answer, SafeZoneError)]
    assert all(isinstance(error, WrongState) for error in late)
    assert zone.build(request).rows > 0


def test_a_rejection_that_comes_in_while_others_settle_is_counted(zone, project, monkeypatch):
    """The third review commits between the second reviewer's look at the reviews and the move."""
    request = in_review(zone, project)
    zone.review(request, "reviewer-1")
    original, once = reviewing.reviews.outcome, []

    def outcome(verdicts, quorum):
        if len(verdicts) == 2 and not once:
            once.append(zone.review(request, "reviewer-3", Verdict.REJECT))
        return original(verdicts, quorum)

    monkeypatch.setattr(reviewing.reviews, "outcome", outcome)
    zone.review(request, "reviewer-2")
    assert once
    assert now_of(zone, request).state is S.REJECTED


def test_two_builds_at_once_make_one_release(zone, project):
    request = zone.approved(project)
    first, second = at_once(lambda: zone.build(request), lambda: zone.build(request))
    records = zone.open(Duty.PORTAL).catalog.list(ReleaseRecord, request=request.id)
    assert len(records) == 1
    # The slower one hands back the release there is, or is told that it was built meanwhile.
    assert records[0] in (first, second)
    assert all(answer == records[0] or isinstance(answer, WrongState) for answer in (first, second))
    kept = [blob.uri for blob in zone.open(Duty.PORTAL).blobs.list(f"packages/{request.id}")]
    assert kept == [records[0].uri]
    assert len(zone.events(f"release/{records[0].id}", "release.built")) == 1
    assert zone.build(request) == records[0]


def test_a_build_and_a_withdrawal_at_once_agree(zone, project):
    request = zone.approved(project)
    at_once(lambda: zone.build(request), lambda: withdraw(zone, request))
    portal = zone.open(Duty.PORTAL)
    records = portal.catalog.list(ReleaseRecord, request=request.id)
    kept = [blob.uri for blob in portal.blobs.list(f"packages/{request.id}")]
    after = now_of(zone, request).state
    assert (after, kept) in [(S.WITHDRAWN, []), (S.RELEASED, [record.uri for record in records])]


def test_a_job_is_taken_by_one_worker(zone, project):
    request = zone.request(project)
    catalog = zone.open(Duty.RELEASE).catalog
    (job,) = catalog.list(JobRecord, subject=request.id)
    taken = at_once(*(lambda: jobs.take(zone.open(Duty.RELEASE).catalog, job.id, "release") for _ in range(3)))
    assert sum(answer is not None for answer in taken) == 1
    assert catalog.get(JobRecord, job.id).state is JobState.RUNNING
    assert checks.check(zone.open(Duty.RELEASE).airlock, request.id).state is S.IN_REVIEW
    assert checks.check(zone.open(Duty.RELEASE).airlock, request.id).state is S.IN_REVIEW  # ran twice
