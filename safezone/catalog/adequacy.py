"""Adequacy (적정성 검토): whether a version may be public, proven from signatures and not from its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safezone.audit.event import EventType
from safezone.catalog import history, policies, reviews
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import DeliveryRecord, ReviewRecord, VersionRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied
from safezone.model import Role, Stage, Verdict, VersionState, digest


def subject(version: VersionRecord) -> dict[str, Any]:
    """What an adequacy review of this version signs."""
    return reviews.version_subject(version.id, version.manifest_digest, version.policy, version.evidence)


def handlers(catalog: Catalog, version: VersionRecord) -> frozenset[str]:
    """Accounts that brought a version about: received its delivery or ran a step, as rows and log both say.

    The log is asked too, since ``made_by`` is a single column that no signature covers.
    """
    delivery = catalog.get(DeliveryRecord, version.delivery)
    found = {delivery.received_by} | history.actors(
        catalog, EventType.DELIVERY_RECEIVED, f"delivery/{version.delivery}"
    )
    # Several stages of one delivery, and no more: a parent edited into a circle ends the walk.
    line: dict[str, VersionRecord] = {}
    each: VersionRecord | None = version
    while each is not None and each.id not in line:
        line[each.id] = each
        each = catalog.find(VersionRecord, each.parent) if each.parent else None
    for member in line.values():
        found |= {member.made_by} | history.actors(catalog, EventType.VERSION_COMMITTED, f"version/{member.id}")
    return frozenset(found)


def own_reviewers(catalog: Catalog, accounts: Accounts, version: VersionRecord) -> frozenset[str]:
    """Accounts whose genuine approval of this very version counts; empty when somebody did not approve."""
    approved: set[str] = set()
    ran = handlers(catalog, version)
    for review in catalog.list(ReviewRecord, kind="version", subject=version.id):
        account = accounts.get(review.reviewer)
        entitled = (
            account.active
            and Role.STEWARD in account.roles
            and account.controller in (None, version.controller)
            and account.id not in ran
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


def _as_measured(catalog: Catalog, version: VersionRecord) -> bool:
    """Whether a version's evidence, which nobody signed yet, is what was committed with it."""
    purpose = committed_as(version.manifest_digest, version.evidence)
    return bool(history.events(catalog, EventType.VERSION_COMMITTED, f"version/{version.id}", purpose=purpose))


def committed_as(manifest_digest: str, evidence: Mapping[str, Any]) -> str:
    """What the leaf of ``version.committed`` says: digests of the manifest and of the evidence."""
    return f"{manifest_digest} {digest(evidence)}"


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
        through = policies.of_version(catalog, version.policy).adequacy_review == "same_policy"
        if through and _as_measured(catalog, version):
            risk = version.evidence.get("risk", {})
            for earlier in catalog.list(VersionRecord, dataset=version.dataset, policy=version.policy):
                reached = earlier.state in {VersionState.PUBLISHED, VersionState.WITHDRAWN}
                if earlier.id == version.id or earlier.stage is not Stage.PUBLISHED or not reached:
                    continue
                good = own_reviewers(catalog, accounts, earlier)
                if (
                    good
                    and not handlers(catalog, version) & good
                    and within(risk, earlier.evidence.get("risk", {}))
                ):
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
