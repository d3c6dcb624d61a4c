"""`keys recovery split|list|renew|combine|confirm-destroyed`: the keystore, for the day its machine is gone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, confirm, settings
from safezone.cli.say import Json, t
from safezone.errors import UsageError

if TYPE_CHECKING:
    from safezone.backup.recovery import Held, Share
    from safezone.settings import Settings

group = typer.Typer(
    help=t("키 저장소 복구: 보관자 n명 중 m명이 함께", "Recovery of the keystore: m of n custodians together"),
    no_args_is_help=True,
)

_STATES = {"CURRENT": "최신", "OUTDATED": "이전 내용", "MISSING": "닿지 않음"}


@group.command("split", help=t("복구 키를 나누어 보관자에게 줌", "Split a recovery key among custodians"))
def split(
    custodian: Annotated[
        list[str],
        typer.Option("--custodian", help=t("보관자 이름(조각마다 한 번)", "A custodian (once for each share)")),
    ],
    threshold: Annotated[int, typer.Option("--threshold", help=t("필요한 조각 수", "Shares needed"))] = 3,
    shares: Annotated[int, typer.Option("--shares", help=t("전체 조각 수", "Shares in all"))] = 5,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help=t("조각 파일을 둘 폴더(안심구역 밖)", "Folder for the shares, outside the zone")
        ),
    ] = None,
    copy: Annotated[
        list[Path] | None,
        typer.Option("--copy", help=t("복구 사본도 둘 폴더(여러 번 가능)", "A folder to keep the copy in as well")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a recovery copy of the keystore and hand its shares out; earlier shares open nothing kept from then on."""
    from safezone.backup import recovery
    from safezone.backup.shares import check_custodians

    acting = Acting(None)
    check_custodians(custodian, shares)
    home = acting.zone.settings.home
    if out is None and (as_json or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError(
            "recovery.out",
            ("Shares are shown at a terminal only.", "조각은 터미널에서만 보여 줍니다."),
            ("Name a folder outside the zone: --out", "안심구역 밖의 폴더를 지정하십시오: --out"),
        )
    for folder in (*([out] if out else []), *(copy or [])):
        _require_outside(folder, home)
    for folder in copy or []:
        _require_there(folder)
    written: list[str] = []

    def hand_out(made: list[Share]) -> None:
        if out is None:
            _show(made)
        else:
            written.extend(_write(made, out))

    made = recovery.split(acting.zone, acting.actor, custodian, threshold, hand_out, copy or [])
    if as_json:
        say.emit({"state": "CURRENT", **made.to_json(), "shares": written})
        return
    for name, path in zip(custodian, written, strict=False):
        say.out().print(f"  {name}: {path}", markup=False, soft_wrap=True)
    say.done(
        f"{made.id}: {len(custodian)}명 중 {threshold}명이 모이면 키 저장소를 복구합니다. 조각 파일은 전달한 뒤 지우십시오.",
        f"{made.id}: any {threshold} of {len(custodian)} recover the keystore. Hand the share files over and delete them.",
        "safezone keys recovery list",
        "safezone keys recovery list",
    )


@group.command("list", help=t("복구 사본과 보관자", "Recovery copies and their custodians"))
def list_(as_json: Json = False) -> None:
    """List the recovery copies the zone knows of."""
    from safezone.access.actions import ZONE, Action
    from safezone.backup import recovery
    from safezone.backup.recovery_copy import require_keystore

    acting = Acting(None)
    acting.authorize(Action.KEYS_READ, ZONE, "recovery")
    require_keystore(acting.zone.settings)
    _list(recovery.copies(acting.zone), as_json=as_json)


@group.command(
    "renew", help=t("복구 사본을 지금의 키 저장소로 갱신", "Renew the copies from the keystore as it is now")
)
def renew(as_json: Json = False) -> None:
    """Make every recovery copy anew; custodians keep their shares."""
    from safezone.access.actions import ZONE, Action
    from safezone.backup import recovery
    from safezone.backup.recovery_copy import require_keystore

    acting = Acting(None)
    acting.authorize(Action.KEYS_SPLIT, ZONE, "renew")
    require_keystore(acting.zone.settings)
    _list(recovery.renew(acting.zone, acting.account.id), as_json=as_json)


@group.command("combine", help=t("조각을 모아 키 저장소 복구", "Recover the keystore from shares"))
def combine(
    copy: Annotated[Path, typer.Argument(metavar="COPY", help=t("복구 사본 파일", "The recovery copy"))],
    share: Annotated[
        list[Path] | None, typer.Option("--share", help=t("조각 파일(여러 번)", "File with a share (repeated)"))
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("--into", help=t("복구할 위치(기본 SAFEZONE_HOME)", "Where to (default SAFEZONE_HOME)")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put keystore and passphrase back. Without --share, shares are asked for (hidden), or read from stdin line by line."""
    from safezone.backup.combining import combine as put_back
    from safezone.backup.combining import read_share
    from safezone.backup.recovery_copy import require_keystore

    chosen = settings()
    if into is not None:
        chosen = chosen.model_copy(update={"home": into})
    require_keystore(chosen)
    given = [read_share(path) for path in share or ()]
    words = [each for each, _ in given] or _asked_for()
    made = put_back(copy, words, chosen, [key for _, key in given if key])
    again = _replayed(chosen)
    if as_json:
        result = {"state": "CURRENT", **made.to_json(), "keystore": str(chosen.keystore.absolute())}
        say.emit(result | {"destroyed_again": list(again)})
        return
    say.done(
        f"키 저장소를 {chosen.keystore}에, 암호구를 {chosen.passphrase_file}에 복구했습니다({made.made} 시점).",
        f"The keystore is at {chosen.keystore}, its passphrase at {chosen.passphrase_file}, as of {made.made}.",
        "safezone restore FILE(사본 이후 파기된 키는 복원할 때 다시 파기합니다)",
        "safezone restore FILE (it destroys again what was destroyed since this copy)",
    )
    for name in again:
        say.out().print(f"  {t('다시 파기함', 'destroyed again')}: {name}", markup=False, soft_wrap=True)


@group.command(
    "confirm-destroyed",
    help=t(
        "오프라인 사본을 지웠다는 보관자의 진술을 기록", "Record a custodian's word that an offline copy was erased"
    ),
)
def confirm_destroyed(
    recovery_id: Annotated[str, typer.Argument(metavar="ID", help=t("복구 번호", "Recovery id"))],
    custodian: Annotated[str, typer.Option("--custodian", help=t("진술한 보관자", "Who says so"))],
    copy: Annotated[
        int | None,
        typer.Option(
            "--copy", help=t("사본의 키 저장소 변경 번호", "The copy's keystore counter (else every older one)")
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the statement into the log."""
    from safezone.backup import recovery

    acting = Acting(None)
    recovery.confirm_erased(acting.zone, acting.actor, recovery_id, custodian, copy)
    if as_json:
        say.emit({"id": recovery_id, "state": "DESTROYED", "custodian": custodian, "copy": copy})
        return
    say.done("진술을 기록했습니다.", "The statement is in the log.")


def _list(found: list[Held], *, as_json: bool) -> None:
    if as_json:
        say.emit(
            [{**held.copy.to_json(), "state": _state(held), "file": str(held.path.absolute())} for held in found]
        )
        return
    rows: list[tuple[Any, ...]] = [
        (
            held.copy.id,
            t(_STATES[_state(held)], _state(held)),
            say.when(held.copy.made, day=True),
            f"{held.copy.threshold}/{len(held.copy.custodians)}",
            say.two(", ".join(held.copy.custodians), str(held.path.parent)),
        )
        for held in found
    ]
    columns = [
        t("복구", "Recovery"),
        t("상태", "State"),
        t("날짜", "Date"),
        "m/n",
        t("보관자, 위치", "Custodians, place"),
    ]
    empty = ("복구 사본이 없습니다. safezone keys recovery split", "No copies. safezone keys recovery split")
    say.listed(rows, columns, empty, keep=(0, 1, 3))


def _state(held: Held) -> str:
    if held.current:
        return "CURRENT"
    return "OUTDATED" if held.copy.counter else "MISSING"


def _require_outside(folder: Path, home: Path) -> None:
    if folder.resolve().is_relative_to(home.resolve()):
        raise UsageError(
            "recovery.inside",
            (f"{folder} lies inside the zone.", f"{folder}은(는) 안심구역 안에 있습니다."),
            ("Name a folder outside, best another medium.", "밖의 폴더, 되도록 다른 매체를 지정하십시오."),
        )


def _require_there(folder: Path) -> None:
    """A copy is kept where a medium is; one that is not mounted would be passed over in silence at each renewal."""
    if not folder.is_dir():
        raise UsageError(
            "recovery.no_folder",
            (f"There is no folder {folder} for the copy.", f"사본을 둘 폴더 {folder}이(가) 없습니다."),
            ("Make it, or mount its medium.", "폴더를 만들거나 저장 매체를 연결하십시오."),
        )


def _write(made: list[Share], out: Path) -> list[str]:
    from safezone.backup.files import put

    paths = [out / share.file_name for share in made]
    for share, path in zip(made, paths, strict=True):
        put(path, share.to_text().encode())
    return [str(path.absolute()) for path in paths]


def _show(made: list[Share]) -> None:
    """Show each custodian theirs, one after the other, on a cleared screen."""
    for share in made:
        confirm((f"{share.custodian}님만 화면 앞에 있습니까?", f"Is {share.custodian} alone at the screen?"))
        _clear()
        say.out().print(share.to_text(), markup=False)
        confirm(("받아 적고 대조했습니까?", "Written down and compared?"))
        _clear()


def _clear() -> None:
    """Clear the screen and what can be scrolled back to."""
    sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")
    sys.stdout.flush()


def _asked_for() -> list[str]:
    from safezone.backup.shares import threshold_of

    if not sys.stdin.isatty():
        return [line.strip() for line in sys.stdin if line.strip() and not line.startswith("#")]
    words = [_hidden(1)]
    while len(words) < threshold_of(words[0], 1):
        words.append(_hidden(len(words) + 1))
    return words


def _hidden(number: int) -> str:
    return str(typer.prompt(t(f"{number}번째 조각", f"Share {number}"), hide_input=True, err=True))


def _replayed(chosen: Settings) -> tuple[str, ...]:
    """Where the zone itself is still there, destroy again at once what was destroyed since the copy."""
    if not (chosen.home / "zone.json").exists():
        return ()
    from safezone.custody.destroy import replay
    from safezone.zone import Zone

    with Zone.open(chosen, None) as zone:
        return replay(zone).destroyed
