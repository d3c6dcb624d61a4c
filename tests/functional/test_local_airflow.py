"""A real Airflow on this machine: only its owner reaches it, only stewards trigger, nothing outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from safezone.errors import BadInput, Denied, NotFound, Unavailable, UsageError
from safezone.local.airflow import AirflowClient, AirflowUser, LocalAirflow

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

STEWARD = AirflowUser("kim.steward", "user", "steward-secret")
OTHER = AirflowUser("lee.steward", "user", "other-secret")
AUDITOR = AirflowUser("park.auditor", "viewer", "auditor-secret")
OPERATOR = AirflowUser("choi.operator", "op", "operator-secret")

PARTS_DAG = """
from airflow.sdk import Param, dag, get_current_context, task
import os, sys

@dag(schedule=None, params={
    "delivery": Param("north/2026-11", type="string", pattern="^[a-z0-9/-]{1,40}$", title="Delivery / 반입"),
    "parts": Param(2, type="integer", minimum=1, maximum=8),
})
def parts():
    @task
    def receive() -> list[str]:
        context = get_current_context()
        return [f"part-{n}" for n in range(context["params"]["parts"])]

    @task
    def pseudonymise(part: str) -> str:
        return part + ":done"

    @task
    def assess(parts: list[str]) -> dict:
        return {
            "parts": len(list(parts)),
            "who": get_current_context()["dag_run"].triggering_user_name,
            "inherited": "SAFEZONE_TEST_CALLER" in os.environ,
            "given": os.environ.get("SAFEZONE_TEST_GIVEN", ""),
            "proxy": any(name.lower().endswith("_proxy") for name in os.environ),
            "warm": os.environ.get("SAFEZONE_TEST_GIVEN", "") and "fractions" in sys.modules,
        }

    assess(pseudonymise.expand(part=receive()))

parts()
"""

SLEEP_DAG = """
from airflow.sdk import dag, task

@dag(schedule=None)
def sleeper():
    @task
    def doze() -> None:
        import subprocess
        subprocess.run(["sleep", "600"], start_new_session=True)

    doze()

