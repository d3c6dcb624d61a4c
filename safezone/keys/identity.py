"""The zone's own age identity, to which agencies may encrypt their deliveries.

The identity lies encrypted beside the keystore: its data key is wrapped by the key provider, so it opens only
where the ingest duty's keys are. The public key lies beside it for anyone to use.
"""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
from pathlib import Path
from typing import BinaryIO, cast

import pyrage

from safezone.errors import IntegrityFailure, NotFound
from safezone.keys.stream import decrypting_reader, encrypting_writer
from safezone.model import WrappedKey
from safezone.ports import KeyProvider

KEK = "kek/zone/intake/identity"
_CONTEXT = b"safezone delivery identity v1"


def create(keys: KeyProvider, path: Path) -> str:
    """Make the identity if there is none yet; return its public key (``age1...``)."""
    if path.exists():
        return public_key(path)
    identity = pyrage.x25519.Identity.generate()
    keys.ensure(KEK)
    key, sealed = secrets.token_bytes(32), io.BytesIO()
    with encrypting_writer(sealed, key, _CONTEXT) as writer:
        writer.write(str(identity).encode())
    wrapped = keys.wrap(KEK, key, _CONTEXT)
    document = {
        "public_key": str(identity.to_public()),
        "identity": base64.b64encode(sealed.getvalue()).decode(),
        "key": {"version": wrapped.version, "blob": base64.b64encode(wrapped.blob).decode()},
    }
    temporary = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # unlike a rename, never over one that another process made meanwhile
    except FileExistsError:
        return public_key(path)
    finally:
        temporary.unlink()
    return str(document["public_key"])


def public_key(path: Path) -> str:
    """The public key agencies encrypt to.

    Raises:
        IntegrityFailure: the file is missing or damaged.
    """
    try:
        public = json.loads(path.read_text("utf-8"))["public_key"]
        return str(pyrage.x25519.Recipient.from_str(public))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, pyrage.RecipientError):
        raise _damaged() from None


def load(keys: KeyProvider, path: Path) -> pyrage.x25519.Identity:
    """Open the identity.

    Raises:
        IntegrityFailure: the file is missing, damaged or was exchanged.
        Denied: this duty may not.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        wrapped = WrappedKey(KEK, document["key"]["version"], base64.b64decode(document["key"]["blob"]))
        sealed = base64.b64decode(document["identity"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise _damaged() from None
    try:
        key = keys.unwrap(wrapped, _CONTEXT)
        with decrypting_reader(cast(BinaryIO, io.BytesIO(sealed)), key, _CONTEXT) as reader:
            identity = pyrage.x25519.Identity.from_str(reader.read().decode())
    except (IntegrityFailure, NotFound):
        raise _damaged() from None
    # The public half is not encrypted; agencies must not be led to encrypt to somebody else's.
    if str(identity.to_public()) != document.get("public_key"):
        raise _damaged()
    return identity


def rewrap(keys: KeyProvider, path: Path) -> bool:
    """Close the identity's data key anew under the current version of `KEK`; the identity itself stays as it is.

    Returns:
        Whether there was anything to do.

    Raises:
        IntegrityFailure: the file is missing, damaged or was exchanged.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        wrapped = WrappedKey(KEK, document["key"]["version"], base64.b64decode(document["key"]["blob"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise _damaged() from None
    if wrapped.version == keys.ensure(KEK):
        return False
    closed = keys.rewrap(wrapped, _CONTEXT)
    document["key"] = {"version": closed.version, "blob": base64.b64encode(closed.blob).decode()}
    temporary = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _damaged() -> IntegrityFailure:
    return IntegrityFailure(
        "keys.identity",
        (
            "The zone's delivery identity is missing or damaged.",
            "안심구역의 반입용 키가 없거나 손상되었습니다.",
        ),
        ("Restore it from a backup.", "백업에서 복구하십시오."),
    )
