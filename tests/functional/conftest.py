"""One run of the demo for every functional test that looks at what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CANARIES = 4


def pytest_itemcollected(item: pytest.Item) -> None:
    """What looks at the demo's zone belongs with the tests that start an Airflow, so that it is made once."""
    if "demo_zone" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.airflow)


@dataclass(frozen=True)
class DemoZone:
    """A zone after `make demo`, with canaries planted in every dataset.

    Attributes:
        home: SAFEZONE_HOME.
        person: HOME of whoever ran it: passphrase, witness and trusted keys lie below.
        canaries: how many people were planted.
        returncode: of the demo.
        stdout: what it printed, with what it said on stderr.
        seconds: how long it took.
    """

    home: Path
    person: Path
    canaries: int
    returncode: int
    stdout: str
    seconds: float

    @property
    def made(self) -> dict[str, Any]:
        """What ``demo.json`` says."""
        assert self.returncode == 0, self.stdout
        return dict(json.loads((self.home / "demo.json").read_text("utf-8")))

    @property
    def env(self) -> dict[str, str]:
        """The environment in which commands act on this zone; without a token."""
        return environment(self.home, self.person)


def environment(home: Path, person: Path) -> dict[str, str]:
    """The environment of a person with a home folder of their own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SAFEZONE_", "XDG_"))}
    return {**kept, "HOME": str(person), "SAFEZONE_HOME": str(home)}


def run_demo(home: Path, person: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as `make demo` does."""
    return subprocess.run(
        [sys.executable, "-m", "safezone.local.demo", *arguments],
        cwd=ROOT,
        env=environment(home, person),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="session")
def demo_zone(tmp_path_factory: pytest.TempPathFactory) -> DemoZone:
    """The zone the demo made. Tests may read it, and must not change it."""
    root = tmp_path_factory.mktemp("demo")
    home, person = root / "zone", root / "person"
    person.mkdir()
    started = time.monotonic()
    done = run_demo(home, person, "--canaries", str(CANARIES))
    return DemoZone(home, person, CANARIES, done.returncode, done.stdout, time.monotonic() - started)
