"""`version list|show|verify|review|withdraw` and `catalog`: what became of deliveries, and what is public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, confirm
from safezone.cli.say import Json, Yes, t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from safezone.catalog.records import VersionRecord
    from safezone.policy.dataset import DatasetPolicy

group = typer.Typer(help=t("데이터 버전과 적정성 검토", "Versions and their adequacy review"), no_args_is_help=True)
_STAGES = {
    "raw": ("원본", "raw"),
    "deidentified": ("가명처리", "deidentified"),
    "published": ("공개본", "published"),
}
Version = Annotated[str, typer.Argument(metavar="VERSION", help=t("버전 번호", "Version id"))]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("catalog", help=t("요청할 수 있는 공개 데이터", "What is published and can be asked for"))(catalog)


@group.command("list", help=t("버전 목록", "List versions"))
def list_(
    dataset: Annotated[str | None, typer.Option("--dataset", help=t("이 데이터셋만", "Only this dataset"))] = None,
    state: Annotated[str | None, typer.Option("--state", help=t("이 상태만", "Only in this state"))] = None,
    as_json: Json = False,
) -> None:
    """List the versions this account may see."""
    from safezone.access.actions import Action, version_resource
    from safezone.catalog.records import VersionRecord, to_json
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    equal: dict[str, Any] = {
        name: value for name, value in {"dataset": dataset, "state": state and state.upper()}.items() if value
    }
    found = acting.zone.catalog.list(VersionRecord, **equal)
    shown = acting.visible("version", found, Action.VERSION_READ, version_resource)
    if as_json:
        say.emit([to_json(item) for item in shown])
        return
    rows = [
        (
            say.two(item.id, item.dataset),
            t(*_STAGES[item.stage.value]),
            say.state(item.state.value),
            item.rows,
            say.when(item.created, day=True),
        )
        for item in shown
    ]
    columns = [
        t("버전", "Version"),
        t("단계", "Stage"),
        t("상태", "State"),
        t("행", "Rows") + ">",
        t("날짜", "Date"),
    ]
    say.listed(
        rows,
        columns,
        ("버전이 없습니다. 먼저: safezone ingest", "No versions. First: safezone ingest"),
        keep=(0, 2, 4),
    )


@group.command(
    "verify",
    help=t("저장된 모든 바이트를 매니페스트와 대조", "Compare every stored byte with the signed manifests"),
)
def verify(
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help=t("이 버전만", "Only this version"))
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at the parts of one version, or of all that this account may see. Nothing is decrypted."""
    from safezone.access.actions import Action, version_resource
    from safezone.catalog.records import VersionRecord
    from safezone.cli.deliveries import progress_bar
    from safezone.errors import IntegrityFailure
    from safezone.model import Duty, VersionState

    acting = Acting(Duty.PORTAL)
    catalog = acting.zone.catalog
    found = [catalog.get(VersionRecord, version)] if version else catalog.list(VersionRecord)
    if version:
        acting.authorize(Action.VERSION_READ, version_resource(found[0]))
    seen = acting.visible("version", found, Action.VERSION_READ, version_resource)
    looked: list[tuple[VersionRecord, int | None]] = []
    with progress_bar(quiet=as_json) as bars:
        bar = bars.add_task(t("버전 확인", "Looking at versions"), total=len(seen))
        for item in seen:
            if item.state is not VersionState.DESTROYED:
                try:
                    looked.append((item, acting.zone.vault.verify_stored(item)))
                except IntegrityFailure:
                    looked.append((item, None))
            bars.advance(bar)
    if as_json:
        said = [
            {"id": item.id, "state": "DAMAGED" if size is None else "WHOLE", "bytes": size} for item, size in looked
        ]
        say.emit(said[0] if version and said else said)
    else:
        rows = [
            (
                say.two(item.id, item.dataset),
                t(*_STAGES[item.stage.value]),
                say.state("DAMAGED" if size is None else "WHOLE"),
                None if size is None else f"{size / 1e6:,.1f}",
            )
            for item, size in looked
        ]
        columns = [t("버전", "Version"), t("단계", "Stage"), t("상태", "State"), "MB>"]
        say.listed(rows, columns, ("확인할 버전이 없습니다.", "No version to look at."), keep=(0, 2))
    if any(size is None for _, size in looked):
        raise typer.Exit(IntegrityFailure.exit_code)


