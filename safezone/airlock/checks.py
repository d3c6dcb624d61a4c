"""Automatic checks: the filtered, projected extract itself must meet the privacy model.

A table that is k-anonymous says nothing about a subset of it: on a k=30 table, a filter on a column outside the
quasi-identifiers gave k=1. So the extract is measured, with the filter's columns counted as known.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from pseudonymize.engine import connect, quoted
from safezone.access.actions import Action, Actor
from safezone.access.authorize import Grant
from safezone.airlock import requests
from safezone.airlock.context import Airlock
from safezone.airlock.extract import Filter, parse_filter
from safezone.airlock.verify import provable_version
from safezone.boundary import boundary
from safezone.catalog.records import RequestRecord, VersionRecord
from safezone.errors import WrongState
from safezone.keys.tokenizer import project_key
from safezone.model import Duty, RequestState
from safezone.policy.dataset import DatasetPolicy, PrivacyModel
from safezone.schema import schema_of

RELEASE = Actor.duty(Duty.RELEASE)


@dataclass(frozen=True, slots=True)
class Extract:
    """Which rows and columns leave, and what is known of them.

    Attributes:
        columns: the columns, in the order asked for.
        known: columns an outsider may know: quasi-identifiers delivered, and every column of the filter.
        filter: the row filter, or None.
        privacy: the model it must meet.
    """

    columns: tuple[str, ...]
    known: tuple[str, ...]
    filter: Filter | None
    privacy: PrivacyModel

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns to be read: those delivered and those known."""
        return tuple(dict.fromkeys((*self.columns, *self.known)))


def extract_of(airlock: Airlock, request: RequestRecord, version: VersionRecord, policy: DatasetPolicy) -> Extract:
    """The extract a request describes."""
    schema = schema_of(airlock.vault.manifest(version).columns)
    row_filter = parse_filter(request.filter, schema) if request.filter else None
    delivered = [name for name in policy.privacy.quasi_identifiers if name in request.columns]
    filtered = sorted(row_filter.columns) if row_filter else []
    known = tuple(dict.fromkeys((*delivered, *filtered)))
    return Extract(request.columns, known, row_filter, policy.privacy)


