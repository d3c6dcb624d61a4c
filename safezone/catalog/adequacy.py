"""Adequacy (적정성 검토): whether a version may be public, proven from signatures and not from its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safezone.catalog import policies, reviews
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import ReviewRecord, VersionRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied
from safezone.model import Role, Stage, Verdict, VersionState


def subject(version: VersionRecord) -> dict[str, Any]:
    """What an adequacy review of this version signs."""
    return reviews.version_subject(version.id, version.manifest_digest, version.policy, version.evidence)


def own_reviewers(catalog: Catalog, accounts: Accounts, version: VersionRecord) -> frozenset[str]:
    """Accounts whose genuine approval of this very version counts; empty when somebody did not approve."""
    approved: set[str] = set()
    for review in catalog.list(ReviewRecord, kind="version", subject=version.id):
        account = accounts.get(review.reviewer)
        entitled = (
            account.active
            and Role.STEWARD in account.roles
            and account.controller in (None, version.controller)
            and account.id != version.made_by
        )
        if not entitled or not reviews.holds(review, account.review_key, subject(version)):
            continue
        if review.verdict is not Verdict.APPROVE:
            return frozenset()
        approved.add(account.id)
    return frozenset(approved)


def within(risk: Mapping[str, Any], reviewed: Mapping[str, Any]) -> bool:
    """Whether a version's measured risk is no worse than that of one a person reviewed."""
    try:
        return bool(
            risk["k"] >= reviewed["k"]
            and risk["prosecutor_average"] <= reviewed["prosecutor_average"]
            and risk["suppressed_share"] <= reviewed["suppressed_share"]
        )
    except (KeyError, TypeError):
        return False


def reviewers(catalog: Catalog, accounts: Accounts, version: VersionRecord) -> frozenset[str]:
    """Who answers for the adequacy of a version.

    Its own reviewers; or, where the policy lets versions within the same risk through, those of an earlier
    version under the same policy digest.

    Raises:
        Denied: nobody does.
    """
    if version.stage is Stage.PUBLISHED:
        if own := own_reviewers(catalog, accounts, version):
            return own
        if policies.of_version(catalog, version.policy).adequacy_review == "same_policy":
            risk = version.evidence.get("risk", {})
            for earlier in catalog.list(VersionRecord, dataset=version.dataset, policy=version.policy):
                reached = earlier.state in {VersionState.PUBLISHED, VersionState.WITHDRAWN}
                if earlier.id == version.id or earlier.stage is not Stage.PUBLISHED or not reached:
                    continue
                good = own_reviewers(catalog, accounts, earlier)
                if good and version.made_by not in good and within(risk, earlier.evidence.get("risk", {})):
                    return good
    raise Denied(
        "version.not_adequate",
        (
            f"Nobody entitled has signed for version {version.id}.",
            f"버전 {version.id}의 적정성 검토 서명이 없습니다.",
        ),
        (
            f"A steward other than who ran it reviews it: safezone version review {version.id}",
            f"처리자가 아닌 담당자의 검토가 필요합니다: safezone version review {version.id}",
        ),
    )
