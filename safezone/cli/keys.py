"""`keys list|rotate|destroy|certificate`: custody of the zone's keys, at its console."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import destructions as destruction_commands
from safezone.cli import say
from safezone.cli.acting import Acting
from safezone.cli.say import Json, Yes, t
from safezone.errors import UsageError

if TYPE_CHECKING:
    from safezone.custody.rotation import Rotation

_BESIDE = 36
"""Columns that state, version and date take beside a name."""
group = typer.Typer(help=t("키 보관: 목록, 교체, 파기", "Key custody: list, rotate, destroy"), no_args_is_help=True)
group.add_typer(destruction_commands.group, name="destruction")


@group.command("list", help=t("키 목록(내용은 보이지 않음)", "List keys, without their material"))
def list_(as_json: Json = False) -> None:
    """List the keys."""
    from safezone.access.actions import ZONE, Action

    acting = Acting(None)
    acting.authorize(Action.KEYS_READ, ZONE)
    found = acting.zone.keys.list()
    gone = acting.zone.keys.destroyed()
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
    _table(
        [(key.name, "ACTIVE", key.current, key.created) for key in found]
        + [(name, "DESTROYED", None, at) for name, at in gone]
    )


def _table(keys: Sequence[tuple[str, str, int | None, str]]) -> None:
    """Print keys. On a narrow terminal a name has a line to itself: it is long, and people copy it."""
    rows: list[tuple[Any, ...]]
    if max((len(name) for name, *_ in keys), default=0) + _BESIDE <= say.out().width:
        rows = [(name, say.state(state), version, say.when(at, day=True)) for name, state, version, at in keys]
        columns = [t("키", "Key"), t("상태", "State"), t("판", "Version") + ">", t("날짜", "Date")]
    else:
        rows = [
            (
                say.two(name, (f"{t('판', 'version')} {version} · " if version else "") + say.when(at, day=True)),
                say.state(state),
            )
            for name, state, version, at in keys
        ]
        columns = [t("키", "Key"), t("상태", "State")]
    say.listed(
        rows, columns, ("키가 없습니다. safezone init", "No keys. safezone init"), keep=range(1, len(columns))
    )


@group.command(
    "rotate",
    help=t(
        "새 판을 만들고 데이터 키를 새 판으로 다시 감쌈", "Add a version and close every data key under it anew"
    ),
)
def rotate(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help=t("키 이름", "Names of keys"))
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help=t("오래된 데이터 보호 키 전부", "Every key-encryption key that is old"))
    ] = False,
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, help=t("며칠 지난 것(--all과 함께)", "Days, together with --all"))
    ] = 365,
    as_json: Json = False,
) -> None:
    """Rotate keys: parts and manifests stay as they are, key tables are rewritten."""
    from safezone.backup import recovery
    from safezone.cli.deliveries import progress_bar
    from safezone.custody import rotation

    if bool(names) == every:
        raise UsageError(
            "keys.which",
            ("Name keys, or give --all.", "키 이름이나 --all 중 하나를 지정하십시오."),
            (
                "safezone keys rotate KEY, or --all --older-than DAYS",
                "safezone keys rotate 키, 또는 --all --older-than 일",
            ),
        )
    acting = Acting(None)
    done = []
    chosen = rotation.due(acting.zone, older_than) if every else list(names or ())
    with progress_bar(quiet=as_json) as bars:
        for name in chosen:
            bar = bars.add_task(name, total=None)
            done.append(
                rotation.rotate(
                    acting.zone,
                    acting.actor,
                    name,
                    lambda looked, total, bar=bar: bars.update(bar, completed=looked, total=total),  # type: ignore[misc]
                )
            )
    if done:
        recovery.renew(acting.zone, acting.account.id)
    if as_json:
        said = [
            {
                "id": one.name,
                "state": "ACTIVE",
                "version": one.version,
                "rewrapped": one.rewrapped,
                "resumed": one.resumed,
            }
            for one in done
        ]
        say.emit(said[0] if len(said) == 1 and not every else said)
        return
    for one in done:
        _say_rotated(one)
    if not done:
        say.done("교체할 키가 없습니다.", "No key is that old.")


def _say_rotated(one: Rotation) -> None:
    kind = one.name.partition("/")[0]
    if kind == "kek":
        more = t(
            f" 데이터 키 {one.rewrapped:,}개를 다시 감쌌습니다.",
            f" Data keys closed anew under it: {one.rewrapped:,}.",
        )
    elif kind == "token":
        more = t(
            " 지금부터 만드는 토큰은 이전 판의 토큰과 연결되지 않습니다.",
            " Tokens made from now on do not match those made before.",
        )
    else:
        more = ""
    resumed = t(" 중단된 교체를 마쳤습니다.", " A rotation that was cut off is finished.") if one.resumed else ""
    say.done(
        f"{one.name}의 현재 판: {one.version}.{more}{resumed}",
        f"{one.name} is at version {one.version}.{more}{resumed}",
    )


@group.command(
    "destroy",
    help=t("키 파기 요청(두 번째 담당자의 동의 필요)", "Ask for keys to be destroyed; a second person agrees"),
)
def destroy(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help=t("키 이름", "Names of keys"))
    ] = None,
    dataset: Annotated[
        list[str] | None, typer.Option("--dataset", help=t("이 데이터셋의 모든 키", "Every key of this dataset"))
    ] = None,
    delivery: Annotated[
        list[str] | None, typer.Option("--delivery", help=t("이 수령 건의 모든 키", "Every key of this delivery"))
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help=t("사유(필수)", "Why (needed)"))] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Ask for keys to be destroyed. Nothing is destroyed until somebody else has agreed and the wait is over."""
    import sys

    from safezone.catalog import destructions
    from safezone.cli.destructions import summary
    from safezone.custody import orders
    from safezone.model import Verdict

    acting = Acting(None)
    if not reason.strip() and sys.stdin.isatty() and not as_json:
        reason = typer.prompt(t("파기 사유", "Why are they destroyed"), err=True)
    drafted = orders.draft(
        acting.zone, acting.account, names or [], reason, datasets=dataset or [], deliveries=delivery or []
    )
    shown = summary(acting, drafted)
    signature = acting.sign(destructions.asking_subject(drafted), Verdict.APPROVE, "", shown, quiet=yes or as_json)
    made = orders.ask(acting.zone, acting.account, drafted, signature)
    if as_json:
        from safezone.catalog.records import to_json

        say.emit(to_json(made))
        return
    say.done(
        f"파기 요청 {made.id}: 키 {len(made.keys)}개. 아직 파기된 것은 없습니다.",
        f"Destruction {made.id}: {len(made.keys)} keys. Nothing is destroyed yet.",
        f"다른 담당자가: safezone keys destruction approve {made.id}",
        f"somebody else: safezone keys destruction approve {made.id}",
    )


