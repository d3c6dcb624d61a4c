"""What leaves is in no source order, and two projects cannot join what they got by token."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from safezone.airlock import release
from safezone.catalog.accounts import SEAL_KEY
from safezone.model import Duty, Role
from safezone.package import open_package
from tests.fixtures.sandbox import Sandbox

COLUMNS = ("주민등록번호", "등급")


def released(zone: Sandbox, request, folder) -> SimpleNamespace:
    zone.build(request)
    key = folder / "identity.txt"
    if not key.exists():
        key.write_text(f"{zone.identity}\n")
        key.chmod(0o600)
    _, stream = release.pull(zone.open(Duty.PORTAL).airlock, zone.account("developer"), request.id)
    with stream:
        table = open_package(stream, key).table()
    return SimpleNamespace(tokens=table["주민등록번호"].to_pylist(), grades=table["등급"].to_pylist())


@pytest.fixture
def extracts(published: Sandbox, tmp_path):
    one, other = published.project(), published.project()
    requests = [published.approved(project.id, columns=COLUMNS) for project in (one, one, other)]
    return [released(published, request, tmp_path) for request in requests]


def test_one_project_joins_its_own_extracts_and_two_projects_cannot(extracts):
    first, again, other = extracts
    assert first.tokens == again.tokens
    assert not set(first.tokens) & set(other.tokens)


def test_rows_are_sorted_by_the_projects_token_and_not_as_they_were_delivered(extracts):
    first, _, other = extracts
    assert first.tokens == sorted(first.tokens)
    assert other.tokens == sorted(other.tokens)
    # The same rows, and joining the two extracts row by row gives nothing: their orders are unrelated.
    assert sorted(first.grades) == sorted(other.grades)
    assert first.grades != other.grades


def test_accounts_outlive_a_rotation_of_the_key_that_seals_them(published: Sandbox):
    console = published.open(None)
    console.keys.rotate(SEAL_KEY)
    assert {account.name for account in published.open(Duty.PORTAL).accounts.all()} >= {"curator-1", "developer"}
    published.enrol("newcomer", Role.DEVELOPER)
    assert published.open(Duty.PORTAL).accounts.named("newcomer") is not None
