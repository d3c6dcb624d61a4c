"""A duty's secret at a key server: a file outside the zone's folder, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from safezone.errors import Unavailable, UsageError
from safezone.keys.passphrase import require_private

_LONGEST = 16_384


def require_outside(path: Path, home: Path) -> None:
    """Refuse a file of secrets that lies inside the zone's folder.

    Raises:
        UsageError: it does; whoever copies the folder would have the keys.
    """
    if path.resolve().is_relative_to(home.resolve()):
        raise UsageError(
            "keys.credentials_inside",
            (
                f"The credentials {path} lie inside the zone {home}: whoever copies the zone could use its keys.",
                f"자격 증명 {path}이(가) 안심구역 폴더 {home} 안에 있어, 폴더를 복사한 사람이 키를 쓸 수 있습니다.",
            ),
            (
                "Move the file outside and set SAFEZONE_KEYS_CREDENTIALS.",
                "파일을 폴더 밖으로 옮기고 SAFEZONE_KEYS_CREDENTIALS를 지정하세요.",
            ),
        )


def file_of(credentials: Path | None, who: str) -> Path | None:
    """The file with the secret of a duty, where the credentials are a folder with one for each.

    Args:
        credentials: a file, or a folder with ``<duty>.json`` or ``<duty>`` for each duty this process acts as.
        who: the duty, or ``console``.
    """
    if credentials is None or not credentials.is_dir():
        return credentials
    named = credentials / f"{who}.json"
    return named if named.exists() else credentials / who


def read_credentials(path: Path | None) -> bytes:
    """Read the file with a duty's secret.

    Raises:
        UsageError: none is named.
        Unavailable: there is no such file, or it cannot be read.
        Denied: others than its owner may read it.
    """
    if path is None:
        raise UsageError(
            "keys.credentials_missing",
            (
                "The key server needs credentials, and none are named.",
                "키 서버에 필요한 자격 증명이 지정되지 않았습니다.",
            ),
            (
                "Set SAFEZONE_KEYS_CREDENTIALS to the file of this duty.",
                "이 임무의 자격 증명 파일을 SAFEZONE_KEYS_CREDENTIALS에 지정하세요.",
            ),
        )
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_LONGEST)
    except OSError:
        raise Unavailable(
            "keys.credentials_unreadable",
            (
                f"The credentials {path} are not there or cannot be read.",
                f"자격 증명 파일 {path}이(가) 없거나 읽을 수 없습니다.",
            ),
            ("Check the path, its owner and permissions.", "경로, 소유자, 권한을 확인하세요."),
        ) from None
    require_private(path, mode)
    return content
