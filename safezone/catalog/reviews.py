"""Signed decisions: what is signed, and how a signature is checked.

One rule for policies, projects, versions and requests. A decision is an Ed25519 signature over the canonical
hash of everything decided on (see the ``*_subject`` functions). Whoever relies on a decision rebuilds the
subject from what is in force now and checks the signature against it: a row edited afterwards no longer fits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog.records import (
    AccountRecord,
    DestructionRecord,
    ProjectRecord,
    RequestRecord,
    ReviewRecord,
)
from safezone.catalog.store import Catalog, new_id
from safezone.errors import Denied
from safezone.model import Verdict, canonical, digest, now, timestamp

CONTEXT = b"safezone review v1\x00"


def policy_subject(policy_digest: str) -> dict[str, Any]:
    """What is signed when a dataset policy is approved: its digest."""
    return {"kind": "policy", "policy": policy_digest}


def project_subject(project: ProjectRecord) -> dict[str, Any]:
    """What is signed when a project is approved: purpose, owner, members and period."""
    return {
        "kind": "project",
        "project": project.id,
        "title": project.title,
        "purpose": project.purpose,
        "owner": project.owner,
        "members": sorted(project.members),
        "starts": timestamp(project.starts),
        "ends": timestamp(project.ends),
        "round": project.round,
    }


def version_subject(version: str, manifest_digest: str, policy: str, evidence: dict[str, Any]) -> dict[str, Any]:
    """What is signed in an adequacy review: the manifest, the policy and the evidence shown."""
    return {
        "kind": "version",
        "version": version,
        "manifest": manifest_digest,
        "policy": policy,
        "evidence": digest(evidence),
    }


def request_subject(
    request: RequestRecord, *, manifest_digest: str, policy: str, project: dict[str, Any], terms: str
) -> dict[str, Any]:
    """What is signed when a request is decided: everything that decides what leaves, to whom, for how long."""
    return {
        "kind": "request",
        "request": request.id,
        "round": request.round,
        "requester": request.requester,
        "dataset": request.dataset,
        "version": request.version,
        "manifest": manifest_digest,
        "policy": policy,
        "columns": list(request.columns),
        "filter": request.filter,
        "sample": "" if request.sample is None else repr(request.sample),
        "format": request.format,
        "purpose": request.purpose,
        "recipient": request.recipient,
        "days": request.days,
        "project": digest(project),
        "terms": terms,
        "checks": digest(request.checks),
    }


def destruction_subject(order: DestructionRecord) -> dict[str, Any]:
    """What is signed when keys are to be destroyed: the keys, the reason and who asked.

    The second person signs also the moment before which nothing may happen, so that no row and no event edited
    later can bring it forward.
    """
    return {
        "kind": "destruction",
        "destruction": order.id,
        "keys": sorted(order.keys),
        "scope": order.scope,
        "reason": order.reason,
        "asked_by": order.asked_by,
        "due": "" if order.due is None else timestamp(order.due),
    }


def message(subject: dict[str, Any], verdict: Verdict, comment: str) -> bytes:
    """The bytes that are signed: the subject with the verdict and a digest of the comment."""
    return CONTEXT + canonical({"subject": subject, "verdict": verdict.value, "comment": digest(comment.encode())})


def sign(key: Ed25519PrivateKey, subject: dict[str, Any], verdict: Verdict, comment: str) -> bytes:
    """Sign a decision with a reviewer's own key."""
    return key.sign(message(subject, verdict, comment))


def holds(review: ReviewRecord, review_key: str, subject: dict[str, Any]) -> bool:
    """Whether a review is a genuine decision about exactly this subject.

    Args:
        review: the row as it stands in the catalog.
        review_key: the reviewer's enrolled Ed25519 public key, in hexadecimal.
        subject: what is in force now, rebuilt by the caller.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(review_key))
        key.verify(review.signature, message(subject, review.verdict, review.comment))
    except (InvalidSignature, ValueError):
        return False
    return review.payload_digest == digest(subject)


def outcome(verdicts: Iterable[Verdict], quorum: int) -> Verdict | None:
    """The decision that independent reviews add up to.

    Nothing is decided before as many reviews as the quorum are in (they stay blind until then); then any
    rejection rejects, any return returns, and otherwise it is approved.

    Returns:
        The verdict, or None while reviews are missing.
    """
    given = list(verdicts)
    if len(given) < quorum:
        return None
    for verdict in (Verdict.REJECT, Verdict.RETURN):
        if verdict in given:
            return verdict
    return Verdict.APPROVE


def checked(
    catalog: Catalog,
    account: AccountRecord,
    subject: dict[str, Any],
    *,
    key: str,
    round_: int,
    verdict: Verdict,
    comment: str,
    signature: bytes,
) -> ReviewRecord:
    """Build the row of a signed decision, after checking that it is the account's own.

    Args:
        catalog: where earlier decisions are.
        account: who decided.
        subject: what was signed, as rebuilt by the zone.
        key: id of the object decided about.
        round_: how often it was submitted; a new round needs new decisions.
        verdict: the decision.
        comment: for the people concerned; kept beside the log, not in it.
        signature: Ed25519 over `message`.

    Raises:
        Denied: the signature is not this account's over this subject, or the account decided already.
    """
    kind = str(subject["kind"])
    review = ReviewRecord(
        new_id("rev"), kind, key, round_, account.id, verdict, comment, digest(subject), signature, now()
    )
    if not holds(review, account.review_key, subject):
        raise _refused(
            catalog,
            review,
            "review.signature",
            ("The signature does not fit what is decided on.", "서명이 심사 대상과 맞지 않습니다."),
            (
                "Look at it again and sign anew with your own review key.",
                "심사 대상을 다시 확인하고 본인의 심사 키로 서명하십시오.",
            ),
        )
    given = catalog.list(ReviewRecord, kind=kind, subject=key, round=round_, reviewer=account.id)
    if given:
        raise _refused(
            catalog,
            review,
            "review.twice",
            ("You have decided about this already.", "이미 심사한 건입니다."),
            ("Another person must give the next decision.", "다음 심사는 다른 사람이 해야 합니다."),
        )
    return review


def _refused(
    catalog: Catalog, review: ReviewRecord, code: str, what: tuple[str, str], next_step: tuple[str, str]
) -> Denied:
    """Write the refusal down, then return it to be raised."""
    object_ = f"{review.kind}/{review.subject}"
    details: dict[str, str | int] = {"rules": code, "round": review.round}
    with catalog.write(
        AuditEvent(EventType.DECISION_DENIED, review.reviewer, object_, purpose="review", details=details)
    ):
        pass
    return Denied(code, what, next_step)


def event(review: ReviewRecord, policy: str = "") -> AuditEvent:
    """The event that a decision is saved with."""
    return AuditEvent(
        EventType.REVIEW_SIGNED,
        review.reviewer,
        f"{review.kind}/{review.subject}",
        purpose=review.payload_digest,
        policy=policy,
        details={"verdict": review.verdict.value, "comment": review.comment, "round": review.round},
    )
