"""The documentation says what the code does.

Diagrams and tables are generated from the code and compared; every path, function, test, make target, command,
setting and link that a page names exists.

    python -m tests.spec.test_docs --write     writes the generated parts anew
"""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from safezone import errors, states
from safezone.cli.app import app
from safezone.keys.duties import RIGHTS
from safezone.model import Duty
from safezone.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "ARCHITECTURE.md"
THREAT_MODEL = DOCS / "THREAT_MODEL.md"
ADRS = sorted((DOCS / "adr").glob("*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_NAMED = re.compile(
    r"^(?:safezone|safezone_verify|pseudonymize|validation|dags|policies|tests|docs|scripts)/[^\s]*$"
)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_COMMAND = re.compile(r"(?:^|[\s(])safezone\s+([^|)#\n]+)")


# -- generated parts --------------------------------------------------------------------------------------


def duties_table() -> str:
    """Which duty may do what with which keys, as `safezone.keys.duties` says."""
    operations = list(dict.fromkeys(name for rights in RIGHTS.values() for name in rights))
    lines = ["| operation | " + " | ".join(Duty) + " |", "|---" * (len(Duty) + 1) + "|"]
    for operation in operations:
        cells = ("<br>".join(f"`{name}`" for name in RIGHTS[duty].get(operation, ())) or "–" for duty in Duty)
        lines.append(f"| {operation} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def errors_table() -> str:
    """Every kind of error, with what the command line and HTTP make of it."""
    lines = ["| error | exit code | HTTP | meaning |", "|---|---|---|---|"]
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.SafeZoneError):
            meaning = "not foreseen" if kind is errors.SafeZoneError else (kind.__doc__ or "").partition("\n")[0]
            lines.append(f"| `{kind.__name__}` | {kind.exit_code} | {kind.http_status} | {meaning} |")
    return "\n".join(lines)


def rooms_order() -> str:
    """The order of the rooms, as the import contracts have it."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", "utf-8")
    layers = [line.strip() for line in contracts["importlinter:contract:rooms"]["layers"].splitlines()]
    return "\n".join(["```text", *filter(None, layers), "```"])


def _diagram(table: Any) -> str:
    return f"```mermaid\n{states.diagram(table)}\n```"


GENERATED = {
    "states-version": lambda: _diagram(states.VERSION),
    "states-request": lambda: _diagram(states.REQUEST),
    "states-project": lambda: _diagram(states.PROJECT),
    "states-job": lambda: _diagram(states.JOB),
    "states-destruction": lambda: _diagram(states.DESTRUCTION),
    "rooms": rooms_order,
    "duties": duties_table,
    "errors": errors_table,
}


def regenerated(page: str) -> str:
    """The page with every generated part as the code has it now."""
    for name, make in GENERATED.items():
        start, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
        before, found, rest = page.partition(start)
        _, closed, after = rest.partition(end)
        assert found and closed, f"{ARCHITECTURE.name} has no place for {name}"
        page = before + start + make() + "\n" + end + after
    return page


def test_diagrams_and_tables_are_those_of_the_code():
    page = ARCHITECTURE.read_text("utf-8")
    assert regenerated(page) == page, "run: python -m tests.spec.test_docs --write"


# -- what pages name ----------------------------------------------------------------------------------------


def code_of(page: Path) -> Iterator[str]:
    """Each line of code of a page: of fenced blocks, and inline."""
    text = page.read_text("utf-8")
    for language, body in _FENCE.findall(text):
        if language != "mermaid":
            yield from body.splitlines()
    yield from _SPAN.findall(_FENCE.sub("", text))


@cache
def names_in(module: Path) -> frozenset[str]:
    """Functions, classes, methods and constants a module defines."""
    found: set[str] = set()
    for node in ast.parse(module.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            members = (item.name for item in node.body if isinstance(item, ast.FunctionDef))
            found |= {node.name, *(f"{node.name}.{name}" for name in members)}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(found)


def missing(named: str) -> bool:
    """Whether a path, a pattern of paths, or ``path::name`` is not there."""
    path, _, name = named.partition("::")
    if any(mark in path for mark in "<{…$"):
        return False
    if "*" in path:
        return not any(ROOT.glob(path))
    place = ROOT / path
    return not place.exists() or bool(name and name not in names_in(place))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_and_function_named_exists(page):
    named = {code for code in code_of(page) if _NAMED.match(code)}
    assert {each for each in named if missing(each)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert {link for link in links if not (page.parent / link).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_named_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {target for code in code_of(page) for target in re.findall(r"\bmake ([a-z]+)", code)}
    assert named - targets == set()


def fault_of(words: list[str]) -> str:
    """What is wrong with a command line without its program; empty when nothing is."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while getattr(command, "commands", None) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)} | {"--help", "-h"}
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word not in known]
    return f"no option {unknown[0]}" if unknown else ""


def commands_in(code: str) -> Iterator[list[str]]:
    """The `safezone` command lines in a line of code."""
    for line in _COMMAND.findall(code):
        try:
            yield shlex.split(line)
        except ValueError:
            yield line.split()


def test_wrong_commands_would_be_noticed():
    assert fault_of(["audit", "verify", "--bundle", "x"]) == ""
    assert fault_of(["audit", "rewrite"]) == "no command rewrite"
    assert fault_of(["ingest", "--fast"]) == "no option --fast"
    assert list(commands_in("ID=$(safezone version list --json | cat)")) == [["version", "list", "--json"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page):
    faults = {" ".join(words): fault_of(words) for code in code_of(page) for words in commands_in(code)}
    assert {line: fault for line, fault in faults.items() if fault} == {}


def test_the_settings_named_are_the_settings_there_are():
    settings = {f"SAFEZONE_{name.upper()}" for name in Settings.model_fields}
    described = set(re.findall(r"^\| `(SAFEZONE_\w+)`", ARCHITECTURE.read_text("utf-8"), re.MULTILINE))
    # A person's own key is no setting of the zone; see safezone/cli/acting.py.
    assert described == settings | {"SAFEZONE_REVIEW_KEY"}
    named = {name for page in PAGES for name in re.findall(r"\bSAFEZONE_[A-Z_]+\b", page.read_text("utf-8"))}
    assert named <= described


# -- promises and decisions -----------------------------------------------------------------------------------


def promises() -> dict[str, str]:
    """The text of each promise of the threat model, by its number."""
    _, *parts = re.split(r"^### (P\d+)\b", THREAT_MODEL.read_text("utf-8"), flags=re.MULTILINE)
    bodies = (re.split(r"^##", body, flags=re.MULTILINE)[0] for body in parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))


def test_promises_are_numbered_and_each_names_a_test():
    found = promises()
    assert list(found) == [f"P{number + 1}" for number in range(len(found))] and len(found) > 5
    assert {number for number, body in found.items() if not _TEST.search(body)} == set()


def test_every_test_named_exists():
    named = {match for page in PAGES for match in _TEST.findall(page.read_text("utf-8"))}
    gone = {f"{path}::{name}" for path, name in named if missing(f"{path}::{name}") or not name.startswith("test_")}
    assert gone == set()


def test_decisions_are_numbered_and_whole():
    assert [page.name[:4] for page in ADRS] == [f"{number + 1:04}" for number in range(len(ADRS))]
    for page in ADRS:
        headings = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences"], page.name


if __name__ == "__main__" and "--write" in sys.argv:
    ARCHITECTURE.write_text(regenerated(ARCHITECTURE.read_text("utf-8")), "utf-8")
