"""`account add|list`: who may act in the zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import Json, t

if TYPE_CHECKING:
    from safezone.model import Role

group = typer.Typer(help=t("계정 등록과 조회", "Enrol and list accounts"), no_args_is_help=True)


@group.command(
    "add",
    help=t("계정을 등록하고 토큰·심사 키 파일을 만듭니다", "Enrol an account; writes its token and review key"),
)
def add(
    name: Annotated[str, typer.Argument(help=t("계정 이름", "Name of the account"))],
    role: Annotated[
        list[str],
        typer.Option(
            "--role",
            help=t("역할(여러 번 가능)", "Role (may be repeated)")
            + ": administrator, steward, reviewer, developer, auditor",
        ),
    ],
    controller: Annotated[
        str | None, typer.Option("--controller", help=t("소속 기관(개인정보처리자)", "Controller it is scoped to"))
    ] = None,
    as_json: Json = False,
) -> None:
    """Enrol an account."""
    from safezone.access.actions import ZONE, Action
    from safezone.enrolment import enrol_to_files

    acting = Acting(None)
    acting.authorize(Action.ACCOUNT_ADD, ZONE)
    made = enrol_to_files(acting.zone, name, [_role(each) for each in role], controller, by=acting.account.id)
    token = made.key.with_suffix(".token")
    if as_json:
        say.emit(
            {
                "id": made.account.id,
                "state": "ACTIVE",
                "name": made.name,
                "roles": list(made.account.roles),
                "controller": made.account.controller,
                "token_file": str(token.absolute()),
                "review_key_file": str(made.key.absolute()),
            }
        )
        return
    say.done(
        f"{name} 계정({made.account.id})을 등록했습니다.",
        f"Enrolled {name} ({made.account.id}).",
        f"본인에게 {token}, {made.key} 파일을 전달하고 여기서 지우십시오.",
        f"Hand {token} and {made.key} to the person and delete them here.",
    )


def _role(name: str) -> Role:
    from safezone.errors import UsageError
    from safezone.model import Role

    try:
        return Role(name)
    except ValueError:
        raise UsageError(
            "account.role",
            ("There is no such role.", "그런 역할은 없습니다."),
            (f"Choose from: {', '.join(Role)}.", f"사용할 수 있는 역할: {', '.join(Role)}."),
        ) from None


@group.command("list", help=t("계정 목록", "List accounts"))
def list_(as_json: Json = False) -> None:
    """List the accounts."""
    from safezone.access.actions import ZONE, Action
    from safezone.catalog.records import to_json
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    acting.authorize(Action.ACCOUNT_LIST, ZONE)
    accounts = acting.zone.accounts.all()
    if as_json:
        say.emit([to_json(item) | {"state": _state(item.active)} for item in accounts])
        return
    rows = [
        (
            say.two(item.name, item.id),
            ", ".join(item.roles),
            item.controller,
            say.state(_state(item.active)),
            say.when(item.created, day=True),
        )
        for item in accounts
    ]
    columns = [
        t("계정", "Account"),
        t("역할", "Roles"),
        t("소속", "Controller"),
        t("상태", "State"),
        t("등록", "Enrolled"),
    ]
    say.listed(rows, columns, ("계정이 없습니다. safezone init", "No accounts. safezone init"))


def _state(active: bool) -> str:
    return "ACTIVE" if active else "REVOKED"
