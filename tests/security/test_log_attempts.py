"""What those who keep the log, its witness, its clock and its copies try with them, and what comes of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from safezone.access.actions import Actor
from safezone.audit.checkpoint import cosign, open_checkpoint, parse_note, sign_text, signers
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.exchange import Address, exchange
from safezone.audit.ocsf import KEY as OCSF_KEY
from safezone.audit.ocsf import export
from safezone.audit.questions.clock import Period
from safezone.audit.timestamps import load_roots, verify_times
from safezone.audit.verify import verify_log
from safezone.audit.witnesses.folder import FileWitness
from safezone.audit.witnesses.http import HttpWitness
from safezone.audit.witnesses.server import MAX_BODY, make_server
from safezone.audit.witnesses.standing import standing
from safezone.audit.witnesses.state import WitnessState
from safezone.audit.witnesses.trust import pin
from safezone.backup import recovery
from safezone.backup.make import make_backup
from safezone.catalog import destructions, reviews
from safezone.custody import orders
from safezone.errors import Denied, IntegrityFailure, SafeZoneError, Unavailable, UsageError, WrongState
from safezone.model import Duty, Role, now
from safezone.zone import Zone
from safezone_verify.merkle import Frontier, leaf_hash
from safezone_verify.notes import COSIGNED, Checkpoint, NoteKey
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.witness_server import serving
from tests.integration.test_timestamps import Authority

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("log.example/one", LOG.public_key().public_bytes_raw())
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER_KEY = NoteKey("log.example/other", OTHER.public_key().public_bytes_raw())


def happens(zone: Zone, object_: str = "project/PRJ-1") -> None:
    with zone.catalog.write(AuditEvent(EventType.PROJECT_STATE, "acc-1", object_)):
        pass


def root(size: int, flavour: str = "") -> bytes:
    frontier = Frontier()
    for number in range(size):
        list(frontier.append(leaf_hash(f"{number}{flavour}".encode())))
    return frontier.root()


def note(size: int, flavour: str = "", key: NoteKey = KEY, private: Ed25519PrivateKey = LOG) -> str:
    return sign_text(Checkpoint(key.name, size, root(size, flavour)).text(), key, private.sign)


def body(old: int, text: str, *proof: bytes) -> bytes:
    return f"old {old}\n{''.join(f'{base64.b64encode(each).decode()}{chr(10)}' for each in proof)}\n{text}".encode()


# -- the witness program -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WitnessState, Address]]:
    state = WitnessState(tmp_path_factory.mktemp("attacked") / "witness")
    state.enrol(KEY)
    state.enrol(OTHER_KEY)
    with serving(state._logs.parent) as address:
        yield state, Address.parse(f"http://{address}")


def post(address: Address, content: bytes) -> tuple[int, bytes]:
    answer = exchange(address, "/add-checkpoint", content, seconds=10)
    return answer.status, answer.body


def test_one_log_cannot_speak_for_another(witness):
    state, address = witness
    assert post(address, body(0, note(2)))[0] == 200
    # Its own key under the other's name, and the other's key id under its own.
    renamed = NoteKey(KEY.name, OTHER_KEY.public)
    for text in (
        note(3, key=renamed, private=OTHER),
        str(replace(parse_note(note(3)), signatures=parse_note(note(3, key=OTHER_KEY, private=OTHER)).signatures)),
        note(3).replace(KEY.name, OTHER_KEY.name),
    ):
        assert post(address, body(2, text, leaf_hash(b"2")))[0] in {400, 403}
    record = state.record(hashlib.sha256(KEY.name.encode()).hexdigest())
    assert record is not None and record.size() == 2


def test_a_lie_about_the_old_size_moves_nothing(witness):
    state, address = witness
    post(address, body(0, note(2)))
    for old, text, proof in (
        (0, note(4, "x"), ()),
        (1, note(4, "x"), (leaf_hash(b"1"),)),
        (2, note(4, "x"), (leaf_hash(b"2x"), leaf_hash(b"3x"))),
        (2**63 - 1, note(4), ()),
        (4, note(4), ()),
    ):
        assert post(address, body(old, text, *proof))[0] in {400, 409, 422}
    record = state.record(hashlib.sha256(KEY.name.encode()).hexdigest())
    assert record is not None and record.size() == 2


def test_of_many_forks_at_once_one_is_cosigned(tmp_path):
    with serving(tmp_path / "witness") as where:
        WitnessState(tmp_path / "witness").enrol(KEY)
        address, statuses = Address.parse(f"http://{where}"), []

        def submit(flavour: str) -> None:
            statuses.append(post(address, body(0, note(5, flavour)))[0])

        threads = [threading.Thread(target=submit, args=(f"{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200] + [409] * 7


def test_bodies_that_are_too_large_or_nonsense_cost_an_answer_and_no_more(witness):
    state, address = witness
    many = note(2) + "".join(f"— x{number} {base64.b64encode(bytes(40)).decode()}\n" for number in range(500))
    before = state._logs.parent.stat()
    for content, status in (
        (b"old 0\n" + b"A" * MAX_BODY, 413),
        (body(2, many), 200),
        (body(2, note(2).replace("\n2\n", "\n" + "9" * 4_000 + "\n")), 400),
        (b"old 2\n" + b"AAAA\n" * 64 + b"\n" + note(2).encode(), 400),
        (b"\x00" * 4_096, 400),
    ):
        assert post(address, content)[0] == status
    kept = (state._logs / hashlib.sha256(KEY.name.encode()).hexdigest() / "checkpoints.jsonl").read_text()
    assert " x1 " not in kept  # signatures of strangers are neither checked nor kept
    assert before.st_ino == state._logs.parent.stat().st_ino


def test_the_servers_limits_are_set(tmp_path):
    config = make_server(WitnessState(tmp_path / "witness")).config
    assert (config.limit_concurrency, config.h11_max_incomplete_event_size) == (128, 16 * 1024)
    assert (config.proxy_headers, config.server_header, config.ws) == (False, False, "none")


@pytest.mark.parametrize(
    "url",
    [
        "http://witness.example",
        "http://192.0.2.7:80",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://0.0.0.0",
        "http://[::ffff:192.0.2.7]",
        "http://user@127.0.0.1",
        "ftp://127.0.0.1",
        "http://2130706433",
    ],
)
def test_no_address_beyond_this_machine_is_spoken_to_unencrypted(url):
    with pytest.raises(UsageError):
        Address.parse(url)


def test_a_genuine_but_older_checkpoint_in_the_witnesss_place_shows_as_behind(sandbox, tmp_path):
    """Found: whoever answers for the witness may replay what it once signed; the zone sees that it has fallen back."""
    state = WitnessState(tmp_path / "state")
    console = sandbox.open(None)
    for key in console.log_keys:
        state.enrol(key)
    pin(console.witness_key_file, state.key.to_text())
    with serving(tmp_path / "state") as where:
        sandbox.settings = sandbox.settings.model_copy(update={"witness_url": f"http://{where}"})
        zone = sandbox.open(Duty.LOG)
        zone.keep_log()
        old = zone.witness.latest()
        happens(zone)
        zone.keep_log()
        assert zone.witness_standing().state == "CURRENT"
        (record,) = state.records()
        path = record._folder / "checkpoints.jsonl"
        path.write_text(path.read_text().splitlines()[0] + "\n")
        assert isinstance(zone.witness, HttpWitness) and zone.witness.latest() == old
        assert zone.witness_standing().state == "BEHIND"
    # What the zone kept of the newer cosignature still counts when the log is verified.
    assert verify_log(zone.catalog.engine, zone.log_keys, [_Known(state.key)]).ok


class _Known:
    """A witness's key alone: the cosignatures kept in the zone are checked with it."""

    def __init__(self, key: NoteKey) -> None:
        self.key = key

    def add(self, checkpoint: str, proof: list[str]) -> str:
        raise NotImplementedError

    def latest(self) -> None:
        return None


