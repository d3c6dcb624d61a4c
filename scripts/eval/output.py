"""The report on the terminal and as docs/QUALITY.md."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from scripts.eval.results import Report, Table

BEGIN, END = "<!-- written by hand: begin -->", "<!-- written by hand: end -->"
_TARGET_HEADER = ("figure", "peer, same run", "target", "measured (95 % interval)", "")
_MISTAKE_HEADER = ("kind", "count", "example")
_DEFAULT = """## What the figures do not say

- The made-up text comes from our own templates: it judges names and templates that trained nothing, but one hand wrote all of them.
- The held-out text and the validation part of the corpora were looked at while models were chosen and rules written, so figures on
  them flatter. Rules were tuned on all of the corpora, petitions included. Other documents decide how good detection is.
- Names in running text without title, label or particle, and given names alone, are the hardest.
- Public figures count as false reports on petitions, though the law's idea of personal data may cover them."""


def printed(report: Report, console: Console) -> None:
    """Show everything on the terminal."""
    for table in report.tables:
        _print(table, console)
    mistakes = tuple((mistake.kind, f"{mistake.times:,}", mistake.example) for mistake in report.mistakes)
    _print(Table("Worst mistakes on made-up text", "", _MISTAKE_HEADER, mistakes), console)
    console.print("[bold]Where it is weak[/bold]")
    for line in report.weak or ["Nothing measured here falls below 0.95."]:
        console.print(f"  - {line}", markup=False)
    _print(Table("Targets", "", _TARGET_HEADER, tuple(target.row() for target in report.targets)), console)


def _print(table: Table, console: Console) -> None:
    rich = RichTable(title=table.title, caption=table.note or None, title_justify="left", caption_justify="left")
    for at, name in enumerate(table.header):
        rich.add_column(name, justify="left" if at == 0 else "right")
    for row in table.rows:
        rich.add_row(*(cell.replace("[", r"\[") for cell in row))
    console.print(rich)


def markdown(report: Report, digest: str, by_hand: str) -> str:
    """The report as a document; ``by_hand`` is kept as it is."""
    parts = [
        "# Quality of detection",
        (
            "Written by `make eval`; edit only between the marks below. Intervals are 95 %, from 1,000 bootstrap resamples of documents. "
            "*Precision, recall, F1* ask for exact spans; *characters* count what is covered. Peers ran on the same texts in the same run."
        ),
        f"Model digest `{digest[:16]}`.",
        "## Targets",
        _markdown_table(_TARGET_HEADER, tuple(target.row() for target in report.targets)),
        f"{BEGIN}\n{by_hand}\n{END}",
        "## Where it is weak",
        "\n".join(f"- {line}" for line in report.weak) or "Nothing measured here falls below 0.95.",
    ]
    for table in report.tables:
        parts += [f"## {table.title}", table.note, _markdown_table(table.header, table.rows)]
    mistakes = tuple((m.kind, f"{m.times:,}", f"`{m.example.replace('`', '')}`") for m in report.mistakes)
    parts += ["## Worst mistakes on made-up text", _markdown_table(_MISTAKE_HEADER, mistakes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|---|{'--:|' * (len(header) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def written_by_hand(path: Path) -> str:
    """What stands between the marks in the present document, or the first draft of it."""
    if path.exists():
        _, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        text, end, _ = rest.partition(END)
        if begin and end:
            return text.strip("\n")
    return _DEFAULT
