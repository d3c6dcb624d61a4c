"""A zone that is lost comes back: whole, or not at all, and never with what was destroyed."""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest

from safezone.access.actions import Action, Actor, dataset_resource
from safezone.airlock import release
from safezone.audit.checkpoint import open_checkpoint
from safezone.audit.engine import open_engine
from safezone.audit.verify import verify_log
from safezone.backup import recovery, staging
from safezone.backup.combining import combine
from safezone.backup.make import Made, listed, make_backup
from safezone.backup.recovery import Share
from safezone.backup.restore import restore
from safezone.catalog.records import RequestRecord, VersionRecord
from safezone.cli import run
from safezone.custody.destroy import Authority, destroy
from safezone.errors import BadInput, Denied, IntegrityFailure, NotFound, Unavailable, WrongState
from safezone.model import Duty, RequestState, Stage, VersionState
from safezone.package import open_package
from safezone.settings import Settings
from safezone.vault.parts import key_name
from safezone.zone import Zone
from safezone_verify.notes import NoteKey
from tests.fixtures.sandbox import DATASET, Sandbox

CUSTODIANS = ("김하나", "이둘", "박 셋")


@dataclass
class Kept:
    """A living zone, and what lies elsewhere for the day it is lost."""

    sandbox: Sandbox
    made: Made
    copy: Path
    shares: list[Share]

    @property
    def settings(self) -> Settings:
        return self.sandbox.settings

    @property
    def words(self) -> list[str]:
        return [share.words for share in self.shares]

    def burn(self) -> None:
        """The machine is gone; backup, recovery copy, witness and ledger lay elsewhere."""
        self.sandbox.close()
        shutil.rmtree(self.settings.home)
        self.settings.passphrase_file.unlink()

    def recover(self) -> None:
        combine(self.copy, self.words[1:], self.settings)

    def as_person(self, name: str) -> Settings:
        token = self.sandbox.people[name].token
        return Settings(**self.settings.model_dump() | {"token": token})

    def restored(self, **more):
        return restore(self.settings, self.made.path, **more)

    def nothing_there(self) -> bool:
        """At home is nothing but the keystore that was put back, and beside it nothing at all."""
        home = self.settings.home
        beside = [path.name for path in home.parent.iterdir() if path.name.startswith(f".{home.name}.")]
        return {path.name for path in home.iterdir()} <= {"keys"} and not beside


