"""Encrypted parts: a part opens in its own place with its own key, and is nowhere readable otherwise."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from safezone.errors import IntegrityFailure
from safezone.model import Manifest, PartRef, WrappedKey
from safezone.vault import parts

TABLE = pa.table({"이름": ["독고영재", "남궁민수"], "금액": [1, 2]})
KEY, PLACE = b"k" * 32, parts.aad("benefits", "v-1", "part-00000")


def written(key: bytes = KEY, place: bytes = PLACE) -> bytes:
    sink = io.BytesIO()
    with parts.parquet_writer(sink, TABLE.schema, key, place) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


def read(data: bytes, key: bytes = KEY, place: bytes = PLACE) -> pa.Table:
    form = parts.scan_format(key, place)
    fragment = form.make_fragment(pa.BufferReader(data))
    return ds.FileSystemDataset([fragment], fragment.physical_schema, form).to_table()


def test_it_reads_back():
    assert read(written()).equals(TABLE)


def test_neither_values_nor_names_of_columns_are_readable():
    data = written()
    for text in ("독고영재", "남궁민수", "이름", "금액"):
        assert text.encode() not in data
    assert data[:4] == b"PARE"  # the footer is encrypted too
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(pa.BufferReader(data))


@pytest.mark.parametrize(
    "place",
    [
        parts.aad("benefits", "v-1", "part-00001"),
        parts.aad("benefits", "v-2", "part-00000"),
        parts.aad("other", "v-1", "part-00000"),
        b"",
    ],
)
def test_a_part_moved_to_another_place_does_not_open(place):
    with pytest.raises((OSError, pa.ArrowException)):
        read(written(), place=place)


def test_a_part_does_not_open_with_another_key():
    with pytest.raises((OSError, pa.ArrowException)):
        read(written(), key=b"j" * 32)


def test_every_data_key_is_fresh():
    keys = {parts.new_data_key() for _ in range(100)}
    assert len(keys) == 100 and {len(key) for key in keys} == {32}


# -- the key table --------------------------------------------------------------------------------------------


def a_manifest(**changes) -> Manifest:
    values = {
        "version": "v-1",
        "dataset": "benefits",
        "controller": "mpva",
        "stage": "raw",
        "delivery": "DLV-1",
        "inputs": ("a",),
        "policy": "p",
        "transform": "t",
        "model": "",
        "token_key_version": 0,
        "code": "1",
        "columns": (("이름", "string"),),
        "rows": 2,
        "parts": (PartRef("part-00000", "lake/x", "00", 2, 10),),
    }
    return Manifest(**(values | changes))


def a_key(**changes) -> WrappedKey:
    return WrappedKey(**({"kek": "kek/benefits/raw/DLV-1", "version": 1, "blob": b"\x00\xff wrapped"} | changes))


def test_the_table_reads_back():
    manifest, keys = a_manifest(), {"part-00000": a_key()}
    assert parts.read_key_table(parts.key_table(manifest, keys), manifest, "keys") == keys


def test_it_is_bound_to_its_manifest():
    data = parts.key_table(a_manifest(), {"part-00000": a_key()})
    for other in (a_manifest(rows=3), a_manifest(policy="q"), a_manifest(counts={"n": 1})):
        with pytest.raises(IntegrityFailure):
            parts.read_key_table(data, other, "keys")


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"part-00001": a_key()},
        {"part-00000": a_key(), "part-00001": a_key()},
        {"part-00000": a_key(kek="kek/benefits/published/DLV-1")},
        {"part-00000": a_key(kek="kek/benefits/raw/DLV-2")},
        {"part-00000": a_key(kek="kek/other/raw/DLV-1")},
    ],
)
def test_keys_of_other_parts_or_under_another_key_are_refused(keys):
    manifest = a_manifest()
    with pytest.raises(IntegrityFailure):
        parts.read_key_table(parts.key_table(manifest, keys), manifest, "keys")


@pytest.mark.parametrize(
    "edit",
    [
        lambda table: table | {"keys": []},
        lambda table: table | {"keys": {"part-00000": 1}},
        lambda table: table | {"keys": {"part-00000": {"kek": "a"}}},
        lambda table: {"keys": table["keys"]},
        lambda table: [],
        lambda table: None,
        lambda table: table | {"keys": {"part-00000": table["keys"]["part-00000"] | {"blob": "***"}}},
    ],
)
def test_a_table_of_another_form_is_refused(edit):
    manifest = a_manifest()
    table = json.loads(parts.key_table(manifest, {"part-00000": a_key()}))
    with pytest.raises(IntegrityFailure, match="lake/keys"):
        parts.read_key_table(json.dumps(edit(table)).encode(), manifest, "lake/keys")


def test_contexts_of_a_key_tell_pending_from_committed_and_place_from_place():
    manifest = a_manifest()
    contexts = {
        parts.pending_context("benefits", "v-1", "part-00000"),
        parts.pending_context("benefits", "v-1", "part-00001"),
        parts.committed_context(manifest, "part-00000"),
        parts.committed_context(manifest, "part-00001"),
        parts.committed_context(a_manifest(rows=3), "part-00000"),
    }
    assert len(contexts) == 5


def test_a_pending_part_reads_back():
    part = parts.PendingPart(PartRef("part-00000", "lake/x", "00", 2, 10), a_key(), {"findings": {}})
    assert parts.PendingPart.from_json(json.loads(json.dumps(part.to_json()))) == part


def test_the_digest_is_checked_to_the_end_and_the_stream_rewound():
    data = written()
    ref = PartRef("part-00000", "x", parts.hashlib.sha256(data).hexdigest(), 2, len(data))
    stream = io.BytesIO(data)
    parts.check_digest(stream, ref, "x")
    assert stream.tell() == 0
    with pytest.raises(IntegrityFailure):
        parts.check_digest(io.BytesIO(data + b"x"), ref, "x")
    with pytest.raises(IntegrityFailure):
        parts.check_digest(io.BytesIO(data), replace(ref, sha256="0" * 64), "x")
