"""`release build|list|revoke` and `pull`: what leaves the zone, and who takes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from safezone.cli import say
from safezone.cli.acting import Acting, confirm
from safezone.cli.say import Json, Yes, t

if TYPE_CHECKING:
    from safezone.access.actions import Resource
    from safezone.catalog.records import ReleaseRecord
    from safezone.package.read import Package
    from safezone.zone import Zone

group = typer.Typer(help=t("반출물", "Releases"), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("pull", help=t("반출물을 받아 검증하고 풀기", "Fetch, verify and unpack a release"))(pull)


def _resource(acting: Acting, record: ReleaseRecord) -> Resource:
    from safezone.access.actions import release_resource
    from safezone.catalog.records import RequestRecord

    return release_resource(record, acting.zone.catalog.get(RequestRecord, record.request).requester)


def _state(record: ReleaseRecord) -> str:
    from safezone.model import now

    if record.revoked is not None:
        return "REVOKED"
    return "EXPIRED" if record.expires <= now() else "RELEASED"


def _json(record: ReleaseRecord) -> dict[str, Any]:
    from safezone.catalog.records import to_json

    return to_json(record) | {"state": _state(record)}


@group.command("build", help=t("승인된 요청의 패키지 만들기", "Build the package of an approved request"))
def build(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help=t("요청 번호", "Request id"))],
    as_json: Json = False,
) -> None:
    """Build a package as the release duty, which proves everything again from signatures.

    The account only asks for it: what may be built is decided by the duty itself, for whoever asks. It must be
    one that may see the request.
    """
    from safezone.access.actions import Action
    from safezone.airlock import release
    from safezone.catalog.records import RequestRecord
    from safezone.cli.requests import readable
    from safezone.cli.work import do_queued
    from safezone.model import Duty, JobKind

    acting = Acting(Duty.RELEASE)
    record = acting.zone.catalog.get(RequestRecord, request)
    acting.authorize(Action.REQUEST_READ, readable(acting, record), f"request/{record.id}")
    do_queued(JobKind.BUILD, request)
    # The job's result, or, where its job is done already, the same release again: building is idempotent.
    made = release.build(acting.zone.airlock, request)
    if as_json:
        say.emit(_json(made))
        return
    say.done(
        f"반출물 {made.id}: {made.rows:,}행, {_size(made.size)}, {say.when(made.expires)}까지",
        f"Release {made.id}: {made.rows:,} rows, {_size(made.size)}, until {say.when(made.expires)}",
        f"요청자가: safezone pull {request} --identity ... --out ...",
        f"who asked for it: safezone pull {request} --identity ... --out ...",
    )


@group.command("list", help=t("반출물 목록", "List releases"))
def list_(as_json: Json = False) -> None:
    """List the releases this account may see."""
    from safezone.access.actions import Action
    from safezone.catalog.records import ReleaseRecord
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    found = acting.zone.catalog.list(ReleaseRecord)
    shown = acting.visible("release", found, Action.RELEASE_READ, lambda item: _resource(acting, item))
    if as_json:
        say.emit([_json(item) for item in shown])
        return
    rows = [
        (
            say.two(item.id, item.request),
            say.state(_state(item)),
            item.rows,
            _size(item.size),
            item.pulls,
            say.when(item.expires, day=True),
        )
        for item in shown
    ]
    columns = [
        t("반출물 / 요청", "Release / request"),
        t("상태", "State"),
        t("행", "Rows") + ">",
        t("크기", "Size") + ">",
        t("수령", "Pulls") + ">",
        t("만료", "Expires"),
    ]
    say.listed(
        rows,
        columns,
        (
            "반출물이 없습니다. 승인된 요청은: safezone release build",
            "No releases. For an approved request: safezone release build",
        ),
        keep=(0, 1, 5),
    )


@group.command("revoke", help=t("반출 철회: 더는 받을 수 없음", "Revoke a release: nobody can pull it any more"))
def revoke(
    release: Annotated[
        str, typer.Argument(metavar="RELEASE", help=t("반출물이나 요청 번호", "Release or request id"))
    ],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """End a release now; its package is removed."""
    from safezone.airlock import release as airlock
    from safezone.catalog.records import ReleaseRecord
    from safezone.model import Duty

    acting = Acting(Duty.PORTAL)
    of_request = acting.zone.catalog.list(ReleaseRecord, request=release)
    if not yes and not as_json:
        confirm((f"{release} 반출을 철회하시겠습니까?", f"Revoke {release}?"))
    after = airlock.revoke(acting.zone.airlock, acting.account, of_request[0].id if of_request else release)
    if as_json:
        say.emit(_json(after))
        return
    say.done(
        f"{after.id}을(를) 철회하고 패키지를 지웠습니다.",
        f"Revoked {after.id}; its package is gone.",
        "이미 받은 사람에게 파기를 요청하십시오." if after.pulls else "",
        "It was pulled: ask the recipient to destroy it." if after.pulls else "",
    )


def pull(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help=t("요청 번호", "Request id"))],
    identity: Annotated[
        Path, typer.Option("--identity", "-i", help=t("keygen이 만든 개인키 파일", "Identity file made by keygen"))
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help=t("이 폴더 아래 <요청 번호>에 풉니다", "Unpacked below, as <request id>")),
    ] = Path(),
    as_json: Json = False,
) -> None:
    """Fetch a release, verify signature and digests, and unpack it with the developer's own identity."""
    from safezone.airlock.release import pull as fetch
    from safezone.model import Duty
    from safezone.package.identity import read_identities
    from safezone.signing import trust

    # What the developer got wrong is found before the pull is counted.
    read_identities(identity)
    _require_free(out / request)
    acting = Acting(Duty.PORTAL)
    record, stream = fetch(acting.zone.airlock, acting.account, request)
    with stream:
        package = _unpack(acting.zone, stream, identity, out / request)
    # This is the zone itself speaking, so its key may be recorded: `sz.load` then knows who signed.
    trust(package.signer, acting.zone.origin)
    terms = package.predicate
    if as_json:
        say.emit(
            {
                "id": request,
                "state": "PULLED",
                "release": record.id,
                "folder": str((out / request).absolute()),
                "files": list(package.names),
                "rows": record.rows,
                "expires": terms["expires"],
                "signer": package.signer.hex(),
            }
        )
        return
    say.done(
        f"{request}: {record.rows:,}행을 검증하고 {out / request}에 풀었습니다. 이용 기한 {say.when(terms['expires'])}",
        f"{request}: {record.rows:,} rows verified, in {out / request}. To be used until {say.when(terms['expires'])}",
        f'import safezone.client as sz; sz.load("{request}", dir="{out}")',
        f'import safezone.client as sz; sz.load("{request}", dir="{out}")',
    )


