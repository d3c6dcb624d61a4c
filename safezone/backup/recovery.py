"""Recovery copies of the keystore, which m of n custodians open together.

A copy holds keystore file and passphrase, encrypted (age, X25519) to a public recovery key whose private half exists only
in the custodians' shares (`safezone.backup.shares`). The zone keeps the public half in the copy's header, so it can renew
copies after every change without asking custodians, and can open none of them. The header is signed with ``sign/backup``:
nobody who can only write files makes the zone encrypt its keystore to a key of theirs.

A renewed copy takes the place of the older one wherever it lies: an older one would still hold keys destroyed since. A
copy that lies where the zone cannot reach (on paper, on a medium in a safe) is its custodians' to erase; their word on it
is put down with `confirm_erased`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage
from sqlalchemy import select

from safezone.access.actions import ZONE, Action, Actor
from safezone.audit.engine import read
from safezone.audit.event import AuditEvent, EventType
from safezone.audit.tables import audit_event
from safezone.backup import shares
from safezone.backup.archive import SIGN_KEY
from safezone.backup.files import put, zone_id
from safezone.backup.recovery_copy import (
    FORMAT,
    ID,
    SUFFIX,
    Copy,
    folder,
    keystore_counter,
    read_copy,
    require_keystore,
    signed,
)
from safezone.catalog import history
from safezone.catalog.store import new_id
from safezone.errors import IntegrityFailure, NotFound, Unavailable
from safezone.keys.passphrase import read_passphrase
from safezone.model import Duty, canonical, now, timestamp
from safezone.settings import Settings
from safezone.zone import Zone


@dataclass(frozen=True, slots=True)
class Held:
    """Where a copy lies and whether it holds the keystore as it is now."""

    copy: Copy
    path: Path
    current: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What one custodian is given.

    Attributes:
        copy: the splitting.
        number: which share, from 1.
        custodian: whose.
        words: the mnemonic: a secret.
        zone_key: the zone's public key for backups, hex: tells a genuine recovery copy from one made by others.
    """

    copy: Copy
    number: int
    custodian: str
    words: str
    zone_key: str

    @property
    def file_name(self) -> str:
        """What the share's file is called."""
        return f"{self.copy.id}-{self.number}-{re.sub(r'[^0-9A-Za-z가-힣_-]', '_', self.custodian)}.txt"

    def to_text(self) -> str:
        """The share as it is handed over: `read_share` reads it again."""
        copy = self.copy
        return (
            f"# Safe Zone {copy.zone}: recovery share {self.number} of {len(copy.custodians)} "
            f"(SLIP-39), any {copy.threshold} together open the recovery copy\n"
            f"# recovery id: {copy.id}\n# custodian: {self.custodian}\n# made: {copy.made}\n"
            f"# zone key: {self.zone_key}\n{self.words}\n"
        )

    def __repr__(self) -> str:
        return f"Share({self.copy.id}, {self.number})"


