"""Numbers that identify people and firms, with valid check digits, made column by column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from safezone.sample.chance import Bools, Dates, Ints

RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
"""Weights of the resident registration number's check digit (주민등록번호, rule in use until October 2020)."""
BRN_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
"""Weights of the business registration number's check digit (사업자등록번호, National Tax Service)."""
LICENCE_REGIONS = (11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26)
"""Codes of the offices that issue driving licences (운전면허번호, first two digits); 28 is kept for canaries."""
PLATE_SYLLABLES = tuple("가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주")
"""Syllables of private cars' number plates (자동차 등록번호판 등의 기준에 관한 고시)."""
RRN_SERIALS = 94_000
"""Serials below 94000; those above are kept for canaries."""


def digits(values: npt.ArrayLike, width: int) -> pa.Array:
    """Whole numbers as strings of `width` digits, zeros in front."""
    numbers = np.asarray(values, dtype=np.int64)
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    text = ((numbers[:, None] // powers) % 10 + 48).astype(np.uint8)
    offsets = np.arange(0, (len(numbers) + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def joined(*parts: pa.Array | str) -> pa.Array:
    """The parts of each row put together; plain strings are the same in every row."""
    return pc.binary_join_element_wise(*parts, "", null_handling="emit_null")


def weighted_sum(values: Ints, weights: tuple[int, ...]) -> Ints:
    """Sum of each number's leading digits times `weights`."""
    total = np.zeros(len(values), dtype=np.int64)
    for place, weight in enumerate(reversed(weights)):
        total += (values // 10**place % 10) * weight
    return total


def rrn_check(first_twelve: Ints) -> Ints:
    """Check digit of resident registration numbers: (11 - sum mod 11) mod 10."""
    return (11 - weighted_sum(first_twelve, RRN_WEIGHTS) % 11) % 10


def brn_check(first_nine: Ints) -> Ints:
    """Check digit of business registration numbers: (10 - (sum + floor(d9 * 5 / 10)) mod 10) mod 10."""
    total = weighted_sum(first_nine, BRN_WEIGHTS) + first_nine % 10 * 5 // 10
    return (10 - total % 10) % 10


def rrn(birth: Dates, female: Bools, serial: Ints, *, no_check: Bools | None = None) -> pa.Array:
    """Resident registration numbers, ``YYMMDD-SNNNNNC``.

    Args:
        birth: dates of birth.
        female: the holder's sex.
        serial: the five digits after the sex digit.
        no_check: holders of numbers issued after October 2020, whose last digit checks nothing; theirs is
            made to fail the old rule.
    """
    year, month, day = ymd(birth)
    century = np.where(year < 2000, 1, 3) + female
    twelve = ((year % 100 * 100 + month) * 100 + day) * 1_000_000 + century * 100_000 + serial
    check = rrn_check(twelve)
    if no_check is not None:
        check = np.where(no_check, (check + 1 + serial % 9) % 10, check)
    return joined(digits(twelve // 1_000_000, 6), "-", digits(twelve % 1_000_000 * 10 + check, 7))


def ymd(dates: Dates) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of dates."""
    months = dates.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (dates.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    return year, month, day


def business_number(nine: Ints) -> pa.Array:
    """Business registration numbers, ``NNN-NN-NNNNC``."""
    ten = nine * 10 + brn_check(nine)
    return joined(digits(ten // 10_000_000, 3), "-", digits(ten // 100_000 % 100, 2), "-", digits(ten % 100_000, 5))


def licence(region: Ints, year: Ints, serial: Ints) -> pa.Array:
    """Driving licence numbers, ``RR-YY-NNNNNN-CC``; how CC is computed is not published, so it is a remainder."""
    check = (region * 7 + year % 100 * 3 + serial) % 97
    return joined(
        digits(region, 2), "-", digits(year % 100, 2), "-", digits(serial % 1_000_000, 6), "-", digits(check, 2)
    )


def mobile(number: Ints) -> pa.Array:
    """Mobile numbers, ``010-NNNN-NNNN``, of eight-digit numbers."""
    return joined("010-", digits(number // 10_000, 4), "-", digits(number % 10_000, 4))


def plate(front: Ints, syllable: Ints, back: Ints) -> pa.Array:
    """Number plates, ``12가3456`` or ``123가4567``."""
    syllables = pa.array(PLATE_SYLLABLES, pa.string()).take(pa.array(syllable))
    short = joined(digits(front % 100, 2), syllables, digits(back, 4))
    return pc.if_else(pa.array(front >= 100), joined(digits(front, 3), syllables, digits(back, 4)), short)


def account(number: Ints) -> pa.Array:
    """Bank account numbers in the grouping of one large bank, ``NNN-NNNN-NNNN-NN``."""
    return joined(
        digits(number // 10**10 % 1000, 3),
        "-",
        digits(number // 10**6 % 10_000, 4),
        "-",
        digits(number // 100 % 10_000, 4),
        "-",
        digits(number % 100, 2),
    )
