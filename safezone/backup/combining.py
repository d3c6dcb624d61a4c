"""Opening a recovery copy with enough shares, and putting the keystore back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import pyrage

from safezone.backup import shares
from safezone.backup.files import private_file, put
from safezone.backup.recovery_copy import (
    Copy,
    copy_of,
    damaged,
    folder,
    parse,
    read_file,
    require_genuine,
    require_keystore,
)
from safezone.errors import BadInput, WrongState
from safezone.keys.keystore import Keystore
from safezone.keys.passphrase import read_passphrase
from safezone.ports import KeyProvider
from safezone.settings import Settings


def combine(path: Path, mnemonics: Sequence[str], settings: Settings, zone_keys: Sequence[str] = ()) -> Copy:
    """Open a recovery copy with enough shares and put keystore and passphrase where the settings want them.

    Nothing is overwritten. What was destroyed since the copy was made must be destroyed again before anything is used:
    `safezone restore` does so, and the command that calls this where the zone itself is still there.

    Args:
        path: the recovery copy.
        mnemonics: the custodians' shares.
        settings: name the keystore and the passphrase file.
        zone_keys: the zone's public keys for backups, as share files carry them.

    Raises:
        BadInput: a share is damaged, they are too few, of different splittings, or not this copy's.
        IntegrityFailure: the copy is damaged, or another zone (or somebody else) made it.
        WrongState: there is a keystore, or another passphrase, already.
        Unavailable: a file cannot be read or written.
    """
    require_keystore(settings)
    header, sealed = parse(read_file(path), path)
    copy = copy_of(header, path)
    identity = shares.identity_of(shares.combine(mnemonics))
    if str(identity.to_public()) != copy.recipient:
        raise BadInput(
            "recovery.other_copy",
            ("These shares belong to another recovery copy.", "이 조각들은 다른 복구 사본의 것입니다."),
            (
                f"Use shares of {copy.id}, or the copy they belong to.",
                f"{copy.id}의 조각을 쓰거나 맞는 복구 사본을 쓰십시오.",
            ),
        )
    try:
        body = json.loads(pyrage.decrypt(sealed, [identity]))
        keystore, passphrase = body["keystore"].encode(), body["passphrase"].encode()
        fits = body["id"] == copy.id and body["counter"] == copy.counter == json.loads(keystore)["counter"]
    except (pyrage.DecryptError, ValueError, KeyError, TypeError, AttributeError):
        raise damaged(path) from None
    if not fits:
        raise damaged(path)
    _put_back(settings, keystore, passphrase, lambda keys: require_genuine(keys, header, zone_keys, path))
    target = folder(settings) / copy.file_name
    if not target.exists():
        put(target, read_file(path))
    return copy


def read_share(path: Path) -> tuple[str, str]:
    """The words of a share in a file, and the zone's key written on it ("" when there is none).

    Raises:
        Unavailable: the file cannot be read.
    """
    text = read_file(path).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = " ".join(line for line in lines if not line.startswith("#"))
    keys = [line.partition("zone key:")[2].strip() for line in lines if line.startswith("# zone key:")]
    return words, keys[0] if keys else ""


def _put_back(settings: Settings, keystore: bytes, passphrase: bytes, check: Callable[[KeyProvider], None]) -> None:
    """Write both files, after the keystore was opened with the passphrase and proved to be the zone's."""
    secret = settings.passphrase_file
    if secret.resolve().is_relative_to(settings.home.resolve()):
        read_passphrase(secret, settings.home)  # says why not
    if settings.keystore.exists() or (secret.exists() and secret.read_bytes().strip() != passphrase.strip()):
        raise WrongState(
            "recovery.exists",
            (
                "There is a keystore, or another passphrase, already; neither is overwritten.",
                "키 저장소나 다른 암호구 파일이 이미 있으며, 덮어쓰지 않습니다.",
            ),
            (
                "Recover into a new place: set SAFEZONE_HOME (or --into) and SAFEZONE_PASSPHRASE_FILE.",
                "새 위치로 복구하십시오. SAFEZONE_HOME(또는 --into)과 SAFEZONE_PASSPHRASE_FILE을 지정하십시오.",
            ),
        )
    trial = settings.keystore.with_name(f".keystore.{secrets.token_hex(6)}")
    with private_file(trial, keystore):
        check(Keystore(trial, passphrase))
    if not secret.exists():
        put(secret, passphrase + b"\n")
    put(settings.keystore, keystore)
