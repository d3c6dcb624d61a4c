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


def drive(template: Path, step: str, argument: str, points: list[int]) -> list[dict]:
    """Run the driver; each point's line with its parts decoded."""
    command = [sys.executable, str(DRIVER), str(template), step, argument, ",".join(map(str, points))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        line["runs"] = [json.loads(said) for said in line["runs"]]
        line["after"] = json.loads(line["after"])
    return lines


def spread(writes: int, count: int) -> list[int]:
    """`count` moments spread over all writes of a run, its first and last among them."""
    return sorted({1 + round(number * (writes - 1) / (count - 1)) for number in range(count)})


@pytest.mark.slow
def test_ingest_killed_at_any_write_ends_with_the_same_version_once(tmp_path):
    template = tmp_path / "template"
    template.mkdir()
    sandbox = make_sandbox(template, part_rows=1_000)
    sandbox.approve_policy()
    delivery = sandbox.deliver(benefit_rows(2_500))

    (whole,) = drive(template, "ingest", delivery, [0])
    reference = json.loads(whole["first"])
    lines = drive(template, "ingest", delivery, spread(reference["writes"], 9))

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

    (whole,) = drive(template, "release", request.id, [0])
    reference = json.loads(whole["first"])
    lines = drive(template, "release", request.id, spread(reference["writes"], 5))

    assert all(line["killed"] for line in lines)
    for line in [whole, *lines]:
        assert [run["rows"] for run in line["runs"]] == [reference["rows"]] * 2
        assert (line["after"]["releases"], line["after"]["again"]) == (1, 0)
        assert line["after"]["left"] == whole["after"]["left"]
