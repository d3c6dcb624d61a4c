"""A zone whose keys lie at OpenBao, each duty with its own identity there; and a server that stops answering midway."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from safezone.catalog.records import VersionRecord
from safezone.errors import Denied, Unavailable
from safezone.housekeeping import keep_house, sweep
from safezone.model import Duty
from safezone.pipeline.run import ingest
from safezone.zone import Zone
from tests.fixtures.openbao import BaoServer, new_server
from tests.fixtures.sandbox import DATASET, Sandbox, benefit_rows, make_sandbox


@dataclass
class ServedSandbox(Sandbox):
    """A sandbox whose duties hold their own credentials at a key server."""

    credentials: dict[Duty | None, Path] = field(default_factory=dict)

    def open(self, duty: Duty | None) -> Zone:
        settings = self.settings.model_copy(update={"keys_credentials": self.credentials[duty]})
        zone = Zone.open(settings, duty)
        self.opened.append(zone)
        return zone


class Hanging:
    """Keys at a server that stops answering just before their n-th use."""

    def __init__(self, keys: Any, server: BaoServer, uses: int) -> None:
        self._keys, self._server, self.left = keys, server, uses

    def __getattr__(self, name: str) -> Any:
        def use(*arguments: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self._server.hang()
            return getattr(self._keys, name)(*arguments)

        return use


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BaoServer]:
    made = new_server(tmp_path / "bao")
    yield made
    made.stop()


@pytest.fixture
def served(server: BaoServer, tmp_path: Path) -> Iterator[ServedSandbox]:
    prefix = server.new_zone()
    secrets = tmp_path / "secrets"
    files = {duty: server.credentials(secrets, f"{prefix}-{duty}") for duty in Duty}
    console = server.credentials(secrets, f"{prefix}-console")
    whole = tmp_path / "whole"
    whole.mkdir()
    url = server.url(prefix, timeout="0.7", patience="0.1")
    made = make_sandbox(whole, keys_url=url, keys_credentials=console, part_rows=1_000)
    made.close()
    sandbox = ServedSandbox(made.settings, made.people, made.identity, credentials={None: console, **files})
    yield sandbox
    sandbox.close()


def visible(sandbox: Sandbox) -> set[tuple[str, str, str]]:
    return {(row[0], row[1], row[2]) for row in sandbox.sql("SELECT id, stage, state FROM version")}


def ingest_through_outages(served: ServedSandbox, server: BaoServer, delivery: str) -> tuple[str, int]:
    """Run the ingest until it goes through, with the server gone a little later each time; version and failures."""
    actor, uses, seen, failures = served.actor("steward"), 1, visible(served), 0
    while True:
        zone = served.open(Duty.INGEST)
        zone.keys = hanging = Hanging(zone.keys, server, uses)  # type: ignore[assignment]
        try:
            version = ingest(zone.ingest, actor, DATASET, delivery)
        except Unavailable as error:
            assert (error.code, error.exit_code) == ("keys.unavailable", 7)
        else:
            break
        finally:
            server.go_on()
        failures += 1
        assert hanging.left <= 0
        assert seen <= visible(served)  # steps that ended before stay done
        seen = visible(served)
        uses = 2 * uses + 1
    # The same three versions once: what any run showed is one of them, and nothing of a step that failed is.
    found = visible(served)
    assert seen <= found
    assert sorted(stage for _, stage, _ in found) == ["deidentified", "published", "raw"]
    assert [(stage, state) for id_, stage, state in found if id_ == version] == [("published", "IN_REVIEW")]
    return version, failures


@pytest.mark.slow
def test_a_key_server_that_stops_answering_leaves_nothing_half_written(
    served: ServedSandbox, server: BaoServer
) -> None:
    """Delivery to release; no step asks the server for more than its duty may, and every outage can be repeated."""
    served.approve_policy()
    version, failures = ingest_through_outages(served, server, served.deliver(benefit_rows(300)))
    assert failures > 3

    zone = served.open(Duty.INGEST)
    sweep(zone, grace=-60)  # what the runs that failed left behind goes, and nothing of the one that went through
    published = served.publish(zone.catalog.get(VersionRecord, version), by="curator-3")
    assert published.state == "PUBLISHED"
    request = served.approved(served.project().id)

    server.hang()
    with pytest.raises(Unavailable):
        served.build(request)
    server.go_on()
    assert served.sql("SELECT count(*) FROM release") == [(0,)]
    served.build(request)
    assert served.sql("SELECT count(*) FROM release") == [(1,)]
    assert not served.settings.keystore.exists()


def test_a_process_of_several_duties_takes_each_ones_credentials_from_a_folder(
    served: ServedSandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "by-duty"
    folder.mkdir(mode=0o700)
    for duty in (Duty.INGEST, Duty.RELEASE, Duty.BACKUP):
        shutil.copy(served.credentials[duty], folder / f"{duty}.json")
    settings = served.settings.model_copy(update={"keys_credentials": folder})
    with Zone.open(settings, Duty.INGEST) as ingesting, Zone.open(settings, Duty.RELEASE) as releasing:
        assert keep_house(ingesting, releasing)["destroyed"] == 0
        assert ingesting.keys.ensure("kek/ds/raw/d1") == 1
        with pytest.raises(Denied):
            releasing.keys.ensure("kek/ds/raw/d1")
    with pytest.raises(Unavailable), Zone.open(settings, None) as console:
        console.keys.list()