def split(
    zone: Zone,
    actor: Actor,
    custodians: Sequence[str],
    threshold: int,
    hand_out: Callable[[list[Share]], None],
    places: Sequence[Path] = (),
) -> Copy:
    """Make a recovery key, hand its shares out, and make the first copy; earlier splittings end.

    Args:
        zone: opened as the console.
        actor: an administrator.
        custodians: one name for each share.
        threshold: how many of them are needed.
        hand_out: gives every custodian theirs; what it raises ends everything.
        places: folders to keep the copy in as well, outside the zone.

    Raises:
        Denied: the actor may not.
        UsageError: the numbers or names are not right, or a place lies inside the zone.
        WrongState: a key server keeps the keys; their recovery is its own.
        Unavailable: a copy cannot be written.
    """
    require_keystore(zone.settings)
    shares.check_custodians(custodians, len(custodians))
    zone.authorizer.authorize(actor, Action.KEYS_SPLIT, ZONE)
    secret = shares.new_secret()
    words = shares.split(secret, threshold, len(custodians))
    copy = Copy(
        id=new_id("rec"),
        zone=zone_id(zone.settings),
        made=timestamp(now()),
        counter=0,
        threshold=threshold,
        custodians=tuple(custodians),
        recipient=str(shares.identity_of(secret).to_public()),
        places=tuple(str(place.absolute()) for place in places),
    )
    zone_key = zone.keys.public_key(SIGN_KEY).hex()
    hand_out(
        [
            Share(copy, number, name, each, zone_key)
            for number, (name, each) in enumerate(zip(custodians, words, strict=True), 1)
        ]
    )
    older = [held.copy for held in home_copies(zone)]
    details: dict[str, str | int] = {
        "custodians": ", ".join(custodians),
        "replaces": ", ".join(c.id for c in older),
    }
    purpose = f"split {threshold} of {len(custodians)}"
    with zone.catalog.write(
        AuditEvent(EventType.KEYS_SPLIT, actor.id, f"recovery/{copy.id}", purpose, details=details)
    ):
        made = _seal(zone, copy)
    for each in older:
        _erase(zone.settings, each)
    return made


def renew(zone: Zone, by: str = Duty.BACKUP.value) -> list[Held]:
    """Make every recovery copy anew if the keystore changed since; the older one is replaced wherever it is reached.

    Call it after a destruction, a rotation, and before a backup leaves the house.

    Args:
        zone: opened as the console or the backup duty.
        by: account id or duty, for the log.

    Returns:
        Where copies lie now, and whether they are current: one in a place out of reach is not. Nothing when the keystore
        was never split, or a key server keeps the keys.

    Raises:
        IntegrityFailure: a copy's header was changed, or it is of a splitting that ended and was put back; nothing is
            encrypted to the key in it. All others were renewed.
        Unavailable: the copy in the zone itself cannot be written.
    """
    if zone.settings.keys_url:
        return []
    ended = []
    for held in home_copies(zone):
        if _is_ended(zone, held.copy):
            ended.append(held)
            continue
        if held.current and all(each.current for each in _elsewhere(zone, held.copy)):
            continue
        purpose = f"renewed {keystore_counter(zone.settings)}"
        with zone.catalog.write(AuditEvent(EventType.KEYS_SPLIT, by, f"recovery/{held.copy.id}", purpose)):
            _seal(zone, held.copy)
    if ended:
        raise _put_back(ended[0])
    return copies(zone)


def copies(zone: Zone) -> list[Held]:
    """Every recovery copy the zone knows of: its own, and those in the places it was told of.

    Raises:
        IntegrityFailure: the header of the zone's own copy was changed.
    """
    found = []
    for held in home_copies(zone):
        found.append(held)
        found += _elsewhere(zone, held.copy)
    return found


def home_copies(zone: Zone) -> list[Held]:
    """The recovery copies in the zone itself."""
    found = []
    for path in sorted(folder(zone.settings).glob(f"*{SUFFIX}")):
        copy = read_copy(path, zone.keys)[0]
        found.append(Held(copy, path, copy.counter == keystore_counter(zone.settings)))
    return found


def _is_ended(zone: Zone, copy: Copy) -> bool:
    """Whether the log knows of a later splitting than a copy's own: who held shares of the earlier one is out.

    A splitting the log does not know of (it was made after the backup the zone was restored from) has not ended.
    """
    query = (
        select(audit_event.c.object)
        .where(audit_event.c.type == EventType.KEYS_SPLIT.value, audit_event.c.purpose.like("split %"))
        .order_by(audit_event.c.id)
    )
    with read(zone.catalog.engine) as connection:
        made = [str(name) for name in connection.execute(query).scalars()]
    own = f"recovery/{copy.id}"
    return own in made and made[-1] != own


