"""`init`, `keygen` and `up`: making a zone, making a developer's key, running a zone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from safezone.cli import say
from safezone.cli.say import Json, t


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("init", help=t("안심구역 만들기(다시 실행해도 안전)", "Make a zone (safe to run again)"))(init)
    app.command("keygen", help=t("개발자 age 키 만들기", "Make a developer's age key pair"))(keygen)
    app.command(
        "up", help=t("Airflow와 감사 로그를 Ctrl-C까지 실행", "Run Airflow and the audit log until Ctrl-C")
    )(up)


def init(
    demo: Annotated[bool, typer.Option("--demo", help=t("표본 계정도 등록", "Enrol sample accounts too"))] = False,
    as_json: Json = False,
) -> None:
    """Make a zone at SAFEZONE_HOME, or complete one that is there."""
    from safezone.cli.acting import settings
    from safezone.enrolment import enrol_first_administrator, enrol_sample_accounts, secrets_folder
    from safezone.keys import identity
    from safezone.zone import initialise

    chosen = settings()
    zone = initialise(chosen)
    if demo:
        accounts = list(enrol_sample_accounts(zone).values())
    else:
        first = enrol_first_administrator(zone)
        accounts = [first] if first else []
    recipient = identity.public_key(chosen.delivery_identity)
    folder = secrets_folder(chosen)
    zone.keep_log()
    if as_json:
        say.emit(
            {
                "id": zone.origin.split("/")[1],
                "state": "READY",
                "home": str(chosen.home.absolute()),
                "inbox": str(chosen.inbox.absolute()),
                "recipient": recipient,
                "accounts": [_account(item.name, item.account.id, folder) for item in accounts],
            }
        )
        return
    say.facts(
        t("안심구역", "Safe zone"),
        {
            t("상태", "State"): say.state("READY", full=True),
            t("위치", "Home"): chosen.home.absolute(),
            t("반입함", "Inbox"): chosen.inbox.absolute(),
            t("반입용 공개키", "Delivery key"): recipient,
            **(
                {t("키 서버", "Key server"): chosen.keys_url}
                if chosen.keys_url
                else {t("암호구 파일", "Passphrase file"): chosen.passphrase_file}
            ),
            t("증인", "Witness"): chosen.witness_url or chosen.witness_dir,
        },
    )
    if accounts:
        say.table(
            [t("계정", "Account"), t("역할", "Role"), t("소속", "Controller")],
            [(item.name, ", ".join(item.account.roles), item.account.controller) for item in accounts],
        )
        name = "curator-1" if demo else accounts[0].name
        say.done(
            f"토큰과 심사 키를 {folder}에 두었습니다(권한 0600).",
            f"Tokens and review keys are in {folder} (mode 0600).",
            f"export SAFEZONE_TOKEN=$(cat {folder / name}.token)",
            f"export SAFEZONE_TOKEN=$(cat {folder / name}.token)",
        )


def _account(name: str, account: str, folder: Path) -> dict[str, str]:
    return {
        "id": account,
        "state": "ACTIVE",
        "name": name,
        "token_file": str((folder / f"{name}.token").absolute()),
        "review_key_file": str((folder / f"{name}.key").absolute()),
    }


def keygen(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=t("만들 개인키 파일", "Identity file to make"))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("같은 뜻", "The same, as an option"))] = None,
    as_json: Json = False,
) -> None:
    """Make an age key pair: packages are encrypted to it, and opened with the file it writes."""
    from safezone.package.identity import keygen as make

    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    target = path or out or base / "safezone" / "identity.txt"
    public = make(target)
    if as_json:
        say.emit({"id": public, "state": "MADE", "recipient": public, "identity": str(target.absolute())})
        return
    say.done(
        f"개인키를 {target}에 만들었습니다. 다른 사람에게 주지 마십시오.",
        f"The identity file is {target}. Give it to nobody.",
        f"safezone request new --recipient {public} ...",
        f"safezone request new --recipient {public} ...",
    )


def up(
    port: Annotated[int | None, typer.Option(help=t("Airflow 화면의 포트", "Port of the Airflow UI"))] = None,
) -> None:
    """Run Airflow on 127.0.0.1 and the log duty beside it, until Ctrl-C or SIGTERM."""
    from safezone.local.up import main

    if code := main([] if port is None else ["--port", str(port)]):
        raise typer.Exit(code)
