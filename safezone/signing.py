"""Signed statements: Ed25519 over a DSSE envelope, and the zones whose keys a person trusts.

Source: RFC 8032 (Ed25519); DSSE v1 (secure-systems-lab/dsse, protocol.md). Light: the client uses it too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone.errors import IntegrityFailure, UsageError
from safezone.model import canonical

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def verify(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether an Ed25519 signature over `data` is right; false too for a key or signature that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(public_key: bytes) -> str:
    """Name of a public key: hexadecimal SHA-256 of its 32 raw bytes."""
    return hashlib.sha256(public_key).hexdigest()


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(statement: dict[str, Any], sign: Callable[[bytes], bytes], public_key: bytes) -> bytes:
    """Sign a statement and put it into an envelope.

    Args:
        statement: plain JSON values.
        sign: makes an Ed25519 signature, as ``KeyProvider.sign`` does for ``sign/package``.
        public_key: the raw public key it signs with; the signature is checked before anything is returned.

    Returns:
        The DSSE envelope as JSON text. ``publicKey`` beside the standard's members lets a reader who does not
        know the zone see at least that nothing was changed since it was signed.

    Raises:
        IntegrityFailure: the signature does not fit the public key.
    """
    payload = canonical(statement)
    message = pae(PAYLOAD_TYPE, payload)
    signature = sign(message)
    if not verify(public_key, signature, message):
        raise IntegrityFailure(
            "signing.key_mismatch",
            ("The signature made does not fit the public key.", "생성된 서명이 공개키와 맞지 않습니다."),
            ("Check the signing key of the zone.", "안심구역의 서명 키를 확인하십시오."),
        )
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": key_id(public_key), "sig": base64.b64encode(signature).decode()}],
        "publicKey": base64.b64encode(public_key).decode(),
    }
    return json.dumps(envelope, indent=1).encode() + b"\n"


def unseal(envelope: bytes, keys: tuple[bytes, ...] | None) -> tuple[dict[str, Any], bytes]:
    """Check an envelope and return what was signed.

    Args:
        envelope: the text `seal` made.
        keys: public keys that may have signed; None takes the envelope's own, which proves wholeness alone.

    Returns:
        The statement, and the public key that signed it.

    Raises:
        IntegrityFailure: no signature by any of the keys.
    """
    try:
        data = json.loads(envelope)
        payload = base64.b64decode(data["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in data["signatures"]]
        tried = keys if keys is not None else (base64.b64decode(data["publicKey"], validate=True),)
        message = pae(str(data["payloadType"]), payload)
        right = [key for key in tried for signature in signatures if verify(key, signature, message)]
        if right and data["payloadType"] == PAYLOAD_TYPE:
            statement = json.loads(payload)
            if isinstance(statement, dict):
                return statement, right[0]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        pass
    raise IntegrityFailure(
        "signing.signature",
        (
            "The statement is not signed by a key that is trusted here, or was changed after it was signed.",
            "신뢰하는 키로 서명된 명세가 아니거나 서명 후 변경되었습니다.",
        ),
        (
            "Do not use the data. Pull it again; if that fails too, tell the zone.",
            "데이터를 사용하지 마십시오. 다시 받아도 같으면 안심구역에 알리십시오.",
        ),
    )


def read_public_key(text: str) -> bytes:
    """A raw Ed25519 public key from base64 or hexadecimal text.

    Raises:
        UsageError: it is not one.
    """
    for decode in (bytes.fromhex, lambda value: base64.b64decode(value, validate=True)):
        try:
            key = decode(text.strip())
        except ValueError:
            continue
        if len(key) == 32:
            return key
    raise UsageError(
        "signing.public_key",
        ("This is not an Ed25519 public key.", "Ed25519 공개키가 아닙니다."),
        ("Give its 32 bytes as base64 or hexadecimal.", "32바이트를 base64 또는 16진수로 입력하십시오."),
    )


def trust_file() -> Path:
    """Where a person's trusted zone keys are kept: ``$XDG_CONFIG_HOME/safezone/zones``."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "safezone" / "zones"


def trusted_keys(path: Path | None = None) -> tuple[bytes, ...]:
    """Public keys of the zones a person trusts; empty when none was ever recorded.

    Raises:
        UsageError: a line of the file is not a key.
    """
    path = path or trust_file()
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(read_public_key(line.split()[0]) for line in lines if line.strip() and not line.startswith("#"))


def trust(public_key: bytes, label: str, path: Path | None = None) -> None:
    """Record the public key of a zone, learnt over a way that is trusted (the zone itself, not a package)."""
    path = path or trust_file()
    if public_key in trusted_keys(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{base64.b64encode(public_key).decode()} {' '.join(label.split())}\n")
