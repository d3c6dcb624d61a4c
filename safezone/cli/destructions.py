"""`keys destruction list|show|approve|withdraw|run`: keys are destroyed by two people and never by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import Json, Yes, t
from safezone.errors import SafeZoneError

if TYPE_CHECKING:
    from safezone.catalog.records import DestructionRecord

group = typer.Typer(
    help=t("키 파기: 요청, 동의, 실행", "Destruction of keys: asked for, agreed to, carried out"),
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(metavar="ID", help=t("파기 요청 번호", "Id of the destruction"))]
_SHOWN = 12


def _acting() -> Acting:
    from safezone.model import Duty

    return Acting(Duty.PORTAL)


def summary(acting: Acting, order: DestructionRecord) -> dict[str, Any]:
    """What a person sees of a destruction before signing it: the keys, and what will open no more."""
    from safezone.custody.scope import covered

    names = list(order.keys)
    found = [covered(acting.zone.catalog, name) for name in names]
    versions = [version for each in found for version in each.versions]
    more = f" … (+{len(names) - _SHOWN})" if len(names) > _SHOWN else ""
    return {
        t("번호", "Id"): order.id,
        t("사유", "Reason"): order.reason,
        t("범위", "Scope"): order.scope,
        t("요청자", "Asked by"): _people(acting).get(order.asked_by, order.asked_by),
        t("키", "Keys"): "\n".join(names[:_SHOWN]) + more,
        t("읽을 수 없게 될 버전", "Versions that will open no more"): len(versions),
        t("행", "Rows"): sum(version.rows for version in versions),
        t("수령 원본", "Received files"): sum(len(each.deliveries) + len(each.quarantined) for each in found),
        t("실행 가능 시각(UTC)", "Not before (UTC)"): say.when(order.due) if order.due else "",
    }


def _people(acting: Acting) -> dict[str, str]:
    """Names for those who may see a destruction: who agrees has to know who asked."""
    return {each.id: each.name for each in acting.zone.accounts.all()}


def _readable(acting: Acting, order: DestructionRecord) -> None:
    """Those who look after keys, auditors, and whoever may agree to it."""
    from safezone.access.actions import ZONE, Action, destruction_resource

    if acting.may(Action.KEYS_READ, ZONE):
        acting.authorize(Action.KEYS_READ, ZONE, f"destruction/{order.id}")
    else:
        acting.authorize(Action.KEYS_APPROVE, destruction_resource(order.id, order.asked_by), "show")


@group.command("list", help=t("파기 요청 목록", "List destructions"))
def list_(as_json: Json = False) -> None:
    """List the destructions this account may see."""
    from safezone.access.actions import ZONE, Action, destruction_resource
    from safezone.catalog.records import DestructionRecord, to_json

    acting = _acting()
    found = acting.zone.catalog.list(DestructionRecord)
    if acting.may(Action.KEYS_READ, ZONE):
        acting.authorize(Action.KEYS_READ, ZONE, "list/destruction")
    else:
        found = acting.visible(
            "destruction",
            found,
            Action.KEYS_APPROVE,
            lambda order: destruction_resource(order.id, order.asked_by),
        )
    if as_json:
        say.emit([to_json(order) for order in found])
        return
    people = _people(acting) if found else {}
    rows = [
        (
            say.two(order.id, order.certificate or order.scope or order.keys[0]),
            say.state(order.state.value),
            len(order.keys),
            people.get(order.asked_by, order.asked_by),
            say.when(order.due) if order.due else "",
        )
        for order in found
    ]
    columns = [
        t("요청", "Destruction"),
        t("상태", "State"),
        t("키", "Keys") + ">",
        t("요청자", "Asked by"),
        t("실행 가능(UTC)", "Not before (UTC)"),
    ]
    say.listed(rows, columns, ("파기 요청이 없습니다.", "No destructions."), keep=(1, 4))


@group.command("show", help=t("파기 요청 내용", "Show a destruction"))
def show(order_id: Id, as_json: Json = False) -> None:
    """Show a destruction, and what it would make unreadable."""
    from safezone.catalog.records import DestructionRecord, to_json
    from safezone.custody.scope import covered

    acting = _acting()
    order = acting.zone.catalog.get(DestructionRecord, order_id)
    _readable(acting, order)
    if as_json:
        versions = [version.id for name in order.keys for version in covered(acting.zone.catalog, name).versions]
        say.emit(to_json(order) | {"versions": versions})
        return
    more = {
        t("확인서", "Certificate"): order.certificate,
        t("상태", "State"): say.state(order.state.value, full=True),
    }
    say.facts(t("키 파기 요청", "Destruction of keys"), summary(acting, order) | more)


@group.command(
    "approve", help=t("다른 사람의 파기 요청에 동의(서명)", "Agree to somebody else's destruction by signing")
)
def approve(order_id: Id, yes: Yes = False, as_json: Json = False) -> None:
    """Agree to a destruction; it is carried out once the waiting time is over."""
    from safezone.access.actions import Action, destruction_resource
    from safezone.catalog import reviews
    from safezone.catalog.records import DestructionRecord, to_json
    from safezone.custody import orders
    from safezone.model import Verdict

    acting = _acting()
    order = acting.zone.catalog.get(DestructionRecord, order_id)
    acting.require(Action.KEYS_APPROVE, destruction_resource(order.id, order.asked_by))
    signed = orders.to_sign(acting.zone, order_id)
    signature = acting.sign(
        reviews.destruction_subject(signed), Verdict.APPROVE, "", summary(acting, signed), quiet=yes or as_json
    )
    after = orders.approve(acting.zone, acting.account, signed, signature)
    if as_json:
        say.emit(to_json(after))
        return
    moment = say.when(after.due) if after.due else ""
    say.done(
        f"{after.id}에 동의했습니다. {moment}(UTC) 이후 실행됩니다.",
        f"You agreed to {after.id}; it is carried out after {moment} UTC.",
        f"그 전에는 철회할 수 있습니다: safezone keys destruction withdraw {after.id}",
        f"until then it can be called off: safezone keys destruction withdraw {after.id}",
    )


@group.command(
    "withdraw", help=t("파기 요청 철회(요청자나 동의자)", "Call a destruction off: who asked, or who agreed")
)
def withdraw(order_id: Id, as_json: Json = False) -> None:
    """Call a destruction off, as long as it was not begun."""
    from safezone.catalog.records import to_json
    from safezone.custody import orders

    acting = _acting()
    after = orders.withdraw(acting.zone, acting.account, order_id)
    if as_json:
        say.emit(to_json(after))
        return
    say.done(f"{after.id}을(를) 철회했습니다.", f"Destruction {after.id} is called off.")


@group.command("run", help=t("대기 기간이 끝난 파기 실행", "Carry out destructions whose waiting time is over"))
def run(
    order_id: Annotated[str | None, typer.Argument(metavar="[ID]", help=t("이 요청만", "Only this one"))] = None,
    as_json: Json = False,
) -> None:
    """Carry destructions out. Without an id: all that are due; those still waiting are passed over."""
    from safezone.access.actions import ZONE, Action
    from safezone.backup import recovery
    from safezone.catalog.records import DestructionRecord, to_json
    from safezone.custody import orders
    from safezone.model import now

    acting = Acting(None)
    acting.authorize(Action.KEYS_DESTROY, ZONE, "destruction/run")
    catalog = acting.zone.catalog
    waiting = [
        order for order in catalog.list(DestructionRecord, state="APPROVED") if order.due and order.due <= now()
    ]
    chosen = [order_id] if order_id else [order.id for order in waiting]
    fault: SafeZoneError | None = None
    ended: list[DestructionRecord] = []
    for each in chosen:
        try:
            orders.run(acting.zone, acting.actor, each)
        except SafeZoneError as error:
            fault = fault or error
            continue
        ended.append(catalog.get(DestructionRecord, each))
    # Copies of the keystore made before would bring the keys back: those within reach are made anew at once.
    held = recovery.renew(acting.zone, acting.account.id) if ended else []
    left = sorted({f"{copy.copy.id} ({copy.path})" for copy in held if not copy.current})
    _told(ended, left, as_json, to_json, one=order_id is not None)
    if fault is not None:
        raise fault


def _told(ended: list[DestructionRecord], recovery: list[str], as_json: bool, to_json: Any, *, one: bool) -> None:
    if as_json:
        said = [to_json(order) | {"recovery": recovery} for order in ended]
        if said or not one:
            say.emit(said[0] if one else said)
        return
    for order in ended:
        say.done(
            f"{order.id}: 키 {len(order.keys)}개를 파기했습니다.",
            f"{order.id}: {len(order.keys)} keys are destroyed.",
            f"safezone keys certificate {order.certificate}",
            f"safezone keys certificate {order.certificate}",
        )
    if recovery:
        say.done(
            f"닿지 않는 복구 사본이 파기한 키를 아직 담고 있습니다: {', '.join(recovery)}.",
            f"Recovery copies out of reach still hold what was destroyed: {', '.join(recovery)}.",
            "safezone keys recovery confirm-destroyed ID",
            "safezone keys recovery confirm-destroyed ID",
        )
    if not ended and not one:
        say.done("실행할 파기 요청이 없습니다.", "No destruction is due.")
