"""The way of the data through the zone, each step by the person whose step it is.

Stewards bring deliveries in, curators review the versions, a developer asks, reviewers decide, the developer
takes the package and learns from it, an auditor proves the log. Nothing here is a shortcut: every step goes through
the same functions as the command line, with that person's account and signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safezone.client as sz
from safezone import signing
from safezone.access.actions import LOG, Action, Actor
from safezone.airlock import projects, release, requests, reviewing
from safezone.audit.checkpoint import open_checkpoint
from safezone.audit.verify import verify_log
from safezone.catalog import adequacy, reviews
from safezone.catalog.records import JobRecord, ProjectRecord, ReleaseRecord, RequestRecord, VersionRecord
from safezone.enrolment import SampleAccount, account_key
from safezone.errors import IntegrityFailure, SafeZoneError, Unavailable
from safezone.local.learn import COLUMNS, Score, learn
from safezone.model import Duty, JobState, RequestState, Stage, Verdict
from safezone.package import Package, keygen, read_package
from safezone.settings import Settings
from safezone.zone import Zone
from safezone_verify.findings import Verification

DATASET = "traffic-accidents"
FILTER = "발생지시도 IN ('서울특별시', '경기도', '인천광역시')"
PURPOSE = "수도권 교통사고의 중상 위험을 예측하는 모형 학습 · a model of severe injury in the capital region"
_WAIT_SECONDS = 180.0
_POLL_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Release:
    """What the developer holds at the end.

    Attributes:
        request: the request, as decided.
        record: the release.
        package: the verified package on the developer's disk.
    """

    request: RequestRecord
    record: ReleaseRecord
    package: Package


class People:
    """The sample accounts at work in one zone.

    Args:
        settings: of the zone.
        accounts: the sample accounts by name.
        alive: called while waiting for the dispatch Dag; each raises when what should run does not.
    """

    def __init__(
        self,
        settings: Settings,
        accounts: Mapping[str, SampleAccount],
        alive: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._alive = alive
        # What people do needs public keys alone: the portal's duty.
        self._zone = Zone.open(settings, Duty.PORTAL)

    def review_versions(self, datasets: Sequence[str]) -> list[VersionRecord]:
        """Have a curator review every candidate for adequacy (적정성 검토), which publishes it."""
        return [self._review_version(dataset) for dataset in datasets]

    def _review_version(self, dataset: str) -> VersionRecord:
        found = self._zone.catalog.list(VersionRecord, dataset=dataset, stage=Stage.PUBLISHED)
        version = found[-1]
        curator = next(
            account
            for name, account in self._accounts.items()
            if name.startswith("curator-") and account.account.id != version.made_by
        )
        comment = "위험도와 품질 증거를 확인함 · risk and quality evidence checked"
        signature = _sign(curator, adequacy.subject(version), comment)
        return reviewing.review_version(
            self._zone.airlock, curator.account, version.id, Verdict.APPROVE, comment, signature
        )

    def start_project(self) -> ProjectRecord:
        """Have developer-1 propose a project and curator-1 approve it."""
        developer, curator = self._accounts["developer-1"], self._accounts["curator-1"]
        airlock = self._zone.airlock
        project = projects.propose(airlock, developer.account, "교통사고 중상 예측 · Severe injury", PURPOSE, 90)
        comment = "목적과 기간이 적절함 · purpose and period are sound"
        signature = _sign(curator, reviews.project_subject(project), comment)
        return projects.decide(airlock, curator.account, project.id, Verdict.APPROVE, comment, signature)

    def ask(self, project: ProjectRecord, desk: Path) -> RequestRecord:
        """Have developer-1 make a key pair on their own disk and submit a request; returns it in review."""
        developer, airlock = self._accounts["developer-1"], self._zone.airlock
        recipient = keygen(desk / "identity.txt")
        wish = requests.Wish(
            dataset=DATASET,
            columns=COLUMNS,
            where=FILTER,
            purpose=PURPOSE,
            project=project.id,
            recipient=recipient,
            days=30,
        )
        request = requests.create(airlock, developer.account, wish)
        requests.submit(airlock, developer.account, request.id)
        return self._wait(request.id, RequestState.IN_REVIEW)

    def decide(self, request: RequestRecord) -> RequestRecord:
        """Have both reviewers sign; returns the request once the dispatch Dag has built its release."""
        airlock = self._zone.airlock
        for reviewer in (self._accounts[name] for name in ("reviewer-1", "reviewer-2")):
            comment = "목적과 항목이 과제에 맞음 · columns and purpose fit the project"
            signature = _sign(reviewer, reviewing.request_subject(airlock, request), comment)
            reviewing.review_request(airlock, reviewer.account, request.id, Verdict.APPROVE, comment, signature)
        return self._wait(request.id, RequestState.RELEASED)

    def take(self, request: RequestRecord, desk: Path) -> Release:
        """Have developer-1 pull the package, verify it and unpack it on their own disk."""
        key = self._zone.keys.public_key(release.PACKAGE_KEY)
        record, stream = release.pull(self._zone.airlock, self._accounts["developer-1"].account, request.id)
        with stream:
            package = read_package(stream, desk / "identity.txt", desk / request.id, expect_key=key)
        signing.trust(key, self._zone.origin)
        return Release(request, record, package)

    def learn(self, request: RequestRecord, desk: Path) -> Score:
        """Have developer-1 load the package with the client and train on it."""
        return learn(sz.load(request.id, as_="pandas", dir=desk))

    def allow_audit(self) -> None:
        """Have the decisions made and recorded that auditor-1 may verify the log and take it along."""
        auditor = Actor.account(self._accounts["auditor-1"].account)
        for action in (Action.AUDIT_VERIFY, Action.AUDIT_EXPORT):
            self._zone.authorizer.authorize(auditor, action, LOG)

    def audit(self) -> tuple[Verification, str]:
        """Verify the log against its checkpoints and the witness.

        Returns:
            The verification, and the root hash the witness vouches for.

        Raises:
            IntegrityFailure: something in the log is not as it was written, or is not witnessed.
        """
        zone = Zone.open(self._settings, Duty.LOG)
        verification = verify_log(zone.catalog.engine, zone.log_keys, [zone.witness])
        note = zone.witness.latest()
        if not verification.ok or verification.unproven or note is None:
            text = verification.text()
            raise IntegrityFailure(
                "demo.log",
                (text.en, text.ko),
                ("Run safezone audit verify.", "safezone audit verify를 실행하십시오."),
            )
        return verification, open_checkpoint(note, zone.log_keys).root.hex()

    def _wait(self, request_id: str, wanted: RequestState) -> RequestRecord:
        """Wait for the dispatch Dag; a job that failed, or a request that took another way, is an error."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            request = self._zone.catalog.get(RequestRecord, request_id)
            jobs = self._zone.catalog.list(JobRecord, subject=request_id)
            if request.state is wanted and all(job.state is JobState.SUCCEEDED for job in jobs):
                return request
            failed = [job.reason for job in jobs if job.state is JobState.FAILED]
            if failed or request.state in {RequestState.RETURNED, RequestState.REJECTED, RequestState.ENDED}:
                raise _went_wrong(request, failed or list(request.checks.get("missing", [])))
            if time.monotonic() > deadline:
                raise _slow(request, wanted)
            for check in self._alive:
                check()
            time.sleep(_POLL_SECONDS)


