"""An exported log: a folder of files that prove each other.

``bundle.json`` says what it is; ``keys.txt`` names the keys (``log`` or ``witness``, then the vkey);
``checkpoints.jsonl`` holds the signed notes, ``proofs.jsonl`` consistency proofs between successive ones. A whole log
has its entries in ``leaves.jsonl`` and their hashes, 32 bytes each, in ``hashes.bin``; an excerpt has
``entries.jsonl``, each with its inclusion proof. ``details.jsonl`` may be there, and in the folder ``times`` the time
stamps of checkpoints (RFC 3161), ``SIZE.tsr``, each beside the checkpoint's text, ``SIZE.txt``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from safezone_verify.findings import Kind, Verification
from safezone_verify.merkle import verify_consistency
from safezone_verify.notes import COSIGNED, SIGNED, Checkpoint, NoteKey, open_checkpoint, parse_note, signers
from safezone_verify.replay import OURS, OUTSIDE, Promise, whole
from safezone_verify.words import Malformed

HEADER, KEYS, CHECKPOINTS, PROOFS = "bundle.json", "keys.txt", "checkpoints.jsonl", "proofs.jsonl"
LEAVES, HASHES, ENTRIES, DETAILS, TIMES = "leaves.jsonl", "hashes.bin", "entries.jsonl", "details.jsonl", "times"
FORMAT, VERSION, LOG, EXCERPT = "safezone-audit-bundle", 1, "log", "excerpt"
ROLES = {SIGNED: "log", COSIGNED: "witness"}
_LONGEST = 16 * 1024 * 1024


class Bundle:
    """A bundle being checked: what it says of itself, whom the auditor trusts, what was found so far.

    Args:
        folder: where it lies.
        keys: keys of the log and of witnesses the auditor trusts. Without keys of the log those in the bundle are
            taken, which shows that the bundle agrees with itself, not who made it.

    Raises:
        Malformed: it is no bundle.
        OSError: a file cannot be read.
    """

    def __init__(self, folder: Path, keys: Sequence[NoteKey]) -> None:
        self.folder = folder
        self.header = _header(folder / HEADER)
        self.about: dict[str, Any] = self.header.get("about", {})
        self.size: int = self.header["size"]  # of the log, when the bundle was made
        own = [_key(line) for line in lines(folder / KEYS)]
        log = [key for key in keys if key.kind == SIGNED]
        self.named = bool(log)  # whether the auditor gave the log's keys
        self.log = log or [key for key in own if key.kind == SIGNED]
        self.witnesses = [key for key in keys if key.kind == COSIGNED]
        self.declared = [key for key in own if key.kind == COSIGNED]  # must have signed well, but prove nothing
        self.found = Verification(self.header["origin"])
        self.promises: list[Promise] = []  # of the checkpoints, by size
        self.linked: set[tuple[int, int]] = set()  # sizes of checkpoints shown to be of one history
        self.stamps = 0
        self._texts: dict[int, bytes] = {}
        self._bad: list[tuple[str, int]] = []

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name).is_file()

    def objects(self, name: str) -> Iterator[dict[str, Any]]:
        """The lines of a file of JSON objects; one that is none is given as empty."""
        return map(read_object, lines(self.folder / name))

    def check_promises(self, known: Sequence[str]) -> None:
        """Check all that makes promises about the entries: checkpoints, their proofs and time stamps.

        What one that does not hold leaves open lies between the checkpoints around it that can be believed.

        Args:
            known: checkpoints the auditor kept.

        Raises:
            Malformed: one in `known` is no checkpoint.
            OSError: a file cannot be read.
        """
        self._check_checkpoints()
        self._keep(known)
        self.promises.sort()
        self.found.checkpoints = len(self.promises)
        self._check_proofs()
        self._check_times()
        for place, claimed in self._bad:
            size = claimed if 0 < claimed <= self.size else self.size
            start = max((promise.size for promise in self.promises if promise.size < size), default=0)
            end = min((promise.size for promise in self.promises if promise.size >= size), default=self.size)
            self.found.add(Kind.CHECKPOINT, start, max(start, end - 1), place)

    def _check_checkpoints(self) -> None:
        seen: set[NoteKey] = set()
        for number, entry in enumerate(self.objects(CHECKPOINTS), 1):
            note = str(entry.get("note"))
            try:
                checkpoint, parsed = open_checkpoint(note, self.log), parse_note(note)
                signers(parsed, self.declared)
                by = signers(parsed, self.witnesses)
            except Malformed:
                claimed = re.match(r".*\n([0-9]{1,18})\n", note)
                self._bad.append((f"{CHECKPOINTS}:{number}", int(claimed[1]) if claimed else 0))
                continue
            seen.update(by)
            size = checkpoint.size
            self._texts[size] = parsed.text.encode()
            self.promises.append(Promise(size, checkpoint.root, f"checkpoint {size}", OUTSIDE if by else OURS))
        for key in self.witnesses:
            if key not in seen:
                self.found.add(Kind.UNWITNESSED, 0, max(0, self.size - 1), key.name)

    def _keep(self, known: Sequence[str]) -> None:
        """Take what the auditor kept at its word, even when the bundle's keys did not sign it."""
        for note in known:
            checkpoint = Checkpoint.from_text(parse_note(note).text)
            self.promises.append(Promise(checkpoint.size, checkpoint.root, "known", OUTSIDE))
            try:
                open_checkpoint(note, self.log)
            except Malformed:
                self.found.add(Kind.CHECKPOINT, 0, max(0, checkpoint.size - 1), "known")

    def _check_proofs(self) -> None:
        """Check the proofs that one checkpoint's tree extends another's."""
        roots: dict[int, list[bytes]] = {}
        for promise in self.promises:
            roots.setdefault(promise.size, []).append(promise.root)
        for number, proof in enumerate(self.objects(PROOFS), 1):
            first, second, hashes = (
                whole(proof.get("first")),
                whole(proof.get("second")),
                unhex(proof.get("hashes")),
            )
            # A log that signed two roots of one size is found elsewhere.
            pairs = product(roots.get(first, ()), roots.get(second, ()))
            if any(verify_consistency(first, second, *pair, hashes) for pair in pairs):
                self.linked.add((first, second))
            else:
                self._bad.append((f"{PROOFS}:{number}", second))

    def _check_times(self) -> None:
        """See that a time stamp is at least about its checkpoint; its own signature is for ``openssl ts -verify``."""
        sizes = {f"{size}.tsr": size for size in self._texts}
        for path in sorted((self.folder / TIMES).glob("*.tsr")):
            size, text = sizes.get(path.name, 0), path.with_suffix(".txt").read_bytes()
            if text == self._texts.get(size) and hashlib.sha256(text).digest() in path.read_bytes():
                self.stamps += 1
            else:
                self._bad.append((f"{TIMES}/{path.name}", size))


