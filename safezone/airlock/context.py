"""What the airlock works with, and the questions every part of it asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from safezone.access.actions import Action, Actor, Resource, request_resource
from safezone.access.authorize import AccessPolicy, Authorizer
from safezone.catalog import adequacy, policies
from safezone.catalog.accounts import Accounts
from safezone.catalog.records import AccountRecord, ProjectRecord, RequestRecord, VersionRecord
from safezone.catalog.store import Catalog
from safezone.policy.dataset import DatasetPolicy
from safezone.ports import BlobStore, KeyProvider
from safezone.settings import Settings
from safezone.vault.door import Vault

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Airlock:
    """The rooms the airlock may use.

    Attributes:
        settings: of the zone.
        catalog: what is known.
        accounts: who is who.
        authorizer: decides.
        access: the access policies themselves, which the release job asks about each reviewer.
        vault: opens published versions for checks and builds.
        keys: the keys of this duty.
        packages: where encrypted packages lie.
    """

    settings: Settings
    catalog: Catalog
    accounts: Accounts
    authorizer: Authorizer
    access: AccessPolicy
    vault: Vault
    keys: KeyProvider
    packages: BlobStore

    def policy(self, version: VersionRecord) -> DatasetPolicy:
        """The policy a version was made under, checked against its digest."""
        return policies.of_version(self.catalog, version.policy)

    def handled_by(self, version: VersionRecord) -> frozenset[str]:
        """Accounts that ran or approved the processing: they may not decide about requests for it."""
        approvers = policies.approvers(self.catalog, None, version.policy)
        adequate = adequacy.reviewers(self.catalog, self.accounts, version)
        return adequacy.handlers(self.catalog, version) | approvers | adequate

    def resource(self, request: RequestRecord) -> Resource:
        """A request as the access policies see it."""
        project = self.catalog.get(ProjectRecord, request.project)
        version = self.catalog.get(VersionRecord, request.version)
        return request_resource(request, project.members, self.handled_by(version))


Step = Callable[Concatenate[Airlock, AccountRecord, str, P], R]


def refusals_recorded(action: Action, kind: str) -> Callable[[Step[P, R]], Step[P, R]]:
    """Make a step that an account takes on an object leave its refusals in the log.

    Args:
        action: what the step is, in the words of the access policies.
        kind: what the step's third argument is the id of, as events call it.
    """

    def around(step: Step[P, R]) -> Step[P, R]:
        @wraps(step)
        def recorded(airlock: Airlock, account: AccountRecord, key: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with airlock.authorizer.refusals(Actor.account(account), action, f"{kind}/{key}"):
                return step(airlock, account, key, *args, **kwargs)

        return recorded

    return around
