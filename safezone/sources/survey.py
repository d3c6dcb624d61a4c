"""Files looked at for a policy: what they seem to be, and the profile of their columns; values stay in here.

Reading is isolated as ever; the profile is taken of batches as they come, so memory is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pseudonymize.columns.model import ColumnProfile
from pseudonymize.columns.profile import Profiler
from safezone.errors import DeliveryError
from safezone.policy.source import SourceSpec
from safezone.sources.delivery import MANIFEST, DeliveryManifest, read_manifest
from safezone.sources.detect import Detected
from safezone.sources.isolation import Limits, detect_isolated, parse_isolated
from safezone.sources.shape import FAULT, LINE


@dataclass(frozen=True, slots=True)
class Survey:
    """Files of one shape, looked at together.

    Attributes:
        files: their names.
        detected: what they seem to be.
        source: the policy's ``source``, as detected.
        rows: rows of data.
        bad_rows: rows the format could not hold.
        columns: the profiles of their columns.
        manifest: of the delivery they lie in, if they lie in one.
    """

    files: tuple[str, ...]
    detected: Detected
    source: dict[str, Any]
    rows: int
    bad_rows: int
    columns: tuple[ColumnProfile, ...]
    manifest: DeliveryManifest | None = None


def survey(paths: Sequence[Path], *, limits: Limits | None = None) -> list[Survey]:
    """Look at files, or at the files of delivery folders; those that look alike are taken together.

    Args:
        paths: files or folders.
        limits: what reading one file may cost.

    Returns:
        One survey for each shape of file, in the order they were given.

    Raises:
        DeliveryError: a file cannot be read; it carries a code and a position only.
    """
    groups: dict[tuple[Any, ...], list[tuple[Path, Detected, DeliveryManifest | None]]] = {}
    for path in paths:
        manifest = _manifest(path)
        for file in _files(path):
            with file.open("rb") as stream:
                found = detect_isolated(stream, limits=limits)
            key = (found.names or str(file), found.format, found.encoding, found.delimiter, found.skip)
            groups.setdefault(key, []).append((file, found, manifest))
    return [_survey(files, limits) for files in groups.values()]


def _manifest(path: Path) -> DeliveryManifest | None:
    if not (path.is_dir() and (path / MANIFEST).is_file()):
        return None
    try:
        return read_manifest(path)
    except DeliveryError:  # a folder that is not quite a delivery can be looked at all the same
        return None


def _files(path: Path) -> Iterable[Path]:
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in inside if file.name != MANIFEST and file.is_file()]


def _survey(files: Sequence[tuple[Path, Detected, DeliveryManifest | None]], limits: Limits | None) -> Survey:
    _, detected, manifest = files[0]
    source = detected.to_source()
    spec = SourceSpec.model_validate(source)
    profiler, rows, bad = Profiler(leave_out=(LINE, FAULT)), 0, 0
    for file, _, _ in files:
        with file.open("rb") as stream, parse_isolated(spec, stream, limits=limits) as parsed:
            for batch in parsed:
                faults = batch.column(FAULT)
                if found := batch.num_rows - faults.null_count:
                    bad += found
                    batch = batch.filter(faults.is_null())
                rows += batch.num_rows
                profiler.add(batch)
    names = tuple(file.name for file, _, _ in files)
    return Survey(names, detected, source, rows, bad, tuple(profiler.finish()), manifest)
