"""The log duty: killed anywhere it loses and doubles nothing, nobody outside holds it up, every flow ends in a checkpoint."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from safezone.audit.checkpoint import open_checkpoint, parse_note, signers
from safezone.audit.engine import open_engine, read, write
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.log import stage
from safezone.audit.publish import latest
from safezone.audit.running import is_running, running, waits
from safezone.audit.tables import audit_event, audit_leaf
from safezone.audit.verify import verify_log
from safezone.catalog.records import AccountRecord
from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable
from safezone.local.log_duty import Outside, keep_rounds
from safezone.model import Duty
from safezone.settings import Settings
from safezone.zone import Zone, initialise, settle_log
from tests.fixtures.sandbox import Sandbox
from tests.fixtures.terminal import terminal_of

WRITERS, EVENTS, KILLS = 4, 80, 4


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    more = {"catalog_url": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    made = Settings(
        home=tmp_path / "zone",
        passphrase_file=tmp_path / "outside" / "passphrase",
        witness_dir=tmp_path / "outside" / "witness",
        **more,
    )
    initialise(made).close()
    return made


def _write_events(url: str, writer: int) -> None:
    engine = open_engine(url)
    for number in range(EVENTS):
        with write(engine) as connection:
            stage(
                connection, AuditEvent(EventType.VAULT_READ, "acc-1", f"w{writer}/{number}", details={"n": number})
            )
    engine.dispose()


def _keep_log(values: dict[str, Any]) -> None:
    """The log duty's process, with hardly a pause between its rounds, so that a kill meets it at work."""
    with Zone.open(Settings(**values), Duty.LOG) as zone:
        keep_rounds(zone, lambda: bool(time.sleep(0.002)), lambda error: sys.exit(str(error)))


def _leaves(url: str) -> int:
    engine = open_engine(url)
    try:
        with read(engine) as connection:
            return connection.execute(select(func.count()).select_from(audit_leaf)).scalar_one()
    finally:
        engine.dispose()


def _started(context: Any, settings: Settings) -> Any:
    """A log duty that has begun its rounds."""
    process = context.Process(target=_keep_log, args=(settings.model_dump(exclude={"token"}),))
    process.start()
    deadline = time.monotonic() + 60
    while not is_running(settings.home) and time.monotonic() < deadline:
        assert process.is_alive()
        time.sleep(0.005)
    return process


def test_killed_at_random_moments_every_event_has_exactly_one_leaf(settings: Settings) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["safezone.zone", "safezone.local.log_duty", __name__])
    chance = random.Random(20260101)
    writers = [context.Process(target=_write_events, args=(settings.catalog, number)) for number in range(WRITERS)]
    for number in range(KILLS):
        duty = _started(context, settings)
        if number < WRITERS:
            writers[number].start()
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(duty.pid, signal.SIGKILL)
        duty.join()
        assert not is_running(settings.home)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0

    with Zone.open(settings, Duty.LOG) as zone:
        keep_rounds(zone, lambda: True, lambda error: pytest.fail(str(error)))
        with read(zone.catalog.engine) as connection:
            seqs = list(connection.execute(select(audit_event.c.seq).order_by(audit_event.c.seq)).scalars())
            leaves = [json.loads(leaf) for leaf in connection.execute(select(audit_leaf.c.leaf)).scalars()]
            note = latest(connection)
        assert seqs == list(range(len(leaves)))
        assert sorted(leaf["seq"] for leaf in leaves) == seqs
        written = sorted(leaf["object"] for leaf in leaves if leaf["type"] == "vault.read")
        assert written == sorted(f"w{writer}/{number}" for writer in range(WRITERS) for number in range(EVENTS))
        assert open_checkpoint(note, zone.log_keys).size == len(leaves)
        assert signers(parse_note(note), [zone.witness.key])
        result = verify_log(zone.catalog.engine, zone.log_keys, [zone.witness])
        assert (result.ok, result.size, result.witnessed, result.staged) == (True, len(leaves), len(leaves), 0)


def test_several_log_duties_beside_each_other_raise_no_alarm(sandbox: Sandbox) -> None:
    """One may sign, another sign more and be first at the witness: that is no tampering."""
    writer, failures = sandbox.open(Duty.PORTAL), list[BaseException]()
    zones = [sandbox.open(Duty.LOG) for _ in range(3)]

    def keep(zone: Zone) -> None:
        try:
            for _ in range(12):
                zone.keep_log()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=keep, args=(zone,)) for zone in zones]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        happens(writer)
    for thread in threads:
        thread.join()
    assert failures == []
    zones[0].keep_log()
    result = verify_log(writer.catalog.engine, writer.log_keys, [writer.witness])
    assert (result.ok, result.witnessed) == (True, result.size)


