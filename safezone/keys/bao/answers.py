"""What an OpenBao server is told and tells of keys, put into the zone's own terms; no requests are made here."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

from safezone.errors import Denied, SafeZoneError, Unavailable
from safezone.keys import faults
from safezone.keys.bao.places import Place
from safezone.keys.bao.policy import CREATION
from safezone.model import WrappedKey, canonical, timestamp

SEALED = re.compile(r"vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/=]+)")
"""How ciphertexts, MACs and signatures look: version of the key, and bytes in base64."""

CAVEATS = (
    (
        (
            "Snapshots, replicas, backups and the storage log of the key server from before the destruction still hold",
            "the key, sealed under the server's own root key.",
        ),
        "파기 전에 만들어진 키 서버 저장소의 스냅숏, 복제본, 백업, 쓰기 기록에는 서버의 루트 키로 봉인된 키가 남아 있습니다.",
    ),
    (
        ("Whoever holds such a copy together with the unseal or recovery keys could bring the key back.",),
        "그 사본과 봉인 해제 키(또는 복구 키)를 함께 가진 사람은 키를 되살릴 수 있습니다.",
    ),
    (
        (
            "The server's administrators and its memory are not under the zone's control; that no key was exported",
            "rests on the server's own settings and audit device.",
        ),
        "서버 관리자와 서버 메모리는 안심구역의 통제 밖에 있으며, 키가 반출되지 않았음은 서버의 설정과 감사 기록에 의존합니다.",
    ),
)


def text(data: bytes) -> str:
    """Bytes as the server takes them."""
    return base64.b64encode(data).decode()


def context_of(name: str, context: bytes) -> str:
    """What a blob is bound to, as context of a derived key."""
    # The version is bound by the key itself: each has its own. So `rewrap` can carry a blob from one to the next.
    return text(canonical(["safezone wrap v1", name, context.hex()]))


def sealed(wrapped: WrappedKey) -> str:
    """A wrapped key as the server gave it (NotFound for a version that no key has)."""
    if wrapped.version < 1:
        raise faults.unknown(f"{wrapped.kek} ({wrapped.version})")
    return f"vault:v{wrapped.version}:{text(wrapped.blob)}"


def versions(data: dict[str, Any]) -> tuple[int, ...]:
    """Versions that can still be used."""
    return tuple(sorted(int(number) for number in data["keys"]))


def current(data: dict[str, Any]) -> int:
    """The version new blobs are sealed with."""
    return int(data["latest_version"])


def since(data: dict[str, Any]) -> str:
    """When the oldest version was made; empty when the server does not say.

    It says it in seconds since 1970, of keys with a public half in ISO 8601.
    """
    oldest = data["keys"][min(data["keys"], key=int)] if data["keys"] else None
    try:
        if isinstance(oldest, dict):
            return timestamp(datetime.fromisoformat(str(oldest.get("creation_time"))))
        return timestamp(datetime.fromtimestamp(int(str(oldest)), UTC))
    except (ValueError, OverflowError, OSError):
        return ""


def require_kept(name: str, place: Place, data: dict[str, Any]) -> None:
    """Refuse a key that somebody made at the server so that it can be taken out, or for another use."""
    made = CREATION[place.kind]
    loose = any(data.get(flag) for flag in ("exportable", "allow_plaintext_backup", "imported_key"))
    if loose or any(data.get(parameter) != value for parameter, value in made.items()):
        raise Denied(
            "keys.not_kept",
            (
                f"The key {name} was not made as the zone makes its keys: it could be taken out of the key server.",
                f"키 {name}은(는) 안심구역이 만든 방식이 아니어서 키 서버 밖으로 반출될 수 있습니다.",
            ),
            (
                "Ask the server's administrator who made it; use a new object.",
                "서버 관리자에게 누가 만들었는지 확인하고, 새 객체를 사용하세요.",
            ),
        )


def unfit(name: str) -> SafeZoneError:
    """The key is there, and the server does not use it so."""
    return faults.misuse(name, "cannot be used so at the key server", "키 서버에서 이 용도로 쓸 수 없습니다")


def unfinished(name: str) -> Unavailable:
    """A destruction stopped after its mark was made."""
    return Unavailable(
        "keys.destroy_unfinished",
        (
            f"The destruction of the key {name} was begun and not finished: the key server still has it.",
            f"키 {name}의 파기를 시작했으나 끝내지 못했습니다. 키 서버에 키가 남아 있습니다.",
        ),
        ("Run the destruction again; it goes on where it stopped.", "파기를 다시 실행하면 이어서 진행합니다."),
        (
            "It is marked: no key of that name will be made again.",
            "파기 표시가 남아 같은 이름의 키는 다시 만들어지지 않습니다.",
        ),
    )
