"""Normalisation and the way back to the original offsets."""

import pytest

from pseudonymize.document.normalise import normalise


@pytest.mark.parametrize(
    ("original", "spelt"),
    [
        ("０１０－１２３４－５６７８", "010-1234-5678"),
        ("900101‐1234567", "900101-1234567"),
        ("900101–1234567", "900101-1234567"),
        ("010ㅡ1234ㅡ5678", "010-1234-5678"),
        ("010\u200b1234\ufeff5678", "01012345678"),
        ("010\u00a01234\u30005678", "010 1234 5678"),
        ("ｈｏｎｇ＠ｎａｖｅｒ．ｃｏｍ", "hong@naver.com"),
        ("\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc", "홍길동"),
        ("٠١٠-١٢٣٤", "010-1234"),
        ("㈜새길", "(주)새길"),
        ("①010-1234", "①010-1234"),
        ("84㎡ 2층", "84㎡ 2층"),
        ("가ㅡ나", "가ㅡ나"),
    ],
)
def test_one_spelling(original: str, spelt: str) -> None:
    assert normalise(original).text == spelt


def test_offsets_lead_back_to_the_original_characters() -> None:
    original = "☎ ０１０\u200b－1234–５６７８ 끝"
    normalised = normalise(original)
    start = normalised.text.index("010-1234-5678")
    begin, end = normalised.original(start, start + 13)
    assert original[begin:end] == "０１０\u200b－1234–５６７８"


def test_unchanged_text_has_no_map() -> None:
    assert normalise("홍길동 010-1234-5678").starts is None
