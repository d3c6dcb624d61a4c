"""Recognizer files: read or refused with file and line, and part of the policies people approve."""

from __future__ import annotations

from pathlib import Path

import pytest

from pseudonymize.detect.rules import DetectionRules
from safezone.catalog.policies import approvers, of_version, require_in_force
from safezone.catalog.records import PolicyRecord
from safezone.errors import Denied, PolicyError
from safezone.model import Duty
from safezone.policy.jsonschema import (
    RECOGNIZERS_FILE,
    SCHEMA_FILE,
    recognizers_schema_text,
    write_schema,
)
from safezone.policy.load import load_policies, load_policy
from safezone.policy.recognizers import (
    is_recognizer_file,
    load_recognizer_file,
    load_recognizers,
    rules_for,
)
from tests.fixtures.sandbox import DATASET, ROOT, benefit_rows

POLICIES = ROOT / "policies"

GOOD = """\
recognizers:
  - name: 보훈번호
    supported_entity: KR_VETERANS_NUMBER
    label: {ko: 보훈번호, en: veterans number}
    patterns:
      - {name: two and six, regex: '\\b\\d{2}-\\d{6}\\b', score: 0.4}
    context: [보훈번호]
    examples:
      match: [보훈번호 12-345678]
      no_match: [관리비 12-345678]
allow_lists:
  - name: 공공기관
    values: [국가보훈부]
    entities: [PERSON]
"""


