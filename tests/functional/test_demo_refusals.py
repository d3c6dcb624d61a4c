"""What the demo does when it cannot go well: it leaves what is there alone, and says what went wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from safezone.errors import Unavailable
from safezone.local import ground
from safezone.local.log_duty import LogDuty
from safezone.settings import Settings
from tests.functional.conftest import ROOT, environment, run_demo

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


def test_a_folder_in_use_is_left_alone(tmp_path: Path):
    home = tmp_path / "zone"
    home.mkdir()
    (home / "notes.txt").write_text("mine")
    chosen = ground.fresh(Settings(home=home))
    assert chosen.home == tmp_path / "zone-2"
    (tmp_path / "zone-2").mkdir()
    (tmp_path / "zone-2" / "more.txt").write_text("mine too")
    assert ground.fresh(Settings(home=home)).home == tmp_path / "zone-3"
    assert ground.fresh(Settings(home=tmp_path / "free")).home == tmp_path / "free"


def test_too_few_rows_are_refused_before_anything_is_started(tmp_path: Path):
    done = run_demo(tmp_path / "zone", tmp_path, "--rows", "10")
    assert done.returncode == 2
    assert "sample.rows" in done.stdout
    assert str(tmp_path / "zone" / "logs").split("/")[-1] in done.stdout
    assert not (tmp_path / "zone" / "demo.json").exists()


def test_a_zone_whose_privacy_model_cannot_be_met_fails_and_stops(tmp_path: Path):
    """200 rows are too few for k=5: the ingest fails, and the demo with it."""
    home = tmp_path / "zone"
    done = run_demo(home, tmp_path, "--rows", "200")
    assert done.returncode == 1
    assert "demo.ingest" in done.stdout
    assert "privacy.k_unreachable" in done.stdout.replace("\n", "")
    assert not (home / "demo.json").exists()
    assert _processes_of(home) == []


def test_interrupted_it_leaves_nothing_running(tmp_path: Path):
    home = tmp_path / "zone"
    process = subprocess.Popen(
        [sys.executable, "-m", "safezone.local.demo"],
        cwd=ROOT,
        env=environment(home, tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (home / "airflow" / "logs").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert _processes_of(home) == []


def test_a_log_duty_that_has_ended_is_noticed(tmp_path: Path):
    """There is no zone here, so it ends at once."""
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "SAFEZONE_HOME": str(tmp_path / "none")}
    with LogDuty(tmp_path / "logs" / "duty.log", env) as duty, pytest.raises(Unavailable) as raised:
        duty.stop()
    assert raised.value.code == "log.duty"
    assert "zone.missing" in (tmp_path / "logs" / "duty.log").read_text("utf-8")


def _processes_of(home: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd().startswith(str(home)):
                found.append(process.name())
        except psutil.Error:
            continue
    return found
