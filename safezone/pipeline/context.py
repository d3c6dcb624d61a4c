"""What every step of ingest needs, and how a step begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pseudonymize.detect.rules import DetectionRules
from pseudonymize.ports import SupportsDetect
from safezone import __version__
from safezone.access.actions import Action, Actor, dataset_resource
from safezone.access.authorize import Authorizer, Grant
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import adequacy
from safezone.catalog.accounts import Accounts
from safezone.catalog.policies import require_in_force
from safezone.catalog.records import VersionRecord
from safezone.catalog.store import Catalog
from safezone.errors import NotFound
from safezone.model import Manifest, Stage, VersionState, now
from safezone.policy.dataset import DatasetPolicy
from safezone.ports import KeyProvider
from safezone.settings import Settings
from safezone.vault.door import Vault
from safezone.vault.parts import PendingPart

CODE_VERSION = __version__


class DetectorWithDigest(SupportsDetect, Protocol):
    """A detector that can name its model: the digest is part of every version id it helped to make."""

    @property
    def digest(self) -> str:
        """SHA-256 over everything that decides what it finds."""
        ...


@dataclass(frozen=True, slots=True)
class Ingest:
    """The ingest duty: its settings and the rooms it may use.

    Attributes:
        settings: of the zone.
        catalog: what is known.
        accounts: who is who.
        authorizer: decides.
        vault: opens.
        keys: the keys of this duty.
        policies: the dataset policies on disk, by dataset.
        detector: makes the personal-data detector of a policy's rules; called only by steps that need it.
        delivery_identity: opens the zone's own age identity, for deliveries encrypted to it.
    """

    settings: Settings
    catalog: Catalog
    accounts: Accounts
    authorizer: Authorizer
    vault: Vault
    keys: KeyProvider
    policies: Mapping[str, DatasetPolicy]
    detector: Callable[[DetectionRules], DetectorWithDigest]
    delivery_identity: Callable[[], Any]

    def begin(self, actor: Actor, dataset: str, purpose: str) -> tuple[DatasetPolicy, Grant]:
        """Start a step: the policy must be in force and the actor allowed to ingest this dataset.

        Args:
            actor: who runs it.
            dataset: the dataset.
            purpose: a reference, e.g. the delivery or the version worked on.

        Raises:
            NotFound: no policy describes that dataset.
            Denied: the actor may not, or the policy is not approved by two people.
        """
        policy = self.policies.get(dataset)
        if policy is None:
            raise NotFound(
                "policy.unknown",
                ("No policy describes that dataset.", "그 데이터셋을 설명하는 정책이 없습니다."),
                ("See policies/datasets for those there are.", "policies/datasets에서 있는 것을 확인하십시오."),
            )
        resource = dataset_resource(policy.dataset, policy.controller)
        with self.authorizer.refusals(actor, Action.DELIVERY_INGEST, resource.name):
            grant = self.authorizer.authorize(actor, Action.DELIVERY_INGEST, resource, purpose)
            require_in_force(self.catalog, self.accounts, policy)
        return policy, grant

    def commit(
        self,
        grant: Grant,
        manifest: Manifest,
        pending: list[PendingPart],
        *,
        state: VersionState,
        parent: str | None,
        evidence: dict[str, Any],
        also: tuple[Any, ...] = (),
        events: tuple[AuditEvent, ...] = (),
    ) -> VersionRecord:
        """Commit a version: manifest and keys are written, then one transaction makes it visible.

        Whoever commits first wins; the files of a run that lost are removed.
        """
        uri = self.vault.seal_version(grant, manifest, pending)
        record = VersionRecord(
            id=manifest.version,
            dataset=manifest.dataset,
            controller=manifest.controller,
            stage=Stage(manifest.stage),
            state=state,
            delivery=manifest.delivery,
            parent=parent,
            policy=manifest.policy,
            manifest_uri=uri,
            manifest_digest=manifest.sha256,
            rows=manifest.rows,
            made_by=grant.actor.id,
            evidence=evidence,
            created=now(),
        )
        event = AuditEvent(
            EventType.VERSION_COMMITTED,
            grant.actor.id,
            f"version/{record.id}",
            purpose=adequacy.committed_as(manifest.sha256, evidence),
            policy=manifest.policy,
            details={
                "stage": record.stage.value,
                "state": state.value,
                "rows": record.rows,
            },
        )
        standing, ours = self.catalog.add_once(record, event, *events, also=also)
        if not ours:
            keys = uri.removesuffix(".manifest.json") + ".keys.json"
            self.vault.discard([uri, keys, *(part.ref.uri for part in pending)])
        return standing
