"""`witness`: the witness as a program of its own, and which one a zone believes.

Serving, `enrol` and `list` belong to the witness's machine: no zone, none of its settings, none of its libraries.
`trust` belongs to the zone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safezone.cli import say
from safezone.cli.say import Json, t
from safezone.errors import UsageError

if TYPE_CHECKING:
    from safezone.audit.witnesses.state import WitnessState

group = typer.Typer(
    help=t(
        "증인: 감사 로그가 되돌려지지 않았음을 안심구역 밖에서 보증하는 프로그램",
        "The witness: a program outside the zone that vouches for its log never having gone back",
    ),
    invoke_without_command=True,
)
State = Annotated[Path | None, typer.Option("--state", help=t("증인의 상태 폴더", "The witness's own folder"))]


@group.callback()
def serve(
    context: typer.Context,
    state: State = None,
    host: Annotated[str, typer.Option("--host", help=t("대기 주소", "Address to listen on"))] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help=t("포트(0은 빈 포트)", "Port (0 takes a free one)"))
    ] = 8765,
    certificate: Annotated[
        Path | None, typer.Option("--tls-cert", help=t("TLS 인증서(PEM)", "TLS certificate chain (PEM)"))
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--tls-key", help=t("그 개인키(PEM, 0600)", "Its private key (PEM, 0600)"))
    ] = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    opened = _open(state)
    try:
        from safezone.audit.witnesses.server import serve as run
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in {"starlette", "uvicorn", "h11"}:
            raise
        raise UsageError(
            "witness.light",
            (
                "The witness program needs its server's libraries.",
                "증인 프로그램에는 서버 라이브러리가 필요합니다.",
            ),
            ("Install them: pip install 'safezone[witness]'", "설치하십시오: pip install 'safezone[witness]'"),
        ) from None

    def ready(address: str) -> None:
        # Plain lines: whoever starts the program reads both from here.
        print(f"{opened.key.to_text()}\n{address}", flush=True)

    run(opened, host, port, certificate=certificate, key=key, ready=ready)


@group.command(
    "enrol", help=t("지켜볼 로그의 공개키 등록(증인 쪽에서)", "Watch a log by its public key (at the witness)")
)
def enrol(
    vkey: Annotated[
        str, typer.Argument(metavar="VKEY", help=t("로그의 공개키(이름+id+base64)", "The log's public key"))
    ],
    state: State = None,
    as_json: Json = False,
) -> None:
    """Enrol a log, or a further key of one after a rotation. Whoever does so has the key from the zone's people."""
    from safezone.audit.checkpoint import read_key

    key = read_key(vkey)
    _open(state).enrol(key)
    if as_json:
        say.emit({"id": key.name, "state": "ENROLLED", "key": key.to_text()})
        return
    say.done(f"이제 {key.name} 로그를 지켜봅니다.", f"Watching {key.name} from now on.")


@group.command(
    "list", help=t("지켜보는 로그와 최신 크기(증인 쪽에서)", "Logs watched and how far (at the witness)")
)
def list_(state: State = None, as_json: Json = False) -> None:
    """List the logs enrolled, with the size of the newest checkpoint accepted."""
    rows = []
    for record in _open(state).records():
        keys = record.keys()
        rows.append((keys[0].name, record.size(), len(keys)))
    if as_json:
        say.emit(
            [
                {"id": name, "state": "WATCHED" if size else "ENROLLED", "size": size, "keys": keys}
                for name, size, keys in rows
            ]
        )
        return
    columns = [t("로그", "Log"), t("기록 수", "Entries") + ">", t("키", "Keys") + ">"]
    none = ("등록된 로그가 없습니다. safezone witness enrol", "No log is enrolled. safezone witness enrol")
    say.listed(rows, columns, none, keep=(0, 1))


@group.command(
    "trust", help=t("안심구역이 신뢰할 증인의 공개키 지정", "Name the key of the witness this zone believes")
)
def trust(
    vkey: Annotated[
        str,
        typer.Argument(metavar="VKEY", help=t("증인 운영자에게 받은 공개키", "The key its operator gave you")),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help=t("이전 증인을 대신함", "In place of the one before"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Pin the witness's public key: a cosignature by any other does not count."""
    from safezone.access.actions import ZONE, Action
    from safezone.audit.checkpoint import read_key
    from safezone.audit.event import AuditEvent, EventType
    from safezone.audit.witnesses.trust import pin
    from safezone.cli.acting import Acting

    name = read_key(vkey).name
    acting = Acting(None)
    acting.authorize(Action.KEYS_ROTATE, ZONE, name)
    event = AuditEvent(EventType.KEY_CREATED, acting.account.id, name, "trust", details={"vkey": vkey.strip()})
    with acting.zone.catalog.write(event):
        key = pin(acting.zone.witness_key_file, vkey, replace=replace)
    logs = [each.to_text() for each in acting.zone.log_keys]
    if as_json:
        say.emit({"id": key.name, "state": "TRUSTED", "key": key.to_text(), "log_keys": logs})
        return
    say.done(
        f"이제 {key.name} 증인의 서명을 신뢰합니다.",
        f"Cosignatures by {key.name} count from now on.",
        f"증인 쪽에서: safezone witness enrol --state DIR '{logs[0]}'",
        f"at the witness: safezone witness enrol --state DIR '{logs[0]}'",
    )


def _open(state: Path | None) -> WitnessState:
    from safezone.audit.witnesses.state import WitnessState

    if state is None:
        raise UsageError(
            "witness.state",
            ("The witness's own folder was not named.", "증인의 상태 폴더가 지정되지 않았습니다."),
            ("Give it: --state DIR", "지정하십시오: --state 폴더"),
        )
    return WitnessState(state)
