"""The destruction certificate (파기 확인서): what was destroyed, on whose word, and what nobody can prove.

A signed statement (DSSE, `safezone.signing.seal`, key ``sign/certificate``) with a readable text beside it. It says
what became unreadable as far as the catalog knows, and names the copies that may still exist elsewhere. Its digest
is an event of the log, so that a certificate made later, or another one under the same id, is found out.

Legal basis: Personal Information Protection Act, article 21 (destruction that cannot be undone), and its Decree,
article 29-5(1) (additional information is destroyed when it is not needed any more).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safezone.audit.event import AuditEvent, EventType
from safezone.audit.query import Filter, recent
from safezone.catalog import destructions, history
from safezone.catalog.records import ReleaseRecord, RequestRecord, VersionRecord
from safezone.custody import scope
from safezone.custody.certificate_text import readable
from safezone.custody.ledger import SIGNING_KEY
from safezone.errors import BadInput, IntegrityFailure, NotFound, SafeZoneError, Unavailable
from safezone.model import Stage, digest, now, timestamp
from safezone.signing import seal, unseal
from safezone.zone import Zone, zone_folder

KIND = "safezone destruction certificate v1"
_ID = re.compile(r"cert-[0-9a-z]{16}")
_BASIS = {
    "kek": (
        "Personal Information Protection Act, article 21 (destruction of personal information)",
        "개인정보 보호법 제21조(개인정보의 파기)",
    ),
    "other": (
        "Decree of the Personal Information Protection Act, article 29-5 (additional information)",
        "개인정보 보호법 시행령 제29조의5(추가정보의 파기)",
    ),
}
_ANY = 100_000
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Facts:
    """What a certificate is made of beside what the catalog knows.

    Attributes:
        kind: ``two-people``, ``retention``, ``project-end`` or ``replay``.
        reference: what the log calls the authority.
        reason: why, in words.
        scope: how the keys were named.
        people: who asked and who agreed.
        keys: names of the keys destroyed.
        recovery: recovery copies of the keystore made before.
        ledger: how far the ledger reaches.
    """

    kind: str
    reference: str
    reason: str
    scope: str
    people: tuple[dict[str, str], ...]
    keys: tuple[str, ...]
    recovery: tuple[dict[str, str], ...]
    ledger: dict[str, Any]


def issue(zone: Zone, certificate: str, actor: str, facts: Facts) -> Path:
    """Sign a certificate and keep it with its text below ``certificates``; its digest commits to the log.

    One that an earlier run has signed already stays as it is: it knows what a run that finishes it does not.

    Returns:
        The signed file; the text lies beside it with the suffix ``.md``.

    Raises:
        Unavailable: it could not be written.
        IntegrityFailure: another destruction has a certificate of that id.
    """
    found = standing(zone, certificate)
    if found is not None:
        require_about(found[1], facts.reference, facts.keys)
    envelope, statement = found or _made(zone, _statement(zone, certificate, actor, facts))
    event = AuditEvent(
        EventType.KEY_DESTRUCTION, actor, f"certificate/{certificate}", purpose=f"CERTIFIED {digest(statement)}"
    )
    path = zone_folder(zone.settings, "certificates") / f"{certificate}.json"
    try:
        _put(path, envelope)
        _put(path.with_suffix(".md"), readable(statement).encode())
    except OSError:
        raise _unwritable(path) from None
    with zone.catalog.write(event):
        pass
    return path


def standing(zone: Zone, certificate: str) -> tuple[bytes, dict[str, Any]] | None:
    """The certificate of that id that this zone signed and that lies in its place, whatever the log says; else None."""
    path = zone.settings.home / "certificates" / f"{certificate}.json"
    try:
        envelope = _read(path)
        statement, _ = unseal(envelope, public_keys(zone))
    except (OSError, IntegrityFailure):
        return None
    genuine = statement.get("kind") == KIND and statement.get("id") == certificate
    return (envelope, statement) if genuine else None


def require_about(statement: dict[str, Any], reference: str, keys: Iterable[str] = ()) -> None:
    """Refuse to take one certificate for another destruction's.

    Raises:
        IntegrityFailure: it names another authority, or not all of these keys.
    """
    named = {key["name"] for key in statement["keys"]}
    if statement["authority"]["reference"] != reference or not set(keys) <= named:
        raise _not_ours()


def ledger_heads(zone: Zone) -> list[dict[str, Any]]:
    """How far the ledger reached, by every certificate of the zone that lies in its place."""
    names = [path.stem for path in sorted((zone.settings.home / "certificates").glob("*.json"))]
    found = [standing(zone, name) for name in names if is_id(name)]
    return [each[1]["ledger"] for each in found if each is not None]


def _made(zone: Zone, statement: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    version = zone.keys.ensure(SIGNING_KEY)
    public = zone.keys.public_key(SIGNING_KEY, version)
    return seal(statement, lambda message: zone.keys.sign(SIGNING_KEY, message), public), statement


def is_id(text: str) -> bool:
    """Whether a text is of the form certificates' ids have; it becomes the name of a file."""
    return _ID.fullmatch(text) is not None


