"""Dataset policies in force: those whose digest two different people signed."""

from __future__ import annotations

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import reviews
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import AccountRecord, PolicyRecord, ReviewRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied
from safezone.model import Role, Verdict, now
from safezone.policy.dataset import DatasetPolicy

APPROVALS = 2


def approve(
    catalog: Catalog, account: AccountRecord, policy: DatasetPolicy, signature: bytes, comment: str = ""
) -> int:
    """Add one person's signed approval of a policy's digest.

    Returns:
        How many approvals it has now; it is in force from the second on.
    """
    sha = policy.sha256
    review = reviews.checked(
        catalog,
        account,
        reviews.policy_subject(sha),
        key=sha,
        round_=1,
        verdict=Verdict.APPROVE,
        comment=comment,
        signature=signature,
    )
    event = AuditEvent(EventType.POLICY_APPROVED, account.id, f"dataset/{policy.dataset}", policy=sha)
    with catalog.write(reviews.event(review, sha), event) as connection:
        if catalog.find(PolicyRecord, sha, connection) is None:
            body = policy.model_dump(mode="json")
            catalog.add(connection, PolicyRecord(sha, policy.dataset, body, account.id, now()))
        catalog.add(connection, review)
    return len(approvers(catalog, None, sha))


def approvers(catalog: Catalog, accounts: Accounts | None, sha: str, controller: str = "") -> frozenset[str]:
    """Accounts whose approval of a policy digest counts.

    Args:
        catalog: where the decisions are.
        accounts: checks seal, signature and role of each; None only counts rows, for display.
        sha: the policy's digest.
        controller: whose data it is; stewards of other controllers do not count.
    """
    given = catalog.list(ReviewRecord, kind="policy", subject=sha)
    if accounts is None:
        return frozenset(review.reviewer for review in given)
    subject = reviews.policy_subject(sha)
    scopes, good = (None, controller), set()
    for review in given:
        account = accounts.get(review.reviewer)
        allowed = account.active and Role.STEWARD in account.roles and account.controller in scopes
        if allowed and review.verdict is Verdict.APPROVE and reviews.holds(review, account.review_key, subject):
            good.add(account.id)
    return frozenset(good)


def require_in_force(catalog: Catalog, accounts: Accounts, policy: DatasetPolicy) -> frozenset[str]:
    """Make sure that two people approved exactly this policy.

    Returns:
        The accounts that approved it; they may not decide about requests under it.

    Raises:
        Denied: fewer than two genuine approvals of its digest.
    """
    sha = policy.sha256
    good = approvers(catalog, accounts, sha, policy.controller)
    if len(good) < APPROVALS:
        raise Denied(
            "policy.not_in_force",
            (
                f"The policy of {policy.dataset} ({sha[:12]}) has {len(good)} of {APPROVALS} approvals.",
                f"{policy.dataset} 정책({sha[:12]})의 승인이 {APPROVALS}건 중 {len(good)}건입니다.",
            ),
            (
                f"Two stewards approve it: safezone policy approve {policy.dataset}",
                f"담당자 두 명이 승인해야 합니다: safezone policy approve {policy.dataset}",
            ),
        )
    return good


def of_version(catalog: Catalog, sha: str) -> DatasetPolicy:
    """The policy a version was made under, rebuilt from the catalog and checked against its digest.

    Raises:
        Denied: the stored body is not what the digest names.
    """
    record = catalog.get(PolicyRecord, sha)
    try:
        policy = DatasetPolicy.model_validate(record.body)
        same = policy.sha256 == sha
    except ValueError:
        same = False
    if not same:
        raise Denied(
            "policy.body",
            (
                f"The stored policy {sha[:12]} is not what was approved.",
                f"저장된 정책 {sha[:12]}이(가) 승인된 내용과 다릅니다.",
            ),
            (
                "Tell the auditor: somebody wrote to the policy table.",
                "정책이 임의로 변경되었으니 감사 담당자에게 알리십시오.",
            ),
        )
    return policy