def _require_free(target: Path) -> None:
    from safezone.errors import WrongState

    if target.exists():
        raise WrongState(
            "package.target",
            (f"{target} exists already.", f"{target}이(가) 이미 있습니다."),
            ("Name another folder, or use what is there.", "다른 폴더를 지정하거나 기존 폴더를 쓰십시오."),
        )


def _unpack(zone: Zone, stream: BinaryIO, identity: Path, target: Path) -> Package:
    """Unpack a package signed by any version of the zone's key, the newest tried first."""
    from safezone.airlock.release import PACKAGE_KEY
    from safezone.errors import IntegrityFailure
    from safezone.package.read import read_package

    versions = [version for key in zone.keys.list() if key.name == PACKAGE_KEY for version in key.versions]
    for version in sorted(versions, reverse=True):
        stream.seek(0)
        try:
            return read_package(stream, identity, target, expect_key=zone.keys.public_key(PACKAGE_KEY, version))
        except IntegrityFailure as error:
            if error.code != "signing.signature" or version == min(versions):
                raise
    raise IntegrityFailure(
        "signing.no_key",
        ("The zone has no key that signs packages.", "패키지에 서명하는 키가 없습니다."),
        ("Do not use the data; tell the zone's administrator.", "데이터를 사용하지 말고 관리자에게 알리십시오."),
    )


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"
