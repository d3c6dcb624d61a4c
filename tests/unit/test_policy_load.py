"""A policy is read or refused; a refusal names file, line and what would be right."""

import time
from pathlib import Path

import pytest

from safezone.errors import PolicyError
from safezone.model import DataClass
from safezone.policy.check import placeholders
from safezone.policy.jsonschema import SCHEMA_FILE, dataset_schema_text, write_schema
from safezone.policy.load import load_policies, load_policy, require_finished
from safezone.policy.yaml import MAX_BYTES

POLICIES = Path(__file__).parents[2] / "policies"

GOOD = """\
dataset: parking-fines
title: {ko: 주차 과태료, en: Parking fines}
description: {ko: 과태료 부과 내역, en: Fines imposed}
controller: city
sector: transportation
legal_basis: {ko: 도로교통법, en: Road Traffic Act}
classification: S
source: {format: delimited, encoding: cp949}
columns:
  - {name: 성명, title: {ko: 성명, en: Name}, identifier: direct, transform: {method: drop}}
  - name: 부과일
    title: {ko: 부과일, en: Day}
    type: date
    identifier: quasi
    transform: {method: truncate_date, to: year}
  - name: 금액
    title: {ko: 금액, en: Amount}
    type: integer
    identifier: sensitive
  - {name: 비고, title: {ko: 비고, en: Note}, identifier: free_text, transform: {method: redact}}
quality:
  - {expect: between, column: 금액, min: 0}
privacy:
  k: 5
  quasi_identifiers: [부과일]
retention: {raw_days: 90, deidentified_days: 365, published_days: 365}
release:
  terms: {ko: 연구 목적, en: Research only}
  max_days: 90
"""


