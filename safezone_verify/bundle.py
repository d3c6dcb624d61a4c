"""An exported log: a folder of files that prove each other.

``bundle.json`` says what it is; ``keys.txt`` names the keys (``log`` or ``witness``, then the vkey);
``checkpoints.jsonl`` holds the signed notes, ``proofs.jsonl`` consistency proofs between successive ones. A whole log
has its entries in ``leaves.jsonl`` and their hashes, 32 bytes each, in ``hashes.bin``; an excerpt has
``entries.jsonl``, each with its inclusion proof. ``details.jsonl`` and ``timestamps.jsonl`` may be there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from safezone_verify.findings import Findings, Kind, Verification
from safezone_verify.merkle import verify_consistency
from safezone_verify.notes import COSIGNED, Checkpoint, NoteKey, open_checkpoint, parse_note, signers
from safezone_verify.replay import Promise
from safezone_verify.words import Malformed, Text

HEADER, KEYS, CHECKPOINTS, PROOFS = "bundle.json", "keys.txt", "checkpoints.jsonl", "proofs.jsonl"
LEAVES, HASHES, ENTRIES = "leaves.jsonl", "hashes.bin", "entries.jsonl"
DETAILS, TIMESTAMPS = "details.jsonl", "timestamps.jsonl"
FORMAT, VERSION = "safezone-audit-bundle", 1
LOG, EXCERPT = "log", "excerpt"
_LONGEST = 16 * 1024 * 1024

Progress = Callable[[int, int], None]


@dataclass
class Bundle:
    """A bundle being checked: what it says of itself, whom the auditor trusts, what was found so far.

    Attributes:
        folder: where it lies.
        header: ``bundle.json``.
        log: keys the log's checkpoints must be signed with.
        witnesses: witnesses the auditor trusts.
        declared: witnesses the bundle names; their signatures must hold but prove nothing.
        named: whether the auditor gave the log's keys.
        promises: what the checkpoints say, by size.
    """

    folder: Path
    header: dict[str, Any]
    log: list[NoteKey]
    witnesses: list[NoteKey]
    declared: list[NoteKey]
    named: bool
    findings: Findings = field(default_factory=Findings)
    promises: list[Promise] = field(default_factory=list)
    caveats: list[Text] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many entries the log had when the bundle was made."""
        return int(self.header["size"])

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name).is_file()

    def objects(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines of a file of JSON objects, from 1; one that is none is given as empty."""
        for number, line in enumerate(lines(self.folder / name), 1):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            yield number, value if isinstance(value, dict) else {}

    def bad(self, name: str, number: int, size: object = None) -> None:
        """Note a checkpoint, or what belongs to one, that does not hold; `size` is the tree it speaks of.

        What it leaves open lies between the checkpoints around it that can be believed.
        """
        at = size if isinstance(size, int) and 0 < size <= self.size else self.size
        sizes = [promise.size for promise in self.promises]
        start = max((each for each in sizes if each < at), default=0)
        end = min((each for each in sizes if each >= at), default=self.size)
        self.findings.add(Kind.CHECKPOINT, start, max(start, end - 1), f"{name}:{number}")

    def answer(self, size: int, proven: int, witnessed: int, compared: int, gone: int = 0) -> Verification:
        """Put what was found together."""
        findings = self.findings
        return Verification(
            size, proven, witnessed, 0, gone, compared, tuple(findings.problems), findings.count,
            self.header["origin"], tuple(self.caveats),
        )  # fmt: skip


def open_bundle(folder: Path, keys: Sequence[NoteKey] = ()) -> Bundle:
    """Read what the bundle is, before anything in it is checked.

    Args:
        folder: the bundle.
        keys: keys of the log and of witnesses the auditor trusts. Without keys of the log those in the bundle are
            taken, which shows that the bundle agrees with itself, not who made it.

    Raises:
        Malformed: it is no bundle.
    """
    try:
        header = json.loads((folder / HEADER).read_bytes())
        fits = (header["format"], header["version"]) == (FORMAT, VERSION) and header["kind"] in (LOG, EXCERPT)
        fits &= isinstance(header["origin"], str) and len(bytes.fromhex(header["root"])) == 32
        fits &= type(header["size"]) is int and header["size"] >= 0 and isinstance(header.get("about", {}), dict)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise unreadable(HEADER)
    own = list(_keys(folder))
    log = [key for key in keys if key.kind != COSIGNED]
    return Bundle(
        folder,
        header,
        log or [key for key in own if key.kind != COSIGNED],
        [key for key in keys if key.kind == COSIGNED],
        [key for key in own if key.kind == COSIGNED],
        named=bool(log),
    )


def _keys(folder: Path) -> Iterator[NoteKey]:
    for line in lines(folder / KEYS):
        role, _, vkey = line.decode("utf-8", "replace").partition(" ")
        key = NoteKey.from_text(vkey)
        if role != ("witness" if key.kind == COSIGNED else "log"):
            raise unreadable(KEYS)
        yield key


def read_checkpoints(bundle: Bundle, known: Sequence[str] = ()) -> dict[int, str]:
    """Open every checkpoint, and those the auditor kept, into the bundle's promises; give their texts by size."""
    texts: dict[int, str] = {}
    bad: list[tuple[int, int | None]] = []
    seen: set[NoteKey] = set()
    for number, entry in bundle.objects(CHECKPOINTS):
        note = str(entry.get("note"))
        try:
            checkpoint = open_checkpoint(note, bundle.log)
            parsed = parse_note(note)
            signers(parsed, bundle.declared)
            by = signers(parsed, bundle.witnesses)
        except Malformed:
            bad.append((number, _size(note)))
            continue
        seen.update(by)
        texts[checkpoint.size] = parsed.text
        bundle.promises.append(
            Promise(checkpoint.size, checkpoint.root, f"checkpoint {checkpoint.size}", outside=bool(by))
        )
    for note in known:
        _keep(bundle, note)
    bundle.promises.sort()
    for number, size in bad:
        bundle.bad(CHECKPOINTS, number, size)
    for key in bundle.witnesses:
        if key not in seen:
            bundle.findings.add(Kind.UNWITNESSED, 0, max(0, bundle.size - 1), key.name)
    return texts


def _keep(bundle: Bundle, note: str) -> None:
    """Take a checkpoint the auditor kept at its word, even when the bundle's keys did not sign it."""
    checkpoint = Checkpoint.from_text(parse_note(note).text)
    try:
        open_checkpoint(note, bundle.log)
    except Malformed:
        bundle.findings.add(Kind.CHECKPOINT, 0, max(0, checkpoint.size - 1), "known")
    bundle.promises.append(Promise(checkpoint.size, checkpoint.root, "known", outside=True))


def _size(note: str) -> int | None:
    try:
        return Checkpoint.from_text(parse_note(note).text).size
    except Malformed:
        return None


def check_proofs(bundle: Bundle) -> set[tuple[int, int]]:
    """Check the proofs that one checkpoint's tree extends another's; give those that hold."""
    roots: dict[int, list[bytes]] = {}
    for promise in bundle.promises:
        roots.setdefault(promise.size, []).append(promise.root)
    good = set()
    for number, proof in bundle.objects(PROOFS):
        first, second = proof.get("first"), proof.get("second")
        try:
            hashes = [bytes.fromhex(value) for value in proof["hashes"]]
            # A log that signed two roots of one size is found elsewhere.
            pairs = product(roots[first], roots[second])  # type: ignore[index]
            holds = any(verify_consistency(first, second, *pair, hashes) for pair in pairs)  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError):
            holds = False
        if holds:
            good.add((first, second))
        else:
            bundle.bad(PROOFS, number, second)
    return good  # type: ignore[return-value]


