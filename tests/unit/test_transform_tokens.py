"""Tokens against the plain formula of the design, and the spellings that are one identifier."""

import base64
import hmac
import re
import unicodedata

import pyarrow as pa
import pytest

from pseudonymize.transform.tokens import normalise, project_tokens, zone_tokens
from validation.suite import TOKEN_SHAPE

KEY = bytes(range(32))
NAME = "홍길동"


def reference(key: bytes, message: bytes) -> str:
    digest = hmac.new(key, message, "sha256").digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def tokens(values, kind: str = "rrn", version: int = 1, how: str = "text", key: bytes = KEY) -> list[str | None]:
    array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, pa.string())
    return zone_tokens(array, key, kind, version, how).to_pylist()


def test_a_token_is_the_formula_of_the_design():
    values = ["900101-1234567", "?", NAME, "x" * 100_000]
    assert tokens(values, version=12) == [f"t12_{reference(KEY, b'rrn' + bytes(1) + v.encode())}" for v in values]
    made = tokens(values)
    assert project_tokens(pa.array(made), KEY).to_pylist() == [f"p_{reference(KEY, t.encode())}" for t in made]


def test_a_known_token_stays_as_it_is():
    assert tokens([NAME], kind="name", key=b"k" * 32) == ["t1_wxs54ev527jxj3qbjw4ollvgpy"]


def test_many_values_are_made_as_few_are():
    # More than are hashed at a time.
    values = [str(number) for number in range(40_000)]
    made = tokens(values)
    assert len(set(made)) == 40_000
    for at in (0, 1, 16_383, 16_384, 16_385, 32_768, 39_999):
        assert made[at] == f"t1_{reference(KEY, b'rrn' + bytes(1) + values[at].encode())}"


def test_a_token_has_the_shape_that_is_checked_before_release():
    made = tokens([NAME, "?", "a", None], version=999_999_999)
    of_project = project_tokens(pa.array(made), KEY).to_pylist()
    assert made[3] is None and of_project[3] is None
    assert all(re.fullmatch(TOKEN_SHAPE, token) for token in made[:3] + of_project[:3])


def test_key_kind_and_version_tell_tokens_apart():
    assert tokens([NAME]) != tokens([NAME], key=bytes(32))
    assert tokens([NAME]) != tokens([NAME], kind="name")
    assert tokens([NAME]) != tokens([NAME], version=2)


def test_kind_and_value_cannot_run_into_each_other():
    assert tokens(["bc"], kind="a") != tokens(["c"], kind="ab")


def test_a_value_of_which_nothing_is_left_identifies_nobody():
    """One token for all of them would join strangers."""
    assert tokens(["", " ", "\u200b"]) == [None, None, None]
    assert tokens(["미상", "-", "12"], how="digits")[:2] == [None, None]


def test_two_projects_cannot_join_by_token():
    zone = pa.array(tokens([str(number) for number in range(100)]))
    assert not set(project_tokens(zone, b"a" * 32).to_pylist()) & set(project_tokens(zone, b"b" * 32).to_pylist())


@pytest.mark.parametrize(
    "spelling",
    [
        f"  {NAME}\t\n",
        f"\ufeff{NAME}",
        "홍\u200b길\u2060동\u00ad",
        f"{NAME}\ufe0f",
        f"{NAME}\u3164",
        f"\u3000{NAME}\u00a0",
        unicodedata.normalize("NFD", NAME),
        f"홍길{unicodedata.normalize('NFD', '동')}\u200d",
    ],
)
@pytest.mark.parametrize("how", ["text", "name"])
def test_spellings_of_one_name(spelling, how):
    assert len(set(tokens([NAME, spelling], how=how))) == 1


def test_full_width_is_half_width_and_case_counts():
    assert len(set(tokens(["AB-12", "ＡＢ－１２"]))) == 1
    assert len(set(tokens(["ab", "AB"]))) == 2


@pytest.mark.parametrize(
    "spelling", ["900101-1234567", "900101 1234567", "９００１０１–１２３４５６７", "9001011234567\u200b"]
)
def test_spellings_of_one_number(spelling):
    assert normalise(pa.array([spelling]), "digits").to_pylist() == ["9001011234567"]


@pytest.mark.parametrize(
    ("how", "alone"),
    [
        ("text", ["900 101-12", "", "1", None, "a1\x1fb2"]),
        ("digits", ["90010112", "", "1", None, "12"]),
        ("name", ["900101-12", "", "1", None, "a1b2"]),
    ],
)
def test_plain_ascii_is_made_alike_as_in_mixed_company(how, alone):
    values = [" 900 101-12 ", "", "\x0b1\x1f", None, "a1\x1fb2"]
    assert normalise(pa.array(values), how).to_pylist() == alone
    assert normalise(pa.array([*values, NAME]), how).to_pylist()[:-1] == alone
    assert normalise(pa.array(["x", *values])[1:], how).to_pylist() == alone


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["a", None, "b", "a"]),
        pa.array(["x", "a", None, "b", "a", "y"])[1:5],
        pa.array(["a", None, "b", "a"]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), pa.array(["a", None, "b", "a"])),
        pa.array(["a", None, "b", "a"], pa.large_string()),
        pa.array(["a", None, "b", "a"], pa.string_view()),
        pa.chunked_array([["a"], [None, "b"], [], ["a"]], pa.string()),
    ],
    ids=["plain", "slice", "dictionary", "null in dictionary", "large", "view", "chunks"],
)
def test_tokens_do_not_depend_on_how_values_lie_in_memory(values):
    assert tokens(values) == tokens(["a", None, "b", "a"])


@pytest.mark.parametrize("how", ["text", "digits", "name"])
@pytest.mark.parametrize("count", [0, 3])
def test_nothing_has_no_token(how, count):
    assert tokens(pa.nulls(count, pa.string()), how=how) == [None] * count
    assert project_tokens(pa.nulls(count, pa.string()), KEY).to_pylist() == [None] * count
