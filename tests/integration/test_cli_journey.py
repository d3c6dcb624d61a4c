"""The whole journey as a new user of the command line makes it: from an empty folder to a table on one's own disk."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import safezone.client as sz
from safezone.cli import run

DATASET = "veterans-benefits"
COLUMNS = "생년월일,시도명,상이등급"

# One story told in order: its steps stay together when tests are spread over workers.
pytestmark = pytest.mark.xdist_group("cli-journey")


class Person:
    """Somebody at a terminal. Calling one runs a command as them; every command answers in JSON."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch) -> None:
        self.home, self._capture, self._environment = home, capture, environment
        self.error: dict[str, Any] = {}

    def __call__(self, who: str | None, *arguments: str, code: int = 0) -> Any:
        if who is None:
            self._environment.delenv("SAFEZONE_TOKEN", raising=False)
        else:
            self._environment.setenv(
                "SAFEZONE_TOKEN", (self.home / "accounts" / f"{who}.token").read_text().strip()
            )
        self._capture.readouterr()
        got = run([*arguments, "--json"])
        said = self._capture.readouterr()
        assert got == code, said.err or said.out
        self.error = json.loads(said.err) if code and said.err else {}
        return json.loads(said.out) if said.out else None

    def speaks(self, *arguments: str) -> str:
        """What a person reads, without ``--json``, as the one who acted last."""
        self._capture.readouterr()
        assert run(list(arguments)) == 0
        return self._capture.readouterr().out


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("journey")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SAFEZONE_HOME", str(root / "zone"))
        environment.setenv("SAFEZONE_PASSPHRASE_FILE", str(root / "secret" / "passphrase"))
        environment.setenv("SAFEZONE_WITNESS_DIR", str(root / "witness"))
        environment.setenv("SAFEZONE_LEDGER_DIR", str(root / "destroyed"))
        environment.setenv("SAFEZONE_DESTROY_WAIT_HOURS", "0")
        environment.setenv("XDG_CONFIG_HOME", str(root / "config"))
        environment.setenv("COLUMNS", "80")
        environment.delenv("SAFEZONE_LANGUAGE", raising=False)
        yield root


