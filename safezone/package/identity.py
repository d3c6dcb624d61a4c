"""age identities: the developer's key pair, in the file format of age-keygen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyrage

from safezone.errors import UsageError, WrongState
from safezone.model import now, timestamp


def keygen(path: Path) -> str:
    """Make a key pair and write the identity file, readable by its owner alone.

    Args:
        path: the file to make; an existing one is never overwritten.

    Returns:
        The public key (``age1...``), to be given with a request.

    Raises:
        WrongState: the file exists.
    """
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    text = f"# created: {timestamp(now())}\n# public key: {public}\n{identity}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise WrongState(
            "identity.exists",
            ("There is an identity file already.", "개인키 파일이 이미 있습니다."),
            (
                "Keep it (packages made for it need it), or name another file.",
                "기존 파일을 보관하고 다른 이름을 쓰십시오.",
            ),
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    return public


def recipient_of(public_key: str) -> Any:
    """The age recipient of a public key.

    Raises:
        UsageError: it is not an age X25519 public key.
    """
    try:
        return pyrage.x25519.Recipient.from_str(public_key.strip())
    except pyrage.RecipientError:
        raise UsageError(
            "identity.recipient",
            ("This is not an age public key.", "age 공개키가 아닙니다."),
            (
                "Give the one keygen printed; it begins with age1.",
                "keygen이 출력한 age1로 시작하는 키를 입력하십시오.",
            ),
        ) from None


def read_identities(path: Path) -> list[Any]:
    """The identities of a file made by `keygen` or age-keygen.

    Raises:
        UsageError: no such file, or it holds no identity.
    """
    identities = []
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        for line in lines:
            if line.strip() and not line.startswith("#"):
                identities.append(pyrage.x25519.Identity.from_str(line.strip()))
    except (OSError, ValueError, pyrage.IdentityError):
        identities = []
    if not identities:
        raise UsageError(
            "identity.file",
            (
                "The identity file cannot be read or holds no age identity.",
                "개인키 파일을 읽을 수 없거나 age 개인키가 없습니다.",
            ),
            ("Give the file keygen made.", "keygen이 만든 파일을 지정하십시오."),
        )
    return identities
