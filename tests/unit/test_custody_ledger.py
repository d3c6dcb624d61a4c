"""The ledger outside the zone: signed, chained, and never half a line."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safezone.custody.ledger import Ledger, ledger_file
from safezone.errors import Unavailable, UsageError
from safezone.keys.keystore import Keystore
from safezone.settings import Settings

PASSPHRASE = b"correct horse battery staple"


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Keystore:
    made = Keystore.create(tmp_path_factory.mktemp("keys") / "keystore.json", PASSPHRASE, n=2**4)
    made.ensure("sign/certificate")
    return made


@pytest.fixture
def ledger(keys: Keystore, tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "outside" / "zone.jsonl", keys)


def write(ledger: Ledger, *names: str, certificate: str = "cert-1") -> None:
    ledger.append(names, "2026-01-01T00:00:00Z", "retention", certificate)


def test_what_is_written_is_read_again_proven_and_in_order(ledger):
    assert ledger.lines() == [] and ledger.head() == {"lines": 0, "head": "0" * 64}
    write(ledger, "kek/ds/raw/d1", "kek/ds/raw/d2")
    write(ledger, "kek/ds/raw/d3")
    found = ledger.lines()
    assert [(line.seq, line.key) for line in found] == [
        (0, "kek/ds/raw/d1"),
        (1, "kek/ds/raw/d2"),
        (2, "kek/ds/raw/d3"),
    ]
    assert all(line.proven and line.chained for line in found)
    assert ledger.head()["lines"] == 3
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_a_run_again_writes_no_line_twice(ledger):
    write(ledger, "kek/ds/raw/d1")
    write(ledger, "kek/ds/raw/d1", "kek/ds/raw/d2")
    write(ledger, "kek/ds/raw/d1", certificate="cert-2")
    assert [line.key[-2:] for line in ledger.lines()] == ["d1", "d2", "d1"]


def test_half_a_line_left_by_a_cut_is_none_and_is_written_over(ledger):
    write(ledger, "kek/ds/raw/d1")
    with ledger.path.open("ab") as file:
        file.write(b'{"key": "kek/ds/raw/half')
    assert len(ledger.lines()) == 1
    write(ledger, "kek/ds/raw/d2")
    assert [line.key for line in ledger.lines()] == ["kek/ds/raw/d1", "kek/ds/raw/d2"]
    assert all(line.proven and line.chained for line in ledger.lines())


def test_several_writers_take_turns(ledger):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: write(ledger, f"kek/ds/raw/d{number}"), range(24)))
    found = ledger.lines()
    assert len(found) == 24 and all(line.proven and line.chained for line in found)


def test_lines_stay_proven_after_the_signing_key_was_rotated(tmp_path):
    own = Keystore.create(tmp_path / "keys" / "keystore.json", PASSPHRASE, n=2**4)
    ledger = Ledger(tmp_path / "zone.jsonl", own)
    own.ensure("sign/certificate")
    write(ledger, "kek/ds/raw/d1")
    own.rotate("sign/certificate")
    write(ledger, "kek/ds/raw/d2")
    assert all(line.proven and line.chained for line in ledger.lines())
    stranger = Keystore.create(tmp_path / "other" / "keystore.json", PASSPHRASE, n=2**4)
    stranger.ensure("sign/certificate")
    assert not any(line.proven for line in Ledger(ledger.path, stranger).lines())


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_line_changed_removed_or_added_shows(keys, tmp_path, data):
    ledger = Ledger(tmp_path / f"{secrets.token_hex(8)}.jsonl", keys)
    write(ledger, *(f"kek/ds/raw/d{number}" for number in range(4)))
    lines = ledger.path.read_text().splitlines()
    place = data.draw(st.integers(0, 3))
    kind = data.draw(st.sampled_from(["edit", "remove", "swap", "insert"]))
    body = json.loads(lines[place])
    if kind == "edit":
        member = data.draw(st.sampled_from(sorted(body)))
        body[member] = data.draw(st.one_of(st.text(max_size=5), st.integers(2, 9), st.none(), st.just([])))
        lines[place] = json.dumps(body)
    elif kind == "remove" and place < 3:
        del lines[place]
    elif kind == "swap":
        lines[place], lines[place - 1] = lines[place - 1], lines[place]
    else:
        lines.insert(place, json.dumps(body | {"key": "kek/ds/raw/other"}))
    ledger.path.write_text("\n".join(lines) + "\n")
    assert any(not (line.proven and line.chained) for line in ledger.lines())
    assert all(
        line.key in {f"kek/ds/raw/d{number}" for number in range(4)} for line in ledger.lines() if line.proven
    )


def test_it_must_lie_outside_the_zone(tmp_path):
    home = tmp_path / "zone"
    outside = Settings(home=home, ledger_dir=tmp_path / "destroyed")
    assert ledger_file(outside, "ab12") == tmp_path / "destroyed" / "ab12.jsonl"
    for inside in (home, home / "ledger", home / "x" / ".." / "ledger"):
        with pytest.raises(UsageError, match=r"ledger\.inside"):
            ledger_file(Settings(home=home, ledger_dir=inside), "ab12")


def test_a_folder_that_cannot_be_written_is_an_outage(keys, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Unavailable, match=r"ledger\.unavailable"):
        write(Ledger(tmp_path / "taken" / "zone.jsonl", keys), "kek/ds/raw/d1")
