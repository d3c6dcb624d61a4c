"""What the demo did, as one screen for people and one JSON file for programs."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from safezone.backup.make import Made
from safezone.catalog.records import VersionRecord
from safezone.local.journey import FILTER, Release
from safezone.local.keeping import Checked, Rotated
from safezone.local.learn import Score
from safezone.policy.dataset import DatasetPolicy
from safezone_verify.findings import Verification


def dataset_facts(version: VersionRecord, policy: DatasetPolicy, home: Path) -> dict[str, Any]:
    """What became of one delivery, from the evidence its published version carries."""
    evidence = version.evidence
    results = evidence["expectations"].values()
    found: Counter[str] = Counter()
    for finding in evidence["findings"]:
        found[finding["entity"]] += finding["count"]
    return {
        "dataset": version.dataset,
        "title": {"ko": policy.title.ko, "en": policy.title.en},
        "delivery": version.delivery,
        "version": version.id,
        "state": version.state.value,
        "rows": evidence["rows"],
        "findings": dict(found.most_common()),
        "k_required": policy.privacy.k,
        "k_before": evidence["risk_before"]["k"],
        "k_after": evidence["risk_after"]["k"],
        "expectations": {
            "passed": sum(result["passed"] for result in results),
            "total": sum(result["total"] for result in results),
            "critical_failures": sum(not result["success"] for result in results),
        },
        "datadocs": str(home / "datadocs" / version.dataset / version.id),
    }


def release_facts(taken: Release) -> dict[str, Any]:
    """The request and the package it became."""
    request, record, package = taken.request, taken.record, taken.package
    return {
        "id": request.id,
        "state": request.state.value,
        "project": request.project,
        "dataset": request.dataset,
        "version": request.version,
        "columns": list(request.columns),
        "filter": request.filter,
        "checks": request.checks,
        "release": record.id,
        "rows": record.rows,
        "bytes": record.size,
        "expires": record.expires.isoformat(),
        "files": list(package.names),
        "signer": package.signer.hex(),
        "pinned": package.pinned,
        "folder": str(package.folder),
    }


def facts(
    home: Path,
    datasets: Sequence[dict[str, Any]],
    taken: Release,
    score: Score,
    log: tuple[Verification, str],
    seconds: Mapping[str, float],
    total: float,
) -> dict[str, Any]:
    """Everything, as plain JSON values."""
    return {
        "ok": True,
        "home": str(home),
        "datasets": list(datasets),
        "request": release_facts(taken),
        "model": {
            "auc": round(score.model, 3),
            "baseline": round(score.baseline, 3),
            "rows": score.rows,
            "severe": score.severe,
        },
        "log": log[0].to_json() | {"root": log[1]},
        "seconds": dict(seconds),
        "total_seconds": round(total, 1),
    }


def kept_facts(rotated: Rotated, backup: Made, checked: Checked) -> dict[str, Any]:
    """The key rotated, the backup made, and the log as it was checked elsewhere."""
    return {
        "rotation": {
            "key": rotated.key,
            "version": rotated.version,
            "rewrapped": rotated.rewrapped,
            "untouched": rotated.untouched,
        },
        "backup": backup.to_json(),
        "verifier": {
            "program": str(checked.program),
            "folder": str(checked.folder),
            "arguments": checked.arguments,
            "state": checked.found["state"],
            **{name: checked.found[name] for name in ("size", "proven", "witnessed", "checkpoints")},
        },
    }


def show(console: Console, made: Mapping[str, Any]) -> None:
    """Print the summary."""
    console.print()
    console.print(_datasets(made["datasets"]))
    console.print(_found(made["datasets"]))
    console.print(_release(made))
    console.print(_kept(made))
    _next(console, made)


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="cyan",
    )


def _named(title: str) -> Table:
    """A table of names and what there is to say of each."""
    table = _table(title)
    table.show_header = False
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _datasets(datasets: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("공개된 데이터 · What was published")
    table.add_column("데이터셋\n[dim]dataset[/]", no_wrap=True)
    for ko, en in (
        ("접수", "in"),
        ("격리", "held"),
        ("삭제", "cut"),
        ("공개", "out"),
        ("k 전→후", "k"),
        ("기대", "checks"),
    ):
        table.add_column(f"{ko}\n[dim]{en}[/]", justify="right", no_wrap=True)
    for item in datasets:
        rows, checks = item["rows"], item["expectations"]
        good = "green" if checks["passed"] == checks["total"] else "yellow"
        table.add_row(
            item["dataset"],
            *(f"{rows[name]:,}" for name in ("delivered", "quarantined", "suppressed", "published")),
            f"{item['k_before']} → [green]{item['k_after']}[/]",
            f"[{good}]{checks['passed']}/{checks['total']}[/]",
        )
    return table


def _found(datasets: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("본문에서 찾아 가린 개인정보 · Personal data found in free text and taken out")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.show_header = False
    for item in datasets:
        counts = "  ".join(f"{entity}:[cyan]{count:,}[/]" for entity, count in item["findings"].items())
        table.add_row(item["dataset"], counts or "[dim]자유 서술 컬럼 없음 · no free text[/]")
    return table


def _release(made: Mapping[str, Any]) -> Table:
    request, model = made["request"], made["model"]
    checks = request["checks"]
    table = _named("반출 · The release")
    table.add_row(
        "신청\n[dim]request[/]",
        f"[bold]{request['id']}[/] [green]{request['state']}[/]  {request['dataset']}, "
        f"{len(request['columns'])} columns\n[dim]{escape(FILTER)}[/]",
    )
    table.add_row(
        "자동 점검\n[dim]checks[/]",
        f"k {checks['k']}, {checks['classes']} classes, {checks['rows']:,} rows, "
        f"{checks['suppressed']} suppressed\n"
        "[dim]심사자 2명 서명 · signed by two reviewers, proven again before it was built[/]",
    )
    table.add_row(
        "패키지\n[dim]package[/]",
        f"{request['rows']:,} rows, {request['bytes']:,} bytes, age + in-toto\n[dim]{escape(request['folder'])}[/]",
    )
    table.add_row(
        "모형\n[dim]model[/]",
        f"AUC [green]{model['auc']:.3f}[/] (기준선 · baseline {model['baseline']:.3f})\n"
        f"[dim]중상·사망 예측 · severe injury or death, {model['severe']:,} of {model['rows']:,} rows[/]",
    )
    return table


def _kept(made: Mapping[str, Any]) -> Table:
    rotation, backup, log, verifier = made["rotation"], made["backup"], made["log"], made["verifier"]
    contents = backup["contents"]
    table = _named("키, 백업, 감사 로그 · Keys, the backup and the log")
    table.add_row(
        "키 교체\n[dim]rotation[/]",
        f"v{rotation['version'] - 1} → [green]v{rotation['version']}[/], keys.json만 다시 씀 · "
        f"only keys.json rewritten\n[dim]{escape(rotation['key'])}[/]",
    )
    table.add_row(
        "백업\n[dim]backup[/]",
        f"{backup['size']:,} bytes, {contents.get('parts', 0):,} objects, {backup['log_size']:,} log entries\n"
        "[dim]암호화·서명, 키 저장소 제외 · sealed, signed, no keystore in it[/]\n"
        f"[dim]{escape(backup['file'])}[/]",
    )
    table.add_row(
        "감사 로그\n[dim]log[/]",
        f"{log['size']:,} entries, {log['witnessed']:,} witnessed, [green]온전함 · whole[/]\n[dim]{log['root']}[/]",
    )
    table.add_row(
        "외부 검증\n[dim]verifier[/]",
        f"{verifier['size']:,} entries, {verifier['checkpoints']:,} checkpoints, [green]온전함 · whole[/]\n"
        "[dim]안심구역 없이 확인 · by safezone-verify, with nothing of the zone[/]",
    )
    return table


def _next(console: Console, made: Mapping[str, Any]) -> None:
    """Where to look and what to type next; without a frame, so that it can be copied."""
    home = shlex.quote(made["home"])
    folder = str(Path(made["request"]["folder"]).parent)
    python = f'import safezone.client as sz; sz.load("{made["request"]["id"]}", dir={folder!r})'
    console.print()
    console.rule(f"[green]✓[/] 모두 확인됨 · everything held, {made['total_seconds']:.0f} s", style="green")
    for name, *lines in (
        ("품질 보고서 · Data Docs", f"{made['home']}/datadocs/*/*/index.html"),
        ("이 요약 · this summary", f"{made['home']}/demo.json"),
        ("화면 · the Airflow UI", f"SAFEZONE_HOME={home} make up"),
        (
            "명령줄 · command line",
            f"export SAFEZONE_HOME={home} SAFEZONE_TOKEN=$(cat {home}/accounts/auditor-1.token)",
            ".venv/bin/safezone audit verify",
        ),
        ("오프라인 검증 · offline", _offline(made["verifier"])),
        ("Python", python),
    ):
        console.print(f"[cyan]{name}[/]")
        for line in lines:
            console.print(f"  {escape(line)}", soft_wrap=True)


def _offline(verifier: Mapping[str, Any]) -> str:
    """The command an auditor types; the keys are what they must have from somewhere else than the bundle."""
    return shlex.join([".venv/bin/python", verifier["program"], *verifier["arguments"]])
