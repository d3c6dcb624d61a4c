"""What auditors ask, over small logs whose answer is plain to see."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import event, literal, select, update

from safezone.audit.circumstances import known, terminal, under
from safezone.audit.engine import open_engine, read, write
from safezone.audit.event import AuditEvent, EventType, details_json
from safezone.audit.log import Sequencer, stage
from safezone.audit.questions.clock import KST, Period, korean, local
from safezone.audit.questions.dataset import who
from safezone.audit.questions.denials import denials
from safezone.audit.questions.month import gather
from safezone.audit.questions.person import days, deeds
from safezone.audit.questions.reading import Person, Reason, Seen, details, events, number, reference
from safezone.audit.questions.timeline import about
from safezone.audit.questions.unusual import LIMIT, Kind, outlying, unusual
from safezone.audit.questions.words import TITLES, sentence, title
from safezone.audit.questions.workbook import workbook
from safezone.audit.tables import audit_detail, audit_event, metadata, refused
from safezone.cli.answers import to_csv_file
from safezone.errors import BadInput, UsageError
from safezone.model import timestamp

E = EventType


class Log:
    """A log one writes with the times one wants."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(f"sqlite:///{folder / 'log.db'}")
        metadata.create_all(self.engine)

    def add(self, when: str, event: AuditEvent) -> str:
        """Write an event that happened at a Korean time, e.g. ``2026-03-02 03:12``."""
        moment = timestamp(datetime.fromisoformat(when).replace(tzinfo=KST))
        with write(self.engine) as connection:
            uid = stage(connection, event)
            connection.execute(update(audit_event).where(audit_event.c.uid == uid).values(time=moment))
        return uid

    def read(self, when: str, account: str, rows: int, object_: str = "version/v-1", **more: str) -> str:
        body = {"grant": "grant-1", "part": "part-00000", "rows": rows, "columns": "가,나"}
        return self.add(when, AuditEvent(E.VAULT_READ, account, object_, details=body, **more))

    def forget(self, *uids: str) -> None:
        with write(self.engine) as connection:
            connection.execute(audit_detail.delete().where(audit_detail.c.uid.in_(uids)))


@pytest.fixture
def log(tmp_path: Path):
    made = Log(tmp_path)
    yield made
    made.engine.dispose()


# -- when ------------------------------------------------------------------------------------------------


def test_days_and_months_are_korean() -> None:
    assert Period.days("2026-03-01", "2026-03-01") == Period("2026-02-28T15:00:00Z", "2026-03-01T15:00:00Z")
    assert Period.month("2026-12") == Period("2026-11-30T15:00:00Z", "2026-12-31T15:00:00Z")
    assert Period.month("2026-02").says() == "2026-02-01 ~ 2026-02-28 KST"
    assert Period.days("2026-03-01").says() == "2026-03-01 ~ … KST"
    assert Period().start < "2026" < Period().end
    assert korean("2026-03-01T18:12:00Z") == "2026-03-02 03:12:00"
    assert local("nonsense").year == 1  # somebody edited the row: the question goes on


@pytest.mark.parametrize("wrong", ["2026-3-1", "yesterday", "2026-02-30"])
def test_what_is_no_day_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError):
        Period.days(wrong)
    with pytest.raises(UsageError):
        Period.month(wrong)


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(UsageError):
        Period.days("2026-03-02", "2026-03-01")


@given(st.dates(min_value=datetime(1990, 1, 1).date(), max_value=datetime(2100, 1, 1).date()))
def test_every_day_has_24_hours_and_follows_the_last(day) -> None:
    one, next_ = Period.days(str(day), str(day)), Period.days(str(day + timedelta(days=1)))
    assert one.end == next_.start
    assert local(one.end) - local(one.start) == timedelta(hours=24)


# -- who -------------------------------------------------------------------------------------------------


def test_who_accessed_a_dataset(log: Log) -> None:
    log.add("2026-03-01 09:00", AuditEvent(E.DECISION_ALLOWED, "acc-1", "version/v-1", "version.read"))
    log.add("2026-03-01 09:01", AuditEvent(E.DECISION_DENIED, "acc-2", "version/v-1", "version.read"))
    log.read("2026-03-01 10:00", "release", 100, purpose="release.build request/REQ-1")
    log.read("2026-03-02 10:00", "release", 200, purpose="release.build request/REQ-1")
    log.read("2026-03-02 11:00", "acc-1", 999, object_="version/another")
    objects = select(literal("version/v-1").label("object"))
    found = who(log.engine, "ds", objects, {"REQ-1": "acc-9"}, Period.month("2026-03"))
    assert [(line.account, line.behalf, line.what, line.allowed, line.times, line.rows) for line in found] == [
        ("release", "acc-9", "vault.read", True, 2, 300),
        ("acc-2", "", "version.read", False, 1, 0),
        ("acc-1", "", "version.read", True, 1, 0),
    ]
    assert found[0].columns == {"가", "나"}
    assert found[0].purposes == {"request/REQ-1"}
    assert (korean(found[0].first), korean(found[0].last)) == ("2026-03-01 10:00:00", "2026-03-02 10:00:00")
    assert who(log.engine, "ds", objects, {}, Period.month("2026-04")) == []


