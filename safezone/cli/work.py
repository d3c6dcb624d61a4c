"""Doing at once what the dispatch Dag would do within seconds: a request's check or build, as the release duty."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from safezone.model import JobKind

_PATIENCE_SECONDS = 60.0


def do_queued(kind: JobKind, request: str) -> bool:
    """Take the request's newest job of that kind and do it; where Airflow took it first, wait for it.

    Returns:
        Whether there was such a job.

    Raises:
        SafeZoneError: what stopped the job, which is then marked failed.
    """
    from safezone.catalog.records import JobRecord
    from safezone.cli.acting import open_zone
    from safezone.dispatch import run_job
    from safezone.model import Duty, JobState

    zone = open_zone(Duty.RELEASE)
    waiting = {JobState.QUEUED, JobState.RUNNING}
    found = [job for job in zone.catalog.list(JobRecord, kind=kind, subject=request) if job.state in waiting]
    if not found:
        return False
    state = run_job(zone, found[-1].id)["state"]
    until = time.monotonic() + _PATIENCE_SECONDS
    while state == JobState.RUNNING.value and time.monotonic() < until:
        time.sleep(0.2)
        state = zone.catalog.get(JobRecord, found[-1].id).state.value
    return True
