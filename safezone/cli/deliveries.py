"""`sample`, `deliver` and `ingest`: data on its way in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, settings
from safezone.cli.say import Json, t

if TYPE_CHECKING:
    from rich.progress import Progress

    from safezone.catalog.records import VersionRecord
    from safezone.sources.delivery import InboxEntry


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command(
        "sample", help=t("모든 표본 데이터셋의 합성 반입물 만들기", "Synthetic deliveries of every sample dataset")
    )(sample)
    app.command("deliver", help=t("기관이 반입물을 만들 때", "What an agency runs to make a delivery"))(deliver)
    app.command(
        "ingest", help=t("반입물을 받아 가명처리하고 심사에 올리기", "Take a delivery through every ingest step")
    )(ingest)


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """A progress display on stderr that disappears when it is done."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=say.err(),
        transient=True,
        disable=quiet or not say.err().is_terminal,
    ) as progress:
        yield progress


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=t("만들 폴더", "Folder to write to"))],
    rows: Annotated[int, typer.Option("--rows", help=t("데이터셋마다 행 수", "Rows of each dataset"))] = 1_000,
    seed: Annotated[int, typer.Option("--seed", help=t("난수 씨앗", "Seed: the same gives the same bytes"))] = 1,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", help=t("이 데이터셋만(여러 번 가능)", "Only this one (may be repeated)")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write synthetic deliveries."""
    from safezone.sample.write import write_samples

    with progress_bar(quiet=as_json) as progress:
        bars: dict[str, Any] = {}

        def told(name: str, done: int, total: int) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done)

        made = write_samples(folder, rows=rows, seed=seed, datasets=dataset or None, progress=told)
    if as_json:
        say.emit(
            [
                {
                    "id": item.delivery,
                    "state": "MADE",
                    "dataset": item.dataset,
                    "folder": str(item.folder.absolute()),
                    "rows": item.rows,
                    "planted": len(item.planted),
                }
                for item in made
            ]
        )
        return
    columns = [t("반입물", "Delivery"), t("행", "Rows") + ">", t("심은 오류", "Planted faults") + ">"]
    say.table(columns, [(say.two(item.dataset, item.folder.name), item.rows, len(item.planted)) for item in made])
    first = made[0]
    say.done(
        f"합성 반입물 {len(made)}건을 {folder}에 만들었습니다(실제 사람의 정보가 아닙니다).",
        f"Synthetic deliveries made: {len(made)}, in {folder} (about no real person).",
        f"safezone ingest {first.dataset} {first.folder}",
        f"safezone ingest {first.dataset} {first.folder}",
    )


