"""`policy check|approve|suggest|list`: what the zone may do with a dataset, and who agreed to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, settings
from safezone.cli.say import Json, Yes, t

if TYPE_CHECKING:
    from pseudonymize.detect.rules import DetectionRules
    from safezone.policy.dataset import DatasetPolicy
    from safezone.zone import Zone

group = typer.Typer(help=t("데이터셋 정책 점검과 승인", "Check and approve dataset policies"), no_args_is_help=True)


@group.command("check", help=t("정책 파일 점검(줄 번호로 안내)", "Check policy files; a fault names file and line"))
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help=t("정책 파일; 없으면 전체", "Policy files; all of the zone's if none")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check policies against their rules."""
    from safezone.policy.load import load_policies, load_policy, require_finished
    from safezone.policy.recognizers import FOLDER, is_recognizer_file, load_recognizer_file

    chosen = settings()
    datasets = sorted(path.stem for path in (chosen.policy_dir / "datasets").glob("*.yaml"))
    if files:
        added = [path for path in files if is_recognizer_file(path)]
        paths = [path for path in files if path not in added]
        policies = [load_policy(path, min_k=chosen.min_k) for path in paths]
    else:
        added = sorted((chosen.policy_dir / FOLDER).glob("*.yaml"))
        policies = list(load_policies(chosen.policy_dir / "datasets", min_k=chosen.min_k).values())
        paths = [chosen.policy_dir / "datasets" / f"{policy.dataset}.yaml" for policy in policies]
    for path, policy in zip(paths, policies, strict=True):
        require_finished(path, policy)
    rules = {f"{FOLDER}/{path.name}": load_recognizer_file(path, datasets=datasets) for path in added}
    if as_json:
        say.emit(
            [_json(policy) | {"state": "VALID"} for policy in policies]
            + [{"id": name, "state": "VALID"} | _counted(item) for name, item in rules.items()]
        )
        return
    if rules:
        say.table(
            [
                t("인식기 파일", "Recognizer file"),
                t("상태", "State"),
                t("인식기", "Recognizers") + ">",
                t("허용 목록", "Allow lists") + ">",
                t("예문", "Examples") + ">",
            ],
            [(name, say.state("VALID"), *_counted(item).values()) for name, item in rules.items()],
        )
    if not policies:
        return
    say.table(
        [t("데이터셋", "Dataset"), t("상태", "State"), "k>", t("열", "Columns") + ">", t("해시", "Digest")],
        [(p.dataset, say.state("VALID"), p.privacy.k, len(p.columns), p.sha256[:12]) for p in policies],
    )


@group.command("list", help=t("정책과 승인 현황", "Policies and their approvals"))
def list_(as_json: Json = False) -> None:
    """List the policies on disk with how many people approved exactly this text."""
    from safezone.access.actions import Action, dataset_resource
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    shown = acting.visible(
        "policy",
        acting.zone.policies.values(),
        Action.POLICY_READ,
        lambda policy: dataset_resource(policy.dataset, policy.controller),
    )
    found = [(policy, _approvals(acting.zone, policy)) for policy in shown]
    if as_json:
        say.emit([_json(policy) | {"approvals": n, "state": _state(n)} for policy, n in found])
        return
    rows = [
        (
            say.two(p.dataset, _title(p)),
            p.controller,
            p.classification.value,
            f"{n}/{_needed()}",
            say.state(_state(n)),
            p.sha256[:12],
        )
        for p, n in found
    ]
    columns = [
        t("데이터셋", "Dataset"),
        t("기관", "Controller"),
        t("등급", "Class"),
        t("승인", "Approvals"),
        t("상태", "State"),
        t("해시", "Digest"),
    ]
    say.listed(rows, columns, ("볼 수 있는 정책이 없습니다.", "No policies you may see."))


