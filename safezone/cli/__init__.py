"""The command line: parse, call, render. No rule of the zone is decided here."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main() -> None:
    """Run `safezone` with the arguments of the process; ends the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing but our own words reaches the terminal.

    Args:
        arguments: as the shell gives them, without the program's name.
    """
    from safezone.cli import say
    from safezone.cli.acting import settle
    from safezone.cli.app import invoke
    from safezone.errors import SafeZoneError

    as_json = "--json" in arguments
    try:
        code = invoke(list(arguments))
    except SafeZoneError as error:
        say.fail(error, as_json=as_json)
        code = error.exit_code
    except KeyboardInterrupt:
        return 130
    return settle(code, as_json=as_json)
