"""Tables as text: out of one database and into another, the same to the last bit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, text

from safezone.audit.engine import open_engine, read, write
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.log import stage
from safezone.audit.tables import audit_detail, audit_event
from safezone.backup import dump
from safezone.catalog import migrate, tables
from safezone.errors import BadInput, IntegrityFailure, WrongState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def engines(tmp_path: Path):
    made = [open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("one", "two")]
    for engine in made:
        migrate.upgrade(engine)
    yield made
    for engine in made:
        engine.dispose()


def moved(source: Engine, target: Engine) -> None:
    with read(source) as rows, write(target) as connection:
        loader = dump.Loader(connection)
        for table in dump.tables():
            for _, chunk in dump.chunks(rows, table):
                loader.load(table.name, chunk)
        loader.finish()


def everything(engine: Engine) -> dict[str, list]:
    with read(engine) as connection:
        return {
            table.name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            for table in dump.tables()
        }


def add_version(connection, name: str, parent: str | None) -> None:
    connection.execute(
        insert(tables.version).values(
            id=name, dataset="d", controller="c", stage="raw", state="RECEIVED", delivery="D", parent=parent,
            policy="p", manifest_uri="u", manifest_digest=name, rows=2**40, made_by="a", evidence={"나": [1, None, "값"]},
            created=NOW,
        )
    )  # fmt: skip


def test_every_kind_of_value_survives_and_rows_may_refer_to_later_ones(engines):
    one, two = engines
    with write(one) as connection:
        connection.execute(
            insert(tables.policy).values(digest="p", dataset="d", body={}, suggested_by="a", created=NOW)
        )
        connection.execute(
            insert(tables.delivery).values(
                id="D", dataset="d", controller="c", state="RECEIVED", supersedes=None, content="x", manifest={"b": 1, "a": 2},
                intake=[], received_by="a", created=NOW,
            )
        )  # fmt: skip
        add_version(connection, "z-first", None)
        add_version(connection, "a-second", "z-first")
        connection.execute(
            insert(tables.account).values(
                id="a", name="이름\n'\"", roles=["steward"], controller=None, token_hash="t", review_key="k", active=True,
                seal=bytes(range(256)), created=NOW,
            )
        )  # fmt: skip
        stage(connection, AuditEvent(EventType.ACCOUNT_ADDED, "a", "account/a", details={"name": "가"}))
    moved(one, two)
    assert everything(two) == everything(one)
    assert len(everything(two)["version"]) == 2
    # Numbering goes on.
    with write(two) as connection:
        stage(connection, AuditEvent(EventType.ACCOUNT_ADDED, "a", "account/b"))
    assert [row.id for row in everything(two)["audit_event"]] == [1, 2]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=1)), min_size=1, max_size=6
    )
)
def test_any_text_and_any_bytes(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("dump")
    one, two = (open_engine(f"sqlite:///{folder / name}.db") for name in ("one", "two"))
    for engine in (one, two):
        with write(engine) as connection:
            for table in dump.tables():
                table.create(connection)
    with write(one) as connection:
        values = [{"uid": f"{n:032}", "details": words, "salt": salt} for n, (words, salt) in enumerate(rows)]
        connection.execute(insert(audit_detail), values)
    moved(one, two)
    assert everything(two) == everything(one)
    one.dispose()
    two.dispose()


def test_chunks_are_bounded(engines, monkeypatch):
    one, two = engines
    monkeypatch.setattr(dump, "CHUNK_BYTES", 2_000)
    with write(one) as connection:
        for number in range(100):
            stage(connection, AuditEvent(EventType.ACCOUNT_ADDED, "a", f"account/{number}"))
    with read(one) as connection:
        sizes = [(rows, len(chunk)) for rows, chunk in dump.chunks(connection, audit_event)]
    assert sum(rows for rows, _ in sizes) == 100
    assert len(sizes) > 5
    assert max(size for _, size in sizes) < 2_500
    moved(one, two)
    assert everything(two) == everything(one)


def test_a_table_nobody_knows_of_would_be_left_out_and_stops_the_backup(engines):
    one, _ = engines
    with read(one) as connection:
        dump.require_complete(connection)
    with write(one) as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER)"))
    with read(one) as connection, pytest.raises(WrongState) as refused:
        dump.require_complete(connection)
    assert "notes" in refused.value.what.en


@pytest.mark.parametrize(
    ("table", "chunk", "error"),
    [
        ("nothing", b'["id"]\n[1]', BadInput),
        ("audit_detail", b'["uid","colour"]\n["a","b"]', BadInput),
        ("audit_detail", b"not json", BadInput),
        ("audit_detail", b'["uid","salt","details"]\n["a"]', IntegrityFailure),
        ("audit_detail", b'["uid","salt","details"]\n["a","not base64!","x"]', IntegrityFailure),
        ("account", b'["id","created"]\n["a","yesterday"]', IntegrityFailure),
    ],
)
def test_what_is_no_chunk_is_refused(engines, table, chunk, error):
    with write(engines[0]) as connection, pytest.raises(error):
        dump.Loader(connection).load(table, chunk)


def test_a_value_put_there_by_force_stops_the_dump(engines):
    one, _ = engines
    with write(one) as connection:
        connection.execute(text("INSERT INTO audit_detail VALUES ('u', 7, 'x')"))
    with read(one) as connection, pytest.raises(IntegrityFailure):
        list(dump.chunks(connection, audit_detail))
