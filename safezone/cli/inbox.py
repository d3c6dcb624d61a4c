"""Bringing a delivery's folder to the zone's inbox, from where ingest reads it."""

from __future__ import annotations

import filecmp
import os
import secrets
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from safezone.errors import BadInput, DeliveryError, WrongState

Progress = Callable[[int, int], None]


def delivery_name(folder: Path) -> str:
    """The id a folder's delivery has: what its manifest says, or the folder's name where that cannot be read."""
    from safezone.sources.delivery import read_manifest

    try:
        return read_manifest(folder).delivery
    except DeliveryError:
        return folder.resolve().name


def bring_in(folder: Path, inbox: Path, name: str, progress: Progress = lambda done, total: None) -> None:
    """Copy a delivery's folder to the inbox, whole or not at all; one that lies there already is left.

    Links are not followed: what is no plain file is not copied, and receiving then says what is missing.

    Raises:
        BadInput: there is no such folder.
        WrongState: the inbox holds another delivery of that name.
    """
    target = inbox / name
    if folder.resolve() == target.resolve() and folder.is_dir():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise BadInput(
            "delivery.folder",
            (f"There is no delivery folder {folder}.", f"반입물 폴더 {folder}이(가) 없습니다."),
            (
                "Name the folder with delivery.json, or the id of a delivery in the inbox (safezone ingest --list).",
                "delivery.json이 있는 폴더나 반입함의 번호를 지정하십시오(safezone ingest --list).",
            ),
        )
    files = [item for item in sorted(folder.iterdir()) if _plain(item)]
    if target.exists():
        _require_same(target, files)
        return
    building = inbox / f".incoming-{secrets.token_hex(8)}"
    building.mkdir(mode=0o700, parents=True)
    total = sum(item.stat().st_size for item in files)
    done = 0
    try:
        for item in files:
            shutil.copyfile(item, building / item.name, follow_symlinks=False)
            done += item.stat().st_size
            progress(done, total)
        building.rename(target)
    except OSError as error:
        raise BadInput(
            "delivery.copy",
            (
                f"The delivery could not be copied to the inbox ({type(error).__name__}).",
                f"반입물을 반입함에 복사하지 못했습니다({type(error).__name__}).",
            ),
            ("Check the space and rights of the zone's folder.", "안심구역 폴더의 공간과 권한을 확인하십시오."),
        ) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _plain(path: Path) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)


def _require_same(target: Path, files: list[Path]) -> None:
    names = {item.name for item in files}
    same = names == {item.name for item in target.iterdir()} and all(
        filecmp.cmp(item, target / item.name, shallow=False) for item in files
    )
    if not same:
        raise WrongState(
            "delivery.inbox_differs",
            (
                f"The inbox holds another delivery named {target.name}.",
                f"반입함에 같은 번호({target.name})의 다른 반입물이 있습니다.",
            ),
            (
                "A corrected delivery gets a new id: safezone deliver --supersedes.",
                "수정한 반입물은 새 번호로 만드십시오: safezone deliver --supersedes",
            ),
        )
