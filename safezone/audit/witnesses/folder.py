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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safezone.audit.checkpoint import cosign, open_checkpoint, parse_note, read_key, signers
from safezone.errors import BadInput, IntegrityFailure, Unavailable, UsageError, WrongState
from safezone.keys.passphrase import require_private
from safezone_verify.merkle import EMPTY_ROOT, verify_consistency
from safezone_verify.notes import COSIGNED, Checkpoint, Note, NoteKey

_TAIL = 256 * 1024


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's own key.

    Attributes:
        key: its public half.
        sign: signs with the private half.
    """

    key: NoteKey
    sign: Callable[[bytes], bytes]


class Record:
    """What one log has promised a witness: the log's keys and every checkpoint accepted, in one folder.

    Two at once, threads or processes, take turns: each check and the line written after it are one step.

    Args:
        folder: where it lies.
        own: the witness's key.
    """

    def __init__(self, folder: Path, own: Cosigner) -> None:
        self._folder = folder
        self._own = own
        self._accepted = folder / "checkpoints.jsonl"

    def keys(self) -> list[NoteKey]:
        """The enrolled keys of the log; none before it is enrolled."""
        with alone(self._folder):
            return self._log_keys()

    def enrol(self, keys: list[NoteKey]) -> None:
        """Watch a log by its public keys; further ones (rotation) are added, none is ever dropped.

        Raises:
            UsageError: this record is of another log already.
        """
        with alone(self._folder):
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

    def add(self, checkpoint: str, proof: list[str], old: int | None = None) -> str:
        """Accept a checkpoint that extends the last one seen, and cosign it; on disk before it returns.

        The same checkpoint again gets the cosignature it got before.

        Args:
            checkpoint: signed by an enrolled key of the log; signatures by others are left out.
            proof: consistency proof (hex hashes) from the newest checkpoint this witness holds.
            old: the size the proof starts from, where the caller says so.

        Returns:
            The checkpoint with this witness's signature added.

        Raises:
            BadInput: `old` lies beyond the checkpoint.
            WrongState: `old` is not the size of the newest checkpoint held.
            IntegrityFailure: it is not signed by the log, is older than the last, or does not extend it.
        """
        with alone(self._folder):
            keys = self._log_keys()
            new = open_checkpoint(checkpoint, keys)
            seen = self._last()
            before = None if seen is None else open_checkpoint(seen, keys)
            if old is not None:
                _require_old(old, new.size, 0 if before is None else before.size)
            if seen is not None and new == before and not proof:
                return seen
            _require_extends(before, new, proof)
            text = parse_note(checkpoint)
            ours = tuple(
                each for each in text.signatures if any(each[:2] == (key.name, key.key_id) for key in keys)
            )
            note = cosign(str(Note(text.text, ours)), self._own.key, int(time.time()), self._own.sign)
            _append(self._accepted, json.dumps({"size": new.size, "note": note}) + "\n")
            return note

    def latest(self) -> str | None:
        """The newest checkpoint accepted, with the witness's signature, or None."""
        with alone(self._folder):
            return self._last()

    def size(self) -> int:
        """The size of the newest checkpoint accepted; 0 before the first."""
        with alone(self._folder):
            seen = self._last()
            return 0 if seen is None else open_checkpoint(seen, self._log_keys()).size

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
                if signers(parse_note(note), [self._own.key]):
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
        return [read_key(line) for line in path.read_text().splitlines()] if path.exists() else []


class FileWitness:
    """`safezone.ports.Witness` over a folder, for one log; the first use makes its key.

    Args:
        folder: outside the zone's own folder.

    Raises:
        Unavailable: the folder cannot be used.
        Denied: others may read the witness's key.
    """

    def __init__(self, folder: Path) -> None:
        own = load_cosigner(folder)
        self.key = own.key
        self._record = Record(folder, own)

    def enrol(self, keys: list[NoteKey]) -> None:
        """Watch a log by its public keys; see `Record.enrol`."""
        self._record.enrol(keys)

    def add(self, checkpoint: str, proof: list[str]) -> str:
        """Accept a checkpoint that extends the last one seen, and cosign it; see `Record.add`."""
        return self._record.add(checkpoint, proof)

    def latest(self) -> str | None:
        """The newest checkpoint this witness has accepted, with its signature, or None."""
        return self._record.latest()