def write(folder: Path, text: str, name: str = "parking-fines.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, **options: int) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load_policy(path, **options)
    return caught.value


def test_a_good_policy_is_read(tmp_path):
    policy = load_policy(write(tmp_path, GOOD))
    assert policy.classification is DataClass.SENSITIVE
    assert [column.name for column in policy.published_columns] == ["부과일", "금액", "비고"]


def test_comments_and_layout_do_not_change_the_digest_people_approve(tmp_path):
    plain = load_policy(write(tmp_path, GOOD))
    again = load_policy(write(tmp_path, "# a comment\n" + GOOD.replace("  k: 5\n", "  # why\n  k:   5\n")))
    assert plain.sha256 == again.sha256
    assert plain.sha256 != load_policy(write(tmp_path, GOOD.replace("k: 5", "k: 6"))).sha256


# what is replaced, by what, the line named, the code, and words of the English and the Korean message
FAULTS = [
    ("identifier: quasi", "identfier: quasi", 14, "unknown_key", "mean identifier", "columns[1](부과일).identfier"),
    ("k: 5", "minimum: 5", 24, "unknown_key", "known keys: k, quasi_identifiers", "쓸 수 있는 키"),
    ("to: year}", "too: year}", 15, "unknown_key", "did you mean to", "columns[1](부과일).transform.too"),
    ("column: 금액,", "colum: 금액,", 22, "unknown_key", "did you mean column", "quality[0]"),
    ("en: Fines imposed", "en: Fines, imposed", 3, "unknown_key", "must stand in quotes", "따옴표"),
    ("controller: city\n", "", 1, "missing_key", "controller: this key is missing", "이 키가 없습니다"),
    ("  k: 5\n", "", 23, "missing_key", "privacy.k", "이 키가 없습니다"),
    ("type: date", "type: dat", 13, "value", "did you mean date", "text, integer, decimal, date"),
    ("method: truncate_date", "method: truncate", 15, "value", "did you mean truncate_date", "keep, drop, mask"),
    ("{method: redact}", "{replace: mask}", 20, "missing_key", "the key method is missing", "키 method"),
    ("classification: S", "classification: X", 7, "value", "must be O, S or C", "O, S, C 중 하나"),
    ("encoding: cp949", "encoding: cp950", 8, "value", "did you mean cp949", "혹시 cp949"),
    ("k: 5", "k: five", 24, "value", "must be a whole number", "정수여야 합니다"),
    ("k: 5", "k: 1", 24, "value", "must be at least 2", "2 이상이어야 합니다"),
    ("dataset: parking-fines", "dataset: Parking", 1, "value", "must match", "형식"),
    ("{method: drop}", "{method: keep}", 10, "rule", "drop or tokenise", "직접 식별자"),
    ("{method: redact}", "{method: keep}", 20, "rule", "redact", "자유 서술"),
    ("[부과일]", "[금액]", 25, "rule", "quasi-identifiers missing", "빠진 준식별자"),
    ("[부과일]", "[부과일, 성명]", 25, "rule", "no published column", "공개되는 열이 아닙니다"),
    ("expect: between, column: 금액, min: 0", "expect: between, column: 금액", 22, "rule", "needs min", "규칙"),
    ("expect: between, column: 금액", "expect: between, column: 요금", 22, "rule", "column 요금", "없습니다"),
    ("column: 금액, min: 0", "column: 비고, regex: a, min: 0", 22, "rule", "does not take regex", "규칙"),
    ("expect: between, column: 금액, min: 0", "expect: rows_add_up", 22, "rule", "by the zone", "직접 검사"),
    ("{method: truncate_date, to: year}", "{method: round, to: 10}", 15, "rule", "takes columns", "열에 쓰며"),
    ("{method: truncate_date, to: year}", "{method: keep}", 15, "rule", "exact date", "정확한 날짜"),
    ("type: integer", "type: integer\n    parse: {dates: ['%Y']}", 19, "rule", "dates is for", "dates은(는)"),
    ("k: 5", "k: 5\n  l: 2", 25, "rule", "l larger than 1 needs", "달라야 할 값"),
    ("[부과일]", "[부과일]\n  sensitive: [비고]", 26, "rule", "not classed", "identifier: sensitive가 아닙니다"),
    ("[부과일]", "[부과일, 비고]", 25, "rule", "no quasi-identifier", "준식별자가 아닙니다"),
    ("truncate_date, to: year", "shift_date, days: 9, subject: 호", 15, "rule", "no column 호", "호 열이 없습니다"),
    ("cp949}", "cp949, fill_down: [구]}", 8, "rule", "no column 구", "구 열이 없습니다"),
    ("classification: S", "classification: S\nsubject: 성명", 8, "rule", "tokenise", "tokenise인 열"),
    ("name: 금액", "name: 부과일", 9, "rule", "named twice", "두 번 나옵니다"),
    ("max_days: 90", "max_days: 700", 29, "rule", "outlive", "보유 기간"),
    ("[부과일]", "[]", 25, "empty", "quasi_identifiers is empty", "비어 있습니다"),
    ("quality:\n  - {expect: between, column: 금액, min: 0}\n", "quality: []\n", 21, "empty", "empty", ""),
    ("k: 5", "k: 5\n  k: 3", 25, "duplicate_key", "given twice", "두 번 나옵니다"),
    ("sector: transportation", "sector: !!python/name:os.system x", 5, "tag", "tags", "태그"),
    ("sector: transportation", "sector: !secret x", 5, "tag", "tags", "태그"),
    ("sector: transportation", "sector: &a transportation", 5, "anchor", "anchors", "앵커"),
    ("title: {ko: 주차 과태료, en: Parking fines}", "title: &t {ko: a, en: b}", 2, "anchor", "anchors", "별칭"),
    ("sector: transportation", "sector: *nobody", 5, "syntax", "not YAML", "문법"),
    ("sector: transportation", "sector: [a", 6, "syntax", "not YAML", "문법"),
    ("sector: transportation", "? [a, b]\n: c", 5, "key", "plain word", "일반 단어"),
    ("max_days: 90", "max_days: 0x5a", 29, "number", "decimal digits", "십진수"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "code", "english", "korean"), FAULTS)
def test_a_fault_is_named_with_line_and_what_is_right(tmp_path, old, new, line, code, english, korean):
    assert old in GOOD
    error = refused(write(tmp_path, GOOD.replace(old, new, 1)))
    assert error.code == f"policy.{code}"
    assert error.what.en.startswith(f"parking-fines.yaml:{line}: ")
    assert english in error.what.en
    assert error.what.ko.startswith(f"parking-fines.yaml:{line}: ")
    assert korean in error.what.ko


def test_the_file_is_named_after_its_dataset(tmp_path):
    error = refused(write(tmp_path, GOOD, "fines.yaml"))
    assert error.code == "policy.file_name"
    assert "parking-fines.yaml" in error.what.en


def test_k_below_what_the_zone_demands_is_refused(tmp_path):
    path = write(tmp_path, GOOD.replace("k: 5", "k: 4"))
    assert load_policy(path, min_k=4).privacy.k == 4
    error = refused(path, min_k=5)
    assert error.code == "policy.k_too_small"
    assert error.what.en.startswith("parking-fines.yaml:24: ")


def test_a_billion_laughs_are_refused_before_they_are_told(tmp_path):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
    )
    started = time.monotonic()
    assert refused(write(tmp_path, bomb)).code == "policy.anchor"
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"#" * (MAX_BYTES + 1), "policy.too_large"),
        ("title: 제목".encode("cp949"), "policy.encoding"),
        (b"- a\n- b\n", "policy.syntax"),
        (b"", "policy.syntax"),
        (b"a: b\n---\nc: d\n", "policy.syntax"),
        (b"a: " + b"[" * 600 + b"]" * 600, "policy.syntax"),
        (b"a: " + b"[" * 40 + b"x" + b"]" * 40, "policy.too_deep"),
    ],
)
def test_what_is_no_policy_file_is_refused(tmp_path, content, code):
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    assert refused(path).code == code


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    assert refused(tmp_path / "none.yaml").code == "policy.unreadable"
    with pytest.raises(PolicyError) as caught:
        load_policies(tmp_path)
    assert caught.value.code == "policy.none"


