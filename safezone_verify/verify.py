"""The whole check of a bundle, or of one entry's proof, and what it could not prove."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, Any

from safezone_verify.bundle import DETAILS, ENTRIES, HASHES, HEADER, LEAVES, LOG, Bundle, lines, unhex
from safezone_verify.findings import Kind, Verification
from safezone_verify.merkle import EMPTY_ROOT, leaf_hash, verify_inclusion
from safezone_verify.notes import NoteKey, open_checkpoint
from safezone_verify.replay import NOBODY, OUTSIDE, Promise, Replay, claimed_seq, whole
from safezone_verify.words import Malformed, Text, said

_BATCH = 2048
_NO_DETAILS = b'"details":""'


def verify_bundle(folder: Path, keys: Sequence[NoteKey] = (), known: Sequence[str] = ()) -> Verification:
    """Check a bundle, with nothing but its files and what the auditor knows from elsewhere.

    Args:
        folder: the bundle.
        keys: keys of the log and of witnesses the auditor trusts; see `Bundle`.
        known: checkpoints of the log the auditor kept.

    Raises:
        Malformed: the folder is no bundle, or one in `known` is no checkpoint.
    """
    try:
        bundle = Bundle(folder, keys)
        bundle.check_promises(known)
        if bundle.header["kind"] == LOG:
            with (folder / HASHES).open("rb") if bundle.has(HASHES) else nullcontext() as hashes:
                _Leaves(bundle, hashes).check()
        else:
            _check_excerpt(bundle)
    except OSError as error:
        raise Malformed("bundle", Path(error.filename or folder).name) from None
    bundle.found.caveats = _caveats(bundle)
    return bundle.found


def verify_proof(proof: Mapping[str, Any], keys: Sequence[NoteKey]) -> bool:
    """Whether an entry (`seq`, `leaf`) is in the log its `checkpoint` describes, by the `hashes` beside it.

    Raises:
        Malformed: that is no proof, or its checkpoint is signed by none of the keys.
    """
    if whole(proof.get("seq")) < 0 or not isinstance(proof.get("checkpoint"), str):
        raise Malformed("bundle", "proof")
    checkpoint = open_checkpoint(proof["checkpoint"], keys)
    return _included(proof, checkpoint.size, checkpoint.root)


def _included(entry: Mapping[str, Any], size: int, root: bytes) -> bool:
    """Whether a leaf bears its number and is in that tree."""
    seq, leaf, hashes = whole(entry.get("seq")), _leaf(entry), unhex(entry.get("hashes"))
    return claimed_seq(leaf) == seq and verify_inclusion(leaf_hash(leaf), seq, size, hashes, root)


def _leaf(entry: Mapping[str, Any]) -> bytes:
    return str(entry.get("leaf")).encode("utf-8", "surrogatepass")


class _Leaves:
    """Takes the lines of ``leaves.jsonl``, once and in order, to a `Replay`, with what is stored beside them."""

    def __init__(self, bundle: Bundle, hashes: IO[bytes] | None) -> None:
        self._bundle, self._found, self._hashes = bundle, bundle.found, hashes
        header = Promise(bundle.size, bytes.fromhex(bundle.header["root"]), HEADER, NOBODY)
        self._replay = Replay(sorted([*bundle.promises, header]), bundle.found)
        self._details = bundle.objects(DETAILS) if bundle.has(DETAILS) else iter(())
        self._detail = next(self._details, None)

    def check(self) -> None:
        batch: list[bytes] = []
        for line in lines(self._bundle.folder / LEAVES):
            batch.append(line)
            if len(batch) > _BATCH:  # the last one waits: what a line is, the one after it helps to say
                self._check_batch(batch, _BATCH)
                del batch[:-1]
        self._check_batch(batch, len(batch))
        size = self._replay.size
        while self._detail is not None:
            self._found.add(Kind.DETAILS, size)
            self._detail = next(self._details, None)
        if size > self._bundle.size:
            self._found.add(Kind.INSERTED, self._bundle.size, size - 1, HEADER)
        self._replay.finish(self._stored)
        if self._hashes and self._hashes.seek(0, 2) != 32 * size and not self._found.count:
            self._found.add(Kind.NODE, size)

    def _check_batch(self, batch: list[bytes], count: int) -> None:
        """Check the first `count` of these lines."""
        sha256, start = hashlib.sha256, self._replay.size
        hashes = [sha256(b"\x00" + line).digest() for line in batch[:count]]
        claims = [*map(claimed_seq, batch), None]
        if claims[:count] == list(range(start, start + count)):
            self._replay.leaves(hashes)
            self._check_beside(start, batch[:count], hashes)
            return
        for at, value in enumerate(hashes):
            place = self._replay.line(value, claims[at], claims[at + 1], self._bundle.size)
            if place is not None:
                self._check_beside(place, [batch[at]], [value])

    def _check_beside(self, start: int, batch: Sequence[bytes], hashes: list[bytes]) -> None:
        """Compare entries with what is stored beside them: their hashes and, where there are any, the details."""
        end = start + len(batch)
        stored = [*self._stored(start, end)]
        if self._hashes and stored != hashes:
            self._replay.differs(start + at for at, value in enumerate(hashes) if stored[at : at + 1] != [value])
        gone = sum(_NO_DETAILS not in line for line in batch) if self._bundle.has(DETAILS) else 0
        while self._detail is not None and (seq := whole(self._detail.get("seq"))) < end:
            if seq >= start and _details_hold(self._detail, batch[seq - start]):
                gone -= 1
            else:
                self._found.add(Kind.DETAILS, max(seq, 0))
            self._detail = next(self._details, None)
        self._found.details_deleted += gone

    def _stored(self, start: int, end: int) -> Iterator[bytes]:
        if self._hashes:
            self._hashes.seek(32 * start)
            # A promise may speak of more entries than there are.
            yield from islice(
                iter(partial(self._hashes.read, 32), b""), max(0, min(end, self._bundle.size) - start)
            )


def _details_hold(entry: Mapping[str, Any], leaf: bytes) -> bool:
    """Whether these are the details a leaf commits to: HMAC-SHA256 under the salt kept with them."""
    try:
        salt, text = bytes.fromhex(entry["salt"]), entry["details"].encode()
        return bool(hmac.new(salt, text, hashlib.sha256).hexdigest() == json.loads(leaf)["details"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False


def _check_excerpt(bundle: Bundle) -> None:
    """Check entries one by one, each by its own proof under the newest checkpoint."""
    found, about, promises = bundle.found, bundle.about, bundle.promises
    for one, other in pairwise(promises):
        if one.size == other.size and one.root != other.root:
            found.add(Kind.CHECKPOINT, 0, max(0, other.size - 1), other.by)
    newest = max((each for each in promises if each.by != "known"), default=Promise(0, EMPTY_ROOT, "", NOBODY))
    joined = [each.size for each in promises if each.weight == OUTSIDE and
              (each.size == newest.size or (each.size, newest.size) in bundle.linked)]  # fmt: skip
    details = {whole(entry.get("seq")): entry for entry in bundle.objects(DETAILS)} if bundle.has(DETAILS) else {}
    place = 0  # after the last entry that holds
    for entry in bundle.objects(ENTRIES):
        found.size += 1
        if not _entry_holds(bundle, entry, newest, place):
            continue
        seq = entry["seq"]
        place, found.proven = seq + 1, found.proven + 1
        found.witnessed += seq < max(joined, default=0)
        if seq in details and not _details_hold(details.pop(seq), _leaf(entry)):
            found.add(Kind.DETAILS, seq)
    for seq in details:
        found.add(Kind.DETAILS, max(seq, 0))
    if place <= about.get("last", -1):
        found.add(Kind.TRUNCATED, place, about["last"], HEADER)
    if found.size != about.get("count", found.size):
        found.add(Kind.TRUNCATED, place, note=HEADER)


def _entry_holds(bundle: Bundle, entry: Mapping[str, Any], newest: Promise, place: int) -> bool:
    found, seq, claim = bundle.found, whole(entry.get("seq")), claimed_seq(_leaf(entry))
    if seq < place:
        found.add(Kind.EDITED if seq < 0 else Kind.INSERTED, place if seq < 0 else seq)
        return False
    expected = max(place, bundle.about.get("first", seq))
    if "first" in bundle.about and seq != expected:
        found.add(Kind.DELETED, expected, seq - 1)
    fields = json.loads(_leaf(entry)) if _included(entry, newest.size, newest.root) else {}
    if fields and fields.get("object") == bundle.about.get("object", fields.get("object")):
        return True
    found.add(Kind.EDITED if claim in (None, seq) else Kind.MOVED, seq)
    return False


def _caveats(bundle: Bundle) -> list[Text]:
    found = bundle.found
    tail, unsigned = found.size - found.witnessed, found.size - found.proven
    every = [
        (not bundle.named, said("unnamed")),
        (not found.witnessed, said("unwitnessed")),
        (found.count, said("in the way")),
        (tail and not found.count, said("tail", tail, unsigned)),
        (bundle.header["kind"] != LOG, said("excerpt")),
        (bundle.stamps, said("stamps", bundle.stamps)),
    ]
    return [text for applies, text in every if applies]
