"""What Airflow's tasks call: a duty is opened, the run's user becomes an actor, a step runs, a reference returns.

A task's state decides nothing: every step proves for itself what it is handed. What a step raises reaches
Airflow's log as one of our errors, without a chained exception, because those carry values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from safezone.access.actions import Actor
from safezone.airlock import checks, jobs, release
from safezone.boundary import boundary
from safezone.catalog.records import JobRecord
from safezone.errors import SafeZoneError, Unavailable
from safezone.housekeeping import keep_house
from safezone.model import Duty, JobKind
from safezone.pipeline.assess import assess
from safezone.pipeline.check import check
from safezone.pipeline.pseudonymise import part_names, pseudonymise
from safezone.pipeline.receive import receive
from safezone.pipeline.run import ingest
from safezone.pipeline.submit import submit
from safezone.settings import Settings
from safezone.zone import Zone

R = TypeVar("R")
WORKER = Duty.RELEASE.value


def step(name: str, dataset: str, *references: Any, user: str | None) -> Any:
    """Run one step of ingest for the Airflow user who triggered the run.

    Args:
        name: receive, check, parts, pseudonymise, assess or submit.
        dataset: the dataset.
        references: what the step takes: ids and notes, never data.
        user: `triggering_user_name` of the run; None is nobody.

    Returns:
        A reference: an id, a list of ids, or a note.
    """
    steps: dict[str, Callable[..., Any]] = {
        "receive": receive,
        "check": check,
        "parts": part_names,
        "pseudonymise": pseudonymise,
        "assess": assess,
        "submit": submit,
    }

    def run() -> Any:
        zone = Zone.open(Settings(), Duty.INGEST)
        return steps[name](zone.ingest, zone.airflow_actor(user), dataset, *references)

    return _for_airflow(name, run)


def queued_jobs() -> list[str]:
    """Ids of the jobs that wait."""

    def run() -> list[str]:
        return [job.id for job in jobs.queued(Zone.open(Settings(), Duty.RELEASE).catalog)]

    return _for_airflow("dispatch", run)


def run_job(job_id: str) -> str:
    """Take one job and do it; a job somebody else took is left to them.

    Returns:
        The job's state when it is done.
    """

    def run() -> str:
        zone = Zone.open(Settings(), Duty.RELEASE)
        job = jobs.take(zone.catalog, job_id, WORKER)
        if job is None:
            return zone.catalog.get(JobRecord, job_id).state.value
        try:
            _do(zone, job)
        except Unavailable:
            raise  # stays RUNNING; housekeeping queues it again when its lease is over
        except SafeZoneError as error:
            jobs.finish(zone.catalog, job, WORKER, failed=error.code)
            raise
        jobs.finish(zone.catalog, job, WORKER)
        return zone.catalog.get(JobRecord, job_id).state.value

    return _for_airflow("dispatch", run)


def _do(zone: Zone, job: JobRecord) -> None:
    if job.kind is JobKind.CHECK:
        checks.check(zone.airlock, job.subject)
    elif job.kind is JobKind.BUILD:
        release.build(zone.airlock, job.subject)
    else:
        dataset, _, delivery = job.subject.partition("/")
        ingesting = Zone.open(zone.settings, Duty.INGEST)
        actor = Actor.account(ingesting.accounts.get(job.asked_by))
        ingest(ingesting.ingest, actor, dataset, delivery)


def housekeeping() -> dict[str, int]:
    """Expiry, retention, destruction, stale jobs and orphans. Returns how many of each."""

    def run() -> dict[str, int]:
        settings = Settings()
        return keep_house(Zone.open(settings, Duty.INGEST), Zone.open(settings, Duty.RELEASE))

    return _for_airflow("housekeeping", run)


def _for_airflow(name: str, run: Callable[[], R]) -> R:
    """Let an outage be retried and everything else fail at once, without a chained exception."""
    from airflow.sdk.exceptions import AirflowFailException

    try:
        with boundary(name):
            return run()
    except Unavailable as error:
        raise Unavailable(error.code, error.what, error.next_step, error.kept) from None
    except SafeZoneError as error:
        raise AirflowFailException(f"{error} / {error.what.ko} {error.next_step.ko}") from None