def test_a_cosignature_by_another_key_under_the_witnesss_name_does_not_count(sandbox):
    zone = sandbox.open(None)
    zone.keep_log()
    key = Ed25519PrivateKey.generate()
    mine = NoteKey(zone.witness.key.name, key.public_key().public_bytes_raw(), COSIGNED)
    ((size, text),) = sandbox.sql("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
    forged = cosign(text, mine, 1, key.sign)
    assert not signers(parse_note(forged), [zone.witness.key])
    # With the true key's id over the false signature it is no note at all.
    name, _, seal = parse_note(forged).signatures[-1]
    claimed = replace(
        parse_note(forged), signatures=(*parse_note(text).signatures, (name, zone.witness.key.key_id, seal))
    )
    with pytest.raises(IntegrityFailure):
        signers(claimed, [zone.witness.key])
    sandbox.sql("UPDATE audit_checkpoint SET cosigned = :note WHERE size = :size", note=str(claimed), size=size)
    assert not verify_log(zone.catalog.engine, zone.log_keys, [zone.witness]).ok


def test_the_folder_witness_follows_no_log_that_lost_an_entry(sandbox):
    zone = sandbox.open(None)
    happens(zone)
    zone.keep_log()
    newest = zone.witness.latest()
    assert newest is not None
    size = open_checkpoint(newest, zone.log_keys).size
    shorter = Checkpoint(zone.origin, size - 1, bytes(32)).text()
    forged = sign_text(shorter, zone.log_keys[0], lambda message: zone.keys.sign("sign/checkpoint", message))
    with pytest.raises(IntegrityFailure, match=r"witness\.older"):
        zone.witness.add(forged, [])
    longer = Checkpoint(zone.origin, size + 1, bytes(32)).text()
    forged = sign_text(longer, zone.log_keys[0], lambda message: zone.keys.sign("sign/checkpoint", message))
    with pytest.raises(IntegrityFailure, match=r"witness\.inconsistent"):
        zone.witness.add(forged, ["00" * 32])
    assert zone.witness.latest() == newest
    assert standing(zone.catalog.engine, zone.log_keys, zone.witness).state == "CURRENT"


def test_another_witness_is_believed_only_when_a_person_says_so(sandbox, tmp_path):
    zone = sandbox.open(None)
    mine, theirs = FileWitness(tmp_path / "mine").key, FileWitness(tmp_path / "theirs").key
    pin(zone.witness_key_file, mine.to_text())
    with pytest.raises(WrongState, match=r"witness\.trusted"):
        pin(zone.witness_key_file, theirs.to_text())
    with pytest.raises(UsageError):
        pin(zone.witness_key_file, zone.log_keys[0].to_text(), replace=True)
    assert zone.witness_key_file.read_text().strip() == mine.to_text()


# -- a database writer and what custody left in the log ------------------------------------------------------------------


def asked(sandbox: Sandbox) -> str:
    console = sandbox.open(None)
    name = "kek/attempts/raw/one"
    console.keys.ensure(name)
    drafted = orders.draft(console, sandbox.account("admin"), [name], "보유 목적 달성")
    signature = sandbox.sign("admin", destructions.asking_subject(drafted))
    order = orders.ask(console, sandbox.account("admin"), drafted, signature)
    signed = orders.to_sign(console, order.id)
    orders.approve(
        console,
        sandbox.account("curator-1"),
        signed,
        sandbox.sign("curator-1", reviews.destruction_subject(signed)),
    )
    return order.id


HIDDEN = {
    "a destruction withdrawn": "DELETE FROM audit_event WHERE purpose LIKE 'WITHDRAWN%'",
    "who agreed": "UPDATE audit_event SET account = 'acc-nobody' WHERE purpose LIKE 'APPROVED%'",
    "when they agreed": "UPDATE audit_event SET time = '2020-01-01T00:00:00Z' WHERE purpose LIKE 'APPROVED%'",
    "that somebody was refused": "DELETE FROM audit_event WHERE type = 'decision.denied'",
    "the leaf of it as well": "UPDATE audit_leaf SET leaf = replace(leaf, 'APPROVED', 'REQUESTED')",
}


@pytest.mark.parametrize("what", HIDDEN)
def test_what_custody_left_in_the_log_cannot_be_hidden(sandbox, what):
    order = asked(sandbox)
    console = sandbox.open(None)
    with pytest.raises(Denied):
        orders.run(console, sandbox.actor("admin"), order)
    orders.withdraw(console, sandbox.account("admin"), order)
    console.keep_log()
    assert verify_log(console.catalog.engine, console.log_keys, [console.witness]).ok
    sandbox.sql(HIDDEN[what])
    assert not verify_log(console.catalog.engine, console.log_keys, [console.witness]).ok
    # Taken away in the row as well, a withdrawal is still no agreement: the moment has not come, and the wait is long.
    sandbox.sql("UPDATE destruction SET state = 'APPROVED'")
    with pytest.raises(SafeZoneError) as refused:
        orders.run(console, sandbox.actor("admin"), order)
    assert refused.value.code in {"destruction.unproven", "destruction.waiting"}
    assert "kek/attempts/raw/one" in {key.name for key in console.keys.list()}


def test_a_witness_nobody_can_ask_keeps_an_agreement_from_being_carried_out(sandbox, monkeypatch):
    order = asked(sandbox)
    sandbox.open(None).keep_log()
    monkeypatch.setattr(destructions, "now", lambda: now() + timedelta(hours=80))
    sandbox.settings = sandbox.settings.model_copy(update={"witness_url": "http://127.0.0.1:9"})
    console = sandbox.open(None)
    with pytest.raises(Unavailable, match=r"witness\.not_trusted"):
        _ = console.witness
    with pytest.raises(Denied, match=r"destruction\.unwitnessed"):
        orders.run(console, sandbox.actor("admin"), order)
    assert sandbox.events(f"destruction/{order}")[-1]["details"]["rules"] == "destruction.unwitnessed"


# -- time stamps -----------------------------------------------------------------------------------------------------------


def test_a_time_stamp_of_another_checkpoint_says_nothing_of_this_one(sandbox, tmp_path):
    if shutil.which("openssl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("openssl is not installed")
        pytest.skip("openssl is not installed")
    authority, zone = Authority(tmp_path / "tsa"), sandbox.open(None)
    zone.keep_log()
    happens(zone)
    zone.keep_log()
    (first, earlier), (second, later) = sandbox.sql("SELECT size, note FROM audit_checkpoint ORDER BY size")[-2:]

    def token(text: bytes) -> bytes:
        request = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
        return authority.answer(request.as_bytes())

    tokens = {size: token(parse_note(text).text.encode()) for size, text in ((first, earlier), (second, later))}
    for size, whose in ((first, second), (second, first)):
        sandbox.sql(
            "INSERT INTO audit_checkpoint_time (size, authority, time, token) VALUES (:size, 'x', :time, :token)",
            size=size,
            time="2026-01-01T00:00:00Z",
            token=tokens[whose],
        )
    assert verify_times(zone.catalog.engine, load_roots(authority.roots)).bad == (first, second)


# -- what leaves for a monitoring system -------------------------------------------------------------------------------------


@pytest.fixture
def told(sandbox: Sandbox, tmp_path: Path) -> str:
    """Everything a monitoring system is told of a zone in which custody was at work."""
    order = asked(sandbox)
    console = sandbox.open(None)
    orders.withdraw(console, sandbox.account("admin"), order)
    recovery.split(console, sandbox.actor("admin"), ("김하나", "이둘"), 2, lambda shares: None)
    make_backup(console, Actor.duty(Duty.BACKUP), tmp_path / "backup")
    sandbox.enrol("나중에", Role.STEWARD, controller="mpva")
    console.keep_log()
    zone = sandbox.open(Duty.LOG)
    zone.keys.ensure(OCSF_KEY)
    records = export(zone.catalog.engine, zone.keys.mac, zone.origin, Period())
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


def test_no_account_no_name_and_no_custodian_leaves_in_clear(told, sandbox):
    for name, person in sandbox.people.items():
        assert person.account.id not in told
        assert person.token not in told
        assert name in set(Role) or f'"{name}"' not in told  # an account may be called as its role is
    assert "김하나" not in told and "이둘" not in told and "나중에" not in told


def test_hashes_of_accounts_are_guessed_by_nobody_without_the_key(told, sandbox, fresh_template, tmp_path):
    """Ids of accounts are short enough to be tried, so it is the key that counts; every zone has its own."""
    account = sandbox.account("admin").id
    keys = sandbox.open(Duty.LOG).keys
    genuine = keys.mac(OCSF_KEY, account.encode()).hex()[:32]
    assert genuine in told
    plain = [
        hashlib.new(algorithm, data).hexdigest()[:32]
        for algorithm in ("sha256", "sha512", "md5")
        for data in (account.encode(), f"account/{account}".encode(), account.removeprefix("acc-").encode())
    ]
    origin = sandbox.open(Duty.LOG).origin
    known = (b"", OCSF_KEY.encode(), origin.encode(), origin.split("/")[1].encode())
    plain += [hmac.new(key, account.encode(), hashlib.sha256).hexdigest()[:32] for key in known]
    assert not any(guess in told for guess in plain)
    other = Sandbox(fresh_template.settings, dict(fresh_template.people))
    other = other.copy(tmp_path / "other")
    elsewhere = other.open(None).keys
    elsewhere.ensure(OCSF_KEY)
    assert elsewhere.mac(OCSF_KEY, account.encode()).hex()[:32] != genuine
    other.close()
    with pytest.raises(Denied, match=r"keys\.duty"):
        sandbox.open(Duty.PORTAL).keys.mac(OCSF_KEY, account.encode())
    with pytest.raises(Denied, match=r"keys\.duty"):
        keys.mac("commit/delivery", account.encode())
