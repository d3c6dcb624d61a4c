"""Whoever may write to the database changes entries at will: nothing under a checkpoint goes unnoticed.

The attacker is as strong as the design allows for: may also rewrite event rows and the stored tree to match, remove
checkpoints, and (where a witness looked) even sign new ones with the log's own key.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.audit.checkpoint import log_keys, sign_text
from safezone.audit.engine import open_engine, write
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.log import Sequencer, stage_all
from safezone.audit.publish import publish
from safezone.audit.tables import metadata
from safezone.audit.verify import verify_log
from safezone.audit.witnesses.folder import FileWitness
from safezone.keys.keystore import Keystore
from safezone_verify.merkle import Frontier, leaf_hash
from safezone_verify.notes import Checkpoint, NoteKey

SIZES = (5, 12, 20)
TOTAL = 24
ORIGIN = "safezone/test"


class Zone:
    """A log of 24 entries, with checkpoints at 5, 12 and 20, the last two witnessed; copied for each example."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keystore = Keystore.create(folder / "k" / "k.json", b"correct horse battery staple", n=2)
        self.witness = FileWitness(folder / "witness")
        engine = open_engine(f"sqlite:///{folder / 'log.db'}")
        metadata.create_all(engine)
        self.keys: list[NoteKey] = log_keys(self.keystore, ORIGIN)
        self.witness.enrol(self.keys)
        done = 0
        for size in (*SIZES, TOTAL):
            with write(engine) as connection:
                stage_all(
                    connection,
                    [
                        AuditEvent(EventType.VAULT_READ, f"acc-{n % 3}", f"v-{n}", "REQ-1", details={"n": n})
                        for n in range(done, size)
                    ],
                )
            Sequencer(engine).sequence()
            if size != TOTAL:
                publish(engine, self.keystore, ORIGIN, [self.witness] if size > 5 else [])
            done = size
        engine.dispose()
        with sqlite3.connect(folder / "log.db") as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self) -> sqlite3.Connection:
        shutil.copy(self.folder / "log.db", self.folder / "copy.db")
        for name in ("copy.db-wal", "copy.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        return sqlite3.connect(self.folder / "copy.db")

    def verify(self, *, witness: bool = True, known: tuple[str, ...] = ()):
        engine = open_engine(f"sqlite:///{self.folder / 'copy.db'}")
        try:
            return verify_log(engine, self.keys, [self.witness] if witness else [], known)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Zone:
    return Zone(tmp_path_factory.mktemp("zone"))


KEYS = {
    "audit_event": ("seq",),
    "audit_detail": ("uid",),
    "audit_leaf": ("seq",),
    "audit_node": ("level", '"index"'),
    "audit_checkpoint": ("size",),
}
FIELDS = ("time", "type", "account", "object", "purpose", "policy", "details")


def tamper(leaves: list[dict], how: str, at: int, other: int) -> list[dict]:
    leaves = [dict(leaf) for leaf in leaves]
    if how == "edit":
        field = FIELDS[other % len(FIELDS)]
        leaves[at][field] += "x"
    elif how == "delete":
        del leaves[at]
    elif how == "insert":
        leaves.insert(at, {**leaves[at], "object": "v-forged"})
    elif how == "swap":
        leaves[at], leaves[other] = leaves[other], leaves[at]
    else:
        del leaves[at:]
    return leaves


def rewrite(raw: sqlite3.Connection, leaves: list[dict], *, renumber: bool, events: bool, nodes: bool) -> list[str]:
    texts = []
    for seq, leaf in enumerate(leaves):
        fields = {**leaf, "seq": seq} if renumber else leaf
        texts.append(json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    raw.execute("DELETE FROM audit_leaf")
    raw.executemany("INSERT INTO audit_leaf VALUES (?, ?)", list(enumerate(texts)))
    if events:
        raw.execute("DELETE FROM audit_event")
        raw.executemany(
            "INSERT INTO audit_event (uid, time, type, account, object, purpose, policy, details_digest, seq) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(f"{seq:032}", *[leaf[name] for name in FIELDS], seq) for seq, leaf in enumerate(leaves)],
        )
    if nodes:
        raw.execute("DELETE FROM audit_node")
        frontier = Frontier()
        for text in texts:
            raw.executemany("INSERT INTO audit_node VALUES (?, ?, ?)", frontier.append(leaf_hash(text.encode())))
    return texts


def resign(raw: sqlite3.Connection, zone: Zone, texts: list[str]) -> None:
    """What only the holder of the log's key can do: sign the new history."""
    raw.execute("DELETE FROM audit_checkpoint")
    frontier = Frontier()
    for text in texts:
        list(frontier.append(leaf_hash(text.encode())))
        if frontier.size in SIZES:
            body = Checkpoint(ORIGIN, frontier.size, frontier.root()).text()
            note = sign_text(body, zone.keys[0], lambda message: zone.keystore.sign("sign/checkpoint", message))
            row = (frontier.size, frontier.root().hex(), note, "")
            raw.execute("INSERT INTO audit_checkpoint (size, root, note, cosigned) VALUES (?, ?, ?, ?)", row)


def read_leaves(raw: sqlite3.Connection) -> list[dict]:
    return [json.loads(text) for (text,) in raw.execute("SELECT leaf FROM audit_leaf ORDER BY seq")]


@pytest.mark.parametrize("effort", ["leaves", "events", "nodes", "all", "signed"])
@pytest.mark.parametrize("how", ["edit", "delete", "insert", "swap", "truncate"])
@given(at=st.integers(0, 19), other=st.integers(0, 19), renumber=st.booleans())
@settings(max_examples=20, deadline=None)
def test_whatever_is_done_to_a_checkpointed_entry_is_found(zone, how, effort, at, other, renumber) -> None:
    if how == "swap" and at == other:
        return
    raw = zone.copy()
    before = read_leaves(raw)
    texts = rewrite(
        raw,
        tamper(before, how, at, other),
        renumber=renumber,
        events=effort in {"events", "all", "signed"},
        nodes=effort in {"nodes", "all", "signed"},
    )
    if effort == "signed":
        resign(raw, zone, texts)
    raw.commit()
    raw.close()

    result = zone.verify()
    assert not result.ok
    changed = min(at, other) if how == "swap" else at
    first = result.first
    assert first.seq <= changed
    if effort in {"leaves", "events"}:
        # The stored hashes still keep the promises, so the place is known exactly.
        assert first.seq == changed
        assert first.last == changed or how == "truncate"
    else:
        # At worst the place is known to lie between two checkpoints of someone who is still to be believed.
        bounds = (0, 20) if effort == "signed" else (0, 12, 20)
        assert first.seq >= max(bound for bound in bounds if bound <= changed)


VALUES = (
    "audit_leaf.leaf",
    "audit_event.object",
    "audit_event.time",
    "audit_event.details_digest",
    "audit_detail.details",
    "audit_detail.salt",
    "audit_node.hash",
    "audit_checkpoint.note",
    "audit_checkpoint.root",
)


@given(
    table=st.sampled_from(VALUES),
    row=st.integers(0, 10_000),
    value=st.sampled_from(["x", "", b"\xff\xfe", b"x" * 32, 7, "CAST(x'ff' AS TEXT)"]),
)
@settings(max_examples=150, deadline=None)
def test_any_single_stored_value_replaced_is_found(zone, table, row, value) -> None:
    """Values of another type, and text that is no text, included."""
    name, column = table.split(".")
    raw = zone.copy()
    columns = KEYS[name]
    keys = sorted(raw.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall())
    chosen = keys[row % len(keys)]
    where = " AND ".join(f"{column} = ?" for column in columns)
    forced = value if isinstance(value, str) and value.startswith("CAST") else "?"
    raw.execute(
        f"UPDATE {name} SET {column} = {forced} WHERE {where}", (() if forced != "?" else (value,)) + chosen
    )
    raw.commit()
    raw.close()
    assert not zone.verify().ok


@given(table=st.sampled_from(["audit_event", "audit_node", "audit_leaf"]), row=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_any_single_row_removed_is_found(zone, table, row) -> None:
    raw = zone.copy()
    keys = sorted(raw.execute(f"SELECT {', '.join(KEYS[table])} FROM {table}").fetchall())
    where = " AND ".join(f"{column} = ?" for column in KEYS[table])
    raw.execute(f"DELETE FROM {table} WHERE {where}", keys[row % len(keys)])
    raw.commit()
    raw.close()
    assert not zone.verify().ok


def test_an_untouched_log_is_whole(zone: Zone) -> None:
    zone.copy().close()
    result = zone.verify()
    assert result.ok
    assert (result.size, result.proven, result.witnessed, list(result.unproven)) == (24, 20, 20, [20, 21, 22, 23])
    assert zone.verify(witness=False).witnessed == 0


def test_the_tail_is_unproven_and_said_to_be(zone: Zone) -> None:
    """What the design does not promise: a complete rewrite after the last checkpoint shows nothing."""
    raw = zone.copy()
    rewrite(raw, tamper(read_leaves(raw), "edit", 22, 0), renumber=True, events=True, nodes=True)
    raw.commit()
    raw.close()
    result = zone.verify()
    assert result.ok
    assert 22 in result.unproven


def test_without_a_witness_the_auditors_own_checkpoint_shows_a_new_history(zone: Zone) -> None:
    raw = zone.copy()
    kept = raw.execute("SELECT note FROM audit_checkpoint WHERE size = 12").fetchone()[0]
    texts = rewrite(raw, tamper(read_leaves(raw), "truncate", 11, 0), renumber=True, events=True, nodes=True)
    resign(raw, zone, texts)
    raw.commit()
    raw.close()
    assert zone.verify(witness=False).ok
    result = zone.verify(witness=False, known=(kept,))
    # Only the auditor's word counts now, and it speaks of the whole: what is missing shows, what is changed may hide.
    assert (result.ok, result.first.seq, result.first.last) == (False, 0, 11)
    assert [(problem.kind.value, problem.seq) for problem in result.problems if problem.seq] == [("truncated", 11)]
