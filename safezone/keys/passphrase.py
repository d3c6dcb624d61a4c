"""The keystore's passphrase: a file outside the zone's folder, so that a copy of the folder opens nothing."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from safezone.errors import Denied, Text, Unavailable, UsageError

MIN_LENGTH = 16


def create_passphrase(path: Path) -> None:
    """Write a new random passphrase (256 bits) to `path`, readable by its owner alone.

    A file that exists is left as it is, also when another process makes it at the same moment.

    Raises:
        Unavailable: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_urlsafe(32).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
        except FileExistsError:
            return
        finally:
            temporary.unlink(missing_ok=True)
    except OSError:
        raise Unavailable(
            "keys.passphrase_write",
            (
                f"The passphrase file {path} cannot be written.",
                f"암호구 파일 {path}을(를) 쓸 수 없습니다.",
            ),
            (
                "Name a folder you may write to in SAFEZONE_PASSPHRASE_FILE.",
                "SAFEZONE_PASSPHRASE_FILE에 쓰기 가능한 폴더를 지정하세요.",
            ),
        ) from None


def read_passphrase(path: Path, home: Path) -> bytes:
    """Read the passphrase of the keystore.

    Args:
        path: the passphrase file.
        home: the zone's folder, in which the passphrase must not lie.

    Raises:
        UsageError: the file lies inside `home`, or is too short.
        Unavailable: there is no such file, or it cannot be read.
        Denied: others than its owner may read it.
    """
    if path.resolve().is_relative_to(home.resolve()):
        raise UsageError(
            "keys.passphrase_inside",
            (
                f"The passphrase file {path} lies inside the zone {home}: whoever copies the zone could open it.",
                f"암호구 파일 {path}이(가) 안심구역 폴더 {home} 안에 있어, 폴더를 복사한 사람이 열 수 있습니다.",
            ),
            (
                "Move it outside and set SAFEZONE_PASSPHRASE_FILE.",
                "폴더 밖으로 옮기고 SAFEZONE_PASSPHRASE_FILE을 지정하세요.",
            ),
        )
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(4096).strip()
    except FileNotFoundError:
        raise Unavailable(
            "keys.passphrase_missing",
            (f"There is no passphrase file at {path}.", f"암호구 파일 {path}이(가) 없습니다."),
            (
                "Run `safezone init`, or put the zone's passphrase back where it was.",
                "`safezone init`을 실행하거나 원래 암호구 파일을 되돌려 놓으세요.",
            ),
        ) from None
    except OSError:
        raise Unavailable(
            "keys.passphrase_unreadable",
            (f"The passphrase file {path} cannot be read.", f"암호구 파일 {path}을(를) 읽을 수 없습니다."),
            ("Check its owner and permissions.", "파일의 소유자와 권한을 확인하세요."),
        ) from None
    require_private(path, mode)
    if len(content) < MIN_LENGTH:
        raise UsageError(
            "keys.passphrase_short",
            (
                f"The passphrase in {path} is shorter than {MIN_LENGTH} characters.",
                f"{path}의 암호구가 {MIN_LENGTH}자보다 짧습니다.",
            ),
            ("Use a longer one.", "더 긴 암호구를 사용하세요."),
        )
    return content


def require_private(path: Path, mode: int) -> None:
    """Refuse a secret file that others than its owner may read or write.

    Raises:
        Denied: its mode gives the group or others any right.
    """
    if stat.S_IMODE(mode) & 0o077:
        advice = Text(f"Run `chmod 600 {path}`.", f"`chmod 600 {path}`을 실행하세요.")
        raise Denied(
            "keys.permissions",
            (
                f"{path} may be read by others than its owner.",
                f"{path} 파일을 소유자가 아닌 사람도 읽을 수 있습니다.",
            ),
            advice,
        )
