"""The verifier on another machine: Python and `cryptography` are there, the zone is not."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safezone.cli import run
from safezone.model import Duty
from tests.fixtures.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
Program = Callable[..., subprocess.CompletedProcess[str]]
Command = Callable[..., dict[str, Any]]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Program:
    """Run Python with `cryptography` and what it needs, and no other package."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for name in ("cryptography", "cffi", "_cffi_backend"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            origin = Path(found.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (packages / source.name).symlink_to(source)

    def start(*arguments: object, more: Path | None = None) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(str(each) for each in (packages, more) if each is not None)
        # -S: no site-packages, so only what lies in these folders can be imported.
        return subprocess.run(
            [sys.executable, "-S", "-B", *map(str, arguments)],
            cwd=tmp_path,
            env={"PYTHONPATH": path, "PATH": os.environ["PATH"], "LANG": "en_US.UTF-8"},
            capture_output=True,
            text=True,
        )

    return start


@pytest.fixture
def auditor(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The auditor of a real zone at the command line, its log witnessed."""
    for name in ("home", "passphrase_file", "witness_dir", "ledger_dir", "policies"):
        monkeypatch.setenv(f"SAFEZONE_{name.upper()}", str(getattr(sandbox.settings, name)))
    monkeypatch.setenv("SAFEZONE_TOKEN", sandbox.people["auditor"].token)
    sandbox.open(Duty.LOG).keep_log()

    def do(*arguments: object, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert run([*map(str, arguments), "--json"]) == code
        return json.loads(capsys.readouterr().out or "{}")

    return do


def trust(keys: list[str]) -> list[str]:
    *log, witness = keys
    return [*(part for key in log for part in ("--key", key)), "--witness", witness]


def test_a_bundle_is_checked_where_there_is_no_zone(auditor: Command, elsewhere: Program, tmp_path: Path) -> None:
    program, bundle = tmp_path / "safezone-verify.pyz", tmp_path / "bundle"
    auditor("audit", "verifier", "--out", program)
    made = auditor("audit", "export", bundle, "--with-details")
    keys = trust(made["keys"])

    done = elsewhere(program, bundle, *keys, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["state"], found["size"]) == ("WHOLE", made["entries"])
    assert 0 < found["witnessed"] <= found["proven"] <= found["size"]
    assert (bundle / "details.jsonl").stat().st_size > 0

    said = elsewhere(program, bundle, *keys).stdout
    assert "WHOLE: nothing contradicts itself." in said
    assert "Not proven" not in said

    leaves = (bundle / "leaves.jsonl").read_bytes()
    (bundle / "leaves.jsonl").write_bytes(leaves.replace(b'"seq":3,', b'"seq":33,'))
    done = elsewhere(program, bundle, *keys, "--lang", "ko")
    assert done.returncode == 6
    assert "최초 위치 3:" in done.stdout
    (bundle / "bundle.json").unlink()
    assert elsewhere(program, bundle, *keys).returncode == 4


def test_the_package_runs_as_a_module_too(auditor: Command, elsewhere: Program, tmp_path: Path) -> None:
    keys = trust(auditor("audit", "export", tmp_path / "bundle")["keys"])
    shutil.copytree(ROOT / "safezone_verify", tmp_path / "other" / "safezone_verify")
    done = elsewhere("-m", "safezone_verify", tmp_path / "bundle", *keys, more=tmp_path / "other")
    assert done.returncode == 0, done.stderr
    assert elsewhere("-c", "import safezone", more=tmp_path / "other").returncode == 1
    assert elsewhere("-c", "import rfc8785", more=tmp_path / "other").returncode == 1


def test_an_excerpt_about_one_object(auditor: Command, elsewhere: Program, tmp_path: Path) -> None:
    program = tmp_path / "safezone-verify.pyz"
    auditor("audit", "verifier", "--out", program)
    events = auditor("audit", "list", "--limit", "500")
    chosen = next(item["object"] for item in events if item["seq"] == 2)
    made = auditor("audit", "export", tmp_path / "excerpt", "--object", chosen, "--with-details")
    done = elsewhere(program, tmp_path / "excerpt", *trust(made["keys"]), "--json")
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert found["proven"] == found["witnessed"] == made["entries"] > 0
    leaves = [
        json.loads(line)["leaf"] for line in (tmp_path / "excerpt" / "entries.jsonl").read_text().splitlines()
    ]
    assert {json.loads(leaf)["object"] for leaf in leaves} == {chosen}

    made = auditor("audit", "export", tmp_path / "range", "--from", 1, "--to", 3)
    done = elsewhere(program, tmp_path / "range", *trust(made["keys"]), "--json")
    assert (done.returncode, json.loads(done.stdout)["proven"]) == (0, 3)

    auditor("audit", "export", tmp_path / "nothing", "--object", "release/REL-NONE", code=4)
    auditor("audit", "export", tmp_path / "late", "--from", 100_000, code=4)
    auditor("audit", "verifier", "--out", tmp_path / "no" / "such" / "folder.pyz", code=4)