def test_rows_taken_out_of_the_catalog_hide_nothing(log: Log) -> None:
    """The catalog names no object; the log still knows under whose policy a version was made."""
    log.add("2026-03-01 09:00", AuditEvent(E.POLICY_APPROVED, "acc-1", "dataset/ds", policy="p" * 64))
    log.add("2026-03-01 09:30", AuditEvent(E.VERSION_COMMITTED, "acc-1", "version/v-1", policy="p" * 64))
    log.read("2026-03-01 10:00", "acc-2", 5)
    nothing = select(literal("x").label("object")).where(literal(1) == 0)
    found = who(log.engine, "ds", nothing, {}, Period())
    assert {(line.account, line.what) for line in found} == {
        ("acc-1", "version.committed"),
        ("acc-2", "vault.read"),
    }


def test_deleted_details_are_said_to_be_gone(log: Log) -> None:
    log.forget(log.read("2026-03-01 10:00", "acc-1", 100))
    objects = select(literal("version/v-1").label("object"))
    (line,) = who(log.engine, "ds", objects, {}, Period())
    assert (line.times, line.rows, line.deleted, line.to_json()["details_deleted"]) == (1, 0, 1, 1)


# -- by --------------------------------------------------------------------------------------------------


def test_everything_somebody_did(log: Log) -> None:
    for minute in range(3):
        log.add(
            f"2026-03-02 00:1{minute}", AuditEvent(E.DECISION_ALLOWED, "acc-1", "zone/zone", "catalog.read list/x")
        )
    log.add("2026-03-01 23:50", AuditEvent(E.DECISION_DENIED, "acc-1", "version/v-1", "version.review"))
    log.add("2026-03-01 23:50", AuditEvent(E.DECISION_DENIED, "acc-2", "version/v-1", "version.review"))
    found = days(log.engine, "acc-1", Period())
    assert [(day.day, day.what, day.allowed, day.times) for day in found] == [
        ("2026-03-02", "catalog.read", True, 3),
        ("2026-03-01", "version.review", False, 1),
    ]
    assert [seen.purpose for seen in deeds(log.engine, "acc-1", Period(), limit=2)] == [
        "version.review",
        "catalog.read list/x",
    ]
    assert len(list(deeds(log.engine, "acc-1", Period()))) == 4
    assert days(log.engine, "acc-1", Period.days("2026-03-03")) == []


# -- about -----------------------------------------------------------------------------------------------


def test_a_story_follows_its_links_and_leaves_out_what_others_did(log: Log) -> None:
    log.add("2026-03-01 09:00", AuditEvent(E.POLICY_APPROVED, "acc-1", "dataset/ds", policy="p" * 64))
    log.add("2026-03-01 10:00", AuditEvent(E.VERSION_COMMITTED, "acc-1", "version/v-1"))
    log.add("2026-03-01 11:00", AuditEvent(E.DECISION_ALLOWED, "acc-7", "version/v-1", "version.read"))
    log.add("2026-03-01 12:00", AuditEvent(E.REQUEST_STATE, "acc-2", "request/REQ-1", "SUBMITTED project/p"))
    log.read("2026-03-01 13:00", "release", 10, purpose="release.build request/REQ-1")
    log.read("2026-03-01 13:30", "release", 10, purpose="release.build request/REQ-2")
    log.add("2026-03-01 14:00", AuditEvent(E.RELEASE_PULLED, "acc-2", "release/rel-1", "request/REQ-1"))
    log.add("2026-03-01 15:00", AuditEvent(E.RELEASE_PULLED, "acc-3", "release/rel-2", "request/REQ-2"))
    found = about(log.engine, {"release/rel-1", "request/REQ-1"}, {"version/v-1"}, {"REQ-1"}, {"p" * 64})
    assert [(korean(seen.time)[11:16], seen.type) for seen in found] == [
        ("09:00", "policy.approved"),
        ("10:00", "version.committed"),
        ("12:00", "request.state"),
        ("13:00", "vault.read"),
        ("14:00", "release.pulled"),
    ]


