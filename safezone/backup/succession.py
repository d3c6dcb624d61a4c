"""What a witness saw beyond a backup, and the log that goes on after the loss.

The log in a backup ends at N entries. When the witness has accepted a checkpoint of M > N entries, entries N to M-1 are
lost. The restored log cannot go on under its old name: entry N would be another than the one witnessed, and whatever the
zone signed over it would be a fork, which the witness refuses for good reason and which would look like tampering ever
after. So the old log ends where the witness saw it last, and a *new log* begins under a name of its own,
``safezone/<zone id>/<log id>`` with a random log id, since one backup may be restored twice. It has the N restored entries
as its first ones, so every proof about them stays possible, and its next entries are the decision to restore and
`BACKUP_RESTORED`, whose leaf names the old log, its last witnessed size and root, and what is lost. No checkpoint is ever
signed again under the old name. The witness is asked to watch the new log beside the old one.

What was signed under the old name is kept below ``log-before`` in the zone's home, with the keys that check it: the
checkpoints in the backup hold for the first entries of the new log as well, since those are the same entries.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from safezone.audit.checkpoint import open_checkpoint, parse_note, signers
from safezone.audit.tables import audit_checkpoint, audit_checkpoint_time
from safezone.backup.archive import Header
from safezone.backup.files import put
from safezone.errors import IntegrityFailure, Unavailable, WrongState
from safezone.zone import Zone
from safezone_verify.notes import NoteKey

FOLDER = "log-before"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the witness is ahead of a backup.

    Attributes:
        origin: name of the log in the backup.
        held: its entries, N.
        root: its root at N, hex.
        known: whether the witness knows this log; if not, nobody can say how much is lost.
        seen: the entries of the newest checkpoint it accepted, M.
        seen_root: the root of that checkpoint, hex.
        note: that checkpoint, cosigned.
    """

    origin: str
    held: int
    root: str
    known: bool
    seen: int = 0
    seen_root: str = ""
    note: str = ""

    @property
    def lost(self) -> int | None:
        """Entries that were witnessed and are not in the backup; None when nobody can say."""
        return max(0, self.seen - self.held) if self.known else None

    @property
    def whole(self) -> bool:
        """Whether the log may go on under its name."""
        return self.lost == 0

    @property
    def fact(self) -> str:
        """The same as the leaf of `BACKUP_RESTORED` says it, for good."""
        if self.whole:
            return f"continues {self.origin} {self.held} {self.root}"
        seen = f"{self.seen} {self.seen_root}" if self.known else "unknown"
        return f"succeeds {self.origin} held {self.held} {self.root} witnessed {seen}"


class _Silent:
    """A witness's key without its newest checkpoint, which lies beyond what was restored."""

    def __init__(self, key: NoteKey) -> None:
        self.key = key

    def add(self, checkpoint: str, proof: list[str]) -> str:
        """Nothing is ever handed to it."""
        raise NotImplementedError

    def latest(self) -> str | None:
        """Nothing."""
        return None


def standing(zone: Zone, header: Header) -> Standing:
    """Compare a backup with what the witness saw last.

    Args:
        zone: the restored zone, not in its place yet.
        header: the backup's.

    Raises:
        IntegrityFailure: the witness's newest checkpoint is not signed by the log, or not by the witness.
    """
    origin, held, root = str(header.log["origin"]), int(header.log["size"]), str(header.log["root"])
    try:
        witness = zone.witness
        note = witness.latest()
    except Unavailable:
        return Standing(origin, held, root, known=False)
    if note is None:
        # A log that nobody ever witnessed has nothing to contradict.
        witnessed = header.witness.get("checkpoint") or _cosigned(str(header.log["checkpoint"]))
        return Standing(origin, held, root, known=not witnessed)
    checkpoint = open_checkpoint(note, zone.log_keys)
    if not signers(parse_note(note), [witness.key]):
        raise IntegrityFailure(
            "restore.witness",
            (
                "The witness's newest checkpoint does not bear its signature.",
                "증인의 최신 체크포인트에 증인의 서명이 없습니다.",
            ),
            (
                "Ask whoever keeps the witness; treat it as tampering.",
                "증인 관리자에게 확인하고, 변조로 간주하십시오.",
            ),
            kept=("Nothing was restored.", "복원된 것은 없습니다."),
        )
    if checkpoint.size < _vouched_before(zone, header, witness.key):
        # It once saw more than it shows now: an older state was put back there, so what it shows bounds nothing.
        return Standing(origin, held, root, known=False)
    return Standing(origin, held, root, True, checkpoint.size, checkpoint.root.hex(), note)