def load_cosigner(folder: Path) -> Cosigner:
    """Load the key of the witness in `folder`; the first time, make one.

    Raises:
        Unavailable: the folder cannot be used.
        Denied: others may read the key.
        IntegrityFailure: the key files are damaged or do not belong together.
    """
    with alone(folder):
        private = _load_key(folder)
        try:
            key: NoteKey | None = read_key((folder / "witness.vkey").read_text())
        except (UsageError, UnicodeDecodeError):
            key = None
        if key is None or key.public != private.public_key().public_bytes_raw():
            raise _refused("witness.key", "Its key files do not belong together.", "키 파일이 서로 맞지 않습니다.")
        return Cosigner(key, private.sign)


def _load_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / "witness.key"
    if not path.exists():
        private = Ed25519PrivateKey.generate()
        key = NoteKey(f"witness/{secrets.token_hex(4)}", private.public_key().public_bytes_raw(), COSIGNED)
        # The private key is written last: without it, the next start makes both anew.
        (folder / "witness.vkey").write_text(key.to_text() + "\n")
        temporary = folder / f".witness.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(private.private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        _sync(folder)
    require_private(path, path.stat().st_mode)
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except ValueError:
        raise _refused("witness.key", "Its key file is damaged.", "키 파일이 손상되었습니다.") from None


def _require_old(old: int, size: int, held: int) -> None:
    """Hold the size a proof starts from against what is held (https://c2sp.org/tlog-witness, add-checkpoint)."""
    if old > size:
        raise BadInput(
            "witness.old",
            ("The old size lies beyond the checkpoint.", "이전 크기가 체크포인트보다 큽니다."),
            ("Send the size the proof starts from.", "증명이 시작되는 크기를 보내세요."),
        )
    if old != held:
        raise WrongState(
            "witness.moved_on",
            (
                f"The newest checkpoint held is of {held} entries, not {old}.",
                f"보유한 최신 체크포인트는 {old}건이 아니라 {held}건입니다.",
            ),
            ("Send a proof from that size.", "그 크기부터의 증명을 보내세요."),
        )


def _require_extends(before: Checkpoint | None, new: Checkpoint, proof: list[str]) -> None:
    size = 0 if before is None else before.size
    if new.size < size:
        raise _refused(
            "witness.older",
            f"The log shrank from {size} to {new.size} entries.",
            f"로그가 {size}건에서 {new.size}건으로 줄었습니다.",
        )
    if before is not None and new.size == size and new.root != before.root:
        raise _refused(
            "witness.split",
            f"Another log of {size} entries was seen before.",
            f"이전에 본 {size}건의 로그와 다릅니다.",
        )
    root = EMPTY_ROOT if before is None else before.root
    if not verify_consistency(size, new.size, root, new.root, _hashes(proof)):
        raise _refused(
            "witness.inconsistent",
            f"The log's first {size} entries are not those seen before.",
            f"로그의 처음 {size}건이 이전에 본 내용과 다릅니다.",
        )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one in a witness's folder, which is made when it is missing.

    Raises:
        Unavailable: the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
    except OSError:
        failure = Unavailable(
            "witness.unavailable",
            (f"The witness in {folder} cannot be reached.", f"{folder}의 증인에 접근할 수 없습니다."),
            ("Check the folder and its permissions.", "폴더와 권한을 확인하세요."),
        )
    else:
        return
    raise failure from None


def _append(path: Path, text: str) -> None:
    fresh = not path.exists()
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
    if fresh:
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have the folder's list of files on disk: a new file outlives a power cut only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
