"""Nobody destroys keys alone, and nothing destroyed comes back unnoticed.

Each test is one attempt, with what came of it: it is refused and the refusal is in the log, or it is found and said.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import cosign, parse_note
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import destructions, reviews
from safezone.catalog.accounts import enrol, revoke
from safezone.catalog.records import DestructionRecord, ReviewRecord, VersionRecord
from safezone.custody import certificate, destroy, orders, rotation
from safezone.custody.ledger import ledger_file
from safezone.errors import Denied, IntegrityFailure, NotFound, SafeZoneError, WrongState
from safezone.housekeeping import keep_house
from safezone.model import DestructionState, Duty, Role, Stage, Verdict, VersionState, digest, now
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