def is_issued(zone: Zone, certificate: str) -> bool:
    """Whether the log knows of a certificate of that id."""
    return bool(history.events(zone.catalog, EventType.KEY_DESTRUCTION, f"certificate/{certificate}"))


def load(zone: Zone, certificate: str) -> tuple[bytes, dict[str, Any]]:
    """The signed file of a certificate and what it says, checked as `check` does.

    Raises:
        NotFound: there is none of that id.
        IntegrityFailure: it was changed.
    """
    path = zone.settings.home / "certificates" / f"{certificate}.json"
    if not is_id(certificate) or not path.is_file():
        raise NotFound(
            "certificate.unknown",
            ("There is no certificate of that id.", "그 번호의 파기 확인서가 없습니다."),
            ("See: safezone keys destruction list", "확인하십시오: safezone keys destruction list"),
        )
    envelope = _read(path)
    statement = check(zone, envelope)
    if statement["id"] != certificate:
        raise _not_ours()
    return envelope, statement


def check(zone: Zone, envelope: bytes) -> dict[str, Any]:
    """Verify a certificate against the zone's keys and the log.

    Args:
        zone: whose certificate it is said to be.
        envelope: the signed file.

    Returns:
        What it says.

    Raises:
        IntegrityFailure: not signed by this zone, changed, or another than the one the log knows under its id.
    """
    statement, _ = unseal(envelope, public_keys(zone))
    if statement.get("kind") != KIND or statement.get("zone") != zone.origin:
        raise _not_ours()
    wanted = f"CERTIFIED {digest(statement)}"
    known = history.events(zone.catalog, EventType.KEY_DESTRUCTION, f"certificate/{statement.get('id')}")
    if known and all(event["purpose"] != wanted for event in known):
        raise _not_ours()
    return statement


def public_keys(zone: Zone) -> tuple[bytes, ...]:
    """Every public key certificates of this zone may be signed with."""
    current = zone.keys.ensure(SIGNING_KEY)
    return tuple(zone.keys.public_key(SIGNING_KEY, version) for version in range(1, current + 1))


def check_file(zone: Zone, path: Path) -> dict[str, Any]:
    """`check` a certificate that lies in a file.

    Raises:
        BadInput: the file cannot be read, or is too large to be one.
    """
    try:
        return check(zone, _read(path))
    except OSError:
        raise BadInput(
            "certificate.file",
            (f"The file {path} cannot be read.", f"파일 {path}을(를) 읽을 수 없습니다."),
            ("Name the file that holds the certificate.", "확인서 파일을 지정하십시오."),
        ) from None


def save(path: Path, envelope: bytes, statement: dict[str, Any]) -> None:
    """Write a certificate to a file of one's own, and its text beside it with the suffix ``.md``.

    Raises:
        Unavailable: it cannot be written.
    """
    try:
        _put(path, envelope)
        _put(path.with_suffix(".md"), readable(statement).encode())
    except OSError:
        raise _unwritable(path) from None


def recovery_copies(zone: Zone) -> tuple[dict[str, str], ...]:
    """Recovery copies of the keystore made until now: each still opens what was destroyed until it is renewed."""
    folder = zone.settings.home / "keys" / "recovery"
    if not folder.is_dir():
        return ()
    return tuple(
        {"id": path.stem, "made": timestamp(datetime.fromtimestamp(path.stat().st_mtime, UTC))}
        for path in sorted(folder.glob("*.recovery"))
    )


