"""What keeps the zone when the journey is over: a key is rotated, a backup made, the log checked on another machine.

Each is done by the person whose duty it is, through the same functions as the command line. What would lie elsewhere
(the backup's medium, the auditor's own machine) lies in folders of the demo.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from safezone.access.actions import Actor
from safezone.audit.export import export
from safezone.audit.verifier import write_verifier
from safezone.backup.make import Made, make_backup
from safezone.catalog.records import AccountRecord, VersionRecord
from safezone.custody import rotation
from safezone.errors import IntegrityFailure, Unavailable
from safezone.hashing import HashingFile
from safezone.local.airflow_settings import private_folder
from safezone.model import Duty
from safezone.settings import Settings
from safezone.vault.parts import key_name, key_table_uri
from safezone.zone import Zone
from safezone_verify.notes import COSIGNED, NoteKey

_PIECE = 1 << 20
_VERIFY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Rotated:
    """A key-encryption key at its new version.

    Attributes:
        key: its name.
        version: its current version.
        rewrapped: data keys closed anew.
        untouched: encrypted parts and manifests of the version that stayed as they were, byte by byte.
    """

    key: str
    version: int
    rewrapped: int
    untouched: int


@dataclass(frozen=True, slots=True)
class Checked:
    """The log as it was checked by somebody who has nothing of the zone.

    Attributes:
        program: the verifier, one file.
        folder: the bundle.
        keys: public keys of the log and its witness, as the auditor has them.
        found: what the program said.
    """

    program: Path
    folder: Path
    keys: tuple[NoteKey, ...]
    found: dict[str, Any]

    @property
    def arguments(self) -> list[str]:
        """How the program is told what to check and whom to trust."""
        named = [("--witness" if key.kind == COSIGNED else "--key", key.to_text()) for key in self.keys]
        return [str(self.folder), *(word for pair in named for word in pair)]


def rotate_key(settings: Settings, admin: AccountRecord, version: str) -> Rotated:
    """Have an administrator rotate the key a published version lies under.

    Args:
        settings: of the zone.
        admin: who does it.
        version: id of the version.

    Raises:
        IntegrityFailure: anything but the key table was changed by it.
    """
    with Zone.open(settings, None) as zone:
        record = zone.catalog.get(VersionRecord, version)
        before = _digests(zone, record)
        name = key_name(record.dataset, record.stage, record.delivery)
        done = rotation.rotate(zone, Actor.account(admin), name)
        after = _digests(zone, record)
    table = key_table_uri(record.manifest_uri)
    changed = {uri for uri in before.keys() | after.keys() if before.get(uri) != after.get(uri)}
    if changed != {table}:
        raise IntegrityFailure(
            "demo.rotation",
            (
                "The rotation did not rewrite the key table alone.",
                "키 교체가 키 표만 바꾸지 않았습니다.",
            ),
            ("Run safezone version show.", "safezone version show를 실행하십시오."),
        )
    return Rotated(name, done.version, done.rewrapped, len(after) - 1)


def _digests(zone: Zone, version: VersionRecord) -> dict[str, str]:
    """SHA-256 of every object of a version: parts, manifest, key table."""
    found = {}
    for blob in zone.blobs.list(str(PurePosixPath(version.manifest_uri).parent)):
        with zone.blobs.open(blob.uri) as stream:
            hashing = HashingFile(stream)
            while hashing.read(_PIECE):
                pass
        found[blob.uri] = hashing.sha256
    return found


def back_up(settings: Settings, admin: AccountRecord, medium: Path) -> Made:
    """Have an administrator make an encrypted backup, the encrypted parts included.

    Args:
        settings: of the zone.
        admin: who does it.
        medium: the folder that stands for the medium it is kept on.
    """
    private_folder(medium)
    with Zone.open(settings, Duty.BACKUP) as zone:
        return make_backup(zone, Actor.account(admin), medium, with_parts=True)


def check_elsewhere(settings: Settings, machine: Path) -> Checked:
    """Export the log without its details, and have it checked by the offline verifier as a process of its own.

    The process gets a bundle, two public keys and an empty environment: nothing of the zone, nor of its code.

    Args:
        settings: of the zone.
        machine: the folder that stands for the auditor's own machine.

    Raises:
        IntegrityFailure: the program found something, or could not prove the log to its end.
    """
    private_folder(machine)
    program, folder = machine / "safezone-verify.pyz", machine / "log"
    with Zone.open(settings, Duty.PORTAL) as zone:
        keys = (*zone.log_keys, zone.witness.key)
        export(zone.catalog.engine, folder, keys)
    write_verifier(program)
    made = Checked(program, folder, keys, {})
    found = _run([sys.executable, "-I", str(program), *made.arguments, "--json"])
    if found.get("state") != "WHOLE" or found.get("witnessed") != found.get("size"):
        raise _unproven(folder)
    return Checked(program, folder, keys, found)


def _run(command: Sequence[str]) -> dict[str, Any]:
    """What the program says as JSON; nothing when it says something else."""
    try:
        done = subprocess.run(
            command,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERIFY_SECONDS,
            check=False,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        found = None
    if not isinstance(found, dict):
        raise Unavailable(
            "demo.verifier",
            ("The offline verifier did not run.", "오프라인 검증 프로그램이 실행되지 않았습니다."),
            ("Run safezone audit verifier.", "safezone audit verifier를 실행하십시오."),
        ) from None
    return found


def _unproven(folder: Path) -> IntegrityFailure:
    return IntegrityFailure(
        "demo.bundle",
        (
            f"The exported log in {folder} is not proven to its end.",
            f"{folder}에 내보낸 로그가 끝까지 증명되지 않았습니다.",
        ),
        ("Run safezone-verify on it.", "safezone-verify로 확인하십시오."),
    )
