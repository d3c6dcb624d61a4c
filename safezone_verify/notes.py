"""Checkpoints as signed notes: reading them and checking who signed.

Formats: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint and, for Ed25519,
https://c2sp.org/tlog-cosignature. Signing is no part of checking: `safezone.audit.checkpoint` does it.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safezone_verify.words import Malformed

SIGNED = 0x01
COSIGNED = 0x04
_MAX_NOTE = 64 * 1024
_NAME = re.compile(r"[^\s+]+")
# The text, an empty line, the signatures; no control character but the ends of lines.
_NOTE = re.compile(r"((?:[^\x00-\x1f]*\n)+)\n((?:— [^\s+]+ \S+\n)+)")
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
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def to_text(self) -> str:
        """The key as a vkey: ``name+hex key id+base64(kind || public key)``."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def from_text(cls, vkey: str) -> NoteKey:
        """Read a vkey.

        Raises:
            Malformed: it is not one.
        """
        try:
            name, key_id, material = vkey.strip().split("+", 2)
            raw = b64decode(material, validate=True)
            key = cls(name, raw[1:], raw[0])
            if not _NAME.fullmatch(name) or key.key_id.hex() != key_id or len(key.public) != 32:
                raise ValueError
        except (ValueError, IndexError):
            raise Malformed("vkey") from None
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (without the key id) is this key's over the note text."""
        try:
            message, seal = text.encode(), signature
            if self.kind == COSIGNED:  # a time of 8 bytes comes first
                message, seal = cosigned_message(text, int.from_bytes(signature[:8], "big")), signature[8:]
            Ed25519PublicKey.from_public_bytes(self.public).verify(seal, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart: its text, and ``(key name, key id, signature)`` of each signature line."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def __str__(self) -> str:
        lines = [f"— {name} {b64encode(key_id + seal).decode()}\n" for name, key_id, seal in self.signatures]
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log promises: its first `size` leaves have this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a note's text, whoever signed it.

        Raises:
            Malformed: it is no checkpoint, or one with lines this log never writes.
        """
        try:
            origin, size, encoded, rest = text.split("\n")
            root = b64decode(encoded, validate=True)
            if rest or len(root) != 32 or not _SIZE.fullmatch(size):
                raise ValueError
        except ValueError:
            raise Malformed("note") from None
        return cls(origin, int(size), root)


def cosigned_message(text: str, time: int) -> bytes:
    """What a witness signs (cosignature/v1): the note text after a line with the time, in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def parse_note(note: str) -> Note:
    """Take a signed note apart, without trusting anything in it.

    Raises:
        Malformed: it is not a signed note.
    """
    found = _NOTE.fullmatch(note) if len(note) <= _MAX_NOTE else None
    signatures = []
    try:
        for line in found[2].split("\n")[:-1] if found else ():
            _, name, encoded = line.split(" ")
            raw = b64decode(encoded, validate=True)
            signatures.append((name, raw[:4], raw[4:]))
    except ValueError:
        found = None
    if found is None or not all(seal for *_, seal in signatures):
        raise Malformed("note")
    return Note(found[1], tuple(signatures))


def signers(note: Note, keys: Iterable[NoteKey]) -> list[NoteKey]:
    """Which of `keys` signed the note.

    Raises:
        Malformed: a signature that claims to be by one of them is not.
    """
    found = []
    for key in keys:
        mine = [seal for name, key_id, seal in note.signatures if (name, key_id) == (key.name, key.key_id)]
        if not all(key.verifies(note.text, seal) for seal in mine):
            raise Malformed("note")
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
        raise Malformed("note")
    return checkpoint
