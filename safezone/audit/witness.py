"""A witness in a folder of its own, outside the zone: it remembers what the log promised and never goes back.

The folder holds the witness's key (``witness.key``, mode 0600; ``witness.vkey``), the keys of the log it watches
(``log.vkeys``) and everything it ever accepted, in order (``checkpoints.jsonl``, only appended to). It protects as
far as those who can change the zone cannot write there: put it on another machine, or under another account.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import COSIGNED, NoteKey, cosign, open_checkpoint, parse_note, signers
from safezone.audit.merkle import verify_consistency
from safezone.errors import IntegrityFailure, Unavailable, UsageError
from safezone.keys.passphrase import require_private

_TAIL = 256 * 1024


class FileWitness:
    """`safezone.ports.Witness` over a folder; the first use makes its key.

    Args:
        folder: outside the zone's own folder.

    Raises:
        Unavailable: the folder cannot be used.
        Denied: others may read the witness's key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._accepted = folder / "checkpoints.jsonl"
        with self._alone():
            self._private = self._load_key()
            self.key = NoteKey.from_text((folder / "witness.vkey").read_text())
            if self.key.public != self._private.public_key().public_bytes_raw():
                raise _refused(
                    "witness.key", "Its key files do not belong together.", "키 파일이 서로 맞지 않습니다."
                )

    def enrol(self, keys: list[NoteKey]) -> None:
        """Watch a log by its public keys; further ones (rotation) are added, none is ever dropped.

        Raises:
            UsageError: this witness watches another log already.
        """
        with self._alone():
            known = self._log_keys()
            if len({key.name for key in [*known, *keys]}) > 1:
                raise UsageError(
                    "witness.other_log",
                    ("This witness watches another log already.", "이 증인은 이미 다른 로그를 지켜보고 있습니다."),
                    ("Give each zone a witness folder of its own.", "안심구역마다 증인 폴더를 따로 지정하세요."),
                )
            new = [key for key in keys if key not in known]
            if new:
                _append(self._folder / "log.vkeys", "".join(f"{key.to_text()}\n" for key in new))

    def add(self, checkpoint: str, proof: list[str]) -> str:
        """Accept a checkpoint that extends the last one seen, and cosign it.

        Args:
            checkpoint: signed by an enrolled key of the log.
            proof: consistency proof (hex hashes) from the newest checkpoint this witness holds.

        Returns:
            The checkpoint with this witness's signature added.

        Raises:
            IntegrityFailure: it is not signed by the log, is older than the last, or does not extend it.
        """
        with self._alone():
            keys = self._log_keys()
            new = open_checkpoint(checkpoint, keys)
            seen = self._last()
            if seen is not None:
                old = open_checkpoint(seen, keys)
                if new.size < old.size:
                    raise _refused(
                        "witness.older",
                        f"The log shrank from {old.size} to {new.size} entries.",
                        f"로그가 {old.size}건에서 {new.size}건으로 줄었습니다.",
                    )
                if new == old:
                    return seen
                if not verify_consistency(old.size, new.size, old.root, new.root, _hashes(proof)):
                    raise _refused(
                        "witness.inconsistent",
                        f"The log's first {old.size} entries are not those seen before.",
                        f"로그의 처음 {old.size}건이 이전에 본 내용과 다릅니다.",
                    )
            note = cosign(checkpoint, self.key, int(time.time()), self._private.sign)
            _append(self._accepted, json.dumps({"size": new.size, "note": note}) + "\n")
            return note

    def latest(self) -> str | None:
        """The newest checkpoint this witness has accepted, with its signature, or None."""
        with self._alone():
            return self._last()

    def _last(self) -> str | None:
        """The last line that bears our signature; a line cut off by a crash does not count."""
        if not self._accepted.exists():
            return None
        with self._accepted.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read().split(b"\n")[:-1]
        for line in reversed(lines):
            try:
                note = str(json.loads(line)["note"])
                if signers(parse_note(note), [self.key]):
                    return note
            except (ValueError, KeyError, TypeError):
                continue
        if lines:
            raise _refused(
                "witness.damaged", "Its record of checkpoints is damaged.", "체크포인트 기록이 손상되었습니다."
            )
        return None

    def _log_keys(self) -> list[NoteKey]:
        path = self._folder / "log.vkeys"
        return [NoteKey.from_text(line) for line in path.read_text().splitlines()] if path.exists() else []

    def _load_key(self) -> Ed25519PrivateKey:
        path = self._folder / "witness.key"
        if not path.exists():
            private = Ed25519PrivateKey.generate()
            key = NoteKey(f"witness/{secrets.token_hex(4)}", private.public_key().public_bytes_raw(), COSIGNED)
            # The private key is written last: without it, the next start makes both anew.
            (self._folder / "witness.vkey").write_text(key.to_text() + "\n")
            temporary = self._folder / f".witness.{secrets.token_hex(8)}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(private.private_bytes_raw())
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        require_private(path, path.stat().st_mode)
        try:
            return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
        except ValueError:
            raise _refused("witness.key", "Its key file is damaged.", "키 파일이 손상되었습니다.") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError:
            failure = Unavailable(
                "witness.unavailable",
                (
                    f"The witness in {self._folder} cannot be reached.",
                    f"{self._folder}의 증인에 접근할 수 없습니다.",
                ),
                ("Check the folder and its permissions.", "폴더와 권한을 확인하세요."),
            )
        else:
            return
        raise failure from None


def _append(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "rb+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            # A line cut off by a crash gets its end, so that ours begins on a new one.
            if file.read(1) != b"\n":
                text = "\n" + text
        file.write(text.encode())
        os.fsync(file.fileno())


def _hashes(proof: list[str]) -> list[bytes]:
    try:
        return [bytes.fromhex(value) for value in proof]
    except ValueError:
        return [b""]


def _refused(code: str, en: str, ko: str) -> IntegrityFailure:
    return IntegrityFailure(
        code,
        (f"The witness refuses: {en}", f"증인이 거부했습니다: {ko}"),
        (
            "Run `safezone audit verify`; treat it as tampering until explained.",
            "`safezone audit verify`를 실행하고, 원인이 밝혀질 때까지 변조로 간주하세요.",
        ),
    )
