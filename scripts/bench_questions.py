"""How long auditors wait for an answer: a made-up log, every question asked once.

Usage: python scripts/bench_questions.py [--events N] [--url URL]

The log has as many accounts, datasets and kinds of event as a busy zone of one year would, in the same shares. Only
what questions read is written (events and details, no tree), straight into the tables: writing is not measured here.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, text

from safezone.audit.engine import open_engine, write
from safezone.audit.event import EventType
from safezone.audit.questions.clock import Period
from safezone.audit.questions.dataset import who
from safezone.audit.questions.denials import denials
from safezone.audit.questions.month import gather
from safezone.audit.questions.person import days, deeds
from safezone.audit.questions.timeline import about
from safezone.audit.questions.unusual import unusual
from safezone.audit.questions.workbook import workbook
from safezone.audit.tables import audit_detail, audit_event
from safezone.catalog import lineage, migrate, tables
from safezone.catalog.store import Catalog

ACCOUNTS, DATASETS, VERSIONS = 40, 8, 30
START = datetime(2025, 1, 1, tzinfo=UTC)
BATCH = 20_000
_MONTH = "2025-12"


def questions(events: int, url: str = "") -> dict[str, float]:
    """Seconds each question takes over a log of so many events.

    Args:
        events: how many events to make.
        url: an empty database; SQLite in a temporary folder when none is given.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{folder}/log.db")
        try:
            migrate.upgrade(engine)
            fill(engine, events)
            return dict(_timed(engine))
        finally:
            engine.dispose()


def _timed(engine: Engine) -> Iterator[tuple[str, float]]:
    catalog = Catalog(engine)
    quarter, month = Period.days("2025-10-01", "2025-12-31"), Period.month(_MONTH)
    reasons = lineage.reasons(catalog)
    requesters = {key: reason.requester for key, reason in reasons.items()}
    found = lineage.around(catalog, "rel-0")

    def report() -> None:
        workbook(gather(engine, month, {}, {}))

    asked: dict[str, Callable[[], Any]] = {
        "who, a quarter": lambda: who(engine, "ds-0", lineage.objects_of("ds-0"), requesters, quarter),
        "who, ever": lambda: who(engine, "ds-0", lineage.objects_of("ds-0"), requesters, Period()),
        "by, ever": lambda: (days(engine, "acc-0", Period()), list(deeds(engine, "acc-0", Period(), 500))),
        "about a release": lambda: about(engine, found.whole, found.changes, found.requests, found.policies),
        "denials, ever": lambda: denials(engine, Period()),
        "unusual, a month": lambda: unusual(engine, month),
        "report, a month": report,
    }
    for name, ask in asked.items():
        begun = time.perf_counter()
        ask()
        yield name, time.perf_counter() - begun


def fill(engine: Engine, events: int) -> None:
    """Make up a log of so many events and the catalog it belongs to."""
    _catalog(engine)
    chance = random.Random(4)
    step = timedelta(days=365) / max(events, 1)
    for first in range(0, events, BATCH):
        rows, details = [], []
        for number in range(first, min(first + BATCH, events)):
            moment = (START + number * step).strftime("%Y-%m-%dT%H:%M:%SZ")
            row, more = _event(chance, number, moment)
            rows.append(row)
            details.append({"uid": row["uid"], "salt": bytes(32), "details": json.dumps(more)})
        with write(engine) as connection:
            connection.execute(insert(audit_event), rows)
            connection.execute(insert(audit_detail), details)
    if engine.dialect.name == "postgresql":
        with write(engine) as connection:
            connection.execute(text("ANALYZE"))


