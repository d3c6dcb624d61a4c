"""`account add|list|revoke`: who may act in the zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, confirm
from safezone.cli.say import Json, Yes, t

if TYPE_CHECKING:
    from safezone.model import Role

group = typer.Typer(help=t("계정 등록, 조회, 해지", "Enrol, list and revoke accounts"), no_args_is_help=True)


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


@group.command(
    "revoke",
    help=t(
        "계정 해지(되돌릴 수 없음, 이 계정의 심사도 무효)", "Revoke an account for good; its reviews count no more"
    ),
)
def revoke(
    name: Annotated[str, typer.Argument(metavar="ACCOUNT", help=t("계정 이름이나 번호", "Name or id"))],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Revoke an account: from now on its token opens nothing, and signatures of its key count for nothing."""
    from safezone.access.actions import ZONE, Action
    from safezone.catalog.accounts import revoke as end
    from safezone.errors import NotFound, WrongState

    acting = Acting(None)
    found = next((each for each in acting.zone.accounts.all() if name in (each.id, each.name)), None)
    acting.authorize(Action.ACCOUNT_ADD, ZONE, f"revoke/{found.id}" if found else "revoke")
    if found is None:
        raise NotFound(
            "account.unknown",
            ("There is no such account.", "그런 계정이 없습니다."),
            ("See: safezone account list", "확인하십시오: safezone account list"),
        )
    if not found.active:
        raise WrongState(
            "account.revoked",
            (f"The account {found.name} is revoked already.", f"{found.name} 계정은 이미 해지되었습니다."),
            ("There is nothing to do.", "더 할 일이 없습니다."),
        )
    if found.id == acting.account.id:
        raise WrongState(
            "account.own",
            ("Nobody revokes their own account.", "자기 계정은 해지할 수 없습니다."),
            (
                "Another administrator does it, so that one is always left.",
                "관리자가 늘 남아 있도록 다른 관리자가 해지하십시오.",
            ),
        )
    if not (yes or as_json):
        confirm((f"{found.name} 계정을 해지하시겠습니까? 되돌릴 수 없습니다.", f"Revoke {found.name} for good?"))
    end(acting.zone.catalog, acting.zone.keys, found, acting.account.id)
    if as_json:
        say.emit({"id": found.id, "state": "REVOKED", "name": found.name})
        return
    say.done(
        f"{found.name} 계정({found.id})을 해지했습니다.",
        f"Revoked {found.name} ({found.id}).",
        f"safezone audit by {found.id} (감사자)",
        f"safezone audit by {found.id} (an auditor)",
    )


def _state(active: bool) -> str:
    return "ACTIVE" if active else "REVOKED"
