"""Check digits and possible dates of identifiers, on whole columns of digits."""

from __future__ import annotations

from typing import Any

import numpy as np

Digits = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_RRN = np.array([2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])
_BRN = np.array([1, 3, 7, 1, 3, 7, 1, 3])
_CORP = np.array([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
_MONTH = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _number(digits: Digits, start: int, end: int) -> Digits:
    value: Any = 0
    for place in range(start, end):
        value = value * 10 + digits[:, place]
    return np.asarray(value)


def possible_birth(digits: Digits) -> Mask:
    """Whether the first six of 13 digits are a day of a month (YYMMDD)."""
    month, day = _number(digits, 2, 4), _number(digits, 4, 6)
    good = (month >= 1) & (month <= 12)
    return np.asarray(good & (day >= 1) & (day <= _MONTH[np.where(good, month, 0)]))


def resident_check(digits: Digits) -> Mask:
    """The check digit of an RRN, or of an FRN where digit seven is 5 to 8.

    Numbers issued since October 2020 (주민등록법 시행규칙, amended 2020) carry none.
    """
    base = np.where((digits[:, 6] >= 5) & (digits[:, 6] <= 8), 13, 11)
    return np.asarray((base - digits[:, :12] @ _RRN % 11) % 10 == digits[:, 12])


def corporate_check(digits: Digits) -> Mask:
    """The check digit of a corporate registration number (법인등록번호)."""
    return np.asarray((10 - digits[:, :12] @ _CORP % 10) % 10 == digits[:, 12])


def business_check(digits: Digits) -> Mask:
    """The check digit of a business registration number (사업자등록번호, National Tax Service)."""
    last = digits[:, 8] * 5
    return np.asarray((10 - (digits[:, :8] @ _BRN + last // 10 + last) % 10) % 10 == digits[:, 9])


def luhn(digits: Digits) -> Mask:
    """The check digit of a payment card (ISO/IEC 7812-1), of rows without padding."""
    doubled = digits[:, -2::-2] * 2
    total = digits[:, -1::-2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    return np.asarray(total % 10 == 0)
