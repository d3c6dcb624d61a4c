"""Imports run one way: the contracts of `.importlinter`, and what a Dag may import while Airflow parses it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(root: Path, config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    env = {**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1"}
    return subprocess.run(
        [*command, "--config", str(config), "--no-cache"],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_contract_holds():
    done = lint(ROOT, ROOT / ".importlinter")
    assert done.returncode == 0, done.stdout


def test_an_import_that_runs_the_other_way_is_found(tmp_path: Path):
    for package in ("safezone", "safezone_verify", "pseudonymize", "validation"):
        (tmp_path / package).symlink_to(ROOT / package)
    (tmp_path / "safezone").unlink()
    (tmp_path / "safezone").mkdir()
    for item in (ROOT / "safezone").iterdir():
        if item.name not in {"hashing.py", "__pycache__"}:
            (tmp_path / "safezone" / item.name).symlink_to(item)
    text = (ROOT / "safezone" / "hashing.py").read_text("utf-8")
    (tmp_path / "safezone" / "hashing.py").write_text(text + "\nimport safezone.zone\n", "utf-8")
    done = lint(tmp_path, ROOT / ".importlinter")
    assert done.returncode == 1
    assert "safezone.hashing -> safezone.zone" in done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "dags").glob("*.py")), ids=lambda path: path.stem)
def test_a_dag_file_imports_policy_and_settings_alone_when_it_is_parsed(path: Path):
    tree = ast.parse(path.read_text("utf-8"))
    modules = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    ours = {
        name
        for name in modules
        if name.split(".")[0] in {"safezone", "safezone_verify", "pseudonymize", "validation"}
    }
    assert ours <= {"safezone.policy.dataset", "safezone.policy.load", "safezone.settings"}
