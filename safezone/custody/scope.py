"""What a key covers, which keys a dataset or a delivery has, and which keys are never destroyed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safezone.catalog.records import DeliveryRecord, QuarantineRecord, VersionRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied, NotFound
from safezone.keys import faults, identity
from safezone.keys.duties import may
from safezone.keys.naming import kind_of
from safezone.model import Stage
from safezone.ports import KeyInfo, KeyProvider
from safezone.vault.door import INTAKE, QUARANTINE
from safezone.vault.parts import key_name
from safezone.zone import Zone

_KEK_SEGMENTS = 4
_STAGES = frozenset(stage.value for stage in Stage)


@dataclass(frozen=True, slots=True)
class Covered:
    """What opens with one key-encryption key and with nothing else.

    Attributes:
        versions: versions of a dataset at one stage, from one delivery.
        deliveries: deliveries whose received files are under it.
        quarantined: entries of the quarantine whose objects are under it.
    """

    versions: tuple[VersionRecord, ...] = ()
    deliveries: tuple[DeliveryRecord, ...] = ()
    quarantined: tuple[QuarantineRecord, ...] = ()


def parts_of(name: str) -> tuple[str, str, str] | None:
    """Dataset, place (a stage, ``intake``, ``quarantine`` ...) and delivery of a key-encryption key, else None."""
    segments = name.split("/")
    if segments[0] != "kek" or len(segments) != _KEK_SEGMENTS or name == identity.KEK:
        return None
    return segments[1], segments[2], segments[3]


def covered(catalog: Catalog, name: str) -> Covered:
    """What the catalog knows to be under a key; nothing for keys that are no key-encryption keys."""
    known = parts_of(name)
    if known is None:
        return Covered()
    dataset, place, delivery = known
    if place in _STAGES:
        return Covered(tuple(catalog.list(VersionRecord, dataset=dataset, stage=place, delivery=delivery)))
    if place == INTAKE:
        found = catalog.find(DeliveryRecord, delivery)
        return Covered(deliveries=(found,) if found is not None and found.dataset == dataset else ())
    if place == QUARANTINE:
        return Covered(quarantined=tuple(catalog.list(QuarantineRecord, dataset=dataset, delivery=delivery)))
    return Covered()


def expand(
    keys: KeyProvider, names: Iterable[str], datasets: Iterable[str] = (), deliveries: Iterable[str] = ()
) -> tuple[str, ...]:
    """The living keys that are meant, sorted.

    Args:
        keys: whose keys.
        names: full names.
        datasets: every key-encryption key of these datasets, whatever the stage.
        deliveries: every key-encryption key of these deliveries, whatever the stage.

    Raises:
        NotFound: a name, a dataset or a delivery has no living key.
        Denied: one of them is never destroyed (`require_destructible`).
    """
    living = [key.name for key in keys.list()]
    chosen: set[str] = set()
    for name in names:
        kind_of(name)
        if name not in living:
            raise faults.unknown(name)
        chosen.add(name)
    for position, wanted in ((0, tuple(datasets)), (2, tuple(deliveries))):
        for each in wanted:
            found = {name for name in living if (known := parts_of(name)) is not None and known[position] == each}
            if not found:
                raise _nothing(each)
            chosen |= found
    require_destructible(chosen)
    return tuple(sorted(chosen))


def require_destructible(names: Iterable[str]) -> None:
    """Refuse keys on which the zone itself stands.

    Signatures of manifests, packages, checkpoints, certificates and the seals of accounts are checked with
    ``sign/*``; deliveries are recognised by ``commit/*``; agencies encrypt to the delivery identity. Without them
    nothing that is kept could be proven any more.

    Raises:
        Denied: one of the names is such a key.
    """
    for name in names:
        if name.partition("/")[0] in {"sign", "commit"} or name == identity.KEK:
            raise Denied(
                "destruction.protected",
                (
                    f"The key {name} is never destroyed: what the zone has signed or received is proven with it.",
                    f"키 {name}은(는) 파기하지 않습니다. 서명하거나 접수한 내용을 이 키로 증명합니다.",
                ),
                ("Rotate it instead: safezone keys rotate", "대신 교체하십시오: safezone keys rotate"),
            )


def holder(zones: Sequence[Zone], name: str) -> Zone | None:
    """The zone whose duty may destroy a key, the console's before all; None when none of these may."""
    for zone in zones:
        if zone.duty is None or may(zone.duty, "destroy", name):
            return zone
    return None


def living(zones: Sequence[Zone]) -> dict[str, KeyInfo]:
    """Every key these zones see and nobody destroyed, by name."""
    return {key.name: key for zone in reversed(zones) for key in zone.keys.list()}


def of_version(version: VersionRecord) -> str:
    """Name of the key a version is under."""
    return key_name(version.dataset, version.stage, version.delivery)


def _nothing(scope: str) -> NotFound:
    return NotFound(
        "destruction.scope",
        (f"There is no living key of {scope}.", f"{scope}에 속한 사용 중인 키가 없습니다."),
        ("See: safezone keys list", "확인하십시오: safezone keys list"),
    )