def _statement(zone: Zone, certificate: str, actor: str, facts: Facts) -> dict[str, Any]:
    versions, deliveries = [], []
    for name in facts.keys:
        found = scope.covered(zone.catalog, name)
        versions += [_version(zone, version) for version in found.versions]
        for place, rows in (("intake", found.deliveries), ("quarantine", found.quarantined)):
            for row in rows:
                items = getattr(row, "intake" if place == "intake" else "objects")
                deliveries.append(
                    {
                        "dataset": row.dataset,
                        "stage": place,
                        "delivery": getattr(row, "delivery", row.id),
                        "objects": len(items),
                        "bytes": sum(int(item["size"]) for item in items),
                    }
                )
    backups = recent(zone.catalog.engine, Filter(type=EventType.BACKUP_MADE.value), _ANY)
    return {
        "kind": KIND,
        "id": certificate,
        "zone": zone.origin,
        "issued": timestamp(now()),
        "carried_out_by": actor,
        "authority": {
            "kind": facts.kind,
            "reference": facts.reference,
            "reason": facts.reason,
            "scope": facts.scope,
            "basis": _basis(facts.keys),
            "people": list(facts.people),
        },
        "keys": [_key(zone, name, certificate) for name in facts.keys],
        "unreadable": {
            "versions": versions,
            "objects": deliveries,
            "parts": sum(version["parts"] for version in versions),
            "bytes": sum(each["bytes"] for each in (*versions, *deliveries)),
        },
        "copies": {
            "recovery": list(facts.recovery),
            "backups": [{"id": row["object"].partition("/")[2], "made": row["time"]} for row in backups],
            "releases": _releases(zone, [version["version"] for version in versions]),
        },
        "caveats": [{"en": en, "ko": ko} for en, ko in zone.keys.caveats()],
        "ledger": facts.ledger,
    }


def _version(zone: Zone, version: VersionRecord) -> dict[str, Any]:
    try:
        parts = zone.vault.manifest(version).parts
    except SafeZoneError:
        parts = ()  # a damaged manifest tells nothing; its digest and the rows of the catalog are still known
    return {
        "dataset": version.dataset,
        "stage": Stage(version.stage).value,
        "delivery": version.delivery,
        "version": version.id,
        "manifest": version.manifest_digest,
        "policy": version.policy,
        "rows": version.rows,
        "parts": len(parts),
        "bytes": sum(part.size for part in parts),
    }


def _key(zone: Zone, name: str, certificate: str) -> dict[str, Any]:
    """What the log says of a key's destruction: its versions, when, and where in the log it stands."""
    object_ = f"key/{name}"
    said = history.events(zone.catalog, EventType.KEY_DESTROYED, object_)
    mine = [event for event in said if event["details"].get("certificate") == certificate] or said[-1:]
    places = destructions.places(zone.catalog, object_, EventType.KEY_DESTROYED)
    numbers = str(mine[-1]["details"].get("versions", "")) if mine else ""
    place = places[-1] if places else {"uid": "", "seq": None, "time": ""}
    return {
        "name": name,
        "versions": [int(number) for number in numbers.split(",") if number.isdigit()],
        "destroyed": mine[-1]["time"] if mine else "",
        "event": place["uid"],
        "seq": place["seq"],
    }


def _releases(zone: Zone, versions: Iterable[str]) -> list[dict[str, Any]]:
    """Packages made from what is gone: they are under the recipients' keys and not under the zone's."""
    return [
        {"id": release.id, "request": request.id, "pulled": release.pulls > 0, "ended": release.revoked is not None}
        for version in versions
        for request in zone.catalog.list(RequestRecord, version=version)
        for release in zone.catalog.list(ReleaseRecord, request=request.id)
    ]


def _basis(names: Iterable[str]) -> list[dict[str, str]]:
    kinds = {"kek" if name.startswith("kek/") else "other" for name in names}
    return [{"en": _BASIS[kind][0], "ko": _BASIS[kind][1]} for kind in sorted(kinds)]


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST)


def _put(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path) -> Unavailable:
    return Unavailable(
        "certificate.unwritable",
        (f"The certificate {path} cannot be written.", f"파기 확인서 {path}을(를) 쓸 수 없습니다."),
        (
            "Check the folder and the free space, then run it again.",
            "폴더와 남은 공간을 확인한 뒤 다시 실행하십시오.",
        ),
        kept=("What is destroyed is in the ledger and in the log.", "파기 내용은 원장과 감사 로그에 있습니다."),
    )


def _not_ours() -> IntegrityFailure:
    return IntegrityFailure(
        "certificate.foreign",
        (
            "This is not a destruction certificate of this zone, or not the one its log knows.",
            "이 안심구역의 파기 확인서가 아니거나 감사 로그에 있는 것과 다릅니다.",
        ),
        ("Ask the zone for it again.", "안심구역에 다시 요청하십시오."),
    )
