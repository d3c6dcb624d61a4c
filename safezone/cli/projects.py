"""`project new|list|show|member|approve|reject|close`: what extracts are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import Json, Yes, t
from safezone.errors import UsageError

if TYPE_CHECKING:
    from safezone.catalog.records import ProjectRecord

group = typer.Typer(help=t("과제: 목적, 구성원, 기간", "Projects: purpose, members, period"), no_args_is_help=True)
Project = Annotated[str, typer.Argument(metavar="PROJECT", help=t("과제 번호", "Project id"))]
Comment = Annotated[str, typer.Option("--comment", help=t("의견", "Comment"))]


def _acting() -> Acting:
    from safezone.model import Duty

    return Acting(Duty.PORTAL)


@group.command("new", help=t("과제 제안", "Propose a project"))
def new(
    name: Annotated[str | None, typer.Argument(metavar="[TITLE]", help=t("과제 이름", "Title"))] = None,
    title: Annotated[str | None, typer.Option("--title", help=t("같은 뜻", "The same, as an option"))] = None,
    purpose: Annotated[str, typer.Option("--purpose", help=t("무엇에 쓰는지", "What it is for"))] = "",
    days: Annotated[int, typer.Option("--days", help=t("기간(일)", "Period in days"))] = 365,
    member: Annotated[
        list[str] | None,
        typer.Option("--member", help=t("다른 개발자 계정(여러 번 가능)", "Another developer (may be repeated)")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Propose a project; it runs once somebody who is no part of it approves it."""
    from safezone.airlock.projects import propose

    called = name or title
    if not called or not purpose.strip():
        raise UsageError(
            "cli.usage",
            ("A project needs a title and a purpose.", "과제에는 이름과 목적이 필요합니다."),
            ("safezone project new TITLE --purpose TEXT", "safezone project new 이름 --purpose 목적"),
        )
    acting = _acting()
    made = propose(acting.zone.airlock, acting.account, called, purpose, days, tuple(member or ()))
    _told(made, as_json, ("제안했습니다", "proposed"), ("담당자나 심사자가", "a steward or reviewer"), "approve")


@group.command("list", help=t("과제 목록", "List projects"))
def list_(as_json: Json = False) -> None:
    """List the projects this account may see."""
    from safezone.access.actions import Action, project_resource
    from safezone.catalog.records import ProjectRecord, to_json

    acting = _acting()
    found = acting.zone.catalog.list(ProjectRecord)
    shown = acting.visible("project", found, Action.PROJECT_READ, project_resource)
    if as_json:
        say.emit([to_json(item) for item in shown])
        return
    rows = [
        (item.id, say.state(item.state.value), item.title, len(item.members), say.when(item.ends, day=True))
        for item in shown
    ]
    columns = [
        t("과제", "Project"),
        t("상태", "State"),
        t("이름", "Title"),
        t("인원", "Members") + ">",
        t("종료일", "Ends"),
    ]
    say.listed(
        rows,
        columns,
        ("과제가 없습니다. safezone project new", "No projects. safezone project new"),
        keep=(0, 1, 4),
    )


@group.command("show", help=t("과제 내용", "Show a project"))
def show(project: Project, as_json: Json = False) -> None:
    """Show a project."""
    from safezone.access.actions import Action, project_resource
    from safezone.catalog.records import ProjectRecord, to_json

    acting = _acting()
    record = acting.zone.catalog.get(ProjectRecord, project)
    acting.authorize(Action.PROJECT_READ, project_resource(record))
    if as_json:
        say.emit(to_json(record))
    else:
        say.facts(
            record.id, _summary(acting, record) | {t("상태", "State"): say.state(record.state.value, full=True)}
        )


def _summary(acting: Acting, project: ProjectRecord) -> dict[str, Any]:
    return {
        t("과제", "Project"): f"{project.title} ({project.id})",
        t("목적", "Purpose"): project.purpose,
        t("책임자", "Owner"): acting.name(project.owner),
        t("구성원", "Members"): ", ".join(acting.name(member) for member in project.members),
        t("기간", "Period"): f"{say.when(project.starts, day=True)} – {say.when(project.ends, day=True)}",
    }


@group.command("member", help=t("구성원 추가(다시 승인 필요)", "Add a member (it must be approved again)"))
def member(
    project: Project,
    name: Annotated[str, typer.Argument(metavar="NAME", help=t("개발자 계정 이름", "Name of a developer account"))],
    as_json: Json = False,
) -> None:
    """Add a member."""
    from safezone.airlock.projects import add_member

    acting = _acting()
    changed = add_member(acting.zone.airlock, acting.account, project, name)
    _told(
        changed,
        as_json,
        ("구성원을 추가했습니다", "has a new member"),
        ("담당자나 심사자가", "a steward or reviewer"),
        "approve",
    )


@group.command("approve", help=t("과제 승인에 서명", "Approve a project by signing it"))
def approve(project: Project, comment: Comment = "", yes: Yes = False, as_json: Json = False) -> None:
    """Approve a project as it stands."""
    _decide(project, "approve", comment, yes=yes, as_json=as_json)


@group.command("reject", help=t("과제를 승인하지 않고 종결", "Refuse a project; it is closed"))
def reject(
    project: Project,
    comment: Annotated[str, typer.Option("--comment", help=t("이유", "Why"))],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Refuse a project."""
    _decide(project, "reject", comment, yes=yes, as_json=as_json)


def _decide(project: str, verdict: str, comment: str, *, yes: bool, as_json: bool) -> None:
    from safezone.access.actions import Action, project_resource
    from safezone.airlock.projects import decide
    from safezone.catalog import reviews
    from safezone.catalog.records import ProjectRecord
    from safezone.model import Verdict

    acting = _acting()
    record = acting.zone.catalog.get(ProjectRecord, project)
    acting.authorize(Action.PROJECT_READ, project_resource(record))
    acting.require(Action.PROJECT_APPROVE, project_resource(record))
    decision = Verdict(verdict)
    shown = _summary(acting, record)
    signature = acting.sign(reviews.project_subject(record), decision, comment, shown, quiet=yes or as_json)
    after = decide(acting.zone.airlock, acting.account, project, decision, comment, signature)
    words = (
        ("승인했습니다", "is approved") if decision is Verdict.APPROVE else ("승인하지 않았습니다", "is refused")
    )
    _told(after, as_json, words)


@group.command("close", help=t("과제 종결", "Close a project"))
def close(project: Project, as_json: Json = False) -> None:
    """End a project: nothing can be asked for or built in its name any more."""
    from safezone.airlock.projects import close as end

    acting = _acting()
    _told(end(acting.zone.airlock, acting.account, project), as_json, ("종결했습니다", "is closed"))


def _told(
    project: ProjectRecord,
    as_json: bool,
    words: tuple[str, str],
    who: tuple[str, str] | None = None,
    then: str = "",
) -> None:
    from safezone.catalog.records import to_json

    if as_json:
        say.emit(to_json(project))
        return
    following = f"safezone project {then} {project.id}" if then else ""
    say.done(
        f"과제 {project.id}: {words[0]}.",
        f"Project {project.id} {words[1]}.",
        f"{who[0]} {following}" if who else "",
        f"{who[1]}: {following}" if who else "",
    )
