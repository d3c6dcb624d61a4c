"""The backup's file: what was written comes back, and nothing else does."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.backup import archive
from safezone.backup.archive import Header
from safezone.errors import Denied, IntegrityFailure, Unavailable
from safezone.keys.keystore import Keystore

PASSPHRASE = b"a passphrase of the tests"
ID = "bak-0000000000000000"


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Keystore:
    made = Keystore.create(tmp_path_factory.mktemp("keys") / "keystore.json", PASSPHRASE, n=2)
    made.ensure(archive.SIGN_KEY)
    made.ensure(archive.kek_name(ID))
    return made


def written(path: Path, keys: Keystore, content: dict[str, bytes]) -> Path:
    key = os.urandom(32)
    wrapped = keys.wrap(archive.kek_name(ID), key, archive.context(ID))
    header = Header(ID, "zone", "2026-01-01T00:00:00Z", "0", "0005", {"size": 0}, {}, {})
    with path.open("wb") as file:
        with archive.writing(file, key, ID) as (writer, body):
            for name, data in content.items():
                writer.add(name, data)
        sealed = {"version": wrapped.version, "blob": base64.b64encode(wrapped.blob).decode()}
        told = {"size": body.size, "sha256": body.sha256}
        archive.finish(file, replace(header, contents=writer.contents(), body=told, key=sealed), keys)
    return path


def read(path: Path, keys: Keystore) -> dict[str, bytes]:
    header = archive.open_header(path, keys)
    with archive.members(path, header, keys) as members:
        return {name: stream.read() for name, _, stream in members}


@settings(max_examples=20, deadline=None)
@given(
    content=st.dictionaries(
        st.from_regex(r"[a-z]{1,8}/[a-z가-힣]{1,150}", fullmatch=True), st.binary(max_size=40_000), max_size=8
    )
)
def test_what_was_written_comes_back_in_order(tmp_path_factory, keys, content):
    path = written(tmp_path_factory.mktemp("archive") / "backup", keys, content)
    assert list(read(path, keys).items()) == list(content.items())


def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path, keys):
    whole = written(tmp_path / "backup", keys, {"a": b"x" * 100}).read_bytes()
    spoiled = tmp_path / "spoiled"
    body = range(200, len(whole) - 1_500, 61)
    for place in [*range(0, 200, 3), *body, *range(len(whole) - 1_500, len(whole), 5)]:
        changed = bytearray(whole)
        changed[place] ^= 0x01
        spoiled.write_bytes(changed)
        with pytest.raises(IntegrityFailure):
            read(spoiled, keys)
    for size in range(0, len(whole), 97):
        spoiled.write_bytes(whole[:size])
        with pytest.raises(IntegrityFailure):
            read(spoiled, keys)
    spoiled.write_bytes(whole + b"\n")
    with pytest.raises(IntegrityFailure):
        read(spoiled, keys)


def test_the_same_content_twice_shares_no_bytes_of_the_body(tmp_path, keys):
    first, second = (written(tmp_path / name, keys, {"a": b"same" * 999}).read_bytes() for name in ("one", "two"))
    assert first[40:3000] != second[40:3000]
    assert b"same" not in first


def test_other_keys_and_missing_keys_are_told_apart(tmp_path, keys):
    path = written(tmp_path / "backup", keys, {"a": b"x"})
    other = Keystore.create(tmp_path / "other.json", PASSPHRASE, n=2)
    for prepare in (lambda: None, lambda: other.ensure(archive.SIGN_KEY)):
        prepare()
        with pytest.raises(Denied) as refused:
            archive.open_header(path, other)
        assert refused.value.code == "backup.other_keys"
    with pytest.raises(Unavailable):
        archive.open_header(tmp_path / "none", keys)
    own = Keystore.create(tmp_path / "own.json", PASSPHRASE, n=2)
    for name in (archive.SIGN_KEY, archive.kek_name(ID)):
        own.ensure(name)
    mine = written(tmp_path / "mine", own, {"a": b"x"})
    own.destroy(archive.kek_name(ID))
    with pytest.raises(Denied) as refused:
        read(mine, own)
    assert refused.value.code == "backup.key_missing"


def test_a_member_is_streamed_and_one_cut_short_is_noticed(tmp_path, keys):
    class Endless(io.RawIOBase):
        largest = 0

        def readable(self):
            return True

        def read(self, size=-1):
            assert 0 <= size <= 1 << 20
            self.largest = max(self.largest, size)
            return b"z" * size

    source = Endless()
    with (tmp_path / "big").open("wb") as file, archive.writing(file, os.urandom(32), ID) as (writer, _):
        writer.add_stream("a", source, 5_000_000)
    assert source.largest < 1_000_000
    short = pytest.raises(IntegrityFailure)
    with short, (tmp_path / "cut").open("wb") as file, archive.writing(file, os.urandom(32), ID) as (writer, _):
        writer.add_stream("a", io.BytesIO(b"short"), 10)


def test_what_the_reader_leaves_unread_is_checked_all_the_same(tmp_path, keys):
    path = written(tmp_path / "backup", keys, {"a": b"1" * 99, "b": b"2" * 99})
    header = archive.open_header(path, keys)
    with archive.members(path, header, keys) as members:
        assert [name for name, _, _ in members] == ["a", "b"]
    other = replace(header, contents={**header.contents, "sha256": "0" * 64})
    with pytest.raises(IntegrityFailure), archive.members(path, other, keys) as members:
        list(members)