@contextmanager
def measured_rows(
    airlock: Airlock, grant: Grant, request: RequestRecord, version: VersionRecord, extract: Extract
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Open the extract's rows in a locked DuckDB, with those of too small classes left out.

    Yields:
        A connection with the view ``extract`` (the needed columns, only rows of classes with at least k), and
        the figures: rows matched, suppressed and left, k, classes, l for each sensitive column.
    """
    with airlock.vault.open_version(grant, version, columns=extract.needed) as dataset:
        connection = connect(f"{airlock.settings.duckdb_memory_mb}MB")
        try:
            rows = _filtered(dataset, extract)
            if request.sample is not None:
                # Keyed by project and request: building draws the rows that were checked, nobody can foresee them.
                key = project_key(airlock.keys, request.project)
                seed = hmac.digest(key, f"sample {request.id}".encode(), "sha256")
                rows = _sampled(rows, request.sample, seed)
            connection.register("source", rows)
            figures = _prepare(connection, extract)
            yield connection, figures
        finally:
            connection.close()


def _filtered(dataset: ds.Dataset, extract: Extract) -> pa.RecordBatchReader:
    """The rows the filter selects, as a stream that is read once: pyarrow decrypts only what is needed."""
    condition = extract.filter.expression() if extract.filter else None
    return dataset.scanner(columns=list(extract.needed), filter=condition).to_reader()


def _sampled(rows: pa.RecordBatchReader, share: float, seed: bytes) -> pa.RecordBatchReader:
    """Draw each row with the same chance, by its place among those selected.

    The stream is in the version's order, so the same seed draws the same rows; rows that look alike are drawn
    one by one, not together.
    """
    chance = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))

    def drawn() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            yield batch.filter(pa.array(chance.random(batch.num_rows) < share))

    return pa.RecordBatchReader.from_batches(rows.schema, drawn())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _prepare(connection: Any, extract: Extract) -> dict[str, Any]:
    over = f"PARTITION BY {_listed(extract.known)}" if extract.known else ""
    connection.execute(
        f"CREATE TEMP TABLE sized AS SELECT *, count(*) OVER ({over}) AS __n__ FROM source"  # noqa: S608
    )
    k = extract.privacy.k
    connection.execute(f"CREATE VIEW extract AS SELECT * EXCLUDE (__n__) FROM sized WHERE __n__ >= {k}")  # noqa: S608
    matched, left, smallest = connection.execute(
        f"SELECT count(*), count(*) FILTER (__n__ >= {k}), min(__n__) FILTER (__n__ >= {k}) FROM sized"  # noqa: S608
    ).fetchall()[0]
    group = f"GROUP BY {_listed(extract.known)}" if extract.known else ""
    figures: dict[str, Any] = {
        "rows_matched": matched,
        "rows": left,
        "suppressed": matched - left,
        "suppressed_share": round((matched - left) / matched, 6) if matched else 0.0,
        "k": smallest or 0,
        "known": list(extract.known),
        "l": {},
    }
    (figures["classes"],) = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM extract {group})"  # noqa: S608
    ).fetchall()[0]
    for name in extract.privacy.sensitive:
        if name in extract.columns and left:
            column = _listed([name])
            (least,) = connection.execute(
                f"SELECT min(d) FROM (SELECT count(DISTINCT {column}) + "  # noqa: S608
                f"CAST(count(*) > count({column}) AS INT) AS d FROM extract {group})"
            ).fetchall()[0]
            figures["l"][name] = least
    return figures


def failures(extract: Extract, figures: dict[str, Any]) -> list[str]:
    """Which demands of the privacy model the extract misses, as codes; empty means it may be reviewed."""
    missing = []
    if figures["rows"] < extract.privacy.k:
        missing.append("too_few_rows")
    if figures["suppressed_share"] > extract.privacy.suppression_limit:
        missing.append("too_much_suppressed")
    if any(least < extract.privacy.l for least in figures["l"].values()):
        missing.append("l_not_met")
    return missing


def check(airlock: Airlock, request_id: str) -> RequestRecord:
    """Run the automatic checks of a submitted request: on to review, or back with the reason.

    Raises:
        WrongState: it is not submitted.
        Denied: its version cannot be proven to be public.
    """
    refusals = airlock.authorizer.refusals(RELEASE, Action.RELEASE_CHECK, f"request/{request_id}")
    with refusals, boundary("check"):
        request = airlock.catalog.get(RequestRecord, request_id)
        if request.state is RequestState.IN_REVIEW:
            return request  # done before: a job that ran twice
        if request.state is not RequestState.SUBMITTED:
            raise WrongState(
                "request.state",
                (f"Request {request.id} is {request.state}.", f"신청 {request.id}의 상태는 {request.state}입니다."),
                ("Submit it first.", "먼저 제출하십시오."),
            )
        grant = airlock.authorizer.authorize(RELEASE, Action.RELEASE_CHECK, airlock.resource(request))
        version = airlock.catalog.get(VersionRecord, request.version)
        policy = provable_version(airlock, version)
        extract = extract_of(airlock, request, version, policy)
        with measured_rows(airlock, grant, request, version, extract) as (_, figures):
            missing = failures(extract, figures)
        result = figures | {"passed": not missing, "missing": missing}
        after = RequestState.RETURNED if missing else RequestState.IN_REVIEW
        event = requests.event(RELEASE.id, request, after, ",".join(missing))
        with airlock.catalog.write(event) as connection:
            airlock.catalog.move(connection, request, after, checks=result)
        return airlock.catalog.get(RequestRecord, request_id)