@pytest.fixture
def do(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(place / "zone", capsys, monkeypatch)


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """Ids learnt on the way; the steps below run in order."""
    return {}


def test_01_a_zone_is_made_and_making_it_again_changes_nothing(do: Person, place: Path) -> None:
    first = do(None, "init", "--demo")
    assert first["state"] == "READY"
    assert do(None, "init", "--demo") == first
    modes = {path.stat().st_mode & 0o777 for path in (place / "zone" / "accounts").iterdir()}
    assert modes == {0o600}


def test_02_nobody_acts_without_a_token(do: Person) -> None:
    do(None, "version", "list", code=3)
    assert do.error["error"] == "access.unknown"


def test_03_policies_are_checked_and_take_two_people(do: Person, place: Path) -> None:
    assert DATASET in {item["id"] for item in do(None, "policy", "check")}
    wrong = place / "wrong.yaml"
    wrong.write_text("dataset: wrong\ntitle: {ko: a, en: b}\nno_such_key: 1\n")
    do(None, "policy", "check", str(wrong), code=4)
    assert "wrong.yaml:" in do.error["what"]
    for who, state in (("curator-1", "PROPOSED"), ("steward-mpva", "IN_FORCE")):
        assert do(who, "policy", "approve", DATASET)["state"] == state
    do("steward-mpva", "policy", "approve", DATASET, code=3)
    assert do.error["error"] == "review.twice"
    do("steward-koroad", "policy", "approve", DATASET, code=3)
    do("developer-1", "policy", "approve", DATASET, code=3)


def test_04_samples_are_the_same_for_the_same_seed(do: Person, place: Path, known: dict[str, str]) -> None:
    arguments = ("sample", str(place / "sent"), "--rows", "1000", "--seed", "3", "--dataset", DATASET)
    (made,) = do(None, *arguments)
    assert do(None, *arguments) == [made]
    known["folder"], known["delivery"] = made["folder"], made["id"]


def test_05_an_agency_makes_a_delivery(do: Person, place: Path, known: dict[str, str]) -> None:
    (file,) = (path for path in Path(known["folder"]).iterdir() if path.suffix == ".csv")
    made = do(
        None,
        "deliver",
        DATASET,
        str(file),
        "--out",
        str(place / "out"),
        "--from",
        "2025-01-01",
        "--until",
        "2025-12-31",
    )
    assert made["id"].startswith(f"DLV-{DATASET}-2025-")
    assert made["rows"] == 1000
    (detected,) = do(None, "policy", "suggest", made["folder"])
    assert detected["source"]["encoding"] == "cp949" and "생년월일" in detected["columns"]


def test_06_a_delivery_becomes_a_version_in_review(do: Person, known: dict[str, str]) -> None:
    do("developer-1", "ingest", DATASET, known["folder"], code=3)
    do("steward-koroad", "ingest", DATASET, known["folder"], code=3)
    assert not (do.home / "deliveries" / known["delivery"]).exists()
    version = do("steward-mpva", "ingest", DATASET, known["folder"])
    assert version["state"] == "IN_REVIEW"
    again = do("steward-mpva", "ingest", DATASET, known["delivery"])
    assert again["id"] == version["id"]
    known["version"] = version["id"]
    assert [item["state"] for item in do("steward-mpva", "ingest", "--list")] == ["RECEIVED"]
    assert do("steward-koroad", "ingest", "--list") == []


def test_07_bad_rows_are_in_quarantine_by_file_and_line(do: Person, place: Path, known: dict[str, str]) -> None:
    (entry,) = do("steward-mpva", "quarantine", "list")
    planted = json.loads((place / "sent" / "truth.json").read_text())["deliveries"][0]["planted"]
    found = do("steward-mpva", "quarantine", "show", entry["id"])["findings"]
    assert {(item["file"], item["line"]) for item in found} == {(item["file"], item["line"]) for item in planted}
    assert do("steward-koroad", "quarantine", "list") == []
    do("steward-koroad", "quarantine", "show", entry["id"], code=3)


def test_08_a_tampered_delivery_is_set_aside(do: Person, place: Path, known: dict[str, str]) -> None:
    folder = place / "tampered" / known["delivery"]
    shutil.copytree(known["folder"], folder)
    manifest = json.loads((folder / "delivery.json").read_text())
    manifest["delivery"] = manifest["delivery"][:-8] + "0badc0de"
    manifest["files"][0]["sha256"] = "0" * 64
    (folder / "delivery.json").write_text(json.dumps(manifest))
    do("steward-mpva", "ingest", DATASET, str(folder), code=4)
    assert do.error["error"] == "delivery.digest_mismatch"
    assert "q-" in do.error["kept"]


def test_09_whoever_ran_it_does_not_review_it(do: Person, known: dict[str, str]) -> None:
    do("steward-mpva", "version", "review", known["version"], code=3)
    assert do("curator-1", "version", "review", known["version"], "--comment", "적정")["state"] == "PUBLISHED"
    shown = do("auditor-1", "version", "show", known["version"])
    assert [item["verdict"] for item in shown["reviews"]] == ["approve"]
    stages = {item["stage"] for item in do("developer-1", "version", "list")}
    assert stages == {"published"}


def test_10_a_developer_finds_it_and_proposes_a_project(do: Person, place: Path, known: dict[str, str]) -> None:
    (entry,) = do("developer-1", "catalog")
    assert (entry["id"], entry["state"]) == (DATASET, "PUBLISHED")
    assert "생년월일" in {item["name"] for item in do("developer-1", "catalog", DATASET)["columns"]}
    project = do("developer-1", "project", "new", "보훈 연구", "--purpose", "급여 예측")
    assert project["state"] == "PROPOSED"
    do("developer-1", "project", "approve", project["id"], code=3)
    assert do("developer-1", "project", "member", project["id"], "developer-2")["round"] == 2
    assert do("reviewer-1", "project", "approve", project["id"])["state"] == "APPROVED"
    assert do("steward-mpva", "project", "list") == []
    known["project"] = project["id"]
    known["recipient"] = do(None, "keygen", str(place / "mine.txt"))["recipient"]


def ask(do: Person, known: dict[str, str], where: str = "", **more: str) -> Any:
    wish = {
        "--dataset": DATASET, "--columns": COLUMNS, "--where": where, "--purpose": "연구", "--project": known["project"],
        "--recipient": known["recipient"],
    } | more  # fmt: skip
    return do("developer-1", "request", "new", *(part for pair in wish.items() for part in pair))


def test_11_a_request_is_checked_as_it_is_submitted(do: Person, known: dict[str, str]) -> None:
    request = ask(do, known, "시도명 IN ('서울특별시', '경기도')")
    assert request["state"] == "DRAFT"
    assert do("developer-2", "request", "list") == []
    submitted = do("developer-1", "request", "submit", request["id"])
    assert submitted["state"] == "IN_REVIEW" and submitted["checks"]["passed"]
    assert submitted["checks"]["k"] >= 5
    known["request"] = request["id"]


def test_12_a_filter_outside_the_grammar_is_refused(do: Person, known: dict[str, str]) -> None:
    do(
        "developer-1", "request", "new", "--dataset", DATASET, "--columns", COLUMNS, "--where", "error('x') = 1",
        "--purpose", "연구", "--project", known["project"], "--recipient", known["recipient"], code=4,
    )  # fmt: skip


def test_13_two_reviewers_decide_blind(do: Person, known: dict[str, str]) -> None:
    request = known["request"]
    do("developer-1", "review", "approve", request, code=3)
    do("developer-1", "release", "build", request, code=3)
    assert do("reviewer-1", "review", "approve", request, "--comment", "필요한 열만")["state"] == "IN_REVIEW"
    assert do("developer-1", "request", "show", request)["reviews"] == []
    assert do("reviewer-2", "review", "approve", request, "--comment", "동의")["state"] == "APPROVED"
    assert len(do("developer-1", "request", "show", request)["reviews"]) == 2


def test_14_the_package_is_built_pulled_and_loaded(do: Person, place: Path, known: dict[str, str]) -> None:
    release = do("developer-1", "release", "build", known["request"])
    assert release["state"] == "RELEASED"
    assert do("developer-1", "release", "build", known["request"])["id"] == release["id"]
    do(
        "developer-2",
        "pull",
        known["request"],
        "--identity",
        str(place / "mine.txt"),
        "--out",
        str(place / "got"),
        code=3,
    )
    arguments = ("pull", known["request"], "--identity", str(place / "mine.txt"), "--out", str(place / "got"))
    pulled = do("developer-1", *arguments)
    assert pulled["state"] == "PULLED"
    table = sz.load(known["request"], dir=place / "got")
    assert table.num_rows == release["rows"] == pulled["rows"]
    assert table.column_names == COLUMNS.split(",")
    do("developer-1", *arguments, code=5)
    assert do("developer-1", "release", "list")[0]["pulls"] == 1


def test_15_a_revoked_release_is_gone(do: Person, place: Path, known: dict[str, str]) -> None:
    do("developer-1", "release", "revoke", known["request"], code=3)
    assert do("curator-2", "release", "revoke", known["request"])["state"] == "REVOKED"
    do(
        "developer-1",
        "pull",
        known["request"],
        "--identity",
        str(place / "mine.txt"),
        "--out",
        str(place / "x"),
        code=5,
    )


def test_16_requests_are_withdrawn_returned_and_rejected(do: Person, known: dict[str, str]) -> None:
    assert do("developer-1", "request", "withdraw", ask(do, known)["id"])["state"] == "WITHDRAWN"
    for verdict, state in (("return", "RETURNED"), ("reject", "REJECTED")):
        request = ask(do, known)["id"]
        do("developer-1", "request", "submit", request)
        do("reviewer-1", "review", verdict, request, code=2)  # why is not said
        do("reviewer-1", "review", verdict, request, "--comment", "목적 불분명")
        assert do("reviewer-2", "review", "approve", request)["state"] == state


def test_17_keys_are_rotated_and_destroyed_at_the_console(do: Person) -> None:
    names = [item["id"] for item in do("admin", "keys", "list")]
    assert "sign/checkpoint" in names
    assert do("admin", "keys", "rotate", "sign/checkpoint")["version"] == 2
    do("curator-1", "keys", "list", code=3)
    victim = next(name for name in names if "/quarantine/" in name)
    do("admin", "keys", "destroy", victim, code=2)  # why is not said
    do("admin", "keys", "destroy", "sign/manifest", "--reason", "실수", code=3)
    do("curator-1", "keys", "destroy", victim, "--reason", "보유 목적 달성", code=3)
    asked = do("admin", "keys", "destroy", victim, "--reason", "보유 목적 달성")
    assert (asked["state"], asked["keys"]) == ("REQUESTED", [victim])
    do("admin", "keys", "destruction", "approve", asked["id"], code=3)
    do("admin", "keys", "destruction", "run", asked["id"], code=5)
    assert [item["id"] for item in do("curator-1", "keys", "destruction", "list")] == [asked["id"]]
    assert do("curator-1", "keys", "destruction", "show", asked["id"])["keys"] == [victim]
    assert "파기" in do.speaks("keys", "destruction", "--help")
    assert asked["id"] in do.speaks("keys", "destruction", "list")
    do.speaks("keys", "destruction", "show", asked["id"])
    do("developer-1", "keys", "destruction", "show", asked["id"], code=3)
    assert do("curator-1", "keys", "destruction", "approve", asked["id"])["state"] == "APPROVED"
    (ran,) = do("admin", "keys", "destruction", "run")
    assert (ran["id"], ran["state"]) == (asked["id"], "DESTROYED")
    do("admin", "keys", "destruction", "withdraw", asked["id"], code=5)
    assert do("auditor-1", "keys", "certificate", ran["certificate"])["state"] == "VALID"
    saved = do.home.parent / "certificate.json"
    do("auditor-1", "keys", "certificate", ran["certificate"], "--out", str(saved))
    assert do("auditor-1", "keys", "certificate", "--verify", str(saved))["id"] == ran["certificate"]
    assert "파기 확인서" in do.speaks("keys", "certificate", ran["certificate"])
    saved.write_text(saved.read_text().replace("A", "B"))
    do("auditor-1", "keys", "certificate", "--verify", str(saved), code=6)
    assert do("admin", "keys", "rotate", "--all", "--older-than", "3650") == []
    assert all(item["version"] == 2 for item in do("admin", "keys", "rotate", "--all", "--older-than", "0"))
    assert {"id": victim, "state": "DESTROYED"}.items() <= next(
        item for item in do("admin", "keys", "list") if item["id"] == victim
    ).items()


def test_18_an_administrator_enrols_and_sees_no_data(do: Person) -> None:
    made = do("admin", "account", "add", "park.auditor", "--role", "auditor")
    assert Path(made["token_file"]).stat().st_mode & 0o777 == 0o600
    assert do("park.auditor", "account", "list")
    do("admin", "account", "add", "../escape", "--role", "auditor", code=2)
    do("curator-1", "account", "add", "friend", "--role", "administrator", code=3)
    assert do("admin", "version", "list") == []


def test_19_the_log_is_signed_proven_and_exported(do: Person, place: Path) -> None:
    checkpoint = do("auditor-1", "audit", "checkpoint")
    (place / "kept.note").write_text(checkpoint["note"])
    whole = do("auditor-1", "audit", "verify", "--checkpoint", str(place / "kept.note"))
    assert whole["ok"] and whole["witnessed"] == checkpoint["size"]
    proof = do("auditor-1", "audit", "prove", "3", "--out", str(place / "proof.json"))
    assert (
        do(None, "audit", "verify", "--proof", str(place / "proof.json"), "--key", proof["keys"][0])["state"]
        == "VALID"
    )
    keys = do("auditor-1", "audit", "export", str(place / "bundle"))["keys"]
    trusted = [part for key in keys for part in ("--key", key)]
    assert (
        do(None, "audit", "verify", "--bundle", str(place / "bundle"), *trusted)["witnessed"] == checkpoint["size"]
    )
    denied = do("auditor-1", "audit", "list", "--type", "decision.denied", "--limit", "500")
    assert len(denied) >= 10 and all(item["type"] == "decision.denied" for item in denied)
    do("developer-1", "audit", "list", code=3)


def test_20_people_read_it_within_80_columns(do: Person, known: dict[str, str]) -> None:
    do("auditor-1", "audit", "list")
    for command in (
        ("version", "list"), ("version", "show", known["version"]), ("request", "list"),
        ("request", "show", known["request"]), ("release", "list"), ("project", "list"), ("policy", "list"),
        ("audit", "list"), ("account", "list"), ("catalog",),
    ):  # fmt: skip
        from rich.cells import cell_len

        shown = do.speaks(*command)
        assert max(cell_len(line) for line in shown.splitlines()) <= 80, command


def test_21_the_log_duty_runs_until_it_is_terminated(do: Person, place: Path) -> None:
    code = "from safezone.cli import main; import sys; sys.argv[1:] = ['log', '--every', '0.2']; main()"
    environment = {name: value for name, value in os.environ.items() if name != "SAFEZONE_TOKEN"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with sqlite3.connect(place / "zone" / "catalog.db") as database:
            waiting = "SELECT count(*) FROM audit_event WHERE seq IS NULL"
            for _ in range(100):
                (staged,) = database.execute(waiting).fetchone()
                if staged == 0:
                    break
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.1)
        assert staged == 0
        process.terminate()
        assert process.wait(10) == 0, process.stderr.read() if process.stderr else ""
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def test_22_tampering_ends_with_6_and_says_where(do: Person, place: Path) -> None:
    database = sqlite3.connect(place / "zone" / "catalog.db")
    with database:
        database.execute(
            'UPDATE audit_leaf SET leaf = replace(leaf, \'"account":"\', \'"account":"x\') WHERE seq = 9'
        )
    database.close()
    found = do("auditor-1", "audit", "verify", code=6)
    assert found["state"] == "TAMPERED" and found["first"] == 9
