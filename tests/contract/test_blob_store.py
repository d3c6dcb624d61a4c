"""What every blob store promises; each adapter adds itself to STORES."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from safezone.errors import NotFound, UsageError, WrongState
from safezone.ports import BlobStore
from safezone.storage.arrow import ArrowBlobStore
from safezone.storage.local import LocalBlobStore
from safezone.storage.memory import MemoryBlobStore

STORES: dict[str, Callable[[Path], BlobStore]] = {
    "local": lambda folder: LocalBlobStore(folder / "lake"),
    "arrow": lambda folder: ArrowBlobStore(SubTreeFileSystem(str(folder), LocalFileSystem()), "lake"),
    "memory": lambda folder: MemoryBlobStore(),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return STORES[request.param](tmp_path)


def put(store: BlobStore, uri: str, data: bytes) -> None:
    with store.create(uri) as file:
        file.write(data)


def get(store: BlobStore, uri: str) -> bytes:
    with store.open(uri) as file:
        return file.read()


def listed(store: BlobStore, prefix: str) -> list[tuple[str, int]]:
    return [(blob.uri, blob.size) for blob in store.list(prefix)]


def test_it_is_a_blob_store(store: BlobStore) -> None:
    assert isinstance(store, BlobStore)


def test_what_is_read_is_what_was_written(store: BlobStore) -> None:
    put(store, "raw/v-1/part-00000.parquet", b"12345")
    assert store.exists("raw/v-1/part-00000.parquet")
    with store.open("raw/v-1/part-00000.parquet") as file:
        assert file.seekable()
        file.seek(2)
        assert file.read(2) == b"34"
        assert file.tell() == 4


def test_a_blob_appears_whole_or_not_at_all(store: BlobStore) -> None:
    with store.create("a/b") as file:
        file.write(b"half")
        assert not store.exists("a/b")
        assert store.list("") == []
        with pytest.raises(NotFound):
            store.open("a/b")
    assert get(store, "a/b") == b"half"

    with pytest.raises(RuntimeError), store.create("a/c") as file:
        file.write(b"half")
        raise RuntimeError
    assert not store.exists("a/c")
    assert listed(store, "") == [("a/b", 4)]


def test_a_blob_is_never_overwritten(store: BlobStore) -> None:
    put(store, "a/b", b"first")
    with pytest.raises(WrongState), store.create("a/b") as file:
        file.write(b"second")
    assert get(store, "a/b") == b"first"


def test_of_two_writers_the_first_to_finish_wins(store: BlobStore) -> None:
    with pytest.raises(WrongState), store.create("a/b") as slow:
        slow.write(b"slow")
        put(store, "a/b", b"fast")
    assert get(store, "a/b") == b"fast"
    assert len(store.list("")) == 1


def test_listing_is_by_folder_and_sorted(store: BlobStore) -> None:
    for uri in ("b/2", "a/1", "a/1x/y", "a/10", "ab"):
        put(store, uri, uri.encode())
    assert [blob.uri for blob in store.list("")] == ["a/1", "a/10", "a/1x/y", "ab", "b/2"]
    assert listed(store, "a/1x") == listed(store, "a/1x/") == [("a/1x/y", 6)]
    assert [blob.uri for blob in store.list("a")] == ["a/1", "a/10", "a/1x/y"]
    assert store.list("a/1") == []
    assert store.list("nothing/here") == []


def test_listing_says_when_a_blob_was_written(store: BlobStore) -> None:
    put(store, "a/b", b"x")
    (blob,) = store.list("a")
    assert abs(blob.modified - time.time()) < 60


def test_deleting_twice_is_no_error(store: BlobStore) -> None:
    put(store, "a/b", b"x")
    store.delete("a/b")
    store.delete("a/b")
    store.delete("never/was")
    assert not store.exists("a/b")
    put(store, "a/b", b"again")
    assert get(store, "a/b") == b"again"


def test_replacing(store: BlobStore) -> None:
    store.replace("v/keys.json", b"one")
    store.replace("v/keys.json", b"two")
    assert get(store, "v/keys.json") == b"two"
    assert [blob.uri for blob in store.list("")] == ["v/keys.json"]


def test_a_missing_blob(store: BlobStore) -> None:
    with pytest.raises(NotFound):
        store.open("a/b")
    assert not store.exists("a/b")
    put(store, "a/b", b"")
    assert not store.exists("a")
    with pytest.raises(NotFound):
        store.open("a")
    assert get(store, "a/b") == b""


@pytest.mark.parametrize(
    "uri",
    ["", "/", "/etc/passwd", "../x", "a/../x", "a/./x", "a//x", "a/", ".tmp/x", "a\\x", "a\nx", "a\x00x", "C:x",
     "a\u202ex", "a/" + "x" * 201, "/".join(["x" * 100] * 10), "\ud800"],
)  # fmt: skip
def test_names_that_are_refused(store: BlobStore, uri: str) -> None:
    for use in (
        lambda: store.open(uri),
        lambda: store.exists(uri),
        lambda: store.delete(uri),
        lambda: store.replace(uri, b""),
        lambda: put(store, uri, b""),
    ):
        with pytest.raises(UsageError):
            use()


@pytest.mark.parametrize("prefix", ["/", "..", "a/../b", "a//", "/a", ".tmp"])
def test_prefixes_that_are_refused(store: BlobStore, prefix: str) -> None:
    with pytest.raises(UsageError):
        store.list(prefix)


def test_korean_names(store: BlobStore) -> None:
    put(store, "민원/접수-1", b"x")
    assert listed(store, "민원") == [("민원/접수-1", 1)]


def test_parquet_is_written_and_read_in_place(store: BlobStore) -> None:
    table = pa.table({"n": range(1000)})
    with store.create("p") as file, pq.ParquetWriter(file, table.schema) as writer:
        writer.write_table(table)
    with store.open("p") as file:
        assert pq.read_table(file) == table


def test_many_writers_of_one_name_leave_one_whole_blob(tmp_path: Path) -> None:
    store, done = LocalBlobStore(tmp_path), []

    def write(number: int) -> None:
        try:
            put(store, "a/b", bytes([number]) * 10_000)
            done.append(number)
        except WrongState:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = done
    assert get(store, "a/b") == bytes([winner]) * 10_000
