"""What Airflow's tasks call: a duty is opened, the run's user becomes an actor, a step runs, a reference returns.

A task's state decides nothing: every step proves for itself what it is handed. What a step raises reaches
Airflow's log as one of our errors, without a chained exception, because those carry values.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from safezone import dispatch
from safezone.access.actions import ZONE, Action, Actor
from safezone.audit import circumstances
from safezone.backup import recovery
from safezone.boundary import boundary
from safezone.catalog import jobs
from safezone.errors import SafeZoneError, Unavailable
from safezone.housekeeping import keep_house
from safezone.model import Duty
from safezone.pipeline.assess import assess
from safezone.pipeline.check import check
from safezone.pipeline.pseudonymise import part_names, pseudonymise
from safezone.pipeline.receive import receive
from safezone.pipeline.submit import submit
from safezone.settings import Settings
from safezone.zone import Zone, settle_log

R = TypeVar("R")


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
        with Zone.open(Settings(), Duty.INGEST) as zone:
            done = steps[name](zone.ingest, zone.airflow_actor(user), dataset, *references)
        if name == "submit":
            _settle()
        return done

    return _for_airflow(name, run)


def queued_jobs() -> list[str]:
    """Ids of the jobs that wait."""

    def run() -> list[str]:
        with Zone.open(Settings(), Duty.RELEASE) as zone:
            return [job.id for job in jobs.queued(zone.catalog)]

    return _for_airflow("dispatch", run)


def run_job(job_id: str) -> dict[str, Any]:
    """Take one job and do it; see `safezone.dispatch.run_job`."""

    def run() -> dict[str, Any]:
        with Zone.open(Settings(), Duty.RELEASE) as zone:
            done = dispatch.run_job(zone, job_id)
        _settle()
        return done

    return _for_airflow("dispatch", run)


def housekeeping() -> dict[str, int]:
    """Expiry, retention, destruction, stale jobs and orphans. Returns how many of each."""

    def run() -> dict[str, int]:
        settings = Settings()
        with Zone.open(settings, Duty.INGEST) as ingest, Zone.open(settings, Duty.RELEASE) as releasing:
            done = keep_house(ingest, releasing)
        try:
            with Zone.open(settings, Duty.BACKUP) as keeping:
                # A copy of the keystore must not outlive what was destroyed.
                keeping.authorizer.authorize(Actor.duty(Duty.BACKUP), Action.BACKUP_MAKE, ZONE, "recovery")
                recovery.renew(keeping)
        finally:
            _settle()
        return done

    return _for_airflow("housekeeping", run)


def _settle() -> None:
    """Leave a witnessed checkpoint at the end of a flow, where no log duty runs; what the flow did stands anyhow."""
    try:
        with boundary("log"):
            missing = settle_log(Settings())
    except SafeZoneError as error:
        missing = [error]
    for each in missing:
        logging.getLogger(__name__).warning("%s", each)


def _task() -> dict[str, str | int | None]:
    """Which Dag, run and task this is, for the events it writes; nothing outside Airflow."""
    from airflow.sdk import get_current_context

    try:
        task = get_current_context()["ti"]
    except RuntimeError:
        return {}
    index = task.map_index
    return {
        "dag_id": task.dag_id,
        "run_id": task.run_id,
        "task_id": task.task_id,
        "map_index": index if isinstance(index, int) and index >= 0 else None,
    }


def _for_airflow(name: str, run: Callable[[], R]) -> R:
    """Let an outage be retried and everything else fail at once, without a chained exception."""
    from airflow.sdk.exceptions import AirflowFailException

    try:
        with boundary(name), circumstances.under(**_task()):
            return run()
    except Unavailable as error:
        raise Unavailable(error.code, error.what, error.next_step, error.kept) from None
    except SafeZoneError as error:
        raise AirflowFailException(f"{error} / {error.what.ko} {error.next_step.ko}") from None
