"""Killed anywhere, run again, run twice at once: the same version once, and no orphan visible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.sandbox import ROOT, benefit_rows, make_sandbox

DRIVER = ROOT / "tests" / "fixtures" / "crash_driver.py"


def drive(template: Path, step: str, argument: str, points: int) -> list[dict]:
    """Run the driver; a whole run's line and then each point's, with their parts decoded."""
    command = [sys.executable, str(DRIVER), str(template), step, argument, str(points)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        line["runs"] = [json.loads(said) for said in line["runs"]]
        line["after"] = json.loads(line["after"])
    return lines


@pytest.mark.slow
def test_ingest_killed_at_any_write_ends_with_the_same_version_once(tmp_path):
    template = tmp_path / "template"
    template.mkdir()
    sandbox = make_sandbox(template, part_rows=1_000)
    sandbox.approve_policy()
    delivery = sandbox.deliver(benefit_rows(2_100))

    whole, *lines = drive(template, "ingest", delivery, 7)
    reference = json.loads(whole["first"])

    assert len(lines) == 7
    assert all(line["killed"] for line in lines)
    for line in [whole, *lines]:
        for run in line["runs"]:
            assert (run["id"], run["rows"]) == (reference["id"], reference["rows"])
        after = line["after"]
        assert (after["versions"], after["quarantined"], after["again"]) == (3, 0, 0)
        # One intake object; three parts each of three stages less those merged; manifests and key tables.
        assert after["left"] == whole["after"]["left"]


@pytest.mark.slow
def test_release_killed_at_any_write_ends_with_one_release(tmp_path):
    template = tmp_path / "template"
    template.mkdir()
    sandbox = make_sandbox(template, part_rows=1_000)
    sandbox.published(600)
    request = sandbox.approved(sandbox.project().id)

    whole, *lines = drive(template, "release", request.id, 4)
    reference = json.loads(whole["first"])

    assert len(lines) == 4
    assert all(line["killed"] for line in lines)
    for line in [whole, *lines]:
        assert [run["rows"] for run in line["runs"]] == [reference["rows"]] * 2
        assert (line["after"]["releases"], line["after"]["again"]) == (1, 0)
        assert line["after"]["left"] == whole["after"]["left"]