@pytest.fixture(scope="module")
def template(published_template: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Made once: a release built, the keystore split 2 of 3, a backup with parts, everything witnessed up to it."""
    base = tmp_path_factory.mktemp("kept")
    sandbox = published_template.copy(base / "whole")
    sandbox.settings = Settings(
        **sandbox.settings.model_dump()
        | {"token": sandbox.people["admin"].token, "ledger_dir": base / "whole" / "outside" / "ledger"}
    )
    sandbox.build(sandbox.approved(sandbox.project().id))
    shares: list[Share] = []
    safe = base / "whole" / "safe"
    safe.mkdir()
    recovery.split(sandbox.open(None), sandbox.actor("admin"), CUSTODIANS, 2, shares.extend)
    sandbox.open(None).keep_log()
    made = make_backup(sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), base / "whole", with_parts=True)
    sandbox.close()
    (held,) = (sandbox.settings.home / "keys" / "recovery").iterdir()
    copy = Path(shutil.copy(held, safe))
    return Kept(sandbox, made, copy, shares)


@pytest.fixture
def kept(template: Kept, tmp_path: Path) -> Kept:
    base = template.settings.home.parent
    sandbox = template.sandbox.copy(tmp_path)
    made = Made(
        template.made.id,
        tmp_path / template.made.path.name,
        template.made.sha256,
        template.made.size,
        template.made.header,
    )
    yield Kept(sandbox, made, tmp_path / template.copy.relative_to(base), template.shares)
    sandbox.close()


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def open_published(sandbox: Sandbox) -> int:
    zone = sandbox.open(Duty.INGEST)
    versions = zone.catalog.list(VersionRecord, stage=Stage.PUBLISHED)
    rows = 0
    console = sandbox.open(None)
    grant = console.authorizer.authorize(
        sandbox.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    for version in versions:
        with console.vault.open_version(grant, version) as data:
            rows += data.count_rows()
    return rows


def pull(sandbox: Sandbox) -> int:
    portal = sandbox.open(Duty.PORTAL)
    (request,) = portal.catalog.list(RequestRecord, state=RequestState.RELEASED)
    _, stream = release.pull(portal.airlock, sandbox.account("developer"), request.id)
    identity = sandbox.settings.passphrase_file.with_name("identity.txt")
    identity.write_text(f"{sandbox.identity}\n")
    identity.chmod(0o600)
    with stream:
        package = open_package(stream, identity, keys=(portal.keys.public_key(release.PACKAGE_KEY),))
    return len(package.names)


# -- the whole way ---------------------------------------------------------------------------------------


def test_a_lost_zone_comes_back_whole_and_agrees_with_its_witness(kept):
    rows = open_published(kept.sandbox)
    kept.burn()

    kept.recover()
    done = kept.restored()

    assert {check.id: check.state for check in done.checks} == dict.fromkeys(
        ("backup", "accounts", "manifests", "key_tables", "parts", "log", "witness", "destroyed"), "VALID"
    )
    assert (done.log, done.left) == (done.standing.origin, ())
    with Zone.open(kept.settings, None) as back:
        verified = verify_log(back.catalog.engine, back.log_keys, [back.witness])
    assert verified.ok
    assert verified.witnessed == verified.size > kept.made.header.log["size"]
    assert open_published(kept.sandbox) == rows > 0
    assert pull(kept.sandbox)
    # Work goes on.
    assert kept.sandbox.build(kept.sandbox.approved(kept.sandbox.project().id)).rows > 0


def test_without_parts_what_is_missing_is_counted(kept):
    small = make_backup(kept.sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), kept.made.path.with_name("small"))
    kept.sandbox.open(None).keep_log()
    newer = shutil.copy(kept.sandbox.settings.home / "keys" / "recovery" / kept.copy.name, kept.copy)
    kept.burn()
    combine(Path(newer), kept.words, kept.settings)

    done = restore(kept.settings, small.path, accept_loss=True)

    states = {check.id: check for check in done.checks}
    assert (states["manifests"].state, states["key_tables"].state) == ("VALID", "VALID")
    assert (states["parts"].state, states["parts"].count) == ("MISSING", 0)
    assert states["parts"].wrong > 0


def test_a_key_destroyed_since_stays_destroyed_although_backup_and_recovery_copy_are_older(kept):
    console = kept.sandbox.open(None)
    version = console.catalog.list(VersionRecord, stage=Stage.PUBLISHED)[0]
    name = key_name(version.dataset, version.stage, version.delivery)
    older = kept.copy.read_bytes()
    destroy(console, [name], Authority("two-people", "destruction/x"), kept.sandbox.account("admin").id)
    console.keep_log()
    kept.burn()
    kept.copy.write_bytes(older)

    kept.recover()
    done = kept.restored(accept_loss=True)

    assert done.destroyed == (name,)
    with Zone.open(kept.settings, None) as back:
        assert name not in {key.name for key in back.keys.list()}
        assert name in {gone for gone, _ in back.keys.destroyed()}
        # Nor does the recovery copy that is kept from now on hold it.
        (held,) = recovery.copies(back)
        assert held.current
        shutil.copy(held.path, kept.copy)
    kept.burn()
    kept.recover()
    assert name in {gone for gone, _ in _keystore(kept.settings).destroyed()}


def test_what_was_destroyed_since_is_not_shown_again_when_the_newest_keystore_was_kept(kept):
    console = kept.sandbox.open(None)
    version = console.catalog.list(VersionRecord, stage=Stage.PUBLISHED)[0]
    name = key_name(version.dataset, version.stage, version.delivery)
    destroy(console, [name], Authority("two-people", "destruction/x"), kept.sandbox.account("admin").id)
    console.keep_log()
    recovery.renew(console)
    (held,) = recovery.copies(console)
    newest = held.path.read_bytes()
    kept.burn()
    kept.copy.write_bytes(newest)

    kept.recover()
    kept.restored(accept_loss=True)

    with Zone.open(kept.settings, None) as back:
        assert back.catalog.get(VersionRecord, version.id).state is VersionState.DESTROYED


def _keystore(settings: Settings):
    from safezone.keys.keystore import Keystore

    return Keystore(settings.keystore, settings.passphrase_file.read_bytes().strip())


# -- the log and its witness -------------------------------------------------------------------------------


def test_a_loss_is_told_to_the_entry_and_the_log_goes_on_under_a_new_name(kept):
    live = kept.sandbox.open(None)
    before = open_checkpoint(live.keep_log(), live.log_keys)
    held, origin, old_keys = kept.made.header.log["size"], live.origin, live.log_keys
    witness_file = kept.settings.witness_dir / origin.rpartition("/")[2] / "checkpoints.jsonl"
    told = witness_file.read_bytes()
    kept.burn()
    kept.recover()

    with pytest.raises(WrongState) as refused:
        kept.restored()
    assert refused.value.code == "restore.loss"
    assert f"{held}-{before.size - 1} ({before.size - held})" in refused.value.what.en
    assert kept.nothing_there()

    done = kept.restored(accept_loss=True)

    assert done.standing.lost == before.size - held
    with Zone.open(kept.settings, None) as back:
        assert back.origin == done.log != origin
        assert back.origin.startswith(origin + "/")
        # Whole by the new name; and the entries of the backup still hold against what was signed by the old one.
        note = kept.made.header.log["checkpoint"]
        verified = verify_log(back.catalog.engine, [*back.log_keys, *old_keys], [back.witness], [note])
        assert verified.ok
        assert verified.witnessed == verified.size
        (fact,) = kept.sandbox.sql("SELECT purpose FROM audit_event WHERE type = 'backup.restored'")
        assert fact[0].startswith(f"succeeds {origin} held {held} ")
        assert fact[0].endswith(f"witnessed {before.size} {before.root.hex()}")
        (past,) = (back.settings.home / "log-before").iterdir()
        assert json.loads(past.read_text())["witnessed"]["size"] == before.size
    # Nothing was ever said again under the old name.
    assert witness_file.read_bytes() == told


def test_one_backup_restored_twice_makes_two_logs_that_do_not_contradict_each_other(kept, tmp_path):
    kept.sandbox.open(None).keep_log()
    kept.burn()
    kept.recover()
    names = set()
    for number in range(2):
        other = Settings(**kept.settings.model_dump() | {"home": tmp_path / f"again-{number}"})
        shutil.copytree(kept.settings.keystore.parent, other.keystore.parent)
        done = restore(other, kept.made.path, accept_loss=True)
        assert done.left == ()
        names.add(done.log)
    assert len(names) == 2


def test_a_witness_that_knows_nothing_of_the_log_is_a_loss_nobody_can_count(kept):
    kept.burn()
    kept.recover()
    shutil.rmtree(kept.settings.witness_dir)

    with pytest.raises(WrongState) as refused:
        kept.restored()
    assert refused.value.code == "restore.loss"
    done = kept.restored(accept_loss=True)
    assert done.standing.lost is None
    assert done.log != done.standing.origin


def test_a_log_changed_before_the_backup_is_not_brought_back(kept, tmp_path):
    kept.sandbox.sql("UPDATE audit_leaf SET leaf = replace(leaf, 'acc-', 'acx-') WHERE seq = 3")
    made = make_backup(kept.sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), tmp_path / "tampered")
    shutil.copy(kept.sandbox.settings.home / "keys" / "recovery" / kept.copy.name, kept.copy)
    kept.burn()
    kept.recover()
    with pytest.raises(IntegrityFailure, match=r"restore\.log"):
        restore(kept.settings, made.path, accept_loss=True)
    assert kept.nothing_there()


# -- nothing by halves -------------------------------------------------------------------------------------


def test_no_byte_of_a_backup_can_be_changed(kept):
    kept.burn()
    kept.recover()
    whole = kept.made.path.read_bytes()
    chance = random.Random(4)
    header = len(whole) - 60
    places = [0, 9, 10, 24, 40, header, len(whole) - 1, len(whole) - 30, *range(len(whole) - 400, len(whole), 53)]
    places += [chance.randrange(len(whole)) for _ in range(20)]
    for place in places:
        spoiled = bytearray(whole)
        spoiled[place] ^= 1 << chance.randrange(8)
        kept.made.path.write_bytes(spoiled)
        with pytest.raises(IntegrityFailure):
            kept.restored()
    for cut in (0, 30, len(whole) // 2, len(whole) - 1):
        kept.made.path.write_bytes(whole[:cut])
        with pytest.raises(IntegrityFailure):
            kept.restored()
    assert kept.nothing_there()


def in_a_process_that_dies(work) -> None:
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_killed_in_the_middle_nothing_is_there_and_the_next_run_cleans_up(kept):
    kept.burn()
    kept.recover()
    keys = content(kept.settings.home)

    in_a_process_that_dies(
        lambda: kept.restored(progress=lambda done, total: os._exit(9) if done > total / 2 else None)
    )
    assert content(kept.settings.home) == keys

    def between_two_names() -> None:
        staging.sync = lambda folder: os._exit(1)
        Path.rename = lambda path, to, real=Path.rename: os._exit(9) if ".restore-" in path.name else real(path, to)
        kept.restored()

    in_a_process_that_dies(between_two_names)
    assert not kept.settings.home.exists()

    kept.restored()
    home = kept.settings.home
    assert [path.name for path in home.parent.iterdir() if path.name.startswith(f".{home.name}.")] == []
    assert open_published(kept.sandbox) > 0


def test_a_rehearsal_beside_the_living_zone_checks_everything_and_leaves_nothing(kept):
    kept.sandbox.open(None).keep_log()
    kept.sandbox.close()
    before, witness = content(kept.settings.home), content(kept.settings.witness_dir)

    done = kept.restored(rehearse=True)

    assert done.rehearsed
    assert done.standing.lost > 0
    assert [check.state for check in done.checks if check.id != "witness"] == ["VALID"] * 6
    assert content(kept.settings.home) == before
    assert content(kept.settings.witness_dir) == witness
    assert not list(kept.settings.home.parent.glob(".zone.*"))


# -- refusals ----------------------------------------------------------------------------------------------


def test_it_is_never_restored_over_anything(kept):
    with pytest.raises(WrongState, match=r"restore\.not_empty"):
        kept.restored()


def test_only_who_may_restore_does(kept):
    kept.burn()
    kept.recover()
    for settings in (
        kept.as_person("steward"),
        Settings(**kept.settings.model_dump() | {"token": None}),
        Settings(**kept.settings.model_dump() | {"token": "szt_guess"}),
    ):
        with pytest.raises(Denied):
            restore(settings, kept.made.path)
        assert kept.nothing_there()


def test_wrong_keys_are_said_to_be_wrong(kept, fresh_template, tmp_path):
    with pytest.raises(Unavailable, match=r"restore\.no_keys"):
        restore(Settings(**kept.settings.model_dump() | {"home": tmp_path / "empty"}), kept.made.path)

    stranger = fresh_template.copy(tmp_path / "stranger")
    for name in ("zone.json", "catalog.db", "lake", "deliveries"):
        path = stranger.settings.home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (stranger.settings.home / "keys" / "delivery-identity.json").unlink()
    others = Settings(**stranger.settings.model_dump() | {"token": kept.settings.token})
    with pytest.raises(Denied) as refused:
        restore(others, kept.made.path)
    assert refused.value.code == "backup.other_keys"


def test_a_keystore_older_than_the_backup_does_not_open_it(kept, tmp_path):
    newer = make_backup(kept.sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), tmp_path / "newer")
    kept.burn()
    kept.recover()  # from the copy of the day of the first backup
    with pytest.raises(Denied) as refused:
        restore(kept.settings, newer.path)
    assert refused.value.code == "backup.key_missing"
    assert kept.nothing_there()


def test_who_may_not_make_a_backup_does_not_and_none_is_overwritten(kept, tmp_path):
    zone = kept.sandbox.open(Duty.BACKUP)
    with pytest.raises(Denied):
        make_backup(zone, kept.sandbox.actor("steward"), tmp_path / "theirs")
    assert not (tmp_path / "theirs").exists()
    with pytest.raises(WrongState, match=r"backup\.exists"):
        make_backup(zone, kept.sandbox.actor("admin"), kept.made.path)
    with pytest.raises(Unavailable, match=r"backup\.write"):
        make_backup(zone, kept.sandbox.actor("admin"), tmp_path / "no" / "such" / "folder")
    assert [item["id"] for item in listed(zone)] == [kept.made.id]


def test_the_backup_duty_can_open_no_backup(kept):
    from safezone.backup import archive

    zone = kept.sandbox.open(Duty.BACKUP)
    header = archive.open_header(kept.made.path, zone.keys)
    with pytest.raises(Denied, match=r"keys\.duty"), archive.members(kept.made.path, header, zone.keys) as members:
        next(members)


# -- recovery ----------------------------------------------------------------------------------------------


def test_too_few_or_damaged_shares_recover_nothing(kept):
    kept.burn()
    words = kept.words
    for given, code in (
        (words[:1], "recovery.too_few"),
        ([words[0], words[0]], "recovery.too_few"),
        ([words[0], words[1].replace(words[1].split()[9], "academic")], "recovery.share_damaged"),
        ([words[0], "these are no words of it"], "recovery.share_damaged"),
    ):
        with pytest.raises(BadInput) as refused:
            combine(kept.copy, given, kept.settings)
        assert refused.value.code == code
        assert not any(word in str(refused.value) for word in words[0].split()[4:12])
    assert not kept.settings.keystore.exists()
    assert not kept.settings.passphrase_file.exists()


def test_a_changed_recovery_copy_neither_recovers_nor_receives_the_keystore(kept):
    home_copy = kept.settings.home / "keys" / "recovery" / kept.copy.name
    theirs = str(pyrage.x25519.Identity.generate().to_public())
    ours = json.loads(home_copy.read_bytes().partition(b"\n")[0])["recipient"]
    home_copy.write_bytes(home_copy.read_bytes().replace(ours.encode(), theirs.encode(), 1))
    with pytest.raises(IntegrityFailure, match=r"recovery\.damaged"):
        recovery.renew(kept.sandbox.open(None))
    kept.burn()
    data = bytearray(kept.copy.read_bytes())
    data[-5] ^= 1
    kept.copy.write_bytes(data)
    with pytest.raises(IntegrityFailure, match=r"recovery\.damaged"):
        kept.recover()
    assert not kept.settings.keystore.exists()


def test_a_copy_made_by_somebody_else_is_known_by_the_key_on_the_shares(kept):
    kept.burn()
    with pytest.raises(IntegrityFailure, match=r"recovery\.damaged"):
        combine(kept.copy, kept.words, kept.settings, ["00" * 32])
    combine(kept.copy, kept.words, kept.settings, [kept.shares[0].zone_key])
    with pytest.raises(WrongState, match=r"recovery\.exists"):
        combine(kept.copy, kept.words, kept.settings)


def test_copies_are_renewed_without_custodians_and_a_new_splitting_ends_the_old(kept, tmp_path):
    console, admin = kept.sandbox.open(None), kept.sandbox.actor("admin")
    usb = tmp_path / "usb"
    usb.mkdir()
    shares: list[Share] = []
    recovery.split(console, admin, CUSTODIANS, 2, shares.extend, [usb])
    console.keys.ensure("kek/x/published/y")
    assert [held.current for held in recovery.copies(console)] == [False, False]
    assert [held.current for held in recovery.renew(console)] == [True, True]
    usb.rename(tmp_path / "away")
    console.keys.ensure("kek/x/published/z")
    assert [held.current for held in recovery.renew(console)] == [True, False]
    (tmp_path / "away").rename(usb)
    assert [held.current for held in recovery.renew(console)] == [True, True]

    again: list[Share] = []
    recovery.split(console, admin, ("하나", "둘"), 2, again.extend)
    assert not list(usb.iterdir())
    (held,) = recovery.copies(console)
    assert held.copy.custodians == ("하나", "둘")
    elsewhere = Settings(**kept.settings.model_dump() | {"home": tmp_path / "elsewhere"})
    with pytest.raises(BadInput, match=r"recovery\.other_copy"):
        combine(held.path, [share.words for share in shares], elsewhere)
    with pytest.raises(BadInput, match=r"recovery\.share_mixed"):
        combine(held.path, [again[0].words, shares[0].words], elsewhere)
    recovery.confirm_erased(console, admin, shares[0].copy.id, "김하나")
    with pytest.raises(NotFound):
        recovery.confirm_erased(console, admin, "rec-0000000000000000", "김하나")


def test_a_key_server_recovers_its_keys_itself(kept):
    served = Settings(**kept.settings.model_dump() | {"keys_url": "awskms://ap-northeast-2/zone"})
    with pytest.raises(WrongState) as refused:
        combine(kept.copy, kept.words, served)
    assert refused.value.code == "recovery.key_server"


def test_storage_and_catalog_that_lie_apart_are_found_again(kept, tmp_path):
    apart = {"storage_url": str(tmp_path / "bucket"), "catalog_url": f"sqlite:///{tmp_path / 'apart.db'}"}
    small = make_backup(kept.sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), tmp_path / "small")
    shutil.copy(kept.settings.home / "keys" / "recovery" / kept.copy.name, kept.copy)
    shutil.copytree(kept.settings.lake, tmp_path / "bucket")  # the bucket did not burn
    (tmp_path / "bucket" / "lake").rename(tmp_path / "lake")
    shutil.copytree(
        tmp_path / "lake",
        tmp_path / "bucket" / "lake",
        ignore=lambda _, names: [n for n in names if "manifest" in n],
    )
    kept.burn()
    kept.recover()
    served = Settings(**kept.settings.model_dump() | apart)

    done = restore(served, small.path)

    assert {check.state for check in done.checks} == {"VALID"}
    assert not (served.home / "catalog.db").exists()
    assert not served.lake.exists()
    kept.sandbox.settings = served
    assert open_published(kept.sandbox) > 0


# -- other databases, and the command line -----------------------------------------------------------------


def test_it_moves_to_postgresql_and_back(kept, postgres_url, tmp_path):
    kept.burn()
    kept.recover()
    served = Settings(**kept.settings.model_dump() | {"catalog_url": postgres_url})
    restore(served, kept.made.path)
    with Zone.open(served, None) as zone:
        assert verify_log(zone.catalog.engine, zone.log_keys, [zone.witness]).ok
        zone.catalog.list(VersionRecord)
        second = make_backup(zone, Actor.duty(Duty.BACKUP), tmp_path / "second", with_parts=True)
        with pytest.raises(WrongState, match=r"restore\.catalog"):
            restore(Settings(**served.model_dump() | {"home": tmp_path / "third"}), second.path, accept_loss=True)
    home = tmp_path / "back"
    shutil.copytree(served.home / "keys", home / "keys")
    (home / "keys" / "delivery-identity.json").unlink()
    back = Settings(**kept.settings.model_dump() | {"home": home, "catalog_url": ""})
    done = restore(back, second.path, accept_loss=True)
    assert {check.state for check in done.checks} == {"VALID"}
    with Zone.open(back, None) as zone:
        assert verify_log(zone.catalog.engine, zone.log_keys, [zone.witness]).ok


def test_the_commands(kept, capsys, monkeypatch, tmp_path):
    def do(*arguments: str, code: int = 0):
        capsys.readouterr()
        got = run([*arguments, "--json"])
        said = capsys.readouterr()
        assert got == code, said.err or said.out
        return json.loads(said.out) if said.out else json.loads(said.err)

    for name, field in (
        ("HOME", "home"),
        ("PASSPHRASE_FILE", "passphrase_file"),
        ("WITNESS_DIR", "witness_dir"),
        ("LEDGER_DIR", "ledger_dir"),
        ("POLICIES", "policies"),
    ):
        monkeypatch.setenv(f"SAFEZONE_{name}", str(getattr(kept.settings, field)))
    monkeypatch.setenv("SAFEZONE_TOKEN", kept.sandbox.people["admin"].token)
    safe, out = tmp_path / "usb", tmp_path / "shares"
    safe.mkdir()
    who = [part for name in CUSTODIANS for part in ("--custodian", name)]
    split = do(
        "keys",
        "recovery",
        "split",
        "--shares",
        "3",
        "--threshold",
        "2",
        *who,
        "--out",
        str(out),
        "--copy",
        str(safe),
    )
    assert all(Path(share).stat().st_mode & 0o077 == 0 for share in split["shares"])
    do(
        "keys",
        "recovery",
        "split",
        "--shares",
        "3",
        "--threshold",
        "2",
        *who,
        "--out",
        str(kept.settings.home / "x"),
        code=2,
    )
    assert {item["state"] for item in do("keys", "recovery", "list")} == {"CURRENT"}
    assert {item["state"] for item in do("keys", "recovery", "renew")} == {"CURRENT"}
    made = do("backup", "--out", str(tmp_path), "--with-parts")
    monkeypatch.delenv("SAFEZONE_TOKEN")
    do("backup", "--out", str(tmp_path))  # as a timer runs it
    monkeypatch.setenv("SAFEZONE_TOKEN", kept.sandbox.people["admin"].token)
    assert len(do("backup", "list")) == 3
    do("restore", made["file"], "--check")
    do("restore", made["file"], code=5)

    kept.burn()
    (copy,) = safe.iterdir()
    shares = [part for share in split["shares"][:2] for part in ("--share", share)]
    assert do("keys", "recovery", "combine", str(copy), *shares[:2], code=4)["error"] == "recovery.too_few"
    do("keys", "recovery", "combine", str(copy), *shares)
    assert do("restore", made["file"], code=5)["error"] == "restore.loss"
    done = do("restore", made["file"], "--accept-loss")
    assert (done["state"], done["left"]) == ("RESTORED", [])
    assert done["lost"] > 0
    for language, words in (("ko", "복원할 수 있는 백업"), ("en", "The backup can be restored")):
        monkeypatch.setenv("SAFEZONE_LANGUAGE", language)
        assert run(["restore", made["file"], "--check"]) == 0
        assert words in capsys.readouterr().out
    do("keys", "recovery", "confirm-destroyed", split["id"], "--custodian", "김하나")
    assert run(["keys", "recovery", "list"]) == 0
    assert run(["backup", "list"]) == 0
    engine = open_engine(kept.settings.catalog)
    with Zone.open(kept.settings, None) as zone:
        assert verify_log(zone.catalog.engine, zone.log_keys, [zone.witness]).ok
    engine.dispose()
    assert NoteKey.from_text(zone.log_keys[0].to_text()).name == done["log"]