# -- denials ---------------------------------------------------------------------------------------------


def test_denials_by_person_and_reason_with_repeated_attempts_marked(log: Log) -> None:
    for when in ("09:00", "09:04", "09:09", "15:00"):
        denied = AuditEvent(
            E.DECISION_DENIED, "acc-1", "version/v-1", "version.review", details={"rules": "no-rule"}
        )
        log.add(f"2026-03-01 {when}", denied)
    for day in (1, 2, 3):
        denied = AuditEvent(E.DECISION_DENIED, "acc-2", f"version/v-{day}", "version.read", details={"rules": "r"})
        log.add(f"2026-03-0{day} 09:00", denied)
    log.add(
        "2026-03-01 09:00", AuditEvent(E.AUTHENTICATION_FAILED, "unknown", "zone/zone", details={"token": "ab12"})
    )
    found = denials(log.engine, Period.month("2026-03"))
    assert [(line.account, line.what, line.reason, line.times, line.burst, line.repeated) for line in found] == [
        ("acc-1", "version.review", "no-rule", 4, 3, True),
        ("acc-2", "version.read", "r", 3, 1, False),
        ("unknown", "authentication.failed", "token ab12", 1, 1, False),
    ]
    assert found[0].to_json()["state"] == "REPEATED"
    assert len(found[1].objects) == 3


# -- unusual ---------------------------------------------------------------------------------------------


def working_days(log: Log, account: str, count: int, rows: int = 1_000, hours: tuple[int, ...] = (9, 14)) -> None:
    """The days before March 2026, worked evenly."""
    for back in range(count):
        day = datetime(2026, 2, 28, tzinfo=UTC) - timedelta(days=back)
        for hour in hours:
            log.read(f"{day:%Y-%m-%d} {hour:02}:30", account, rows + back % 5)


def test_a_day_of_many_rows_stands_out_and_says_why(log: Log) -> None:
    working_days(log, "acc-1", 20)
    log.read("2026-03-02 10:00", "acc-1", 2_010)
    log.read("2026-03-03 10:00", "acc-1", 50_000)
    (found,) = [line for line in unusual(log.engine, Period.month("2026-03")) if line.kind is not Kind.NO_HISTORY]
    assert (found.account, found.kind, found.value, found.history) == ("acc-1", Kind.ROWS, 50_000, 21)
    assert found.score > LIMIT
    assert "2026-03-03 KST: 50,000 rows read" in found.why.en
    assert "중앙값" in found.why.ko


def test_many_reads_and_many_downloads_stand_out(log: Log) -> None:
    working_days(log, "acc-1", 20)
    for back in range(20):
        day = f"{datetime(2026, 2, 28, tzinfo=UTC) - timedelta(days=back):%Y-%m-%d}"
        log.add(f"{day} 15:00", AuditEvent(E.RELEASE_PULLED, "acc-1", "release/r", "request/q"))
    for minute in range(40):
        log.add(f"2026-03-02 10:{minute:02}", AuditEvent(E.RELEASE_PULLED, "acc-1", "release/r", "request/q"))
        log.read(f"2026-03-02 10:{minute:02}", "acc-1", 1)
    kinds = {line.kind for line in unusual(log.engine, Period.month("2026-03"))}
    assert {Kind.READS, Kind.DOWNLOADS} <= kinds


def test_an_hour_never_seen_stands_out_and_says_why(log: Log) -> None:
    working_days(log, "acc-1", 80, hours=(9, 10, 14, 15, 16))
    log.read("2026-03-02 03:12", "acc-1", 1_000)
    log.read("2026-03-02 11:00", "acc-1", 1_000)  # beside hours one works at: nothing to ask
    (found,) = [line for line in unusual(log.engine, Period.month("2026-03")) if line.kind is Kind.HOUR]
    assert "2026-03-02 03:12 KST" in found.why.en
    assert "of 400 earlier active hours 0 were between 02 and 05" in found.why.en
    assert (found.usual, found.history) == (0, 400)


def test_the_hours_of_the_day_close_into_a_circle(log: Log) -> None:
    """Who works at 23 o'clock is not unusual at midnight."""
    working_days(log, "acc-1", 80, hours=(21, 22, 23))
    log.read("2026-03-02 00:10", "acc-1", 1_000)
    assert [line for line in unusual(log.engine, Period.month("2026-03")) if line.kind is Kind.HOUR] == []


def test_somebody_new_is_not_judged(log: Log) -> None:
    log.read("2026-03-02 03:12", "acc-new", 1_000_000)
    (found,) = unusual(log.engine, Period.month("2026-03"))
    assert found.kind is Kind.NO_HISTORY
    assert found.to_json()["state"] == "NO_HISTORY"
    assert "Not enough history" in found.why.en
    assert "0 earlier active hours" in found.why.en
    assert "이력 부족" in found.why.ko


