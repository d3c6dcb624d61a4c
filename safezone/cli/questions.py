"""`audit who|by|about|denials|unusual|report|ocsf|prune`: what auditors ask, one command each.

Days, months and hours are Korean (KST, UTC+9), in both languages; JSON and CSV keep the UTC time of the event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.answers import heading, kst, more, named, timeline, to_csv_file, write_file, written
from safezone.cli.say import Json, t
from safezone.errors import NotFound

if TYPE_CHECKING:
    from safezone.audit.questions.clock import Period

From = Annotated[
    str, typer.Option("--from", metavar="YYYY-MM-DD", help=t("이 날부터(KST)", "From this day on (KST)"))
]
To = Annotated[
    str, typer.Option("--to", metavar="YYYY-MM-DD", help=t("이 날까지(KST, 포함)", "Up to and including (KST)"))
]
Csv = Annotated[Path | None, typer.Option("--csv", help=t("CSV 파일로도 저장", "Write it to a CSV file as well"))]
_SHOWN = 40


def register(group: typer.Typer) -> None:
    """Add the commands to the `audit` group."""
    for name, command, ko, en in (
        ("who", who, "데이터셋에 누가 접근했는가", "Who accessed a dataset"),
        ("by", by, "한 사람이 한 모든 일", "Everything somebody did"),
        ("about", about, "반출·신청·버전 등에 관한 모든 기록", "Everything about a release, request, version ..."),
        ("denials", denials, "거부된 모든 시도", "All denials"),
        ("unusual", unusual, "평소와 다른 접근(본인 이력 대비)", "Unusual access, against one's own history"),
        ("report", report, "월간 접속기록 점검 보고서(XLSX)", "The monthly access-log report (XLSX)"),
        ("ocsf", ocsf, "OCSF 형식으로 내보내기(SIEM)", "Export as OCSF, for a SIEM"),
        ("prune", prune, "보존 기간이 지난 상세 내용 삭제", "Delete details whose retention is over"),
    ):
        group.command(name, help=t(ko, en))(command)


def who(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=t("데이터셋", "The dataset"))],
    first: From = "",
    last: To = "",
    to_csv: Csv = None,
    as_json: Json = False,
) -> None:
    """List who accessed a dataset, its versions, deliveries, requests and releases."""
    from safezone.audit.questions.clock import Period
    from safezone.audit.questions.dataset import who as ask
    from safezone.catalog import lineage

    period = Period.days(first, last)
    acting = _reading(f"who/{dataset}")
    catalog = acting.zone.catalog
    requesters = {key: reason.requester for key, reason in lineage.reasons(catalog).items()}
    found = ask(catalog.engine, dataset, lineage.objects_of(dataset), requesters, period)
    plain = [named(acting, each.to_json()) for each in found]
    if written(plain, to_csv, as_json=as_json):
        return
    rows = [
        (
            _lines(acting.name(each.account), acting.name(each.behalf) if each.behalf else ""),
            _lines(
                _called(each.what), t("거부", "denied") if not each.allowed else " ".join(sorted(each.purposes)[:2])
            ),
            each.times,
            _lines(f"{each.rows:,}" if each.rows else "–", _columns(len(each.columns))),
            _lines(kst(each.first), kst(each.last) if kst(each.last) != kst(each.first) else ""),
        )
        for each in found
    ]
    columns = [t("누가(의뢰인)", "Who (for)"), t("무엇을(목적)", "What (purpose)"), t("횟수", "Times") + ">",
               t("행", "Rows") + ">", t("처음·마지막(KST)", "First, last (KST)")]  # fmt: skip
    heading(f"{dataset} · {_says(period, first, last)}")
    say.listed(rows, columns, ("접근 기록이 없습니다.", "No access."), keep=(4,))


def by(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help=t("계정 이름이나 번호", "Name or id"))],
    first: From = "",
    last: To = "",
    limit: Annotated[
        int, typer.Option("--limit", min=0, help=t("표시할 기록 수(0은 전부)", "Events to show; 0 is all"))
    ] = 200,
    to_csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Show what somebody did, by day and kind, and the events themselves."""
    from safezone.audit.questions import person
    from safezone.audit.questions.clock import Period

    period = Period.days(first, last)
    acting = _reading("by")
    engine = acting.zone.catalog.engine
    key = next((each.id for each in acting.zone.accounts.all() if account in (each.id, each.name)), account)
    summary = person.days(engine, key, period)
    if to_csv is not None:
        to_csv_file(to_csv, (seen.to_json() for seen in person.deeds(engine, key, period)))
    events = list(person.deeds(engine, key, period, limit))
    if as_json:
        total = sum(day.times for day in summary)
        say.emit(
            {"id": key, "state": "FOUND" if summary else "NOTHING", "name": acting.name(key), "events": total}
            | {"days": [day.to_json() for day in summary], "shown": [seen.to_json() for seen in events]}
        )
        return
    heading(f"{acting.name(key)} · {key} · {_says(period, first, last)}")
    denied = t(" (거부)", " (denied)")
    rows = [(day.day, _called(day.what) + ("" if day.allowed else denied), day.times) for day in summary]
    columns = [t("날짜(KST)", "Day (KST)"), t("무엇을", "What"), t("횟수", "Times") + ">"]
    say.listed(rows[:_SHOWN], columns, ("기록이 없습니다.", "No events."))
    more(len(rows) - _SHOWN)
    if events:
        timeline(acting, events[:_SHOWN], with_account=False)
        more(sum(day.times for day in summary) - min(len(events), _SHOWN))


