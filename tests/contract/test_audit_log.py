"""Staging and sequencing, on both databases."""

import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from safezone.audit.checkpoint import open_checkpoint
from safezone.audit.engine import open_engine, read, write
from safezone.audit.event import AuditEvent, EventType, details_digest
from safezone.audit.log import Sequencer, stage, stage_all
from safezone.audit.publish import publish
from safezone.audit.tables import audit_detail, audit_event, audit_leaf, audit_node, metadata
from safezone.audit.tree import StoredTree
from safezone.audit.verify import verify_log
from safezone.errors import BadInput, IntegrityFailure, Unavailable, UsageError, WrongState
from safezone.keys.keystore import Keystore
from safezone.model import canonical
from safezone_verify.findings import Kind
from safezone_verify.merkle import Frontier, leaf_hash
from safezone_verify.notes import NoteKey


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'catalog.db'}"


@pytest.fixture
def engine(url: str):
    engine = open_engine(url)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def event(number: int = 1, **more: object) -> AuditEvent:
    return AuditEvent(EventType.VAULT_READ, "acc-1", f"v-{number}", "REQ-1", "p" * 64, {"rows": number, **more})


def leaves(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.execute(select(audit_leaf.c.leaf).order_by(audit_leaf.c.seq)).scalars())


def test_an_event_becomes_a_leaf_with_its_details_beside_it(engine: Engine) -> None:
    with write(engine) as connection:
        uid = stage(connection, event(7, comment="검토 의견\n둘째 줄"))
    assert Sequencer(engine).sequence() == 1
    (leaf,) = leaves(engine)
    fields = json.loads(leaf)
    assert canonical(fields).decode() == leaf
    assert set(fields) == {"seq", "time", "type", "account", "object", "purpose", "policy", "details"}
    assert (fields["seq"], fields["type"], fields["account"]) == (0, "vault.read", "acc-1")
    assert "검토" not in leaf
    with read(engine) as connection:
        detail = connection.execute(select(audit_detail).where(audit_detail.c.uid == uid)).one()
    assert json.loads(detail.details) == {"rows": 7, "comment": "검토 의견\n둘째 줄"}
    assert details_digest(detail.salt, detail.details.encode()) == fields["details"]


def test_an_event_commits_with_its_change_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(RuntimeError), write(engine) as connection:
        stage(connection, event())
        raise RuntimeError
    assert Sequencer(engine).sequence() == 0
    assert leaves(engine) == []


def test_the_stored_tree_is_the_tree_of_the_leaves(engine: Engine) -> None:
    for size in (1, 2, 13, 30):
        with write(engine) as connection:
            stage_all(connection, [event(number) for number in range(size)])
        # A new sequencer each time: it has to find its way back into the tree.
        assert Sequencer(engine, batch=7).sequence() == size
    frontier, nodes = Frontier(), {}
    for leaf in leaves(engine):
        nodes |= {(level, index): value for level, index, value in frontier.append(leaf_hash(leaf.encode()))}
    assert frontier.size == 46
    with read(engine) as connection:
        assert {(level, index): value for level, index, value in connection.execute(select(audit_node))} == nodes
        assert StoredTree(connection).root(46) == frontier.root()
        with pytest.raises(IntegrityFailure):
            StoredTree(connection).root(47)


def test_several_sequencers_take_turns(engine: Engine) -> None:
    with write(engine) as connection:
        stage_all(connection, [event(number) for number in range(500)])
    done = []
    workers = [
        threading.Thread(target=lambda: done.append(Sequencer(engine, batch=20).sequence())) for _ in range(3)
    ]
    writer = threading.Thread(target=lambda: [_stage_one(engine, number) for number in range(50)])
    for thread in [*workers, writer]:
        thread.start()
    for thread in [*workers, writer]:
        thread.join()
    done.append(Sequencer(engine).sequence())
    assert sum(done) == 550
    seqs = [json.loads(leaf)["seq"] for leaf in leaves(engine)]
    assert seqs == list(range(550))
    with read(engine) as connection:
        assert connection.execute(select(func.count(audit_event.c.seq.distinct()))).scalar() == 550


def _stage_one(engine: Engine, number: int) -> None:
    with write(engine) as connection:
        stage(connection, event(number))


def _sequence_for_ever(url: str) -> None:
    engine = open_engine(url)
    sequencer = Sequencer(engine, batch=3)
    while True:
        sequencer.sequence()


