"""Keys are destroyed by two people after a wait, with every copy of what they opened, and stay destroyed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.access.actions import Action, Actor, dataset_resource
from safezone.airlock import projects, release
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import destructions, reviews
from safezone.catalog.accounts import revoke
from safezone.catalog.records import DeliveryRecord, DestructionRecord, ReleaseRecord, VersionRecord
from safezone.custody import certificate, destroy, orders
from safezone.custody.certificate_text import readable
from safezone.custody.ledger import ledger_file
from safezone.errors import Denied, IntegrityFailure, NotFound, SafeZoneError, Unavailable, UsageError, WrongState
from safezone.housekeeping import keep_house
from safezone.model import DestructionState, Duty, Role, Stage, VersionState, now
from safezone.vault.door import SealedObject
from tests.fixtures.sandbox import DATASET, Sandbox

D = DestructionState


@pytest.fixture
def zone(published: Sandbox) -> Sandbox:
    return published


def versions(zone: Sandbox, **equal) -> list[VersionRecord]:
    return zone.open(Duty.PORTAL).catalog.list(VersionRecord, **equal)


def raw_key(zone: Sandbox) -> str:
    version = versions(zone, stage=Stage.RAW)[0]
    return f"kek/{DATASET}/raw/{version.delivery}"


def living(zone: Sandbox) -> set[str]:
    return {key.name for key in zone.open(None).keys.list()}


def ask(zone: Sandbox, *names: str, by: str = "admin", **scope) -> DestructionRecord:
    console = zone.open(None)
    drafted = orders.draft(console, zone.account(by), names, "보유 목적 달성", **scope)
    return orders.ask(console, zone.account(by), drafted, zone.sign(by, destructions.asking_subject(drafted)))


def agree(zone: Sandbox, order: DestructionRecord, by: str = "curator-1") -> DestructionRecord:
    portal = zone.open(Duty.PORTAL)
    signed = orders.to_sign(portal, order.id)
    return orders.approve(portal, zone.account(by), signed, zone.sign(by, reviews.destruction_subject(signed)))


def run(zone: Sandbox, order: DestructionRecord, by: str = "admin") -> destroy.Destroyed | None:
    return orders.run(zone.open(None), zone.actor(by), order.id)


def impatient(zone: Sandbox) -> None:
    """A zone whose waiting time is none, for tests of what comes after it."""
    zone.settings = zone.settings.model_copy(update={"destroy_wait_hours": 0})


def destroyed(zone: Sandbox, *names: str, **scope) -> tuple[DestructionRecord, destroy.Destroyed]:
    impatient(zone)
    order = agree(zone, ask(zone, *names, **scope))
    done = run(zone, order)
    assert done is not None
    return zone.open(None).catalog.get(DestructionRecord, order.id), done


def keep(zone: Sandbox) -> dict[str, int]:
    return keep_house(zone.open(Duty.INGEST), zone.open(Duty.RELEASE))


# -- two people ----------------------------------------------------------------------------------------------------


def test_two_people_a_wait_and_then_it_is_gone(zone):
    name = raw_key(zone)
    order = ask(zone, name)
    assert (order.state, order.keys, order.due) == (D.REQUESTED, (name,), None)
    assert name in living(zone)
    with pytest.raises(WrongState):
        run(zone, order)
    approved = agree(zone, order)
    assert approved.state is D.APPROVED and approved.due is not None
    assert approved.due - now() > timedelta(hours=71)
    with pytest.raises(Denied, match=r"destruction\.waiting"):
        run(zone, approved)
    assert name in living(zone)

    impatient(zone)  # a shorter setting does not shorten what was signed
    with pytest.raises(Denied, match=r"destruction\.waiting"):
        run(zone, approved)
    assert name in living(zone)


def test_after_the_wait_everything_says_so(zone):
    name = raw_key(zone)
    order, done = destroyed(zone, name)
    assert order.state is D.DESTROYED and order.certificate == done.certificate
    assert name not in living(zone)
    (event,) = zone.events(f"key/{name}", "key.destroyed")
    assert event["purpose"] == f"destruction/{order.id}"
    version = versions(zone, stage=Stage.RAW)[0]
    assert version.state is VersionState.DESTROYED
    assert not list(zone.settings.lake.rglob(f"*/{version.id}/*.keys.json"))
    assert run(zone, order) is None  # once is enough


def test_the_person_who_asks_does_not_agree(zone):
    zone.enrol("admin-2", Role.ADMINISTRATOR)
    order = ask(zone, raw_key(zone))
    with pytest.raises(Denied):
        agree(zone, order, by="admin")
    assert agree(zone, order, by="admin-2").state is D.APPROVED


@pytest.mark.parametrize("who", ["steward", "developer", "auditor", "reviewer-1"])
def test_only_staff_of_the_zone_agree_and_only_administrators_ask(zone, who):
    with pytest.raises(Denied):
        ask(zone, raw_key(zone), by=who)
    with pytest.raises(Denied):
        agree(zone, ask(zone, raw_key(zone)), by=who)


def test_a_signature_of_somebody_else_or_over_something_else_is_none(zone):
    console = zone.open(None)
    drafted = orders.draft(console, zone.account("admin"), [raw_key(zone)], "이유")
    with pytest.raises(Denied, match=r"review\.signature"):
        orders.ask(
            console, zone.account("admin"), drafted, zone.sign("curator-1", destructions.asking_subject(drafted))
        )
    order = ask(zone, raw_key(zone))
    signed = orders.to_sign(console, order.id)
    wrong = zone.sign("curator-1", reviews.destruction_subject(order))  # without the moment
    with pytest.raises(Denied, match=r"review\.signature"):
        orders.approve(console, zone.account("curator-1"), signed, wrong)
    early = replace(signed, due=now())
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        orders.approve(
            console, zone.account("curator-1"), early, zone.sign("curator-1", reviews.destruction_subject(early))
        )
    assert zone.events(f"destruction/{order.id}")  # refusals are in the log


def test_it_can_be_called_off_by_either_and_by_nobody_else(zone):
    console = zone.open(None)
    for who in ("admin", "curator-1"):
        order = agree(zone, ask(zone, raw_key(zone)))
        with pytest.raises(Denied):
            orders.withdraw(console, zone.account("curator-2"), order.id)
        assert orders.withdraw(console, zone.account(who), order.id).state is D.WITHDRAWN
        with pytest.raises(WrongState):
            run(zone, order)
        # Put back by hand, it is still withdrawn: the log remembers.
        zone.sql("UPDATE destruction SET state = 'APPROVED' WHERE id = :id", id=order.id)
        with pytest.raises(Denied, match=r"destruction\.unproven"):
            run(zone, order)
    assert raw_key(zone) in living(zone)


# -- what one person with the database's password can do: nothing ---------------------------------------------------


def backdated(zone: Sandbox, order: DestructionRecord) -> None:
    past = (now() - timedelta(days=9)).replace(tzinfo=None)
    zone.sql("UPDATE destruction SET due = :past", past=f"{past}.000000")
    zone.sql("UPDATE audit_event SET time = :past", past=f"{past.isoformat()}Z")


def rows_of_a_second_person(zone: Sandbox, order: DestructionRecord) -> None:
    """An approval written by hand, with a signature by the asker's own key under somebody else's name."""
    console = zone.open(None)
    signed = replace(order, due=now() - timedelta(days=1))
    signature = zone.sign("admin", reviews.destruction_subject(signed))
    forged(console, zone, signed, zone.account("curator-1").id, signature)


def rows_of_the_asker(zone: Sandbox, order: DestructionRecord) -> None:
    """The asker's own genuine signature as the second one."""
    signed = replace(order, due=now() - timedelta(days=1))
    signature = zone.sign("admin", reviews.destruction_subject(signed))
    forged(zone.open(None), zone, signed, zone.account("admin").id, signature, round_=2)


