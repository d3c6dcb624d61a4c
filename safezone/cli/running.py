"""Long-running commands: the log duty, and a whole zone with Airflow on this machine."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from safezone.cli import say
from safezone.cli.acting import open_zone, settings
from safezone.cli.say import t
from safezone.errors import NotFound, Unavailable, UsageError

if TYPE_CHECKING:
    from safezone.local.airflow_settings import AirflowUser
    from safezone.settings import Settings
    from safezone.zone import Zone

_LOG_SECONDS = 2.0


@contextmanager
def _until_terminated() -> Iterator[threading.Event]:
    """An event that SIGTERM sets, while this lasts."""
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)


def keep_log(zone: Zone, every: float | None) -> None:
    """Sequence, sign and have witnessed: once, or every so many seconds until SIGTERM.

    An outage is passed by until the next round. Tampering is not: the log then stops, with its error.
    """
    _authorize(zone)
    if every is None:
        zone.keep_log()
        return
    with _until_terminated() as stop:
        _rounds(zone, every, stop)
        zone.keep_log()  # what was staged since the last round


def _authorize(zone: Zone) -> None:
    from safezone.access.actions import LOG, Action, Actor
    from safezone.model import Duty

    # Once for the run: a decision a round would be an event a round, and the log would grow by itself for ever.
    zone.authorizer.authorize(Actor.duty(Duty.LOG), Action.AUDIT_CHECKPOINT, LOG)


def _rounds(zone: Zone, every: float, stop: threading.Event) -> None:
    while True:
        try:
            zone.keep_log()
        except Unavailable as error:
            say.err().print(f"{error.what.say(say.language())}", style="yellow", markup=False)
        if stop.wait(every):
            return


def run_zone(port: int) -> None:
    """Run Airflow and the log duty until Ctrl-C or SIGTERM.

    Raises:
        NotFound: there is no steward who could start anything.
        Unavailable: Airflow does not start.
        IntegrityFailure: the log was tampered with; everything is stopped.
    """
    from safezone.local.airflow import LocalAirflow
    from safezone.model import Duty

    chosen = settings()
    zone = open_zone(Duty.LOG)
    users = _users(zone)
    failure: list[BaseException] = []
    _authorize(zone)
    with _until_terminated() as stop:

        def log() -> None:
            try:
                _rounds(zone, _LOG_SECONDS, stop)
            except Exception as error:  # noqa: BLE001 - handed to the main thread, which raises it
                failure.append(error)
                stop.set()

        with say.err().status(t("Airflow를 시작하는 중", "Starting Airflow")) as status:
            airflow = LocalAirflow(
                chosen.home / "airflow",
                _dags(),
                users=users,
                env=_environment(chosen),
                port=port,
                preload=["safezone.tasks"],
                on_progress=lambda stage: status.update(f"Airflow: {stage}"),
            )
            airflow.start()
        thread = threading.Thread(target=log, name="log-duty", daemon=True)
        thread.start()
        try:
            _announce(airflow.url, chosen, users)
            while not stop.wait(1.0):
                airflow.check()
        finally:
            stop.set()
            airflow.stop()
            thread.join()
            if not failure:
                zone.keep_log()
    if failure:
        raise failure[0]


def _announce(url: str, chosen: Settings, users: list[AirflowUser]) -> None:
    say.facts(
        t("안심구역이 실행 중입니다 (Ctrl-C로 종료)", "The zone is running (Ctrl-C ends it)"),
        {
            "Airflow": url,
            t("계정", "Accounts"): ", ".join(user.name for user in users),
            t("비밀번호", "Passwords"): f"{chosen.home}/accounts/<{t('계정', 'account')}>.airflow",
            t("반입함", "Inbox"): chosen.inbox.absolute(),
        },
    )


def _users(zone: Zone) -> list[AirflowUser]:
    """Stewards may trigger a run, auditors may look; each with a password kept beside its token."""
    from safezone.local.airflow_settings import AirflowUser
    from safezone.model import Role

    found = []
    for account in zone.accounts.all():
        role = "user" if Role.STEWARD in account.roles else "viewer" if Role.AUDITOR in account.roles else None
        if account.active and role is not None:
            try:
                found.append(AirflowUser(account.name, role, _password(zone.settings, account.name)))
            except UsageError:
                continue  # Airflow cannot hold that name; the account works everywhere else
    if not found:
        raise NotFound(
            "up.no_steward",
            ("There is no steward who could start anything.", "작업을 시작할 담당자(steward) 계정이 없습니다."),
            (
                "Enrol one: safezone account add NAME --role steward",
                "등록하십시오: safezone account add 이름 --role steward",
            ),
        )
    return found


def _password(chosen: Settings, name: str) -> str:
    from safezone.enrolment import read_token, secrets_folder

    path = secrets_folder(chosen) / f"{name}.airflow"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(18) + "\n")
    return read_token(path)


def _environment(chosen: Settings) -> dict[str, str]:
    """What tasks may know: where the zone lies, and nobody's token or review key."""
    hidden = {"SAFEZONE_TOKEN", "SAFEZONE_REVIEW_KEY"}
    given = {
        name: value for name, value in os.environ.items() if name.startswith("SAFEZONE_") and name not in hidden
    }
    return given | {
        "SAFEZONE_HOME": str(chosen.home.absolute()),
        "SAFEZONE_PASSPHRASE_FILE": str(chosen.passphrase_file.absolute()),
        "SAFEZONE_WITNESS_DIR": str(chosen.witness_dir.absolute()),
    }


def _dags() -> Path:
    here = Path(__file__).resolve().parent.parent
    installed = here / "_data" / "dags"
    return installed if installed.is_dir() else here.parent / "dags"
