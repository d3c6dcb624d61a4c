"""Submit: an assessed candidate goes to its adequacy review, or through where the policy lets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from safezone.access.actions import Actor
from safezone.boundary import boundary
from safezone.catalog import adequacy
from safezone.catalog.publication import publish, version_event
from safezone.catalog.records import VersionRecord
from safezone.errors import Denied, WrongState
from safezone.model import Stage, VersionState
from safezone.pipeline.context import Ingest


def submit(zone: Ingest, actor: Actor, dataset: str, version: str) -> str:
    """Hand a candidate in for review.

    Where the policy allows versions within the reviewed risk through (``adequacy_review: same_policy``) and one
    under the same policy digest was reviewed, it is published at once; the release job proves the same again.

    Returns:
        The version's id; submitting again changes nothing.
    """
    with boundary("submit"):
        policy, _ = zone.begin(actor, dataset, f"version/{version}")
        record = zone.catalog.get(VersionRecord, version)
        waits = record.state in {VersionState.ASSESSED, VersionState.IN_REVIEW}
        replaced = waits and record.policy != policy.sha256
        if record.stage is not Stage.PUBLISHED or record.dataset != dataset or replaced:
            raise WrongState(
                "version.not_candidate",
                (
                    f"Version {version} is no candidate of {dataset} under the policy in force.",
                    f"버전 {version}은(는) 현재 정책에 따른 {dataset}의 공개 후보가 아닙니다.",
                ),
                ("Assess it first.", "먼저 위험도를 평가하십시오."),
            )
        if record.state is VersionState.ASSESSED:
            _enter_review(zone, actor, record)
        return _through(zone, actor, version)


def _through(zone: Ingest, actor: Actor, version: str) -> str:
    record = zone.catalog.get(VersionRecord, version)
    if record.state is not VersionState.IN_REVIEW:
        return version
    try:
        adequacy.reviewers(zone.catalog, zone.accounts, record)
    except Denied:
        return version  # a person has to look at it
    with _unless_moved(zone, record):
        publish(zone.catalog, actor.id, record)
    return version


def _enter_review(zone: Ingest, actor: Actor, record: VersionRecord) -> None:
    event = version_event(actor.id, record, VersionState.IN_REVIEW)
    with _unless_moved(zone, record), zone.catalog.write(event) as connection:
        zone.catalog.move(connection, record, VersionState.IN_REVIEW)


@contextmanager
def _unless_moved(zone: Ingest, record: VersionRecord) -> Iterator[None]:
    """Let another run have been quicker; raise when the change is simply not allowed."""
    try:
        yield
    except WrongState:
        if zone.catalog.get(VersionRecord, record.id).state is record.state:
            raise