def _header(path: Path) -> dict[str, Any]:
    header = read_object(path.read_bytes())
    try:
        numbers = [header["size"], *(header.get("about", {}).get(name, 0) for name in ("first", "last"))]
        fits = (header["format"], header["version"]) == (FORMAT, VERSION) and header["kind"] in (LOG, EXCERPT)
        fits &= header["origin"].isprintable() and len(bytes.fromhex(header["root"])) == 32
        fits &= all(whole(number) >= 0 for number in numbers)
    except (ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise Malformed("bundle", path.name)
    return header


def _key(line: bytes) -> NoteKey:
    role, _, vkey = line.decode("utf-8", "replace").partition(" ")
    key = NoteKey.from_text(vkey)
    if role != ROLES.get(key.kind):
        raise Malformed("bundle", KEYS)
    return key


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, as bytes, so that what is no text is found where it stands.

    Raises:
        Malformed: the file has no lines worth the name.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        while line := file.readline(_LONGEST):
            if len(line) == _LONGEST:
                raise Malformed("bundle", path.name)
            yield line.removesuffix(b"\n")


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for what is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def unhex(values: object) -> list[bytes]:
    """The hashes of a proof from hexadecimal; for what is none, a proof that holds nowhere."""
    try:
        return [bytes.fromhex(value) for value in values]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return [b""]
