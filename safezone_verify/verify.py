"""The whole check of a bundle, and what it could not prove."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safezone_verify.bundle import (
    DETAILS,
    ENTRIES,
    LOG,
    Bundle,
    Progress,
    check_proofs,
    check_times,
    open_bundle,
    read_checkpoints,
)
from safezone_verify.findings import Kind, Verification
from safezone_verify.leaves import Leaves, details_hold
from safezone_verify.merkle import leaf_hash, verify_inclusion
from safezone_verify.notes import NoteKey, open_checkpoint
from safezone_verify.replay import Promise, claimed_seq
from safezone_verify.words import Malformed, Text


def verify_bundle(
    folder: Path, keys: Sequence[NoteKey] = (), known: Sequence[str] = (), progress: Progress = lambda *_: None
) -> Verification:
    """Check a bundle, with nothing but its files and what the auditor knows from elsewhere.

    Args:
        folder: the bundle.
        keys: keys of the log and of witnesses the auditor trusts; see `open_bundle`.
        known: checkpoints of the log the auditor kept.
        progress: called with ``(entries checked, entries)``.

    Raises:
        Malformed: the folder is no bundle, or one in `known` is no checkpoint.
    """
    bundle = open_bundle(folder, keys)
    texts = read_checkpoints(bundle, known)
    proofs = check_proofs(bundle)
    stamps = sum(1 for _ in check_times(bundle, texts))
    if bundle.header["kind"] == LOG:
        whole = Leaves(bundle)
        whole.check(progress)
        replay = whole.replay
        compared = replay.compared
        size, proven, witnessed, gone = replay.size, replay.proven, replay.witnessed, whole.details_deleted
    else:
        size, proven, witnessed = _check_excerpt(bundle, proofs)
        compared, gone = len(bundle.promises), 0
    _say_caveats(bundle, size, proven, witnessed, stamps)
    return bundle.answer(size, proven, witnessed, compared, gone)


def _check_excerpt(bundle: Bundle, proofs: set[tuple[int, int]]) -> tuple[int, int, int]:
    """Check the entries one by one; return how many there are, how many are proven, and how many witnessed."""
    newest = max((promise for promise in bundle.promises if promise.by != "known"), default=None)
    roots: dict[int, bytes] = {}
    for promise in bundle.promises:
        if roots.setdefault(promise.size, promise.root) != promise.root:
            bundle.findings.add(Kind.CHECKPOINT, 0, max(0, promise.size - 1), promise.by)
    outside = [promise.size for promise in bundle.promises if promise.outside and _joined(promise, newest, proofs)]
    reach, before = max(outside, default=0), -1
    count = proven = witnessed = 0
    details = {entry.get("seq"): entry for _, entry in bundle.objects(DETAILS)} if bundle.has(DETAILS) else {}
    about = bundle.header.get("about", {})
    for _, entry in bundle.objects(ENTRIES):
        seq = _check_entry(bundle, entry, newest, before, about)
        count += 1
        if seq is None:
            continue
        before = max(before, seq)
        proven, witnessed = proven + 1, witnessed + (seq < reach)
        if seq in details and not details_hold(details.pop(seq), str(entry["leaf"]).encode()):
            bundle.findings.add(Kind.DETAILS, seq)
    for seq in details:
        bundle.findings.add(Kind.DETAILS, seq if type(seq) is int else 0)
    last = about.get("last")
    if type(last) is int and before < last:
        bundle.findings.add(Kind.TRUNCATED, before + 1, last, "bundle.json")
    if count != about.get("count", count):
        bundle.findings.add(Kind.TRUNCATED, before + 1, note="bundle.json")
    return count, proven, witnessed


def _joined(promise: Promise, newest: Promise | None, proofs: set[tuple[int, int]]) -> bool:
    """Whether a promise is tied to the newest checkpoint of an excerpt."""
    return newest is not None and (promise.size == newest.size or (promise.size, newest.size) in proofs)


def _check_entry(
    bundle: Bundle, entry: Mapping[str, Any], newest: Promise | None, before: int, about: Mapping[str, Any]
) -> int | None:
    seq, leaf, place = entry.get("seq"), str(entry.get("leaf")).encode("utf-8", "surrogatepass"), before + 1
    if type(seq) is not int or seq < 0:
        bundle.findings.add(Kind.EDITED, place)
        return None
    if seq <= before:
        bundle.findings.add(Kind.INSERTED, seq)
        return None
    if "first" in about and seq != max(place, about["first"]):
        bundle.findings.add(Kind.DELETED, max(place, about["first"]), seq - 1)
    claim = claimed_seq(leaf)
    try:
        hashes = [bytes.fromhex(value) for value in entry["hashes"]]
        held = newest is not None and verify_inclusion(leaf_hash(leaf), seq, newest.size, hashes, newest.root)
        held = held and ("object" not in about or json.loads(leaf)["object"] == about["object"])
    except (KeyError, TypeError, ValueError, RecursionError):
        held = False
    if held and claim == seq:
        return seq
    bundle.findings.add(Kind.EDITED if claim in (None, seq) else Kind.MOVED, seq)
    return None


def _say_caveats(bundle: Bundle, size: int, proven: int, witnessed: int, stamps: int) -> None:
    def add(en: str, ko: str) -> None:
        bundle.caveats.append(Text(en, ko))

    if not bundle.named:
        add(
            "The log's keys were taken from the bundle itself: who made it is not proven. Give --key.",
            "로그의 공개키를 묶음에서 가져왔으므로 누가 만들었는지는 증명되지 않았습니다. --key를 지정하십시오.",
        )
    if not witnessed:
        add(
            "No witness vouches for any entry: whoever holds the log's key could have written another history. "
            "Give --witness, or --checkpoint with one you kept.",
            "증인이 확인한 항목이 없습니다. 로그의 키를 가진 자가 다른 이력을 만들었을 수 있습니다. "
            "--witness나 보관하던 --checkpoint를 지정하십시오.",
        )
    if bundle.findings.count:
        add(
            "What is said above stands in the way: nothing beyond the entries counted as signed or witnessed is proven.",
            "위 문제 때문에, 로그 서명과 증인 확인으로 집계된 항목 밖은 아무것도 증명되지 않았습니다.",
        )
    elif witnessed < size:
        add(
            f"The last {size - witnessed:,} entries are not witnessed, the last {size - proven:,} not even signed: "
            "they agree with themselves, no more.",
            f"마지막 {size - witnessed:,}건은 증인이 확인하지 않았고, 마지막 {size - proven:,}건은 서명도 없습니다. "
            "스스로 모순되지 않을 뿐입니다.",
        )
    if bundle.header["kind"] != LOG:
        add(
            "An excerpt proves the entries it holds, not that none about the same thing was left out.",
            "발췌본은 담긴 항목만 증명하며, 같은 대상의 항목이 빠지지 않았음은 증명하지 않습니다.",
        )
    if stamps:
        add(
            f"{stamps} time stamp(s) were not checked; take them out with --timestamps FOLDER, then: "
            "openssl ts -verify -data SIZE.txt -in SIZE.tsr -CAfile ROOTS.pem",
            f"타임스탬프 {stamps}건은 확인하지 않았습니다. --timestamps 폴더로 꺼낸 뒤 다음을 실행하십시오: "
            "openssl ts -verify -data SIZE.txt -in SIZE.tsr -CAfile ROOTS.pem",
        )


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
        return {"seq": self.seq, "leaf": self.leaf, "checkpoint": self.checkpoint, "hashes": list(self.hashes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Proof:
        """Rebuild a proof from what `to_json` gave.

        Raises:
            Malformed: it is not one.
        """
        try:
            hashes = tuple(str(value) for value in data["hashes"])
            return cls(int(data["seq"]), str(data["leaf"]), str(data["checkpoint"]), hashes)
        except (KeyError, TypeError, ValueError):
            raise Malformed("bundle", "That is no proof of an entry.", "항목의 증명이 아닙니다.") from None


def verify_proof(proof: Proof, keys: Sequence[NoteKey]) -> bool:
    """Whether the entry is in the log its checkpoint describes.

    Raises:
        Malformed: the checkpoint is signed by none of the keys.
    """
    checkpoint = open_checkpoint(proof.checkpoint, keys)
    try:
        hashes = [bytes.fromhex(value) for value in proof.hashes]
        leaf = proof.leaf.encode()
    except ValueError:
        return False
    if claimed_seq(leaf) != proof.seq:
        return False
    return verify_inclusion(leaf_hash(leaf), proof.seq, checkpoint.size, hashes, checkpoint.root)
