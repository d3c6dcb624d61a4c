"""The state of the witness program: its key, and a record of every log it was told to watch.

``witness.key`` and ``witness.vkey`` as in a folder witness; ``logs/<SHA-256 of the origin>/`` holds the log's enrolled
keys and the checkpoints accepted from it. Trust on first use there is none: a log nobody enrolled is unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from safezone.audit.witnesses.folder import Record, load_cosigner
from safezone.errors import UsageError
from safezone_verify.notes import SIGNED, NoteKey


class WitnessState:
    """What a witness program keeps.

    Args:
        folder: its own; the first use makes its key.

    Raises:
        Unavailable: the folder cannot be used.
        Denied: others may read the witness's key.
        IntegrityFailure: the key files are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._logs = folder / "logs"
        self._own = load_cosigner(folder)

    @property
    def key(self) -> NoteKey:
        """The witness's public key."""
        return self._own.key

    def enrol(self, key: NoteKey) -> None:
        """Watch a log by one of its public keys; a further key of a log already watched is added.

        Raises:
            UsageError: it is not the key of a log.
        """
        if key.kind != SIGNED:
            raise UsageError(
                "witness.not_log_key",
                ("That is the key of a witness, not of a log.", "로그가 아니라 증인의 키입니다."),
                (
                    "Give the public key the zone shows for its log.",
                    "안심구역이 보여 주는 로그의 공개키를 지정하세요.",
                ),
            )
        Record(self._logs / origin_hash(key.name), self._own).enrol([key])

    def record(self, hashed: str) -> Record | None:
        """The record of a log by the hash of its origin, or None for one nobody enrolled.

        Args:
            hashed: of `origin_hash`; anything else is unknown.
        """
        folder = self._logs / hashed
        if len(hashed) != 64 or set(hashed) - set("0123456789abcdef") or not (folder / "log.vkeys").is_file():
            return None
        return Record(folder, self._own)

    def records(self) -> Iterator[Record]:
        """The records of every log enrolled."""
        for folder in sorted(self._logs.glob("*")):
            found = self.record(folder.name)
            if found is not None:
                yield found


def origin_hash(origin: str) -> str:
    """How a log is named in paths and addresses: SHA-256 of its origin, in hexadecimal."""
    return hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()
