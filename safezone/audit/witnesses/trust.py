"""Which witness program a zone believes: its public key, pinned in the zone's folder by an explicit step."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from safezone.audit.checkpoint import read_key
from safezone.errors import Unavailable, UsageError, WrongState
from safezone_verify.notes import COSIGNED, NoteKey


def pinned(path: Path) -> NoteKey:
    """The key of the witness this zone believes.

    Args:
        path: ``witness.vkey`` of the zone.

    Raises:
        Unavailable: none was pinned yet, or the file cannot be read.
        UsageError: what lies there is no witness's key.
    """
    try:
        return _witness_key(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Unavailable(
            "witness.not_trusted",
            (
                "This zone was not told yet which key its witness signs with.",
                "이 안심구역은 아직 증인의 공개키를 지정받지 않았습니다.",
            ),
            (
                "Get the key from the witness's operator, then: safezone witness trust VKEY",
                "증인 운영자에게 공개키를 받아 지정하세요: safezone witness trust VKEY",
            ),
            kept=("Events are sequenced and signed as before.", "이벤트의 순서 지정과 서명은 그대로 계속됩니다."),
        ) from None


def pin(path: Path, vkey: str, *, replace: bool = False) -> NoteKey:
    """Believe the witness with this key from now on.

    Args:
        path: as for `pinned`.
        vkey: as its operator gave it.
        replace: whether another key that is pinned gives way.

    Raises:
        UsageError: it is no witness's key.
        WrongState: another one is pinned.
        Unavailable: the file cannot be written.
    """
    key = _witness_key(vkey)
    try:
        before = path.read_text("utf-8") if path.exists() else ""
        if before.strip() == key.to_text():
            return key
        if before and not replace:
            raise WrongState(
                "witness.trusted",
                ("This zone believes another witness already.", "이 안심구역은 이미 다른 증인을 신뢰합니다."),
                ("Add --replace when that one is gone.", "그 증인을 더 쓰지 않는다면 --replace를 붙이세요."),
            )
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with temporary.open("x", encoding="utf-8") as file:
            file.write(key.to_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, UnicodeDecodeError):
        raise Unavailable(
            "witness.trust_file",
            (f"{path} cannot be read or written.", f"{path}을(를) 읽거나 쓸 수 없습니다."),
            ("Check the folder and its permissions.", "폴더와 권한을 확인하세요."),
        ) from None
    return key


def _witness_key(vkey: str) -> NoteKey:
    key = read_key(vkey)
    if key.kind != COSIGNED:
        raise UsageError(
            "witness.not_witness_key",
            ("That is the key of a log, not of a witness.", "증인이 아니라 로그의 키입니다."),
            ("Give the key the witness shows when it starts.", "증인이 시작할 때 보여 주는 키를 지정하세요."),
        )
    return key