def rows_of_a_stranger(zone: Sandbox, order: DestructionRecord) -> None:
    """An account that the zone never enrolled, with a key of its own."""
    key, console = Ed25519PrivateKey.generate(), zone.open(None)
    stranger = replace(
        zone.account("curator-1"),
        id="acc-stranger",
        name="stranger",
        token_hash="0" * 64,
        review_key=key.public_key().public_bytes_raw().hex(),
    )
    zone.people["stranger"] = SimpleNamespace(account=stranger, key=key)
    with console.catalog.write(AuditEvent(EventType.ACCOUNT_ADDED, "zone", "account/acc-stranger")) as connection:
        console.catalog.add(connection, stranger)
    signed = replace(order, due=now() - timedelta(days=1))
    signature = reviews.sign(key, reviews.destruction_subject(signed), reviews.Verdict.APPROVE, "")
    forged(console, zone, signed, stranger.id, signature)


def rows_of_somebody_who_may_not(zone: Sandbox, order: DestructionRecord) -> None:
    """A genuine signature by a person whose role does not let them agree."""
    signed = replace(order, due=now() - timedelta(days=1))
    signature = zone.sign("steward", reviews.destruction_subject(signed))
    forged(zone.open(None), zone, signed, zone.account("steward").id, signature)


def forged(console, zone: Sandbox, signed: DestructionRecord, who: str, signature: bytes, round_: int = 1) -> None:
    subject = reviews.destruction_subject(signed)
    review = reviews.ReviewRecord(
        f"rev-{who}"[:60], "destruction", signed.id, round_, who, reviews.Verdict.APPROVE, "",
        reviews.digest(subject), signature, now(),
    )  # fmt: skip
    moved = destructions.event(who, signed, D.APPROVED)
    with console.catalog.write(reviews.event(review), moved) as connection:
        console.catalog.add(connection, review)
    past = (now() - timedelta(days=9)).replace(tzinfo=None).isoformat()
    zone.sql(
        "UPDATE destruction SET state = 'APPROVED', due = :due WHERE id = :id",
        id=signed.id,
        due=f"{signed.due.replace(tzinfo=None)}.000000",
    )
    zone.sql(
        "UPDATE audit_event SET time = :past WHERE object = :object",
        past=f"{past}Z",
        object=f"destruction/{signed.id}",
    )