def check_times(bundle: Bundle, texts: dict[int, str]) -> Iterator[tuple[int, bytes, bytes]]:
    """See that each time stamp is at least about its checkpoint; yield ``(size, text, token)``.

    The tokens' own signatures (RFC 3161) are for ``openssl ts -verify``.
    """
    if not bundle.has(TIMESTAMPS):
        return
    for number, entry in bundle.objects(TIMESTAMPS):
        size = entry.get("size")
        try:
            text, token = texts[size].encode(), base64.b64decode(entry["token"], validate=True)  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            text, token = b"", b""
        if token and hashlib.sha256(text).digest() in token:
            yield int(str(size)), text, token
        else:
            bundle.bad(TIMESTAMPS, number, size)


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, as bytes, so that what is no text is found where it stands.

    Raises:
        Malformed: the file is not there, or has no lines worth the name.
    """
    try:
        with path.open("rb") as file:
            while line := file.readline(_LONGEST):
                if len(line) == _LONGEST:
                    raise unreadable(path.name)
                yield line.removesuffix(b"\n")
    except OSError:
        raise unreadable(path.name) from None


def unreadable(name: str) -> Malformed:
    """The error for a file of a bundle that is not as it should be."""
    return Malformed(
        "bundle",
        f"{name} is missing, unreadable or not part of a bundle.",
        f"{name}이(가) 없거나 읽을 수 없거나 감사 묶음의 파일이 아닙니다.",
    )
