"""Destroying a key at AWS KMS: the mark that outlives it, then the end of every version."""

from __future__ import annotations

from typing import Any

from safezone.errors import Denied, Unavailable
from safezone.keys import faults
from safezone.keys.aws import names as kms_names
from safezone.keys.aws.client import Refusal
from safezone.keys.aws.versions import PENDING_DAYS, Version, Versions

# Of 50 aliases that a KMS key may have, some are left for those who destroy at the same moment.
_MARKS = 40
_PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def destroy(versions: Versions, name: str) -> None:
    """Mark the key as gone for ever, then disable every version and have AWS delete it.

    Raises:
        NotFound: there never was such a key.
        Unavailable: it is marked as gone, but AWS did not take every order; destroying again goes on from there.
    """
    if not versions.is_gone(name, "destroy"):
        if not versions.probe(name, "destroy"):
            raise faults.unknown(name)
        _mark(versions, name)
    versions.forget(name)
    try:
        # Asked again, since a version may have been added just before the mark.
        found = versions.probe(name, "destroy")
        for version in found.values():
            _end(versions, name, version)
        # From the newest down: what is left after an interruption is found again, counting from 1.
        for number in sorted(found, reverse=True):
            versions.drop_alias(name, number)
    except (Unavailable, Denied):
        raise _unfinished(name) from None


def _mark(versions: Versions, name: str) -> None:
    alias = kms_names.gone_alias(versions.prefix, name)
    if kms_names.is_long(kms_names.path_of(name)):
        # The alias does not say the name, so the key it points at has to.
        key_id = versions.create(name, 0, "destroy", kms_names.MARKER)
        if not versions.alias(name, "destroy", alias, key_id):
            versions.discard(name, key_id)
        return
    number = 1
    while True:
        key_id = _marker(versions, name, number)
        if sum(1 for _ in versions.kms.aliases(key_id)) < _MARKS:
            versions.alias(name, "destroy", alias, key_id)  # who else destroys it at this moment marks it too
            return
        number += 1


def _marker(versions: Versions, name: str, number: int) -> str:
    """The id of a key that carries marks; made when there is none of that number."""
    alias = kms_names.marker_alias(versions.prefix, number)
    found = versions.describe(name, "destroy", alias)
    if found is None:
        key_id = versions.create(f"{kms_names.MARKER}/{number}", 0, "destroy", kms_names.MARKER)
        if versions.alias(name, "destroy", alias, key_id):
            return key_id
        versions.discard(name, key_id)
        found = versions.describe(name, "destroy", alias)
    if found is None:
        raise faults.unavailable(versions.kms.server)
    return str(found["KeyId"])


def _end(versions: Versions, name: str, version: Version) -> None:
    """Disable a version and have it deleted; one already on its way out is left to it."""
    if version.state in _PENDING:
        return
    orders: list[tuple[str, dict[str, Any]]] = [
        ("disable_key", {}),
        ("schedule_key_deletion", {"PendingWindowInDays": PENDING_DAYS}),
    ]
    for operation, parameters in orders:
        try:
            versions.kms.call(operation, "destroy", name, KeyId=version.key_id, **parameters)
        except Refusal as refusal:
            if refusal.code not in {"NotFoundException", "KMSInvalidStateException"}:
                raise faults.unavailable(versions.kms.server) from None


def _unfinished(name: str) -> Unavailable:
    return Unavailable(
        "keys.unfinished",
        (
            f"The destruction of the key {name} has begun, but AWS did not take every order.",
            f"키 {name}의 파기가 시작되었지만 AWS가 모든 지시를 받지는 못했습니다.",
        ),
        (
            "Destroy it again, as a duty that may: what is left to do will be done.",
            "권한이 있는 임무로 다시 파기하면 남은 작업이 이어집니다.",
        ),
        (
            "It is marked as destroyed: no part of the zone uses it any more.",
            "파기된 것으로 표시되어 안심구역의 어느 부분도 더 이상 사용하지 않습니다.",
        ),
    )