@pytest.mark.parametrize(
    "forge",
    [rows_of_a_second_person, rows_of_the_asker, rows_of_a_stranger, rows_of_somebody_who_may_not],
)
def test_forged_rows_destroy_nothing(zone, forge: Callable[[Sandbox, DestructionRecord], None]):
    impatient(zone)
    order = ask(zone, raw_key(zone))
    forge(zone, order)
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        run(zone, order)
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        keep(zone)
    assert raw_key(zone) in living(zone)


def test_edited_times_do_not_shorten_the_wait(zone):
    order = agree(zone, ask(zone, raw_key(zone)))
    backdated(zone, order)
    with pytest.raises(Denied):
        run(zone, order)
    zone.sql("UPDATE destruction SET due = :due", due=f"{order.due.replace(tzinfo=None)}.000000")
    with pytest.raises(Denied, match=r"destruction\.waiting"):
        run(zone, order)  # the moment itself is signed
    assert raw_key(zone) in living(zone)


def test_an_event_edited_after_the_log_took_it_down_is_no_agreement(zone):
    impatient(zone)
    order = agree(zone, ask(zone, raw_key(zone)))
    zone.open(None).keep_log()
    zone.sql(
        "UPDATE audit_event SET time = '2020-01-01T00:00:00Z' WHERE object = :object",
        object=f"destruction/{order.id}",
    )
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        run(zone, order)


def test_an_approval_is_for_its_own_keys_alone(zone):
    impatient(zone)
    order = agree(zone, ask(zone, raw_key(zone)))
    other = f"kek/{DATASET}/published/{versions(zone)[0].delivery}"
    zone.sql("UPDATE destruction SET keys = :keys WHERE id = :id", keys=json.dumps([other]), id=order.id)
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        run(zone, order)
    # The two signatures moved to a destruction of their own fit it no better.
    later = ask(zone, other)
    zone.sql("DELETE FROM review WHERE subject = :id", id=later.id)
    zone.sql("UPDATE review SET subject = :id WHERE subject = :old", id=later.id, old=order.id)
    zone.sql("UPDATE destruction SET state = 'APPROVED', due = created WHERE id = :id", id=later.id)
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        run(zone, later)
    assert other in living(zone)


@pytest.mark.parametrize("who", ["admin", "curator-1"])
def test_both_must_still_be_active_when_it_happens(zone, who):
    impatient(zone)
    zone.enrol("admin-2", Role.ADMINISTRATOR)
    order = agree(zone, ask(zone, raw_key(zone)))
    console = zone.open(None)
    revoke(console.catalog, console.keys, zone.account(who), "zone")
    with pytest.raises(Denied, match=r"destruction\.unproven"):
        run(zone, order, by="admin-2")
    assert raw_key(zone) in living(zone)


