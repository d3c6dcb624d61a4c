"""Encrypted streams: what is read is what was written, or nothing."""

import io
import secrets

import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.errors import IntegrityFailure
from safezone.keys import stream
from safezone.keys.stream import SEGMENT, decrypting_reader, encrypting_writer

KEY = bytes(range(32))


def seal(*chunks: bytes, key: bytes = KEY, context: bytes = b"ds/d1/f1") -> bytes:
    raw = io.BytesIO()
    with encrypting_writer(raw, key, context) as writer:
        for chunk in chunks:
            assert writer.write(chunk) == len(chunk)
    return raw.getvalue()


def unseal(sealed: bytes, key: bytes = KEY, context: bytes = b"ds/d1/f1") -> bytes:
    return decrypting_reader(io.BytesIO(sealed), key, context).read()


class Pipe(io.RawIOBase):
    """Gives a few bytes at a time and cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._data.readinto(memoryview(buffer)[: min(len(buffer), 70_001)])


@pytest.mark.parametrize(
    "sizes",
    [[], [0], [1], [SEGMENT - 1], [SEGMENT], [SEGMENT + 1], [SEGMENT, SEGMENT], [1, SEGMENT, 5], [3 * SEGMENT + 7]],
)
def test_what_is_read_is_what_was_written(sizes: list[int]) -> None:
    chunks = [secrets.token_bytes(size) for size in sizes]
    sealed = seal(*chunks)
    whole = b"".join(chunks)
    assert unseal(sealed) == whole
    assert decrypting_reader(Pipe(sealed), KEY, b"ds/d1/f1").read() == whole
    segments = max(1, -(-len(whole) // SEGMENT))
    assert len(sealed) == 15 + len(whole) + 16 * segments


@pytest.fixture(scope="module")
def small() -> pytest.MonkeyPatch:
    """Segments of 64 bytes, so that random tests cross many borders."""
    patch = pytest.MonkeyPatch()
    patch.setattr(stream, "SEGMENT", 64)
    patch.setattr(stream, "_SEALED", 80)
    yield patch
    patch.undo()


@given(st.lists(st.binary(max_size=200), max_size=6), st.data())
@settings(max_examples=150, deadline=None)
def test_any_damage_is_found(small, chunks: list[bytes], data: st.DataObject) -> None:
    sealed = seal(*chunks)
    assert unseal(sealed) == b"".join(chunks)
    segments = [sealed[at : at + 80] for at in range(15, len(sealed), 80)]
    how = data.draw(st.sampled_from(["flip", "cut", "extend", "swap", "drop", "repeat", "segment cut"]))
    if how == "flip":
        at, bit = data.draw(st.integers(0, len(sealed) - 1)), data.draw(st.integers(0, 7))
        damaged = sealed[:at] + bytes([sealed[at] ^ (1 << bit)]) + sealed[at + 1 :]
    elif how == "cut":
        damaged = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    elif how == "extend":
        damaged = sealed + data.draw(st.binary(min_size=1, max_size=200))
    else:
        order = list(range(len(segments)))
        at = data.draw(st.integers(0, len(order) - 1))
        if how == "swap":
            other = data.draw(st.integers(0, len(order) - 1))
            order[at], order[other] = order[other], order[at]
        elif how == "drop":
            del order[at]
        elif how == "repeat":
            order.insert(at, order[at])
        else:
            order = order[:at]
        damaged = sealed[:15] + b"".join(segments[number] for number in order)
    if damaged == sealed:
        return
    with pytest.raises(IntegrityFailure):
        unseal(damaged)


@given(
    st.binary(max_size=500),
    st.lists(st.tuples(st.integers(-600, 600), st.sampled_from([0, 1, 2]), st.integers(0, 200)), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_seeking_is_like_a_plain_file_within_its_bounds(small, plain: bytes, moves) -> None:
    reader, model = decrypting_reader(io.BytesIO(seal(plain)), KEY, b"ds/d1/f1"), io.BytesIO(plain)
    for offset, whence, size in moves:
        base = {0: 0, 1: model.tell(), 2: len(plain)}[whence]
        target = min(max(base + offset, 0), len(plain))
        assert reader.seek(target - base, whence) == model.seek(target)
        assert reader.read(size) == model.read(size)
        assert reader.tell() == model.tell()


def test_the_end_of_a_cut_off_stream_cannot_be_sought(small) -> None:
    sealed = seal(bytes(200))
    reader = decrypting_reader(io.BytesIO(sealed[: 15 + 80]), KEY, b"ds/d1/f1")
    with pytest.raises(IntegrityFailure):
        reader.seek(0, io.SEEK_END)


def test_another_key_or_place_does_not_open_it() -> None:
    sealed = seal(b"text")
    for key, context in [(bytes(32), b"ds/d1/f1"), (KEY, b"ds/d1/f2")]:
        with pytest.raises(IntegrityFailure):
            unseal(sealed, key, context)


def test_an_interrupted_writer_leaves_nothing_readable() -> None:
    raw = io.BytesIO()
    with pytest.raises(RuntimeError), encrypting_writer(raw, KEY, b"ds/d1/f1") as writer:
        writer.write(b"half of it")
        raise RuntimeError
    with pytest.raises(IntegrityFailure):
        unseal(raw.getvalue())

    raw = io.BytesIO()
    writer = encrypting_writer(raw, KEY, b"ds/d1/f1")
    writer.write(b"half of it")
    del writer
    with pytest.raises(IntegrityFailure):
        unseal(raw.getvalue())
    with pytest.raises(ValueError, match="closed"):
        writer = encrypting_writer(io.BytesIO(), KEY, b"")
        writer.close()
        writer.write(b"late")


def test_arrow_reads_delimited_text_from_it() -> None:
    sealed = seal(b"id,n\n" + b"".join(b"%d,%d\n" % (row, row * 2) for row in range(300_000)))
    table = pyarrow.csv.read_csv(decrypting_reader(io.BytesIO(sealed), KEY, b"ds/d1/f1"))
    assert table.num_rows == 300_000
