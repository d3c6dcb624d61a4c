"""Names of keys on servers that allow fewer characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safezone.keys.naming import decode, encode


def test_the_place_comes_first() -> None:
    assert encode("kek/ds/published/d1") == "kek.published.ds.d1"
    assert encode("kek/ds/raw/2026-01", "/") == "kek/raw/ds/2026_2d01"
    assert encode("token/agency-a/KR_RRN") == "token.agency_2da.KR_5fRRN"
    assert encode("sign/manifest") == "sign.manifest"


_segment = st.text(st.sampled_from("abZ09_-.:가힣"), min_size=1, max_size=8)


@given(st.lists(_segment, min_size=1, max_size=4), st.sampled_from(["kek", "token", "sign"]), st.sampled_from("./"))
def test_names_come_back(parts: list[str], head: str, separator: str) -> None:
    name = "/".join([head, *parts])
    assert decode(encode(name, separator), separator) == name


@pytest.mark.parametrize("text", ["kek.raw", "a_2", "a_zz", "a-b", "token.a_61", "_ff.a"])
def test_what_was_never_encoded_is_refused(text: str) -> None:
    if text == "kek.raw":
        assert decode(text) == "kek/raw"
        return
    with pytest.raises(ValueError, match=r".*"):
        decode(text)