def test_a_word_in_the_log_alone_destroys_nothing_on_replay(zone):
    console, name = zone.open(None), raw_key(zone)
    for purpose in ("retention", "destruction/des-nothing", "project/prj-nothing", "console"):
        with console.catalog.write(AuditEvent(EventType.KEY_DESTROYED, "ingest", f"key/{name}", purpose)):
            pass
    told = destroy.replay(console)
    assert (told.destroyed, told.unproven) == ((), (name,))
    assert name in living(zone)


# -- what is meant, and what never -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sign/manifest", "sign/account", "sign/checkpoint", "kek/zone/intake/identity"])
def test_keys_the_zone_stands_on_are_refused(zone, name):
    with pytest.raises(Denied, match=r"destruction\.protected"):
        ask(zone, name)
    with pytest.raises(Denied, match=r"destruction\.protected"):
        destroy.destroy(zone.open(None), [name], destroy.Authority("retention", "retention"), "ingest")
    assert name in living(zone)


def test_what_is_not_said_or_not_there_is_refused(zone):
    console, admin = zone.open(None), zone.account("admin")
    for names, reason, scope, error in (
        ([raw_key(zone)], "  ", {}, UsageError),
        ([], "이유", {}, UsageError),
        (["kek/nothing/raw/d1"], "이유", {}, NotFound),
        ([], "이유", {"datasets": ["nothing"]}, NotFound),
        ([], "이유", {"deliveries": ["nothing"]}, NotFound),
    ):
        with pytest.raises(error):
            orders.draft(console, admin, names, reason, **scope)


def test_a_dataset_goes_with_all_its_stages_and_nothing_else(zone):
    expected = {name for name in living(zone) if name.startswith(f"kek/{DATASET}/")}
    assert {name.split("/")[2] for name in expected} >= {"intake", "raw", "deidentified", "published"}
    order, done = destroyed(zone, datasets=[DATASET])
    assert set(order.keys) == set(done.keys) == expected
    assert order.scope == f"dataset/{DATASET}"
    assert not {name for name in living(zone) if name.startswith(f"kek/{DATASET}/")}
    assert "kek/zone/intake/identity" in living(zone)
    assert {version.state for version in versions(zone)} == {VersionState.DESTROYED}
    deliveries = zone.open(Duty.PORTAL).catalog.list(DeliveryRecord)
    assert {delivery.state for delivery in deliveries} == {VersionState.DESTROYED}
    assert not any(item["key"]["blob"] for delivery in deliveries for item in delivery.intake)
    assert not list(zone.settings.lake.rglob("*.keys.json"))


def test_a_delivery_goes_and_the_other_stays(zone):
    one, two = sorted({version.delivery for version in versions(zone)})
    destroyed(zone, deliveries=[one])
    gone = {version.delivery for version in versions(zone) if version.state is VersionState.DESTROYED}
    assert gone == {one}
    assert {name.split("/")[3] for name in living(zone) if name.startswith(f"kek/{DATASET}/")} == {two}


def test_destroying_raw_data_early_leaves_the_delivery_to_its_own_time(zone):
    name = raw_key(zone)
    destroyed(zone, name)
    keep(zone)
    delivery = name.split("/")[3]
    assert f"kek/{DATASET}/intake/{delivery}" in living(zone)


# -- carried out, cut off, and carried out again ---------------------------------------------------------------------


def test_housekeeping_carries_out_what_is_due(zone):
    impatient(zone)
    agree(zone, ask(zone, datasets=[DATASET]))
    project = zone.project()
    waiting = ask(zone, raw_key(zone))
    assert keep(zone)["shredded"] == 1
    assert not {name for name in living(zone) if name.startswith(f"kek/{DATASET}/")}
    assert zone.open(None).catalog.get(DestructionRecord, waiting.id).state is D.REQUESTED
    assert project and keep(zone)["shredded"] == 0


