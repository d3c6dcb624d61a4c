"""Measure detection: python -m scripts.eval [DATA_DIR] [--quick] [--out FILE]."""

from __future__ import annotations

import argparse
import logging
import os
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.eval.output import markdown, printed, written_by_hand
from scripts.eval.results import Report
from scripts.eval.steps import QUICK, STEPS, Run, Sizes

_ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="make eval", description=__doc__)
    usual = Path(os.environ.get("DATA_DIR") or _ROOT.parent / "shared" / "data")
    parser.add_argument("data", type=Path, nargs="?", default=usual, help="corpora, if there are any (or DATA_DIR)")
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the text; writes nothing unless --out is given"
    )
    parser.add_argument("--out", type=Path, help="document to write (default docs/QUALITY.md)")
    options = parser.parse_args()
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    console = Console()
    if not console.is_terminal:
        console = Console(width=180)  # whole tables in a log
    began = time.perf_counter()
    run = Run(QUICK if options.quick else Sizes(), options.data if options.data.is_dir() else None, Report())
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("evaluating", total=len(STEPS))
        for step in STEPS:
            progress.update(task, description=step.__name__.replace("_", " "))
            step(run)
            progress.advance(task)
    printed(run.report, console)
    out = options.out or (None if options.quick else _ROOT / "docs" / "QUALITY.md")
    if out is not None:
        out.write_text(markdown(run.report, run.korean.digest, written_by_hand(out)), encoding="utf-8")
        console.print(f"Wrote {out}")
    console.print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