@group.command("show", help=t("버전의 근거와 위험도", "Evidence and risk of a version"))
def show(version: Version, as_json: Json = False) -> None:
    """Show a version: counts, risk, findings and who reviewed it."""
    from safezone.access.actions import Action, version_resource
    from safezone.catalog.records import ReviewRecord, VersionRecord, to_json
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    record = acting.zone.catalog.get(VersionRecord, version)
    acting.authorize(Action.VERSION_READ, version_resource(record))
    reviews = acting.zone.catalog.list(ReviewRecord, kind="version", subject=record.id)
    manifest = acting.zone.vault.manifest(record)
    if as_json:
        more = {
            "columns": [list(column) for column in manifest.columns],
            "parts": len(manifest.parts),
            "reviews": [to_json(item, without=frozenset({"signature"})) for item in reviews],
        }
        say.emit(to_json(record) | more)
        return
    say.facts(record.id, summary(record) | {t("열", "Columns"): ", ".join(name for name, _ in manifest.columns)})
    if found := record.evidence.get("findings"):
        say.table(*findings_table(found))
    for item in reviews:
        say.facts(
            t("적정성 검토", "Adequacy review"),
            {
                t("검토자", "Reviewer"): acting.name(item.reviewer),
                t("결정", "Decision"): item.verdict.value,
                t("의견", "Comment"): item.comment,
                t("날짜", "Date"): say.when(item.created),
            },
        )


