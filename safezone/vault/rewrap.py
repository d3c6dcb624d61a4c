"""Closing data keys anew when their key-encryption key was rotated.

Only the wrapped data keys are written again, never a part nor a manifest: the data key stays the same, and
`KeyProvider.rewrap` does not hand it out. The contexts are those everything was wrapped under
(`safezone.vault.parts.committed_context` for parts, the object's own name for sealed objects).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from safezone.errors import IntegrityFailure, NotFound
from safezone.model import Manifest, WrappedKey
from safezone.ports import BlobStore, KeyProvider
from safezone.vault import parts
from safezone.vault.documents import damaged

Tick = Callable[[int], None]
"""Told how many wrapped keys were looked at since it was last called."""
_EVERY = 500


def rewrapped_table(
    blobs: BlobStore, keys: KeyProvider, manifest: Manifest, uri: str, current: int, tick: Tick
) -> tuple[bytes, int] | None:
    """The key table of a version with every key closed under the current version of its key-encryption key.

    Args:
        blobs: where the table lies.
        keys: closes anew; nothing else of it is used.
        manifest: the version's manifest, already checked against its signature.
        uri: where the table lies.
        current: the current version of the key-encryption key.
        tick: told of the progress.

    Returns:
        What `BlobStore.replace` has to put there and how many keys of it are new; None when all are current.

    Raises:
        IntegrityFailure: the table is missing or damaged, or a key does not open in its place; nothing was written.
    """
    try:
        with blobs.open(uri) as raw:
            table = parts.read_key_table(raw.read(), manifest, uri)
    except NotFound:
        raise damaged(uri) from None
    context, renewed, unsaid = parts.committed_contexts(manifest), 0, 0
    for name, key in table.items():
        if key.version != current:
            table[name] = _closed(keys, key, context(name), uri)
            renewed += 1
        unsaid += 1
        if unsaid == _EVERY:
            tick(unsaid)
            unsaid = 0
    tick(unsaid)
    return (parts.key_table(manifest, table), renewed) if renewed else None


def rewrapped_objects(
    keys: KeyProvider, kek: str, items: Sequence[dict[str, Any]], current: int
) -> tuple[list[dict[str, Any]], int]:
    """Sealed objects as the catalog keeps them, with keys under `kek` closed under its current version.

    Args:
        keys: closes anew.
        kek: the key that was rotated; objects under another are left alone.
        items: what `SealedObject.to_json` gave.
        current: the current version of the key.

    Returns:
        The items, and how many of them are new.

    Raises:
        IntegrityFailure: a key does not open in its place.
    """
    made, renewed = [], 0
    for item in items:
        wrapped = item["key"]
        if wrapped["kek"] == kek and wrapped["version"] != current and wrapped["blob"]:
            closed = _closed(keys, parts.key_from_json(wrapped), item["uri"].encode(), item["uri"])
            item = item | {"key": parts.key_to_json(closed)}
            renewed += 1
        made.append(item)
    return made, renewed


def emptied(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sealed objects as the catalog keeps them, without their wrapped keys: what opened them is destroyed."""
    return [item | {"key": item["key"] | {"blob": ""}} for item in items]


def _closed(keys: KeyProvider, key: WrappedKey, context: bytes, name: str) -> WrappedKey:
    try:
        return keys.rewrap(key, context)
    except IntegrityFailure:
        raise damaged(name) from None
