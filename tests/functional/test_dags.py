"""The zone's own Dags on a real scheduler: who triggers decides, references travel, task states decide nothing."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from safezone.catalog.records import JobRecord, RequestRecord, VersionRecord
from safezone.errors import BadInput, Denied, NotFound, WrongState
from safezone.local.airflow import AirflowUser, LocalAirflow
from safezone.model import Duty, JobState, RequestState, Stage, VersionState
from tests.fixtures.leaks import Searcher
from tests.fixtures.sandbox import ROOT, benefit_rows, make_sandbox

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.xdist_group("airflow")]

DAG = "ingest__benefit_payments"
STEWARD = AirflowUser("steward", "user", "steward-password")
CURATOR = AirflowUser("curator-3", "user", "curator-password")
STRANGER = AirflowUser("other-steward", "user", "stranger-password")
NOBODY = AirflowUser("not-enrolled", "user", "nobody-password")
OPERATOR = AirflowUser("operator", "op", "operator-password")
MARKED = "남궁빛솔"
PRELOAD = ("safezone.tasks", "pyarrow.parquet", "great_expectations", "duckdb", "presidio_analyzer")


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    sandbox = make_sandbox(tmp_path_factory.mktemp("dags"), part_rows=1_000)
    sandbox.approve_policy()
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def airflow(zone):
    settings = zone.settings
    environment = {
        "SAFEZONE_HOME": str(settings.home),
        "SAFEZONE_PASSPHRASE_FILE": str(settings.passphrase_file),
        "SAFEZONE_WITNESS_DIR": str(settings.witness_dir),
        "SAFEZONE_LEDGER_DIR": str(settings.ledger_dir),
        "SAFEZONE_POLICIES": str(settings.policies),
        "SAFEZONE_PART_ROWS": "1000",
    }
    running = LocalAirflow(
        settings.home / "airflow",
        ROOT / "dags",
        users=[STEWARD, CURATOR, STRANGER, NOBODY, OPERATOR],
        env=environment,
        parallelism=3,
        preload=PRELOAD,
    )
    with running:
        yield running


def run(airflow, user, delivery, dag=DAG, timeout=180):
    with airflow.client(user) as client:
        number = client.trigger(dag, {"delivery": delivery})
        return number, client.wait(dag, number, timeout=timeout)


def candidates(zone):
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=Stage.PUBLISHED)


def events(zone, type_):
    from sqlalchemy import select

    from safezone.audit.engine import read
    from safezone.audit.tables import audit_event

    with read(zone.open(Duty.PORTAL).catalog.engine) as connection:
        return connection.execute(select(audit_event).where(audit_event.c.type == type_)).all()


def test_every_dag_is_there_and_none_is_broken(airflow):
    with airflow.client(STEWARD) as client:
        assert client.import_errors() == []
        assert {dag.dag_id for dag in client.dags()} >= {DAG, "dispatch", "housekeeping"}


def test_a_steward_ingests_and_xcoms_and_logs_carry_references_only(zone, airflow):
    rows = benefit_rows(2_400)
    rows[5][0], rows[7][6] = MARKED, f"민원인 {MARKED}이 방문함"
    delivery = zone.deliver(rows, name="a.csv")
    number, state = run(airflow, STEWARD, delivery)
    assert state == "success"

    (candidate,) = candidates(zone)
    assert candidate.state is VersionState.IN_REVIEW
    assert candidate.made_by == zone.account("steward").id
    with airflow.client(STEWARD) as client:
        tasks = client.task_instances(DAG, number)
        assert sum(task.task_id == "pseudonymise" for task in tasks) == 3
        carried = client.xcoms(DAG, number)
        assert {entry.task_id for entry in carried} <= {
            "receive",
            "check",
            "parts",
            "pseudonymise",
            "assess",
            "submit",
        }
        search = Searcher([MARKED, rows[5][1], rows[7][1]])
        assert search.bytes(repr(carried).encode(), "xcom") == []
        for task in tasks:
            assert search.bytes(client.task_log(DAG, number, task).encode(), task.task_id) == []
    # What a task did names the task, for whoever follows it up.
    (received,) = zone.events(f"delivery/{delivery}", "delivery.received")
    assert {name: received["details"].get(name) for name in ("dag_id", "run_id", "task_id", "map_index")} == {
        "dag_id": DAG,
        "run_id": number,
        "task_id": "receive",
        "map_index": None,
    }
    reads = [
        event["details"]
        for version in zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=Stage.RAW)
        for event in zone.events(f"version/{version.id}", "vault.read")
    ]
    mapped = {read.get("map_index") for read in reads if read.get("task_id") == "pseudonymise"}
    assert mapped == {0, 1, 2}


@pytest.mark.parametrize("user", [STRANGER, NOBODY], ids=["steward of another controller", "no account"])
def test_who_may_not_ingest_is_denied_by_the_zone_whatever_airflow_allows(zone, airflow, user):
    delivery = zone.deliver(benefit_rows(300, seed=len(user.name)), name="b.csv")
    before = (
        len(candidates(zone)),
        len(events(zone, "decision.denied")) + len(events(zone, "authentication.failed")),
    )
    _, state = run(airflow, user, delivery)
    after = len(candidates(zone)), len(events(zone, "decision.denied")) + len(events(zone, "authentication.failed"))
    assert state == "failed"
    assert after[0] == before[0]
    assert after[1] > before[1]


def test_a_delivery_is_named_and_never_a_path(airflow):
    for wrong in ("../outside", "/etc/passwd", "a/b", ""):
        with airflow.client(STEWARD) as client, pytest.raises((BadInput, Denied, NotFound)):
            client.trigger(DAG, {"delivery": wrong})


def test_two_runs_of_one_delivery_at_once_make_one_version(zone, airflow):
    delivery = zone.deliver(benefit_rows(1_500, seed=3), name="c.csv")
    known = {version.id for version in candidates(zone)}
    with airflow.client(STEWARD) as client:
        numbers = [client.trigger(DAG, {"delivery": delivery}) for _ in range(2)]
        states = [client.wait(DAG, number, timeout=180) for number in numbers]
    assert states == ["success", "success"]
    assert len({version.id for version in candidates(zone)} - known) == 1


def test_a_task_set_to_success_publishes_and_releases_nothing(zone, airflow):
    """The operator of Airflow skips the steps that check: nothing comes of it."""
    rows = benefit_rows(300, seed=4)
    for row in rows[:100]:
        row[1] = "broken"
    delivery = zone.deliver(rows, name="d.csv")
    known = {version.id for version in candidates(zone)}
    number, state = run(airflow, STEWARD, delivery)
    assert state == "failed"
    with airflow.client(OPERATOR) as client:
        for task in ("check", "parts", "assess", "submit"):
            client.set_task_state(DAG, number, task, "success")
        deadline = time.monotonic() + 30
        while client.run_state(DAG, number) not in {"success", "failed"} and time.monotonic() < deadline:
            time.sleep(0.5)
    assert {version.id for version in candidates(zone)} == known


def test_the_dispatch_dag_takes_jobs_within_fifteen_seconds(zone, airflow):
    # A version of the first run is published by a curator, then asked for; nobody calls the release duty here.
    version = next(v for v in candidates(zone) if v.state is VersionState.IN_REVIEW)
    zone.publish(version, by="curator-3")
    project = zone.project()

    request = zone.request(project.id)
    in_review = _await(zone, request.id, RequestState.IN_REVIEW)
    assert in_review.checks["passed"]

    zone.review(request, "reviewer-1")
    zone.review(request, "reviewer-2")
    released = _await(zone, request.id, RequestState.RELEASED)
    assert released.state is RequestState.RELEASED
    jobs = zone.open(Duty.PORTAL).catalog.list(JobRecord, subject=request.id)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}

    (announced,) = zone.open(Duty.PORTAL).catalog.list(JobRecord, subject=version.id)
    assert announced.state is JobState.SUCCEEDED
    with airflow.client(STEWARD) as client:
        assert ("safezone://mpva/benefit-payments", version.id) in client.asset_events()


def _await(zone, request, state, seconds=60):
    """Wait for the dispatch Dag; its promise of fifteen seconds is a figure, a test waits longer."""
    catalog = zone.open(Duty.PORTAL).catalog
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = catalog.get(RequestRecord, request)
        if found.state is state:
            return found
        time.sleep(0.5)
    raise WrongState("test.dispatch", (f"still {found.state}", "-"), ("-", "-"))


def test_nothing_planted_is_in_airflows_own_files(zone, airflow):
    folder = zone.settings.home / "airflow"
    copy = folder.with_name("airflow-copy")
    shutil.copytree(folder, copy, ignore_dangling_symlinks=True, symlinks=True)
    found, count = Searcher([MARKED]).tree([copy])
    assert count > 10
    assert found == []
    assert not any(name.startswith("SAFEZONE_TOKEN") for name in os.environ)
