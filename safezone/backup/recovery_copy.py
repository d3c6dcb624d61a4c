"""What a recovery copy of the keystore looks like, and how it is told from a forged one.

A line of canonical JSON (RFC 8785), signed with ``sign/backup``, then the keystore and its passphrase as an ordinary age
file (https://age-encryption.org/v1) to the recovery key: ``tail -n +2 FILE | age -d -i KEY`` opens it too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone.backup.archive import SIGN_KEY
from safezone.errors import IntegrityFailure, NotFound, Unavailable, WrongState
from safezone.model import canonical
from safezone.ports import KeyProvider
from safezone.settings import Settings

FORMAT = "safezone recovery v1"
SUFFIX = ".recovery"
ID = re.compile(r"rec-[0-9a-z]{16}")


@dataclass(frozen=True, slots=True)
class Copy:
    """A recovery copy, as its header tells of it.

    Attributes:
        id: the splitting it belongs to.
        zone: id of the zone.
        made: when this copy was made.
        counter: the keystore's counter of changes at that time.
        threshold: how many custodians are needed.
        custodians: who holds a share, in order.
        recipient: the public recovery key (``age1...``).
        places: folders it is also kept in.
    """

    id: str
    zone: str
    made: str
    counter: int
    threshold: int
    custodians: tuple[str, ...]
    recipient: str
    places: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"custodians": list(self.custodians), "places": list(self.places)}

    @property
    def file_name(self) -> str:
        """What the copy's file is called, wherever it lies."""
        return f"{self.id}{SUFFIX}"


def read_copy(path: Path, keys: KeyProvider) -> tuple[Copy, bytes]:
    """A recovery copy's header, checked against the zone's signature, and what it holds, still encrypted.

    Raises:
        IntegrityFailure: it is damaged, or this zone did not sign it.
        Unavailable: it cannot be read.
    """
    header, sealed = parse(read_file(path), path)
    require_genuine(keys, header, (), path)
    return copy_of(header, path), sealed


def require_genuine(keys: KeyProvider, header: dict[str, Any], zone_keys: Sequence[str], path: Path) -> None:
    """Check a header's signature, and that the zone's keys for backups known from elsewhere are among these keys.

    Raises:
        IntegrityFailure: this zone did not sign it, or it is another zone's.
    """
    try:
        public = keys.public_key(SIGN_KEY, int(header["key_version"]))
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(header["signature"]), signed(header))
        known = {keys.public_key(SIGN_KEY, version).hex() for version in range(1, int(header["key_version"]) + 1)}
    except (InvalidSignature, ValueError, KeyError, TypeError, NotFound):
        raise damaged(path) from None
    if any(zone_key and zone_key not in known for zone_key in zone_keys):
        raise damaged(path)


def signed(header: dict[str, Any]) -> bytes:
    """What the signature of a header is over."""
    return (
        FORMAT.encode()
        + b"\x00"
        + canonical({name: value for name, value in header.items() if name != "signature"})
    )


def parse(data: bytes, path: Path) -> tuple[dict[str, Any], bytes]:
    """Take a copy apart: its header, not believed yet, and what it holds, encrypted.

    Raises:
        IntegrityFailure: it is none, or the two do not belong together.
    """
    first, _, sealed = data.partition(b"\n")
    try:
        header = json.loads(first)
        whole = header["format"] == FORMAT and header["sealed"] == hashlib.sha256(sealed).hexdigest()
    except (ValueError, KeyError, TypeError, RecursionError):
        raise damaged(path) from None
    if not whole:
        raise damaged(path)
    return header, sealed


def copy_of(header: dict[str, Any], path: Path) -> Copy:
    """What a header says (IntegrityFailure when it says it wrongly)."""
    try:
        values = {name: header[name] for name in Copy.__slots__}
        copy = Copy(**values | {name: tuple(values[name]) for name in ("custodians", "places")})
    except (KeyError, TypeError):
        raise damaged(path) from None
    if not ID.fullmatch(str(copy.id)):
        raise damaged(path)
    return copy


def read_file(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        Unavailable: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise Unavailable(
            "recovery.unreadable",
            (f"The file {path} cannot be read.", f"{path} 파일을 읽을 수 없습니다."),
            ("Check the name, the medium and its permissions.", "이름, 저장 매체, 권한을 확인하십시오."),
        ) from None


def damaged(path: Path) -> IntegrityFailure:
    """The error for a recovery copy that is not what the zone wrote."""
    return IntegrityFailure(
        "recovery.damaged",
        (
            f"The recovery copy {path} is not what this zone wrote: it was changed, or somebody else made it.",
            f"복구 사본 {path}이(가) 이 안심구역이 기록한 내용과 다릅니다. 변경되었거나 다른 곳에서 만든 것입니다.",
        ),
        (
            "Use another copy; tell the auditor. Nothing is encrypted to a key in a changed copy.",
            "다른 사본을 사용하고 감사 담당자에게 알리십시오. 변경된 사본의 키로는 아무것도 암호화하지 않습니다.",
        ),
    )


def folder(settings: Settings) -> Path:
    """Where the zone's own recovery copies lie."""
    return settings.keystore.parent / "recovery"


def keystore_counter(settings: Settings) -> int:
    """How often the keystore was changed. The provider that reads the file checks its MAC; this only compares."""
    try:
        return int(json.loads(settings.keystore.read_bytes())["counter"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Unavailable(
            "keys.unavailable",
            (
                f"The keystore {settings.keystore} cannot be read.",
                f"키 저장소 {settings.keystore}을(를) 읽을 수 없습니다.",
            ),
            ("Check that the file is there and its owner.", "파일 존재 여부와 소유자를 확인하십시오."),
        ) from None


def require_keystore(settings: Settings) -> None:
    """Refuse where a key server keeps the keys.

    Raises:
        WrongState: it does.
    """
    if settings.keys_url:
        raise WrongState(
            "recovery.key_server",
            (
                "A key server keeps this zone's keys: recovering them is the server's own business.",
                "이 안심구역의 키는 키 서버가 보관하므로, 키 복구는 서버의 기능을 사용해야 합니다.",
            ),
            (
                "Use its own means: recovery shares of OpenBao, the module's backup domain, replicas of KMS.",
                "서버의 기능(OpenBao 복구 조각, 하드웨어 모듈의 백업 도메인, KMS 복제본)을 사용하십시오.",
            ),
        )