def _event(chance: random.Random, number: int, moment: str) -> tuple[dict[str, Any], dict[str, Any]]:
    dataset = chance.randrange(DATASETS)
    version = f"version/v-{dataset}-{chance.randrange(VERSIONS)}"
    account, dice = f"acc-{chance.randrange(ACCOUNTS)}", chance.random()
    request = f"request/REQ-{dataset * VERSIONS + chance.randrange(VERSIONS)}"
    more: dict[str, Any] = {"rules": "some-rule"}
    if dice < 0.45:
        type_, object_, purpose = EventType.DECISION_ALLOWED, version, "version.read"
    elif dice < 0.46:
        type_, object_, purpose = EventType.DECISION_DENIED, version, "version.review"
    elif dice < 0.9:
        type_, object_, purpose = EventType.VAULT_READ, version, f"delivery.ingest dataset/ds-{dataset}"
        more = {"grant": f"grant-{number}", "part": "part-00001", "rows": 250_000, "columns": "a,b,c,d,e"}
    elif dice < 0.92:
        type_, object_, purpose = EventType.RELEASE_PULLED, f"release/rel-{request.split('-')[1]}", request
        more = {"pull": 1, "rows": 1_000, "bytes": 10_000, "columns": "a,b"}
    else:
        type_, object_, purpose, account = EventType.JOB_STATE, f"job/job-{number}", "REQ-1", "release"
        more = {"kind": "check", "state": "QUEUED", "attempt": 1}
    row = {
        "uid": f"{chance.getrandbits(128):032x}",
        "time": moment,
        "type": type_.value,
        "account": account,
        "object": object_,
        "purpose": purpose,
        "policy": "",
        "details_digest": "0" * 64,
        "seq": number,
    }
    return row, more


def _catalog(engine: Engine) -> None:
    """The rows of datasets, versions, requests and releases that the events speak of."""
    common = {"created": START, "controller": "agency"}
    with write(engine) as connection:
        connection.execute(
            insert(tables.policy),
            [
                {"digest": f"p-{n}", "dataset": f"ds-{n}", "body": {}, "suggested_by": "acc-0", "created": START}
                for n in range(DATASETS)
            ],
        )
        pairs = [(dataset, number) for dataset in range(DATASETS) for number in range(VERSIONS)]
        connection.execute(
            insert(tables.delivery),
            [
                {"id": f"d-{d}-{n}", "dataset": f"ds-{d}", "state": "RECEIVED", "content": "", "manifest": {}}
                | {"intake": [], "received_by": "acc-0", "supersedes": None, **common}
                for d, n in pairs
            ],
        )
        connection.execute(
            insert(tables.version),
            [
                {"id": f"v-{d}-{n}", "dataset": f"ds-{d}", "stage": "published", "state": "PUBLISHED"}
                | {"delivery": f"d-{d}-{n}", "parent": None, "policy": f"p-{d}", "manifest_uri": "", "rows": 1}
                | {"manifest_digest": f"m-{d}-{n}", "made_by": "acc-0", "evidence": {}, **common}
                for d, n in pairs
            ],
        )
        connection.execute(
            insert(tables.project),
            [
                {"id": "prj-0", "title": "", "purpose": "", "owner": "acc-0", "members": [], "starts": START}
                | {"ends": START, "state": "APPROVED", "round": 1, "created": START}
            ],
        )
        connection.execute(
            insert(tables.request),
            [
                {"id": f"REQ-{d * VERSIONS + n}", "project": "prj-0", "requester": "acc-1", "dataset": f"ds-{d}"}
                | {"version": f"v-{d}-{n}", "columns": [], "filter": "", "sample": None, "format": "parquet"}
                | {"purpose": "", "recipient": "", "days": 1, "state": "RELEASED", "round": 1, "checks": {}}
                | {"end_reason": None, "created": START}
                for d, n in pairs
            ],
        )
        connection.execute(
            insert(tables.release),
            [
                {"id": f"rel-{d * VERSIONS + n}", "request": f"REQ-{d * VERSIONS + n}", "dataset": f"ds-{d}"}
                | {"recipient": "", "uri": "", "sha256": "", "size": 1, "rows": 1, "statement_digest": ""}
                | {"expires": START, "revoked": None, "pulls": 0, "created": START}
                for d, n in pairs
            ],
        )


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description="Prints how long auditors wait for an answer.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    arguments = parser.parse_args()
    for name, seconds in questions(arguments.events, arguments.url).items():
        print(f"{name:20} {seconds:6.2f} s")


if __name__ == "__main__":
    main()
