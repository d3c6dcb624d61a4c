"""Nobody destroys keys alone, nothing destroyed comes back unnoticed, and no copy of the keys goes to a stranger.

Each test is one attempt, with what came of it: it is refused and the refusal is in the log, or it is found and said.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.access.actions import Actor
from safezone.audit.checkpoint import cosign, parse_note
from safezone.audit.event import AuditEvent, EventType
from safezone.backup import archive, recovery, restore, staging
from safezone.backup.combining import combine
from safezone.backup.make import Made, make_backup
from safezone.backup.recovery import Share
from safezone.catalog import destructions, reviews
from safezone.catalog.accounts import enrol, revoke
from safezone.catalog.records import DestructionRecord, ReviewRecord, VersionRecord
from safezone.custody import certificate, destroy, orders, rotation
from safezone.custody.ledger import ledger_file
from safezone.errors import Denied, IntegrityFailure, NotFound, SafeZoneError, WrongState
from safezone.housekeeping import keep_house
from safezone.keys.keystore import Keystore
from safezone.keys.passphrase import read_passphrase
from safezone.model import DestructionState, Duty, Role, Stage, Verdict, VersionState, canonical, digest, now
from safezone.settings import Settings
from safezone.signing import seal
from safezone.vault.parts import key_from_json, key_table_uri
from safezone_verify.notes import COSIGNED, NoteKey
from tests.fixtures.sandbox import DATASET, Sandbox

WAIT = 72
CUSTODIANS = ("김하나", "이둘", "박 셋")


@pytest.fixture
def zone(published: Sandbox) -> Sandbox:
    return published


def versions(zone: Sandbox, stage: Stage) -> list[VersionRecord]:
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, stage=stage)


def kek(zone: Sandbox, stage: Stage = Stage.RAW, number: int = 0) -> str:
    version = versions(zone, stage)[number]
    return f"kek/{DATASET}/{version.stage}/{version.delivery}"


def living(zone: Sandbox) -> set[str]:
    return {key.name for key in zone.open(None).keys.list()}


def impatient(zone: Sandbox) -> None:
    """A zone whose waiting time is none, for attempts on what comes after it."""
    zone.settings = zone.settings.model_copy(update={"destroy_wait_hours": 0})


def ask(zone: Sandbox, *names: str, by: str = "admin") -> DestructionRecord:
    console = zone.open(None)
    drafted = orders.draft(console, zone.account(by), names, "보유 목적 달성")
    return orders.ask(console, zone.account(by), drafted, zone.sign(by, destructions.asking_subject(drafted)))


def agree(zone: Sandbox, order: DestructionRecord, by: str = "curator-1") -> DestructionRecord:
    portal = zone.open(Duty.PORTAL)
    signed = orders.to_sign(portal, order.id)
    return orders.approve(portal, zone.account(by), signed, zone.sign(by, reviews.destruction_subject(signed)))


def run(zone: Sandbox, order: DestructionRecord, by: str = "admin") -> destroy.Destroyed | None:
    return orders.run(zone.open(None), zone.actor(by), order.id)


def destroyed(zone: Sandbox, *names: str) -> tuple[DestructionRecord, destroy.Destroyed]:
    impatient(zone)
    order = agree(zone, ask(zone, *names))
    done = run(zone, order)
    assert done is not None
    return order, done


def keep(zone: Sandbox) -> dict[str, int]:
    return keep_house(zone.open(Duty.INGEST), zone.open(Duty.RELEASE))


def ledger(zone: Sandbox) -> Path:
    return ledger_file(zone.settings, zone.open(None).origin.split("/")[1])


def refuse(zone: Sandbox, act: Callable[[], object], code: str, object_: str) -> None:
    """`act` is refused with that code, the log says so by name, and no key is gone."""
    before, keys = len(zone.events(object_)), living(zone)
    with pytest.raises(SafeZoneError) as caught:
        act()
    assert caught.value.code == code
    told = zone.events(object_)
    assert len(told) == before + 1
    assert told[-1]["details"]["rules"] == code
    assert living(zone) == keys


# -- one person alone ----------------------------------------------------------------------------------------------


def collude(zone: Sandbox, order: DestructionRecord, hours: int = 99, by: str = "curator-1") -> None:
    """The second person, who has the database's password too, writes an agreement of some days ago by hand."""
    console, past = zone.open(None), now() - timedelta(hours=hours)
    signed = replace(order, due=past)
    subject = reviews.destruction_subject(signed)
    review = ReviewRecord(
        f"rev-{by}", "destruction", order.id, 1, zone.account(by).id, Verdict.APPROVE, "",
        digest(subject), zone.sign(by, subject), past,
    )  # fmt: skip
    moved = destructions.event(zone.account(by).id, signed, DestructionState.APPROVED)
    with console.catalog.write(reviews.event(review), moved) as connection:
        console.catalog.add(connection, review)
    written = {"id": order.id, "due": f"{past.replace(tzinfo=None, microsecond=0)}.000000"}
    zone.sql("UPDATE destruction SET state = 'APPROVED', due = :due WHERE id = :id", **written)
    zone.sql(
        "UPDATE audit_event SET time = :past WHERE object = :object AND seq IS NULL",
        past=f"{past.replace(tzinfo=None, microsecond=0).isoformat()}Z",
        object=f"destruction/{order.id}",
    )