def test_a_run_cut_off_is_gone_on_with_under_the_same_certificate(zone, monkeypatch):
    impatient(zone)
    order = agree(zone, ask(zone, datasets=[DATASET]))
    console = zone.open(None)
    real, left = console.keys.destroy, [3]

    def cut_off(name: str) -> None:
        if not left[0]:
            raise Unavailable("keys.unavailable", ("gone", "중단"), ("again", "다시"))
        left[0] -= 1
        real(name)

    with monkeypatch.context() as patch:
        patch.setattr(console.keys, "destroy", cut_off)
        with pytest.raises(Unavailable):
            orders.run(console, zone.actor("admin"), order.id)
    begun = console.catalog.get(DestructionRecord, order.id)
    assert begun.state is D.APPROVED and begun.certificate
    with pytest.raises(WrongState, match=r"destruction\.begun"):
        orders.withdraw(console, zone.account("admin"), order.id)
    done = run(zone, order)
    assert done is not None and done.certificate == begun.certificate
    assert set(done.keys) == set(order.keys)
    _, statement = certificate.load(console, done.certificate)
    assert {key["name"] for key in statement["keys"]} == set(order.keys)
    assert all(key["versions"] == [1] for key in statement["keys"])
    lines = destroy.ledger_of(console).lines()
    assert sorted(line.key for line in lines) == sorted(order.keys)  # once each


def test_retention_cut_off_before_its_certificate_is_certified_by_the_next_run(zone, monkeypatch):
    version = versions(zone, stage=Stage.RAW)[0]
    past = (now() - timedelta(days=31)).replace(tzinfo=None)
    zone.sql("UPDATE version SET created = :past WHERE id = :id", past=f"{past}.000000", id=version.id)

    def cut_off(*_: object) -> None:
        raise Unavailable("certificate.unwritable", ("gone", "중단"), ("again", "다시"))

    with monkeypatch.context() as patch:
        patch.setattr(certificate, "issue", cut_off)
        with pytest.raises(Unavailable):
            keep(zone)
    assert not list((zone.settings.home / "certificates").glob("*.json"))
    assert keep(zone)["shredded"] == 1
    (path,) = (zone.settings.home / "certificates").glob("*.json")
    _, statement = certificate.load(zone.open(None), path.stem)
    assert statement["authority"]["kind"] == "retention"
    assert len(statement["keys"]) == 2
    assert keep(zone)["shredded"] == 0


def test_all_versions_of_a_rotated_key_are_gone(zone):
    console, name = zone.open(None), raw_key(zone)
    version = versions(zone, stage=Stage.RAW)[0]
    uri = version.manifest_uri.removesuffix(".manifest.json") + ".keys.json"
    old = (zone.settings.lake / uri).read_bytes()
    console.keys.rotate(name)
    _, done = destroyed(zone, name)
    _, statement = certificate.load(console, done.certificate)
    assert statement["keys"][0]["versions"] == [1, 2]
    (zone.settings.lake / uri).write_bytes(old)
    zone.sql("UPDATE version SET state = 'ASSESSED' WHERE id = :id", id=version.id)
    refuses_to_read(zone, version.delivery)


# -- the certificate ------------------------------------------------------------------------------------------------------


def test_the_certificate_says_who_why_what_and_what_nobody_can_prove(zone):
    built = zone.build(zone.approved(zone.project().id))
    folder = zone.settings.home / "keys" / "recovery"
    folder.mkdir()
    (folder / "rcv-1.recovery").write_bytes(b"made before")
    console = zone.open(None)
    with console.catalog.write(AuditEvent(EventType.BACKUP_MADE, "backup", "backup/bak-1")):
        pass
    order, done = destroyed(zone, datasets=[DATASET])
    assert done.recovery == ("rcv-1",)
    envelope, said = certificate.load(console, done.certificate)
    assert certificate.check(console, envelope) == said
    assert [one["part"] for one in said["authority"]["people"]] == ["asked", "agreed"]
    assert [one["account"] for one in said["authority"]["people"]] == [
        zone.account("admin").id,
        zone.account("curator-1").id,
    ]
    assert said["authority"]["reason"] == "보유 목적 달성" and said["authority"]["basis"]
    assert {key["name"] for key in said["keys"]} == set(order.keys)
    assert {each["version"] for each in said["unreadable"]["versions"]} == {
        version.id for version in versions(zone)
    }
    assert said["unreadable"]["parts"] >= 6 and said["unreadable"]["bytes"] > 0
    assert all(len(each["manifest"]) == 64 for each in said["unreadable"]["versions"])
    assert said["copies"]["recovery"][0]["id"] == "rcv-1"
    assert said["copies"]["backups"][0]["id"] == "bak-1"
    assert [each["id"] for each in said["copies"]["releases"]] == [built.id]
    assert [caveat["en"] for caveat in said["caveats"]] == [en for en, _ in console.keys.caveats()]
    text = readable(said)
    for word in ("파기 확인서", "Certificate of destruction", "보유 목적 달성", "rcv-1", "bak-1", *order.keys):
        assert word.replace("_", "\\_") in text


