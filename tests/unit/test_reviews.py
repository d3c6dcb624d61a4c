"""Signed decisions: what a signature covers, what they add up to, and who may see them when."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from safezone.airlock.reviewing import visible_reviews
from safezone.catalog import reviews
from safezone.catalog.adequacy import within
from safezone.catalog.records import ProjectRecord, RequestRecord, ReviewRecord
from safezone.model import DataClass, ProjectState, RequestState, Verdict, digest

APPROVE, RETURN, REJECT = Verdict.APPROVE, Verdict.RETURN, Verdict.REJECT
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
VERDICTS = st.lists(st.sampled_from(list(Verdict)), max_size=6)


@pytest.mark.parametrize(
    ("given", "quorum", "outcome"),
    [
        ([], 1, None),
        ([APPROVE], 1, APPROVE),
        ([APPROVE], 2, None),
        ([REJECT], 2, None),  # blind until all are in
        ([APPROVE, APPROVE], 2, APPROVE),
        ([APPROVE, RETURN], 2, RETURN),
        ([RETURN, REJECT], 2, REJECT),
        ([REJECT, APPROVE], 2, REJECT),
        ([APPROVE, APPROVE, REJECT], 2, REJECT),
    ],
)
def test_what_reviews_add_up_to(given, quorum, outcome):
    assert reviews.outcome(given, quorum) is outcome


@given(VERDICTS, st.integers(1, 4))
def test_the_order_of_reviews_does_not_matter(verdicts, quorum):
    assert reviews.outcome(verdicts, quorum) is reviews.outcome(sorted(verdicts), quorum)


@given(VERDICTS, st.integers(1, 4))
def test_an_approval_needs_a_quorum_of_nothing_but_approvals(verdicts, quorum):
    approved = reviews.outcome(verdicts, quorum) is APPROVE
    assert approved == (len(verdicts) >= quorum and set(verdicts) == {APPROVE})


@given(VERDICTS, VERDICTS, st.integers(1, 4))
def test_no_further_review_undoes_a_rejection(verdicts, more, quorum):
    if reviews.outcome(verdicts, quorum) is REJECT:
        assert reviews.outcome(verdicts + more, quorum) is REJECT


def test_the_quorum_follows_the_class_of_the_data():
    assert [DataClass(grade).quorum for grade in "OSC"] == [1, 2, None]


# -- what a signature covers ----------------------------------------------------------------------------------

REQUEST = RequestRecord(
    id="REQ-1", project="prj-1", requester="acc-1", dataset="benefits", version="v-1", columns=("a", "b"),
    filter="a = 1", sample=None, format="parquet", purpose="a model", recipient="age1x", days=30,
    state=RequestState.IN_REVIEW, round=1, checks={"k": 7}, end_reason=None, created=MOMENT,
)  # fmt: skip
OTHER = {
    "id": "REQ-2", "requester": "acc-2", "dataset": "visits", "version": "v-2", "columns": ("b", "a"),
    "filter": "a = 2", "sample": 0.5, "format": "jsonl", "purpose": "another", "recipient": "age1y", "days": 31,
    "round": 2, "checks": {"k": 8},
}  # fmt: skip
# The project is covered by its own subject; the rest says what became of the request, not what leaves.
NOT_SIGNED = {"project", "state", "end_reason", "created"}


def subject_of(request: RequestRecord, **changes):
    values = {"manifest_digest": "m", "policy": "p", "project": {"project": request.project}, "terms": "t"}
    return reviews.request_subject(request, **(values | changes))


def reviewed(key, subject, verdict=APPROVE, comment="fine") -> ReviewRecord:
    signature = reviews.sign(key, subject, verdict, comment)
    kind = subject["kind"]
    return ReviewRecord("rev-1", kind, "REQ-1", 1, "acc-r", verdict, comment, digest(subject), signature, MOMENT)


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def test_every_field_of_a_request_is_signed_or_named_here():
    assert {field.name for field in fields(RequestRecord)} == set(OTHER) | NOT_SIGNED


@pytest.mark.parametrize("name", OTHER)
def test_changing_any_field_undoes_the_signature(key, name):
    review = reviewed(key, subject_of(REQUEST))
    assert reviews.holds(review, public(key), subject_of(REQUEST))
    assert not reviews.holds(review, public(key), subject_of(replace(REQUEST, **{name: OTHER[name]})))


@pytest.mark.parametrize("name", ["manifest_digest", "policy", "project", "terms"])
def test_so_does_changing_what_the_request_rests_on(key, name):
    review = reviewed(key, subject_of(REQUEST))
    value = {"project": "prj-2"} if name == "project" else "other"
    assert not reviews.holds(review, public(key), subject_of(REQUEST, **{name: value}))


def test_verdict_comment_signature_and_key_are_bound(key):
    subject = subject_of(REQUEST)
    review = reviewed(key, subject, REJECT)
    assert reviews.holds(review, public(key), subject)
    spoilt = [
        replace(review, verdict=APPROVE),
        replace(review, comment="other"),
        replace(review, signature=b""),
        replace(review, signature=bytes(64)),
        replace(review, payload_digest="other"),
    ]
    assert not any(reviews.holds(each, public(key), subject) for each in spoilt)
    for wrong in (public(Ed25519PrivateKey.generate()), "", "zz", "00"):
        assert not reviews.holds(review, wrong, subject)


def test_a_project_is_signed_with_members_period_and_round(key):
    project = ProjectRecord(
        id="prj-1", title="t", purpose="p", owner="acc-1", members=("acc-1", "acc-2"), starts=MOMENT,
        ends=MOMENT.replace(year=2027), state=ProjectState.PROPOSED, round=1, created=MOMENT,
    )  # fmt: skip
    review = reviewed(key, reviews.project_subject(project))
    other = {
        "id": "prj-2", "title": "u", "purpose": "q", "owner": "acc-2", "members": ("acc-1", "acc-3"),
        "starts": MOMENT.replace(day=2), "ends": MOMENT.replace(year=2028), "round": 2,
    }  # fmt: skip
    for name, value in other.items():
        changed = reviews.project_subject(replace(project, **{name: value}))
        assert not reviews.holds(review, public(key), changed), name
    same = replace(project, members=("acc-2", "acc-1"), state=ProjectState.APPROVED)
    assert reviews.holds(review, public(key), reviews.project_subject(same))


def test_no_kind_of_decision_passes_for_another(key):
    subjects = [
        reviews.policy_subject("d"),
        reviews.version_subject("v-1", "m", "p", {"k": 5}),
        subject_of(REQUEST),
    ]
    for signed in subjects:
        for other in subjects:
            assert reviews.holds(reviewed(key, signed), public(key), other) is (signed is other)


# -- blind ----------------------------------------------------------------------------------------------------


@given(
    given_by=st.lists(st.sampled_from(["r1", "r2", "r3"]), unique=True, max_size=3),
    viewer=st.sampled_from(["r1", "r2", "r3", "developer"]),
    state=st.sampled_from(list(RequestState)),
)
def test_reviews_are_blind_until_all_are_in(given_by, viewer, state):
    now = [ReviewRecord("x", "request", "REQ-1", 2, name, APPROVE, "", "", b"", MOMENT) for name in given_by]
    before = [ReviewRecord("y", "request", "REQ-1", 1, "r1", RETURN, "", "", b"", MOMENT)]
    airlock = SimpleNamespace(catalog=SimpleNamespace(list=lambda *_, **__: before + now))
    seen = visible_reviews(airlock, replace(REQUEST, round=2, state=state), viewer)
    if state is RequestState.IN_REVIEW:
        assert seen == before + [review for review in now if review.reviewer == viewer]
    else:
        assert seen == before + now


# -- within the reviewed risk ---------------------------------------------------------------------------------

RISK = st.fixed_dictionaries(
    {
        "k": st.integers(1, 20),
        "prosecutor_average": st.floats(0, 1),
        "suppressed_share": st.floats(0, 1),
    }
)


@given(RISK, RISK)
def test_a_version_is_within_the_reviewed_risk_only_when_no_figure_is_worse(risk, reviewed_risk):
    worse = (
        risk["k"] < reviewed_risk["k"]
        or risk["prosecutor_average"] > reviewed_risk["prosecutor_average"]
        or risk["suppressed_share"] > reviewed_risk["suppressed_share"]
    )
    assert within(risk, reviewed_risk) is not worse


@given(RISK, st.sampled_from(["k", "prosecutor_average", "suppressed_share"]))
def test_a_missing_or_odd_figure_is_never_within(risk, name):
    good = {"k": 5, "prosecutor_average": 1.0, "suppressed_share": 1.0}
    for odd in ({}, risk | {name: None}, risk | {name: "9"}, risk | {name: float("nan")}):
        assert not within(odd, good)
        assert not within({"k": 99, "prosecutor_average": 0.0, "suppressed_share": 0.0}, odd)
