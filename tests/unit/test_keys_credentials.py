"""Which file holds a duty's secret at the key server."""

from pathlib import Path

import pytest

from safezone.errors import Denied, Unavailable, UsageError
from safezone.keys.credentials import file_of, read_credentials, require_outside


def test_a_file_is_taken_by_whoever_runs() -> None:
    assert file_of(None, "ingest") is None
    assert file_of(Path("secret"), "ingest") == Path("secret")


def test_in_a_folder_each_duty_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "ingest.json").write_text("{}")
    (tmp_path / "log").write_text("token")
    assert file_of(tmp_path, "ingest") == tmp_path / "ingest.json"
    assert file_of(tmp_path, "log") == tmp_path / "log"


def test_a_duty_without_a_file_gets_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "ingest.json").write_text("{}")
    with pytest.raises(Unavailable, match="release"):
        read_credentials(file_of(tmp_path, "release"))


def test_a_secret_is_named_private_and_outside(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_credentials(None)
    with pytest.raises(UsageError):
        require_outside(tmp_path / "zone" / "keys" / "secret", tmp_path / "zone")
    open_to_all = tmp_path / "secret"
    open_to_all.write_text("x")
    open_to_all.chmod(0o644)
    with pytest.raises(Denied):
        read_credentials(open_to_all)
