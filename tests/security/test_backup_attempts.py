"""A backup writes nowhere it should not, and no copy of the keystore goes to a stranger.

Each test is one attempt, with what came of it: it is refused and the refusal is in the log, or it is found and said.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.access.actions import Actor
from safezone.backup import archive, recovery, restore, staging
from safezone.backup.combining import combine
from safezone.backup.make import Made, make_backup
from safezone.backup.recovery import Share
from safezone.catalog.accounts import revoke
from safezone.catalog.records import VersionRecord
from safezone.custody.ledger import ledger_file
from safezone.errors import Denied, IntegrityFailure, SafeZoneError, WrongState
from safezone.housekeeping import keep_house
from safezone.keys.keystore import Keystore
from safezone.keys.passphrase import read_passphrase
from safezone.model import Duty, Role, Stage, canonical
from safezone.settings import Settings
from tests.fixtures.sandbox import DATASET, Sandbox

WAIT = 72
CUSTODIANS = ("김하나", "이둘", "박 셋")


def zone(published: Sandbox) -> Sandbox:
    return published


def versions(zone: Sandbox, stage: Stage) -> list[VersionRecord]:
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=stage)


def kek(zone: Sandbox, stage: Stage = Stage.RAW, number: int = 0) -> str:
    version = versions(zone, stage)[number]
    return f"kek/{DATASET}/{version.stage}/{version.delivery}"


def keep(zone: Sandbox) -> dict[str, int]:
    return keep_house(zone.open(Duty.INGEST), zone.open(Duty.RELEASE))


def ledger(zone: Sandbox) -> Path:
    return ledger_file(zone.settings, zone.open(None).origin.split("/")[1])


# -- backups ---------------------------------------------------------------------------------------------------------------


class Kept:
    """A zone with a backup and a keystore split 2 of 3, as it stands on the day it is attacked."""

    def __init__(self, sandbox: Sandbox, made: Made, shares: list[Share], copy: Path) -> None:
        self.sandbox, self.made, self.shares, self.copy = sandbox, made, shares, copy

    @property
    def settings(self) -> Settings:
        return self.sandbox.settings

    def burn(self) -> None:
        """The machine is gone; keystore, witness, ledger and backup are at hand."""
        self.sandbox.close()
        keystore = self.settings.keystore.read_bytes()
        shutil.rmtree(self.settings.home)
        self.settings.keystore.parent.mkdir(parents=True, mode=0o700)
        self.settings.keystore.write_bytes(keystore)
        self.settings.keystore.chmod(0o600)

    def nothing_there(self) -> bool:
        beside = [path.name for path in self.settings.home.parent.iterdir() if path.name.startswith(".zone.")]
        return {path.name for path in self.settings.home.iterdir()} == {"keys"} and not beside


@pytest.fixture(scope="module")
def kept_template(published_template: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    base = tmp_path_factory.mktemp("attacked")
    sandbox = published_template.copy(base / "whole")
    sandbox.settings = Settings(**sandbox.settings.model_dump() | {"token": sandbox.people["admin"].token})
    shares: list[Share] = []
    recovery.split(sandbox.open(None), sandbox.actor("admin"), CUSTODIANS, 2, shares.extend)
    sandbox.open(None).keep_log()
    made = make_backup(sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), base / "whole")
    sandbox.close()
    (copy,) = (sandbox.settings.home / "keys" / "recovery").iterdir()
    return Kept(sandbox, made, shares, copy)


@pytest.fixture
def kept(kept_template: Kept, tmp_path: Path) -> Kept:
    base = kept_template.settings.home.parent
    sandbox = kept_template.sandbox.copy(tmp_path)
    made = replace(kept_template.made, path=tmp_path / kept_template.made.path.name)
    yield Kept(sandbox, made, kept_template.shares, tmp_path / kept_template.copy.relative_to(base))
    sandbox.close()


def test_the_header_of_one_backup_over_the_body_of_another_is_refused(kept, tmp_path):
    other = make_backup(kept.sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), tmp_path / "other").path
    kept.burn()

    def cut(path: Path) -> tuple[bytes, bytes]:
        data = path.read_bytes()
        trailer = archive._LENGTH + archive._CHECK + len(archive.MAGIC)
        start = len(data) - trailer - int.from_bytes(data[-trailer : -trailer + archive._LENGTH], "big")
        return data[:start], data[start:]

    (body, header), (other_body, other_header) = cut(kept.made.path), cut(other)
    for mixed in (body + other_header, other_body + header, body[:-64] + header, header):
        kept.made.path.write_bytes(mixed)
        with pytest.raises(IntegrityFailure, match=r"backup\.damaged"):
            restore.restore(kept.settings, kept.made.path, accept_loss=True)
        assert kept.nothing_there()


def crafted(kept: Kept, path: Path, members: list[tuple[tarfile.TarInfo, bytes]], base: archive.Header) -> Path:
    """A backup that a taken-over backup duty signs, with whatever members it likes."""
    keys = kept.sandbox.open(Duty.BACKUP).keys
    backup = "bak-crafted000000000"
    key = os.urandom(32)
    keys.ensure(archive.kek_name(backup))
    wrapped = keys.wrap(archive.kek_name(backup), key, archive.context(backup))
    with path.open("wb") as file:
        with archive.writing(file, key, backup) as (writer, body):
            for info, data in members:
                writer._tar.addfile(info, io.BytesIO(data))
        sealed = {"version": wrapped.version, "blob": base64.b64encode(wrapped.blob).decode()}
        told = {"size": body.size, "sha256": body.sha256}
        contents = {"members": len(members), "bytes": 0, "sha256": "0" * 64}
        archive.finish(file, replace(base, id=backup, contents=contents, body=told, key=sealed), keys)
    return path


def member(name: str, data: bytes = b"x", **values: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for each, value in values.items():
        setattr(info, each, value)
    return info, data


def bomb() -> tuple[tarfile.TarInfo, bytes]:
    import pyarrow as pa

    packed = pa.compress(b"\0" * (80 * 1024 * 1024), codec="zstd", asbytes=True)
    return member(f"tables/account/000000.{80 * 1024 * 1024}.jsonl.zst", packed)


def sparse() -> tuple[tarfile.TarInfo, bytes]:
    headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,1",
        "GNU.sparse.size": str(1 << 50),
        "GNU.sparse.name": "objects/lake/huge",
    }
    return member("objects/lake/huge", b"x", pax_headers=headers)


HOSTILE = {
    "out of home": lambda: member("home/policies/../../../outside"),
    "out of the storage": lambda: member("objects/../../outside"),
    "an absolute name": lambda: member("home//etc/cron.d/x"),
    "the keystore": lambda: member("home/keys/keystore.json"),
    "a name no file can have": lambda: member("home/policies/a", pax_headers={"path": "home/policies/a\0b"}),
    "a link": lambda: member("home/policies/link", b"", type=tarfile.SYMTYPE, linkname="/etc"),
    "a hard link": lambda: member("objects/link", b"", type=tarfile.LNKTYPE, linkname="objects/other"),
    "a device": lambda: member("home/policies/zero", b"", type=tarfile.CHRTYPE),
    "a folder": lambda: member("home/policies", b"", type=tarfile.DIRTYPE),
    "a bomb": bomb,
    "a smaller bomb than it says": lambda: member("tables/account/000000.99.jsonl.zst", bomb()[1]),
    "a file of holes": sparse,
    "a table of nobody": lambda: member("tables/nobody/000000.2.jsonl.zst", b"[]"),
    "nothing of ours": lambda: member("anything"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_backup_signed_by_a_taken_over_duty_writes_nowhere_and_fills_nothing(kept, tmp_path, what):
    base = archive.open_header(kept.made.path, kept.sandbox.open(None).keys)
    path = crafted(kept, tmp_path / "crafted", [HOSTILE[what]()], base)
    kept.burn()
    with pytest.raises(SafeZoneError):
        restore.restore(kept.settings, path, accept_loss=True)
    assert kept.nothing_there()
    assert not (tmp_path / "outside" / "x").exists() and not (tmp_path.parent / "outside").exists()


def test_a_backup_signed_with_another_zones_keys_is_refused(kept, fresh_template, tmp_path):
    other = fresh_template.copy(tmp_path / "other")
    theirs = make_backup(other.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), tmp_path / "theirs").path
    other.close()
    kept.burn()
    with pytest.raises(Denied, match=r"backup\.other_keys"):
        restore.restore(kept.settings, theirs, accept_loss=True)
    assert kept.nothing_there()


def test_a_zone_that_appears_meanwhile_is_not_taken_away(kept, monkeypatch):
    """Another restore, or an init, that ends while this one is at work: the one that was there first stays."""
    kept.burn()
    home = kept.settings.home
    real = staging.take_place

    def late(folder: Path, target: Path) -> None:
        (home / "zone.json").write_text('{"id": "somebody"}')
        real(folder, target)

    monkeypatch.setattr(restore, "take_place", late)
    with pytest.raises(WrongState, match=r"restore\.not_empty"):
        restore.restore(kept.settings, kept.made.path, accept_loss=True)
    assert json.loads((home / "zone.json").read_text()) == {"id": "somebody"}
    assert not list(home.parent.glob(".zone.*"))


def test_an_account_revoked_since_is_back_after_a_restore_and_that_is_said(kept):
    """Found: a backup is of its day. The loss has to be accepted, is said in the log for good, and says what follows."""
    console = kept.sandbox.open(None)
    revoke(console.catalog, console.keys, kept.sandbox.account("admin"), "zone")
    console.keep_log()
    kept.burn()
    with pytest.raises(WrongState, match=r"restore\.loss"):
        restore.restore(kept.settings, kept.made.path)
    done = restore.restore(kept.settings, kept.made.path, accept_loss=True)
    (told,) = [check for check in done.checks if check.id == "witness"]
    assert told.state == "LOST" and "revoked" in told.words.en and "정지" in told.words.ko
    (event,) = kept.sandbox.events(f"backup/{kept.made.id}", "backup.restored")
    assert event["account"] == kept.sandbox.account("admin").id and event["purpose"].startswith("succeeds ")


def test_a_witness_whose_state_was_put_back_does_not_make_a_loss_look_like_none(kept):
    """Who can answer in the witness's place shows an older checkpoint of it, so that nothing seems to be lost."""
    zone = kept.sandbox.open(None)
    accepted = next(kept.settings.witness_dir.rglob("checkpoints.jsonl"))
    before = accepted.read_bytes()
    kept.sandbox.enrol("late", Role.DEVELOPER)
    zone.keep_log()
    newer = make_backup(kept.sandbox.open(Duty.BACKUP), Actor.duty(Duty.BACKUP), kept.made.path.parent / "newer")
    accepted.write_bytes(before)
    kept.burn()
    with pytest.raises(WrongState, match=r"restore\.loss") as refused:
        restore.restore(kept.settings, newer.path)
    assert "unknown" in refused.value.what.en
    assert kept.nothing_there()


