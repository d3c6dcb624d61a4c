"""`safezone detect`: counts for everybody, the explanation for stewards alone; and rules of stewards at work."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pseudonymize.detect.rules import DetectionRules
from safezone.catalog.records import VersionRecord
from safezone.cli import detect, explained, run
from safezone.model import Duty, Stage
from safezone.pipeline.pseudonymise import recipe
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows

PHONE, MAIL = "010-2345-6789", "haneul.kim@example.com"
TEXT = f"연락처: {PHONE}\n보훈번호는 12-345678이며 {MAIL}로 회신 바람.\n대표번호 02-7000-1200 안내.\n"
RULES = """\
recognizers:
  - name: 보훈번호
    supported_entity: KR_VETERANS_NUMBER
    label: {ko: 보훈번호, en: veterans number}
    patterns: [{name: two and six, regex: '\\b\\d{2}-\\d{6}\\b', score: 0.4}]
    context: [보훈번호]
allow_lists:
  - {name: 대표번호, values: [02-7000-1200], entities: [PHONE_NUMBER]}
"""


class Terminal:
    """Somebody at a terminal (or at the beginning of a pipe), as one account."""

    def __init__(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        self.sandbox, self._set, self._capture = sandbox, monkeypatch, capture
        settings = sandbox.settings
        for name, value in (
            ("HOME", settings.home),
            ("PASSPHRASE_FILE", settings.passphrase_file),
            ("WITNESS_DIR", settings.witness_dir),
            ("POLICIES", settings.policies),
        ):
            monkeypatch.setenv(f"SAFEZONE_{name}", str(value))
        monkeypatch.delenv("SAFEZONE_TOKEN", raising=False)
        monkeypatch.delenv("SAFEZONE_LANGUAGE", raising=False)
        self.seen(True)
        self.width(120)

    def be(self, name: str) -> None:
        self._set.setenv("SAFEZONE_TOKEN", self.sandbox.people[name].token)

    def width(self, columns: int) -> None:
        self._set.setenv("COLUMNS", str(columns))

    def seen(self, yes: bool) -> None:
        self._set.setattr(detect, "_at_terminal", lambda: yes)

    def language(self, name: str) -> None:
        self._set.setenv("SAFEZONE_LANGUAGE", name)

    def __call__(self, *arguments: object, code: int = 0) -> tuple[str, str]:
        self._capture.readouterr()
        got = run(["detect", *map(str, arguments)])
        said = self._capture.readouterr()
        assert got == code, said.err or said.out
        return said.out, said.err

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json")[0])


@pytest.fixture
def terminal(sandbox, monkeypatch, capsys) -> Terminal:
    folder = sandbox.settings.policy_dir / "recognizers"
    folder.mkdir()
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    return Terminal(sandbox, monkeypatch, capsys)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.csv"
    with path.open("w", encoding="cp949", newline="") as file:
        rows = [["접수", "내용", "비고"], *([f"{n}", f"연락 {PHONE} 바람", "없음"] for n in range(1, 4))]
        csv.writer(file).writerows([*rows, ["4", "이상 없음", MAIL]])
    return path


def everything_written(sandbox: Sandbox) -> str:
    """All that the catalog and its log hold, as text."""
    with sqlite3.connect(sandbox.settings.home / "catalog.db") as database:
        return "\n".join(database.iterdump())


# -- counts ---------------------------------------------------------------------------------------------------


def test_without_explain_there_are_counts_and_no_values(terminal, letter):
    out, err = terminal(letter)
    assert "전화번호" in out and "보훈번호" in out and "KR_VETERANS_NUMBER" in out
    assert PHONE not in out + err and MAIL not in out + err and "12-345678" not in out + err
    found = {(row["entity"], row["recognizer"]): row["count"] for row in terminal.json(letter)["found"]}
    assert found["KR_VETERANS_NUMBER", "보훈번호"] == 1
    assert found["PHONE_NUMBER", "Phone"] == 1  # the public number is allowed


def test_the_redacted_text_goes_to_a_new_file_for_its_owner_alone(terminal, letter, tmp_path):
    out = tmp_path / "redacted.txt"
    terminal(letter, "--out", out)
    assert out.read_text("utf-8") == (
        "연락처: <전화번호1>\n보훈번호는 <보훈번호1>이며 <이메일1>로 회신 바람.\n대표번호 02-7000-1200 안내.\n"
    )
    assert out.stat().st_mode & 0o777 == 0o600
    _, err = terminal(letter, "--out", out, code=2)
    assert "덮어쓰지 않았습니다" in err
    english = tmp_path / "english.txt"
    terminal(letter, "--out", english, "--language", "en")
    assert "<phone1>" in english.read_text("utf-8") and "<veterans number1>" in english.read_text("utf-8")


def test_tables_are_read_by_the_zones_own_sources(terminal, sheet, tmp_path):
    counts = terminal.json(sheet)
    assert (counts["rows"], counts["columns"]) == (4, 3)
    assert {row["entity"]: row["count"] for row in counts["found"]} == {"PHONE_NUMBER": 3, "EMAIL_ADDRESS": 1}
    only = terminal.json(sheet, "--column", "비고")
    assert {row["entity"] for row in only["found"]} == {"EMAIL_ADDRESS"}
    out = tmp_path / "after.csv"
    terminal(sheet, "--out", out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        head, first, *_, last = csv.reader(file)
    assert head == ["접수", "내용", "비고"]
    assert (first[1], last[2]) == ("연락 <전화번호1> 바람", "<이메일1>")


def test_parquet_and_json_lines_too(terminal, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"내용": [f"연락 {PHONE}", None]}), tmp_path / "a.parquet")
    (tmp_path / "b.jsonl").write_text(json.dumps({"내용": f"연락 {PHONE}"}) + "\n", "utf-8")
    for name in ("a.parquet", "b.jsonl"):
        assert [row["entity"] for row in terminal.json(tmp_path / name)["found"]] == ["PHONE_NUMBER"]


def test_what_is_asked_wrongly_is_said(terminal, letter, sheet, tmp_path):
    assert "열이 없습니다" in terminal(sheet, "--column", "없는 열", code=4)[1]
    assert "파일이 없습니다" in terminal(tmp_path / "none.txt", code=4)[1]
    assert "ko 또는 en" in terminal(letter, "--language", "ja", code=2)[1]
    assert "--explain" in terminal(letter, "--purpose", "x", code=2)[1]
    assert "정책이 없습니다" in terminal(letter, "--dataset", "none", code=4)[1]


# -- the explanation ------------------------------------------------------------------------------------------


def test_a_zone_steward_sees_what_why_and_what_it_becomes_and_the_log_has_no_value(terminal, letter):
    terminal.be("curator-1")
    out, _ = terminal(letter, "--explain", "--purpose", "규칙 점검 2026-11")
    for shown in (
        PHONE,
        MAIL,
        "12-345678",
        "<전화번호1>",
        "원문",
        "처리 결과",
        "이유",
        "이름표 ‘연락처’",
        "‘보훈번호’",
    ):
        assert shown in out
    assert "허용 목록이 남겨 둔 것" in out and "대표번호" in out
    (event,) = terminal.sandbox.events("zone/zone", "decision.allowed")
    assert event["purpose"] == "detection.explain 규칙 점검 2026-11"
    assert event["details"]["rules"] == "zone-steward-explains-other-texts"
    assert set(event["details"]) == {"rules", "grant", "from"}  # and neither the file nor what is in it
    written = everything_written(terminal.sandbox)
    assert not any(value in written for value in (PHONE, MAIL, "12-345678", "letter.txt"))


@pytest.mark.parametrize("name", ["admin", "steward", "other-steward", "reviewer-1", "developer", "auditor"])
def test_everybody_else_is_refused_before_the_file_is_opened_and_it_is_recorded(terminal, tmp_path, name):
    terminal.be(name)
    out, err = terminal(tmp_path / "not even there.txt", "--explain", "--purpose", "x", code=3)
    assert "detection.explain" in err and not out
    (event,) = terminal.sandbox.events("zone/zone")
    assert event["purpose"].startswith("detection.explain")


def test_without_a_token_nobody_sees_anything(terminal, letter):
    out, _ = terminal(letter, "--explain", "--purpose", "x", code=3)
    assert not out


def test_texts_of_a_dataset_are_for_its_controllers_steward(terminal, letter):
    terminal.be("steward")
    out, _ = terminal(letter, "--explain", "--purpose", "x", "--dataset", DATASET)
    assert PHONE in out
    terminal.be("other-steward")
    terminal(letter, "--explain", "--purpose", "x", "--dataset", DATASET, code=3)
    assert len(terminal.sandbox.events(f"dataset/{DATASET}", "decision.allowed")) == 1
    assert len(terminal.sandbox.events(f"dataset/{DATASET}")) == 1


def test_what_lies_in_the_zone_is_for_who_may_read_it_even_as_counts(terminal, tmp_path):
    sandbox = terminal.sandbox
    folder = sandbox.settings.inbox / sandbox.deliver(benefit_rows(40))
    file = next(path for path in sorted(folder.iterdir()) if path.name != "delivery.json")
    for arguments in ((), ("--out", tmp_path / "out.csv"), ("--explain", "--purpose", "x")):
        terminal(file, *arguments, code=3)  # nobody in particular
    terminal.be("other-steward")
    terminal(file, "--out", tmp_path / "out.csv", code=3)
    terminal(sandbox.settings.home / "catalog.db", code=3)
    assert not (tmp_path / "out.csv").exists()
    terminal.be("steward")
    terminal(file)
    (event,) = sandbox.events(f"dataset/{DATASET}", "decision.allowed")
    assert event["purpose"].startswith("delivery.read")
    assert len(sandbox.events(f"dataset/{DATASET}")) == 1


@pytest.mark.parametrize("purpose", ["", "  ", "two\nlines", "x" * 101, f"{PHONE} 민원"])
def test_a_purpose_is_needed_and_holds_no_personal_data(terminal, letter, purpose):
    terminal.be("curator-1")
    out, err = terminal(letter, "--explain", "--purpose", purpose, code=2)
    assert "--purpose" in err and not out and PHONE not in err
    assert PHONE not in everything_written(terminal.sandbox)


def test_the_decision_is_in_the_log_before_the_file_is_read(terminal, letter, monkeypatch):
    terminal.be("curator-1")

    def stop(*_: object) -> None:
        assert terminal.sandbox.events("zone/zone", "decision.allowed")
        raise KeyboardInterrupt

    monkeypatch.setattr(detect, "_read", stop)
    terminal(letter, "--explain", "--purpose", "x", code=130)


def test_values_go_into_no_pipe_but_into_a_file_that_is_named(terminal, letter, tmp_path):
    terminal.be("curator-1")
    terminal.seen(False)
    out, err = terminal(letter, "--explain", "--purpose", "x", code=2)
    assert not out and "--to-file" in err
    assert not terminal.sandbox.events("zone/zone", "decision.allowed")
    file = tmp_path / "explained.txt"
    out, err = terminal(letter, "--explain", "--purpose", "x", "--to-file", file)
    assert not out and PHONE not in err and "explained.txt" in err
    assert PHONE in file.read_text("utf-8") and file.stat().st_mode & 0o777 == 0o600
    kept = tmp_path / "explained.json"
    terminal(letter, "--explain", "--purpose", "x", "--to-file", kept, "--json")
    (body,) = json.loads(kept.read_text("utf-8"))
    why = {item["entity"]: item["why"] for item in body["found"]}
    assert why["PHONE_NUMBER"][0].keys() == {"ko", "en"}
    assert body["allowed"][0]["allow_list"] == "대표번호"


def test_a_table_is_explained_text_by_text_each_once(terminal, sheet):
    terminal.be("curator-1")
    out, _ = terminal(sheet, "--explain", "--purpose", "x")
    assert out.count("내용 열 · 1행") == 1 and "내용 열 · 2행" not in out and "비고 열 · 4행" in out
    few, _ = terminal(sheet, "--explain", "--purpose", "x", "--column", "비고", "--rows", "1")
    assert PHONE not in few and MAIL in few


@pytest.mark.parametrize("width", [120, 60, 40])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_fits_the_terminal_and_speaks_the_language(terminal, letter, width, language):
    from rich.cells import cell_len

    terminal.be("curator-1")
    terminal.width(width)
    terminal.language(language)
    out, _ = terminal(letter, "--explain", "--purpose", "x")
    assert max(map(cell_len, out.splitlines())) <= width
    assert ("원문" in out, "Original" in out) == (language == "ko", language == "en")
    side_by_side = any("원문" in line and "처리 결과" in line for line in out.splitlines())
    assert language == "en" or side_by_side is (width >= explained.WIDE)


def test_a_text_cannot_steer_the_terminal(terminal, tmp_path):
    path = tmp_path / "hostile.txt"
    path.write_text(f"\x1b[2J\x1b]0;x\x07 {PHONE} \u202e뒤집힘 [bold]굵게[/] 010\u200b-9876-5432\n", "utf-8")
    terminal.be("curator-1")
    out, _ = terminal(path, "--explain", "--purpose", "x")
    assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out and "\u200b" not in out
    assert "[bold]굵게[/]" in out and "␛" in out


# -- rules of stewards in the pipeline --------------------------------------------------------------------------


def test_policy_check_speaks_of_recognizer_files_too(terminal, capsys, tmp_path):
    assert run(["policy", "check", "--json"]) == 0
    items = {item["id"]: item for item in json.loads(capsys.readouterr().out)}
    assert items["recognizers/rules.yaml"]["recognizers"] == 1 and DATASET in items
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(RULES.replace("score: 0.4", "score: 4"), "utf-8")
    assert run(["policy", "check", str(wrong)]) == 4
    assert "wrong.yaml:5" in capsys.readouterr().err


def test_a_version_made_with_the_rules_names_their_model_and_strips_by_them(sandbox):
    bare = sandbox.open(Duty.INGEST).ingest.detector(DetectionRules()).digest
    folder = sandbox.settings.policy_dir / "recognizers"
    folder.mkdir()
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    sandbox.approve_policy()
    rows = benefit_rows(400)
    for row in rows:
        row[-1] = "보훈번호 12-345678 확인함"
    published = sandbox.ingest(sandbox.deliver(rows))
    zone = sandbox.open(Duty.INGEST)
    policy = zone.policies[DATASET]
    (raw,) = zone.catalog.list(VersionRecord, stage=Stage.RAW)
    assert recipe(zone.ingest, policy, raw).model == zone.ingest.detector(policy.detection).digest != bare
    found = published.evidence["findings"]
    assert {row["entity"] for row in found} == {"KR_VETERANS_NUMBER"}
    assert sum(row["count"] for row in found) == 400