def findings_table(found: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """What was found in text, as columns and rows: counts by column, entity, recognizer and score band."""
    from pseudonymize.findings import Findings

    columns = [
        t("열", "Column"),
        t("개인정보", "Entity"),
        t("탐지기", "Recognizer"),
        t("신뢰도", "Score"),
        t("건수", "Count") + ">",
    ]
    bands = {"high": t("높음", "high"), "medium": t("보통", "medium"), "low": t("낮음", "low")}
    rows = [
        [column, entity, recognizer or "–", bands.get(band, band), count]
        for (column, entity, recognizer, band), count in sorted(Findings.from_json(found).counts.items())
    ]
    return columns, rows


def summary(record: VersionRecord) -> dict[str, Any]:
    """What there is to know of a version before deciding about it."""
    from pseudonymize.findings import Findings

    rows, risk = record.evidence.get("rows", {}), record.evidence.get("risk", {})
    before, after = record.evidence.get("risk_before", {}), record.evidence.get("risk_after", {})
    shown: dict[str, Any] = {
        t("데이터셋", "Dataset"): record.dataset,
        t("상태", "State"): say.state(record.state.value, full=True),
        t("단계", "Stage"): t(*_STAGES[record.stage.value]),
        t("반입물", "Delivery"): record.delivery,
    }
    if rows:
        shown |= {
            t("행 (받음/격리/삭제/남음)", "Rows (delivered/quarantined/suppressed/left)"): " / ".join(
                f"{rows.get(name, 0):,}" for name in ("delivered", "quarantined", "suppressed", "published")
            )
        }
    else:
        shown[t("행", "Rows")] = record.rows
    if risk:
        shown |= {
            t(
                "k (처리 전 → 후)", "k (before → after)"
            ): f"{before.get('k', '–')} → {after.get('k', risk.get('k'))}",
            t(
                "재식별 위험 평균", "Prosecutor risk, average"
            ): f"{_share(before.get('prosecutor_average'))} → {_share(risk.get('prosecutor_average'))}",
            t("삭제 비율", "Suppressed"): _share(risk.get("suppressed_share")),
        }
    if found := Findings.from_json(record.evidence.get("findings", [])).by_entity():
        counted = ", ".join(f"{entity} {count:,}" for entity, count in found.items())
        shown[t("텍스트에서 찾은 개인정보", "Personal data found in text")] = counted
    shown |= {
        t("기대 위반", "Expectations not met"): _unmet(record.evidence.get("expectations")),
        t("매니페스트 해시", "Manifest digest"): record.manifest_digest,
        t("정책 해시", "Policy digest"): record.policy,
    }
    return shown


def _share(value: Any) -> str:
    return f"{value:.2%}" if isinstance(value, (int, float)) else "–"


def _unmet(expectations: Any) -> str:
    if not isinstance(expectations, dict):
        return ""
    failed = [
        name for name, result in expectations.items() if isinstance(result, dict) and result.get("success") is False
    ]
    return ", ".join(failed) or t("없음", "none")


@group.command("review", help=t("적정성 검토에 서명", "Sign an adequacy review"))
def review(
    version: Version,
    verdict: Annotated[str, typer.Option("--verdict", help="approve, return, reject")] = "approve",
    comment: Annotated[str, typer.Option("--comment", help=t("의견", "Comment"))] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Decide whether a version is adequate (적정성 검토); an approval publishes it."""
    from safezone.access.actions import Action, version_resource
    from safezone.airlock.reviewing import review_version
    from safezone.catalog import adequacy
    from safezone.catalog.records import VersionRecord, to_json
    from safezone.cli.requests import verdict_of
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    decision = verdict_of(verdict)
    record = acting.zone.catalog.get(VersionRecord, version)
    acting.authorize(Action.VERSION_READ, version_resource(record))
    acting.require(Action.VERSION_REVIEW, version_resource(record))
    signature = acting.sign(adequacy.subject(record), decision, comment, summary(record), quiet=yes or as_json)
    after = review_version(acting.zone.airlock, acting.account, version, decision, comment, signature)
    if as_json:
        say.emit(to_json(after))
        return
    say.out().print(say.state(after.state.value, full=True))
    say.done(
        f"{version} 버전의 검토에 서명했습니다.",
        f"Signed the review of {version}.",
        f"safezone catalog {after.dataset}",
        f"safezone catalog {after.dataset}",
    )


@group.command(
    "withdraw", help=t("버전 철회: 더는 요청할 수 없음", "Withdraw a version: it can no longer be asked for")
)
def withdraw(version: Version, yes: Yes = False, as_json: Json = False) -> None:
    """Take a version back. Releases already made stay until they are revoked."""
    from safezone.airlock.reviewing import withdraw_version
    from safezone.catalog.records import to_json
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    if not yes and not as_json:
        confirm((f"{version}을(를) 철회하시겠습니까?", f"Withdraw {version}?"))
    after = withdraw_version(acting.zone.airlock, acting.account, version)
    if as_json:
        say.emit(to_json(after))
        return
    say.done(
        f"{version}을(를) 철회했습니다. 이미 반출된 것은 그대로입니다.",
        f"Withdrew {version}. What was released already stays.",
        "safezone release list, safezone release revoke",
        "safezone release list, safezone release revoke",
    )


def catalog(
    dataset: Annotated[str | None, typer.Argument(help=t("데이터셋", "Dataset"))] = None, as_json: Json = False
) -> None:
    """Show what is published: to find data, and the columns and terms of one dataset."""
    from safezone.access.actions import ZONE, Action
    from safezone.airlock.requests import published_version
    from safezone.catalog.records import VersionRecord
    from safezone.model import Duty, Stage, VersionState

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.CATALOG_READ, ZONE)
    airlock = acting.zone.airlock
    if dataset is not None:
        record = published_version(airlock, dataset)
        _show_dataset(record, airlock.policy(record), acting, as_json=as_json)
        return
    newest = {
        item.dataset: item
        for item in airlock.catalog.list(VersionRecord, stage=Stage.PUBLISHED, state=VersionState.PUBLISHED)
    }
    found = [(item, airlock.policy(item)) for item in newest.values()]
    if as_json:
        say.emit([_entry(item, policy) for item, policy in found])
        return
    rows = [
        (
            say.two(item.dataset, _title(policy)),
            policy.classification.value,
            item.rows,
            item.evidence.get("risk", {}).get("k"),
            say.when(item.created, day=True),
        )
        for item, policy in found
    ]
    columns = [t("데이터셋", "Dataset"), t("등급", "Class"), t("행", "Rows") + ">", "k>", t("날짜", "Date")]
    say.listed(rows, columns, ("아직 공개된 데이터가 없습니다.", "Nothing is published yet."), keep=(0, 4))


def _title(policy: DatasetPolicy) -> str:
    return str(getattr(policy.title, say.language()))


def _entry(record: VersionRecord, policy: DatasetPolicy) -> dict[str, Any]:
    return {
        "id": record.dataset,
        "state": record.state.value,
        "version": record.id,
        "title": policy.title.model_dump(),
        "controller": policy.controller,
        "classification": policy.classification.value,
        "rows": record.rows,
        "k": record.evidence.get("risk", {}).get("k"),
    }


def _show_dataset(record: VersionRecord, policy: DatasetPolicy, acting: Acting, *, as_json: bool) -> None:
    offered = policy.release.columns or tuple(column.name for column in policy.published_columns)
    types = dict(acting.zone.vault.manifest(record).columns)
    columns = [policy.column(name) for name in offered]
    if as_json:
        more = {
            "description": policy.description.model_dump(),
            "columns": [
                {
                    "name": column.name,
                    "title": column.title.model_dump(),
                    "type": types.get(column.name),
                    "identifier": column.identifier,
                    "transform": column.transform.method,
                }
                for column in columns
            ],
            "terms": policy.release.model_dump(mode="json"),
        }
        say.emit(_entry(record, policy) | more)
        return
    release = policy.release
    say.facts(
        f"{policy.dataset} · {_title(policy)}",
        {
            t("설명", "Description"): getattr(policy.description, say.language()),
            t("기관", "Controller"): policy.controller,
            t("등급", "Class"): policy.classification.value,
            t("버전", "Version"): record.id,
            t("행", "Rows"): record.rows,
            "k": record.evidence.get("risk", {}).get("k"),
            t("이용 조건", "Terms"): getattr(release.terms, say.language()),
            t("최대 기간", "Longest use"): f"{release.max_days}{t('일', ' days')}",
            t("형식", "Formats"): ", ".join(release.formats),
        },
    )
    say.table(
        [t("열", "Column"), t("뜻", "Meaning"), t("형", "Type"), t("처리", "Treatment")],
        [(c.name, getattr(c.title, say.language()), types.get(c.name), c.transform.method) for c in columns],
    )
    say.done(
        "요청할 수 있습니다.",
        "It can be asked for.",
        f"safezone request new --dataset {policy.dataset} --columns ... --purpose ... --project ... --recipient age1...",
        f"safezone request new --dataset {policy.dataset} --columns ... --purpose ... --project ... --recipient age1...",
    )
