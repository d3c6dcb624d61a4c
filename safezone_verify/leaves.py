"""Checking every entry of a whole log, once and in order, in bounded memory."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

from safezone_verify.bundle import DETAILS, HASHES, LEAVES, Bundle, Progress, lines, unreadable
from safezone_verify.findings import Kind
from safezone_verify.replay import SHAPE, Promise, Replay, claimed_seq

_BATCH = 2048
_NO_DETAILS = b'"details":""'


class Leaves:
    """Takes the lines of ``leaves.jsonl`` to a `Replay`, beside the stored hashes and the details.

    Args:
        bundle: a whole log.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        header = Promise(
            bundle.size, bytes.fromhex(bundle.header["root"]), "bundle.json", outside=False, signed=False
        )
        self.replay = Replay(sorted([*bundle.promises, header]), bundle.findings)
        self.details_deleted = 0
        self._details: Iterator[tuple[int, dict[str, Any]]] = iter(())
        self._detail: dict[str, Any] | None = None
        self._hashes: IO[bytes] | None = None

    def check(self, progress: Progress) -> None:
        """Go through all of it.

        Raises:
            Malformed: a file is missing or cannot be read.
        """
        try:
            with ExitStack() as stack:
                if self._bundle.has(HASHES):
                    self._hashes = stack.enter_context((self._bundle.folder / HASHES).open("rb"))
                self._check(progress)
        except OSError:
            raise unreadable(HASHES) from None

    def _check(self, progress: Progress) -> None:
        if self._bundle.has(DETAILS):
            self._details = self._bundle.objects(DETAILS)
            self._take_detail()
        for batch, after in _batches(lines(self._bundle.folder / LEAVES)):
            self._batch(batch, after)
            progress(self.replay.size, self._bundle.size)
        self._finish()

    def _batch(self, batch: Sequence[bytes], after: bytes | None) -> None:
        sha256 = hashlib.sha256
        hashes = [sha256(b"\x00" + line).digest() for line in batch]
        start = self.replay.size
        if _in_order(batch, start):
            self.replay.leaves(hashes)
            self._compare(start, hashes)
            self._check_details(start, batch)
            return
        claims = [*map(claimed_seq, batch), None if after is None else claimed_seq(after)]
        for at, line in enumerate(batch):
            place = self.replay.line(hashes[at], claims[at], claims[at + 1], self._bundle.size)
            if place is not None:
                self._compare(place, hashes[at : at + 1])
                self._check_details(place, [line])

    def _compare(self, start: int, hashes: list[bytes]) -> None:
        if self._hashes is None:
            return
        self._hashes.seek(32 * start)
        stored = self._hashes.read(32 * len(hashes))
        if stored != b"".join(hashes):
            self.replay.differs(
                start + at for at, value in enumerate(hashes) if stored[32 * at : 32 * at + 32] != value
            )

    def _stored(self, start: int, end: int) -> Iterator[bytes]:
        if self._hashes is not None:
            self._hashes.seek(32 * start)
            for _ in range(start, end):
                value = self._hashes.read(32)
                if not value:
                    return
                yield value

    def _check_details(self, start: int, batch: Sequence[bytes]) -> None:
        if not self._bundle.has(DETAILS):
            return
        held = sum(_NO_DETAILS not in line for line in batch)
        while self._detail is not None:
            seq = self._detail.get("seq")
            if type(seq) is int and seq >= start + len(batch):
                break
            if type(seq) is int and seq >= start and details_hold(self._detail, batch[seq - start]):
                held -= 1
            else:
                self._bundle.findings.add(Kind.DETAILS, seq if type(seq) is int and seq >= 0 else start)
            self._take_detail()
        self.details_deleted += held

    def _take_detail(self) -> None:
        self._detail = next(self._details, (0, None))[1]

    def _finish(self) -> None:
        while self._detail is not None:
            self._bundle.findings.add(Kind.DETAILS, self.replay.size)
            self._take_detail()
        size, findings = self.replay.size, self._bundle.findings
        if size > self._bundle.size:
            findings.add(Kind.INSERTED, self._bundle.size, size - 1, "bundle.json")
        self.replay.finish(self._stored)
        if self._hashes is not None and self._hashes.seek(0, 2) != 32 * size and not findings.count:
            findings.add(Kind.NODE, size)


def _batches(every: Iterator[bytes]) -> Iterator[tuple[list[bytes], bytes | None]]:
    """Lines by the batch, each with the first line of the next."""
    batch: list[bytes] = []
    for line in every:
        if len(batch) == _BATCH:
            yield batch, line
            batch = []
        batch.append(line)
    if batch:
        yield batch, None


def _in_order(batch: Sequence[bytes], start: int) -> bool:
    """Whether these are canonical leaves with the numbers from `start` on, seen at a glance."""
    block = b"\n".join(batch)
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return [*map(int, SHAPE.findall(block))] == list(range(start, start + len(batch)))


def details_hold(entry: dict[str, Any], leaf: bytes) -> bool:
    """Whether these are the details a leaf commits to: HMAC-SHA256 under the salt kept with them."""
    try:
        salt, text = bytes.fromhex(entry["salt"]), entry["details"].encode()
        committed = json.loads(leaf)["details"]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False
    return isinstance(committed, str) and hmac.new(salt, text, hashlib.sha256).hexdigest() == committed
