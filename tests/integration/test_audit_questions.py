"""Auditors' questions to a zone in which things happened: each is one command, asked as the auditor asks it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pytest
from python_calamine import CalamineWorkbook

from safezone.access.actions import Action, dataset_resource
from safezone.airlock import release
from safezone.airlock.release import pull
from safezone.audit import circumstances
from safezone.catalog import lineage
from safezone.catalog.records import ReleaseRecord, RequestRecord, VersionRecord
from safezone.cli import run
from safezone.errors import Denied, IntegrityFailure, NotFound
from safezone.model import Duty, Stage, timestamp
from scripts.bench_questions import questions
from tests.fixtures.sandbox import DATASET, Sandbox

MONTH = "2026-11"


@pytest.fixture(scope="module")
def zone(published_template: Sandbox, tmp_path_factory) -> Iterator[Sandbox]:
    """One story: a request is built, pulled and revoked; somebody else tries and is refused."""
    made = published_template.copy(tmp_path_factory.mktemp("questions") / "whole")
    request = made.approved(made.project().id)
    record = made.build(request)
    airlock = made.open(Duty.RELEASE).airlock
    _, package = pull(airlock, made.account("developer"), request.id)
    package.close()
    for _ in range(3):
        with pytest.raises(Denied):
            pull(airlock, made.account("other-developer"), request.id)
    release.revoke(airlock, made.account("reviewer-1"), record.id)
    made.open(Duty.LOG).keep_log()
    yield made
    made.close()


@pytest.fixture
def ask(zone: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run a command as somebody; without ``--json`` what is said in words."""
    settings = zone.settings
    monkeypatch.setenv("SAFEZONE_HOME", str(settings.home))
    monkeypatch.setenv("SAFEZONE_PASSPHRASE_FILE", str(settings.passphrase_file))
    monkeypatch.setenv("SAFEZONE_WITNESS_DIR", str(settings.witness_dir))
    monkeypatch.setenv("SAFEZONE_POLICIES", str(settings.policies))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(circumstances, "terminal", lambda: "10.0.0.7")

    def asked(who: str, *arguments: str, code: int = 0, plain: bool = False):
        monkeypatch.setenv("SAFEZONE_TOKEN", zone.people[who].token)
        capsys.readouterr()
        got = run(list(arguments) if plain else [*arguments, "--json"])
        said = capsys.readouterr()
        assert got == code, said.err or said.out
        return said.out if plain or code else json.loads(said.out)

    return asked


def the(zone: Sandbox, kind: type):
    (record,) = zone.open(Duty.PORTAL).catalog.list(kind)
    return record


def test_who_accessed_a_dataset(zone: Sandbox, ask) -> None:
    found = ask("auditor", "audit", "who", DATASET)
    by = {(line["name"], line["what"]): line for line in found}
    request = the(zone, RequestRecord)
    pulled = by["developer", "release.pulled"]
    assert (pulled["times"], pulled["rows"]) == (1, the(zone, ReleaseRecord).rows)
    assert pulled["purposes"] == [f"request/{request.id}"]
    assert set(pulled["columns"]) == set(request.columns)
    read = by["release", "vault.read"]
    assert read["on_behalf_of"] == zone.account("developer").id
    assert by["other-developer", "release.pull"]["state"] == "DENIED"
    assert by["other-developer", "release.pull"]["times"] == 3
    assert {"steward", "curator-3"} <= {line["name"] for line in found}
    assert ask("auditor", "audit", "who", DATASET, "--to", "2001-01-01") == []
    text = ask("auditor", "audit", "who", DATASET, plain=True)
    assert "KST" in text
    assert "other-developer" in text


def test_everything_a_person_did(zone: Sandbox, ask, tmp_path) -> None:
    file = tmp_path / "by.csv"
    found = ask("auditor", "audit", "by", "developer", "--csv", str(file))
    assert found["id"] == zone.account("developer").id
    assert {"release.pull", "release.pulled", "request.state", "project.state"} <= {
        day["what"] for day in found["days"]
    }
    assert found["events"] == len(found["shown"]) == len(file.read_text("utf-8-sig").splitlines()) - 1
    assert ask("auditor", "audit", "by", found["id"])["days"] == found["days"]
    assert ask("auditor", "audit", "by", "nobody")["state"] == "NOTHING"
    assert "developer" in ask("auditor", "audit", "by", "developer", plain=True)