def test_a_changed_certificate_is_none(zone, tmp_path):
    order, done = destroyed(zone, raw_key(zone))
    console = zone.open(None)
    path = zone.settings.home / "certificates" / f"{done.certificate}.json"
    assert path.stat().st_mode & 0o777 == 0o600
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"payload": whole["payload"][:-8] + "AAAAAAA="}))
    with pytest.raises(IntegrityFailure):
        certificate.load(console, done.certificate)
    with pytest.raises(NotFound):
        certificate.load(console, "../accounts/admin")
    # The zone's own signature under an id the log knows otherwise.
    other = Path(tmp_path / "copy.json")
    other.write_text(json.dumps(whole))
    assert certificate.check_file(console, other)["id"] == done.certificate
    zone.sql(
        "UPDATE audit_event SET purpose = 'CERTIFIED x' WHERE object = :object",
        object=f"certificate/{done.certificate}",
    )
    with pytest.raises(IntegrityFailure, match=r"certificate\.foreign"):
        certificate.check_file(console, other)
    assert order.certificate == done.certificate


# -- no copy opens ------------------------------------------------------------------------------------------------------------


def refuses_to_read(zone: Sandbox, delivery: str = "") -> None:
    """Neither a version nor a received file of the dataset, or of one delivery, opens for who brought it in."""
    duty = zone.open(Duty.INGEST)
    grant = duty.authorizer.authorize(
        zone.actor("steward"), Action.DELIVERY_INGEST, dataset_resource(DATASET, "mpva")
    )
    tried = 0
    for version in versions(zone):
        if version.stage is not Stage.RAW or delivery not in ("", version.delivery):
            continue
        with pytest.raises(SafeZoneError), duty.vault.open_version(grant, version) as dataset:
            dataset.to_table()
        tried += 1
    assert tried


def nothing_opens(zone: Sandbox, home: Path) -> int:
    """Try every wrapped key of a copy with the zone's keys, past every rule: how many were tried."""
    keys, tried = zone.open(None).keys, 0
    for path in home.rglob("*.keys.json"):
        for name, entry in json.loads(path.read_text())["keys"].items():
            from safezone.vault.parts import key_from_json

            with pytest.raises(SafeZoneError):
                keys.unwrap(key_from_json(entry), name.encode())
            tried += 1
    return tried


def test_no_copy_of_parts_keys_and_catalog_opens(zone, tmp_path):
    whole = tmp_path / "backup"
    shutil.copytree(zone.settings.home, whole)
    destroyed(zone, datasets=[DATASET])
    zone.close()
    # Somebody puts back everything but the keystore: parts, key tables, the catalog of that day.
    for path in zone.settings.home.glob("catalog.db*"):
        path.unlink()
    for path in whole.glob("catalog.db*"):
        shutil.copy(path, zone.settings.home)
    shutil.rmtree(zone.settings.lake)
    shutil.copytree(whole / "lake", zone.settings.lake)
    refuses_to_read(zone)
    assert nothing_opens(zone, zone.settings.lake) >= 6
    catalog = zone.open(Duty.PORTAL).catalog
    for delivery in catalog.list(DeliveryRecord):
        for item in delivery.intake:
            with pytest.raises(SafeZoneError):
                zone.open(None).keys.unwrap(SealedObject.from_json(item).key, item["uri"].encode())
    # The ledger outside tells the restored zone what was destroyed since, so that nothing new is made under it.
    assert destroy.replay(zone.open(None)).destroyed == ()


def test_a_restored_keystore_is_destroyed_again_before_anything_opens(zone, tmp_path):
    whole = tmp_path / "backup"
    shutil.copytree(zone.settings.home, whole)
    order, _ = destroyed(zone, datasets=[DATASET])
    zone.close()
    shutil.rmtree(zone.settings.home)
    shutil.copytree(whole, zone.settings.home)  # keystore, catalog and parts of the day before
    version = versions(zone, stage=Stage.RAW)[0]
    assert set(order.keys) <= living(zone) and version.state is not VersionState.DESTROYED
    done = destroy.replay(zone.open(None), "acc-restorer")
    assert set(done.destroyed) == set(order.keys) and not done.unproven and not done.broken
    assert not set(order.keys) & living(zone)
    refuses_to_read(zone)
    assert {version.state for version in versions(zone)} == {VersionState.DESTROYED}
    (event,) = zone.events(f"key/{order.keys[0]}", "key.destroyed")
    assert (event["account"], event["purpose"]) == ("acc-restorer", "replay")
    _, statement = certificate.load(zone.open(None), done.certificate)
    assert statement["authority"]["kind"] == "replay"
    assert destroy.replay(zone.open(None)) == destroy.Replayed()  # twice is once


