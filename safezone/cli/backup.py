"""`backup`, `backup list` and `restore`: what is kept for the day the machine is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.say import Json, t
from safezone.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from safezone.access.actions import Actor
    from safezone.backup.checks import Check
    from safezone.backup.restore import Restored
    from safezone.zone import Zone

group = typer.Typer(
    help=t("암호화 백업: 만들기와 목록", "Encrypted backups: make and list them"), invoke_without_command=True
)
_CHECKS = {
    "backup": "백업", "accounts": "계정", "manifests": "매니페스트", "key_tables": "키 표", "parts": "암호화 객체",
    "log": "로그", "witness": "증인", "destroyed": "재파기",
}  # fmt: skip

_STATES = {"LOST": "손실", "MISSING": "없음", "DAMAGED": "손상", "NOTED": "확인 필요"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(group, name="backup")
    app.command(
        "restore",
        help=t(
            "백업을 빈 위치에 복원(모두 확인한 뒤에만)", "Restore a backup into an empty place, once all is checked"
        ),
    )(restore)


@group.callback()
def backup(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=t("만들 파일이나 폴더", "File to make, or a folder"))
    ] = None,
    with_parts: Annotated[
        bool,
        typer.Option("--with-parts", help=t("암호화된 데이터 객체도 포함", "Put the encrypted objects in too")),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make an encrypted backup of catalog, log, manifests and key tables. Without a token the backup duty makes it."""
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise UsageError(
            "backup.out",
            ("Where is the backup to go?", "백업을 만들 위치가 필요합니다."),
            ("Name a file or folder outside the zone: --out", "안심구역 밖의 파일이나 폴더를 지정하십시오: --out"),
        )
    from safezone.backup.make import make_backup

    zone, actor = _acting()
    _keep_log(zone)  # what waits gets its place, so that the backup's log is signed to its end
    with _progress(t("백업", "Backing up"), quiet=as_json) as progress:
        made = make_backup(zone, actor, out, with_parts=with_parts, progress=progress)
    _keep_log(zone)
    if as_json:
        say.emit(made.to_json())
        return
    counts = made.header.counts
    say.facts(
        t("백업", "Backup"),
        {
            t("번호", "Id"): made.id,
            t("파일", "File"): made.path.absolute(),
            t("크기", "Size"): f"{made.size:,} B",
            "SHA-256": made.sha256,
            t("로그", "Log"): f"{made.header.log['size']:,}",
            t("매니페스트", "Manifests"): counts.get("manifests", 0),
            t("데이터 객체", "Objects"): counts.get("parts", 0),
        },
    )
    drill = f"safezone restore {made.path} --check"
    if zone.settings.keys_url:
        say.done(
            "키는 들어 있지 않습니다. 키 서버가 따로 백업해야 합니다.",
            "No key is in it: the key server has backups of its own.",
            drill,
            drill,
        )
        return
    say.done(
        "키 저장소는 들어 있지 않습니다. 복구 사본을 따로 보관하십시오(safezone keys recovery list).",
        "The keystore is not in it; keep its recovery copy apart (safezone keys recovery list).",
        drill,
        drill,
    )


