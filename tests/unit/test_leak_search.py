"""The search for planted identifiers must itself find what is planted: a check that cannot fail is a defect."""

from __future__ import annotations

import base64
import gzip
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.leaks import Searcher

NAME = "남궁빛솔"
RRN = "900101-1234568"

WRITERS = {
    "utf-8": lambda text: text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "cp949": lambda text: text.encode("cp949"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 of cp949": lambda text: base64.b64encode(text.encode("cp949")),
    "percent": lambda text: urllib.parse.quote(text).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
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
