"""How `policy suggest` shows what it found: a summary for people, JSON for programs, YAML for the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text as Styled

from safezone.cli import say
from safezone.cli.acting import settings
from safezone.cli.say import t

if TYPE_CHECKING:
    from pseudonymize.columns.model import Reason
    from pseudonymize.columns.propose import Proposal
    from safezone.sources.survey import Survey

_STYLES = {"direct": "red", "quasi": "yellow", "sensitive": "magenta", "free_text": "cyan", "other": "dim"}
_CLASSES = {
    "direct": "직접 식별자",
    "quasi": "준식별자",
    "sensitive": "민감 속성",
    "free_text": "자유 서술",
    "other": "기타",
}


def suggest_policies(paths: list[Path], out: Path | None, *, as_json: bool) -> None:
    """Look at files and show, print or write the policies proposed for them.

    Args:
        paths: files or delivery folders.
        out: file to write; with files of several shapes, the others are numbered beside it.
        as_json: print JSON.
    """
    from pseudonymize.columns.propose import propose
    from safezone.sources.isolation import Limits
    from safezone.sources.survey import survey

    found = []
    for number, look in enumerate(survey(paths, limits=Limits.of(settings())), start=1):
        proposals = propose(look.columns)
        target = None if out is None else out if number == 1 else out.with_name(f"{out.stem}-{number}{out.suffix}")
        dataset, text = _policy(look, proposals, target)
        if target is not None:
            _write(target, text)
        found.append((look, proposals, dataset, text, target))
    if as_json:
        say.emit([_json(*item) for item in found])
        return
    for look, proposals, _, text, target in found:
        _summary(look, proposals)
        if target is None:
            say.out().print(text, markup=False, soft_wrap=True)
        else:
            say.done(
                f"정책 초안을 {target}에 썼습니다.",
                f"Wrote the draft of a policy to {target}.",
                f"TODO로 표시한 곳을 채우고 safezone policy check {target}",
                f"complete what is marked TODO, then safezone policy check {target}",
            )


def _policy(look: Survey, proposals: list[Proposal], target: Path | None) -> tuple[str, str]:
    from safezone.policy.suggest import Draft, dataset_id, suggest_policy

    manifest = look.manifest
    if target is not None:
        dataset = dataset_id(target.stem)
    else:
        dataset = manifest.dataset if manifest else dataset_id(Path(look.files[0]).stem)
    draft = Draft(
        dataset,
        look.rows,
        look.source,
        controller=manifest.controller if manifest else "",
        files=look.files,
        bad_rows=look.bad_rows,
        renamed=look.detected.renamed,
    )
    return dataset, suggest_policy(draft, proposals)


def _write(target: Path, text: str) -> None:
    from safezone.errors import UsageError

    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            "policy.exists",
            (f"{target.name} is there already.", f"{target.name} 파일이 이미 있습니다."),
            ("Choose another name, or move it away.", "다른 이름을 고르거나 그 파일을 옮기십시오."),
        ) from None
    except OSError:
        raise UsageError(
            "policy.unwritable",
            (f"{target.name} cannot be written.", f"{target.name} 파일을 쓸 수 없습니다."),
            ("Choose a folder you may write to.", "쓸 수 있는 폴더를 고르십시오."),
        ) from None


def _summary(look: Survey, proposals: list[Proposal]) -> None:
    """The table people read; on stderr, so that what is piped into a file is the policy alone."""
    rows = [
        (say.two(item.name, f"{item.type} · {item.kind.value}"), _class(item), _why(item)) for item in proposals
    ]
    files = ", ".join(look.files[:3]) + (" …" if len(look.files) > 3 else "")
    title = t(f"{files} · {look.rows:,}행", f"{files} · {look.rows:,} rows")
    columns = [t("열", "Column"), t("분류·처리", "Class"), t("이유", "Why")]
    say.err().print(title, markup=False, style="bold")
    say.table(columns, rows, stderr=True)


def _class(item: Proposal) -> Styled:
    word = t(_CLASSES[item.identifier], item.identifier)
    method = str(item.transform.get("method", "keep"))
    return Styled.assemble((word, _STYLES[item.identifier]), "\n", (method, "dim"))


def _why(item: Proposal) -> Styled:
    spoken = 0 if say.language() == "ko" else 1
    text = Styled("; ".join(reason[spoken] for reason in item.reasons))
    for warning in item.warnings:
        text.append(f"\n! {warning[spoken]}", style="yellow")
    return text


def _json(look: Survey, proposals: list[Proposal], dataset: str, text: str, target: Path | None) -> dict[str, Any]:
    return {
        "id": look.files[0],
        "state": "ARRIVED",
        "files": list(look.files),
        "dataset": dataset,
        "rows": look.rows,
        "bad_rows": look.bad_rows,
        "source": look.source,
        "columns": [item.name for item in proposals],
        "proposals": [_column(item) for item in proposals],
        "policy": text,
        "out": None if target is None else str(target),
    }


def _column(item: Proposal) -> dict[str, Any]:
    return {
        "name": item.name,
        "type": item.type,
        "kind": item.kind.value,
        "identifier": item.identifier,
        "transform": item.transform or {"method": "keep"},
        "parse": item.parse,
        "nullable": item.nullable,
        "rows": item.profile.rows,
        "missing": item.profile.missing,
        "distinct": item.profile.distinct,
        "why": [_said(reason) for reason in item.reasons],
        "warnings": [_said(reason) for reason in item.warnings],
    }


def _said(reason: Reason) -> dict[str, str]:
    return {"ko": reason.ko, "en": reason.en}