@group.command(
    "certificate", help=t("파기 확인서 출력·저장·검증", "Show, save or verify a destruction certificate")
)
def certificate(
    certificate_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help=t("확인서 번호", "Id of the certificate"))
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help=t("서명된 파일을 저장(읽을 글은 옆에 .md로)", "Save the signed file, its text beside it as .md"),
        ),
    ] = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", help=t("이 파일을 검증", "Verify this file instead"))
    ] = None,
    as_json: Json = False,
) -> None:
    """A certificate: what was destroyed, on whose word, and what nobody can prove."""
    from safezone.access.actions import ZONE, Action
    from safezone.custody import certificate as certificates
    from safezone.custody.certificate_text import readable

    if (certificate_id is None) == (verify is None):
        raise UsageError(
            "certificate.which",
            (
                "Give the id of a certificate, or --verify FILE.",
                "확인서 번호나 --verify 파일 중 하나를 지정하십시오.",
            ),
            ("See: safezone keys destruction list", "확인하십시오: safezone keys destruction list"),
        )
    acting = Acting(None)
    acting.authorize(Action.KEYS_READ, ZONE)
    if verify is not None:
        statement = certificates.check_file(acting.zone, verify)
    else:
        envelope, statement = certificates.load(acting.zone, str(certificate_id))
        if out is not None:
            certificates.save(out, envelope, statement)
    if as_json:
        say.emit({**statement, "state": "VALID"})
        return
    if verify is not None:
        say.done(f"{statement['id']}: 서명이 유효합니다.", f"{statement['id']}: the signature holds.")
        return
    say.out().print(readable(statement), markup=False, soft_wrap=True)
    if out is not None:
        say.done(f"저장했습니다: {out}", f"Saved: {out}")
