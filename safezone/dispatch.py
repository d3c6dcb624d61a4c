"""Doing a queued job: what the dispatch Dag does within seconds, and the command line at once."""

from __future__ import annotations

from typing import Any

from safezone.access.actions import Actor
from safezone.airlock import checks, release
from safezone.catalog import jobs
from safezone.catalog.records import JobRecord, VersionRecord
from safezone.errors import SafeZoneError, Unavailable
from safezone.model import Duty, JobKind, VersionState
from safezone.pipeline.run import ingest
from safezone.zone import Zone

WORKER = Duty.RELEASE.value


def run_job(zone: Zone, job_id: str) -> dict[str, Any]:
    """Take one job and do it; a job somebody else took is left to them.

    Args:
        zone: the zone as the release duty.
        job_id: a queued job.

    Returns:
        The job's state, and for an announcement what was published (``dataset``, ``controller``, ``version``).

    Raises:
        Unavailable: something does not answer; the job stays RUNNING until its lease is over and is queued again.
        SafeZoneError: what stopped the job, which has failed now.
    """
    job = jobs.take(zone.catalog, job_id, WORKER)
    if job is None:
        return {"state": zone.catalog.get(JobRecord, job_id).state.value}
    try:
        done = _do(zone, job)
    except Unavailable:
        raise
    except SafeZoneError as error:
        jobs.finish(zone.catalog, job, WORKER, failed=error.code)
        raise
    jobs.finish(zone.catalog, job, WORKER)
    return {"state": zone.catalog.get(JobRecord, job_id).state.value} | done


def _do(zone: Zone, job: JobRecord) -> dict[str, Any]:
    if job.kind is JobKind.CHECK:
        checks.check(zone.airlock, job.subject)
    elif job.kind is JobKind.BUILD:
        release.build(zone.airlock, job.subject)
    elif job.kind is JobKind.ANNOUNCE:
        return _announced(zone.catalog.get(VersionRecord, job.subject))
    else:
        dataset, _, delivery = job.subject.partition("/")
        with Zone.open(zone.settings, Duty.INGEST) as ingesting:
            actor = Actor.account(ingesting.accounts.get(job.asked_by))
            ingest(ingesting.ingest, actor, dataset, delivery)
    return {}


def _announced(version: VersionRecord) -> dict[str, Any]:
    """What is told of a published version; nothing of one that was withdrawn meanwhile."""
    if version.state is not VersionState.PUBLISHED:
        return {}
    return {"dataset": version.dataset, "controller": version.controller, "version": version.id}
