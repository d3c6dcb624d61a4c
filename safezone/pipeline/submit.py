"""Submit: an assessed candidate goes to its adequacy review, or through where the policy lets it."""

from __future__ import annotations

from safezone.access.actions import Actor
from safezone.audit.event import EventType
from safezone.boundary import boundary
from safezone.catalog import adequacy, history
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
            _move(zone, actor, record, VersionState.IN_REVIEW)
        return _through(zone, actor, version)


def _through(zone: Ingest, actor: Actor, version: str) -> str:
    record = zone.catalog.get(VersionRecord, version)
    if record.state is not VersionState.IN_REVIEW:
        return version
    try:
        adequacy.reviewers(zone.catalog, zone.accounts, record)
    except Denied:
        return version  # a person has to look at it
    _move(zone, actor, record, VersionState.PUBLISHED)
    return version


def _move(zone: Ingest, actor: Actor, record: VersionRecord, after: VersionState) -> None:
    event = history.moved(
        EventType.VERSION_STATE,
        actor.id,
        f"version/{record.id}",
        after,
        about=record.manifest_digest,
        policy=record.policy,
    )
    try:
        with zone.catalog.write(event) as connection:
            zone.catalog.move(connection, record, after)
    except WrongState:
        if zone.catalog.get(VersionRecord, record.id).state is record.state:
            raise  # nobody else moved it: the table forbids it
