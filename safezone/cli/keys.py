"""`keys list|rotate|destroy`: custody of the zone's keys, at its console."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, confirm
from safezone.cli.say import Json, Yes, t

group = typer.Typer(help=t("키 보관: 목록, 교체, 파기", "Key custody: list, rotate, destroy"), no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="KEY", help=t("키 이름", "Name of the key"))]


@group.command("list", help=t("키 목록(내용은 보이지 않음)", "List keys, without their material"))
def list_(as_json: Json = False) -> None:
    """List the keys."""
    from safezone.access.actions import ZONE, Action

    acting = Acting(None)
    acting.authorize(Action.KEYS_READ, ZONE)
    found = acting.zone.keys.list()
    gone: list[tuple[str, str]] = getattr(
        acting.zone.keys, "destroyed", list
    )()  # a provider may not remember what it destroyed
    if as_json:
        living = [
            {
                "id": key.name,
                "state": "ACTIVE",
                "version": key.current,
                "versions": list(key.versions),
                "created": key.created,
            }
            for key in found
        ]
        say.emit(living + [{"id": name, "state": "DESTROYED", "destroyed": at} for name, at in gone])
        return
    rows: list[tuple[Any, ...]] = [
        (key.name, say.state("ACTIVE"), key.current, say.when(key.created, day=True)) for key in found
    ]
    rows += [(name, say.state("DESTROYED"), None, say.when(at, day=True)) for name, at in gone]
    columns = [t("키", "Key"), t("상태", "State"), t("판", "Version") + ">", t("날짜", "Date")]
    say.listed(rows, columns, ("키가 없습니다. safezone init", "No keys. safezone init"), keep=(1, 3))


@group.command(
    "rotate", help=t("새 판을 만들어 사용(이전 판은 열기만)", "Add a version and use it; earlier ones still open")
)
def rotate(name: Name, as_json: Json = False) -> None:
    """Rotate a key."""
    from safezone.access.actions import ZONE, Action
    from safezone.audit.event import AuditEvent, EventType

    acting = Acting(None)
    acting.authorize(Action.KEYS_ROTATE, ZONE, f"key/{name}")
    event = AuditEvent(EventType.KEY_ROTATED, acting.account.id, f"key/{name}")
    with acting.zone.catalog.write(event):
        version = acting.zone.keys.rotate(name)
    if name == "sign/checkpoint":
        acting.zone.witness.enrol(acting.zone.log_keys)  # else it would refuse the next checkpoint
    if as_json:
        say.emit({"id": name, "state": "ACTIVE", "version": version})
        return
    say.done(f"{name}의 새 판은 {version}입니다.", f"{name} is at version {version} now.")


@group.command("destroy", help=t("키 파기: 되돌릴 수 없음", "Destroy a key: what it protects is gone for good"))
def destroy(name: Name, yes: Yes = False, as_json: Json = False) -> None:
    """Destroy a key, and with it every copy of what it protects."""
    import sys

    from safezone.access.actions import ZONE, Action
    from safezone.audit.event import AuditEvent, EventType
    from safezone.errors import UsageError

    acting = Acting(None)
    acting.authorize(Action.KEYS_DESTROY, ZONE, f"key/{name}")
    if not yes:
        if not sys.stdin.isatty() or as_json:
            raise UsageError(
                "cli.unconfirmed",
                (
                    "Destroying a key cannot be undone and must be confirmed.",
                    "키 파기는 되돌릴 수 없어 확인이 필요합니다.",
                ),
                ("Add --yes.", "--yes를 붙이십시오."),
            )
        confirm((f"{name}을(를) 영구히 파기하시겠습니까?", f"Destroy {name} for good?"))
    event = AuditEvent(EventType.KEY_DESTROYED, acting.account.id, f"key/{name}", purpose="console")
    with acting.zone.catalog.write(event):
        acting.zone.keys.destroy(name)
    if as_json:
        say.emit({"id": name, "state": "DESTROYED"})
        return
    say.done(
        f"{name}을(를) 파기했습니다. 보호하던 내용은 열 수 없습니다.",
        f"Destroyed {name}; nothing opens what it protected.",
    )