sleeper()
"""

BROKEN_DAG = "from airflow.sdk import dag\nraise RuntimeError('no policy')\n"


def write_dags(folder: Path) -> Path:
    folder.mkdir()
    (folder / "parts.py").write_text(PARTS_DAG)
    (folder / "sleeper.py").write_text(SLEEP_DAG)
    (folder / "broken.py").write_text(BROKEN_DAG)
    (folder / "notes.py").write_text("# not one of those files\n")
    return folder


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that works in `home`. Not told by the environment: Airflow's process titles overwrite it."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != "zombie" and process.cwd() == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


def returned(client: AirflowClient, run: str) -> dict[str, object]:
    """What the last task of the Dag `parts` returned."""
    found = {(xcom.task_id, xcom.key): xcom.value for xcom in client.xcoms("parts", run)}
    return dict(found["assess", "return_value"])


@pytest.fixture(scope="module")
def stages() -> list[str]:
    return []


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, stages: list[str]) -> Iterator[LocalAirflow]:
    root = tmp_path_factory.mktemp("airflow")
    os.environ["SAFEZONE_TEST_CALLER"] = "the caller's own secret"
    os.environ["HTTP_PROXY"] = os.environ["http_proxy"] = "http://127.0.0.1:9"
    try:
        with LocalAirflow(
            root / "home",
            write_dags(root / "dags"),
            users=[STEWARD, OTHER, AUDITOR, OPERATOR],
            env={"SAFEZONE_TEST_GIVEN": "yes"},
            preload=["fractions"],
            grace=2.0,
            on_progress=stages.append,
        ) as running:
            yield running
    finally:
        for name in ("SAFEZONE_TEST_CALLER", "HTTP_PROXY", "http_proxy"):
            del os.environ[name]


@pytest.fixture(scope="module")
def steward(airflow: LocalAirflow) -> Iterator[AirflowClient]:
    with airflow.client(STEWARD) as client:
        yield client


@pytest.fixture(scope="module")
def finished(steward: AirflowClient) -> str:
    run = steward.trigger("parts", {"parts": 3})
    assert steward.wait("parts", run, timeout=60) == "success"
    return run


def test_it_is_ready_when_started(airflow: LocalAirflow, steward: AirflowClient, stages: list[str]) -> None:
    assert {dag.dag_id for dag in steward.dags()} == {"parts", "sleeper"}
    assert [failure.file for failure in steward.import_errors()] == ["broken.py"]
    assert stages[0] == "database" and stages[-1] == "ready"
    airflow.check()


def test_everything_listens_on_this_machine_alone(airflow: LocalAirflow) -> None:
    listening = [
        connection.laddr
        for process in processes_of(airflow.home)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(processes_of(airflow.home)) >= 4
    assert {address.ip for address in listening} == {"127.0.0.1"}
    # One server for people, one for what tasks report to.
    assert airflow.port in {address.port for address in listening}
    assert len({address.port for address in listening}) == 2


def test_everything_written_is_private(airflow: LocalAirflow, finished: str) -> None:
    assert airflow.home.stat().st_mode & 0o077 == 0
    for path in airflow.home.rglob("*"):
        assert path.lstat().st_mode & 0o077 == 0 or path.is_symlink(), path.name


def test_a_mapped_dag_runs_and_hands_over(steward: AirflowClient, finished: str) -> None:
    states = {(task.task_id, task.map_index): task.state for task in steward.task_instances("parts", finished)}
    assert states == {
        ("receive", -1): "success",
        ("pseudonymise", 0): "success",
        ("pseudonymise", 1): "success",
        ("pseudonymise", 2): "success",
        ("assess", -1): "success",
    }
    outcome = returned(steward, finished)
    assert outcome["parts"] == 3


def test_tasks_get_the_environment_given_and_not_the_callers(steward: AirflowClient, finished: str) -> None:
    outcome = returned(steward, finished)
    assert outcome["given"] == "yes" and outcome["warm"] is True
    assert not outcome["inherited"] and not outcome["proxy"]


def test_the_task_knows_who_triggered(airflow: LocalAirflow) -> None:
    for user in (STEWARD, OTHER):
        with airflow.client(user) as client:
            run = client.trigger("parts", {"parts": 1})
            assert client.wait("parts", run, timeout=60) == "success"
            outcome = returned(client, run)
            assert outcome["who"] == user.name


def test_nobody_triggers_under_another_name(steward: AirflowClient) -> None:
    for attempt in ({"triggering_user_name": OTHER.name}, {"triggered_by": OTHER.name}, {"user": OTHER.name}):
        with pytest.raises(BadInput):
            steward.trigger("parts", extra=attempt)
    with pytest.raises(BadInput):
        steward.trigger("parts", {"delivery": "../../etc"})
    run = steward.trigger("parts", {"parts": 1, "triggering_user_name": OTHER.name})
    assert steward.wait("parts", run, timeout=60) == "success"
    assert steward.run("parts", run)["triggering_user_name"] == STEWARD.name


def test_who_may_not_trigger_is_refused(airflow: LocalAirflow) -> None:
    with airflow.client(AUDITOR) as client:
        assert client.dags()
        with pytest.raises(Denied):
            client.trigger("parts")
    with airflow.client(AirflowUser("kim.steward", "user", "wrong")) as client, pytest.raises(Denied):
        client.trigger("parts")
    with airflow.client(AirflowUser("nobody", "admin", "steward-secret")) as client, pytest.raises(Denied):
        client.dags()


def test_a_steward_triggers_and_changes_nothing_else(
    airflow: LocalAirflow, steward: AirflowClient, finished: str
) -> None:
    with airflow.client(OTHER) as other:
        for attack in (
            lambda: other.set_task_state("parts", finished, "assess", "failed"),
            lambda: other.clear("parts", finished),
            lambda: other.unpause("parts"),
            lambda: other._call("DELETE", f"/dags/parts/dagRuns/{finished}"),
            lambda: other._call("DELETE", "/dags/parts"),
            lambda: other._call(
                "POST",
                f"/dags/parts/dagRuns/{finished}/taskInstances/assess/xcomEntries",
                json={"key": "mine", "value": 1},
            ),
            lambda: other._call("PATCH", f"/dags/parts/dagRuns/{finished}", json={"state": "failed"}),
            lambda: other._call("GET", "/connections"),
            lambda: other._call("POST", "/variables", json={"key": "a", "value": "b"}),
        ):
            with pytest.raises(Denied):
                attack()
    assert steward.run_state("parts", finished) == "success"


def test_an_operator_can_set_a_tasks_state(airflow: LocalAirflow, finished: str) -> None:
    """Which is why nothing of the zone may rest on it."""
    with airflow.client(OPERATOR) as operator:
        operator.set_task_state("parts", finished, "pseudonymise", "failed", map_index=1)
        states = {(t.task_id, t.map_index): t.state for t in operator.task_instances("parts", finished)}
        assert states["pseudonymise", 1] == "failed"
        with pytest.raises(NotFound):
            operator.run_state("parts", "no-such-run")


def test_a_second_airflow_in_the_same_folder_is_refused(airflow: LocalAirflow, tmp_path: Path) -> None:
    second = LocalAirflow(airflow.home, tmp_path, users=[STEWARD], env={})
    with pytest.raises(Unavailable, match="already"):
        second.start()
    airflow.check()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=str(port)):
            LocalAirflow(tmp_path / "home", tmp_path, users=[STEWARD], env={}, port=port).start()


@pytest.mark.parametrize("name", ["", "a:admin", "a,b", "a b"])
def test_an_account_cannot_smuggle_a_second_one(name: str) -> None:
    with pytest.raises(UsageError):
        AirflowUser(name, "user", "secret")
    assert "secret" not in repr(STEWARD)


def test_the_dags_environment_cannot_change_airflow(tmp_path: Path) -> None:
    loose = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True"}
    with pytest.raises(UsageError):
        LocalAirflow(tmp_path / "home", tmp_path, users=[STEWARD], env=loose).start()


def test_a_process_that_dies_is_named_and_takes_the_rest_with_it(airflow: LocalAirflow) -> None:
    victim = next(p for p in processes_of(airflow.home) if p.cmdline()[-1] == "dag-processor")
    victim.kill()
    deadline = time.monotonic() + 15
    while processes_of(airflow.home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(airflow.home) == []
    with pytest.raises(Unavailable, match="dag-processor") as refusal:
        airflow.check()
    assert str(airflow.logs / "dag-processor.log") in refusal.value.next_step.en


def test_nothing_outlives_a_killed_owner(airflow: LocalAirflow) -> None:
    """The same folder again, in another process, killed without warning while a task sleeps in its own session."""
    home, dags = airflow.home, airflow._dags
    airflow.stop()
    assert processes_of(home) == []
    script = f"""
import sys, time
from pathlib import Path
from safezone.local.airflow import AirflowUser, LocalAirflow
user = AirflowUser({STEWARD.name!r}, "user", "new-secret")
start = time.monotonic()
airflow = LocalAirflow(Path({str(home)!r}), Path({str(dags)!r}), users=[user], env={{}}, grace=2.0)
airflow.start()
client = airflow.client(user)
run = client.trigger("sleeper")
while [t.state for t in client.task_instances("sleeper", run)] != ["running"]:
    time.sleep(0.1)
time.sleep(1)
print("asleep", flush=True)
time.sleep(600)
"""
    code = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env={"PYTHONPATH": code}, text=True
    ) as owner:
        try:
            assert owner.stdout is not None and owner.stdout.readline() == "asleep\n"
            assert any(process.name() == "sleep" for process in processes_of(home))
        finally:
            owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 15
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(home) == []
