"""Checkpoints as signed notes: reading them and checking who signed.

Formats: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint and, for Ed25519,
https://c2sp.org/tlog-cosignature. Signing is no part of checking: `safezone.audit.checkpoint` does it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone_verify.words import Malformed

SIGNED = 0x01
COSIGNED = 0x04
_MAX_NOTE = 64 * 1024
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key that signs notes under a name.

    Attributes:
        name: who signs; for a log, its origin.
        public: the raw 32-byte Ed25519 public key.
        kind: `SIGNED` for a log's own signature, `COSIGNED` for a witness's.
    """

    name: str
    public: bytes
    kind: int = SIGNED

    @property
    def key_id(self) -> bytes:
        """``SHA-256(name || 0x0A || kind || public key)[:4]``."""
        whole = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(whole).digest()[:4]

    def to_text(self) -> str:
        """The key as a vkey: ``name+hex key id+base64(kind || public key)``."""
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def from_text(cls, vkey: str) -> NoteKey:
        """Read a vkey.

        Raises:
            Malformed: it is not one.
        """
        try:
            name, key_id, material = vkey.strip().split("+", 2)
            raw = base64.b64decode(material, validate=True)
            key = cls(name, raw[1:], raw[0])
            fits = bool(_NAME.fullmatch(name)) and key.key_id.hex() == key_id and len(key.public) == 32
        except (ValueError, IndexError):
            fits = False
        if not fits:
            raise Malformed(
                "vkey",
                "That is not a public key of a log or witness. Keys look like name+01234567+base64.",
                "로그나 증인의 공개키 형식이 아닙니다. 키는 이름+01234567+base64 형식입니다.",
            )
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (without the key id) is this key's over the note text."""
        message, seal = text.encode(), signature
        if self.kind == COSIGNED:
            if len(signature) != 72:
                return False
            message, seal = cosigned_message(text, int.from_bytes(signature[:8], "big")), signature[8:]
        try:
            _public(self.public).verify(seal, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@lru_cache(maxsize=64)
def _public(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart: its text, and ``(key name, key id, signature)`` of each signature line."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def __str__(self) -> str:
        lines = [
            f"— {name} {base64.b64encode(key_id + signature).decode()}\n"
            for name, key_id, signature in self.signatures
        ]
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log promises: its first `size` leaves have this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a note's text, whoever signed it.

        Raises:
            Malformed: it is no checkpoint, or one with lines this log never writes.
        """
        try:
            origin, size, encoded, rest = text.split("\n")
            root = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise bad_note() from None
        if rest or len(root) != 32 or not _SIZE.fullmatch(size):
            raise bad_note()
        return cls(origin, int(size), root)


def cosigned_message(text: str, time: int) -> bytes:
    """What a witness signs (cosignature/v1): the note text after a line with the time, in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def parse_note(note: str) -> Note:
    """Take a signed note apart, without trusting anything in it.

    Raises:
        Malformed: it is not a signed note.
    """
    text, middle, tail = note.rpartition("\n\n")
    if (
        not middle
        or not tail.endswith("\n")
        or len(note) > _MAX_NOTE
        or any(character < " " and character != "\n" for character in note)
    ):
        raise bad_note()
    signatures = []
    for line in tail.split("\n")[:-1]:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise bad_note() from None
        if dash != "—" or not _NAME.fullmatch(name) or len(raw) < 5:
            raise bad_note()
        signatures.append((name, raw[:4], raw[4:]))
    return Note(text + "\n", tuple(signatures))


def signers(note: Note, keys: Iterable[NoteKey]) -> list[NoteKey]:
    """Which of `keys` signed the note.

    Raises:
        Malformed: a signature that claims to be by one of them is not.
    """
    found = []
    for key in keys:
        mine = [seal for name, key_id, seal in note.signatures if (name, key_id) == (key.name, key.key_id)]
        if not all(key.verifies(note.text, seal) for seal in mine):
            raise bad_note()
        if mine:
            found.append(key)
    return found


def open_checkpoint(note: str, keys: Iterable[NoteKey]) -> Checkpoint:
    """Verify a signed checkpoint and read it.

    Args:
        note: the signed note.
        keys: keys of the log: their name must be the checkpoint's origin. One signature among them suffices.

    Raises:
        Malformed: it is no checkpoint, or signed by none of the keys.
    """
    parsed = parse_note(note)
    checkpoint = Checkpoint.from_text(parsed.text)
    if not any(key.kind == SIGNED and key.name == checkpoint.origin for key in signers(parsed, keys)):
        raise bad_note()
    return checkpoint


def bad_note() -> Malformed:
    """The error for a note that cannot be believed."""
    return Malformed(
        "note",
        "A checkpoint of the log is malformed or its signature does not verify.",
        "감사 로그 체크포인트의 형식이 잘못되었거나 서명이 검증되지 않습니다.",
    )
