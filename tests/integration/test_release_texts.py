"""Free text leaves under the key of the project: one person is one in it, and nobody can join two projects by text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pseudonymize.surrogates.keyed import token
from pseudonymize.surrogates.markers import SHAPE
from safezone.airlock import release
from safezone.catalog.records import VersionRecord
from safezone.keys.tokenizer import Tokenizer
from safezone.model import Duty, Stage
from safezone.package import open_package
from tests.fixtures.leaks import Searcher
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows, make_sandbox

COLUMNS = ("주민등록번호", "등급", "메모")
PHONE, MAIL, BIRTH = "010-7391-4682", "haneul.kim@mail.kr", "1957년 3월 5일"
NAME = "김하늘"
TEXTS = (
    f"신청인 {NAME}이 방문함. 연락처: {PHONE}",
    f"민원인 성명: {NAME}, 생년월일: {BIRTH}",
    f"{NAME} 씨와 통화함. {NAME}은 이메일 {MAIL} 로 회신을 원함",
)
POLICY = "{method: redact, per_entity: {PERSON: surrogate, PHONE_NUMBER: surrogate, EMAIL_ADDRESS: token, DATE_TIME: surrogate}}"


@pytest.fixture(scope="module")
def zone(tmp_path_factory) -> Iterator[Sandbox]:
    made = make_sandbox(tmp_path_factory.mktemp("texts"))
    path = made.settings.policies / "datasets" / f"{DATASET}.yaml"
    text = path.read_text("utf-8")
    assert text.count("{method: redact}") == 1
    path.write_text(text.replace("{method: redact}", POLICY), "utf-8")
    made.approve_policy()
    rows = benefit_rows(120)
    for number, row in enumerate(rows):
        row[6] = TEXTS[number % len(TEXTS)]
    made.publish(made.ingest(made.deliver(rows)), by="curator-3")
    yield made
    made.close()


def released(zone: Sandbox, request, folder) -> SimpleNamespace:
    built = zone.build(request)
    key = folder / "identity.txt"
    if not key.exists():
        key.write_text(f"{zone.identity}\n")
        key.chmod(0o600)
    _, stream = release.pull(zone.open(Duty.PORTAL).airlock, zone.account("developer"), request.id)
    with stream:
        package = open_package(stream, key)
        table = package.table()
    return SimpleNamespace(texts=sorted(set(table["메모"].to_pylist())), rows=table, built=built)


@pytest.fixture(scope="module")
def extracts(zone: Sandbox, tmp_path_factory) -> list[SimpleNamespace]:
    """Two of one project, and one of another."""
    folder = tmp_path_factory.mktemp("key")
    one, other = zone.project(), zone.project()
    requests = [zone.approved(project.id, columns=COLUMNS) for project in (one, one, other)]
    return [released(zone, request, folder) for request in requests]


def person(texts: list[str]) -> str:
    (found,) = {found[1] for text in texts if (found := re.search(r"신청인 (\S+?)[이가] 방문함", text))}
    return found


def test_one_project_gets_the_same_twice_and_two_projects_share_nothing_made_up(extracts):
    first, again, other = extracts
    assert first.texts == again.texts
    assert not set(first.texts) & set(other.texts)
    for shape in (r"010-0\d{3}-\d{4}", "<이메일:[a-z0-9]+>", r"19\d\d년 \d월 \d일"):
        mine, theirs = (
            {hit for text in extract.texts for hit in re.findall(shape, text)} for extract in (first, other)
        )
        assert mine
        assert theirs
        if "년" not in shape:  # a date has few others in its five years
            assert not mine & theirs


def test_one_person_is_one_in_all_texts_of_a_project_and_particles_fit(extracts):
    for extract in extracts:
        name = person(extract.texts)
        closed = (ord(name[-1]) - 0xAC00) % 28 > 0
        assert len(name) == len(NAME)
        assert f"신청인 {name}{'이' if closed else '가'} 방문함" in " ".join(extract.texts)
        assert f"{name} 씨와 통화함. {name}{'은' if closed else '는'} 이메일" in " ".join(extract.texts)
        assert all(name in text for text in extract.texts)


def test_the_band_of_years_stays(extracts):
    for extract in extracts:
        (year,) = {found[1] for text in extract.texts if (found := re.search(r"생년월일: (\d{4})년", text))}
        assert 1955 <= int(year) <= 1959


def test_nothing_of_the_zone_or_of_the_person_leaves(zone, extracts):
    key, _ = Tokenizer(zone.open(Duty.INGEST).keys, "mpva").text_key()
    mail = token(key, "EMAIL_ADDRESS", MAIL)
    for extract in extracts:
        for text in extract.texts:
            # A project may by chance get a person's own name as a surrogate, as anybody's; the numbers never.
            assert not any(value in text for value in (PHONE, MAIL, BIRTH, mail, token(key, "PERSON", NAME)))
            assert not any(found[3] for found in re.finditer(SHAPE, text)), "a marker left the zone"


def test_the_zone_holds_markers_and_the_whole_check_for_personal_data(zone):
    duty = zone.open(Duty.INGEST)
    (version,) = duty.catalog.list(VersionRecord, dataset=DATASET, stage=Stage.DEIDENTIFIED)
    outcomes = version.evidence["deidentified"]["outcomes"]
    (judged,) = [outcome for outcome in outcomes if outcome["id"] == "no_personal_data:메모"]
    assert (judged["severity"], judged["success"], judged["unexpected"]) == ("critical", True, 0)


def test_no_original_lies_anywhere_in_the_zone(zone, extracts):
    leaks, files = Searcher([NAME, PHONE, MAIL]).tree([zone.settings.home], without=[zone.settings.inbox])
    assert files > 10
    assert leaks == []
