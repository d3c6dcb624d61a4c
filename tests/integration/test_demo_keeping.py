"""What the demo does when the journey is over, on a small zone: a key, a backup, and a check with nothing of the zone."""

from __future__ import annotations

import shutil

import pytest

from safezone.access.actions import Actor
from safezone.catalog.records import VersionRecord
from safezone.custody.destroy import Authority, destroy, replay
from safezone.errors import Denied, IntegrityFailure
from safezone.local import ground, keeping
from safezone.model import Duty, Stage
from safezone.settings import Settings
from safezone.vault.parts import key_name
from safezone.zone import Zone, initialise
from tests.fixtures.sandbox import Sandbox


def newest(zone: Sandbox) -> VersionRecord:
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=Stage.PUBLISHED)[-1]


def test_rotating_the_key_of_a_version_leaves_its_data_alone(published):
    version = newest(published)
    done = keeping.rotate_key(published.settings, published.account("admin"), version.id)
    assert done.key == f"kek/{version.dataset}/published/{version.delivery}"
    assert (done.version, done.rewrapped) == (2, done.untouched - 1)
    # What was closed anew still opens: a release is built from it.
    assert published.build(published.approved(published.project().id)).rows > 0


def test_a_rotation_that_touches_more_is_no_success(published, monkeypatch):
    version = newest(published)
    manifest = published.settings.lake / version.manifest_uri

    def careless(zone: Zone, actor: Actor, name: str) -> None:
        manifest.chmod(0o600)
        manifest.write_bytes(manifest.read_bytes() + b" ")

    monkeypatch.setattr(keeping.rotation, "rotate", careless)
    with pytest.raises(IntegrityFailure, match=r"demo\.rotation"):
        keeping.rotate_key(published.settings, published.account("admin"), version.id)


def test_only_an_administrator_rotates_and_backs_up(published, tmp_path):
    with pytest.raises(Denied):
        keeping.rotate_key(published.settings, published.account("developer"), newest(published).id)
    with pytest.raises(Denied):
        keeping.back_up(published.settings, published.account("developer"), tmp_path / "medium")
    assert list((tmp_path / "medium").iterdir()) == []


def test_a_backup_and_a_log_that_is_proven_elsewhere(published, tmp_path):
    made = keeping.back_up(published.settings, published.account("admin"), tmp_path / "medium")
    assert [path.stat().st_size for path in (tmp_path / "medium").iterdir()] == [made.size]
    published.open(Duty.LOG).keep_log()
    checked = keeping.check_elsewhere(published.settings, tmp_path / "auditor")
    assert checked.found["state"] == "WHOLE"
    assert checked.found["size"] == checked.found["witnessed"] > made.header.log["size"]


def test_a_log_that_was_changed_is_not_proven_elsewhere(published, tmp_path):
    published.open(Duty.LOG).keep_log()
    published.sql("UPDATE audit_leaf SET leaf = replace(leaf, 'T', 't') WHERE seq = 3")
    with pytest.raises(IntegrityFailure, match=r"demo\.bundle"):
        keeping.check_elsewhere(published.settings, tmp_path / "auditor")


def test_processes_of_the_zone_get_every_folder_as_an_absolute_path(tmp_path, monkeypatch):
    """They run in folders of their own: a relative one would name another ledger there."""
    monkeypatch.chdir(tmp_path)
    folders = {name: name for name in ("home", "passphrase_file", "witness_dir", "ledger_dir", "keys_credentials")}
    given = ground.zone_environment(Settings(**folders))
    assert {name: given[f"SAFEZONE_{name.upper()}"] for name in folders} == {
        name: str(tmp_path / name) for name in folders
    }


def test_a_zone_made_where_one_was_deleted_does_not_meet_what_that_one_left_behind(published):
    """Witness and ledger lie outside and outlive a deleted zone; each knows zones apart by their ids."""
    first = published.open(None)
    version = newest(published)
    name = key_name(version.dataset, version.stage, version.delivery)
    destroy(first, [name], Authority("two-people", "destruction/x"), published.account("admin").id)
    first.keep_log()
    published.close()
    shutil.rmtree(published.settings.home)

    with initialise(published.settings) as second:
        assert second.origin != first.origin
        second.keys.ensure(name)
        assert replay(second).destroyed == ()
        assert name in {key.name for key in second.keys.list()}
        assert second.witness.latest() is None
    assert len(list(published.settings.witness_dir.iterdir())) == 2
