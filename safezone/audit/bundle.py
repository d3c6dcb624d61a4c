"""Writing the log on paper, so to speak: the files an auditor takes away and checks without the zone.

What a bundle holds, and how it is checked, is said in `safezone_verify.bundle`, which needs neither database nor the
rest of the zone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from safezone.audit.checkpoint import in_our_words
from safezone.errors import BadInput
from safezone_verify import bundle as files
from safezone_verify import verify
from safezone_verify.findings import Verification
from safezone_verify.notes import NoteKey
from safezone_verify.words import Malformed


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
        return asdict(self) | {"hashes": list(self.hashes)}


def verify_bundle(folder: Path, keys: Sequence[NoteKey] = (), known: Sequence[str] = ()) -> Verification:
    """Check a bundle offline; see `safezone_verify.verify.verify_bundle`.

    Raises:
        BadInput: the folder is no bundle.
        IntegrityFailure: one in `known` is no checkpoint.
    """
    with in_our_words():
        return verify.verify_bundle(folder, keys, known)


def verify_proof(proof: Proof, keys: Sequence[NoteKey]) -> bool:
    """Whether the entry is in the log its checkpoint describes.

    Raises:
        IntegrityFailure: the checkpoint is signed by none of the keys.
    """
    with in_our_words():
        return verify.verify_proof(proof.to_json(), keys)


def read_proof(data: Mapping[str, Any]) -> Proof:
    """Rebuild a proof from its JSON.

    Raises:
        BadInput: it is not one.
    """
    try:
        hashes = tuple(str(value) for value in data["hashes"])
        return Proof(int(data["seq"]), str(data["leaf"]), str(data["checkpoint"]), hashes)
    except (KeyError, TypeError, ValueError, OverflowError):
        with in_our_words():
            raise Malformed("bundle", "proof") from None


class BundleWriter:
    """Writes the files of a bundle, line by line, into a folder that is new or empty.

    The header comes last, so that what was cut short is no bundle.

    Args:
        folder: where to.

    Raises:
        BadInput: the folder holds something, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            empty = not any(folder.iterdir())
        except OSError:
            raise _unwritable(folder) from None
        if not empty:
            raise BadInput(
                "audit.bundle_folder",
                (f"The folder {folder} is not empty.", f"폴더 {folder}이(가) 비어 있지 않습니다."),
                ("Name a new folder.", "새 폴더를 지정하세요."),
            )

    def lines(self, name: str, lines: Iterable[str]) -> int:
        """Write a file of lines; return how many."""
        count = 0

        def counted() -> Iterator[bytes]:
            nonlocal count
            for line in lines:
                count += 1
                yield f"{line}\n".encode("utf-8", "surrogatepass")

        self._write(name, counted())
        return count

    def objects(self, name: str, objects: Iterable[Mapping[str, Any]]) -> int:
        """Write a file of JSON objects, one a line; return how many."""
        return self.lines(name, (json.dumps(each, ensure_ascii=False) for each in objects))

    def hashes(self, hashes: Iterable[bytes]) -> None:
        """Write the hashes of the leaves."""
        self._write(files.HASHES, hashes)

    def keys(self, keys: Iterable[NoteKey]) -> None:
        """Write the public keys with their roles."""
        self.lines(files.KEYS, (f"{files.ROLES[key.kind]} {key.to_text()}" for key in keys))

    def times(self, stamped: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Write ``(size, text, token)`` of checkpoints with a time stamp, as `openssl ts -verify` takes them."""
        for size, text, token in stamped:
            self._write(f"{files.TIMES}/{size}.txt", [text])
            self._write(f"{files.TIMES}/{size}.tsr", [token])

    def finish(self, kind: str, **header: object) -> None:
        """Write the header."""
        whole = {"format": files.FORMAT, "version": files.VERSION, "kind": kind, **header}
        self.lines(files.HEADER, [json.dumps(whole, ensure_ascii=False, indent=2)])

    def _write(self, name: str, chunks: Iterable[bytes]) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # Details name people: whoever may have them is given the files, and finds them by no accident.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(chunks)
        except OSError:
            raise _unwritable(self._folder) from None


def successive(sizes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The pairs of checkpoint sizes a bundle holds proofs between."""
    yield from pairwise(sorted(set(sizes)))


def _unwritable(folder: Path) -> BadInput:
    return BadInput(
        "audit.bundle_write",
        (f"The folder {folder} cannot be written.", f"폴더 {folder}에 쓸 수 없습니다."),
        ("Name a folder you may write to.", "쓰기 가능한 폴더를 지정하세요."),
    )