def test_everything_about_a_release_from_policy_to_revocation(zone: Sandbox, ask) -> None:
    record, request = the(zone, ReleaseRecord), the(zone, RequestRecord)
    found = ask("auditor", "audit", "about", record.id)
    assert found["id"] == f"release/{record.id}"
    assert {f"request/{request.id}", f"version/{request.version}", f"project/{request.project}"} <= set(
        found["linked"]
    )
    story = [(event["type"], event["object"].partition("/")[0]) for event in found["events"]]
    for step in (
        ("policy.approved", "dataset"), ("delivery.received", "delivery"), ("version.committed", "version"),
        ("version.state", "version"), ("project.state", "project"), ("request.state", "request"),
        ("vault.read", "version"), ("review.signed", "request"), ("release.built", "release"),
        ("release.pulled", "release"), ("release.revoked", "release"), ("decision.denied", "release"),
    ):  # fmt: skip
        assert step in story
    times = [event["time"] for event in found["events"]]
    assert times == sorted(times)
    reads = [event for event in found["events"] if event["type"] == "vault.read"]
    assert all(event["purpose"].endswith(f"request/{request.id}") for event in reads)
    # The same story from any of its ends, and by what events call it.
    assert ask("auditor", "audit", "about", f"release/{record.id}")["linked"] == found["linked"]
    assert ask("auditor", "audit", "about", request.id)["linked"] == found["linked"]
    assert "내려받기" in ask("auditor", "audit", "about", record.id, plain=True)


@pytest.mark.parametrize("kind", ["version", "delivery", "project", "dataset", "job", "quarantine"])
def test_every_kind_of_object_has_a_story(zone: Sandbox, ask, kind: str) -> None:
    catalog = zone.open(Duty.PORTAL).catalog
    request = the(zone, RequestRecord)
    version = catalog.get(VersionRecord, request.version)
    ids = {"version": version.id, "delivery": version.delivery, "project": request.project, "dataset": DATASET}
    if kind in ids:
        found = ask("auditor", "audit", "about", ids[kind])
        assert found["id"] == f"{kind}/{ids[kind]}"
        assert found["events"]
        return
    rows = zone.sql(f"SELECT id FROM {kind}")
    for (key,) in rows[:1]:
        assert lineage.around(catalog, key).root == f"{kind}/{key}"


def test_a_request_taken_out_of_the_catalog_does_not_hide_its_release(zone: Sandbox, tmp_path) -> None:
    record = the(zone, ReleaseRecord)
    spoiled = zone.copy(tmp_path / "whole")
    with sqlite3.connect(spoiled.settings.home / "catalog.db") as connection:
        connection.execute("DELETE FROM request")
    connection.close()
    found = lineage.around(spoiled.open(Duty.PORTAL).catalog, record.id)
    assert found.whole == {f"release/{record.id}", f"request/{record.request}"}
    spoiled.close()


def test_what_the_log_never_heard_of(ask) -> None:
    ask("auditor", "audit", "about", "rel-nothing", code=NotFound.exit_code)


def test_denials_with_repeated_attempts(zone: Sandbox, ask) -> None:
    (found,) = [line for line in ask("auditor", "audit", "denials") if line["name"] == "other-developer"]
    assert (found["what"], found["reason"], found["times"], found["state"]) == (
        "release.pull",
        "no-rule",
        3,
        "REPEATED",
    )
    assert "반복" in ask("auditor", "audit", "denials", plain=True)


def test_unusual_access_does_not_judge_a_zone_of_one_day(ask) -> None:
    assert {line["state"] for line in ask("auditor", "audit", "unusual")} == {"NO_HISTORY"}
    assert "이력 부족" in ask("auditor", "audit", "unusual", plain=True)


def test_the_monthly_report_with_the_state_of_the_log(zone: Sandbox, ask, tmp_path) -> None:
    month = zone.sql("SELECT max(time) FROM audit_event")[0][0][:7]
    file = tmp_path / "report.xlsx"
    said = ask("auditor", "audit", "report", month, "--out", str(file))
    assert (said["state"], said["log"]["ok"]) == ("WHOLE", True)
    assert file.stat().st_mode & 0o077 == 0
    book = CalamineWorkbook.from_path(str(file))
    downloads = book.get_sheet_by_name("내려받기").to_python(skip_empty_area=False)
    assert "급여 예측 모델 학습" in downloads[4]
    integrity = book.get_sheet_by_name("로그무결성").to_python(skip_empty_area=False)
    assert "온전함" in integrity[3][1]
    ask("auditor", "audit", "report", "2026/11", "--out", str(file), code=2)


