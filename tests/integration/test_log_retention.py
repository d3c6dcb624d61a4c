"""Details of the log go when their time is over: proofs go on holding, and what has ended stays ended."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from safezone.access.actions import Action
from safezone.airlock import release
from safezone.airlock.release import pull
from safezone.audit import circumstances
from safezone.audit.engine import open_engine, read, write
from safezone.audit.event import LASTING, AuditEvent, EventType
from safezone.audit.log import Sequencer, stage
from safezone.audit.retention import ACCESS_LOG, REGISTER, REGISTERED, RIGHTS, prune
from safezone.audit.tables import audit_detail, audit_event, metadata
from safezone.audit.verify import verify_log
from safezone.catalog import accounts
from safezone.catalog.records import ReleaseRecord
from safezone.errors import Denied, IntegrityFailure, SafeZoneError
from safezone.housekeeping import keep_house
from safezone.model import Duty, now, timestamp
from tests.fixtures.sandbox import ROOT, Sandbox

E = EventType
DAY = timedelta(days=1)


class Log:
    """A log with events of any age."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        metadata.create_all(self.engine)

    def add(self, age: timedelta, type_: EventType, object_: str = "zone/zone", purpose: str = "") -> None:
        with write(self.engine) as connection:
            uid = stage(connection, AuditEvent(type_, "acc-1", object_, purpose, details={"x": 1}))
            moment = timestamp(now() - age)
            connection.execute(audit_event.update().where(audit_event.c.uid == uid).values(time=moment))

    def left(self) -> Counter[str]:
        query = select(audit_event.c.type).join(audit_detail, audit_detail.c.uid == audit_event.c.uid)
        with read(self.engine) as connection:
            return Counter(connection.execute(query).scalars())


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path):
    postgres = request.param == "postgresql"
    made = Log(request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path / 'log.db'}")
    yield made
    made.engine.dispose()


def test_access_logs_go_after_two_years_and_not_a_day_before(log: Log) -> None:
    log.add(ACCESS_LOG + DAY, E.DECISION_ALLOWED)
    log.add(ACCESS_LOG - DAY, E.DECISION_DENIED)
    log.add(ACCESS_LOG + DAY, E.AUTHENTICATION_FAILED)
    log.add(ACCESS_LOG + DAY, E.ACCOUNT_ADDED)  # who was given which access: a year longer
    Sequencer(log.engine).sequence()
    assert prune(log.engine, "ingest") == {"authentication.failed": 1, "decision.allowed": 1}
    assert log.left() == {"decision.denied": 1, "account.added": 1, "log.details_deleted": 1}
    assert prune(log.engine, "ingest") == {}


def test_the_register_stays_until_three_years_after_what_it_tells_of_ended(log: Log) -> None:
    for name, ended in (("v-living", None), ("v-lately", REGISTER - DAY), ("v-long-ago", REGISTER + DAY)):
        log.add(REGISTER + 10 * DAY, E.VERSION_COMMITTED, f"version/{name}")
        if ended is not None:
            log.add(ended, E.VERSION_STATE, f"version/{name}", "DESTROYED digest")
    log.add(REGISTER + 10 * DAY, E.REQUEST_STATE, "request/REQ-1", "RELEASED project/p")
    Sequencer(log.engine).sequence()
    assert prune(log.engine, "ingest") == {"version.committed": 1, "version.state": 1}
    assert log.left()["version.committed"] == 2
    assert log.left()["request.state"] == 1


def test_what_was_deleted_is_said_in_leaves_that_stay(log: Log) -> None:
    for _ in range(3):
        log.add(ACCESS_LOG + DAY, E.VAULT_READ)
    Sequencer(log.engine).sequence()
    prune(log.engine, "acc-admin")
    query = select(audit_event).where(audit_event.c.type == E.LOG_DETAILS_DELETED.value)
    with read(log.engine) as connection:
        (said,) = connection.execute(query).all()
    assert (said.account, said.object, said.purpose[:19]) == ("acc-admin", "log/log", "retention 3 before ")
    log.add(20 * REGISTER, E.LOG_DETAILS_DELETED)
    Sequencer(log.engine).sequence()
    assert prune(log.engine, "acc-admin") == {}


def test_what_custody_relies_on_is_never_deleted_and_never_holds_an_address(log: Log) -> None:
    with circumstances.under(**{"from": "10.0.0.7"}):
        log.add(20 * REGISTER, E.KEY_DESTROYED, "key/kek/ds/raw/d")
    Sequencer(log.engine).sequence()
    assert prune(log.engine, "ingest") == {}
    with read(log.engine) as connection:
        assert connection.execute(select(audit_detail.c.details)).scalars().all() == ['{"x":1}']


def test_nobody_can_shorten_the_time(log: Log) -> None:
    log.add(10 * DAY, E.DECISION_DENIED)
    log.add(ACCESS_LOG + 10 * DAY, E.DECISION_DENIED)
    log.add(ACCESS_LOG + 90 * DAY, E.DECISION_DENIED)
    Sequencer(log.engine).sequence()
    assert prune(log.engine, "acc-admin", now() - ACCESS_LOG - 30 * DAY) == {"decision.denied": 1}
    assert prune(log.engine, "acc-admin", now() + DAY) == {"decision.denied": 1}
    assert log.left()["decision.denied"] == 1


