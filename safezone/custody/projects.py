"""When a project has ended for good, so that its key is not needed any more.

The token key of a project is additional information (추가정보), which is destroyed when it is not needed any more
(Decree of the Personal Information Protection Act, article 29-5(1)).
"""

from __future__ import annotations

from datetime import timedelta

from safezone.audit.event import EventType
from safezone.catalog import history, reviews
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import ProjectRecord, ReleaseRecord, RequestRecord, ReviewRecord
from safezone.catalog.store import Catalog
from safezone.errors import IntegrityFailure, NotFound
from safezone.model import ProjectState, Verdict, now, timestamp

LONGEST_DAYS = 1096
"""No project runs longer (`safezone.airlock.projects.propose`)."""


def is_over(catalog: Catalog, accounts: Accounts, project: str) -> bool:
    """Whether a project is closed or its period is over, and none of its releases is alive.

    A row's own word is not enough, since a key does not come back: that it was closed is asked of the log; the end
    of the period counts where somebody signed for it, and else from the longest there is after it was proposed.
    """
    record = catalog.find(ProjectRecord, project)
    if record is None:
        return False
    closed = history.reached(catalog, EventType.PROJECT_STATE, f"project/{project}", (ProjectState.CLOSED.value,))
    if not closed and not _period_over(catalog, accounts, record):
        return False
    return not any(_alive(catalog, request) for request in catalog.list(RequestRecord, project=project))


def _period_over(catalog: Catalog, accounts: Accounts, project: ProjectRecord) -> bool:
    if project.ends > now():
        return False
    subject = reviews.project_subject(project)
    for review in catalog.list(ReviewRecord, kind="project", subject=project.id, round=project.round):
        try:
            key = accounts.get(review.reviewer).review_key
        except (NotFound, IntegrityFailure):
            continue
        # It is the end that counts here; whether that person may still approve is not asked.
        if review.verdict is Verdict.APPROVE and reviews.holds(review, key, subject):
            return True
    proposed = history.events(catalog, EventType.PROJECT_STATE, f"project/{project.id}")
    limit = timestamp(now() - timedelta(days=LONGEST_DAYS))
    return bool(proposed) and proposed[-1]["time"] <= limit


def _alive(catalog: Catalog, request: RequestRecord) -> bool:
    """Whether a release of a request can still be pulled, by the log."""
    return any(
        not history.events(catalog, EventType.RELEASE_REVOKED, f"release/{release.id}")
        for release in catalog.list(ReleaseRecord, request=request.id)
    )
