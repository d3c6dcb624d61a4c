"""Which change of state may follow which: the transition tables, as data.

Whether something may happen in a state is decided here; whether a person may do it is decided in
`safezone.access`. The diagrams in docs/ARCHITECTURE.md are generated from these tables and a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from safezone.errors import WrongState
from safezone.model import DestructionState, JobState, ProjectState, RequestState, VersionState

S = TypeVar("S", bound=StrEnum)

V, R, P, J, D = VersionState, RequestState, ProjectState, JobState, DestructionState

VERSION: Mapping[VersionState, frozenset[VersionState]] = MappingProxyType(
    {
        V.RECEIVED: frozenset({V.QUARANTINED, V.DESTROYED}),
        V.QUARANTINED: frozenset({V.DESTROYED}),
        V.ASSESSED: frozenset({V.IN_REVIEW, V.QUARANTINED, V.DESTROYED}),
        V.IN_REVIEW: frozenset({V.PUBLISHED, V.WITHDRAWN}),
        V.PUBLISHED: frozenset({V.WITHDRAWN}),
        V.WITHDRAWN: frozenset({V.DESTROYED}),
        V.DESTROYED: frozenset(),
    }
)

REQUEST: Mapping[RequestState, frozenset[RequestState]] = MappingProxyType(
    {
        R.DRAFT: frozenset({R.SUBMITTED, R.WITHDRAWN}),
        R.SUBMITTED: frozenset({R.IN_REVIEW, R.RETURNED, R.WITHDRAWN}),
        R.IN_REVIEW: frozenset({R.APPROVED, R.RETURNED, R.REJECTED, R.WITHDRAWN}),
        R.RETURNED: frozenset({R.SUBMITTED, R.WITHDRAWN}),
        R.REJECTED: frozenset(),
        R.APPROVED: frozenset({R.RELEASED, R.RETURNED, R.WITHDRAWN, R.ENDED}),
        R.RELEASED: frozenset({R.ENDED}),
        R.WITHDRAWN: frozenset(),
        R.ENDED: frozenset(),
    }
)

PROJECT: Mapping[ProjectState, frozenset[ProjectState]] = MappingProxyType(
    {
        P.PROPOSED: frozenset({P.APPROVED, P.CLOSED}),
        P.APPROVED: frozenset({P.PROPOSED, P.CLOSED}),
        P.CLOSED: frozenset(),
    }
)

DESTRUCTION: Mapping[DestructionState, frozenset[DestructionState]] = MappingProxyType(
    {
        D.REQUESTED: frozenset({D.APPROVED, D.WITHDRAWN}),
        D.APPROVED: frozenset({D.DESTROYED, D.WITHDRAWN}),
        D.DESTROYED: frozenset(),
        D.WITHDRAWN: frozenset(),
    }
)

JOB: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        J.QUEUED: frozenset({J.RUNNING}),
        # A worker that dies leaves RUNNING behind; housekeeping queues the job again.
        J.RUNNING: frozenset({J.SUCCEEDED, J.FAILED, J.QUEUED}),
        J.SUCCEEDED: frozenset(),
        J.FAILED: frozenset(),
    }
)


def require(table: Mapping[S, frozenset[S]], what: str, before: S, after: S) -> None:
    """Refuse a change of state that the table does not name.

    Args:
        table: one of the tables above.
        what: the object's id, for the message.
        before: the state it is in.
        after: the state asked for.

    Raises:
        WrongState: the change is not in the table.
    """
    if after in table[before]:
        return
    ways = ", ".join(sorted(table[before])) or "-"
    raise WrongState(
        "state.transition",
        (
            f"{what} is {before} and cannot become {after}.",
            f"{what}의 상태는 {before}이며 {after}(으)로 바뀔 수 없습니다.",
        ),
        (f"From {before} it can go to: {ways}.", f"{before}에서 갈 수 있는 상태: {ways}."),
    )


def diagram(table: Mapping[S, frozenset[S]]) -> str:
    """Draw a table as a Mermaid state diagram, in the order of the table."""
    lines = ["stateDiagram-v2"]
    order = list(table)
    lines.append(f"    [*] --> {order[0]}")
    for before in order:
        lines += [f"    {before} --> {after}" for after in order if after in table[before]]
        if not table[before]:
            lines.append(f"    {before} --> [*]")
    return "\n".join(lines)