def test_duties_are_no_people_and_old_days_no_history(log: Log) -> None:
    working_days(log, "release", 20)
    log.read("2026-03-03 10:00", "release", 50_000)
    for day in range(1, 21):
        log.read(f"2025-09-{day:02} 10:00", "acc-old", 10)
    log.read("2026-03-03 10:00", "acc-old", 50_000)
    assert [(line.account, line.kind) for line in unusual(log.engine, Period.month("2026-03"))] == [
        ("acc-old", Kind.NO_HISTORY)
    ]


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=40), st.integers(1, 10**9))
def test_a_score_is_finite_and_a_days_like_the_median_is_never_unusual(earlier: list[int], value: int) -> None:
    assert outlying(value, earlier) == outlying(value, sorted(earlier, reverse=True))
    assert abs(outlying(value, [value] * len(earlier))) == 0
    assert outlying(min(earlier), earlier) <= 0


# -- details and words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", "[1]", "{", "[" * 100_000, "1"])
def test_details_put_there_by_force_do_not_stop_a_question(text: str | None) -> None:
    assert details(text) == {}


def test_counts_and_references() -> None:
    assert number({"rows": 3}, "rows") == 3
    assert number({"rows": "3", "x": True}, "rows") == number({"x": True}, "x") == number({}, "rows") == 0
    assert reference("release.build request/REQ-1", "request") == "REQ-1"
    assert reference("list/accounts", "request") == ""


def test_every_type_of_event_has_a_name_in_both_languages() -> None:
    assert set(TITLES) == set(EventType)
    assert title("nobody.knows") == ("nobody.knows", "nobody.knows")
    for type_ in EventType:
        seen = Seen(
            "u", 1, "2026-03-01T00:00:00Z", type_.value, "a", "o/1", "RELEASED x/1", "", {"state": "S"}, True
        )
        assert sentence(seen).en.endswith("(details deleted)")
        assert any("가" <= each <= "힣" for each in sentence(seen).ko)


def test_events_are_read_with_what_is_left_of_their_details(log: Log) -> None:
    kept, gone = log.read("2026-03-01 10:00", "acc-1", 7), log.read("2026-03-01 11:00", "acc-1", 8)
    log.forget(gone)
    with read(log.engine) as connection:
        first, second = events(connection)
    assert (first.uid, first.details["rows"], first.deleted) == (kept, 7, False)
    assert (second.details, second.deleted, second.to_json()["details"]) == ({}, True, None)


# -- circumstances ---------------------------------------------------------------------------------------


def test_where_something_was_done_from_goes_with_its_events() -> None:
    plain = AuditEvent(E.KEY_ROTATED, "acc", "key/x")
    assert details_json(plain) == ""
    with under(dag_id="ingest", run_id="manual__1", map_index=0, task_id=None):
        assert json.loads(details_json(plain)) == {"dag_id": "ingest", "run_id": "manual__1", "map_index": 0}
        own = AuditEvent(E.KEY_ROTATED, "acc", "key/x", details={"dag_id": "said by the event"})
        assert json.loads(details_json(own))["dag_id"] == "said by the event"
    assert details_json(plain) == ""


def test_circumstances_are_cut_and_cannot_break_the_log() -> None:
    with under(run_id="x" * 999 + "\x00\n", **{"from": "a\ud800\nb"}):
        assert known()["run_id"] == "x" * 200
        assert known()["from"] == "a?b"
        assert details_json(AuditEvent(E.KEY_ROTATED, "acc", "key/x"))
    with pytest.raises(ValueError), under(password="x"):
        pass


def test_a_terminal_is_known_by_the_address_ssh_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.7 5555 10.0.0.1 22")
    assert terminal() == "10.0.0.7"
    monkeypatch.delenv("SSH_CONNECTION")
    assert terminal() != "10.0.0.7"


# -- the report and the files ----------------------------------------------------------------------------