def test_what_waits_for_its_place_keeps_its_details(log: Log) -> None:
    log.add(ACCESS_LOG + DAY, E.DECISION_ALLOWED)
    assert prune(log.engine, "ingest") == {}


def test_more_than_one_batch_goes_in_small_transactions(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safezone.audit.retention.BATCH", 4)
    for _ in range(10):
        log.add(ACCESS_LOG + DAY, E.VAULT_READ)
    Sequencer(log.engine).sequence()
    assert prune(log.engine, "ingest") == {"vault.read": 10}
    assert log.left() == {"log.details_deleted": 3}


def test_every_type_has_one_time() -> None:
    assert not LASTING & RIGHTS
    assert not RIGHTS & REGISTERED
    assert not LASTING & REGISTERED


# -- a whole zone, all of whose details are gone --------------------------------------------------------------


@pytest.fixture(scope="module")
def ended(published_template: Sandbox, tmp_path_factory) -> Sandbox:
    """A release was revoked, a request ended, an account revoked; then every detail was deleted."""
    made = published_template.copy(tmp_path_factory.mktemp("retention") / "whole")
    request = made.approved(made.project().id)
    record = made.build(request)
    release.revoke(made.open(Duty.PORTAL).airlock, made.account("reviewer-1"), record.id)
    console = made.open(None)
    accounts.revoke(console.catalog, console.keys, made.account("curator-2"), "zone")
    made.open(Duty.LOG).keep_log()
    made.sql("DELETE FROM audit_detail")
    yield made
    made.close()


def test_a_log_without_details_verifies_and_says_how_many_are_gone(ended: Sandbox) -> None:
    zone = ended.open(Duty.PORTAL)
    found = verify_log(zone.catalog.engine, zone.log_keys, [zone.witness])
    assert found.ok
    assert found.witnessed == found.size
    assert found.details_deleted > 50


def test_what_was_revoked_and_is_put_back_by_hand_stays_revoked(ended: Sandbox) -> None:
    ended.sql("UPDATE release SET revoked = NULL")
    ended.sql("UPDATE request SET state = 'RELEASED', end_reason = NULL")
    airlock = ended.open(Duty.RELEASE).airlock
    (record,) = airlock.catalog.list(ReleaseRecord)
    with pytest.raises(Denied, match=r"revoked|ended"):
        pull(airlock, ended.account("developer"), record.request)


def test_a_request_that_ended_is_not_built_again(ended: Sandbox) -> None:
    (request,) = ended.sql("SELECT id FROM request")[0]
    ended.sql("UPDATE request SET state = 'APPROVED', end_reason = NULL")
    ended.sql("DELETE FROM release")
    with pytest.raises(Denied):
        release.build(ended.open(Duty.RELEASE).airlock, request)


def test_an_account_that_was_revoked_does_not_come_back(ended: Sandbox) -> None:
    before = ended.account("curator-2")
    ended.sql(
        "UPDATE account SET active = :yes, seal = :seal WHERE id = :id", yes=True, seal=before.seal, id=before.id
    )
    with pytest.raises(IntegrityFailure):
        ended.open(Duty.PORTAL).accounts.get(before.id)


def test_nothing_living_is_destroyed_for_want_of_details(ended: Sandbox) -> None:
    keys = {key.name for key in ended.open(None).keys.list()}
    done = keep_house(ended.open(Duty.INGEST), ended.open(Duty.RELEASE))
    assert (done["destroyed"], done["forgotten"]) == (0, 0)
    assert {key.name for key in ended.open(None).keys.list()} >= {key for key in keys if "/published/" in key}


def test_no_decision_reads_details() -> None:
    """Details may be deleted, so only what shows them to people may look at them.

    Custody looks at those of ``key.destroyed``, which last, to finish what was cut off.
    """
    assert E.KEY_DESTROYED in LASTING
    showing = {"cli/audit.py", "custody/certificate.py", "custody/destroy.py", "catalog/history.py"}
    for path in sorted((ROOT / "safezone").rglob("*.py")):
        name = path.relative_to(ROOT / "safezone").as_posix()
        if name in showing or name.startswith(("audit/", "catalog/migrations/")):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            reads = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
            if reads and node.slice.value == "details":
                pytest.fail(f"{name}:{node.lineno} reads an event's details: put what it needs into the leaf")


# -- housekeeping and the command line ------------------------------------------------------------------------


def test_housekeeping_forgets_what_is_due(sandbox: Sandbox) -> None:
    sandbox.open(Duty.LOG).keep_log()
    before = sandbox.sql("SELECT count(*) FROM audit_event WHERE type = 'account.added'")[0][0]
    sandbox.sql("UPDATE audit_event SET time = '2001-01-01T00:00:00Z' WHERE type = 'account.added'")
    done = keep_house(sandbox.open(Duty.INGEST), sandbox.open(Duty.RELEASE))
    assert done["forgotten"] == before > 5


def test_only_an_administrator_or_the_duty_keeps_house(sandbox: Sandbox) -> None:
    from safezone.access.actions import ZONE

    authorizer = sandbox.open(Duty.PORTAL).authorizer
    authorizer.authorize(sandbox.actor("admin"), Action.HOUSEKEEPING_RUN, ZONE, "retention")
    for name in ("auditor", "steward", "developer"):
        with pytest.raises(SafeZoneError):
            authorizer.authorize(sandbox.actor(name), Action.HOUSEKEEPING_RUN, ZONE, "retention")
