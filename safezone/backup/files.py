"""Small files of the zone that appear whole, readable by their owner alone; and the zone's own id."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safezone.errors import IntegrityFailure, Unavailable, WrongState
from safezone.settings import Settings


def zone_id(settings: Settings) -> str:
    """The zone's own id, whichever log it writes.

    Raises:
        IntegrityFailure: ``zone.json`` is missing or damaged.
    """
    try:
        return str(json.loads((settings.home / "zone.json").read_text("utf-8"))["id"])
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrityFailure(
            "zone.damaged",
            ("zone.json is missing or damaged.", "zone.json이 없거나 손상되었습니다."),
            ("Restore the zone from a backup.", "백업에서 안심구역을 복원하십시오."),
        ) from None


def put(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file of mode 0600 that is there whole or not at all; its folder is made with mode 0700.

    Args:
        path: the file.
        data: its content.
        replace: take the place of one that is there.

    Raises:
        WrongState: there is one, and it is not to be replaced.
        Unavailable: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with private_file(temporary, data):
            if replace:
                temporary.replace(path)
            else:
                link(temporary, path)
        sync(path.parent)
    except FileExistsError:
        raise WrongState(
            "backup.file_exists",
            (f"{path} exists already and is not overwritten.", f"{path} 파일이 이미 있으며 덮어쓰지 않습니다."),
            ("Name another place.", "다른 위치를 지정하십시오."),
        ) from None
    except OSError:
        raise Unavailable(
            "backup.file_write",
            (f"{path} cannot be written.", f"{path} 파일을 쓸 수 없습니다."),
            ("Check the folder, its permissions and the free space.", "폴더와 권한, 남은 공간을 확인하십시오."),
        ) from None


@contextmanager
def private_file(path: Path, data: bytes) -> Iterator[None]:
    """A file of mode 0600, on the disk, for the length of the block (or until it is moved away)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield
    finally:
        path.unlink(missing_ok=True)


def link(temporary: Path, path: Path) -> None:
    """Give a file its name; unlike a rename, never over one that is there.

    Raises:
        FileExistsError: there is one.
        OSError: it cannot be written.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        if path.exists():
            raise FileExistsError from None
        temporary.rename(path)  # a medium that knows no links


def sync(folder: Path) -> None:
    """Bring a folder's names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
