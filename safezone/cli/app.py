"""The commands in their groups, and the one place where what they raise is caught."""

from __future__ import annotations

from typing import Any

import typer
from typer import rich_utils
from typer.exceptions import Abort, TyperException

from safezone.audit import circumstances
from safezone.boundary import boundary
from safezone.cli import (
    accounts,
    audit,
    backup,
    deliveries,
    detect,
    key_server,
    keys,
    policies,
    projects,
    quarantine,
    questions,
    recovery,
    releases,
    requests,
    say,
    versions,
    witness,
    zone,
)
from safezone.errors import UsageError

app = typer.Typer(
    name="safezone",
    help=say.t(
        "공공 데이터를 안전하게 가명처리하여 AI 개발에 제공하는 데이터 안심구역.",
        "A safe zone: agencies share what their data can teach AI, not the people in it.",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _speak() -> None:
    """Put the headings of the help pages into the language spoken."""
    rich_utils.ARGUMENTS_PANEL_TITLE = say.t("인수", "Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say.t("옵션", "Options")
    rich_utils.COMMANDS_PANEL_TITLE = say.t("명령", "Commands")
    rich_utils.REQUIRED_LONG_STRING = say.t("[필수]", "[required]")
    rich_utils.DEFAULT_STRING = say.t("[기본값: {}]", "[default: {}]")


def _speak_of_help(command: Any) -> None:
    option = command.get_help_option(typer.Context(command))
    if option is not None:
        option.help = say.t("이 도움말 표시", "Show this help")
    for inner in getattr(command, "commands", {}).values():
        _speak_of_help(inner)


def _version(asked: bool) -> None:
    if asked:
        from safezone import __version__

        say.out().print(f"safezone {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help=say.t("버전 표시", "Show the version")
    ),
) -> None:
    pass


_speak()
_TOGETHER = (zone, deliveries, detect, versions, releases, audit, backup)
for _module in _TOGETHER:
    _module.register(app)
keys.group.add_typer(recovery.group, name="recovery")
key_server.register(keys.group)
questions.register(audit.group)
for _name, _group in (
    ("account", accounts.group),
    ("policy", policies.group),
    ("quarantine", quarantine.group),
    ("version", versions.group),
    ("project", projects.group),
    ("request", requests.group),
    ("review", requests.review),
    ("release", releases.group),
    ("audit", audit.group),
    ("keys", keys.group),
    ("witness", witness.group),
):
    app.add_typer(_group, name=_name)


def invoke(arguments: list[str]) -> int:
    """Run one command.

    Raises:
        SafeZoneError: everything that goes wrong, also what typer and libraries raise.
        KeyboardInterrupt: the person stopped it.
    """
    command: Any = typer.main.get_command(app)
    _speak_of_help(command)
    with boundary("cli"), circumstances.under(**{"from": circumstances.terminal()}):
        try:
            result = command.main(args=arguments, prog_name="safezone", standalone_mode=False)
        except Abort:
            raise KeyboardInterrupt from None
        except TyperException as error:
            if type(error).__name__ == "NoArgsIsHelpError":
                return 2  # the help page was printed while it was made
            raise _misused(error) from None
        except ModuleNotFoundError as error:
            if str(error.name).partition(".")[0] in {"safezone", "pseudonymize", "validation"}:
                raise
            raise _light() from None
    return result if isinstance(result, int) else 0


def _light() -> UsageError:
    return UsageError(
        "cli.light",
        ("This command needs the zone's own libraries.", "이 명령에는 안심구역 본체의 라이브러리가 필요합니다."),
        ("Install them: pip install 'safezone[zone]'", "설치하십시오: pip install 'safezone[zone]'"),
    )


def _misused(error: TyperException) -> UsageError:
    """What typer says of wrong arguments, in both languages."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "safezone"
    hint = getattr(error, "param_hint", None)
    param = getattr(error, "param", None)
    if hint is None and param is not None:
        hint = param.get_error_hint()
    name = " / ".join(hint) if isinstance(hint, (list, tuple)) else str(hint or "")
    korean = {
        "MissingParameter": f"필요한 인수나 옵션이 없습니다: {name}.",
        "NoSuchOption": f"없는 옵션입니다: {getattr(error, 'option_name', '')}.",
        "BadParameter": f"값이 올바르지 않습니다: {name}.",
        "BadOptionUsage": f"옵션을 잘못 사용했습니다: {getattr(error, 'option_name', '')}.",
    }.get(type(error).__name__, "명령의 형식이 올바르지 않습니다.")
    return UsageError(
        "cli.usage",
        (error.format_message(), korean),
        (f"See: {path} --help", f"사용법: {path} --help"),
    )