def test_with_the_keystore_alone_put_back_and_the_ledger_lost_the_log_still_tells(zone, tmp_path):
    old = zone.settings.keystore.read_bytes()
    order, _ = destroyed(zone, raw_key(zone))
    zone.close()
    zone.settings.keystore.write_bytes(old)
    shutil.rmtree(zone.settings.ledger_dir)
    assert destroy.replay(zone.open(None)).destroyed == order.keys
    assert raw_key(zone) not in living(zone)


def test_a_forged_or_cut_ledger_is_told_and_destroys_nothing(zone):
    name, other = raw_key(zone), f"kek/{DATASET}/published/{versions(zone)[0].delivery}"
    destroyed(zone, name)
    path = ledger_file(zone.settings, zone.open(None).origin.rpartition("/")[2])
    (line,) = path.read_text().splitlines()
    path.write_text(line + "\n" + json.dumps(json.loads(line) | {"key": other, "seq": 1}) + "\n")
    told = destroy.replay(zone.open(None))
    assert told.broken and told.unproven == (other,) and other in living(zone)
    path.write_text("nonsense\n")
    assert destroy.replay(zone.open(None)).broken


def test_a_ledger_within_the_zone_is_refused_before_anything_is_destroyed(zone):
    impatient(zone)
    order = agree(zone, ask(zone, raw_key(zone)))
    zone.settings = zone.settings.model_copy(update={"ledger_dir": zone.settings.home / "ledger"})
    with pytest.raises(UsageError, match=r"ledger\.inside"):
        run(zone, order)
    assert raw_key(zone) in living(zone)


# -- projects ----------------------------------------------------------------------------------------------------------------


def test_the_key_of_a_closed_project_goes_once_no_release_is_alive(zone):
    project = zone.project()
    built = zone.build(zone.approved(project.id))
    name = f"project/{project.id}"
    assert name in living(zone) and keep(zone)["ended_projects"] == 0
    airlock = zone.open(Duty.PORTAL).airlock
    projects.close(airlock, zone.account("developer"), project.id)
    assert keep(zone)["ended_projects"] == 0  # its release may still be pulled
    release.revoke(airlock, zone.account("reviewer-1"), built.id)
    assert keep(zone)["ended_projects"] == 1
    assert name not in living(zone)
    (event,) = zone.events(f"key/{name}", "key.destroyed")
    assert (event["account"], event["purpose"]) == ("release", f"project/{project.id}")
    _, statement = certificate.load(zone.open(None), event["details"]["certificate"])
    assert statement["authority"]["kind"] == "project-end"
    assert keep(zone)["ended_projects"] == 0


def test_the_key_of_a_project_goes_when_its_signed_period_is_over(zone, monkeypatch):
    project = zone.project()
    zone.build(zone.approved(project.id))
    past = (now() - timedelta(days=1)).replace(tzinfo=None)
    zone.sql("UPDATE project SET ends = :past", past=f"{past}.000000")  # by hand: nobody signed for that
    zone.sql("UPDATE release SET expires = :past", past=f"{past}.000000")
    assert keep(zone)["ended_projects"] == 0
    zone.sql("UPDATE project SET ends = :ends", ends=f"{project.ends.replace(tzinfo=None)}.000000")
    later = project.ends + timedelta(days=1)
    from safezone.custody import projects as custody_projects

    monkeypatch.setattr(custody_projects, "now", lambda: later)
    assert zone.open(None).catalog.list(ReleaseRecord)[0].revoked is not None
    assert keep(zone)["ended_projects"] == 1


def test_an_actor_made_up_by_hand_runs_nothing(zone):
    impatient(zone)
    order = agree(zone, ask(zone, raw_key(zone)))
    for actor in (
        Actor("nobody", "Account"),
        Actor("release", "Duty"),
        Actor("nobody", "Duty"),
        zone.actor("curator-1"),
    ):
        with pytest.raises(Denied):
            orders.run(zone.open(None), actor, order.id)
    assert raw_key(zone) in living(zone)
