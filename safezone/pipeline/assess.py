"""Assess: the de-identified parts become a version, and the rows that may be published a candidate.

The remaining risk is measured, rows of too small classes are left out, and the model is proven to hold.

What is reviewed is exactly what will be published: the candidate's manifest is signed here, the adequacy review
signs that manifest, and publication afterwards changes a state and no byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pseudonymize.findings import Findings
from pseudonymize.risk import Suppression, advise, suppress
from pseudonymize.risk import assess as measure
from safezone.access.actions import Actor
from safezone.access.authorize import Grant
from safezone.audit.event import EventType
from safezone.boundary import boundary
from safezone.catalog import history
from safezone.catalog.records import VersionRecord
from safezone.errors import IntegrityFailure, PrivacyError, WrongState
from safezone.model import Manifest, Stage, VersionState, digest, version_id
from safezone.pipeline import suites
from safezone.pipeline.context import CODE_VERSION, Ingest
from safezone.pipeline.pseudonymise import Recipe, raw_version, recipe
from safezone.pipeline.stream import RowStream, part_name
from safezone.policy.dataset import DatasetPolicy
from safezone.schema import schema_of
from safezone.vault.parts import PendingPart
from validation.docs import publish_docs
from validation.result import ValidationResult
from validation.run import Partial, Validator


def assess(zone: Ingest, actor: Actor, dataset: str, version: str, notes: Sequence[dict[str, str]]) -> str:
    """Commit the de-identified version and the candidate for publication.

    Args:
        zone: the ingest duty.
        actor: who runs it.
        dataset: the dataset.
        version: the raw version.
        notes: references to the notes that `pseudonymise` left, one for each part.

    Returns:
        The id of the candidate, in state ASSESSED.

    Raises:
        PrivacyError: the privacy model cannot be met within the suppression limit, or personal data is left;
            the de-identified version is set aside with the evidence, and nothing can be published from it.
    """
    with boundary("assess"):
        policy, grant = zone.begin(actor, dataset, f"version/{version}")
        raw = raw_version(zone, policy, version)
        how = recipe(zone, policy, raw)
        deidentified = _deidentified(zone, grant, policy, raw, how, notes)
        return _Candidate(zone, grant, policy, raw, deidentified).commit()


def _deidentified(
    zone: Ingest,
    grant: Grant,
    policy: DatasetPolicy,
    raw: VersionRecord,
    how: Recipe,
    notes: Sequence[dict[str, str]],
) -> VersionRecord:
    """The de-identified version, committed from its parts unless a run before did it."""
    known = zone.catalog.find(VersionRecord, how.version)
    if known is not None:
        return known
    source = zone.vault.manifest(raw)
    pending = _pending(zone, policy, how, source, notes)
    findings, outcome = _judged(zone, grant, policy, how.version, raw, pending)
    columns = policy.plan.output_schema(schema_of(source.columns))
    manifest = Manifest(
        version=how.version,
        dataset=policy.dataset,
        controller=policy.controller,
        stage=Stage.DEIDENTIFIED.value,
        delivery=raw.delivery,
        inputs=(raw.manifest_digest,),
        policy=policy.sha256,
        transform=policy.plan.digest(),
        model=how.model,
        token_key_version=how.token_key_version,
        code=CODE_VERSION,
        columns=tuple((field.name, str(field.type)) for field in columns),
        rows=sum(part.ref.rows for part in pending),
        parts=tuple(part.ref for part in pending),
        counts={f"found:{name}": count for name, count in findings.by_entity().items()},
    )
    evidence = {"findings": findings.to_json(), "deidentified": outcome.to_json()}
    return zone.commit(grant, manifest, pending, state=VersionState.ASSESSED, parent=raw.id, evidence=evidence)


def _pending(
    zone: Ingest, policy: DatasetPolicy, how: Recipe, source: Manifest, notes: Sequence[dict[str, str]]
) -> list[PendingPart]:
    """The parts that the notes are about: one for each part of the raw version."""
    wrong = IntegrityFailure(
        "assess.parts",
        ("Parts are missing, or come from another run.", "일부 파트가 없거나 다른 실행의 것입니다."),
        ("Run pseudonymise again for every part.", "모든 파트의 가명처리를 다시 실행하십시오."),
    )
    try:
        left = sorted((note["part"], note["uri"], note["sha256"]) for note in notes)
    except (KeyError, TypeError):
        raise wrong from None
    if not all(uri for _, uri, _ in left):
        raise wrong
    pending = [zone.vault.read_note(policy.dataset, how.version, uri, sha256) for _, uri, sha256 in left]
    if [part.ref.name for part in pending] != [part.name for part in source.parts]:
        raise wrong
    return pending


def _judged(
    zone: Ingest,
    grant: Grant,
    policy: DatasetPolicy,
    version: str,
    raw: VersionRecord,
    pending: Sequence[PendingPart],
) -> tuple[Findings, ValidationResult]:
    """Add up what the mapped tasks counted, and judge the whole."""
    findings, validator = Findings(), Validator(suites.deidentified(policy))
    for part in pending:
        findings = findings.merge(Findings.from_json(part.counts["findings"]))
        validator.absorb(Partial.from_json(part.counts["judged"]))
    with zone.vault.open_pending(grant, Stage.DEIDENTIFIED, policy.dataset, version, pending) as dataset:
        return findings, validator.finish(dataset, rows_in=raw.rows)


@dataclass(slots=True)
class _Candidate:
    """The rows of a de-identified version that may be published."""

    zone: Ingest
    grant: Grant
    policy: DatasetPolicy
    raw: VersionRecord
    deidentified: VersionRecord

    def commit(self) -> str:
        privacy = self.policy.privacy
        version = version_id(
            dataset=self.policy.dataset,
            stage=Stage.PUBLISHED,
            inputs=(self.deidentified.id,),
            policy=self.policy.sha256,
            transform=digest({"k": privacy.k, "quasi_identifiers": list(privacy.quasi_identifiers)}),
            model="",
            token_key_version=0,
        )
        if self.zone.catalog.find(VersionRecord, version) is not None:
            return version
        failed = _failed(self.deidentified.evidence["deidentified"])
        if failed:
            raise self._stop(_left_over(failed), {})
        with self.zone.vault.open_version(self.grant, self.deidentified) as dataset:
            quasi, sensitive = privacy.quasi_identifiers, privacy.sensitive
            before = measure(dataset, quasi_identifiers=quasi, sensitive=sensitive)
            kept = suppress(dataset, quasi, privacy.k)
            if kept.suppressed_share > privacy.suppression_limit:
                advice = [item.to_json() for item in advise(dataset, quasi, privacy.k)]
                raise self._stop(_unreachable(self.policy, kept, advice), {"advice": advice})
            pending = self._write(version, kept)
        return self._judge_and_commit(version, pending, kept, before.to_json())

    def _write(self, version: str, kept: Suppression) -> list[PendingPart]:
        schema = schema_of(self.zone.vault.manifest(self.deidentified).columns)
        stream = RowStream(_batches(kept))
        pending: list[PendingPart] = []
        while stream.more() or not pending:
            part = self.zone.vault.write_part(
                self.grant,
                Stage.PUBLISHED,
                dataset=self.policy.dataset,
                delivery=self.raw.delivery,
                version=version,
                name=part_name(len(pending)),
                schema=schema,
                batches=stream.take(self.zone.settings.part_rows),
            )
            pending.append(part)
        return pending

    def _judge_and_commit(
        self, version: str, pending: list[PendingPart], kept: Suppression, before: dict[str, Any]
    ) -> str:
        privacy, policy = self.policy.privacy, self.policy
        suite = suites.published(policy)
        with self.zone.vault.open_pending(self.grant, Stage.PUBLISHED, policy.dataset, version, pending) as dataset:
            after = measure(dataset, quasi_identifiers=privacy.quasi_identifiers, sensitive=privacy.sensitive)
            validator = Validator(suite).add(dataset.schema.empty_table())
            outcome = validator.finish(dataset, rows_in=self.deidentified.rows, suppressed=kept.suppressed)
        failed = _failed(outcome.to_json())
        if failed:
            self.zone.vault.discard(part.ref.uri for part in pending)
            raise self._stop(_model_missed(failed), {"published": outcome.to_json()})
        manifest = self._manifest(version, pending, kept)
        evidence = self._evidence(kept, before, after.to_json(), outcome)
        record = self.zone.commit(
            self.grant,
            manifest,
            pending,
            state=VersionState.ASSESSED,
            parent=self.deidentified.id,
            evidence=evidence,
        )
        self._publish_docs(record)
        return record.id

    def _manifest(self, version: str, pending: list[PendingPart], kept: Suppression) -> Manifest:
        source = self.zone.vault.manifest(self.deidentified)
        return Manifest(
            version=version,
            dataset=source.dataset,
            controller=source.controller,
            stage=Stage.PUBLISHED.value,
            delivery=source.delivery,
            inputs=(source.sha256,),
            policy=source.policy,
            transform=source.transform,
            model=source.model,
            token_key_version=source.token_key_version,
            code=CODE_VERSION,
            columns=source.columns,
            rows=sum(part.ref.rows for part in pending),
            parts=tuple(part.ref for part in pending),
            counts={"rows_suppressed": kept.suppressed},
        )

    def _evidence(
        self, kept: Suppression, before: dict[str, Any], after: dict[str, Any], outcome: ValidationResult
    ) -> dict[str, Any]:
        earlier = self.deidentified.evidence
        return {
            "rows": {
                "delivered": self.zone.vault.manifest(self.raw).counts["rows_seen"],
                "quarantined": self.raw.evidence["quarantined_rows"],
                "deidentified": self.deidentified.rows,
                "suppressed": kept.suppressed,
                "published": self.deidentified.rows - kept.suppressed,
            },
            "findings": earlier["findings"],
            "risk_before": before,
            "risk_after": after,
            "risk": {
                "k": after["k"] or 0,
                "prosecutor_average": after["prosecutor_average"],
                "suppressed_share": round(kept.suppressed_share, 6),
            },
            "expectations": {
                "contract": self.raw.evidence["contract"],
                "deidentified": earlier["deidentified"],
                "published": outcome.to_json(),
            },
        }

    def _publish_docs(self, record: VersionRecord) -> None:
        results = [ValidationResult.from_json(item) for item in record.evidence["expectations"].values()]
        folder = self.zone.settings.home / "datadocs" / record.dataset / record.id
        publish_docs(results, folder, title=f"{self.policy.title.ko} · {record.id}")

    def _stop(self, error: PrivacyError, evidence: dict[str, Any]) -> PrivacyError:
        """Set the de-identified version aside with the evidence, so that a steward sees why."""
        event = history.moved(
            EventType.VERSION_STATE,
            self.grant.actor.id,
            f"version/{self.deidentified.id}",
            VersionState.QUARANTINED,
            about=self.deidentified.manifest_digest,
            policy=self.policy.sha256,
            details={"reason": error.code},
        )
        if self.deidentified.state is VersionState.ASSESSED:
            try:
                with self.zone.catalog.write(event) as connection:
                    more = self.deidentified.evidence | evidence | {"stopped": error.code}
                    self.zone.catalog.move(connection, self.deidentified, VersionState.QUARANTINED, evidence=more)
            except WrongState:
                return error  # another run that stopped for the same reason was quicker
        return error


def _batches(kept: Suppression) -> Iterator[pa.RecordBatch]:
    for batch in kept.batches():
        yield from batch.to_batches() if isinstance(batch, pa.Table) else [batch]


def _failed(outcome: dict[str, Any]) -> list[str]:
    return ValidationResult.from_json(outcome).critical_failures


def _left_over(failed: Sequence[str]) -> PrivacyError:
    names = ", ".join(failed[:5])
    return PrivacyError(
        "privacy.left_over",
        (
            f"Identifying data is left after de-identification: {names}.",
            f"비식별 후에도 식별 정보가 남아 있습니다: {names}.",
        ),
        (
            "Change the transforms of these columns, or add a recognizer, and have the policy approved again.",
            "해당 컬럼의 처리 방법을 바꾸거나 인식기를 추가하고 정책 승인을 다시 받으십시오.",
        ),
        kept=("Nothing was published.", "공개된 것은 없습니다."),
    )


def _unreachable(policy: DatasetPolicy, kept: Suppression, advice: Sequence[dict[str, Any]]) -> PrivacyError:
    privacy = policy.privacy
    best = advice[0]["column"] if advice else "-"
    share, limit = f"{kept.suppressed_share:.1%}", f"{privacy.suppression_limit:.1%}"
    return PrivacyError(
        "privacy.k_unreachable",
        (
            f"k={privacy.k} would suppress {share} of the rows; the policy allows {limit}.",
            f"k={privacy.k}을(를) 지키려면 행의 {share}을(를) 삭제해야 하나 정책의 한도는 {limit}입니다.",
        ),
        (
            f"Generalise a quasi-identifier further; {best} would help most.",
            f"준식별자를 더 범주화하십시오. {best} 컬럼의 효과가 가장 큽니다.",
        ),
        kept=("Nothing was published.", "공개된 것은 없습니다."),
    )


def _model_missed(failed: Sequence[str]) -> PrivacyError:
    names = ", ".join(failed[:5])
    return PrivacyError(
        "privacy.model",
        (f"The privacy model is not met: {names}.", f"프라이버시 모델을 충족하지 못했습니다: {names}."),
        (
            "Generalise the sensitive column or the quasi-identifiers further.",
            "민감 속성이나 준식별자를 더 범주화하십시오.",
        ),
        kept=("Nothing was published.", "공개된 것은 없습니다."),
    )
