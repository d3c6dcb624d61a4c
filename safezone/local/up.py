"""`make up`: Airflow and the log duty of a zone on 127.0.0.1 until Ctrl-C.

Where there is no zone yet, one is made with sample accounts, approved policies and sample deliveries that wait in
the inbox. A zone that is there is used as it is.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import NoReturn

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from safezone.boundary import boundary
from safezone.catalog.records import DeliveryRecord
from safezone.enrolment import enrol_sample_accounts, secrets_folder
from safezone.errors import DeliveryError, SafeZoneError, Unavailable, UsageError
from safezone.local import ground
from safezone.local.airflow import AirflowUser, LocalAirflow
from safezone.local.progress import Steps, complain
from safezone.model import Duty
from safezone.policy.dataset import slug
from safezone.sample.write import write_samples
from safezone.settings import Settings
from safezone.sources.delivery import read_manifest
from safezone.zone import Zone, initialise

PORT = 8080
ROWS = 2_000
SEED = 7
_LOOK_SECONDS = 1.0


def prepare(settings: Settings, steps: Steps) -> None:
    """Make a zone with sample accounts, approved policies and deliveries, unless there is one."""
    if (settings.home / "zone.json").exists():
        return
    with steps.step("안심구역 만들기", "Making a zone with sample accounts"):
        zone = initialise(settings)
        ground.approve_policies(zone, enrol_sample_accounts(zone))
    with steps.step("표본 반입물", "Sample deliveries arrive in the inbox"):
        write_samples(settings.inbox, rows=ROWS, seed=SEED)


def run(settings: Settings, port: int | None, console: Console, steps: Steps) -> NoReturn:
    """Run Airflow and the log duty of an initialised zone until interrupted.

    Args:
        settings: of the zone.
        port: None takes 8080, or a free one where that is in use.
        console: where URL and accounts are shown.
        steps: tells how far it is.

    Raises:
        UsageError: nobody is enrolled who could sign in to Airflow.
        Unavailable: Airflow or the log duty does not start, or has ended.
    """
    zone = Zone.open(settings, Duty.PORTAL)
    users = ground.airflow_users(settings, zone.accounts.all())
    if not users:
        raise UsageError(
            "up.no_steward",
            ("There is no steward or auditor who could sign in.", "로그인할 담당자나 감사 계정이 없습니다."),
            (
                "Enrol one: safezone account add NAME --role steward",
                "등록하십시오: safezone account add 이름 --role steward",
            ),
        )
    with ExitStack() as running:
        with steps.step("Airflow 시작", "Starting Airflow and the log duty"):
            duty = running.enter_context(ground.log_duty(settings))
            airflow = _started(settings, users, port)
            running.callback(airflow.stop)
        console.print(_panel(settings, airflow, users, _waiting(zone)))
        while True:
            airflow.check()
            duty.check()
            time.sleep(_LOOK_SECONDS)


def _started(settings: Settings, users: Sequence[AirflowUser], port: int | None) -> LocalAirflow:
    airflow = ground.local_airflow(settings, users, port=port or PORT)
    try:
        airflow.start()
    except Unavailable as error:
        if port is not None or error.code != "airflow.port":
            raise
        airflow = ground.local_airflow(settings, users)
        airflow.start()
    return airflow


def _waiting(zone: Zone) -> list[tuple[str, str]]:
    """Dataset and id of the deliveries that nobody has brought in yet."""
    known = {delivery.id for delivery in zone.catalog.list(DeliveryRecord)}
    found = []
    for folder in sorted(path for path in zone.settings.inbox.glob("*") if path.is_dir()):
        with suppress(DeliveryError):
            manifest = read_manifest(folder)
            if manifest.delivery not in known:
                found.append((manifest.dataset, manifest.delivery))
    return found


def _panel(
    settings: Settings, airflow: LocalAirflow, users: Sequence[AirflowUser], waiting: Sequence[tuple[str, str]]
) -> Panel:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("Airflow", f"[bold]{airflow.url}[/]")
    grid.add_row("안심구역 · zone", escape(str(settings.home.absolute())))
    may = {"user": "실행 · may trigger", "viewer": "조회 · may look"}
    for role, words in may.items():
        names = ", ".join(user.name for user in users if user.role == role)
        if names:
            grid.add_row(words, names)
    grid.add_row("비밀번호 · passwords", escape(f"{secrets_folder(settings).absolute()}/<이름 name>.airflow"))
    for number, (dataset, delivery) in enumerate(waiting):
        name = "" if number else "반입 대기 · waiting"
        grid.add_row(name, f"ingest__{slug(dataset)} [dim]delivery[/] = {escape(delivery)}")
    title = "[green]●[/] 실행 중 · running, Ctrl-C 종료 · to stop"
    return Panel(grid, title=title, title_align="left", border_style="green", box=box.ROUNDED)


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C; return the exit code. `arguments` are those of the command line unless given."""
    parser = argparse.ArgumentParser(prog="make up", description="Airflow and the log duty on 127.0.0.1.")
    parser.add_argument("--port", type=int, help=f"of the Airflow UI (default {PORT}, or a free one)")
    chosen = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may start us with SIGINT ignored
        signal.signal(number, _stop)  # so that what was started is ended in order
    console = Console(highlight=False)
    settings = Settings()
    try:
        with boundary("up"):
            steps = Steps(console)
            prepare(settings, steps)
            run(settings, chosen.port, console, steps)
    except SafeZoneError as error:
        complain(console, error, settings.home)
        return error.exit_code
    except KeyboardInterrupt:
        console.print("\n멈췄습니다. 실행 중인 것은 없습니다. · Stopped; nothing is left running.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
