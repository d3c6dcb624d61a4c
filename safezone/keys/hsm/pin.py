"""The PIN of a PKCS#11 token: a private file, tried once and not again when the token refused it.

Tokens lock themselves after a few wrong PINs (PKCS#11 v3.0, C_Login: CKR_PIN_LOCKED), and a scheduler that tries a
failed task again would spend them all. So a refusal is remembered, in this process and in a small file beside the
PIN's, until the PIN's file is replaced. Neither holds the PIN or anything made from it.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from safezone.errors import Denied, UsageError
from safezone.keys.credentials import read_credentials
from safezone.keys.hsm.faults import not_lockable

_LONGEST = 255
_NEW_MARK = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
_refused: set[str] = set()


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN and which state of which file it was read from.

    Attributes:
        value: the PIN.
        source: tells this state of the file from any other; says nothing of the PIN.
    """

    value: str
    source: str

    def __repr__(self) -> str:
        return f"Pin(source={self.source!r})"


def read_pin(path: Path | None) -> Pin:
    """Read the PIN: the file's only line.

    Raises:
        UsageError: no file was named, or what is in it is no PIN.
        Unavailable: there is no such file, or it cannot be read.
        Denied: others than its owner may read it.
    """
    source = ""
    if path is not None:
        with suppress(OSError):
            # Looked at first: a file replaced meanwhile is tried once more than needed, never once less.
            status = path.stat()
            source = f"{status.st_dev}:{status.st_ino}:{status.st_mtime_ns}:{status.st_size}"
    content = read_credentials(path)
    try:
        value = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        value = ""
    if not value or len(value) > _LONGEST or not value.isprintable():
        raise UsageError(
            "keys.credentials",
            (f"The file {path} does not hold a PIN alone.", f"{path} 파일에 PIN 하나만 들어 있지 않습니다."),
            ("Write the PIN on its only line.", "PIN만 한 줄로 적으세요."),
        )
    return Pin(value, source)


def refuse_again(path: Path, pin: Pin, token: str) -> None:
    """Raise Denied when the token refused this state of the file before; the token is not asked again."""
    mark = f"{token} {pin.source}"
    remembered = ""
    with suppress(OSError, UnicodeDecodeError):
        remembered = _mark(path).read_text("utf-8")
    if mark in _refused or mark in remembered.splitlines():
        raise wrong_pin(path, "refused before, and not tried again")


def remember_refusal(path: Path, pin: Pin, token: str) -> None:
    """Note that the token refused this PIN. Where the folder cannot be written, this process alone knows."""
    mark = f"{token} {pin.source}"
    _refused.add(mark)
    with (
        suppress(OSError),
        os.fdopen(os.open(_mark(path), _NEW_MARK, 0o600), "w") as file,
    ):
        file.write(mark + "\n")


def forget_refusals(path: Path) -> None:
    """A PIN was accepted: what was refused before does not matter any more."""
    with suppress(OSError):
        _mark(path).unlink(missing_ok=True)


_REASONS = {
    "refused": "토큰이 PIN을 거부했습니다",
    "refused before, and not tried again": "앞서 거부된 PIN이라 다시 시도하지 않았습니다",
    "locked": "토큰의 PIN이 잠겼습니다",
    "one attempt from being locked": "한 번 더 틀리면 토큰이 잠기므로 시도하지 않았습니다",
    "expired or not set": "PIN이 만료되었거나 설정되지 않았습니다",
}


def wrong_pin(path: Path, reason: str = "refused") -> Denied:
    """The token does not take the PIN of that file; `reason` is one of the sentences known here."""
    return Denied(
        "keys.pin",
        (f"The token's PIN from {path} is {reason}.", f"{path}의 PIN: {_REASONS[reason]}."),
        (
            "Put the right PIN in the file (touch it if the token was changed to match), or have it reset on the token.",
            "파일에 올바른 PIN을 넣거나(토큰 쪽을 고쳤다면 파일을 touch) 토큰에서 PIN을 재설정하세요.",
        ),
    )


def _mark(path: Path) -> Path:
    return path.with_name(path.name + ".refused")


class FileLock:
    """Holds a file alone among the threads and processes of this machine; may be entered again by its holder.

    The PIN's own file is locked (flock needs no right to write it), so that no folder has to be writable.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, and hold it for the block.

        Raises:
            Unavailable: the file cannot be opened or locked.
        """
        with self._threads:
            if self._depth:
                yield
                return
            descriptor = self._locked()
            try:
                self._depth = 1
                yield
            finally:
                self._depth = 0
                # Said aloud, since a child forked meanwhile keeps the descriptor open.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                os.close(descriptor)

    def _locked(self) -> int:
        descriptor = -1
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            if descriptor >= 0:
                os.close(descriptor)
            read_pin(self._path)  # a file that is missing or unreadable is named as such
            raise not_lockable(str(self._path)) from None
        return descriptor


_locks: dict[tuple[int, Path], FileLock] = {}


def lock_of(path: Path) -> FileLock:
    """The lock of that file in this process; a child after a fork has its own."""
    return _locks.setdefault((os.getpid(), path.resolve()), FileLock(path))