# -- recovery ----------------------------------------------------------------------------------------------------------------


def test_a_copy_of_an_ended_splitting_put_back_gets_no_newer_keystore(kept):
    """Custodians who were replaced keep their shares: their old copy in its old place must not be renewed."""
    old = kept.copy.read_bytes()
    console, admin = kept.sandbox.open(None), kept.sandbox.actor("admin")
    shares: list[Share] = []
    recovery.split(console, admin, ("하나", "둘"), 2, shares.extend)
    assert not kept.copy.exists()
    kept.copy.write_bytes(old)
    kept.copy.chmod(0o600)
    console.keys.ensure("kek/x/published/later")
    with pytest.raises(IntegrityFailure, match=r"recovery\.ended"):
        recovery.renew(console)
    assert kept.copy.read_bytes() == old
    kept.copy.unlink()
    (held,) = recovery.renew(console)  # theirs was renewed all the same
    assert held.current and held.copy.custodians == ("하나", "둘")


def test_shares_of_two_splittings_and_too_few_of_one_recover_nothing(kept, tmp_path):
    shares: list[Share] = []
    recovery.split(kept.sandbox.open(None), kept.sandbox.actor("admin"), CUSTODIANS, 2, shares.extend)
    kept.sandbox.close()
    (copy,) = (kept.settings.home / "keys" / "recovery").iterdir()
    elsewhere = kept.settings.model_copy(update={"home": tmp_path / "elsewhere"})
    for words in (
        [shares[0].words, kept.shares[1].words],
        [shares[0].words],
        [shares[0].words, shares[0].words],
        [share.words for share in kept.shares],
    ):
        with pytest.raises(SafeZoneError) as refused:
            combine(copy, words, elsewhere)
        assert not any(word in str(refused.value).split() for word in words[0].split()[4:])
    assert not elsewhere.keystore.exists()


