"""What the release job proves for itself before it builds anything.

It trusts neither the portal, nor a row's state, nor a task's state. Every rule of a release is in this module,
in the order it is checked; each is proven from signatures by enrolled keys over what is in force now.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from safezone.access.actions import Action, Actor
from safezone.airlock.context import Airlock
from safezone.airlock.projects import require_running
from safezone.airlock.reviewing import request_subject
from safezone.audit.event import EventType
from safezone.catalog import adequacy, history, policies, reviews
from safezone.catalog.records import ProjectRecord, ReleaseRecord, RequestRecord, ReviewRecord, VersionRecord
from safezone.errors import Denied, SafeZoneError, WrongState
from safezone.model import Duty, RequestState, Role, Stage, Verdict, VersionState
from safezone.policy.dataset import DatasetPolicy

_OVER = (VersionState.WITHDRAWN, VersionState.DESTROYED, VersionState.QUARANTINED)
_DECIDED = (RequestState.RELEASED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.ENDED)


def provable_version(airlock: Airlock, version: VersionRecord) -> DatasetPolicy:
    """Prove that a version may be given out.

    1. it is a published version, and the log knows of no withdrawal; 2. its manifest is signed and is the one the
    catalog names; 3. its policy is the body its digest names, approved by two entitled people; 4. somebody other
    than who ran it signed for its adequacy; 5. its policy's k is not below the zone's floor.

    Raises:
        Denied, IntegrityFailure, WrongState: naming what could not be proven.
    """
    ended = history.reached(airlock.catalog, EventType.VERSION_STATE, f"version/{version.id}", _OVER)
    if version.stage is not Stage.PUBLISHED or version.state is not VersionState.PUBLISHED or ended:
        raise WrongState(
            "release.version",
            (
                f"Version {version.id} is not published, or was withdrawn.",
                f"버전 {version.id}은(는) 공개 상태가 아니거나 회수되었습니다.",
            ),
            ("Ask for a published version.", "공개된 버전을 요청하십시오."),
        )
    manifest = airlock.vault.manifest(version)
    policy = airlock.policy(version)
    policies.require_in_force(airlock.catalog, airlock.accounts, policy)
    adequacy.reviewers(airlock.catalog, airlock.accounts, version)
    if manifest.policy != version.policy or policy.dataset != version.dataset:
        raise _unproven(
            "release.lineage",
            "manifest and policy do not belong together",
            "매니페스트와 정책이 서로 맞지 않습니다",
        )
    if policy.privacy.k < airlock.settings.min_k:
        raise _unproven(
            "release.floor", "the policy's k is below the zone's floor", "정책의 k가 최소 기준보다 작습니다"
        )
    return policy


def provable_approval(airlock: Airlock, request: RequestRecord) -> list[ReviewRecord]:
    """Prove that a request was approved as it stands.

    1. its version is provable; 2. its project was approved as it stands and runs; 3. the requester is an active
    member; 4. enough reviews of this round carry a signature, by the enrolled key, over exactly what is in force
    now; 5. each reviewer is entitled by the access policies themselves, and none of them asked, is a member, or
    handled the processing; 6. nobody entitled said anything but approve; 7. the state agrees, and the log knows
    of no end to the request and of no release made of it.

    Returns:
        The reviews that count.

    Raises:
        Denied, IntegrityFailure, WrongState: naming what could not be proven.
    """
    version = airlock.catalog.get(VersionRecord, request.version)
    policy = provable_version(airlock, version)
    project = airlock.catalog.get(ProjectRecord, request.project)
    require_running(airlock.catalog, airlock.accounts, project)
    requester = airlock.accounts.get(request.requester)
    if not requester.active or Role.DEVELOPER not in requester.roles or requester.id not in project.members:
        raise _unproven("release.requester", "the requester is no member", "신청자가 과제 구성원이 아닙니다")
    counted = _counted(airlock, request)
    needed = policy.classification.quorum
    verdicts = [review.verdict for review in counted]
    if needed is None or reviews.outcome(verdicts, needed) is not Verdict.APPROVE:
        raise _unproven(
            "release.quorum",
            f"{verdicts.count(Verdict.APPROVE)} of {needed or '-'} provable approvals",
            f"증명된 승인이 {needed or '-'}건 중 {verdicts.count(Verdict.APPROVE)}건입니다",
        )
    ended = history.reached(airlock.catalog, EventType.REQUEST_STATE, f"request/{request.id}", _DECIDED)
    if request.state is not RequestState.APPROVED or ended:
        raise WrongState(
            "release.state",
            (
                f"Request {request.id} is {request.state}, or was released or ended before.",
                f"신청 {request.id}의 상태가 {request.state}이거나 이미 반출 또는 종료된 건입니다.",
            ),
            ("It is built once, when it is approved.", "승인된 뒤에 한 번 생성됩니다."),
        )
    return counted


def built_for(request: str, package: str) -> str:
    """What the leaf of ``release.built`` says: for which request, and the digest of which package."""
    return f"request/{request} {package}"


def provable_release(airlock: Airlock, request: RequestRecord, record: ReleaseRecord) -> datetime:
    """Prove that a release is the one this zone built for a request, and that nobody ended it.

    1. the log holds its building, by the release duty, for this request, and of exactly this package; 2. the
    package lies where packages of this request do; 3. the log knows of no revocation.

    Returns:
        When it may no longer be handed out: what the row says, but not longer than what was approved.

    Raises:
        Denied: naming what could not be proven.
    """
    name, purpose = f"release/{record.id}", built_for(request.id, record.sha256)
    known = history.events(
        airlock.catalog, EventType.RELEASE_BUILT, name, actor=Duty.RELEASE.value, purpose=purpose
    )
    if not known or record.request != request.id or not record.uri.startswith(f"packages/{request.id}/"):
        raise _unproven("release.unknown", "it was not built for this request", "이 신청으로 생성된 것이 아닙니다")
    if history.events(airlock.catalog, EventType.RELEASE_REVOKED, name):
        raise _unproven("release.ended", "it was revoked or has ended", "철회되었거나 종료되었습니다")
    project = airlock.catalog.get(ProjectRecord, request.project)
    longest = datetime.fromisoformat(known[0]["time"]) + timedelta(days=request.days)
    return min(record.expires, longest, project.ends)


def _counted(airlock: Airlock, request: RequestRecord) -> list[ReviewRecord]:
    subject, resource = request_subject(airlock, request), airlock.resource(request)
    counted: dict[str, ReviewRecord] = {}
    for review in airlock.catalog.list(ReviewRecord, kind="request", subject=request.id, round=request.round):
        try:
            account = airlock.accounts.get(review.reviewer)
        except SafeZoneError:
            continue  # a review by nobody the zone enrolled
        entitled, _ = airlock.access.decide(Actor.account(account), Action.REQUEST_REVIEW, resource)
        if entitled and reviews.holds(review, account.review_key, subject):
            counted[account.id] = review
    return list(counted.values())


def _unproven(code: str, en: str, ko: str) -> Denied:
    return Denied(
        code,
        (f"The release cannot be proven: {en}.", f"반출을 증명할 수 없습니다: {ko}."),
        (
            "Have it reviewed again as it stands now; the attempt is in the log.",
            "현재 내용으로 다시 심사를 받으십시오. 이 시도는 기록되었습니다.",
        ),
        kept=("Nothing was built and nothing left the zone.", "생성되거나 반출된 것은 없습니다."),
    )
