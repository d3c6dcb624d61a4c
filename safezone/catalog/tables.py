"""The tables of the catalog, on the same metadata as the audit log, so that one transaction holds both."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from safezone.audit.tables import audit_event, metadata

ID = String(64)
DIGEST = String(64)

# `safezone.catalog.history` asks the log about single objects.
Index("ix_audit_event_object", audit_event.c.object)

account = Table(
    "account",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("roles", JSON, nullable=False),
    Column("controller", ID),
    Column("token_hash", DIGEST, nullable=False, unique=True),
    Column("review_key", DIGEST, nullable=False),
    Column("active", Boolean, nullable=False),
    # Signature of the zone over all of the above: a row that was not enrolled by the zone is no account.
    Column("seal", LargeBinary, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

policy = Table(
    "policy",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("dataset", ID, nullable=False, index=True),
    Column("body", JSON, nullable=False),
    Column("suggested_by", ID, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

# One table for every signed decision: policies, projects, versions (adequacy) and requests.
review = Table(
    "review",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", ID, nullable=False),
    Column("round", Integer, nullable=False),
    Column("reviewer", ID, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("comment", Text, nullable=False),
    Column("payload_digest", DIGEST, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    UniqueConstraint("kind", "subject", "round", "reviewer"),
    Index("review_subject", "kind", "subject"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", ID, primary_key=True),
    Column("dataset", ID, nullable=False, index=True),
    Column("controller", ID, nullable=False),
    Column("state", String(16), nullable=False),
    Column("supersedes", ID),
    Column("content", DIGEST, nullable=False),
    Column("manifest", JSON, nullable=False),
    Column("intake", JSON, nullable=False),
    Column("received_by", ID, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", ID, primary_key=True),
    Column("dataset", ID, nullable=False, index=True),
    Column("controller", ID, nullable=False),
    Column("delivery", ID, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("reason_en", Text, nullable=False),
    Column("reason_ko", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("objects", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

version = Table(
    "version",
    metadata,
    Column("id", ID, primary_key=True),
    Column("dataset", ID, nullable=False, index=True),
    Column("controller", ID, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("delivery", ID, ForeignKey("delivery.id"), nullable=False, index=True),
    Column("parent", ID, ForeignKey("version.id")),
    Column("policy", DIGEST, ForeignKey("policy.digest"), nullable=False),
    Column("manifest_uri", Text, nullable=False),
    Column("manifest_digest", DIGEST, nullable=False, unique=True),
    Column("rows", BigInteger, nullable=False),
    Column("made_by", ID, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

project = Table(
    "project",
    metadata,
    Column("id", ID, primary_key=True),
    Column("title", String(256), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("owner", ID, nullable=False),
    Column("members", JSON, nullable=False),
    Column("starts", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True), nullable=False),
    Column("state", String(16), nullable=False),
    Column("round", Integer, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("id", ID, primary_key=True),
    Column("project", ID, ForeignKey("project.id"), nullable=False, index=True),
    Column("requester", ID, nullable=False, index=True),
    Column("dataset", ID, nullable=False),
    Column("version", ID, ForeignKey("version.id"), nullable=False),
    Column("columns", JSON, nullable=False),
    Column("filter", Text, nullable=False),
    Column("sample", Float),
    Column("format", String(16), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("checks", JSON, nullable=False),
    Column("end_reason", String(16)),
    Column("created", DateTime(timezone=True), nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", ID, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("asked_by", ID, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("reason", String(128), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    UniqueConstraint("kind", "subject", "round"),
)

release = Table(
    "release",
    metadata,
    Column("id", ID, primary_key=True),
    Column("request", ID, ForeignKey("request.id"), nullable=False, unique=True),
    Column("dataset", ID, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("sha256", DIGEST, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("statement_digest", DIGEST, nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("revoked", DateTime(timezone=True)),
    Column("pulls", Integer, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

destruction = Table(
    "destruction",
    metadata,
    Column("id", ID, primary_key=True),
    Column("keys", JSON, nullable=False),
    Column("scope", String(256), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", ID, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("due", DateTime(timezone=True)),
    Column("certificate", ID),
    Column("created", DateTime(timezone=True), nullable=False),
)