def test_an_unquoted_yes_no_or_date_is_text_as_it_reads(tmp_path):
    text = GOOD.replace("column: 금액, min: 0", "column: 부과일, min: 2020-01-01").replace("en: Name}", "en: no}")
    policy = load_policy(write(tmp_path, text))
    assert policy.quality[0].min == "2020-01-01"
    assert policy.columns[0].title.en == "no"


def test_the_sample_policies_load_fast_since_airflow_reads_them_every_half_minute():
    load_policies(POLICIES / "datasets")
    started = time.process_time()
    policies = load_policies(POLICIES / "datasets")
    assert time.process_time() - started < 1
    assert list(policies) == [
        "air-quality-complaints", "civil-complaints", "disaster-safety-reports", "job-seekers", "traffic-accidents",
        "veterans-benefits",
    ]  # fmt: skip
    assert len({policy.controller for policy in policies.values()}) == 6


def test_the_schema_for_editors_is_up_to_date(tmp_path):
    kept = (POLICIES / "schema" / SCHEMA_FILE).read_text(encoding="utf-8")
    assert kept == dataset_schema_text(), "run safezone.policy.jsonschema.write_schema(policies/schema)"
    assert write_schema(tmp_path).read_text(encoding="utf-8") == kept


def test_every_sample_policy_refers_to_the_schema():
    for path in (POLICIES / "datasets").glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../schema/{SCHEMA_FILE}"
        assert (path.parent / "../schema" / SCHEMA_FILE).is_file()


# -- drafts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "draft"),
    [
        ("legal_basis", "legal_basis: {ko: TODO 법적 근거, en: TODO legal basis}"),
        ("legal_basis", "legal_basis: {ko: 도로교통법, en: TODO legal basis}"),
        ("controller", "controller: unknown-controller"),
        ("sector", "sector: unknown"),
        ("description", "description: {ko: 담당자가 적을 것, en: to be written by the steward}"),
        ("title", "title: {ko: 주차 과태료, en: todo}"),
    ],
)
def test_a_draft_loads_and_is_not_finished(tmp_path, key, draft):
    lines = [draft if line.startswith(f"{key}:") else line for line in GOOD.splitlines()]
    path = write(tmp_path, "\n".join(lines))
    with pytest.raises(PolicyError) as caught:
        require_finished(path, load_policy(path))
    assert caught.value.code == "policy.placeholder"
    number = lines.index(draft) + 1
    for message in caught.value.what:
        assert f"parking-fines.yaml:{number}: {key}: " in message
        assert "TODO" not in message


def test_a_finished_policy_has_no_placeholder_and_every_placeholder_is_counted(tmp_path):
    path = write(tmp_path, GOOD)
    require_finished(path, load_policy(path))
    draft = GOOD.replace("city", "unknown-controller").replace("Research only", "TODO terms")
    found = placeholders(load_policy(write(tmp_path, draft)))
    assert [finding.place for finding in found] == [("controller",), ("release", "terms")]