def test_share_files_are_their_owners_alone_and_printing_one_shows_no_word(kept, tmp_path):
    from safezone.cli.recovery import _write

    written = [Path(path) for path in _write(kept.shares, tmp_path / "shares")]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    assert (tmp_path / "shares").stat().st_mode & 0o777 == 0o700
    assert kept.shares[0].words.split()[5] not in repr(kept.shares[0])


def test_a_copy_to_a_key_of_ones_own_is_neither_renewed_nor_made_genuine(kept):
    """A file writer without the keystore signs with a key of their own, under a new id or over the old copy."""
    import pyrage

    console = kept.sandbox.open(None)
    theirs = str(pyrage.x25519.Identity.generate().to_public())
    first, _, sealed = kept.copy.read_bytes().partition(b"\n")
    for name in (kept.copy.name, "rec-0000000000000000.recovery"):
        header = json.loads(first) | {"recipient": theirs, "id": name.removesuffix(".recovery")}
        unsigned = {each: value for each, value in header.items() if each != "signature"}
        signature = Ed25519PrivateKey.generate().sign(canonical(unsigned)).hex()
        target = kept.copy.with_name(name)
        original = target.read_bytes() if target.exists() else None
        target.write_bytes(canonical(header | {"signature": signature}) + b"\n" + sealed)
        with pytest.raises(IntegrityFailure, match=r"recovery\.damaged"):
            recovery.renew(console)
        target.unlink() if original is None else target.write_bytes(original)


# -- the keystore's own file -------------------------------------------------------------------------------------------------


def test_a_keystore_of_ones_own_under_the_zones_passphrase_is_another_zone(published):
    """Who has the passphrase's file and writes a keystore of known keys breaks every seal, and is found at once."""
    secret = read_passphrase(published.settings.passphrase_file, published.settings.home)
    published.close()
    published.settings.keystore.unlink()
    mine = Keystore.create(published.settings.keystore, secret, n=2**4)
    for name in ("sign/account", "sign/manifest", "sign/checkpoint", "sign/certificate"):
        mine.ensure(name)
    console = published.open(None)
    with pytest.raises(IntegrityFailure, match=r"account\.seal"):
        console.accounts.get(published.account("admin").id)
