"""Jobs: queued work for the dispatch Dag. A job is not a state of a request, so a request never sticks in one."""

from __future__ import annotations

from datetime import timedelta

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import history
from safezone.catalog.records import JobRecord
from safezone.catalog.store import Catalog, new_id
from safezone.errors import WrongState
from safezone.model import JobKind, JobState, now

LEASE = timedelta(minutes=30)
MAX_ATTEMPTS = 3


def new(kind: JobKind, subject: str, round_: int, asked_by: str) -> JobRecord:
    """A job to be added in the transaction of the change that asks for it."""
    return JobRecord(new_id("job"), kind, subject, round_, JobState.QUEUED, asked_by, 0, None, "", created=now())


def event(actor: str, job: JobRecord, state: JobState | None = None, reason: str = "") -> AuditEvent:
    """The event a job's change is saved with."""
    details: dict[str, str | int] = {
        "kind": job.kind.value,
        "state": (state or job.state).value,
        "attempt": job.attempts,
    }
    if reason:
        details["reason"] = reason
    return AuditEvent(EventType.JOB_STATE, actor, f"job/{job.id}", purpose=job.subject, details=details)


def queued(catalog: Catalog) -> list[JobRecord]:
    """Jobs that wait, oldest first."""
    return catalog.list(JobRecord, state=JobState.QUEUED)


def take(catalog: Catalog, job_id: str, worker: str) -> JobRecord | None:
    """Take a queued job, or None when another worker was quicker.

    A job is done in the name of whoever asked for it, so a row is not enough: one that the log does not know
    as asked for by that account fails at once, and None is returned.
    """
    job = catalog.get(JobRecord, job_id)
    if job.state is not JobState.QUEUED:
        return None
    try:
        with catalog.write(event(worker, job, JobState.RUNNING)) as connection:
            catalog.move(connection, job, JobState.RUNNING, attempts=job.attempts + 1, lease_until=now() + LEASE)
    except WrongState:
        return None
    taken = catalog.get(JobRecord, job_id)
    if history.events(catalog, EventType.JOB_STATE, f"job/{job.id}", actor=job.asked_by, purpose=job.subject):
        return taken
    finish(catalog, taken, worker, failed="job.not_asked_for")
    return None


def finish(catalog: Catalog, job: JobRecord, worker: str, *, failed: str = "") -> None:
    """Close a job: succeeded, or failed with an error code."""
    after = JobState.FAILED if failed else JobState.SUCCEEDED
    with catalog.write(event(worker, job, after, failed)) as connection:
        catalog.move(connection, job, after, reason=failed)


def requeue_stale(catalog: Catalog, worker: str) -> int:
    """Queue jobs again whose worker died; after too many attempts they fail instead. Returns how many."""
    moved = 0
    for job in catalog.list(JobRecord, state=JobState.RUNNING):
        if job.lease_until is None or job.lease_until > now():
            continue
        moved += 1
        if job.attempts >= MAX_ATTEMPTS:
            finish(catalog, job, worker, failed="job.worker_died")
            continue
        with catalog.write(event(worker, job, JobState.QUEUED, "job.worker_died")) as connection:
            catalog.move(connection, job, JobState.QUEUED, lease_until=None)
    return moved
