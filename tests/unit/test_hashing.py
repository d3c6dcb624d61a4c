"""A file that hashes what passes: the digest is that of the bytes, however they were read or written."""

from __future__ import annotations

import array
import io
import shutil
from hashlib import sha256

import pytest

from safezone.hashing import HashingFile

DATA = bytes(range(256)) * 40


@pytest.mark.parametrize("size", [1, 7, 4096, len(DATA), len(DATA) + 1, -1])
def test_reading_in_any_amounts_gives_the_digest_of_all(size):
    file = HashingFile(io.BytesIO(DATA))
    seen = b""
    while chunk := file.read(size):
        seen += chunk
    assert (seen, file.size, file.tell(), file.sha256) == (DATA, len(DATA), len(DATA), sha256(DATA).hexdigest())


def test_what_was_not_read_is_not_hashed():
    file = HashingFile(io.BytesIO(DATA))
    file.read(10)
    assert (file.size, file.sha256) == (10, sha256(DATA[:10]).hexdigest())


@pytest.mark.parametrize("how", ["readall", "readline", "iteration"])
def test_other_ways_of_reading_are_hashed_too(how):
    file = HashingFile(io.BytesIO(DATA))
    if how == "readall":
        assert file.readall() == DATA
    elif how == "readline":
        while file.readline():
            pass
    else:
        assert b"".join(file) == DATA
    assert file.sha256 == sha256(DATA).hexdigest()


def test_writing_passes_on_and_counts_bytes_and_not_items():
    beneath = io.BytesIO()
    file = HashingFile(beneath)
    words = array.array("I", [1, 2, 3])
    assert file.write(b"ab") == 2
    assert file.write(bytearray(b"cd")) == 2
    assert file.write(memoryview(words)) == words.itemsize * 3
    assert (file.size, file.sha256) == (4 + words.itemsize * 3, sha256(beneath.getvalue()).hexdigest())


def test_a_copy_through_two_of_them():
    source, sink = HashingFile(io.BytesIO(DATA)), HashingFile(io.BytesIO())
    shutil.copyfileobj(source, sink, 100)
    assert source.sha256 == sink.sha256 == sha256(DATA).hexdigest()


def test_closing_it_leaves_what_is_beneath_open():
    beneath = io.BytesIO()
    with HashingFile(beneath) as file:
        file.write(DATA)
    assert not beneath.closed


def test_it_is_what_lies_beneath_is():
    assert HashingFile(io.BytesIO()).readable() and HashingFile(io.BytesIO()).writable()


def test_nothing_has_the_digest_of_nothing():
    assert HashingFile(io.BytesIO()).sha256 == sha256(b"").hexdigest()