# -- those outside ----------------------------------------------------------------------------------------


def happens(zone: Zone, type_: EventType = EventType.PROJECT_STATE) -> None:
    with zone.catalog.write(AuditEvent(type_, "acc-1", "project/PRJ-1")):
        pass


class SlowWitness:
    """Answers only when it is let; meanwhile the log must go on."""

    def __init__(self, witness: Any) -> None:
        self.key, self._witness = witness.key, witness
        self.asked, self.let = threading.Event(), threading.Event()

    def latest(self) -> str | None:
        self.asked.set()
        assert self.let.wait(60)
        return self._witness.latest()

    def add(self, checkpoint: str, proof: list[str]) -> str:
        return self._witness.add(checkpoint, proof)


def rounds(steps: list[Callable[[], object]]) -> Callable[[], bool]:
    """Does one step before each round; the last one ends them."""
    left = iter(steps)

    def stopped() -> bool:
        step = next(left)
        step()
        return step is steps[-1]

    return stopped


def test_a_witness_that_hangs_does_not_hold_up_the_log(sandbox: Sandbox) -> None:
    zone = sandbox.open(Duty.LOG)
    slow = zone.__dict__["witness"] = SlowWitness(zone.witness)
    told: list[SafeZoneError] = []

    def goes_on() -> None:
        assert slow.asked.wait(60)
        happens(zone)

    def has_gone_on() -> None:
        # The witness still has not answered, and the event is sequenced and signed.
        assert not waits(zone.catalog.engine)
        with read(zone.catalog.engine) as connection:
            assert open_checkpoint(latest(connection), zone.log_keys).size == _leaves(zone.settings.catalog)
        slow.let.set()

    keep_rounds(zone, rounds([lambda: happens(zone), goes_on, has_gone_on]), told.append)
    assert told == []
    assert zone.witness_standing().state == "CURRENT"


class Flaky:
    """A zone whose witness answers as told; counts how often it is asked."""

    def __init__(self) -> None:
        self.log_keys: list[Any] = []
        self.asked: list[tuple[str, bool]] = []
        self.missing: list[SafeZoneError] = []
        self.failure: SafeZoneError | None = None

    def show_log(self, note: str, _keys: list[Any], *, stamp: bool) -> tuple[str, list[SafeZoneError]]:
        self.asked.append((note, stamp))
        if self.failure is not None:
            raise self.failure
        return note, self.missing


def outage() -> Unavailable:
    return Unavailable("witness.unavailable", ("Down.", "중단."), ("Wait.", "대기."))


def settled(outside: Outside, note: str) -> None:
    """Show a checkpoint, and have the outcome taken note of."""
    outside.show(note)
    while outside._showing is not None and not outside._showing.done():
        time.sleep(0.001)
    outside.show(note)


def test_what_was_shown_is_not_shown_again_for_a_while() -> None:
    zone, now, told = Flaky(), [0.0], list[SafeZoneError]()
    one, cosigned, two = "one\n\n— a", "one\n\n— a\n— b", "two\n\n— a"
    with Outside(zone, told.append, clock=lambda: now[0]) as outside:  # type: ignore[arg-type]
        outside.show(None)
        for note in (one, one, cosigned):
            settled(outside, note)
        assert zone.asked == [(one, True)]
        settled(outside, two)
        assert zone.asked[1:] == [(two, False)]  # stamped a moment ago
        now[0] = 61
        settled(outside, two)
        assert zone.asked[2:] == [(two, True)]
        outside.finish(two)
    assert len(zone.asked) == 4
    assert told == []


def test_an_outage_is_told_and_asked_about_less_and_less() -> None:
    zone, now, told = Flaky(), [0.0], list[SafeZoneError]()
    zone.missing = [outage()]
    with Outside(zone, told.append, clock=lambda: now[0]) as outside:  # type: ignore[arg-type]
        for second in range(60):
            now[0] = second
            settled(outside, f"{second}\n\n— a")
        assert 4 <= len(zone.asked) <= 7
        assert len(told) == len(zone.asked)
        zone.missing, now[0] = [], 200
        settled(outside, "last\n\n— a")
        settled(outside, "later\n\n— a")
        assert [note for note, _ in zone.asked[-2:]] == ["last\n\n— a", "later\n\n— a"]


