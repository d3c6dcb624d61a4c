"""The tables of the log, on the metadata the catalog's tables share.

`audit_event` and `audit_detail` are written by everyone, in the transaction of the change they describe; the rest
by the `log` duty alone.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers a column by itself when its type is exactly INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("time", String(20), nullable=False),
    Column("type", String(64), nullable=False),
    Column("account", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("details_digest", String(64), nullable=False),
    # NULL until the log duty has given the event its place.
    Column("seq", _Number, nullable=True, unique=True),
    implicit_returning=False,
)
Index(
    "ix_audit_event_staged",
    audit_event.c.id,
    sqlite_where=audit_event.c.seq.is_(None),
    postgresql_where=audit_event.c.seq.is_(None),
)
# What auditors ask of everything somebody did, and of what was refused (`safezone.audit.questions`). Every index is paid for by
# every writer, so refusals, which are few, have one of their own, and other kinds of event none. A database uses it for
# the very same words alone: `refused` is the condition of the question too.
REFUSED = ("decision.denied", "authentication.failed")
refused = audit_event.c.type.in_(bindparam("refused", REFUSED, expanding=True, literal_execute=True))
Index("ix_audit_event_account_time", audit_event.c.account, audit_event.c.time)
Index(
    "ix_audit_event_refused",
    audit_event.c.time,
    sqlite_where=audit_event.c.type.in_(REFUSED),
    postgresql_where=audit_event.c.type.in_(REFUSED),
)

# The salt goes with the details: left behind, it would let a short detail be guessed from its digest.
audit_detail = Table(
    "audit_detail",
    metadata,
    Column("uid", String(32), primary_key=True),
    Column("salt", LargeBinary(32), nullable=False),
    Column("details", Text, nullable=False),
)

audit_leaf = Table(
    "audit_leaf",
    metadata,
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("leaf", Text, nullable=False),
)

# Hash of every complete subtree: level 0 are the leaves, (level, index) covers leaves index * 2**level onwards.
audit_node = Table(
    "audit_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", _Number, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", _Number, primary_key=True, autoincrement=False),
    Column("root", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("cosigned", Text, nullable=False, server_default=""),
)

# RFC 3161 tokens over the text of a checkpoint: that it existed at that time, by somebody outside the zone.
audit_checkpoint_time = Table(
    "audit_checkpoint_time",
    metadata,
    Column("size", _Number, primary_key=True, autoincrement=False),
    Column("authority", Text, nullable=False),
    Column("time", String(20), nullable=False),
    Column("token", LargeBinary, nullable=False),
)