def _put_back(held: Held) -> IntegrityFailure:
    return IntegrityFailure(
        "recovery.ended",
        (
            f"{held.path} belongs to a splitting that ended: its custodians' shares are not to open anything new.",
            f"{held.path}은(는) 이미 종료된 분할의 사본입니다. 그 보관자의 조각으로 새 내용이 열려서는 안 됩니다.",
        ),
        (
            "Delete that file. If nobody split the keystore anew since, tell the auditor before anything else.",
            "그 파일을 지우십시오. 그 뒤에 새로 나눈 사람이 없다면 먼저 감사 담당자에게 알리십시오.",
        ),
        kept=("Nothing was encrypted to its key.", "그 키로 암호화한 것은 없습니다."),
    )


def confirm_erased(zone: Zone, actor: Actor, recovery: str, custodian: str, copy: int | None = None) -> None:
    """Put down a custodian's statement that a copy out of the zone's reach was erased.

    Args:
        zone: opened as the console.
        actor: an administrator.
        recovery: id of the splitting.
        custodian: who says so.
        copy: the keystore counter of the copy; None means every copy of that splitting but the current one.

    Raises:
        BadInput: there never was such an id.
    """
    zone.authorizer.authorize(actor, Action.KEYS_SPLIT, ZONE)
    object_ = f"recovery/{recovery}"
    if not ID.fullmatch(recovery) or not history.events(zone.catalog, EventType.KEYS_SPLIT, object_):
        raise NotFound(
            "recovery.unknown",
            (f"There is no recovery {recovery}.", f"복구 번호 {recovery}이(가) 없습니다."),
            ("See: safezone keys recovery list", "확인하십시오: safezone keys recovery list"),
        )
    purpose = f"erased {'older' if copy is None else copy}"
    event = AuditEvent(EventType.KEYS_SPLIT, actor.id, object_, purpose, details={"custodian": custodian})
    with zone.catalog.write(event):
        pass


def _seal(zone: Zone, copy: Copy) -> Copy:
    """Encrypt keystore and passphrase as they are now, and put the copy everywhere it belongs."""
    zone.keys.list()  # the provider looks at the file again: what is copied passed its MAC
    keystore = zone.settings.keystore.read_bytes()
    passphrase = read_passphrase(zone.settings.passphrase_file, zone.settings.home)
    counter = int(json.loads(keystore)["counter"])
    copy = replace(copy, made=timestamp(now()), counter=counter)
    body = {"id": copy.id, "counter": counter, "keystore": keystore.decode(), "passphrase": passphrase.decode()}
    recipient = pyrage.x25519.Recipient.from_str(copy.recipient)
    sealed = bytes(pyrage.encrypt(json.dumps(body).encode(), [recipient]))
    version = zone.keys.ensure(SIGN_KEY)
    header = {
        "format": FORMAT,
        **copy.to_json(),
        "sealed": hashlib.sha256(sealed).hexdigest(),
        "key_version": version,
    }
    header["signature"] = zone.keys.sign(SIGN_KEY, signed(header)).hex()
    data = canonical(header) + b"\n" + sealed
    put(folder(zone.settings) / copy.file_name, data, replace=True)
    for place in map(Path, copy.places):
        if place.is_dir():
            try:
                put(place / copy.file_name, data, replace=True)
            except Unavailable:
                continue  # `copies` tells that the one there is outdated
    return copy


def _elsewhere(zone: Zone, copy: Copy) -> list[Held]:
    held = []
    for place in map(Path, copy.places):
        path = place / copy.file_name
        try:
            there = read_copy(path, zone.keys)[0]
            held.append(Held(there, path, there.counter == keystore_counter(zone.settings)))
        except (IntegrityFailure, Unavailable):
            held.append(Held(replace(copy, made="", counter=0), path, current=False))
    return held


def _erase(settings: Settings, copy: Copy) -> None:
    for place in (folder(settings), *map(Path, copy.places)):
        try:
            (place / copy.file_name).unlink(missing_ok=True)
        except OSError:
            continue  # out of reach: for its custodians to erase, and to confirm
