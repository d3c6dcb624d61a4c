"""`quarantine list|show`: what was set aside, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import Json, t

if TYPE_CHECKING:
    from safezone.catalog.records import QuarantineRecord

group = typer.Typer(help=t("격리된 반입물과 행", "What was set aside, and why"), no_args_is_help=True)


@group.command("list", help=t("격리 목록", "List what was set aside"))
def list_(as_json: Json = False) -> None:
    """List quarantine entries of the datasets this account may see."""
    from safezone.access.actions import Action, dataset_resource
    from safezone.catalog.records import QuarantineRecord
    from safezone.model import Duty

    acting = Acting(Duty.INGEST)
    shown = acting.visible(
        "quarantine",
        acting.zone.catalog.list(QuarantineRecord),
        Action.QUARANTINE_READ,
        lambda item: dataset_resource(item.dataset, item.controller),
    )
    if as_json:
        say.emit([_quarantined(item) for item in shown])
        return
    rows = [
        (
            say.two(item.id, item.dataset),
            _kind(item),
            item.rows,
            t(item.reason_ko, item.reason_en),
            say.when(item.created, day=True),
        )
        for item in shown
    ]
    columns = [
        t("번호", "Entry"),
        t("대상", "What"),
        t("행", "Rows") + ">",
        t("이유와 할 일", "Why, and what to do"),
        t("날짜", "Date"),
    ]
    say.listed(rows, columns, ("격리된 것이 없습니다.", "Nothing was set aside."), keep=(0, 4))


@group.command("show", help=t("격리된 이유와 위치", "Why and where, without values"))
def show(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help=t("격리 번호", "Entry"))], as_json: Json = False
) -> None:
    """Show one entry: file, line and rule of each finding, never a value."""
    from safezone.access.actions import Action, dataset_resource
    from safezone.catalog.records import QuarantineRecord
    from safezone.model import Duty

    acting = Acting(Duty.INGEST)
    record = acting.zone.catalog.get(QuarantineRecord, entry)
    acting.authorize(
        Action.QUARANTINE_READ, dataset_resource(record.dataset, record.controller), f"quarantine/{record.id}"
    )
    if as_json:
        say.emit(_quarantined(record))
        return
    say.facts(
        record.id,
        {
            t("데이터셋", "Dataset"): record.dataset,
            t("반입물", "Delivery"): record.delivery,
            t("대상", "What"): _kind(record),
            t("이유와 할 일", "Why, and what to do"): t(record.reason_ko, record.reason_en),
            t("코드", "Code"): record.code,
            t("행", "Rows"): record.rows,
            t("암호화된 객체", "Encrypted objects"): len(record.objects),
        },
    )
    if record.findings:
        columns = {
            "file": t("파일", "File"),
            "line": t("줄", "Line"),
            "column": t("열", "Column"),
            "rule": t("규칙", "Rule"),
        }
        placed = sorted(record.findings, key=lambda finding: (finding.get("file") or 0, finding.get("line") or 0))
        say.table(
            list(columns.values()), [[finding.get(name) for name in columns] for finding in placed[:50]], keep=()
        )
    if len(record.findings) > 50:
        more = len(record.findings) - 50
        say.out().print(f"[dim]{t(f'그 밖에 {more}건: --json', f'{more} more: --json')}[/]")


def _kind(record: QuarantineRecord) -> str:
    return t("반입물 전체", "whole delivery") if record.kind == "delivery" else t("일부 행", "single rows")


def _quarantined(record: QuarantineRecord) -> dict[str, Any]:
    """An entry without the wrapped keys of its objects, which are nobody's to copy."""
    from safezone.catalog.records import to_json

    return to_json(record, without=frozenset({"objects"})) | {
        "state": "QUARANTINED",
        "objects": len(record.objects),
    }
