"""Signed documents of the vault: manifests, and the notes that a part leaves until it is committed."""

from __future__ import annotations

import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone.errors import IntegrityFailure, NotFound
from safezone.model import canonical
from safezone.ports import KeyProvider

MANIFEST_KEY = "sign/manifest"


def sign_document(keys: KeyProvider, kind: str, body: dict[str, Any]) -> bytes:
    """Encode `body` with a signature over its canonical form and its kind.

    Args:
        keys: holds the signing key.
        kind: what it is ("manifest", "part"); a signature for one kind is none for another.
        body: plain JSON values.
    """
    version = keys.ensure(MANIFEST_KEY)
    signature = keys.sign(MANIFEST_KEY, _signed(kind, body))
    return canonical({"kind": kind, "body": body, "key_version": version, "signature": signature.hex()})


def open_document(keys: KeyProvider, kind: str, data: bytes, name: str) -> dict[str, Any]:
    """Check a signed document and return its body.

    Raises:
        IntegrityFailure: it is damaged, of another kind, or not signed by this zone; `name` is in the message.
    """
    try:
        document = json.loads(data)
        public = Ed25519PublicKey.from_public_bytes(keys.public_key(MANIFEST_KEY, document["key_version"]))
        public.verify(bytes.fromhex(document["signature"]), _signed(kind, document["body"]))
        body = document["body"]
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError, NotFound):
        raise damaged(name) from None
    if document.get("kind") != kind or not isinstance(body, dict):
        raise damaged(name)
    return body


def damaged(name: str) -> IntegrityFailure:
    """The error for a stored object that is not what was written."""
    return IntegrityFailure(
        "vault.damaged",
        (
            f"{name} is not what the zone wrote: it was damaged or changed.",
            f"{name}이(가) 손상되었거나 변조되었습니다.",
        ),
        (
            "Do not use it. Restore it from a backup or ingest the delivery again, and tell the auditor.",
            "사용하지 마십시오. 백업에서 복구하거나 다시 반입하고 감사 담당자에게 알리십시오.",
        ),
        kept=("The read was refused; nothing of it was used.", "읽기를 거부했으며 내용은 사용되지 않았습니다."),
    )


def _signed(kind: str, body: dict[str, Any]) -> bytes:
    return b"safezone document v1\x00" + kind.encode() + b"\x00" + canonical(body)
