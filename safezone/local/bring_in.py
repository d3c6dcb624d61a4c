"""Deliveries through the ingest Dags: triggered by the steward of each controller, watched until all have ended."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from safezone.errors import SafeZoneError, Unavailable
from safezone.local.airflow import AirflowClient, AirflowUser, LocalAirflow
from safezone.local.airflow_api import FINAL_STATES, TaskInstance
from safezone.local.progress import Board
from safezone.policy.dataset import DatasetPolicy, slug

_POLL_SECONDS = 0.5
_CODE = re.compile(r"\[([a-z]+\.[a-z_]+)\]([^\"\\]{0,300})")
# A mapped task has many instances: the one that is least far stands for it.
_ORDER = ("failed", "upstream_failed", "up_for_retry", "running", "queued", "scheduled", "success")


@dataclass(frozen=True, slots=True)
class Run:
    """A run of an ingest Dag."""

    dataset: str
    dag: str
    run: str


def trigger(
    airflow: LocalAirflow,
    users: Mapping[str, AirflowUser],
    policies: Mapping[str, DatasetPolicy],
    deliveries: Mapping[str, str],
) -> list[Run]:
    """Trigger the ingest of each delivery, as the steward of the dataset's controller.

    Args:
        airflow: a running Airflow.
        users: its accounts by name.
        policies: the dataset policies.
        deliveries: delivery ids by dataset.
    """
    runs = []
    for dataset, delivery in deliveries.items():
        dag = f"ingest__{slug(dataset)}"
        with airflow.client(users[f"steward-{policies[dataset].controller}"]) as client:
            runs.append(Run(dataset, dag, client.trigger(dag, {"delivery": delivery})))
    return runs


def watch(airflow: LocalAirflow, user: AirflowUser, runs: Sequence[Run], board: Board, timeout: float) -> None:
    """Wait until every run has ended, and show how far each is.

    Raises:
        SafeZoneError: a run failed; the message names the task, the error's code and the log.
        Unavailable: a run has not ended in time, or Airflow has.
    """
    deadline = time.monotonic() + timeout
    with ExitStack() as stack:
        client = stack.enter_context(airflow.client(user))
        waiting = list(runs)
        while waiting:
            airflow.check()
            for run in list(waiting):
                state = client.run_state(run.dag, run.run)
                _show(board, run, client.task_instances(run.dag, run.run))
                if state in FINAL_STATES:
                    board.end(run.dataset)
                    waiting.remove(run)
                if state == "failed":
                    raise _failed(airflow, client, run)
            if time.monotonic() > deadline:
                raise _late(airflow, waiting[0])
            time.sleep(_POLL_SECONDS)


def _show(board: Board, run: Run, instances: Sequence[TaskInstance]) -> None:
    states: dict[str, list[str]] = {}
    for task in instances:
        states.setdefault(task.task_id, []).append(task.state or "")
    for name, found in states.items():
        board.move(run.dataset, name, next((state for state in _ORDER if state in found), ""))


def _failed(airflow: LocalAirflow, client: AirflowClient, run: Run) -> SafeZoneError:
    """Our own error, read back from the task's log: code and text hold no data."""
    failed = [task for task in client.task_instances(run.dag, run.run) if task.state == "failed"]
    name, code, text = "?", "", ""
    if failed:
        name = failed[0].task_id
        said = _CODE.search(client.task_log(run.dag, run.run, failed[0]))
        code, text = said.groups() if said else ("", "")
    return SafeZoneError(
        "demo.ingest",
        (
            f"The ingest of {run.dataset} failed in {name}: {code}{text.rstrip()}",
            f"{run.dataset} 반입이 {name} 단계에서 실패했습니다: {code}{text.rstrip()}",
        ),
        (
            f"Read the task's log below {airflow.logs}/dag_id={run.dag}.",
            f"{airflow.logs}/dag_id={run.dag} 아래의 작업 로그를 확인하십시오.",
        ),
    )


def _late(airflow: LocalAirflow, run: Run) -> Unavailable:
    return Unavailable(
        "demo.ingest_time",
        (
            f"The ingest of {run.dataset} has not ended in time.",
            f"{run.dataset} 반입이 제한 시간 안에 끝나지 않았습니다.",
        ),
        (f"Look at the logs below {airflow.logs}.", f"{airflow.logs} 아래 로그를 확인하십시오."),
    )
