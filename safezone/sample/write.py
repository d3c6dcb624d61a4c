"""Writes synthetic deliveries of the sample datasets: the same bytes for the same seed, in constant memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from safezone.errors import UsageError
from safezone.policy.dataset import DatasetPolicy
from safezone.policy.load import load_policies
from safezone.sample import air, civil, disaster, jobs, traffic, veterans
from safezone.sample.canaries import Canaries
from safezone.sample.formats import YEAR
from safezone.sample.plant import Places, draw_places, plant
from safezone.sample.recipe import Recipe, Rows
from safezone.sample.writers import MOMENT, Writer, open_writer
from safezone.settings import Settings
from safezone.sources.deliver import make_delivery
from safezone.sources.delivery import MANIFEST, read_manifest
from safezone.sources.fault import delivery_error

CHUNK_ROWS = 50_000
ROWS_PER_FILE = {"disaster-safety-reports": 100_000}
"""Datasets whose files are split: a workbook holds 1,048,576 rows, and people send smaller ones."""
MIN_ROWS = 50
"""Fewer rows cannot hold twelve canaries and their mentions."""
PERIOD = (date(YEAR, 1, 1), date(YEAR, 12, 31))
TRUTH = "truth.json"

RECIPES: Mapping[str, Recipe] = {
    module.RECIPE.dataset: module.RECIPE for module in (air, civil, disaster, jobs, traffic, veterans)
}
SUFFIXES = {"delimited": "csv", "jsonl": "jsonl", "xlsx": "xlsx", "parquet": "parquet"}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class PlantedRow:
    """A row that must end in quarantine.

    Attributes:
        file: number of the file in the delivery, from 1.
        line: its line, as the zone's sources count them.
        kind: what is wrong with it.
        column: where; empty when the line itself is broken.
    """

    file: int
    line: int
    kind: str
    column: str


@dataclass(frozen=True, slots=True)
class SampleDelivery:
    """A delivery that was made.

    Attributes:
        dataset: of which dataset.
        delivery: its id.
        folder: where it lies.
        rows: rows of data, good and bad.
        planted: the bad ones, by file and line.
        canary_rows: rows in which canaries are planted.
    """

    dataset: str
    delivery: str
    folder: Path
    rows: int
    planted: tuple[PlantedRow, ...]
    canary_rows: int


def write_samples(
    out: Path,
    *,
    rows: int,
    seed: int,
    datasets: Sequence[str] | None = None,
    canaries: Canaries | None = None,
    progress: Progress | None = None,
    policies: Mapping[str, DatasetPolicy] | None = None,
) -> list[SampleDelivery]:
    """Write a delivery of every sample dataset below `out`, and ``truth.json`` beside them.

    Args:
        out: the folder the deliveries' folders are made in, e.g. a zone's inbox.
        rows: rows of each dataset.
        seed: decides everything.
        datasets: only these.
        canaries: people to plant in every dataset.
        progress: called with dataset, rows written and rows altogether.
        policies: the policies of the datasets; None takes those that come with Safe Zone.

    Returns:
        The deliveries, in the order written; one that is there already is kept.

    Raises:
        UsageError: too few rows, or no such sample dataset.
        DeliveryError: a file does not agree with its policy.
    """
    chosen = list(RECIPES if datasets is None else dict.fromkeys(datasets))
    _check(chosen, rows)
    known = policies if policies is not None else load_policies(Settings(policies=None).policy_dir / "datasets")
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for dataset in chosen:
        recipe = RECIPES[dataset]
        places = draw_places(recipe, rows=rows, seed=seed, canaries=canaries)
        work = out / f".sample-{dataset}"
        try:
            work.mkdir(exist_ok=True)
            run = _Run(recipe, known[dataset], places, rows, seed, canaries, progress)
            files = run.write_files(work)
            folder = _deliver(known[dataset], files, out)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        made.append(_described(run, folder))
    truth = {"seed": seed, "deliveries": [asdict(item) | {"folder": item.folder.name} for item in made]}
    (out / TRUTH).write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return made


def _check(datasets: Sequence[str], rows: int) -> None:
    if unknown := [name for name in datasets if name not in RECIPES]:
        raise UsageError(
            "sample.unknown",
            (f"There is no sample dataset {unknown[0]}.", f"{unknown[0]}이라는 표본 데이터셋은 없습니다."),
            (f"Choose from: {', '.join(RECIPES)}.", f"다음에서 고르십시오: {', '.join(RECIPES)}."),
        )
    if rows < MIN_ROWS:
        raise UsageError(
            "sample.rows",
            (f"A sample has at least {MIN_ROWS} rows.", f"표본은 {MIN_ROWS}행 이상이어야 합니다."),
            (f"Ask for --rows {MIN_ROWS} or more.", f"--rows {MIN_ROWS} 이상으로 다시 실행하십시오."),
        )


@dataclass(slots=True)
class _Run:
    """Writing one dataset."""

    recipe: Recipe
    policy: DatasetPolicy
    places: Places
    rows: int
    seed: int
    canaries: Canaries | None
    progress: Progress | None
    first_line: int = 0

    @property
    def rows_per_file(self) -> int:
        return ROWS_PER_FILE.get(self.recipe.dataset, self.rows)

    def write_files(self, folder: Path) -> list[Path]:
        """The data files, chunk by chunk."""
        paths: list[Path] = []
        suffix = SUFFIXES[self.policy.source.format]
        several = self.rows > self.rows_per_file
        for start in range(0, self.rows, self.rows_per_file):
            number = f"-{len(paths) + 1:02}" if several else ""
            path = folder / f"{self.recipe.dataset}-{YEAR}{number}.{suffix}"
            self._write(path, start, min(self.rows, start + self.rows_per_file))
            paths.append(path)
        return paths

    def _write(self, path: Path, start: int, stop: int) -> None:
        writer: Writer | None = None
        for first in range(start, stop, CHUNK_ROWS):
            numbers = np.arange(first, min(stop, first + CHUNK_ROWS), dtype=np.int64)
            columns = self.recipe.make(Rows(self.recipe.dataset, self.seed, self.rows, numbers))
            columns, broken = plant(columns, numbers, self.recipe, self.places, self.canaries)
            if writer is None:
                writer = open_writer(self.recipe.dataset, path, list(columns))
                self.first_line = writer.first_line
            writer.write(columns, broken)
            if self.progress is not None:
                self.progress(self.recipe.dataset, int(numbers[-1]) + 1, self.rows)
        if writer is not None:
            writer.close()


def _deliver(policy: DatasetPolicy, files: Sequence[Path], out: Path) -> Path:
    """Make the delivery, with a fixed time in its manifest; one that is there already has the same content."""
    staged = out / f".sample-{policy.dataset}" / "delivery"
    folder = make_delivery(policy, files, staged, period=PERIOD)
    manifest = read_manifest(folder).model_copy(update={"created": MOMENT})
    (folder / MANIFEST).write_bytes(manifest.model_dump_json(indent=2).encode())
    target = out / folder.name
    if not target.exists():
        return folder.rename(target)
    if read_manifest(target) != manifest:
        raise delivery_error("delivery.exists")
    return target


def _described(run: _Run, folder: Path) -> SampleDelivery:
    planted = tuple(
        PlantedRow(
            file=row // run.rows_per_file + 1,
            line=row % run.rows_per_file + run.first_line,
            kind=fault.kind,
            column=fault.column,
        )
        for row, fault in sorted(run.places.faults.items())
    )
    return SampleDelivery(
        dataset=run.recipe.dataset,
        delivery=folder.name,
        folder=folder,
        rows=run.rows,
        planted=planted,
        canary_rows=len(run.places.cells) + len(run.places.mentions),
    )