@group.command("list", help=t("만든 백업 목록", "List the backups made"))
def list_(as_json: Json = False) -> None:
    """List the backups the log tells of."""
    from safezone.access.actions import ZONE, Action
    from safezone.backup.make import listed

    zone, actor = _acting()
    zone.authorizer.authorize(actor, Action.BACKUP_MAKE, ZONE, "list")
    found = listed(zone)
    if as_json:
        say.emit(found)
        return
    rows = [
        (
            item["id"],
            say.state("DESTROYED" if item["state"] == "DESTROYED" else "MADE"),
            say.when(item["made"]),
            item["size"],
            item["log_size"],
        )
        for item in found
    ]
    columns = [
        t("백업", "Backup"),
        t("상태", "State"),
        t("시각(UTC)", "Time (UTC)"),
        t("크기", "Size") + ">",
        t("로그", "Log") + ">",
    ]
    say.listed(rows, columns, ("백업이 없습니다. safezone backup --out", "No backups. safezone backup --out"))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=t("백업 파일", "The backup"))],
    into: Annotated[
        Path | None,
        typer.Option("--into", help=t("복원할 위치(기본 SAFEZONE_HOME)", "Where to (default SAFEZONE_HOME)")),
    ] = None,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help=t("증인이 본 기록이 빠져도 복원", "Restore although entries the witness saw are missing"),
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help=t("모두 확인만 하고 남기지 않음(복원 훈련)", "Check everything, keep nothing (a drill)")
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Restore a backup. The keystore comes first (`safezone keys recovery combine`)."""
    from safezone.backup.restore import restore as run
    from safezone.cli.acting import settings

    chosen = settings()
    if into is not None:
        chosen = chosen.model_copy(update={"home": into})
    with _progress(t("복원", "Restoring"), quiet=as_json) as progress:
        done = run(chosen, file, accept_loss=accept_loss, rehearse=check, progress=progress)
    if as_json:
        say.emit(done.to_json())
        return
    _report(done)


def _report(done: Restored) -> None:
    say.table(
        [
            t("확인", "Checked"),
            t("결과", "Result"),
            t("개수", "Count") + ">",
            t("문제", "Wrong") + ">",
            t("내용", "What"),
        ],
        [_row(check, done) for check in done.checks],
        keep=(0, 1),
    )
    for name in done.destroyed:
        say.out().print(f"  {t('다시 파기함', 'destroyed again')}: {name}", markup=False, soft_wrap=True)
    for error in done.left:
        say.fail(error, as_json=False)
    if done.rehearsed:
        need = ("", "") if done.standing.whole else ("safezone restore FILE --accept-loss",) * 2
        say.done(
            "복원할 수 있는 백업입니다. 남긴 것은 없습니다.", "The backup can be restored; nothing was kept.", *need
        )
        return
    if not done.standing.whole:
        say.out().print(
            t(
                f"이전 로그 {done.standing.origin}은(는) 끝났고 {done.log}이(가) 이어집니다. 백업 이후의 계정 해지, 반출 회수, "
                "버전 철회를 다시 확인하십시오.",
                f"The log {done.standing.origin} has ended; {done.log} goes on. Look again at accounts revoked, releases "
                "revoked and versions withdrawn since the backup.",
            ),
            style="yellow",
            markup=False,
        )
    say.done(
        f"{done.home}에 복원했습니다.",
        f"Restored at {done.home}.",
        "safezone audit verify",
        "safezone audit verify",
    )


def _row(check: Check, done: Restored) -> tuple[Any, ...]:
    """A line of the report. In a drill the log has gone on since the backup, which is no fault of either."""
    state, words = check.state, check.words.say(say.language())
    if check.id == "witness" and done.rehearsed and done.standing.lost:
        lost = done.standing.lost
        state = "NOTED"
        words = t(
            f"증인이 확인한 항목. 이 백업 이후의 {lost:,}건은 지금 복원하면 손실됨(--accept-loss)",
            f"entries under a witnessed checkpoint; {lost:,} are newer than the backup: a restore today would end "
            "the log before them (--accept-loss)",
        )
    if check.id == "destroyed" and not check.wrong and state == "VALID":
        words = t("다시 파기한 키", "keys destroyed again: they were destroyed before, and came back")
    name = t(_CHECKS.get(check.id, check.id), check.id)
    shown = t(_STATES[state], state) if state in _STATES else say.state(state)
    return name, shown, check.count, check.wrong or None, words


def _acting() -> tuple[Zone, Actor]:
    """An administrator where there is a token, else the backup duty, as a timer runs it."""
    from safezone.access.actions import Actor
    from safezone.cli.acting import open_zone
    from safezone.model import Duty

    zone = open_zone(Duty.BACKUP)
    return zone, Actor.account(zone.account()) if zone.settings.token else Actor.duty(Duty.BACKUP)


def _keep_log(zone: Zone) -> None:
    from safezone.zone import settle_log

    for missing in settle_log(zone.settings):
        say.err().print(f"[yellow]{missing.what.say(say.language())}[/]")


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    if quiet or not say.err().is_terminal:
        yield lambda done, total: None
        return
    columns: list[Any] = [TextColumn(title), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, console=say.err(), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