def later(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Some hours have passed; what the witness signs meanwhile still bears the true time."""
    monkeypatch.setattr(destructions, "now", lambda: now() + timedelta(hours=hours))


def test_an_agreement_backdated_by_who_gave_it_waits_by_the_witnesss_clock(zone, monkeypatch):
    name = kek(zone)
    order = ask(zone, name)
    zone.open(None).keep_log()
    collude(zone, order)
    refuse(zone, lambda: run(zone, order), "destruction.unwitnessed", f"destruction/{order.id}")
    with pytest.raises(Denied, match=r"destruction\.unwitnessed"):
        keep(zone)
    zone.open(None).keep_log()
    refuse(zone, lambda: run(zone, order), "destruction.waiting", f"destruction/{order.id}")
    later(monkeypatch, WAIT - 1)
    refuse(zone, lambda: run(zone, order), "destruction.waiting", f"destruction/{order.id}")
    later(monkeypatch, WAIT + 1)  # they are two people: by now everybody could have seen it
    assert run(zone, order) is not None


def test_the_honest_way_needs_no_more_than_the_wait(zone, monkeypatch):
    order = agree(zone, ask(zone, kek(zone)))
    zone.open(None).keep_log()
    later(monkeypatch, WAIT + 1)
    assert run(zone, order).keys == order.keys


def test_an_old_entry_of_the_log_made_into_an_agreement_is_none(zone, monkeypatch):
    zone.open(None).keep_log()
    order = ask(zone, kek(zone))
    collude(zone, order)
    (forged,) = zone.sql("SELECT account, object, purpose, type FROM audit_event WHERE purpose LIKE 'APPROVED %'")
    zone.sql("DELETE FROM audit_event WHERE purpose LIKE 'APPROVED %'")
    zone.sql(
        "UPDATE audit_event SET account = :account, object = :object, purpose = :purpose, type = :type WHERE seq = 3",
        **dict(zip(("account", "object", "purpose", "type"), forged, strict=True)),
    )
    later(monkeypatch, WAIT + 9)  # long after the witness saw that entry
    refuse(zone, lambda: run(zone, order), "destruction.unproven", f"destruction/{order.id}")


def test_a_checkpoint_forged_or_moved_to_cover_the_agreement_vouches_for_nothing(zone, monkeypatch):
    zone.open(None).keep_log()
    ((old_size, old),) = zone.sql("SELECT size, cosigned FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
    order = ask(zone, kek(zone))
    collude(zone, order)
    console = zone.open(None)
    console.sign_log()  # signed by the log, never shown to the witness
    ((size, note),) = zone.sql("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
    assert size > old_size
    key = Ed25519PrivateKey.generate()
    mine = NoteKey(console.witness.key.name, key.public_key().public_bytes_raw(), COSIGNED)
    past = int((now() - timedelta(hours=99)).timestamp())
    theirs = next(each for each in parse_note(old).signatures if each[0] == console.witness.key.name)
    grafted = str(replace(parse_note(note), signatures=(*parse_note(note).signatures, theirs)))
    for cosigned in (cosign(note, mine, past, key.sign), old, grafted, "nonsense"):
        zone.sql("UPDATE audit_checkpoint SET cosigned = :note WHERE size = :size", note=cosigned, size=size)
        refuse(zone, lambda: run(zone, order), "destruction.unwitnessed", f"destruction/{order.id}")
    later(monkeypatch, WAIT + 9)
    refuse(zone, lambda: run(zone, order), "destruction.unwitnessed", f"destruction/{order.id}")


def test_two_accounts_of_one_person_are_told_apart_by_who_enrolled_them(zone):
    """Found, not prevented: whoever enrols an account holds its secrets for a moment."""
    console = zone.open(None)
    made = enrol(console.catalog, console.keys, "second-self", (Role.STEWARD,), None, zone.account("admin").id)
    zone.people["second-self"] = type(zone.people["admin"])(
        account=made.account, key=Ed25519PrivateKey.from_private_bytes(made.review_key)
    )
    impatient(zone)
    done = run(zone, agree(zone, ask(zone, kek(zone)), by="second-self"))
    envelope, statement = certificate.load(console, done.certificate)
    asked, agreed = statement["authority"]["people"]
    assert agreed["enrolled_by"] == asked["account"] == zone.account("admin").id
    text = (zone.settings.home / "certificates" / f"{done.certificate}.md").read_text()
    assert f"enrolled by {asked['account']}" in text
    assert envelope


EDITS = {
    "keys": "UPDATE destruction SET keys = :keys",
    "reason": "UPDATE destruction SET reason = 'anything'",
    "scope": "UPDATE destruction SET scope = 'dataset/all'",
    "who asked": "UPDATE destruction SET asked_by = :other",
    "due": "UPDATE destruction SET due = '2026-01-01 00:00:00.000000'",
    "the asker's signature": "DELETE FROM review WHERE kind = 'destruction' AND reviewer = :admin",
    "the approver's name": "UPDATE review SET reviewer = :other WHERE kind = 'destruction' AND reviewer = :curator",
    "the approver's words": "UPDATE review SET comment = 'no' WHERE kind = 'destruction' AND reviewer = :curator",
    "the approver's verdict": "UPDATE review SET verdict = 'reject' WHERE kind = 'destruction' AND reviewer = :curator",
    "the event of the agreement": "DELETE FROM audit_event WHERE purpose LIKE 'APPROVED %'",
    "the event of a signature": "DELETE FROM audit_event WHERE type = 'review.signed' AND account = :curator",
}


@pytest.mark.parametrize("what", EDITS)
def test_what_two_people_signed_does_not_change_afterwards(zone, what):
    impatient(zone)
    order = agree(zone, ask(zone, kek(zone)))
    values = {
        "keys": json.dumps([kek(zone, Stage.PUBLISHED)]),
        "other": zone.account("curator-2").id,
        "curator": zone.account("curator-1").id,
        "admin": zone.account("admin").id,
    }
    statement = EDITS[what]
    zone.sql(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    refuse(zone, lambda: run(zone, order), "destruction.unproven", f"destruction/{order.id}")


def test_who_asked_does_not_agree_by_writing_another_name_over_theirs(zone):
    zone.enrol("admin-2", Role.ADMINISTRATOR)
    order = ask(zone, kek(zone))
    zone.sql("UPDATE destruction SET asked_by = :other", other=zone.account("admin-2").id)
    impatient(zone)
    with pytest.raises(Denied, match=r"review\.twice"):
        agree(zone, order, by="admin")
    zone.sql("DELETE FROM review WHERE subject = :id", id=order.id)
    agreed = agree(zone, order, by="admin")  # the portal believes the row for now
    refuse(zone, lambda: run(zone, agreed), "destruction.unproven", f"destruction/{order.id}")


def test_who_comes_back_under_another_role_agrees_to_nothing_they_asked(zone):
    """Roles never change: a person gets another account, and the first one's signatures end with it."""
    impatient(zone)
    order = ask(zone, kek(zone))
    console = zone.open(None)
    zone.sql("UPDATE account SET roles = '[\"steward\"]' WHERE name = 'admin'")
    with pytest.raises(IntegrityFailure, match=r"account\.seal"):
        console.accounts.get(order.asked_by)
    zone.sql("UPDATE account SET roles = '[\"administrator\"]' WHERE name = 'admin'")
    revoke(console.catalog, console.keys, zone.account("admin"), "zone")
    zone.enrol("admin-again", Role.STEWARD)
    zone.enrol("admin-2", Role.ADMINISTRATOR)
    agreed = agree(zone, order, by="admin-again")
    refuse(zone, lambda: run(zone, agreed, by="admin-2"), "destruction.unproven", f"destruction/{order.id}")


@pytest.mark.parametrize(
    "name", ["sign/account", "sign/certificate", "sign/backup", "commit/zone", "kek/zone/intake/identity"]
)
def test_no_word_anywhere_destroys_what_the_zone_stands_on(zone, name):
    console = zone.open(None)
    console.keys.ensure(name)
    with pytest.raises(Denied, match=r"destruction\.protected"):
        ask(zone, name)
    # Not even the zone's own signature in the ledger, from a duty that was taken over, and the log beside it.
    destroy.ledger_of(console).append([name], "2026-01-01T00:00:00Z", "retention", "cert-0000000000000000")
    with console.catalog.write(AuditEvent(EventType.KEY_DESTROYED, "ingest", f"key/{name}", "retention")):
        pass
    told = destroy.replay(console)
    assert (told.destroyed, told.unproven) == ((), (name,))
    assert name in living(zone)


def test_a_certificate_is_written_over_by_nobody(zone):
    _, done = destroyed(zone, kek(zone))
    before = {path.name: path.read_bytes() for path in (zone.settings.home / "certificates").iterdir()}
    # A row says that another destruction was begun under that certificate.
    second = agree(zone, ask(zone, kek(zone, Stage.PUBLISHED)))
    console = zone.open(None)
    forged = AuditEvent(
        EventType.KEY_DESTRUCTION, "ingest", f"destruction/{second.id}", f"BEGUN {done.certificate}"
    )
    with console.catalog.write(forged):
        pass
    again = run(zone, second)
    assert again.certificate != done.certificate
    # And a row that said it was issued is gone, so that it looks as if it still had to be.
    zone.sql("DELETE FROM audit_event WHERE purpose LIKE 'CERTIFIED %'")
    keep(zone)
    folder = zone.settings.home / "certificates"
    assert {name: (folder / name).read_bytes() for name in before} == before
    people = certificate.load(console, done.certificate)[1]["authority"]["people"]
    assert [one["account"] for one in people] == [zone.account("admin").id, zone.account("curator-1").id]


def test_a_certificate_signed_by_somebody_elses_key_is_none(zone):
    _, done = destroyed(zone, kek(zone))
    console = zone.open(None)
    _, statement = certificate.load(console, done.certificate)
    key = Ed25519PrivateKey.generate()
    forged = seal(statement, key.sign, key.public_key().public_bytes_raw())
    with pytest.raises(IntegrityFailure):
        certificate.check(console, forged)


# -- destroyed keys coming back --------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["data", "tokens"])
def test_an_older_keystore_put_back_is_destroyed_again_by_the_next_housekeeping(zone, what):
    old = zone.settings.keystore.read_bytes()
    name = kek(zone) if what == "data" else "token/mpva/rrn"
    destroyed(zone, name)
    zone.close()
    zone.settings.keystore.write_bytes(old)
    assert name in living(zone)
    keep(zone)
    assert name not in living(zone)
    told = zone.events(f"key/{name}", "key.destroyed")
    assert len(told) == 2 and told[-1]["purpose"] in {"retention", "replay"}
    keep(zone)
    assert len(zone.events(f"key/{name}", "key.destroyed")) == 2


def test_a_process_that_saw_the_newer_keystore_takes_no_older_one(zone):
    old = zone.settings.keystore.read_bytes()
    console = zone.open(None)
    destroyed(zone, kek(zone))
    assert console.keys.destroyed()
    zone.settings.keystore.write_bytes(old)
    with pytest.raises(IntegrityFailure, match=r"keys\.rolled_back"):
        console.keys.list()


SPOILED = {
    "removed": lambda lines: [],
    "its last line cut off": lambda lines: lines[:-1],
    "its first line cut off": lambda lines: lines[1:],
    "two lines exchanged": lambda lines: lines[::-1],
    "another key written into a line": lambda lines: [lines[0].replace(b"/raw/", b"/rax/"), lines[1]],
    "a line spelled another way": lambda lines: [lines[0], json.dumps(json.loads(lines[1])).encode()],
    "a line said twice": lambda lines: [*lines, lines[1]],
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_done_to_the_ledger_is_told(zone, what):
    names = sorted([kek(zone, number=0), kek(zone, number=1)])
    destroyed(zone, *names)
    console, path = zone.open(None), ledger(zone)
    assert not destroy.replay(console).broken
    lines = SPOILED[what](path.read_bytes().splitlines())
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    told = destroy.replay(console)
    assert told.broken and not told.destroyed


def test_a_key_made_anew_under_a_destroyed_name_opens_nothing_and_goes_again(zone):
    """A provider that lost its marks of what was destroyed lets the name be used once more, for a new key."""
    version = versions(zone, Stage.RAW)[0]
    name = kek(zone)
    uri = key_table_uri(version.manifest_uri)
    old = json.loads((zone.settings.lake / uri).read_bytes())["keys"]
    destroyed(zone, name)
    console = zone.open(None)
    with pytest.raises(WrongState, match=r"keys\.destroyed"):
        console.keys.ensure(name)
    with console.keys._file.changing() as entries:
        del entries[name]
    console.keys.ensure(name)
    assert name in living(zone)
    for each in old.values():
        with pytest.raises(IntegrityFailure):
            console.keys.unwrap(key_from_json(each), b"anything")
    assert destroy.replay(console).destroyed == (name,)
    assert name not in living(zone)


# -- rotation abused -------------------------------------------------------------------------------------------------


def rotate(zone: Sandbox, name: str) -> rotation.Rotation:
    return rotation.rotate(zone.open(None), zone.actor("admin"), name)


def table(zone: Sandbox, version: VersionRecord) -> Path:
    return zone.settings.lake / key_table_uri(version.manifest_uri)


def swapped_tables(zone: Sandbox, first: VersionRecord, second: VersionRecord) -> bytes:
    return table(zone, second).read_bytes()


def blob_of_another_version(zone: Sandbox, first: VersionRecord, second: VersionRecord) -> bytes:
    mine, theirs = (json.loads(table(zone, each).read_bytes()) for each in (first, second))
    for part, other in zip(mine["keys"], theirs["keys"].values(), strict=False):
        mine["keys"][part]["blob"] = other["blob"]
    return json.dumps(mine).encode()


def another_kek(zone: Sandbox, first: VersionRecord, second: VersionRecord) -> bytes:
    mine = json.loads(table(zone, first).read_bytes())
    for entry in mine["keys"].values():
        entry["kek"] = f"kek/{DATASET}/raw/{second.delivery}"
    return json.dumps(mine).encode()


def half_of_it(zone: Sandbox, first: VersionRecord, second: VersionRecord) -> bytes:
    return table(zone, first).read_bytes()[:-40]


def a_part_left_out(zone: Sandbox, first: VersionRecord, second: VersionRecord) -> bytes:
    mine = json.loads(table(zone, first).read_bytes())
    mine["keys"].popitem()
    return json.dumps(mine).encode()


@pytest.mark.parametrize(
    "forge", [swapped_tables, blob_of_another_version, another_kek, half_of_it, a_part_left_out]
)
def test_rotation_closes_nothing_anew_that_is_not_in_its_place(zone, forge):
    first, second = versions(zone, Stage.RAW)
    spoiled = forge(zone, first, second)
    table(zone, first).write_bytes(spoiled)
    with pytest.raises(IntegrityFailure, match=r"vault\.damaged"):
        rotate(zone, kek(zone))
    assert table(zone, first).read_bytes() == spoiled


def test_an_old_key_table_put_back_after_rotation_opens_nothing_once_destroyed(zone):
    version, name = versions(zone, Stage.RAW)[0], kek(zone)
    old = table(zone, version).read_bytes()
    assert rotate(zone, name).rewrapped >= 1
    destroyed(zone, name)
    table(zone, version).parent.mkdir(exist_ok=True)
    table(zone, version).write_bytes(old)
    for each in json.loads(old)["keys"].values():
        with pytest.raises(NotFound):
            zone.open(None).keys.unwrap(key_from_json(each), b"anything")
    assert versions(zone, Stage.RAW)[0].state is VersionState.DESTROYED


def test_the_ingest_duty_closes_what_is_published_anew_and_cannot_open_it(zone):
    version = versions(zone, Stage.PUBLISHED)[0]
    keys = zone.open(Duty.INGEST).keys
    entry = next(iter(json.loads(table(zone, version).read_bytes())["keys"].values()))
    wrapped = key_from_json(entry)
    with pytest.raises(Denied, match=r"keys\.duty"):
        keys.unwrap(wrapped, b"anything")
    with pytest.raises(IntegrityFailure):  # nor is it moved into a place of one's own choosing
        keys.rewrap(wrapped, b"anything")
    inner = kek(zone)
    for named in (replace(wrapped, kek=inner), replace(wrapped, kek=inner, version=1)):
        with pytest.raises(IntegrityFailure):
            keys.rewrap(named, b"anything")
    assert entry["kek"].startswith(f"kek/{DATASET}/published/")


def test_a_rotation_that_a_forged_row_makes_into_an_old_one_says_so(zone):
    """Found: the answer says that no version was added, and the run after that adds one."""
    name = kek(zone)
    console = zone.open(None)
    with console.catalog.write(AuditEvent(EventType.KEY_ROTATED, "ingest", f"key/{name}", purpose=rotation.BEGUN)):
        pass
    told = rotate(zone, name)
    assert (told.resumed, told.version, told.rewrapped) == (True, 1, 0)
    assert rotate(zone, name).version == 2


# -- what duties see of other duties' keys -----------------------------------------------------------------------------


def test_no_duty_learns_names_of_keys_it_has_no_right_to(zone):
    destroyed(zone, kek(zone))
    zone.open(None).keys.ensure("project/prj-secret")
    zone.open(None).keys.ensure("kek/zone/backup/bak-secret")
    allowed = {
        Duty.PORTAL: {"sign"},
        Duty.LOG: {"sign", "commit"},
        Duty.BACKUP: {"sign", "kek"},
        Duty.RELEASE: {"sign", "kek", "project", "commit"},
        Duty.INGEST: {"sign", "kek", "token", "commit"},
    }
    for duty, heads in allowed.items():
        keys = zone.open(duty).keys
        names = [key.name for key in keys.list()] + [name for name, _ in keys.destroyed()]
        assert {name.partition("/")[0] for name in names} <= heads
        places = {name.split("/")[2] for name in names if name.startswith("kek/")}
        assert places <= {
            Duty.BACKUP: {"backup"},
            Duty.RELEASE: {"published", "release"},
            Duty.INGEST: {"intake", "quarantine", "raw", "deidentified", "published"},
        }.get(duty, set())
        told = " ".join(text for caveat in keys.caveats() for text in caveat)
        assert not any(name in told for name in living(zone))


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


def test_a_keystore_of_ones_own_under_the_zones_passphrase_is_another_zone(zone):
    """Who has the passphrase's file and writes a keystore of known keys breaks every seal, and is found at once."""
    secret = read_passphrase(zone.settings.passphrase_file, zone.settings.home)
    zone.close()
    zone.settings.keystore.unlink()
    mine = Keystore.create(zone.settings.keystore, secret, n=2**4)
    for name in ("sign/account", "sign/manifest", "sign/checkpoint", "sign/certificate"):
        mine.ensure(name)
    console = zone.open(None)
    with pytest.raises(IntegrityFailure, match=r"account\.seal"):
        console.accounts.get(zone.account("admin").id)
