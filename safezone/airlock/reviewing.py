"""Reviewing: independent, blind, signed decisions about versions and requests."""

from __future__ import annotations

from typing import Any

from safezone.access.actions import Action, Actor, version_resource
from safezone.airlock import requests
from safezone.airlock.context import Airlock, refusals_recorded
from safezone.catalog import adequacy, jobs, reviews
from safezone.catalog.publication import publish, version_event
from safezone.catalog.records import AccountRecord, ProjectRecord, RequestRecord, ReviewRecord, VersionRecord
from safezone.errors import Denied, WrongState
from safezone.model import JobKind, RequestState, Stage, Verdict, VersionState, digest


def request_subject(airlock: Airlock, request: RequestRecord) -> dict[str, Any]:
    """What a review of this request signs, rebuilt from what is in force now."""
    version = airlock.catalog.get(VersionRecord, request.version)
    policy = airlock.policy(version)
    project = airlock.catalog.get(ProjectRecord, request.project)
    return reviews.request_subject(
        request,
        manifest_digest=version.manifest_digest,
        policy=version.policy,
        project=reviews.project_subject(project),
        terms=digest(policy.release.model_dump(mode="json")),
    )


def quorum(airlock: Airlock, request: RequestRecord) -> int:
    """How many approvals a request needs, by the class of the data; classified data never has enough."""
    policy = airlock.policy(airlock.catalog.get(VersionRecord, request.version))
    return policy.classification.quorum or 1_000_000


@refusals_recorded(Action.REQUEST_REVIEW, "request")
def review_request(
    airlock: Airlock, account: AccountRecord, request_id: str, verdict: Verdict, comment: str, signature: bytes
) -> RequestRecord:
    """Record one reviewer's signed decision; once all are in, the request moves on.

    Raises:
        Denied: not entitled, a wrong signature, or a second decision by the same person.
        WrongState: the request is not in review.
    """
    request = airlock.catalog.get(RequestRecord, request_id)
    airlock.authorizer.authorize(Actor.account(account), Action.REQUEST_REVIEW, airlock.resource(request))
    if request.state is not RequestState.IN_REVIEW:
        raise _not_in_review(request.id, request.state)
    review = reviews.checked(
        airlock.catalog,
        account,
        request_subject(airlock, request),
        key=request.id,
        round_=request.round,
        verdict=verdict,
        comment=comment,
        signature=signature,
    )
    with airlock.catalog.write(reviews.event(review)) as connection:
        # Decided by others meanwhile: a late review must not stand beside the decision.
        current = airlock.catalog.get(RequestRecord, request_id, connection, lock=True)
        if current.state is not RequestState.IN_REVIEW or current.round != request.round:
            raise _not_in_review(request.id, current.state)
        airlock.catalog.add(connection, review)
    return settle(airlock, request)


class _AnotherReview(Exception):
    """One more review came in between; rolls the transaction back."""


def settle(airlock: Airlock, request: RequestRecord) -> RequestRecord:
    """Move a request on when its reviews have come to an outcome. Safe to call again at any time."""
    asked: dict[str, Any] = {"kind": "request", "subject": request.id, "round": request.round}
    given = airlock.catalog.list(ReviewRecord, **asked)
    outcome = reviews.outcome([review.verdict for review in given], quorum(airlock, request))
    if outcome is None or request.state is not RequestState.IN_REVIEW:
        return request
    after = {
        Verdict.APPROVE: RequestState.APPROVED,
        Verdict.RETURN: RequestState.RETURNED,
        Verdict.REJECT: RequestState.REJECTED,
    }[outcome]
    last = given[-1].reviewer
    events = [requests.event(last, request, after)]
    job = jobs.new(JobKind.BUILD, request.id, request.round, last) if after is RequestState.APPROVED else None
    if job is not None:
        events.append(jobs.event(last, job))
    try:
        with airlock.catalog.write(*events) as connection:
            airlock.catalog.get(RequestRecord, request.id, connection, lock=True)
            if len(airlock.catalog.list(ReviewRecord, connection, **asked)) != len(given):
                raise _AnotherReview
            airlock.catalog.move(connection, request, after)
            if job is not None:
                airlock.catalog.add(connection, job)
    except _AnotherReview:
        return settle(airlock, airlock.catalog.get(RequestRecord, request.id))
    except WrongState:
        pass  # two reviewers finished at once; the other one's commit moved it
    return airlock.catalog.get(RequestRecord, request.id)


def visible_reviews(airlock: Airlock, request: RequestRecord, viewer: str) -> list[ReviewRecord]:
    """Reviews a person may see: their own at once, those of others only when all are in (blind review)."""
    given = airlock.catalog.list(ReviewRecord, kind="request", subject=request.id)
    undecided = request.state is RequestState.IN_REVIEW
    return [
        review for review in given if review.reviewer == viewer or review.round < request.round or not undecided
    ]


@refusals_recorded(Action.VERSION_REVIEW, "version")
def review_version(
    airlock: Airlock, account: AccountRecord, version_id: str, verdict: Verdict, comment: str, signature: bytes
) -> VersionRecord:
    """Record an adequacy review (적정성 검토); an approval publishes the version.

    Raises:
        Denied: not entitled (whoever ran it is not), or a wrong signature.
        WrongState: the version is not in review.
    """
    version = airlock.catalog.get(VersionRecord, version_id)
    airlock.authorizer.authorize(Actor.account(account), Action.VERSION_REVIEW, version_resource(version))
    if version.stage is not Stage.PUBLISHED or version.state is not VersionState.IN_REVIEW:
        raise _not_in_review(version.id, version.state)
    if account.id in adequacy.handlers(airlock.catalog, version):
        raise Denied(
            "review.own_work",
            ("You had a part in making this version.", "본인이 처리에 참여한 버전입니다."),
            ("Another steward reviews it.", "다른 담당자가 검토해야 합니다."),
        )
    review = reviews.checked(
        airlock.catalog,
        account,
        adequacy.subject(version),
        key=version.id,
        round_=1,
        verdict=verdict,
        comment=comment,
        signature=signature,
    )
    signed = reviews.event(review, version.policy)
    if verdict is Verdict.APPROVE:
        publish(airlock.catalog, account.id, version, signed, also=(review,))
    else:
        refused = version_event(account.id, version, VersionState.WITHDRAWN)
        with airlock.catalog.write(signed, refused) as connection:
            airlock.catalog.move(connection, version, VersionState.WITHDRAWN)
            airlock.catalog.add(connection, review)
    return airlock.catalog.get(VersionRecord, version_id)


@refusals_recorded(Action.VERSION_WITHDRAW, "version")
def withdraw_version(airlock: Airlock, account: AccountRecord, version_id: str) -> VersionRecord:
    """Take a version back: it can no longer be asked for. Releases already made stay until revoked."""
    version = airlock.catalog.get(VersionRecord, version_id)
    airlock.authorizer.authorize(Actor.account(account), Action.VERSION_WITHDRAW, version_resource(version))
    with airlock.catalog.write(version_event(account.id, version, VersionState.WITHDRAWN)) as connection:
        airlock.catalog.move(connection, version, VersionState.WITHDRAWN)
    return airlock.catalog.get(VersionRecord, version_id)


def _not_in_review(name: str, state: str) -> WrongState:
    return WrongState(
        "review.state",
        (f"{name} is {state}, not in review.", f"{name}의 상태는 {state}이며 심사 중이 아닙니다."),
        ("Wait until it is submitted and checked.", "제출과 자동 점검이 끝날 때까지 기다리십시오."),
    )