def test_killed_anywhere_it_leaves_whole_batches(engine: Engine, url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    for round_ in range(3):
        with write(engine) as connection:
            stage_all(connection, [event(number) for number in range(400)])
        worker = context.Process(target=_sequence_for_ever, args=(url,))
        worker.start()
        target = len(leaves(engine)) + 20 * (round_ + 1)
        deadline = time.monotonic() + 30
        while len(leaves(engine)) < target and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    Sequencer(engine).sequence()
    assert [json.loads(leaf)["seq"] for leaf in leaves(engine)] == list(range(1200))
    keystore = Keystore.create(tmp_path / "k" / "k.json", b"correct horse battery staple", n=2)
    note = publish(engine, keystore, "safezone/test")
    result = verify_log(engine, [NoteKey("safezone/test", keystore.public_key("sign/checkpoint"))])
    assert note
    assert (result.ok, result.size, result.proven) == (True, 1200, 1200)


def test_checkpoints_are_signed_once_for_each_size(engine: Engine, tmp_path: Path) -> None:
    keystore = Keystore.create(tmp_path / "k" / "k.json", b"correct horse battery staple", n=2)
    assert publish(engine, keystore, "safezone/test") is None
    with write(engine) as connection:
        stage_all(connection, [event(number) for number in range(5)])
    Sequencer(engine).sequence()
    note = publish(engine, keystore, "safezone/test")
    assert publish(engine, keystore, "safezone/test") == note
    # After a rotation the new key signs; the old one still verifies what it signed.
    keystore.rotate("sign/checkpoint")
    with write(engine) as connection:
        stage(connection, event())
    Sequencer(engine).sequence()
    newer = publish(engine, keystore, "safezone/test")
    old, new = (NoteKey("safezone/test", keystore.public_key("sign/checkpoint", version)) for version in (1, 2))
    assert open_checkpoint(note, [new, old]).size == 5
    assert open_checkpoint(newer, [new]).size == 6
    with pytest.raises(IntegrityFailure):
        open_checkpoint(newer, [old])
    result = verify_log(engine, [new, old])
    assert (result.ok, result.proven, result.witnessed, len(result.unproven)) == (True, 6, 0, 6)


def test_nothing_is_signed_that_does_not_extend_what_was_signed(engine: Engine, tmp_path: Path) -> None:
    keystore = Keystore.create(tmp_path / "k" / "k.json", b"correct horse battery staple", n=2)
    with write(engine) as connection:
        stage_all(connection, [event(number) for number in range(6)])
    Sequencer(engine).sequence()
    publish(engine, keystore, "safezone/test")
    with write(engine) as connection:
        stage(connection, event())
        connection.execute(audit_node.update().where(audit_node.c.level == 2).values(hash=b"x" * 32))
    Sequencer(engine).sequence()
    with pytest.raises(IntegrityFailure):
        publish(engine, keystore, "safezone/test")


def test_deleting_details_breaks_no_proof(engine: Engine) -> None:
    with write(engine) as connection:
        uids = stage_all(connection, [event(number) for number in range(4)])
    Sequencer(engine).sequence()
    with write(engine) as connection:
        connection.execute(audit_detail.delete().where(audit_detail.c.uid == uids[1]))
    result = verify_log(engine, [NoteKey("safezone/test", bytes(32))])
    assert (result.ok, result.details_deleted) == (True, 1)
    with write(engine) as connection:
        connection.execute(audit_detail.update().where(audit_detail.c.uid == uids[2]).values(details='{"rows":9}'))
    result = verify_log(engine, [NoteKey("safezone/test", bytes(32))])
    assert (result.first.kind, result.first.seq) == (Kind.DETAILS, 2)


@pytest.mark.parametrize(
    "bad",
    [
        AuditEvent(EventType.VAULT_READ, "", "v-1"),
        AuditEvent(EventType.VAULT_READ, "acc\n1", "v-1"),
        AuditEvent(EventType.VAULT_READ, "acc", "v\x00"),
        AuditEvent(EventType.VAULT_READ, "acc", "\ud800"),
        AuditEvent(EventType.VAULT_READ, "acc", "v", details={"x": "\ud800"}),
        AuditEvent(EventType.VAULT_READ, "acc", "v", details={"x": "\x00"}),
        AuditEvent(EventType.VAULT_READ, "acc", "v", details={"x": 2**60}),
        AuditEvent(EventType.VAULT_READ, "acc", "v", details={"x": [1]}),
    ],
)
def test_what_could_not_be_recorded_exactly_is_refused_at_once(bad: AuditEvent, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    metadata.create_all(engine)
    with pytest.raises(UsageError), write(engine) as connection:
        stage(connection, bad)
    engine.dispose()


def test_errors_of_the_database_stop_at_the_boundary(engine: Engine, tmp_path: Path) -> None:
    secret = "a value from the data"
    row = {"seq": 0, "leaf": secret}
    with pytest.raises(WrongState) as conflict:
        for _ in range(2):
            with write(engine) as connection:
                connection.execute(audit_leaf.insert(), row)
    with pytest.raises((BadInput, Unavailable)) as misfit, write(engine) as connection:
        connection.execute(audit_leaf.insert(), {"seq": {}, "leaf": secret})
    metadata.drop_all(engine)
    with pytest.raises(Unavailable) as gone:
        leaves(engine)
    for error in (conflict, misfit, gone):
        assert secret not in str(error.value)
        assert error.value.__suppress_context__
    for url in ("nonsense", "mysql://host/db"):
        with pytest.raises(UsageError):
            open_engine(url)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"this is no database at all" * 100)
    broken = open_engine(f"sqlite:///{damaged}")
    with pytest.raises(IntegrityFailure):
        leaves(broken)
    broken.dispose()


def test_sqlite_is_durable_and_writers_queue(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    metadata.create_all(engine)
    with read(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    # A reader sees one snapshot and holds no writer up.
    with read(engine) as reader:
        assert reader.execute(select(func.count()).select_from(audit_event)).scalar() == 0
        with write(engine) as connection:
            stage(connection, event())
        assert reader.execute(select(func.count()).select_from(audit_event)).scalar() == 0
    engine.dispose()
