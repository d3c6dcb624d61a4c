"""What is looked at before a restored zone takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safezone.audit.verify import verify_log
from safezone.backup import succession
from safezone.backup.archive import Header
from safezone.backup.make import PLACES
from safezone.backup.succession import Standing
from safezone.catalog.records import DeliveryRecord, QuarantineRecord, ReleaseRecord, VersionRecord
from safezone.errors import IntegrityFailure, SafeZoneError, Text
from safezone.model import Manifest, VersionState
from safezone.ports import BlobStore
from safezone.vault.parts import key_table_uri, read_key_table
from safezone.zone import Zone


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        id: what.
        state: ``VALID``, or ``MISSING``, ``DAMAGED``, ``LOST``, ``NOTED`` where a person has to know more.
        count: how many are as they should be.
        wrong: how many are not.
        words: what it says.
    """

    id: str
    state: str
    count: int
    wrong: int
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"id": self.id, "state": self.state, "count": self.count, "wrong": self.wrong, "text": self.words.en}


def check_accounts(zone: Zone) -> Check:
    """The zone's seal on every account (IntegrityFailure when one does not hold)."""
    found = len(zone.accounts.all())
    return Check("accounts", "VALID", found, 0, Text("accounts whose seal holds", "봉인이 유효한 계정"))


def check_manifests(zone: Zone) -> tuple[list[Check], list[tuple[VersionRecord, Manifest]]]:
    """Signature and digest of every manifest, and that its key table belongs to it.

    What is damaged here was so when the backup was made, since the backup's own digest holds: it is told, the vault
    refuses to read it, and everything else is restored.
    """
    good, tables, damaged, unbound = [], 0, 0, 0
    for version in zone.catalog.list(VersionRecord):
        try:
            manifest = zone.vault.manifest(version)
        except SafeZoneError:
            damaged += 1
            continue
        if version.state is VersionState.DESTROYED:
            continue
        good.append((version, manifest))
        uri = key_table_uri(version.manifest_uri)
        try:
            with zone.blobs.open(uri) as file:
                read_key_table(file.read(), manifest, uri)
            tables += 1
        except SafeZoneError:
            unbound += 1
    return [
        Check(
            "manifests",
            "DAMAGED" if damaged else "VALID",
            len(good),
            damaged,
            Text(
                "manifests of living versions whose signature holds", "서명이 유효한(파기되지 않은) 버전 매니페스트"
            ),
        ),
        Check(
            "key_tables",
            "DAMAGED" if unbound else "VALID",
            tables,
            unbound,
            Text("key tables bound to their manifest", "매니페스트에 결속된 키 표"),
        ),
    ], good


def check_parts(zone: Zone, manifests: list[tuple[VersionRecord, Manifest]], stores: Sequence[BlobStore]) -> Check:
    """Which encrypted objects there are; they may lie apart, so that what is missing is told and is no failure."""
    stored = {blob.uri for store in stores for place in PLACES for blob in store.list(place)}
    wanted = {part.uri for _, manifest in manifests for part in manifest.parts}
    for delivery in zone.catalog.list(DeliveryRecord):
        if delivery.state is not VersionState.DESTROYED:
            wanted |= {item["uri"] for item in delivery.intake}
    for entry in zone.catalog.list(QuarantineRecord):
        wanted |= {item["uri"] for item in entry.objects}
    wanted |= {item.uri for item in zone.catalog.list(ReleaseRecord) if item.revoked is None}
    missing = len(wanted - stored)
    return Check(
        "parts",
        "MISSING" if missing else "VALID",
        len(wanted) - missing,
        missing,
        Text(
            "encrypted objects in the storage (those missing are put back from the storage's own copy)",
            "저장소에 있는 암호화 객체(없는 것은 저장소 자체의 사본에서 되돌려 놓으십시오)",
        ),
    )


def check_log(zone: Zone, header: Header, found: Standing) -> list[Check]:
    """The log against every checkpoint in the backup and against the witness.

    Raises:
        IntegrityFailure: it is not what was signed or witnessed; it was changed before the backup was made, and is not
            brought back.
    """
    witnesses, known = succession.witnesses(zone, found), succession.vouched(zone, header)
    done = verify_log(zone.catalog.engine, zone.log_keys, witnesses, known)
    if not done.ok or done.size != found.held:
        first = done.text()
        raise IntegrityFailure(
            "restore.log",
            (f"The log in the backup does not verify. {first.en}", f"백업의 로그가 검증되지 않습니다. {first.ko}"),
            (
                "Take a backup made before that, and tell the auditor.",
                "그 이전의 백업을 사용하고 감사 담당자에게 알리십시오.",
            ),
            kept=("Nothing was restored.", "복원된 것은 없습니다."),
        )
    words = Text(f"entries of the log, {done.proven} signed", f"로그 항목(서명 {done.proven}건)")
    checks = [Check("log", "VALID", done.size, 0, words)]
    lost = found.lost
    again = Text(
        "; what was revoked, withdrawn or ended since is in force again: end it anew",
        ". 그 뒤에 정지·철회·종료한 계정, 신청, 반출이 다시 유효하므로 다시 종료하십시오",
    )
    if lost is None:
        text = Text(
            f"the witness does not know how far this log went{again.en}",
            f"증인이 이 로그가 어디까지 이어졌는지 알지 못함{again.ko}",
        )
        checks.append(Check("witness", "LOST", done.witnessed, 0, text))
    else:
        text = Text(
            f"entries under a witnessed checkpoint; the witness saw {found.seen}{again.en if lost else ''}",
            f"증인이 확인한 체크포인트 아래의 항목(증인이 본 로그 {found.seen}건){again.ko if lost else ''}",
        )
        checks.append(Check("witness", "LOST" if lost else "VALID", done.witnessed, lost, text))
    return checks
