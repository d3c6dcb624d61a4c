"""Opening encrypted parts: the footer is checked before the Parquet reader sees it, and AES-GCM checks what it reads.

A hostile footer can abort the process, so its digest (in the signed manifest) is compared first; it is a few
kilobytes. Everything it points to is authenticated as it is decrypted, with its place in the file as associated data
(Parquet Modular Encryption, section 4.4). Bytes that nobody reads are not looked at: `whole` compares those too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.dataset as ds

from safezone.model import PartRef
from safezone.vault.documents import damaged
from safezone.vault.parts import check_digest, scan_format

MAGIC = b"PARE"
"""First and last bytes of a Parquet file with an encrypted footer (Parquet Modular Encryption, section 5)."""
_TAIL = 8
_LARGEST_FOOTER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A part about to be read.

    Attributes:
        ref: where it lies and what it must hash to.
        key: its data key.
        context: the associated data it was written with.
    """

    ref: PartRef
    key: bytes
    context: bytes


def footer_digest(stream: BinaryIO, name: str) -> str:
    """SHA-256, in hexadecimal, of what a Parquet reader parses before it decrypts anything; rewinds the stream.

    That is the magic at the beginning and the footer with its length and magic at the end.

    Raises:
        IntegrityFailure: it is no Parquet file with an encrypted footer; `name` is in the message.
    """
    size = stream.seek(0, 2)
    if size < len(MAGIC) + _TAIL:
        raise damaged(name)
    stream.seek(size - _TAIL)
    tail = stream.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or not 0 < length <= min(size - len(MAGIC) - _TAIL, _LARGEST_FOOTER):
        raise damaged(name)
    stream.seek(size - _TAIL - length)
    footer = stream.read(length)
    stream.seek(0)
    head = stream.read(len(MAGIC))
    stream.seek(0)
    if head != MAGIC:
        raise damaged(name)
    return hashlib.sha256(head + footer + tail).hexdigest()


@contextmanager
def opened(sealed: Sequence[SealedPart], open_blob: Callable[[str], BinaryIO]) -> Iterator[ds.Dataset]:
    """Open parts as one Arrow dataset with column and filter pushdown.

    Args:
        sealed: the parts.
        open_blob: opens a stored object by its uri.

    Raises:
        IntegrityFailure: a part is not what was written; raised in place of whatever error the reader met.
    """
    with ExitStack() as stack:
        children = []
        for part in sealed:
            file = stack.enter_context(open_blob(part.ref.uri))
            if not part.ref.footer:  # written before footers were recorded
                check_digest(file, part.ref, part.ref.uri)
            elif footer_digest(file, part.ref.uri) != part.ref.footer:
                raise damaged(part.ref.uri)
            children.append(_dataset(file, part))
        try:
            yield ds.dataset(children) if children else ds.dataset(pa.table({}))
        except Exception:
            # A reader that failed says little of why: the digest tells damage from everything else.
            for part in sealed:
                whole(part.ref, open_blob)
            raise


def whole(ref: PartRef, open_blob: Callable[[str], BinaryIO]) -> None:
    """Compare every byte of a part with its digest.

    Raises:
        IntegrityFailure: it is not what was written.
    """
    with open_blob(ref.uri) as stream:
        check_digest(stream, ref, ref.uri)


def _dataset(file: BinaryIO, part: SealedPart) -> ds.Dataset:
    file_format = scan_format(part.key, part.context)
    native = file if isinstance(file, pa.NativeFile) else pa.PythonFile(file, mode="r")
    fragment = file_format.make_fragment(native)
    return ds.FileSystemDataset([fragment], fragment.physical_schema, file_format)
