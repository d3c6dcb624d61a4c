"""`make demo`: the whole main job on a new zone, by real people's accounts through a real Airflow.

It ends with 0 only if every step held: six deliveries published, a request decided by two reviewers, its package
verified and learned from, a key rotated, a backup made, the log proven here and by a program that has nothing of the
zone. It leaves nothing running, and never touches a zone that is in use.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape

from safezone.backup.make import Made
from safezone.boundary import boundary
from safezone.catalog.records import AccountRecord, VersionRecord
from safezone.enrolment import SampleAccount, enrol_sample_accounts
from safezone.errors import PrivacyError, SafeZoneError
from safezone.local import bring_in, ground, keeping, summary
from safezone.local.airflow import AirflowUser, LocalAirflow
from safezone.local.journey import People, Release
from safezone.local.learn import Score
from safezone.local.log_duty import LogDuty
from safezone.local.progress import Board, Steps, complain
from safezone.model import VersionState
from safezone.sample.canaries import canaries
from safezone.sample.write import SampleDelivery, write_samples
from safezone.settings import Settings
from safezone.zone import Zone, initialise
from safezone_verify.findings import Verification

ROWS = 2_000
SEED = 20_261_121
_INGEST_SECONDS = 300.0


class Demo:
    """One run of the demo.

    Args:
        settings: of the zone to be made.
        console: where it speaks.
        rows: rows of each sample dataset.
        planted: how many canaries are planted in every dataset.
    """

    def __init__(self, settings: Settings, console: Console, rows: int, planted: int) -> None:
        self._settings = settings
        self._console = console
        self._rows = rows
        self._canaries = canaries(SEED, planted) if planted else None
        self._steps = Steps(console)
        self._elsewhere = settings.home / "demo"
        self._desk = self._elsewhere / "developer-1"  # stands for the developer's own disk

    def run(self) -> dict[str, Any]:
        """Do everything; return what was done."""
        started = time.monotonic()
        zone, accounts = self._make_zone()
        users = {user.name: user for user in ground.airflow_users(self._settings, zone.accounts.all())}
        deliveries = self._write_samples()
        with ExitStack() as running:
            duty, airflow = self._start(running, list(users.values()))
            people = People(self._settings, accounts, (airflow.check, duty.check))
            versions = self._bring_in(zone, airflow, users, people, deliveries)
            taken, score = self._release(people)
            with self._steps.step("멈춤", "Stopping Airflow"):
                airflow.stop()
            rotated, backup = self._look_after(accounts["admin"].account, taken)
            with self._steps.step("감사 로그 마감", "The log duty signs to the end; the witness cosigns"):
                people.allow_audit()
                duty.stop()
        log, checked = self._audit(people)
        home = self._settings.home
        datasets = [summary.dataset_facts(item, zone.policies[item.dataset], home) for item in versions]
        _require(datasets, score)
        kept = summary.kept_facts(rotated, backup, checked)
        total = time.monotonic() - started
        return summary.facts(home, datasets, taken, score, log, self._steps.seconds, total) | kept

    def _make_zone(self) -> tuple[Zone, Mapping[str, SampleAccount]]:
        with self._steps.step("안심구역 만들기", "Making the zone and its accounts") as notes:
            zone = initialise(self._settings)
            accounts = enrol_sample_accounts(zone)
            notes.append(f"{self._settings.home} · {len(accounts)} accounts")
        with self._steps.step("정책 승인", "curator-1 and curator-2 sign every dataset policy") as notes:
            notes.append(f"{ground.approve_policies(zone, accounts)} policies in force")
        return zone, accounts

    def _write_samples(self) -> list[SampleDelivery]:
        with self._steps.step("표본 반입물", "Six synthetic deliveries arrive in the inbox") as notes:
            made = write_samples(self._settings.inbox, rows=self._rows, seed=SEED, canaries=self._canaries)
            bad = sum(len(item.planted) for item in made)
            notes.append(f"{len(made)} × {self._rows:,} rows, {bad} of them planted faults")
        return made

    def _start(self, running: ExitStack, users: list[AirflowUser]) -> tuple[LogDuty, LocalAirflow]:
        with self._steps.step("Airflow 시작", "Starting Airflow and the log duty") as notes:
            duty = running.enter_context(ground.log_duty(self._settings))
            airflow = running.enter_context(ground.local_airflow(self._settings, users))
            notes.append(airflow.url)
        return duty, airflow

    def _bring_in(
        self,
        zone: Zone,
        airflow: LocalAirflow,
        users: Mapping[str, AirflowUser],
        people: People,
        deliveries: list[SampleDelivery],
    ) -> list[VersionRecord]:
        waiting = {item.dataset: item.delivery for item in deliveries}
        with self._steps.step("반입 처리", "Stewards run the six ingest Dags", live=True):
            board = Board(self._console, list(waiting))
            with board.shown():
                runs = bring_in.trigger(airflow, users, zone.policies, waiting)
                bring_in.watch(airflow, next(iter(users.values())), runs, board, _INGEST_SECONDS)
        with self._steps.step("적정성 검토", "A curator signs for each version: published"):
            return people.review_versions(list(waiting))

    def _release(self, people: People) -> tuple[Release, Score]:
        with self._steps.step("과제 승인", "developer-1 proposes a project, curator-1 approves"):
            project = people.start_project()
        with self._steps.step("반출 신청", "developer-1 asks; the dispatch Dag checks") as notes:
            request = people.ask(project, self._desk)
            notes.append(f"{request.id} · {request.filter}")
        with self._steps.step("심사와 생성", "reviewer-1 and reviewer-2 sign; the Dag builds"):
            request = people.decide(request)
        with self._steps.step("수령", "developer-1 pulls, verifies and unpacks"):
            taken = people.take(request, self._desk)
        with self._steps.step("학습", "developer-1 trains on it") as notes:
            score = people.learn(request, self._desk)
            notes.append(f"AUC {score.model:.3f}, baseline {score.baseline:.3f}")
        return taken, score

    def _look_after(self, admin: AccountRecord, taken: Release) -> tuple[keeping.Rotated, Made]:
        with self._steps.step("키 교체", "admin rotates the key of what was released") as notes:
            rotated = keeping.rotate_key(self._settings, admin, taken.request.version)
            notes.append(f"{rotated.key} · version {rotated.version}")
        with self._steps.step("암호화 백업", "admin makes an encrypted backup, without the keystore") as notes:
            backup = keeping.back_up(self._settings, admin, self._elsewhere / "backup")
            notes.append(f"{backup.id} · {backup.size:,} bytes")
        return rotated, backup

    def _audit(self, people: People) -> tuple[tuple[Verification, str], keeping.Checked]:
        with self._steps.step("감사 로그 증명", "auditor-1 proves the log"):
            log = people.audit()
        with self._steps.step("외부 검증", "auditor-1 exports it; safezone-verify checks it on its own") as notes:
            checked = keeping.check_elsewhere(self._settings, self._elsewhere / "auditor-1")
            notes.append(f"{checked.found['size']:,} entries · {checked.found['state']}")
        return log, checked


def _require(datasets: list[dict[str, Any]], score: Score) -> None:
    """Look at the result itself: that no step complained is not yet that everything held."""
    broken = [
        item["dataset"]
        for item in datasets
        if item["state"] != VersionState.PUBLISHED
        or item["k_after"] < item["k_required"]
        or item["expectations"]["critical_failures"]
    ]
    if broken or not score.learned:
        what = ", ".join(broken) or "model"
        raise PrivacyError(
            "demo.result",
            (f"This did not come out as it must: {what}.", f"결과가 기준에 맞지 않습니다: {what}."),
            ("Look at the Data Docs of the version.", "해당 버전의 품질 보고서를 확인하십시오."),
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description="The whole main job on a new zone.")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"rows of each sample dataset (default {ROWS})")
    parser.add_argument("--canaries", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _stop(*_: object) -> NoReturn:
    sys.exit(143)


def main() -> int:
    """Run the demo; return the exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _stop)  # so that what was started is ended in order
    console = Console(highlight=False)
    settings = Settings()
    try:
        with boundary("demo"):
            chosen = ground.fresh(settings)
            if chosen.home != settings.home.absolute():
                console.print(
                    f"[yellow]![/] {escape(str(settings.home))}은(는) 사용 중이므로 그대로 두고 새로 만듭니다 · "
                    f"is in use and left alone; the new zone is in [bold]{escape(str(chosen.home))}[/]"
                )
            settings = chosen
            made = Demo(settings, console, arguments.rows, arguments.canaries).run()
            _write(settings.home / "demo.json", made)
            summary.show(console, made)
    except SafeZoneError as error:
        complain(console, error, settings.home)
        return error.exit_code
    except KeyboardInterrupt:
        console.print("\n멈췄습니다. 실행 중인 것은 없습니다. · Stopped; nothing is left running.")
        return 130
    return 0


def _write(path: Path, made: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
