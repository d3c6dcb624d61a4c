"""`Vault`: the only door to plaintext.

Every method needs a grant which the authorizer recognises, for an action that may touch that stage and for the
very dataset or request at hand. What is read is an audit event, one for each grant and part, committed before
the first byte is decrypted.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.dataset as ds

from safezone.access.actions import Action
from safezone.access.authorize import Authorizer, Grant
from safezone.audit.event import AuditEvent, EventType
from safezone.catalog.records import RequestRecord, VersionRecord
from safezone.catalog.store import Catalog
from safezone.errors import Denied, IntegrityFailure, NotFound, UsageError, WrongState
from safezone.hashing import HashingFile
from safezone.keys.stream import decrypting_reader, encrypting_writer
from safezone.model import Manifest, PartRef, Stage, VersionState, WrappedKey
from safezone.ports import BlobStore, KeyProvider
from safezone.vault import parts
from safezone.vault.documents import damaged, open_document, sign_document
from safezone.vault.opening import SealedPart, footer_digest, opened, whole
from safezone.vault.parts import PendingPart

INTAKE, QUARANTINE = "intake", "quarantine"
_RAW = {INTAKE, QUARANTINE, Stage.RAW, Stage.DEIDENTIFIED, Stage.PUBLISHED}
_READS: dict[Action, set[str]] = {
    Action.DELIVERY_INGEST: {INTAKE, QUARANTINE, Stage.RAW, Stage.DEIDENTIFIED, Stage.PUBLISHED},
    Action.RELEASE_CHECK: {Stage.PUBLISHED},
    Action.RELEASE_BUILD: {Stage.PUBLISHED},
}
_WRITES: dict[Action, set[str]] = {Action.DELIVERY_INGEST: _RAW}


@dataclass(frozen=True, slots=True)
class SealedObject:
    """An encrypted object that is not a part: a delivered file, or something in quarantine.

    Attributes:
        name: what it is, by position and never by a delivered file's name.
        uri: where it lies.
        sha256: digest of the encrypted bytes.
        size: number of encrypted bytes.
        plain_size: number of plaintext bytes.
        key: its data key, wrapped.
    """

    name: str
    uri: str
    sha256: str
    size: int
    plain_size: int
    key: WrappedKey

    def to_json(self) -> dict[str, Any]:
        """What the catalog keeps; no digest of the plaintext, since that would identify the content."""
        return {
            "name": self.name,
            "uri": self.uri,
            "sha256": self.sha256,
            "size": self.size,
            "plain_size": self.plain_size,
            "key": parts.key_to_json(self.key),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SealedObject:
        """Rebuild from the catalog."""
        return cls(**data | {"key": parts.key_from_json(data["key"])})


class Vault:
    """Reads and writes encrypted objects and parts for those who hold a grant."""

    def __init__(self, blobs: BlobStore, keys: KeyProvider, catalog: Catalog, authorizer: Authorizer) -> None:
        self._blobs = blobs
        self._keys = keys
        self._catalog = catalog
        self._authorizer = authorizer
        # Data keys of parts this process wrote and has not committed: the ingest duty may close the keys of a
        # published version but never open them again.
        self._fresh: dict[str, bytes] = {}

    # -- objects: intake and quarantine -------------------------------------------------------------

    def seal_object(
        self,
        grant: Grant,
        place: str,
        dataset: str,
        delivery: str,
        name: str,
        fill: Callable[[BinaryIO], None],
    ) -> SealedObject:
        """Encrypt a stream of bytes into a new object; plaintext is never anywhere but in memory.

        Args:
            grant: to ingest this dataset.
            place: "intake" or "quarantine".
            dataset: the dataset it belongs to.
            delivery: the delivery it came with; its key covers the object.
            name: what it is, e.g. ``file-00000``.
            fill: writes the plaintext into the file it is given.
        """
        self._need(grant, _WRITES, place, dataset)
        kek = parts.key_name(dataset, place, delivery)
        self._keys.ensure(kek)
        key, attempt = parts.new_data_key(), secrets.token_hex(6)
        uri = f"{place}/{dataset}/{delivery}/{attempt}/{name}.bin"
        context = uri.encode()
        with self._blobs.create(uri) as raw:
            sink = HashingFile(raw)
            with encrypting_writer(sink, key, context) as writer:
                counted = HashingFile(cast(BinaryIO, writer))
                fill(counted)
        wrapped = self._keys.wrap(kek, key, context)
        return SealedObject(name, uri, sink.sha256, sink.size, counted.size, wrapped)

    @contextmanager
    def open_object(self, grant: Grant, place: str, dataset: str, sealed: SealedObject) -> Iterator[BinaryIO]:
        """Decrypt an object as a stream; every byte is authenticated before it is handed on.

        Raises:
            Denied: the grant does not cover place and dataset.
            IntegrityFailure: the object is not what was written, or belongs to another place or dataset.
        """
        self._need(grant, _READS, place, dataset)
        # What the catalog says of an object is covered by no signature: its name has to fit its key and this place.
        delivery = sealed.key.kek.rpartition("/")[2]
        if sealed.key.kek != parts.key_name(dataset, place, delivery) or not sealed.uri.startswith(
            f"{place}/{dataset}/{delivery}/"
        ):
            raise damaged(sealed.uri)
        self._record_read(grant, f"{place}/{dataset}", sealed.name, 0, ())
        key = self._unwrap(sealed.key, sealed.uri.encode(), sealed.uri)
        with self._open(sealed.uri) as raw:
            parts.check_digest(raw, sealed.sha256, sealed.uri)
            try:
                yield cast(BinaryIO, decrypting_reader(raw, key, sealed.uri.encode()))
            except IntegrityFailure as error:
                if error.code != "stream.integrity":
                    raise
                raise damaged(sealed.uri) from None

    # -- parts: written one by one, committed together ------------------------------------------------

    def write_part(
        self,
        grant: Grant,
        stage: Stage,
        *,
        dataset: str,
        delivery: str,
        version: str,
        name: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch | pa.Table],
        counts: Callable[[], dict[str, Any]] = dict,
    ) -> PendingPart:
        """Write one encrypted part that no version owns yet.

        Args:
            grant: to ingest this dataset.
            stage: the stage of the version it is made for.
            dataset: its dataset.
            delivery: the delivery it descends from; the key-encryption key is theirs.
            version: the version id.
            name: its place, e.g. ``part-00003``.
            schema: the Arrow schema.
            batches: the rows, in order.
            counts: called after the last batch; what to remember of the making, never values.
        """
        self._need(grant, _WRITES, stage, dataset)
        kek = parts.key_name(dataset, stage, delivery)
        self._keys.ensure(kek)
        key, attempt, rows = parts.new_data_key(), secrets.token_hex(6), 0
        uri = f"lake/{dataset}/{stage}/{version}/{name}.{attempt}.parquet"
        with self._blobs.create(uri) as raw:
            sink = HashingFile(raw)
            context = parts.aad(dataset, version, name)
            with parts.parquet_writer(sink, schema, key, context) as writer:
                for batch in batches:
                    if batch.num_rows:
                        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
                        writer.write_table(table, row_group_size=parts.ROW_GROUP)
                        rows += batch.num_rows
        with self._open(uri) as raw:
            footer = footer_digest(raw, uri)
        ref = PartRef(name, uri, sink.sha256, rows, sink.size, footer)
        wrapped = self._keys.wrap(kek, key, parts.pending_context(dataset, version, name))
        self._fresh[uri] = key
        return PendingPart(ref, wrapped, counts())

    def _pending_key(self, dataset: str, version: str, part: PendingPart) -> bytes:
        fresh = self._fresh.get(part.ref.uri)
        if fresh is not None:
            return fresh
        return self._keys.unwrap(part.key, parts.pending_context(dataset, version, part.ref.name))

    def leave_note(self, dataset: str, version: str, part: PendingPart) -> tuple[str, str]:
        """Write a signed note about a pending part beside it, for the step that commits.

        Returns:
            The note's uri and digest: a reference that an XCom may carry.
        """
        body = part.to_json() | {"dataset": dataset, "version": version}
        data = sign_document(self._keys, "part", body)
        uri = part.ref.uri.removesuffix(".parquet") + ".note.json"
        with self._blobs.create(uri) as raw:
            raw.write(data)
        return uri, hashlib.sha256(data).hexdigest()

    def read_note(self, dataset: str, version: str, uri: str, sha256: str) -> PendingPart:
        """Read a note back (IntegrityFailure when it is not the one that was left)."""
        try:
            with self._open(uri) as raw:
                data = raw.read()
        except UsageError:
            raise damaged("A note") from None  # not even a name
        body = open_document(self._keys, "part", data, uri)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise damaged(uri)
        if body.pop("dataset") != dataset or body.pop("version") != version:
            raise damaged(uri)
        return PendingPart.from_json(body)

    def seal_version(self, grant: Grant, manifest: Manifest, pending: Sequence[PendingPart]) -> str:
        """Write manifest and key table of a version; it becomes visible with the catalog's commit.

        Returns:
            The manifest's uri.
        """
        stage = Stage(manifest.stage)
        self._need(grant, _WRITES, stage, manifest.dataset)
        keys = {}
        for part in pending:
            name = part.ref.name
            plain = self._pending_key(manifest.dataset, manifest.version, part)
            self._fresh.pop(part.ref.uri, None)
            keys[name] = self._keys.wrap(part.key.kek, plain, parts.committed_context(manifest, name))
        attempt = secrets.token_hex(6)
        base = f"lake/{manifest.dataset}/{stage}/{manifest.version}/{attempt}"
        with self._blobs.create(f"{base}.keys.json") as raw:
            raw.write(parts.key_table(manifest, keys))
        with self._blobs.create(f"{base}.manifest.json") as raw:
            raw.write(sign_document(self._keys, "manifest", manifest.to_json()))
        return f"{base}.manifest.json"

    def discard(self, uris: Iterable[str]) -> None:
        """Remove objects of an attempt that lost; never anything a manifest names."""
        for uri in uris:
            self._blobs.delete(uri)

    # -- reading versions ------------------------------------------------------------------------------

    def manifest(self, version: VersionRecord) -> Manifest:
        """The manifest of a version, checked against signature and catalog; it holds no data."""
        with self._open(version.manifest_uri) as raw:
            body = open_document(self._keys, "manifest", raw.read(), version.manifest_uri)
        manifest = Manifest.from_json(body)
        same = manifest.sha256 == version.manifest_digest and manifest.version == version.id
        if not same or manifest.dataset != version.dataset or manifest.stage != version.stage:
            raise damaged(version.manifest_uri)
        return manifest

    def verify_stored(self, version: VersionRecord) -> int:
        """Compare every stored byte of a version with its signed manifest; nothing is decrypted.

        Returns:
            How many bytes its parts have.

        Raises:
            IntegrityFailure: manifest, key table or a part is not what was written.
        """
        manifest = self.manifest(version)
        uri = parts.key_table_uri(version.manifest_uri)
        with self._open(uri) as raw:
            parts.read_key_table(raw.read(), manifest, uri)
        for part in manifest.parts:
            whole(part, self._open)
        return sum(part.size for part in manifest.parts)

    @contextmanager
    def open_version(
        self,
        grant: Grant,
        version: VersionRecord,
        *,
        columns: Sequence[str] | None = None,
        only: Sequence[str] | None = None,
    ) -> Iterator[ds.Dataset]:
        """Open a version's parts as one Arrow dataset with column and filter pushdown.

        Args:
            grant: covering the version's dataset (ingest), or a request for this very version (release).
            version: the version.
            columns: what will be read, for the log; None means all.
            only: names of parts, None means all.

        Raises:
            Denied: the grant does not cover it.
            IntegrityFailure: a part, the manifest or the key table is not what was written.
            WrongState: the version was destroyed.
            NotFound: it has no part of that name.
        """
        self._need(grant, _READS, version.stage, version.dataset, version.id)
        if version.state is VersionState.DESTROYED:
            raise _destroyed(version)
        manifest = self.manifest(version)
        chosen = [part for part in manifest.parts if only is None or part.name in only]
        if only is not None and len(chosen) != len(set(only)):
            raise _no_part(version)
        uri = parts.key_table_uri(version.manifest_uri)
        with self._open(uri) as raw:
            table = parts.read_key_table(raw.read(), manifest, uri)
        names = list(columns) if columns is not None else [name for name, _ in manifest.columns]
        context, sealed = parts.committed_contexts(manifest), []
        for part in chosen:
            self._record_read(grant, f"version/{version.id}", part.name, part.rows, names, manifest.policy)
            key = self._unwrap(table[part.name], context(part.name), uri)
            sealed.append(SealedPart(part, key, parts.aad(version.dataset, version.id, part.name)))
        with opened(sealed, self._open) as dataset:
            yield dataset

    @contextmanager
    def open_pending(
        self, grant: Grant, stage: Stage, dataset: str, version: str, pending: Sequence[PendingPart]
    ) -> Iterator[ds.Dataset]:
        """Open parts that are written but not committed yet, for checks over all their rows.

        Args:
            grant: to ingest this dataset.
            stage: the stage they were written for.
            dataset: the dataset.
            version: id of the version they will make.
            pending: the parts.
        """
        self._need(grant, _WRITES, stage, dataset)
        for part in pending:
            # Which columns its checks read is not known here: all of them.
            self._record_read(grant, f"version/{version}", part.ref.name, part.ref.rows, ("*",))
        sealed = [
            SealedPart(
                part.ref, self._pending_key(dataset, version, part), parts.aad(dataset, version, part.ref.name)
            )
            for part in pending
        ]
        with opened(sealed, self._open) as data:
            yield data

    def _open(self, uri: str) -> BinaryIO:
        """Open an object the zone wrote; one that is gone is damage, and not a slip in a name."""
        try:
            return self._blobs.open(uri)
        except NotFound:
            raise damaged(uri) from None

    def _unwrap(self, key: WrappedKey, context: bytes, name: str) -> bytes:
        try:
            return self._keys.unwrap(key, context)
        except IntegrityFailure:
            raise damaged(name) from None

    def _record_read(
        self, grant: Grant, object_: str, part: str, rows: int, columns: Sequence[str], policy: str = ""
    ) -> None:
        event = AuditEvent(
            EventType.VAULT_READ,
            grant.actor.id,
            object_,
            purpose=f"{grant.action.value} {grant.resource.name}",
            policy=policy,
            details={"grant": grant.id, "part": part, "rows": rows, "columns": ",".join(columns)},
        )
        with self._catalog.write(event):
            pass

    def _need(
        self, grant: Grant, table: dict[Action, set[str]], place: str, dataset: str, version: str = ""
    ) -> None:
        covered = self._authorizer.covers(grant, *table) and place in table[grant.action]
        if covered and grant.resource.kind == "Dataset":
            covered = grant.resource.id == dataset
        elif covered:
            request = self._catalog.get(RequestRecord, grant.resource.id)
            covered = request.version == version and request.dataset == dataset
        if not covered:
            self._authorizer.refused(grant.actor, grant.action, f"{place}/{dataset}", "vault.grant")
            raise Denied(
                "vault.grant",
                (
                    f"The grant does not open {place} data of {dataset}.",
                    f"이 권한으로는 {dataset}의 {place} 데이터를 열 수 없습니다.",
                ),
                ("Ask for the access this work needs.", "작업에 필요한 권한을 요청하십시오."),
                kept=("Nothing was decrypted.", "복호화된 것은 없습니다."),
            )


def _destroyed(version: VersionRecord) -> WrongState:
    return WrongState(
        "version.destroyed",
        (
            f"Version {version.id} was destroyed when its retention ended.",
            f"버전 {version.id}은(는) 보유 기간이 끝나 파기되었습니다.",
        ),
        ("It cannot come back; use a later version.", "되살릴 수 없으니 이후 버전을 사용하십시오."),
    )


def _no_part(version: VersionRecord) -> NotFound:
    return NotFound(
        "version.part",
        (f"Version {version.id} has no part of that name.", f"버전 {version.id}에 그런 이름의 파트가 없습니다."),
        ("Take the names from its manifest.", "매니페스트에 있는 이름을 쓰십시오."),
    )