def write(folder: Path, text: str, name: str = "veterans.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, **options) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load_recognizer_file(path, **options)
    return caught.value


# -- files ------------------------------------------------------------------------------------------------------


def test_a_file_becomes_rules(tmp_path):
    rules = load_recognizer_file(write(tmp_path, GOOD))
    (rule,), (allow,) = rules.recognizers, rules.allow_lists
    assert (rule.name, rule.supported_entity, rule.patterns[0].score) == ("보훈번호", "KR_VETERANS_NUMBER", 0.4)
    assert rule.supported_languages == ("ko", "en") and allow.match == "exact"
    assert rules.labels == {"KR_VETERANS_NUMBER": ("보훈번호", "veterans number")}


def test_a_zone_without_the_folder_has_no_rules(tmp_path):
    assert load_recognizers(tmp_path / "recognizers") == DetectionRules()


FAULTS = [
    ("score: 0.4}", "scored: 0.4}", 6, "unknown_key", "혹시 score?"),
    ("score: 0.4}", "score: high}", 6, "value", "숫자여야 합니다"),
    ("score: 0.4}", "score: 0.1}", 6, "rule", "아무것도 찾지 못합니다"),
    ("    context: [보훈번호]\n", "    context: [보훈번호]\n    kontext: [x]\n", 8, "unknown_key", "혹시 context?"),
    ("'\\b\\d{2}-\\d{6}\\b'", "'(?<=보훈번호 )\\d{2}'", 6, "rule", "(?P<v>"),
    ("'\\b\\d{2}-\\d{6}\\b'", "'(-|.)\\1'", 6, "rule", "역참조"),
    ("match: [보훈번호 12-345678]", "match: [보훈번호 12345678]", 9, "rule", "찾은 것이 없습니다"),
    ("no_match: [관리비 12-345678]", "no_match: [보훈번호 12-345678]", 10, "rule", "찾은 것이 있습니다"),
    ("    label: {ko: 보훈번호, en: veterans number}\n", "", 3, "rule", "label이 필요합니다"),
    ("KR_VETERANS_NUMBER", "KR_RRN", 4, "rule", "이미 정해진 label"),
    ("{ko: 보훈번호, en: veterans number}", "{ko: 이름, en: veterans number}", 4, "rule", "구별할 수 없습니다"),
    ("entities: [PERSON]", "entities: [PERSONS]", 14, "rule", "혹시 PERSON?"),
    ("values: [국가보훈부]", "values: []", 13, "empty", "비어 있습니다"),
    ("values: [국가보훈부]", "values: [국가보훈부]\n    match: phrase", 14, "value", "exact, word, regex"),
    ("name: 공공기관", "name: 보훈번호", 12, "rule", "두 번"),
    ("    context: [보훈번호]\n", "    context: [보훈번호]\n    deny_list: [국가 보훈부]\n", 14, "rule", "deny_list"),
    ("    context: [보훈번호]\n", "    context: [보훈번호]\n    datasets: [benefit-payment]\n", 8, "rule", "혹시 benefit-payments?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "code", "said"), FAULTS, ids=[item[4] for item in FAULTS])
def test_a_fault_names_file_line_and_what_would_be_right(tmp_path, old, new, line, code, said):
    assert old in GOOD
    error = refused(write(tmp_path, GOOD.replace(old, new, 1)), datasets=["benefit-payments"])
    assert error.code == f"policy.{code}"
    assert error.what.ko.startswith(f"veterans.yaml:{line}: ") and said in error.what.ko
    assert error.what.en.startswith(f"veterans.yaml:{line}: ")


def test_what_files_share_is_checked_together(tmp_path):
    write(tmp_path, GOOD)
    other = GOOD.replace("name: 보훈번호", "name: 다른 번호").replace("name: 공공기관", "name: 다른 기관")
    write(tmp_path, other.replace("ko: 보훈번호", "ko: 유공자번호"), "other.yaml")
    with pytest.raises(PolicyError, match="another label elsewhere"):
        load_recognizers(tmp_path)
    write(tmp_path, other, "other.yaml")
    assert [rule.name for rule in load_recognizers(tmp_path).recognizers] == ["다른 번호", "보훈번호"]
    write(tmp_path, GOOD, "third.yaml")
    with pytest.raises(PolicyError, match="given twice"):
        load_recognizers(tmp_path)


def test_files_are_told_apart_by_their_keys(tmp_path):
    assert is_recognizer_file(write(tmp_path, GOOD))
    assert not is_recognizer_file(POLICIES / "datasets" / "veterans-benefits.yaml")


def test_the_products_own_files_are_sound_and_point_to_the_schema_kept():
    assert load_recognizers(POLICIES / "recognizers", datasets=list(load_policies(POLICIES / "datasets")))
    for path in (POLICIES / "recognizers").glob("*.yaml"):
        assert path.read_text("utf-8").startswith(f"# yaml-language-server: $schema=../schema/{RECOGNIZERS_FILE}\n")


def test_the_schema_kept_is_the_codes(tmp_path):
    kept = (POLICIES / "schema" / RECOGNIZERS_FILE).read_text(encoding="utf-8")
    assert kept == recognizers_schema_text(), "run safezone.policy.jsonschema.write_schema(policies/schema)"
    write_schema(tmp_path)
    assert (tmp_path / RECOGNIZERS_FILE).read_text("utf-8") == kept
    assert '"detection"' not in (tmp_path / SCHEMA_FILE).read_text("utf-8")


# -- part of what is approved -----------------------------------------------------------------------------------


def zone_policies(folder: Path) -> Path:
    datasets = folder / "datasets"
    datasets.mkdir(parents=True)
    for path in (ROOT / "tests" / "data" / "policies" / "datasets").glob("*.yaml"):
        (datasets / path.name).write_bytes(path.read_bytes())
    return datasets


def test_the_digest_of_a_policy_covers_the_files_that_apply_to_it_and_no_others(tmp_path):
    datasets = zone_policies(tmp_path)
    (datasets / "other-payments.yaml").write_text(
        (datasets / f"{DATASET}.yaml").read_text("utf-8").replace(f"dataset: {DATASET}", "dataset: other-payments"),
        "utf-8",
    )
    bare = {name: policy.sha256 for name, policy in load_policies(datasets).items()}
    path = write(tmp_path / "recognizers", GOOD.replace("    context:", f"    datasets: [{DATASET}]\n    context:"))
    path.write_text(path.read_text("utf-8") + f"    datasets: [{DATASET}]\n", "utf-8")
    ruled = load_policies(datasets)
    assert ruled[DATASET].sha256 != bare[DATASET]
    assert ruled["other-payments"].sha256 == bare["other-payments"]
    assert load_policy(datasets / f"{DATASET}.yaml").sha256 == ruled[DATASET].sha256
    path.write_text("# a comment and another layout\n" + path.read_text("utf-8"), "utf-8")
    assert load_policies(datasets)[DATASET].sha256 == ruled[DATASET].sha256
    path.write_text(path.read_text("utf-8").replace("국가보훈부", "국가보훈처"), "utf-8")
    assert load_policies(datasets)[DATASET].sha256 != ruled[DATASET].sha256
    path.unlink()
    assert load_policies(datasets)[DATASET].sha256 == bare[DATASET]


def test_to_apply_elsewhere_too_changes_nothing_where_they_applied_before(tmp_path):
    rules = load_recognizer_file(
        write(tmp_path, GOOD.replace("    context:", "    datasets: [a-one]\n    context:"))
    )
    wider = load_recognizer_file(
        write(tmp_path, GOOD.replace("    context:", "    datasets: [a-one, b-two]\n    context:"))
    )
    assert rules_for(rules, "a-one") == rules_for(wider, "a-one")
    assert not rules_for(rules, "b-two").recognizers and rules_for(wider, "b-two").recognizers


def test_a_policy_may_not_bring_its_rules_along(tmp_path):
    datasets = zone_policies(tmp_path)
    path = datasets / f"{DATASET}.yaml"
    path.write_text(path.read_text("utf-8") + "detection: {allow_lists: []}\n", "utf-8")
    with pytest.raises(PolicyError, match=r"policy\.(unknown_key|empty)"):
        load_policy(path)
    path.write_text(
        path.read_text("utf-8").replace(
            "detection: {allow_lists: []}", "detection: {allow_lists: [{name: a, values: [bb]}]}"
        ),
        "utf-8",
    )
    with pytest.raises(PolicyError, match="recognizers/"):
        load_policy(path)


def test_a_wrong_recognizer_file_stops_every_dataset(tmp_path):
    datasets = zone_policies(tmp_path)
    write(tmp_path / "recognizers", "recognizers: [")
    with pytest.raises(PolicyError, match="syntax"):
        load_policies(datasets)


# -- in a zone ---------------------------------------------------------------------------------------------------


def test_an_allow_list_changed_after_approval_stops_ingest_until_two_people_approve_it_again(sandbox):
    folder = sandbox.settings.policy_dir / "recognizers"
    path = write(folder, GOOD)
    sandbox.approve_policy()
    approved = sandbox.open(Duty.PORTAL).policies[DATASET]
    delivery = sandbox.deliver(benefit_rows(60))

    path.write_text(GOOD.replace("[국가보훈부]", "[국가보훈부, 김하늘가]"), "utf-8")
    with pytest.raises(Denied) as caught:
        sandbox.ingest(delivery)
    assert caught.value.code == "policy.not_in_force"
    (event,) = sandbox.events(f"dataset/{DATASET}")
    assert event["details"] == {"rules": "policy.not_in_force"}

    sandbox.approve_policy("curator-1")
    with pytest.raises(Denied, match="1 of 2"):
        sandbox.ingest(delivery)
    sandbox.approve_policy("curator-2")
    zone = sandbox.open(Duty.INGEST)
    changed = zone.policies[DATASET]
    assert require_in_force(zone.catalog, zone.accounts, changed)
    assert changed.sha256 != approved.sha256

    # Put back as it was, the first approvals count again: they were for exactly this.
    path.write_text(GOOD, "utf-8")
    again = sandbox.open(Duty.INGEST)
    assert again.policies[DATASET].sha256 == approved.sha256
    assert require_in_force(again.catalog, again.accounts, again.policies[DATASET])


def test_deleting_the_files_is_a_change_too(sandbox):
    path = write(sandbox.settings.policy_dir / "recognizers", GOOD)
    sandbox.approve_policy()
    path.unlink()
    zone = sandbox.open(Duty.INGEST)
    with pytest.raises(Denied, match="0 of 2"):
        require_in_force(zone.catalog, zone.accounts, zone.policies[DATASET])


def test_the_catalog_keeps_the_rules_that_were_approved(sandbox):
    write(sandbox.settings.policy_dir / "recognizers", GOOD)
    sandbox.approve_policy()
    zone = sandbox.open(Duty.PORTAL)
    policy = zone.policies[DATASET]
    assert of_version(zone.catalog, policy.sha256) == policy
    body = zone.catalog.get(PolicyRecord, policy.sha256).body
    assert body["detection"]["allow_lists"][0]["values"] == ["국가보훈부"]
    assert len(approvers(zone.catalog, zone.accounts, policy.sha256)) == 2
