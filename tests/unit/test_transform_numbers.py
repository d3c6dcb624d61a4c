"""Bands, rounding and limits at the edges of their types and of floating point."""

import math

import pyarrow as pa
import pytest

from pseudonymize.transform.numbers import band, clip, round_to
from pseudonymize.transform.spec import Band, Clip, Round, output_type

LARGEST = 2**63 - 1
INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]


def bands(values: pa.Array, **spec) -> list[str | None]:
    return band(values, Band(**spec)).to_pylist()


def rounded(values: pa.Array, to: float) -> list:
    spec = Round(to=to)
    out = round_to(values, spec, output_type(spec, values.type))
    assert out.type == output_type(spec, values.type)
    return out.to_pylist()


def clipped(values: pa.Array, **spec) -> list:
    out = clip(values, Clip(**spec))
    assert out.type == values.type
    return out.to_pylist()


def test_what_is_no_number_has_no_band():
    assert bands(pa.array([math.nan, math.inf, -math.inf, None, 1.0]), width=1, bottom=0, top=5) == [None] * 4 + [
        "1"
    ]


@pytest.mark.parametrize(
    ("values", "spec", "labels"),
    [
        ([-11, -10, -1, 0, 9, 10], {"width": 10}, ["-20--11", "-10--1", "-10--1", "0-9", "0-9", "10-19"]),
        ([-1, 0, 89, 90, 91], {"width": 10, "bottom": 0, "top": 90}, ["<0", "0-9", "80-89", "≥90", "≥90"]),
        ([0, 4, 5], {"width": 10, "origin": -5}, ["-5-4", "-5-4", "5-14"]),
        ([0, 1, 2, 3], {"width": 1.5}, ["0-<1.5", "0-<1.5", "1.5-<3", "3-<4.5"]),
        ([-1.5, -0.5, -0.0, 0.25], {"width": 0.5}, ["-1.5-<-1", "-0.5-<0", "0-<0.5", "0-<0.5"]),
        ([0.3, 0.7, 1.1, 2.3], {"width": 0.1}, ["0.3-<0.4", "0.7-<0.8", "1.1-<1.2", "2.3-<2.4"]),
    ],
)
def test_a_band_begins_at_its_lower_edge(values, spec, labels):
    assert bands(pa.array(values), **spec) == labels


def test_whole_numbers_beyond_those_of_floating_point_keep_their_band():
    assert bands(pa.array([2**53, 2**53 + 1]), width=1) == ["9007199254740992", "9007199254740993"]
    assert bands(pa.array([LARGEST]), width=10) == ["9223372036854775800-9223372036854775809"]
    assert bands(pa.array([-LARGEST - 1]), width=1) == ["-9223372036854775808"]
    assert bands(pa.array([2**64 - 1], pa.uint64()), width=1) == ["18446744073709551615"]


def test_two_bands_never_share_a_label():
    far = bands(pa.array([12345678901.25, 12345678901.75]), width=0.5)
    assert far == ["12345678901-<12345678901.5", "12345678901.5-<12345678902"]
    near = bands(pa.array([1.0, 1.0 + 1e-11]), width=1e-12)
    assert near[0] != near[1]


def test_a_number_of_32_bits_lies_where_it_is_written():
    assert bands(pa.array([0.1, 0.3, 0.7], pa.float32()), width=0.1) == ["0.1-<0.2", "0.3-<0.4", "0.7-<0.8"]


@pytest.mark.parametrize(
    ("values", "to", "expected"),
    [
        ([4, 5, -4, -5, 15, None], 10, [0, 10, 0, -10, 20, None]),
        ([1, 2, 4, 5], 3, [0, 3, 3, 6]),
        ([2**53 + 1, LARGEST - 7], 2, [2**53 + 2, LARGEST - 7]),
        ([1, 2, 3], 0.5, [1.0, 2.0, 3.0]),
        ([1, 2, -1], 1.5, [1.5, 1.5, -1.5]),
        ([0.3, 0.25, -0.25, 0.15, 1.1], 0.1, [0.3, 0.3, -0.3, 0.2, 1.1]),
        ([5.0, -5.0, 14.9], 10, [10.0, -10.0, 10.0]),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(values, to, expected):
    assert rounded(pa.array(values), to) == expected


def test_rounding_leaves_what_is_no_number_and_writes_no_minus_zero():
    for to in (10, 0.1):
        first, *rest = rounded(pa.array([math.nan, math.inf, -math.inf, None]), to)
        assert math.isnan(first)
        assert rest == [math.inf, -math.inf, None]
        assert [str(number) for number in rounded(pa.array([-0.01, -0.0]), to)] == ["0.0", "0.0"]


@pytest.mark.parametrize(
    ("values", "to"),
    [
        (pa.array([LARGEST]), 10),
        (pa.array([-LARGEST - 1]), 10),
        (pa.array([2**64 - 1], pa.uint64()), 10),
        (pa.array([255], pa.uint8()), 10),
        (pa.array([1.7e308]), 1e308),
        (pa.array([3.3e38], pa.float32()), 2e38),
        (pa.array([2**53 + 1]), 0.5),
    ],
)
def test_a_result_that_does_not_fit_is_refused(values, to):
    with pytest.raises((pa.ArrowInvalid, ValueError)):
        rounded(values, to)


@pytest.mark.parametrize("kind", INTEGERS, ids=str)
def test_a_limit_beyond_the_type_changes_nothing(kind):
    assert clipped(pa.array([0, 7, None], kind), bottom=-1e30, top=1e30) == [0, 7, None]
    assert clipped(pa.array([0, 7, 100], kind), bottom=2, top=50) == [2, 7, 50]


@pytest.mark.parametrize("spec", [{"bottom": 2.1, "top": 2.9}, {"top": -1}, {"bottom": 256}])
def test_limits_without_a_number_between_them_are_refused(spec):
    with pytest.raises(ValueError, match="no whole number"):
        clipped(pa.array([1], pa.uint8()), **spec)


def test_nan_lies_beyond_no_limit_and_infinity_beyond_any():
    first, *rest = clipped(pa.array([math.nan, math.inf, -math.inf, None]), bottom=0, top=5)
    assert math.isnan(first)
    assert rest == [5.0, 0.0, None]


@pytest.mark.parametrize("values", [pa.array([], pa.float64()), pa.nulls(3, pa.float64()), pa.nulls(3, pa.int64())])
def test_no_numbers_give_none(values):
    nothing = [None] * len(values)
    assert (
        bands(values, width=1) == rounded(values, 10) == rounded(values, 0.1) == clipped(values, top=1) == nothing
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Band(width=0),
        lambda: Band(width=-1),
        lambda: Band(width=math.nan),
        lambda: Band(width=10, bottom=5),
        lambda: Band(width=10, bottom=20, top=10),
        lambda: Band(width=0.1, top=0.35),
        lambda: Round(to=0),
        lambda: Round(to=math.nan),
        lambda: Clip(),
        lambda: Clip(bottom=2, top=2),
        lambda: Clip(top=math.inf),
    ],
)
def test_limits_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_edges_are_counted_in_decimals():
    assert Band(width=0.1, bottom=0.3, top=0.7)
