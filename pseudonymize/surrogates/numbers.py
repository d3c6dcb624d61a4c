"""Surrogate numbers: shaped like the one they replace, from ranges that are never given to anybody.

| entity | why no real one can be equal |
|---|---|
| KR_RRN, KR_FRN | the birth date has day 41 to 69, and the check digit is wrong by both rules (주민등록법 시행규칙) |
| PHONE_NUMBER | the exchange begins with 0, which is the trunk prefix (전기통신번호관리세칙; in North America ATIS-0300051) |
| KR_BRN | tax offices are numbered from 101 (국세청): it begins with 0 |
| KR_CORP_REG | registries are numbered from 1101 (대법원): it begins with 0 |
| KR_HEALTH_INSURANCE | 건강보험증 번호 begin with 1 to 9: it begins with 0 |
| CREDIT_CARD | ISO/IEC 7812 keeps 0 for other uses, and the check digit is wrong |
| US_SSN | area 000 is never issued (20 CFR 422.103, SSA) |
| IBAN_CODE | check digits 00 never occur (ISO 13616) |
| KR_DRIVER_LICENSE | region 00 does not exist; where the region is in words, the serial number is in 000xxx |
| KR_PASSPORT | no type of passport has the letter X |
| KR_VEHICLE | classes 00 and 0xx are not given out (자동차등록번호판 고시) |
| KR_POSTAL_CODE | areas begin with 01: it begins with 00 |

Accounts begin with 000, which no bank of our list uses; that rests on usage and no published rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from pseudonymize.surrogates.keyed import HIDDEN, Draws

_DIGIT = re.compile("[0-9]")
_NO_DIGIT = re.compile("[^0-9]+")
_HIDDEN = re.compile(f"[{re.escape(HIDDEN)}]")
_MOBILE = re.compile("01[016789]")
_AREA = re.compile("02|050[0-9]|0[3-6][0-9]|070|080|030")
_NATIONWIDE = re.compile("1[568][0-9]{2}")
_USES = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주"
_RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def is_slot(char: str) -> bool:
    """Whether a character is a digit or stands for a hidden one."""
    return char.isdecimal() or char in HIDDEN


def slots_of(surface: str) -> str:
    """Digits and hidden digits of a number in order: ASCII digits, and ``*`` for hidden ones."""
    if surface.isascii() and not _HIDDEN.search(surface):
        return _NO_DIGIT.sub("", surface)
    return "".join("*" if char in HIDDEN else str(unicodedata.decimal(char)) for char in surface if is_slot(char))


def fill(surface: str, digits: str) -> str:
    """Write digits where the surface has digits; all else stays, hidden digits and full width included."""
    left = iter(digits)
    if surface.isascii() and not _HIDDEN.search(surface):
        return _DIGIT.sub(lambda _: next(left), surface)
    written = []
    for char in surface:
        if not is_slot(char):
            written.append(char)
            continue
        digit = next(left)
        written.append(char if char in HIDDEN else chr(ord(char) - unicodedata.decimal(char) + int(digit)))
    return "".join(written)


def fresh(draws: Draws, length: int, prefix: str = "") -> str:
    """Drawn digits of a length, beginning with a prefix."""
    return (prefix + draws.digits(max(0, length - len(prefix))))[:length]


def phone(draws: Draws, surface: str) -> str:
    """A telephone number whose exchange begins with 0; country and area code stay."""
    slots = slots_of(surface)
    kept = _dialled_prefix(surface, slots)
    return fill(surface, fresh(draws, len(slots), slots[:kept].replace("*", "0") + "0"))


def _dialled_prefix(surface: str, slots: str) -> int:
    """How many digits say country, area or service."""
    country = 4 if slots.startswith("0082") else 2 if slots.startswith("82") and "+" in surface else 0
    if slots.startswith("82") and not country and len(slots) > 10:
        country = 2
    rest = slots[country:]
    if not country and "+" in surface:
        return 4 if slots.startswith("1") else 2
    if country and not rest.startswith("0"):
        rest, country = "0" + rest, country - 1
    for known in (_MOBILE, _AREA):
        if found := known.match(rest):
            return country + found.end()
    if _NATIONWIDE.match(rest) and len(rest) == 8:
        return 2
    return 3 if len(slots) == 10 and slots[0] in "23456789" else 0


def person_number(draws: Draws, surface: str) -> str:
    """A number like an RRN or FRN: century, sex and five-year band stay, the date is impossible."""
    slots = slots_of(surface)
    year = slots[:2]
    year = f"{int(year) // 5 * 5 + draws.below(5):02d}" if year.isdigit() else draws.digits(2)
    date = f"{year}{1 + draws.below(12):02d}{41 + draws.below(29):02d}"
    drawn = date + slots[6:7].replace("*", "0") + draws.digits(6)
    if len(slots) >= 13:
        drawn = drawn[:12] + _wrong_check(drawn[:12], int(drawn[12]))
    return fill(surface, drawn.ljust(len(slots), "0")[: len(slots)])


def _wrong_check(first: str, drawn: int) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(first, _RRN_WEIGHTS, strict=True))
    right = {(11 - total % 11) % 10, (13 - total % 11) % 10}
    return str(next(digit % 10 for digit in range(drawn, drawn + 3) if digit % 10 not in right))


def beginning(prefix: str) -> Callable[[Draws, str], str]:
    """A number that begins with digits no real one begins with."""

    def make(draws: Draws, surface: str) -> str:
        slots = slots_of(surface)
        return fill(surface, fresh(draws, len(slots), prefix))

    return make


def card(draws: Draws, surface: str) -> str:
    """A card number beginning with 0, its check digit (ISO/IEC 7812-1, annex B) wrong."""
    drawn = fresh(draws, len(slots_of(surface)), "0")
    total = 0
    for place, digit in enumerate(reversed(drawn)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    if drawn and total % 10 == 0:
        drawn = drawn[:-1] + str((int(drawn[-1]) + 1) % 10)
    return fill(surface, drawn)


def licence(draws: Draws, surface: str) -> str:
    """A driving licence of a region that does not exist; a region in words stays, with a serial of 000xxx."""
    slots = slots_of(surface)
    if re.search("[가-힣]", surface):
        return fill(surface, (draws.digits(2) + "000" + draws.digits(max(0, len(slots) - 5)))[: len(slots)])
    return fill(surface, fresh(draws, len(slots), "00"))


def passport(draws: Draws, surface: str) -> str:
    """A passport number with the letter X, which no Korean passport has."""
    return "X" + shape(draws, surface[1:]) if surface[:1].isalpha() else shape(draws, surface)


def vehicle(draws: Draws, surface: str) -> str:
    """A plate of class 00 or 0xx; region and kind of use stay where they are not private."""
    found = re.search(r"(\d{2,3})(\s*)([가-힣])(.*)$", surface, re.DOTALL)
    if found is None:
        return shape(draws, surface)
    class_, gap, use, rest = found.groups()
    first = fill(class_, "00" if len(class_) == 2 else "0" + draws.digits(2))
    drawn = draws.pick(_USES) if use in _USES else use
    return surface[: found.start()] + first + gap + drawn + fill(rest, draws.digits(len(slots_of(rest))))


def iban(draws: Draws, surface: str) -> str:
    """An account number of the same country with the check digits 00."""
    return surface[:2] + fill(surface[2:4], "00") + shape(draws, surface[4:])


def shape(draws: Draws, surface: str) -> str:
    """Any value by its shape: digits for digits, letters for letters of the same case, syllables for syllables.

    This is for kinds without a rule of their own: nothing keeps the outcome from being somebody's.
    """
    return "".join(_alike(draws, char) for char in surface)


def _alike(draws: Draws, char: str) -> str:
    if char.isdecimal():
        return fill(char, draws.digits(1))
    if "가" <= char <= "힣":
        return draws.pick("가나다라마바사아자차하고노도로모보소오조구누두루무부수우주")
    if char in HIDDEN and not char.isalpha():
        return char
    if char.isupper():
        return draws.pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return draws.pick("abcdefghijklmnopqrstuvwxyz") if char.islower() else char
