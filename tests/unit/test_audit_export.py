"""Proofs and bundles an auditor takes away."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safezone.audit.bundle import Proof, read_proof, verify_bundle, verify_proof
from safezone.audit.checkpoint import log_keys
from safezone.audit.engine import open_engine, write
from safezone.audit.event import AuditEvent, EventType, leaf_text
from safezone.audit.export import export, prove
from safezone.audit.log import Sequencer, stage_all
from safezone.audit.publish import publish
from safezone.audit.tables import audit_leaf, metadata
from safezone.audit.verify import verify_log
from safezone.audit.witnesses.folder import FileWitness
from safezone.errors import BadInput, IntegrityFailure, NotFound
from safezone.keys.keystore import Keystore
from safezone.model import canonical
from safezone_verify.notes import NoteKey
from safezone_verify.replay import claimed_seq

ORIGIN = "safezone/test"


@pytest.fixture
def zone(tmp_path: Path):
    """Engine, keys and witness of a log of 12 entries, checkpoints at 4, 8 and 10."""
    keystore = Keystore.create(tmp_path / "k" / "k.json", b"correct horse battery staple", n=2)
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    metadata.create_all(engine)
    keys, witness = log_keys(keystore, ORIGIN), FileWitness(tmp_path / "witness")
    witness.enrol(keys)
    for size, signed in ((4, True), (4, True), (2, True), (2, False)):
        with write(engine) as connection:
            stage_all(connection, [AuditEvent(EventType.VERSION_STATE, "acc", f"v\u2028{n}") for n in range(size)])
        Sequencer(engine).sequence()
        if signed:
            publish(engine, keystore, ORIGIN, [witness])
    yield engine, keys, witness
    engine.dispose()


def test_an_entry_is_proven_to_be_in_the_log(zone) -> None:
    engine, keys, _ = zone
    for seq in range(10):
        proof = read_proof(json.loads(json.dumps(prove(engine, seq).to_json())))
        assert verify_proof(proof, keys)
        assert not verify_proof(Proof(seq, proof.leaf + " ", proof.checkpoint, proof.hashes), keys)
        assert not verify_proof(Proof((seq + 1) % 10, proof.leaf, proof.checkpoint, proof.hashes), keys)
        assert not verify_proof(Proof(seq, proof.leaf, proof.checkpoint, ("zz",)), keys)
    with pytest.raises(IntegrityFailure):
        verify_proof(proof, [NoteKey(ORIGIN, bytes(32))])
    for seq in (10, 11, 12, -1):
        with pytest.raises(NotFound):
            prove(engine, seq)
    for wrong in ({}, {"seq": "x"}, {**proof.to_json(), "hashes": 1}):
        with pytest.raises(BadInput):
            read_proof(wrong)


def test_a_bundle_is_checked_offline(zone, tmp_path: Path) -> None:
    engine, keys, witness = zone
    export(engine, tmp_path / "bundle", [*keys, witness.key])
    result = verify_bundle(tmp_path / "bundle", [*keys, witness.key])
    assert (result.ok, result.size, result.proven, result.witnessed) == (True, 12, 10, 10)
    # By its own keys alone it agrees with itself; that is no witness.
    result = verify_bundle(tmp_path / "bundle")
    assert (result.ok, result.proven, result.witnessed) == (True, 10, 0)
    assert "unproven" in result.text().en
    with pytest.raises(BadInput):
        export(engine, tmp_path / "bundle", keys)
    with pytest.raises(BadInput):
        verify_bundle(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("file", "change", "first"),
    [
        ("leaves.jsonl", lambda lines: [*lines[:5], lines[5].replace("acc", "acd"), *lines[6:]], 5),
        ("leaves.jsonl", lambda lines: lines[:5] + lines[6:], 5),
        ("leaves.jsonl", lambda lines: [*lines[:5], lines[4], *lines[5:]], 5),
        ("leaves.jsonl", lambda lines: lines[:9], 9),
        ("leaves.jsonl", lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 2),
        ("leaves.jsonl", lambda lines: ["[" * 5000, *lines[1:]], 0),
        ("checkpoints.jsonl", lambda lines: [lines[0], lines[1].replace("8", "9", 1), *lines[2:]], 4),
        ("proofs.jsonl", lambda lines: [lines[0].replace('"first": 4', '"first": 8'), *lines[1:]], 4),
    ],
)
def test_a_changed_bundle_is_found(zone, tmp_path: Path, file: str, change, first: int) -> None:
    engine, keys, witness = zone
    folder = tmp_path / "bundle"
    export(engine, folder, [*keys, witness.key])
    lines = (folder / file).read_text().rstrip("\n").split("\n")
    (folder / file).write_text("\n".join(change(lines)) + "\n")
    result = verify_bundle(folder, [*keys, witness.key])
    assert not result.ok
    assert result.first.seq == first
    assert str(first) in result.text().ko


def test_a_bundle_against_a_checkpoint_the_auditor_kept(zone, tmp_path: Path) -> None:
    engine, keys, witness = zone
    export(engine, tmp_path / "bundle", [*keys, witness.key])
    assert verify_bundle(tmp_path / "bundle", keys, [witness.latest()]).witnessed == 10


def test_checking_a_bundle_imports_nothing_heavy() -> None:
    code = (
        "import sys, safezone_verify.__main__; "
        "print([name for name in ('sqlalchemy', 'pydantic', 'duckdb', 'pandas', 'rich', 'rfc8785', 'safezone') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_memory_does_not_grow_with_the_log(zone) -> None:
    """More entries than one page, so that pages join without a seam."""
    engine, keys, _ = zone
    with write(engine) as connection:
        stage_all(connection, [AuditEvent(EventType.VAULT_READ, "acc", "v") for _ in range(9_000)])
    Sequencer(engine).sequence()
    assert verify_log(engine, keys).to_json()["size"] == 9_012
    with write(engine) as connection:
        connection.execute(audit_leaf.update().where(audit_leaf.c.seq == 8_500).values(leaf="{}"))
    result = verify_log(engine, keys)
    assert (result.first.seq, result.first.last) == (8_500, 8_500)


@pytest.mark.parametrize(
    "text", ["", "가\u2028나", 'quote" back\\slash', "\x7f\u0080\ufeff", "😀", "\x00\x1f\n\t\b\f\r"]
)
def test_the_fast_leaf_is_the_canonical_one(text: str) -> None:
    fields = {"seq": 2**53 - 1, "time": text, "type_": text, "account": text, "object_": text, "purpose": text,
              "policy": text, "details": text}  # fmt: skip
    expected = canonical({name.rstrip("_"): value for name, value in fields.items()})
    assert leaf_text(**fields).encode() == expected


# The string of RFC 8785, section 3.2.2.2, as it comes out.
RFC_STRING = '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'
LEAF = leaf_text(
    seq=7, time="t", type_="t", account="가", object_="o", purpose="", policy="", details="d"
)  # fmt: skip


@pytest.mark.parametrize(
    ("part", "other", "seq"),
    [
        ('"o"', '"o"', 7),
        ('"o"', RFC_STRING, 7),
        ('"o"', RFC_STRING.replace("000f", "000F"), None),
        ('"o"', RFC_STRING.replace("/", "\\/"), None),
        ('"o"', RFC_STRING.replace("€", "\\u20ac"), None),
        ('"o"', RFC_STRING.replace("\\n", "\\u000a"), None),
        ('"o"', RFC_STRING.replace("\\n", "\n"), None),
        ("}", "} ", None),
        ("}", "}\n", None),
        ('"seq":7', '"seq": 7', None),
        ('"seq":7', '"seq":07', None),
        ('"seq":7', '"seq":7.0', None),
        ('"seq":7', '"seq":-7', None),
        ('"seq":7', '"seq":true', None),
        ('"seq":7', '"seq":"7"', None),
        ('"seq":7', '"seq":6,"seq":7', None),
        ('"seq":7,"time":"t"', '"time":"t","seq":7', None),
        ('"o"', "[]", None),
        ('"o"', "1e3", None),
        ('"object"', '"가"', None),
        ('"object":"o",', "", None),
        ("}", ',"user":""}', None),
        ('"seq":7', '"seq":9007199254740992', None),
        ('"o"', '"\\ud800"', None),
        (LEAF, "7", None),
        (LEAF, "", None),
    ],
)
def test_the_verifier_sees_whether_a_leaf_is_canonical(part: str, other: str, seq: int | None) -> None:
    """By itself, without the library the zone writes with (RFC 8785), and that it is a leaf at all."""
    assert part in LEAF
    leaf = LEAF.replace(part, other)
    assert claimed_seq(leaf.encode()) == seq
    if seq is not None:
        assert canonical(json.loads(leaf)) == leaf.encode()
    assert claimed_seq(leaf.encode() + b"\xff") is None
    assert claimed_seq(leaf.encode().replace(b"}", b"\xff}")) is None


@given(st.lists(st.text(max_size=12), min_size=7, max_size=7), st.integers(0, 10**15 - 1))
def test_every_leaf_the_log_can_write_is_one_to_the_verifier(texts: list[str], seq: int) -> None:
    names = ("time", "type_", "account", "object_", "purpose", "policy", "details")
    try:
        leaf = leaf_text(seq=seq, **dict(zip(names, texts, strict=True))).encode()
    except UnicodeEncodeError:
        return
    assert claimed_seq(leaf) == seq
    assert claimed_seq(json.dumps(json.loads(leaf), sort_keys=True).encode()) is None  # with spaces
