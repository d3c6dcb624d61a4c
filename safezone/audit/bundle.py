"""The log on paper, so to speak: what an auditor takes away and checks without the zone.

A bundle is a folder: ``leaves.jsonl`` (the entries, one a line), ``checkpoints.jsonl``, ``keys.txt`` (vkeys of the
log and its witnesses) and ``proofs.jsonl`` (consistency proofs between successive checkpoints, so that someone who
holds only two of them can skip the entries). Checking needs neither database nor the rest of the zone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from safezone.audit.checkpoint import COSIGNED, NoteKey, open_checkpoint, parse_note, signers
from safezone.audit.findings import Findings, Kind, Verification
from safezone.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from safezone.audit.replay import Promise, Replay
from safezone.errors import BadInput, IntegrityFailure

LEAVES, CHECKPOINTS, KEYS, PROOFS = "leaves.jsonl", "checkpoints.jsonl", "keys.txt", "proofs.jsonl"


@dataclass(frozen=True, slots=True)
class Proof:
    """That one entry is in the log: to be kept with the entry.

    Attributes:
        seq: its place.
        leaf: its text.
        checkpoint: a signed checkpoint that covers it.
        hashes: inclusion proof, hexadecimal.
    """

    seq: int
    leaf: str
    checkpoint: str
    hashes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The proof as plain JSON values."""
        return {
            "seq": self.seq,
            "leaf": self.leaf,
            "checkpoint": self.checkpoint,
            "hashes": list(self.hashes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Proof:
        """Rebuild a proof from what `to_json` gave.

        Raises:
            BadInput: it is not one.
        """
        try:
            hashes = tuple(str(value) for value in data["hashes"])
            return cls(int(data["seq"]), str(data["leaf"]), str(data["checkpoint"]), hashes)
        except (KeyError, TypeError, ValueError):
            raise _unreadable("proof") from None


def verify_proof(proof: Proof, keys: Sequence[NoteKey]) -> bool:
    """Whether the entry is in the log its checkpoint describes.

    Raises:
        IntegrityFailure: the checkpoint is signed by none of the keys.
    """
    checkpoint = open_checkpoint(proof.checkpoint, keys)
    try:
        hashes = [bytes.fromhex(value) for value in proof.hashes]
    except ValueError:
        return False
    leaf = leaf_hash(proof.leaf.encode())
    return verify_inclusion(leaf, proof.seq, checkpoint.size, hashes, checkpoint.root)


def verify_bundle(folder: Path, keys: Sequence[NoteKey] = (), known: Sequence[str] = ()) -> Verification:
    """Check a bundle offline.

    Args:
        folder: the bundle.
        keys: keys of the log (and of witnesses) the auditor trusts. Without any, those in the bundle are taken,
            which shows that the bundle agrees with itself, not who made it; nothing then counts as witnessed.
        known: checkpoints of the log the auditor kept.

    Raises:
        BadInput: the folder is no bundle.
    """
    trusted = list(keys) or [NoteKey.from_text(line) for line in _lines(folder / KEYS)]
    log = [key for key in trusted if key.kind != COSIGNED]
    witnesses = [key for key in trusted if key.kind == COSIGNED] if keys else []
    findings = Findings()
    promises = list(_promises(folder, log, witnesses, findings))
    for note in known:
        checkpoint = open_checkpoint(note, log)
        promises.append(Promise(checkpoint.size, checkpoint.root, "known", outside=True))
    replay = Replay(sorted(promises), findings)
    for number, leaf in enumerate(_lines(folder / LEAVES)):
        replay.leaf(number, leaf)
    replay.finish()
    _check_proofs(folder, promises, findings)
    return Verification(
        size=replay.size,
        proven=replay.proven,
        witnessed=replay.witnessed,
        staged=0,
        details_deleted=0,
        checkpoints=replay.compared,
        problems=tuple(findings.problems),
        count=findings.count,
    )


def write_bundle(
    folder: Path,
    leaves: Iterable[str],
    notes: Sequence[str],
    keys: Sequence[NoteKey],
    proofs: Iterable[Mapping[str, Any]],
) -> None:
    """Write the files of a bundle into a folder that is new or empty.

    Raises:
        BadInput: the folder holds something, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput(
                "audit.bundle_folder",
                (f"The folder {folder} is not empty.", f"폴더 {folder}이(가) 비어 있지 않습니다."),
                ("Name a new folder.", "새 폴더를 지정하세요."),
            )
        _write(folder / LEAVES, leaves)
        _write(folder / CHECKPOINTS, (json.dumps({"note": note}, ensure_ascii=False) for note in notes))
        _write(folder / KEYS, (key.to_text() for key in keys))
        _write(folder / PROOFS, (json.dumps(proof) for proof in proofs))
    except OSError:
        raise _unreadable(folder.name) from None


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _lines(path: Path) -> Iterator[str]:
    try:
        # Leaves may hold U+2028 and the like, which `splitlines` would break at.
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        raise _unreadable(path.name) from None


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    for line in _lines(path):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise _unreadable(path.name) from None
        if not isinstance(value, dict):
            raise _unreadable(path.name)
        yield value


def _promises(
    folder: Path, log: Sequence[NoteKey], witnesses: Sequence[NoteKey], findings: Findings
) -> Iterator[Promise]:
    for number, entry in enumerate(_objects(folder / CHECKPOINTS)):
        note = str(entry.get("note"))
        try:
            checkpoint = open_checkpoint(note, log)
            seen = bool(signers(parse_note(note), witnesses))
        except IntegrityFailure:
            findings.add(Kind.CHECKPOINT, 0, note=f"{CHECKPOINTS}:{number + 1}")
            continue
        yield Promise(checkpoint.size, checkpoint.root, f"checkpoint {checkpoint.size}", outside=seen)


def _check_proofs(folder: Path, promises: Sequence[Promise], findings: Findings) -> None:
    roots = {promise.size: promise.root for promise in promises}
    for number, proof in enumerate(_objects(folder / PROOFS)):
        try:
            first, second = int(proof["first"]), int(proof["second"])
            hashes = [bytes.fromhex(value) for value in proof["hashes"]]
            good = verify_consistency(first, second, roots[first], roots[second], hashes)
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            findings.add(Kind.CHECKPOINT, 0, note=f"{PROOFS}:{number + 1}")


def successive(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The pairs of checkpoint sizes a bundle holds proofs between."""
    yield from pairwise(sorted(set(sizes)))


def _unreadable(name: str) -> BadInput:
    return BadInput(
        "audit.bundle",
        (f"{name} is missing, unreadable or not part of a bundle.", f"{name}이(가) 없거나 읽을 수 없습니다."),
        ("Export the log again.", "감사 로그를 다시 내보내세요."),
    )
