"""Signing checkpoints and cosignatures; reading them with the zone's own errors.

Formats, and how they are read and checked: `safezone_verify.notes`. Nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from safezone.errors import BadInput, IntegrityFailure, SafeZoneError, UsageError
from safezone_verify import notes
from safezone_verify.notes import Checkpoint, Note, NoteKey, cosigned_message
from safezone_verify.words import Malformed

if TYPE_CHECKING:  # the ports load Arrow, which the witness program has no use for
    from safezone.ports import KeyProvider

CHECKPOINT_KEY = "sign/checkpoint"


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn the verifier's `Malformed` into the zone's errors.

    Raises:
        UsageError: for what is no key.
        IntegrityFailure: for a note that cannot be believed.
        BadInput: for what is no bundle, or no proof.
    """
    try:
        yield
    except Malformed as problem:
        raise _ours(problem) from None


def read_key(vkey: str) -> NoteKey:
    """Read a public key of a log or witness.

    Raises:
        UsageError: it is not one.
    """
    with in_our_words():
        return NoteKey.from_text(vkey)


def parse_note(note: str) -> Note:
    """Take a signed note apart, without trusting anything in it.

    Raises:
        IntegrityFailure: it is not a signed note.
    """
    with in_our_words():
        return notes.parse_note(note)


def signers(note: Note, keys: Iterable[NoteKey]) -> list[NoteKey]:
    """Which of `keys` signed the note.

    Raises:
        IntegrityFailure: a signature that claims to be by one of them is not.
    """
    with in_our_words():
        return notes.signers(note, keys)


def open_checkpoint(note: str, keys: Iterable[NoteKey]) -> Checkpoint:
    """Verify a signed checkpoint and read it; see `safezone_verify.notes.open_checkpoint`.

    Raises:
        IntegrityFailure: it is malformed, or signed by none of the keys.
    """
    with in_our_words():
        return notes.open_checkpoint(note, keys)


def sign_text(text: str, key: NoteKey, sign: Callable[[bytes], bytes]) -> str:
    """The signed note of `text`."""
    return str(Note(text, ((key.name, key.key_id, sign(text.encode())),)))


def cosign(note: str, key: NoteKey, time: int, sign: Callable[[bytes], bytes]) -> str:
    """Add a witness's signature to a note."""
    parsed = parse_note(note)
    seal = time.to_bytes(8, "big") + sign(cosigned_message(parsed.text, time))
    return str(Note(parsed.text, (*parsed.signatures, (key.name, key.key_id, seal))))


def merge(note: str, other: str) -> str:
    """Join the signatures of two notes of the same text.

    Raises:
        IntegrityFailure: their texts differ.
    """
    first, second = parse_note(note), parse_note(other)
    if first.text != second.text:
        raise _ours(Malformed("note"))
    return str(Note(first.text, tuple(dict.fromkeys(first.signatures + second.signatures))))


def log_keys(provider: KeyProvider, origin: str) -> list[NoteKey]:
    """Public keys of the log, newest first: checkpoints of before a rotation stay verifiable."""
    known = [key for key in provider.list() if key.name == CHECKPOINT_KEY]
    # Only the log duty may make the key; everyone else reads the one an initialised zone has.
    versions = sorted(known[0].versions, reverse=True) if known else [provider.ensure(CHECKPOINT_KEY)]
    return [NoteKey(origin, provider.public_key(CHECKPOINT_KEY, version)) for version in versions]


def _ours(problem: Malformed) -> SafeZoneError:
    kind, en, ko = _NEXT[problem.code]
    return kind(f"audit.{problem.code}", problem.what, (en, ko))


_NEXT: dict[str, tuple[type[SafeZoneError], str, str]] = {
    "vkey": (UsageError, "Give the key as it was written down.", "기록해 둔 키를 그대로 지정하세요."),
    "note": (
        IntegrityFailure,
        "Check which keys it should be signed with; if they are right, treat it as tampering.",
        "어떤 키로 서명되어야 하는지 확인하세요. 키가 맞다면 변조로 간주하세요.",
    ),
    "bundle": (BadInput, "Export the log again.", "감사 로그를 다시 내보내세요."),
}
