"""Local storage when things go wrong around it."""

import os
from pathlib import Path

import pytest

from safezone.errors import Unavailable, UsageError, WrongState
from safezone.storage import local
from safezone.storage.arrow import ArrowBlobStore, from_url
from safezone.storage.local import LocalBlobStore


def test_the_url_names_the_store(tmp_path: Path) -> None:
    for url in (tmp_path, str(tmp_path), tmp_path.as_uri()):
        store = from_url(url)
        assert isinstance(store, LocalBlobStore)
        assert store.root == tmp_path
    assert isinstance(from_url("mock:///lake"), ArrowBlobStore)
    with pytest.raises(UsageError) as refused:
        from_url("nonsense://bucket")
    assert refused.value.code == "storage.url"


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_or_broken_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch, call: str) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = LocalBlobStore(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(local.os, call, full)
        with pytest.raises(Unavailable), store.create("a/b") as file:
            file.write(b"x")
    assert store.list("") == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_blob_is_not_a_folder(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path)
    store.replace("a", b"x")
    with pytest.raises(WrongState), store.create("a/b") as file:
        file.write(b"y")
    assert not store.exists("a/b")


def test_the_writers_own_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), LocalBlobStore(tmp_path).create("a"):
        raise FileExistsError


def test_what_killed_writers_left_is_cleaned_up(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path)
    assert store.clean() == 0
    store.replace("kept", b"x")
    left = tmp_path / ".tmp" / "left"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    fresh = tmp_path / ".tmp" / "fresh"
    fresh.write_bytes(b"being written")
    assert store.clean() == 1
    assert (left.exists(), fresh.exists(), store.exists("kept")) == (False, True, True)