def test_the_monthly_report_is_a_workbook_one_can_sign(log: Log) -> None:
    working_days(log, "acc-1", 20)
    log.read("2026-03-03 10:00", "acc-1", 50_000)
    pulled = AuditEvent(
        E.RELEASE_PULLED, "acc-2", "release/rel-1", "request/REQ-1", details={"rows": 12, "from": "pc"}
    )
    log.add("2026-03-31 23:59", pulled)
    log.add("2026-04-01 00:00", pulled)
    log.add("2026-03-05 10:00", AuditEvent(E.KEY_ROTATED, "acc-3", "key/sign/manifest"))
    log.add(
        "2026-03-06 10:00", AuditEvent(E.DECISION_DENIED, "acc-2", "x/y", "version.read", details={"rules": "r"})
    )
    Sequencer(log.engine).sequence()
    people = {"acc-1": Person("kim", ("steward",), "mpva"), "acc-2": Person("=1+1", ("developer",))}
    reasons = {"REQ-1": Reason("acc-2", "ds", "prj", "급여 예측 모델 학습", ("가",))}
    month = gather(log.engine, Period.month("2026-03"), people, reasons)
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(month, None, "safezone/test")))
    sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    assert list(sheets) == ["요약", "계정별", "내려받기", "접근거부", "이상접속", "주요관리", "로그무결성", "통계"]
    summary = {str(row[0]).partition("\n")[0]: row[1] for row in sheets["요약"]}
    assert (summary["내려받기"], summary["접근 거부"], summary["이상 접속"]) == (1, 1, 1)
    assert {"점검자", "개인정보 보호책임자", "점검 의견"} <= set(summary)
    (download,) = sheets["내려받기"][4:]
    assert download[:3] == ["2026-03-31 23:59:00", "acc-2", "=1+1"]  # a text, never a formula
    assert download[4:] == ["REQ-1", "ds", 12, "pc", "급여 예측 모델 학습", ""]
    assert sheets["접근거부"][4][2:5] == ["version.read", "r", 1]
    assert "50,000" in sheets["이상접속"][4][4]
    assert sheets["주요관리"][4][2].startswith("키 교체")
    assert [row[0] for row in sheets["통계"][4:]][:31] == [f"03-{day:02}" for day in range(1, 32)]
    assert sum(row[4] for row in sheets["통계"][4:28]) == 4
    assert sheets["계정별"][3][0] == "계정\nAccount"


def test_the_report_is_laid_out_for_paper(log: Log) -> None:
    log.read("2026-03-03 10:00", "acc-1", 1)
    with zipfile.ZipFile(io.BytesIO(workbook(gather(log.engine, Period.month("2026-03"), {}, {})))) as file:
        sheets = [file.read(name).decode() for name in file.namelist() if "worksheets/sheet" in name]
        charts = [name for name in file.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2
    assert len(sheets) == 8
    assert all('orientation="landscape"' in sheet and 'paperSize="9"' in sheet for sheet in sheets)
    assert sum('state="frozen"' in sheet for sheet in sheets) == 5
    assert sum("<dataValidation " in sheet for sheet in sheets) == 3  # a finding for each line that needs one
    assert not any("<f>" in sheet for sheet in sheets)


def test_a_month_without_events_makes_a_report_that_says_so(log: Log) -> None:
    month = gather(log.engine, Period.month("2026-03"), {}, {})
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(month)))
    assert book.get_sheet_by_name("내려받기").to_python(skip_empty_area=False)[4][0] == "해당 없음 / None"


def test_a_csv_file_opens_in_a_spreadsheet_without_running_anything(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    to_csv_file(
        path,
        [{"id": "=cmd()", "names": ["가"], "none": None, "n": -1}, {"id": "b", "names": [], "none": 1, "n": 2}],
    )
    text = path.read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == ["'=cmd()", '["가"]', "", "'-1"]
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(BadInput):
        to_csv_file(tmp_path / "no" / "out.csv", [])


def test_an_answer_that_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    def rows():
        yield {"id": 1}
        raise BadInput("x", ("x", "x"), ("x", "x"))

    with pytest.raises(BadInput):
        to_csv_file(tmp_path / "out.csv", rows())
    assert list(tmp_path.iterdir()) == []


def test_the_questions_have_their_indexes(log: Log) -> None:
    """A plan that scans the whole log would take long where little is asked for."""
    for condition, index in (
        (audit_event.c.account == "a", "ix_audit_event_account_time"),
        (refused, "ix_audit_event_refused"),
    ):
        asked = select(audit_event).where(condition, audit_event.c.time > "2026")
        with read(log.engine) as connection:
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {asked.compile(log.engine, compile_kwargs={'literal_binds': True})}"
            ).all()
        assert f"USING INDEX {index}" in str(plan)


def test_the_index_of_refusals_is_used_as_the_question_is_really_asked(log: Log) -> None:
    said: list[str] = []
    event.listen(log.engine, "before_cursor_execute", lambda *arguments: said.append(arguments[2]))
    denials(log.engine, Period("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))
    (asked,) = [text for text in said if "audit_event" in text]
    assert "IN ('decision.denied', 'authentication.failed')" in asked
