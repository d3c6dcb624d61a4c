"""The actions of the zone and the kinds of resource they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from safezone.catalog.records import (
    AccountRecord,
    ProjectRecord,
    ReleaseRecord,
    RequestRecord,
    VersionRecord,
)
from safezone.model import Duty, Role, VersionState


class Action(StrEnum):
    """Everything that is decided about; the Cedar schema names the same actions, and a test compares."""

    ACCOUNT_ADD = "account.add"
    ACCOUNT_LIST = "account.list"
    KEYS_READ = "keys.read"
    KEYS_ROTATE = "keys.rotate"
    KEYS_DESTROY = "keys.destroy"
    KEYS_APPROVE = "keys.approve"
    KEYS_SPLIT = "keys.split"
    BACKUP_MAKE = "backup.make"
    BACKUP_RESTORE = "backup.restore"
    CATALOG_READ = "catalog.read"
    HOUSEKEEPING_RUN = "housekeeping.run"
    POLICY_READ = "policy.read"
    POLICY_APPROVE = "policy.approve"
    DELIVERY_READ = "delivery.read"
    DELIVERY_INGEST = "delivery.ingest"
    QUARANTINE_READ = "quarantine.read"
    DETECTION_EXPLAIN = "detection.explain"
    VERSION_READ = "version.read"
    VERSION_REVIEW = "version.review"
    VERSION_WITHDRAW = "version.withdraw"
    PROJECT_CREATE = "project.create"
    PROJECT_READ = "project.read"
    PROJECT_MEMBER = "project.member"
    PROJECT_CLOSE = "project.close"
    PROJECT_APPROVE = "project.approve"
    REQUEST_CREATE = "request.create"
    REQUEST_READ = "request.read"
    REQUEST_SUBMIT = "request.submit"
    REQUEST_WITHDRAW = "request.withdraw"
    REQUEST_REVIEW = "request.review"
    RELEASE_CHECK = "release.check"
    RELEASE_BUILD = "release.build"
    RELEASE_READ = "release.read"
    RELEASE_PULL = "release.pull"
    RELEASE_REVOKE = "release.revoke"
    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_EXPORT = "audit.export"
    AUDIT_CHECKPOINT = "audit.checkpoint"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account that proved itself, or a duty of the zone.

    Attributes:
        id: opaque account id, or the duty's name.
        kind: "Account" or "Duty", the Cedar entity type.
        roles: the account's roles.
        controller: the controller an account is scoped to; "" for the zone's own staff.
        active: False once revoked.
    """

    id: str
    kind: str
    roles: frozenset[Role] = frozenset()
    controller: str = ""
    active: bool = True

    @classmethod
    def account(cls, record: AccountRecord) -> Actor:
        """The actor an authenticated account is."""
        return cls(record.id, "Account", frozenset(record.roles), record.controller or "", record.active)

    @classmethod
    def duty(cls, duty: Duty) -> Actor:
        """The actor a duty of the zone is."""
        return cls(duty.value, "Duty")


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on, with the attributes the policies look at."""

    kind: str
    id: str
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How events call it, e.g. ``version/v-12ab``."""
        return f"{self.kind.lower()}/{self.id}"


ZONE = Resource("Zone", "zone")
LOG = Resource("Log", "log")


def destruction_resource(destruction: str, asked_by: str) -> Resource:
    """A destruction of keys that somebody asked for."""
    return Resource("Destruction", destruction, {"asked_by": asked_by})


def dataset_resource(dataset: str, controller: str) -> Resource:
    """A dataset: its policy, deliveries and quarantine."""
    return Resource("Dataset", dataset, {"controller": controller})


def version_resource(version: VersionRecord) -> Resource:
    """A version, with who ran it."""
    published = version.state in {VersionState.PUBLISHED, VersionState.WITHDRAWN}
    return Resource(
        "Version",
        version.id,
        {"controller": version.controller, "published": published, "made_by": version.made_by},
    )


def project_resource(project: ProjectRecord) -> Resource:
    """A project, with its owner and members."""
    return Resource("Project", project.id, {"owner": project.owner, "members": list(project.members)})


def request_resource(request: RequestRecord, members: tuple[str, ...], excluded: frozenset[str]) -> Resource:
    """A request, with those who may not decide about it.

    Args:
        request: the request.
        members: accounts of its project.
        excluded: accounts that ran or approved the processing of the version it asks for.
    """
    return Resource(
        "Request",
        request.id,
        {"requester": request.requester, "members": list(members), "excluded": sorted(excluded)},
    )


def release_resource(release: ReleaseRecord, requester: str) -> Resource:
    """A release, with who asked for it."""
    return Resource("Release", release.id, {"requester": requester})