def _sign(who: SampleAccount, subject: dict[str, Any], comment: str) -> bytes:
    return reviews.sign(account_key(who.key), subject, Verdict.APPROVE, comment)


def _went_wrong(request: RequestRecord, reasons: Sequence[str]) -> SafeZoneError:
    why = ", ".join(reasons) or "-"
    return SafeZoneError(
        "demo.request",
        (
            f"Request {request.id} did not get through: {request.state} ({why}).",
            f"신청 {request.id}이(가) 통과하지 못했습니다: {request.state} ({why}).",
        ),
        (
            "Look at the task logs of the dispatch Dag below airflow/logs.",
            "airflow/logs 아래 dispatch Dag의 작업 로그를 확인하십시오.",
        ),
    )


def _slow(request: RequestRecord, wanted: RequestState) -> Unavailable:
    return Unavailable(
        "demo.dispatch",
        (
            f"Request {request.id} is still {request.state}; {wanted} did not come in {_WAIT_SECONDS:.0f} s.",
            f"신청 {request.id}이(가) {_WAIT_SECONDS:.0f}초 안에 {wanted} 상태가 되지 않았습니다({request.state}).",
        ),
        ("Look at the logs below airflow/logs.", "airflow/logs 아래 로그를 확인하십시오."),
    )
