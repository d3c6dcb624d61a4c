"""Crypto-shredding: every version of a key is destroyed, and what it opened is gone with every copy of it.

The order is what makes it safe to be cut off anywhere: the event commits first, then the ledger's line reaches its
disk, then the provider destroys, then states and wrapped keys follow, then the certificate is signed. Whoever calls
`destroy` has proven that it may happen (`safezone.custody.orders`, `safezone.housekeeping`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from safezone.audit.event import AuditEvent, EventType
from safezone.catalog import destructions, history
from safezone.catalog.records import DeliveryRecord, DestructionRecord, VersionRecord
from safezone.catalog.store import new_id
from safezone.custody import certificate, projects, scope
from safezone.custody.endings import end_covered
from safezone.custody.ledger import Ledger, Line, ledger_file
from safezone.errors import Denied, IntegrityFailure, SafeZoneError
from safezone.model import VersionState, now, timestamp
from safezone.zone import Zone

RETENTION = "retention"
_KINDS = {RETENTION: RETENTION, "project": "project-end"}


@dataclass(frozen=True, slots=True)
class Authority:
    """On whose word keys are destroyed.

    Attributes:
        kind: ``two-people``, ``retention``, ``project-end`` or ``replay``.
        reference: what the log and the ledger call it: ``destruction/<id>``, ``retention``, ``project/<id>``.
        reason: why, in words for the certificate.
        people: who asked and who agreed, for the certificate: part, account, name, time, signature.
        scope: how the keys were named, for the certificate.
    """

    kind: str
    reference: str
    reason: str = ""
    people: tuple[dict[str, str], ...] = ()
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was destroyed.

    Attributes:
        certificate: id of the certificate.
        keys: names of the keys.
        recovery: ids of the recovery copies of the keystore made before, which must be renewed.
    """

    certificate: str
    keys: tuple[str, ...]
    recovery: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did after a restore.

    Attributes:
        destroyed: keys that were alive again and are destroyed again.
        unproven: living keys that the ledger or the log names without proof; somebody has to look.
        broken: whether lines of the ledger were removed, added or changed; those cut off its end are noticed as far as
            a certificate in the zone's folder tells of them.
        certificate: id of the certificate, "" when nothing was destroyed.
    """

    destroyed: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    broken: bool = False
    certificate: str = ""


@dataclass(slots=True)
class _Named:
    """What the ledger, the log and the provider say of keys that are alive."""

    proven: dict[str, str] = field(default_factory=dict)
    unproven: set[str] = field(default_factory=set)
    broken: bool = False


def ledger_of(zone: Zone) -> Ledger:
    """The ledger of a zone."""
    # The zone's id: a restored zone may write a new log, and keeps its ledger.
    return Ledger(ledger_file(zone.settings, zone.origin.split("/")[1]), zone.keys)


def destroy(
    zone: Zone,
    names: Iterable[str],
    authority: Authority,
    actor: str,
    *,
    others: Sequence[Zone] = (),
    begun: str = "",
) -> Destroyed | None:
    """Destroy keys with every version of them, and say so everywhere it has to be said.

    Args:
        zone: whose catalog, ledger and certificates; its duty destroys the keys it may.
        names: full names; those destroyed already are passed over.
        authority: on whose word, proven by the caller.
        actor: account or duty that carries it out.
        others: the zone as further duties, for keys that are theirs.
        begun: id of the certificate an earlier run began and did not finish; its keys count as this run's.

    Returns:
        What was destroyed, or None when nothing was left to do.

    Raises:
        Denied: a key that is never destroyed, or one that none of these duties may; nothing was destroyed.
        UsageError: the ledger's folder lies inside the zone.
        Unavailable: log, ledger or keys did not answer; running it again goes on where it stopped.
    """
    zones = (zone, *others)
    wanted = tuple(sorted(set(names)))
    scope.require_destructible(wanted)
    living = scope.living(zones)
    targets = [name for name in wanted if name in living]
    holders = {name: _holder(zones, name) for name in targets}
    if not targets and not begun:
        return None
    ledger, key_id = ledger_of(zone), begun or new_id("cert")
    written = tuple(dict.fromkeys([*(_of_earlier_run(zone, wanted, key_id) if begun else ()), *targets]))
    if not written:
        return None  # somebody else was quicker: these keys are on another certificate
    if targets:
        with zone.catalog.write(
            *(
                AuditEvent(
                    EventType.KEY_DESTROYED,
                    actor,
                    f"key/{name}",
                    purpose=authority.reference,
                    details={"certificate": key_id, "versions": ",".join(map(str, living[name].versions))},
                )
                for name in targets
            )
        ):
            pass
    moment = timestamp(now())
    ledger.append(written, moment, authority.reference, key_id)
    for name in targets:
        holders[name].keys.destroy(name)
    _require_gone(zones, written)
    end_covered(zone, written, actor, _word(authority))
    recovery = certificate.recovery_copies(zone)
    certificate.issue(
        zone,
        key_id,
        actor,
        certificate.Facts(
            kind=authority.kind,
            reference=authority.reference,
            reason=authority.reason,
            scope=authority.scope,
            people=authority.people,
            keys=written,
            recovery=recovery,
            ledger=ledger.head(),
        ),
    )
    return Destroyed(key_id, written, tuple(copy["id"] for copy in recovery))


def finish(zone: Zone, actor: str, others: Sequence[Zone] = ()) -> list[Destroyed]:
    """Go on with destructions that were cut off after the ledger had been written, and before their certificate.

    Those that two people asked for are gone on with by `safezone.custody.orders.run`, which proves them again. A key
    that is alive although its destruction was finished came back with an older keystore: it is destroyed again.
    """
    lines = ledger_of(zone).lines()
    begun: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        if line.proven and not line.authority.startswith(f"{destructions.KIND}/"):
            begun.setdefault((line.certificate, line.authority), []).append(line.key)
    done = []
    for (key_id, reference), names in begun.items():
        here = all(scope.holder((zone, *others), name) is not None for name in names)
        if here and certificate.is_id(key_id) and not certificate.is_issued(zone, key_id):
            kind = _KINDS.get(reference.partition("/")[0], "replay")
            carried = destroy(zone, names, Authority(kind, reference), actor, others=others, begun=key_id)
            done += [carried] if carried is not None else []
    if _came_back(zone, (zone, *others), lines):
        again = replay(zone, actor, others)
        done += [Destroyed(again.certificate, again.destroyed)] if again.destroyed else []
    return done


def _came_back(zone: Zone, zones: Sequence[Zone], lines: Iterable[Line]) -> bool:
    alive = set(scope.living(zones))
    return any(
        line.proven
        and line.key in alive
        and scope.holder(zones, line.key) is not None
        and certificate.is_issued(zone, line.certificate)
        for line in lines
    )


def replay(zone: Zone, by: str = "console", others: Sequence[Zone] = ()) -> Replayed:
    """Destroy again every key that was destroyed before and is alive, as after a restore. Running it twice is once.

    A key counts as destroyed when the zone's own signature in the ledger says so, when the provider kept its mark,
    or when the log says so and what the log names as the authority can be proven. A word nobody can prove destroys
    nothing and is reported: otherwise a row written by hand would be a way to destroy keys alone.

    Args:
        zone: opened as the console, or as the duty whose keys are meant.
        by: account or duty that does it.
        others: the zone as further duties.
    """
    zones = (zone, *others)
    found = _named(zone, scope.living(zones))
    mine = sorted(name for name in found.proven if scope.holder(zones, name) is not None)
    done: Destroyed | None = None
    if mine:
        told = ", ".join(sorted({found.proven[name] for name in mine}))
        authority = Authority("replay", "replay", reason=told)
        done = destroy(zone, mine, authority, by, others=others)
    # Keys that did not come back, while an older catalog says that what they opened is there.
    gone = sorted(name for name, _ in zone.keys.destroyed() if scope.parts_of(name))
    end_covered(zone, gone, by, "replay")
    return Replayed(
        done.keys if done else (),
        tuple(sorted(found.unproven - set(found.proven))),
        found.broken,
        done.certificate if done else "",
    )


def _named(zone: Zone, living: Iterable[str]) -> _Named:
    alive, found = set(living), _Named()
    ledger = ledger_of(zone)
    lines: list[Line] = ledger.lines()
    whole = all(map(ledger.reaches, certificate.ledger_heads(zone)))
    found.broken = not whole or any(not (line.proven and line.chained) for line in lines)
    for line in lines:
        if line.key in alive and line.proven:
            found.proven[line.key] = line.authority
        elif line.key in alive:
            found.unproven.add(line.key)
    found.proven |= {name: "provider" for name, _ in zone.keys.destroyed() if name in alive}
    for name in sorted(alive - set(found.proven)):
        for event in history.events(zone.catalog, EventType.KEY_DESTROYED, f"key/{name}"):
            if _justified(zone, name, event["purpose"]):
                found.proven[name] = event["purpose"]
            else:
                found.unproven.add(name)
    # Keys the zone stands on are never destroyed, whoever wrote that they were.
    for name in list(found.proven):
        try:
            scope.require_destructible([name])
        except Denied:
            del found.proven[name]
            found.unproven.add(name)
    return found


def _justified(zone: Zone, name: str, reference: str) -> bool:
    """Whether what the log names as the reason for a destruction can be proven from what is kept elsewhere."""
    kind, _, key = reference.partition("/")
    try:
        if kind == destructions.KIND:
            order = zone.catalog.get(DestructionRecord, key)
            destructions.agreement(zone.catalog, zone.accounts, order)
            return name in order.keys and order.due is not None and order.due <= now()
        if kind == "project":
            return name == f"project/{key}" and projects.is_over(zone.catalog, zone.accounts, key)
        return reference == RETENTION and _ended(zone, name)
    except SafeZoneError:
        return False


def _ended(zone: Zone, name: str) -> bool:
    """Whether log and rows agree that everything under a key was destroyed."""
    found = scope.covered(zone.catalog, name)
    known = scope.parts_of(name)
    under: list[VersionRecord | DeliveryRecord] = [*found.versions, *found.deliveries]
    if known is not None and found.quarantined:
        under.append(zone.catalog.get(DeliveryRecord, known[2]))
    return bool(under) and all(
        each.state is VersionState.DESTROYED
        and history.reached(zone.catalog, EventType.VERSION_STATE, _object(each), {VersionState.DESTROYED.value})
        for each in under
    )


def _object(each: VersionRecord | DeliveryRecord) -> str:
    return f"{'version' if isinstance(each, VersionRecord) else 'delivery'}/{each.id}"


def _of_earlier_run(zone: Zone, names: Iterable[str], key_id: str) -> list[str]:
    """Keys that an earlier run destroyed for the same certificate."""
    return [
        name
        for name in names
        if any(
            event["details"].get("certificate") == key_id
            for event in history.events(zone.catalog, EventType.KEY_DESTROYED, f"key/{name}")
        )
    ]


def _word(authority: Authority) -> str:
    return RETENTION if authority.kind == RETENTION else "destruction"


def _holder(zones: Sequence[Zone], name: str) -> Zone:
    found = scope.holder(zones, name)
    if found is None:
        raise Denied(
            "destruction.duty",
            (
                f"None of the duties at work may destroy {name}.",
                f"실행 중인 임무 중 {name}을(를) 파기할 수 있는 것이 없습니다.",
            ),
            (
                "Run it at the console: safezone keys destruction run",
                "콘솔에서 실행하십시오: safezone keys destruction run",
            ),
            kept=("No key was destroyed.", "파기된 키는 없습니다."),
        )
    return found


def _require_gone(zones: Sequence[Zone], names: Iterable[str]) -> None:
    """Ask the provider itself, before anybody signs that the keys are gone."""
    left = sorted(set(names) & set(scope.living(zones)))
    if left:
        raise IntegrityFailure(
            "destruction.alive",
            (
                f"The provider still keeps {', '.join(left)} after destroying it.",
                f"파기한 뒤에도 키 제공자에 {', '.join(left)}이(가) 남아 있습니다.",
            ),
            ("Look at the key server, then run it again.", "키 서버를 확인한 뒤 다시 실행하십시오."),
            kept=("No certificate was signed.", "확인서는 발급되지 않았습니다."),
        )
