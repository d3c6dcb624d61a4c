"""Pseudonymise: one raw part becomes one de-identified part. Airflow maps this step over the parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pseudonymize.findings import Findings
from pseudonymize.plan import apply
from pseudonymize.transform.spec import Redact
from safezone.access.actions import Actor
from safezone.access.authorize import Grant
from safezone.boundary import boundary
from safezone.catalog.records import VersionRecord
from safezone.errors import WrongState
from safezone.keys.tokenizer import Tokenizer
from safezone.model import Stage, VersionState, digest, version_id
from safezone.pipeline import suites
from safezone.pipeline.context import DetectorWithDigest, Ingest
from safezone.pipeline.searching import SpreadDetector, spread
from safezone.policy.dataset import DatasetPolicy
from safezone.schema import arrow_schema
from validation.run import Validator

ROWS_AT_ONCE = 16_384
TEXT_KEY = "text/surrogates"
"""What the key of surrogates is called among the key versions; no kind of identifier has a slash in its name."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything besides the rows that decides what a de-identified version holds.

    Attributes:
        version: id of the version being made.
        detector: finds personal data in text; None when the dataset has no text to redact.
        tokenizer: the token keys of the controller.
        model: digest of the detector, empty without one.
        token_key_version: newest version of the token keys.
    """

    version: str
    detector: DetectorWithDigest | None
    tokenizer: Tokenizer
    model: str
    token_key_version: int


def recipe(zone: Ingest, policy: DatasetPolicy, raw: VersionRecord) -> Recipe:
    """Work out the recipe for a raw version; the same for every part and every run."""
    redacts = any(isinstance(column.transform, Redact) for column in policy.columns)
    detector = zone.detector(policy.detection) if redacts else None
    model = detector.digest if detector is not None else ""
    tokenizer = Tokenizer(zone.keys, policy.controller)
    key_versions = {kind: tokenizer.token_key(kind)[1] for kind in policy.token_kinds}
    if any(isinstance(column.transform, Redact) and column.transform.keyed for column in policy.columns):
        key_versions[TEXT_KEY] = tokenizer.text_key()[1]
    token_key_version = max(key_versions.values(), default=0)
    version = version_id(
        dataset=policy.dataset,
        stage=Stage.DEIDENTIFIED,
        inputs=(raw.id,),
        policy=policy.sha256,
        # Every kind of identifier has a key of its own, and any of them may have been rotated.
        transform=digest({"plan": policy.plan.digest(), "token_keys": key_versions}),
        model=model,
        token_key_version=token_key_version,
    )
    return Recipe(version, detector, tokenizer, model, token_key_version)


def raw_version(zone: Ingest, policy: DatasetPolicy, version: str) -> VersionRecord:
    """The raw version that is to be de-identified under this very policy.

    Raises:
        WrongState: it is of another dataset, stage or policy, or no longer there.
    """
    raw = zone.catalog.get(VersionRecord, version)
    good = raw.stage is Stage.RAW and raw.state is VersionState.RECEIVED and raw.dataset == policy.dataset
    if not good or raw.policy != policy.sha256:
        raise WrongState(
            "version.not_raw",
            (
                f"Version {raw.id} is not a raw version of {policy.dataset} under the policy in force.",
                f"버전 {raw.id}은(는) 현재 정책에 따른 {policy.dataset}의 원본 버전이 아닙니다.",
            ),
            ("Check the delivery again under the policy in force.", "현재 정책으로 반입물을 다시 점검하십시오."),
        )
    return raw


def part_names(zone: Ingest, actor: Actor, dataset: str, version: str) -> list[str]:
    """Names of the parts of a raw version, which the step is mapped over."""
    with boundary("pseudonymise"):
        policy, _ = zone.begin(actor, dataset, f"version/{version}")
        manifest = zone.vault.manifest(raw_version(zone, policy, version))
        return [part.name for part in manifest.parts]


def pseudonymise(zone: Ingest, actor: Actor, dataset: str, version: str, part: str) -> dict[str, str]:
    """De-identify one part.

    Args:
        zone: the ingest duty.
        actor: who runs it.
        dataset: the dataset.
        version: the raw version.
        part: the name of one of its parts.

    Returns:
        A reference to the signed note of the new part: ``{"part", "uri", "sha256"}``; without uri when a run
        before has committed the version already.
    """
    with boundary("pseudonymise"):
        policy, grant = zone.begin(actor, dataset, f"version/{version}")
        raw = raw_version(zone, policy, version)
        how = recipe(zone, policy, raw)
        if zone.catalog.find(VersionRecord, how.version) is not None:
            return {"part": part, "uri": "", "sha256": ""}  # a run before committed the whole version
        with spread(how.detector, zone.settings.detect_processes) as detector:
            work = _Work(zone, grant, policy, raw, how, detector)
            pending = zone.vault.write_part(
                grant,
                Stage.DEIDENTIFIED,
                dataset=policy.dataset,
                delivery=raw.delivery,
                version=how.version,
                name=part,
                schema=work.schema(),
                batches=work.rows(part),
                counts=work.counts,
            )
        uri, sha256 = zone.vault.leave_note(policy.dataset, how.version, pending)
        return {"part": part, "uri": uri, "sha256": sha256}


class _Work:
    def __init__(
        self,
        zone: Ingest,
        grant: Grant,
        policy: DatasetPolicy,
        raw: VersionRecord,
        how: Recipe,
        detector: SpreadDetector | None,
    ) -> None:
        self.zone, self.grant, self.policy, self.raw, self.how = zone, grant, policy, raw, how
        self.detector = detector
        self.plan = policy.plan
        self.findings = Findings()
        self.validator = Validator(suites.deidentified(policy), detector.leftover.detect if detector else None)

    def schema(self) -> pa.Schema:
        return self.plan.output_schema(arrow_schema(self.policy.columns))

    def rows(self, part: str) -> Iterator[pa.Table]:
        with self.zone.vault.open_version(self.grant, self.raw, only=[part]) as dataset:
            for batch in dataset.to_batches(batch_size=ROWS_AT_ONCE):
                done = apply(self.plan, batch, keys=self.how.tokenizer, detector=self.detector)
                self.findings = self.findings.merge(done.findings)
                self.validator.add(done.table)
                yield done.table

    def counts(self) -> dict[str, Any]:
        return {"findings": self.findings.to_json(), "judged": self.validator.partial().to_json()}