def test_ocsf_records_of_the_whole_log(zone: Sandbox, ask, tmp_path) -> None:
    file = tmp_path / "events.jsonl"
    said = ask("auditor", "audit", "ocsf", "--out", str(file))
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert said["records"] == said["next"] == len(records)
    text = file.read_text("utf-8")
    for person in zone.people.values():
        assert person.account.id not in text
        # Some are called like the role they have, and roles may leave.
        assert "-" not in person.account.name or person.account.name not in text
    again = ask("auditor", "audit", "ocsf", "--out", str(file), "--follow-seq", str(said["next"] - 1))
    assert (again["records"], again["next"]) == (1, said["next"])
    # The same account is the same hash in every export.
    assert json.loads(file.read_text("utf-8")) == records[-1]


@pytest.mark.parametrize(
    "question",
    [
        ("who", DATASET), ("by", "developer"), ("about", "rel-1"), ("denials",), ("unusual",),
        ("report", MONTH, "--out", "never.xlsx"), ("ocsf", "--out", "never.jsonl"), ("prune",),
    ],
)  # fmt: skip
def test_only_who_may_read_the_log_is_answered(ask, question: tuple[str, ...]) -> None:
    ask("developer", "audit", *question, code=Denied.exit_code)


def test_what_the_command_line_does_says_from_where(zone: Sandbox, ask) -> None:
    ask("auditor", "audit", "denials")
    (last,) = zone.events("log/log", "decision.allowed")[-1:]
    assert (last["purpose"], last["details"]["from"]) == ("audit.read denials", "10.0.0.7")


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_every_question_is_answered_on_either_database(store: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_url") if store == "postgresql" else ""
    seconds = questions(3_000, url)
    assert set(seconds) == {
        "who, a quarter", "who, ever", "by, ever", "about a release", "denials, ever", "unusual, a month",
        "report, a month",
    }  # fmt: skip


# -- reads in the vault --------------------------------------------------------------------------------------


def test_a_read_is_one_event_for_each_grant_and_part_however_many_batches(zone: Sandbox) -> None:
    ingest = zone.open(Duty.INGEST)
    raw = next(each for each in ingest.catalog.list(VersionRecord) if each.stage is Stage.RAW)
    grant = ingest.authorizer.authorize(
        zone.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva"), "delivery/x"
    )
    with ingest.vault.open_version(grant, raw, columns=["등급", "지급액"]) as dataset:
        batches = list(dataset.to_batches(batch_size=10))
        list(dataset.to_batches(batch_size=10))
    assert len(batches) > 5
    reads = [
        each for each in zone.events(f"version/{raw.id}", "vault.read") if each["details"].get("grant") == grant.id
    ]
    parts = ingest.vault.manifest(raw).parts
    assert sorted(each["details"]["part"] for each in reads) == [part.name for part in parts]
    assert {each["details"]["columns"] for each in reads} == {"등급,지급액"}
    assert sum(each["details"]["rows"] for each in reads) == raw.rows
    # The decision that gave the grant names it too.
    (decision,) = [
        each
        for each in zone.events(f"dataset/{DATASET}", "decision.allowed")
        if each["details"].get("grant") == grant.id
    ]
    assert decision["purpose"] == "delivery.ingest delivery/x"


def test_a_read_before_the_commit_is_an_event_too(zone: Sandbox) -> None:
    """The checks over all rows of what a step has just written: by then no version of that name exists."""
    catalog = zone.open(Duty.PORTAL).catalog
    version = next(each for each in catalog.list(VersionRecord) if each.stage is Stage.PUBLISHED)
    reads = zone.events(f"version/{version.id}", "vault.read")
    assert [each["details"]["columns"] for each in reads if each["time"] <= timestamp(version.created)][:1] == ["*"]


def test_a_damaged_leaf_stops_the_export_and_leaves_no_file(zone: Sandbox, ask, tmp_path) -> None:
    leaf = zone.sql("SELECT leaf FROM audit_leaf WHERE seq = 0")[0][0]
    zone.sql("UPDATE audit_leaf SET leaf = '{' WHERE seq = 0")
    ask("auditor", "audit", "ocsf", "--out", str(tmp_path / "x.jsonl"), code=IntegrityFailure.exit_code)
    assert list(tmp_path.iterdir()) == []
    zone.sql("UPDATE audit_leaf SET leaf = :leaf WHERE seq = 0", leaf=leaf)
