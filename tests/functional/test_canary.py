"""The canary test: identifiers planted in every sample are in no byte that a whole run leaves outside the vault.

The run is the demo's: six deliveries through a real Airflow, reviews, a request, a package opened by its developer,
the log. Searched is everything it left: Airflow's database and logs, Data Docs, catalog, audit log, keys, packages
as they were unpacked, what was printed. Left out is only what was never inside: the deliveries as the agencies wrote
them. Encrypted parts are searched too.
"""

from __future__ import annotations

import shutil

import pytest

from safezone.access.actions import Actor
from safezone.catalog.records import VersionRecord
from safezone.local.demo import SEED
from safezone.model import Duty, Stage
from safezone.sample.canaries import canaries
from safezone.settings import Settings
from safezone.zone import Zone
from tests.fixtures.leaks import Searcher

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def search(demo_zone):
    return Searcher(canaries(SEED, demo_zone.canaries).needles)


def inbox(demo_zone):
    """Where the agencies' own files lie until housekeeping removes them: outside the zone's promise."""
    return [demo_zone.home / "deliveries"]


def test_the_canaries_really_came_into_the_vault(demo_zone, search, tmp_path):
    """Otherwise nothing would be proven by not finding them. Opened with a grant, in a copy of the zone."""
    assert demo_zone.made
    shutil.copytree(demo_zone.home, tmp_path / "zone", ignore=shutil.ignore_patterns("airflow", "demo"))
    settings = Settings(
        home=tmp_path / "zone", passphrase_file=demo_zone.person / ".config" / "safezone" / "passphrase"
    )
    found: dict[str, set[int]] = {}
    with Zone.open(settings, Duty.INGEST) as zone:
        actor = Actor.account(zone.accounts.named("curator-1"))
        for version in zone.catalog.list(VersionRecord, stage=Stage.RAW):
            _, grant = zone.ingest.begin(actor, version.dataset, f"version/{version.id}")
            with zone.vault.open_version(grant, version) as rows:
                text = "\n".join(map(repr, rows.to_table().to_pylist()))
            found[version.dataset] = {leak.needle for leak in search.bytes(text.encode(), version.dataset)}
    assert len(found) == 6
    assert all(len(needles) >= demo_zone.canaries for needles in found.values())


def test_no_planted_identifier_is_in_any_byte_the_run_left_behind(demo_zone, search):
    assert demo_zone.made
    found, count = search.tree([demo_zone.home, demo_zone.person], without=inbox(demo_zone))
    assert count > 100
    assert found == []
    assert search.bytes(demo_zone.stdout.encode(), "printed") == []


def test_the_same_search_fails_as_soon_as_a_leak_is_put_in(demo_zone, search, tmp_path):
    needle = canaries(SEED, demo_zone.canaries).names[0]
    logs = sorted((demo_zone.home / "airflow" / "logs").rglob("*.log"))
    leaky = tmp_path / "task.log"
    shutil.copy(logs[0], leaky)
    assert search.tree([tmp_path])[0] == []
    with leaky.open("ab") as file:
        file.write(f"could not parse {needle}".encode("cp949"))
    (leak,) = search.tree([tmp_path])[0]
    assert leak.dress == "cp949"