def witnesses(zone: Zone, found: Standing) -> list[Any]:
    """Those whose word the restored log is verified with: the witness, or, after a loss, its signatures in the backup."""
    try:
        return [zone.witness] if found.whole else [_Silent(zone.witness.key)]
    except Unavailable:
        return []


def vouched(zone: Zone, header: Header) -> list[str]:
    """The checkpoint of the witness that the backup holds, if the witness at hand signed it and it is not beyond."""
    note = header.witness.get("checkpoint", "")
    try:
        mine = bool(note) and bool(signers(parse_note(note), [zone.witness.key]))
        return [note] if mine and open_checkpoint(note, zone.log_keys).size <= int(header.log["size"]) else []
    except Unavailable:
        return []


def require_accepted(found: Standing, *, accepted: bool) -> None:
    """Refuse a restore that loses entries, unless a person said that it is so.

    Raises:
        WrongState: entries are lost, or nobody can say whether some are, and it was not accepted.
    """
    if found.whole or accepted:
        return
    if found.known:
        gap = f"{found.held}-{found.seen - 1}"
        what = (
            f"The backup's log has {found.held} entries; {found.seen} were witnessed. Missing: {gap} ({found.lost}).",
            f"백업의 로그는 {found.held}건, 증인이 확인한 로그는 {found.seen}건입니다. 누락: {gap} ({found.lost}건).",
        )
    else:
        what = (
            f"The witness is silent or does not know {found.origin}: what follows its {found.held} entries is unknown.",
            f"증인이 응답하지 않거나 {found.origin}을(를) 모릅니다. {found.held}건 이후의 누락을 알 수 없습니다.",
        )
    raise WrongState(
        "restore.loss",
        what,
        (
            "Take a newer backup, or say --accept-loss: the old log ends as witnessed, a new one begins and says so.",
            "더 최근의 백업을 쓰거나 --accept-loss를 지정하십시오. 이전 로그는 증인이 확인한 대로 끝나고 새 로그가 시작됩니다.",
        ),
        kept=("Nothing was restored.", "복원된 것은 없습니다."),
    )


def succeed(zone: Zone, connection: Connection, found: Standing, header: Header) -> str:
    """End the old log and name the new one, in a zone that is not in its place yet.

    Args:
        zone: the restored zone; open it again afterwards.
        connection: of the transaction that writes `BACKUP_RESTORED`.
        found: the loss.
        header: the backup's.

    Returns:
        The new log's name.
    """
    old = zone.origin
    rows = [dict(row) for row in connection.execute(select(audit_checkpoint)).mappings()]
    stamps = [dict(row) for row in connection.execute(select(audit_checkpoint_time)).mappings()]
    kept = {
        "origin": old,
        "keys": list(header.log["keys"]),
        "witness": header.witness,
        "backup": header.id,
        "held": {"size": found.held, "root": found.root},
        "witnessed": {"known": found.known, "size": found.seen, "root": found.seen_root, "note": found.note},
        "checkpoints": rows,
        "times": [{**row, "token": bytes(row["token"]).hex()} for row in stamps],
    }
    log = secrets.token_hex(8)
    name = f"{old.removeprefix('safezone/').replace('/', '-')}.json"
    put(zone.settings.home / FOLDER / name, (json.dumps(kept, indent=1) + "\n").encode())
    connection.execute(delete(audit_checkpoint_time))
    connection.execute(delete(audit_checkpoint))
    file = zone.settings.home / "zone.json"
    put(file, (json.dumps(json.loads(file.read_text("utf-8")) | {"log": log}) + "\n").encode(), replace=True)
    return f"safezone/{header.zone}/{log}"


def settle(zone: Zone) -> None:
    """After the zone is in its place: have its log watched, signed and witnessed.

    Raises:
        SafeZoneError: the witness or the keys do not answer; the zone stands, and the log duty makes good for it.
    """
    if not zone.settings.witness_url:  # a witness program is told by its own operator
        zone.witness.enrol(zone.log_keys)
    zone.keep_log()


def _vouched_before(zone: Zone, header: Header, witness: NoteKey) -> int:
    """How many entries the witness had vouched for when the backup was made, by its own signature; 0 without one."""
    note = header.witness.get("checkpoint", "")
    if not note or not signers(parse_note(note), [witness]):
        return 0
    return open_checkpoint(note, zone.log_keys).size


def _cosigned(note: str) -> bool:
    return bool(note) and len(parse_note(note).signatures) > 1
