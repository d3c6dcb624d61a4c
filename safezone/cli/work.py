"""Doing at once what the dispatch Dag would do within seconds: a request's check or build, as the release duty."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from safezone.errors import SafeZoneError, Unavailable

if TYPE_CHECKING:
    from safezone.catalog.records import JobRecord
    from safezone.model import JobKind
    from safezone.zone import Zone

_PATIENCE_SECONDS = 60.0


def do_queued(kind: JobKind, request: str) -> bool:
    """Take the request's newest job of that kind and do it; where Airflow took it first, wait for it.

    Returns:
        Whether there was such a job.

    Raises:
        SafeZoneError: what stopped the job, which is then marked failed.
    """
    from safezone.airlock import jobs
    from safezone.catalog.records import JobRecord
    from safezone.cli.acting import open_zone
    from safezone.model import Duty, JobState

    zone = open_zone(Duty.RELEASE)
    waiting = {JobState.QUEUED, JobState.RUNNING}
    found = [job for job in zone.catalog.list(JobRecord, kind=kind, subject=request) if job.state in waiting]
    if not found:
        return False
    job = jobs.take(zone.catalog, found[-1].id, Duty.RELEASE.value)
    if job is None:
        _wait(zone, found[-1].id)
    else:
        _do(zone, job)
    return True


def _do(zone: Zone, job: JobRecord) -> None:
    from safezone.airlock import checks, jobs, release
    from safezone.model import Duty, JobKind

    try:
        if job.kind is JobKind.CHECK:
            checks.check(zone.airlock, job.subject)
        else:
            release.build(zone.airlock, job.subject)
    except Unavailable:
        raise  # stays RUNNING; housekeeping queues it again when its lease is over
    except SafeZoneError as error:
        jobs.finish(zone.catalog, job, Duty.RELEASE.value, failed=error.code)
        raise
    jobs.finish(zone.catalog, job, Duty.RELEASE.value)


def _wait(zone: Zone, job: str) -> None:
    from safezone.catalog.records import JobRecord
    from safezone.model import JobState

    until = time.monotonic() + _PATIENCE_SECONDS
    while zone.catalog.get(JobRecord, job).state is JobState.RUNNING and time.monotonic() < until:
        time.sleep(0.2)
