"""Where a zone is put together until it is whole, and how it takes its place.

It grows in a folder of mode 0700 beside its home. Then home steps aside and the folder takes its name: before that moment
there is nothing at home but the keys that were there, after it everything. A run that was killed leaves at most a folder
whose name begins with a dot; the next one removes it, or puts home back where it stepped aside.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safezone.backup.files import sync
from safezone.errors import Unavailable, WrongState

_KEYS = frozenset({"keystore.json", "keystore.json.lock", "recovery"})


def require_empty(home: Path) -> None:
    """Refuse a home that holds anything but keys that were put back.

    Raises:
        WrongState: it does.
    """
    _put_back(home)
    if not _only_keys(home):
        raise _not_empty(home)


@contextmanager
def staging(home: Path) -> Iterator[Path]:
    """A private folder beside home, holding a copy of the keystore that lies in home; removed when the block ends.

    Raises:
        Unavailable: it cannot be written.
    """
    parent = home.absolute().parent
    folder = parent / f".{home.name}.restore-{secrets.token_hex(6)}"
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(home)
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            for name in ("keys", "lake", "deliveries"):
                (folder / name).mkdir(mode=0o700)
            for name in ("keystore.json", "recovery"):
                source = home / "keys" / name
                if source.is_dir():
                    shutil.copytree(source, folder / "keys" / name)
                elif source.exists():
                    shutil.copy2(source, folder / "keys" / name)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
    except OSError:
        failure = Unavailable(
            "restore.write",
            (
                f"The zone cannot be put together beside {home}, or cannot take its place.",
                f"{home} 옆에 안심구역을 만들거나 그 자리로 옮길 수 없습니다.",
            ),
            (
                "Check permissions and free space; a mount point cannot be replaced: restore into a folder below it.",
                "권한과 남은 공간을 확인하십시오. 마운트 지점은 교체할 수 없으니 그 아래 폴더로 복원하십시오.",
            ),
            kept=("Nothing was restored.", "복원된 것은 없습니다."),
        )
    else:
        return
    raise failure from None


def take_place(folder: Path, home: Path) -> None:
    """Let the folder become home.

    Raises:
        WrongState: something came to be at home meanwhile (another restore, a new zone); it is as it was.
        OSError: it cannot; home is as it was.
    """
    aside = home.with_name(f".{home.name}.before-{secrets.token_hex(6)}")
    existed = home.exists()
    if existed:
        home.rename(aside)
        # Looked at only now, where nobody finds it any more: at home a whole zone could appear after any look.
        if not _only_keys(aside):
            aside.rename(home)
            raise _not_empty(home)
    try:
        folder.rename(home)
    except OSError:
        if existed:
            aside.rename(home)
        raise
    sync(home.absolute().parent)
    (home / ".lock").unlink(missing_ok=True)
    if existed:
        shutil.rmtree(aside, ignore_errors=True)


def _only_keys(home: Path) -> bool:
    found = {path.name for path in home.iterdir()} if home.is_dir() else set()
    within = {path.name for path in (home / "keys").iterdir()} if (home / "keys").is_dir() else set()
    strange = home.is_symlink() or (home.exists() and not home.is_dir())
    return not (strange or found - {"keys"} or within - _KEYS)


def _not_empty(home: Path) -> WrongState:
    return WrongState(
        "restore.not_empty",
        (
            f"{home} holds something already; a backup is restored into an empty place.",
            f"{home}에 이미 내용이 있습니다. 백업은 빈 위치에만 복원합니다.",
        ),
        (
            "Name another place (--into), or move what is there away; only a recovered keystore may be there.",
            "다른 위치를 지정하거나(--into) 있는 것을 옮기십시오. 복구한 키 저장소만 있을 수 있습니다.",
        ),
        kept=("Nothing was restored.", "복원된 것은 없습니다."),
    )


def _put_back(home: Path) -> None:
    """Undo what a run that was killed between two names left behind."""
    aside = sorted(home.absolute().parent.glob(f".{home.name}.before-*"))
    if aside and not home.exists():
        aside[-1].rename(home)


def _sweep(home: Path) -> None:
    """Remove folders of runs that were killed; one that is still at work holds its lock."""
    for folder in home.absolute().parent.glob(f".{home.name}.restore-*"):
        try:
            descriptor = os.open(folder / ".lock", os.O_RDWR)
        except FileNotFoundError:
            continue  # just made, or just about to take its place
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