@group.command(
    "approve",
    help=t("정책의 해시에 서명하여 승인(두 사람 필요)", "Approve a policy by signing its digest (two people)"),
)
def approve(
    dataset: Annotated[str, typer.Argument(help=t("데이터셋", "Dataset"))],
    comment: Annotated[str, typer.Option("--comment", help=t("의견", "Comment"))] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Approve the policy of a dataset as it is on disk now."""
    from safezone.access.actions import Action, dataset_resource
    from safezone.catalog import policies as store
    from safezone.catalog import reviews
    from safezone.model import Duty, Verdict
    from safezone.policy.load import require_finished

    acting = Acting(Duty.PORTAL)
    policy = known(acting.zone, dataset)
    acting.authorize(Action.POLICY_APPROVE, dataset_resource(policy.dataset, policy.controller))
    require_finished(acting.zone.settings.policy_dir / "datasets" / f"{policy.dataset}.yaml", policy)
    signature = acting.sign(
        reviews.policy_subject(policy.sha256), Verdict.APPROVE, comment, summary(policy), quiet=yes or as_json
    )
    store.approve(acting.zone.catalog, acting.account, policy, signature, comment)
    approvals = _approvals(acting.zone, policy)
    if as_json:
        say.emit(_json(policy) | {"approvals": approvals, "state": _state(approvals)})
    elif approvals < _needed():
        say.done(
            f"{dataset} 정책을 승인했습니다({approvals}/{_needed()}).",
            f"Approved the policy of {dataset} ({approvals}/{_needed()}).",
            "다른 담당자 한 명이 더 승인하면 시행됩니다.",
            "It is in force once another steward approves it too.",
        )
    else:
        say.done(
            f"{dataset} 정책이 시행됩니다({approvals}/{_needed()}).",
            f"The policy of {dataset} is in force ({approvals}/{_needed()}).",
            f"safezone ingest {dataset} <반입물>",
            f"safezone ingest {dataset} <delivery>",
        )


@group.command("suggest", help=t("파일을 살펴 정책 초안을 제안", "Look at files and propose the start of a policy"))
def suggest(
    files: Annotated[
        list[Path], typer.Argument(help=t("살펴볼 파일이나 반입물 폴더", "Files, or a delivery's folder"))
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help=t("초안을 쓸 파일(<데이터셋>.yaml)", "File to write it to (<dataset>.yaml)")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Propose a policy, with the reasons for each column as comments; values are never shown."""
    from safezone.cli.suggesting import suggest_policies

    suggest_policies(files, out, as_json=as_json)


def known(zone: Zone, dataset: str) -> DatasetPolicy:
    """The policy of a dataset.

    Raises:
        NotFound: none describes it.
    """
    from safezone.errors import NotFound

    policy = zone.policies.get(dataset)
    if policy is None:
        raise NotFound(
            "policy.unknown",
            ("No policy describes that dataset.", "그 데이터셋을 설명하는 정책이 없습니다."),
            (f"There are: {', '.join(zone.policies)}.", f"정책이 있는 데이터셋: {', '.join(zone.policies)}."),
        )
    return policy


def summary(policy: DatasetPolicy) -> dict[str, Any]:
    """What an approver looks at before signing."""
    privacy = policy.privacy
    return {
        t("데이터셋", "Dataset"): f"{policy.dataset} · {_title(policy)}",
        t("기관", "Controller"): policy.controller,
        t("법적 근거", "Legal basis"): getattr(policy.legal_basis, say.language()),
        t("등급", "Class"): policy.classification.value,
        t("직접 식별자", "Direct identifiers"): ", ".join(
            c.name for c in policy.columns if c.identifier == "direct"
        ),
        t("준식별자", "Quasi-identifiers"): ", ".join(privacy.quasi_identifiers),
        t("민감 속성", "Sensitive"): ", ".join(privacy.sensitive),
        t("프라이버시 모델", "Privacy model"): f"k={privacy.k}, l={privacy.l}, ≤{privacy.suppression_limit:.1%}",
        t("적정성 검토", "Adequacy review"): policy.adequacy_review,
        t("추가 인식기", "Own recognizers"): ", ".join(rule.name for rule in policy.detection.recognizers),
        t("허용 목록", "Allow lists"): ", ".join(rule.name for rule in policy.detection.allow_lists),
        t("정책 해시", "Policy digest"): policy.sha256,
    }


def _counted(rules: DetectionRules) -> dict[str, int]:
    examples = [rule.examples for rule in rules.recognizers] + [rule.examples for rule in rules.allow_lists]
    return {
        "recognizers": len(rules.recognizers),
        "allow_lists": len(rules.allow_lists),
        "examples": sum(len(each.match) + len(each.no_match) for each in examples),
    }


def _title(policy: DatasetPolicy) -> str:
    return str(getattr(policy.title, say.language()))


def _approvals(zone: Zone, policy: DatasetPolicy) -> int:
    from safezone.catalog.policies import approvers

    return len(approvers(zone.catalog, zone.accounts, policy.sha256, policy.controller))


def _needed() -> int:
    from safezone.catalog.policies import APPROVALS

    return APPROVALS


def _state(approvals: int) -> str:
    return "IN_FORCE" if approvals >= _needed() else "PROPOSED"


def _json(policy: DatasetPolicy) -> dict[str, Any]:
    return {
        "id": policy.dataset,
        "title": policy.title.model_dump(),
        "controller": policy.controller,
        "classification": policy.classification.value,
        "digest": policy.sha256,
        "k": policy.privacy.k,
    }