def about(
    object_: Annotated[
        str,
        typer.Argument(
            metavar="OBJECT", help=t("번호나 대상, 예: REQ-..., release/rel-...", "Id or object, e.g. REQ-...")
        ),
    ],
    to_csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Show everything about an object as a timeline, following what it hangs together with."""
    from safezone.audit.questions.timeline import about as ask
    from safezone.catalog import lineage

    acting = _reading("about")
    catalog = acting.zone.catalog
    found = lineage.around(catalog, object_)
    events = ask(catalog.engine, found.whole, found.changes, found.requests, found.policies)
    if not events:
        raise NotFound(
            "audit.nothing",
            ("The log has nothing about that.", "로그에 해당 대상의 기록이 없습니다."),
            ("Give an id as the lists show it.", "목록에 나온 번호를 지정하십시오."),
        )
    if to_csv is not None:
        to_csv_file(to_csv, (seen.to_json() for seen in events))
    if as_json:
        linked = sorted(found.whole | found.changes)
        say.emit(
            {"id": found.root, "state": "FOUND", "linked": linked, "events": [seen.to_json() for seen in events]}
        )
        return
    heading(found.root)
    timeline(acting, events, with_account=True)


def denials(first: From = "", last: To = "", to_csv: Csv = None, as_json: Json = False) -> None:
    """List what was refused, by person and reason."""
    from safezone.audit.questions.clock import Period
    from safezone.audit.questions.denials import denials as ask

    period = Period.days(first, last)
    acting = _reading("denials")
    found = ask(acting.zone.catalog.engine, period)
    if written([named(acting, each.to_json()) for each in found], to_csv, as_json=as_json):
        return
    rows = [
        (
            acting.name(each.account),
            say.two(each.what, each.reason or t("상세 내용 삭제됨", "details deleted")),
            each.times,
            t(f"반복({each.burst}회/10분)", f"repeated ({each.burst} in 10 min)") if each.repeated else "",
            _lines(kst(each.first), kst(each.last) if kst(each.last) != kst(each.first) else ""),
        )
        for each in found
    ]
    columns = [t("누가", "Who"), t("무엇을(사유)", "What (reason)"), t("횟수", "Times") + ">", t("반복", "Repeated"),
               t("처음·마지막(KST)", "First, last (KST)")]  # fmt: skip
    heading(_says(period, first, last))
    say.listed(rows, columns, ("거부된 시도가 없습니다.", "No denials."), keep=(4,))


def unusual(
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help=t("점검할 달(KST), 기본은 이번 달", "Month (KST)"))
    ] = "",
    to_csv: Csv = None,
    as_json: Json = False,
) -> None:
    """List unusual access: volume or hour of day, each against the person's own 90 days."""
    from safezone.audit.questions.unusual import Kind
    from safezone.audit.questions.unusual import unusual as ask

    period = _month(month)
    acting = _reading("unusual")
    found = ask(acting.zone.catalog.engine, period)
    if written([named(acting, each.to_json()) for each in found], to_csv, as_json=as_json):
        return
    words = {
        Kind.ROWS: t("행 수", "rows"), Kind.READS: t("열람 횟수", "reads"), Kind.DOWNLOADS: t("내려받기", "downloads"),
        Kind.HOUR: t("시간대", "hour"), Kind.NO_HISTORY: t("이력 부족", "no history"),
    }  # fmt: skip
    rows = [(acting.name(each.account), words[each.kind], each.why.say(say.language())) for each in found]
    heading(period.says())
    columns = [t("누가", "Who"), t("구분", "Kind"), t("근거", "Why")]
    say.listed(rows, columns, ("평소와 다른 접근이 없습니다.", "Nothing unusual."), keep=(0, 1))


def report(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help=t("점검할 달(KST)", "The month (KST)"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("XLSX 파일", "XLSX file to write"))],
    as_json: Json = False,
) -> None:
    """Write the monthly access-log report, with the result of verifying the log."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.questions.clock import Period
    from safezone.audit.questions.month import gather
    from safezone.audit.questions.reading import Person
    from safezone.audit.questions.workbook import workbook
    from safezone.audit.verify import verify_log
    from safezone.catalog import lineage

    period = Period.month(month)
    acting = _reading(f"report/{month}")
    acting.authorize(Action.AUDIT_VERIFY, LOG)
    zone = acting.zone
    people = {
        each.id: Person(each.name, tuple(role.value for role in each.roles), each.controller or "")
        for each in zone.accounts.all()
    }
    verified = verify_log(zone.catalog.engine, zone.log_keys, [zone.witness])
    gathered = gather(zone.catalog.engine, period, people, lineage.reasons(zone.catalog))
    write_file(out, [workbook(gathered, verified, zone.origin)])
    if as_json:
        state = "WHOLE" if verified.ok else "TAMPERED"
        say.emit(
            {"id": month, "state": state, "file": str(out.absolute()), "downloads": len(gathered.downloads)}
            | {"denials": len(gathered.denials), "unusual": len(gathered.unusual), "log": verified.to_json()}
        )
        return
    say.done(
        f"{month} 접속기록 점검 보고서를 {out}에 썼습니다. 점검 결과를 적고 서명하십시오.",
        f"The access-log report of {month} is in {out}: fill in the findings and sign it.",
    )
    if not verified.ok:
        say.err().print(verified.text().say(say.language()), style="bold red", markup=False, soft_wrap=True)


def ocsf(
    out: Annotated[Path, typer.Option("--out", "-o", help=t("JSONL 파일", "JSON lines file to write"))],
    first: From = "",
    last: To = "",
    after: Annotated[
        int, typer.Option("--follow-seq", min=0, help=t("이 순번부터 이어서", "Go on from this sequence number"))
    ] = 0,
    as_json: Json = False,
) -> None:
    """Export events as OCSF records, people as keyed hashes."""
    from safezone.access.actions import LOG, Action
    from safezone.audit.ocsf import KEY, export
    from safezone.audit.questions.clock import Period
    from safezone.model import Duty

    period = Period.days(first, last)
    acting = Acting(Duty.LOG)
    acting.authorize(Action.AUDIT_EXPORT, LOG, "ocsf")
    zone = acting.zone
    zone.keys.ensure(KEY)
    count, following = 0, after

    def lines() -> Iterable[str]:
        nonlocal count, following
        for record in export(zone.catalog.engine, zone.keys.mac, zone.origin, period, after):
            count, following = count + 1, record["unmapped"]["seq"] + 1
            yield json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"

    write_file(out, lines())
    if as_json:
        say.emit(
            {"id": zone.origin, "state": "MADE", "records": count, "file": str(out.absolute()), "next": following}
        )
        return
    say.done(
        f"OCSF 기록 {count:,}건을 {out}에 썼습니다.",
        f"{count:,} OCSF records are in {out}.",
        f"이어서 내보내기: --follow-seq {following}",
        f"to go on from here: --follow-seq {following}",
    )


def prune(
    before: Annotated[
        str,
        typer.Option(
            "--before",
            metavar="YYYY-MM-DD",
            help=t(
                "이 날 이전의 기록만(KST); 법정 기간보다 앞당기지 못함",
                "Only events before this day (KST); never earlier than the rules allow",
            ),
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Delete details of events whose retention is over; every proof goes on holding."""
    from safezone.access.actions import ZONE, Action
    from safezone.audit.questions.clock import Period, local
    from safezone.audit.retention import prune as delete
    from safezone.model import Duty

    limit = local(Period.days(first=before).start) if before else None
    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.HOUSEKEEPING_RUN, ZONE, "retention")
    counts = delete(acting.zone.catalog.engine, acting.account.id, limit)
    total = sum(counts.values())
    if as_json:
        say.emit({"id": "log", "state": "PRUNED" if total else "UNCHANGED", "deleted": total, "by_type": counts})
        return
    say.done(
        f"보존 기간이 지난 상세 내용 {total:,}건을 삭제했습니다. 증명은 그대로 유효합니다.",
        f"Deleted the details of {total:,} events whose retention is over. Every proof still holds.",
    )


def _says(period: Period, first: str, last: str) -> str:
    """The period for people; with neither end it is all there is."""
    return period.says() if first or last else t("전체 기간", "the whole log")


def _lines(upper: str, lower: str) -> Any:
    """Two lines in a cell, or one when there is nothing to say below."""
    from rich.text import Text

    return say.two(upper, lower) if lower else Text(upper, "bold")


def _called(what: str) -> str:
    """What people call a type of event; an action keeps its name."""
    from safezone.audit.questions.words import title

    return title(what).say(say.language())


def _columns(count: int) -> str:
    return t(f"{count:,}개 컬럼", f"{count:,} cols") if count else ""


def _reading(what: str) -> Acting:
    """The auditor at work; the question itself is written down before it is answered."""
    from safezone.access.actions import LOG, Action
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.AUDIT_READ, LOG, what)
    return acting


def _month(text: str) -> Period:
    from safezone.audit.questions.clock import KST, Period
    from safezone.model import now

    return Period.month(text or now().astimezone(KST).strftime("%Y-%m"))