def test_a_refusal_stops_the_log() -> None:
    zone = Flaky()
    zone.failure = IntegrityFailure("witness.refused", ("No.", "거부."), ("Look.", "확인."))
    with Outside(zone, lambda _: None) as outside, pytest.raises(IntegrityFailure):  # type: ignore[arg-type]
        settled(outside, "one\n\n— a")
    zone.failure = outage()
    told: list[SafeZoneError] = []
    with Outside(zone, told.append) as outside:  # type: ignore[arg-type]
        outside.finish("one\n\n— a")
    assert [error.code for error in told] == ["witness.unavailable"]


# -- the end of a flow ------------------------------------------------------------------------------------


def test_where_a_log_duty_runs_it_keeps_the_log(sandbox: Sandbox) -> None:
    zone = sandbox.open(Duty.PORTAL)
    happens(zone)
    with running(sandbox.settings.home):
        assert is_running(sandbox.settings.home)
        assert settle_log(sandbox.settings) == []
        assert waits(zone.catalog.engine)
    assert not is_running(sandbox.settings.home)
    assert settle_log(sandbox.settings) == []
    assert not waits(zone.catalog.engine)
    assert zone.witness_standing().state == "CURRENT"


def test_a_look_alone_leaves_no_checkpoint_behind(sandbox: Sandbox) -> None:
    zone = sandbox.open(Duty.PORTAL)
    settle_log(sandbox.settings)
    before = _leaves(sandbox.settings.catalog)
    happens(zone, EventType.DECISION_ALLOWED)
    settle_log(sandbox.settings)
    assert _leaves(sandbox.settings.catalog) == before


@pytest.fixture
def terminal(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    return terminal_of(sandbox, monkeypatch)


def test_a_command_that_changes_something_ends_with_a_witnessed_checkpoint(
    sandbox: Sandbox, terminal: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    zone = sandbox.open(Duty.PORTAL)
    assert terminal("developer", "project", "new", "예측", "--purpose", "급여 예측 모델", "--json") == 0
    assert zone.witness_standing().state == "CURRENT"
    with read(zone.catalog.engine) as connection:
        leaves = connection.execute(select(audit_leaf.c.leaf)).scalars().all()
    assert any('"type":"project.state"' in leaf for leaf in leaves)
    assert capsys.readouterr().err == ""
    # Looking leaves its decision for the next change.
    assert terminal("developer", "catalog") == 0
    assert zone.witness_standing().state == "CURRENT"


def test_a_command_that_cannot_keep_the_log_has_still_done_its_work(
    sandbox: Sandbox, terminal: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The witness's folder is in the way: told in a line. The log was rewritten: exit 6, and the work stands."""
    witness = sandbox.settings.witness_dir
    witness.rename(witness.with_name("gone"))
    witness.write_text("a file")
    assert terminal("developer", "project", "new", "하나", "--purpose", "첫째") == 0
    assert str(witness) in capsys.readouterr().err.replace("\n", "")
    witness.unlink()
    witness.with_name("gone").rename(witness)
    assert terminal("developer", "project", "new", "둘", "--purpose", "둘째", "--json") == 0
    sandbox.sql("UPDATE audit_node SET hash = zeroblob(32)")
    capsys.readouterr()
    assert (
        terminal("developer", "project", "new", "셋", "--purpose", "셋째", "--json") == IntegrityFailure.exit_code
    )
    out, err = capsys.readouterr()
    assert json.loads(out)["state"]
    assert json.loads(err)["error"] == "audit.inconsistent"


def test_housekeeping_leaves_a_checkpoint_where_no_log_duty_does(
    sandbox: Sandbox, terminal: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from safezone import tasks

    zone = sandbox.open(Duty.PORTAL)
    happens(zone)
    tasks.housekeeping()
    assert not waits(zone.catalog.engine)
    assert zone.witness_standing().state == "CURRENT"
    assert zone.catalog.list(AccountRecord)
    # Renewing copies of the keystore is decided about, as the backup duty, like everything else.
    decided = [event["purpose"] for event in sandbox.events("zone/zone", "decision.allowed")]
    assert "backup.make recovery" in decided


def test_a_recovery_copy_that_cannot_be_renewed_fails_housekeeping_and_leaves_its_checkpoint(
    sandbox: Sandbox, terminal: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from safezone import tasks

    zone = sandbox.open(Duty.PORTAL)
    happens(zone)
    folder = sandbox.settings.home / "keys" / "recovery"
    folder.mkdir()
    (folder / "rec-0000.recovery").write_bytes(b"not a copy")
    with pytest.raises(AirflowFailException, match=r"recovery\.damaged"):
        tasks.housekeeping()
    assert not waits(zone.catalog.engine)
    assert zone.witness_standing().state == "CURRENT"
