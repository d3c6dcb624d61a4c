"""What a person sees while the demo runs: steps with their times, datasets with their tasks, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from safezone.errors import SafeZoneError

TASKS = (
    ("receive", "접수"),
    ("check", "점검"),
    ("pseudonymise", "가명처리"),
    ("assess", "평가"),
    ("submit", "제출"),
)
_DONE = frozenset({"success"})
_BROKEN = frozenset({"failed", "upstream_failed", "up_for_retry"})
_ACTIVE = frozenset({"running", "restarting"})


class Steps:
    """Prints each step with its time: ``✓ 한국어 · English   1.2 s``.

    Attributes:
        seconds: how long each step took, by its English name.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, ko: str, en: str, *, live: bool = False) -> Iterator[list[str]]:
        """Time a step; what is put into the list it gives is printed below it.

        Args:
            ko: its name in Korean.
            en: its name in English.
            live: the step draws for itself, so no spinner is shown.
        """
        notes: list[str] = []
        started = time.monotonic()
        try:
            if live or not self.console.is_terminal:
                yield notes
            else:
                with self.console.status(f"{escape(ko)} · [dim]{escape(en)}[/]"):
                    yield notes
        except BaseException:
            self._line("[red]✗[/]", ko, en, time.monotonic() - started)
            raise
        self.seconds[en] = round(time.monotonic() - started, 2)
        self._line("[green]✓[/]", ko, en, self.seconds[en])
        for note in notes:
            self.console.print(Padding(Text(note, style="dim"), (0, 0, 0, 2)))

    def _line(self, mark: str, ko: str, en: str, seconds: float) -> None:
        grid = Table.grid(padding=(0, 1), expand=self.console.is_terminal)
        grid.add_column()
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(mark, f"{escape(ko)} · [dim]{escape(en)}[/]", f"[cyan]{seconds:.1f} s[/]")
        self.console.print(grid)


class Board:
    """The datasets and how far each has come, drawn again as they move.

    Args:
        console: where it is drawn; where it is no terminal, a line is printed as each dataset ends.
        datasets: their ids, in order.
    """

    def __init__(self, console: Console, datasets: Sequence[str]) -> None:
        self._console = console
        self._states: dict[str, dict[str, str]] = {dataset: {} for dataset in datasets}
        self._ended: dict[str, float] = {}
        self._started = time.monotonic()
        self._spinners = {(d, t): Spinner("dots", style="yellow") for d in datasets for t, _ in TASKS}

    @contextmanager
    def shown(self) -> Iterator[Board]:
        """Draw it as long as the block lasts."""
        if not self._console.is_terminal:
            yield self
            return
        with Live(self, console=self._console, refresh_per_second=8, transient=False):
            yield self

    def move(self, dataset: str, task: str, state: str) -> None:
        """Note the state of a task; of a mapped task's instances the one that is least far counts."""
        self._states[dataset][task] = state

    def end(self, dataset: str) -> None:
        """Note that a dataset's run has ended."""
        if dataset not in self._ended:
            self._ended[dataset] = time.monotonic() - self._started
            if not self._console.is_terminal:
                self._console.print(f"  {dataset} {self._ended[dataset]:.1f} s", highlight=False)

    def __rich__(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold cyan")
        table.add_column("데이터셋\n[dim]dataset[/]", no_wrap=True)
        for name, ko in TASKS:
            table.add_column(f"{ko}\n[dim]{name}[/]", justify="center", no_wrap=True)
        table.add_column("초\n[dim]s[/]", justify="right", no_wrap=True)
        now = time.monotonic() - self._started
        for dataset in self._states:
            cells = [self._cell(dataset, task) for task, _ in TASKS]
            table.add_row(dataset, *cells, f"{self._ended.get(dataset, now):.0f}")
        return table

    def _cell(self, dataset: str, task: str) -> RenderableType:
        state = self._states[dataset].get(task, "")
        if state in _DONE:
            return "[green]✓[/]"
        if state in _BROKEN:
            return "[red]✗[/]"
        if state in _ACTIVE:
            return self._spinners[dataset, task]
        return "[dim]·[/]"


def complain(console: Console, error: SafeZoneError, home: Path) -> None:
    """Say what happened, what was kept, what to do next, and where the logs are."""
    sentences = [f"{text.ko}\n[dim]{escape(text.en)}[/]" for text in (error.what, error.kept, error.next_step)]
    logs = f"로그 · logs: {escape(str(home / 'airflow' / 'logs'))}, {escape(str(home / 'logs'))}"
    ended = "[dim]실행 중인 것은 없습니다 · nothing is left running[/]"
    console.print(Panel("\n".join([*sentences, logs, ended]), title=f"[red]✗[/] {error.code}", border_style="red"))
