"""From a raw version to its review: what must stop does, what goes through adds up, and running again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safezone.catalog import policies as in_force
from safezone.catalog import reviews
from safezone.catalog.records import VersionRecord
from safezone.errors import Denied, IntegrityFailure, NotFound, PrivacyError, SafeZoneError, WrongState
from safezone.model import Duty, Stage, VersionState
from safezone.pipeline.assess import assess
from safezone.pipeline.check import check
from safezone.pipeline.pseudonymise import part_names, pseudonymise
from safezone.pipeline.receive import receive
from safezone.pipeline.run import STEPS, ingest
from safezone.pipeline.submit import submit
from tests.fixtures.parcels import Parcel, as_csv
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows, make_sandbox

# Policies that differ from the test dataset's in one place each.
VARIANTS = {
    "exact-births": ("every: 20}", "every: 1}"),
    "phones-stay": ("{method: redact}", "{method: redact, entities: [PERSON]}"),
    "surrogates": ("{method: redact}", "{method: redact, per_entity: {PHONE_NUMBER: surrogate, PERSON: token}}"),
    "eight-grades": ("l: 2", "l: 8"),
    "same-policy": ("retention:", "adequacy_review: same_policy\nretention:"),
    "increments": ("kind: snapshot", "kind: increment"),
    "ten-apart": ("k: 5", "k: 10"),
}


def variant(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / f"{DATASET}.yaml").read_text("utf-8")
    assert text.count(old) == 1
    text = text.replace(f"dataset: {DATASET}", f"dataset: {name}").replace(old, new)
    (folder / f"{name}.yaml").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def zone(tmp_path_factory) -> Iterator[Sandbox]:
    """One zone with several datasets; every test brings deliveries of its own."""
    made = make_sandbox(tmp_path_factory.mktemp("steps"), part_rows=1_000)
    for name, (old, new) in VARIANTS.items():
        variant(made.settings.policies / "datasets", name, old, new)
    for name in (DATASET, *VARIANTS):
        made.approve_policy(dataset=name)
    yield made
    made.close()


@pytest.fixture(scope="module")
def duty(zone: Sandbox):
    return zone.open(Duty.INGEST)


def rows_of(groups: dict[tuple[int, str], int], grades: int = 7) -> list[list[str]]:
    """Rows whose equivalence classes are known: (year of birth, address) to size."""
    rows = []
    for (year, address), size in groups.items():
        for row in benefit_rows(size, seed=year):
            number = len(rows)
            row[1], row[2], row[3] = f"{year % 100:02}0101-1{number:06}", f"{year}-01-01", address
            row[4], row[6] = str(1 + number % grades), "특이사항 없음"
            rows.append(row)
    return rows


SEOUL, BUSAN = "서울특별시 종로구 세종대로 1", "부산광역시 해운대구 우동 1"


def lay(zone: Sandbox, rows: list[list[str]], dataset: str = DATASET) -> str:
    return Parcel({"data.csv": as_csv(rows)}, dataset=dataset).lay(zone)


def run(zone: Sandbox, duty, rows: list[list[str]], dataset: str = DATASET, by: str = "steward") -> VersionRecord:
    version = ingest(duty.ingest, zone.actor(by), dataset, lay(zone, rows, dataset))
    return duty.catalog.get(VersionRecord, version)


def raw_of(zone: Sandbox, duty, rows: list[list[str]], dataset: str = DATASET) -> str:
    actor = zone.actor("steward")
    return check(duty.ingest, actor, dataset, receive(duty.ingest, actor, dataset, lay(zone, rows, dataset)))


def notes_of(zone: Sandbox, duty, raw: str, dataset: str = DATASET) -> list[dict[str, str]]:
    actor = zone.actor("steward")
    names = part_names(duty.ingest, actor, dataset, raw)
    return [pseudonymise(duty.ingest, actor, dataset, raw, name) for name in names]


def descendants(duty, dataset: str, raw: str) -> list[VersionRecord]:
    return duty.catalog.list(VersionRecord, dataset=dataset, parent=raw)


# -- what must stop -----------------------------------------------------------------------------------------------


def stops(
    zone: Sandbox, duty, dataset: str, rows: list[list[str]], code: str
) -> tuple[PrivacyError, VersionRecord]:
    """Nothing is published; the de-identified version is set aside with its evidence; again, the same."""
    raw = raw_of(zone, duty, rows, dataset)
    notes = notes_of(zone, duty, raw, dataset)
    actor = zone.actor("steward")
    with pytest.raises(PrivacyError) as caught:
        assess(duty.ingest, actor, dataset, raw, notes)
    assert caught.value.code == code
    (stopped,) = descendants(duty, dataset, raw)
    assert (stopped.stage, stopped.state) == (Stage.DEIDENTIFIED, VersionState.QUARANTINED)
    assert stopped.evidence["stopped"] == code
    (event,) = zone.events(f"version/{stopped.id}", "version.state")
    assert event["details"] == {"state": "QUARANTINED", "reason": code}
    assert descendants(duty, dataset, stopped.id) == []
    left = [blob.uri for blob in duty.blobs.list(f"lake/{dataset}/published")]
    published = duty.catalog.list(VersionRecord, dataset=dataset, stage=Stage.PUBLISHED)
    assert {uri.split("/")[3] for uri in left} <= {version.id for version in published}

    again = notes_of(zone, duty, raw, dataset)
    with pytest.raises(PrivacyError, match=code.replace(".", r"\.")):
        assess(duty.ingest, actor, dataset, raw, again)
    assert descendants(duty, dataset, raw) == [stopped]
    with pytest.raises(WrongState):
        submit(duty.ingest, actor, dataset, stopped.id)
    return caught.value, stopped


def test_an_unreachable_k_stops_with_advice_that_names_a_column(zone, duty):
    error, stopped = stops(zone, duty, "exact-births", benefit_rows(200), "privacy.k_unreachable")
    assert "생년월일" in error.next_step.en and "생년월일" in error.next_step.ko
    assert stopped.evidence["advice"][0]["column"] == "생년월일"
    assert "k=5" in error.what.en and "10.0%" in error.what.en


def test_personal_data_left_in_free_text_stops(zone, duty):
    rows = benefit_rows(200)
    rows[1][6] = "연락처: 010-7391-4682"
    error, stopped = stops(zone, duty, "phones-stay", rows, "privacy.left_over")
    assert "메모" in error.what.ko
    assert "7391" not in f"{error} {error.what.ko} {stopped}"


def test_a_sensitive_value_that_follows_from_the_class_stops(zone, duty):
    error, stopped = stops(zone, duty, "eight-grades", benefit_rows(200), "privacy.model")
    assert "등급" in error.what.en
    (outcome,) = [each for each in stopped.evidence["published"]["outcomes"] if not each["success"]]
    assert outcome["kind"] == "l_diversity"


def test_every_increment_has_to_meet_k_by_itself(zone, duty):
    first = run(zone, duty, rows_of({(1950, SEOUL): 40, (1950, BUSAN): 40}), "increments")
    assert first.evidence["risk"]["k"] == 40
    small = rows_of({(1950, SEOUL): 4})
    stops(zone, duty, "increments", small, "privacy.k_unreachable")


# -- what goes through adds up ------------------------------------------------------------------------------------


def test_the_evidence_adds_up(zone, duty):
    rows = rows_of({(1950, SEOUL): 60, (1950, BUSAN): 45, (1990, SEOUL): 4, (1990, BUSAN): 3})
    rows[0][4], rows[0][6] = "일곱", ""
    rows[1][6] = "연락처: 010-7391-4682"
    version = run(zone, duty, rows)
    evidence = version.evidence
    assert evidence["rows"] == {
        "delivered": 112,
        "quarantined": 1,
        "deidentified": 111,
        "suppressed": 7,
        "published": 104,
    }
    assert version.rows == 104 == duty.vault.manifest(version).rows
    assert duty.vault.manifest(version).counts == {"rows_suppressed": 7}
    assert (evidence["risk_before"]["k"], evidence["risk_after"]["k"], evidence["risk"]["k"]) == (3, 45, 45)
    assert evidence["risk"]["suppressed_share"] == round(7 / 111, 6)
    assert evidence["findings"] != {}
    deidentified = duty.catalog.get(VersionRecord, version.parent)
    raw = duty.catalog.get(VersionRecord, deidentified.parent)
    assert (raw.rows, deidentified.rows) == (111, 111)
    assert {name: result["rows"] for name, result in evidence["expectations"].items()} == {
        "contract": 111,
        "deidentified": 111,
        "published": 104,
    }
    assert duty.vault.manifest(deidentified).inputs == (duty.vault.manifest(raw).sha256,)
    assert duty.vault.manifest(version).inputs == (duty.vault.manifest(deidentified).sha256,)
    docs = list((zone.settings.home / "datadocs" / DATASET / version.id).rglob("*.html"))
    assert docs and not [page for page in docs if "7391" in page.read_text("utf-8")]


def test_exactly_k_rows_are_kept_and_one_fewer_are_not(zone, duty):
    version = run(zone, duty, rows_of({(1950, SEOUL): 100, (1990, SEOUL): 5, (1990, BUSAN): 4}))
    assert (version.rows, version.evidence["rows"]["suppressed"]) == (105, 4)
    assert version.evidence["risk"]["k"] == 5


def test_steps_are_told_in_order(zone, duty):
    told: list[tuple[str, int, int]] = []
    delivery = lay(zone, benefit_rows(2_400))
    ingest(duty.ingest, zone.actor("steward"), DATASET, delivery, lambda *each: told.append(each))
    assert [name for number, (name, _, _) in enumerate(told) if number == 0 or told[number - 1][0] != name] == [
        *STEPS
    ]
    assert [each[1:] for each in told if each[0] == "pseudonymise"] == [(0, 3), (1, 3), (2, 3)]


def test_every_step_twice_gives_the_same_ids(zone, duty):
    actor = zone.actor("steward")
    delivery = lay(zone, benefit_rows(2_200))
    for _ in range(2):
        assert receive(duty.ingest, actor, DATASET, delivery) == delivery
    raw = check(duty.ingest, actor, DATASET, delivery)
    assert check(duty.ingest, actor, DATASET, delivery) == raw
    first, second = notes_of(zone, duty, raw), notes_of(zone, duty, raw)
    assert [note["part"] for note in first] == [note["part"] for note in second]
    mixed = [second[2], first[0], second[1]]  # parts of several attempts, in any order
    candidate = assess(duty.ingest, actor, DATASET, raw, mixed)
    assert assess(duty.ingest, actor, DATASET, raw, first) == candidate
    assert {note["uri"] for note in notes_of(zone, duty, raw)} == {""}
    assert assess(duty.ingest, actor, DATASET, raw, notes_of(zone, duty, raw)) == candidate
    for _ in range(2):
        assert submit(duty.ingest, actor, DATASET, candidate) == candidate
    assert ingest(duty.ingest, actor, DATASET, delivery) == candidate
    assert len(descendants(duty, DATASET, raw)) == 1
    assert [event["details"]["state"] for event in zone.events(f"version/{candidate}", "version.state")] == [
        "IN_REVIEW"
    ]


def test_a_rotated_token_key_of_any_kind_gives_another_version(tmp_path):
    """The id names everything that decides the content: also the second of two kinds of token."""
    zone = make_sandbox(tmp_path, part_rows=1_000)
    path = zone.settings.policies / "datasets" / f"{DATASET}.yaml"
    path.write_text(
        path.read_text("utf-8").replace("transform: {method: drop}", "transform: {method: tokenise, kind: name}"),
        "utf-8",
    )
    zone.approve_policy()
    duty = zone.open(Duty.INGEST)
    raw = raw_of(zone, duty, rows_of({(1950, SEOUL): 40}))
    seen = []
    for kind in (None, "rrn", "name"):
        if kind:
            duty.keys.rotate(f"token/mpva/{kind}")
        seen.append(assess(duty.ingest, zone.actor("steward"), DATASET, raw, notes_of(zone, duty, raw)))
    assert len(set(seen)) == 3
    zone.close()


def test_surrogates_in_text_are_no_fault_and_their_key_is_part_of_the_version(zone, duty):
    rows = rows_of({(1950, SEOUL): 40})
    rows[1][6] = "연락처: 010-7391-4682"
    raw = raw_of(zone, duty, rows, "surrogates")
    seen = []
    for rotate in (False, True):
        if rotate:
            duty.keys.rotate("token/mpva/text")
        notes = notes_of(zone, duty, raw, "surrogates")
        seen.append(assess(duty.ingest, zone.actor("steward"), "surrogates", raw, notes))
    assert len(set(seen)) == 2
    version = duty.catalog.get(VersionRecord, seen[0])
    assert version.state is VersionState.ASSESSED
    (found,) = version.evidence["findings"]
    assert (found["entity"], found["count"]) == ("PHONE_NUMBER", 1)
    assert found["recognizer"]


# -- notes --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def halfway(zone, duty) -> tuple[str, list[dict[str, str]], list[dict[str, str]]]:
    """A raw version of three parts, its notes, and those of another version."""
    raw = raw_of(zone, duty, benefit_rows(2_050, seed=101))
    other = raw_of(zone, duty, benefit_rows(2_050, seed=102))
    return raw, notes_of(zone, duty, raw), notes_of(zone, duty, other)


Notes = list[dict[str, str]]
SPOILT: dict[str, Callable[[Notes, Notes], Notes]] = {
    "none": lambda mine, theirs: [],
    "one missing": lambda mine, theirs: mine[:2],
    "one twice": lambda mine, theirs: [mine[0], mine[1], mine[1]],
    "one too many": lambda mine, theirs: [*mine, mine[2]],
    "another version's": lambda mine, theirs: [*mine[:2], theirs[2]],
    "exchanged": lambda mine, theirs: [
        {**mine[1], "part": mine[0]["part"]},
        {**mine[0], "part": mine[1]["part"]},
        mine[2],
    ],
    "another's uri": lambda mine, theirs: [*mine[:2], {**mine[2], "uri": theirs[2]["uri"]}],
    "another's digest": lambda mine, theirs: [*mine[:2], {**mine[2], "sha256": theirs[2]["sha256"]}],
    "an uri of nothing": lambda mine, theirs: [*mine[:2], {**mine[2], "uri": mine[2]["uri"] + "x"}],
    "an empty uri": lambda mine, theirs: [*mine[:2], {**mine[2], "uri": ""}],
    "a path": lambda mine, theirs: [*mine[:2], {**mine[2], "uri": "../../keys/keystore.json"}],
    "the part itself": lambda mine, theirs: [
        *mine[:2],
        {**mine[2], "uri": mine[2]["uri"].replace(".note.json", ".parquet")},
    ],
    "not a note": lambda mine, theirs: [*mine[:2], {"part": "part-00002"}],
    "not even a mapping": lambda mine, theirs: [*mine[:2], "part-00002"],  # type: ignore[list-item]
}


@pytest.mark.parametrize("how", SPOILT)
def test_notes_that_are_not_those_that_were_left_are_refused(zone, duty, halfway, how):
    raw, mine, theirs = halfway
    with pytest.raises(IntegrityFailure):
        assess(duty.ingest, zone.actor("steward"), DATASET, raw, SPOILT[how](mine, theirs))
    assert descendants(duty, DATASET, raw) == []


@pytest.mark.parametrize("what", ["note", "part"])
@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_a_note_or_its_part_tampered_with_is_refused(zone, duty, halfway, what, how):
    raw, mine, _ = halfway
    uri = mine[0]["uri"] if what == "note" else mine[0]["uri"].replace(".note.json", ".parquet")
    path = zone.settings.lake / uri
    kept = path.read_bytes()
    path.unlink()
    spoilt = kept[:-9] + bytes([kept[-9] ^ 1]) + kept[-8:] if how == "changed" else kept[:-9]
    if how != "gone":
        path.write_bytes(spoilt)
    # Another process assesses, which remembers nothing of the writing.
    fresh = zone.open(Duty.INGEST)
    with pytest.raises(IntegrityFailure):
        assess(fresh.ingest, zone.actor("steward"), DATASET, raw, mine)
    assert descendants(duty, DATASET, raw) == []
    path.unlink(missing_ok=True)
    path.write_bytes(kept)


def test_notes_are_enough_for_another_process(zone, duty):
    raw = raw_of(zone, duty, rows_of({(1950, SEOUL): 60}))
    notes = notes_of(zone, duty, raw)
    candidate = assess(zone.open(Duty.INGEST).ingest, zone.actor("steward"), DATASET, raw, notes)
    assert duty.catalog.get(VersionRecord, candidate).rows == 60


@pytest.mark.parametrize("part", ["part-00009", "../../part", "", "part-00000/../part-00001"])
def test_a_part_that_is_none_is_not_pseudonymised(zone, duty, halfway, part):
    with pytest.raises(SafeZoneError) as caught:
        pseudonymise(duty.ingest, zone.actor("steward"), DATASET, halfway[0], part)
    assert not caught.value.code.startswith("internal")
    assert not list((zone.settings.home).rglob("part-00009*"))


# -- policies and people ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["other-steward", "developer", "auditor"])
def test_every_step_asks_who(zone, duty, halfway, name):
    raw, notes, _ = halfway
    actor = zone.actor(name)
    for step in (
        lambda: part_names(duty.ingest, actor, DATASET, raw),
        lambda: pseudonymise(duty.ingest, actor, DATASET, raw, "part-00000"),
        lambda: assess(duty.ingest, actor, DATASET, raw, notes),
        lambda: submit(duty.ingest, actor, DATASET, raw),
    ):
        with pytest.raises(Denied, match=r"access\.denied"):
            step()
    assert descendants(duty, DATASET, raw) == []


def test_a_version_of_another_dataset_is_not_taken(zone, duty, halfway):
    raw, notes, _ = halfway
    actor = zone.actor("steward")
    with pytest.raises(WrongState):
        part_names(duty.ingest, actor, "ten-apart", raw)
    with pytest.raises(WrongState):
        assess(duty.ingest, actor, "ten-apart", raw, notes)
    with pytest.raises(WrongState):
        submit(duty.ingest, actor, "ten-apart", raw)
    with pytest.raises(NotFound):
        part_names(duty.ingest, actor, DATASET, "v-nothing")


@pytest.fixture
def changing(tmp_path) -> Iterator[Sandbox]:
    """A zone whose policy is changed half way."""
    made = make_sandbox(tmp_path, part_rows=1_000)
    made.approve_policy()
    yield made
    made.close()


def change_policy(zone: Sandbox) -> None:
    path = zone.settings.policies / "datasets" / f"{DATASET}.yaml"
    path.write_text(path.read_text("utf-8").replace("k: 5", "k: 6"), "utf-8")


def test_a_policy_changed_half_way_stops_the_run_even_when_it_is_approved(changing):
    actor = changing.actor("steward")
    before = changing.open(Duty.INGEST)
    raw = raw_of(changing, before, rows_of({(1950, SEOUL): 60}))
    notes = notes_of(changing, before, raw)
    waiting = assess(before.ingest, actor, DATASET, other := raw_of(changing, before, rows_of({(1950, SEOUL): 61})),
                     notes_of(changing, before, other))  # fmt: skip
    change_policy(changing)
    after = changing.open(Duty.INGEST)
    with pytest.raises(Denied, match=r"policy\.not_in_force"):
        assess(after.ingest, actor, DATASET, raw, notes)
    changing.approve_policy()
    for step in (
        lambda: part_names(after.ingest, actor, DATASET, raw),
        lambda: assess(after.ingest, actor, DATASET, raw, notes),
        lambda: submit(after.ingest, actor, DATASET, waiting),
    ):
        with pytest.raises(WrongState):
            step()
    assert after.catalog.get(VersionRecord, waiting).state is VersionState.ASSESSED
    # The delivery is checked again, under the policy in force.
    delivery = after.catalog.get(VersionRecord, raw).delivery
    version = ingest(after.ingest, actor, DATASET, delivery)
    assert after.catalog.get(VersionRecord, version).policy == after.policies[DATASET].sha256


def test_one_approval_and_one_of_another_controller_are_not_two(changing):
    change_policy(changing)
    zone = changing.open(Duty.INGEST)
    changing.approve_policy("curator-1")
    with pytest.raises(Denied, match=r"policy\.not_in_force"):
        receive(zone.ingest, changing.actor("steward"), DATASET, lay(changing, benefit_rows(20)))
    policy = zone.policies[DATASET]
    signature = changing.sign("other-steward", reviews.policy_subject(policy.sha256))
    in_force.approve(changing.open(Duty.PORTAL).catalog, changing.account("other-steward"), policy, signature)
    with pytest.raises(Denied, match=r"policy\.not_in_force"):
        receive(zone.ingest, changing.actor("steward"), DATASET, lay(changing, benefit_rows(20)))


# -- within the same risk -----------------------------------------------------------------------------------------


def test_a_delivery_within_the_reviewed_risk_goes_through_and_a_worse_one_waits(zone, duty):
    good = {(1950, SEOUL): 40, (1950, BUSAN): 40}
    first = run(zone, duty, rows_of(good), "same-policy")
    assert first.state is VersionState.IN_REVIEW
    # Nobody has reviewed one yet, so an equal one waits too.
    assert (
        run(zone, duty, rows_of({(1950, SEOUL): 41, (1950, BUSAN): 40}), "same-policy").state
        is VersionState.IN_REVIEW
    )
    zone.publish(first, by="curator-3")

    equal = run(zone, duty, rows_of({(1950, SEOUL): 45, (1950, BUSAN): 41}), "same-policy")
    assert equal.state is VersionState.PUBLISHED
    states = [event["details"]["state"] for event in zone.events(f"version/{equal.id}", "version.state")]
    assert states == ["IN_REVIEW", "PUBLISHED"]

    smaller_k = run(zone, duty, rows_of({(1950, SEOUL): 60, (1950, BUSAN): 39}), "same-policy")
    more_left_out = run(
        zone, duty, rows_of({(1950, SEOUL): 60, (1950, BUSAN): 50, (1990, SEOUL): 2}), "same-policy"
    )
    assert {smaller_k.state, more_left_out.state} == {VersionState.IN_REVIEW}


def test_whoever_reviewed_the_risk_does_not_let_their_own_through(zone, duty):
    """The reviewer of the earlier version runs the later one: a person has to look at it."""
    rows = rows_of({(1950, SEOUL): 70, (1950, BUSAN): 70})
    assert run(zone, duty, rows, "same-policy", by="curator-3").state is VersionState.IN_REVIEW


def test_without_that_policy_every_version_waits(zone, duty):
    zone.publish(run(zone, duty, rows_of({(1950, SEOUL): 40})), by="curator-3")
    assert run(zone, duty, rows_of({(1950, SEOUL): 41})).state is VersionState.IN_REVIEW