def deliver(
    dataset: Annotated[str, typer.Argument(help=t("데이터셋", "Dataset"))],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=t("보낼 파일", "Files to deliver"))],
    out: Annotated[
        Path, typer.Option("--out", "-o", help=t("반입물 폴더를 만들 곳", "Where the delivery's folder is made"))
    ],
    start: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help=t("첫날(없으면 이번 달)", "First day (default: this month)")
        ),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help=t("마지막 날", "Last day"))
    ] = None,
    supersedes: Annotated[
        str | None, typer.Option("--supersedes", help=t("대체하는 반입물 번호", "Delivery this one corrects"))
    ] = None,
    recipient: Annotated[
        str | None,
        typer.Option("--recipient", help=t("안심구역의 age 공개키로 암호화", "Encrypt to the zone's age key")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Count, hash and lay out files as a delivery."""
    from safezone.policy.load import load_policy
    from safezone.sources.deliver import make_delivery
    from safezone.sources.delivery import read_manifest
    from safezone.sources.isolation import Limits

    chosen = settings()
    policy = load_policy(_policy_file(chosen.policy_dir / "datasets", dataset), min_k=chosen.min_k)
    period = _period(start, end)
    with progress_bar(quiet=as_json) as progress:
        progress.add_task(t("파일을 읽고 해시하는 중", "Reading and hashing"), total=None)
        folder = make_delivery(
            policy, files, out, period=period, supersedes=supersedes, recipient=recipient, limits=Limits.of(chosen)
        )
    manifest = read_manifest(folder)
    if as_json:
        say.emit(
            {
                "id": manifest.delivery,
                "state": "MADE",
                "dataset": dataset,
                "folder": str(folder.absolute()),
                "rows": manifest.rows,
                "files": [file.name for file in manifest.files],
                "encrypted": recipient is not None,
            }
        )
        return
    say.done(
        f"반입물 {manifest.delivery}: 파일 {len(manifest.files)}개, {manifest.rows:,}행, {folder}",
        f"Delivery {manifest.delivery}: {len(manifest.files)} file(s), {manifest.rows:,} rows, in {folder}",
        "이 폴더를 안심구역의 반입함으로 보내십시오."
        if recipient
        else "이 폴더는 암호화되지 않았습니다. 보내려면 --recipient를 쓰십시오.",
        "Send the folder to the zone's inbox."
        if recipient
        else "The folder is not encrypted: use --recipient to send it.",
    )


def _policy_file(folder: Path, dataset: str) -> Path:
    from safezone.errors import NotFound

    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if dataset not in known:
        raise NotFound(
            "policy.unknown",
            ("No policy describes that dataset.", "그 데이터셋을 설명하는 정책이 없습니다."),
            (f"There are: {', '.join(known)}.", f"정책이 있는 데이터셋: {', '.join(known)}."),
        )
    return folder / f"{dataset}.yaml"


def _period(start: datetime | None, end: datetime | None) -> tuple[date, date]:
    from calendar import monthrange

    from safezone.errors import UsageError
    from safezone.model import now

    today = now().date()
    first = start.date() if start else (end.date() if end else today).replace(day=1)
    last = end.date() if end else first.replace(day=monthrange(first.year, first.month)[1])
    if last < first:
        raise UsageError(
            "deliver.period",
            ("The period ends before it starts.", "기간의 마지막 날이 첫날보다 빠릅니다."),
            ("Give --from and --until in order.", "--from과 --until의 순서를 확인하십시오."),
        )
    return first, last


def ingest(
    dataset: Annotated[str | None, typer.Argument(help=t("데이터셋", "Dataset"))] = None,
    delivery: Annotated[
        str | None,
        typer.Argument(
            metavar="[DELIVERY_DIR]", help=t("반입물 폴더나 반입함의 번호", "Folder, or id in the inbox")
        ),
    ] = None,
    inbox: Annotated[
        bool, typer.Option("--list", help=t("반입함에 도착한 것만 보기", "Only list what has arrived"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the ingest steps in this process, as the Dag runs them."""
    from safezone.errors import UsageError

    if inbox:
        _list_inbox(as_json=as_json)
        return
    if dataset is None or delivery is None:
        raise UsageError(
            "cli.usage",
            ("Name the dataset and the delivery.", "데이터셋과 반입물을 지정하십시오."),
            (
                "safezone ingest DATASET DELIVERY_DIR, or safezone ingest --list",
                "safezone ingest DATASET DELIVERY_DIR 또는 safezone ingest --list",
            ),
        )
    _show_ingested(_run(dataset, delivery, as_json=as_json), as_json=as_json)


_STEPS = {
    "receive": ("받아서 암호화", "receive and encrypt"),
    "check": ("품질 점검", "check"),
    "pseudonymise": ("가명처리", "pseudonymise"),
    "assess": ("위험도 평가", "assess the risk"),
    "submit": ("심사에 올림", "submit for review"),
}


def _run(dataset: str, delivery: str, *, as_json: bool) -> VersionRecord:
    from safezone.catalog.records import DeliveryRecord, VersionRecord
    from safezone.cli.inbox import bring_in, delivery_name
    from safezone.model import Duty
    from safezone.pipeline.run import ingest as run

    acting = Acting(Duty.INGEST)
    zone = acting.zone
    folder = Path(delivery)
    name = delivery_name(folder) if folder.is_dir() else delivery
    with progress_bar(quiet=as_json) as progress:
        bars: dict[str, Any] = {}

        def told(step: str, done: int, total: int) -> None:
            for earlier, bar in bars.items():
                if earlier != step:
                    progress.update(bar, completed=progress.tasks[bar].total)
            if step not in bars:
                bars[step] = progress.add_task(t(*_STEPS.get(step, (step, step))), total=total)
            progress.update(bars[step], completed=done, total=total)

        if folder.is_dir() and zone.catalog.find(DeliveryRecord, name) is None:
            # Whoever may not bring it in does not get to fill the inbox either.
            zone.ingest.begin(acting.actor, dataset, f"delivery/{name}")
            bar = progress.add_task(t("반입함으로 복사", "copy to the inbox"), total=None)
            bring_in(
                folder,
                zone.settings.inbox,
                name,
                lambda done, total: progress.update(bar, completed=done, total=total),
            )
        version = run(zone.ingest, acting.actor, dataset, name, told)
    return zone.catalog.get(VersionRecord, version)


def _show_ingested(record: VersionRecord, *, as_json: bool) -> None:
    from safezone.catalog.records import to_json
    from safezone.model import VersionState

    if as_json:
        say.emit(to_json(record))
        return
    rows = record.evidence.get("rows", {})
    risk = record.evidence.get("risk", {})
    say.facts(
        t("반입 결과", "Ingested"),
        {
            t("버전", "Version"): record.id,
            t("상태", "State"): say.state(record.state.value, full=True),
            t("받은 행", "Rows delivered"): rows.get("delivered"),
            t("격리된 행", "Rows quarantined"): rows.get("quarantined"),
            t("삭제된 행", "Rows suppressed"): rows.get("suppressed"),
            t("남은 행", "Rows left"): record.rows,
            "k": risk.get("k"),
        },
    )
    if record.state is VersionState.PUBLISHED:
        say.done(
            "검토된 위험 범위 안이므로 바로 공개되었습니다.", "Published: it is within the risk that was reviewed."
        )
    else:
        say.done(
            "적정성 검토를 기다립니다.",
            "It waits for its adequacy review.",
            f"처리자가 아닌 담당자가: safezone version review {record.id}",
            f"a steward other than you: safezone version review {record.id}",
        )


def _list_inbox(*, as_json: bool) -> None:
    from safezone.access.actions import Action, Resource, dataset_resource
    from safezone.catalog.records import DeliveryRecord
    from safezone.model import Duty
    from safezone.sources.delivery import list_inbox

    acting = Acting(Duty.INGEST)

    def resource(entry: InboxEntry) -> Resource:
        # What says of itself whose it is belongs to that controller; anything else only to the zone's own staff.
        made = entry.manifest
        return dataset_resource(made.dataset, made.controller) if made else dataset_resource("unknown", "unknown")

    shown = acting.visible("inbox", list_inbox(acting.zone.settings.inbox), Action.DELIVERY_READ, resource)
    found = []
    for entry in shown:
        received = acting.zone.catalog.find(DeliveryRecord, entry.folder.name)
        state = received.state.value if received else "INVALID" if entry.error else "ARRIVED"
        found.append((entry, state))
    if as_json:
        say.emit(
            [
                {
                    "id": entry.folder.name,
                    "state": state,
                    "dataset": entry.manifest.dataset if entry.manifest else None,
                    "rows": entry.manifest.rows if entry.manifest else None,
                    "files": len(entry.manifest.files) if entry.manifest else None,
                    "error": entry.error.code if entry.error else None,
                }
                for entry, state in found
            ]
        )
        return
    rows = [
        (
            say.two(
                entry.folder.name,
                entry.error.what.say(say.language())
                if entry.error
                else entry.manifest.dataset
                if entry.manifest
                else "",
            ),
            entry.manifest.rows if entry.manifest else None,
            say.state(state),
        )
        for entry, state in found
    ]
    columns = [t("반입물", "Delivery"), t("행", "Rows") + ">", t("상태", "State")]
    say.listed(
        rows,
        columns,
        (
            "반입함이 비어 있습니다. 기관은 safezone deliver로 만듭니다.",
            "The inbox is empty. Agencies make deliveries with: safezone deliver",
        ),
        keep=(),
    )
