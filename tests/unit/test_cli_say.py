"""How the command line speaks: at once, in two languages, and never with a library's words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from safezone.cli import app, run, say
from safezone.model import JobState, ProjectState, RequestState, VersionState

HEAVY = (
    "sqlalchemy",
    "pydantic",
    "pyarrow",
    "duckdb",
    "cedarpy",
    "great_expectations",
    "airflow",
    "pandas",
    "numpy",
)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(autouse=True)
def _no_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SAFEZONE_TOKEN", "SAFEZONE_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAFEZONE_HOME", str(tmp_path / "zone"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "80")


def test_help_loads_none_of_the_zones_libraries() -> None:
    done = python(
        "import sys\nfrom safezone.cli import run\nassert run(['--help']) == 0\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_keygen_runs_on_the_light_install(tmp_path: Path) -> None:
    done = python(
        "import sys\n"
        "for name in ('sqlalchemy', 'pydantic_settings', 'duckdb', 'cedarpy', 'great_expectations'): sys.modules[name] = None\n"
        "from safezone.cli import run\n"
        f"raise SystemExit(run(['keygen', {str(tmp_path / 'id.txt')!r}, '--json']))"
    )
    made = json.loads(done.stdout)
    assert made["recipient"].startswith("age1")
    assert (tmp_path / "id.txt").stat().st_mode & 0o777 == 0o600


def test_a_command_of_the_zone_says_what_the_light_install_lacks() -> None:
    done = python(
        "import sys\nsys.modules['pydantic_settings'] = None\n"
        "from safezone.cli import run\nraise SystemExit(run(['catalog', '--json']))"
    )
    assert done.returncode == 2
    assert json.loads(done.stderr)["error"] == "cli.light"


def test_keygen_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keygen", str(tmp_path / "id.txt")]) == 0
    assert run(["keygen", str(tmp_path / "id.txt"), "--json"]) == 5
    assert json.loads(capsys.readouterr().err)["error"] == "identity.exists"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["no-such-command"],
        ["version", "show"],
        ["request", "new"],
        ["sample", "x", "--rows", "many"],
    ],
)
def test_wrong_arguments_end_with_2_and_say_how_in_korean(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json"]) == 2
    said = json.loads(capsys.readouterr().err)
    assert said["error"] == "cli.usage"
    assert "--help" in said["next_step"]
    assert any("가" <= character <= "힣" for character in said["what"])


@pytest.mark.parametrize("arguments", [[], ["version"], ["audit"], ["review"]])
def test_a_group_alone_shows_its_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage: safezone" in capsys.readouterr().out


def test_an_error_says_what_happened_what_was_kept_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["catalog"]) == 2
    korean = capsys.readouterr().err
    monkeypatch.setenv("SAFEZONE_LANGUAGE", "en")
    assert run(["catalog"]) == 2
    english = capsys.readouterr().err
    assert "safezone init" in korean and "safezone init" in english
    assert all(word in korean for word in ("무슨 일", "지켜진 것", "다음 할 일"))
    assert all(word in english for word in ("What happened", "What was kept", "What to do"))
    assert max(map(len, english.splitlines())) <= 80


def test_a_wrong_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAFEZONE_PART_ROWS", "secret-value")
    assert run(["catalog", "--json"]) == 2
    err = capsys.readouterr().err
    assert "SAFEZONE_PART_ROWS" in err and "secret-value" not in err


def test_what_no_one_expected_reaches_the_terminal_without_its_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("900101-1234567")

    monkeypatch.setattr("safezone.cli.acting.settings", broken)
    assert run(["catalog"]) == 1
    said = capsys.readouterr()
    assert "900101" not in said.out + said.err and "Traceback" not in said.err
    assert "KeyError" in said.err


def test_ctrl_c_ends_quietly_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("safezone.cli.acting.settings", interrupted)
    assert run(["catalog"]) == 130
    assert capsys.readouterr() == ("", "")


def test_every_state_has_a_korean_word() -> None:
    for states in (VersionState, RequestState, ProjectState, JobState):
        for code in states:
            shown = say.state(code.value, full=True).plain
            assert shown != code.value and shown.endswith(f"({code.value})")


def test_text_of_people_is_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say.table(["Title"], [("[red]not markup[/]",)])
    say.done("[bold]그대로[/]", "[bold]as it is[/]")
    assert "[red]not markup[/]" in (shown := capsys.readouterr().out) and "[bold]" in shown


def test_every_command_that_lists_or_shows_takes_json() -> None:
    import typer

    def commands(command, path=()):
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path, command
        for name, each in (inner or {}).items():
            yield from commands(each, (*path, name))

    without = {
        " ".join(path)
        for path, command in commands(typer.main.get_command(app.app))
        if not any("--json" in param.opts for param in command.params)
    }
    assert without == {"up", "log"}
