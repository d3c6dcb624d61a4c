"""The search for planted identifiers must itself find what is planted: a check that cannot fail is a defect."""

from __future__ import annotations

import base64
import gzip
import io
import json
import secrets
import urllib.parse
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.leaks import Searcher, windows

NAME = "남궁빛솔"
RRN = "900101-1234568"


def zipped(text: str) -> bytes:
    """As a spreadsheet holds it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", text)
    return made.getvalue()


def columnar(text: str) -> bytes:
    """As a released package holds it."""
    made = io.BytesIO()
    pq.write_table(pa.table({"a": [text] * 50}), made, compression="zstd")
    return made.getvalue()


WRITERS = {
    "utf-8": lambda text: text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "cp949": lambda text: text.encode("cp949"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 of cp949": lambda text: base64.b64encode(text.encode("cp949")),
    "percent": lambda text: urllib.parse.quote(text).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "json": lambda text: json.dumps({"a": text}).encode(),
    "json in json": lambda text: json.dumps([json.dumps({"a": text})]).encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "zip": zipped,
    "zip in gzip": lambda text: gzip.compress(zipped(text)),
    "parquet": columnar,
}


@pytest.mark.parametrize("dress", WRITERS)
@pytest.mark.parametrize("secret", [NAME, RRN])
def test_every_dress_is_seen_through(dress, secret):
    data = WRITERS[dress](f"앞에 다른 글이 있고 {secret} 뒤에도 있다")
    assert Searcher([NAME, RRN]).bytes(data, "memory")


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_base64_string_hides_nothing_wherever_the_text_stands_in_it(before, after):
    data = base64.b64encode((before + RRN + after).encode("utf-8", "replace"))
    assert Searcher([RRN]).bytes(data, "memory")


def test_a_planted_leak_is_found_in_files_and_their_names_and_others_are_not(tmp_path):
    (tmp_path / "quiet.log").write_text("접수번호 2026-0001 처리 완료", "utf-8")
    search = Searcher([NAME, RRN])
    assert search.tree([tmp_path]) == ([], 1)

    (tmp_path / "loud.log").write_bytes(b"x" * 1000 + NAME.encode("utf-16-le"))
    (tmp_path / f"{RRN}.txt").write_text("", "utf-8")
    found, count = search.tree([tmp_path])
    assert count == 3
    assert {(leak.needle, leak.dress) for leak in found} == {(0, "utf-16-le"), (1, "utf-8")}
    assert search.tree([tmp_path], without=[tmp_path / "loud.log", tmp_path / f"{RRN}.txt"])[0] == []


KEY_WRITERS = {
    "raw": bytes,
    "hex": lambda key: key.hex().encode(),
    "hex upper": lambda key: key.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "python": lambda key: repr(key).encode(),
    "numbers": lambda key: json.dumps(list(key)).encode(),
}


@pytest.mark.parametrize("dress", KEY_WRITERS)
def test_a_key_is_found_however_it_is_written(dress):
    for _ in range(20):
        key = secrets.token_bytes(32)
        assert Searcher([key]).bytes(b"before " + KEY_WRITERS[dress](key) + b" after", "memory")


@given(st.binary(min_size=64, max_size=400))
def test_random_bytes_are_no_key(noise):
    assert Searcher([secrets.token_bytes(32)]).bytes(noise, "memory") == []


def test_part_of_a_mnemonic_is_a_leak_and_its_public_beginning_is_none():
    words = "one two three four five six seven eight nine ten"
    search = Searcher(windows(words))
    assert search.bytes(b"... six seven eight nine ...", "memory")
    assert search.bytes(b"one two three four and more", "memory") == []
